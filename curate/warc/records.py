"""`ArchiveRecord`: header fields, HTTP header and payload of a WARC record, parsed lazily.

Input: the bytes of a record, decompressed. Most records of a crawl are only counted by their kind
and skipped, so fields are parsed when they are accessed.
"""

import re
from collections.abc import Mapping

from curate.warc.bodies import decoded_body
from curate.warc.http_head import HttpHead, find_head

HEADER_LIMIT = 64 << 10  # bytes of one record's header; those seen are below 4 KiB
_VERSION = re.compile(rb"(?:\xef\xbb\xbf)?WARC/\d{1,2}(?:\.\d+)?[ \t]*\r?\n", re.IGNORECASE)
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_BARE_CR = re.compile(r"\r(?!\r{0,2}\n)")
_FOLD = re.compile(r"\r?\n[ \t]+")
# Fields whose lines are concatenated, and by what.
_LISTS = {"content-encoding": ", ", "transfer-encoding": ", ", "x-robots-tag": "\n"}
_USUAL = (b"WARC/1.0\r\n", b"WARC/1.1\r\n")
# A head whose lines all end in CR LF; finds the same as `find_head`, in less time.
_USUAL_HEAD = re.compile(
    rb"(?:HTTP/1\.[01] ([2-9]\d\d)(?!\d)|(?:GET|POST|HEAD) )"
    rb"[^\r\n]*+\r\n(?:[^<\r\n][^\r\n]*+\r\n)*+\r\n"
)
_LIKE_HTTP = re.compile(
    rb"(?:\xef\xbb\xbf)?[\s\x00]{0,16}(?:HTTPS?|https?|ICY|RTSP)[/ \t]"
    rb"|[A-Z]{3,16} |[A-Z][A-Za-z-]{1,40}:|(?:content-|server:|date:|set-cookie:)"
)
_LESS_THAN = 60
_LENGTH, _TYPE = b"\r\nContent-Length: ", b"\r\nWARC-Type: "
_HTTP_KINDS = frozenset(("response", "request", "revisit"))  # under any Content-Type
# First bytes of a body that may have an undeclared coding: gzip, zstd, zlib, chunk sizes.
_CODED = frozenset(b"\x1f\x28x\r\n0123456789abcdefABCDEF")


class ArchiveRecord:
    """One record of a web archive; equal to another with the same bytes and offset.

    `offset` and `length` count bytes of the file; of the unpacked stream, where the file is
    not splittable. Names in `headers` (the record's own fields) and in `http` (those of the
    HTTP message, None if there is none) are in lower case; of a repeated field the first one is
    used (of codings and X-Robots-Tag all of them). `payload` is the HTTP body with transfer and
    content codings decoded, or the block of a record that holds no HTTP message.
    """

    _headers: dict[str, str] | None = None
    _http: dict[str, str] | None = None
    _usual: re.Match[bytes] | None = None  # the HTTP head, if it has the usual form
    _http_start = _http_end = -1  # of the HTTP head, once one has been found
    _status: int | None = None
    _payload: bytes | None = None
    _undecoded: str | None = None
    _cut = False

    def __init__(  # noqa: PLR0917 - called for each record: keywords cost time
        self, offset: int, length: int, block: bytes, before: int, stop: int, limit: int
    ) -> None:
        """Initialise from a header, block[:before], and a content, block[before:stop].

        `block` may be a bytearray, as libdeflate returns; attributes are bytes.
        `limit`: maximum bytes of its HTTP body decoded.
        """
        self.offset = offset
        self.length = length
        self._block = block
        self._before = before
        self._stop = stop
        self._limit = limit

    @property
    def headers(self) -> Mapping[str, str]:
        """The record's own fields."""
        if self._headers is None:
            self._headers = fields_of(self._block[: self._before])
        return self._headers

    @property
    def kind(self) -> str:
        """WARC-Type in lower case: response, request, conversion, ...

        Of a record without it, "response" if it holds an HTTP response, else "".
        """
        block = self._block
        start = block.find(_TYPE, 0, self._before) + len(_TYPE)
        if start >= len(_TYPE):
            named = bytes(memoryview(block)[start : block.find(b"\r\n", start)])
            return named.strip().decode("utf-8", "replace").lower()
        kind = self.headers.get("warc-type", "").lower()
        if kind or not self._before:
            return kind
        head = find_head(block, self._before, self._stop)
        return "response" if head is not None and head.status is not None else ""

    @property
    def record_id(self) -> str:
        """WARC-Record-ID verbatim, <urn:uuid:...>; "" if there is none."""
        return self.headers.get("warc-record-id", "")

    @property
    def url(self) -> str | None:
        """WARC-Target-URI, without the angle brackets of WARC 1.0's grammar."""
        url = self.headers.get("warc-target-uri")
        return url.strip("<>") if url is not None and url.startswith("<") else url

    @property
    def date(self) -> str | None:
        """WARC-Date verbatim."""
        return self.headers.get("warc-date")

    @property
    def truncated(self) -> str | None:
        """WARC-Truncated (length, disconnect, time); "length" if the body was cut in decoding."""
        if self._payload is None:
            self._open()
        return "length" if self._cut else self.headers.get("warc-truncated")

    @property
    def status(self) -> int | None:
        """The HTTP response's status."""
        if self._payload is None:
            self._open()
        if self._usual is not None:
            return int(self._usual[1]) if self._usual[1] else None
        return self._status

    @property
    def http(self) -> Mapping[str, str] | None:
        """The HTTP message's fields."""
        if self._payload is None:
            self._open()
        if self._http is None and self._http_end >= 0:
            self._http = fields_of(self._block[self._http_start : self._http_end])
        return self._http

    @property
    def content_type(self) -> str | None:
        """Content-Type of the HTTP message, or of the block where there is none."""
        return (self.headers if self.http is None else self.http).get("content-type")

    @property
    def payload(self) -> bytes:
        """The body."""
        return self._open() if self._payload is None else self._payload

    @property
    def undecoded(self) -> str | None:
        """The content coding of the body that could not be decoded."""
        if self._payload is None:
            self._open()
        return self._undecoded

    def moved(self, offset: int, length: int) -> "ArchiveRecord":
        """Return the same record with another offset and length."""
        return ArchiveRecord(offset, length, self._block, self._before, self._stop, self._limit)

    def _open(self) -> bytes:
        """Parse the block's HTTP header, and return the payload."""
        block, start, stop = self._block, self._before, self._stop
        usual = _USUAL_HEAD.match(block, start, stop)
        if (
            usual is not None
            and block.rfind(b"\r\nContent-Type: application/http", 0, start) >= 0
            and not block.startswith(b"HTTP/", body := usual.end())  # another head
            and (usual[1] is None or usual[1] < b"3" or block.find(b"HTTP/1.", body, stop) < 0)
        ):
            self._usual, self._http_start, self._http_end = usual, start, body - 4
        elif (head := self._odd_head()) is not None:
            self._http_start, self._http_end, body, self._status = head
        else:
            self._payload = payload = bytes(memoryview(block)[start:stop])  # or a bytearray's
            return payload
        if body < stop and (
            block[body] in _CODED
            or block.find(b"ncoding", start, body) >= 0
            or (block[body] != _LESS_THAN and block.find(b"NCODING", start, body) >= 0)
        ):
            return self._decode(bytes(memoryview(block)[body:stop]))
        self._payload = payload = bytes(memoryview(block)[body:stop])
        return payload

    def _odd_head(self) -> HttpHead | None:
        """Return an HTTP head of unusual form: by the record's type, or its label."""
        block, start, stop = self._block, self._before, self._stop
        if _LIKE_HTTP.match(block, start, stop) is None:
            return None
        if self.kind not in _HTTP_KINDS:
            if b"application/http" not in bytes(memoryview(block)[:start]).lower():
                return None
            if not self.headers.get("content-type", "").lower().startswith("application/http"):
                return None
        return find_head(block, start, stop)

    def _decode(self, body: bytes) -> bytes:
        """Decode the codings that the HTTP header names, and undeclared ones."""
        if self._http_end >= 0:
            self._http = fields_of(self._block[self._http_start : self._http_end])
        fields = self._http or {}
        self._payload, self._undecoded, self._cut = decoded_body(body, fields, self._limit)
        return self._payload

    def _values(self) -> tuple[int, int, bytes]:
        return self.offset, self.length, bytes(memoryview(self._block)[: self._stop])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ArchiveRecord) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        return (
            f"ArchiveRecord(offset={self.offset}, length={self.length}, kind={self.kind!r}, "
            f"url={self.url!r})"
        )


