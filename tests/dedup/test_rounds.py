"""Rounds over partitions give what the plain ones give for all documents at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.dedup import clusters
from curate.dedup.distributed import rounds
from curate.dedup.distributed.rounds import EDGE, MEMBER, OPEN_EDGE, POSITION, REMOVAL

FEW = settings(max_examples=30)


def members_of_everything(random, documents, buckets, old=0):
    """Return MEMBER rows of documents in random buckets, some removed for a better one."""
    rows = []
    for n in range(documents):
        rank, key = (n // 3 if n >= old else n // 3 - 100), 7 * n
        kept = random.randrange(n) if n > old and random.random() < 0.4 else n
        limit = (kept // 3 if kept >= old else kept // 3 - 100), 7 * kept
        for bucket in random.sample(range(buckets), random.randint(1, buckets)):
            rows.append((bucket, bucket % 4, rank, key, *limit))
    return np.array(rows, MEMBER)


def proposed_at_once(members, leaders):
    """Return what `clusters.propose` gives for whole buckets, as pairs of keys."""
    further = np.zeros((len(members), 0), np.uint32)
    pairs = clusters.propose(
        np.ascontiguousarray(members["bucket"]),
        members["key"] // 7,
        members["limit_key"] // 7,
        further,
        max_leaders=leaders,
    )
    return set(zip((7 * pairs.first).tolist(), (7 * pairs.second).tolist(), strict=True))


def by_bucket(members):
    return members[np.lexsort((members["key"], members["rank"], members["bucket"]))]


def keys_of(pairs):
    return list(zip(pairs["first_key"].tolist(), pairs["second_key"].tolist(), strict=True))


@given(st.randoms(use_true_random=False), st.integers(1, 60), st.integers(1, 5), st.integers(1, 4))
@FEW
def test_partitions_propose_what_whole_buckets_do(random, documents, buckets, leaders):
    members = members_of_everything(random, documents, buckets)
    partition_of = np.array([random.randrange(4) for _ in range(documents)])
    partitions = [by_bucket(members[partition_of[members["key"] // 7] == n]) for n in range(4)]
    local = [rounds.local_leaders(rows, leaders) for rows in partitions]
    senders = np.repeat(np.arange(4), [len(rows) for rows in local])
    best, to = rounds.bucket_leaders(np.concatenate(local), senders, leaders)
    result, overflow = [], set()
    for n, rows in enumerate(partitions):
        pairs, behind = rounds.candidate_pairs(rows, best[to == n], leaders)
        result += keys_of(pairs)
        overflow |= {(int(m["bucket"]), int(m["key"])) for m in rows[behind]}
    assert len(result) == len(set(result))
    assert set(result) == proposed_at_once(members, leaders)
    _, _, behind = clusters._pairs_of_groups(
        *(np.ascontiguousarray(by_bucket(members)[name]) for name in ("bucket", "key")),
        np.ascontiguousarray(by_bucket(members)["limit_key"]),
        leaders,
    )
    assert overflow == {(int(m["bucket"]), int(m["key"])) for m in by_bucket(members)[behind]}


@given(st.randoms(use_true_random=False), st.integers(2, 40), st.integers(1, 4))
@FEW
def test_documents_of_a_finished_run_are_never_second(random, documents, buckets):
    old = documents // 2
    members = by_bucket(members_of_everything(random, documents, buckets, old))
    local = rounds.local_leaders(members, 8)
    leaders, _ = rounds.bucket_leaders(local, np.zeros(len(local), np.int64), 8)
    pairs, _ = rounds.candidate_pairs(members, leaders, 8)
    assert (pairs["second_rank"] >= 0).all()
    within = rounds.candidate_pairs_of_buckets(members, np.zeros((len(members), 0), np.uint32), 8)
    assert keys_of(within) == sorted(keys_of(within), key=keys_of(within).index)
    assert set(keys_of(within)) >= set(keys_of(pairs))
    assert (within["second_rank"] >= 0).all()


@given(st.randoms(use_true_random=False), st.integers(1, 50))
@FEW
def test_later_rounds_leave_out_only_members_without_a_pair(random, documents):
    members = by_bucket(members_of_everything(random, documents, 3))
    first_round = members.copy()
    for name in ("rank", "key"):
        first_round[f"limit_{name}"] = members[name]
    local = rounds.local_leaders(first_round, 1)
    leaders, _ = rounds.bucket_leaders(local, np.zeros(len(local), np.int64), 1)
    kept = rounds.shared_members(first_round, leaders)
    sizes = np.bincount(members["bucket"].astype(int), minlength=3)
    assert (sizes[kept["bucket"].astype(int)] >= 3).all()
    assert len(kept) == sizes[sizes >= 3].sum()
    is_removed = members["limit_key"] != members["key"]
    _, first = np.unique(members["key"][is_removed], return_index=True)
    removed = members[is_removed][first]
    removals = np.zeros(len(removed), REMOVAL)
    for name in ("rank", "key"):
        removals[name], removals[f"kept_{name}"] = removed[name], removed[f"limit_{name}"]
    again = rounds.with_limits(kept, removals)
    large = members[sizes[members["bucket"].astype(int)] >= 3]
    assert proposed_at_once(again, 2) == proposed_at_once(large, 2)


def random_edges(random, documents, edges):
    pairs = {tuple(sorted(random.sample(range(documents), 2))) for _ in range(edges)}
    rows = [(a // 3, 7 * a, b // 3, 7 * b, (a + b) / 100) for a, b in sorted(pairs)]
    return np.array(rows, EDGE)


def plain_removals(edges):
    """Return key -> (kept key, similarity): each in order is removed if like a kept one."""
    removed = {}
    for key in sorted({*edges["first_key"].tolist(), *edges["second_key"].tolist()}):
        neighbours = sorted(
            (int(e["first_key"]), float(e["jaccard"])) for e in edges if e["second_key"] == key
        )
        kept = [(first, jaccard) for first, jaccard in neighbours if first not in removed]
        if kept:
            removed[key] = kept[0]
    return removed


def as_dict(removals):
    return {int(r["key"]): (int(r["kept_key"]), float(r["jaccard"])) for r in removals}


@given(st.randoms(use_true_random=False), st.integers(2, 40), st.integers(1, 120))
@FEW
def test_removals_follow_the_plain_rule(random, documents, count):
    edges = random_edges(random, documents, count)
    removals = rounds.select_removals(edges)
    assert as_dict(removals) == plain_removals(edges)
    assert (np.diff(removals["key"]) > 0).all()


@given(st.randoms(use_true_random=False), st.integers(2, 40), st.integers(1, 120))
@FEW
def test_step_by_step_the_removals_are_the_same(random, documents, count):
    edges = random_edges(random, documents, count)
    partition_of = np.array([random.randrange(3) for _ in range(documents)])
    open_ = []
    for n in range(3):
        local = edges[partition_of[edges["second_key"] // 7] == n]
        rows = np.zeros(len(local), OPEN_EDGE)
        for name in EDGE.names:
            rows[name] = local[name]
        open_.append(rows)
    settled = [np.empty(0, REMOVAL) for _ in range(3)]
    for _ in range(documents + 1):
        if not any(map(len, open_)):
            break
        pruned = []
        for local in open_:
            keys = np.unique(local["first_key"])
            status = np.empty(len(keys), np.uint8)
            for n in range(3):
                inside = partition_of[keys // 7] == n
                status[inside] = rounds.status_of(keys[inside], open_[n], settled[n])
            pruned.append(rounds.pruned_edges(local, keys, status))
        assert sum(len(rows) for rows, _ in pruned) < sum(map(len, open_))
        open_ = [rows for rows, _ in pruned]
        settled = [np.concatenate([a, b]) for a, (_, b) in zip(settled, pruned, strict=True)]
    assert as_dict(np.concatenate(settled)) == plain_removals(edges)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=40), st.integers(0, 20))
@FEW
def test_only_new_pairs_are_compared(pairs, known):
    rows = np.array([(0, a, 0, b) for a, b in pairs], rounds.PAIR)
    before = rounds.distinct(rows[:known])
    result = rounds.new_pairs(rounds.distinct(rows), before)
    assert sorted(keys_of(result)) == sorted(set(pairs) - set(pairs[:known]))


RANKS = [  # best first: source, score, length
    (0, 0.1, 5), (1, 0.9, 5), (1, 0.8999, 9), (1, 0.5, 9), (1, 0.5, 8), (1, 0.0, 1),
    (1, None, 1), (4095, 1.0, 1 << 40), (4095, 1.0, (1 << 31) - 2),
]  # fmt: skip


def test_the_rank_sorts_by_source_score_and_length():
    ranks = [
        int(rounds.rank_of(s, np.array([np.nan if q is None else q]), np.array([n]))[0])
        for s, q, n in RANKS
    ]
    assert ranks[:5] == sorted(set(ranks[:5]))
    assert ranks[5] == ranks[6], "no score is the worst"
    assert ranks[6] < ranks[7] < ranks[8]
    assert min(ranks) >= 0
    with pytest.raises(ValueError, match="4096"):
        rounds.rank_of(4096, None, np.array([1]))


def test_the_source_alone_where_there_are_no_scores():
    lengths = np.array([3, 9, 5])
    assert np.argsort(rounds.rank_of(2, None, lengths)).tolist() == [1, 2, 0]


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 99)), unique_by=lambda p: p[1]))
@FEW
def test_positions_are_numbered_in_order(positions):
    rows = np.array(positions, POSITION)
    half = len(rows) // 2
    sides = [(rows["rank"], rows["key"]), (rows["rank"][:half], rows["key"][:half])]
    distinct, (first, second) = rounds.dense_positions(*sides)
    assert distinct.tolist() == sorted(positions)
    assert distinct[first].tolist() == rows.tolist()
    assert distinct[second].tolist() == rows[:half].tolist()
