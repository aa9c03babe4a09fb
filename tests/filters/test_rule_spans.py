"""What a rule objects to in a text is what it counts."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.filters import find
from curate.filters.rule_spans import _FINDERS, MOST, rule_spans
from curate.filters.settings import bounds
from curate.text.blocks import Block

FILTERS = ("c4", "gopher_quality", "gopher_repetition", "fineweb", "refinedweb")
SAME = "the very same five words"
# Filter, its settings, reason, text -> the marked pieces.
CASES = {
    "lorem ipsum": ("c4", {}, "lorem_ipsum", "A LOREM Ipsum, a lorem ipsum.",
                    ["LOREM Ipsum", "lorem ipsum"]),
    "brackets": ("c4", {"edit": True}, "curly_bracket", "One.\n  if (a) {  \nTwo.", ["if (a) {"]),
    "bullets": ("gopher_quality", {}, "too_many_bullets", "* one\n  - two\nthree", ["*", "-"]),
    "ends": ("gopher_quality", {}, "too_many_ellipsis_lines", "More...\nNo. \nYes … \n",
             ["More...", "Yes …"]),
    "ellipses": ("gopher_quality", {}, "too_many_ellipses", "a... b… c", ["...", "…"]),
    "hashes": ("gopher_quality", {}, "too_many_hashes", "## a #b", ["##", "#"]),
    "no letters": ("gopher_quality", {}, "too_few_alphabetic_words", "a 12 b3 -- c", ["12"]),
    "no letters, signs too": ("gopher_quality", {"sign_words": True}, "too_few_alphabetic_words",
                              "a 12 b3 -- c", ["12", "--"]),
    "long items": ("gopher_quality", {"item_words": 2}, "too_many_bullets",
                   "* one\n- two three four\n- five six", ["*", "-"]),
    "leads": ("gopher_repetition", {}, "duplicate_lines", "a:\nb\n--\nb\n--\na:", ["b"]),
    "short lines": ("fineweb", {"short_line": 4}, "too_many_short_lines", "Home\nA longer line\nUs",
                    ["Home", "Us"]),
    "copied lines": ("gopher_repetition", {}, "duplicate_lines", "a\nb\n a \nc\nb", ["a", "b"]),
    "copied paragraphs": ("gopher_repetition", {}, "duplicate_paragraphs",
                          "One\ntwo.\n\nThree.\n\nOne\ntwo.", ["One\ntwo."]),
    "copied for FineWeb": ("fineweb", {}, "repeated_lines", "x y\nx y\nx y", ["x y", "x y"]),
    "the most frequent": ("gopher_repetition", {}, "top_2_gram", "a b c a b d c d",
                          ["a b", "a b"]),
    "repeated words": ("gopher_repetition", {}, "duplicate_5_grams", f"{SAME} or {SAME} or",
                       [SAME + " or"]),
    "repeated characters": (
        "gopher_repetition", {"gram_characters": 1.5}, "duplicate_5_grams",
        "昨天 下午我和朋友，昨天 下午我和朋友", ["昨天 下午我和朋友"]),
    "no prose": ("refinedweb", {}, "too_many_cut_words", "A sentence.\n12 likes\nMore of it.",
                 ["12 likes\n"]),
    "of the whole text": ("gopher_quality", {}, "too_few_words", "Few words.", []),
    "of another filter": ("gopher_quality", {}, "lorem_ipsum", "lorem ipsum", []),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "settings", "reason", "text", "pieces"), CASES.values(), ids=CASES
)
def test_pieces(name, settings, reason, text, pieces):
    found = rule_spans(find(name, **settings), text, reason)
    assert [text[start:end] for start, end in found] == pieces


def test_words_of_a_list(tmp_path):
    words = tmp_path / "words.txt"
    words.write_text("bad word\nworse\n漢\n")
    text = "A Bad word, not worsen; WORSE, 漢."
    found = rule_spans(find("c4", bad_word=str(words)), text, "bad_word")
    assert [text[start:end] for start, end in found] == ["Bad word", "WORSE", "漢"]


def test_of_prose_rules_only_prose_is_rule_spans():
    prose = "word " * 60
    text = f"* one\n* two\n\n{prose}"
    steps = find("gopher_quality")
    assert rule_spans(steps, text, "too_many_bullets", [Block("code", 0, 6)]) == [(6, 7)]
    blocks = [Block("list", 0, 11)]
    assert rule_spans(steps, text, "too_many_bullets", blocks) == []
    few = text[:20]
    assert rule_spans(steps, few, "too_many_bullets", blocks) == [(0, 1), (6, 7)], (
        "of a text with little prose lists are judged too"
    )
    assert len(rule_spans(steps, "* a\n" * 500, "too_many_bullets")) == MOST


def test_every_finder_is_of_a_rule():
    steps = [step for name in FILTERS for step in find(name)]
    rules = {reason for step in steps for reason in bounds(type(step.function))}
    assert _FINDERS.keys() <= rules


@given(st.sampled_from(sorted(_FINDERS)), st.text(alphabet="ab. \n*#{…漢", max_size=60))
def test_spans_are_in_order_and_within_the_text(reason, text):
    for name in FILTERS:
        found = rule_spans(find(name), text, reason)
        assert all(0 <= start < end <= len(text) for start, end in found)
        assert all(one[1] < other[0] for one, other in pairwise(found))
