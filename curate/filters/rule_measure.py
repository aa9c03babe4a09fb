"""Measures and bounds of the rules of a chain: of one that dropped a text, or of all."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from curate.filters.settings import Bound, bounds
from curate.steps import Document, Step
from curate.text.blocks import Block


class RuleMeasure(NamedTuple):
    """A rule's measure of one text, beside the value of its bound."""

    reason: str
    measure: float
    value: float
    bound: Bound

    @property
    def is_broken(self) -> bool:
        """Return whether the rule drops the text."""
        return self.bound.is_broken(self.measure, self.value)


def rule_measures(
    steps: Sequence[Step],
    text: str,
    blocks: Sequence[Block] | None = None,
    only: str | None = None,
) -> Iterator[RuleMeasure]:
    """Yield the measures of all rules of a chain that have a number, whatever others say.

    The text is edited by the steps before a rule, as in the chain. A rule without a number, such
    as one that looks for a word, has no measure.

    Args:
        only: the reason whose rules are wanted; None: all.
    """
    document = Document(text, blocks)
    for step in steps:
        if step.kind == "edit":
            document.edit(step)
            continue
        rules = bounds(type(step.function))
        if (only is not None and only not in rules) or not hasattr(step.function, "measures"):
            continue
        for reason, measure in step.function.measures(document.view(step.reads)):
            value = getattr(step.function, reason, None)
            if reason in rules and isinstance(value, int | float) and not isinstance(value, bool):
                yield RuleMeasure(reason, float(measure), float(value), rules[reason])


def measure_and_bound(
    steps: Sequence[Step], text: str, reason: str, blocks: Sequence[Block] | None = None
) -> tuple[float, float] | None:
    """Return the measure and the bound of the rule that gives a reason, None if it has none.

    None too for a text that is within the bound; see `rule_measures`.

    >>> from curate.filters import find
    >>> measure_and_bound(find("gopher_quality"), "Too few words.", "too_few_words")
    (3.0, 50.0)
    """
    for one in rule_measures(steps, text, blocks, only=reason):
        if one.reason == reason and one.is_broken:
            return one.measure, one.value
    return None
