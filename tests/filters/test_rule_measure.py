"""The measure and bound of the rule that dropped a text, compared with the rules themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.filters import find
from curate.filters.rule_measure import measure_and_bound
from curate.filters.settings import bounds
from curate.steps import edit, run

CHAIN = [*find("gopher_quality", too_few_words=50), *find("gopher_repetition"), *find("fineweb")]


@pytest.mark.parametrize(
    ("text", "reason", "result"),
    [
        ("Four words are here.", "too_few_words", (4.0, 50.0)),
        ("word " * 60, "bad_word", None),  # a rule without a number
        ("word " * 60, "too_few_words", None),  # within the bound
        ("Four words are here.", "a_reason_of_another", None),
    ],
)
def test_values_and_bounds(text, reason, result):
    assert measure_and_bound([*CHAIN, *find("c4")], text, reason) == result


def test_edits_before_the_rule_are_made():
    chain = [edit(lambda text: text.replace("here", "")), *CHAIN]
    assert measure_and_bound(chain, "Four words are here", "too_few_words") == (3.0, 50.0)


LINES = st.lists(st.sampled_from(["a few short words", "- one", "the end…", "A # sentence."]))


@given(st.builds(lambda lines, times: "\n".join(lines * times), LINES, st.integers(1, 30)))
def test_what_a_chain_drops_lies_beyond_the_bound(text):
    reason = run(CHAIN, text).reason
    rules = {name: rule for step in CHAIN for name, rule in bounds(type(step.function)).items()}
    if reason in rules:
        value, bound = measure_and_bound(CHAIN, text, reason)
        assert rules[reason].is_broken(value, bound)
