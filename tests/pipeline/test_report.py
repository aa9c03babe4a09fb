"""The report of a whole run: its numbers are those of the ledger, its costs those of the stages."""

import json
from collections import Counter

import pyarrow.parquet as pq
from report.test_page import Page, assert_as_in_the_ledger

from curate.api.costs import Clock, costs
from curate.cli.tables import show_size
from curate.report.corpus_size import explain_size
from curate.report.page import page
from curate.report.page_data import page_data
from curate.store.commits import Commit, Receipt
from pipeline.runs import ledger


def test_the_page_of_a_run_shows_its_ledger(reference):
    data = Page(page(page_data(str(reference.out)))).data
    assert_as_in_the_ledger(data, reference.ledger)
    rows = ledger(reference.out)
    by_source = Counter((row["source"], row["state"]) for row in rows)
    shown = Counter()
    for source, state, _, _, records, *_ in data["outcomes"]:
        shown[source, state] += records
    assert shown == by_source
    lengths = Counter((row["source"], row["state"]) for row in rows if row["extracted"] is not None)
    shown = Counter()
    for source, state, _, count in data["lengths"]:
        shown[source, state] += count
    assert shown == lengths


def test_duplicates_and_shards_are_counted(reference):
    data = page_data(str(reference.out))
    rows = pq.read_table(reference.out / "duplicates").to_pylist()
    rules = Counter(row["rule"] for row in rows)
    assert {row["rule"]: row["count"] for row in data["duplicates"]["rules"]} == rules
    assert len(data["duplicates"]["pairs"]) == min(len(rows), 100)
    manifest = json.loads((reference.out / "manifest.json").read_bytes())
    tokens = sum(shard["tokens"] for shard in manifest["shards"])
    assert sum(row["tokens"] for row in data["shards"]) == tokens
    reached = sum(own["documents"] for own in data["reached"].values())
    states = ("kept", "unused", "held_out")
    drawn = Counter(row["state"] for row in ledger(reference.out) if row["state"] in states)
    assert reached + data["held_out"]["documents"] >= drawn.total()  # pieces count each


def test_console_card_and_page_say_the_same(reference, capsys):
    data = page_data(str(reference.out))
    manifest, report = (
        json.loads((reference.out / f"{name}.json").read_bytes()) for name in ("manifest", "report")
    )
    assert data["why"] == [sentence._asdict() for sentence in explain_size(manifest, report)]
    card = (reference.out / "README.md").read_text().replace("`", "")
    lines = [line.removeprefix("- ") for line in card.splitlines() if line.startswith("- ")]
    told = [one["text"] for one in data["why"]]
    assert [line for line in lines if line in told] == told
    show_size(data["why"])
    printed = capsys.readouterr().out.splitlines()[1:]
    assert [line.lstrip(" ->") for line in printed] == told


def test_what_a_run_cost(tmp_path):
    receipts = [
        Receipt(name, facts={"seconds": seconds, "peak_bytes": peak})
        for name, seconds, peak in (("a", 1.5, 10), ("b", 2.25, 30))
    ]
    commits = {
        "extract": Commit.of("extract", "h", str(tmp_path), receipts),
        "mix": Commit.of("mix", "h", str(tmp_path), [Receipt("c")]),
    }
    clock = Clock()
    clock.ends = {"extract": clock.started + 5, "mix": clock.started + 7}
    result = costs("local", commits, clock)
    assert result["stages"] == [
        {"stage": "extract", "seconds": 5, "units": 2, "work_seconds": 3.75, "peak_bytes": 30},
        {"stage": "mix", "seconds": 2, "units": 0, "work_seconds": 0, "peak_bytes": None},
    ]
    assert result["engine"] == "local"
    assert result["peak_bytes"] > 1 << 20
