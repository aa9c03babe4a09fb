"""Words to buckets: the compiled counts against plain Python."""

import math
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curate.quality.features import BITS, bucket_of, count, plain

MASK = (1 << 64) - 1
TEXTS = st.lists(
    st.text(st.sampled_from("aAbéß—’ \n\t\u00a0…x1|"), max_size=60), min_size=1, max_size=5
)


def plain_bucket(word, bits=BITS):
    """FNV-1a and the end of splitmix64, byte by byte."""
    h = 0xCBF29CE484222325
    for byte in word.encode():
        h = ((h ^ byte) * 0x100000001B3) & MASK
    h ^= h >> 30
    h = (h * 0xBF58476D1CE4E5B9) & MASK
    h ^= h >> 27
    h = (h * 0x94D049BB133111EB) & MASK
    return (h ^ (h >> 31)) >> (64 - bits)


@given(TEXTS)
def test_counts_are_those_of_plain_python(texts):
    result = count(texts)
    for i, text in enumerate(texts):
        expected = Counter(plain_bucket(word) for word in plain(text).decode().split())
        own = slice(result.starts[i], result.starts[i + 1])
        pairs = zip(result.buckets[own].tolist(), result.counts[own].tolist(), strict=True)
        assert list(pairs) == list(expected.items()), "in the order of the text"


def test_buckets_are_frozen():
    """A change here makes every trained model worthless."""
    assert [bucket_of(word) for word in ("the", "ʼtis", "東京")] == [
        plain_bucket(word) for word in ("the", "'tis", "東京")
    ]
    assert bucket_of("the") == 147557
    assert bucket_of("the", bits=4) == 147557 >> (BITS - 4)


def test_case_white_space_and_typography_do_not_count():
    assert plain("  IT’S “Here” —\u00a0now…\n") == b'it\'s "here" - now...'
    assert plain("\ud800 x") == b"? x", "half a surrogate pair has no UTF-8"
    assert plain(" \n ") == b""


def test_a_long_text_of_one_word():
    result = count(["a " * 100_000])
    assert result.counts.tolist() == [100_000]


def test_words_spread_over_the_buckets():
    buckets = [bucket_of(f"word{n}") for n in range(1 << 14)]
    expected = (1 << BITS) * (1 - math.exp(-len(buckets) / (1 << BITS)))
    assert abs(len(set(buckets)) - expected) < 0.01 * expected
    assert np.bincount(np.asarray(buckets) >> (BITS - 4)).min() > 900
