"""Commands that take a recipe: plan, run, the stages, signals, demo."""

import contextlib
import shlex
import sys
from collections.abc import Callable
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from curate.api.settings import RunSettings
from curate.cli.console import echo, echo_json, own_command
from curate.cli.options import (
    AllowCode,
    Changes,
    EngineName,
    Master,
    Options,
    Out,
    RecipePath,
    Sample,
    Work,
    with_options,
)
from curate.cli.tables import (
    show_ledger,
    show_mixture,
    show_plan,
    show_quality,
    show_recall,
    show_recipe,
    show_signals,
    show_size,
)

if TYPE_CHECKING:
    from curate.stages.stage import Run, SoFar


def run_until(recipe_path: str, until: str, options: Options) -> None:
    """Run a recipe up to the last stage of a command, and print the result."""
    from curate.api.engines import start_workers_early  # noqa: PLC0415 - help needs none of these
    from curate.api.runs import run_recipe  # noqa: PLC0415
    from curate.mix.weights import NoTokensError  # noqa: PLC0415

    settings = options.settings(recipe_path)
    start_workers_early(settings)
    recipe = options.recipe(recipe_path)
    done: list[tuple[Run, SoFar]] = []
    try:
        finished = run_recipe(recipe, until, settings, on_stage=lambda *pair: done.append(pair))
    except NoTokensError:
        if done and not (options.quiet or options.json):
            from curate.stages.publish import unfinished_ledger  # noqa: PLC0415

            show_ledger(unfinished_ledger(*done[-1]), "The ledger so far")
        raise
    run, so_far = finished.run, finished.so_far
    ledger = so_far.commits["publish"].report["ledger"] if "publish" in so_far.commits else None
    result = _result(run, so_far, ledger, finished.seconds)
    if options.json:
        echo_json(result)
    elif not options.quiet:
        if "quality" in result:
            show_quality(result["quality"])
        if ledger is not None:
            show_ledger(ledger)
            show_mixture(result["mixture"])
            show_size(result["why"])
            echo(f"Shards: {run.out}/corpus  Manifest: {run.out}/manifest.json")
            echo(f"Report: {run.out}/report.html")


def _result(
    run: "Run", so_far: "SoFar", ledger: dict[str, Any] | None, seconds: float
) -> dict[str, Any]:
    """Return the result of a run, as `--json` prints it."""
    from curate.api.runs import stage_counts  # noqa: PLC0415

    reports = {name: commit.report for name, commit in so_far.commits.items()}
    result: dict[str, Any] = {"out": run.out, "work": run.work, "seconds": round(seconds, 1)}
    result["stages"] = stage_counts(so_far)
    if "train" in reports:
        result["quality"] = reports["train"]
    if ledger is not None:
        result |= {"ledger": ledger, "mixture": reports["mix"]["mixture"]}
        result["why"] = reports["publish"]["why"]
    return result


def up_to(until: str, text: str) -> Callable[..., None]:
    """Return the command that runs a recipe up to a stage; `text` is its help."""

    def command(recipe: RecipePath, *, options: Options) -> None:
        run_until(recipe, until, options)

    command.__doc__ = text
    return with_options()(command)


@with_options()
def dedup(
    recipe: RecipePath,
    *,
    options: Options,
    self_check: Annotated[
        bool,
        typer.Option(
            "--self-check",
            help="Only add near-duplicates to a sample of the filtered documents, and print "
            "how many of them are found.",
        ),
    ] = False,
) -> None:
    """Run the recipe up to the unique documents: exact copies, near-duplicates, shared lines."""
    if self_check:
        _self_check(recipe, options)
    else:
        run_until(recipe, "dedup", options)


