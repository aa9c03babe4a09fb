"""Filters of the user's that loop, crash, leave or raise: a record each, or an error."""

import json

import pytest
from pipeline.runs import local_engine

from curate import recipe as recipes
from curate.pipeline import run as pipeline
from curate.steps import FilterError

CODE = """
import os, signal, sys

def rule(text):
    if "abort" in text:
        os.abort()
    if "killed" in text:
        os.kill(os.getpid(), signal.SIGKILL)
    if "leaves" in text:
        sys.exit(3)
    while "spins" in text:
        pass
    if "raises" in text:
        raise KeyError("no such thing")
    return "has_x" if "x" in text.split() else None
"""
TEXTS = [f"Text number {n}, a sentence of its own." for n in range(40)]


def outcomes(folder, texts, module, monkeypatch):
    """Return {text: reason} of the records that the filter stage dropped."""
    (folder / f"{module}.py").write_text(CODE)
    monkeypatch.syspath_prepend(folder)
    rows = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    (folder / "a.jsonl").write_text(rows)
    whole = {
        "sources": {"a": {"kind": "jsonl", "path": "a.jsonl"}},
        "language": None,
        "filters": [f"{module}:rule"],
        "extract": {"max_seconds": 0.5},
    }
    made = recipes.parse(whole, folder, allow_code=True)
    with local_engine(2) as engine:
        run = pipeline.start(made, str(folder / "out"), log=lambda _: None).on(engine)
        pipeline.run_stages(run, "filter")
    import pyarrow.parquet as pq

    result = {}
    for path in (folder / "out/_work/filter").glob("*/outcomes/*.parquet"):
        result |= {row["n"]: row["reason"] for row in pq.read_table(path).to_pylist()}
    return {texts[n]: reason for n, reason in result.items()}


def test_a_filter_that_ends_its_process_costs_the_record(tmp_path, monkeypatch):
    texts = list(TEXTS)
    texts[3], texts[9], texts[17], texts[21], texts[30] = "abort", "killed", "spins", "x", "leaves"
    assert outcomes(tmp_path, texts, "deadly_rules", monkeypatch) == {
        "abort": "filter_crashed",
        "killed": "filter_crashed",
        "leaves": "filter_crashed",
        "spins": "filter_too_slow",
        "x": "has_x",
    }


def test_a_filter_that_raises_is_an_error_that_names_filter_and_record(tmp_path, monkeypatch):
    texts = [*TEXTS[:5], "raises"]
    with pytest.raises((FilterError, RuntimeError), match=r"record a a/a\.jsonl#5: filter raisi"):
        outcomes(tmp_path, texts, "raising_rules", monkeypatch)
