"""Archives as crawlers write them: each with its own habits, rebuilt here; all pages are read."""

import gzip
import io
import itertools
import sys

import pytest

from curate.warc.kinds import classify
from curate.warc.reader import ArchiveRecord, Damage, Records, first_gap, read_records

PAGE = "<!DOCTYPE html>\n<html><head><title>{n}</title></head><body><p>Page {n}.</p></body></html>"
URL = "http://example.org/{n}"


def page(n):
    return PAGE.format(n=n).encode()


def answer(n, *fields, line="HTTP/1.1 200 OK", ends="\r\n"):
    head = ends.join([line, "Content-Type: text/html; charset=utf-8", *fields, "", ""])
    return head.encode() + page(n)


def record(lines, block, *, version="WARC/1.0", ends="\r\n", stated=None):
    length = len(block) if stated is None else stated
    head = ends.join([version, *lines, f"Content-Length: {length}", "", ""])
    return head.encode() + block + 2 * ends.encode()


def wget():
    """wget 1.20 and older put URLs in brackets; its manifest and log are resources."""
    base = ["WARC-Date: 2019-03-04T05:06:07Z"]
    yield record(
        ["WARC-Type: warcinfo", "Content-Type: application/warc-fields", *base],
        b"software: Wget/1.20.1 (linux-gnu)\r\nformat: WARC File Format 1.0\r\n",
    )
    for n in range(3):
        uri = f"WARC-Target-URI: <{URL.format(n=n)}>"
        yield record(
            ["WARC-Type: request", uri, "Content-Type: application/http;msgtype=request", *base],
            b"GET / HTTP/1.1\r\nUser-Agent: Wget/1.20.1\r\n\r\n",
        )
        yield record(
            [
                "WARC-Type: response",
                uri,
                *base,
                "WARC-Block-Digest: sha1:A",
                "Content-Type: application/http;msgtype=response",
            ],
            answer(n),
        )
    yield record(
        [
            "WARC-Type: resource",
            "Content-Type: text/plain",
            *base,
            "WARC-Target-URI: <metadata://gnu.org/software/wget/warc/wget.log>",
        ],
        b"--2019-03-04 05:06:07--  http://example.org/\n",
    )


def heritrix():
    """Heritrix writes the answers of DNS too, and what it noted on each capture."""
    date = "WARC-Date: 2014-10-10T11:12:13Z"
    yield record(
        [
            "WARC-Type: warcinfo",
            date,
            "WARC-Filename: A-0.warc.gz",
            "Content-Type: application/warc-fields",
        ],
        b"software: Heritrix/3.2.0\r\n",
    )
    yield record(
        ["WARC-Type: response", "WARC-Target-URI: dns:example.org", date, "Content-Type: text/dns"],
        b"20141010111213\nexample.org.\t3600\tIN\tA\t192.0.2.1\n",
    )
    for n in range(3):
        uri = f"WARC-Target-URI: {URL.format(n=n)}"
        yield record(
            [
                "WARC-Type: response",
                uri,
                date,
                "WARC-IP-Address: 192.0.2.1",
                "Content-Type: application/http; msgtype=response",
            ],
            answer(n, "Connection: close"),
        )
        yield record(
            ["WARC-Type: metadata", uri, date, "Content-Type: application/warc-fields"],
            b"via: http://example.org/\r\nfetchTimeMs: 12\r\n",
        )


def browsertrix():
    """Browsertrix (warcio.js): WARC 1.1, dates to the microsecond, codings renamed, page notes."""
    date = "WARC-Date: 2024-01-02T03:04:05.678901Z"
    yield record(
        [
            "WARC-Filename: rec-0.warc.gz",
            date,
            "WARC-Type: warcinfo",
            "Content-Type: application/warc-fields",
        ],
        b"software: Browsertrix-Crawler 1.1\r\n",
        version="WARC/1.1",
    )
    for n in range(3):
        uri = f"WARC-Target-URI: {URL.format(n=n)}"
        yield record(
            [
                "WARC-Page-ID: 1-2",
                "WARC-Resource-Type: document",
                "WARC-JSON-Metadata: {}",
                uri,
                date,
                "WARC-Type: response",
                "Content-Type: application/http; msgtype=response",
            ],
            answer(
                n,
                "x-orig-content-encoding: br",
                "x-orig-transfer-encoding: chunked",
                "",
                line="HTTP/1.1 200",
            ).replace(b"\r\n\r\n\r\n", b"\r\n\r\n"),
            version="WARC/1.1",
        )
        yield record(
            [
                "WARC-Type: resource",
                f"WARC-Target-URI: urn:pageinfo:{URL.format(n=n)}",
                date,
                "Content-Type: application/json",
            ],
            b'{"pageid": "1-2"}',
            version="WARC/1.1",
        )
        yield record(
            [
                "WARC-Type: resource",
                f"WARC-Target-URI: urn:thumbnail:{URL.format(n=n)}",
                date,
                "Content-Type: image/jpeg",
            ],
            b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(90),
            version="WARC/1.1",
        )


