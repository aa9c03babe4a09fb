"""Names and chance. The vectors are frozen: they changed only if every corpus changes."""

import hashlib
import math
import sys
import unicodedata

import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from curate.store import keys

DRAWS = {
    ("keep", "", 0): 15357432808275307403,
    ("sample", "a", 7): 17160748107139030096,
    ("shuffle", "<urn:uuid:1>", 7): 9540209481166483654,
    ("split", "books/a.txt#0", 7): 9794734818870911142,
    ("mix", "é\u4e2d", 123456789): 13568454947024265405,
}


@pytest.mark.parametrize(("arguments", "hash_"), DRAWS.items(), ids=str)
def test_seeded_hashes_are_frozen(arguments, hash_):
    assert keys.seeded_hash(*arguments) == hash_


def test_seeded_hashes_are_xxh3_of_seed_purpose_key():
    assert keys.seeded_hash("mix", "k", 3) == xxhash.xxh3_64_intdigest(b"3\x1fmix\x1fk")


def test_a_record_key_is_frozen():
    assert keys.record_key("crawl", "a/b.warc.gz", 12) == "crawl\x1fa/b.warc.gz\x1f12"
    assert keys.hash64(keys.record_key("crawl", "a/b.warc.gz", 12)) == 4790172697491033766
    assert keys.corpus_key("id", 0, 2) == "id\x1f0\x1f2"


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("a  b\n\tc ", "a b c"),
        ("Ab", "Ab"),
        ("e\u0301", "é"),
        ("\u00a0x\u2003", "x"),
        ("", ""),
        (" \n", ""),
    ],
)
def test_normalised_text(text, normal):
    assert keys.normalise(text) == normal
    assert keys.text_hash(text) == keys.text_hash(normal)


@given(st.text(st.sampled_from("ae\u0301 \n\t\u3000\x1f\x85\u200b")))
def test_white_space_is_collapsed_as_by_splitting(text):
    assert keys.normalise(text) == " ".join(unicodedata.normalize("NFC", text).split())


def test_no_white_space_is_forgotten():
    every = {chr(code) for code in range(sys.maxunicode + 1) if chr(code).isspace()}
    assert {" ", "\n", *keys.RARE_SPACES} == every == {c for c in every if not f"a{c}".split()[1:]}


def test_text_hashes_are_frozen():
    assert keys.text_hash("Hello,  world").hex() == "eb705831f5b26d41a3691e4566f197a4"
    assert keys.text_hash("a") == hashlib.blake2b(b"a", digest_size=16).digest()
    assert keys.text_hash("a") != keys.text_hash("A")


@given(st.integers(0, keys.MAX_FILES - 1), st.integers(0, keys.MAX_N - 1))
def test_packed_keys_fit_63_bits_and_come_back(number, n):
    key = keys.encode_key(number, n)
    assert 0 <= key < 1 << 63
    assert keys.decode_key(key) == (number, n)


@given(*[st.tuples(st.integers(0, keys.MAX_FILES - 1), st.integers(0, keys.MAX_N - 1))] * 2)
def test_packed_keys_order_as_file_and_offset(one, other):
    assert (keys.encode_key(*one) < keys.encode_key(*other)) == (one < other)


@pytest.mark.parametrize("pair", [(keys.MAX_FILES, 0), (-1, 0), (0, keys.MAX_N), (0, -1)])
def test_keys_that_do_not_fit_are_refused(pair):
    with pytest.raises(ValueError, match="expected"):
        keys.encode_key(*pair)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_signed_hashes_keep_their_order(one, other):
    assert keys.unsigned(keys.signed(one)) == one
    assert -(2**63) <= keys.signed(one) < 2**63
    assert (keys.signed(one) < keys.signed(other)) == (one < other)


def test_u_is_uniform_below_1():
    values = [keys.uniform("mix", str(n), 7) for n in range(20_000)]
    assert all(0 <= value < 1 for value in values)
    ordered = sorted(values)
    distance = max(abs(value - (n + 0.5) / 20_000) for n, value in enumerate(ordered))
    assert distance < 1.63 / math.sqrt(20_000)  # Kolmogorov-Smirnov at 1 %


def test_the_largest_hashes_stay_below_1(monkeypatch):
    monkeypatch.setattr(keys, "seeded_hash", lambda *_: 2**64 - 1)
    assert keys.uniform("mix", "k", 0) < 1.0


def test_a_lost_and_a_doubled_record_do_not_cancel():
    whole, wrong = keys.Tally(), keys.Tally()
    for n in range(3):
        whole.add("s", "f", n)
    for n in (0, 1, 1):
        wrong.add("s", "f", n)
    assert whole.records == wrong.records
    assert whole != wrong


def test_tallies_add_up_in_any_order():
    parts = [keys.Tally() for _ in range(3)]
    whole = keys.Tally()
    for n in range(30):
        parts[n % 3].add("s", "f", n)
        whole.add("s", "f", n)
    assert keys.Tally.total(reversed(parts)) == whole
