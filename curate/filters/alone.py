"""Each rule of a chain by itself: what it would drop, were there no other.

Enters: a chain's steps and a text. Leaves: for every rule the reason it has against the text, or
None. A filter that is a dataclass has a rule for each of its bounds; all others are switched off,
so that a rule speaks though one before it has spoken already. Edits are applied in their order,
whatever the rules say.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from curate.steps import Step
from curate.text.views import Text

# Settings that judge lines, not pages: they stay as they are.
LINES = {"C4": ("max_word_length", "min_words"), "RefinedWeb": ("max_uppercase", "max_newlines")}
PAGES = ("lorem_ipsum", "curly_bracket", "bad_words")  # C4's page rules without a bound


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its name, the step it belongs to (by its place), and that step with it alone."""

    name: str
    place: int
    step: Step


def rules(steps: Sequence[Step]) -> list[Rule]:
    """Return the rules of a chain in order.

    >>> from curate.filters import find
    >>> [rule.name for rule in rules(find("fineweb"))][:2]
    ['FineWebQuality.min_punctuated_lines', 'FineWebQuality.max_short_lines']
    """
    return [
        Rule(name, place, Step(step.kind, function))
        for place, step in enumerate(steps)
        if step.kind != "edit"
        for name, function in _apart(step.function)
    ]


def _apart(function: Any) -> Iterator[tuple[str, Any]]:
    """Yield (name, function with this rule only); the whole if it cannot be taken apart."""
    name = type(function).__name__
    bounds = list(_bounds(function)) if is_dataclass(function) else []
    if not bounds:
        yield getattr(function, "__qualname__", name), function
        return
    off = {key: None if value is not True else False for key, value in bounds}
    for key, value in bounds:
        if isinstance(value, tuple):  # pairs of n and share
            for n, share in value:
                yield f"{name}.{key}[{n}]", replace(function, **{**off, key: {n: share}})
        else:
            yield f"{name}.{key}", replace(function, **{**off, key: value})


def _bounds(function: Any) -> Iterator[tuple[str, Any]]:
    for field in fields(function):
        value = getattr(function, field.name)
        named = field.name.startswith(("min_", "max_")) or field.name in PAGES
        lines = field.name in LINES.get(type(function).__name__, ())
        if field.init and named and not lines and value is not None and value is not False:
            yield field.name, value


def verdicts(
    steps: Sequence[Step], several: Sequence[Rule], text: str, columns: Mapping[str, Any]
) -> list[str | None]:
    """Return each rule's reason against a text, None where it has none."""
    found: list[str | None] = [None] * len(several)
    before = text = Text.of(text)
    for place, step in enumerate(steps):
        if step.kind == "edit":
            text = Text.of(step.function(text) or "")
            continue
        for number, rule in enumerate(several):
            if rule.place == place:
                found[number] = _asked(rule.step, before, text, columns)
    return found


def _asked(step: Step, before: str, text: str, columns: Mapping[str, Any]) -> str | None:
    if step.kind == "judge":
        return step.function(text)
    return step.function(before, text) if step.kind == "lost" else step.function(columns)