def warcprox():
    """warcprox stores what was sent as it was sent, the request behind the answer."""
    date = "WARC-Date: 2020-02-03T04:05:06Z"
    for n in range(3):
        body = page(n)
        chunks = b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (9, body[:9], len(body) - 9, body[9:])
        uri = f"WARC-Target-URI: {URL.format(n=n)}"
        yield record(
            [
                "WARC-Type: response",
                uri,
                date,
                "WARC-Payload-Digest: sha1:B",
                "Content-Type: application/http;msgtype=response",
            ],
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
            + chunks,
        )
        yield record(
            [
                "WARC-Type: request",
                uri,
                date,
                "WARC-Concurrent-To: <urn:uuid:1>",
                "Content-Type: application/http;msgtype=request",
            ],
            b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n",
        )
    yield record(
        [
            "WARC-Type: revisit",
            uri,
            date,
            "WARC-Refers-To-Target-URI: http://example.org/2",
            "Content-Type: application/http;msgtype=response",
            "WARC-Profile: http://netpreserve.org/warc/1.0/revisit/identical-payload-digest",
        ],
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
    )


def nutch():
    """Nutch, as Common Crawl runs it: fields of codings that were undone have other names."""
    date = "WARC-Date: 2021-06-07T08:09:10Z"
    for n in range(3):
        uri = f"WARC-Target-URI: {URL.format(n=n)}"
        yield record(
            ["WARC-Type: request", date, uri, "Content-Type: application/http; msgtype=request"],
            b"GET / HTTP/1.1\r\nUser-Agent: CCBot/2.0\r\nAccept-Encoding: br,gzip\r\n\r\n",
        )
        fields = ("X-Crawler-Transfer-Encoding: chunked", "X-Crawler-Content-Encoding: gzip")
        yield record(
            [
                "WARC-Type: response",
                date,
                uri,
                "WARC-Identified-Payload-Type: text/html",
                "Content-Type: application/http; msgtype=response",
            ],
            answer(n, *fields, f"Content-Length: {len(page(n))}"),
        )
        yield record(
            ["WARC-Type: metadata", date, uri, "Content-Type: application/warc-fields"],
            b"languages-cld2: {}\r\n",
        )


def clueweb09():
    """ClueWeb09: a draft of the format, line feeds, lengths of what it was."""
    yield record(
        ["WARC-Type: warcinfo", "WARC-Date: 2009-03-65T08:43:19-0800"],
        b"software: Nutch 1.0-dev\n",
        version="WARC/0.18",
        ends="\n",
    )
    for n in range(3):
        block = answer(n, "Server: x", ends="\n")
        yield record(
            [
                "WARC-Type: response",
                f"WARC-Target-URI: {URL.format(n=n)}",
                f"WARC-TREC-ID: clueweb09-en0000-00-0000{n}",
                "WARC-Date: 2009-03-65T08:43:20-0800",
                "Content-Type: application/http;msgtype=response",
            ],
            block,
            version="WARC/0.18",
            ends="\n",
            stated=len(block) + 4,
        )


def clueweb22():
    """ClueWeb12 and 22 are written by Heritrix and by scripts: WARC 1.0, a draft's fields."""
    for n in range(3):
        yield record(
            [
                "WARC-Type: response",
                f"WARC-Target-URI: {URL.format(n=n)}",
                f"WARC-TREC-ID: clueweb12-0000tw-00-0000{n}",
                "WARC-Date: 2012-02-10T22:00:51Z",
                "Content-Type: application/http; msgtype=response",
            ],
            answer(n),
        )


WRITERS = (wget, heritrix, browsertrix, warcprox, nutch, clueweb09, clueweb22)


def members(records):
    return b"".join(gzip.compress(one, mtime=0) for one in records)


def stream(records):
    return gzip.compress(b"".join(records), mtime=0)


def texts_of(data):
    result = list(read_records(io.BytesIO(data)))
    assert not any(isinstance(one, Damage) for one in result)
    return result, [one.payload for one in result if classify(one) is None]


