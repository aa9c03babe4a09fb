"""Features of masked words: hashed n-gram counts, compiled, for training and scoring.

Input: a text, and the words that stay as they are. Output: of each window the features (bucket
of a run of 1 to 3 symbols of `curate.quality.masks`, how often).

A symbol is a 64-bit hash; a run of symbols is a hash of theirs, of which the upper `bits` bits
are its bucket.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from curate._compiled import compiled, mix
from curate.quality.features import Bytes, Counts, Ints
from curate.quality.masks import SUFFIX, Codes, characters, codes_of, shown

BITS = 20
ORDERS = 3  # runs of 1 to 3 symbols

Hashes = npt.NDArray[np.uint64]
Int32 = npt.NDArray[np.int32]
Pairs = npt.NDArray[np.float32]

_ODD = np.uint64(0x9E3779B97F4A7C15)
_LOGS = 1.0 + np.log(np.arange(1, 65))  # 1 + ln of the small counts


class Vocabulary(NamedTuple):
    """The words that stay: an open-addressed table of their hashes, a power of two long."""

    table: Hashes

    @staticmethod
    def of(words: Collection[str]) -> "Vocabulary":
        """Return the table of some words, in lower case."""
        size = 4
        while size < 2 * len(words) + 2:
            size *= 2
        table = np.zeros(size, np.uint64)
        for word in sorted(words):
            at = hash_word(word) & (size - 1)
            while table[at]:
                at = (at + 1) & (size - 1)
            table[at] = hash_word(word)
        return Vocabulary(table)


def hash_word(word: str) -> int:
    """Return FNV-1a over a word's code points; as the compiled loop makes it."""
    h = 0xCBF29CE484222325
    for char in word:
        h = ((h ^ ord(char)) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return h


@compiled
def _known(table: Hashes, word: np.uint64) -> bool:
    last = np.uint64(len(table) - 1)
    at = word & last
    while table[at] != np.uint64(0):
        if table[at] == word:
            return True
        at = (at + np.uint64(1)) & last
    return False


@compiled
def _masked(tail: Codes, letters: int, uppers: int, first_upper: bool, cased: bool) -> np.uint64:
    """Return the symbol of a word that does not stay; `tail` is a ring of its last letters."""
    if not cased:
        shape = 4
    elif uppers == 0:
        shape = 0
    elif uppers == letters and letters > 1:
        shape = 2
    elif uppers == 1 and first_upper:
        shape = 1
    else:
        shape = 3
    h = mix(np.uint64(0x9E3779B97F4A7C15) + np.uint64(shape))
    kept = min(len(tail), letters - 1)
    for i in range(letters - kept, letters):
        h = (h ^ np.uint64(tail[i % len(tail)])) * np.uint64(0x100000001B3)
    return mix(h)


@compiled
def symbols(  # noqa: PLR0912, PLR0915, PLR0917 - one pass over the characters
    codes: Codes, kinds: Bytes, plain: Codes, table: Hashes, tail: Codes, out: Hashes, starts: Ints
) -> Any:
    """Fill in the symbols of a text and where each run without white space starts among them.

    `tail` is room for as many letters as a masked word keeps. Return how many symbols there
    are, and how many runs without white space.
    """
    n, runs, position, size = 0, 0, 0, len(codes)
    new_run = True
    while position < size:
        code = codes[position]
        kind = kinds[code] if code < 65536 else np.uint8(6)
        if kind == 0:
            new_run = True
            position += 1
            continue
        if kind == 7:
            position += 1
            continue
        if new_run:
            starts[runs] = n
            runs += 1
            new_run = False
        if kind <= 3:
            h = np.uint64(0xCBF29CE484222325)
            letters, uppers, first_upper, cased = 0, 0, kind == 2, False
            while position < size:
                code = codes[position]
                kind = kinds[code] if code < 65536 else np.uint8(6)
                if kind == 7:
                    position += 1
                    continue
                if kind < 1 or kind > 3:
                    if code >= 65536 or plain[code] != 39 or position + 1 >= size:
                        break
                    after = codes[position + 1]
                    if after >= 65536 or kinds[after] < 1 or kinds[after] > 3:
                        break
                    cased_letter = False
                else:
                    cased_letter = kind != 3
                    uppers += kind == 2
                cased = cased or cased_letter
                letter = plain[code]
                h = (h ^ np.uint64(letter)) * np.uint64(0x100000001B3)
                tail[letters % len(tail)] = letter
                letters += 1
                position += 1
            out[n] = (
                mix(h) if _known(table, h) else _masked(tail, letters, uppers, first_upper, cased)
            )
        elif kind == 4:
            h = np.uint64(0xCBF29CE484222325)
            h = (h ^ np.uint64(plain[code])) * np.uint64(0x100000001B3)
            out[n] = mix(h) if _known(table, h) else mix(np.uint64(0x51))
            position += 1
        elif kind == 5:
            digits = 0
            while position < size and codes[position] < 65536 and kinds[codes[position]] == 5:
                digits += 1
                position += 1
            out[n] = mix(np.uint64(0x1000) + np.uint64(min(digits, 5)))
        else:
            sign = plain[code] if code < 65536 else code
            times = 0
            while position < size:
                code = codes[position]
                kind = kinds[code] if code < 65536 else np.uint8(6)
                if kind != 6 or (plain[code] if code < 65536 else code) != sign:
                    break
                times += 1
                position += 1
            out[n] = mix(
                np.uint64(sign) * np.uint64(8) + np.uint64(min(times, 3)) + np.uint64(0x100000)
            )
        n += 1
    return n, runs


@compiled
def _grams(hashes: Hashes, shift: np.uint64, out: Int32) -> int:
    """Fill in the buckets of the runs of 1, 2 and 3 symbols; return how many."""
    size = len(hashes)
    n = 0
    for i in range(size):
        out[n] = hashes[i] >> shift  # a symbol is a mixed hash already
        n += 1
    for i in range(size - 1):
        out[n] = mix(hashes[i] * _ODD + hashes[i + 1]) >> shift
        n += 1
    for i in range(size - 2):
        out[n] = mix((hashes[i] * _ODD + hashes[i + 1]) * _ODD + hashes[i + 2]) >> shift
        n += 1
    return n


@compiled
def _tally(features: Int32, table: Ints | Int32, base: int, buckets: Int32, counts: Int32) -> int:
    """Fill in the distinct buckets and the count of each, in order; return how many.

    `table` has a power of two of places, at least twice as many as features. A place holds
    `base` + the number of a bucket; what is smaller is left over from before and counts as free.
    """
    last, n = len(table) - 1, 0
    for feature in features:
        at = (feature * 0x9E3779B1) & last
        while table[at] >= base and buckets[table[at] - base] != feature:
            at = (at + 1) & last
        if table[at] < base:
            table[at] = base + n
            buckets[n] = feature
            counts[n] = 0
            n += 1
        counts[table[at] - base] += 1
    return n


@compiled
def _places(features: int) -> int:
    places = 4
    while places < 2 * features:
        places *= 2
    return places


@compiled
def _count_all(  # noqa: PLR0917 - compiled functions have no keyword-only arguments
    codes: Codes, ends: Ints, kinds: Bytes, plain: Codes, known: Hashes,
    suffix: int, shift: np.uint64, starts: Ints, buckets: Int32, counts: Int32,
) -> None:  # fmt: skip
    longest = 0
    for i in range(len(ends) - 1):
        longest = max(longest, ends[i + 1] - ends[i])
    hashes, runs = np.empty(longest, np.uint64), np.empty(longest, np.int64)
    features = np.empty(3 * longest, np.int32)
    tail = np.empty(suffix, np.uint32)
    table = np.zeros(_places(3 * longest), np.int64)
    base = 1
    for i in range(len(ends) - 1):
        n, _ = symbols(codes[ends[i] : ends[i + 1]], kinds, plain, known, tail, hashes, runs)
        n = _grams(hashes[:n], shift, features)
        at = starts[i]
        distinct = _tally(features[:n], table[: _places(n)], base, buckets[at:], counts[at:])
        base += distinct
        starts[i + 1] = at + distinct


def count(
    texts: Sequence[str], known: Vocabulary, bits: int = BITS, suffix: int = SUFFIX
) -> Counts:
    """Return how often each text has each bucket.

    >>> found = count(["the cat", ""], Vocabulary.of(["the"]))
    >>> found.counts.tolist(), found.starts.tolist()
    ([1, 1, 1], [0, 3, 3])
    """
    parts = [codes_of(text) for text in texts]
    ends = np.cumsum([0, *map(len, parts)], dtype=np.int64)
    codes = np.concatenate([*parts, np.empty(0, np.uint32)])
    starts = np.zeros(len(parts) + 1, np.int64)
    buckets, counts = np.empty(3 * len(codes), np.int32), np.empty(3 * len(codes), np.int32)
    kinds, plain = characters()
    _count_all(
        codes, ends, kinds, plain, known.table, suffix, np.uint64(64 - bits), starts, buckets,
        counts,
    )  # fmt: skip
    used = slice(0, starts[-1])
    return Counts(starts, buckets[used].astype(np.int64), counts[used].astype(np.int64))


def named_buckets(
    text: str, known: Vocabulary, kept: Collection[str], bits: int = BITS, suffix: int = SUFFIX
) -> list[tuple[int, str]]:
    """Return the bucket of each run of 1 to 3 symbols of a text, with the run as it is shown."""
    codes = codes_of(text)
    kinds, plain = characters()
    hashes, runs = np.empty(len(codes), np.uint64), np.empty(len(codes) + 1, np.int64)
    tail = np.empty(suffix, np.uint32)
    n, _ = symbols(codes, kinds, plain, known.table, tail, hashes, runs)
    buckets = np.empty(3 * n, np.int32)
    size = _grams(hashes[:n], np.uint64(64 - bits), buckets)
    names = shown(text, kept, suffix)
    grams = [" ".join(names[i : i + k]) for k in (1, 2, 3) for i in range(n - k + 1)]
    return list(zip(buckets[:size].tolist(), grams, strict=True))


@compiled
def score(  # noqa: PLR0917 - compiled functions have no keyword-only arguments
    codes: Codes, kinds: Bytes, plain: Codes, known: Hashes, suffix: int,
    shift: np.uint64, window: int, pairs: Pairs, bias: float,
) -> float:  # fmt: skip
    """Return the mean chance over the windows of a text, each of about `window` words.

    `pairs` holds for each bucket its rarity, and its rarity times its weight, side by side so
    that one look into memory finds both; see `curate.quality.linear`.
    """
    size = len(codes)
    hashes, runs = np.empty(size, np.uint64), np.empty(size + 1, np.int64)
    n, words = symbols(codes, kinds, plain, known, np.empty(suffix, np.uint32), hashes, runs)
    runs[words] = n
    pieces = max(1, (2 * words + window) // (2 * window))
    most = 0
    for piece in range(pieces):
        first, end = runs[piece * words // pieces], runs[(piece + 1) * words // pieces]
        most = max(most, end - first)
    features = np.empty(3 * most, np.int32)
    table = np.zeros(_places(3 * most), np.int32)
    buckets, counts = np.empty(3 * most, np.int32), np.empty(3 * most, np.int32)
    total, base = 0.0, 1
    for piece in range(pieces):
        first, end = runs[piece * words // pieces], runs[(piece + 1) * words // pieces]
        m = _grams(hashes[first:end], shift, features)
        distinct = _tally(features[:m], table[: _places(m)], base, buckets, counts)
        base += distinct
        z, square = 0.0, 0.0
        for i in range(distinct):
            often = counts[i]
            log = _LOGS[often - 1] if often <= len(_LOGS) else 1.0 + np.log(often)
            value = log * pairs[buckets[i], 0]
            z += log * pairs[buckets[i], 1]
            square += value * value
        if square > 0.0:
            z /= np.sqrt(square)
        total += 1.0 / (1.0 + np.exp(-(z + bias)))
    return float(total / pieces)
