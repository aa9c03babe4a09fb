"""Fuzz test of WARC reading: records found in randomly damaged archives, beside two libraries.

    python benchmarks/archives_fuzz.py [--records 20000] [--seed 1] [--seconds 600]

Each archive has five pages between which one or more changes are made: to lengths, line ends,
status lines, fields, codings and types of records; to the file's bytes (flipped, cut out,
doubled). They are read plain, with a gzip member a record, and as one gzip member. Printed are,
for each kind of change: archives, pages that could be found at all, and those found whole by us,
by warcio and by FastWARC (each where it is installed). Ours must not fail, must end, and records
and damage must cover the file.
"""

import argparse
import gzip
import io
import logging
import random
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator

from curate.warc.reader import ArchiveRecord, Records

WORDS = ["river", "mill", "spring", "field", "bank", "willow", "council", "stone", "barrow", "rain"]
Parts = dict[str, bytes]


def page(n: int, draw: random.Random) -> bytes:
    words = " ".join(draw.choices(WORDS, k=40))
    text = f"<p>Page {n}: {words}.</p>\n\n<p>End {n}.</p>"
    return f"<!DOCTYPE html><html><body>{text}</body></html>".encode()


def parts_of(n: int, draw: random.Random) -> Parts:
    return {
        "version": b"WARC/1.0\r\n",
        "fields": b"WARC-Type: response\r\nWARC-Record-ID: <urn:uuid:%012d>\r\n"
        b"WARC-Date: 2024-01-02T03:04:05Z\r\nWARC-Target-URI: http://example.org/%d\r\n" % (n, n),
        "type": b"Content-Type: application/http; msgtype=response\r\n",
        "length": b"",
        "status": b"HTTP/1.1 200 OK\r\n",
        "head": b"Content-Type: text/html\r\nServer: x\r\n",
        "empty": b"\r\n",
        "body": page(n, draw),
        "end": b"\r\n\r\n",
    }


def built(parts: Parts) -> bytes:
    block = parts["status"] + parts["head"] + parts["empty"] + parts["body"]
    length = parts["length"] or b"Content-Length: %d\r\n" % len(block)
    return (
        parts["version"] + parts["fields"] + parts["type"] + length + b"\r\n" + block + parts["end"]
    )


def length(parts: Parts, draw: random.Random) -> None:
    true = sum(len(parts[name]) for name in ("status", "head", "empty", "body"))
    lie = draw.choice((true + draw.randint(-20, 20), draw.randint(0, 2 * true), 10**9))
    parts["length"] = draw.choice(
        (b"Content-Length: %d\r\n" % lie, b"X: y\r\n", b"Content-Length: x\r\n")
    )


def line_ends(parts: Parts, draw: random.Random) -> None:
    for name in ("status", "head", "empty"):
        parts[name] = parts[name].replace(b"\r\n", draw.choice((b"\n", b"\r\n", b"\r\r\n")))


def status(parts: Parts, draw: random.Random) -> None:
    parts["status"] = draw.choice((
        b"http/1.1 200 ok\r\n", b"HTTP/1.1 200\r\n", b"HTTP/2 200\r\n", b"HTTP/1.1  200 OK\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", b"ICY 200 OK\r\n", b"HTTP/1.1 OK\r\n",
    ))  # fmt: skip


def codings(parts: Parts, draw: random.Random) -> None:
    body = parts["body"]
    for _ in range(draw.randint(0, 2)):
        if draw.random() < 0.5:
            body = gzip.compress(body, mtime=0)
        else:
            at = draw.randint(1, len(body) - 1)
            body = b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (at, body[:at], len(body) - at, body[at:])
    parts["body"] = body
    parts["head"] += draw.choice(
        (b"", b"Content-Encoding: gzip\r\n", b"Content-Encoding: utf-8\r\n")
    )
    parts["head"] += draw.choice((b"", b"Transfer-Encoding: chunked\r\n"))


def types(parts: Parts, draw: random.Random) -> None:
    parts["type"] = draw.choice(
        (b"", b"Content-Type: text/html\r\n", b"content-type: APPLICATION/HTTP\r\n")
    )
    parts["fields"] = draw.choice((parts["fields"], parts["fields"].lower()))


def ends(parts: Parts, draw: random.Random) -> None:
    parts["end"] = draw.choice((b"", b"\r\n", b"\n\n", b"\r\n\r\n\r\n"))


CHANGES: dict[str, Callable[[Parts, random.Random], None]] = {
    "length": length, "line ends": line_ends, "status line": status, "codings": codings,
    "types": types, "record ends": ends,
}  # fmt: skip


