"""Commands that take a recipe: plan, run, the stages, signals, demo."""

import contextlib
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from curate.cli.console import say, say_json
from curate.cli.costs import Clock, write_costs
from curate.cli.engines import with_engine
from curate.cli.options import (
    AllowCode,
    EngineName,
    Master,
    Options,
    Out,
    RecipePath,
    Sample,
    Work,
    places,
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
    show_why,
)
from curate.errors import RecipeError
from curate.store.owner import owned

if TYPE_CHECKING:
    from curate.recipe import Recipe
    from curate.stages.stage import Run, SoFar


@contextmanager
def started(recipe_path: str, until: str, options: Options) -> Iterator["Run"]:
    """Yield a checked run with an engine, which ends with it."""
    from curate.pipeline.choice import choose  # noqa: PLC0415 - help needs none of these
    from curate.pipeline.plan import check  # noqa: PLC0415
    from curate.pipeline.run import start  # noqa: PLC0415
    from curate.recipe import load  # noqa: PLC0415

    recipe = load(recipe_path, allow_code=options.allow_code)
    out, work = places(recipe, options.out, options.work)
    recipe = recipe.held_against(options.against or ()).sampled(options.sample)
    run = start(recipe, out, work, fresh=options.fresh, log=options.log)
    choice = choose(run, options.engine, options.master, options.settings())
    facts = check(run)
    if "output" in facts:
        options.log(facts["output"])
    with (
        owned([(run.out, "out"), (run.work, "work")], take_over=options.take_over),
        with_engine(run, until, choice, options) as ready,
    ):
        yield ready


def run_until(recipe_path: str, until: str, options: Options) -> None:
    """Run a recipe up to the last stage of a command, and print what came out."""
    from curate.mix.weights import NoTokensError  # noqa: PLC0415
    from curate.pipeline.run import run_stages  # noqa: PLC0415
    from curate.report.page import write_page  # noqa: PLC0415
    from curate.stages.publish import unfinished_ledger  # noqa: PLC0415

    _check_asked_for(recipe_path, until, options.allow_code)
    clock = Clock()
    with started(recipe_path, until, options) as run:
        done: list[SoFar] = []

        def on_stage(so_far: "SoFar") -> None:
            clock.on_stage(so_far)
            done.append(so_far)

        try:
            so_far = run_stages(run, until, on_stage)
        except NoTokensError:
            if done and not (options.quiet or options.json):
                show_ledger(unfinished_ledger(run, done[-1]), "The ledger so far")
            raise
        if "publish" in so_far.commits:
            write_costs(run, so_far, clock)
            write_page(run.out)
    ledger = so_far.commits["publish"].report["ledger"] if "publish" in so_far.commits else None
    result = _result(run, so_far, ledger, time.monotonic() - clock.started)
    if options.json:
        say_json(result)
    elif not options.quiet:
        if "quality" in result:
            show_quality(result["quality"])
        if ledger is not None:
            show_ledger(ledger)
            show_mixture(result["mixture"])
            show_why(result["why"])
            say(f"Shards: {run.out}/corpus  Manifest: {run.out}/manifest.json")
            say(f"Report: {run.out}/report.html")


def _result(
    run: "Run", so_far: "SoFar", ledger: dict[str, Any] | None, seconds: float
) -> dict[str, Any]:
    """Return what a run came to, as `--json` prints it."""
    reports = {name: commit.report for name, commit in so_far.commits.items()}
    counts = {
        stage: {name: value for name, value in report.items() if isinstance(value, int)}
        for stage, report in reports.items()
    }
    result = {"out": run.out, "work": run.work, "seconds": round(seconds, 1), "stages": counts}
    if "train" in reports:
        result["quality"] = reports["train"]
    if ledger is not None:
        result |= {"ledger": ledger, "mixture": reports["mix"]["mixture"]}
        result["why"] = reports["publish"]["why"]
    return result


def _check_asked_for(recipe_path: str, until: str, allow_code: bool) -> None:
    """Raise RecipeError if a run is to end at a stage that the recipe does not ask for."""
    from curate.recipe import load  # noqa: PLC0415

    if until not in ("decontaminate", "train-quality", "quality"):
        return
    recipe = load(recipe_path, allow_code=allow_code)
    if until == "decontaminate" and recipe.decontaminate is None:
        raise RecipeError(f"{recipe_path}: decontaminate: expected benchmarks, got none")
    if until in ("train-quality", "quality"):
        _check_quality(recipe, until)


