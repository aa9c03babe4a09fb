"""A round of comparing in pieces that fit a task: the arithmetic of `clusters`, spread out.

Buckets are never brought together as a whole. Whoever holds some documents (a pack of them)
tells each bucket only its best members that stay, `claims`; who has all claims of a bucket
answers with its best over all, `heads`; each pack then pairs its own members with these, `meet`.
So a bucket of a million costs the shuffle one row per pack, and what comes out is what
`clusters.propose` says of whole buckets.

A document is known by its place in the total order, (rank, key), smallest first: the rank holds
what is compared first, the record key settles ties. All tables are NumPy arrays with named fields.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from curate.dedup.clusters import decide, propose

Table = npt.NDArray[Any]  # with named fields, as the types below say
Ints = npt.NDArray[np.int64]

PLACE = [("rank", "<i8"), ("key", "<i8")]
UNTIL = [("until_rank", "<i8"), ("until_key", "<i8")]
# One document in one bucket. It is compared with what stands before `until`: its own place
# while it stays, that of its keeper if it is gone so far.
MEMBER = np.dtype([("bucket", "<u8"), ("band", "<u2"), *PLACE, *UNTIL])
# One of the best members of a bucket within a pack; the first of them has the counts.
CLAIM = np.dtype([("bucket", "<u8"), *PLACE, ("members", "<u4"), ("staying", "<u4")])
HEAD = CLAIM  # one of the best members over all, each with the bucket's counts
PAIR = np.dtype(
    [("first_rank", "<i8"), ("first_key", "<i8"), ("second_rank", "<i8"), ("second_key", "<i8")]
)
EDGE = np.dtype([*PAIR.descr, ("jaccard", "<f8")])  # a pair verified
OPEN = np.dtype([*EDGE.descr, ("kept", "u1")])  # an edge whose first is known to stay, or not yet
GONE = np.dtype([*PLACE, ("kept_rank", "<i8"), ("kept_key", "<i8"), ("jaccard", "<f8")])

LAST = np.iinfo(np.int64).max  # the rank of a claim that only waits for the answer
MOST = np.iinfo(np.uint32).max
PAIRS_AT_ONCE = 4_000_000  # before repeats are removed
SOURCES, SCORE_BITS, LENGTH_BITS = 1 << 12, 20, 31


def rank_of(source: int, scores: npt.NDArray[np.float64] | None, lengths: Ints) -> Ints:
    """Return int64[N] >= 0 that sorts by source, higher score, longer text.

    Args:
        source: place of the documents' source in the priority, below 4,096.
        scores: float64[N], 0 to 1, told apart to about a millionth; null scores come last.
        lengths: int64[N] characters, told apart to 2^31.
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
    keys: npt.NDArray[np.uint64], places: Table, among: npt.NDArray[np.uint64] | None = None
) -> Table:
    """Return MEMBER[N * bands], by bucket and place, of documents that all stay.

    Args:
        keys: uint64[N, bands], their buckets.
        places: their (rank, key), N rows.
        among: leave out all buckets but these.
    """
    by = _order(places)
    bands, documents = np.divmod(np.arange(keys.size), max(1, len(by)))
    buckets = keys[by].T.ravel()
    if among is not None:
        among = np.append(np.unique(among), np.uint64(0))  # one more: a place for what is larger
        inside = among[np.searchsorted(among[:-1], buckets)] == buckets
        bands, documents, buckets = bands[inside], documents[inside], buckets[inside]
    order = np.argsort(buckets, kind="stable")
    members = np.empty(len(order), MEMBER)
    members["bucket"], members["band"] = buckets[order], bands[order]
    for name in ("rank", "key"):
        members[name] = members[f"until_{name}"] = places[name][by[documents[order]]]
    return members


def shared(members: Table, led: Table) -> Table:
    """Return the members of buckets of three and more, whose `until` is the bucket's first.

    What later rounds look at: of a bucket of two, both have been compared.
    """
    led = led[led["members"] >= 3]
    led = led[np.argsort(led["bucket"])]
    where = np.searchsorted(led["bucket"], members["bucket"])
    where[where == len(led)] = 0
    inside = led["bucket"][where] == members["bucket"] if len(led) else np.zeros(len(where), bool)
    out: Table = members[inside]
    for name in ("rank", "key"):
        out[f"until_{name}"] = led[name][where[inside]]
    return out


