import unicodedata
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.dedup import shingles as module
from curate.dedup import sorting
from curate.dedup.shingles import hash_streams, shingle_sets, shingles, utf8
from curate.text.folding import fold, words

from . import plain

WORDS = {
    "case and punctuation": ("Don't STOP, e-mail me!", ["don", "t", "stop", "e", "mail", "me"]),
    "composed and decomposed accents": ("Caf\u00e9 Cafe\u0301", ["cafe", "cafe"]),
    "final sigma": ("ΟΔΟΣ οδος", ["οδοσ", "οδοσ"]),
    "dotted capital i": ("İstanbul", ["istanbul"]),
    "sharp s stays one letter": ("Straße", ["straße"]),
    "full width": ("ＡＢＣ１２", ["abc12"]),
    "soft hyphen, joiner, byte order mark vanish": ("\ufeffco\u00adop\u200d", ["coop"]),
    "zero-width space separates": ("a\u200bb", ["a", "b"]),
    "no-break space separates": ("a\u00a0b", ["a", "b"]),
    "Arabic points vanish": ("كَتَبَ", ["كتب"]),
    "Arabic of other keyboards, stretched": (
        "علی كتـــاب کتاب على",
        ["علي", "كتاب", "كتاب", "علي"],
    ),
    "digits of other scripts": ("١٩٤٥ १९४५ ๑๙๔๕", ["1945", "1945", "1945"]),
    "Hebrew points vanish": ("שָׁלוֹם", ["שלום"]),
    "Devanagari vowel signs stay": ("हिन्दी में", ["हिन्दी", "में"]),
    "Hangul syllables stay": ("한국어 글", ["한국어", "글"]),
    "kana voicing is no accent": ("か が", ["か", "が"]),
    "Chinese, mixed": ("GPT模型2号", ["gpt", "模", "型", "2", "号"]),
    "Thai": ("กข", ["ก", "ข"]),
    "rare Han": ("\U00020000x\U0002f800", ["\U00020000", "x", "丽"]),
    "emoji separates, its variation selector vanishes": ("a❤\ufe0fb", ["a", "b"]),
    "half a surrogate pair separates": ("a\ud800b", ["a", "b"]),
    "private use separates": ("a\ue000b\U000f0000c", ["a", "b", "c"]),
    "nothing": ("", []),
    "punctuation only": ("?! --", []),
}
TEXTS = st.text(
    st.one_of(
        st.sampled_from("ab A.\u0301\u00adéシ東กก\u0e31한😀\u0000"),
        st.characters(exclude_categories=[]),
    ),
    max_size=40,
)


@pytest.mark.parametrize(("text", "expected"), WORDS.values(), ids=WORDS)
def test_words(text, expected):
    assert words(text) == expected
    assert plain.tokens(text, "word") == expected
    sets = shingle_sets([text], ngram=1)
    assert set(sets.hashes.tolist()) == plain.hash_set(text, 1, "word")


@given(TEXTS, st.integers(1, 6), st.sampled_from(["word", "character"]))
def test_kernel_strings_and_plain_version_agree(text, ngram, unit):
    _, hashes, _ = next(iter(hash_streams([text], ngram=ngram, unit=unit)))
    parts = plain.shingle_tokens(text, ngram, unit)
    glue = " " if unit == "word" else ""
    assert shingles(text, ngram=ngram, unit=unit) == [glue.join(p) for p in parts]
    assert hashes.tolist() == [plain.shingle_hash(p) for p in parts]
    expected = sorted(plain.hash_set(text, ngram, unit))
    assert shingle_sets([text], ngram=ngram, unit=unit).hashes.tolist() == expected


def test_every_character_is_looked_up_as_it_folds():
    letters, kinds = module._tables()
    for code in (*range(0x20000), *range(0x2F800, 0x2FA20)):
        form = fold(chr(code))
        if form == "":
            expected = module.IGNORED
        elif form == " ":
            expected = module.SEPARATES
        else:
            expected = module.ALONE if plain.spaceless(form) else module.WORD
            assert letters[code] == letters[ord(form)], hex(code)
        assert kinds[code] == expected, hex(code)
        assert (letters[code] == 0) == (expected in (module.SEPARATES, module.IGNORED))
        assert len(form) <= 1


def test_folding_again_changes_nothing():
    for code in range(0x20000):
        form = fold(chr(code))
        assert form in ("", " ") or fold(form) == form, hex(code)


def test_canonically_equal_texts_share_all_shingles():
    text = "Ünïcödé Ǻ ệ Đặng Ñandú Åse"
    forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    sets = shingle_sets(forms, ngram=2)
    assert len({tuple(sets.hashes[a:b]) for a, b in pairwise(sets.offsets)}) == 1


def test_frozen_hashes():
    """Indexes outlive releases: these must never change."""
    sets = shingle_sets(["The quick brown fox jumps over the lazy dog", "東京 is big"], ngram=5)
    assert [f"{h:016x}" for h in sets.hashes.tolist()] == FROZEN_WORDS
    assert sets.offsets.tolist() == [0, 5, 6]
    characters = shingle_sets(["Ab c"], ngram=3, unit="character")
    assert [f"{h:016x}" for h in characters.hashes.tolist()] == FROZEN_CHARACTERS


FROZEN_WORDS = [
    "2e1855a6b68d9cec",
    "688670ee3e903b7d",
    "9bd1b6c5b32975f7",
    "d4bc0d13863d0164",
    "d6dcc82c4eaaec37",
    "49a04659cf8e4f06",
]
FROZEN_CHARACTERS = ["341bb7cefc1492b2", "6290f59ae124d76c"]

