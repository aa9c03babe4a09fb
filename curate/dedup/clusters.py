"""From shared bands to who goes: which pairs are worth verifying, and what follows from them.

Documents are known by their place in the total order, best first: 0, 1, 2, ... The rule: a
document goes if and only if it was found similar to one before it that stays. So the best stays,
every removal has its evidence against a document that stays, and nothing goes by a chain.

Who shares a band's key is in one bucket. Comparing all of a bucket is exact but quadratic, so
it is done in rounds (`propose`, `decide`):

1. each against the first of its bucket: ten thousand near-copies collapse here;
2. each against the first `leaders` of its bucket that stay so far. Who comes after these, in a
   bucket with more of them, is split by one further row of the signatures, each part again
   against its first `leaders`, and so on;
3. as 2, until no pair is new.

Who is gone so far goes for a document that may itself go later. It is therefore compared only
with those that stand before that one, which makes most losses final at once.

What that guarantees: where at most `leaders` documents of a bucket stay, all of them have been
compared with all, and the outcome is the lexicographically first maximal independent set of the
verified graph, whatever the rounds. Where more stay they are different documents with a common
part; there a pair is compared if it also agrees in as many further rows as the crowd has levels,
as if that bucket's band were longer. In every case the outcome depends on the documents alone,
not on how they are spread, and a second run over what stays removes nothing.

Cost: in a bucket of n documents at most leaders * levels * n comparisons, however unlike they
are; near-copies cost n.
"""

from collections.abc import Callable
from functools import partial
from itertools import chain, repeat
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from curate._compiled import compiled, mix

Places = npt.NDArray[np.int64]  # in the total order
Keys = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.uint32]
Verify = Callable[[Places, Places], npt.NDArray[np.float64]]  # similarities, 0.0 below threshold

# Among 11,000 pages that share 79 % of their shingles by a template, copies were found as often
# with 4 leaders as with 16, and among 2,000 as with all compared: the other bands make up for a
# full one. Each leader more costs (benchmarks/dedup_crowds.py).
LEADERS = 8
LEVELS = 16  # further rows looked at, at most


class Pairs(NamedTuple):
    """P pairs of places, first < second."""

    first: Places
    second: Places


class Removals(NamedTuple):
    """What goes, whom it resembles that stays, how much (R each); and how it came about.

    rounds: one (pairs compared, of these at or above the threshold) per round.
    refined: buckets in which more than `leaders` documents stayed.
    """

    removed: Places
    kept: Places
    jaccard: npt.NDArray[np.float64]
    rounds: list[tuple[int, int]]
    refined: int


def propose(
    keys: Keys, places: Places, until: Places, further: Rows, *, leaders: int = LEADERS
) -> Pairs:
    """Return the pairs to compare in this round, without repeats, ascending.

    Args:
        keys: uint64[M], the bucket of each member; each bucket must be here as a whole.
        places: int64[M], the members, each once per bucket.
        until: int64[M], compare a member with those that stay and stand before this place: its
            own if it stays so far; that of its keeper if it is gone so far.
        further: uint32[M, L], rows of their signatures to split full buckets by, L levels deep.
        leaders: a bucket is full if more than these stay so far. The first round is 1 leader
            and no further rows.
    """
    parts = [Pairs(np.empty(0, np.int64), np.empty(0, np.int64))]
    for level in range(further.shape[1] + 1):
        by = np.lexsort((places, keys))
        keys, places, until, further = keys[by], places[by], until[by], further[by]
        first, second, rest = _pairs_of_groups(keys, places, until, leaders)
        parts.append(Pairs(first, second))
        if level == further.shape[1] or not rest.any():
            break
        keys, places, until, further = keys[rest], places[rest], until[rest], further[rest]
        keys = refined_keys(keys, further[:, level])
    first, second = (np.concatenate(side) for side in zip(*parts, strict=True))
    once = _without_repeats(first, second)
    return Pairs(first[once], second[once])


def refined_keys(keys: Keys, row: npt.NDArray[np.uint32]) -> Keys:
    """Return uint64[M]: keys of the parts that one more row splits the buckets into."""
    return _refine(keys, row)


def decide(first: Places, second: Places) -> Places:
    """Return the evidence for each removal, as positions in the list of similar pairs.

    Of a pair e found similar, second[e] goes if first[e] stays; first[e] < second[e]. If several
    say so, the one whose first is best. Ascending by second; places need not be dense.
    """
    by = np.lexsort((first, second))
    names, dense = np.unique(np.concatenate([first, second]), return_inverse=True)
    evidence = _first_independent_set(
        dense[: len(first)][by], dense[len(first) :][by], np.zeros(len(names), np.bool_)
    )
    return by[evidence]


