"""Titles, and lines that say the same: the kernels of `units` that compare words."""

from typing import Any

import numpy as np

from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.arrays import descending
from curate.extract.combined.kernels.strings import has, kernel, leaf, lowered

_TITLE_LEVEL, SUBSTANTIAL, _OWN, _OWN_WIDE = 3, 80, 24, 9  # as in `headings`, `units`
_MARKS, _SHORTEST, _LONGEST = 40, 8, 200
TITLE, LEAD, AFTER, NEAR = -2.0, -0.75, -0.5, 3  # as in `leads`
LONGEST_TITLE = 400  # characters of its words; pages with a longer one are left to the plain path


@leaf
def put_words(codes: Any, start: Any, stop: Any, words: Any, at: Any, chars: Any,
              lowers: Any) -> Any:  # fmt: skip
    """Write the words of a text in lower case, a space between them; return their end."""
    begun = at
    parted = False
    for k in range(start, stop):
        c = lowered(lowers, codes[k])
        if not has(chars, c, y.WORD):
            parted = True
            continue
        if parted and at > begun:
            words[at] = 32
            at += 1
        parted = False
        words[at] = c
        at += 1
    return at


@leaf
def parts_title(c: Any) -> Any:
    """Return whether a character between spaces parts a title: 2 if it needs no spaces, else 1."""
    if c == 124 or c == 0xBB or c == 0xB7:
        return 2
    return c == 0x2013 or c == 0x2014 or c == 58 or c == 0x2022 or c == 47 or c == 45


@leaf
def parting(title: Any, at: Any, size: Any) -> Any:
    """Return the place after what parts a title here; -1 for nothing."""
    if title[at] != 32:
        if parts_title(title[at]) == 2:
            return at + 2 if at + 1 < size and title[at + 1] == 32 else at + 1
        return at + 2 if title[at] == 58 and at + 1 < size and title[at + 1] == 32 else -1
    to = at + 1
    while to < size and parts_title(title[to]):
        to += 1
    if at + 1 < to < size and title[to] == 32:
        return to + 1
    if at + 1 < size and parts_title(title[at + 1]) == 2:
        return at + 3 if at + 2 < size and title[at + 2] == 32 else at + 2
    return -1


@kernel
def title_words(text: Any, start: Any, end: Any, chars: Any, lowers: Any) -> Any:
    """Return the words of a title, then those of each of its parts, all ended by 0.

    And whether all is well: no letter that becomes several in lower case, or depends on others.
    """
    title = np.empty(max(end - start, 0) + 1, np.uint32)  # one that is blank ends before it begins
    size = 0
    blank = good = True
    for at in range(start, end):
        c = text[at]
        if not has(chars, c, y.SPACE):
            title[size] = c
            size += 1
            blank = False
            good = good and c != 0x130 and c != 0x3A3
        elif not blank:
            title[size] = 32
            size += 1
            blank = True
    size -= size > 0 and blank
    found = np.empty(3 * size + 8, np.uint32)
    to = put_words(title, 0, size, found, 0, chars, lowers)
    found[to] = 0
    to += 1
    begin = at = 0
    while at < size:
        past = parting(title, at, size)
        if past < 0:
            at += 1
            continue
        to = put_words(title, begin, at, found, to, chars, lowers)
        found[to] = 0
        to += 1
        begin = at = past
    to = put_words(title, begin, size, found, to, chars, lowers)
    found[to] = 0
    return found[: to + 1], good


@leaf
def holds(words: Any, size: Any, others: Any, length: Any) -> Any:
    """Return whether the first `size` characters of words hold the first `length` of others."""
    for at in range(size - length + 1):
        k = 0
        while k < length and words[at + k] == others[k]:
            k += 1
        if k == length:
            return True
    return False


@leaf
def is_link(lines: Any, n: Any) -> Any:
    """Return whether more than half of a line is links."""
    return 2 * lines[y.LINKED, n] > lines[y.SIZE, n]


