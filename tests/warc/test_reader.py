"""Reading archives: every byte once, in any layout, on any cuts."""

import gzip
import io
import itertools
import random
import sys
from collections import Counter
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.warc import members
from curate.warc.reader import (
    Damage,
    Records,
    Span,
    first_gap,
    read_records,
    splittable,
)

from .archives import (
    RECORDS,
    archive,
    covered,
    damages_of,
    http,
    hurt_everywhere,
    member,
    packed,
    page,
    read,
    records_of,
    response,
    split_read,
    whole,
)


def test_a_record_has_what_its_header_says():
    body = b"<html>caf\xc3\xa9</html>"
    record = member(
        block=http(body, "Content-Type: text/html; charset=utf-8", "X-Two: a", status="404 Gone"),
        url="http://example.org/a",
        n=7,
        fields={"WARC-Truncated": "length", "WARC-Identified-Payload-Type": "text/html"},
    )
    [result] = read(packed(record))
    assert result.offset == 0
    assert result.length == len(packed(record))
    assert result.kind == "response"
    assert result.record_id == "<urn:uuid:00000000-0000-4000-8000-000000000007>"
    assert result.url == "http://example.org/a"
    assert result.date == "2024-05-06T07:08:09Z"
    assert result.status == 404
    assert result.content_type == "text/html; charset=utf-8"
    assert result.headers["warc-identified-payload-type"] == "text/html"
    assert result.http == {"content-type": "text/html; charset=utf-8", "x-two": "a"}
    assert result.payload == body
    assert result.truncated == "length"
    assert result.undecoded is None


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
    result = read(data)
    assert damages_of(result) == []
    assert [item.payload for item in result[1:]] == [page(n) for n in range(1, 200)]
    assert len({item.offset for item in result}) == 200


def test_a_file_that_cannot_be_split_is_read_by_its_first_split():
    data = whole(RECORDS)
    first, second = Records(io.BytesIO(data), 0, 100), Records(io.BytesIO(data), 100)
    assert [len(list(first)), len(list(second))] == [200, 0]
    assert first_gap([first.span, second.span], len(data)) is None


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
    "damaged members": hurt_everywhere(),
    "damaged plain": b"garbage" + b"".join([*deceitful(), b"more of it", *deceitful()])[:-9],
}


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=60)
@given(fractions=st.lists(st.floats(0, 1), max_size=8))
def test_any_cuts_give_the_records_of_one_reading(name, fractions):
    data = FILES[name]
    result, again = split_read(data, [round(fraction * len(data)) for fraction in fractions])
    assert result == read(data)
    assert again == 0 or "deceitful" in name or name == "damaged plain"


def test_records_that_share_a_member_share_its_bytes():
    noise = random.Random(1).randbytes(3 << 20)  # the member does not fit into one reading
    shared = packed(b"".join([*RECORDS[2:5], response(5, noise)]))
    data = b"".join([*map(packed, RECORDS[:2]), shared, packed(RECORDS[6])])
    assert splittable(io.BytesIO(data))
    result, _ = split_read(data, range(0, len(data), 500_000))
    assert result == read(data)
    pages = [*map(page, range(1, 5)), noise, page(6)]
    assert [item.payload for item in result[1:]] == pages
    assert [item.length for item in result[2:6]] == [1, 1, 1, len(shared) - 3]
    assert covered(result, len(data))


@pytest.mark.parametrize("fast", [True, False])
def test_every_way_to_unpack_gives_equal_bytes(monkeypatch, fast):
    pytest.importorskip("deflate")
    monkeypatch.setattr(members, "gzip_codec", partial(members.gzip_codec, fast=fast))
    noise = random.Random(1).randbytes(1 << 20)  # too large for libdeflate
    coded = member(block=http(gzip.compress(page(2)), "Content-Encoding: gzip"))
    result = read(b"".join(map(packed, [response(1), response(2, noise), coded])))
    assert [item.payload for item in result] == [page(1), noise, page(2)]
    assert {type(item.payload) for item in result} == {bytes}
    assert len({*result, *result}) == 3


def test_of_a_repeated_field_the_first_stands():
    [result] = read(member("resource", fields={"X": "1", "x": "2", "Y": "long\r\n  value"}))
    assert (result.headers["x"], result.headers["y"]) == ("1", "long value")


