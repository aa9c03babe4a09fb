"""Pages asked for by URL: lists, indexes, and what the ledger says of the others."""

import bz2
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warc.archives import archive, http, member, packed, response

from curate import recipe
from curate.dedup.urls import normalise_url
from curate.engine.guard import Guard
from curate.extract.html import Extraction
from curate.recipe import RecipeError
from curate.sources import InputFile, Range, Reading, read, split_indexed
from curate.sources.url_lists import Place, UrlSet, by_file, read_index, read_urls
from curate.store.keys import Tally

EXTRACT = recipe.Extract()
WORDS = st.text("abc./?&=", max_size=6)
URLS = st.one_of(
    st.builds("http://{}/{}".format, st.sampled_from(["a.b", "WWW.a.B"]), WORDS), WORDS
)


@settings(deadline=None)
@given(st.lists(URLS, max_size=12), st.lists(URLS, max_size=12))
def test_a_url_is_listed_if_a_spelling_of_it_is(urls, others):
    listed = UrlSet.of(urls)
    plain = {normalise_url(url) for url in urls} - {None}
    assert len(listed) == len(plain)
    for url in [*urls, *others]:
        assert (url in listed) == (normalise_url(url) in plain)
    assert None not in listed


def test_a_set_is_the_same_once_saved(tmp_path):
    listed = UrlSet.of(f"http://e.org/{n}" for n in range(1000))
    url = str(tmp_path / "x.npy")
    again = UrlSet.load(url, listed.save(url))
    assert all(f"https://www.e.org/{n}/" in again for n in range(1000))
    assert "http://e.org/1000" not in again
    other = UrlSet.of(f"http://e.org/{n}" for n in reversed(range(1000)))
    assert other.save(str(tmp_path / "y.npy")) == listed.save(url), "the order does not matter"


def test_both_halves_of_a_hash_count():
    hashes = UrlSet.of(["http://e.org/a"]).hashes.copy()
    hashes[0, 1] += 1
    assert "http://e.org/a" not in UrlSet(hashes)


LINES = "http://e.org/1\n\n  https://www.e.org/2/  \r\nno url\n"


@pytest.mark.parametrize("name", ["x.txt", "x.txt.gz", "x.bz2", "x.txt.zst", "x.parquet"])
def test_lists_of_every_form(tmp_path, name):
    path = tmp_path / name
    if name.endswith(".parquet"):
        wanted = ["http://e.org/1", "https://www.e.org/2/", "no url"]
        pq.write_table(pa.table({"url": [*wanted, None], "n": [1, 2, 3, 4]}), path)
    elif name.endswith(".zst"):
        with pa.CompressedOutputStream(str(path), "zstd") as file:
            file.write(LINES.encode())
    else:
        pack = {"gz": gzip.compress, "bz2": bz2.compress}.get(name.rpartition(".")[2], bytes)
        path.write_bytes(pack(LINES.encode()))
    assert list(read_urls(str(path))) == ["http://e.org/1", "https://www.e.org/2/", "no url"]


def test_a_table_without_urls(tmp_path):
    path = str(tmp_path / "x.parquet")
    pq.write_table(pa.table({"link": ["x"]}), path)
    with pytest.raises(ValueError, match=r"x.parquet: expected a column url, got link"):
        list(read_urls(path))
    with pytest.raises(ValueError, match="expected columns url, warc_filename"):
        list(read_index(path, None))


PLACES = [
    ("http://e.org/1", "crawl/a.warc.gz", 10, 20),
    ("https://www.e.org/2", "crawl/a.warc.gz", 30, 20),
    ("http://e.org/3", "crawl/b.warc.gz", 0, 7),
]


def cdxj(rows, *more):
    lines = ["!cdx header", *more]
    for url, filename, offset, length in rows:
        told = {"url": url, "filename": filename, "offset": str(offset), "length": str(length)}
        lines.append(f"org,e)/x 20240101000000 {json.dumps(told)}")
    return "\n".join(lines).encode()


BAD = ["org,e)/ 2024 {broken", 'org,e)/ 2024 {"url": "http://e.org/1"}', "org,e)/ 2024 [1]"]


@pytest.mark.parametrize("form", ["cdxj", "cdxj.gz", "parquet"])
def test_indexes_of_every_form(tmp_path, form):
    path = tmp_path / f"x.{form}"
    if form == "parquet":
        names = ("url", "warc_filename", "warc_record_offset", "warc_record_length")
        columns = dict(zip(names, map(list, zip(*PLACES, strict=True)), strict=True))
        pq.write_table(pa.table(columns), path)
    else:
        data = cdxj(PLACES, *BAD)
        path.write_bytes(gzip.compress(data) if form.endswith("gz") else data)
    assert list(read_index(str(path), None)) == [Place(*place[1:]) for place in PLACES]
    listed = UrlSet.of(["http://e.org/2", "http://www.e.org/3/"])
    assert list(read_index(str(path), listed)) == [Place(*place[1:]) for place in PLACES[1:]]


def input_file(number, url):
    return InputFile(number, "s", Path(url).name, url, 100, "v")


