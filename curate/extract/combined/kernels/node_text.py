"""The text of nodes: white space made one space, what of formulas it may have, emojis, labels."""

from typing import Any

from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.end_tags import write_node
from curate.extract.combined.kernels.strings import OFFSET, add, find, has, leaf, lowered

LONGEST_ANSWER = 16  # characters
_MOST = 24  # nodes of what unfolds something


@leaf
def collapse(text: Any, start: Any, end: Any, chars: Any) -> Any:
    """Make each run of white space one space; return (end, signs of formulas seen)."""
    to = start
    blank = False
    seen = 0
    for at in range(start, end):
        c = text[at]
        if has(chars, c, y.SPACE):
            if not blank:
                text[to] = 32
                to += 1
                blank = True
            continue
        blank = False
        if c == 92:
            seen |= y.TEX
        elif c == 36:  # with a backslash before it also a mark of ASCIIMath
            seen |= y.TEX | y.ASCII
        elif c == 96:
            seen |= y.ASCII
        text[to] = c
        to += 1
    return to, seen


@leaf
def write_text(nodes: Any, count: Any, text: Any, start: Any, end: Any, parent: Any, raw: Any,
               hidden: Any, edge: Any, chars: Any) -> Any:  # fmt: skip
    """Write the text since the last tag, if any; return (nodes, its end, signs of formulas).

    White space at the edge of a block element is none.
    """
    if end == start:
        return count, end, 0
    seen = 0
    if raw == 0:
        end, seen = collapse(text, start, end, chars)
        if edge and end == start + 1 and text[start] == 32:
            return count, start, 0
    write_node(nodes, count, y.TEXT, parent, start, end, y.HIDDEN if hidden else 0)
    return count + 1, end, seen


@leaf
def is_answer(attrs: Any, start: Any, end: Any, t: Any) -> Any:
    """Return whether an alternative text is a word of `stand_ins.ANSWERS`."""
    while start < end and has(t.chars, attrs[start], y.SPACE):
        start += 1
    while end > start and has(t.chars, attrs[end - 1], y.SPACE):
        end -= 1
    if end - start > LONGEST_ANSWER or start == end:
        return False
    h = OFFSET
    for at in range(start, end):
        h = add(h, lowered(t.lowers, attrs[at]))
    return (find(t.set_keys, t.set_bits, h) & y.W_ANSWER) != 0


@leaf
def is_smiley(attrs: Any, start: Any, end: Any, chars: Any) -> Any:
    """Return whether an alternative text is one short word of ASCII."""
    while start < end and has(chars, attrs[start], y.SPACE):
        start += 1
    while end > start and has(chars, attrs[end - 1], y.SPACE):
        end -= 1
    if not 0 < end - start <= 16:
        return False
    for at in range(start, end):
        if not 33 <= attrs[at] <= 126:
            return False
    return True


@leaf
def is_emoji(attrs: Any, start: Any, end: Any, chars: Any) -> Any:
    """Return whether an alternative text is signs alone."""
    while start < end and has(chars, attrs[start], y.SPACE):
        start += 1
    while end > start and has(chars, attrs[end - 1], y.SPACE):
        end -= 1
    if not 0 < end - start <= 8:
        return False
    for at in range(start, end):
        if not has(chars, attrs[at], y.EMOJI):
            return False
    return True


@leaf
def is_folded(nodes: Any, count: Any, parent: Any, bits: Any, panel: Any, text: Any,
              t: Any) -> Any:  # fmt: skip
    """Return whether a hidden element, the next node, is one that a click unfolds."""
    found = nodes[y.FOUND, count]
    if found & y.F_NO_FOLD:
        return False
    above = nodes[y.FOUND, parent] if parent >= 0 else found * 0
    if found & y.F_FOLD or panel or (above & y.F_FOLD and not above & y.F_NO_FOLD):
        return True
    if not bits & y.T_FOLDED:
        return False
    node = count - 1
    if node > parent and nodes[y.TAG, node] == y.TEXT and nodes[y.PREFIX, node] == 0 and (
        nodes[y.SUFFIX, node] == 0
    ):  # fmt: skip
        blank = True
        for at in range(nodes[y.TEXT_START, node], nodes[y.TEXT_END, node]):
            blank = blank and has(t.chars, text[at], y.SPACE)
        node -= blank
    while node > parent and nodes[y.PARENT, node] != parent:
        node = nodes[y.PARENT, node]
    if node <= parent or nodes[y.TAG, node] == y.TEXT or count - node > _MOST:
        return False
    for n in range(node, count):
        if t.tag_bits[nodes[y.TAG, n]] & y.T_FOLDING:
            return True
    return False
