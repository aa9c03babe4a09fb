"""Small web archives made on the spot, and what is read of them."""

import gzip
import io
import itertools
import zipfile

from curate.warc.reader import ArchiveRecord, Damage, Records, first_gap, read_records


def member(
    kind: str = "response",
    block: bytes = b"",
    *,
    url: str | None = None,
    n: int = 0,
    fields: dict[str, str] | None = None,
    length: int | None = None,
) -> bytes:
    """Return one record, not compressed; `length` tells a lie about the block's."""
    lines = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        f"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{n:012d}>",
        "WARC-Date: 2024-05-06T07:08:09Z",
    ]
    if url is not None:
        lines.append(f"WARC-Target-URI: {url}")
    fields = dict(fields or {})
    if kind in ("response", "request", "revisit"):
        fields.setdefault("Content-Type", f"application/http; msgtype={kind}")
    lines += [f"{name}: {value}" for name, value in fields.items()]
    lines.append(f"Content-Length: {len(block) if length is None else length}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def http(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return an HTTP answer with this body."""
    lines = [f"HTTP/1.1 {status}", *(headers or ("Content-Type: text/html",))]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def page(n: int, words: int = 60) -> bytes:
    """Return the n-th of many different pages; none compresses to nearly nothing."""
    text = " ".join(str((n * 7919 + word * 104729) % 99991) for word in range(words))
    return f"<html><body><p>page {n}: {text}</p></body></html>".encode()


def response(n: int, body: bytes | None = None) -> bytes:
    """Return the n-th page as a response record."""
    body = page(n) if body is None else body
    return member(block=http(body), url=f"http://example.org/{n}", n=n)


def packed(record: bytes) -> bytes:
    """Return a gzip member that does not depend on the clock."""
    return gzip.compress(record, mtime=0)


def archive(records: list[bytes]) -> tuple[bytes, list[int]]:
    """Return a .warc.gz with a member a record, and where each of them starts."""
    starts, parts, at = [], [], 0
    for record in records:
        part = packed(record)
        starts.append(at)
        parts.append(part)
        at += len(part)
    return b"".join(parts), starts


def whole(records):
    return gzip.compress(b"".join(records), mtime=0)


RECORDS = [
    member("warcinfo", b"software: x\r\n", fields={"Content-Type": "application/warc-fields"}),
    *(response(n) for n in range(1, 200)),
]


def hurt_everywhere():
    """Return members with garbage before and between them, two overwritten, the last one cut."""
    data, starts = archive(RECORDS[:40])
    hurt = bytearray(data)
    hurt[starts[7] + 100 : starts[7] + 160] = bytes(60)
    hurt[starts[20] - 20 : starts[20] + 20] = bytes(40)
    del hurt[-9:]
    hurt[starts[30] : starts[30]] = b"between" * 50 + packed(b"no record") + b"\x1f\x8b\x08\0"
    return b"\0before" + bytes(hurt)


def read(data, start=0, stop=None, **options):
    return list(read_records(io.BytesIO(data), start, stop, **options))


def records_of(found):
    return [item for item in found if isinstance(item, ArchiveRecord)]


def damages_of(found):
    return [item for item in found if isinstance(item, Damage)]


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
    return [item for _, result in parts for item in result], again


def wacz(*archives, method=zipfile.ZIP_STORED):
    """Return a WACZ file with these archives (name, bytes), between the files that others write."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as file:
        file.writestr("pages/pages.jsonl", '{"format": "json-pages-1.0"}\n' * 20)
        for name, data in archives:
            file.writestr(f"archive/{name}", data, method)
            file.writestr(f"indexes/{name}.cdx", "org,example)/ 2024 {}\n" * 30)
        file.writestr("datapackage.json", '{"profile": "data-package", "wacz_version": "1.1.1"}')
    return sink.getvalue()


def covered(found, size):
    """Check that records and damage lie side by side from 0 to `size`."""
    at = 0
    for item in found:
        assert item.offset == at, item
        at += item.length
    assert at == size
    return True
