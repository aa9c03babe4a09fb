"""Archives as a source: each record has its outcome, each byte is counted once."""

import itertools

import fsspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warc.archives import archive, http, member, packed, response, wacz

from curate import recipe, sources
from curate.sources import InputFile, Range, Reading
from curate.store import io, remote
from curate.store.file_blocks import Blocks
from curate.warc.reader import DAMAGES

from .reading import EXTRACT, bounds_of, put, read_ranges, told

ARTICLE = b"<html><body><article>" + b"<p>%s</p>" * 6 + b"</article></body></html>"


def article(n):
    sentence = f"This is sentence number {n} of a page that has quite some words in it. " * 3
    return ARTICLE % ((sentence.encode(),) * 6)


def records():
    """Return (name, record, what becomes of it): state: reason, or a piece of its text."""
    return [
        ("warcinfo", member("warcinfo", b"software: x"), "skipped: warcinfo"),
        ("page", response(1, article(1)), "sentence number 1 of"),
        ("request", member("request", b"GET / HTTP/1.1\r\n\r\n", n=2), "skipped: request"),
        ("image", member(block=http(b"x", "Content-Type: image/png"), n=3), "skipped: not_html"),
        ("gone", member(block=http(b"x", status="404 Not"), n=4), "skipped: http_error"),
        ("moved", member(block=http(b"", status="301 Moved"), n=5), "skipped: redirect"),
        ("no text", response(6, b"<html><body></body></html>"), "dropped: no_text"),
        ("deep", response(7, b"<html>" + b"<div>" * 500), "dropped: too_deep"),
        ("large", response(8, b"<html>" + b"a " * 30_000), "dropped: page_too_large"),
        ("text", member("conversion", b"plain words", n=9, url="http://x/9"), "plain words"),
        ("page", response(10, article(10)), "sentence number 10 of"),
    ]


@pytest.fixture(scope="module")
def crawl(tmp_path_factory):
    """An archive with a record of every fate, and where each starts."""
    data, starts = archive([record for _, record, _ in records()])
    path = put(tmp_path_factory.mktemp("crawl") / "CC-MAIN-2024-10" / "a.warc.gz", data)
    return path, starts


SMALL_PAGES = recipe.Extract(max_page_bytes=50_000)


def test_each_record_of_an_archive_has_its_fate(crawl):
    path, starts = crawl
    rows, reading = read_ranges(path, "warc", extract=SMALL_PAGES)
    assert [row["n"] for _, row in rows] == starts
    for (name, _, expected), result in zip(records(), told(rows), strict=True):
        assert expected in result, name
    size = path.stat().st_size
    assert sum(row["length"] for _, row in rows) == size, "no byte is left over"
    assert reading.split_boundaries == [[3, 0, size, 0, size]]
    page = rows[1][1]
    assert page["id"] == "<urn:uuid:00000000-0000-4000-8000-000000000001>"
    assert page["url"] == "http://example.org/1"
    assert page["date"] == "2024-05-06T07:08:09Z"
    assert page["dump"] == "CC-MAIN-2024-10", "from the path"
    assert rows[6][1]["url"] == "http://example.org/6", "a dropped page has its URL"
    rows, _ = read_ranges(path, "warc", dump="mine")
    assert rows[1][1]["dump"] == "mine", "the setting goes first"


def test_records_without_an_id_get_one(tmp_path):
    record = member("conversion", b"words").replace(b"WARC-Record-ID", b"WARC-Other-ID")
    for kind in ("wet", "warc"):
        ((_, row),), _ = read_ranges(put(tmp_path / "a.warc.gz", packed(record)), kind)
        assert (row["id"], row["text"], row["dump"]) == ("s/a.warc.gz#0", "words", None)


@pytest.mark.usefixtures("small_blocks")
@settings(max_examples=30)
@given(st.lists(st.floats(0, 1, exclude_max=True), max_size=5))
def test_all_splits_of_an_archive_together_are_the_archive(packed_texts, cuts):
    path, whole = packed_texts
    size = path.stat().st_size
    rows, reading = read_ranges(path, "wet", bounds_of(size, cuts))
    assert rows == whole
    with path.open("rb") as file:
        digest = Blocks(file, 0, size).digest()
    assert sum(int(one, 16) for _, _, one in reading.digests) % (1 << 256) == digest
    joints = [joint[3:] for joint in reading.split_boundaries if joint[3] is not None]
    assert joints[0][0] == 0
    assert joints[-1][1] == size
    assert all(one[1] == other[0] for one, other in itertools.pairwise(joints))


