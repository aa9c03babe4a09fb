r"""Where a shared passage is cut: at lines or words, never inside code or the row of a table.

Input: a text, its blocks, and the runs of characters that are repeated. Output: cuts that lie
within these runs, except white space next to them. What is not repeated is never cut; what is
repeated stays where a run begins or ends inside a line, a word, a block of code.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from curate.text.blocks import Block
from curate.text.cuts import Cut, whole_lines
from curate.text.prose import known_blocks

RULE = "repeated_passages"
NEAR_LINE = 100  # characters, at most, that stay for a cut to begin or end with a line
NEAR_WORD = 50  # the same for a word; in text without spaces it is any character
WHOLE = ("code", "formula")  # kinds that are cut whole or not at all

Run = tuple[int, int]
_JOINS = "'\u2019-.,_@/"  # between letters or digits: parts of a word
_BREAK = re.compile(r"\n\s*")


def passage_cuts(
    text: str, runs: Iterable[Run], blocks: Sequence[Block] | None = None, *, least: int = 1
) -> list[Cut]:
    r"""Return the cuts of the repeated runs of a text, in order.

    Args:
        runs: (start, end) in characters, in any order; they may overlap.
        blocks: of the text; None: not known.
        least: bytes (UTF-8) that a cut must have: of less the run stays.

    >>> text = "Own words.\nA line that is shared.\nOwn again."
    >>> [text[cut.start : cut.end] for cut in passage_cuts(text, [(8, 33)])]
    ['A line that is shared.\n']
    """
    known = known_blocks(text, blocks)
    cuts: list[Cut] = []
    for run in _merged(runs):
        start, end = _fitted(text, *run, known)
        if end > start and len(text[start:end].encode()) >= least:
            cuts += _with_spaces(text, start, end)
    return whole_lines(text, cuts)


def _merged(runs: Iterable[Run]) -> Iterator[Run]:
    first, last = -1, -1
    for start, end in sorted(runs):
        if start > last:
            if last > first:
                yield first, last
            first, last = start, end
        last = max(last, end)
    if last > first:
        yield first, last


def _fitted(text: str, start: int, end: int, blocks: Sequence[Block]) -> Run:
    """Return the run without what must not be cut at its ends."""
    start, end = _outside(text, start, end, blocks)
    start = _beginning(text, start, end)
    return _outside(text, start, _ending(text, start, end), blocks)


def _outside(text: str, start: int, end: int, blocks: Sequence[Block]) -> Run:
    """Return the run less the parts of a block that is not to be cut in two."""
    for block in blocks:
        is_whole = block.kind in WHOLE
        if not is_whole and block.kind != "table":
            continue
        if block.start < start < block.end and (is_whole or text[start - 1] != "\n"):
            line = -1 if is_whole else text.find("\n", start, block.end)
            start = line + 1 if line >= 0 else block.end
        if block.start < end < block.end and (is_whole or text[end : end + 1] != "\n"):
            line = -1 if is_whole else text.rfind("\n", block.start, end)
            end = line if line >= 0 else block.start
    return start, end


def _beginning(text: str, start: int, end: int) -> int:
    """Return where the first line of the run begins, else its first word, else character."""
    if start == 0 or text[start - 1] == "\n":
        return start
    line = text.find("\n", start, min(end, start + NEAR_LINE))
    if line >= 0:
        return line
    for at in range(start, min(end, start + NEAR_WORD)):
        if not _in_word(text, at):
            return at
    while start < end and unicodedata.combining(text[start]):
        start += 1
    return start


def _ending(text: str, start: int, end: int) -> int:
    """Return where the last line of the run ends, else its last word, else character."""
    if end == len(text) or text[end] == "\n":
        return end
    line = text.rfind("\n", max(start, end - NEAR_LINE), end)
    if line >= 0:
        return line + 1
    for at in range(end, max(start, end - NEAR_WORD), -1):
        if not _in_word(text, at):
            return at
    while end > start and unicodedata.combining(text[end]):
        end -= 1
    return end


def _in_word(text: str, at: int) -> bool:
    """Return whether a word goes on at a place within the text, with a hyphen in it or a comma."""
    before, after = text[at - 1], text[at]
    if unicodedata.combining(after):
        return True
    if before.isalnum():
        beyond = text[at + 1 : at + 2]
        return after.isalnum() or (after in _JOINS and beyond.isalnum())
    return before in _JOINS and after.isalnum() and text[max(0, at - 2) : at - 1].isalnum()


def _with_spaces(text: str, start: int, end: int) -> Iterator[Cut]:
    """Yield the cuts of a run, so that what is left on its sides is spaced as it was.

    Whole lines lose their line ends later (`whole_lines`). From within one line to within another,
    the longest row of line ends stays.
    """
    inside = text[start:end]
    first = start + len(inside) - len(inside.lstrip())
    last = start + len(inside.rstrip())
    if first >= last:
        return
    before, after = _spaces_before(text, first), _spaces_after(text, last)
    begins = before == 0 or text[before - 1] == "\n"
    ends = after == len(text) or text[after] == "\n"
    breaks = [] if begins or ends else list(_BREAK.finditer(text, first, last))
    if breaks:
        stays = max(breaks, key=lambda match: match[0].count("\n"))
        yield Cut(before, stays.start(), RULE)
        yield Cut(stays.end(), after, RULE)
    elif begins or ends:
        yield Cut(before, after, RULE)
    elif text[first - 1].isspace() and text[last].isspace():
        yield Cut(first, last + 1, RULE)
    else:
        yield Cut(first, last, RULE)


def _spaces_before(text: str, at: int) -> int:
    while at and text[at - 1] in " \t":
        at -= 1
    return at


def _spaces_after(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t":
        at += 1
    return at
