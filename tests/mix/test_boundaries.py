"""Where shards begin and end: the found cuts against the plain reading of the rule."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.mix.boundaries import (
    MAX_NEARBY,
    ShardBoundaries,
    _points,
    even_boundaries,
    first_bits,
    shard_boundaries,
)
from curate.mix.buckets import Sum


class Cluster:
    """Answers for sums as Spark would."""

    def __init__(self, documents):
        self.documents = documents
        self.total = sum(size for _, size in documents)
        self.rounds = []

    def sums(self, bits, prefixes, finer):
        self.rounds.append((bits, finer))
        result = defaultdict(lambda: Sum(0, 0))
        for order, size in self.documents:
            if prefixes is None or order >> (64 - bits) in prefixes:
                old = result[order >> (64 - finer)]
                result[order >> (64 - finer)] = Sum(old.documents + 1, old.amount + size)
        return result


def shards(documents, target, **settings):
    """Return the documents of each shard, in order."""
    cluster = Cluster(documents)
    result = shard_boundaries(cluster.sums, target, cluster.total, **settings)
    run = sorted(documents)
    numbers = result.shard_of(np.array([order for order, _ in run], np.uint64))
    assert numbers.tolist() == sorted(numbers.tolist())
    parts = [[] for _ in range(result.shards)]
    for number, document in zip(numbers, run, strict=True):
        parts[number].append(document)
    return parts, cluster.rounds


def off(part, mean):
    """Return a shard's distance from the size it should have, and what the rule allows."""
    sizes = [size for _, size in part]
    return abs(sum(sizes) - mean), max(mean / 10, *sizes)


def documents_of(sizes, seed=0):
    orders = np.random.default_rng(seed).integers(0, 2**64, len(sizes), dtype=np.uint64)
    return [(int(order), int(size)) for order, size in zip(orders, sizes, strict=True)]


MANY = np.random.default_rng(3)
EVEN = {
    # sizes of documents, target, how many shards, rounds of sums
    "short documents": (MANY.integers(50, 5_000, 20_000), 5_000_000, 11, 1),
    "a hundred shards": (MANY.integers(50, 5_000, 20_000), 500_000, 101, 2),
    "less than one shard": (MANY.integers(50, 5_000, 100), 10**9, 1, 1),
    "one document": ([7], 100, 1, 1),
    "exactly full": ([10] * 300, 1_000, 3, 1),
    "one byte over": ([10] * 299 + [11], 1_000, 4, 1),
}


@pytest.mark.parametrize(("sizes", "target", "count", "rounds"), EVEN.values(), ids=EVEN)
def test_shards_of_short_documents_are_even(sizes, target, count, rounds):
    parts, asked = shards(documents_of(sizes), target)
    assert len(parts) == count == max(1, -(-sum(map(int, sizes)) // target))
    assert len(asked) <= rounds
    mean = sum(map(int, sizes)) / count
    for part in parts:
        assert off(part, mean)[0] <= max(mean / 20, *(size for _, size in part))


LONG = {
    "books among pages": ([2_000] * 5_000 + [900_000, 300_000, 2_400_000, 5_100_000], 1_000_000),
    "half of it one text": ([100] * 1_000 + [100_000], 10_000),
    "sizes with a long tail": (MANY.pareto(1.1, 3_000) * 1_000 + 1, 50_000),
    "every text larger than a shard": (MANY.integers(5_000, 9_000, 40), 1_000),
}


@pytest.mark.parametrize(("sizes", "target"), LONG.values(), ids=LONG)
@pytest.mark.parametrize("seed", range(5))
def test_shards_of_long_documents_are_off_by_their_largest_at_most(sizes, target, seed):
    parts, _ = shards(documents_of(sizes, seed), target)
    mean = sum(int(size) for size in sizes)
    mean = mean / -(-mean // target)
    for part in parts:
        distance, allowed = off(part, mean)
        assert distance <= allowed


@given(
    st.lists(
        st.tuples(
            st.one_of(st.integers(0, 2**64 - 1), st.integers(0, 40).map(lambda n: (n << 57) | n)),
            st.integers(0, 300),
        ),
        max_size=80,
    ),
    st.integers(1, 2_000),
    st.sampled_from([None, 1, 10]),
)
def test_every_document_is_in_one_shard_and_no_shard_is_empty(documents, target, bits):
    parts, _ = shards(documents, target, bits=bits)
    assert [document for part in parts for document in part] == sorted(documents)
    total = sum(size for _, size in documents)
    count = max(1, -(-total // target))
    if documents:
        assert all(parts)
        mean = total / count
        longest = max(size for _, size in documents)
        # Two documents of one hash cannot be parted.
        together = defaultdict(int)
        for order, size in documents:
            together[order] += size
        largest = max(longest, *together.values())
        assert len(parts) == count or largest > mean / 10
        for part in parts:
            assert off(part, mean)[0] <= max(mean / 10, 2 * largest)


def test_cuts_of_known_items():
    assert even_boundaries([0, 10, 20, 30], [5, 5, 5, 5], 10) == ShardBoundaries((20,))
    assert even_boundaries([0, 10, 20, 30], [5, 0, 5, 0], 5) == ShardBoundaries(
        (20,)
    )  # what is empty stays left
    assert even_boundaries([0, 10], [100, 1], 10) == ShardBoundaries(())  # one byte is no shard
    assert even_boundaries([], [], 10) == ShardBoundaries(())


def test_an_order_at_a_start_belongs_to_the_shard_that_starts_there():
    result = ShardBoundaries((5, 2**63, 2**64 - 1))
    orders = [0, 4, 5, 2**63 - 1, 2**63, 2**64 - 2, 2**64 - 1]
    assert result.shards == 4
    assert result.shard_of(np.array(orders, np.uint64)).tolist() == [0, 0, 1, 1, 2, 2, 3]
    assert ShardBoundaries(()).shard_of(np.array([0, 2**64 - 1], np.uint64)).tolist() == [0, 0]


def test_first_sums_are_as_fine_as_the_shards_are_many():
    assert first_bits(0, 500) == first_bits(16 * 500, 500) == 10
    assert first_bits(16 * 500 + 1, 500) == 11
    assert first_bits(1_600 * 10**9, 500 * 10**6) == 18


def test_what_cannot_be_cut_is_refused():
    cluster = Cluster([(1, 10)])
    with pytest.raises(ValueError, match="expected sums of 11 bytes, got 10"):
        shard_boundaries(cluster.sums, 5, 11)
    with pytest.raises(ValueError, match="target_bytes above 0, got 0"):
        shard_boundaries(cluster.sums, 0, 10)


def test_many_small_texts_among_large_ones_are_cut_among_few_points():
    sizes = np.array([0, *([300] * 1_000 + [5_000_000] + [300] * 1_000) * 20], np.int64)
    points = _points(sizes, np.cumsum(sizes), 7)
    assert 20 < len(points) < 7 * 2 * MAX_NEARBY  # of 40,020 ends
    assert points[0] == 0
    assert points[-1] == len(sizes) - 1
