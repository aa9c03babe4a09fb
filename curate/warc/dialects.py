"""Record headers of WARC and ARC behind one interface, for the layouts.

Input: the bytes of a file where a record may start. Output: the lengths of its header and content,
and the record with a WARC header.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Callable
from dataclasses import dataclass

from curate.warc import arc
from curate.warc.records import ArchiveRecord, read_head

_END_MARK = re.compile(rb"(?:\r?\n){1,2}\Z")


@dataclass(frozen=True, slots=True)
class Dialect:
    """The syntax of record headers: WARC or ARC.

    `begin` is the prefix of every record, "" if it varies; `marks` are searched for to find
    records, the first byte being a line break; `ends` terminates records; `head(data, at)`
    returns (bytes of the header, bytes of the content or -1), None where no record starts.
    """

    begin: bytes
    marks: tuple[bytes, ...]
    ends: tuple[bytes, ...]
    head: Callable[..., tuple[int, int] | None]
    is_arc: bool = False

    def record(  # noqa: PLR0917 - called for each record: keywords cost time
        self, offset: int, length: int, block: bytes, before: int, stop: int, limit: int
    ) -> ArchiveRecord:
        """Return the record of block[:stop], whose head is block[:before]."""
        if self.is_arc:
            content = bytes(memoryview(block)[before:stop])
            header = arc.warc_header(bytes(memoryview(block)[:before]))
            block, before, stop = header + content, len(header), len(header) + len(content)
        return ArchiveRecord(offset, length, block, before, stop, limit)


_ENDS = (b"\r\n\r\n", b"\n\n")
WARC = Dialect(b"WARC/", (b"\nWARC/",), _ENDS, read_head)
# As some programs write it: in small letters, or with a byte order mark before each record.
_ODD_STARTS = (b"warc/", b"Warc/", BOM_UTF8 + b"WARC/", BOM_UTF8 + b"warc/")
ODD_WARC = Dialect(b"", (b"\nWARC/", *(b"\n" + start for start in _ODD_STARTS)), _ENDS, read_head)
ARC = Dialect(b"", arc.MARKS, (b"\n",), arc.read_arc_head, is_arc=True)


def dialect_at_start(data: bytes) -> Dialect:
    """Return the dialect of a file that begins with these bytes."""
    if arc.is_arc(data):
        return ARC
    return ODD_WARC if data.startswith(_ODD_STARTS) else WARC


def content_end(block: bytes, before: int) -> int:
    """Return the content's end in a record that fills `block` and states a wrong length.

    That is before the one or two line breaks that end a record.
    """
    mark = _END_MARK.search(block, max(before, len(block) - 4))
    return mark.start() if mark is not None else len(block)


def next_head(dialect: Dialect, data: bytes, at: int) -> int | None:
    """Return the offset in `data`, from `at` on, of the next record header; None: there is none.

    A header is at the beginning of a line, or directly after the content before it.
    """
    starts = []
    for mark in (dialect.begin,) if dialect.begin else dialect.marks:
        skip = int(not dialect.begin)
        position = data.find(mark, max(0, at - skip))
        while position >= 0 and dialect.head(data, position + skip) is None:
            position = data.find(mark, position + 1)
        if position >= 0:
            starts.append(position + skip)
    return min(starts, default=None)
