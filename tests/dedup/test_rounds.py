"""Rounds spread over packs say what the plain ones say of everything at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.dedup import clusters
from curate.dedup.distributed import rounds
from curate.dedup.distributed.rounds import EDGE, GONE, MEMBER, OPEN, PLACE

FEW = settings(max_examples=60)


def members_of_everything(random, documents, buckets, old=0):
    """Return MEMBER rows of documents in random buckets, some gone for a better one."""
    rows = []
    for place in range(documents):
        rank, key = (place // 3 if place >= old else place // 3 - 100), 7 * place
        keeper = random.randrange(place) if place > old and random.random() < 0.4 else place
        until = (keeper // 3 if keeper >= old else keeper // 3 - 100), 7 * keeper
        for bucket in random.sample(range(buckets), random.randint(1, buckets)):
            rows.append((bucket, bucket % 4, rank, key, *until))
    return np.array(rows, MEMBER)


def proposed_at_once(members, leaders):
    """Return what `clusters.propose` says of the whole buckets, as pairs of keys."""
    further = np.zeros((len(members), 0), np.uint32)
    pairs = clusters.propose(
        np.ascontiguousarray(members["bucket"]),
        members["key"] // 7,
        members["until_key"] // 7,
        further,
        leaders=leaders,
    )
    return set(zip((7 * pairs.first).tolist(), (7 * pairs.second).tolist(), strict=True))


def by_bucket(members):
    return members[np.lexsort((members["key"], members["rank"], members["bucket"]))]


def keys_of(pairs):
    return list(zip(pairs["first_key"].tolist(), pairs["second_key"].tolist(), strict=True))


@given(st.randoms(use_true_random=False), st.integers(1, 60), st.integers(1, 5), st.integers(1, 4))
@FEW
def test_packs_propose_what_whole_buckets_do(random, documents, buckets, leaders):
    members = members_of_everything(random, documents, buckets)
    pack_of = np.array([random.randrange(4) for _ in range(documents)])
    packs = [by_bucket(members[pack_of[members["key"] // 7] == n]) for n in range(4)]
    claims = [rounds.claims(own, leaders) for own in packs]
    senders = np.repeat(np.arange(4), [len(own) for own in claims])
    led, to = rounds.heads(np.concatenate(claims), senders, leaders)
    found, rest = [], set()
    for n, own in enumerate(packs):
        pairs, behind = rounds.meet(own, led[to == n], leaders)
        found += keys_of(pairs)
        rest |= {(int(m["bucket"]), int(m["key"])) for m in own[behind]}
    assert len(found) == len(set(found))
    assert set(found) == proposed_at_once(members, leaders)
    _, _, behind = clusters._pairs_of_groups(
        *(np.ascontiguousarray(by_bucket(members)[name]) for name in ("bucket", "key")),
        np.ascontiguousarray(by_bucket(members)["until_key"]),
        leaders,
    )
    assert rest == {(int(m["bucket"]), int(m["key"])) for m in by_bucket(members)[behind]}


@given(st.randoms(use_true_random=False), st.integers(2, 40), st.integers(1, 4))
@FEW
def test_who_is_finished_is_never_second(random, documents, buckets):
    old = documents // 2
    members = by_bucket(members_of_everything(random, documents, buckets, old))
    led, _ = rounds.heads(rounds.claims(members, 8), np.zeros(len(members), np.int64), 8)
    pairs, _ = rounds.meet(members, led, 8)
    assert (pairs["second_rank"] >= 0).all()
    within = rounds.meet_within(members, np.zeros((len(members), 0), np.uint32), 8)
    assert keys_of(within) == sorted(keys_of(within), key=keys_of(within).index)
    assert set(keys_of(within)) >= set(keys_of(pairs))
    assert (within["second_rank"] >= 0).all()


@given(st.randoms(use_true_random=False), st.integers(1, 50))
@FEW
def test_later_rounds_leave_out_only_who_can_meet_nobody(random, documents):
    members = by_bucket(members_of_everything(random, documents, 3))
    first_round = members.copy()
    for name in ("rank", "key"):
        first_round[f"until_{name}"] = members[name]
    led, _ = rounds.heads(rounds.claims(first_round, 1), np.zeros(len(members), np.int64), 1)
    kept = rounds.shared(first_round, led)
    sizes = np.bincount(members["bucket"].astype(int), minlength=3)
    assert (sizes[kept["bucket"].astype(int)] >= 3).all()
    assert len(kept) == sizes[sizes >= 3].sum()
    is_gone = members["until_key"] != members["key"]
    _, one_each = np.unique(members["key"][is_gone], return_index=True)
    lost = members[is_gone][one_each]
    gone = np.zeros(len(lost), GONE)
    for name in ("rank", "key"):
        gone[name], gone[f"kept_{name}"] = lost[name], lost[f"until_{name}"]
    again = rounds.with_until(kept, gone)
    large = members[sizes[members["bucket"].astype(int)] >= 3]
    assert proposed_at_once(again, 2) == proposed_at_once(large, 2)


def random_edges(random, documents, edges):
    pairs = {tuple(sorted(random.sample(range(documents), 2))) for _ in range(edges)}
    rows = [(a // 3, 7 * a, b // 3, 7 * b, (a + b) / 100) for a, b in sorted(pairs)]
    return np.array(rows, EDGE)


def plainly_gone(edges):
    """Return key -> (kept key, similarity): in order, who resembles one that stays goes."""
    gone = {}
    for key in sorted({*edges["first_key"].tolist(), *edges["second_key"].tolist()}):
        own = sorted(
            (int(e["first_key"]), float(e["jaccard"])) for e in edges if e["second_key"] == key
        )
        staying = [(first, jaccard) for first, jaccard in own if first not in gone]
        if staying:
            gone[key] = staying[0]
    return gone


def as_dict(gone):
    return {int(g["key"]): (int(g["kept_key"]), float(g["jaccard"])) for g in gone}


@given(st.randoms(use_true_random=False), st.integers(2, 40), st.integers(1, 120))
@FEW
def test_who_goes_is_the_plain_rule(random, documents, count):
    edges = random_edges(random, documents, count)
    gone = rounds.who_goes(edges)
    assert as_dict(gone) == plainly_gone(edges)
    assert (np.diff(gone["key"]) > 0).all()


@given(st.randoms(use_true_random=False), st.integers(2, 40), st.integers(1, 120))
@FEW
def test_step_by_step_the_same_go(random, documents, count):
    edges = random_edges(random, documents, count)
    pack_of = np.array([random.randrange(3) for _ in range(documents)])
    open_ = []
    for n in range(3):
        own = edges[pack_of[edges["second_key"] // 7] == n]
        rows = np.zeros(len(own), OPEN)
        for name in EDGE.names:
            rows[name] = own[name]
        open_.append(rows)
    settled = [np.empty(0, GONE) for _ in range(3)]
    for _ in range(documents + 1):
        if not any(map(len, open_)):
            break
        narrowed = []
        for own in open_:
            keys = np.unique(own["first_key"])
            told = np.empty(len(keys), np.uint8)
            for n in range(3):
                there = pack_of[keys // 7] == n
                told[there] = rounds.known(keys[there], open_[n], settled[n])
            narrowed.append(rounds.narrowed(own, keys, told))
        assert sum(len(rest) for rest, _ in narrowed) < sum(map(len, open_))
        open_ = [rest for rest, _ in narrowed]
        settled = [np.concatenate([a, b]) for a, (_, b) in zip(settled, narrowed, strict=True)]
    assert as_dict(np.concatenate(settled)) == plainly_gone(edges)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=40), st.integers(0, 20))
@FEW
def test_only_new_pairs_are_compared(pairs, known):
    rows = np.array([(0, a, 0, b) for a, b in pairs], rounds.PAIR)
    before = rounds.distinct(rows[:known])
    found = rounds.new_pairs(rounds.distinct(rows), before)
    assert sorted(keys_of(found)) == sorted(set(pairs) - set(pairs[:known]))


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
def test_places_are_numbered_in_order(places):
    rows = np.array(places, PLACE)
    half = len(rows) // 2
    sides = [(rows["rank"], rows["key"]), (rows["rank"][:half], rows["key"][:half])]
    names, (first, second) = rounds.number(*sides)
    assert names.tolist() == sorted(places)
    assert names[first].tolist() == rows.tolist()
    assert names[second].tolist() == rows[:half].tolist()
