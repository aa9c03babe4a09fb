"""What happens to one text: edits, judgements, and the order they come in.

A step is a plain function with a word for what it does. A chain is a list of steps; the
first one that objects names the reason, and nothing after it runs. No Spark, no batches:
`curate.batch` lifts a chain to Arrow batches.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Edit = Callable[[str], str]  # clean a text
Judge = Callable[[str], str | None]  # a reason to drop it, or None
Lost = Callable[[str, str], str | None]  # judge what the edits before it took away
Record = Callable[[Mapping[str, Any]], str | None]  # rules on url, language, truncation


@dataclass(frozen=True, slots=True)
class Step:
    """One function of a chain and how to call it; made by `edit`, `judge`, `lost`, `record`."""

    kind: Literal["edit", "judge", "lost", "record"]
    function: Callable[..., str | None]


def edit(function: Edit) -> Step:
    """Return a step that replaces the text."""
    return Step("edit", function)


def judge(function: Judge) -> Step:
    """Return a step that may drop the text."""
    return Step("judge", function)


def lost(function: Lost) -> Step:
    """Return a step that may drop the text for what edits since the chain's start removed."""
    return Step("lost", function)


def record(function: Record) -> Step:
    """Return a step that may drop the document for its other columns."""
    return Step("record", function)


def apply(
    steps: Iterable[Step], text: str, columns: Mapping[str, Any] | None = None
) -> tuple[str, str | None]:
    """Return the edited text and the first reason to drop it (None: keep).

    `columns` holds the document's other values, for steps of kind record.

    >>> apply([edit(str.strip), judge(lambda text: None if text else "no_text")], "  ")
    ('', 'no_text')
    """
    before, reason = text, None
    for step in steps:
        if step.kind == "edit":
            text = step.function(text) or ""
        elif step.kind == "judge":
            reason = step.function(text)
        elif step.kind == "lost":
            reason = step.function(before, text)
        else:
            reason = step.function(columns or {})
        if reason is not None:
            break
    return text, reason
