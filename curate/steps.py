"""Filter chains: edits and judgements of one text, applied in order.

A step is a function and its kind. A chain is a list of steps; the first one that returns a
reason drops the document, and nothing after it runs. No Spark, no batches: `curate.batch`
applies a chain to Arrow batches.

Each function takes one string: all of the text or only its prose, as the step says (`reads`);
`curate.text.prose` makes the string from the text's blocks. An edit returns the edited text, or
the cuts (`curate.text.cuts.Cut`) that make it; cuts record what each rule removed and keep the
offsets of blocks exact.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from curate._lazy import listing
from curate.text.blocks import Block
from curate.text.cuts import Cut, align, apply_cuts, characters, move_blocks, whole_lines
from curate.text.prose import prose_of, prose_spans, unmarked
from curate.text.views import Text

__all__ = ["FilterError", "Outcome", "Step", "apply", "edit", "judge", "lost", "record", "run"]
__dir__ = listing(__name__, __all__)

Reads = Literal["text", "prose"]
Edit = Callable[[str], str | Sequence[Cut]]  # clean a text
Judge = Callable[[str], str | None]  # a reason to drop it, or None
Lost = Callable[[str, str], str | None]  # judge what the edits before it took away
Record = Callable[[Mapping[str, Any]], str | None]  # rules on url, language, truncation

_REASON = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


class FilterError(RuntimeError):
    """A filter raised an error; the message names it, the cause is the filter's own error."""


@dataclass(frozen=True, slots=True)
class Step:
    """One function of a chain and how it is called; made by `edit`, `judge`, `lost`, `record`.

    `name` is used in errors and as the rule of the cuts of an edit that returns a text.
    `adds_words`: whether an edit may put words into a text that were not there, or join some.
    """

    kind: Literal["edit", "judge", "lost", "record"]
    function: Callable[..., Any]
    reads: Reads = "text"
    name: str = ""
    adds_words: bool = True

    def __post_init__(self) -> None:
        if not self.name:
            function = self.function
            name = getattr(function, "__qualname__", None) or type(function).__qualname__
            object.__setattr__(self, "name", name)


def edit(function: Edit, *, reads: Reads = "text", name: str = "", adds_words: bool = True) -> Step:
    """Return a step that replaces the text, or, if it reads prose, each run of its prose.

    One that only removes words says `adds_words=False`: then the prefilter may drop pages before
    extraction.
    """
    return Step("edit", function, reads, name, adds_words)


def judge(function: Judge, *, reads: Reads | None = None, name: str = "") -> Step:
    """Return a step that may drop the text.

    `reads` is the function's own attribute of this name unless given, "text" if it has none.
    """
    default_reads: Reads = getattr(function, "reads", "text")
    return Step("judge", function, reads or default_reads, name)


def lost(function: Lost, *, name: str = "") -> Step:
    """Return a step that may drop the text for what edits since the chain's start removed."""
    return Step("lost", function, name=name)


def record(function: Record, *, name: str = "") -> Step:
    """Return a step that may drop the document for its other columns."""
    return Step("record", function, name=name)


class Outcome(NamedTuple):
    """The result of a chain on one text.

    `text` and `blocks` are those after the edits, `cuts` the pieces that edits removed, by rule,
    in order, `cut` the number of characters removed, by rule: the length of the input is the
    length of `text` plus the sum of `cut`.
    """

    text: str
    reason: str | None
    blocks: tuple[Block, ...] | None
    cut: dict[str, int]
    cuts: list[tuple[str, str]]


def apply(
    steps: Iterable[Step],
    text: str,
    columns: Mapping[str, Any] | None = None,
    blocks: Sequence[Block] | None = None,
) -> tuple[str, str | None]:
    """Return the edited text and the first reason to drop it (None: keep); see `run`.

    >>> apply([edit(str.strip), judge(lambda text: None if text else "no_text")], "  ")
    ('', 'no_text')
    """
    outcome = run(steps, text, columns, blocks)
    return outcome.text, outcome.reason


