"""A run of a recipe from its start to its end: what the command does, and `curate.run`."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.api.costs import Clock, write_costs
from curate.api.engines import choice_of, start_workers_early, with_engine
from curate.api.settings import RunSettings
from curate.errors import RecipeError
from curate.stage_list import commands
from curate.store.owner import lock_folders

if TYPE_CHECKING:
    from curate.pipeline.choice import Choice
    from curate.recipe import Recipe
    from curate.stages.stage import Run, SoFar


@dataclass(frozen=True, slots=True)
class Ready:
    """A run that is checked and not started. facts: what the check found, by name."""

    run: "Run"
    choice: "Choice"
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that has ended. seconds: from the first check to the end."""

    run: "Run"
    so_far: "SoFar"
    seconds: float


def folders_of(recipe: "Recipe", out: str | None, work: str | None) -> tuple[str, str | None]:
    """Return where to write to, and where to work; None for below that.

    Raises RecipeError if neither the recipe nor the caller says where to write to.
    """
    folder = out or recipe.output.path
    if folder is None:
        raise RecipeError("output.path: expected a folder here or by --out, got none")
    return folder, work or recipe.output.work


def checked(recipe: "Recipe", settings: RunSettings) -> Ready:
    """Return a run that can be started; nothing is written.

    Raises RecipeError with one line for each mistake.
    """
    from curate.pipeline.plan import check  # noqa: PLC0415 - help needs none of these
    from curate.pipeline.run import start  # noqa: PLC0415

    out, work = folders_of(recipe, settings.out, settings.work)
    recipe = recipe.held_against(settings.against).sampled(settings.sample)
    run = start(recipe, out, work, fresh=settings.fresh, log=settings.log)
    choice = choice_of(run, settings)
    return Ready(run, choice, check(run))


@contextmanager
def started(recipe: "Recipe", until: str, settings: RunSettings) -> Iterator["Run"]:
    """Yield a checked run with an engine, which ends with the block."""
    ready = checked(recipe, settings)
    run = ready.run
    for fact in ("output", "kinds"):
        if fact in ready.facts:
            settings.log(ready.facts[fact])
    with (
        lock_folders([(run.out, "out"), (run.work, "work")], take_over=settings.take_over),
        with_engine(run, until, ready.choice, settings) as on_engine,
    ):
        yield on_engine


def run_recipe(
    recipe: "Recipe",
    until: str,
    settings: RunSettings,
    *,
    on_stage: Callable[["Run", "SoFar"], None] = lambda *_: None,
) -> Finished:
    """Run a recipe up to the last stage of a command.

    Args:
        on_stage: told what there is after each stage.
    Raises:
        RecipeError: the recipe or the settings are wrong; nothing was started.
        NoTokensError, ImbalanceError, TaskFailedError: a stage failed.
    """
    check_asked_for(recipe, until)
    start_workers_early(settings)
    from curate.pipeline.run import run_stages  # noqa: PLC0415 - help needs none of these
    from curate.report.page import write_page  # noqa: PLC0415

    clock = Clock()
    with started(recipe, until, settings) as run:

        def ended(so_far: "SoFar") -> None:
            clock.on_stage(so_far)
            on_stage(run, so_far)

        so_far = run_stages(run, until, ended)
        if "publish" in so_far.commits:
            write_costs(run, so_far, clock)
            write_page(run.out)
    return Finished(run, so_far, time.monotonic() - clock.started)


def stage_counts(so_far: "SoFar") -> dict[str, dict[str, int]]:
    """Return what each stage counted, by the stage's name."""
    return {
        stage: {name: value for name, value in commit.report.items() if isinstance(value, int)}
        for stage, commit in so_far.commits.items()
    }


def check_asked_for(recipe: "Recipe", until: str) -> None:
    """Raise RecipeError if a run is to end at a stage there is not, or not in the recipe."""
    if until not in commands():
        raise RecipeError(f"until: expected {', '.join(commands())}, got {until}")
    if until == "decontaminate" and recipe.decontaminate is None:
        raise RecipeError("decontaminate: expected benchmarks, got none")
    if until not in ("train-quality", "quality"):
        return
    if recipe.quality is None:
        raise RecipeError("quality: expected settings, such as {model: masked}, got none")
    if until == "train-quality" and not recipe.quality.trained:
        raise RecipeError(
            "quality.model: expected masked, logistic, fasttext, perplexity or labels to train, "
            f"got {recipe.quality.model}"
        )
