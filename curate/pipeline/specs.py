"""The one list of stages. Plan, run, commands, jobs, help and documentation read it."""

from curate.recipe import Recipe
from curate.stages import (
    count,
    decontaminate,
    exact,
    extract,
    find_contamination,
    mix,
    near,
    publish,
    quality,
    shards,
    shared_lines,
    train,
    urls,
)
from curate.stages import filter as filter_
from curate.stages.stage import Spec

STAGES = (
    extract.SPEC,
    filter_.SPEC,
    urls.SPEC,
    shared_lines.SPEC,
    exact.SPEC,
    train.SPEC,
    quality.SPEC,
    near.SPEC,
    find_contamination.SPEC,
    decontaminate.SPEC,
    count.SPEC,
    mix.SPEC,
    shards.SPEC,
    publish.SPEC,
)
COMMANDS = tuple(dict.fromkeys(spec.command for spec in STAGES))  # that run a part of a recipe
LAST = STAGES[-1].command


def stages_of(recipe: Recipe, until: str = LAST) -> tuple[Spec, ...]:
    """Return the stages that a command runs for a recipe, in order.

    Raises ValueError where the recipe wants no stage of the command.
    """
    wanted = [spec for spec in STAGES if spec.wanted(recipe)]
    own = [at for at, spec in enumerate(wanted) if spec.command == until]
    if not own:
        raise ValueError(f"expected a stage of {until}, the recipe has none")
    last = wanted[own[-1]]
    before = wanted[: own[-1]]
    if last.needs is not None:
        before = [spec for spec in before if spec.name in last.needs]
    return (*before, last)
