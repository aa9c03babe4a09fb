"""A rerun of another mix in the same folder leaves what a first run of it would have left."""

import json

import pyarrow.parquet as pq
import pytest

from curate.pipeline import run as runs
from curate.verify import verify
from stages.committed import start


@pytest.fixture
def folder(tmp_path):
    rows = [{"text": f"Document {n} says what none of the others says. " * 5} for n in range(30)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def run(engine, folder, tokens, **more):
    whole = {
        "sources": {"a": {"kind": "jsonl", "path": "a.jsonl", "reference": True}},
        "dedup": {"near": False},
        "mix": {"tokens": tokens, "validation": 0.0, **more},
    }
    out = folder / "out"
    runs.run_stages(start(whole, folder, out, engine))
    return out


def test_a_budget_that_repeats_every_document_is_met(local, folder):
    out = run(local, folder, None)
    once = sum(pq.read_table(out / "corpus/train")["token_count"].to_pylist())
    out = run(local, folder, 2 * once)
    table = pq.read_table(out / "corpus/train")
    assert sorted(set(table["epoch"].to_pylist())) == [0, 1]
    assert sum(table["token_count"].to_pylist()) == 2 * once
    assert verify(str(out), workers=1)[1] == []
    out = run(local, folder, 2 * once, max_epochs=3.0)
    assert json.loads((out / "manifest.json").read_bytes())["recipe"]["mix"]["max_epochs"] == 3.0
