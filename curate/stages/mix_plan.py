"""Decide the share and cutoff of each cell of the mix, from weights, labels and the curve.

Input: planned documents and the recipe. Output: shares and cutoffs; sums come from
`curate.stages.mix_sums`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from curate.mix import prefix, weights
from curate.mix.buckets import Sum
from curate.mix.cells import Cells, parted
from curate.mix.labels import LabelWeights, of_file, stratum_weights, with_empty
from curate.mix.mixed import Mixed
from curate.mix.planned import Bounds, divide_strata, groups_of
from curate.recipe import Recipe, RecipeError
from curate.recipe.yaml_loader import YamlError, parse_yaml
from curate.stages import mix_sums
from curate.stages.count import HELD_OUT, PlannedDocuments
from curate.stages.stage import Stage
from curate.store import io


@dataclass(frozen=True, slots=True)
class Decided:
    """The decisions, and the score bounds of each quality bucket."""

    mixed: Mixed
    bounds: Mapping[str, Bounds]


def decide(stage: Stage, planned: PlannedDocuments) -> Decided:
    """Return each cell's share and where its last, partial epoch is cut."""
    recipe = stage.run.recipe
    stage.describe("cuts")
    labels, curve = label_weights(recipe), recipe.mix.curve
    cells, levels = Cells(), {}
    if labels:
        cells = Cells(f"label_{recipe.mix.by}", labels.divided(recipe.sources))
    if labels or curve:
        tasks = stage.tasks(planned.planned_units())
        levels = mix_sums.sums_by_level(stage.run.engine, tasks, cells, levels=curve is not None)
    plan = _plan(recipe, planned.totals(), labels, levels)
    bounds: dict[str, Bounds] = {}
    if curve:
        curved = [n for n in plan.shares if not recipe.sources[parted(n)[0]].reference]
        plan, starts, bounds = divide_strata(plan, levels, curve.curve(), curved)
        cells = replace(cells, starts=starts)
    engine, tasks = stage.run.engine, stage.tasks(planned.planned_units())
    step, few_rows = fineness(len(plan.shares))
    cuts = prefix.epoch_cutoffs(
        plan,
        partial(mix_sums.sums_by_cell, engine, tasks, cells),
        partial(mix_sums.rows_by_cell, engine, tasks, cells),
        step=step,
        few=few_rows,
    )
    cuts = prefix.balance_cutoffs(cuts, groups_of(list(plan.shares)))
    return Decided(Mixed(plan.shares, cuts, cells), bounds)


def fineness(cells: int) -> tuple[int, int]:
    """Return the bits of a round of sums and the rows that are read, for so many cells.

    The driver gets some 65,536 sums a round and 16,000 rows, however many cells there are.

    >>> fineness(3), fineness(960)
    ((12, 1000), (6, 30))
    """
    many = max(0, (cells - 1).bit_length() - 4)
    return max(4, prefix.STEP - many), max(30, prefix.FEW * 16 // max(16, cells))


def _plan(
    recipe: Recipe,
    counts: Mapping[str, Sequence[int]],
    labels: LabelWeights | None,
    levels: Mapping[str, Mapping[int, Sum]],
) -> weights.Plan:
    """Return the plan of each stratum."""
    sources = {name: source.weight for name, source in recipe.sources.items()}
    stated: Mapping[str, weights.Weight | None] = sources
    if labels is None:
        totals = {name: weights.Totals(*counts.get(name, (0, 0))[:2]) for name in recipe.sources}
    else:
        totals = {
            name: weights.Totals(
                sum(level.documents for level in by_level.values()),
                sum(level.amount for level in by_level.values()),
            )
            for name, by_level in levels.items()
        }
        totals = with_empty(totals, recipe.sources, labels)
        stated = stratum_weights(totals, {**sources, **(labels.sources or {})}, labels)
    try:
        return weights.plan(
            totals, stated, tokens=recipe.mix.tokens, max_epochs=recipe.mix.max_epochs
        )
    except weights.NoTokensError as error:
        if HELD_OUT not in counts:
            raise
        raise weights.NoTokensError(
            f"{error}; mix.validation {recipe.mix.validation:g} holds out {counts[HELD_OUT][0]:,}"
        ) from error


def label_weights(recipe: Recipe) -> LabelWeights | None:
    """Return the weights of labels, read from their file if they are in one; None without.

    Raises RecipeError if the file is invalid.
    """
    setting = recipe.mix.weights
    if recipe.mix.by is None:
        return None
    if isinstance(setting, str):
        try:
            content = parse_yaml(io.read_bytes(setting))
            parsed = of_file(content, recipe.sources, setting)
        except (OSError, ValueError, YamlError) as error:
            raise RecipeError(f"mix.weights: {error}") from error
        if parsed.sources and any(s.weight is not None for s in recipe.sources.values()):
            raise RecipeError(
                f"mix.weights: {setting} has weights of sources: expected none in the recipe"
            )
        return parsed
    if setting is None:
        return LabelWeights(every=True, temperature=recipe.mix.temperature or 1.0)
    nested = {name: weight for name, weight in setting.items() if isinstance(weight, dict)}
    if nested:
        return LabelWeights(within=nested)
    return LabelWeights(
        across={n: weight for n, weight in setting.items() if not isinstance(weight, dict)}
    )