def read_head(data: bytes, at: int = 0) -> tuple[int, int] | None:
    """Return (bytes of the header with its empty line, Content-Length) of the record at `at`.

    None: no record starts there. A header needs a version and WARC-Type, or a version, a
    Content-Length and an id or URL, and has at most `HEADER_LIMIT` bytes. The length is -1
    where it is missing or no number.
    """
    if data.startswith(_USUAL, at):
        end = data.find(b"\r\n\r\n", at, at + HEADER_LIMIT)
        start = data.rfind(_LENGTH, at, end) if end >= 0 else -1
        if start >= 0 and data.find(_TYPE, at, end) >= 0:
            start += len(_LENGTH)
            digits = data[start : data.find(b"\r\n", start)]
            if digits.isdigit():
                return end + 4 - at, int(digits)
    return _read_odd_head(data, at)


def _read_odd_head(data: bytes, at: int) -> tuple[int, int] | None:
    if not _VERSION.match(data, at):
        return None
    end = _HEAD_END.search(data, at, at + HEADER_LIMIT)
    if end is None:
        return None
    fields = fields_of(data[at : end.start()])
    length = fields.get("content-length", "")
    known = length.isascii() and length.isdigit() and len(length) < 20
    named = "warc-record-id" in fields or "warc-target-uri" in fields
    if "warc-type" not in fields and not (known and named):
        return None
    return end.end() - at, int(length) if known else -1


def fields_of(head: bytes) -> dict[str, str]:
    r"""Return the fields behind a header's first line, names in lower case.

    >>> fields_of(b"HTTP/1.1 200 OK\r\nContent-Type: text/html;\r\n charset=x\r\nX: 1\r\nx: 2")
    {'x': '1', 'content-type': 'text/html; charset=x'}
    """
    text = head.decode("utf-8", "replace")
    if text.count("\r") != text.count("\r\n"):
        text = _BARE_CR.sub("\n", text)
    if "\n " in text or "\n\t" in text:  # a continued line
        text = _FOLD.sub(" ", text)
    fields: dict[str, str] = {}
    for line in reversed(text.split("\n")[1:]):  # so that the first of repeated fields is kept
        name, colon, value = line.partition(":")
        if colon:
            name, value = name.strip().lower(), value.strip()
            if name in _LISTS and name in fields:
                value = f"{value}{_LISTS[name]}{fields[name]}"
            fields[name] = value
    return fields
