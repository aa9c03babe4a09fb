"""Links around a site among the lines that are kept: the kernels of `boilerplate.is_bar`."""

from typing import Any

import numpy as np

from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.boilerplate import SHORT, stripped
from curate.extract.combined.kernels.features import text_hash
from curate.extract.combined.kernels.strings import OFFSET, add, find, kernel, leaf, lowered

# As in `boilerplate`.
AROUND = " \t.:|[]()<>«»‹›←→↑↓⇑^…-–—▲△"
FOOT_END = " mailing list"
LONGEST_START = 40
_LONGEST_LINK = 40  # characters between two brackets
_AROUND = np.array(sorted(map(ord, AROUND)), np.uint32)
_FOOT = np.array(list(map(ord, FOOT_END)), np.uint32)


@leaf
def is_around(c: Any) -> Any:
    """Return whether a character may stand around the words of a link."""
    for one in _AROUND:
        if c == one:
            return True
    return False


@leaf
def link_hash(out: Any, start: Any, stop: Any, lowers: Any) -> Any:
    """Return a hash of the words of a link in lower case."""
    while start < stop and is_around(lowered(lowers, out[start])):
        start += 1
    while stop > start and is_around(lowered(lowers, out[stop - 1])):
        stop -= 1
    h = OFFSET
    for at in range(start, stop):
        h = add(h, lowered(lowers, out[at]))
    return h


@leaf
def is_bracketed(out: Any, start: Any, stop: Any) -> Any:
    """Return whether a line is two and more texts in brackets, and what parts them."""
    at = start
    several = 0
    while at < stop:
        if out[at] != 91:
            return False
        to = at + 1
        while to < stop and out[to] != 91 and out[to] != 93:
            to += 1
        if to == stop or out[to] != 93 or not 0 < to - at - 1 <= _LONGEST_LINK:
            return False
        several += 1
        at = to + 1
        while at < stop and (out[at] == 32 or out[at] == 124 or out[at] == 0xB7
                             or out[at] == 0x2022 or out[at] == 44):  # fmt: skip
            at += 1
    return several > 1


@leaf
def begins_bar(out: Any, start: Any, stop: Any, linked: Any, lowers: Any, keys: Any,
               sets: Any) -> Any:  # fmt: skip
    """Return whether a line begins as those that lead to the message before or after it."""
    h = OFFSET
    for n in range(min(LONGEST_START, stop - start) + 1):
        if start + n == stop or out[start + n] == 32 or out[start + n] == 58:
            bits = find(keys, sets, h)
            if bits & y.W_BAR_START or (bits & y.W_STEP and 2 * linked > stop - start):
                return True
            if bits & y.W_FOOT:
                for k in range(len(_FOOT)):
                    at = stop - len(_FOOT) + k
                    if at < start or lowered(lowers, out[at]) != _FOOT[k]:
                        return False
                return True
        if start + n < stop:
            h = add(h, lowered(lowers, out[start + n]))
    return False


@leaf
def is_bar(out: Any, start: Any, stop: Any, linked: Any, t: Any) -> Any:
    """Return whether a line is links around the site."""
    size = stop - start
    keys, sets, lowers = t.set_keys, t.set_bits, t.lowers
    if size < SHORT:
        if find(keys, sets, stripped(out, start, stop, False, lowers)) & y.W_COPY:
            return True
        if 10 * linked > 9 * size and (
            find(keys, sets, link_hash(out, start, stop, lowers)) & y.W_LINK
        ):
            return True
    if 2 * linked > size and is_bracketed(out, start, stop):
        return True
    return begins_bar(out, start, stop, linked, lowers, keys, sets)


@kernel
def drop_idle_links(kept: Any, lines: Any, ancestors: Any, tables: Any, out: Any, t: Any) -> None:
    """Drop links around the site; of links that are kept more than once, keep the first."""
    several = lines.shape[1]
    links = 0
    for n in range(several):
        links += kept[n]
    size = 16
    while size < 3 * links:
        size *= 2
    seen = np.zeros(size, np.uint64)
    mask = np.uint64(size - 1)
    for n in range(several):
        length, linked = lines[y.SIZE, n], lines[y.LINKED, n]
        if not kept[n] or linked <= 0 or lines[y.CODED, n] >= 0:
            continue
        table = ancestors[y.TABLE, n]
        data = table >= 0 and tables[table] != 0
        if not data and is_bar(out, lines[y.START, n], lines[y.STOP, n], linked, t):
            kept[n] = 0
            continue
        if 2 * linked < length or table >= 0:
            continue
        h = text_hash(out, lines[y.START, n], lines[y.STOP, n]) | np.uint64(1)
        slot = (h >> np.uint64(20)) & mask
        while seen[slot] != np.uint64(0) and seen[slot] != h:
            slot = (slot + np.uint64(1)) & mask
        if seen[slot] == h:
            kept[n] = 0
        seen[slot] = h
