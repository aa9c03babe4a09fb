"""The recipe, read as one: each line a stage, each stage a file of this room."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from curate.recipe import Recipe, RecipeError
from curate.recipe.benchmarks import benchmark_files
from curate.sources import inventory
from curate.spark import (
    count,
    decontaminate,
    dedup,
    extract,
    mix,
    models,
    near,
    publish,
    quality,
    repeats,
    shards,
    train,
    urls,
)
from curate.spark import filter as filter_
from curate.spark.stage import Run
from curate.store import io

Steps = Iterator[tuple[str, dict[str, Any] | None]]  # a place to end at, and the ledger by then
# Where a run can be told to end.
STAGES = ("extract", "train-quality", "filter", "quality", "dedup", "decontaminate", "mix")


def curate(run: Run, until: str = "mix") -> dict[str, Any] | None:
    """Turn the sources into shards; return the ledger's summary, None if told to end early."""
    steps = _learn(run) if until == "train-quality" else _curate(run)
    return next(ledger for step, ledger in steps if step == until)


def _learn(run: Run) -> Steps:
    train.stage(run, extract.stage(run))
    models.publish(run)
    yield "train-quality", None


def _curate(run: Run) -> Steps:
    extracted = extract.stage(run)
    yield "extract", None
    documents = filter_.stage(run, extracted)
    yield "filter", None
    if run.recipe.dedup.urls:
        documents = urls.stage(run, documents)
    if run.recipe.dedup.lines:
        documents = repeats.stage(run, documents)
    documents = dedup.stage(run, documents)
    documents = quality.stage(run, documents, extracted)
    yield "quality", None
    if run.recipe.dedup.near:
        documents = near.stage(run, documents)
    yield "dedup", None
    documents = decontaminate.stage(run, documents)
    yield "decontaminate", None
    weighed = count.stage(run, documents)
    mixed = mix.stage(run, weighed)
    written = shards.stage(run, weighed, mixed)
    yield "mix", publish.stage(run, weighed, mixed, written)


def start(
    recipe: Recipe,
    out: str,
    work: str | None = None,
    *,
    fresh: bool = False,
    say: Callable[[str], None] = print,
) -> Run:
    """Return a run of a recipe that has its inputs but no Spark yet; nothing is written.

    Args:
        out: folder or URL for shards and books.
        work: for what lies between stages; default: _work below a local `out`.
        fresh: redo every stage, even with unchanged input.

    Raises:
        RecipeError: a source or benchmark has no files, or `work` is needed and not given.
    """
    if work is None and not io.is_local(out):
        raise RecipeError(f"output.work: expected a folder, for output.path is {out}, got none")
    files, warnings = inventory(recipe)
    if recipe.decontaminate:
        benchmark_files(recipe.decontaminate)
    for warning in warnings:
        say(warning)
    here = Path.cwd()
    out = io.absolute(out, here)
    work = io.absolute(work, here) if work is not None else io.join(out, "_work")
    return Run(recipe, files, out, work, fresh, say)


def log_file(run: Run) -> Path:
    """Return where Spark's log of a run goes: WORK, or a temporary folder if that is remote."""
    if io.is_local(run.work):
        folder = io.local_path(run.work)
        folder.mkdir(parents=True, exist_ok=True)
    else:
        folder = Path(tempfile.mkdtemp(prefix="curate-"))
    return folder / "spark.log"
