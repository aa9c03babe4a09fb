"""A source with lists and an index: the same documents with the index and without."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from warc.archives import archive, member, response

from curate.recipe import RecipeError
from curate.stages import extract
from curate.stages.stage import SoFar
from stages.committed import carry_out, start, table_of

WORDS = "Some people say that a paragraph needs many words to be seen as one. " * 5
WANTED = [3, 11, 12, 25, 99]


def page(n):
    return response(n, f"<html><body><p>Page {n}. {WORDS}</p></body></html>".encode())


@pytest.fixture
def crawl(tmp_path):
    """Return where two archives lie, with a list of pages and two forms of an index of them."""
    rows = []
    for name, numbers in (("a", range(20)), ("b", range(20, 30)), ("c", range(30, 35))):
        records = [member("warcinfo", b"x"), *map(page, numbers)]
        data, starts = archive(records)
        (tmp_path / f"{name}.warc.gz").write_bytes(data)
        stops = [*starts[1:], len(data)]
        places = list(zip(starts, stops, strict=True))[1:]
        rows += [
            (f"http://example.org/{n}", f"crawl/{name}.warc.gz", start, stop - start)
            for n, (start, stop) in zip(numbers, places, strict=True)
        ]
    rows.append(("http://example.org/99", "crawl/elsewhere.warc.gz", 0, 10))
    lines = [
        json.dumps({"url": url, "filename": name, "offset": str(at), "length": str(length)})
        for url, name, at, length in rows
    ]
    (tmp_path / "one.cdxj").write_text("".join(f"x 2024 {line}\n" for line in lines[:15]))
    names = ("url", "warc_filename", "warc_record_offset", "warc_record_length")
    columns = dict(zip(names, map(list, zip(*rows[15:], strict=True)), strict=True))
    pq.write_table(pa.table(columns), tmp_path / "two.parquet")
    (tmp_path / "wanted.txt").write_text("".join(f"https://www.example.org/{n}/\n" for n in WANTED))
    return tmp_path


def extracted(engine, folder, out, **keys):
    source = {"kind": "warc", "path": "*.warc.gz", **keys}
    whole = {"sources": {"s": source}, "extract": {"extractor": "trafilatura"}}
    said = []
    run = start(whole, folder, folder / out, engine, log=said.append)
    commit = carry_out(extract, run, SoFar()).of("extract")
    tables = {name: table_of(commit, name) for name in ("documents", "outcomes")}
    digests = {digest[0]: digest[2] for _, facts in commit.facts() for digest in facts["digests"]}
    return tables, commit.report["records"], digests, said


def test_listed_pages_with_and_without_an_index(engine, crawl):
    scan, read, _, said = extracted(engine, crawl, "scan", urls="wanted.txt")
    assert [row["url"].rpartition("/")[2] for row in scan["documents"]] == ["3", "11", "12", "25"]
    reasons = [row["reason"] for row in scan["outcomes"]]
    assert (read, reasons.count("not_listed"), reasons.count("warcinfo")) == (38, 31, 3)
    assert "extract: 5 URLs of s are listed" in said
    index = ["one.cdxj", "two.parquet"]
    some, read, digests, said = extracted(engine, crawl, "index", urls="wanted.txt", index=index)
    assert some["documents"] == scan["documents"]
    assert (read, some["outcomes"]) == (4, []), "the ledger knows of what was read only"
    assert digests[2] == "0" * 64, "of the third file nothing was read"
    assert "extract: 4 captures of s are read by its index" in said
    assert "extract: 1 captures of s are in files it does not have" in said


def test_lists_that_ask_for_nothing(local, crawl):
    (crawl / "wanted.txt").write_text("no url\n")
    with pytest.raises(RecipeError, match=r"sources.s.urls: expected web URLs, got none"):
        extracted(local, crawl, "none", urls="wanted.txt")
    with pytest.raises(RecipeError, match=r"sources.s.index: no file matches"):
        extracted(local, crawl, "none", index="missing*")


@pytest.mark.parametrize(("host", "captures"), [("example.org", 15), ("nowhere.org", 0)])
def test_captures_of_hosts(local, crawl, host, captures):
    keys = {"index": "one.cdxj", "index_hosts": host}
    tables, read, _, said = extracted(local, crawl, host, **keys)
    assert (read, len(tables["documents"])) == (captures, captures)
    assert f"extract: {captures} captures of s are read by its index" in said
