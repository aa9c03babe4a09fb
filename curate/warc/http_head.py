r"""Tolerant parsing of HTTP headers: mixed line ends, interim responses, odd status lines.

Input: the bytes of a record's content. Output: the status, where the head ends and where the
body begins. The head ends at the first empty line, with any line ends: `\r\n`,
`\n`, `\n\r`, `\r\r\n` or a bare `\r`; or at the first line that begins with `<`, where the empty
line was left out. Of several heads in a row (100 Continue, a proxy's 200, a redirect that was
followed) the last one counts.
"""

import re
from typing import NamedTuple

_LINE_END = rb"(?:\r{0,3}\n|(?<!\n)\r(?!\r{0,2}\n))"  # a CR after LF ends no line
_EMPTY_LINE = re.compile(_LINE_END + rb"{2}")
_ANY_LINE_END = re.compile(_LINE_END)
_STATUS_LINE = re.compile(
    rb"(?:\xef\xbb\xbf)?[\s\x00]{0,16}(?:HTTPS?|ICY|RTSP)(?:/[ \t]{0,4}\d(?:\.\d)?|(?=[ \t]))"
    rb"[ \t]{0,16}(\d{3})?(?!\d)",
    re.IGNORECASE,
)
_FINAL_LINE = re.compile(rb"[\r\n](?=HTTP/\d(?:\.\d)? ([2-9]\d\d)(?!\d))", re.IGNORECASE)
_REQUEST_LINE = re.compile(rb"[A-Z]{3,16} [^\r\n]{1,65536} HTTP/\d")
# A head without its status line: lines of fields, among them one that every server sends.
_FIELDS_ONLY = re.compile(
    rb"(?:[A-Za-z][A-Za-z0-9-]{0,63}:[^\r\n]*\r?\n){0,20}?"
    rb"(?:Content-Type|Content-Length|Server|Date|Last-Modified|Set-Cookie|Connection):[^\r\n]*\r?\n",
    re.IGNORECASE,
)
_CONTENT_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,9})[ \t]*\r?$", re.IGNORECASE | re.M)
MAX_HEADS = 32  # heads in a row; three have been seen (a proxy's, 100, 200)


class HttpHead(NamedTuple):
    """The head of an HTTP message: block[start:end], its body from `body` on.

    `status` is None where the status line has no valid one.
    """

    start: int
    end: int
    body: int
    status: int | None


def find_head(block: bytes, start: int, stop: int) -> HttpHead | None:
    r"""Return the head of the HTTP message block[start:stop]; None if it does not begin with one.

    >>> block = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\nServer: x\r\n\n<p>a\r\n\r\nb"
    >>> head = find_head(block, 0, len(block))
    >>> head.status, block[head.body :]
    (200, b'<p>a\r\n\r\nb')
    """
    head = _one_head(block, start, stop)
    for _ in range(MAX_HEADS):
        if head is None or not _is_interim(block, head):
            break
        following = _one_head(block, head.body, stop)
        if following is None or following.status is None:
            following = _after_content(block, head, stop)
        if following is None:
            break
        head = following
    return head


def _is_interim(block: bytes, head: HttpHead) -> bool:
    """Return whether a head may be an interim response: an error, or without content of its own."""
    if head.status is None or not 200 <= head.status < 300:
        return True
    return b"content-type" not in block[head.start : head.end].lower()


def _after_content(block: bytes, head: HttpHead, stop: int) -> HttpHead | None:
    """Return the head after the stated content of a redirect or error; None if there is none."""
    if head.status is None or head.status < 300:
        return None
    length = _CONTENT_LENGTH.search(block, head.start, head.end)
    at = head.body + int(length[1]) if length is not None else stop
    if not head.body < at < stop or _STATUS_LINE.match(block, at, stop) is None:
        return None
    following = _one_head(block, at, stop)
    return following if following is not None and following.status is not None else None


def _one_head(block: bytes, start: int, stop: int) -> HttpHead | None:
    line = _STATUS_LINE.match(block, start, stop)
    if line is not None:
        status = int(line[1]) if line[1] else None
        known = status if status is None or status >= 100 else None
        end, body = _head_end(block, start, stop)
        if status is not None and status < 200:
            final = _FINAL_LINE.search(block, line.end(), end)
            if final is not None:  # no empty line after the interim response
                return HttpHead(final.end(), end, body, int(final[1]))
        return HttpHead(start, end, body, known)
    if _REQUEST_LINE.match(block, start, stop):
        return HttpHead(start, *_head_end(block, start, stop), None)
    if _FIELDS_ONLY.match(block, start, stop):
        return HttpHead(start, *_head_end(block, start, stop), None)
    return None


def _head_end(block: bytes, start: int, stop: int) -> tuple[int, int]:
    """Return (where the head ends, where the body begins)."""
    first = _ANY_LINE_END.search(block, start, stop)  # empty lines may precede the status line
    while first is not None and not block[start : first.start()].strip():
        first = _ANY_LINE_END.search(block, first.end(), stop)
    if first is None:
        return stop, stop
    empty = _EMPTY_LINE.search(block, first.start(), stop)
    end, body = empty.span() if empty is not None else (stop, stop)
    markup = block.find(b"\n<", first.start(), end)
    if markup >= 0:
        return markup, markup + 1
    return end, body
