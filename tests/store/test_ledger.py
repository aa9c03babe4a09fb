"""The ledger: it balances, or nothing is committed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.store.keys import Tally
from curate.store.ledger import ImbalanceError, balance, summary


def tally(*ns):
    made = Tally()
    for n in ns:
        made.add("crawl", "a.warc.gz", n)
    return made


WRONG = {
    "one lost": (0, 1, 2),
    "one doubled": (0, 1, 2, 3, 3),
    "one lost and one doubled": (0, 1, 2, 2),
    "one exchanged for another": (0, 1, 2, 4),
    "all lost": (),
}


@pytest.mark.parametrize("out", WRONG.values(), ids=WRONG)
def test_sums_that_do_not_balance(out):
    with pytest.raises(ImbalanceError) as error:
        balance("filter", tally(0, 1, 2, 3), tally(*out))
    assert str(error.value).startswith("filter: the ledger does not balance: 4 records in")
    assert f"{len(out)} out with checksum {tally(*out).checksum:016x}" in str(error.value)


@pytest.mark.parametrize("out", [Tally(2, 5), Tally(1, 6)], ids=["count", "checksum"])
def test_counts_and_checksums_must_both_be_equal(out):
    with pytest.raises(ImbalanceError):
        balance("filter", Tally(1, 5), out)


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_characters_are_left_or_cut(into, left, cut):
    one, other = Tally(1, 5, into), Tally(1, 5, left)
    if into == left + cut:
        assert balance("filter", one, other, cut) is None
        return
    with pytest.raises(ImbalanceError) as error:
        balance("filter", one, other, cut)
    assert str(error.value).startswith(
        f"filter: the ledger does not balance: {into} characters in, {cut} cut, {left} left"
    )


@given(st.permutations(range(6)))
def test_sums_balance_in_any_order(order):
    assert balance("filter", tally(*range(6)), tally(*order)) is None


def test_the_summary_is_as_users_were_told():
    counts = {
        ("dropped", "filter", "too_few_words"): Tally(5, 1, 50),
        ("dropped", "filter", "bullets"): Tally(1, 2, 20),
        ("dropped", "dedup", "exact_duplicate"): Tally(2, 0, 30),
        ("skipped", "extract", "request"): Tally(7),
        ("skipped", "extract", "metadata"): Tally(6, 2**64 - 5),
        ("damaged", "extract", "corrupt"): Tally(1),
        ("damaged", "extract", "truncated"): Tally(1),
        ("held_out", "mix", None): Tally(1, 0, 100),
        ("unused", "mix", None): Tally(3, 0, 200),
        ("kept", "mix", None): Tally(4, 1, 400),
    }
    cut = {"lines": {"shared_lines": 9}, "filter": {"b": 2, "a": 1}, "decontaminate": {}}
    total = sum(tally.records for tally in counts.values())
    result = summary(counts, Tally(total, 255, 812), cut, 0.25)
    assert result == {
        "records_in": 31,
        "kept": 4,
        "held_out": 1,
        "unused": 3,
        "damaged": 2,
        "skipped": {"metadata": 6, "request": 7},
        "dropped": {
            "dedup": {"exact_duplicate": 2},
            "filter": {"bullets": 1, "too_few_words": 5},
        },
        "characters": {
            "extracted": 812,
            "kept": 400,
            "held_out": 100,
            "unused": 200,
            "dropped": {
                "dedup": {"exact_duplicate": 30},
                "filter": {"bullets": 20, "too_few_words": 50},
            },
            "cut": {"filter": {"a": 1, "b": 2}, "lines": {"shared_lines": 9}},
        },
        "tokens_per_character": 0.25,
        "checksum_in": "00000000000000ff",
        "checksum_out": "ffffffffffffffff",
    }
    assert list(result["dropped"]) == ["dedup", "filter"]
    assert list(result["skipped"]) == ["metadata", "request"]
    states = [result[state] for state in ("kept", "held_out", "unused", "damaged")]
    dropped = [n for reasons in result["dropped"].values() for n in reasons.values()]
    assert sum([*states, *dropped, *result["skipped"].values()]) == result["records_in"]
    told = result["characters"]
    ended = [told[state] for state in ("kept", "held_out", "unused")]
    gone = [n for side in ("dropped", "cut") for own in told[side].values() for n in own.values()]
    assert sum([*ended, *gone]) == told["extracted"]


def test_a_summary_of_nothing_has_the_same_keys():
    result = summary({}, Tally(), {})
    assert result["records_in"] == result["kept"] == result["damaged"] == 0
    assert result["dropped"] == result["skipped"] == {}
    assert result["checksum_in"] == "0" * 16
    assert result["characters"]["dropped"] == result["characters"]["cut"] == {}