def with_until(members: Table, gone: Table) -> Table:
    """Return the members with `until` from what is gone so far, by bucket and place.

    Left out: who can meet nobody, for its keeper stands no later than the bucket's first, whose
    place the members carry in `until` so far.
    """
    where = np.searchsorted(gone["key"], members["key"])
    where[where == len(gone)] = 0
    is_gone = gone["key"][where] == members["key"] if len(gone) else np.zeros(len(members), bool)
    keeper = gone[where[is_gone]]
    out: Table = members.copy()
    for name in ("rank", "key"):
        out[f"until_{name}"] = out[name]
        out[f"until_{name}"][is_gone] = keeper[f"kept_{name}"]
    chance = _before(members, "until_", out, "until_") | ~is_gone
    out = out[chance]
    return out[np.lexsort((out["key"], out["rank"], out["bucket"]))]


def claims(members: Table, leaders: int) -> Table:
    """Return CLAIM rows: per bucket the first `leaders` that stay, or one that only waits.

    `members` are those of one pack, by bucket and place.
    """
    starts, sizes = _runs(members["bucket"])
    stays = _stays(members)
    before = np.append(0, np.cumsum(stays))
    staying = before[starts + sizes] - before[starts]
    chosen = stays & (before[1:] - np.repeat(before[starts], sizes) <= leaders)
    chosen[starts[staying == 0]] = True
    out = np.zeros(int(chosen.sum()), CLAIM)
    for name in ("bucket", "rank", "key"):
        out[name] = members[name][chosen]
    out["rank"][~stays[chosen]] = LAST
    first, _ = _runs(out["bucket"])
    out["members"][first] = np.minimum(sizes, MOST)
    out["staying"][first] = np.minimum(staying, MOST)
    return out


def heads(claimed: Table, packs: Ints, leaders: int) -> tuple[Table, Ints]:
    """Return HEAD rows, and for each the pack that it is an answer to.

    Args:
        claimed: all claims of some buckets; packs: int64, whose claim each is.
        leaders: how many lead a bucket, at most.
    """
    by = np.argsort(np.ascontiguousarray(claimed["bucket"]))
    starts, counts = _runs(claimed["bucket"][by])
    total = np.add.reduceat(claimed["members"][by].astype(np.int64), starts) if len(by) else starts
    shared = by[np.repeat(total >= 2, counts)]  # most buckets have one member; done with them
    rows, packs = claimed[shared], packs[shared]
    by = np.lexsort((rows["key"], rows["rank"], rows["bucket"]))
    rows, packs = rows[by], packs[by]
    starts, counts = _runs(rows["bucket"])
    bucket = np.repeat(np.arange(len(starts)), counts)
    leads = (np.arange(len(rows)) - starts[bucket] < leaders) & (rows["rank"] != LAST)
    out = rows[leads]
    for name in ("members", "staying"):
        if len(rows):
            totals = np.add.reduceat(rows[name].astype(np.int64), starts)
            out[name] = np.minimum(totals, MOST)[bucket[leads]]
    answers = np.unique(np.stack([bucket, packs]), axis=1)
    leading = np.bincount(bucket[leads], minlength=len(starts))
    index = _ragged((np.cumsum(leading) - leading)[answers[0]], leading[answers[0]])
    return out[index], np.repeat(answers[1], leading[answers[0]])


def meet(members: Table, led: Table, leaders: int) -> tuple[Table, npt.NDArray[np.bool_]]:
    """Return PAIR rows without repeats, and which members come after a full bucket's leaders.

    Args:
        members: of one pack, by bucket and place. led: the HEAD rows that it was answered.

    Who has a negative rank is finished and never second.
    """
    led = led[np.lexsort((led["key"], led["rank"], led["bucket"]))]
    left = np.searchsorted(members["bucket"], led["bucket"], side="left")
    counts = np.searchsorted(members["bucket"], led["bucket"], side="right") - left
    last = np.append(led["bucket"][1:] != led["bucket"][:-1], True)[: len(led)]
    full = last & (led["staying"] > leaders)
    rest = np.zeros(len(members), np.bool_)
    behind = _ragged(left[full], counts[full])
    rest[behind] = _before(led[np.flatnonzero(full).repeat(counts[full])], "", members[behind], "")
    parts = [np.empty(0, PAIR)]
    for some in np.split(np.arange(len(led)), _cuts(counts, PAIRS_AT_ONCE)):
        head = led[some.repeat(counts[some])]
        member = members[_ragged(left[some], counts[some])]
        new = _before(head, "", member, "until_") & (member["rank"] >= 0)
        parts.append(distinct(_paired(head[new], member[new])))
    return distinct(np.concatenate(parts)), rest


