import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.dedup.bands import SETTINGS, half_point, probability
from curate.dedup.minhash import EMPTY, MinHasher, has_shingles
from curate.dedup.shingles import shingles

from . import plain

FOX = "The quick brown fox jumps over the lazy dog"


def pair(shared, own, name):
    """Return two texts of unigrams with Jaccard shared / (shared + 2 own)."""
    common = [f"s{name}x{i}" for i in range(shared)]
    a, b = ([f"{side}{name}x{i}" for i in range(own)] for side in "ab")
    return " ".join(common + a), " ".join(common + b)


def pairs(count, shared, own):
    texts = [text for name in range(count) for text in pair(shared, own, name)]
    return texts[0::2], texts[1::2]


def test_frozen_signature():
    """Signatures are kept on disk for years: these must never change."""
    signature = MinHasher(bands=3, rows=2)(FOX)
    assert signature.tolist() == [
        3331294958, 2372364825, 4131360485, 1139781128, 2216754301, 2390885916,
    ]  # fmt: skip
    keys = MinHasher(bands=3, rows=2).band_keys(signature[None])
    assert [f"{k:016x}" for k in keys[0].tolist()] == FROZEN_KEYS
    cut = signature.reshape(3, 2).tolist()
    assert keys[0].tolist() == [plain.band_key(i, rows) for i, rows in enumerate(cut)]


FROZEN_KEYS = ["166faef4a7169002", "1c40053821c0d13c", "4a996e28c05d1b7d"]


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from("abcdefgh"), max_size=30).map(" ".join),
    st.integers(1, 40),
    st.integers(0, 2**70),
)
def test_fast_family_equals_the_plain_version(text, rows, seed):
    hasher = MinHasher(bands=1, rows=rows, ngram=2, seed=seed)
    expected = plain.signature(plain.hash_set(text, 2, "word"), rows, seed % 2**64)
    assert hasher(text).tolist() == expected


@pytest.mark.parametrize("text", [FOX * 20, FOX, "two words", "naïve 東京 ΟΔΟΣ", "", "..."])
@pytest.mark.parametrize("unit", ["word", "character"])
@pytest.mark.parametrize(
    ("family", "scheme"), [("datasketch", "affine32"), ("datasketch-legacy", "legacy")]
)
def test_datasketch_families_equal_datasketch(family, scheme, unit, text):
    import datasketch

    theirs = datasketch.MinHash(num_perm=128, seed=7, scheme=scheme)
    theirs.update_batch(s.encode() for s in shingles(text, ngram=3, unit=unit))
    ours = MinHasher(bands=9, rows=13, num_perm=128, ngram=3, unit=unit, seed=7, family=family)(
        text
    )
    assert ours.tolist() == theirs.hashvalues.tolist()


def test_an_existing_datasketch_index_can_be_queried():
    import datasketch

    index = datasketch.MinHashLSH(params=(9, 13), num_perm=128)
    theirs = datasketch.MinHash(num_perm=128, scheme="affine32")
    theirs.update_batch(s.encode() for s in shingles(FOX, ngram=3))
    index.insert("fox", theirs)
    ours = MinHasher(bands=9, rows=13, num_perm=128, ngram=3, family="datasketch")(FOX.upper())
    assert index.query(datasketch.MinHash(hashvalues=ours, scheme="affine32")) == ["fox"]


@pytest.mark.parametrize("family", ["fast", "datasketch", "datasketch-legacy"])
@pytest.mark.parametrize("size", [20, 50, 100, 500])
@pytest.mark.parametrize("similarity", [0.5, 0.8])
def test_error_is_that_of_theory(family, size, similarity):
    """Root mean square error against sqrt(j (1 - j) / k), k = 128, sets of about `size`."""
    count = 150 if family != "fast" else 1_500
    shared = round(2 * size * similarity / (1 + similarity))
    own = size - shared
    exact = shared / (shared + 2 * own)
    hasher = MinHasher(bands=16, rows=8, ngram=1, family=family, seed=11)
    a, b = (hasher.signatures(side) for side in pairs(count, shared, own))
    errors = (a == b).mean(axis=1) - exact
    theory = (exact * (1 - exact) / 128) ** 0.5
    slack = 4 / (2 * count) ** 0.5  # four standard errors of a root mean square
    assert np.sqrt((errors**2).mean()) < theory * (1 + slack)
    assert abs(errors.mean()) < 4 * theory / count**0.5


