"""Faults: web archives that are damaged, hostile, or not archives."""

import gzip
import random
import zlib
from collections import Counter
from collections.abc import Callable, Mapping

from fault_rows.table import Content, Row, gives

PAGES = 20
COST = "the damaged record is counted, the others are read"
SAFE = "an outcome for each record, memory and time bounded"


def page(n: int) -> bytes:
    """Return a page with a text that extraction finds."""
    words = " ".join(f"word{n * 7 + k} of a sentence that goes on." for k in range(40))
    return f"<html><body><article><p>{words}</p></article></body></html>".encode()


def record(n: int, body: bytes, *, length: int | None = None, head: str = "", kind: str = "response",
           http: str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n") -> bytes:  # fmt: skip
    """Return a record of WARC; `length` is what it claims, `head` more of its fields."""
    payload = f"{http}\r\n".encode() + body
    fields = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{n:032x}>\r\n"
        f"WARC-Target-URI: https://example.org/{n}\r\nWARC-Date: 2024-01-01T00:00:00Z\r\n{head}"
        f"Content-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(payload) if length is None else length}\r\n\r\n"
    )
    return fields.encode() + payload + b"\r\n\r\n"


def members(changed: Mapping[int, bytes] | None = None) -> list[bytes]:
    """Return the members of an archive, some of them others than they would be."""
    whole = [gzip.compress(record(n, page(n)), mtime=0) for n in range(PAGES)]
    for n, member in (changed or {}).items():
        whole[n] = member
    return whole


def packed(n: int, **settings) -> bytes:
    return gzip.compress(record(n, settings.pop("body", page(n)), **settings), mtime=0)


