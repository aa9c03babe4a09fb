"""Cuts: character spans that an edit removes, by rule, and the new offsets of blocks.

An edit may return the edited text, or the cuts that make it. Cuts keep the blocks exact. Of an
edit that returns text they are found by comparing lines (`align`): coarser, but deterministic.
"""

from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import NamedTuple

from curate._lazy import listing
from curate.text.blocks import Block

__all__ = ["Cut", "apply_cuts"]
__dir__ = listing(__name__, __all__)

MAX_LINES = 2_000  # of changed lines, on either side, that are compared with each other


class Cut(NamedTuple):
    """Characters [start, end) of a text, the rule that removes them, and their replacement."""

    start: int
    end: int
    rule: str
    text: str = ""


def apply_cuts(text: str, cuts: Sequence[Cut]) -> str:
    """Apply the cuts to the text.

    Raises ValueError unless the cuts lie within the text, in order, without overlap.

    >>> apply_cuts("one two three", [Cut(3, 7, "middle")])
    'one three'
    """
    parts, last = [], 0
    for start, end, rule, put in cuts:
        if not last <= start <= end <= len(text):
            raise ValueError(
                f"cuts: expected them in order within {len(text):,} characters, "
                f"got {rule} from {start} to {end}"
            )
        parts += [text[last:start], put]
        last = end
    return "".join([*parts, text[last:]])


def move_blocks(blocks: Iterable[Block], cuts: Sequence[Cut]) -> tuple[Block, ...]:
    """Return the blocks with the offsets after the cuts, without blocks that are cut out whole.

    >>> move_blocks([Block("heading", 0, 3), Block("code", 4, 7)], [Cut(0, 4, "heading")])
    (Block(kind='code', start=0, end=3),)
    """
    moved: list[Block] = []
    shift = at = last = 0

    def new_offset(offset: int, *, after: bool) -> int:
        """Return an offset in the new text; `after`: inside a cut, the end of its replacement."""
        nonlocal shift, at
        while at < len(cuts) and cuts[at].end <= offset and (after or cuts[at].start < offset):
            shift += len(cuts[at].text) - (cuts[at].end - cuts[at].start)
            at += 1
        if at < len(cuts) and cuts[at].start < offset:
            inside = cuts[at].start + shift
            return inside + len(cuts[at].text) if after else inside
        return offset + shift

    for kind, start, end in blocks:
        first = max(last, new_offset(start, after=False))
        last = max(first, new_offset(end, after=True))
        if last > first:
            moved.append(Block(kind, first, last))
    return tuple(moved)


def whole_lines(text: str, cuts: Sequence[Cut]) -> list[Cut]:
    r"""Return the cuts, extended at whole lines by the line ends that would be left over.

    A whole line is one that is cut from its beginning to its end, without "\n". Of the runs of "\n"
    around consecutive cut lines the longest stays (of equal ones the first); at the text's
    beginning and end none does. All other cuts stay as they are.

    >>> [apply_cuts(t, whole_lines(t, [Cut(2, 3, "b")])) for t in ("a\nb\nc", "a\nb")]
    ['a\nc', 'a']
    """
    extended: list[Cut] = []
    group: list[Cut] = []
    for cut in [*cuts, Cut(len(text), len(text), "")]:
        is_whole = _is_whole_line(text, cut)
        if group and (not is_whole or text[group[-1].end : cut.start].strip("\n")):
            extended += _with_line_ends(text, group, extended[-1].end if extended else 0, cut.start)
            group = []
        (group if is_whole else extended).append(cut)
    return extended[:-1]


def _is_whole_line(text: str, cut: Cut) -> bool:
    start, end = cut.start, cut.end
    return (
        start < end
        and not cut.text
        and text[start - 1 : start] in ("", "\n")
        and text[end : end + 1] in ("", "\n")
        and text[start] != "\n" != text[end - 1]
    )


def _with_line_ends(text: str, group: Sequence[Cut], least: int, most: int) -> list[Cut]:
    """Return consecutive cuts of whole lines, extended by all runs of line ends but one."""
    before, after = group[0].start, group[-1].end
    while before > least and text[before - 1] == "\n":
        before -= 1
    while after < most and text[after] == "\n":
        after += 1
    edges = [before, *(edge for cut in group for edge in cut[:2]), after]
    rows = [end - start for start, end in zip(edges[::2], edges[1::2], strict=True)]
    outermost = before == 0 or after == len(text)
    stays = len(rows) if outermost else rows.index(max(rows))
    last = len(group) - 1 if outermost else -1
    return [
        cut._replace(
            start=cut.start - rows[n] if n < stays else cut.start,
            end=cut.end + rows[n + 1] if n + 1 > stays or n == last else cut.end,
        )
        for n, cut in enumerate(group)
    ]


def align(before: str, after: str, rule: str) -> list[Cut]:
    r"""Return the cuts that turn one text into another, from a diff of their lines.

    >>> align("one\ntwo\nthree", "one\nthree", "short")
    [Cut(start=4, end=8, rule='short', text='')]
    """
    if before == after:
        return []
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    changed, put = old[head : len(old) - tail], new[head : len(new) - tail]
    starts = [sum(map(len, old[:head]))]
    for line in changed:
        starts.append(starts[-1] + len(line))
    if max(len(changed), len(put)) > MAX_LINES:
        return [_without_common_ends(before, starts[0], starts[-1], "".join(put), rule)]
    matches = SequenceMatcher(None, changed, put, autojunk=False).get_opcodes()
    return [
        _without_common_ends(before, starts[i], starts[j], "".join(put[k:m]), rule)
        for tag, i, j, k, m in matches
        if tag != "equal"
    ]


def characters(cuts: Iterable[Cut]) -> dict[str, int]:
    """Return the number of characters removed by each rule; below 0 where a rule adds some.

    >>> characters([Cut(0, 3, "a"), Cut(5, 6, "b", "two")])
    {'a': 3, 'b': -2}
    """
    counts: dict[str, int] = {}
    for start, end, rule, put in cuts:
        counts[rule] = counts.get(rule, 0) + end - start - len(put)
    return counts


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    """Return the length of the common prefix of two sequences."""
    shorter = min(len(a), len(b))
    return next((i for i in range(shorter) if a[i] != b[i]), shorter)


def _without_common_ends(text: str, start: int, end: int, put: str, rule: str) -> Cut:
    """Return a cut without the common prefix and suffix of the text and its replacement."""
    head = _common(text[start:end], put)
    tail = _common(text[start + head : end][::-1], put[head:][::-1])
    return Cut(start + head, end - tail, rule, put[head : len(put) - tail])


def gaps(size: int, blocks: Iterable[Block]) -> Iterator[tuple[int, int]]:
    """Yield the spans before, between and after blocks of a text of `size` characters."""
    ends = [0, *(offset for block in blocks for offset in block[1:]), size]
    yield from ((start, end) for start, end in list(pairwise(ends))[::2] if end > start)