def run(
    steps: Iterable[Step],
    text: str,
    columns: Mapping[str, Any] | None = None,
    blocks: Sequence[Block] | None = None,
) -> Outcome:
    """Apply a chain to a text and return its outcome.

    `columns` holds the document's other values, for steps of kind record; `blocks` are the
    blocks of the text, None if they are not known.
    Raises:
        FilterError: a step's function raised an error.
        TypeError: it returned something that is neither text, cuts, a reason nor None.

    >>> no_menu = edit(lambda text: text.replace("Menu ", ""), name="no_menu")
    >>> run([no_menu], "Menu The end.")[3:]
    ({'no_menu': 5}, [('no_menu', 'Menu ')])
    """
    state = Document(text, blocks)
    reason = None
    for step in steps:
        if step.kind == "edit":
            state.edit(step)
        elif (reason := state.reason(step, columns or {})) is not None:
            break
    return Outcome(state.text, reason, state.blocks, state.cut, state.cuts)


class Document:
    """A text in a chain, with cached views of it for filters."""

    def __init__(self, text: str, blocks: Sequence[Block] | None = None) -> None:
        self.text = self.before = text
        self.blocks = None if blocks is None else tuple(blocks)
        self.cut: dict[str, int] = {}
        self.cuts: list[tuple[str, str]] = []
        self._views: dict[Reads, Text] = {}

    def view(self, reads: Reads) -> Text:
        """Return the input of a filter: all of the text or its prose, without markup."""
        if reads not in self._views:
            convert = unmarked if reads == "text" else prose_of
            view = convert(self.text, self.blocks)
            same = [other for other in self._views.values() if other == view]
            self._views[reads] = same[0] if same else Text.of(view)
        return self._views[reads]

    def edit(self, step: Step) -> None:
        """Apply a step's edit and record what it removed."""
        cuts = self._cuts_of(step)
        if not cuts:
            return
        for rule, count in characters(cuts).items():
            self.cut[rule] = self.cut.get(rule, 0) + count
        self.cuts += ((cut.rule, self.text[cut.start : cut.end]) for cut in cuts)
        if self.blocks is not None:
            self.blocks = move_blocks(self.blocks, cuts)
        self.text = apply_cuts(self.text, cuts)
        self._views.clear()

    def reason(self, step: Step, columns: Mapping[str, Any]) -> str | None:
        """Return the reason for which a step that is no edit drops the text, or None."""
        if step.kind == "judge":
            return _reason(step, self.view(step.reads))
        if step.kind == "lost":
            return _reason(step, self.before, self.text)
        return _reason(step, columns)

    def _cuts_of(self, step: Step) -> list[Cut]:
        cuts: list[Cut] = []
        exact = False  # the edit returned text, which includes its line ends
        for start, end in self._spans(step.reads):
            piece = self.text[start:end]
            if piece == self.view(step.reads):
                piece = self.view(step.reads)  # the view that judges have counted
            edited = _call(step, piece)
            if isinstance(edited, str):
                exact = True
                edited = align(piece, edited, step.name)
            elif not isinstance(edited, Sequence) or not all(
                isinstance(item, Cut) for item in edited
            ):
                raise TypeError(
                    f"filter {step.name}: expected a text or a list of cuts, got {edited!r:.80}"
                )
            cuts += (cut._replace(start=cut.start + start, end=cut.end + start) for cut in edited)
        return cuts if exact else whole_lines(self.text, cuts)

    def _spans(self, reads: Reads) -> list[tuple[int, int]]:
        return [(0, len(self.text))] if reads == "text" else prose_spans(self.text, self.blocks)


def _reason(step: Step, *arguments: Any) -> str | None:
    """Return a step's reason, or None; raise TypeError if it is no reason."""
    reason = _call(step, *arguments)
    if reason is None or (isinstance(reason, str) and _REASON.fullmatch(reason)):
        return reason
    raise TypeError(
        f"filter {step.name}: expected a reason in lower_snake_case or None, got {reason!r:.80}"
    )


def _call(step: Step, *arguments: Any) -> Any:
    try:
        return step.function(*arguments)
    except Exception as error:
        raise FilterError(f"filter {step.name}: {type(error).__name__}: {error}") from error
