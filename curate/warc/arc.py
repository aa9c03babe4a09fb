"""Convert records of ARC files (version 1 and 2, the predecessor of WARC) to WARC records.

Input: the header line of an ARC record. Output: its length, and the record with a WARC header in
its place, so that readers handle one format only. The first record (`filedesc:`) becomes a
warcinfo, captures over HTTP become responses, others resources.

Source: Burner and Kahle 1996, "Arc File Format". Differs: a URL and a media type may contain
spaces, as crawlers have written them.
"""

import re

_LINE = re.compile(
    rb"([A-Za-z][A-Za-z0-9+.-]{1,24}:[^\r\n]{1,16384}?) "
    rb"(-|[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f:]{2,45})"
    rb" ([0-9]{8,17}|-) ([^\r\n]{0,512}?) ?([0-9]{1,15}|-)[ \t]*\r?\n"
)
MARKS = (b"\nhttp", b"\nfiledesc:", b"\ndns:", b"\nftp:")  # how most records begin
FIRST = b"filedesc:"


def is_arc(data: bytes) -> bool:
    """Return whether data begin as an ARC file or a record of one."""
    return data.startswith(FIRST) or _LINE.match(data) is not None


def read_arc_head(data: bytes, at: int = 0) -> tuple[int, int] | None:
    """Return (bytes of the line, bytes of the content or -1) of the record at `at`.

    None: no record starts there.
    """
    line = _LINE.match(data, at)
    if line is None:
        return None
    return line.end() - at, int(line[5]) if line[5].isdigit() else -1


def warc_header(line: bytes) -> bytes:
    r"""Return the WARC header that replaces this header line of an ARC record.

    >>> head = warc_header(b"http://a.org/ 1.2.3.4 19970102030405 text/html 9\n")
    >>> head.split(b"\r\n")[1:4]
    [b'WARC-Type: response', b'WARC-Target-URI: http://a.org/', b'WARC-Date: 1997-01-02T03:04:05Z']
    """
    match = _LINE.match(line)
    if match is None:
        raise ValueError(f"warc_header: expected the line of an ARC record, got {line[:80]!r}")
    url, ip, date, media_type, length = match.groups()
    kind, content_type = b"resource", media_type.split(b" ")[0]
    if url.startswith(FIRST):
        kind = b"warcinfo"
    elif url.lower().startswith((b"http:", b"https:")):
        kind, content_type = b"response", b"application/http; msgtype=response"
    lines = [
        b"WARC/1.0",
        b"WARC-Type: " + kind,
        b"WARC-Target-URI: " + url,
        b"WARC-Date: " + _iso(date),
        b"WARC-IP-Address: " + ip,
        b"Content-Type: " + content_type,
        b"Content-Length: " + length,
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _iso(date: bytes) -> bytes:
    """Return YYYYMMDD[hhmmss] as WARC writes dates."""
    digits = date[:14].ljust(14, b"0")
    if not digits.isdigit():
        return b""
    parts = (digits[:4], digits[4:6], digits[6:8], digits[8:10], digits[10:12], digits[12:])
    return b"%b-%b-%bT%b:%b:%bZ" % parts