@leaf
def is_part(words: Any, size: Any, title: Any) -> Any:
    """Return whether these words are those of a title or of one of its parts."""
    begin = 0
    while begin < len(title):
        k = 0
        while k < size and title[begin + k] == words[k]:  # no word has a 0
            k += 1
        if k == size and title[begin + k] == 0:
            return True
        while title[begin] != 0:
            begin += 1
        begin += 1
    return False


@kernel
def named_headings(lines: Any, ancestors: Any, out: Any, title: Any, words: Any, chars: Any,
                   lowers: Any) -> Any:  # fmt: skip
    """Return the headings that the title names, best first; with each whether it is enough of it.

    `title` are its words, ended by 0; `words` has room for those of any line.
    """
    several = lines.shape[1]
    whole = 0
    while title[whole] != 0:
        whole += 1
    found, sizes, enough = (
        np.empty(several, np.int64), np.empty(several, np.float64), np.empty(several, np.uint8)
    )  # fmt: skip
    number = length = 0
    name = np.empty(1, np.uint32)
    beside = False
    for n in range(several if whole else 0):
        if not 0 < ancestors[y.HEADING, n] <= _TITLE_LEVEL:
            continue
        size = put_words(out, lines[y.LOWER, n], lines[y.LOWER_STOP, n], words, 0, chars, lowers)
        if size > 3 and (holds(title, whole, words, size) or holds(words, size, title, whole)):
            least = _OWN_WIDE if words[0] >= 0x2E80 else _OWN
            found[number] = n
            sizes[number] = size
            enough[number] = size >= least or 2 * size >= whole
            if number == 0 and is_link(lines, n):
                length = size
                name = words[:size].copy()
            elif length and not beside:
                beside = not (holds(name, length, words, size) or holds(words, size, name, length))
            number += 1
    if beside:  # the first is the site's name
        sizes[0] = 0.0
        enough[0] = 0
    order = descending(sizes[:number])
    best, good = np.empty(number, np.int64), np.empty(number, np.uint8)
    for k in range(number):
        best[k], good[k] = found[order[k]], enough[order[k]]
    if beside and not good[0]:
        n = best[0]
        size = put_words(out, lines[y.LOWER, n], lines[y.LOWER_STOP, n], words, 0, chars, lowers)
        good[0] = is_part(words, size, title[whole + 1 :])
    return best, good


@leaf
def line_of_title(first: Any, kept: Any, lines: Any, barred: Any, out: Any, title: Any, words: Any,
                  chars: Any, lowers: Any) -> Any:  # fmt: skip
    """Return the line before the first that is the title, but no heading; -1 for none.

    The longest, or one that is kept.
    """
    whole = 0
    while title[whole] != 0:
        whole += 1
    best = -1
    for n in range(first if whole else 0):
        size = lines[y.SIZE, n]
        if barred[n] or lines[y.CODED, n] >= 0 or 2 * lines[y.LINKED, n] > size:
            continue
        if not _SHORTEST <= size < _LONGEST:
            continue
        length = put_words(out, lines[y.LOWER, n], lines[y.LOWER_STOP, n], words, 0, chars, lowers)
        if length and (length >= _OWN or 2 * length >= whole) and is_part(words, length, title):
            if kept[n]:
                return n
            if best < 0 or size > lines[y.SIZE, best]:
                best = n
    return best


@leaf
def add_title(kept: Any, lines: Any, ancestors: Any, barred: Any, odds: Any, out: Any, title: Any,
              titles: Any, words: Any, chars: Any, lowers: Any) -> None:  # fmt: skip
    """Mark the title above what is kept as kept: as `leads.titled`."""
    several = lines.shape[1]
    first = before = -1
    for n in range(several):
        if kept[n]:
            if before < 0:
                before = n
            if lines[y.SIZE, n] >= SUBSTANTIAL:
                first = n
                break
    if before < 0:
        return
    for n in titles:
        if n <= max(first, 0):
            kept[n] = 1
            return
    for n in titles:
        if kept[n]:
            return
    first = before if first < 0 else first
    best = line_of_title(first, kept, lines, barred, out, title, words, chars, lowers)
    if best >= 0:
        kept[best] = 1
        return
    for n in range(first + 1):
        if kept[n] and ancestors[y.HEADING, n] == 1:
            return
    best = -1
    for n in range(first):
        if ancestors[y.HEADING, n] != 1 or barred[n] or not odds[n] > TITLE:
            continue
        if 2 * lines[y.LINKED, n] <= lines[y.SIZE, n] and (best < 0 or odds[n] > odds[best]):
            best = n
    if best >= 0:
        kept[best] = 1


