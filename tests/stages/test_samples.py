"""The lowest hashes of each reason, however the rows are spread, and at what cost."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.stages import rule_values, samples, sampling
from curate.stages.rule_values import judging, names_of, sum_rules
from curate.stages.sampling import UNJUDGED
from curate.stages.stage import Stage
from curate.store import schema
from curate.store.keys import seeded_hash
from stages.committed import commit_of, run_of

PARTS, ROWS, MOST, FEW, SEED = 40, 30, 9, 4, 7
JUDGED = 6  # pages, of MOST


def row(key):
    """Return a dropped page; of every third one, another that stays."""
    outcome = {
        "key": key, "source": "crawl", "file_path": "f", "n": key, "id": f"page-{key}",
        "state": "dropped", "stage": "filter", "reason": "short" if key % 2 else "long",
    }  # fmt: skip
    return {**outcome, **({} if key % 3 else {"state": "kept", "stage": "mix", "reason": None})}


def plainly():
    """Return (state, reason, id) of the lowest hashes, by sorting all rows."""
    rows = sorted(
        map(row, range(PARTS * ROWS)),
        key=lambda one: seeded_hash("sample", f"crawl/{one['id']}", SEED),
    )
    result = [(UNJUDGED, None, one["id"]) for one in rows[:MOST]]
    for reason in ("short", "long", None):
        own = [one for one in rows if one["reason"] == reason][:FEW]
        result += [(one["state"], reason, one["id"]) for one in own]
    return result


def batches_of(schema_):
    """Return all rows in PARTS batches, each of keys far from each other."""
    rows = [{**row(key), "text": f"Text of page-{key}"} for key in range(PARTS * ROWS)]
    rows = [{**one, "characters": 12, "extracted": 12} for one in rows]
    return [pa.RecordBatch.from_pylist(rows[part::PARTS], schema_) for part in range(PARTS)]


@pytest.fixture
def commits(tmp_path):
    tables = {"extract": ("documents", schema.DOCUMENTS), "filter": ("outcomes", schema.OUTCOMES)}
    return [
        commit_of(tmp_path / stage, stage, table, schema_, *batches_of(schema_))
        for stage, (table, schema_) in tables.items()
    ]


def whole(id_):
    """Return a page as the rules judge it."""
    return {"id": id_, "source": "crawl", "url": None, "text": f"Text of {id_}", "blocks": None}


def test_the_lowest_hashes_and_their_texts(engine, tmp_path, commits, monkeypatch):
    monkeypatch.setattr(rule_values, "PAGES", JUDGED)
    run = run_of(tmp_path / "run", engine, seed=SEED, output={"samples": FEW, "unjudged": MOST})
    stage = Stage(run, "publish", "", str(tmp_path / "publish"), None)
    rules = samples.write_samples(stage, commits)
    assert (rules["pages"], rules["sources"]) == (JUDGED, ["crawl", "news"])
    judged = judging(run.recipe)
    pages = [judged(whole(id_)) for _, _, id_ in plainly()[:JUDGED]]
    assert {**rules, "sources": None} == {
        **sum_rules(pages, names_of(run.recipe)), "sources": None,
    }  # fmt: skip
    result = {name: pq.read_table(f"{run.out}/samples/{name}.parquet").to_pylist()
             for name in ("samples", "unjudged")}  # fmt: skip
    rows = [*result["samples"], *result["unjudged"]]
    told = sorted((one["state"], one["reason"] or "", one["id"]) for one in rows)
    assert told == sorted((state, reason or "", id_) for state, reason, id_ in plainly())
    assert {one["state"] for one in result["unjudged"]} == {UNJUDGED}
    assert UNJUDGED not in {one["state"] for one in result["samples"]}
    for one in rows:
        assert one["text"] == f"Text of {one['id']}"
    assert result["samples"] == sorted(
        result["samples"],
        key=lambda one: tuple(one[name] or "" for name in samples.ORDER),
    )


def test_few_rows_of_a_task_are_sent_on(commits):
    """A task sends on no more than may be drawn in the end, however many rows it reads."""
    units = [sampling.Unit(url, url, 0) for url in commits[1].urls("outcomes")]

    def reader(several):
        return sampling.outcome_rows(several, seed=SEED)

    sent = sampling._best_of_task(units, reader=reader, per_group=FEW, unjudged=MOST)
    assert sum(batch.num_rows for batch in sent) == 3 * FEW


def test_nothing_drawn_makes_empty_tables(local, tmp_path, commits):
    run = run_of(tmp_path / "run", local, output={"samples": 0, "unjudged": 0})
    rules = samples.write_samples(
        Stage(run, "publish", "", str(tmp_path / "publish"), None), commits
    )
    assert (rules["pages"], rules["dropped"], rules["histograms"]) == (0, 0, [])
    for name in ("samples", "unjudged"):
        table = pq.read_table(f"{run.out}/samples/{name}.parquet")
        assert table.schema.equals(schema.SAMPLES)
        assert table.num_rows == 0
