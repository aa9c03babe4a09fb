"""C4: bad words, defaults of the variants, and its two uses of one pass."""

import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.filters import C4, Text
from curate.filters.c4 import BadWords

PAGE = "One good sentence stands here.\nAnd a second good one follows.\nThen a third one ends it."


@pytest.fixture
def words(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("darn\nbloody hell\n\n  Heck \na_b\n2g1c\n坏话\n", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Well, darn this is bad.", "bad_word"),
        ("Darn, this is so bad.", "bad_word"),  # begins the line: C4's code misses it
        ("This is so bad, DARN.", "bad_word"),
        ("He darned his socks today.", None),
        ("Oh bloody hell it rains.", "bad_word"),
        ("Oh bloody, hell it rains.", None),
        ("What the heck is this.", "bad_word"),
        ("This is the a_b test.", "bad_word"),
        ("It is 2g1c in here.", "bad_word"),
        ("A line with 说坏话的 in it.", "bad_word"),
        ("A line with 好话 in it.", None),
        ("darn without a full stop", None),
        ("Oh d[1]arn this is bad.", "bad_word"),  # citations are removed first
    ],
)
def test_bad_words(words, line, reason):
    assert C4(edit=True, bad_word=words)(f"{PAGE}\n{line}") == reason
    assert C4(edit=True)(f"{PAGE}\n{line}") is None


@given(st.text("abc -_2坏"), st.lists(st.text("abc 2坏", min_size=1), min_size=1))
def test_bad_words_equal_one_plain_pattern(text, phrases):
    plain = "|".join(map(re.escape, phrases))
    result = re.search(f"(?<![a-z])(?:{plain})(?![a-z])", text) is not None
    assert BadWords(phrases).occur_in(text) == result


def test_bad_words_pickle(words):
    c4 = pickle.loads(pickle.dumps(C4(edit=True, bad_word=words)))
    assert c4(PAGE + "\nWell, darn this is bad.") == "bad_word"


@pytest.mark.parametrize("content", [b"", b" \n\n", b"\xff\xfe\x00"])
def test_a_list_without_words_is_an_error(tmp_path, content):
    path = tmp_path / "words.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="bad_word"):
        C4(edit=True, bad_word=str(path))


def test_a_real_list(data):
    c4 = C4(edit=True, bad_word=str(data / "lists" / "ldnoobw_en.txt"))
    assert c4(PAGE) is None
    assert c4(PAGE + "\nWhat a lot of bullshit this is.") == "bad_word"


def test_defaults_follow_the_variant():
    tfds, datatrove = C4(), C4(variant="datatrove")
    assert (tfds.few_words, tfds.too_few_sentences, tfds.too_many_characters) == (5, 3, 190_000)
    assert (datatrove.few_words, datatrove.too_few_sentences) == (3, 5)
    assert datatrove.too_many_characters is None
    assert C4(variant="datatrove", few_words=None).few_words is None


def test_one_pass_serves_the_judge_and_the_edit(monkeypatch):
    calls = []
    monkeypatch.setattr(
        "curate.filters.c4.C4._trim", lambda _, line: calls.append(line) or (None, line)
    )
    c4, text = C4(), Text(PAGE)
    assert c4(text) is None
    assert c4.clean(text) == PAGE
    assert len(calls) == 3


def test_two_settings_on_one_text_do_not_mix():
    text = Text(PAGE + "\nno full stop at this end")
    assert C4(edit=True).clean(text) == PAGE
    assert C4(edit=True, terminal_punctuation=False).clean(text) == text
    assert C4(edit=True).clean(text) == PAGE


@given(st.text("ab .{\n[1]"))
def test_cleaning_a_kept_page_twice_keeps_it(text):
    """Removing citations can leave what a second pass would cut; nothing else can."""
    c4 = C4(edit=True, too_few_sentences=None, citations=False, few_words=2)
    if c4(text) is None:
        assert c4(c4.clean(text)) is None
        assert c4.clean(c4.clean(text)) == c4.clean(text)


def slow(text):
    """C4's rules on one line after the other, in the order of the paper's code."""
    kept = []
    for line in map(str.strip, text.splitlines()):
        if any(len(word) > 1000 for word in line.split()):
            continue
        line = re.sub(r"\[\d*\]|\[edit\]|\[citation needed\]", "", line)  # noqa: PLW2901
        if line[-1:] not in {".", "?", "!", '"'} or line[-3:] == "...":
            continue
        if len(line.split()) < 2:
            continue
        lower = line.lower()
        if "lorem ipsum" in lower:
            return "lorem_ipsum"
        if "javascript" in lower:
            continue
        if "{" in line:
            return "curly_bracket"
        if "use cookies" in lower or "uses cookies" in lower or "cookie policy" in lower:
            continue
        kept.append(line)
    return kept


PIECES = ["lorem", "ipsum", "JavaScript", "{", "use", "s", "cookies", "cookie policy", "[1]"]
PIECES += [" ", " ", " ", "\n", "\n", ".", ".\n", "...", '"', "word", "[", "]", "[edit]"]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_the_pass_equals_a_plain_one(text):
    c4, expected = C4(edit=True, few_words=2, too_few_sentences=None), slow(text)
    if isinstance(expected, str):
        assert c4(text) == expected
    else:
        assert c4(text) is None
        assert c4.clean(text) == "\n".join(expected).strip()
