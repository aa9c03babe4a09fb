"""RefinedWeb's line rules, on both sides of their bounds and on odd texts."""

import pytest

from curate.filters import RefinedWeb, find
from curate.steps import apply

PROSE = "The cat sat on the mat and looked out of the window at the rain."

CUT = {  # line -> what is left of it
    "prose": (PROSE, PROSE),
    "more than half upper case": ("CONTACT us", ""),
    "half upper case": ("ABcd EFgh", "ABcd EFgh"),
    "shouted prose": (PROSE.upper(), ""),
    "digits": ("2024", ""),
    "digits and signs": ("12 / 2024 - 3,4", ""),
    "digits and letters": ("2024 was a year", "2024 was a year"),
    "signs alone are no number": ("- - -", "- - -"),
    "a counter": ("3 likes", ""),
    "a counter of one": ("1 Share", ""),
    "a large counter": ("12.5K views", ""),
    "no counter": ("3 cats like it", "3 cats like it"),
    "one word": ("Menu", ""),
    "two words": ("Main menu", "Main menu"),
    "one word of Arabic": ("القائمة", ""),
    "Chinese needs no spaces": ("今天天气很好。", "今天天气很好。"),
    "sign-in at the start": ("Sign in to write a comment", "to write a comment"),
    "read more at the end": ("The cat slept. Read more...", "The cat slept."),
    "read more in the middle": ("You can read more in the book", "You can read more in the book"),
    "items in cart": ("You have 2 items in cart now", "You have"),
    "a fragment in a long line": (PROSE + " Read more...", PROSE + " Read more..."),
    "blank": ("", ""),
}


@pytest.mark.parametrize(("line", "left"), CUT.values(), ids=CUT)
def test_lines(line, left):
    text = f"{PROSE}\n{line}\n{PROSE}"
    result = RefinedWeb(too_many_cut_words=None).clean(text)
    if label_of(line) == "items in cart":
        assert result.split("\n")[1].startswith(left)
        assert "cart" not in result
        return
    middle = [left] if left or not line else []
    assert result == "\n".join([PROSE, *middle, PROSE])


def label_of(line):
    return next(label for label, (one, _) in CUT.items() if one == line)


def test_a_page_that_loses_more_than_its_share_is_dropped():
    rules = RefinedWeb()
    assert rules("\n".join([PROSE] * 19 + ["Menu"])) is None
    assert rules("\n".join([PROSE, "Menu"])) == "too_many_cut_words"
    twenty = " ".join(["cat"] * 19)
    assert rules(f"{twenty}\nMenu") is None, "one of twenty is 5 %, not more"
    assert rules(f"{' '.join(['cat'] * 18)}\nMenu") == "too_many_cut_words"


def test_addresses_and_line_breaks():
    clean = RefinedWeb(too_many_cut_words=None).clean
    assert clean("See https://a.org/b?c=d for more") == "See  for more"
    assert clean(f"{PROSE}\n\n\n\n{PROSE}") == f"{PROSE}\n\n{PROSE}"
    assert RefinedWeb(urls=False, newlines=None).clean(f"a www.b.org\n\n\n\n{PROSE}") == (
        f"a www.b.org\n\n\n\n{PROSE}"
    )


@pytest.mark.parametrize("text", ["", "\n", "...", " \n \n", "…\n—"])
def test_odd_texts(text):
    assert RefinedWeb()(text) in (None, "too_many_cut_words")
    assert len(RefinedWeb().clean(text)) <= len(text)
    assert apply(find("refinedweb"), text)[1] in (None, "too_many_cut_words")


def test_cleaning_twice_is_cleaning_once():
    text = "\n".join(line for line, _ in CUT.values())
    once = RefinedWeb().clean(text)
    assert RefinedWeb().clean(once) == once


def test_everything_can_be_switched_off():
    off = RefinedWeb(
        uppercase=None, numbers=False, counters=False, single_words=False,
        fragments=None, urls=False, newlines=None, too_many_cut_words=None,
    )  # fmt: skip
    text = "\n".join(line for line, _ in CUT.values()).strip()
    assert off.clean(text) == text
    assert off(text) is None
