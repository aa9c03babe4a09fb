"""One record of a web archive: where its header ends, what its fields say, what it carries.

Enters: the bytes of a record, unpacked. Leaves: an `ArchiveRecord`. Fields are taken apart
when they are asked for: most records of a crawl are counted by their kind and skipped.
"""

import re
from collections.abc import Mapping

from curate.warc.bodies import decoded_body

HEADER_LIMIT = 64 << 10  # bytes of one record's header; those we have seen are below 4 KiB
_VERSION = re.compile(rb"WARC/\d\.\d+[ \t]*\r?\n")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]+")
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? +(\d{3})\b")
_REQUEST = re.compile(rb"[A-Z]+ [^\r\n]* HTTP/\d")
_USUAL = (b"WARC/1.0\r\n", b"WARC/1.1\r\n")
_CR = 13
_LENGTH, _TYPE = b"\r\nContent-Length: ", b"\r\nWARC-Type: "


class ArchiveRecord:
    """One record of a web archive; a value, equal to another of the same bytes and place.

    `offset` and `length` count bytes of the file; of the unpacked stream, where the file is
    not splittable. Names in `headers` (the record's own fields) and in `http` (those of the
    HTTP message, None if there is none) are in lower case; of a repeated field the first one
    stands. `payload` is the HTTP body with transfer and content codings undone, or the block
    of a record that holds no HTTP message.
    """

    _headers: dict[str, str] | None = None
    _http: dict[str, str] | None = None
    _http_end = -1  # of an HTTP message's header, once one has been found
    _payload: bytes | None = None
    _undecoded: str | None = None
    _cut = False

    def __init__(  # noqa: PLR0917 - made once a record: keywords would be felt
        self, offset: int, length: int, block: bytes, before: int, stop: int, limit: int
    ) -> None:
        """Take the record whose header is block[:before] and whose content is block[before:stop].

        `block` may be a bytearray, as libdeflate gives; what leaves here is bytes.
        `limit`: bytes its HTTP body may have decoded.
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
        """WARC-Type: response, request, conversion, ..."""
        at = self._block.find(_TYPE, 0, self._before)
        if at < 0:
            return self.headers["warc-type"]
        at += len(_TYPE)
        return self._block[at : self._block.find(b"\r\n", at)].strip().decode("utf-8", "replace")

    @property
    def record_id(self) -> str:
        """WARC-Record-ID as it stands there, <urn:uuid:...>; "" if there is none."""
        return self.headers.get("warc-record-id", "")

    @property
    def url(self) -> str | None:
        """WARC-Target-URI, without the brackets that WARC 1.0's grammar has around it."""
        url = self.headers.get("warc-target-uri")
        return url.strip("<>") if url is not None and url.startswith("<") else url

    @property
    def date(self) -> str | None:
        """WARC-Date as it stands there."""
        return self.headers.get("warc-date")

    @property
    def truncated(self) -> str | None:
        """WARC-Truncated (length, disconnect, time); "length" if the body was cut in decoding."""
        if self._payload is None:
            self._open()
        return "length" if self._cut else self.headers.get("warc-truncated")

    @property
    def status(self) -> int | None:
        """The HTTP answer's status."""
        if self._payload is None:
            self._open()
        status = _STATUS.match(self._block, self._before) if self._http_end >= 0 else None
        return int(status[1]) if status else None

    @property
    def http(self) -> Mapping[str, str] | None:
        """The HTTP message's fields."""
        if self._payload is None:
            self._open()
        if self._http is None and self._http_end >= 0:
            self._http = fields_of(self._block[self._before : self._http_end])
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
        """The content coding of the body that could not be undone."""
        if self._payload is None:
            self._open()
        return self._undecoded

    def moved(self, offset: int, length: int) -> "ArchiveRecord":
        """Return the same record at another place."""
        return ArchiveRecord(offset, length, self._block, self._before, self._stop, self._limit)

    def _open(self) -> bytes:
        """Set what the block says of itself, and return the payload."""
        block, before, stop = self._block, self._before, self._stop
        body = before
        if _is_http(block, before):
            end = block.find(b"\r\n\r\n", before, stop)
            body = end + 4
            if end < 0 or block[block.find(b"\n", before) - 1] != _CR:
                odd = _HEAD_END.search(block, before, stop)  # line breaks of an older kind
                end, body = odd.span() if odd else (stop, stop)
            self._http_end = end
            if block.find(b"ncoding", before, end) >= 0 or block.find(b"NCODING", before, end) >= 0:
                return self._decode(bytes(memoryview(block)[body:stop]))
        self._payload = payload = bytes(memoryview(block)[body:stop])  # block: or a bytearray
        return payload

    def _decode(self, body: bytes) -> bytes:
        """Undo the codings that the HTTP header names."""
        self._http = fields_of(self._block[self._before : self._http_end])
        self._payload, self._undecoded, self._cut = decoded_body(body, self._http, self._limit)
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


def _is_http(block: bytes, before: int) -> bool:
    """Return whether an HTTP message follows, by Content-Type and by its own first line."""
    if not block.startswith(b"HTTP/", before) and not _REQUEST.match(block, before):
        return False
    if block.rfind(b"\r\nContent-Type: application/http", 0, before) >= 0:
        return True
    content_type = fields_of(block[:before]).get("content-type", "")
    return content_type.lower().startswith("application/http")


def read_head(data: bytes, at: int = 0) -> tuple[int, int] | None:
    """Return (bytes of the header with its empty line, Content-Length) of the record at `at`.

    None: no record starts there. A header needs a version, WARC-Type and Content-Length, and
    has at most `HEADER_LIMIT` bytes.
    """
    if data.startswith(_USUAL, at):
        end = data.find(b"\r\n\r\n", at, at + HEADER_LIMIT)
        found = data.rfind(_LENGTH, at, end) if end >= 0 else -1
        if found >= 0 and data.find(_TYPE, at, end) >= 0:
            found += len(_LENGTH)
            digits = data[found : data.find(b"\r\n", found)]
            if digits.isdigit():
                return end + 4 - at, int(digits)
    return _read_odd_head(data, at)


def _read_odd_head(data: bytes, at: int) -> tuple[int, int] | None:
    end = _HEAD_END.search(data, at, at + HEADER_LIMIT)
    if end is None or not _VERSION.match(data, at):
        return None
    fields = fields_of(data[at : end.start()])
    length = fields.get("content-length", "")
    if "warc-type" not in fields or not (length.isascii() and length.isdigit()):
        return None
    return end.end() - at, int(length)


def fields_of(head: bytes) -> dict[str, str]:
    r"""Return the fields behind a header's first line, names in lower case.

    >>> fields_of(b"HTTP/1.1 200 OK\r\nContent-Type: text/html;\r\n charset=x\r\nX: 1\r\nx: 2")
    {'x': '1', 'content-type': 'text/html; charset=x'}
    """
    text = head.decode("utf-8", "replace")
    if "\n " in text or "\n\t" in text:  # a continued line
        text = _FOLD.sub(" ", text)
    fields: dict[str, str] = {}
    for line in reversed(text.split("\n")[1:]):  # so that of a repeated field the first stands
        name, colon, value = line.partition(":")
        if colon:
            fields[name.strip().lower()] = value.strip()
    return fields
