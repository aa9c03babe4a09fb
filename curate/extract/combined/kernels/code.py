"""Preformatted text that is written as it stands: the simple part of `preformatted.code_text`."""

from typing import Any

import numpy as np

from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.strings import has, kernel


@kernel
def code_text(nodes: Any, node: Any, text: Any, out: Any, o: Any, chars: Any, tag_bits: Any) -> Any:
    """Write the text of preformatted text without lines or numbers of its own; return its end.

    Of all that takes more than to write it as it stands, nothing.
    """
    if nodes[y.CODE, node] != 1 or nodes[y.TAG, node] == y.TEXTAREA:
        return o
    past = o
    numbers = True
    for n in range(node + 1, nodes[y.END, node]):
        tag = nodes[y.TAG, n]
        if tag == y.BR:
            past = cut(out, o, past)
            out[past] = 10
            past += 1
        elif (
            tag == y.BUTTON
            or tag_bits[tag] & y.T_BLOCK
            or (nodes[y.STATE, n] & (y.UNSEEN | y.MARKED) or nodes[y.SETS, n] & y.W_GUTTER)
        ):
            return o
        if tag != y.TEXT:
            if nodes[y.TEXT_END, n] > nodes[y.TEXT_START, n]:  # an image
                return o
            continue
        if nodes[y.PREFIX, n] or nodes[y.SUFFIX, n]:
            return o
        for at in range(nodes[y.TEXT_START, n], nodes[y.TEXT_END, n]):
            c = text[at]
            if c == 10:
                past = cut(out, o, past)
            elif c == 0xA0:
                c = np.uint32(32)
            elif c != 9 and not has(chars, c, y.PRINTABLE):
                return o
            numbers = numbers and has(chars, c, y.SPACE | y.DECIMAL)
            out[past] = c
            past += 1
    past = cut(out, o, past)
    while past > o and out[past - 1] == 10:
        past -= 1
    first = o
    while first < past and out[first] == 10:
        first += 1
    for at in range(first, past):
        out[o + at - first] = out[at]
    return o if numbers else o + past - first


@kernel
def cut(out: Any, start: Any, end: Any) -> Any:
    """Return the end of a text without the spaces and tabs at its end."""
    while end > start and (out[end - 1] == 32 or out[end - 1] == 9):
        end -= 1
    return end


@kernel
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