@pytest.fixture(scope="module", params=["a.wet.gz", "a.wacz"])
def packed_texts(tmp_path_factory, request):
    records = [member("conversion", f"text {n}".encode(), n=n) for n in range(12)]
    data, _ = archive(records)
    if request.param == "a.wacz":
        data = wacz(("0.warc.gz", archive(records[:3])[0]), ("1.warc.gz", archive(records[3:])[0]))
    path = put(tmp_path_factory.mktemp("wet") / request.param, data)
    return path, read_ranges(path, "wet")[0]


def test_a_range_that_is_told_where_to_begin(packed_texts):
    path, whole = packed_texts
    begin = whole[4][1]["n"]
    file = InputFile(3, "s", path.name, str(path), path.stat().st_size, "v")
    part = Range(file, 0, file.size, begin)
    source = recipe.Source(kind="wet", path="x")
    again = sources.ranges_from_json(sources.ranges_to_json([part]))[0]
    assert list(sources.read(again, source, EXTRACT, Reading())) == whole[4:]


def test_damage_is_counted_with_where_it_lies(tmp_path):
    good = [packed(member("conversion", f"text {n}".encode(), n=n)) for n in range(3)]
    broken = bytearray(good[1])
    broken[len(broken) // 2] ^= 0xFF
    data = good[0] + bytes(broken) + good[2] + b"some garbage"
    rows, _ = read_ranges(put(tmp_path / "a.warc.gz", data), "warc")
    assert told(rows) == ["text 0", "damaged: corrupt", "text 2", "damaged: garbage"]
    assert [row["n"] for _, row in rows] == [0, *itertools.accumulate(map(len, good))]
    assert [row["length"] for table, row in rows if table == "outcomes"] == [len(broken), 12]


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.warc", b"", "empty_file"),
        ("a.warc.gz", b"hello", "not_an_archive"),
        ("a.warc", member("conversion", b"text")[:-9], "truncated"),
        ("a.warc.gz", packed(member("conversion", b"text"))[:-3], "truncated"),
    ],
)
def test_archives_that_are_none(tmp_path, name, data, why):
    rows, reading = read_ranges(put(tmp_path / name, data), "warc")
    assert told(rows) == [f"damaged: {why}"]
    assert why in DAMAGES
    assert reading.split_boundaries == [[3, 0, len(data), 0, len(data)]], (
        "they join up all the same"
    )


def test_a_wacz_file_on_a_store_is_read_in_place(monkeypatch):
    """Each split reads its own bytes, the directory at the end, and where an archive begins."""
    archives = [archive([response(n, article(n))] * 3)[0] for n in (1, 2)]
    padding = ("pages.warc.txt", bytes(5 << 20))  # what no split has to read
    data = wacz(("1.warc.gz", archives[0]), padding, ("2.warc.gz", archives[1]))
    fsspec.filesystem("memory").pipe("/crawl/a.wacz", data)
    asked = []
    whole = remote.read_exactly

    def counted(*args):
        asked.append(len(read := whole(*args)))
        return read

    monkeypatch.setattr(remote, "read_exactly", counted)  # what a remote file asks its store
    result = io.find("memory://crawl/a.wacz")[0]
    file = InputFile(3, "s", result.file_path, result.url, result.size, result.version)
    source = recipe.Source(kind="warc", path=result.url)
    middle = 1 << 20
    for (start, stop), n in zip([(0, middle), (5 * middle, result.size)], (1, 2), strict=True):
        asked.clear()
        part = Range(file, start, stop)
        rows = list(sources.read(part, source, EXTRACT, Reading()))
        assert [text[:30] for text in told(rows)] == [f"This is sentence number {n} of a"] * 3
        assert all(data[row["n"] :].startswith(b"\x1f\x8b") for _, row in rows)
        assert sum(asked) < 3 << 20, "the range, the directory, and where an archive begins"