def test_older_line_breaks_are_read_too():
    block = http(page(1) + b"\r\n\r\n").replace(b"\r\n", b"\n", 3)
    head, _, rest = member(block=block).partition(b"\r\n\r\n")
    [result] = read(packed(head.replace(b"\r\n", b"\n") + b"\n\n" + rest))
    assert result.payload == page(1) + b"\r\n\r\n"
    assert result.content_type == "text/html"
    assert result.status == 200


def test_stored_archives_do_fool_a_split_and_the_joints_tell():
    data = FILES["deceitful members"]
    assert any(split_read(data, [cut])[1] for cut in range(1, len(data), 97))


def test_settings_that_make_no_sense():
    with pytest.raises(ValueError, match="negative: -1"):
        Records(io.BytesIO(), -1)
    with pytest.raises(ValueError, match="max_block"):
        Records(io.BytesIO(), max_block=0)
    with pytest.raises(ValueError, match="the spans end at byte 60 of a file of 90"):
        first_gap([Span(0, 60, 0, 60)], 90)


def zstd():
    return pytest.importorskip(
        "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    )


@pytest.mark.parametrize("with_dictionary", [False, True])
def test_zstd_with_a_frame_a_record(with_dictionary):
    module = zstd()
    words, head = None, b""
    if with_dictionary:
        words = module.train_dict(RECORDS, 4000)
        content = module.compress(words.dict_content)
        head = b"\x5d\x2a\x4d\x18" + len(content).to_bytes(4, "little") + content
    frames = [module.compress(record, zstd_dict=words) for record in RECORDS]
    data = bytearray(head + b"".join(frames))
    result, _ = split_read(bytes(data), range(1000, len(data), 1000))
    assert result == read(bytes(data))
    assert [item.payload for item in result[-199:]] == [page(n) for n in range(1, 200)]
    at = len(head) + sum(map(len, frames[:100]))
    data[at + 30 : at + 60] = bytes(30)
    result = read(bytes(data))
    assert len(records_of(result)) == 199 + with_dictionary
    assert damages_of(result) == [Damage(at, len(frames[100]), "corrupt")]
    assert covered(result, len(data))


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


@pytest.mark.parametrize("name", ["legacy-charsets.warc.gz", "sample.warc.wet.gz"])
def test_another_reader_agrees(data, name):
    fastwarc = pytest.importorskip("fastwarc.warc")
    path = data / "crawl" / name
    with path.open("rb") as file:
        theirs = [
            (record.record_id.strip("<>"), record.stream_pos, record.reader.read())
            for record in fastwarc.ArchiveIterator(file)
        ]
    with path.open("rb") as file:
        ours = [
            (record.record_id.strip("<>"), record.offset, record.payload)
            for record in read_records(file)
        ]
    assert len(ours) > 200
    assert ours == theirs


ODD_STARTS = {
    "small letters": lambda one: one.replace(b"WARC/1.0", b"warc/1.0", 1),
    "a byte order mark": lambda one: b"\xef\xbb\xbf" + one,
    "a version of one number": lambda one: one.replace(b"WARC/1.0", b"WARC/1", 1),
}


@pytest.mark.parametrize("wrapped", [b"".join, whole, lambda several: archive(several)[0]])
@pytest.mark.parametrize("odd", ODD_STARTS.values(), ids=ODD_STARTS)
def test_records_that_begin_otherwise(odd, wrapped):
    data = wrapped([odd(response(n)) for n in range(3)])
    assert [one.payload for one in read_records(io.BytesIO(data))] == [page(n) for n in range(3)]


@pytest.mark.parametrize("at", [0, 2])
def test_a_record_in_several_members(at):
    records = [response(n) for n in range(4)]
    head = records[at].index(b"\r\n\r\n") + 4
    parts = [packed(one) for one in records]
    cuts = (0, head, len(records[at]) - 4, len(records[at]))
    parts[at] = b"".join(packed(records[at][a:b]) for a, b in itertools.pairwise(cuts))
    items = list(read_records(io.BytesIO(b"".join(parts))))
    assert [one.payload for one in items] == [page(n) for n in range(4)]
