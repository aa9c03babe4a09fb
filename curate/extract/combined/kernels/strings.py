"""Small kernels on code points: hashes, look-ups, what a style says. No kernel divides by zero."""

from typing import Any

import numpy as np

from curate._compiled import compiled_with, part, part_without_arrays, unowned
from curate.extract.combined.kernels.layout import CHARACTERS, SPACE, WORD

__all__ = ["entry", "kernel", "leaf", "unowned"]

kernel, leaf = part, part_without_arrays
entry = compiled_with(  # what Python calls
    "curate.extract.combined.kernels", "curate.extract.combined.bins", "curate._compiled"
)

OFFSET = np.uint64(0xCBF29CE484222325)  # FNV-1a's, and its prime
PRIME = np.uint64(0x100000001B3)
S_HIDDEN, S_BLOCK, S_WRAPPED, S_PRE, S_FLEX, S_SCRIPT, S_UNSEEN = 1, 2, 4, 8, 16, 32, 64
S_ROWED, S_FLOAT = 128, 256


@leaf
def add(h: Any, c: Any) -> Any:
    """Return a hash with one more code point."""
    return (h ^ np.uint64(c)) * PRIME


@leaf
def find(keys: Any, values: Any, h: Any) -> Any:
    """Return the value of a key in an open-addressed table; 0 if it is not there."""
    mask = np.uint64(len(keys) - 1)
    slot = h & mask
    while keys[slot] != np.uint64(0):
        if keys[slot] == h:
            return values[slot]
        slot = (slot + np.uint64(1)) & mask
    return values[0] * 0


@leaf
def lowered(lowers: Any, c: Any) -> Any:
    """Return a code point in lower case."""
    return lowers[c] if c < CHARACTERS else c


@leaf
def has(chars: Any, c: Any, bits: Any) -> Any:
    """Return whether a code point has one of these signs."""
    return c < CHARACTERS and (chars[c] & bits) != 0


@leaf
def reads(codes: Any, at: Any, end: Any, words: Any, k: Any) -> Any:
    """Return whether the k-th word stands at a place, in any case; rows have length and letters."""
    size = np.int64(words[k, 0])
    if at + size > end:
        return False
    for n in range(size):
        c = codes[at + n]
        if 65 <= c <= 90:
            c += 32
        if c != words[k, n + 1]:
            return False
    return True


@leaf
def reference(codes: Any, at: Any, end: Any) -> Any:
    """Return (code point, place after it) of what begins with & in serialised text."""
    c = codes[at + 1]
    if c == 108:  # lt
        return 60, at + 4
    if c == 103:  # gt
        return 62, at + 4
    if c == 97:  # amp
        return 38, at + 5
    if c == 113:  # quot
        return 34, at + 6
    at += 2
    value = np.int64(0)
    base = 10
    if codes[at] == 120:
        base = 16
        at += 1
    while at < end and codes[at] != 59:
        digit = np.int64(codes[at])
        if digit >= 97:
            digit -= 87
        elif digit >= 65:
            digit -= 55
        else:
            digit -= 48
        value = value * base + digit
        at += 1
    return value, at + 1


@leaf
def decoded(codes: Any, at: Any, c1: Any) -> Any:
    """Return (code point, place after it) of what begins with a byte of 128 and more in UTF-8.

    `c1` has what stands for the control characters U+0080 to U+009F; 0 for nothing.
    """
    first = np.int64(codes[at])
    second = np.int64(codes[at + 1]) & 63
    if first < 0xE0:
        value = ((first & 31) << 6) | second
        if value < 0xA0:
            value = np.int64(c1[value - 0x80])
        return value, at + 2
    third = np.int64(codes[at + 2]) & 63
    if first < 0xF0:
        return ((first & 15) << 12) | (second << 6) | third, at + 3
    fourth = np.int64(codes[at + 3]) & 63
    return ((first & 7) << 18) | (second << 12) | (third << 6) | fourth, at + 4


@leaf
def has_lines(text: Any, start: Any, end: Any) -> Any:
    """Return whether a text has line breaks inside."""
    while start < end and text[start] == 10:
        start += 1
    while end > start and text[end - 1] == 10:
        end -= 1
    for at in range(start, end):
        if text[at] == 10:
            return True
    return False


@leaf
def after_colon(codes: Any, at: Any, end: Any, chars: Any) -> Any:
    r"""Return the place after \s*:\s*; -1 if there is no colon."""
    while at < end and has(chars, codes[at], SPACE):
        at += 1
    if at >= end or codes[at] != 58:
        return -1
    at += 1
    while at < end and has(chars, codes[at], SPACE):
        at += 1
    return at


