"""What bytes of a page say before it is parsed: its end, its depth, scripts that read formulas."""

from typing import Any

from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.strings import OFFSET, add, entry, find, leaf


@leaf
def is_at(codes: Any, at: Any, word: Any) -> Any:
    """Return whether a word of small letters stands at a place, in any case."""
    if at < 0 or at + len(word) > len(codes):
        return False
    for k in range(len(word)):
        if codes[at + k] | 32 != word[k]:
            return False
    return True


@entry
def end_of_page(codes: Any, names: Any) -> Any:
    """Return the place of the first </html that stands outside of scripts; -1 for none.

    `names` are html, script as bytes.
    """
    html, script = names
    inside = False
    for i in range(len(codes) - 6):
        if codes[i] != 60:
            continue
        c = codes[i + 1]
        if c == 47:
            c = codes[i + 2] | 32
            if c == 104 and not inside and is_at(codes, i + 2, html):
                return i
            if c == 115 and is_at(codes, i + 2, script):
                inside = False
        elif c | 32 == 115 and is_at(codes, i + 1, script):
            inside = True
    return -1


@leaf
def reads_exactly(codes: Any, end: Any, word: Any) -> Any:
    """Return whether a word ends at a place, letters as they are."""
    start = end - len(word)
    if start < 0:
        return False
    for k in range(len(word)):
        if codes[start + k] != word[k]:
            return False
    return True


@entry
def formula_scripts(codes: Any, words: Any) -> Any:
    """Return which formulas some script of a page reads in its text: TEX, ASCII.

    `words` are those of `equations.may_have_tex`, then those of `equations.may_have_ascii`.
    """
    formats = 0
    for i in range(len(codes)):
        c = codes[i] | 32
        if c == 120:
            for k in range(5):
                if reads_exactly(codes, i + 1, words[k]):
                    formats |= y.TEX
        elif c == 105 and i and codes[i - 1] | 32 == 105 and i + 4 < len(codes):
            for k in range(5, 7):
                if reads_exactly(codes, i + 5, words[k]):
                    formats |= y.ASCII
    return formats


@entry
def deepest(codes: Any, keys: Any, values: Any) -> Any:
    """Return how many elements are open at most, as `curate.extract.html` counts them.

    -1 where a tag's name has a letter that is not ASCII. `keys` and `values` are a table of the
    elements that do not count.
    """
    depth = most = 0
    i, n = 0, len(codes)
    while i + 1 < n:
        if codes[i] != 60:
            i += 1
            continue
        at = i + 1
        ended = codes[at] == 47
        at += ended
        if at >= n or not 97 <= codes[at] | 32 <= 122:
            i += 1
            continue
        h = OFFSET
        while at < n:
            c = codes[at]
            if c == 47 or c == 62 or c == 32 or 9 <= c <= 13 or 28 <= c <= 31:
                break
            if c >= 128:
                return -1
            h = add(h, c + 32 if 65 <= c <= 90 else c)
            at += 1
        i = at
        if find(keys, values, h) == 0:
            depth = max(depth - 1, 0) if ended else depth + 1
            most = max(most, depth)
    return most
