"""Arithmetic of one round of comparisons, partitioned: the rule of `clusters` in pieces.

Buckets are never brought together as a whole. Each partition of the documents sends every bucket
only its best kept members, `local_leaders`; the task that has all local leaders of a bucket
answers with the best over all partitions, `bucket_leaders`; each partition then pairs its own
members with these, `candidate_pairs`. So a bucket of a million documents costs the shuffle one
row per partition, and the result is that of `clusters.propose` on whole buckets.

A document is known by its position in the total order, (rank, key), smallest first: the rank
holds what is compared first, the record key settles ties. All tables are NumPy arrays with named
fields.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from curate.dedup.clusters import decide, propose

Table = npt.NDArray[Any]  # with named fields, as the types below say
Ints = npt.NDArray[np.int64]

POSITION = [("rank", "<i8"), ("key", "<i8")]
LIMIT = [("limit_rank", "<i8"), ("limit_key", "<i8")]
# One document in one bucket. It is compared with kept documents before `limit`: its own position
# while it is kept, that of the document it was removed for if it is removed so far.
MEMBER = np.dtype([("bucket", "<u8"), ("band", "<u2"), *POSITION, *LIMIT])
# One of the best kept members of a bucket, of a partition or over all of them; with the counts of
# the bucket's members and kept members (of a partition: in the first of its rows).
LEADER = np.dtype([("bucket", "<u8"), *POSITION, ("members", "<u4"), ("kept", "<u4")])
PAIR = np.dtype(
    [("first_rank", "<i8"), ("first_key", "<i8"), ("second_rank", "<i8"), ("second_key", "<i8")]
)
EDGE = np.dtype([*PAIR.descr, ("jaccard", "<f8")])  # a pair verified
OPEN_EDGE = np.dtype([*EDGE.descr, ("first_kept", "u1")])  # 1: its first is kept; 0: not known yet
REMOVAL = np.dtype([*POSITION, ("kept_rank", "<i8"), ("kept_key", "<i8"), ("jaccard", "<f8")])

NO_LEADER = np.iinfo(np.int64).max  # the rank in a row of a partition without a kept member
MAX_COUNT = np.iinfo(np.uint32).max
PAIRS_AT_ONCE = 4_000_000  # before repeats are removed
SOURCES, SCORE_BITS, LENGTH_BITS = 1 << 12, 20, 31


def rank_of(source: int, scores: npt.NDArray[np.float64] | None, lengths: Ints) -> Ints:
    """Return int64[N] >= 0 that sorts by source, higher score, longer text.

    Args:
        source: index of the documents' source in the priority, below 4,096.
        scores: float64[N], 0 to 1, with a resolution of about a millionth; null scores come last.
        lengths: int64[N] characters, up to 2^31.
    """
    if source >= SOURCES:
        raise ValueError(f"rank_of: expected at most {SOURCES} sources, got number {source}")
    steps, longest = (1 << SCORE_BITS) - 1, (1 << LENGTH_BITS) - 1
    worse = np.full(len(lengths), steps, np.int64)
    if scores is not None:
        worse = np.rint((1 - np.clip(np.nan_to_num(scores, nan=0.0), 0, 1)) * steps)
    shorter = longest - np.minimum(lengths, longest)
    high = np.int64(source) << np.int64(SCORE_BITS) | worse.astype(np.int64)
    ranks: Ints = high << np.int64(LENGTH_BITS) | shorter
    return ranks


def members_of(
    keys: npt.NDArray[np.uint64], positions: Table, among: npt.NDArray[np.uint64] | None = None
) -> Table:
    """Return MEMBER[N * bands], by bucket and position, of documents that are all kept so far.

    Args:
        keys: uint64[N, bands], their buckets.
        positions: their (rank, key), N rows.
        among: leave out all buckets but these.
    """
    by = _order(positions)
    bands, documents = np.divmod(np.arange(keys.size), max(1, len(by)))
    buckets = keys[by].T.ravel()
    if among is not None:
        among = np.append(np.unique(among), np.uint64(0))  # one more: for what is larger
        inside = among[np.searchsorted(among[:-1], buckets)] == buckets
        bands, documents, buckets = bands[inside], documents[inside], buckets[inside]
    order = np.argsort(buckets, kind="stable")
    members = np.empty(len(order), MEMBER)
    members["bucket"], members["band"] = buckets[order], bands[order]
    for name in ("rank", "key"):
        members[name] = members[f"limit_{name}"] = positions[name][by[documents[order]]]
    return members


def shared_members(members: Table, leaders: Table) -> Table:
    """Return the members of buckets of three and more, with the bucket's first as `limit`.

    What later rounds look at: of a bucket of two, both have been compared.
    """
    leaders = leaders[leaders["members"] >= 3]
    leaders = leaders[np.argsort(leaders["bucket"])]
    where = np.searchsorted(leaders["bucket"], members["bucket"])
    where[where == len(leaders)] = 0
    inside = np.zeros(len(where), bool)
    if len(leaders):
        inside = leaders["bucket"][where] == members["bucket"]
    out: Table = members[inside]
    for name in ("rank", "key"):
        out[f"limit_{name}"] = leaders[name][where[inside]]
    return out


def with_limits(members: Table, removals: Table) -> Table:
    """Return the members with `limit` from what is removed so far, by bucket and position.

    Left out: members that can be paired with none, because the document they were removed for
    stands no later than the bucket's first, whose position the members carry in `limit` so far.
    """
    where = np.searchsorted(removals["key"], members["key"])
    where[where == len(removals)] = 0
    is_removed = np.zeros(len(members), bool)
    if len(removals):
        is_removed = removals["key"][where] == members["key"]
    removal = removals[where[is_removed]]
    out: Table = members.copy()
    for name in ("rank", "key"):
        out[f"limit_{name}"] = out[name]
        out[f"limit_{name}"][is_removed] = removal[f"kept_{name}"]
    has_partners = _before(members, "limit_", out, "limit_") | ~is_removed
    out = out[has_partners]
    return out[np.lexsort((out["key"], out["rank"], out["bucket"]))]


def local_leaders(members: Table, max_leaders: int) -> Table:
    """Return LEADER rows: per bucket the first kept members; one of rank NO_LEADER if none is.

    `members` are those of one partition, by bucket and position.
    """
    starts, sizes = _runs(members["bucket"])
    is_kept = _is_kept(members)
    kept_before = np.append(0, np.cumsum(is_kept))
    kept = kept_before[starts + sizes] - kept_before[starts]
    chosen = is_kept & (kept_before[1:] - np.repeat(kept_before[starts], sizes) <= max_leaders)
    chosen[starts[kept == 0]] = True
    out = np.zeros(int(chosen.sum()), LEADER)
    for name in ("bucket", "rank", "key"):
        out[name] = members[name][chosen]
    out["rank"][~is_kept[chosen]] = NO_LEADER
    first, _ = _runs(out["bucket"])
    out["members"][first] = np.minimum(sizes, MAX_COUNT)
    out["kept"][first] = np.minimum(kept, MAX_COUNT)
    return out


def bucket_leaders(local: Table, partitions: Ints, max_leaders: int) -> tuple[Table, Ints]:
    """Return the LEADER rows over all partitions, and for each the partition that it is sent to.

    Args:
        local: all local leaders of some buckets. partitions: int64, which partition sent each.
        max_leaders: how many lead a bucket, at most.
    """
    by = np.argsort(np.ascontiguousarray(local["bucket"]))
    starts, counts = _runs(local["bucket"][by])
    total = np.add.reduceat(local["members"][by].astype(np.int64), starts) if len(by) else starts
    shared = by[np.repeat(total >= 2, counts)]  # most buckets have one member; done with them
    rows, partitions = local[shared], partitions[shared]
    by = np.lexsort((rows["key"], rows["rank"], rows["bucket"]))
    rows, partitions = rows[by], partitions[by]
    starts, counts = _runs(rows["bucket"])
    bucket = np.repeat(np.arange(len(starts)), counts)
    leads = np.arange(len(rows)) - starts[bucket] < max_leaders
    leads &= rows["rank"] != NO_LEADER
    out = rows[leads]
    for name in ("members", "kept"):
        if len(rows):
            totals = np.add.reduceat(rows[name].astype(np.int64), starts)
            out[name] = np.minimum(totals, MAX_COUNT)[bucket[leads]]
    answers = np.unique(np.stack([bucket, partitions]), axis=1)
    leading = np.bincount(bucket[leads], minlength=len(starts))
    index = _ragged((np.cumsum(leading) - leading)[answers[0]], leading[answers[0]])
    return out[index], np.repeat(answers[1], leading[answers[0]])


def candidate_pairs(
    members: Table, leaders: Table, max_leaders: int
) -> tuple[Table, npt.NDArray[np.bool_]]:
    """Return PAIR rows without repeats; bool[members], what comes after a full bucket's leaders.

    Args:
        members: of one partition, by bucket and position.
        leaders: the LEADER rows of their buckets.

    Documents of a finished run have a negative rank and are never second.
    """
    leaders = leaders[np.lexsort((leaders["key"], leaders["rank"], leaders["bucket"]))]
    left = np.searchsorted(members["bucket"], leaders["bucket"], side="left")
    counts = np.searchsorted(members["bucket"], leaders["bucket"], side="right") - left
    last = np.append(leaders["bucket"][1:] != leaders["bucket"][:-1], True)[: len(leaders)]
    full = last & (leaders["kept"] > max_leaders)
    overflow = np.zeros(len(members), np.bool_)
    of_full = _ragged(left[full], counts[full])
    last_leaders = leaders[np.flatnonzero(full).repeat(counts[full])]
    overflow[of_full] = _before(last_leaders, "", members[of_full], "")
    parts = [np.empty(0, PAIR)]
    for chunk in np.split(np.arange(len(leaders)), _chunk_bounds(counts, PAIRS_AT_ONCE)):
        first = leaders[chunk.repeat(counts[chunk])]
        second = members[_ragged(left[chunk], counts[chunk])]
        allowed = _before(first, "", second, "limit_") & (second["rank"] >= 0)
        parts.append(distinct(_paired(first[allowed], second[allowed])))
    return distinct(np.concatenate(parts)), overflow


def candidate_pairs_of_buckets(
    members: Table, further: npt.NDArray[np.uint32], max_leaders: int
) -> Table:
    """Return PAIR rows of whole buckets: `clusters.propose` for the overflow of full ones.

    `further`: uint32[members, levels], the rows by which to split them on.
    """
    if len(members) == 0:
        return np.empty(0, PAIR)
    documents, (positions, limits) = dense_positions(
        (members["rank"], members["key"]), (members["limit_rank"], members["limit_key"])
    )
    pairs = propose(members["bucket"], positions, limits, further, max_leaders=max_leaders)
    rows = _paired(documents[pairs.first], documents[pairs.second])
    return rows[rows["second_rank"] >= 0]


def distinct(pairs: Table) -> Table:
    """Return the pairs by (second, first), without repeats."""
    pairs = pairs[np.lexsort((pairs["first_key"], pairs["second_key"]))]
    return pairs[_differs(pairs)]


def new_pairs(pairs: Table, compared: Table) -> Table:
    """Return the pairs that were not compared before; both without repeats."""
    both = np.concatenate([compared, pairs])
    by = np.lexsort((both["first_key"], both["second_key"]))  # stable: the old one first
    both = both[by]
    return both[_differs(both) & (by >= len(compared))]


def select_removals(edges: Table) -> Table:
    """Return REMOVAL rows by key: what the first independent set of the verified graph removes."""
    if len(edges) == 0:
        return np.empty(0, REMOVAL)
    _, (first, second) = dense_positions(
        (edges["first_rank"], edges["first_key"]), (edges["second_rank"], edges["second_key"])
    )
    return as_removals(edges[decide(first, second)])


UNKNOWN, KEPT, REMOVED = 0, 1, 2  # the status of a document so far


def status_of(keys: Ints, edges: Table, settled: Table) -> npt.NDArray[np.uint8]:
    """Return the status of documents, by their keys.

    Args:
        edges: OPEN_EDGE rows in which they are second.
        settled: REMOVAL rows of those that are removed for good.
    """
    removed = np.concatenate([settled["key"], edges["second_key"][edges["first_kept"] == 1]])
    out = np.where(np.isin(keys, edges["second_key"]), UNKNOWN, KEPT).astype(np.uint8)
    out[np.isin(keys, removed)] = REMOVED
    return out


def pruned_edges(edges: Table, keys: Ints, status: npt.NDArray[np.uint8]) -> tuple[Table, Table]:
    """Return the OPEN_EDGE rows that may still decide something, and the REMOVAL rows settled.

    Args:
        edges: all edges of some second documents.
        keys, status: of their first documents (ascending).

    Dropped are edges whose first document is removed, and those after one whose first document
    is kept; a document with one edge left, to such a first document, is settled.
    """
    edges = edges[np.lexsort((edges["first_key"], edges["first_rank"], edges["second_key"]))]
    if len(keys):
        where = np.searchsorted(keys, edges["first_key"]) % len(keys)
        first_status = np.where(keys[where] == edges["first_key"], status[where], UNKNOWN)
        edges["first_kept"][first_status == KEPT] = 1
        edges = edges[first_status != REMOVED]
    starts, sizes = _runs(edges["second_key"])
    kept_before = np.append(0, np.cumsum(edges["first_kept"]))
    better = kept_before[:-1] - np.repeat(kept_before[starts], sizes)  # kept firsts before it
    edges = edges[better == 0]
    starts, sizes = _runs(edges["second_key"])
    settled = np.repeat((sizes == 1) & (edges["first_kept"][starts] == 1), sizes)
    return edges[~settled], as_removals(edges[settled])


def as_removals(edges: Table) -> Table:
    """Return edges that decide as REMOVAL rows, by key: the second is removed, the first kept."""
    out = np.empty(len(edges), REMOVAL)
    for name in ("rank", "key"):
        out[name], out[f"kept_{name}"] = edges[f"second_{name}"], edges[f"first_{name}"]
    out["jaccard"] = edges["jaccard"]
    return out[np.argsort(out["key"])]


def dense_positions(*sides: tuple[Ints, Ints]) -> tuple[Table, list[Ints]]:
    """Return the distinct positions (rank, key) in order; each side's as indices into them."""
    positions = np.empty(sum(len(ranks) for ranks, _ in sides), POSITION)
    positions["rank"] = np.concatenate([ranks for ranks, _ in sides])
    positions["key"] = np.concatenate([keys for _, keys in sides])
    by = _order(positions)
    ordered = positions[by]
    is_new = np.append(True, ordered["key"][1:] != ordered["key"][:-1])[: len(by)]
    index = np.empty(len(by), np.int64)
    index[by] = np.cumsum(is_new) - 1
    return ordered[is_new], np.split(index, np.cumsum([len(ranks) for ranks, _ in sides])[:-1])


