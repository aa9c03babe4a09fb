"""Layouts of archive files: one record per compressed member, or a plain sequence of records.

Input: a window over the file's bytes, or over the decompressed stream. Output: where records start,
and each record with its end, or why there is none. `curate.warc.reader` iterates over them.

A record ends where its Content-Length says, if another record or the file's end follows there.
Else the length is wrong, and the record ends where its member ends, or before the next head. It
is damaged only if neither is known.
"""

import re
from typing import BinaryIO, Protocol

from curate.warc.dialects import WARC, Dialect, content_end, dialect_at_start, next_head
from curate.warc.members import (
    CHUNK,
    Codec,
    Window,
    codec_of,
    gzip_codec,
    peek_member,
    read_member,
)
from curate.warc.records import HEADER_LIMIT, ArchiveRecord

MAX_BLOCK = 64 << 20  # bytes; Common Crawl cuts pages at 5 MiB since 2025, at 1 MiB before
_GAP = 16  # newlines that may end a record; the standard has 4 bytes
_DAMAGED_HEAD = 16 << 20  # bytes searched for a record before a file is read as uncompressed
_SECOND_RECORD = 4 << 20  # bytes of a member searched for a second record, if lengths are wrong
_PAGE_END = re.compile(rb"</html>\s*\Z", re.IGNORECASE)
_LEAST_END = 2  # bytes of line breaks after a record
_NEWLINES = re.compile(rb"[\r\n]{0,%d}" % _GAP)


class Layout(Protocol):
    """The layout of records in a file."""

    broken: str  # the damage of a record that would reach to the end of the file

    def starts(self, at: int) -> bool:
        """Return whether the header of a record starts at this byte."""

    def seek(self, at: int, limit: int | None) -> int | None:
        """Return the first byte in [at, limit) where a record starts."""

    def read(self, at: int) -> tuple[ArchiveRecord | None, int, str]:
        """Return (record, its end, ""), or (None, where the damage ends or -1, why).

        `why` is also "end" where the file has no more bytes, and "several" where the record
        represents a compressed member of several records, which are its payload.
        """


def _first_start(
    layout: Layout, window: Window, mark: bytes, at: int, limit: int | None, *, skip: int = 0
) -> int | None:
    """Return the first byte in [at, limit) with `mark` and, `skip` bytes on, a record start."""
    while limit is None or at + skip < limit:
        complete = window.fill(at, CHUNK)
        base = window.base
        position = window.data.find(mark, at - base)
        if position < 0:
            if not complete:
                return None
            at = base + len(window.data) - len(mark) + 1
            continue
        start = base + position + skip
        if limit is not None and start >= limit:
            return None
        if layout.starts(start):
            return start
        at = base + position + 1
    return None


class Members:
    """One record per compressed member."""

    broken = "corrupt"

    def __init__(
        self, window: Window, codec: Codec, max_block: int, dialect: Dialect = WARC
    ) -> None:
        self._window = window
        self._codec = codec
        self._max_block = max_block
        self._dialect = dialect
        self._head = dialect.head
        self._is_arc = dialect.is_arc
        self._most = max_block + HEADER_LIMIT

    def starts(self, at: int) -> bool:
        begin = self._dialect.begin
        start = peek_member(self._window, self._codec, at, begin, HEADER_LIMIT)
        return self._dialect.head(start) is not None

    def seek(self, at: int, limit: int | None) -> int | None:
        return _first_start(self, self._window, self._codec.magic, at, limit)

    def read(self, at: int) -> tuple[ArchiveRecord | None, int, str]:
        block, end, why = read_member(self._window, self._codec, at, self._most)
        if block is None:
            if at < self._codec.begin:
                return _dictionary(self._codec.begin), self._codec.begin, ""
            return None, end, why
        head = self._head(block)
        if head is None:
            block = bytes(block).lstrip(b"\r\n")  # line breaks of the record before
            head = self._dialect.head(block)
            if head is None:
                return None, -1, "garbage"
        before, length = head
        stop = before + length
        if before <= len(block) <= stop <= self._most:  # of it, the rest may be in other members
            block, end = self._continued(bytes(block), end, stop)
        if length < 0 or len(block) != stop + 4 or not block.endswith(b"\r\n\r\n"):
            block = bytes(block)
            if not before <= stop <= len(block) or block[stop:].strip(b"\r\n"):  # wrong length
                if next_head(self._dialect, block, before) is not None:
                    return ArchiveRecord(at, end - at, block, 0, len(block), 0), end, "several"
                stop = content_end(block, before)
        if length > self._max_block and stop - before > self._max_block:
            return None, end, "too_large"
        make = self._dialect.record if self._is_arc else ArchiveRecord
        return make(at, end - at, block, before, stop, self._max_block), end, ""

    def _continued(self, block: bytes, end: int, stop: int) -> tuple[bytes, int]:
        """Return a record with the members after it that hold the rest, and where they end."""
        parts, size, at = [block], len(block), end
        while size < stop + _LEAST_END:
            if size >= stop:  # nothing but its line breaks is left
                rest = peek_member(self._window, self._codec, at, b"", _GAP + 1)
                if not rest or len(rest) > _GAP or rest.strip(b"\r\n"):
                    break
            more, after, _why = read_member(self._window, self._codec, at, self._most)
            if more is None or self._head(more) is not None:
                break
            parts.append(more)
            size, at = size + len(more), after
        whole = b"".join(parts)
        is_whole = len(whole) >= stop and not whole[stop:].strip(b"\r\n")
        return (whole, at) if is_whole else (block, end)


