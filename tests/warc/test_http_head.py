"""HTTP heads in any spelling: the page is whole, its status and fields are known."""

import io
import itertools

import pytest

from curate.warc.kinds import classify
from curate.warc.reader import read_records

from .archives import member

BODY = b"<html><p>One.\r\n\r\n<p>Two.\n\n<p>Three.\r\r<p>Four.</html>"
ENDS = (b"\r\n", b"\n", b"\r\r\n")


def first(block, kind="response", **fields):
    [result] = read_records(io.BytesIO(member(kind, block, fields=fields)))
    return result


@pytest.mark.parametrize("ends", list(itertools.product(ENDS, repeat=3)))
def test_the_head_ends_at_the_first_empty_line_in_any_spelling(ends):
    status, field, empty = ends
    block = b"HTTP/1.1 200 OK" + status + b"Content-Type: text/html; charset=x" + field + empty
    result = first(block + BODY)
    assert result.payload == BODY
    assert result.status == 200
    assert result.content_type == "text/html; charset=x"
    assert classify(result) is None


def test_line_feeds_before_carriage_returns():
    result = first(b"HTTP/1.0 200 OK\n\rServer: x\n\rContent-Type: text/html\n\r\n\r" + BODY)
    assert (result.payload.lstrip(), result.content_type) == (BODY, "text/html")


def test_bare_carriage_returns():
    result = first(b"HTTP/1.0 200 OK\rServer: x\rContent-Type: text/html\r\r" + BODY)
    assert (result.payload, result.status, result.content_type) == (BODY, 200, "text/html")


PAGE = b"Content-Type: text/html\r\n\r\n" + BODY
# what stands before the fields -> the status, None for none
STATUS_LINES = {
    b"HTTP/1.1 200 OK": 200,
    b"http/1.1 200 ok": 200,
    b"HTTP/1.1 200": 200,
    b"HTTP/1.1 200 ": 200,
    b"HTTP/1.1  200  OK": 200,
    b"HTTP/1.1\t200\tOK": 200,
    b"HTTP/1.1 200OK": 200,
    b"HTTP/1.1200 OK": 200,
    b"HTTP/2 200": 200,
    b"HTTP/2.0 200 OK": 200,
    b"HTTP 200 OK": 200,
    b"HTTPS/1.1 200 OK": 200,
    b"ICY 200 OK": 200,
    b"\r\nHTTP/1.1 200 OK": 200,
    b"\xef\xbb\xbfHTTP/1.1 200 OK": 200,
    b"HTTP/1.1 OK": None,
    b"HTTP/1.1 000": None,
    b"HTTP/1.1": None,
    b"Server: x": None,
    b"HTTP/1.1 404 Gone": 404,
    b"HTTP/1.1 999 Denied": 999,
}


@pytest.mark.parametrize("line", STATUS_LINES)
def test_status_lines(line):
    result = first(line + b"\r\n" + PAGE)
    assert (result.status, result.payload) == (STATUS_LINES[line], BODY)
    assert result.content_type == "text/html"
    assert classify(result) == (None if result.status in (None, 200) else "http_error")


INTERIM = {
    "continue": b"HTTP/1.1 100 Continue\r\n\r\n",
    "continue with fields": b"HTTP/1.1 100 Continue\r\nServer: x\r\n\r\n",
    "early hints": b"HTTP/1.1 103 Early Hints\nLink: </a.css>\n\n",
    "twice": b"HTTP/1.1 102 Processing\r\n\r\n" * 2,
    "switching": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
    "a redirect that was followed": b"HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n",
    "a password that was asked for": b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
    "no empty line": b"HTTP/1.1 100 Continue\r\n",
    "fields, no empty line": b"HTTP/1.1 103 Early Hints\nLink: </a.css>\n",
    "a proxy's": b"HTTP/1.0 200 Connection established\r\n\r\n",
    "a password that was asked for in words": b"HTTP/1.1 401 No\r\nContent-Type: text/html\r\n"
    b"Content-Length: 6\r\n\r\nWho?\r\n",
    "a redirect that names a type": b"HTTP/1.1 302 Found\r\nContent-Type: text/html\r\n"
    b"Content-Length: 0\r\nLocation: /\r\n\r\n",
    "many": b"HTTP/1.1 102 Processing\r\n\r\n" * 12,
    "a proxy's and another": b"HTTP/1.0 200 OK\r\nVia: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n",
}


@pytest.mark.parametrize("before", INTERIM.values(), ids=INTERIM)
def test_the_last_answer_counts(before):
    result = first(before + b"HTTP/1.1 203 OK\r\n" + PAGE)
    assert (result.status, result.payload, classify(result)) == (203, BODY, None)


def test_an_interim_answer_alone_is_none():
    assert classify(first(INTERIM["continue"])) == "http_error"


def test_a_page_may_quote_an_answer():
    body = b"HTTP/1.1 200 OK\r\nServer: y\r\n\r\nis what one sees"
    result = first(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body)
    assert result.payload == body


def test_a_head_whose_empty_line_is_missing_ends_where_markup_begins():
    result = first(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + BODY)
    assert (result.payload, result.content_type) == (BODY, "text/html")


def test_a_head_alone():
    result = first(b"HTTP/1.1 200 OK\r\nServer: x")
    assert (result.payload, result.http) == (b"", {"server": "x"})


LABELS = {
    "none": {},
    "in capitals": {"CONTENT-TYPE": "APPLICATION/HTTP;MSGTYPE=RESPONSE"},
    "of the page": {"Content-Type": "text/html"},
    "nonsense": {"Content-Type": "x"},
}


@pytest.mark.parametrize("fields", LABELS.values(), ids=LABELS)
def test_an_answer_is_one_whatever_its_record_says_of_it(fields):
    block = b"HTTP/1.1 200 OK\r\n" + PAGE
    lines = [b"WARC/1.0", b"warc-type: response", b"content-length: %d" % len(block)]
    lines += [f"{name}: {value}".encode() for name, value in fields.items()]
    record = b"\r\n".join(lines) + b"\r\n\r\n" + block + b"\r\n\r\n"
    [result] = read_records(io.BytesIO(record))
    assert (result.status, result.payload, classify(result)) == (200, BODY, None)


def test_a_text_that_looks_like_an_answer_is_a_text():
    text = b"HTTP/1.1 200 OK\r\n\r\nis what a server says."
    assert first(text, "conversion").payload == text
    assert first(text, "resource", **{"Content-Type": "text/plain"}).http is None


def test_codings_of_several_lines_add_up():
    result = first(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: 1\r\n"
        b"TRANSFER-ENCODING: chunked\r\n\r\n"
        b"a\r\n2\r\nhi\r\n0\r\n\r\n\r\n0\r\n\r\n"
    )
    assert result.http == {"transfer-encoding": "chunked, chunked", "x": "1"}
    assert result.payload == b"hi"
