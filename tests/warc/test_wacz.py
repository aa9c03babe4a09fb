"""WACZ files: the archives in them are read in place, on any cuts, and damage stays local."""

import gzip
import io
import zipfile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curate.warc.reader import Damage, Records, first_gap
from curate.warc.wacz import zip_members

from .archives import (
    archive,
    damages_of,
    page,
    read,
    records_of,
    response,
    split_read,
    wacz,
    whole,
)

FIRST = [response(n) for n in range(1, 40)]
SECOND = [response(n) for n in range(40, 80)]
PAGES = [page(n) for n in range(1, 80)]
TWO = wacz(("a.warc.gz", archive(FIRST)[0]), ("b.warc.gz", archive(SECOND)[0]))
DIRECTORY = TWO.index(b"PK\1\2")


def payloads(data):
    return [item.payload for item in records_of(read(data))]


def test_offsets_are_those_in_the_zip_file():
    result = read(TWO)
    assert damages_of(result) == []
    assert [item.payload for item in result] == PAGES
    for item in result:
        one = gzip.decompress(TWO[item.offset : item.offset + item.length])
        assert item.payload in one


LAYOUTS = {
    "stored": TWO,
    "deflated": wacz(
        ("a.warc", b"".join(FIRST)), ("b.warc.gz", archive(SECOND)[0]), method=zipfile.ZIP_DEFLATED
    ),
    "plain, and one member": wacz(("a.warc", b"".join(FIRST)), ("b.warc.gz", whole(SECOND))),
    "bzip2": wacz(("a.WARC", b"".join(FIRST + SECOND)), method=zipfile.ZIP_BZIP2),
    "behind a script": b"#!/bin/sh\n" + TWO,
}


@pytest.mark.parametrize("data", LAYOUTS.values(), ids=LAYOUTS)
def test_archives_of_any_layout_are_read(data):
    result = read(data)
    assert [item.payload for item in records_of(result)] == PAGES
    assert len({item.offset for item in result}) == len(result)


@pytest.mark.parametrize("name", ["stored", "deflated", "plain, and one member"])
@given(cuts=st.lists(st.integers(0, len(TWO)), max_size=12))
@settings(max_examples=40)
def test_splits_join_up(name, cuts):
    result, _ = split_read(LAYOUTS[name], cuts)
    assert [item.offset for item in result] == [item.offset for item in read(LAYOUTS[name])]
    assert [item.payload for item in result] == PAGES


def test_splits_at_the_edges_of_records_and_archives():
    data = wacz(("a.warc.gz", archive(FIRST[:2])[0]), ("b.warc", b"".join(SECOND[:2])))
    starts = [item.offset for item in read(data)]
    edges = [*starts, *(member.begin for member in zip_members(io.BytesIO(data)))]
    for cut in sorted({edge + step for edge in edges for step in (-1, 0, 1)} - {-1, 0}):
        left, right = Records(io.BytesIO(data), 0, cut), Records(io.BytesIO(data), cut)
        assert [item.offset for item in (*left, *right)] == starts, cut
        assert first_gap([left.span, right.span], len(data)) is None


def test_damage_of_one_archive_is_its_own():
    members, starts = archive(FIRST)
    hurt = bytearray(members)
    hurt[starts[3] + 30 : starts[3] + 60] = bytes(30)
    data = wacz(("a.warc.gz", bytes(hurt)), ("empty.warc", b""), ("x.warc.gz", b"no archive"),
                ("b.warc.gz", archive(SECOND)[0]))  # fmt: skip
    result = read(data)
    assert [item.payload for item in records_of(result)] == [*PAGES[:3], *PAGES[4:]]
    assert [item.why for item in damages_of(result)] == ["corrupt", "empty_file", "not_an_archive"]


def test_a_deflated_archive_whose_end_is_damaged():
    data = bytearray(wacz(("a.warc", b"".join(FIRST)), method=zipfile.ZIP_DEFLATED))
    [member] = zip_members(io.BytesIO(data))
    at = member.begin + member.info.compress_size // 2
    data[at : at + 20] = bytes(20)
    result = read(bytes(data))
    assert records_of(result)[0].payload == PAGES[0]
    assert 1 < len(records_of(result)) < 39
    assert [item.why for item in damages_of(result)] == ["corrupt"]


def test_an_encrypted_archive_is_corrupt():
    data = bytearray(wacz(("a.warc", b"".join(FIRST)), method=zipfile.ZIP_DEFLATED))
    [member] = zip_members(io.BytesIO(data))
    data[member.begin + 6] |= 1
    data[data.rindex(b"PK\1\2", 0, data.rindex(b"archive/a.warc")) + 8] |= 1
    assert [item.why for item in read(bytes(data))] == ["corrupt"]


def test_a_zip_file_cut_off_is_read_as_far_as_it_goes():
    """Without its directory it is an archive with garbage between the records."""
    cut = TWO[: read(TWO)[60].offset + 20]
    result = read(cut)
    assert [item.payload for item in records_of(result)] == PAGES[:60]
    assert result[0] == Damage(0, read(TWO)[0].offset, "garbage")
    assert {item.why for item in damages_of(result)} == {"garbage", "truncated"}


def test_members_that_overlap_are_not_read_twice():
    data = bytearray(TWO)
    second = data.rindex(b"PK\1\2", 0, data.rindex(b"archive/b.warc.gz"))
    first = data.rindex(b"PK\1\2", 0, data.rindex(b"archive/a.warc.gz"))
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    assert zip_members(io.BytesIO(data)) == ()
    assert payloads(bytes(data)) == PAGES


def test_a_zip_file_without_archives_is_none():
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as file:
        file.writestr("a.txt", "words")
        file.writestr("__MACOSX/archive/._a.warc.gz", "x")
    assert [item.why for item in read(sink.getvalue())] == ["not_an_archive"]


def test_a_zip_file_under_the_name_of_an_archive_is_not_opened_again():
    inner = wacz(("a.warc.gz", archive(FIRST[:2])[0]))
    result = read(wacz(("inner.warc", inner)))
    assert [item.payload for item in records_of(result)] == PAGES[:2]
    assert {item.why for item in damages_of(result)} == {"garbage"}


@example(at=zip_members(io.BytesIO(TWO))[0].begin + 29, change=b"\x06")  # a longer name
@example(at=zip_members(io.BytesIO(TWO))[1].begin + 27, change=b"\xff")
@example(at=0, change=b"no")
@given(at=st.integers(4, len(TWO) - 1), change=st.binary(min_size=1, max_size=40))
@settings(max_examples=60)
def test_whatever_is_damaged_the_rest_is_read(at, change):
    data = TWO[:at] + change + TWO[at + len(change) :]
    result = read(data)
    assert len({item.offset for item in result}) == len(result)
    lost = len(set(PAGES) - set(payloads(data)))
    # What the directory says of one archive is that archive's: its name, its size.
    assert lost <= (3 if at + len(change) <= DIRECTORY else 40)