def _dictionary(end: int) -> ArchiveRecord:
    """Return a zstd file's dictionary as a record, so that its bytes are counted."""
    head = b"WARC/1.1\r\nWARC-Type: dictionary\r\nContent-Length: 0\r\n\r\n"
    return ArchiveRecord(0, end, head, len(head), len(head), 0)


class Plain:
    """A sequence of records, uncompressed or in one compressed stream."""

    broken = "wrong_length"

    def __init__(self, window: Window, max_block: int, dialect: Dialect = WARC) -> None:
        self._window = window
        self._max_block = max_block
        self._dialect = dialect

    def starts(self, at: int) -> bool:
        self._window.fill(at, HEADER_LIMIT)
        return self._dialect.head(self._window.data, at - self._window.base) is not None

    def seek(self, at: int, limit: int | None) -> int | None:
        starts = []
        for mark in self._dialect.marks:
            start = _first_start(self, self._window, mark, at - 1, limit, skip=1)
            if start is not None:
                starts.append(start)
                limit = start
        return min(starts, default=None)

    def read(self, at: int) -> tuple[ArchiveRecord | None, int, str]:
        window = self._window
        complete = window.fill(at, HEADER_LIMIT)
        start = at - window.base
        head = self._dialect.head(window.data, start)
        if head is None:
            if start >= len(window.data):
                return None, at, "end"
            begin = self._dialect.begin
            cut = not complete and begin and window.data.startswith(begin, start)
            return None, -1, "truncated" if cut else "garbage"
        before, length = head
        end = self._stated_end(at, before, length)
        stop = before + length
        if end < 0:  # the length is wrong
            stop, end, why = self._true_end(at, before, length)
            if why:
                return None, end, why
        elif length > self._max_block:
            return None, end, "too_large"
        start = at - window.base
        block = window.data[start : start + stop]
        record = self._dialect.record(at, end - at, block, before, stop, self._max_block)
        return record, end, ""

    def _stated_end(self, at: int, before: int, length: int) -> int:
        """Return the end of the record at `at` if it is as long as it says, else -1."""
        window = self._window
        if length < 0:
            return -1
        if length > self._max_block:  # not held; a stream cannot be read again if that is wrong
            end = at + before + length
            return self._end_of_block(end) if window.seekable and end <= window.size() else -1
        if not window.fill(at, before + length):
            return -1
        return self._end_of_block(at + before + length, at)

    def _true_end(self, at: int, before: int, length: int) -> tuple[int, int, str]:
        """Return (bytes to the content's end, the record's end, ""), by what follows, or why not.

        What follows is another header, or the file's end, after line breaks or the end of a page.
        """
        window, most = self._window, self._max_block + 2 * HEADER_LIMIT
        searched, known = before, min(before + HEADER_LIMIT, most)
        while True:
            more = window.fill(at, known)
            start = at - window.base
            block = window.data[start : start + known]
            following = next_head(self._dialect, block, searched)
            if following is not None:
                return content_end(block[:following], before), at + following, ""
            if not more:
                is_complete = block.endswith(self._dialect.ends) or _PAGE_END.search(block, before)
                if before + length > len(block) and not is_complete:
                    return 0, -1, "truncated"
                return content_end(block, before), at + len(block), ""
            if known == most:
                return 0, -1, "too_large" if length > self._max_block else "wrong_length"
            searched, known = max(before, known - HEADER_LIMIT), min(2 * known, most)

    def _end_of_block(self, at: int, keep: int | None = None) -> int:
        """Return where the newlines after a block end; -1 if no block seems to end at `at`.

        A record or the file's end must follow; or else two line breaks, as after a record that
        garbage follows. Bytes from `keep` on stay loaded.
        """
        window, begin = self._window, self._dialect.begin
        keep = at if keep is None else keep
        window.fill(keep, at - keep + _GAP + 5)
        start = at - window.base
        gap = _NEWLINES.match(window.data, start)
        end = start if gap is None else gap.end()
        if end >= len(window.data) or window.data.startswith(b"\r\n\r\n", start):
            return window.base + end
        if begin and end > start and window.data.startswith(begin, end):
            return window.base + end
        if begin and not window.data.startswith(begin, end):
            return -1
        after = window.base + end
        window.fill(keep, after - keep + HEADER_LIMIT)
        return after if self._dialect.head(window.data, after - window.base) is not None else -1