def overwritten(share: float, seed: int = 7) -> bytes:
    """Return an archive of which some bytes are others."""
    data = bytearray(b"".join(members()))
    chance = random.Random(seed)
    for _ in range(max(1, int(share * len(data)))):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def bomb(megabytes: int) -> bytes:
    """Return a member that unpacks to so many megabytes of one letter in a record."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = record(5, b"", length=megabytes << 20)[:-4]
    parts = [packer.compress(head)]
    parts += [packer.compress(b"a" * (1 << 20)) for _ in range(megabytes)]
    return b"".join([*parts, packer.flush()])


def body_bomb(megabytes: int) -> bytes:
    """Return a member whose page is packed, and unpacks to so many megabytes."""
    http = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n"
    return packed(5, body=gzip.compress(b"a" * (megabytes << 20)), http=http)


def at_least(count: int, most_damaged: int | None = None) -> Callable[[Counter], bool]:
    """Return whether so many pages were read, and no more than so many records are damage."""

    def holds(counts: Counter) -> bool:
        damaged = sum(n for name, n in counts.items() if name.startswith("damaged"))
        return counts["read"] >= count and (most_damaged is None or 0 < damaged <= most_damaged)

    return holds


def anything(counts: Counter) -> bool:
    return all(name == "read" or ": " in name for name in counts)


def row(
    injected: str, data: Content, wanted, promised: str = COST, name: str = "in/a.warc.gz", **keys
) -> Row:
    return Row("archive", injected, promised, gives({name: data}, "warc", wanted, **keys))


def joined(changed: Mapping[int, bytes]) -> bytes:
    return b"".join(members(changed))


PLAIN = b"".join(record(n, page(n)) for n in range(PAGES))
WHOLE = b"".join(members())
CHUNKED = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n"
NEST = b"<div>" * 200_000
ALL, BUT_ONE = {"read": PAGES}, PAGES - 1
ROWS = (
    row("nothing: 20 pages", WHOLE, ALL, "all are read"),
    row("no bytes at all", b"", anything, SAFE),
    row("another file under an archive's name", b"\x89PNG\r\n\x1a\n" + bytes(9_000), anything, SAFE),
    row("a page of HTML under an archive's name", b"<html>Sorry</html>" * 99, anything, SAFE),
    row("cut off in a member", WHOLE[: len(WHOLE) - 300], at_least(BUT_ONE, 1)),
    row("cut off in the first member", WHOLE[:200], at_least(0, 1)),
    row("zeros over a member", joined({9: bytes(len(members()[9]))}), at_least(BUT_ONE, 1)),
    row("zeros over the middle of a member", joined({9: members()[9][:99] + bytes(300) + members()[9][399:]}),
        at_least(BUT_ONE, 1)),
    row("bytes of chance over a member", joined({9: random.Random(3).randbytes(900)}), at_least(BUT_ONE, 2)),
    row("a byte in 1,000 overwritten", overwritten(0.001), at_least(1)),
    row("a byte in 20 overwritten", overwritten(0.05), anything, SAFE),
    row("a checksum of gzip that lies", joined({9: members()[9][:-8] + b"\xff" * 4 + members()[9][-4:]}),
        at_least(BUT_ONE)),
    row("a length that is too large", joined({9: packed(9, length=10**6)}), at_least(BUT_ONE)),
    row("a length that is too small", joined({9: packed(9, length=40)}), at_least(BUT_ONE)),
    row("a length of 20 digits", joined({9: packed(9, length=10**19)}), at_least(BUT_ONE)),
    row("a length below 0", joined({9: packed(9, length=-5)}), at_least(BUT_ONE)),
    row("a record of 1 GiB of one letter, 1 MB packed", lambda: joined({5: bomb(1_024)}), at_least(BUT_ONE)),
    row("a page of 1 GiB of one letter, packed in HTTP", lambda: joined({5: body_bomb(1_024)}), at_least(BUT_ONE)),
    row("chunks that lie", joined({9: packed(9, body=b"ffffffff\r\n" + page(9), http=CHUNKED)}), at_least(BUT_ONE)),
    row("a chunk's size of 9,000 digits", joined({9: packed(9, body=b"f" * 9_000 + b"\r\nx", http=CHUNKED)}),
        at_least(BUT_ONE)),
    row("200,000 open elements", joined({9: packed(9, body=NEST)}), at_least(BUT_ONE)),
    row("a tag of 5 MB", joined({9: packed(9, body=b"<p " + b"a" * (5 << 20) + b">x")}), at_least(BUT_ONE)),
    row("100,000 fields of HTTP", joined({9: packed(9, http="HTTP/1.1 200 OK\r\n" + "X: y\r\n" * 100_000)}),
        at_least(BUT_ONE)),
    row("a field of a record of 1 MB", joined({9: packed(9, head="X-Y: " + "z" * (1 << 20) + "\r\n")}),
        at_least(BUT_ONE)),
    row("one id for all records", b"".join(gzip.compress(record(3, page(n)), mtime=0) for n in range(PAGES)),
        ALL, "all are read, each by its place"),
    row("no line WARC/1.0 in a record", joined({9: gzip.compress(record(9, page(9))[10:])}), at_least(BUT_ONE)),
    row("members of requests and metadata", joined({9: packed(9, kind="request"), 8: packed(8, kind="metadata")}),
        lambda counts: counts["read"] == PAGES - 2, "skipped by kind"),
    row("not packed", PLAIN, ALL, "all are read", "in/a.warc"),
    row("not packed, under a packed name", PLAIN, ALL, "all are read"),
    row("packed as one member", gzip.compress(PLAIN), ALL, "all are read"),
    row("line ends of LF alone", PLAIN.replace(b"\r\n", b"\n"), at_least(1), SAFE, "in/a.warc"),
    row("bytes before the first record", b"garbage\n" * 9 + PLAIN, at_least(PAGES), name="in/a.warc"),
    row("a path for a URL", joined({9: packed(9, head="WARC-Target-URI: ../../../etc/passwd\r\n")}),
        at_least(BUT_ONE), "never used as a path"),
    row("a text of more than max_text_bytes", WHOLE, {"dropped: text_too_large": PAGES},
        "dropped, with a reason", extract={"max_text_bytes": 1_000}),
)  # fmt: skip
