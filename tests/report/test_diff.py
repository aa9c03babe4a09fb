"""Two runs side by side: against sets of ids, in one bucket and in many."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.cli import main
from curate.recipe import RecipeError
from curate.report import diff as diffs
from curate.report.diff import diff
from curate.report.explain import bucket_of

LEDGER_FILES = 2


def finished(out, texts, *, recipe=None, ledger=None, dropped=(), repeated=()):
    """Write what a run leaves, as far as it is compared: texts is id -> list of pieces."""
    rows = [
        {"id": id_, "piece": piece, "epoch": epoch, "text": text}
        for id_, pieces in texts.items()
        for epoch in range(2 if id_ in repeated else 1)
        for piece, text in enumerate(pieces)
    ]
    shards = []
    for number in range(3):
        name = f"corpus/train/train-{number:05d}-of-00003.parquet"
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        part = rows[number::3]
        table = pa.Table.from_pylist(part, schema=SCHEMA)
        pq.write_table(table, out / name)
        shards.append({"file": name, "rows": len(part)})
    (out / "ledger").mkdir()
    for number in range(LEDGER_FILES):
        ends = [
            {"id": id_, "url": None, "state": "dropped", "stage": "filter", "reason": reason,
             "score": None}
            for id_, reason in dropped
            if bucket_of(id_, LEDGER_FILES) == number
        ]  # fmt: skip
        pq.write_table(
            pa.Table.from_pylist(ends, schema=ENDS),
            out / f"ledger/ledger-{number:05d}-of-{LEDGER_FILES:05d}.parquet",
        )
    manifest = {
        "shards": shards,
        "recipe": recipe or {"seed": 7},
        "versions": {"curate": "1"},
        "inputs": [{"source": "s", "file_path": str(len(texts)), "bytes": 1, "digest": "0"}],
        "mixture": {"s": {"target": 1.0, "achieved": 1.0, "tokens": len(rows), "documents": 1,
                          "epochs": 1.0}},
    }  # fmt: skip
    (out / "manifest.json").write_text(json.dumps(manifest))
    report = {"outcomes": [["s", "kept", "mix", "", len(texts), 0, 0]], "lengths": [], "edges": [],
              "sites": {"rows": []}}  # fmt: skip
    (out / "report.json").write_text(json.dumps(report))
    states = dict.fromkeys(("kept", "held_out", "unused", "damaged", "records_in"), 0)
    whole = {**states, "skipped": {}, "dropped": {}, **(ledger or {})}
    (out / "ledger.json").write_text(json.dumps(whole))
    return str(out)


SCHEMA = pa.schema(
    [
        *((name, pa.int32()) for name in ("piece", "epoch")),
        *((name, pa.string()) for name in ("id", "text", "language")),
    ]
)
ENDS = pa.schema(
    [(name, pa.string()) for name in ("id", "url", "state", "stage", "reason")]
    + [("score", pa.float64())]
)


@pytest.mark.parametrize("size", [1, 7, 1_000_000], ids=lambda n: f"{n} ids a bucket")
def test_documents_are_compared_as_sets_are(tmp_path, monkeypatch, size):
    monkeypatch.setattr(diffs, "BUCKET_IDS", size)
    before = {f"id-{n}": [f"text {n}"] for n in range(60)}
    after = {f"id-{n}": [f"text {n}"] for n in range(20, 90)}
    after["id-30"] = ["text 30", "and a second piece"]
    after["id-31"] = ["another text"]
    a = finished(tmp_path / "a", before, repeated=["id-40"])
    b = finished(tmp_path / "b", after, dropped=[(f"id-{n}", "too_few_words") for n in range(10)])
    result = diff(a, b)["documents"]
    examples = result.pop("examples")
    common = {"a_in_b": result.pop("a_in_b"), "b_in_a": result.pop("b_in_a")}
    assert common == {"a_in_b": 39, "b_in_a": 39}
    assert result == {"a": 60, "b": 70, "both": 40, "changed": 2, "out": 20, "in": 30}
    assert {one["id"] for one in examples["changed"]} == {"id-30", "id-31"}
    out = {one["id"]: one["there"] for one in examples["out"]}
    assert len(out) == 5
    assert out.keys() < before.keys() - after.keys()
    for id_, there in out.items():
        assert there == ("dropped in filter: too_few_words" if int(id_[3:]) < 10 else None)
    assert {one["id"] for one in examples["in"]} < after.keys() - before.keys()


def test_a_run_does_not_differ_from_itself(tmp_path, capsys):
    a = finished(tmp_path / "a", {"x": ["text"]})
    result = diff(a, a)
    assert (result["recipe"], result["versions"]) == ({}, {})
    assert all(row["a"] == row["b"] for row in result["ledger"])
    assert result["documents"]["both"] == 1
    with pytest.raises(SystemExit) as left:
        main(["diff", a, a])
    assert left.value.code == 0
    assert capsys.readouterr().out.splitlines() == [
        "Recipe: the same",
        "Versions: the same",
        "Input files: the same",
        "Ledger: the same",
        "Mixture: the same",
        "Shares: no measure has changed by more than chance explains",
        "Documents: 1 in A, 1 in B, 1 in both, 0 of these with another text",
        "Texts, under any id: 1 of A in B too, 1 of B in A too",
    ]


def test_recipe_ledger_and_inputs(tmp_path, capsys):
    a = finished(
        tmp_path / "a", {"x": ["text"]},
        recipe={"seed": 7, "mix": {"tokens": None, "validation": 0.1}, "filters": ["c4"]},
        ledger={"kept": 3, "dropped": {"filter": {"too_few_words": 2}}},
    )  # fmt: skip
    b = finished(
        tmp_path / "b", {"x": ["text"], "y[red]\x1b": ["text"]},
        recipe={"seed": 7, "mix": {"tokens": 5, "validation": 0.1}, "filters": []},
        ledger={"kept": 4, "skipped": {"not_sampled": 9}, "dropped": {"filter": {}}},
    )  # fmt: skip
    result = diff(a, b)
    assert result["recipe"] == {"mix.tokens": [None, 5], "filters": [["c4"], []]}
    assert result["inputs"] == {"only in a": 1, "only in b": 1, "changed": 0}
    changed = {(r["state"], r["reason"]): (r["a"], r["b"]) for r in result["ledger"]}
    assert changed["kept", ""] == (3, 4)
    assert changed["dropped", "too_few_words"] == (2, 0)
    assert changed["skipped", "not_sampled"] == (0, 9)
    with pytest.raises(SystemExit):
        main(["diff", a, b])
    out = capsys.readouterr().out
    assert "y[red]: in B only, in A not read" in out
    assert "\x1b" not in out
    with pytest.raises(SystemExit):
        main(["diff", a, b, "--json"])
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(result))


def test_a_source_of_one_run_alone_is_one_row(tmp_path, capsys):
    crawl, news = {"kind": "warc", "weight": 0.6}, {"kind": "jsonl", "index_languages": []}
    a = finished(
        tmp_path / "a", {"x": ["text"]}, recipe={"sources": {"crawl": crawl, "news": news}}
    )
    b = finished(
        tmp_path / "b", {"x": ["text"]},
        recipe={
            "sources": {"crawl": {**crawl, "index_languages": ["a" * 50]}},
            "dedup": {"priority": ["b" * 50]},
        },
    )  # fmt: skip
    assert diff(a, b)["recipe"] == {
        "sources.crawl.index_languages": [None, ["a" * 50]],
        "sources.news.kind": ["jsonl", None],
        "dedup.priority": [None, ["b" * 50]],
    }
    with pytest.raises(SystemExit):
        main(["diff", a, b])
    assert "sources.crawl.index_languages" in capsys.readouterr().out, "no key is broken"


def test_a_run_that_is_not_done(tmp_path):
    with pytest.raises(RecipeError, match=r"expected a finished run, found no manifest\.json"):
        diff(str(tmp_path), str(tmp_path))