def dialect_of(file: BinaryIO, codec: Codec | None) -> Dialect:
    """Return the header syntax of a file, by its first record."""
    window = Window(file)
    if codec is None:
        window.fill(0, HEADER_LIMIT)
        return dialect_at_start(window.data)
    return dialect_at_start(peek_member(window, codec, codec.begin, b"", HEADER_LIMIT))


def codec_by_records(file: BinaryIO) -> Codec | None:
    """Return how the file is compressed; where its beginning is damaged, by its first record."""
    codec = codec_of(file)
    window = Window(file)
    window.fill(0, HEADER_LIMIT)
    known = window.data.startswith(b"WARC/") or dialect_at_start(window.data) is not WARC
    if codec is not None or known:
        return codec
    gzip = gzip_codec()
    packed = Members(window, gzip, MAX_BLOCK).seek(0, _DAMAGED_HEAD)
    if packed is None or Plain(window, MAX_BLOCK).seek(1, packed) is not None:
        return None
    return gzip


def member_per_record(file: BinaryIO, codec: Codec, dialect: Dialect = WARC) -> bool:
    """Return whether the file's first two members hold one record each.

    A member that cannot be read does not decide: such files are read member by member.
    """
    window = Window(file)
    at = codec.begin
    for _ in range(2):
        start = peek_member(window, codec, at, dialect.begin, HEADER_LIMIT)
        head = dialect.head(start)
        if head is None or head[1] > MAX_BLOCK:
            return head is not None or not _continues(window, codec, at, start, dialect)
        size = head[0] + max(0, head[1])
        start = peek_member(window, codec, at, dialect.begin, size + HEADER_LIMIT)
        if dialect.head(start[size:].lstrip(b"\r\n")) is not None:
            return False
        block, end, _ = read_member(window, codec, at, size + _GAP)
        if block is None:  # longer than stated: one record of a wrong length, or several
            start = peek_member(window, codec, at, dialect.begin, _SECOND_RECORD)
            return not start or next_head(dialect, start, head[0]) is None
        if len(block) < size:  # cut off by the member's end: it may continue in the next
            if next_head(dialect, bytes(block), head[0]) is not None:
                return False
            window.fill(end, 1)
            following = peek_member(window, codec, end, b"", HEADER_LIMIT)
            return not following or dialect.head(following) is not None
        at = end
    return True


def _continues(window: Window, codec: Codec, at: int, start: bytes, dialect: Dialect) -> bool:
    """Return whether a member holds the beginning of a record's header, and the next the rest."""
    _, end, why = read_member(window, codec, at, HEADER_LIMIT)
    if not start or why:
        return False
    window.fill(end, 1)
    following = peek_member(window, codec, end, b"", HEADER_LIMIT)
    return dialect.head(following) is None and dialect.head(start + following) is not None
