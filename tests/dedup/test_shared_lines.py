"""Lines that documents share: what makes two lines one, and which of them stay."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from curate.dedup.shared_lines import (
    NO_KEEPER,
    line_hashes,
    remove_shared_lines,
    without_shared_lines,
)

ONE_LINE = {
    "letter case": ("Read more", "READ MORE"),
    "digits": ("12 comments", "98 comments"),
    "digits of another script": ("٣ comments", "3 comments"),
    "punctuation": ("Home | About us.", "Home | About - us"),
    "punctuation beyond ASCII": ("“Home”…", "Home"),
    "white space": ("  Home\tAbout ", "Home About"),
    "white space beyond ASCII": ("Home\u00a0About", "Home About"),
    "end of a line in Windows": ("Home\r", "Home"),
    "composed or not": ("é", "e\u0301"),
    "marks nobody sees": ("Ho\u00admes", "Homes"),
}

TWO_LINES = {
    "how many digits": ("1 comment", "12 comment"),
    "accents": ("resume", "résumé"),
    "symbols": ("a + b", "a b"),
    "words run together": ("Home About", "HomeAbout"),
    "order": ("a b", "b a"),
}

NO_LINE = {"empty": "", "blank": " \t", "rule": "-----", "dots": "…", "marks": "\u200b\u00ad"}


@pytest.mark.parametrize(("one", "other"), ONE_LINE.values(), ids=ONE_LINE)
def test_lines_that_are_one(one, other):
    assert line_hashes(one) == line_hashes(other) != [None]


@pytest.mark.parametrize(("one", "other"), TWO_LINES.values(), ids=TWO_LINES)
def test_lines_that_are_two(one, other):
    assert line_hashes(one) != line_hashes(other)


@pytest.mark.parametrize("text", NO_LINE.values(), ids=NO_LINE)
def test_lines_with_nothing_on_them(text):
    assert line_hashes(text) == [None]


# of "home" and "posted on 00 may 0000"
FROZEN = (-3163549301663267302, -5076765762935328270)  # xxh3_64 less 2^63


def test_hashes_are_frozen():
    """A change of these would cut other lines tomorrow than today."""
    assert line_hashes("Home\n\nPosted on 12 May 2019.") == [FROZEN[0], None, FROZEN[1]]


CASES = {
    "nothing repeats": (["a\nb", "c\n\n\nd\n"], None, ["a\nb", "c\n\n\nd\n"]),
    "the first stays": (["a\nb", "b\nc"], None, ["a\nb", "c"]),
    "the first of a text's own": (["a\nb\na"], None, ["a\nb"]),
    "of a text's own, another's": (["a", "b\na\na"], None, ["a", "b"]),
    "nothing is left": (["a\nb", "A.\n\nB!"], None, ["a\nb", ""]),
    "lines without words stay": (["a\n---\nb", "---\nc"], None, ["a\n---\nb", "---\nc"]),
    "empty lines close up": (["x", "a\n\nx\n\nb\n\nx"], None, ["x", "a\n\nb"]),
    "empty lines elsewhere, too": (["x", "a\n\n\n\nb\nx"], None, ["x", "a\n\nb"]),
    "common lines go everywhere": (["x\na", "x\nb", "x\nc"], 2, ["a", "b", "c"]),
    "common is more than": (["x\na", "x\nb"], 2, ["x\na", "x\nb"]),
    "documents are counted": (["x\nx\nx\na", "b"], 2, ["x\nx\nx\na", "b"]),
    "in more than one": (["x\na", "b\nX."], 1, ["a", "b"]),
}


@pytest.mark.parametrize(("texts", "most", "left"), CASES.values(), ids=CASES)
def test_what_is_left(texts, most, left):
    assert remove_shared_lines(texts, most=most) == left


def test_who_keeps_a_line_is_said():
    (home,) = line_hashes("home")
    assert without_shared_lines("Home\na\nHOME", 5, {home: 5}) == ("Home\na", 1)
    assert without_shared_lines("Home\na\nHOME", 6, {home: 5}) == ("a", 2)
    assert without_shared_lines("Home\na\nHOME", 5, {home: NO_KEEPER}) == ("a", 2)
    assert without_shared_lines("Home\na\nHOME", 5, {}) == ("Home\na\nHOME", 0)


def plain_line(line):
    """Return what is left of a line before it is hashed, character by character."""
    out = ""
    for character in unicodedata.normalize("NFC", line).lower():
        category = unicodedata.category(character)
        if character.isspace():
            out += " "
        elif category == "Nd":
            out += "0"
        elif not category.startswith(("P", "C")):
            out += character
    return " ".join(out.split())


def plainly_left(texts, most):
    """Return the lines left of each text that have words, the slow and plain way."""
    lines = [[plain_line(line) for line in text.split("\n")] for text in texts]
    result = []
    for number, own in enumerate(lines):
        kept = []
        for place, line in enumerate(own):
            before = [*lines[:number], own[:place]] if line else []
            if most is None:
                stays = not any(line in other for other in before)
            else:
                stays = not line or sum(line in other for other in lines) <= most
            if stays:
                kept.append(texts[number].split("\n")[place])
        result.append([line for line in kept if line.strip()])
    return result


TEXTS = st.lists(
    st.lists(
        st.sampled_from(["a", "A.", "b", "1", "٢", "", " ", "--", "a b", "a\u00a0B"])
        | st.text(alphabet=st.characters(exclude_characters="\n"), max_size=3)
    ).map("\n".join),
    max_size=6,
)


@given(TEXTS, st.none() | st.integers(1, 3))
@example(["İ", "i\u0307"], None)
def test_the_plain_rule_says_the_same(texts, most):
    left = remove_shared_lines(texts, most=most)
    result = [[line for line in text.split("\n") if line.strip()] for text in left]
    assert result == plainly_left(texts, most)


@given(TEXTS)
def test_a_second_time_nothing_goes(texts):
    once = remove_shared_lines(texts)
    assert remove_shared_lines(once) == once
