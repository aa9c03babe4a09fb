"""Ablation of filter chains: the verdict of each rule independently of the others.

Input: a chain's steps and a text. Output: for every rule the reason it gives for the text, or
None. A filter with bounds (`curate.filters.settings.bound`) has one rule per bound; all other
bounds are switched off, so that rules after the first one that objects are judged too. Edits are
applied in their order, whatever the verdicts.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from curate.filters.settings import bounds, is_off, off
from curate.steps import Document, Step
from curate.text.blocks import Block


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its name, the index of its step, and that step with this rule only."""

    name: str
    step_index: int
    step: Step


def rules(steps: Sequence[Step]) -> list[Rule]:
    """Return the rules of a chain in order.

    A rule has the name of its reason; a filter without bounds is one rule with the filter's name.

    >>> from curate.filters import find
    >>> [rule.name for rule in rules(find("fineweb"))][:2]
    ['too_few_punctuated_lines', 'too_many_short_lines']
    """
    return [
        Rule(name, index, dataclasses.replace(step, function=function))
        for index, step in enumerate(steps)
        if step.kind != "edit"
        for name, function in _single_rules(step)
    ]


def _single_rules(step: Step) -> Iterator[tuple[str, Any]]:
    """Yield (name, function with this rule only); the whole filter if it has no bounds."""
    filter_: Any = step.function
    values_by_name = {name: getattr(filter_, name) for name in bounds(type(filter_))}
    values = {name: value for name, value in values_by_name.items() if not is_off(value)}
    if not values:
        yield step.name, filter_
    none = {name: off(value) for name, value in values.items()}
    for name, value in values.items():
        yield name, dataclasses.replace(filter_, **none | {name: value})


def verdicts(
    steps: Sequence[Step],
    rules: Sequence[Rule],
    text: str,
    columns: Mapping[str, Any],
    blocks: Sequence[Block] | None = None,
) -> list[str | None]:
    """Return each rule's reason to drop a text, or None."""
    reasons: list[str | None] = [None] * len(rules)
    document = Document(text, blocks)
    for index, step in enumerate(steps):
        if step.kind == "edit":
            document.edit(step)
            continue
        for number, rule in enumerate(rules):
            if rule.step_index == index:
                reasons[number] = document.reason(rule.step, columns)
    return reasons