def meet_within(members: Table, further: npt.NDArray[np.uint32], leaders: int) -> Table:
    """Return PAIR rows of whole buckets: `clusters.propose` for what is left of full ones.

    `further`: uint32[members, levels], the rows by which to split them on.
    """
    if len(members) == 0:
        return np.empty(0, PAIR)
    names, (places, until) = number(
        (members["rank"], members["key"]), (members["until_rank"], members["until_key"])
    )
    pairs = propose(members["bucket"], places, until, further, leaders=leaders)
    found = _paired(names[pairs.first], names[pairs.second])
    return found[found["second_rank"] >= 0]


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


def who_goes(edges: Table) -> Table:
    """Return GONE rows by key: the first independent set of the verified graph, and why."""
    if len(edges) == 0:
        return np.empty(0, GONE)
    _, (first, second) = number(
        (edges["first_rank"], edges["first_key"]), (edges["second_rank"], edges["second_key"])
    )
    return as_gone(edges[decide(first, second)])


UNKNOWN, STAYS, GOES = 0, 1, 2  # what is known of a document so far


def known(keys: Ints, edges: Table, settled: Table) -> npt.NDArray[np.uint8]:
    """Return what is known of documents, by their keys.

    Args:
        edges: OPEN rows in which they are second; settled: GONE rows of those that go for good.
    """
    goes = np.concatenate([settled["key"], edges["second_key"][edges["kept"] == 1]])
    out = np.where(np.isin(keys, edges["second_key"]), UNKNOWN, STAYS).astype(np.uint8)
    out[np.isin(keys, goes)] = GOES
    return out


def narrowed(edges: Table, keys: Ints, told: npt.NDArray[np.uint8]) -> tuple[Table, Table]:
    """Return the OPEN edges that still decide something, and the GONE rows that are settled.

    Args:
        edges: all edges of some seconds. keys, told: what is known of their firsts (ascending).

    Out go edges of firsts that go themselves, and those behind a first that stays; who has one
    edge left, to such a first, is settled.
    """
    edges = edges[np.lexsort((edges["first_key"], edges["first_rank"], edges["second_key"]))]
    if len(keys):
        where = np.searchsorted(keys, edges["first_key"]) % len(keys)
        status = np.where(keys[where] == edges["first_key"], told[where], UNKNOWN)
        edges["kept"][status == STAYS] = 1
        edges = edges[status != GOES]
    starts, sizes = _runs(edges["second_key"])
    sure = np.append(0, np.cumsum(edges["kept"]))
    behind = sure[:-1] - np.repeat(sure[starts], sizes)  # firsts before it that stay
    edges = edges[behind == 0]
    starts, sizes = _runs(edges["second_key"])
    done = np.repeat((sizes == 1) & (edges["kept"][starts] == 1), sizes)
    return edges[~done], as_gone(edges[done])


def as_gone(edges: Table) -> Table:
    """Return edges that decide as GONE rows, by key: the second goes, the first is kept."""
    out = np.empty(len(edges), GONE)
    for name in ("rank", "key"):
        out[name], out[f"kept_{name}"] = edges[f"second_{name}"], edges[f"first_{name}"]
    out["jaccard"] = edges["jaccard"]
    return out[np.argsort(out["key"])]


def number(*sides: tuple[Ints, Ints]) -> tuple[Table, list[Ints]]:
    """Return the distinct places (rank, key) in order, and each side's as indices into them."""
    places = np.empty(sum(len(ranks) for ranks, _ in sides), PLACE)
    places["rank"] = np.concatenate([ranks for ranks, _ in sides])
    places["key"] = np.concatenate([keys for _, keys in sides])
    by = _order(places)
    ordered = places[by]
    new = np.append(True, ordered["key"][1:] != ordered["key"][:-1])[: len(by)]
    index = np.empty(len(by), np.int64)
    index[by] = np.cumsum(new) - 1
    return ordered[new], np.split(index, np.cumsum([len(ranks) for ranks, _ in sides])[:-1])


def _order(places: Table) -> Ints:
    return np.lexsort((places["key"], places["rank"]))


def _stays(members: Table) -> npt.NDArray[np.bool_]:
    stays: npt.NDArray[np.bool_] = members["until_key"] == members["key"]
    return stays


def _before(a: Table, a_prefix: str, b: Table, b_prefix: str) -> npt.NDArray[np.bool_]:
    """Return which places of a stand before those of b, row by row."""
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


def _cuts(counts: Sequence[int] | Ints, most: int) -> Ints:
    """Return where to cut a list so that the counts of each piece sum to about `most`."""
    return np.flatnonzero(np.diff(np.cumsum(counts) // most)) + 1
