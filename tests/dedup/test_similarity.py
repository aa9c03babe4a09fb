import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.dedup.shingles import shingle_sets, shingles
from curate.dedup.similarity import jaccard, jaccard_of_pairs, jaccard_of_texts

from . import plain

CASES = {
    "same words": ("A b, c", "a B c", 1.0),
    "one of three": ("a b c", "b c d", 1 / 3),  # bigrams
    "nothing shared": ("a b c", "d e f", 0.0),
    "short, equal": ("a", "A.", 1.0),
    "short, unequal": ("a", "b", 0.0),
    "one without shingles": ("a b", "...", 0.0),
    "both without shingles": ("", "", 0.0),
    "repeats count once": ("a b a b a b", "a b a", 1.0),
}


@pytest.mark.parametrize(("a", "b", "expected"), CASES.values(), ids=CASES)
def test_two_texts(a, b, expected):
    assert jaccard(a, b, ngram=2) == expected
    assert jaccard(b, a, ngram=2) == expected
    sets = [set(shingles(text, ngram=2)) for text in (a, b)]
    assert plain.jaccard(*sets) == expected


WORDS = st.lists(st.integers(0, 40).map(str), max_size=120).map(" ".join)


@given(st.lists(WORDS, min_size=2, max_size=6), st.floats(0, 1), st.sampled_from([1, 2]))
def test_pairs_equal_sets_of_strings(texts, threshold, ngram):
    left, right = np.triu_indices(len(texts))
    result = jaccard_of_texts(pa.array(texts), left, right, ngram=ngram, threshold=threshold)
    sets = [set(shingles(text, ngram=ngram)) for text in texts]
    exact = [plain.jaccard(sets[i], sets[j]) for i, j in zip(left, right, strict=True)]
    assert result.tolist() == [j if j >= threshold else 0.0 for j in exact]


@pytest.mark.parametrize(("shared", "own"), [(4, 1), (400, 50), (12, 1), (2, 1), (1, 1), (3, 1)])
def test_exactly_at_the_threshold_is_found(shared, own):
    """0.8 is not 4 / 5 in binary, but both round to the same number."""
    common = " ".join(f"s{i}" for i in range(shared))
    a, b = (common + "".join(f" {side}{i}" for i in range(own)) for side in "ab")
    exact = shared / (shared + 2 * own)
    sets = shingle_sets([a, b], ngram=1)
    one = np.array([0]), np.array([1])
    assert jaccard_of_pairs(sets, *one, threshold=exact)[0] == exact
    assert jaccard_of_pairs(sets, *one, threshold=np.nextafter(exact, 1))[0] == 0.0


def test_every_quotient_is_found_at_itself():
    """The early end must never be early by one: all sizes up to 60 at their own similarity."""
    words = [f"w{i}" for i in range(60)]
    texts = [" ".join(words[:n]) for n in range(1, 61)]
    sets = shingle_sets(texts, ngram=1)
    for n in range(1, 61):
        left, right = np.full(60, n - 1), np.arange(60)
        for m in range(1, 61):
            exact = min(n, m) / max(n, m)
            result = jaccard_of_pairs(sets, left[m - 1 : m], right[m - 1 : m], threshold=exact)
            assert result[0] == exact


def test_no_pairs_and_pairs_that_do_not_match_up():
    sets = shingle_sets(["a", "b"])
    none = np.empty(0, np.int64)
    assert jaccard_of_pairs(sets, none, none).tolist() == []
    with pytest.raises(ValueError, match="as long, got 1 and 0"):
        jaccard_of_pairs(sets, np.array([0]), none)
