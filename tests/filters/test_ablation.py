"""Rules taken apart: together they drop what the filter drops, each by its own reason."""

import json
from pathlib import Path

import pytest
from filter_cases import build, load

from curate.filters import find
from curate.filters.ablation import rules, verdicts
from curate.steps import apply, judge, record

NAMES = ("gopher_quality", "gopher_repetition", "c4", "fineweb", "refinedweb")
TEXTS = [
    build(case["text"])
    for case in load("filters_gopher.json", "filters_c4.json", "filters_fineweb.json").values()
]
LONGEST = 50_000  # longer ones stand at bounds of two filters, and take long elsewhere


@pytest.mark.parametrize("name", NAMES)
def test_a_filter_drops_what_one_of_its_rules_drops(name):
    steps = find(name)
    several = rules(steps)
    reasons = {}
    for text in TEXTS:
        if len(text) > LONGEST and name not in ("gopher_quality", "c4"):
            continue
        result = verdicts(steps, several, text, {})
        first = apply(steps, text)[1]
        if first in ("empty_text",):
            continue
        assert (first is not None) == any(result), text[:80]
        assert first is None or first in result
        for rule, why in zip(several, result, strict=True):
            reasons.setdefault(rule.name, set()).update({why} - {None, "empty_text"})
    assert all(len(own) <= 1 for own in reasons.values()), "a rule has one reason"
    given = [why for own in reasons.values() for why in own]
    assert len(given) == len(set(given)), "and shares it with none"


def test_the_rules_of_gopher_repetition():
    names = [rule.name for rule in rules(find("gopher_repetition"))]  # fmt: skip
    assert names[:4] == [
        "duplicate_paragraphs", "duplicate_paragraph_characters",
        "duplicate_lines", "duplicate_line_characters",
    ]  # fmt: skip
    assert names[4:] == [
        *(f"top_{n}_gram" for n in (2, 3, 4)),
        *(f"duplicate_{n}_grams" for n in range(5, 11)),
    ]


def test_functions_are_rules_and_edits_come_before_them():
    def short(text):
        return "short" if len(text) < 5 else None

    def local(columns):
        return "local" if columns["url"].startswith("file:") else None

    steps = [*find("pii", email="e"), judge(short), record(local)]
    several = rules(steps)
    assert [rule.name.rpartition(".")[2] for rule in several] == ["short", "local"]
    result = verdicts(steps, several, "jo@mail.org", {"url": "file:///x"})
    assert result == ["short", "local"]


def test_cases_are_there():
    assert len(TEXTS) > 50
    assert json.loads((Path(__file__).parents[1] / "cases" / "filters_c4.json").read_text())
