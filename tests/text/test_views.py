"""A text that remembers its views."""

import pickle
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.filters import C4, FineWebQuality, GopherQuality, GopherRepetition, Text, measure
from curate.text.views import _KATAKANA, SPACELESS, has_words, split_words
from curate.text.word_counts import count_words

FILTERS = [C4(), FineWebQuality(), GopherQuality(), GopherRepetition()]
FILTERS += [type(made)(variant="datatrove") for made in FILTERS]


def test_a_view_is_made_once():
    calls = []

    def view(text):
        calls.append(text)
        return text.split()

    text = Text("a b")
    assert text.view(view) is text.view(view)
    assert calls == ["a b"]
    assert Text("a b").view(view) is not text.view(view)


def test_filters_share_one_split(monkeypatch):
    calls = []

    def counted(text):
        calls.append(1)
        return split_words(text)

    monkeypatch.setattr("curate.text.views.split_words", counted)
    text = Text("The words of this text are with us. " * 10)
    for made in FILTERS[:4]:
        made(text)
    measure(text)
    assert len(calls) == 1


def test_it_is_a_str():
    text = Text("Ab")
    assert text == "Ab"
    assert hash(text) == hash("Ab")
    assert {text: 1}["Ab"] == 1
    assert type(text.lower()) is str
    assert Text.of(text) is text
    assert type(Text.of("Ab")) is Text
    assert Text() == ""


def test_it_pickles_without_its_views():
    text = Text("a b c")
    text.view(len)
    again = pickle.loads(pickle.dumps(text))
    assert again == text
    assert type(again) is Text
    assert again._views == {}


def test_lines_and_paragraphs():
    text = Text(" one\r\ntwo\u2028three\n\n\n four \n \n\t\n")
    assert text.lines == ["one", "two", "three", "four"]
    assert text.paragraphs == ["one\r\ntwo\u2028three", "four"]
    assert Text(" \n ").lines == Text(" \n ").paragraphs == Text(" ").words == []


@given(st.text())
def test_words_lose_nothing_but_white_space(text):
    words = split_words(text)
    assert "".join(words) == "".join(text.split())
    assert all(words)


@given(st.text())
def test_shared_or_not_the_verdict_is_the_same(text):
    shared = Text(text)
    assert [made(shared) for made in FILTERS] == [made(text) for made in FILTERS]
    assert C4().clean(shared) == C4().clean(text)


def test_filters_pickle():
    for made in FILTERS:
        again = pickle.loads(pickle.dumps(made))
        assert again == made
        assert again("Some text.") == made("Some text.")


MARKS = "".join(
    character
    for character in map(chr, (*range(0xE01, 0x17D4), 0x3099, 0x309A))
    if unicodedata.category(character)[0] == "M"
)
MARKS += "\u0e33\u0eb3\u200d\ufe00-\ufe0f"
LOOSE = rf"[^\w\s{SPACELESS}]*"
ONE_WORD = re.compile(
    rf"(?:[{_KATAKANA}][{MARKS}]*)+{LOOSE}|[{SPACELESS}][{MARKS}]*{LOOSE}|[^{SPACELESS}\s]+"
)
SCRIPTS = st.text(
    st.sampled_from("漢字のカター\u3099ที่ำขၾ𠀀\u200d\ufe0f一ab1 ,。（\n་ሀ፡é"), max_size=30
)
MIXED = st.lists(SCRIPTS, max_size=5).map(" in a text of words ".join)
TEXTS = SCRIPTS | st.text(max_size=30) | MIXED


@given(TEXTS)
def test_words_are_those_of_a_pattern_of_one_word(text):
    plain = re.sub("[\u0f0b\u0f0c\u1361]", " ", text)
    words = [word for run in plain.split() for word in ONE_WORD.findall(run)]
    if not re.search(f"[{SPACELESS}]", text):
        words = plain.split()
    assert split_words(text) == words
    for number in (1, 2, 5):
        assert has_words(text, number) == (len(words) >= number)


@given(TEXTS)
def test_counts_are_those_of_the_list_of_words(text):
    words = split_words(text)
    counts = count_words(text)
    assert (counts.number, counts.characters) == (len(words), len("".join(words)))
    assert counts.without_letters == sum(not any(map(str.isalpha, word)) for word in words)
    assert counts.all_forms() == set(words)
    assert counts.among([*"漢の一a", "カター"]) == set(words) & {*"漢の一a", "カター"}


PARTS = ("ท", "ที", "กา")  # of words
WITH_SIGNS = (
    "\u0e3f\u0e3f ราคา ๑๒ บาท ๆ",
    "๑\u0e33 ๑ ๒\u0e48",
    "កម្ពុជា។ ៥០០៛",
    "မြန်မာ ၁၂",
    "ที่นา漢字の\u3099",
)


@pytest.mark.parametrize("text", WITH_SIGNS)
def test_signs_and_digits_with_marks_are_counted_like_other_words(text):
    words = split_words(text)
    counts = count_words(text)
    assert (counts.number, counts.characters) == (len(words), len("".join(words)))
    assert counts.without_letters == sum(not any(map(str.isalpha, word)) for word in words)
    signs = [word for word in words if not any(map(str.isalnum, word))]
    assert (counts.signs, counts.sign_characters) == (len(signs), len("".join(signs)))
    assert counts.among([*words, *PARTS]) == set(words) & {*words, *PARTS}
