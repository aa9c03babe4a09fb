"""Masked words: the compiled pass against a plain version by the definition."""

import unicodedata
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.quality import masks
from curate.quality.features import _TYPOGRAPHY
from curate.quality.function_words import ENGLISH, found_in, function_words
from curate.quality.masked_features import Vocabulary, count, named_buckets
from curate.quality.masks import LOWER, SINGLE, SUFFIX, characters, codes_of, shown, words_of

KEPT = ("the", "don't", "a", "的", "é")
ALPHABET = "aAbBéÉßthe don't'’  \n\t\u00a0\u00ad…x1234—-..,|的東カไтЖ日אب\u0301🙂\ud800"
TEXTS = st.lists(
    st.one_of(
        st.text(st.sampled_from(ALPHABET), max_size=60),
        st.text(max_size=30),
        st.lists(st.sampled_from(["the", "Don’t", "cat", "XML", "2nd", "3.14", "..", "a"])).map(
            " ".join
        ),
    ),
    min_size=1,
    max_size=4,
)
SPACELESS = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")


def kind(char):
    char = _TYPOGRAPHY.get(char, char)[0]
    category = unicodedata.category(char)
    if ord(char) > 0xFFFF:
        return "sign"
    if char.isspace() or category == "Zl":
        return "space"
    if category in ("Cf", "Cc", "Cs"):
        return "skipped"
    if category[0] == "N":
        return "digit"
    if category[0] == "L" and unicodedata.name(char, "").startswith(SPACELESS):
        return "single"
    if category[0] in "LM":
        return {"Lu": "upper", "Lt": "upper", "Ll": "lower"}.get(category, "caseless")
    return "sign"


def plain_char(char):
    lower = _TYPOGRAPHY.get(char, char)[0].lower()
    return lower if len(lower) == 1 else _TYPOGRAPHY.get(char, char)[0]


def plainly(text, kept=KEPT, suffix=SUFFIX):
    """Return the masked words as something readable, and how many runs without space there are."""
    text = text.encode("utf-32-le", "replace").decode("utf-32-le")
    chars = [(char, kind(char)) for char in text]
    seen, runs, place = [], 0, 0
    previous = "space"
    letters = ("lower", "upper", "caseless")
    while place < len(chars):
        char, what = chars[place]
        if what == "skipped":
            place += 1
            continue
        runs += what != "space" and previous == "space"
        previous = what
        if what == "space":
            place += 1
        elif what in letters:
            word = []
            while place < len(chars):
                char, what = chars[place]
                apostrophe = (
                    ord(char) < 0x10000 and plain_char(char) == "'" and what not in letters
                    and place + 1 < len(chars) and chars[place + 1][1] in letters
                )  # fmt: skip
                if what in letters or apostrophe:
                    word.append((plain_char(char), what))
                elif what != "skipped":
                    break
                place += 1
            seen.append(mask(word, kept, suffix))
        elif what == "single":
            seen.append(("word", plain_char(char)) if plain_char(char) in kept else ("single",))
            place += 1
        elif what == "digit":
            digits = 0
            while place < len(chars) and chars[place][1] == "digit":
                digits, place = digits + 1, place + 1
            seen.append(("digits", min(digits, 5)))
        else:
            sign, times = plain_char(char), 0
            while place < len(chars) and chars[place][1] == "sign":
                if plain_char(chars[place][0]) != sign:
                    break
                times, place = times + 1, place + 1
            seen.append(("sign", sign, min(times, 3)))
    return seen, runs


def mask(word, kept, suffix):
    letters = "".join(char for char, _ in word)
    if letters in kept:
        return ("word", letters)
    kinds = [what for _, what in word]
    uppers = kinds.count("upper")
    if uppers == 0:
        shape = "lower" if "lower" in kinds else "caseless"
    elif uppers == len(word) and uppers > 1:
        shape = "upper"
    elif uppers == 1 and kinds[0] == "upper":
        shape = "capitalised"
    else:
        shape = "mixed"
    left = min(suffix, len(letters) - 1)
    return ("masked", shape, letters[len(letters) - left :])


def grams(symbols):
    return [tuple(symbols[i : i + n]) for n in (1, 2, 3) for i in range(len(symbols) - n + 1)]


@given(TEXTS, st.sampled_from([1, 2, 3, 4]))
def test_counts_are_those_of_the_definition(texts, suffix):
    """Runs of masked words get the same bucket where they are equal, in 2^40 of them else not."""
    known = Vocabulary.of(KEPT)
    result = count(texts, known, 40, suffix)
    buckets = {}
    for i, text in enumerate(texts):
        expected = Counter(grams(plainly(text, suffix=suffix)[0]))
        own = slice(result.starts[i], result.starts[i + 1])
        assert result.counts[own].tolist() == list(expected.values()), "in the order of the text"
        for gram, bucket in zip(expected, result.buckets[own].tolist(), strict=True):
            assert buckets.setdefault(gram, bucket) == bucket
    assert len(set(buckets.values())) == len(buckets)


