"""A small language model to weigh corpora by: trigrams of words, and how sure a comparison is."""

from collections import Counter, defaultdict
from collections.abc import Iterable

import numpy as np


def tokens(text: str) -> list[str]:
    return text.lower().split()


def within(texts: Iterable[str], budget: int) -> Iterable[list[str]]:
    """Yield the words of texts until the budget is used up, the last text cut."""
    for text in texts:
        words = tokens(text)[:budget]
        budget -= len(words)
        if words:
            yield words


class Trigrams:
    """An interpolated trigram model, Witten & Bell's weights; words outside count as one."""

    def __init__(self, texts: Iterable[list[str]], vocabulary: set[str]) -> None:
        self._known, self._size = vocabulary, len(vocabulary) + 1
        self._counts: list[dict[tuple[str, ...], Counter[str]]] = [
            defaultdict(Counter) for _ in range(3)
        ]
        for words in texts:
            for *before, word in self._grams(words):
                for order in range(3):
                    self._counts[order][tuple(before[2 - order :])][word] += 1
        self._totals = [{h: c.total() for h, c in own.items()} for own in self._counts]

    def _grams(self, words: list[str]) -> Iterable[tuple[str, str, str]]:
        known = ["", "", *(word if word in self._known else "?" for word in words)]
        return zip(known, known[1:], known[2:], strict=False)

    def bits(self, words: list[str]) -> float:
        """Return -log2 of the text's probability."""
        total = 0.0
        for *before, word in self._grams(words):
            chance = 1.0 / self._size
            for order in range(3):
                history = tuple(before[2 - order :])
                counts = self._counts[order].get(history)
                if counts:
                    kinds = len(counts)
                    chance = (counts[word] + kinds * chance) / (
                        self._totals[order][history] + kinds
                    )
            total -= np.log2(chance)
        return float(total)


def ratio_interval(
    one: np.ndarray, other: np.ndarray, lengths: np.ndarray, seed: int
) -> tuple[float, float]:
    """Return the 95 % interval of one's perplexity divided by the other's, over texts redrawn."""
    drawn = np.random.default_rng(seed).integers(0, len(lengths), (1000, len(lengths)))
    gaps = (one - other)[drawn].sum(1) / lengths[drawn].sum(1)
    low, high = np.percentile(2**gaps, [2.5, 97.5])
    return float(low), float(high)