@leaf
def add_prose(kept: Any, lines: Any, inside: Any, barred: Any, odds: Any) -> None:
    """Mark prose between the title and the text, and right after it, as kept."""
    several = lines.shape[1]
    begin = end = first = long = -1
    for n in range(several):
        if kept[n]:
            begin = n if begin < 0 else begin
            end = n
            if lines[y.SIZE, n] >= SUBSTANTIAL:
                long = n if long < 0 else long
                first = n if first < 0 and inside[n] else first
    if begin < 0:
        return
    if first < 0:
        first = long if long >= 0 else begin
    last = end
    for n in range(begin + 1, several):
        after = n > end
        if after and n - last > NEAR:
            break
        if not (after or n < first) or barred[n] or lines[y.CODED, n] >= 0:
            continue
        if lines[y.SIZE, n] < SUBSTANTIAL or 4 * lines[y.LINKED, n] > lines[y.SIZE, n]:
            continue
        if odds[n] > (AFTER if after else LEAD):
            kept[n] = 1
            last = n if after else last


@leaf
def say_the_same(lines: Any, one: Any, other: Any, out: Any, chars: Any, lowers: Any) -> Any:
    """Return whether two lines are of the same words."""
    if abs(lines[y.SIZE, one] - lines[y.SIZE, other]) >= _MARKS:
        return False
    at, end = lines[y.LOWER, one], lines[y.LOWER_STOP, one]
    to, stop = lines[y.LOWER, other], lines[y.LOWER_STOP, other]
    first = True
    while True:
        begun, began = at, to
        while at < end and not has(chars, lowered(lowers, out[at]), y.WORD):
            at += 1
        while to < stop and not has(chars, lowered(lowers, out[to]), y.WORD):
            to += 1
        if at == end or to == stop:
            return at == end and to == stop
        if not first and (at > begun) != (to > began):
            return False
        first = False
        if lowered(lowers, out[at]) != lowered(lowers, out[to]):
            return False
        at += 1
        to += 1


@kernel
def drop_idle_headings(kept: Any, lines: Any, ancestors: Any, titles: Any, out: Any, chars: Any,
                       lowers: Any) -> None:  # fmt: skip
    """Drop headings said twice, links above the title, and one at the end that heads nothing."""
    before = -1
    gone = np.zeros(len(kept), np.uint8)
    if len(titles) and kept[titles[0]]:
        for n in range(titles[0] - 1, -1, -1):
            if kept[n] and ancestors[y.HEADING, n] and is_link(lines, n):
                gone[n] = 1
            elif kept[n] and lines[y.SIZE, n] >= SUBSTANTIAL:
                break
    for n in range(len(kept)):
        if not kept[n]:
            continue
        if before >= 0 and (ancestors[y.HEADING, n] or ancestors[y.HEADING, before]):
            code = lines[y.CODED, n] >= 0 or lines[y.CODED, before] >= 0
            if not code and say_the_same(lines, before, n, out, chars, lowers):
                gone[n if ancestors[y.HEADING, before] else before] = 1
        before = n
    left = 0
    last = above = -1
    for n in range(len(kept)):
        if gone[n]:
            kept[n] = 0
        elif kept[n]:
            left += 1
            above = last
            last = n
    if left > 2 and ancestors[y.HEADING, last] and not ancestors[y.HEADING, above]:
        kept[last] = 0