def resolve(
    keys: Keys, further: Callable[[int, Places], Rows], verify: Verify, *, leaders: int = LEADERS
) -> Removals:
    """Return what goes, for documents in memory: the rounds until nothing is new.

    Args:
        keys: uint64[N, bands], documents in total order; equal only within a band.
        further: (band, places) -> uint32[places, levels] rows to split this band's buckets by.
        verify: (first, second) -> float64 similarity of each pair, 0.0 below the threshold.
        leaders: see `propose`.

    A document that resembles nothing must not be among them.
    """
    buckets = [_shared(keys[:, band]) for band in range(keys.shape[1])]
    until = np.arange(len(keys))
    compared = np.empty(0, np.uint64)
    similar = Pairs(np.empty(0, np.int64), np.empty(0, np.int64))
    jaccard = np.empty(0, np.float64)
    evidence = np.empty(0, np.int64)
    rounds: list[tuple[int, int]] = []
    for first_round in chain([True], repeat(False)):
        fresh, refined = [np.empty(0, np.uint64)], 0
        for band, bucketed in enumerate(buckets):
            rows = no_rows if first_round else partial(further, band)
            codes, full = _proposed(bucketed, until, rows, 1 if first_round else leaders)
            fresh.append(codes[~_contains(compared, codes)])
            refined += full
        codes = np.unique(np.concatenate(fresh))
        if len(codes) == 0:
            break
        compared = np.sort(np.concatenate([compared, codes]))
        pairs = _decoded(codes)
        found = verify(*pairs)
        rounds.append((len(found), int((found > 0).sum())))
        similar = Pairs(
            *(np.concatenate([a, b[found > 0]]) for a, b in zip(similar, pairs, strict=True))
        )
        jaccard = np.concatenate([jaccard, found[found > 0]])
        evidence = decide(*similar)
        until = np.arange(len(keys))
        until[similar.second[evidence]] = similar.first[evidence]
    return Removals(
        similar.second[evidence], similar.first[evidence], jaccard[evidence], rounds, refined
    )


class _Bucketed(NamedTuple):
    """Members of one band's buckets, ascending by bucket, then by place."""

    names: Keys
    places: Places


def _shared(names: Keys) -> _Bucketed:
    """Return who is not alone in its bucket."""
    by = np.argsort(names, kind="stable")
    names = names[by]
    as_before = np.zeros(len(names) + 1, np.bool_)
    as_before[1:-1] = names[1:] == names[:-1]
    shared = as_before[1:] | as_before[:-1]
    return _Bucketed(names[shared], by[shared])


def no_rows(places: Places) -> Rows:
    """Return uint32[N, 0]: nothing to split full buckets by."""
    return np.empty((len(places), 0), np.uint32)


def _proposed(
    band: _Bucketed, until: Places, further: Callable[[Places], Rows], leaders: int
) -> tuple[Keys, int]:
    """Return the pairs of one band as codes, without repeats; and how many buckets are full."""
    names, places = band
    starts = np.flatnonzero(np.append(True, names[1:] != names[:-1])[: len(names)])
    sizes = np.diff(starts, append=len(names))
    staying = np.add.reduceat(until[places] == places, starts) if len(names) else sizes
    full = np.repeat(staying > leaders, sizes)  # only their signatures are looked up
    codes = []
    for chosen, rows in ((~full, no_rows), (full, further)):
        members = places[chosen]
        pairs = propose(names[chosen], members, until[members], rows(members), leaders=leaders)
        codes.append(_encoded(pairs))
    return np.concatenate(codes), int((staying > leaders).sum())


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


def _without_repeats(first: Places, second: Places) -> Places:
    by = np.lexsort((second, first))
    first, second = first[by], second[by]
    once = np.ones(len(by), np.bool_)
    once[1:] = (first[1:] != first[:-1]) | (second[1:] != second[:-1])
    return by[once]


@compiled
def _refine(keys: Keys, row: npt.NDArray[np.uint32]) -> Keys:
    out = np.empty(len(keys), np.uint64)
    for i in range(len(keys)):
        out[i] = mix(keys[i] ^ (np.uint64(row[i]) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15))
    return out


@compiled
def _pairs_of_groups(
    keys: Keys, places: Places, until: Places, leaders: int
) -> tuple[Places, Places, npt.NDArray[np.bool_]]:
    """Return the pairs within runs of equal keys; and who comes after the leaders of a full run."""
    count, total, start = len(keys), 0, 0
    rest = np.zeros(count, np.bool_)
    leading = np.empty(leaders, np.int64)
    first, second = np.empty(0, np.int64), np.empty(0, np.int64)
    for filling in (False, True):  # count, then fill in
        if filling:
            first, second = np.empty(total, np.int64), np.empty(total, np.int64)
            total, start = 0, 0
        while start < count:
            end, staying = start, 0
            while end < count and keys[end] == keys[start]:
                staying += until[end] == places[end]
                end += 1
            full, led = staying > leaders, 0
            for i in range(start, end):
                for k in range(led):
                    if leading[k] >= until[i]:
                        break
                    if filling:
                        first[total], second[total] = leading[k], places[i]
                    total += 1
                rest[i] = full and led == leaders
                if led < leaders and until[i] == places[i]:
                    leading[led] = places[i]
                    led += 1
            start = end
    return first, second, rest


@compiled
def _first_independent_set(first: Places, second: Places, gone: npt.NDArray[np.bool_]) -> Places:
    """Return for each document that goes the first of its pairs that says so.

    Pairs ascend by second, then first: by the time a document is looked at, all before it have
    been decided.
    """
    evidence = np.empty(len(gone), np.int64)
    count = 0
    for e in range(len(first)):
        if not gone[second[e]] and not gone[first[e]]:
            gone[second[e]] = True
            evidence[count] = e
            count += 1
    return evidence[:count]
