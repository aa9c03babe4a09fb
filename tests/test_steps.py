"""A chain of steps on one text: their order, and whose reason counts."""

import pytest

from curate import steps
from curate.steps import edit, judge, lost, record


def shorter(before, after):
    return "lost_half" if 2 * len(after) < len(before) else None


def says(reason):
    return judge(lambda _: reason)


def holds(word):
    return judge(lambda text: f"has_{word}" if word in text else None)


CASES = {
    "no steps": ([], "a", ("a", None)),
    "edits in order": ([edit(lambda t: t + "1"), edit(lambda t: t + "2")], "a", ("a12", None)),
    "the first objection counts": ([says(None), says("one"), says("two")], "a", ("a", "one")),
    "a judge sees the edits before it": ([edit(str.upper), holds("A")], "a", ("A", "has_A")),
    "and none after it": ([holds("A"), edit(str.upper)], "a", ("A", None)),
    "nothing runs after an objection": ([says("one"), edit(str.upper)], "a", ("a", "one")),
    "lost sees the text from the chain's start": (
        [edit(lambda t: t[:6]), edit(lambda t: t[:4]), lost(shorter)],
        "0123456789",
        ("0123", "lost_half"),
    ),
    "lost before the edits": (
        [lost(shorter), edit(lambda t: t[:4])],
        "0123456789",
        ("0123", None),
    ),
    "an empty answer is an empty text": ([edit(lambda _: None), holds("")], "a", ("", "has_")),
    "an empty reason is a reason": ([says(""), says("two")], "a", ("a", "")),
}


@pytest.mark.parametrize(("chain", "text", "wanted"), CASES.values(), ids=CASES)
def test_chains(chain, text, wanted):
    assert steps.apply(chain, text) == wanted


def test_record_steps_get_the_columns():
    seen = []
    chain = [edit(str.upper), record(seen.append), says("one")]
    assert steps.apply(chain, "a", {"url": "u"}) == ("A", "one")
    assert steps.apply(chain, "a") == ("A", "one")
    assert seen == [{"url": "u"}, {}]
    wanted = record(lambda row: "cut" if row.get("truncated") else None)
    assert steps.apply([wanted], "a", {"truncated": "length"}) == ("a", "cut")
    assert steps.apply([wanted], "a", {"truncated": None}) == ("a", None)
