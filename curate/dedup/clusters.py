"""The near-duplicate rule: candidate pairs from shared bands, rounds, and removals.

Documents are known by their position in the total order, best first: 0, 1, 2, ... The rule: a
document is removed if and only if it was verified as similar to an earlier one that is kept. So
the best is kept, every removal has its evidence against a kept document, and no removal rests on
a chain.

Documents that share a band's key are in one bucket. Comparing all pairs of a bucket is exact but
quadratic, so it is done in rounds (`propose`, `decide`):

1. each document against the first of its bucket: ten thousand near-copies collapse here;
2. each against the bucket's leaders, the first `max_leaders` that are kept so far. In a bucket
   with more kept documents than that, the ones after the leaders are split by one further row of
   the signatures, each part again against its own leaders, and so on;
3. as 2, until no pair is new.

A document removed so far is removed for a document that may itself be removed later. It is
therefore compared only with documents that come before that one, which makes most removals final
at once.

What that guarantees: where at most `max_leaders` documents of a bucket are kept, all of them have
been compared with all, and the outcome is the lexicographically first maximal independent set of
the verified graph, whatever the rounds. Where more are kept they are different documents with a
common part; there a pair is compared if it also agrees in as many further rows as the bucket has
levels, as if that bucket's band were longer. In every case the outcome depends on the documents
alone, not on their partitioning, and a second run over the kept documents removes nothing.

Cost: in a bucket of n documents at most max_leaders * levels * n comparisons, however unlike they
are; near-copies cost n.
"""

from collections.abc import Callable
from functools import partial
from itertools import chain, repeat
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from curate._compiled import compiled, mix

Positions = npt.NDArray[np.int64]  # in the total order
Keys = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.uint32]
Verify = Callable[[Positions, Positions], npt.NDArray[np.float64]]  # 0.0 below the threshold

# Among 11,000 pages that share 79 % of their shingles by a template, copies were found as often
# with 4 leaders as with 16, and among 2,000 as with all compared: the other bands make up for a
# full one. Each leader more costs (benchmarks/dedup_crowds.py).
MAX_LEADERS = 8
MAX_LEVELS = 16  # further rows looked at


class Pairs(NamedTuple):
    """P pairs of positions, first < second."""

    first: Positions
    second: Positions


class Removals(NamedTuple):
    """R removals: the removed, the kept document it resembles, how much; and how they were found.

    rounds: one (pairs compared, of these at or above the threshold) per round.
    refined: buckets in which more than `max_leaders` documents were kept.
    """

    removed: Positions
    kept: Positions
    jaccard: npt.NDArray[np.float64]
    rounds: list[tuple[int, int]]
    refined: int


def propose(
    keys: Keys,
    positions: Positions,
    limits: Positions,
    further: Rows,
    *,
    max_leaders: int = MAX_LEADERS,
) -> Pairs:
    """Return the pairs to compare in this round, without repeats, ascending.

    Args:
        keys: uint64[M], the bucket of each member; every bucket must be complete.
        positions: int64[M], the members, each once per bucket.
        limits: int64[M], compare a member only with kept documents before this position: its own
            if it is kept so far; that of the document it was removed for if it is not.
        further: uint32[M, L], rows of their signatures to split full buckets by, L levels deep.
        max_leaders: a bucket is full if more than these are kept so far. The first round is 1
            leader and no further rows.
    """
    parts = [Pairs(np.empty(0, np.int64), np.empty(0, np.int64))]
    for level in range(further.shape[1] + 1):
        by = np.lexsort((positions, keys))
        keys, positions, limits, further = keys[by], positions[by], limits[by], further[by]
        first, second, overflow = _pairs_of_groups(keys, positions, limits, max_leaders)
        parts.append(Pairs(first, second))
        if level == further.shape[1] or not overflow.any():
            break
        keys, positions = keys[overflow], positions[overflow]
        limits, further = limits[overflow], further[overflow]
        keys = refined_keys(keys, further[:, level])
    first, second = (np.concatenate(side) for side in zip(*parts, strict=True))
    distinct = _without_repeats(first, second)
    return Pairs(first[distinct], second[distinct])


