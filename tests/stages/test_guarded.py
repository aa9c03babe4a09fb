"""Pages that kill their worker in local Spark: one page each, whatever is done afterwards."""

import json
import sys
from functools import partial

import pyarrow.parquet as pq
import pytest
from pyspark import cloudpickle
from warc.archives import archive, response

from curate import recipe as recipes
from curate.engine.guard import CRASHED, TOO_SLOW
from curate.extract.html import Extraction
from curate.spark import extract, pipeline
from curate.store.commits import read_receipts

cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers cannot import a test

PAGES = 40
DEADLY = {5: b"<!--abort-->", 17: b"<!--killed-->", 29: b"<!--spin-->"}


def deadly(body, **_):
    """Stand in for an extractor with three faults in native code."""
    import os
    import signal

    if b"<!--abort-->" in body:
        os.abort()
    if b"<!--killed-->" in body:  # what the system does to those who take all memory
        os.kill(os.getpid(), signal.SIGKILL)
    while b"<!--spin-->" in body:
        pass
    return Extraction(body.decode(), "utf-8", "utf8", "deadly")


def extract_unit(folder, unit, payload, **settings):
    """Do the work of a unit with the deadly function, in this worker."""
    from curate.spark import extract as module

    was, module.page_function = module.page_function, lambda _: deadly
    try:
        return module.extract_unit(folder, unit, payload, **settings)
    finally:
        module.page_function = was


@pytest.fixture
def crawl(tmp_path):
    """A recipe of an archive in two units, all deadly pages in the first, and a small one."""
    records = [response(n, b"<html>" + DEADLY.get(n, b"") + b"%d " % n * 9) for n in range(PAGES)]
    (tmp_path / "a.warc.gz").write_bytes(archive(records)[0])
    (tmp_path / "b.warc.gz").write_bytes(archive([response(n) for n in range(90, 95)])[0])
    whole = {"sources": {"a": {"kind": "warc", "path": "a.warc.gz"}}, "language": None}
    whole["sources"]["b"] = {"kind": "warc", "path": "b.warc.gz"}
    whole["extract"] = {"max_seconds": 0.5}
    return recipes.parse(whole, tmp_path)


def table(commit, name):
    rows = [row for f in commit.files(name) for row in pq.read_table(commit.url(f)).to_pylist()]
    return sorted(rows, key=lambda row: row["key"])


def test_a_page_that_kills_its_worker_costs_that_page(spark, crawl, tmp_path, monkeypatch):
    monkeypatch.setattr(extract, "extract_unit", extract_unit)
    said = []
    run = partial(pipeline.start, crawl, say=said.append)
    first = extract.stage(run(str(tmp_path / "out")).on(spark)).base
    fates = table(first, "fates")
    dropped = {int(row["url"].rpartition("/")[2]): row["reason"] for row in fates}
    assert dropped == {5: CRASHED, 17: CRASHED, 29: TOO_SLOW}
    assert {(row["state"], row["stage"]) for row in fates} == {("dropped", "extract")}
    texts = table(first, "documents")
    assert len(texts) == PAGES + 5 - 3
    assert first.report["records"] == PAGES + 5
    assert "extract: 3 pages ended their worker, and are dropped" in said
    cost = {receipt.unit: receipt.facts["fallen"] for receipt in first.receipts}
    assert sorted(cost.values()) == [0, 3]

    # An interrupted run goes on: whom it hit is known, and no worker dies of it again.
    [folder] = (tmp_path / "out" / "_work" / "extract").iterdir()
    (folder / "_commit.json").unlink()
    for path in (folder / "receipts").iterdir():
        path.unlink()
    for path in (folder / "attempts").rglob("*"):
        if path.is_file():
            path.unlink()
    fallen = {json.loads(path.read_bytes())["reason"] for path in (folder / "fallen").iterdir()}
    assert fallen == {CRASHED, TOO_SLOW}
    again = extract.stage(run(str(tmp_path / "out")).on(spark)).base
    assert table(again, "documents") == texts
    assert table(again, "fates") == fates
    assert set(read_receipts(str(folder))) == set(cost)
    assert not [path for path in (folder / "attempts").rglob("*") if path.is_file()]
