"""Write pages as web archives, with other records between them, and damage."""

import gzip
import uuid
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

from curate.demo.pages import HOSTS, Page


def archives(plan: Sequence[Page]) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of two archives, with every second page each."""
    for number in range(2):
        name = f"crawl-{number:05d}.warc.gz"
        about = f"software: curate demo\r\nformat: WARC File Format 1.0\r\nisPartOf: {name}\r\n"
        records = [_record("warcinfo", None, "application/warc-fields", about.encode(), name)]
        for page in plan[number::2]:
            records += _fetched(page)
        records[2:2] = _not_pages(number)
        if number == 0:
            middle = len(records) // 2
            records[middle] = _damaged(records[middle])
        else:
            records.insert(len(records) // 2, b"These bytes are of no record at all. " * 9)
            records.append(_record("metadata", None, "text/plain", b"torn " * 99, "torn")[:-30])
        yield name, b"".join(records)


def _record(kind: str, url: str | None, content_type: str, block: bytes, key: str) -> bytes:
    """Return one record as a gzip member; its id and date are hashes of the key."""
    digest = sha256(f"{kind}\x1f{key}".encode()).digest()
    hours, minutes = digest[0] % 24, digest[1] % 60
    head = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        f"WARC-Record-ID: <urn:uuid:{uuid.UUID(bytes=digest[:16], version=4)}>",
        f"WARC-Date: 2024-03-{1 + digest[2] % 28:02d}T{hours:02d}:{minutes:02d}:00Z",
        *([f"WARC-Target-URI: {url}"] if url else []),
        f"Content-Type: {content_type}",
        f"Content-Length: {len(block)}",
    ]
    return gzip.compress("\r\n".join([*head, "", ""]).encode() + block + b"\r\n\r\n", mtime=0)


def _response(url: str, status: str, fields: Mapping[str, str], body: bytes) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    block = f"HTTP/1.1 {status}\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    return _record("response", url, "application/http; msgtype=response", block, url)


def _fetched(page: Page) -> list[bytes]:
    """Return the request and the response of a page, encoded as its site does."""
    host, _, path = page.url.removeprefix("https://").partition("/")
    request_head = f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: curate-demo\r\n\r\n"
    fields = {"Content-Type": "text/html; charset=utf-8"}
    if "handbook" in host:
        fields = {"Content-Type": "text/html"}  # the page has a <meta charset>
        body = page.html.encode("iso-8859-1", "xmlcharrefreplace")
    elif "notebook" in host:
        fields["Content-Encoding"] = "gzip"
        body = gzip.compress(page.html.encode(), mtime=0)
    else:
        body = page.html.encode()
    request = _record(
        "request", page.url, "application/http; msgtype=request", request_head.encode(), page.url
    )
    return [request, _response(page.url, "200 OK", fields, body)]


def _not_pages(number: int) -> list[bytes]:
    """Return records that are not documents: a redirect, a missing page, an image and others."""
    site = f"https://{HOSTS[number]}"
    moved = b"<html><head><title>Moved</title></head><body>The page has moved.</body></html>"
    missing = b"<html><head><title>Not found</title></head><body>No such page.</body></html>"
    picture = b"\x89PNG\r\n\x1a\n" + sha256(site.encode()).digest() * 8
    page_type = {"Content-Type": "text/html"}
    return [
        _response(f"{site}/old", "301 Moved Permanently", {**page_type, "Location": "/"}, moved),
        _response(f"{site}/gone", "404 Not Found", page_type, missing),
        _response(f"{site}/logo.png", "200 OK", {"Content-Type": "image/png"}, picture),
        _response(
            f"{site}/robots.txt", "200 OK", {"Content-Type": "text/plain"}, b"User-agent: *\n"
        ),
        _record(
            "metadata", f"{site}/", "application/warc-fields", b"fetchTimeMs: 40\r\n", f"{site}/"
        ),
        _record("continuation", f"{site}/long", "application/http", b"and so on.", site),
        _record("screenshot", f"{site}/", "image/png", picture, site),
        _record("response", f"{site}/quiet", "application/http", b"It hung up.", f"{site}/quiet"),
        _record("revisit", f"{site}/again", "application/http", b"HTTP/1.1 200 OK\r\n\r\n", site),
    ]


def _damaged(member: bytes) -> bytes:
    """Return the member with some bytes inverted, as on a bad disk."""
    middle = len(member) // 2
    turned = bytes(byte ^ 0xFF for byte in member[middle : middle + 20])
    return member[:middle] + turned + member[middle + 20 :]