TABLE = ["one two three", None, "", "東京", "four", None]
ARROW = {
    "string": pa.array(TABLE, pa.string()),
    "large_string": pa.array(TABLE, pa.large_string()),
    "string_view": pa.array(TABLE, pa.string_view()),
    "dictionary": pa.array(TABLE, pa.string()).dictionary_encode(),
    "slice": pa.array(["left out", *TABLE, "too"], pa.string()).slice(1, len(TABLE)),
    "chunks": pa.chunked_array([TABLE[:2], [], TABLE[2:]], pa.string()),
}


@pytest.mark.parametrize("array", ARROW.values(), ids=ARROW)
def test_arrow_arrays_hash_as_lists_do(array):
    from_list, from_arrow = shingle_sets(TABLE, ngram=1), shingle_sets(array, ngram=1)
    assert from_arrow.hashes.tolist() == from_list.hashes.tolist()
    assert from_arrow.offsets.tolist() == from_list.offsets.tolist() == [0, 3, 3, 3, 5, 6, 6]


@pytest.mark.parametrize("none", [[], pa.array([], pa.string()), pa.chunked_array([], pa.string())])
def test_no_texts(none):
    sets = shingle_sets(none)
    assert sets.hashes.tolist() == []
    assert sets.offsets.tolist() == [0]
    assert shingle_sets(pa.nulls(2)).offsets.tolist() == [0, 0, 0]


@given(st.binary(max_size=12))
def test_broken_utf8_is_read_without_leaving_the_text(raw):
    """Arrow does not check what it is given; bytes cut off must not reach into the next text."""
    alone = pa.StringArray.from_buffers(
        1, pa.py_buffer(np.array([0, len(raw)], np.int32)), pa.py_buffer(raw)
    )
    followed = pa.StringArray.from_buffers(
        1, pa.py_buffer(np.array([0, len(raw)], np.int32)), pa.py_buffer(raw + b"\xaa word")
    )
    one, other = shingle_sets(alone, ngram=1), shingle_sets(followed, ngram=1)
    assert one.hashes.tolist() == other.hashes.tolist()


def test_a_batch_is_cut_into_chunks_without_a_trace():
    long = " ".join(f"word{i}" for i in range(100_000))  # several chunks' worth in one text
    texts = [long, "a b", "", *["c d e"] * 3, long]
    sets = shingle_sets(texts, ngram=2)
    assert np.diff(sets.offsets).tolist() == [99_999, 1, 0, 2, 2, 2, 99_999]
    for a, b in pairwise(sets.offsets):
        assert (np.diff(sets.hashes[a:b].astype(object)) > 0).all()


def test_a_word_repeated_for_ever_costs_no_more():
    """Equal hashes meet in one place of the sort: the text alternates so that they interleave."""
    text = "a b " * 200_000 + " ".join(f"w{i}" for i in range(1000))
    assert len(shingle_sets([text], ngram=1).hashes) == 1002


@pytest.mark.parametrize("size", [0, 1, 2, 33, 34, 1_000])
@pytest.mark.parametrize("spread", [1, 60])
def test_sorting_needs_no_good_hashes(size, spread):
    """Values that all belong in one place, as if a page were written to make them so."""
    values = np.random.default_rng(size).integers(0, size + 1, size).astype(np.uint64)
    values *= np.uint64(2**spread // 1_000 + 1)
    ordered, place_ends = np.empty(size, np.uint64), np.empty(size, np.int64)
    sorting._sort_spread(values, ordered, place_ends)
    assert ordered.tolist() == sorted(values.tolist())


def test_hashes_are_good():
    """No two of a million shingles collide, every bit is fair, one letter changes half of them."""
    count = 1_000_000
    text = " ".join(str(i) for i in range(count))
    hashes = shingle_sets([text], ngram=1).hashes
    assert len(hashes) == count
    bits = np.unpackbits(hashes.view(np.uint8)).reshape(count, 64).mean(axis=0)
    assert abs(bits - 0.5).max() < 5 * 0.5 / count**0.5
    columns = np.bincount((hashes >> np.uint64(56)).astype(np.int64), minlength=256)
    assert ((columns - count / 256) ** 2).sum() / (count / 256) < 360  # chi-squared, p < 1e-5

    texts = [f"the text {i} has a word" for i in range(2_000)]
    changed = [text.replace("word", "worm") for text in texts]
    a, b = (shingle_sets(t, ngram=6).hashes for t in (texts, changed))
    assert len(a) == len(b) == 2_000
    a, b = (
        np.concatenate([shingle_sets([t], ngram=6).hashes for t in s]) for s in (texts, changed)
    )
    flips = np.unpackbits((a ^ b).view(np.uint8)).reshape(2_000, 64).mean(axis=0)
    assert abs(flips - 0.5).max() < 5 * 0.5 / 2_000**0.5


def test_order_and_length_count():
    sets = [shingle_sets([t], ngram=3).hashes.tolist() for t in ("a b c", "c b a", "a b", "ab c")]
    assert len({tuple(s) for s in sets}) == 4
    aaa = [shingle_sets(["a" * n], ngram=1).hashes[0] for n in range(1, 300)]
    assert len(set(aaa)) == 299  # rotations return after 64 letters


def test_ngram_below_one_is_refused():
    with pytest.raises(ValueError, match="ngram must be at least 1, got 0"):
        shingle_sets(["a"], ngram=0)


def test_utf8_of_an_arrow_array_is_not_copied():
    array = pa.array(["abc", "d"])
    data, offsets = utf8(array)
    assert data.ctypes.data == array.buffers()[2].address
    assert offsets.tolist() == [0, 3, 4]