def refined_keys(keys: Keys, row: npt.NDArray[np.uint32]) -> Keys:
    """Return uint64[M]: keys of the parts that one more row splits the buckets into."""
    return _refine(keys, row)


def decide(first: Positions, second: Positions) -> Positions:
    """Return the evidence for each removal, as indices into the list of similar pairs.

    Of a similar pair e, second[e] is removed if first[e] is kept; first[e] < second[e]. Of several
    such pairs the one whose first is best. Ascending by second; positions need not be dense.
    """
    by = np.lexsort((first, second))
    distinct, dense = np.unique(np.concatenate([first, second]), return_inverse=True)
    evidence = _first_independent_set(
        dense[: len(first)][by], dense[len(first) :][by], np.zeros(len(distinct), np.bool_)
    )
    return by[evidence]


def resolve(
    keys: Keys,
    further: Callable[[int, Positions], Rows],
    verify: Verify,
    *,
    max_leaders: int = MAX_LEADERS,
) -> Removals:
    """Return what is removed of documents in memory: the rounds until no pair is new.

    Args:
        keys: uint64[N, bands], documents in total order; equal only within a band.
        further: (band, positions) -> uint32[positions, levels] rows to split this band's buckets.
        verify: (first, second) -> float64 similarity of each pair, 0.0 below the threshold.
        max_leaders: see `propose`.

    Documents without shingles must be left out.
    """
    buckets = [_shared(keys[:, band]) for band in range(keys.shape[1])]
    limits = np.arange(len(keys))
    compared = np.empty(0, np.uint64)
    similar = Pairs(np.empty(0, np.int64), np.empty(0, np.int64))
    jaccard = np.empty(0, np.float64)
    evidence = np.empty(0, np.int64)
    rounds: list[tuple[int, int]] = []
    for first_round in chain([True], repeat(False)):
        new_codes, refined = [np.empty(0, np.uint64)], 0
        for band, members in enumerate(buckets):
            rows = no_rows if first_round else partial(further, band)
            codes, full = _proposed(members, limits, rows, 1 if first_round else max_leaders)
            new_codes.append(codes[~_contains(compared, codes)])
            refined += full
        codes = np.unique(np.concatenate(new_codes))
        if len(codes) == 0:
            break
        compared = np.sort(np.concatenate([compared, codes]))
        pairs = _decoded(codes)
        scores = verify(*pairs)
        is_similar = scores > 0
        rounds.append((len(scores), int(is_similar.sum())))
        similar = Pairs(
            *(np.concatenate([a, b[is_similar]]) for a, b in zip(similar, pairs, strict=True))
        )
        jaccard = np.concatenate([jaccard, scores[is_similar]])
        evidence = decide(*similar)
        limits = np.arange(len(keys))
        limits[similar.second[evidence]] = similar.first[evidence]
    return Removals(
        similar.second[evidence], similar.first[evidence], jaccard[evidence], rounds, refined
    )


class _Members(NamedTuple):
    """Members of one band's buckets, ascending by bucket, then by position."""

    keys: Keys
    positions: Positions


def _shared(keys: Keys) -> _Members:
    """Return the documents that are not alone in their bucket."""
    by = np.argsort(keys, kind="stable")
    keys = keys[by]
    equal_to_previous = np.zeros(len(keys) + 1, np.bool_)
    equal_to_previous[1:-1] = keys[1:] == keys[:-1]
    shared = equal_to_previous[1:] | equal_to_previous[:-1]
    return _Members(keys[shared], by[shared])


def no_rows(positions: Positions) -> Rows:
    """Return uint32[N, 0]: nothing to split full buckets by."""
    return np.empty((len(positions), 0), np.uint32)


