"""Preformatted text that is written as it stands: the simple part of `preformatted.code_text`."""

from typing import Any

import numpy as np

from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.strings import has, kernel, leaf

RAW = 1  # as in `preformatted`: white space as it stands
# What is known of a text so far: its end, how many pieces it has, what comes before the next (1: a
# new line unless at the beginning of one, 2: a new line), whether a cell of this row has text.
PAST, PIECES, BOUNDARY, CELLS = range(4)
_NESTED = 64  # lines in lines, before a text is left to Python


@leaf
def is_number(nodes: Any, node: Any, text: Any, chars: Any) -> Any:
    """Return whether an element has nothing but digits: a link to a line, perhaps."""
    some = False
    for n in range(node + 1, nodes[y.END, node]):
        for at in range(nodes[y.TEXT_START, n], nodes[y.TEXT_END, n]):
            if not has(chars, text[at], y.SPACE | y.DECIMAL):
                return False
            some = True
    return some


@leaf
def is_reset(text: Any, at: Any, end: Any) -> Any:
    """Return whether "0m" or "39m" stands here, as behind [ in what a terminal is told."""
    if at + 1 < end and text[at] == 48:
        return text[at + 1] == 109
    return at + 2 < end and text[at] == 51 and text[at + 1] == 57 and text[at + 2] == 109


@kernel
def code_text(nodes: Any, count: Any, node: Any, text: Any, attrs: Any, out: Any, o: Any,
              chars: Any, tag_bits: Any) -> Any:  # fmt: skip
    """Write preformatted text as `preformatted.code_text` does; return its end.

    Nothing of what may have line numbers, elements named lines, or controls, and of numbers alone.
    """
    collapsed = nodes[y.CODE, node] != RAW
    if nodes[y.TAG, node] == y.TEXTAREA:
        return o
    last = nodes[y.END, node]
    begun = False
    for n in range(node + 1, last):
        tag = nodes[y.TAG, n]
        if (
            tag == y.BUTTON
            or nodes[y.PREFIX, n]
            or nodes[y.SUFFIX, n]
            or (
                nodes[y.STATE, n] & (y.UNSEEN | y.MARKED | y.BLOCK) or nodes[y.SETS, n] & y.W_GUTTER
            )
            or (tag == y.A and is_number(nodes, n, text, chars))
        ):
            return o
        if tag != y.TEXT and nodes[y.TEXT_END, n] > nodes[y.TEXT_START, n]:  # an image
            return o
        for at in range(nodes[y.TEXT_START, n], nodes[y.TEXT_END, n]):
            c = text[at]
            if c != 10 and c != 9 and c != 0xA0 and not has(chars, c, y.PRINTABLE):
                return o
            if not begun and not has(chars, c, y.SPACE):
                begun = True
                if has(chars, c, y.DECIMAL) and nodes[y.PARENT, n] != node:  # a line number?
                    return o
            if c == 91 and is_reset(text, at + 1, nodes[y.TEXT_END, n]):
                return o
    so_far = np.zeros(4, np.int64)
    so_far[PAST] = o
    ends, pieces, owns = (
        np.empty(_NESTED, np.int64), np.empty(_NESTED, np.int64), np.empty(_NESTED, np.int64)
    )  # fmt: skip
    depth = 0
    for n in range(node + 1, last):
        while depth and n >= ends[depth - 1]:
            depth -= 1
            alone = owns[depth] and so_far[PIECES] == pieces[depth]
            so_far[BOUNDARY] = max(so_far[BOUNDARY], 2 if alone else 1)
        tag = nodes[y.TAG, n]
        bits = tag_bits[tag]
        if tag == y.TEXT:
            after = tag_bits[nodes[y.TAG, n + 1]] if n + 1 < count else 0
            beside = (after & y.T_BLOCK) != 0 and not after & y.T_UNLINED
            add_text(nodes, n, beside, text, out, o, so_far, collapsed, chars, tag_bits)
        elif tag == y.BR:
            put_code(out, o, so_far)
            put_break(out, o, so_far)
        elif bits & y.T_BLOCK and not bits & y.T_UNLINED:
            if depth == _NESTED:
                return o
            begun = so_far[PIECES] > 0 and out[so_far[PAST] - 1] != 10
            if so_far[BOUNDARY] == 2 or begun:
                put_break(out, o, so_far)
            so_far[BOUNDARY] = 0
            if tag == y.TR:
                so_far[CELLS] = 0
            ends[depth] = nodes[y.END, n]
            pieces[depth] = so_far[PIECES]
            owns[depth] = tag == y.TR or tag == y.LI or says_line(nodes, n, attrs)
            depth += 1
        elif bits & y.T_CELL and so_far[CELLS]:
            put_code(out, o, so_far)
            out[so_far[PAST]] = 9
            so_far[PAST] += 1
            so_far[CELLS] = 0
    return end_text(out, o, so_far[PAST], chars)


