"""Why a corpus has its size: the numbers of the advice, held against the mix's own planning."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from curate.mix.weights import Totals, plan
from curate.report.corpus_size import balancing_weight, explain_size, limiting

SOURCES = ("a", "b", "c")


@given(
    st.tuples(*[st.integers(1, 10**7)] * 3),
    st.tuples(*[st.sampled_from([0.05, 0.1, 0.3, 0.6, 1.0, 7.0])] * 3),
)
def test_the_weight_advised_ends_the_limit(tokens, weights):
    weights, tokens = dict(zip(SOURCES, weights, strict=True)), dict(
        zip(SOURCES, tokens, strict=True)
    )  # fmt: skip
    totals = {name: Totals(1, count) for name, count in tokens.items()}
    planned = plan(totals, weights)
    shares = {name: float(share.weight) for name, share in planned.shares.items()}
    scarcest = limiting(shares, tokens)
    assert planned.shares[scarcest].epochs == pytest.approx(1, abs=1e-5 + 2 / tokens[scarcest])
    result = balancing_weight(scarcest, weights, tokens)
    assume(result is not None)
    weight, budget = result
    again = plan(totals, {**weights, scarcest: weight})
    assert budget * 0.98 - 3 <= again.tokens <= budget + 1  # the weight is rounded down
    assert again.tokens >= planned.tokens - 1


def report_of(tokens, outcomes=()):
    return {
        "outcomes": [list(row) for row in outcomes],
        "reached": {name: {"documents": 2, "tokens": count} for name, count in tokens.items()},
        "held_out": {"documents": 0},
    }


def manifest_of(held, weights, **mix):
    totals = {name: Totals(2, count) for name, count in held.items()}
    planned = plan(totals, weights, tokens=mix.get("tokens"))
    return {
        "mixture": {
            name: {"target": float(share.weight), "target_tokens": share.target,
                   "tokens": share.target, "at_cut": 9}
            for name, share in planned.shares.items()
        },
        "recipe": {
            "mix": {"tokens": None, "max_epochs": 4.0, **mix},
            "sources": {name: {"weight": weight} for name, weight in weights.items()},
        },
    }  # fmt: skip


def texts(kind, *given):
    return [one.text for one in explain_size(*given) if one.kind == kind]


def test_the_source_that_limits_the_budget_is_named_with_what_to_do():
    tokens = {"web": 9_000, "books": 100}
    weights = {"web": 0.5, "books": 0.5}
    manifest = manifest_of(tokens, weights)
    facts = texts("fact", manifest, report_of(tokens))
    assert facts[1] == (
        "The mix has 200 tokens and uses 2.2 % of the 9,100 that reached it: one epoch of "
        "books, 100 tokens at 50 % of the mix, allows 200."
    )
    advice = texts("advice", manifest, report_of(tokens))
    assert advice[0].startswith("mix.tokens: 800 repeats books 4 times")
    totals = {name: Totals(2, count) for name, count in tokens.items()}
    assert plan(totals, weights, tokens=800).tokens == 800
    with pytest.raises(ValueError, match="max_epochs"):
        plan(totals, weights, tokens=802)
    assert advice[1].startswith("Weight 0.00555 in place of 0.5 for books")


def test_a_mix_that_uses_most_of_what_there_is_gets_no_advice():
    tokens = {"web": 9_000, "books": 1_000}
    manifest = manifest_of(tokens, {"web": 0.9, "books": 0.1})
    assert texts("advice", manifest, report_of(tokens)) == []


def test_a_mix_of_one_source_is_one_epoch_of_it():
    tokens = {"web": 9_000}
    facts = texts("fact", manifest_of(tokens, {"web": 1.0}), report_of(tokens))
    assert facts[1:] == [
        "The mix has 9,000 tokens and uses 100 % of the 9,000 that reached it: one epoch of web, "
        "the only source, is 9,000."
    ]
    facts = texts("fact", manifest_of(tokens, {"web": 1.0}, tokens=300), report_of(tokens))
    assert facts[1].endswith(
        "mix.tokens asks for 300 (one epoch of web, the only source, is 9,000)."
    )


def test_a_source_of_which_nothing_is_taken_is_told():
    tokens = {"web": 9_000, "books": 1_000}
    manifest = manifest_of(tokens, {"web": 0.9, "books": 0.1}, tokens=100)
    manifest["mixture"]["books"] |= {"tokens": 0, "at_cut": 400}
    facts = texts("fact", manifest, report_of(tokens))
    assert "Nothing of books is in the corpus" in facts[2]
    assert "target of 10 tokens is less than half of its next document, which has 400" in facts[2]


def test_what_each_stage_took_of_a_source():
    outcomes = [
        ("web", "skipped", "extract", "request", 10, 0, 0),
        ("web", "dropped", "filter", "too_few_words", 6, 60, 60),
        ("web", "dropped", "filter", "bad_word", 2, 60, 60),
        ("web", "dropped", "dedup", "near_duplicate", 1, 60, 60),
        ("web", "kept", "mix", "", 1, 90, 90),
    ]
    told = texts("source", manifest_of({"web": 90}, {"web": 1.0}), report_of({"web": 90}, outcomes))
    assert told == [
        "web: 20 records read; 10 skipped of 20 (50 %; most for request: 10); filter dropped 8 of "
        "10 (80 %; most for too_few_words: 6); dedup dropped 1 of 2 (50 %; most for "
        "near_duplicate: 1); 0 unused; 0 held out; 1 kept."
    ]
