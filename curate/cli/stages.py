"""The commands that take a recipe: plan, run it or a part of it, measure, try."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from curate.cli.console import say
from curate.cli.options import (
    Master,
    Options,
    Out,
    RecipePath,
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
    show_signals,
)
from curate.recipe import Recipe, RecipeError, load

if TYPE_CHECKING:
    from curate.spark.stage import Run


@contextmanager
def started(recipe_path: str, options: Options) -> Iterator["Run"]:
    """Yield a checked run with a Spark session, which ends with it."""
    from curate.spark import pipeline  # noqa: PLC0415 - help needs no Spark
    from curate.spark.plan import check  # noqa: PLC0415
    from curate.spark.session import session, stop  # noqa: PLC0415

    recipe = load(recipe_path)
    out, work = places(recipe, options.out, options.work)
    settings = options.settings()
    recipe = recipe.held_against(options.against or ())
    run = pipeline.start(recipe, out, work, fresh=options.fresh, say=say)
    check(run)
    log = pipeline.log_file(run)
    say(f"Spark's log: {log}")
    spark = session(options.master, log=log, settings=settings)
    try:
        yield run.on(spark)
    finally:
        stop(spark)


def run_until(recipe_path: str, until: str, options: Options) -> None:
    """Run a recipe up to a stage, and print what came out."""
    from curate.spark import pipeline  # noqa: PLC0415

    _check_asked_for(recipe_path, until)
    with started(recipe_path, options) as run:
        ledger = pipeline.curate(run, until)
    report = next((c.report for c in run.commits if c.stage == "train"), None)
    if report is not None:
        show_quality(report)
    if ledger is None:
        return
    show_ledger(ledger)
    show_mixture(run)
    say(f"Shards: {run.out}/corpus  Manifest: {run.out}/manifest.json")


def _check_asked_for(recipe_path: str, until: str) -> None:
    """Raise RecipeError if a run is to end at a stage that the recipe does not ask for."""
    if until == "decontaminate" and load(recipe_path).decontaminate is None:
        raise RecipeError(f"{recipe_path}: decontaminate: expected benchmarks, got none")
    if until in ("train-quality", "quality"):
        _check_quality(load(recipe_path), until)


def _check_quality(recipe: Recipe, until: str) -> None:
    """Raise RecipeError if a recipe has no classifier, or none to be trained."""
    if recipe.quality is None:
        raise RecipeError("quality: expected settings, such as {model: logistic}, got none")
    if until == "train-quality" and not recipe.quality.trained:
        raise RecipeError(
            f"quality.model: expected logistic or fasttext to train, got {recipe.quality.model}"
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
            help="Only plant near-duplicates in a sample of the filtered documents, and print "
            "how many of them are found.",
        ),
    ] = False,
) -> None:
    """Run the recipe up to the unique documents."""
    if self_check:
        _self_check(recipe, options)
    else:
        run_until(recipe, "dedup", options)


def _self_check(recipe_path: str, options: Options) -> None:
    from curate.dedup.selfcheck import self_check  # noqa: PLC0415
    from curate.documents import Documents  # noqa: PLC0415
    from curate.spark import pipeline  # noqa: PLC0415
    from curate.spark.selfcheck import sample_texts  # noqa: PLC0415

    with started(recipe_path, options) as run:
        pipeline.curate(run, "filter")
        texts = sample_texts(run, Documents(run.commits[-1]))
    settings = run.recipe.dedup
    banding = settings.banding()
    show_recall(self_check(texts, banding, family=settings.family), banding, len(texts))


def plan(recipe: RecipePath, out: Out = None, work: Work = None) -> None:
    """Check everything and say what a run would do; start nothing."""
    from curate.spark import pipeline  # noqa: PLC0415
    from curate.spark.plan import check, stages  # noqa: PLC0415

    loaded = load(recipe)
    run = pipeline.start(loaded, *places(loaded, out, work), say=say)
    facts = check(run)
    show_plan(run, stages(replace(run, say=lambda _: None)))
    for name, value in facts.items():
        say(f"{name}: {value}")


@with_options("fresh", "against")
def signals(recipe: RecipePath, *, options: Options) -> None:
    """Measure a sample of unjudged pages; say what each rule drops alone, first, beyond others."""
    from curate.spark import extract  # noqa: PLC0415
    from curate.spark.signals import signals as measure  # noqa: PLC0415

    with started(recipe, options) as run:
        found = measure(run, extract.stage(run))
    show_signals(found)
    say(f"Signals: {run.out}/signals")


def demo(
    folder: Annotated[str, typer.Argument(help="Where to make it.")] = "demo",
    master: Master = None,
) -> None:
    """Make a small crawl from Python's own documentation and run the whole chain on it."""
    from curate.demo import make_crawl  # noqa: PLC0415
    from curate.spark.session import QUICK  # noqa: PLC0415

    recipe = make_crawl(folder)
    say(f"A small crawl and its recipe: {recipe}")
    quick = [f"{key}={value}" for key, value in QUICK.items()]
    options = Options(out=str(Path(folder) / "out"), master=master, conf=quick)
    run_until(str(recipe), "mix", options)