@leaf
def says_line(nodes: Any, n: Any, attrs: Any) -> Any:
    """Return whether "line" stands in the class or id of an element."""
    for start, end in (
        (nodes[y.CLASS, n], nodes[y.CLASS_END, n]), (nodes[y.ID, n], nodes[y.ID_END, n])
    ):  # fmt: skip
        for at in range(start, end - 3):
            if (
                attrs[at] | 32 == 108
                and attrs[at + 1] | 32 == 105
                and attrs[at + 2] | 32 == 110
                and attrs[at + 3] | 32 == 101
            ):
                return True
    return False


@leaf
def put_break(out: Any, o: Any, so_far: Any) -> None:
    """End a line of a text."""
    past = cut(out, o, so_far[PAST])
    out[past] = 10
    so_far[PAST] = past + 1
    so_far[PIECES] += 1


@leaf
def put_code(out: Any, o: Any, so_far: Any) -> None:
    """Begin a piece of a text: on a new line, if one is due."""
    if so_far[BOUNDARY]:
        ended = so_far[PIECES] == 0 or out[so_far[PAST] - 1] == 10
        if so_far[BOUNDARY] == 2 or not ended:
            put_break(out, o, so_far)
        so_far[BOUNDARY] = 0
    so_far[PIECES] += 1


@leaf
def add_text(nodes: Any, n: Any, beside: Any, text: Any, out: Any, o: Any, so_far: Any,
             collapsed: Any, chars: Any, tag_bits: Any) -> None:  # fmt: skip
    """Write the text of a node; `beside`: an element that is a line follows."""
    start, end = nodes[y.TEXT_START, n], nodes[y.TEXT_END, n]
    if collapsed and (
        so_far[PIECES] == 0 or so_far[BOUNDARY] or out[so_far[PAST] - 1] == 10
    ):  # fmt: skip
        while start < end and (text[start] == 32 or text[start] == 10 or text[start] == 9):
            start += 1
        if start == end:
            return
    blank = True
    breaks = False
    for at in range(start, end):
        blank = blank and has(chars, text[at], y.SPACE)
        breaks |= text[at] == 10
    if blank:
        if tag_bits[nodes[y.TAG, nodes[y.PARENT, n]]] & y.T_FRAME:
            return
        if breaks and not collapsed and (so_far[BOUNDARY] or beside):
            so_far[BOUNDARY] = max(so_far[BOUNDARY], 1)
            return
    put_code(out, o, so_far)
    past = so_far[PAST]
    gap = False
    for at in range(start, end):
        c = text[at]
        if collapsed and (c == 32 or c == 10 or c == 9):
            gap = True
            continue
        if gap:
            out[past] = 32
            past += 1
            gap = False
        if c == 10:
            past = cut(out, o, past)
        elif c == 0xA0:
            c = np.uint32(32)
        out[past] = c
        past += 1
    if gap:
        out[past] = 32
        past += 1
    so_far[PAST] = past
    so_far[CELLS] = 1


@leaf
def end_text(out: Any, o: Any, past: Any, chars: Any) -> Any:
    """Take blank lines off the ends of a text; return its end, its beginning if it is numbers."""
    past = cut(out, o, past)
    while past > o and out[past - 1] == 10:
        past = cut(out, o, past - 1)
    first = o
    while first < past and out[first] == 10:
        first += 1
    numbers = True
    for at in range(first, past):
        numbers = numbers and has(chars, out[at], y.SPACE | y.DECIMAL)
        out[o + at - first] = out[at]
    return o if numbers else o + past - first


@leaf
def cut(out: Any, start: Any, end: Any) -> Any:
    """Return the end of a text without the spaces and tabs at its end."""
    while end > start and (out[end - 1] == 32 or out[end - 1] == 9):
        end -= 1
    return end


@leaf
def end_code(found: Any, n: Any, nodes: Any, out: Any, start: Any, end: Any) -> None:
    """Note what a line of preformatted text says."""
    node = found[y.CODED, n]
    commas = linked = 0
    cased = False
    for at in range(start, end):
        c = out[at]
        commas += c == 44
        cased |= c == 0x130 or c == 0x3A3
    for link in range(node, nodes[y.END, node]):
        if nodes[y.TAG, link] != y.A:
            continue
        for below in range(link, nodes[y.END, link]):
            if nodes[y.TAG, below] == y.TEXT:
                linked += nodes[y.TEXT_END, below] - nodes[y.TEXT_START, below]
    found[y.START, n] = found[y.LOWER, n] = start
    found[y.STOP, n] = found[y.LOWER_STOP, n] = end
    found[y.SIZE, n] = end - start
    found[y.LINKED, n] = min(linked, end - start)
    found[y.COMMAS, n] = commas
    found[y.MARKS, n] = y.M_CASED if cased else 0
