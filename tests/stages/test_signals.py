"""Signals of unfiltered pages: the same pages as the samples', numbers as of one string."""

import json

import pyarrow.parquet as pq
import yaml

from curate import recipe as recipes
from curate.batch import to_blocks
from curate.demo import make_crawl
from curate.filters import measure
from curate.pipeline import run as runs
from curate.stages import extract, signals
from curate.stages.stage import SoFar
from curate.text.prose import prose_of
from stages.committed import carry_out, table_of


def test_signals_of_a_crawl(local, tmp_path):
    path = make_crawl(tmp_path, pages=160, recipe="short.yaml")
    whole = yaml.safe_load(path.read_text())
    whole["output"] = {"unjudged": 60}
    path.write_text(yaml.safe_dump(whole, sort_keys=False))
    made = recipes.load(path)
    run = runs.start(made, str(tmp_path / "out"), log=lambda _: None).on(local)
    extracted = carry_out(extract, run, SoFar()).extracted
    result = signals.signals(run, extracted)
    rows = pq.read_table(tmp_path / "out" / "signals" / "signals.parquet").to_pylist()
    assert result == json.loads((tmp_path / "out" / "signals" / "rules.json").read_bytes())
    assert result["pages"] == len(rows) == 60
    prose = {
        row["id"]: prose_of(row["text"], to_blocks(row["blocks"]))
        for row in table_of(extracted.base, "documents")
    }
    names = measure("").keys()
    for row in rows:
        assert row["source"] == "crawl"
        assert {name: row[name] for name in names} == measure(prose[row["id"]])
        assert (row["reason"] is None) == (row["rules"] == [])
    assert result["dropped"] == sum(row["reason"] is not None for row in rows) > 10
    by_name = {row["rule"]: row for row in result["rules"]}
    assert sum(row["first"] for row in by_name.values()) == result["dropped"]
    assert by_name["language"]["alone"] == by_name["language"]["first"] > 0
    for row in by_name.values():
        assert row["only"] <= row["first"] <= row["alone"]
    assert not (tmp_path / "out" / "_work" / "signals").exists()
