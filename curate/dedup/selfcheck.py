"""Does it find what it says it finds? Near-duplicates of known similarity, planted in your texts.

Enters: texts, best a hash sample of the documents to be deduplicated. Leaves: per bin of
similarity how many of the planted pairs share a band, beside what 1 - (1 - j^r)^b expects; and
of how many both stay in the end, crowded as your own texts make it.

A copy of a text has words (characters, where a script has no spaces) replaced by words of the
sample, as many as bring it near a similarity that is drawn; what it then has is computed exactly
from the shingle sets, as verification does.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from curate.dedup.bands import SETTINGS, Banding, probability
from curate.dedup.duplicates import find_duplicates
from curate.dedup.minhash import Family, MinHasher
from curate.dedup.similarity import jaccard_of_texts
from curate.store.keys import draw, u
from curate.text.folding import NO_SPACES

LOWEST, WIDTH = 0.4, 0.05  # of the similarities drawn; of a bin
CERTAINTY = 0.99  # of the bounds
POOL = 100_000  # words to replace others by
_ALONE = "".join(f"{chr(first)}-{chr(last)}" for first, last in NO_SPACES)
_WORD = re.compile(f"[{_ALONE}]|[^\\W{_ALONE}]+")


class Recall(NamedTuple):
    """What was found of the planted pairs with a similarity of low <= j < high.

    found: the share with a band in common. expected: the same by the curve. least, most: where
    the share lies in 99 of 100 such samples, if the curve is right. left: the share of pairs of
    which both stay; None below the threshold, where they should.
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
        (place, copy)
        for place, text in enumerate(texts)
        for copy in range(copies)
        if _WORD.search(text)
    ]
    pool = _pool(texts, seed)
    planted = [plant(texts[place], pool, banding, f"{place}/{copy}", seed) for place, copy in pairs]
    both = [*texts, *planted]
    first = np.array([place for place, _ in pairs], np.int64)
    second = np.arange(len(texts), len(both))
    jaccard = jaccard_of_texts(both, first, second, ngram=banding.ngram, unit=banding.unit)
    hasher = MinHasher.of(banding, seed=seed, family=family)
    keys = hasher.band_keys(hasher.signatures(both))
    met = (keys[first] == keys[second]).any(axis=1)
    most = banding.most_documents
    gone = np.zeros(len(both), np.bool_)
    if most is None or len(both) <= most:
        # Who is copied stands first; among copies, as planted.
        duplicates = find_duplicates(both, banding=banding, rank=range(len(both)), seed=seed)
        gone[[duplicate.removed for duplicate in duplicates]] = True
    return _bins(jaccard, met, ~gone[first] & ~gone[second], banding)


def _pool(texts: Sequence[str], seed: int) -> list[str]:
    """Return words of the texts, as common as they are there."""
    words = [word for text in texts for word in _WORD.findall(text)]
    step = len(words) // POOL + 1
    return words[draw("sample", "pool", seed) % step :: step]


def plant(text: str, pool: Sequence[str], banding: Banding, key: str, seed: int) -> str:
    """Return the text with words replaced by others, at least one; the key draws which.

    What share s of the shingles has to survive for a similarity j: s / (2 - s) = j. Of words
    replaced with chance p, (1 - p)^n of the n-word shingles survive.
    """
    spans = [match.span() for match in _WORD.finditer(text)]
    wanted = LOWEST + (1 - LOWEST) * u("sample", f"{key}/likeness", seed)
    touched: float = banding.ngram
    if banding.unit == "character":  # as many shingles as begin in a word or just before it
        length = sum(end - start for start, end in spans) / len(spans)
        touched = (banding.ngram + length - 1) / (length + 1)
    share = 1 - (2 * wanted / (1 + wanted)) ** (1 / touched)
    count = max(1, round(share * len(spans)))
    chosen: dict[int, str] = {}
    for turn in range(4 * count):  # the same word may be drawn twice
        lot = draw("sample", f"{key}/{turn}", seed)
        chosen.setdefault(lot % len(spans), pool[(lot >> 32) % len(pool)])
        if len(chosen) == count:
            break
    parts, done = [], 0
    for place in sorted(chosen):
        start, end = spans[place]
        parts += [text[done:start], chosen[place]]
        done = end
    return "".join([*parts, text[done:]])


def _bins(
    jaccard: npt.NDArray[np.float64],
    met: npt.NDArray[np.bool_],
    both_stay: npt.NDArray[np.bool_],
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
                    float(met[inside].mean()),
                    expected,
                    *binomial_bounds(pairs, expected),
                    float(both_stay[inside].mean()) if similar else None,
                )
            )
    return rows


def binomial_bounds(trials: int, chance: float) -> tuple[float, float]:
    """Return the least and the greatest share of successes that CERTAINTY leaves in, 0 to 1.

    At either end at most half of what CERTAINTY leaves out is cut off.
    """
    counts = np.arange(trials + 1)
    if not 0 < chance < 1:
        return chance, chance
    ways = np.concatenate([[0.0], np.cumsum(np.log(counts[:0:-1]) - np.log(counts[1:]))])
    logs = ways + counts * np.log(chance) + (trials - counts) * np.log1p(-chance)
    below = np.cumsum(np.exp(logs))
    tail = (1 - CERTAINTY) / 2
    least = int(np.searchsorted(below, tail, "right"))
    most = min(int(np.searchsorted(below, 1 - tail, "left")), trials)  # sums end just below 1
    return least / trials, most / trials
