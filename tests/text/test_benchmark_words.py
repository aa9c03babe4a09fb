"""Words and where they stand: the compiled way against the plain one."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.text.benchmark_words import TABLE_SIZE, codes, fold, fold_all, grams, tokens, words

CASES = {  # text -> joined, parted
    "case": ("The THE tHe", "the the the", None),
    "marks": ("«Hi», (she) said: no!", "hi she said no", None),
    "a dash alone": ("one - two — three -- four", "one two three four", None),
    "a dash between words": ("one—two--three", "onetwothree", "one two three"),
    "a hyphen": ("well-known", "wellknown", "well known"),
    "apostrophes": ("don't don’t ’tis", "dont dont tis", "don t don t tis"),
    "numbers": ("1,000.5 $3", "10005 3", "1 000 5 3"),
    "white space of all kinds": ("a\u00a0b\u2003c\nd\te\u3000f\x00g\x85h", "a b c d e f g h", None),
    "accents": ("Café cafe\u0301 CAFE", "cafe cafe cafe", None),
    "sharp s": ("Straße STRASSE", "strasse strasse", None),
    "ligatures": ("ﬁne FINE", "fine fine", None),
    "final sigma": ("ΣΊΣΥΦΟΣ σίσυφος", "σισυφοσ σισυφοσ", None),
    "invisible": ("so\u00adft jo\u200din \ufeffa", "soft join a", None),
    "scripts without spaces": ("東京は。ab", "東 京 は ab", "東 京 は ab"),
    "voiced or not": ("が か\u3099", "か か", None),
    "Hangul in both forms": ("한국 " + unicodedata.normalize("NFD", "한국"), None, None),
    "points and vowels": ("שָׁלוֹם שלום", "שלום שלום", None),
    "Arabic of other keyboards": ("علی كتـــاب", "علي كتاب", None),
    "digits of other scripts": ("١٩٤٥ १९४५", "1945 1945", None),
    "a half": ("½", "12", "1 2"),
    "emoji": ("a 😀 b", "a b", None),
    "half a surrogate pair": ("a\ud800b", "ab", "a b"),
    "nothing": ("", "", None),
    "marks only": ("... — !", "", None),
    "a ligature with spaces in it": ("\ufdfa" * 3, None, None),
    "beyond the planes of letters": ("a\U000e0041b \U0010fffd", "ab", None),
}


@pytest.mark.parametrize(("text", "joined", "parted"), CASES.values(), ids=CASES)
def test_words(text, joined, parted):
    if joined is not None:
        assert words(text) == joined.split()
        assert words(text, parted=True) == (joined if parted is None else parted).split()
    agree(text)


def test_equal_forms_have_equal_words():
    one, other = words(CASES["Hangul in both forms"][0])
    assert one == other


def agree(text):
    """The compiled words stand where the plain ones do, equal ones have equal hashes."""
    for parted in (False, True):
        result = tokens(codes(text), parted=parted)
        plain = words(text, parted=parted)
        assert len(result.hashes) == len(plain)
        for word, start, stop in zip(plain, result.starts, result.stops, strict=True):
            # A character that stands for several words gives each of them its own place.
            assert word in words(text[start:stop], parted=parted)
        by_word = dict(zip(plain, result.hashes.tolist(), strict=True))
        assert [by_word[word] for word in plain] == result.hashes.tolist()
        assert len(set(by_word.values())) == len(by_word), "different words, different hashes"
        assert np.all(np.diff(result.starts) >= 0)


@settings(max_examples=100)
@given(st.text(max_size=60))
def test_any_text(text):
    agree(text)


@settings(max_examples=100)
@given(st.text(st.characters(max_codepoint=0x24F), max_size=40))
def test_copies_in_another_form_have_the_same_words(text):
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        if not any(c in text for c in "`´¨¯¸·;"):  # marks with a compatibility form of their own
            assert words(unicodedata.normalize(form, text)) == words(text)
    assert words(text.casefold()) == words(text)


def test_every_character_of_the_table():
    """In blocks: all code points as the plain way has them."""
    for first in range(0, 0x20000, 0x400):
        text = "x".join(map(chr, range(first, first + 0x400)))
        for parted in (False, True):
            result, plain = tokens(codes(text), parted=parted), words(text, parted=parted)
            assert len(result.hashes) == len(plain), hex(first)
    assert fold(chr(0x2F800)) == "丽"
    assert len(tokens(codes(chr(TABLE_SIZE - 1) + chr(TABLE_SIZE))).hashes) == 1


def test_grams_depend_on_order_and_number():
    hashes = tokens(codes("a b c a b c")).hashes
    three = grams(hashes, 3)
    assert len(three) == 4
    assert three[0] == three[3]
    assert len(set(three.tolist())) == 3
    assert not set(three.tolist()) & set(grams(hashes, 2).tolist())
    assert len(grams(hashes, 7)) == 0
    assert len(grams(hashes, 6)) == 1


def test_characters_are_folded_together_as_each_alone() -> None:
    every = [*map(chr, range(0, 0x20000, 3)), *map(chr, range(0x2F800, 0x2FA20)), *"ǅΣϒ\u0345İﬃ…\0"]
    assert fold_all(every) == [*map(fold, every)]