def _order(positions: Table) -> Ints:
    return np.lexsort((positions["key"], positions["rank"]))


def _is_kept(members: Table) -> npt.NDArray[np.bool_]:
    kept: npt.NDArray[np.bool_] = members["limit_key"] == members["key"]
    return kept


def _before(a: Table, a_prefix: str, b: Table, b_prefix: str) -> npt.NDArray[np.bool_]:
    """Return which positions of a come before those of b, row by row."""
    rank_a, rank_b = a[f"{a_prefix}rank"], b[f"{b_prefix}rank"]
    smaller = a[f"{a_prefix}key"] < b[f"{b_prefix}key"]
    before: npt.NDArray[np.bool_] = (rank_a < rank_b) | ((rank_a == rank_b) & smaller)
    return before


def _paired(first: Table, second: Table) -> Table:
    out = np.empty(len(first), PAIR)
    for name in ("rank", "key"):
        out[f"first_{name}"], out[f"second_{name}"] = first[name], second[name]
    return out


def _differs(pairs: Table) -> npt.NDArray[np.bool_]:
    """Return which pairs are not the same as the one before."""
    out = np.ones(len(pairs), np.bool_)
    out[1:] = (pairs["first_key"][1:] != pairs["first_key"][:-1]) | (
        pairs["second_key"][1:] != pairs["second_key"][:-1]
    )
    return out


def _runs(values: npt.NDArray[Any]) -> tuple[Ints, Ints]:
    """Return where runs of equal values start, and how long they are."""
    starts = np.flatnonzero(np.append(True, values[1:] != values[:-1])[: len(values)])
    return starts, np.diff(starts, append=len(values))


def _ragged(starts: Ints, counts: Ints) -> Ints:
    """Return starts[0], starts[0] + 1, … (counts[0] of them), starts[1], …"""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + counts, counts)


def _chunk_bounds(counts: Sequence[int] | Ints, most: int) -> Ints:
    """Return where to split a list so that the counts of each chunk sum to about `most`."""
    return np.flatnonzero(np.diff(np.cumsum(counts) // most)) + 1
