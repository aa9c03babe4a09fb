"""What rules measure on a sample of pages: each bin and bound against the rules themselves."""

from collections import Counter

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import recipe as recipes
from curate.filters.ablation import rules, verdicts
from curate.filters.settings import Bound, bounds
from curate.recipe import Language
from curate.stages.rule_values import LANGUAGE, bin_of, edges, ended, judging, names_of, sum_rules

FILTERS = [
    {"url": {"url_substring": "words.txt"}},
    "gopher_repetition",
    "gopher_quality",
    {"c4": {"terminal_punctuation": False, "bad_word": "words.txt"}},
    "fineweb",
    "refinedweb",
]
BLANK = "empty_text"  # of several filters, and no rule
WORD = st.sampled_from(
    ["the", "and", "of", "river", "bank", "lorem", "ipsum", "{x}", "#", "•", "…", "forbidden", "a"]
)
LINE = st.builds(" ".join, st.lists(WORD, min_size=1, max_size=12)).map(lambda line: line + ".")
TEXTS = st.builds(lambda lines, times: "\n".join(lines * times), st.lists(LINE), st.integers(1, 9))


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rules")
    (folder / "words.txt").write_text("forbidden\n")
    whole = {"version": 1, "sources": {"crawl": {"kind": "warc", "path": ["*.warc"], "weight": 1}},
             "language": None, "filters": FILTERS}  # fmt: skip
    (folder / "recipe.yaml").write_text(yaml.safe_dump(whole))
    return recipes.load(folder / "recipe.yaml")


def page(text, url="https://one.example/"):
    return {"id": "i", "source": "crawl", "url": url, "text": text, "blocks": None}


@settings(max_examples=40)
@given(text=TEXTS, bad=st.booleans())
def test_each_rule_says_what_it_says_by_itself(recipe, text, bad):
    row = page(text, f"https://one.example/{'forbidden' * bad}")
    result = judging(recipe)(row)
    steps = recipe.steps(None)
    several = rules(steps)
    columns = {name: row[name] for name in ("id", "source", "url")}
    told = verdicts(steps, several, text, columns)
    pairs = zip(several, told, strict=True)
    expected = [BLANK if why == BLANK else rule.name for rule, why in pairs if why is not None]
    expected = list(dict.fromkeys(expected))
    assert result["against"] == sorted(expected, key=BLANK.__eq__)
    sides = {name: one.side for step in steps for name, one in bounds(type(step.function)).items()}
    for rule, side, _, value, measure in result["values"]:
        assert side == sides[rule]
        assert Bound(side, "").is_broken(measure, value) == (rule in result["against"])


@given(
    st.sampled_from(["least", "most"]),
    st.booleans(),
    st.floats(0, 1) | st.integers(1, 100_000).map(float),
    st.floats(0, 1e6),
)
def test_a_bin_is_on_one_side_of_every_edge(side, share, bound, value):
    several = edges(bound, share=share)
    assert several == sorted(set(several))
    assert bound in several
    assert len(several) <= 45
    at = bin_of(value, several, side)
    for place, edge in enumerate(several):
        low = value < edge if side == "least" else value <= edge
        assert (at <= place) == low


@settings(max_examples=25)
@given(pages=st.lists(TEXTS, min_size=1, max_size=8))
def test_moving_a_bound_to_an_edge_drops_what_the_bins_say(recipe, pages):
    """Every edge of every histogram, against the pages judged again with that bound."""
    judged = [judging(recipe)(page(text)) for text in pages]
    result = sum_rules(judged, names_of(recipe))
    assert result["pages"] == len(pages)
    assert result["dropped"] == sum(bool(one["against"]) for one in judged)
    for own in result["histograms"]:
        rule, side = own["rule"], own["side"]
        for place, edge in enumerate(own["edges"]):
            broken = [
                one for one in judged for name, _, _, _, measure in one["values"]
                if name == rule and Bound(side, "").is_broken(measure, edge)
            ]  # fmt: skip
            only = [one for one in broken if not set(one["against"]) - {rule}]
            for count, name in ((len(only), "passed"), (len(broken) - len(only), "failed")):
                low = sum(own[name][: place + 1])
                assert count == (low if side == "least" else sum(own[name]) - low)


def test_alone_first_only_and_both():
    pages = [{"against": list(names), "values": []} for names in ("ab", "b", "abc", "", "c")]
    result = sum_rules(pages, ["a", "b", "c", "d"])
    assert {row["rule"]: (row["alone"], row["first"], row["only"]) for row in result["rules"]} == {
        "a": (2, 2, 0), "b": (3, 1, 1), "c": (2, 1, 1), "d": (0, 0, 0),
    }  # fmt: skip
    assert result["overlaps"] == [["a", "b", 2], ["a", "c", 1], ["b", "c", 1]]
    assert (result["pages"], result["dropped"], result["histograms"]) == (5, 4, [])


def test_a_page_that_ended_an_external_filter_counts_as_dropped():
    result = sum_rules([ended("extraction_too_slow")], [])
    assert result["rules"] == [{"rule": "filter_too_slow", "alone": 1, "first": 1, "only": 1}]


def test_sums_are_the_same_in_any_order(recipe):
    texts = ["The river and the bank. " * n for n in range(1, 30)] + ["# a\n" * 20, "lorem ipsum"]
    judged = [judging(recipe)(page(text)) for text in texts]
    names = names_of(recipe)
    assert LANGUAGE not in names
    assert sum_rules(judged[::-1], names) == sum_rules(judged, names)
    counts = Counter(name for one in judged for name in one["against"])
    assert counts.total() > 20


def test_the_language_is_a_rule(recipe):
    wanted = {"keep": ["en"], "min_score": 0.5}
    whole = recipe.model_copy(update={"language": Language(**wanted)})
    german = "Der Fluss fließt an der Bank vorbei, und die Leute sitzen dort am Abend. " * 5
    result = judging(whole)(page(german))
    assert result["against"][0] == LANGUAGE
    assert result["values"] == [], "its bounds would be those of German"
    assert judging(whole)(page("The river and the people of the bank are there. " * 9))["values"]
    assert names_of(whole)[0] == LANGUAGE
