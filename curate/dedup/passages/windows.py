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
    """Fill in the hash of each run of `gram` bytes: b1 B^(n-1) + ... + bn, each byte scrambled."""
    base, leaving, rolling = np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(1), np.uint64(0)
    for _ in range(gram):
        leaving *= base
    for i in range(gram - 1):
        rolling = rolling * base + table[text[i]]
    for i in range(gram - 1, len(text)):
        rolling = rolling * base + table[text[i]]
        if i >= gram:
            rolling -= table[text[i - gram]] * leaving
        hashes[i - gram + 1] = np.int64(rolling)


@compiled
def _least(values: Ints) -> int:
    least: int = values[0]
    for value in values:
        least = min(least, value)
    return least


@compiled
def _fill_minima(hashes: Ints, windows: int, within: int, keys: Ints, firsts: Ints) -> int:
    """Fill in the least hash of each run of windows and where it begins; return how many."""
    rows, at, least = 0, -1, hashes[0]
    for window in range(windows):
        before = least
        last = window + within - 1
        if at < window:
            least = _least(hashes[window : last + 1])
            at = last
            while hashes[at] != least:
                at -= 1
        elif hashes[last] <= least:
            at, least = last, hashes[last]
        if window == 0 or least != before or window - firsts[rows - 1] == LONGEST_RUN:
            keys[rows], firsts[rows] = least, window
            rows += 1
    return rows


@compiled
def _runs(data: Bytes, offsets: Ints, table: Keys, length: int, gram: int) -> npt.NDArray[np.int64]:
    """Follow the least hash from window to window; it is searched again when it leaves them.

    That is seldom: of hashes that are equal the last one counts. Returns int64[4, R].
    """
    longest = 0
    for d in range(len(offsets) - 1):
        longest = max(longest, offsets[d + 1] - offsets[d])
    hashes, keys = np.empty(longest + 1, np.int64), np.empty(longest + 1, np.int64)
    firsts = np.empty(longest + 1, np.int64)
    runs, rows = np.empty((4, 1024), np.int64), 0
    for d in range(len(offsets) - 1):
        text = data[offsets[d] : offsets[d + 1]]
        windows = len(text) - length + 1
        if windows < 1:
            continue
        _hash_grams(text, table, gram, hashes)
        added = _fill_minima(hashes, windows, length - gram + 1, keys, firsts)
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
