"""Run the stages of a recipe in order on an engine."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from curate.errors import RecipeError
from curate.pipeline.specs import stages_of
from curate.recipe import Recipe
from curate.recipe.benchmarks import benchmark_files
from curate.sources import inventory
from curate.stages.models import publish_models
from curate.stages.stage import Run, SoFar
from curate.store import io
from curate.store.commits import delete_if_damaged
from curate.store.local_files import without_dots
from curate.store.parquet import DAMAGED
from curate.takedown.tombstones import files_of, read_all

MOST_DAMAGED = 16  # files of WORK; with more, the disk is not to be trusted


def run_stages(
    run: Run, until: str | None = None, on_stage: Callable[[SoFar], None] = lambda _: None
) -> SoFar:
    """Run the stages of a command; return their commits and documents.

    Args:
        until: the command; None: the last one.
        on_stage: called with the state after each stage.

    A stage whose files in WORK are not as they were written when a later one reads them runs again.

    Raises NoTokensError, ImbalanceError and other errors of stages.
    """
    for _ in range(MOST_DAMAGED):
        try:
            return _run_stages(run, until, on_stage)
        except Exception as error:
            if not _deleted(run, error):
                raise
            run = replace(run, fresh=False)  # what was done again is not done once more
    return _run_stages(run, until, on_stage)


def _deleted(run: Run, error: Exception) -> bool:
    """Delete the damaged file of WORK that an error names, if it does; return whether.

    By its text: of an error in a Spark worker the driver gets no more.
    """
    damaged = re.search(rf"({re.escape(run.work)}/[^/]+/[^/]+)/([^:]+): {DAMAGED}", str(error))
    if damaged is None or not delete_if_damaged(damaged[1], damaged[2]):
        return False
    run.log(f"{damaged[1]}/{damaged[2]}: its bytes are not those that were written; deleted")
    return True


def _run_stages(run: Run, until: str | None, on_stage: Callable[[SoFar], None]) -> SoFar:
    so_far = SoFar()
    for spec in stages_of(run.recipe, until):
        stage = spec.prepare(run, so_far)
        so_far = spec.then(so_far, stage.committed or spec.work(stage, so_far))
        on_stage(so_far)
    if until == "train-quality":
        publish_models(run, so_far)
    return so_far


def _folder(url: str, cwd: Path) -> str:
    path = io.absolute(url, cwd)
    return without_dots(path) if io.is_local(path) else path


def start(
    recipe: Recipe,
    out: str,
    work: str | None = None,
    *,
    fresh: bool = False,
    log: Callable[[str], None] = print,
) -> Run:
    """Return a run of a recipe with its inventory but without an engine; nothing is written.

    Args:
        out: folder or URL for shards and reports.
        work: folder for data between stages; default: _work below a local `out`.
        fresh: redo every stage, even with unchanged input.

    Raises:
        RecipeError: a source or benchmark has no files, or `work` is needed and not given.
    """
    if work is None and not io.is_local(out):
        raise RecipeError(f"output.work: expected a folder, for output.path is {out}, got none")
    files, warnings = inventory(recipe)
    if recipe.decontaminate:
        benchmark_files(recipe.decontaminate)
    if recipe.rights.tombstones:
        read_all(recipe.rights.tombstones)
    for warning in warnings:
        log(warning)
    cwd = Path.cwd()
    out = _folder(out, cwd)
    work = _folder(work, cwd) if work is not None else io.join(out, "_work")
    tombstones = recipe.rights.tombstones
    for path in tombstones:
        if not files_of(path):
            raise RecipeError(
                f"rights.tombstones: expected a run that records were removed from, or a file of "
                f"tombstones, got {path}"
            )
    known = (out, *recipe.dedup.against)
    recipe = recipe.honouring([path for path in known if path not in tombstones and files_of(path)])
    return Run(recipe, files, out, work, fresh, log)
