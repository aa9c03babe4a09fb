"""Cost of adversarial pages and archives: time, memory, and whether the counts are exact.

    python benchmarks/hostile.py [--extractor NAME] [--seconds 120] [--only WORD] [--bomb GB]

Each page and each archive is read by a process of its own. CPU seconds; the most memory the process
held, and what of it the page took beyond a page of one word. The bound for a worker is 1 GiB.
"""

import argparse
import gzip
import io
import random
import resource
import struct
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from typing import Any

from curate.recipe import Extract
from curate.sources.pages import page_function
from curate.warc.reader import ArchiveRecord, read_records

GIB = 1 << 30
MOST = 5 << 20  # bytes of a page that is not too large
TEXT = "Some people say that a paragraph needs many words to be seen as one, and so it is here. "


def filled(unit: str, before: str = "", size: int = MOST) -> bytes:
    """Return a page of many units, just small enough to be looked at."""
    head = f"<html><body>{before}".encode()
    piece = unit.encode()
    return head + piece * ((size - len(head)) // len(piece))


def laughs() -> str:
    entities = ['<!ENTITY a0 "lol">']
    entities += [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)]
    return f"<?xml version='1.0'?><!DOCTYPE html [{''.join(entities)}]><html><body><p>&a9;</p>"


# name -> makes the page; the first is what the others' memory is compared to
PAGES: dict[str, Callable[[], bytes]] = {
    "one word": lambda: b"<html><body><p>word",
    "100,000 nested tags": lambda: b"<div>" * 100_000,
    "900 nested tags, text": lambda: b"<div>" * 900 + TEXT.encode() * 9,
    "900 nested lists": lambda: b"<ul><li>" * 450 + TEXT.encode() * 9,
    "99,000 flat tags, open": lambda: filled("<p>", size=99_000 * 3),
    "a line of 50 MB": lambda: b"<p>" + b"word " * 10_000_000,
    "a line of 5 MB": lambda: filled("word "),
    "one word of 5 MB": lambda: filled("x"),
    "paragraphs of 5 MB": lambda: filled(f"<p>{TEXT * 3}</p>"),
    "10 million entities": lambda: b"&amp;" * 10_000_000,
    "1 million entities": lambda: filled("&amp;"),
    "entities that are none": lambda: filled("&xyzzy;"),
    "character references": lambda: filled("&#65;"),
    "null bytes": lambda: b"\0" * MOST,
    "null bytes in text": lambda: filled(f"<p>{TEXT}\0</p>"),
    "a million links": lambda: filled("<a href=x>y</a>", size=15_000_000),
    "99,000 links": lambda: filled("<a href=x>y</a>", size=99_000 * 15),
    "99,000 items": lambda: filled("<li>x</li>", size=99_000 * 10),
    "99,000 cells": lambda: filled("<td>x</td>", "<table><tr>", size=99_000 * 10),
    "a table a cell": lambda: filled("<table><tr><td>x", size=900 * 16),
    "XML bomb": lambda: laughs().encode(),
    "XML from outside": lambda: b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><p>&x;',
    "attributes": lambda: filled(" a='b'", "<p"),
    "attributes of one name": lambda: filled(" a=b", "<p"),
    "an attribute of 5 MB": lambda: filled("x ", "<p class='"),
    "attributes that do not end": lambda: filled("a='", "<a b='"),
    "tags that do not end": lambda: filled("<a ", size=190_000 * 3),
    "brackets": lambda: filled("<"),
    "closing brackets": lambda: filled(">"),
    "comments that do not end": lambda: filled("<!--", size=190_000 * 4),
    "a script that does not end": lambda: filled("var x; ", "<script>"),
    "line ends": lambda: filled("\n"),
    "spaces": lambda: filled(" "),
    "spaces and words": lambda: filled("x" + " " * 1000),
    "full stops": lambda: filled("."),
    "dates": lambda: filled("2020-01-01-"),
    "addresses": lambda: filled("a.b@c"),
    "a URL of 5 MB": lambda: filled("http://"),
    "meta tags": lambda: filled("<meta charset", size=190_000 * 13),
    "random bytes": lambda: random.Random(1).randbytes(MOST),
    "random letters above ASCII": lambda: bytes(random.Random(1).choices(range(128, 256), k=MOST)),
    "escapes of ISO-2022": lambda: b"\x1b$B0!" * (MOST // 5),
}


def of_page(name: str, extractor: str) -> str:
    body = PAGES[name]()
    page = page_function(Extract(extractor=extractor))(body)
    return page.reason or f"{len(page.text):,} characters"


# --- archives ----------------------------------------------------------------------------------


def record(n: int, body: bytes, length: int | None = None) -> bytes:
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\n"
        f"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{n:012d}>\r\n"
        f"WARC-Target-URI: http://example.org/{n}\r\n"
        "Content-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(block) if length is None else length}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def page(n: int) -> bytes:
    words = " ".join(str((n * 7919 + word * 104729) % 99991) for word in range(60))
    return f"<html><body><p>page {n}: {words}</p></body></html>".encode()


def members(changed: dict[int, bytes] | None = None) -> list[bytes]:
    """Return 200 members, some of them others than they were."""
    plain = {n: gzip.compress(record(n, page(n)), mtime=0) for n in range(200)}
    return list({**plain, **(changed or {})}.values())


def overwritten() -> bytes:
    parts = members()
    hurt = bytearray(parts[100])
    hurt[100:160] = bytes(60)
    parts[100] = bytes(hurt)
    return b"".join(parts)


def wrong_length() -> bytes:
    return b"".join(members({100: gzip.compress(record(100, page(100), 10), mtime=0)}))


# name -> the file, records in it, damages as (which record or None, why)
ARCHIVES: dict[str, tuple[Callable[[], bytes], int, list[str]]] = {
    "60 bytes of 1 of 200": (overwritten, 199, ["corrupt"]),
    "cut in record 150": (lambda: b"".join(members())[: sum(map(len, members()[:150])) + 99], 150,
                          ["truncated"]),
    "wrong Content-Length": (wrong_length, 199, ["wrong_length"]),
    "garbage between": (lambda: b"garbage".join(members()[:2]) + b"".join(members()[2:]), 200,
                        ["garbage"]),
    "an empty file": (lambda: b"", 0, ["empty_file"]),
    "a page called .warc.gz": (lambda: page(1) * 99, 0, ["not_an_archive"]),
    "a packed page": (lambda: gzip.compress(page(1) * 99), 0, ["not_an_archive"]),
}  # fmt: skip


def bomb(size: int) -> Iterator[bytes]:
    """Yield a gzip member of one record with `size` bytes of zeros, between two pages."""
    yield gzip.compress(record(1, page(1)), mtime=0)
    piece = bytes(1 << 24)
    head = record(2, b"", size + 43).removesuffix(b"\r\n\r\n")
    packer = zlib.compressobj(1, wbits=-15)
    yield b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    crc, total = zlib.crc32(head), len(head)
    yield packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)  # stands by itself
    for _ in range(size // len(piece)):
        yield packed
        crc, total = zlib.crc32(piece, crc), total + len(piece)
    padding = bytes(size % len(piece)) + b"\r\n\r\n"
    yield packer.compress(padding) + packer.flush()
    crc, total = zlib.crc32(padding, crc), total + len(padding)
    yield struct.pack("<II", crc, total & 0xFFFFFFFF)
    yield gzip.compress(record(3, page(3)), mtime=0)


def of_archive(file: Any) -> str:
    counts: Counter[str] = Counter()
    at = 0
    for item in read_records(file):
        assert item.offset == at, item
        at += item.length
        counts["records" if isinstance(item, ArchiveRecord) else item.why] += 1
    assert at == file.seek(0, io.SEEK_END), "bytes that nobody told of"
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def of_archive_named(name: str) -> str:
    make, records, damages = ARCHIVES[name]
    wanted = Counter({"records": records}) + Counter(damages)
    summary = of_archive(io.BytesIO(make()))
    right = ", ".join(f"{count} {name}" for name, count in sorted(wanted.items()))
    return f"{summary} ({'exact' if summary == right else f'WRONG: expected {right}'})"


def of_bomb(gigabytes: int) -> str:
    with tempfile.TemporaryFile() as file:
        for piece in bomb(gigabytes * GIB):
            file.write(piece)
        packed = file.tell()
        file.seek(0)
        began = time.process_time()
        summary = of_archive(file)
        right = summary == "2 records, 1 too_large"
        seconds = time.process_time() - began
    state = "exact" if right else "WRONG"
    return f"{summary} ({state}; {packed:,} bytes, read in {seconds:.1f} s)"


# --- each in a process of its own --------------------------------------------------------------


def inside(line: Any, seconds: int, work: Callable[..., str], *about: Any) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    began = time.process_time()
    summary = work(*about)
    used = resource.getrusage(resource.RUSAGE_SELF)
    unit = 1 if sys.platform == "darwin" else 1024
    line.send((summary, time.process_time() - began, used.ru_maxrss * unit))


def measured(seconds: int, work: Callable[..., str], *about: Any) -> tuple[str, float, int]:
    """Return (what was said, CPU seconds, bytes) of a call in a fresh process."""
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=inside, args=(theirs, seconds, work, *about))
    child.start()
    theirs.close()
    try:
        summary, used, peak = ours.recv()
    except EOFError:
        child.join()
        summary, used, peak = f"ENDED by signal {-(child.exitcode or 0)}", float(seconds), 0
    child.join()
    return summary, used, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--extractor", default=Extract().extractor)
    parser.add_argument("--seconds", type=int, default=120, help="what one case is given")
    parser.add_argument("--only", default="", help="a part of a case's name")
    parser.add_argument("--bomb", type=int, default=10, help="GiB of zeros in one record")
    options = parser.parse_args()
    worst = 0
    _, _, least = measured(options.seconds, of_page, "one word", options.extractor)
    print(f"pages, by {options.extractor}: CPU seconds, MiB held (beyond a page of one word)")
    for name in (name for name in PAGES if options.only in name):
        summary, used, peak = measured(options.seconds, of_page, name, options.extractor)
        worst = max(worst, peak)
        more = (peak - least) >> 20
        print(f"  {name:28} {used:7.2f} s {peak >> 20:6,} ({more:5,})  {summary}", flush=True)
    print("archives")
    for name in (name for name in ARCHIVES if options.only in name):
        summary, used, peak = measured(options.seconds, of_archive_named, name)
        worst = max(worst, peak)
        print(f"  {name:28} {used:7.2f} s {peak >> 20:6,}  {summary}", flush=True)
    if options.only in "bomb" and options.bomb:
        summary, used, peak = measured(options.seconds * 3, of_bomb, options.bomb)
        worst = max(worst, peak)
        print(f"  {f'bomb of {options.bomb} GiB':28} {used:7.2f} s {peak >> 20:6,}  {summary}")
    bound = "within" if worst < GIB else "ABOVE"
    print(f"the most any case held: {worst >> 20:,} MiB ({bound} 1 GiB)")


if __name__ == "__main__":
    main()
