"""How records lie in an archive file: each in a compressed member of its own, or one after another.

Enters: a window over the file's bytes, or over what they unpack to. Leaves: where records start,
and each record with its end, or why there is none. `curate.warc.reader` goes from one to the next.
"""

import re
from typing import BinaryIO, Protocol

from curate.warc.members import (
    CHUNK,
    Codec,
    Window,
    codec_of,
    gzip_codec,
    peek_member,
    read_member,
)
from curate.warc.records import HEADER_LIMIT, ArchiveRecord, read_head

MAX_BLOCK = 64 << 20  # bytes; Common Crawl cuts pages at 5 MiB since 2025, at 1 MiB before
_GAP = 16  # newlines that may follow a block and still be its own; the standard has 4 bytes
_DAMAGED_HEAD = 16 << 20  # bytes searched for a record before a file is taken as not packed
_NEWLINES = re.compile(rb"[\r\n]{0,%d}" % _GAP)


class Form(Protocol):
    """How records lie in a file."""

    broken: str  # what is wrong with a record that seems to last to the end, and does not

    def starts(self, at: int) -> bool:
        """Return whether the header of a record starts at this byte."""

    def seek(self, at: int, limit: int | None) -> int | None:
        """Return the first byte in [at, limit) where a record starts."""

    def read(self, at: int) -> tuple[ArchiveRecord | None, int, str]:
        """Return (record, its end, ""), or (None, where the damage ends or -1, why).

        `why` is also "end" where the file has no more bytes, and "several" where the record
        stands for a compressed member of several, which are its payload.
        """


def _first_place(
    form: Form, window: Window, mark: bytes, at: int, limit: int | None, *, skip: int = 0
) -> int | None:
    """Return the first byte in [at, limit) where `mark` stands and, `skip` on, a record starts."""
    while limit is None or at + skip < limit:
        whole = window.fill(at, CHUNK)
        base = window.base
        found = window.data.find(mark, at - base)
        if found < 0:
            if not whole:
                return None
            at = base + len(window.data) - len(mark) + 1
            continue
        place = base + found + skip
        if limit is not None and place >= limit:
            return None
        if form.starts(place):
            return place
        at = base + found + 1
    return None


class Members:
    """Records that fill a compressed member each."""

    broken = "corrupt"

    def __init__(self, window: Window, codec: Codec, max_block: int) -> None:
        self._window = window
        self._codec = codec
        self._max_block = max_block
        self._most = max_block + HEADER_LIMIT

    def starts(self, at: int) -> bool:
        return (
            read_head(peek_member(self._window, self._codec, at, b"WARC/", HEADER_LIMIT))
            is not None
        )

    def seek(self, at: int, limit: int | None) -> int | None:
        return _first_place(self, self._window, self._codec.magic, at, limit)

    def read(self, at: int) -> tuple[ArchiveRecord | None, int, str]:
        block, end, why = read_member(self._window, self._codec, at, self._most)
        if block is None:
            if at < self._codec.begin:
                return _dictionary(self._codec.begin), self._codec.begin, ""
            return None, end, why
        head = read_head(block)
        if head is None:
            return None, -1, "garbage"
        before, length = head
        stop = before + length
        if length > self._max_block or len(block) != stop + 4 or not block.endswith(b"\r\n\r\n"):
            rest = block[stop:].lstrip(b"\r\n")
            if rest.startswith(b"WARC/"):
                return ArchiveRecord(at, end - at, block, 0, len(block), 0), end, "several"
            if rest or len(block) < stop or length > self._max_block:
                true = not rest and len(block) >= stop
                return None, end, "too_large" if true else "wrong_length"
        return ArchiveRecord(at, end - at, block, before, stop, self._max_block), end, ""


def _dictionary(end: int) -> ArchiveRecord:
    """Return what a zstd file begins with as a record, so that its bytes are counted."""
    head = b"WARC/1.1\r\nWARC-Type: dictionary\r\nContent-Length: 0\r\n\r\n"
    return ArchiveRecord(0, end, head, len(head), len(head), 0)