def _check_quality(recipe: "Recipe", until: str) -> None:
    """Raise RecipeError if a recipe has no classifier, or none to be trained."""
    if recipe.quality is None:
        raise RecipeError("quality: expected settings, such as {model: masked}, got none")
    if until == "train-quality" and not recipe.quality.trained:
        raise RecipeError(
            "quality.model: expected masked, logistic, fasttext, perplexity or labels to train, "
            f"got {recipe.quality.model}"
        )


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
    from curate.dedup.selfcheck import self_check  # noqa: PLC0415
    from curate.pipeline.run import run_stages  # noqa: PLC0415
    from curate.stages.selfcheck import sample_texts  # noqa: PLC0415

    with started(recipe_path, "filter", options) as run:
        texts = sample_texts(run, run_stages(run, "filter").left)
    settings = run.recipe.dedup
    banding = settings.banding()
    show_recall(self_check(texts, banding, family=settings.family), banding, len(texts))


def plan(
    recipe: RecipePath,
    *,
    out: Out = None,
    work: Work = None,
    sample: Sample = None,
    engine: EngineName = "auto",
    allow_code: AllowCode = False,
) -> None:
    """Check everything and say what a run would do; start nothing."""
    from curate.pipeline.choice import choose  # noqa: PLC0415
    from curate.pipeline.plan import check, stages  # noqa: PLC0415
    from curate.pipeline.run import start  # noqa: PLC0415
    from curate.recipe import load  # noqa: PLC0415

    loaded = load(recipe, allow_code=allow_code).sampled(sample)
    run = start(loaded, *places(loaded, out, work), log=say)
    facts = check(run)
    choice = choose(run, engine)
    show_plan(run, stages(replace(run, log=lambda _: None)))
    say(f"engine: {choice.engine} ({choice.reason})")
    for name, value in facts.items():
        say(f"{name}: {value}")


@with_options("fresh", "against")
def signals(recipe: RecipePath, *, options: Options) -> None:
    """Measure a sample of unfiltered pages; print what each rule drops alone, first, only it."""
    from curate.pipeline.run import run_stages  # noqa: PLC0415
    from curate.stages.signals import signals as measure  # noqa: PLC0415

    with started(recipe, "extract", options) as run:
        found = measure(run, run_stages(run, "extract").extracted)
    if options.json:
        say_json(found)
    elif not options.quiet:
        show_signals(found)
        say(f"Signals: {run.out}/signals")


def demo(
    folder: Annotated[str, typer.Argument(help="Where to make it.")] = "demo",
    engine: EngineName = "auto",
    master: Master = None,
) -> None:
    """Make a small crawl from Python's own documentation and run the whole chain on it."""
    from curate.demo import make_crawl  # noqa: PLC0415

    recipe, out = make_crawl(folder), f"{folder}/out"
    say(f"A small crawl, references, a benchmark and this recipe for them are in {folder}:")
    say("")
    show_recipe(recipe.read_text(encoding="utf-8"))
    run_until(str(recipe), "mix", Options(out=out, engine=engine, master=master))
    _show_around(recipe, out)


def _show_around(recipe: Path, out: str) -> None:
    """Print some documents, the lines that read the shards and what they print, and what next."""
    from curate.demo import examples  # noqa: PLC0415

    kept, dropped = examples.kept(out), examples.dropped(out)
    for title, several in (("Kept", kept), ("Dropped", dropped)):
        say("")
        say(f"{title}, for example:")
        for example in several:
            for line in examples.lines(example):
                say(line)
    program = examples.reading(out)
    say("")
    say("The shards are plain Parquet. These lines of Python")
    for line in program.splitlines():
        say(f"    {line}")
    say("print")
    with contextlib.redirect_stdout(StringIO()) as printed:
        exec(program, {})  # noqa: S102 - what is shown is what runs
    for line in printed.getvalue().splitlines():
        say(f"    {line}")
    command = shlex.quote(sys.argv[0])
    say("")
    say("What next:")
    for words, why in (
        (
            f"explain {shlex.quote(out)} {shlex.quote(dropped[0].id)}",
            "where a record ended, and why",
        ),
        (f"verify {shlex.quote(out)}", "all files checked"),
        ("reasons", "all reasons, with their meanings"),
        (shlex.join(["run", str(recipe), "--out", out]), "again, after you changed the recipe"),
    ):
        say(f"    {command} {words}    # {why}")
