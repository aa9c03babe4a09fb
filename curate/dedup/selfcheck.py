"""Measure recall on your texts, with synthetic near-duplicates of known similarity.

Input: texts, best a hash sample of the documents to be deduplicated. Output: per bin of
similarity how many of the synthetic pairs share a band, beside what 1 - (1 - j^r)^b expects; and
of how many both documents are kept in the end, in buckets as full as your texts make them.

A copy of a text has words (characters, where a script has no spaces) replaced by words of the
sample, as many as bring it near a similarity that is drawn; its actual similarity is computed
exactly from the shingle sets, as in verification.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from curate._lazy import listing
from curate.dedup.bands import SETTINGS, Banding, probability
from curate.dedup.duplicates import find_duplicates
from curate.dedup.minhash import Family, MinHasher
from curate.dedup.similarity import jaccard_of_texts
from curate.store.keys import seeded_hash, uniform
from curate.text.folding import NO_SPACES

__all__ = ["Recall", "self_check"]
__dir__ = listing(__name__, __all__)

LOWEST, WIDTH = 0.4, 0.05  # of the similarities drawn; of a bin
CERTAINTY = 0.99  # of the bounds
POOL = 100_000  # words to replace others by
_ALONE = "".join(f"{chr(first)}-{chr(last)}" for first, last in NO_SPACES)
_WORD = re.compile(f"[{_ALONE}]|[^\\W{_ALONE}]+")


class Recall(NamedTuple):
    """What was found of the synthetic pairs with a similarity of low <= j < high.

    found: the share with a band in common. expected: the same by the curve. least, most: where
    the share lies in 99 of 100 such samples, if the curve is right. left: the share of pairs of
    which both are kept; None below the threshold, where they should be.
    """

    low: float
    high: float
    pairs: int
    found: float
    expected: float
    least: float
    most: float
    left: float | None

    @property
    def agrees(self) -> bool:
        """Return whether chance explains what was found."""
        return self.least <= self.found <= self.most


def self_check(
    texts: Sequence[str],
    banding: Banding = SETTINGS["default"],
    *,
    copies: int = 4,
    seed: int = 1,
    family: Family = "fast",
) -> list[Recall]:
    """Return what is found of `copies` near-duplicates of each text, ascending by similarity.

    A thousand texts make bounds of about 3 % of the pairs where the curve is steepest. Texts
    without words are left out. `family` is that of the signatures whose bands are compared.
    """
    pairs = [
        (position, copy)
        for position, text in enumerate(texts)
        for copy in range(copies)
        if _WORD.search(text)
    ]
    pool = _pool(texts, seed)
    synthetic = [
        perturbed(texts[position], pool, banding, f"{position}/{copy}", seed)
        for position, copy in pairs
    ]
    documents = [*texts, *synthetic]
    first = np.array([position for position, _ in pairs], np.int64)
    second = np.arange(len(texts), len(documents))
    jaccard = jaccard_of_texts(documents, first, second, ngram=banding.ngram, unit=banding.unit)
    hasher = MinHasher.of(banding, seed=seed, family=family)
    keys = hasher.band_keys(hasher.signatures(documents))
    share_band = (keys[first] == keys[second]).any(axis=1)
    most = banding.most_documents
    removed = np.zeros(len(documents), np.bool_)
    if most is None or len(documents) <= most:
        # Originals rank before their copies.
        ranks = range(len(documents))
        duplicates = find_duplicates(documents, banding=banding, rank=ranks, seed=seed)
        removed[[duplicate.removed for duplicate in duplicates]] = True
    return _bins(jaccard, share_band, ~removed[first] & ~removed[second], banding)


def _pool(texts: Sequence[str], seed: int) -> list[str]:
    """Return words of the texts, as frequent as they are there."""
    words = [word for text in texts for word in _WORD.findall(text)]
    step = len(words) // POOL + 1
    return words[seeded_hash("sample", "pool", seed) % step :: step]


def perturbed(text: str, pool: Sequence[str], banding: Banding, key: str, seed: int) -> str:
    """Return the text with words replaced by others, at least one; the key determines which.

    A share s of the shingles has to survive for a similarity j: s / (2 - s) = j. If words are
    replaced with probability p, (1 - p)^n of the n-word shingles survive.
    """
    spans = [match.span() for match in _WORD.finditer(text)]
    wanted = LOWEST + (1 - LOWEST) * uniform("sample", f"{key}/likeness", seed)
    touched: float = banding.ngram
    if banding.unit == "character":  # as many shingles as begin in a word or just before it
        length = sum(end - start for start, end in spans) / len(spans)
        touched = (banding.ngram + length - 1) / (length + 1)
    share = 1 - (2 * wanted / (1 + wanted)) ** (1 / touched)
    count = max(1, round(share * len(spans)))
    chosen: dict[int, str] = {}
    for turn in range(4 * count):  # the same word may be chosen twice
        hash_ = seeded_hash("sample", f"{key}/{turn}", seed)
        chosen.setdefault(hash_ % len(spans), pool[(hash_ >> 32) % len(pool)])
        if len(chosen) == count:
            break
    parts, done = [], 0
    for number in sorted(chosen):
        start, end = spans[number]
        parts += [text[done:start], chosen[number]]
        done = end
    return "".join([*parts, text[done:]])


def _bins(
    jaccard: npt.NDArray[np.float64],
    share_band: npt.NDArray[np.bool_],
    both_kept: npt.NDArray[np.bool_],
    banding: Banding,
) -> list[Recall]:
    rows = []
    # Whole numbers of bins: 0.8 belongs to the bin that begins there.
    numbers = np.floor(jaccard / WIDTH + 1e-9).astype(np.int64)
    for number in range(round(LOWEST / WIDTH), round(1 / WIDTH)):
        inside = numbers == number
        if number == round(1 / WIDTH) - 1:
            inside |= numbers > number  # other words, the same shingles
        pairs = int(inside.sum())
        if pairs:
            chances = [probability(j, banding.bands, banding.rows) for j in jaccard[inside]]
            expected = sum(chances) / pairs
            low, high = number * WIDTH, (number + 1) * WIDTH
            similar = low > banding.threshold - 1e-9
            rows.append(
                Recall(
                    round(low, 2),
                    round(high, 2),
                    pairs,
                    float(share_band[inside].mean()),
                    expected,
                    *binomial_bounds(pairs, expected),
                    float(both_kept[inside].mean()) if similar else None,
                )
            )
    return rows


def binomial_bounds(trials: int, chance: float) -> tuple[float, float]:
    """Return the bounds of the share of successes that hold with probability CERTAINTY, 0 to 1.

    Each tail outside has a probability of at most (1 - CERTAINTY) / 2.
    """
    counts = np.arange(trials + 1)
    if not 0 < chance < 1:
        return chance, chance
    log_choose = np.concatenate([[0.0], np.cumsum(np.log(counts[:0:-1]) - np.log(counts[1:]))])
    logs = log_choose + counts * np.log(chance) + (trials - counts) * np.log1p(-chance)
    below = np.cumsum(np.exp(logs))
    tail = (1 - CERTAINTY) / 2
    least = int(np.searchsorted(below, tail, "right"))
    most = min(int(np.searchsorted(below, 1 - tail, "left")), trials)  # sums end just below 1
    return least / trials, most / trials
