"""What each record is to the pipeline."""

import io

import pytest

from curate.warc.kinds import KINDS, classify
from curate.warc.reader import read_records

from .archives import http, member

HTML = b"<!DOCTYPE html><html><p>x</html>"
CASES = {
    "a page": (member(block=http(HTML)), None),
    "a page without a type": (member(block=http(HTML, "Server: x")), None),
    "a page sent as plain text": (member(block=http(HTML, "Content-Type: text/plain")), None),
    "plain text": (member(block=http(b"hello", "Content-Type: text/plain")), "not_html"),
    "xhtml": (member(block=http(HTML, "Content-Type: application/xhtml+xml")), None),
    "upper case": (member(block=http(HTML, "Content-Type: TEXT/HTML; charset=x")), None),
    "a picture": (member(block=http(HTML, "Content-Type: image/png")), "not_html"),
    "identified as a page": (
        member(
            block=http(HTML, "Content-Type: image/png"),
            fields={"WARC-Identified-Payload-Type": "text/html"},
        ),
        None,
    ),
    "identified as something else": (
        member(
            block=http(HTML),
            fields={"WARC-Identified-Payload-Type": "application/rss+xml"},
        ),
        "not_html",
    ),
    "not modified": (member(block=http(b"", status="304 Not Modified")), "redirect"),
    "moved": (member(block=http(HTML, status="301 Moved")), "redirect"),
    "gone": (member(block=http(HTML, status="410 Gone")), "http_error"),
    "failed": (member(block=http(HTML, status="503 No")), "http_error"),
    "partial": (member(block=http(HTML, status="206 Partial Content")), None),
    "no http": (member(block=b"something else"), "no_http"),
    "unknown coding": (
        member(block=http(HTML, "Content-Type: text/html", "Content-Encoding: sdch")),
        "undecoded",
    ),
    "request": (member("request", b"GET / HTTP/1.1\r\n\r\n"), "request"),
    "metadata": (member("metadata", b"a: b"), "metadata"),
    "warcinfo": (member("warcinfo", b"a: b"), "warcinfo"),
    "revisit": (member("revisit", http(b"")), "revisit"),
    "text of a page": (
        member("conversion", b"text", fields={"Content-Type": "text/plain"}),
        None,
    ),
    "a stored page": (member("resource", HTML, fields={"Content-Type": "text/html"}), None),
    "a stored picture": (
        member("resource", b"x", fields={"Content-Type": "image/png"}),
        "not_html",
    ),
    "a new type": (member("screenshot", b"x"), "unknown"),
}


@pytest.mark.parametrize(("record", "kind"), CASES.values(), ids=CASES)
def test_kind(record, kind):
    [found] = read_records(io.BytesIO(record))
    assert classify(found) == kind
    assert kind is None or kind in KINDS
