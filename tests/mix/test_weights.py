from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.mix.weights import Totals, mixture, plan

BILLION = 10**9
GPT3 = {  # Brown et al. 2020, table 2.2: tokens, weight, and 300 B x weight / (1.01 tokens)
    "crawl": (410, 0.60, 0.4347),
    "webtext2": (19, 0.22, 3.4393),
    "books1": (12, 0.08, 1.9802),
    "books2": (55, 0.08, 0.4320),
    "wikipedia": (3, 0.03, 2.9703),
}
GPT3_TOTALS = {name: Totals(1, tokens * BILLION) for name, (tokens, _, _) in GPT3.items()}
GPT3_WEIGHTS = {name: weight for name, (_, weight, _) in GPT3.items()}


def test_table_of_gpt3_follows_from_its_weights_once_they_sum_to_one():
    made = plan(GPT3_TOTALS, GPT3_WEIGHTS, tokens=300 * BILLION)
    for name, (_, weight, epochs) in GPT3.items():
        share = made.shares[name]
        assert share.weight == Fraction(str(weight)) / Fraction("1.01")
        assert share.epochs == pytest.approx(epochs, abs=1e-4)
        assert share.full_epochs == int(epochs)
        assert share.full_epochs * share.tokens + share.remainder_tokens == share.target
    assert sum(share.target for share in made.shares.values()) == made.tokens == 300 * BILLION


def test_printed_weights_of_gpt3_give_its_known_epochs_at_303_billion():
    # 303 B shared out as 101 % are 300 B x weight each, the epochs of the recipe sheets.
    made = plan(GPT3_TOTALS, GPT3_WEIGHTS, tokens=303 * BILLION)
    epochs = {name: round(share.epochs, 2) for name, share in made.shares.items()}
    assert epochs == {
        "crawl": 0.44,
        "webtext2": 3.47,
        "books1": 2.0,
        "books2": 0.44,
        "wikipedia": 3.0,
    }
    assert made.shares["books1"].full_epochs == 2
    assert made.shares["books1"].remainder_tokens == 0


def test_without_a_budget_the_scarcest_source_is_seen_exactly_once():
    totals = {"web": Totals(9, 1_000_003), "books": Totals(2, 1_001)}
    made = plan(totals, {"web": 0.7, "books": 0.3})
    assert made.shares["books"].target == 1_001
    assert (made.shares["books"].full_epochs, made.shares["books"].remainder_tokens) == (1, 0)
    assert made.shares["web"].target == 2_335  # 1,001 / .3 * .7, floored to 3,336 together
    assert made.tokens == 3_336


def test_without_weights_everything_is_taken_once():
    totals = {"web": Totals(9, 1_000_003), "books": Totals(2, 1_001), "none": Totals(0, 0)}
    for weights in ({}, {"web": None, "books": None, "none": None}):
        made = plan(totals, weights)
        assert {name: (s.full_epochs, s.remainder_tokens) for name, s in made.shares.items()} == {
            "web": (1, 0),
            "books": (1, 0),
            "none": (0, 0),
        }
        assert made.tokens == 1_001_004


def test_a_source_of_weight_zero_is_left_out():
    made = plan({"a": Totals(1, 50), "b": Totals(1, 50)}, {"a": 1, "b": 0})
    assert made.shares["b"].target == 0
    assert made.shares["b"].full_epochs == made.shares["b"].remainder_tokens == 0
    assert made.shares["b"].epochs == 0.0
    assert made.tokens == 50


def test_a_weight_is_the_decimal_that_was_written():
    made = plan({"a": Totals(1, 30), "b": Totals(1, 70)}, {"a": 0.3, "b": 0.7})
    assert {name: share.target for name, share in made.shares.items()} == {"a": 30, "b": 70}


TWO = {"web": Totals(9, 1_000), "books": Totals(2, 100)}
REFUSED = {
    "negative": ({"web": 1, "books": -0.5}, {}, "weight of at least 0 for books, got -0.5"),
    "not a number": ({"web": 1, "books": float("nan")}, {}, "for books, got nan"),
    "infinite": ({"web": float("inf"), "books": 1}, {}, "for web, got inf"),
    "all zero": ({"web": 0, "books": 0}, {}, "got all 0"),
    "partly given": ({"web": 1, "books": None}, {}, "got none for books"),
    "left out": ({"web": 1}, {}, "got none for books"),
    "no source of that name": ({"web": 1, "boks": 1}, {}, "boks, which are no sources"),
    "no budget": ({"web": 1, "books": 1}, {"tokens": 0}, "budget above 0 tokens, got 0"),
    "no epochs": ({"web": 1, "books": 1}, {"max_epochs": 0}, "max_epochs above 0 or null, got 0"),
    "repeated too often": (
        {"web": 0.5, "books": 0.5},
        {"tokens": 900},
        "repeats books 4.5 times, more than max_epochs 4; at most 800 tokens fit",
    ),
    "two repeated too often": (
        {"web": 0.5, "books": 0.5},
        {"tokens": 9_000},
        "repeats books 45 times, web 4.5 times",
    ),
}


