"""Specs of all stages, imported from the list of stages (`curate.stage_list`)."""

from importlib import import_module

from curate import stage_list
from curate.recipe import Recipe, RecipeError
from curate.stages.stage import Spec


def specs() -> list[tuple[str, Spec]]:
    """Return each stage's command and spec, in order."""
    return [(listed.command, import_module(listed.module).SPEC) for listed in stage_list.STAGES]


def stages_of(recipe: Recipe, until: str | None = None) -> tuple[Spec, ...]:
    """Return the stages that a command runs for a recipe, in order.

    Args:
        until: the command; None: the last one.
    Raises:
        RecipeError: the recipe wants no stage of the command.
    """
    until = until or stage_list.commands()[-1]
    wanted = [(command, spec) for command, spec in specs() if spec.wanted(recipe)]
    positions = [at for at, (command, _) in enumerate(wanted) if command == until]
    if not positions:
        raise RecipeError(f"expected a recipe with a stage of the command {until}, it has none")
    last = wanted[positions[-1]][1]
    before = [spec for _, spec in wanted[: positions[-1]]]
    if last.needs is not None:
        before = [spec for spec in before if spec.name in last.needs]
    return (*before, last)


STAGES = tuple(spec for _, spec in specs())  # a worker that imports this module has all stages
