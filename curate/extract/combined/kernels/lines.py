"""The lines of a page: the kernel of `lines`."""

from typing import Any

import numpy as np

from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.code import code_text, end_code
from curate.extract.combined.kernels.strings import has, leaf


@leaf
def is_before(c: Any, chars: Any) -> Any:
    """Return whether words before a gap are parted from what begins with this."""
    return has(chars, c, y.WORD) or c == 40 or c == 91 or c == 0x201C or c == 0xAB


@leaf
def opens(c: Any) -> Any:
    """Return whether words stay at a sign before them, as it opens them."""
    return (
        c == 40 or c == 91 or c == 123 or c == 60 or c == 0x201C or c == 0x201E or c == 0xAB
        or c == 0x2018 or c == 64 or c == 35 or c == 36 or c == 0x20AC or c == 0xA3 or c == 0xA5
    )  # fmt: skip


@leaf
def tidied(out: Any, start: Any, end: Any, chars: Any) -> Any:
    """Take control characters out of a line, part words at gaps; return its end."""
    to = start
    for at in range(start, end):  # control characters, then places to break
        c = out[at]
        if (
            c == y.GAP
            or not has(chars, c, y.VOID)
            or (c == 0x200B and to > start and has(chars, out[to - 1], y.THAI))
        ):
            out[to] = c
            to += 1
    end = to
    to = at = start
    while at < end:
        if out[at] != y.GAP:
            out[to] = out[at]
            to += 1
            at += 1
            continue
        first = at
        while at < end and out[at] == y.GAP:
            at += 1
        before = out[first - 1] if first > start else np.uint32(0)
        parted = first > start and not has(chars, before, y.SPACE)
        if parted and at < end and not opens(before) and is_before(out[at], chars):
            # the gap before may have been written over: `to` is at most `first`
            out[to] = 32
            to += 1
    end = to
    to = start
    blank = True
    for at in range(start, end):
        c = out[at]
        if has(chars, c, y.SPACE):
            if not blank:
                out[to] = 32
                to += 1
            blank = True
        else:
            out[to] = c
            to += 1
            blank = False
    if to > start and blank:
        to -= 1
    return to


@leaf
def finish(found: Any, count: Any, waiting: Any, waits: Any, nodes: Any, text: Any, out: Any,
           o: Any, around: Any, linked: Any, bold: Any, breaks: Any,
           chars: Any) -> Any:  # fmt: skip
    """End a line; return (number of lines, end of their text), -1 if it holds an escape."""
    if waits == 0:
        if breaks and count and found[y.BREAKS, count - 1]:
            found[y.PARTED, count - 1] = 1
        return count, o
    start = o
    blank = True
    printable = True
    signed = False
    filled = False
    for k in range(waits):
        node = waiting[k]
        prefix, suffix = nodes[y.PREFIX, node], nodes[y.SUFFIX, node]
        if prefix:
            out[o] = prefix
            o += 1
            blank = False
            if prefix == y.GAP:
                printable = False
            else:
                signed = True
        for at in range(nodes[y.TEXT_START, node], nodes[y.TEXT_END, node]):
            c = text[at]
            bits = chars[c]
            if bits & y.SPACE:
                if not blank:
                    out[o] = 32
                    o += 1
                    blank = True
                continue
            if not bits & y.PRINTABLE:
                printable = False
                if c == 27:
                    return -1, o
                if bits & y.ICON or (0x200C <= c <= 0x200F and (o == start or out[o - 1] < 0x250)):
                    signed = True
            if not bits & y.VOID:
                filled = True
            out[o] = c
            o += 1
            blank = False
        if suffix:
            printable = False
            blank = False
            if suffix != y.GAP:
                signed = True
                out[o] = y.SCRIPT_END
                o += 1
            if suffix != y.SCRIPT_END:
                out[o] = y.GAP
                o += 1
    if o > start and blank:
        o -= 1
    if not filled:
        return count, start
    if not printable and not signed:
        o = tidied(out, start, o, chars)
    size = o - start
    commas = 0
    cased = False
    for at in range(start, o):
        c = out[at]
        commas += c == 44 or c == 0xFF0C or c == 0x3001
        cased |= c == 0x130 or c == 0x3A3
    found[y.NODE, count] = waiting[0]
    found[y.AROUND, count] = around
    found[y.START, count] = start
    found[y.STOP, count] = o
    found[y.SIZE, count] = size
    found[y.LINKED, count] = linked if signed else min(linked, size)
    found[y.COMMAS, count] = commas
    found[y.BOLD, count] = bold if signed else min(bold, size)
    found[y.BREAKS, count] = breaks
    found[y.PARTED, count] = 0
    found[y.CODED, count] = -1
    found[y.SIGNED, count] = signed
    found[y.LOWER, count] = start
    found[y.LOWER_STOP, count] = o
    found[y.MARKS, count] = y.M_CASED if cased else 0
    return count + 1, o


