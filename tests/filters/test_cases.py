"""Every rule on both sides of its threshold, from the labelled cases."""

import pytest
from filter_cases import build, load, settings

from curate import filters
from curate.filters import Text, reasons
from curate.filters.settings import bounds
from curate.steps import apply
from curate.text.sentences import count_sentences
from curate.text.views import split_words

CASES = load("filters_gopher.json", "filters_c4.json", "filters_fineweb.json")
SENTENCES = load("filters_sentences.json")
WORDS = load("filters_words.json")
NAMES = {
    "GopherQuality": "gopher_quality",
    "GopherRepetition": "gopher_repetition",
    "C4": "c4",
    "FineWebQuality": "fineweb",
}


def made(case):
    return getattr(filters, case["filter"])(**settings(case))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_one_string(case):
    assert made(case)(build(case["text"])) == case["reason"]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_as_steps_of_a_recipe(case):
    text = build(case["text"])
    edited, reason = apply(filters.find(NAMES[case["filter"]], **settings(case)), text)
    assert reason == case["reason"]
    if reason is not None or case["filter"] != "C4":
        assert edited == text


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_shared_text_changes_nothing(case):
    text = Text(build(case["text"]))
    filters.measure(text)
    for variant in ("paper", "datatrove"):
        filters.GopherQuality(variant=variant)(text)
    assert made(case)(text) == case["reason"]


WITH_CLEAN = {label: case for label, case in CASES.items() if "clean" in case}


@pytest.mark.parametrize("case", WITH_CLEAN.values(), ids=WITH_CLEAN)
def test_the_lines_c4_keeps(case):
    assert made(case).clean(build(case["text"])) == build(case["clean"])


@pytest.mark.parametrize("case", SENTENCES.values(), ids=SENTENCES)
def test_sentences(case):
    assert count_sentences(case["text"]) == case["sentences"]


@pytest.mark.parametrize("case", WORDS.values(), ids=WORDS)
def test_words(case):
    assert split_words(case["text"]) == case["words"]


def test_every_reason_has_cases_on_both_sides_and_a_meaning():
    own = {"empty_text"}.union(*(bounds(type(getattr(filters, name)())).keys() for name in NAMES))
    seen = {case["reason"] for case in CASES.values()} - {None}
    assert own - {"bad_word"} == seen  # bad words: tests/filters/test_c4.py
    assert own <= reasons().keys()
