"""Pages that end their worker: one page each, whatever is done afterwards."""

import json

import pytest
from warc.archives import archive, response

from curate.engine.guard import CRASHED, TOO_SLOW
from curate.extract.html import Extraction
from curate.stages import extract
from curate.stages.stage import SoFar
from curate.store.commits import read_receipts
from stages.committed import carry_out, start, table_of

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
    from curate.stages import extract as module

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
    return whole


def test_a_page_that_ends_its_worker_costs_that_page(engine, crawl, tmp_path, monkeypatch):
    monkeypatch.setattr(extract, "extract_unit", extract_unit)
    said = []

    def extracted():
        run = start(crawl, tmp_path, tmp_path / "out", engine, log=said.append)
        return carry_out(extract, run, SoFar()).of("extract")

    first = extracted()
    outcomes = table_of(first, "outcomes")
    dropped = {int(row["url"].rpartition("/")[2]): row["reason"] for row in outcomes}
    assert dropped == {5: CRASHED, 17: CRASHED, 29: TOO_SLOW}
    assert {(row["state"], row["stage"]) for row in outcomes} == {("dropped", "extract")}
    texts = table_of(first, "documents")
    assert len(texts) == PAGES + 5 - 3
    assert first.report["records"] == PAGES + 5
    assert "extract: 3 pages ended their worker, and are dropped" in said
    cost = {unit: facts["fallbacks"] for unit, facts in first.facts()}
    assert sorted(cost.values()) == [0, 3]

    # An interrupted run goes on: the pages are known, and no worker dies of it again.
    [folder] = (tmp_path / "out" / "_work" / "extract").iterdir()
    (folder / "_commit.json").unlink()
    for path in (folder / "receipts").iterdir():
        path.unlink()
    for path in (folder / "attempts").rglob("*"):
        if path.is_file():
            path.unlink()
    failures = {json.loads(path.read_bytes())["reason"] for path in (folder / "failures").iterdir()}
    assert failures == {CRASHED, TOO_SLOW}
    again = extracted()
    assert table_of(again, "documents") == texts
    assert table_of(again, "outcomes") == outcomes
    assert set(read_receipts(str(folder))) == set(cost)
    assert not [path for path in (folder / "attempts").rglob("*") if path.is_file()]
