"""The exact Jaccard similarity of two documents: shingles in both, over shingles in either.

Every removal is verified by it. It reads texts, not signatures; the sets are those
of `curate.dedup.shingles`, as 64-bit hashes, so an error needs two different shingles of one
pair to collide: below 1e-12 for two documents of 2,000 shingles.
"""

import numpy as np
import numpy.typing as npt

from curate._compiled import compiled
from curate._lazy import listing
from curate.dedup.bands import Unit
from curate.dedup.shingles import ShingleSets, Texts, shingle_sets

__all__ = ["jaccard", "jaccard_of_pairs"]
__dir__ = listing(__name__, __all__)

Indices = npt.NDArray[np.int64]


def jaccard(a: str, b: str, *, ngram: int = 5, unit: Unit = "word") -> float:
    """Return the Jaccard similarity of two texts, 0 to 1; 0 if either has no shingles.

    >>> jaccard("a b c d", "B C D E", ngram=2)
    0.5
    """
    sets = shingle_sets([a, b], ngram=ngram, unit=unit)
    return float(jaccard_of_pairs(sets, np.array([0]), np.array([1]))[0])


def jaccard_of_pairs(
    sets: ShingleSets, left: Indices, right: Indices, *, threshold: float = 0.0
) -> npt.NDArray[np.float64]:
    """Return float64[P]: the similarity of documents left[p] and right[p] for each of P pairs.

    A pair below the threshold gets 0.0: comparing stops where the threshold is out of reach.
    At or above it the value is exact, the quotient of two counts.
    """
    left, right = np.asarray(left, np.int64), np.asarray(right, np.int64)
    if len(left) != len(right):
        raise ValueError(
            f"jaccard_of_pairs: left and right must be as long, got {len(left)} and {len(right)}"
        )
    return _compare(sets.hashes, sets.offsets, left, right, threshold)


def jaccard_of_texts(
    texts: Texts,
    left: Indices,
    right: Indices,
    *,
    ngram: int = 5,
    unit: Unit = "word",
    threshold: float = 0.0,
) -> npt.NDArray[np.float64]:
    """Return what `jaccard_of_pairs` does, for pairs of positions in a list or Arrow array.

    Each text is cut into shingles once, however many pairs it is in.
    """
    sets = shingle_sets(texts, ngram=ngram, unit=unit)
    return jaccard_of_pairs(sets, left, right, threshold=threshold)


@compiled
def _compare(
    hashes: npt.NDArray[np.uint64],
    offsets: npt.NDArray[np.int64],
    left: Indices,
    right: Indices,
    threshold: float,
) -> npt.NDArray[np.float64]:
    """Walk along both sorted sets at once, without branches except a check every 32 steps."""
    out = np.zeros(len(left), np.float64)
    for p in range(len(left)):
        i, j = offsets[left[p]], offsets[right[p]]
        end_i, end_j = offsets[left[p] + 1], offsets[right[p] + 1]
        total = (end_i - i) + (end_j - j)
        # shared / (total - shared) >= threshold needs at least this many; one to spare for rounding
        needed = np.int64(threshold * total / (1 + threshold)) - 1
        shared = np.int64(0)
        while i < end_i and j < end_j and shared + min(end_i - i, end_j - j) >= needed:
            for _ in range(min(32, end_i - i, end_j - j)):  # cannot run past either end
                a, b = hashes[i], hashes[j]
                shared += a == b
                i += a <= b
                j += b <= a
        if total > shared:
            similarity = shared / (total - shared)
            if similarity >= threshold:
                out[p] = similarity
    return out
