"""The cut by buckets against a plain sort, and the order against fractions."""

from collections import defaultdict
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.mix import prefix
from curate.mix.buckets import Bucket, Sum, narrow_bucket, top, unsigned
from curate.mix.prefix import NOTHING, Cutoff, copies, copies_of, epoch_cutoffs, order
from curate.mix.weights import Totals, plan

LAST = 2**64 - 1
# Many equal hashes, hashes that differ in few bits, and both ends.
HASHES = st.one_of(
    st.integers(0, LAST),
    st.integers(0, 3),
    st.integers(LAST - 3, LAST),
    st.integers(0, 15).map(lambda n: n << 60),
    st.integers(0, 7).map(lambda n: (0xABC << 52) | n),
)
DOCUMENTS = st.lists(st.tuples(HASHES, st.integers(0, 40)), min_size=1, max_size=60)


def plainly(rows, target):
    """Return the keys of the prefix, by adding up sorted rows."""
    taken, total = [], 0
    for _, key, tokens in sorted(rows):
        if total >= target:
            break
        if total + tokens > target and abs(total + tokens - target) >= abs(target - total):
            break
        taken.append(key)
        total += tokens
    return taken


class Cluster:
    """Answers for sums and rows as Spark would, and counts what is asked."""

    def __init__(self, sources):
        self.sources = sources
        self.rounds, self.rows_sent = [], 0

    def sums(self, bits, open_, finer):
        self.rounds.append((bits, finer))
        result = defaultdict(lambda: Sum(0, 0))
        for source, at in open_.items():
            for hash_, _, tokens in self.sources[source]:
                if hash_ >> (64 - bits) == at:
                    old = result[source, hash_ >> (64 - finer)]
                    result[source, hash_ >> (64 - finer)] = Sum(old[0] + 1, old[1] + tokens)
        return result

    def rows(self, asked):
        result = {
            source: [row for row in self.sources[source] if bucket.start <= row[0] < bucket.stop]
            for source, bucket in asked.items()
        }
        self.rows_sent += sum(map(len, result.values()))
        return result


def keyed(documents):
    return [(hash_, f"k{n:03}", tokens) for n, (hash_, tokens) in enumerate(documents)]


def planned(sources, **settings):
    totals = {
        name: Totals(len(rows), sum(tokens for *_, tokens in rows))
        for name, rows in sources.items()
    }
    return plan(totals, {}, **settings)


@settings(max_examples=100)
@given(
    DOCUMENTS,
    DOCUMENTS,
    st.fractions("0.01", "3"),
    st.integers(1, 13),
    st.sampled_from([0, 1, 5, 1_000]),
)
def test_the_cut_found_in_buckets_is_that_of_a_plain_sort(a, b, times, step, few):
    sources = {"a": keyed(a), "b": keyed(b)}
    whole = sum(tokens for rows in sources.values() for *_, tokens in rows)
    if not whole:
        return
    made = planned(sources, tokens=max(1, int(whole * times)))
    cluster = Cluster(sources)
    cutoffs = epoch_cutoffs(made, cluster.sums, cluster.rows, step=step, few=few)
    for name, rows in sources.items():
        share = made.shares[name]
        taken = {key for hash_, key, _ in rows if cutoffs[name].before(hash_, key)}
        assert taken == set(plainly(rows, share.remainder_tokens))
        missed = sum(tokens for _, key, tokens in rows if key in taken) - share.remainder_tokens
        assert 2 * abs(missed) <= cutoffs[name].tokens <= max((row[2] for row in rows), default=0)
        hashes = np.array([row[0] for row in rows], np.uint64)
        keys = [row[1] for row in rows]
        one_by_one = [copies(h, k, share, cutoffs[name]) for h, k in zip(hashes, keys, strict=True)]
        assert copies_of(hashes, keys, share, cutoffs[name]).tolist() == one_by_one
        assert one_by_one == [
            (share.full_epochs + (key in taken) if share.target else 0) for key in keys
        ]


