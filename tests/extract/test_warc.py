"""Reading archives: every byte once, on any cuts, through any damage."""

import gzip
import io
import itertools
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.extract.warc import (
    DAMAGES,
    ArchiveRecord,
    Damage,
    Records,
    first_gap,
    read_records,
    splittable,
)

from .archives import archive, http, member, packed, page, response


def read(data, start=0, stop=None, **options):
    return list(read_records(io.BytesIO(data), start, stop, **options))


def records_of(found):
    return [item for item in found if isinstance(item, ArchiveRecord)]


def damages_of(found):
    return [item for item in found if isinstance(item, Damage)]


def covered(found, size):
    """Check that records and damage lie side by side from 0 to `size`."""
    at = 0
    for item in found:
        assert item.offset == at, item
        at += item.length
    assert at == size
    return True


RECORDS = [
    member("warcinfo", b"software: x\r\n", fields={"Content-Type": "application/warc-fields"}),
    *(response(n) for n in range(1, 200)),
]


def test_a_record_has_what_its_header_says():
    body = b"<html>caf\xc3\xa9</html>"
    record = member(
        block=http(body, "Content-Type: text/html; charset=utf-8", "X-Two: a", status="404 Gone"),
        url="http://example.org/a",
        n=7,
        fields={"WARC-Truncated": "length", "WARC-Identified-Payload-Type": "text/html"},
    )
    [found] = read(packed(record))
    assert found.offset == 0
    assert found.length == len(packed(record))
    assert found.kind == "response"
    assert found.record_id == "<urn:uuid:00000000-0000-4000-8000-000000000007>"
    assert found.url == "http://example.org/a"
    assert found.date == "2024-05-06T07:08:09Z"
    assert found.status == 404
    assert found.content_type == "text/html; charset=utf-8"
    assert found.headers["warc-identified-payload-type"] == "text/html"
    assert found.http == {"content-type": "text/html; charset=utf-8", "x-two": "a"}
    assert found.payload == body
    assert found.truncated == "length"
    assert found.undecoded is None


def whole(records):
    return gzip.compress(b"".join(records), mtime=0)


LAYOUTS = {
    "a member a record": (lambda records: archive(records)[0], True),
    "plain": (b"".join, True),
    "one member": (whole, False),
    "blocks that cut records": (
        lambda records: b"".join(
            packed(b"".join(records)[at : at + 1000]) for at in range(0, 200_000, 1000)
        ),
        False,
    ),
    "one member behind a warcinfo": (
        lambda records: packed(records[0]) + whole(records[1:]),
        False,
    ),
}


@pytest.mark.parametrize(("build", "apart"), LAYOUTS.values(), ids=LAYOUTS)
def test_every_layout_gives_the_same_records(build, apart):
    data = build(RECORDS)
    assert splittable(io.BytesIO(data)) is apart
    found = read(data)
    assert damages_of(found) == []
    assert [item.payload for item in found[1:]] == [page(n) for n in range(1, 200)]
    assert len({item.offset for item in found}) == 200


def test_a_file_that_cannot_be_split_is_read_by_its_first_split():
    data = whole(RECORDS)
    first, second = Records(io.BytesIO(data), 0, 100), Records(io.BytesIO(data), 100)
    assert [len(list(first)), len(list(second))] == [200, 0]
    assert first_gap([first.span, second.span], len(data)) is None


def split_read(data, cuts):
    """Return what splits at these cuts find, the ones that do not join read again."""
    bounds = [0, *sorted({cut for cut in cuts if 0 < cut < len(data)}), len(data)]
    parts = []
    for start, stop in itertools.pairwise(bounds):
        reader = Records(io.BytesIO(data), start, stop)
        parts.append((reader, list(reader)))
    again = 0
    while gap := first_gap([reader.span for reader, _ in parts], len(data)):
        index, where = gap
        stop = parts[index][0].span.stop
        reader = Records(io.BytesIO(data), where, stop, exact=True)
        parts[index] = (reader, list(reader))
        again += 1
        assert again <= len(parts)
    return [item for _, found in parts for item in found], again


def deceitful():
    """Return records that look like archives: stored archives, quoted headers, packed bodies."""
    inner = archive([response(n) for n in range(300, 330)])[0]
    noise = random.Random(3).randbytes(3000)
    return [
        RECORDS[0],
        response(1, gzip.compress(page(1), mtime=0) + noise),
        response(2, inner + noise),
        response(3, b"WARC/1.0\r\n" + page(3)),
        response(4, b"\r\n\r\n" + response(400) + page(4)),
        response(5, noise + packed(response(401))),
        *(response(n) for n in range(6, 20)),
    ]


FILES = {
    "members": archive(RECORDS[:40])[0],
    "plain": b"".join(RECORDS[:40]),
    "deceitful members": b"".join(
        gzip.compress(record, compresslevel=0, mtime=0) for record in deceitful()
    ),
    "deceitful plain": b"".join(deceitful()),
    "damaged members": b"garbage" + archive(RECORDS[:40])[0][:-9],
}


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=60, deadline=None)
@given(fractions=st.lists(st.floats(0, 1), max_size=8))
def test_any_cuts_give_the_records_of_one_reading(name, fractions):
    data = FILES[name]
    found, _ = split_read(data, [round(fraction * len(data)) for fraction in fractions])
    assert found == read(data)


def test_stored_archives_do_fool_a_split_and_the_joints_tell():
    data = FILES["deceitful members"]
    assert any(split_read(data, [cut])[1] for cut in range(1, len(data), 97))


def test_one_damaged_member_of_200_costs_one_record():
    data, starts = archive(RECORDS)
    hurt = bytearray(data)
    hurt[starts[100] + 120 : starts[100] + 180] = bytes(60)
    found = read(bytes(hurt))
    assert len(records_of(found)) == 199
    assert damages_of(found) == [Damage(starts[100], starts[101] - starts[100], "corrupt")]
    assert covered(found, len(data))


def test_a_file_cut_inside_a_record_keeps_those_before():
    data, starts = archive(RECORDS)
    found = read(data[: starts[150] + 50])
    assert len(records_of(found)) == 150
    assert damages_of(found) == [Damage(starts[150], 50, "truncated")]
    plain = b"".join(RECORDS)
    at = sum(map(len, RECORDS[:150]))
    found = read(plain[: at + 500])
    assert len(records_of(found)) == 150
    assert damages_of(found) == [Damage(at, 500, "truncated")]


def test_every_damage_is_explained():
    assert all(why and meaning for why, meaning in DAMAGES.items())


@pytest.mark.slow
@pytest.mark.parametrize("parts", [1, 3, 7])
def test_the_real_crawl_in_splits(data, parts):
    path = data / "crawl" / "crawl-00000.warc.gz"
    size = path.stat().st_size
    counts, offsets, spans = Counter(), [], []
    for part in range(parts):
        with path.open("rb") as file:
            reader = Records(file, size * part // parts, size * (part + 1) // parts)
            for item in reader:
                counts[item.kind] += 1
                offsets.append(item.offset)
        spans.append(reader.span)
    assert counts == {"warcinfo": 1, "request": 1263, "response": 10099, "metadata": 2507}
    assert len(set(offsets)) == 13870
    assert first_gap(spans, size) is None
