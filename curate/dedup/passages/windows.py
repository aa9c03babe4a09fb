"""Texts to runs of windows: which windows of a text can equal windows of another one.

A window is `length` bytes of a text. Its key is the least hash of the runs of `gram` bytes in it,
so equal windows have equal keys, wherever they are: only windows of one key need be compared.
Most windows have the key of the next one; what leaves is one row for each run of them, about one in
`(length - gram) / 2` bytes of text.

Source: winnowing (Schleimer, Wilkerson, Aiken 2003, doi:10.1145/872757.872770), whose guarantee is
that of any match of `length` bytes one fingerprint is found. Differs: rows are runs of windows with
an equal key, not places of fingerprints, so that text of a short period ("=====") makes one row.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from curate._compiled import compiled, mix
from curate.dedup.shingles import Texts, utf8

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]

LONGEST_RUN = 1 << 16  # windows of a row: a longer run is several rows
BLOCK = 16  # hashes whose least is known


class Windows(NamedTuple):
    """R runs of windows: the key they have, the document, the first of them, and how many.

    A window is known by the byte of its document at which it begins.
    """

    keys: Keys
    documents: Ints
    firsts: Ints
    counts: Ints


def gram_of(length: int) -> int:
    """Return how many bytes are hashed, of windows of `length` bytes.

    The longer they are, the fewer windows that differ have equal keys, and the more rows there are.
    """
    return max(8, length // 4)


def runs_of_windows(texts: Texts, length: int) -> Windows:
    """Return the runs of windows of N texts, in the order of the texts.

    A text of fewer than `length` bytes (UTF-8) has none.

    >>> runs_of_windows(["a" * 40, "short"], 32)[1:]
    (array([0]), array([0]), array([9]))
    """
    data, offsets = utf8(texts)
    keys, *others = _runs(data, offsets, hashes_of_bytes(), length, gram_of(length))
    return Windows(keys.view(np.uint64), *others)


def hashes_of_bytes() -> Keys:
    """Return uint64[256]: what each byte counts in the hashes of windows and of their parts."""
    return _scrambled(np.arange(256, dtype=np.uint64))


@compiled
def _scrambled(values: Keys) -> Keys:
    for i in range(len(values)):
        values[i] = mix(values[i] + np.uint64(0x9E3779B97F4A7C15))
    return values


@compiled
def _hash_grams(text: Bytes, table: Keys, gram: int, hashes: Ints) -> None:
    """Fill in the hash of each run of `gram` bytes: b1 B^(n-1) + ... + bn, each byte scrambled.

    Each follows from the one before; both halves of the text at once, for the processor
    multiplies for one while it waits for the other.
    """
    base, leaving = np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(1)
    half = (len(text) - gram) // 2
    first, second = np.uint64(0), np.uint64(0)
    for i in range(gram):
        leaving *= base
        first = first * base + table[text[i]]
        second = second * base + table[text[half + i]]
    gone = np.empty(256, np.uint64)
    for i in range(256):
        gone[i] = table[i] * leaving
    hashes[0] = np.int64(first)
    begin, end = hashes[1 : half + 1], hashes[half + 1 : 2 * half + 1]
    old, new = text[:half], text[gram : gram + half]
    old_2, new_2 = text[half : 2 * half], text[gram + half : gram + 2 * half]
    for i in range(half):
        first = first * base + (table[new[i]] - gone[old[i]])
        second = second * base + (table[new_2[i]] - gone[old_2[i]])
        begin[i] = np.int64(first)
        end[i] = np.int64(second)
    last = len(text) - gram
    if last > 2 * half:
        hashes[last] = np.int64(second * base + (table[text[-1]] - gone[text[last - 1]]))


@compiled
def _fill_blocks(values: Ints, blocks: Ints) -> None:
    """Fill in the least of each BLOCK values; written out, for so vectors are used."""
    for k in range(len(values) // BLOCK):
        v = values[BLOCK * k : BLOCK * k + BLOCK]
        a, b, c, d = min(v[0], v[4]), min(v[1], v[5]), min(v[2], v[6]), min(v[3], v[7])
        a, b, c, d = min(a, v[8]), min(b, v[9]), min(c, v[10]), min(d, v[11])
        a, b, c, d = min(a, v[12]), min(b, v[13]), min(c, v[14]), min(d, v[15])
        blocks[k] = min(a, b, c, d)


@compiled
def _next_at_most(values: Ints, blocks: Ints, start: int, stop: int, least: int) -> int:
    """Return the first place in [start, stop) of a value that is not greater, else `stop`."""
    at = start
    while at < stop and at % BLOCK:
        if values[at] <= least:
            return at
        at += 1
    while at + BLOCK <= stop and blocks[at // BLOCK] > least:
        at += BLOCK
    while at < stop and values[at] > least:
        at += 1
    return at


@compiled
def _last_least(values: Ints, blocks: Ints, start: int, stop: int) -> int:
    """Return the place of the least value in [start, stop), of equal ones the last."""
    first, last = -(-start // BLOCK), stop // BLOCK
    at = stop - 1
    for place in range(stop - 1, max(start, BLOCK * last) - 1, -1):
        if values[place] < values[at]:
            at = place
    best, least = -1, values[at]
    for block in range(last - 1, first - 1, -1):
        if blocks[block] < least:
            best, least = block, blocks[block]
    if best >= 0:
        at = BLOCK * best + BLOCK - 1
        while values[at] != least:
            at -= 1
    for place in range(min(BLOCK * first, stop) - 1, start - 1, -1):
        if values[place] < least:
            at, least = place, values[place]
    return at


@compiled
def _fill_minima(  # noqa: PLR0917 - compiled functions have no keyword-only arguments
    hashes: Ints, blocks: Ints, windows: int, within: int, keys: Ints, firsts: Ints
) -> int:
    """Fill in the least hash of each run of windows and where it begins; return how many.

    From one window to the next at which the place of the least changes: one that is not greater
    comes in, or it leaves. Of hashes that are equal the last one counts, which leaves later.
    """
    _fill_blocks(hashes[: windows + within - 1], blocks)
    at = _last_least(hashes, blocks, 0, within)
    rows, window = 1, 0
    keys[0], firsts[0] = hashes[at], 0
    while window < windows:
        least, stays = hashes[at], min(at + 1, windows)
        incoming = _next_at_most(hashes, blocks, window + within, stays + within - 1, least)
        window = incoming - within + 1
        is_last = window >= windows
        if window < stays:
            at = incoming
        elif not is_last:
            at = _last_least(hashes, blocks, window, window + within)
        if is_last or hashes[at] != least:
            while firsts[rows - 1] + LONGEST_RUN < window:
                keys[rows], firsts[rows] = least, firsts[rows - 1] + LONGEST_RUN
                rows += 1
        if not is_last and hashes[at] != least:
            keys[rows], firsts[rows] = hashes[at], window
            rows += 1
    return rows


@compiled
def _runs(data: Bytes, offsets: Ints, table: Keys, length: int, gram: int) -> npt.NDArray[np.int64]:
    """Follow the least hash from window to window. Returns int64[4, R]."""
    longest = 0
    for d in range(len(offsets) - 1):
        longest = max(longest, offsets[d + 1] - offsets[d])
    hashes, keys = np.empty(longest + 1, np.int64), np.empty(longest + 1, np.int64)
    firsts, blocks = np.empty(longest + 1, np.int64), np.empty(longest // BLOCK + 1, np.int64)
    runs, rows = np.empty((4, 1024), np.int64), 0
    for d in range(len(offsets) - 1):
        text = data[offsets[d] : offsets[d + 1]]
        windows = len(text) - length + 1
        if windows < 1:
            continue
        _hash_grams(text, table, gram, hashes)
        added = _fill_minima(hashes, blocks, windows, length - gram + 1, keys, firsts)
        if rows + added > runs.shape[1]:
            longer = np.empty((4, 2 * (rows + added)), np.int64)
            for part in range(4):  # numba takes seconds to compile an assignment of slices
                for i in range(rows):
                    longer[part, i] = runs[part, i]
            runs = longer
        firsts[added] = windows
        for i in range(added):
            runs[0, rows + i] = np.int64(mix(np.uint64(keys[i])))
            runs[1, rows + i], runs[2, rows + i] = d, firsts[i]
            runs[3, rows + i] = firsts[i + 1] - firsts[i]
        rows += added
    return runs[:, :rows]