def _proposed(
    members: _Members, limits: Positions, further: Callable[[Positions], Rows], max_leaders: int
) -> tuple[Keys, int]:
    """Return the pairs of one band as codes, without repeats; and how many buckets are full."""
    keys, positions = members
    starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
    sizes = np.diff(starts, append=len(keys))
    kept = np.add.reduceat(limits[positions] == positions, starts) if len(keys) else sizes
    full = np.repeat(kept > max_leaders, sizes)  # only their signatures are looked up
    codes = []
    for chosen, rows in ((~full, no_rows), (full, further)):
        selected = positions[chosen]
        pairs = propose(
            keys[chosen], selected, limits[selected], rows(selected), max_leaders=max_leaders
        )
        codes.append(_encoded(pairs))
    return np.concatenate(codes), int((kept > max_leaders).sum())


def _encoded(pairs: Pairs) -> Keys:
    first, second = (side.astype(np.uint64) for side in pairs)
    codes: Keys = first << np.uint64(32) | second
    return codes


def _decoded(codes: Keys) -> Pairs:
    first, second = codes >> np.uint64(32), codes & np.uint64(0xFFFFFFFF)
    return Pairs(first.astype(np.int64), second.astype(np.int64))


def _contains(ascending: Keys, values: Keys) -> npt.NDArray[np.bool_]:
    where = np.searchsorted(ascending, values)
    where[where == len(ascending)] = 0
    if len(ascending) == 0:
        return np.zeros(len(values), np.bool_)
    inside: npt.NDArray[np.bool_] = ascending[where] == values
    return inside


def _without_repeats(first: Positions, second: Positions) -> Positions:
    by = np.lexsort((second, first))
    first, second = first[by], second[by]
    is_new = np.ones(len(by), np.bool_)
    is_new[1:] = (first[1:] != first[:-1]) | (second[1:] != second[:-1])
    return by[is_new]


@compiled
def _refine(keys: Keys, row: npt.NDArray[np.uint32]) -> Keys:
    out = np.empty(len(keys), np.uint64)
    for i in range(len(keys)):
        out[i] = mix(keys[i] ^ (np.uint64(row[i]) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15))
    return out


@compiled
def _pairs_of_groups(
    keys: Keys, positions: Positions, limits: Positions, max_leaders: int
) -> tuple[Positions, Positions, npt.NDArray[np.bool_]]:
    """Return the pairs within runs of equal keys; bool[M], members after a full run's leaders."""
    count, total, start = len(keys), 0, 0
    overflow = np.zeros(count, np.bool_)
    leaders = np.empty(max_leaders, np.int64)
    first, second = np.empty(0, np.int64), np.empty(0, np.int64)
    for filling in (False, True):  # count, then fill in
        if filling:
            first, second = np.empty(total, np.int64), np.empty(total, np.int64)
            total, start = 0, 0
        while start < count:
            end, kept = start, 0
            while end < count and keys[end] == keys[start]:
                kept += limits[end] == positions[end]
                end += 1
            full, leading = kept > max_leaders, 0
            for i in range(start, end):
                for k in range(leading):
                    if leaders[k] >= limits[i]:
                        break
                    if filling:
                        first[total], second[total] = leaders[k], positions[i]
                    total += 1
                overflow[i] = full and leading == max_leaders
                if leading < max_leaders and limits[i] == positions[i]:
                    leaders[leading] = positions[i]
                    leading += 1
            start = end
    return first, second, overflow


@compiled
def _first_independent_set(
    first: Positions, second: Positions, removed: npt.NDArray[np.bool_]
) -> Positions:
    """Return for each removed document the first of its pairs whose first document is kept.

    Pairs ascend by second, then first: when a document is reached, all before it are decided.
    """
    evidence = np.empty(len(removed), np.int64)
    count = 0
    for e in range(len(first)):
        if not removed[second[e]] and not removed[first[e]]:
            removed[second[e]] = True
            evidence[count] = e
            count += 1
    return evidence[:count]