def _self_check(recipe_path: str, options: Options) -> None:
    from curate.api.runs import started  # noqa: PLC0415
    from curate.dedup.selfcheck import self_check  # noqa: PLC0415
    from curate.pipeline.run import run_stages  # noqa: PLC0415
    from curate.stages.selfcheck import sample_texts, write_recall  # noqa: PLC0415

    recipe = options.recipe(recipe_path)
    with started(recipe, "filter", options.settings(recipe_path)) as run:
        texts = sample_texts(run, run_stages(run, "filter").left)
    settings = run.recipe.dedup
    banding = settings.banding()
    recall = self_check(texts, banding, family=settings.family)
    write_recall(run.out, recall, banding, len(texts))
    show_recall(recall, banding, len(texts))


def plan(
    recipe: RecipePath,
    *,
    out: Out = None,
    work: Work = None,
    changes: Changes = None,
    sample: Sample = None,
    engine: EngineName = "auto",
    allow_code: AllowCode = False,
) -> None:
    """Check everything and say what a run would do; start nothing."""
    from curate.api.plan import planned  # noqa: PLC0415 - help needs none of these
    from curate.api.runs import checked  # noqa: PLC0415

    options = Options(changes=changes, allow_code=allow_code)
    settings = RunSettings(out=out, work=work, engine=engine, sample=sample, log=echo)
    show_plan(planned(checked(options.recipe(recipe), settings)))


@with_options("fresh", "against")
def signals(recipe: RecipePath, *, options: Options) -> None:
    """Measure a sample of unfiltered pages; print what each rule drops alone, first, only it."""
    from curate.api.runs import started  # noqa: PLC0415
    from curate.pipeline.run import run_stages  # noqa: PLC0415
    from curate.stages.signals import signals as measure  # noqa: PLC0415

    loaded = options.recipe(recipe)
    with started(loaded, "extract", options.settings(recipe)) as run:
        measured = measure(run, run_stages(run, "extract").extracted)
    if options.json:
        echo_json(measured)
    elif not options.quiet:
        show_signals(measured)
        echo(f"Signals: {run.out}/signals")


def demo(
    folder: Annotated[str, typer.Argument(help="Where to make it.")] = "demo",
    engine: EngineName = "auto",
    master: Master = None,
) -> None:
    """Make a small crawl from Python's own documentation and run the whole chain on it."""
    import_module("curate.pipeline.specs")  # what is missing is told before anything is written
    from curate.demo import make_crawl  # noqa: PLC0415

    recipe, out = make_crawl(folder), f"{folder}/out"
    echo(f"A small crawl, references, a benchmark and this recipe for them are in {folder}:")
    echo("")
    show_recipe(recipe.read_text(encoding="utf-8"))
    run_until(str(recipe), "mix", Options(out=out, engine=engine, master=master))
    _show_around(recipe, out)


def _show_around(recipe: Path, out: str) -> None:
    """Print some documents, the lines that read the shards and what they print, and what next."""
    from curate.demo import examples  # noqa: PLC0415

    kept, dropped = examples.kept(out), examples.dropped(out)
    for title, documents in (("Kept", kept), ("Dropped", dropped)):
        echo("")
        echo(f"{title}, for example:")
        for example in documents:
            for line in examples.lines(example):
                echo(line)
    program = examples.reading(out)
    echo("")
    echo("The shards are plain Parquet. These lines of Python")
    for line in program.splitlines():
        echo(f"    {line}")
    echo("print")
    with contextlib.redirect_stdout(StringIO()) as printed:
        exec(program, {})  # noqa: S102 - what is shown is what runs
    for line in printed.getvalue().splitlines():
        echo(f"    {line}")
    command = shlex.join(own_command(sys.argv[0]))
    echo("")
    echo("What next:")
    for words, why in (
        (
            f"explain {shlex.quote(out)} {shlex.quote(dropped[0].id)}",
            "where a record ended, and why",
        ),
        (f"verify {shlex.quote(out)}", "all files checked"),
        ("reasons", "all reasons, with their meanings"),
        (shlex.join(["run", str(recipe), "--out", out]), "again, after you changed the recipe"),
    ):
        echo(f"    {command} {words}    # {why}")