@pytest.mark.parametrize("build", [members, stream, b"".join])
@pytest.mark.parametrize("writer", WRITERS)
def test_all_pages_are_read(writer, build):
    records = list(writer())
    result, pages = texts_of(build(records))
    assert len(result) == len(records)
    assert pages == [page(n) for n in range(3)]
    kept = [one for one in result if classify(one) is None]
    assert [one.url for one in kept] == [URL.format(n=n) for n in range(3)]


def test_zstd_with_a_dictionary_as_browsertrix_may_write_it():
    zstd = pytest.importorskip(
        "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    )
    records = list(browsertrix())
    words = zstd.train_dict(records * 20, 900)
    head = b"\x5d\x2a\x4d\x18" + len(words.dict_content).to_bytes(4, "little") + words.dict_content
    data = head + b"".join(zstd.compress(one, zstd_dict=words) for one in records)
    _, pages = texts_of(data)
    assert pages == [page(n) for n in range(3)]


def test_dates_of_warc_1_1_stand_as_they_are():
    result, _ = texts_of(members(list(browsertrix())))
    assert {one.date for one in result} == {"2024-01-02T03:04:05.678901Z"}
    short = record(["WARC-Type: metadata", "WARC-Date: 2016-01"], b"", version="WARC/1.1")
    assert texts_of(short)[0][0].date == "2016-01"


# --- ARC ---------------------------------------------------------------------------------------

VERSION = b"1 0 Alexa Internet\nURL IP-address Archive-date Content-type Archive-length\n"


def arc(version=1, media_type="text/html", stated=0):
    """Return the records of an ARC file, as Alexa's crawler wrote them; `stated`: lengths lie."""
    extra = "" if version == 1 else "200 - - 0 A-0.arc "
    fields = f"0.0.0.0 19970102030405 text/plain {extra}{len(VERSION)}"
    records = [f"filedesc://A-0.arc {fields}\n".encode() + VERSION + b"\n"]
    block = b"19970102030405\nexample.org. A 192.0.2.1\n"
    records.append(
        f"dns:example.org 192.0.2.1 19970102030405 text/dns {len(block)}\n".encode() + block + b"\n"
    )
    for n in range(3):
        block = answer(n, "Server: NCSA/1.4", line="HTTP/1.0 200 Document follows")
        fields = f"192.0.2.1 1997010203040{n} {media_type} {extra}{len(block) + stated}"
        records.append(f"{URL.format(n=n)} {fields}\n".encode() + block + b"\n")
    return records


ARCS = {
    "version 1": arc(),
    "version 2": arc(2),
    "a media type with spaces": arc(media_type="text/html; charset=x"),
    "no media type": arc(media_type="-"),
    "lengths too large": arc(stated=7),
    "lengths too small": arc(stated=-9),
}


@pytest.mark.parametrize("build", [members, stream, b"".join])
@pytest.mark.parametrize("records", ARCS.values(), ids=ARCS)
def test_arc(records, build):
    result, pages = texts_of(build(records))
    assert [one.kind for one in result] == ["warcinfo", "resource", *["response"] * 3]
    assert pages == [page(n) for n in range(3)]
    assert [one.url for one in result[2:]] == [URL.format(n=n) for n in range(3)]
    assert result[4].date == "1997-01-02T03:04:02Z"
    assert result[4].status == 200


@pytest.mark.parametrize("build", [members, b"".join])
def test_arc_in_splits(build):
    data = build([*arc(), *arc()[2:] * 20])
    whole = list(read_records(io.BytesIO(data)))
    for size in (150, 400, 1000):
        parts, cuts = [], [*range(0, len(data), size), len(data)]
        for start, stop in itertools.pairwise(cuts):
            parts.append(Records(io.BytesIO(data), start, stop))
        result = [list(part) for part in parts]
        while gap := first_gap([part.span for part in parts], len(data)):
            parts[gap[0]] = Records(io.BytesIO(data), gap[1], parts[gap[0]].span.stop, exact=True)
            result[gap[0]] = list(parts[gap[0]])
        assert [one for several in result for one in several] == whole


def test_one_record_of_an_arc_file_by_its_place():
    [result] = read_records(io.BytesIO(gzip.compress(arc()[3])))
    assert isinstance(result, ArchiveRecord)
    assert (result.url, result.payload) == (URL.format(n=1), page(1))


def test_damage_in_an_arc_file_costs_its_record():
    data, at = bytearray(members(arc())), len(members(arc()[:3]))
    data[at + 30 : at + 60] = bytes(30)
    result = list(read_records(io.BytesIO(bytes(data))))
    assert [type(one) for one in result].count(Damage) == 1
    assert len(result) == 5
