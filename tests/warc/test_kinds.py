"""What each record is to the pipeline."""

import io
import random

import pytest

from curate.warc.kinds import KINDS, classify
from curate.warc.media_types import media_type
from curate.warc.reader import read_records

from .archives import http, member

HTML = b"<!DOCTYPE html><html><p>x</html>"
PNG = b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(900)
NOISE = random.Random(2).randbytes(900)
CASES = {
    "a page": (member(block=http(HTML)), None),
    "a page without a type": (member(block=http(HTML, "Server: x")), None),
    "a page in UTF-16": (
        member(block=http(b"\xff\xfe" + HTML.decode().encode("utf-16-le"), "Server: x")),
        None,
    ),
    "a page behind a long comment": (
        member(block=http(b"<!--" + b"x" * 6_000 + b"-->" + HTML, "Server: x")),
        None,
    ),
    "a page sent as plain text": (member(block=http(HTML, "Content-Type: text/plain")), None),
    "plain text": (member(block=http(b"hello", "Content-Type: text/plain")), "not_html"),
    "xhtml": (member(block=http(HTML, "Content-Type: application/xhtml+xml")), None),
    "upper case": (member(block=http(HTML, "Content-Type: TEXT/HTML; charset=x")), None),
    "a page that is called a picture": (member(block=http(HTML, "Content-Type: image/png")), None),
    "a picture": (member(block=http(PNG, "Content-Type: image/png")), "not_html"),
    "a picture that is called a page": (member(block=http(PNG)), "not_text"),
    "random bytes that are called a page": (member(block=http(NOISE)), "not_text"),
    "a font that is called text": (member("conversion", b"wOF2" + NOISE), "not_text"),
    "identified as a page": (
        member(
            block=http(HTML, "Content-Type: image/png"),
            fields={"WARC-Identified-Payload-Type": "text/html"},
        ),
        None,
    ),
    "identified as something else": (
        member(
            block=http(b"<rss><channel/></rss>"),
            fields={"WARC-Identified-Payload-Type": "application/rss+xml"},
        ),
        "not_html",
    ),
    "identified as XML, a page all the same": (
        member(
            block=http(b"<?xml version='1.0'?>\n<!-- x -->" + HTML),
            fields={"WARC-Identified-Payload-Type": "application/xml"},
        ),
        None,
    ),
    "not modified": (member(block=http(b"", status="304 Not Modified")), "redirect"),
    "moved": (member(block=http(HTML, status="301 Moved")), "redirect"),
    "gone": (member(block=http(HTML, status="410 Gone")), "http_error"),
    "failed": (member(block=http(HTML, status="503 No")), "http_error"),
    "partial": (member(block=http(HTML, status="206 Partial Content")), None),
    "no http": (member(block=b"something else"), "no_http"),
    "no http, and a page": (member(block=HTML), None),
    "a picture without http": (member(block=PNG), "no_http"),
    "unknown coding": (
        member(block=http(NOISE, "Content-Type: text/html", "Content-Encoding: sdch")),
        "undecoded",
    ),
    "unknown coding of a page": (
        member(block=http(HTML, "Content-Type: text/html", "Content-Encoding: sdch")),
        None,
    ),
    "a type in capitals": (member("RESPONSE", http(HTML)), None),
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
    [result] = read_records(io.BytesIO(record))
    assert classify(result) == kind
    assert kind is None or kind in KINDS


BINARY = {
    "JPEG": b"\xff\xd8\xff\xe0\0\x10JFIF" + NOISE,
    "GIF": b"GIF89a\1\0\1\0" + bytes(40),
    "WebP": b"RIFF\x24\0\0\0WEBPVP8 " + NOISE,
    "icon": b"\0\0\1\0\1\0\x10\x10" + bytes(90),
    "PDF, all of it text": b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n",
    "PDF after a line break": b"\r\n%PDF-1.7\n" + NOISE,
    "PostScript": b"%!PS-Adobe-3.0\n/x {moveto} def\n",
    "RTF": b"{\\rtf1\\ansi It was late.}",
    "Word": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(80),
    "ZIP": b"PK\3\4\x14\0" + NOISE,
    "tar": b"a.html" + bytes(251) + b"ustar\x0000" + bytes(90),
    "bzip2": b"BZh91AY&SY" + NOISE,
    "TrueType": b"\0\1\0\0\0\x0c" + bytes(80),
    "MP4": b"\0\0\0\x18ftypmp42" + bytes(80),
    "MP3": b"ID3\3\0\0" + NOISE,
    "Flash": b"CWS\x0a" + bytes(20) + NOISE,
    "Windows program": b"MZ\x90\0\3" + bytes(90),
    "SQLite": b"SQLite format 3\0" + bytes(90),
    "zeros": bytes(300),
    "PNG as Base64": b"iVBORw0KGgo" + b"AAAANSUhEUg" * 40,
    "an address that holds a picture": b"data:image/gif;base64,R0lGODlh" + b"AQABAIAA" * 40,
    "uuencoded": b"begin 644 a.gif\n" + (b"M" + b"1" * 60 + b"\n") * 9 + b"`\nend\n",
}


@pytest.mark.parametrize("body", BINARY.values(), ids=BINARY)
def test_binary_data_that_is_called_a_page_or_text(body):
    [result] = read_records(io.BytesIO(member(block=http(body, "Content-Type: text/html"))))
    assert classify(result) == "not_text"
    [result] = read_records(io.BytesIO(member("conversion", body)))
    assert classify(result) == "not_text"


# What servers and crawlers write, -> the type it stands for, None for nothing at all.
LABELS = {
    "text/html": "text/html",
    "text/html;charset=utf-8": "text/html",
    "text/html charset=koi8-r": "text/html",
    "text/html,": "text/html",
    "text/html, text/html": "text/html",
    "text/plain, text/html": "text/html",
    "'text/html'": "text/html",
    "text / html": "text/html",
    "text\\html": "text/html",
    "text/html:utf-8": "text/html",
    "Content-Type: text/html": "text/html",
    "TEXT/HTM": "text/html",
    "html": "text/html",
    "application/xhtml": "text/html",
    "application/xhtml+xml": "text/html",
    "text/x-server-parsed-html": "text/html",
    "image/png": "image/png",
    "Application/PDF; q=1": "application/pdf",
    "application/atom+xml": "application/atom+xml",
    "text/html-sandboxed+json": "text/html-sandboxed+json",
    "": None,
    "none": None,
    "*/*": None,
    "text/*": None,
    "utf-8": None,
    "charset=utf-8": None,
    "; charset=x": None,
    "content/unknown": None,
    "httpd/unix-directory": None,
    "application/octet-stream": None,
    "application/x-httpd-php": None,
    "text/plain": None,
    "text/xml": None,
}


@pytest.mark.parametrize("label", LABELS)
def test_a_label(label):
    assert media_type(label) == LABELS[label]


VAGUE = [label for label, meant in LABELS.items() if meant is None]


@pytest.mark.parametrize("label", VAGUE)
def test_where_a_label_says_nothing_the_bytes_decide(label):
    def kind(body):
        [result] = read_records(io.BytesIO(member(block=http(body, f"Content-Type: {label}"))))
        return classify(result)

    assert kind(b"\n<!-- x --><html><p>One.") is None
    assert kind(b"<head><title>x</title></head><body><p>One.") is None
    assert kind(b"One, two.") == "not_html"
    assert kind(b"%PDF-1.4 <html>") in ("not_html", "not_text")
    if label not in ("text/plain", "text/xml"):
        assert kind(b"<div><p>One.</p></div>") is None


def test_markup_in_a_text_is_no_page():
    body = b"<div align=center>\n\n# A tool\n\nIt measures.\n"
    [result] = read_records(io.BytesIO(member(block=http(body, "Content-Type: text/plain"))))
    assert classify(result) == "not_html"