CASES = {
    "words": ("The cat", [("word", "the"), ("masked", "lower", "at")]),
    "case": (
        "Running UPPER camelCase A",
        [("masked", "capitalised", "ng"), ("masked", "upper", "er"),
         ("masked", "mixed", "se"), ("word", "a")],
    ),
    "apostrophes": ("don’t Peter's '", [("word", "don't"), ("masked", "capitalised", "'s"),
                                        ("sign", "'", 1)]),
    "numbers": ("3.14 123456", [("digits", 1), ("sign", ".", 1), ("digits", 2), ("digits", 5)]),
    "signs": ("!? .... —", [("sign", "!", 1), ("sign", "?", 1), ("sign", ".", 3),
                            ("sign", "-", 1)]),
    "no spaces": ("東的", [("single",), ("word", "的")]),
    "unseen": ("ca\u00adt", [("masked", "lower", "at")]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_masks(text, expected):
    assert plainly(text)[0] == expected
    assert count([text], Vocabulary.of(KEPT)).counts.sum() == len(grams(expected))


def test_what_a_text_is_about_does_not_count():
    known = Vocabulary.of(ENGLISH)
    result = count(
        ["The parser was loading a table.", "The singer was holding a cable."], known, 40
    )
    half = result.starts[1]
    shared = set(result.buckets[:half].tolist()) & set(result.buckets[half:].tolist())
    assert len(shared) > len(result.buckets[:half]) / 2


def test_buckets_are_frozen():
    """A change here makes every trained model worthless."""
    result = count(["The cat, 12 cats."], Vocabulary.of(["the"]), 18, 3)
    assert result.buckets.tolist() == FROZEN


FROZEN = [
    147557, 117370, 176840, 220478, 23581, 19811, 10105, 175006, 63493, 140594, 37222, 143792,
    60696, 251544, 237162,
]  # fmt: skip


def as_shown(own):
    if own[0] == "masked":
        case = {"lower": "", "caseless": "", "capitalised": "^", "upper": "^^", "mixed": "*"}
        return f"{case[own[1]]}~{own[2]}"
    return {"word": own[-1], "single": "~", "digits": "#" * (own[-1] if own[0] == "digits" else 0),
            "sign": own[1] * own[2] if own[0] == "sign" else ""}[own[0]]  # fmt: skip


@given(st.text(st.sampled_from(ALPHABET), max_size=60))
def test_runs_are_shown_as_they_are_counted(text):
    known = Vocabulary.of(KEPT)
    masked = plainly(text)[0]
    assert shown(text, KEPT) == [as_shown(own) for own in masked]
    result = named_buckets(text, known, KEPT)
    assert len(result) == len(grams(masked))
    counts = count([text], known)
    assert Counter(bucket for bucket, _ in result) == dict(
        zip(counts.buckets.tolist(), counts.counts.tolist(), strict=True)
    )


@given(st.text(st.sampled_from(ALPHABET), max_size=60))
def test_words_are_the_runs_of_letters(text):
    masked, _ = plainly(text, kept=words_of(text))
    assert words_of(text) == [own[1] for own in masked if own[0] == "word"]


def test_characters_cover_the_first_plane():
    kinds, plain = characters()
    assert len(kinds) == len(plain) == 1 << 16
    assert codes_of("\ud800").tolist() == [ord("?")]
    assert kinds[0x4E00] == kinds[ord("ก")] == 4
    assert np.all(kinds < 8)


def test_function_words_of_other_languages_are_those_every_source_has():
    texts = [("de", "a", "der Hund und die Katze"), ("de", "a", "der Mond und das Meer"),
             ("de", "b", "und der Prozess der Maschine"), ("en", "a", "anything")]  # fmt: skip
    assert function_words(texts)["de"] == frozenset(), "too few to tell"
    result = function_words(texts * 20)
    assert result["de"] == {"der", "und"}
    assert result["en"] == ENGLISH
    assert found_in({"a": ["x y z"], "b": ["x y z"]}, most=2, fewest=1) == {"x", "y"}


@given(TEXTS)
def test_words_are_the_symbols_of_letters(texts):
    for text in texts:
        shape = [token.plain for token in masks._tokens(text) if token.kind in (LOWER, SINGLE)]
        assert words_of(text) == shape