@pytest.mark.parametrize(("weights", "settings", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused(weights, settings, message):
    with pytest.raises(ValueError, match=r"^mix: ") as caught:
        plan(TWO, weights, **settings)
    assert message in str(caught.value)


def test_a_weight_on_nothing_is_refused():
    with pytest.raises(ValueError, match=r"source none has weight 0\.5 .* \(3 documents\)"):
        plan({"a": Totals(1, 50), "none": Totals(3, 0)}, {"a": 1, "none": 1})
    with pytest.raises(ValueError, match="no source has any tokens"):
        plan({"none": Totals(3, 0)}, {})


def test_any_repetition_is_taken_if_allowed():
    made = plan(TWO, {"web": 0.5, "books": 0.5}, tokens=9_000, max_epochs=None)
    assert made.shares["books"].full_epochs == 45


SOURCES = st.dictionaries(
    st.sampled_from("abcdef"),
    st.tuples(st.integers(1, 10**13), st.decimals("0.001", "100", places=3).map(float)),
    min_size=1,
)


@given(SOURCES, st.integers(1, 10**14))
def test_targets_are_the_shares_to_the_token_and_sum_to_the_budget(sources, budget):
    totals = {name: Totals(1, tokens) for name, (tokens, _) in sources.items()}
    weights = {name: weight for name, (_, weight) in sources.items()}
    made = plan(totals, weights, tokens=budget, max_epochs=None)
    assert sum(share.target for share in made.shares.values()) == made.tokens == budget
    for name, share in made.shares.items():
        exact = Fraction(str(weights[name])) / sum(Fraction(str(one)) for one in weights.values())
        assert abs(share.target - budget * exact) < 1
        assert 0 <= share.remainder_tokens < share.tokens
        assert share.full_epochs * share.tokens + share.remainder_tokens == share.target
    backwards = dict(reversed(list(totals.items())))
    assert plan(backwards, weights, tokens=budget, max_epochs=None) == made


@given(SOURCES)
def test_no_source_is_seen_more_than_once_without_a_budget_and_one_exactly_once(sources):
    totals = {name: Totals(1, tokens) for name, (tokens, _) in sources.items()}
    made = plan(totals, {name: weight for name, (_, weight) in sources.items()})
    assert all(share.target <= share.tokens for share in made.shares.values())
    assert any(share.target == share.tokens for share in made.shares.values())


@given(SOURCES, st.sampled_from([0.25, 1.0, 1.5, 4.0]))
def test_the_budget_a_refusal_names_fits_and_one_more_token_does_not(sources, limit):
    totals = {name: Totals(1, tokens) for name, (tokens, _) in sources.items()}
    weights = {name: weight for name, (_, weight) in sources.items()}
    with pytest.raises(ValueError, match="at most") as caught:
        plan(totals, weights, tokens=10**30, max_epochs=limit)
    fits = int(str(caught.value).split("at most ")[1].split()[0])
    if fits:
        plan(totals, weights, tokens=fits, max_epochs=limit)
    with pytest.raises(ValueError, match="at most"):
        plan(totals, weights, tokens=fits + 1, max_epochs=limit)


def test_mixture_sets_what_was_meant_beside_what_came():
    made = plan(TWO, {"web": 3, "books": 1}, tokens=800)
    table = mixture(made, {"web": Totals(5, 606), "books": Totals(4, 202)}, {"web": 12})
    assert table == {
        "books": {
            "target": 0.25,
            "achieved": 0.25,
            "target_tokens": 200,
            "tokens": 202,
            "documents": 4,
            "epochs": 2.02,
            "at_cut": 0,
        },
        "web": {
            "target": 0.75,
            "achieved": 0.75,
            "target_tokens": 600,
            "tokens": 606,
            "documents": 5,
            "epochs": 0.606,
            "at_cut": 12,
        },
    }
    assert mixture(made, {}, {})["web"]["achieved"] == 0.0