@leaf
def length(nodes: Any, node: Any) -> Any:
    """Return the characters of a node's text, its signs too."""
    size = nodes[y.TEXT_END, node] - nodes[y.TEXT_START, node]
    size += nodes[y.PREFIX, node] != 0
    return size + (nodes[y.SUFFIX, node] != 0) + (nodes[y.SUFFIX, node] == y.BOTH)


@leaf
def is_empty(nodes: Any, node: Any, text: Any, chars: Any) -> Any:
    """Return whether a text is white space, or at most two gaps."""
    if nodes[y.PREFIX, node]:
        return False
    suffix = nodes[y.SUFFIX, node]
    start, end = nodes[y.TEXT_START, node], nodes[y.TEXT_END, node]
    if suffix and suffix != y.GAP:
        return False
    gaps = suffix == y.GAP
    blanks = 0
    for at in range(start, end):
        if text[at] == y.GAP:
            gaps += 1
        elif has(chars, text[at], y.SPACE):
            blanks += 1
        else:
            return False
    return (gaps == 0) or (blanks == 0 and gaps < 3)


@leaf
def fill_lines(nodes: Any, count: Any, text: Any, attrs: Any, found: Any, out: Any, waiting: Any,
               blocks: Any, t: Any) -> Any:  # fmt: skip
    """Write the lines of a page; return (their number, the end of their text).

    -1 lines if one holds an escape.
    """
    chars, tag_bits = t.chars, t.tag_bits
    open_blocks = o = lines = waits = linked = bold = 0
    link_end = bold_end = skipped = 0
    until = count
    for node in range(count):
        if node < skipped:
            continue
        if lines < 0:
            return -1, o
        around = blocks[open_blocks - 1] if open_blocks else -1
        if node >= until:
            if waits:
                lines, o = finish(found, lines, waiting, waits, nodes, text, out, o, around, linked,
                                  bold, 0, chars)  # fmt: skip
            waits = linked = bold = 0
            while open_blocks and node >= nodes[y.END, blocks[open_blocks - 1]]:
                open_blocks -= 1
            around = blocks[open_blocks - 1] if open_blocks else -1
            until = nodes[y.END, around] if open_blocks else count
        if lines < 0:
            return -1, o
        tag = nodes[y.TAG, node]
        if tag == y.TEXT:
            if waits or not is_empty(nodes, node, text, chars):
                waiting[waits] = node
                waits += 1
                if node < link_end or node < bold_end:
                    size = length(nodes, node)
                    if node < link_end:
                        linked += size
                    if node < bold_end:
                        bold += size
            continue
        bits, state = tag_bits[tag], nodes[y.STATE, node]
        if state & y.UNSEEN:
            if bits & y.T_BLOCK:
                if waits:
                    lines, o = finish(found, lines, waiting, waits, nodes, text, out, o, around,
                                      linked, bold, 0, chars)  # fmt: skip
                waits = linked = bold = 0
            skipped = nodes[y.END, node]
        elif nodes[y.CODE, node]:
            if waits:
                lines, o = finish(found, lines, waiting, waits, nodes, text, out, o, around, linked,
                                  bold, 0, chars)  # fmt: skip
            waits = linked = bold = 0
            if lines < 0:
                return -1, o
            skipped = nodes[y.END, node]
            first = node
            for n in range(node + 1, skipped):
                if nodes[y.TAG, n] == y.TEXT:
                    first = n
                    break
            for field in range(y.LINE_FIELDS):
                found[field, lines] = 0
            found[y.NODE, lines] = first
            found[y.AROUND, lines] = node if bits & y.T_BLOCK else around
            found[y.CODED, lines] = node
            past = code_text(nodes, count, node, text, attrs, out, o, chars, tag_bits)
            if past > o:
                end_code(found, lines, nodes, out, o, past)
                o = past
            lines += 1
        elif bits & y.T_BLOCK or state & y.BLOCK:
            if waits:
                lines, o = finish(found, lines, waiting, waits, nodes, text, out, o, around, linked,
                                  bold, 0, chars)  # fmt: skip
            waits = linked = bold = 0
            blocks[open_blocks] = node
            open_blocks += 1
            until = nodes[y.END, node]
        elif tag == y.BR:
            lines, o = finish(found, lines, waiting, waits, nodes, text, out, o, around, linked,
                              bold, 1, chars)  # fmt: skip
            waits = linked = bold = 0
        elif tag == y.A:
            link_end = max(link_end, nodes[y.END, node])
        elif bits & y.T_BOLD:
            bold_end = max(bold_end, nodes[y.END, node])
        elif nodes[y.TEXT_END, node] > nodes[y.TEXT_START, node] and (
            waits or nodes[y.TEXT_START, node] != 0
        ):
            waiting[waits] = node
            waits += 1
    around = blocks[open_blocks - 1] if open_blocks else -1
    lines, o = finish(found, lines, waiting, waits, nodes, text, out, o, around, linked, bold, 0,
                      chars)  # fmt: skip
    return lines, o