class Plain:
    """Records one after the other, as they are or unpacked on the way."""

    broken = "wrong_length"

    def __init__(self, window: Window, max_block: int) -> None:
        self._window = window
        self._max_block = max_block

    def starts(self, at: int) -> bool:
        self._window.fill(at, HEADER_LIMIT)
        return read_head(self._window.data, at - self._window.base) is not None

    def seek(self, at: int, limit: int | None) -> int | None:
        return _first_place(self, self._window, b"\nWARC/", at - 1, limit, skip=1)

    def read(self, at: int) -> tuple[ArchiveRecord | None, int, str]:
        window = self._window
        whole = window.fill(at, HEADER_LIMIT)
        here = at - window.base
        head = read_head(window.data, here)
        if head is None:
            if here >= len(window.data):
                return None, at, "end"
            cut = not whole and window.data.startswith(b"WARC/", here)
            return None, -1, "truncated" if cut else "garbage"
        before, length = head
        if length > self._max_block:
            return None, *self._passed_over(at + before + length)
        window.fill(at, before + length)
        here = at - window.base
        if len(window.data) < here + before + length:
            return None, -1, "truncated"
        end = self._end_of_block(at + before + length, at)
        if end < 0:
            return None, -1, "wrong_length"
        here = at - window.base
        block = window.data[here : here + before + length]
        record = ArchiveRecord(at, end - at, block, before, len(block), self._max_block)
        return record, end, ""

    def _passed_over(self, at: int) -> tuple[int, str]:
        """Return (where the record ends or -1, why) if its block, too large, ends at `at`."""
        if not self._window.seekable:
            return -1, "too_large"  # a stream does not come back, should the length be wrong
        if at > self._window.size():
            return -1, "truncated"
        return self._end_of_block(at), "too_large"

    def _end_of_block(self, at: int, keep: int | None = None) -> int:
        """Return where the newlines behind a block end; -1 if no block seems to end at `at`.

        What follows must be a record or the file's end; or else the two line breaks must be
        there, as after a record with garbage behind it. Bytes from `keep` on stay loaded.
        """
        window = self._window
        keep = at if keep is None else keep
        window.fill(keep, at - keep + _GAP + 5)
        here = at - window.base
        gap = _NEWLINES.match(window.data, here)
        end = here if gap is None else gap.end()
        followed = end > here and window.data.startswith(b"WARC/", end)
        at_end = end >= len(window.data)
        if followed or at_end or window.data.startswith(b"\r\n\r\n", here):
            return window.base + end
        return -1


def codec_by_records(file: BinaryIO) -> Codec | None:
    """Return how the file is compressed; where its beginning is damaged, by its first record."""
    codec = codec_of(file)
    window = Window(file)
    window.fill(0, 5)
    if codec is not None or window.data.startswith(b"WARC/"):
        return codec
    gzip = gzip_codec()
    packed = Members(window, gzip, MAX_BLOCK).seek(0, _DAMAGED_HEAD)
    if packed is None or Plain(window, MAX_BLOCK).seek(1, packed) is not None:
        return None
    return gzip


def member_per_record(file: BinaryIO, codec: Codec) -> bool:
    """Return whether the file's first two members hold one record each.

    A member that cannot be read says nothing: such files are read member by member.
    """
    window = Window(file)
    at = codec.begin
    for _ in range(2):
        head = read_head(peek_member(window, codec, at, b"WARC/", HEADER_LIMIT))
        if head is None or head[1] > MAX_BLOCK:
            return True
        size = head[0] + head[1]
        start = peek_member(window, codec, at, b"WARC/", size + _GAP + 5)
        if start[size:].lstrip(b"\r\n").startswith(b"WARC/"):
            return False
        block, end, _ = read_member(window, codec, at, size + _GAP)
        if block is None:
            return True
        if len(block) < size:  # cut through by the member's end: more of it in the next?
            window.fill(end, 1)
            following = peek_member(window, codec, end, b"", 5)
            return not following or following == b"WARC/"
        at = end
    return True
