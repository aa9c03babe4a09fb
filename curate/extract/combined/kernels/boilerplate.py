"""Advertisements' captions, buttons, line numbers: the kernels of `boilerplate`, `lines`."""

from typing import Any

import numpy as np

from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.strings import OFFSET, add, entry, find, has, leaf, lowered

SHORT = 60  # characters; longer lines are no captions


@leaf
def stripped(out: Any, start: Any, end: Any, bullets: Any, lowers: Any) -> Any:
    """Return the hash of a caption in lower case, without marks at its ends."""
    while start < end and is_mark(out[start], bullets):
        start += 1
    while end > start and is_mark(out[end - 1], bullets):
        end -= 1
    h = OFFSET
    for at in range(start, end):
        h = add(h, lowered(lowers, out[at]))
    return h


@leaf
def is_mark(c: Any, bullets: Any) -> Any:
    """Return whether this is one of " .:|", or with `bullets` of " -–—•*[]().:|"."""
    if c == 32 or c == 46 or c == 58 or c == 124:
        return True
    return bullets and (
        c == 45 or c == 0x2013 or c == 0x2014 or c == 0x2022 or c == 42 or c == 91 or c == 93
        or c == 40 or c == 41
    )  # fmt: skip


@leaf
def mark_boilerplate(lines: Any, count: Any, out: Any, t: Any) -> Any:
    """Mark the lines that may be boilerplate: captions of advertisements and buttons, numbers.

    Return whether some are code, or have powers or letters that kernels do not know.
    """
    special = False
    chars, lowers, keys, sets = t.chars, t.lowers, t.set_keys, t.set_bits
    for n in range(count):
        start, stop = lines[y.START, n], lines[y.STOP, n]
        special = special or (
            (lines[y.CODED, n] >= 0 and start == stop)
            or lines[y.SIGNED, n] != 0
            or lines[y.MARKS, n] != 0
        )
        if lines[y.CODED, n] >= 0 or stop - start >= SHORT:
            continue
        if find(keys, sets, stripped(out, start, stop, True, lowers)) & y.W_ADVERT:
            lines[y.MARKS, n] |= y.M_ADVERT
        if find(keys, sets, stripped(out, start, stop, False, lowers)) & y.W_COPY:
            lines[y.MARKS, n] |= y.M_COPY
        digits = True
        for at in range(start, stop):
            c = out[at]
            digits = digits and (
                has(chars, c, y.DECIMAL | y.SPACE) or c == 46 or c == 58 or c == 124
            )
        if digits:
            lines[y.MARKS, n] |= y.M_DIGITS
    return special


@entry
def without_boilerplate(nodes: Any, lines: Any, number: Any, tables: Any) -> Any:
    """Return the lines that are none, as an array of just so many columns."""
    tag_bits = tables[0].tag_bits
    removed = np.zeros(number + 1, np.uint8)
    left = number
    for n in range(number):
        marks = lines[y.MARKS, n] & ~y.M_CASED
        if lines[y.CODED, n] >= 0:
            if marks & y.M_NUMBERS and n + 1 < number and lines[y.CODED, n + 1] >= 0:
                removed[n] = 1
                left -= 1
            continue
        size = lines[y.SIZE, n]
        if not marks or size >= SHORT:
            continue
        block = lines[y.AROUND, n]
        tag = nodes[y.TAG, block] if block >= 0 else 0
        heading = (tag_bits[tag] & y.T_HEADING) != 0
        cell = tag == y.TD or tag == y.TH or tag == y.DT or tag == y.DD
        advert = (marks & y.M_ADVERT) != 0
        code = (n > 0 and lines[y.CODED, n - 1] >= 0) or (
            n + 1 < number and lines[y.CODED, n + 1] >= 0
        )
        if (
            (heading and advert and size > 3)
            or (block >= 0 and marks & y.M_DIGITS and nodes[y.SETS, block] & y.W_GUTTER)
            or (not cell and not heading and (advert or (marks & y.M_COPY and code)))
        ):
            removed[n] = 1
            left -= 1
    kept = np.empty((left, y.LINE_FIELDS), np.int32).T
    to = 0
    for n in range(number):
        if not removed[n]:
            for field in range(y.LINE_FIELDS):
                kept[field, to] = lines[field, n]
            to += 1
    return kept
