"""Bag-of-words features: lower-cased words, split at white space, hashed to a fixed width.

Input: a text. Output: windows of about equal length, and of each the features (bucket of a
word, how often). Nothing is learned here.

A word's bucket is the upper `bits` bits of a 64-bit hash: FNV-1a over its UTF-8 bytes, mixed
by the end of splitmix64. Punctuation stays with its word, as in the tokenizer GPT-3's authors
used (Spark's Tokenizer and HashingTF); the hash is ours, so that one pass over the bytes does.

Curly quotes and long dashes count as plain ones: they distinguish a source's editors, not good text
from bad. Without this "it’s" and "don’t" were among the strongest words against a text.

Source: Brown et al. 2020 (GPT-3), arXiv:2005.14165, appendix A.
"""

import re
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from curate._compiled import compiled, mix
from curate._lazy import listing

__all__ = [
    "BITS",
    "WINDOW",
    "Counts",
    "bucket_of",
    "count",
    "lowered",
    "plain",
]
__dir__ = listing(__name__, __all__)

BITS = 18  # 262,144 buckets, the default of Spark's HashingTF
WINDOW = 200  # words

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


_TYPOGRAPHY = {
    **dict.fromkeys("‘’‚‛′ʼ´", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    "…": "...",
}
_SIGNS = re.compile(f"[{''.join(_TYPOGRAPHY)}]")


class Counts(NamedTuple):
    """N texts as rows of a sparse matrix: row i is [starts[i], starts[i + 1]) of the others.

    buckets: in the order a text has them first. counts: how often.
    """

    starts: Ints
    buckets: Ints
    counts: Ints


def plain(text: str) -> bytes:
    r"""Return the text's words in lower case, one space between them, as UTF-8.

    >>> plain(" The cat,\n sat ")
    b'the cat, sat'
    >>> plain("It’s – here…")
    b"it's - here..."
    """
    return " ".join(lowered(text).split()).encode("utf-8", "replace")


def lowered(text: str) -> str:
    """Return the text in lower case, its typography plain."""
    if not text.isascii():
        text = _SIGNS.sub(lambda match: _TYPOGRAPHY[match[0]], text)
    return text.lower()


def bucket_of(word: str, bits: int = BITS) -> int:
    """Return the bucket of one word; the same as in `count`, for showing what was learned."""
    return int(_bucket(np.frombuffer(plain(word), np.uint8), np.uint64(64 - bits)))


def count(texts: list[str], bits: int = BITS) -> Counts:
    """Return how often each text has each bucket.

    >>> count(["a b a", ""]).counts.tolist(), count(["a b a", ""]).starts.tolist()
    ([2, 1], [0, 2, 2])
    """
    parts = [plain(text) for text in texts]
    ends = np.cumsum([0, *(len(part) + 1 for part in parts)], dtype=np.int64)
    data = np.frombuffer(b" ".join([*parts, b""]), np.uint8)
    starts = np.zeros(len(parts) + 1, np.int64)
    room = (len(data) + 1) // 2 + 1
    buckets, counts = np.empty(room, np.int64), np.empty(room, np.int64)
    _count_all(data, ends, np.uint64(64 - bits), starts, buckets, counts)
    return Counts(starts, buckets[: starts[-1]].copy(), counts[: starts[-1]].copy())


@compiled
def _bucket(word: Bytes, shift: np.uint64) -> Any:
    h = np.uint64(0xCBF29CE484222325)
    for byte in word:
        h = (h ^ np.uint64(byte)) * np.uint64(0x100000001B3)
    return mix(h) >> shift


@compiled
def _word_buckets(text: Bytes, shift: np.uint64, out: Ints) -> int:
    """Fill in the bucket of each word of a plain text, return how many words."""
    h, n, inside = np.uint64(0xCBF29CE484222325), 0, False
    for byte in text:
        if byte == 32:
            if inside:
                out[n] = mix(h) >> shift
                n += 1
            h, inside = np.uint64(0xCBF29CE484222325), False
        else:
            h = (h ^ np.uint64(byte)) * np.uint64(0x100000001B3)
            inside = True
    if inside:
        out[n] = mix(h) >> shift
        n += 1
    return n


@compiled
def _tally(words: Ints, table: Ints, buckets: Ints, counts: Ints) -> int:
    """Fill in the distinct buckets of some words and the count of each; return how many.

    `table` has a power of two of places, at least twice as many as words, all -1 before and
    after.
    """
    last, n = len(table) - 1, 0
    for word in words:
        at = (word * 0x9E3779B1) & last
        while table[at] >= 0 and buckets[table[at]] != word:
            at = (at + 1) & last
        if table[at] < 0:
            table[at] = n
            buckets[n] = word
            counts[n] = 0
            n += 1
        counts[table[at]] += 1
    for i in range(n):
        at = (buckets[i] * 0x9E3779B1) & last
        while table[at] != -1:
            table[at] = -1
            at = (at + 1) & last
    return n


@compiled
def _room(words: int) -> int:
    places = 4
    while places < 2 * words:
        places *= 2
    return places


@compiled
def _count_all(  # noqa: PLR0917 - compiled functions have no keyword-only arguments
    data: Bytes, ends: Ints, shift: np.uint64, starts: Ints, buckets: Ints, counts: Ints
) -> None:
    longest = 0
    for i in range(len(ends) - 1):
        longest = max(longest, ends[i + 1] - ends[i])
    words = np.empty(longest // 2 + 1, np.int64)
    table = np.full(_room(len(words)), -1, np.int64)
    for i in range(len(ends) - 1):
        n = _word_buckets(data[ends[i] : ends[i + 1]], shift, words)
        at = starts[i]
        starts[i + 1] = at + _tally(words[:n], table[: _room(n)], buckets[at:], counts[at:])


@compiled
def _score(  # noqa: PLR0917 - compiled functions have no keyword-only arguments
    text: Bytes, shift: np.uint64, window: int, rarity: Floats, weights: Floats, bias: float
) -> float:
    """Return the mean chance over the windows of a plain text.

    `rarity` and `weights` hold one number for each bucket; see `curate.quality.logistic`.
    """
    words = np.empty(len(text) // 2 + 1, np.int64)
    n = _word_buckets(text, shift, words)
    pieces = max(1, (2 * n + window) // (2 * window))
    most = n // pieces + 1
    table = np.full(_room(most), -1, np.int64)
    buckets, counts = np.empty(most, np.int64), np.empty(most, np.int64)
    total = 0.0
    for piece in range(pieces):
        piece_words = words[piece * n // pieces : (piece + 1) * n // pieces]
        distinct = _tally(piece_words, table, buckets, counts)
        z, square = 0.0, 0.0
        for i in range(distinct):
            value = (1.0 + np.log(counts[i])) * rarity[buckets[i]]
            z += value * weights[buckets[i]]
            square += value * value
        if square > 0.0:
            z /= np.sqrt(square)
        total += 1.0 / (1.0 + np.exp(-(z + bias)))
    return total / pieces