def test_an_index_names_files_by_their_place_in_the_crawl():
    files = [input_file(0, "/d/crawl/x/a.warc.gz"), input_file(1, "s3://b/b.warc.gz")]
    places = [("crawl/x/a.warc.gz", 5, 1), ("other/b.warc.gz", 9, 2), ("b.warc.gz", 3, 2)]
    expected, nowhere = by_file([*places, *places, ("c.warc.gz", 1, 1)], files)
    assert expected == {0: [(5, 1)], 1: [(3, 2), (9, 2)]}
    assert nowhere == 1
    two = [input_file(0, "/d/x/a.warc.gz"), input_file(1, "/d/y/a.warc.gz")]
    assert by_file([("y/a.warc.gz", 1, 1)], two)[0] == {1: [(1, 1)]}
    with pytest.raises(RecipeError, match=r"sources.s.index: expected one file for z/a.warc.gz"):
        by_file([("z/a.warc.gz", 1, 1)], two)


def plain(body, **_):
    return Extraction(body.decode(), "", "", "plain")


def rows_of(path, *, listed=None, only=None, source=None):
    source = source or recipe.Source(kind="warc", path=str(path))
    size = path.stat().st_size
    file = InputFile(3, "s", path.name, str(path), size, "v")
    reading = Reading(listed={} if listed is None else {"s": listed}, page=Guard(plain, str))
    rows = list(read(Range(file, 0, size, only=only), source, EXTRACT, reading))
    tally = Tally()
    for _, row in rows:
        tally.add("s", path.name, row["n"])
        tally.characters += len(row.get("text", ""))
    assert reading.tally == tally
    return rows, reading


RECORDS = [
    member("warcinfo", b"x"),
    *(response(n) for n in range(1, 9)),
    member("request", b"GET / HTTP/1.1\r\n\r\n", url="http://example.org/2", n=50),
    member(block=http(b"", status="301 Moved"), url="http://example.org/9", n=51),
]


def test_pages_not_listed_are_skipped_and_counted(tmp_path):
    path = tmp_path / "a.warc.gz"
    path.write_bytes(archive(RECORDS)[0])
    rows, _ = rows_of(path, listed=UrlSet.of(["http://www.example.org/2/", "http://example.org/7"]))
    assert [row["url"][-1] for table, row in rows if table == "documents"] == ["2", "7"]
    why = [row["reason"] for table, row in rows if table == "outcomes"]
    assert why == ["warcinfo", *["not_listed"] * 6, "request", "redirect"]


@pytest.mark.parametrize("form", ["gz", "plain", "zst"])
def test_records_read_by_their_places_are_those_of_a_scan(tmp_path, form):
    pack = packed if form == "gz" else bytes
    head = b""
    if form == "zst":
        zstd = pytest.importorskip("backports.zstd")
        words = zstd.train_dict(RECORDS * 20, 2000)
        content = zstd.compress(words.dict_content)
        head = b"\x5d\x2a\x4d\x18" + len(content).to_bytes(4, "little") + content

        def pack(record):
            return zstd.compress(record, zstd_dict=words)

    path = tmp_path / f"a.warc.{form}"
    path.write_bytes(head + b"".join(map(pack, RECORDS)))
    scanned, _ = rows_of(path)
    lengths = [len(pack(record)) for record in RECORDS]
    offsets = [len(head) + sum(lengths[:n]) for n in range(len(lengths))]
    only = tuple(zip(offsets, lengths, strict=True))
    assert rows_of(path, only=only)[0] == scanned[bool(head) :]
    some, reading = rows_of(path, only=only[2:5:2])
    assert some == [scanned[bool(head) + 2], scanned[bool(head) + 4]]
    assert reading.split_boundaries == []
    assert reading.digests[0][:2] == [3, only[2][0]]
    nothing, reading = rows_of(path, only=())
    assert (nothing, reading.digests) == ([], [[3, 0, "0" * 64]])


def test_an_index_that_is_wrong_is_damage_and_no_invention(tmp_path):
    path = tmp_path / "a.warc.gz"
    data, starts = archive(RECORDS)
    path.write_bytes(data)
    only = ((starts[1] + 1, 100), (starts[2], 30), (len(data) + 5, 10))
    rows, _ = rows_of(path, only=only)
    told = [(row["n"], row["state"], row["reason"]) for _, row in rows]
    assert told == [
        (starts[1] + 1, "damaged", "not_an_archive"),
        (starts[2], "damaged", "truncated"),
        (len(data) + 5, "damaged", "truncated"),
    ]


def test_units_of_places_are_bounded_and_whole():
    files = [input_file(number, f"/{number}.warc.gz") for number in range(5)]
    made = recipe.parse(
        {
            "sources": {"s": {"kind": "warc", "path": "x", "index": "y"}},
            "extract": {"split_bytes": 1 << 20},
        },
        Path("/"),
    )
    expected = {1: [(n, 300_000) for n in range(10)], 3: [(7, 5)]}
    units = split_indexed(files, made, expected)
    parts = [part for unit in units.values() for part in unit]
    result = {}
    for part in parts:
        result.setdefault(part.file.number, []).extend(part.only)
    assert result == {0: [], 2: [], 4: [], **expected}
    sizes = [sum(length for part in unit for _, length in part.only) for unit in units.values()]
    assert max(sizes) <= (1 << 20) + 300_000
    assert len(units) == 3


def test_lists_are_for_archives():
    for key in ("urls", "index"):
        with pytest.raises(RecipeError, match=f"sources.s.{key}: expected kind warc or wet"):
            recipe.parse({"sources": {"s": {"kind": "text", "path": "x", key: "y"}}}, Path("/"))
