"""Measures and bounds of the rules of a chain: of one that dropped a text, or of all."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeGuard

from curate.filters.ablation import Rule
from curate.filters.settings import Bound, bounds
from curate.steps import Document, Step
from curate.text.blocks import Block


class RuleMeasure(NamedTuple):
    """A rule's measure of one text, and the value of its bound."""

    reason: str
    measure: float
    value: float
    bound: Bound

    @property
    def is_broken(self) -> bool:
        """Return whether the rule drops the text."""
        return self.bound.is_broken(self.measure, self.value)


def judge_each(
    steps: Sequence[Step],
    text: str,
    columns: Mapping[str, Any],
    blocks: Sequence[Block] | None,
    unmeasured: Sequence[Rule],
) -> tuple[set[str], list[RuleMeasure]]:
    """Return the names of all rules that drop a text, each on its own, and all measures.

    The text is edited by the steps before a rule, as in the chain. A filter that drops blank texts
    for a reason of its own does not measure them.

    Args:
        columns: for rules that judge them.
        unmeasured: the rules of these steps without a measure: see `is_measured`.
    """
    against: set[str] = set()
    measures: list[RuleMeasure] = []
    document = Document(text, blocks)
    for index, step in enumerate(steps):
        if step.kind == "edit":
            document.edit(step)
            continue
        step_rules = (rule for rule in unmeasured if rule.step_index == index)
        against |= {rule.name for rule in step_rules if document.reason(rule.step, columns)}
        if not hasattr(step.function, "measures"):
            continue
        if not document.view(step.reads).strip():
            reason = document.reason(step, columns)
            if reason is not None and reason not in bounds(type(step.function)):
                against.add(reason)
                continue
        measures += _measures(step, document)
    return against | {measure.reason for measure in measures if measure.is_broken}, measures


def is_measured(rule: Rule) -> bool:
    """Return whether a rule has a measure: not all rules with a number have."""
    function: Any = rule.step.function
    if not hasattr(function, "measures") or not _is_number(getattr(function, rule.name, None)):
        return False
    return any(name == rule.name for name, _ in function.measures(""))


def measure_and_bound(
    steps: Sequence[Step], text: str, reason: str, blocks: Sequence[Block] | None = None
) -> tuple[float, float] | None:
    """Return the measure and the bound of the rule that gives a reason, None if it has none.

    The text is edited by the steps before the rule, as in the chain. A rule without a number, such
    as one that looks for a word, has neither; nor has a text that is within the bound.

    >>> from curate.filters import find
    >>> measure_and_bound(find("gopher_quality"), "Too few words.", "too_few_words")
    (3.0, 50.0)
    """
    document = Document(text, blocks)
    for step in steps:
        if step.kind == "edit":
            document.edit(step)
        elif reason in bounds(type(step.function)) and hasattr(step.function, "measures"):
            for measure in _measures(step, document):
                if measure.reason == reason and measure.is_broken:
                    return measure.measure, measure.value
    return None


def _measures(step: Step, document: Document) -> Iterator[RuleMeasure]:
    """Yield the measures of a step's rules that have a number."""
    function: Any = step.function
    rules = bounds(type(function))
    for reason, measure in function.measures(document.view(step.reads)):
        value = getattr(function, reason, None)
        if reason in rules and _is_number(value):
            yield RuleMeasure(reason, float(measure), float(value), rules[reason])


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