def test_many_documents_take_two_rounds_and_few_rows():
    random = np.random.default_rng(7)
    hashes = random.integers(0, 2**64, 50_000, dtype=np.uint64)
    tokens = random.integers(1, 5_000, 50_000)
    rows = [(int(h), n, int(t)) for n, (h, t) in enumerate(zip(hashes, tokens, strict=True))]
    made = planned({"web": rows}, tokens=int(tokens.sum()) * 7 // 10)
    cluster = Cluster({"web": rows})
    end = epoch_cutoffs(made, cluster.sums, cluster.rows, step=4, few=1_000)["web"]
    assert cluster.rounds == [(0, 4), (4, 8)]
    assert cluster.rows_sent <= 1_000
    taken = [key for hash_, key, _ in rows if end.before(hash_, key)]
    assert sorted(taken) == sorted(plainly(rows, made.shares["web"].remainder_tokens))
    total = int(tokens[taken].sum())
    assert abs(total - made.shares["web"].remainder_tokens) <= 2_500  # half of the longest document


CUTS = {
    # tokens of the documents in order, target, how many are taken, comment
    "exactly reached": ([5, 5, 5], 10, 2),
    "stopping short is nearer": ([5, 10], 9, 1),
    "going over is nearer": ([5, 10], 12, 2),
    "equally near stops short": ([5, 10], 10, 1),
    "one long document, nearer to nothing": ([100], 49, 0),
    "one long document, nearer to all": ([100], 51, 1),
    "nothing wanted": ([5], 0, 0),
    "empty documents before the end are taken": ([0, 5, 0, 0, 5], 10, 5),
    "empty documents after it are not": ([5, 0, 0], 5, 1),
}


@pytest.mark.parametrize(("tokens", "target", "taken"), CUTS.values(), ids=CUTS)
def test_the_document_that_crosses_is_taken_only_if_nearer(tokens, target, taken):
    rows = [(n, "k", amount) for n, amount in enumerate(tokens)]
    end = prefix.cutoff(rows, target)
    assert [end.before(n, "k") for n in range(len(rows))] == [n < taken for n in range(len(rows))]
    assert len(plainly(rows, target)) == taken


def test_equal_hashes_are_told_apart_by_key():
    end = prefix.cutoff([(9, "b", 5), (9, "a", 5), (9, "c", 5)], 10)
    assert end == Cutoff(9, "b", included=True)
    assert [end.before(9, key) for key in "abc"] == [True, True, False]
    assert [Cutoff(9, "b", included=False).before(9, key) for key in "abc"] == [True, False, False]


def test_nothing_stands_before_nothing():
    assert prefix.cutoff([], 0) == NOTHING
    assert NOTHING.before(0, "") is False


def test_sums_that_are_not_the_plans_are_an_error():
    sources = {"web": keyed([(n << 58, 10) for n in range(64)])}
    made = planned(sources, tokens=300)
    short = Cluster({"web": sources["web"][:-1]})
    with pytest.raises(ValueError, match="source web: narrow_bucket: expected sums of 640"):
        epoch_cutoffs(made, short.sums, short.rows, few=3)
    with pytest.raises(ValueError, match="end at 0 tokens, before the target 300"):
        epoch_cutoffs(made, short.sums, lambda asked: dict.fromkeys(asked, ()), few=100)


def test_totals_are_those_of_the_first_round():
    result = {("a", 0): Sum(2, 30), ("a", 4_095): Sum(1, 5), ("b", 7): Sum(1, 1)}
    assert prefix.totals(result) == {"a": Totals(3, 35), "b": Totals(1, 1)}


# --- buckets -----------------------------------------------------------------------------------


@given(st.lists(HASHES, min_size=1), st.integers(0, 64))
def test_top_bits_of_many_are_those_of_one(hashes, bits):
    plain = [int(f"{h:064b}"[:bits] or "0", 2) for h in hashes]
    assert [top(h, bits) for h in hashes] == plain
    assert top(np.array(hashes, np.uint64), bits).tolist() == plain
    signed = np.array([h - 2**63 for h in hashes], np.int64)
    assert unsigned(signed).tolist() == hashes
    if 0 < bits < 64:  # the rule the docstring gives for systems without unsigned integers
        assert ((signed >> (64 - bits)) + 2 ** (bits - 1)).tolist() == plain


def test_a_bucket_knows_its_hashes():
    bucket = Bucket(0xABC, 12, 0, 1, 1)
    assert (bucket.start, bucket.stop) == (0xABC << 52, 0xABD << 52)
    assert (Bucket(0, 0, 0, 1, 1).start, Bucket(0, 0, 0, 1, 1).stop) == (0, 2**64)
    assert Bucket(LAST, 64, 0, 1, 1).stop == 2**64


def test_narrow_takes_the_part_where_the_total_crosses():
    whole = Bucket(1, 1, 100, 4, 40)
    sums = {6: Sum(1, 10), 4: Sum(2, 10), 5: Sum(1, 0), 7: Sum(0, 20)}
    assert narrow_bucket(whole, sums, 3, 101) == Bucket(4, 3, 100, 2, 10)
    assert narrow_bucket(whole, sums, 3, 110) == Bucket(4, 3, 100, 2, 10)
    assert narrow_bucket(whole, sums, 3, 111) == Bucket(6, 3, 110, 1, 10)
    assert narrow_bucket(whole, sums, 3, 140) == Bucket(7, 3, 120, 0, 20)


def test_narrow_refuses_what_does_not_add_up():
    whole = Bucket(1, 1, 0, 4, 40)
    with pytest.raises(ValueError, match="3 of 3 bits lies outside"):
        narrow_bucket(whole, {3: Sum(1, 40)}, 3, 10)
    with pytest.raises(ValueError, match=r"expected sums of 40 .* got 39"):
        narrow_bucket(whole, {4: Sum(1, 39)}, 3, 10)
    with pytest.raises(ValueError, match="41 is not reached"):
        narrow_bucket(whole, {4: Sum(1, 40)}, 3, 41)


# --- order -------------------------------------------------------------------------------------

COPIES = st.integers(1, 2**31 - 1).flatmap(
    lambda n: st.tuples(st.integers(0, n - 1), st.just(n))
) | st.sampled_from([(0, 1), (1, 2), (0, 3), (2, 3), (2**31 - 2, 2**31 - 1)])


@given(st.lists(st.tuples(HASHES, COPIES), min_size=1))
def test_order_is_epoch_plus_u_over_copies(rows):
    exact = [
        int((epoch + Fraction(h, 2**64)) / n * 2**64)  # int floors what is not negative
        for h, (epoch, n) in rows
    ]
    assert [order(h, epoch, n) for h, (epoch, n) in rows] == exact
    hashes = np.array([h for h, _ in rows], np.uint64)
    epochs = np.array([epoch for _, (epoch, _) in rows])
    counts = np.array([n for _, (_, n) in rows])
    places = order(hashes, epochs, counts)
    assert places.dtype == np.uint64
    assert places.tolist() == exact
    assert all(0 <= place <= LAST for place in exact)


def test_copies_stand_in_different_parts_of_the_run():
    random = np.random.default_rng(1)
    hashes = random.integers(0, 2**64, 1_000, dtype=np.uint64)
    for n in (2, 3, 4, 7):
        places = np.stack([order(hashes, np.full(1_000, e), np.full(1_000, n)) for e in range(n)])
        part = places.astype(float) * n / 2**64
        assert (part.astype(int) == np.arange(n)[:, None]).all()
        gaps = np.diff(places.astype(object), axis=0)
        assert abs(gaps - 2**64 // n).max() <= 1


def test_copies_are_never_neighbours_where_there_is_something_between():
    random = np.random.default_rng(2)
    hashes = [int(h) for h in random.integers(0, 2**64, 30, dtype=np.uint64)]
    run = sorted((order(h, e, 4), n) for n, h in enumerate(hashes) for e in range(4))
    assert all(a[1] != b[1] for a, b in pairwise(run))