@pytest.mark.parametrize("size", [20, 140, 500])
@pytest.mark.parametrize("similarity", [0.5, 0.6, 0.7, 0.8])
def test_bands_meet_as_often_as_the_curve_says(size, similarity):
    """Rows of the fast family are drawn without replacement; bands must not notice."""
    count, hasher = 3_000, MinHasher(ngram=1, seed=5)
    shared = round(2 * size * similarity / (1 + similarity))
    own = size - shared
    a, b = (hasher.band_keys(hasher.signatures(side)) for side in pairs(count, shared, own))
    met = (a == b).any(axis=1).mean()
    expected = probability(shared / (shared + 2 * own), 20, 7)
    assert met == pytest.approx(expected, abs=4 * (expected * (1 - expected) / count) ** 0.5 + 0.01)


def test_seeds_are_independent():
    a, b = pair(80, 20, "x")
    drawn = [MinHasher(ngram=1, seed=seed) for seed in range(200)]
    estimates = [(h(a) == h(b)).mean() for h in drawn]
    exact = 80 / 120
    assert np.std(estimates) < 1.25 * (exact * (1 - exact) / 140) ** 0.5
    assert np.std(estimates) > 0.01


@pytest.mark.parametrize("family", ["fast", "datasketch"])
def test_one_text_a_list_and_arrow_agree(family):
    texts = [FOX, None, "", "東京 is big", FOX + " again"]
    hasher = MinHasher(bands=4, rows=3, family=family)
    rows = [hasher(text or "").tolist() for text in texts]
    assert hasher.signatures(texts).tolist() == rows
    assert hasher.signatures(pa.array(texts)).tolist() == rows
    assert hasher.signatures(pa.chunked_array([texts[:1], texts[1:]])).tolist() == rows
    assert has_shingles(hasher.signatures(texts)).tolist() == [True, False, False, True, True]
    assert hasher.signatures([]).shape == (0, 12)
    assert (hasher("?!") == EMPTY).all()


def test_short_texts_resemble_only_themselves():
    """Texts below one shingle must neither vanish nor fall into one heap."""
    texts = ["a", "b", "a b", "a b c d", "A, b c d!", "b a", "a b c d e"]
    keys = MinHasher().band_keys(MinHasher().signatures(texts))
    same = [[(x == y).any() for y in keys] for x in keys]
    assert [sum(row) for row in same] == [1, 1, 1, 2, 2, 1, 1]


def test_band_keys_are_equal_where_all_rows_are():
    hasher = MinHasher(bands=5, rows=2)
    signatures = np.random.default_rng(0).integers(0, 3, (60, 10), dtype=np.uint32)
    keys = hasher.band_keys(signatures)
    cut = signatures.reshape(60, 5, 2)
    assert ((cut[:, None] == cut[None]).all(axis=3) == (keys[:, None] == keys[None])).all()
    assert all(len(set(keys[:, i]) & set(keys[:, j])) == 0 for i in range(5) for j in range(i))


def test_further_rows_leave_out_the_band_itself():
    hasher = MinHasher(bands=3, rows=2)
    signatures = np.arange(6, dtype=np.uint32)[None]
    assert hasher.further_rows(signatures, 0, 3).tolist() == [[2, 3, 4]]
    assert hasher.further_rows(signatures, 2, 99).tolist() == [[0, 1, 2, 3]]


def test_of_named_settings():
    for banding in SETTINGS.values():
        hasher = MinHasher.of(banding)
        assert hasher.num_perm == banding.bands * banding.rows
        assert (hasher.ngram, hasher.unit) == (banding.ngram, banding.unit)
        assert half_point(hasher.bands, hasher.rows) < 0.83


WRONG = {
    "no bands": ({"bands": 0}, "at least 1"),
    "negative seed": ({"seed": -1}, "seed at least 0"),
    "too few rows": (
        {"num_perm": 128},
        "20 bands of 7 rows need num_perm >= 140, got num_perm=128",
    ),
    "unit": ({"unit": "byte"}, "unit must be word or character, got 'byte'"),
    "family": ({"family": "simhash"}, "family must be .*got 'simhash'"),
}


@pytest.mark.parametrize(("wrong", "message"), WRONG.values(), ids=WRONG)
def test_wrong_settings(wrong, message):
    with pytest.raises(ValueError, match=message):
        MinHasher(**wrong)


def test_signatures_of_another_width_are_refused():
    with pytest.raises(ValueError, match=r"shape \(N, 140\), got \(1, 128\)"):
        MinHasher().band_keys(np.zeros((1, 128), np.uint32))