def bytes_changed(data: bytes, draw: random.Random) -> bytes:
    changed = bytearray(data)
    at = draw.randrange(len(changed))
    size = draw.randint(1, 60)
    kind = draw.randrange(4)
    if kind == 0:
        changed[at] ^= 1 << draw.randrange(8)
    elif kind == 1:
        del changed[at : at + size]
    elif kind == 2:
        changed[at:at] = changed[at : at + size]
    else:
        changed[at : at + size] = draw.randbytes(size)
    return bytes(changed)


LAYOUTS: dict[str, Callable[[list[bytes]], bytes]] = {
    "plain": b"".join,
    "members": lambda records: b"".join(gzip.compress(record, mtime=0) for record in records),
    "stream": lambda records: gzip.compress(b"".join(records), mtime=0),
}


def archives(number: int, seed: int) -> Iterator[tuple[str, bytes, list[bytes]]]:
    draw = random.Random(seed)
    for at in range(number):
        parts = [parts_of(n, draw) for n in range(5)]
        pages = [part["body"] for part in parts]
        kind = draw.choice((*CHANGES, "several", "bytes"))
        for part in draw.sample(parts, draw.randint(1, 3)):
            chosen = draw.sample(list(CHANGES), 3) if kind == "several" else [kind]
            for change in chosen:
                if change != "bytes":
                    CHANGES[change](part, draw)
        layout = list(LAYOUTS)[at % 3]
        data = LAYOUTS[layout]([built(part) for part in parts])
        yield kind, bytes_changed(data, draw) if kind == "bytes" else data, pages


def ours(data: bytes) -> list[bytes]:
    reader = Records(io.BytesIO(data))
    items = list(reader)
    plain = data[:1] == b"W"
    if plain or reader.end == len(data):
        at = 0
        for item in items:
            if plain and item.offset != at:
                raise AssertionError(f"byte {at} is in no record and no damage")
            at = item.offset + item.length
        if plain and at != len(data):
            raise AssertionError(f"bytes from {at} on are in no record and no damage")
    return [item.payload for item in items if isinstance(item, ArchiveRecord)]


def warcio() -> Callable[[bytes], list[bytes]]:
    from warcio.archiveiterator import ArchiveIterator  # noqa: PLC0415

    def read(data: bytes) -> list[bytes]:
        payloads = []
        try:
            for record in ArchiveIterator(io.BytesIO(data)):
                payloads.append(record.content_stream().read())
        except Exception:
            return payloads
        return payloads

    return read


def fastwarc() -> Callable[[bytes], list[bytes]]:
    from fastwarc.warc import ArchiveIterator  # noqa: PLC0415

    def read(data: bytes) -> list[bytes]:
        payloads = []
        try:
            for record in ArchiveIterator(io.BytesIO(data), auto_decode="all"):
                payloads.append(record.reader.read())
        except Exception:
            return payloads
        return payloads

    return read


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=20_000, help="five an archive")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=600)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    tools: dict[str, Callable[[bytes], list[bytes]]] = {"curate": ours}
    for name, make in (("warcio", warcio), ("fastwarc", fastwarc)):
        try:
            tools[name] = make()
        except ImportError:
            print(f"{name} is not installed")
    counts: Counter[tuple[str, str]] = Counter()
    losses: Counter[str] = Counter()
    longest, began = 0.0, time.monotonic()
    for kind, data, pages in archives(options.records // 5, options.seed):
        payloads_by_reader = {}
        for name, read in tools.items():
            start = time.process_time()
            bodies = read(data)
            if name == "curate":
                longest = max(longest, time.process_time() - start)
            payloads_by_reader[name] = {
                n for n, text in enumerate(pages) if any(text in body for body in bodies)
            }
            counts[kind, name] += len(payloads_by_reader[name])
            if payloads_by_reader[name] - payloads_by_reader["curate"]:
                losses[f"{kind}: {name} found more"] += 1
        counts[kind, "pages"] += len(pages)
        counts[kind, "archives"] += 1
        if time.monotonic() - began > options.seconds:
            print(f"stopped after {options.seconds} s")
            break
    columns = ("archives", "pages", *tools)
    print("change        " + "".join(f"{name:>12}" for name in columns))
    for kind in (*CHANGES, "several", "bytes"):
        print(f"{kind:14}" + "".join(f"{counts[kind, name]:12,}" for name in columns))
    print(f"archives of which a library found a page that we did not: {dict(losses) or 'none'}")
    print(f"longest time of ours: {longest * 1000:.1f} ms")


if __name__ == "__main__":
    main()