@leaf
def styled(codes: Any, start: Any, end: Any, chars: Any, keywords: Any) -> Any:
    """Return what a style attribute says, as bits.

    `keywords` are display, visibility, white-space, none, hidden, block, flex, grid, table,
    list-item, pre-wrap, pre-line, pre, break-spaces; from 18 on vertical-align, super, sub; from
    29 on inline-flex, inline-grid, float, left, right.
    """
    bits = 0
    for at in range(start, end):
        c = codes[at] | 32
        if c == 100 and reads(codes, at, end, keywords, 0):
            to = after_colon(codes, at + 7, end, chars)
            if to >= 0:
                if reads(codes, to, end, keywords, 3):
                    bits |= S_HIDDEN
                for n in range(5, 10):
                    if reads(codes, to, end, keywords, n):
                        past = to + keywords[n, 0]
                        if past >= end or not has(chars, codes[past], WORD):
                            bits |= S_BLOCK
                            if n == 8 and past + 1 < end and codes[past + 1] | 32 == 114:
                                bits |= S_PRE  # table-row: rare, too
                            if n == 6 or n == 7:
                                bits |= S_FLEX
                for n in range(29, 31):
                    if reads(codes, to, end, keywords, n):
                        past = to + keywords[n, 0]
                        if past >= end or not has(chars, codes[past], WORD):
                            bits |= S_ROWED
        elif c == 102 and reads(codes, at, end, keywords, 31):
            to = after_colon(codes, at + 5, end, chars)
            if to >= 0 and (
                reads(codes, to, end, keywords, 32) or reads(codes, to, end, keywords, 33)
            ):
                bits |= S_FLOAT
        elif c == 118 and reads(codes, at, end, keywords, 1):
            to = after_colon(codes, at + 10, end, chars)
            if to >= 0 and reads(codes, to, end, keywords, 4):
                bits |= S_HIDDEN | S_UNSEEN
        elif c == 118 and reads(codes, at, end, keywords, 18):
            to = after_colon(codes, at + 14, end, chars)
            if to >= 0 and reads(codes, to, end, keywords, 20):  # super, too, is rare enough
                bits |= S_SCRIPT
            if to >= 0 and reads(codes, to, end, keywords, 19):
                bits |= S_SCRIPT
        elif c == 119 and reads(codes, at, end, keywords, 2):
            to = after_colon(codes, at + 11, end, chars)
            if to >= 0:
                if reads(codes, to, end, keywords, 10) or reads(codes, to, end, keywords, 11):
                    bits |= S_WRAPPED
                elif reads(codes, to, end, keywords, 12) or reads(codes, to, end, keywords, 13):
                    bits |= S_PRE
    return bits


@leaf
def says_monospaced(codes: Any, start: Any, end: Any, keywords: Any) -> Any:
    """Return whether a font of one width is named; `keywords` from 21 to 28 are such."""
    for at in range(start, end):
        c = codes[at] | 32
        if c == 99 or c == 109 or c == 108 or c == 97 or c == 102:
            for n in range(21, 29):
                if reads(codes, at, end, keywords, n):
                    return True
    return False


@leaf
def is_served(codes: Any, start: Any, end: Any, keywords: Any) -> Any:
    """Return whether an image's address may hold a formula, or be that of a drawn one."""
    for at in range(start, end):
        c = codes[at]
        if c == 63:
            return True
        if c == 47 and at >= start + 4 and reads(codes, at - 4, end, keywords, 15):
            return True  # math/render/
        if c == 46:  # tex.s2cms.ru, i.upmath.me
            if at >= start + 3 and reads(codes, at - 3, end, keywords, 16):
                return True
            if at >= start + 5 and codes[at - 5] | 32 == 112 and (
                reads(codes, at - 4, end, keywords, 15)
            ):  # fmt: skip
                return True
    return False


@leaf
def is_tex(attrs: Any, start: Any, end: Any, chars: Any, served: Any) -> Any:
    r"""Return whether an alternative text may be TeX between marks: $…$, \(…\); not a price."""
    while start < end and has(chars, attrs[start], SPACE):
        start += 1
    while end > start and has(chars, attrs[end - 1], SPACE):
        end -= 1
    if start == end or (attrs[start] != 36 and attrs[start] != 92):
        return False
    return attrs[start] == 92 or served or attrs[end - 1] == 36


@leaf
def is_formula_source(codes: Any, start: Any, end: Any, chars: Any, keywords: Any) -> Any:
    r"""Return whether an image's address may be that of a formula.

    The pattern is latex|[=/.]tex\b|tex=|/tex/|cht=tx|math; `keywords` from 14 on are latex, math,
    tex, cht=tx.
    A letter that is not ASCII is taken for none: then the plain path looks.
    """
    for at in range(start, end):
        c = codes[at] | 32
        if c == 108 and reads(codes, at, end, keywords, 14):
            return True
        if c == 109 and reads(codes, at, end, keywords, 15):
            return True
        if c == 99 and reads(codes, at, end, keywords, 17):
            return True
        if c == 116 and reads(codes, at, end, keywords, 16):
            past = at + 3
            if past < end and codes[past] == 61:
                return True
            before = np.int64(codes[at - 1]) if at > start else np.int64(0)
            if (before == 61 or before == 47 or before == 46) and (
                past >= end or codes[past] >= 128 or not has(chars, codes[past], WORD)
            ):
                return True
    return False
