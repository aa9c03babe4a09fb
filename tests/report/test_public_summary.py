"""The public summary: its numbers are those of the shards, what it can't know is left to people."""

import json
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.cli import main
from curate.report.domains import content_of, largest
from curate.report.public_summary import TO_DO, public_summary
from curate.store import schema

URLS = {
    "https://www.Example.org/a": "example.org",
    "http://user:word@example.org:8080/b": "example.org",
    "https://sub.example.org?x=1": "sub.example.org",
    "ftp://other.net/": "other.net",
    "not an address": None,
    None: None,
}
SOURCES = {
    "crawl": {"kind": "warc", "license": None},
    "cc": {"kind": "commoncrawl", "crawl": "CC-MAIN-2024-10"},
    "books": {"kind": "text", "license": "public domain"},
}


def rows():
    for n in range(120):
        url = list(URLS)[n % len(URLS)]
        source = ("crawl", "cc", "books")[n % 7 % 3]
        yield {
            "text": "x", "id": f"r{n}", "piece": 0, "epoch": int(n % 11 == 0), "source": source,
            "url": None if source == "books" else url, "file_path": "f", "token_count": 1 + n % 5,
            "date": f"2024-0{1 + n % 9}-02T00:00:00Z" if source == "crawl" else None,
            "language": "de" if n % 3 else None,
        }  # fmt: skip


@pytest.fixture
def out(tmp_path):
    shards = []
    for n, own in enumerate((list(rows())[:50], list(rows())[50:])):
        file = f"corpus/train/train-{n:05d}-of-00002.parquet"
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(own, schema.CORPUS), tmp_path / file)
        shards.append({"file": file, "rows": len(own), "tokens": 0})
    (tmp_path / "manifest.json").write_text(
        json.dumps(
            {"shards": shards, "recipe": {"sources": SOURCES}, "tokenizer": {"name": "gpt2"}}
        )
    )
    (tmp_path / "ledger.json").write_text(json.dumps({"dropped": {}}))
    return tmp_path


def test_sums_are_those_of_the_rows(out):
    result = content_of(str(out), json.loads((out / "manifest.json").read_text()))
    sources, languages, domains = Counter(), Counter(), {}
    for row in rows():
        if row["epoch"]:
            continue
        sources[row["source"]] += row["token_count"]
        languages[row["language"] or "not identified"] += row["token_count"]
        if host := URLS[row["url"]]:
            domains.setdefault(row["source"], Counter())[host] += row["token_count"]
    assert (result.sources, result.languages, result.domains) == (sources, languages, domains)
    assert result.tokens == sum(sources.values())
    dates = [row["date"] for row in rows() if row["date"] and not row["epoch"]]
    assert result.dates == {"crawl": (min(dates), max(dates))}


def test_the_command_writes_what_the_run_knows(out, capsys):
    with pytest.raises(SystemExit) as left:
        main(["summary", str(out)])
    assert left.value.code == 0
    text = (out / "summary.md").read_text()
    assert f"{text.count(TO_DO)} places" in capsys.readouterr().out
    content = content_of(str(out), json.loads((out / "manifest.json").read_text()))
    parts = dict(zip(*[iter(["", *_headings(text)][1:])] * 2, strict=True))
    assert "less than 1 billion tokens" in parts["1.3 Modalities, size, characteristics"]
    assert f"{content.tokens:,}" in parts["1.3 Modalities, size, characteristics"]
    assert "CC-MAIN-2024-10" in parts["2.1 Publicly available datasets"].replace("&#45;", "-")
    assert "`books`" in parts["2.1 Publicly available datasets"]
    crawled = parts["2.3 Crawled pages"]
    assert "| `crawl` | `warc` | `not stated` | `2024-01-02` to `2024-09-02` | " in crawled
    assert "The 1 largest of 3 domains" in crawled
    assert "did not look for opt-outs" in parts["3.1 Reservations of rights (text and data mining)"]


def _headings(text):
    import re

    return [one.strip() for one in re.split(r"^### (.*)$", text, flags=re.MULTILINE)[1:]]


def test_opt_outs_and_removals_are_counted(out):
    manifest = json.loads((out / "manifest.json").read_text())
    manifest["recipe"] |= {
        "rights": {
            "opt_outs": {"directives": ["noai"], "hosts": 1},
            "license": {"keep": ["cc-by"]},
        },
        "filters": [{"url": {"url_domain": "x"}}, "fineweb"],
    }
    ledger = {"dropped": {
        "extract": {"optout_meta": 12_345, "license_not_kept": 77},
        "takedown": {"removed": 9},
        "filter": {"url_domain": 8_001, "too_few_words": 5_555},
        "urls": {"url_duplicate": 6_666},
    }}  # fmt: skip
    text = public_summary(manifest, ledger, content_of(str(out), manifest))
    for told in ("| `optout_meta` | 12,345 |", "`cc-by`; ", "77 were", "9 records", "8,001"):
        assert told.strip() in text, told
    assert "5,555" not in text
    assert "6,666" not in text


def test_domains_that_are_named():
    sums = {f"d{n:02d}.org": n for n in range(40)}
    assert largest(sums, 0.1) == ["d39.org", "d38.org", "d37.org", "d36.org"]
    assert largest(sums, 0.05, 1) == ["d39.org"]
    assert largest({"a": 1}, 0.1) == ["a"]
    assert largest({}, 0.1) == []
