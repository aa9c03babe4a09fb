"""The recipes that come with the project, run on a slice of real data."""

import bz2
import gzip
import itertools
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from books.ebooks import chapter, ebook

from curate import recipe as recipes
from curate.pipeline.run import run_stages, start
from curate.warc.reader import Records
from pipeline.runs import local_engine

PAGES = 40
END = b"</page>\n</mediawiki>\n"
RECIPES = Path(__file__).resolve().parents[2] / "recipes"


def sliced(archive, target, pages):
    """Copy the first records of an archive."""
    with archive.open("rb") as file:
        end = next(itertools.islice((one.offset for one in Records(file)), pages, None))
        file.seek(0)
        target.write_bytes(file.read(end))


@pytest.fixture(scope="module")
def inputs(data, tmp_path_factory):
    """A folder with a little of each source."""
    folder = tmp_path_factory.mktemp("recipes")
    for name in ("crawl", "webtext", "books", "epub", "benchmarks"):
        (folder / name).mkdir()
    sliced(data / "crawl" / "crawl-00000.warc.gz", folder / "crawl" / "a.warc.gz", 160)
    sliced(data / "crawl" / "crawl-00002.warc.gz", folder / "webtext" / "a.warc.gz", 80)
    books = pq.read_table(data / "reference" / "books.parquet", columns=["text"])["text"]
    for number, text in enumerate(books.to_pylist()[:8]):
        head, tail = "*** START OF THE PROJECT GUTENBERG EBOOK X ***\n\n", "\n\n*** END OF THE "
        whole = f"{head}{text[:20_000]}{tail}PROJECT GUTENBERG EBOOK X ***\nThe licence.\n"
        (folder / "books" / f"{number}.txt").write_text(whole)
        words = "".join(f"<p>{line}</p>" for line in text[40_000:50_000].split("\n") if line)
        words = words.replace("&", "&amp;")
        (folder / "epub" / f"{number}.epub").write_bytes(ebook([chapter(number, words)]))
    (wiki,) = (data / "wikipedia").glob("enwiki*.bz2")
    pages = bz2.decompress(wiki.read_bytes()).split(b"</page>\n")
    (folder / "wiki.xml.bz2").write_bytes(bz2.compress(b"</page>\n".join(pages[:PAGES]) + END))
    lines = (data / "benchmarks" / "winogrande.jsonl").read_text().splitlines(keepends=True)
    (folder / "benchmarks" / "a.jsonl").write_text("".join(lines[:200]))
    return folder


def run(name, folder, paths, **changes):
    whole = yaml.safe_load((RECIPES / name).read_text())
    for source, path in paths.items():
        whole["sources"][source]["path"] = path
    whole["output"] = {"shard_bytes": 500_000, "samples": 2}
    for key, value in changes.items():
        whole[key] = {**(whole[key] or {}), **value}
    made = recipes.parse(whole, folder)
    out = folder / f"out-{name}"
    with local_engine() as engine:
        result = run_stages(start(made, str(out), log=lambda _: None).on(engine))
    return result.of("publish").report["ledger"], out


@pytest.mark.slow
def test_gpt3(inputs):
    ledger, out = run(
        "gpt3.yaml",
        inputs,
        {
            "crawl": "crawl/*.gz",
            "webtext": "webtext/*.gz",
            "books1": "books/*.txt",
            "books2": "epub/*.epub",
            "wikipedia": "wiki.xml.bz2",
        },
        mix={"tokens": None, "max_epochs": 1000},
        quality={"documents": 200, "alpha": 1},  # 9 may leave none of so few pages
    )
    wiki = bz2.decompress((inputs / "wiki.xml.bz2").read_bytes())
    assert ledger["skipped"]["redirect_page"] == wiki.count(b"<redirect ") > 5
    rows = pq.read_table(out / "ledger").to_pylist()
    good = {row["source"]: set() for row in rows}
    for row in rows:
        if row["state"] in ("kept", "unused", "held_out"):
            good[row["source"]].add(row["id"])
    assert all(good.values()), "every source reaches the mix"
    assert len(good["books1"]) == len(good["books2"]) == 8
    assert all(id_.startswith("enwiki/") for id_ in good["wikipedia"])
    shards = [pq.read_table(path) for path in (out / "corpus").glob("*/*.parquet")]
    texts = [text for shard in shards for text in shard["text"].to_pylist()]
    assert not [text for text in texts if "PROJECT GUTENBERG" in text]


@pytest.mark.slow
def test_webtext(inputs):
    with (inputs / "webtext" / "a.warc.gz").open("rb") as file:
        urls = [one.url for one in Records(file) if one.kind == "response"]
    posted = sorted(set(urls))[::2]
    pq.write_table(pa.table({"url": posted}), inputs / "links.parquet")
    ledger, out = run("webtext.yaml", inputs, {"webtext": "webtext/*.gz"})
    assert ledger["kept"] > 5
    assert ledger["skipped"]["not_listed"] > 20
    result = pq.read_table(out / "corpus" / "train", columns=["url"])["url"].to_pylist()
    assert set(result) <= set(posted)
    assert list((out / "corpus" / "train").glob("*.parquet"))


def test_slices_are_archives(inputs):
    with gzip.open(inputs / "crawl" / "a.warc.gz") as file:
        assert file.read().startswith(b"WARC/")


def response(url, html, charset):
    """Return a WARC record of a page."""
    page = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset={charset}\r\n\r\n".encode() + html
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\n"
        "WARC-Date: 2024-01-01T00:00:00Z\r\n"
        "Content-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(page)}\r\n\r\n"
    )
    return head.encode() + page + b"\r\n\r\n"


@pytest.mark.slow
def test_multilingual_on_pages_of_six_languages(data, tmp_path):
    pages = {code: [] for code in ("en", "de", "el", "pl", "ru", "zh")}
    rows = pq.read_table(data / "extraction" / "daniel.parquet").to_pylist()
    rows += pq.read_table(data / "extraction" / "trafilatura_snippets.parquet").to_pylist()
    for row in rows:
        code = row["language"] or ("de" if b'lang="de' in row["html"][:3000] else "")
        if code in pages and len(pages[code]) < 12:
            pages[code].append((row["html"], row["charset"] or "utf-8"))
    (tmp_path / "crawl").mkdir()
    with gzip.open(tmp_path / "crawl" / "a.warc.gz", "wb") as file:
        for code, own in pages.items():
            for number, (html, charset) in enumerate(own):
                file.write(response(f"http://{code}.example/{number}", html, charset))
    ledger, out = run("multilingual.yaml", tmp_path, {"crawl": "crawl/*.gz"})
    assert ledger["kept"] >= 0.6 * sum(map(len, pages.values()))
    shards = [pq.read_table(path) for path in (out / "corpus").glob("*/*.parquet")]
    found = [row for shard in shards for row in shard.select(["url", "language"]).to_pylist()]
    for code, own in pages.items():
        kept = [row for row in found if row["url"].startswith(f"http://{code}.")]
        assert len(kept) >= 0.5 * len(own), code
        assert sum(row["language"] == code for row in kept) >= 0.9 * len(kept), code
