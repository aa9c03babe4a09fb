"""Documents contained in others: most shingles of a short one are in a longer one, which is kept.

Input: texts, best first. Output: the removals, each with the share of the shingles of the removed
document that the one kept has. Jaccard similarity misses them: a chapter is unlike its book.

Candidates share sampled shingles: those whose hash is below 1/SAMPLE of its range (Broder 1997,
doi:10.1109/SEQUEN.1997.666900, section 3, containment by samples modulo m). A candidate is
verified by all shingles of both texts; nothing is removed unverified.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curate._compiled import compiled
from curate._lazy import listing
from curate.dedup.bands import Unit
from curate.dedup.clusters import decide
from curate.dedup.shingles import ShingleSets, shingle_sets

__all__ = ["Contained", "containment", "find_contained"]
__dir__ = listing(__name__, __all__)

SAMPLE = 8
LEADERS = 8  # the best documents with a sampled shingle: others with it are paired with these
FREQUENT = 1_000  # members of a hash; of more, each is paired with the best one alone
CANDIDATES = 4  # of a document, at most, that are verified
Ints = npt.NDArray[np.int64]


class Contained(NamedTuple):
    """One removal: positions in the texts given, and the share of its shingles, 0 to 1."""

    removed: int
    kept: int
    share: float


def containment(a: str, b: str, *, ngram: int = 5, unit: Unit = "word") -> float:
    """Return the share of the shingles of `a` that `b` has, 0 to 1; 0 if `a` has none.

    >>> containment("b c d", "a b c d e", ngram=2)
    1.0
    """
    sets = shingle_sets([a, b], ngram=ngram, unit=unit)
    return float(shares_of_pairs(sets, np.array([0]), np.array([1]))[0])


def shares_of_pairs(sets: ShingleSets, left: Ints, right: Ints) -> npt.NDArray[np.float64]:
    """Return float64[P]: the share of the shingles of left[p] that right[p] has."""
    return _shares(sets.hashes, sets.offsets, left, right)


@compiled
def _shares(
    hashes: npt.NDArray[np.uint64], offsets: Ints, left: Ints, right: Ints
) -> npt.NDArray[np.float64]:
    """Walk along both sorted sets at once."""
    out = np.zeros(len(left), np.float64)
    for p in range(len(left)):
        i, j = offsets[left[p]], offsets[right[p]]
        end_i, end_j = offsets[left[p] + 1], offsets[right[p] + 1]
        size, shared = end_i - i, 0
        while i < end_i and j < end_j:
            a, b = hashes[i], hashes[j]
            shared += a == b
            i += a <= b
            j += b <= a
        if size:
            out[p] = shared / size
    return out


class Sampled(NamedTuple):
    """S sampled shingles of N documents: hash and document; and how many each has, sampled, in all.

    hashes: uint64[S]. documents: int64[S], ascending. sampled, sizes: int64[N].
    """

    hashes: npt.NDArray[np.uint64]
    documents: Ints
    sampled: Ints
    sizes: Ints


def sample(sets: ShingleSets) -> Sampled:
    """Return the sampled shingles of documents, of each about one in SAMPLE of its shingles."""
    sizes = np.diff(sets.offsets)
    documents = np.repeat(np.arange(len(sizes)), sizes)
    chosen = sets.hashes < np.uint64((1 << 64) // SAMPLE)
    counts = np.bincount(documents[chosen], minlength=len(sizes))
    return Sampled(sets.hashes[chosen], documents[chosen], counts, sizes)


def pair_leaders(
    hashes: npt.NDArray[Any], *, began: bool = False, goes_on: bool = False
) -> tuple[Ints, Ints, npt.NDArray[Any]]:
    """Return (first, second, crowded): rows of members to pair, the first being the earlier one.

    Args:
        hashes: of S members, those of a hash next to each other, the best first.
        began: whether the first hash has members besides, more than FREQUENT in all, of which the
            best is the first row: it is paired with those that follow.
        goes_on: whether the last hash, the only one, has more members, more than FREQUENT in all.

    Each member of a hash is paired with the best LEADERS before it; where there are more than
    FREQUENT, with the best. `crowded` says of each pair whether its hash has more members than
    leaders, so that some pairs of it are missing; of a crowded hash every member is also paired
    with row -1.
    """
    starts = np.flatnonzero(np.append(True, hashes[1:] != hashes[:-1])[: len(hashes)])
    sizes = np.diff(starts, append=len(hashes))
    frequent = sizes > FREQUENT
    frequent[:1] |= began
    frequent[-1:] |= goes_on
    member = np.arange(len(hashes)) - np.repeat(starts, sizes)
    crowded = np.repeat((sizes > LEADERS + 1) | frequent, sizes)
    leaders = np.repeat(np.where(frequent, 1, LEADERS), sizes)
    lost = np.flatnonzero(crowded)
    if began:
        lost = lost[lost > 0]
    firsts, seconds = [np.full(len(lost), -1)], [lost]
    for leader in range(min(LEADERS, int(sizes.max(initial=1)) - 1)):
        second = np.flatnonzero((member > leader) & (leaders > leader))
        firsts.append(second - member[second] + leader)
        seconds.append(second)
    first, second = np.concatenate(firsts), np.concatenate(seconds)
    return first, second, crowded[second]


def choose_candidates(pairs: pa.Table, sampled: Ints, share: float) -> Ints:
    """Return which pairs are worth verifying, as rows of `pairs`, at most CANDIDATES a document.

    Args:
        pairs: second, first (keys; -1: none), shared, crowded (how many sampled shingles they
            share, of these with a crowded hash), a row for each pair.
        sampled: of the second of each row, how many it has.
        share: the threshold; a pair must share half of it of the sampled shingles that it could be
            seen to share: those that are not crowded, and the crowded ones that it shares.
    """
    second, first = pairs["second"].to_numpy(), pairs["first"].to_numpy()
    shared, crowded = pairs["shared"].to_numpy(), pairs["crowded"].to_numpy()
    keys, inverse = np.unique(second, return_inverse=True)
    lost = np.zeros(len(keys), np.int64)
    none = first == -1
    np.add.at(lost, inverse[none], shared[none])
    seen = np.maximum(1, sampled - lost[inverse] + crowded)
    rows = np.flatnonzero(~none & (shared >= share / 2 * seen))
    likely = -shared[rows] / seen[rows]  # crowded ones, such as of a menu, alone do not lead
    rows = rows[np.lexsort((first[rows], -shared[rows], likely, second[rows]))]
    new = np.append(True, second[rows][1:] != second[rows][:-1])[: len(rows)]
    starts = np.maximum.accumulate(np.where(new, np.arange(len(rows)), 0))
    chosen: Ints = rows[np.arange(len(rows)) - starts < CANDIDATES]
    return chosen


def count_pairs(second: Ints, first: Ints, crowded: npt.NDArray[Any]) -> pa.Table:
    """Return second, first, shared, crowded: how often each pair comes, how often crowded."""
    pairs = pa.table({"second": second, "first": first, "crowded": crowded.astype(np.int64)})
    sums = pairs.group_by(["second", "first"]).aggregate([("crowded", "count"), ("crowded", "sum")])
    return sums.rename_columns(["second", "first", "shared", "crowded"]).combine_chunks()


def find_contained(
    texts: Sequence[str],
    *,
    share: float = 0.8,
    rank: Sequence[Any] | None = None,
    ngram: int = 5,
    unit: Unit = "word",
) -> list[Contained]:
    """Return the documents to remove, ascending, each with the one that contains it.

    Args:
        share: of its shingles, from which on a document is contained.
        rank: N sortable values: a document is removed only for one of no larger rank. Of equal
            rank the one with more shingles comes first, then the first position. None: all equal.

    A document is removed if and only if one that stands before it and is kept is verified to
    contain it. Pairs are missed that share too few sampled shingles: short texts above all.

    >>> words = [f"word{number}" for number in range(60)]
    >>> find_contained([" ".join(words[9:50]), " ".join(words)])
    [Contained(removed=0, kept=1, share=1.0)]
    """
    sets = shingle_sets(texts, ngram=ngram, unit=unit)
    sampled_sets = sample(sets)
    ranks = rank if rank is not None else [0] * len(texts)
    order = sorted(range(len(texts)), key=lambda n: (ranks[n], -int(sampled_sets.sizes[n]), n))
    position = np.empty(len(texts), np.int64)
    position[order] = np.arange(len(texts))
    by = np.lexsort((position[sampled_sets.documents], sampled_sets.hashes))
    members = position[sampled_sets.documents][by]
    first, second, crowded = pair_leaders(sampled_sets.hashes[by])
    pairs = count_pairs(members[second], np.where(first < 0, -1, members[first]), crowded)
    document = np.asarray(order, np.int64)  # of each place
    sampled = sampled_sets.sampled[document[pairs["second"].to_numpy()]]
    rows = choose_candidates(pairs, sampled, share)
    left, right = pairs["second"].to_numpy()[rows], pairs["first"].to_numpy()[rows]
    shares = shares_of_pairs(sets, document[left], document[right])
    contained = shares >= share
    left, right, shares = left[contained], right[contained], shares[contained]
    evidence = decide(right, left)
    removals = (
        Contained(order[left[e]], order[right[e]], float(shares[e])) for e in evidence.tolist()
    )
    return sorted(removals)
