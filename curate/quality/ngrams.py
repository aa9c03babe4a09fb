"""Interpolated Kneser-Ney language models: bits for each token of a text.

Input: sequences of token numbers. Output: a model; called with a sequence, it returns how many bits
each token costs given those before it. An end of text is a token of its own, so a model also
knows how texts begin and end.

A run of tokens is identified by a 64-bit hash; a model holds, for each order, the sorted hashes
of the runs seen with their probabilities, and those of their contexts with the weight of the lower
order. Everything is sorted arrays and sums of whole numbers: the same texts give the same model.

Source: Kneser & Ney 1995, in the interpolated form of Chen & Goodman 1999, "An empirical study
of smoothing techniques for language modeling", section 3, one discount an order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from curate._compiled import compiled
from curate._lazy import listing
from curate.quality.features import Floats, Ints

__all__ = ["Ngrams", "Parts", "fit", "parts_of"]
__dir__ = listing(__name__, __all__)

ORDER = 5

Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Level:
    """What is known of runs of one length.

    runs: their hashes, sorted. chances: of the last token after those before it, lower orders in
    it. contexts: hashes of the runs without their last token, sorted. weights: of the lower order
    after each.
    """

    runs: Hashes
    chances: Floats
    contexts: Hashes
    weights: Floats


@dataclass(frozen=True, slots=True)
class Ngrams:
    """A trained model.

    vocabulary: how many tokens there can be, the end of text among them; one that was never seen
    has its share of what the discounts leave.
    """

    vocabulary: int
    levels: tuple[Level, ...]

    def bits(self, tokens: Sequence[int] | Ints) -> Floats:
        """Return -log2 of the chance of each token of a text, and of its end."""
        order = len(self.levels)
        hashes, contexts = _text_hashes(_framed([tokens], order), order)
        chances = np.full(len(tokens) + 1, 1.0 / self.vocabulary)
        for level, runs, context in zip(self.levels, hashes, contexts, strict=True):
            index = _places(level.contexts, context)
            known = index >= 0
            chances[known] *= level.weights[index[known]]
            index = _places(level.runs, runs)
            seen = index >= 0
            chances[seen] = level.chances[index[seen]]
        return np.asarray(-np.log2(chances))

    def perplexity(self, tokens: Sequence[int] | Ints) -> float:
        """Return 2 to the mean bits of a text's tokens and its end."""
        return float(2.0 ** self.bits(tokens).mean())


@dataclass(frozen=True, slots=True)
class Parts:
    """Head, middle and tail of a language's texts by perplexity, lowest first.

    Source: Wenzek et al. 2020 (CCNet), arXiv:1911.00359, section 4.4: thirds by each language.
    """

    head: float
    tail: float

    def part_of(self, perplexity: float) -> str:
        """Return "head", "middle" or "tail".

        >>> [Parts(10.0, 20.0).part_of(value) for value in (9.0, 10.0, 20.0)]
        ['head', 'middle', 'tail']
        """
        if perplexity < self.head:
            return "head"
        return "middle" if perplexity < self.tail else "tail"


def parts_of(sample: Sequence[float]) -> Parts:
    """Return the bounds at which each part holds a third of a sample of perplexities.

    Raises ValueError for an empty sample.
    """
    if not sample:
        raise ValueError("ngrams: expected a sample of perplexities, got none")
    order = sorted(sample)
    return Parts(order[len(order) // 3], order[2 * len(order) // 3])


def fit(texts: Sequence[Sequence[int] | Ints], vocabulary: int, order: int = ORDER) -> Ngrams:
    """Return the model of some texts.

    Args:
        texts: token numbers, 0 to `vocabulary` - 2; the last number is the end of text.
        order: longest run.

    Raises:
        ValueError: there are no tokens.
    """
    if not sum(map(len, texts)):
        raise ValueError("ngrams: expected texts with tokens, got none")
    hashes, contexts = _text_hashes(_framed(texts, order), order)
    # Counts of an order are how often a run occurs for the longest, and how many tokens
    # precede it for the others; computed from the longest down.
    runs, first, counts = np.unique(hashes[-1], return_index=True, return_counts=True)
    by_order = [(runs, first, counts)]
    for n in range(order - 2, -1, -1):
        runs, index, counts = np.unique(hashes[n][first], return_index=True, return_counts=True)
        first = first[index]
        by_order.append((runs, first, counts))
    levels: list[Level] = []
    for n, (runs, first, counts) in enumerate(reversed(by_order)):
        levels.append(_level(runs, counts, contexts[n][first], _lower(levels, hashes, n, first,
                                                                    vocabulary)))  # fmt: skip
    return Ngrams(vocabulary, tuple(levels))


def _lower(
    levels: list[Level], hashes: list[Hashes], n: int, first: Ints, vocabulary: int
) -> Floats:
    """Return the chance of each run's last token by the order below."""
    if n == 0:
        return np.full(len(first), 1.0 / vocabulary)
    below = levels[-1]
    return below.chances[_places(below.runs, hashes[n - 1][first])]


def _level(runs: Hashes, counts: Ints, contexts: Hashes, lower: Floats) -> Level:
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    discount = once / (once + 2 * twice) if once and twice else 0.5
    names, index = np.unique(contexts, return_inverse=True)
    total = np.bincount(index, counts, len(names))
    kinds = np.bincount(index, minlength=len(names))
    weights = discount * kinds / total
    chances = (counts - discount) / total[index] + weights[index] * lower
    return Level(runs, chances, names, weights)


def _framed(texts: Sequence[Sequence[int] | Ints], order: int) -> Ints:
    """Return the texts one after the other, each with ends before and after it, as 1 + number.

    0 is the end of text.
    """
    size = sum(len(text) + order for text in texts)
    out = np.zeros(size, np.int64)
    at = 0
    for text in texts:
        begin = at + order - 1
        out[begin : begin + len(text)] = np.asarray(text, np.int64) + 1
        at += len(text) + order
    return out


def _text_hashes(framed: Ints, order: int) -> tuple[list[Hashes], list[Hashes]]:
    """Return, by order, the hash of the run that ends at each token, and of its context."""
    size = len(framed)
    runs = np.empty((order, size), np.uint64)
    _hash_runs(framed, runs)
    # A token's run reaches back over at most the ends before its text.
    places = _token_places(framed, order)
    before = [np.zeros(len(places), np.uint64)]
    before += [runs[n, places - 1] for n in range(order - 1)]
    return [runs[n, places] for n in range(order)], before


@compiled
def _hash_runs(framed: Ints, runs: Any) -> None:
    """Fill in the hash of the run of each length that ends at each place."""
    for i in range(len(framed)):
        h = np.uint64(0)
        for n in range(len(runs)):
            token = framed[i - n] if i >= n else 0
            # From the last token back, so that longer runs go on from shorter ones.
            h = (h ^ (np.uint64(token) + np.uint64(0x9E3779B97F4A7C15))) * np.uint64(
                0xBF58476D1CE4E5B9
            )
            h ^= h >> np.uint64(29)
            runs[n, i] = h


@compiled
def _token_places(framed: Ints, order: int) -> Ints:
    """Return the places of all tokens and of the end after each text."""
    out = np.empty(len(framed), np.int64)
    n, zeros = 0, order - 1
    i = 0
    while i < len(framed):
        # `order` - 1 ends before a text, then its tokens, then one end.
        i += zeros
        while i < len(framed) and framed[i] != 0:
            out[n] = i
            n += 1
            i += 1
        if i < len(framed):
            out[n] = i
            n += 1
            i += 1
    return out[:n].copy()


def _places(names: Hashes, wanted: Hashes) -> Ints:
    """Return the index of each hash among sorted ones, -1 for those that are missing."""
    index = np.searchsorted(names, wanted)
    index[index == len(names)] = 0
    return np.where(names[index] == wanted, index, -1)
