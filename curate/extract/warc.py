"""Records of web archives: every byte read once, whatever happened to the file.

Enters: a seekable binary file and a byte range. Leaves: the records that start in the range,
and a Damage for every stretch of bytes that could not be read as one. Nothing is opened here
and nothing is judged: `curate.extract.kinds` says which records are pages.

A file may be plain, compressed with a member (gzip) or frame (zstd) a record, or compressed
as a whole. Members make a file splittable: each split looks for the first member at or after
its start whose content begins with the header of a record. That look can be fooled by an
archive stored inside an archive or by a header quoted in a page, so each split reports where
its first record starts and its last one ends (`Records.first`, `.end`); `first_gap` finds the
split that does not continue the one before, to be read again with `exact=True`.

Source: ISO 28500:2017 (WARC 1.1), and the IIPC's draft for zstd. Digests are not checked.
"""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, NamedTuple, Protocol

from curate.extract.members import (
    CHUNK,
    Codec,
    Inflated,
    Window,
    codec_of,
    gzip_codec,
    peek_member,
    read_member,
)
from curate.extract.records import HEADER_LIMIT, ArchiveRecord, read_head

__all__ = [
    "DAMAGES",
    "MAX_BLOCK",
    "ArchiveRecord",
    "Damage",
    "Records",
    "Span",
    "first_gap",
    "read_records",
    "splittable",
]

MAX_BLOCK = 64 << 20  # bytes; Common Crawl cuts pages at 5 MiB since 2025, at 1 MiB before
_GAP = 16  # newlines that may follow a block and still be its own; the standard has 4 bytes
_DAMAGED_HEAD = 16 << 20  # bytes searched for a record before a file is taken as not packed
_NEWLINES = re.compile(rb"[\r\n]{0,%d}" % _GAP)

DAMAGES: dict[str, str] = {
    "empty_file": "the file has no bytes",
    "not_an_archive": "no record was found in the whole file",
    "garbage": "bytes that are no record, between records or before or after them",
    "corrupt": "a compressed record does not unpack, or its checksum is wrong",
    "truncated": "the file ends inside a record",
    "wrong_length": "the record does not end where its Content-Length says",
    "too_large": "the record is longer than the reader was told to hold",
}


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that could not be read as a record; `why` is a key of `DAMAGES`.

    It reaches from where a record should have started to the next one, or to the file's end.
    """

    offset: int
    length: int
    why: str


def read_records(
    file: BinaryIO, start: int = 0, stop: int | None = None, *, max_block: int = MAX_BLOCK
) -> Iterator[ArchiveRecord | Damage]:
    r"""Yield every record, and all damage, that starts in [start, stop) of the file's bytes.

    >>> import io
    >>> head = b"WARC/1.0\r\nWARC-Type: resource\r\nContent-Length: 2\r\n\r\n"
    >>> [record.payload for record in read_records(io.BytesIO(head + b"hi\r\n\r\n"))]
    [b'hi']
    """
    return iter(Records(file, start, stop, max_block=max_block))


def splittable(file: BinaryIO) -> bool:
    """Return whether byte ranges of the file can be read apart from each other.

    Not so where the first records do not fill a compressed member each: then the range that
    starts at 0 yields everything and every other range nothing.
    """
    codec = _codec(file)
    return codec is None or _member_per_record(file, codec)


class Span(NamedTuple):
    """A byte range, and where in it `Records` found its first record to start, its last to end."""

    start: int
    stop: int | None
    first: int | None
    end: int | None


def first_gap(spans: Sequence[Span], size: int) -> tuple[int, int] | None:
    """Return (index, where it must start) of the first span that does not join the one before.

    `spans` cover a file of `size` bytes, in order. None: they join, from 0 to `size`. Else the
    caller reads that one again, `Records(file, where, spans[index].stop, exact=True)`, puts
    the answer in its place and asks again: at most once for each span.
    Raises ValueError if the spans end before the file does.

    >>> first_gap([Span(0, 50, 0, 60), Span(50, 70, None, None), Span(70, 90, 75, 90)], 90)
    (1, 60)
    """
    at = 0
    for index, (_, stop, first, end) in enumerate(spans):
        if first is not None and end is not None:
            if first != at:
                return index, at
            at = end
        elif at < min(size if stop is None else stop, size):
            return index, at
    if at != size:
        raise ValueError(f"first_gap: the spans end at byte {at} of a file of {size}")
    return None


class Records:
    """The records and the damage of one byte range, in order of their offsets.

    Iterate once. Afterwards `first` is where the first of them starts and `end` where the
    last one ends (both None if nothing starts in the range). Every byte between belongs to
    exactly one of them; a range's `end` is the `first` of the next that has one.
    Damage belongs to the range of the record before it, or to the range that starts at 0.

    Args:
        start, stop: what *starts* here is read, also where it ends behind `stop`; None: all.
        exact: a record is known to start at `start`; else (and unless it is 0) one is sought.
        max_block: bytes a record may have unpacked, and its HTTP body decoded.
    """

    def __init__(
        self,
        file: BinaryIO,
        start: int = 0,
        stop: int | None = None,
        *,
        exact: bool = False,
        max_block: int = MAX_BLOCK,
    ) -> None:
        if start < 0 or (stop is not None and stop < 0):
            raise ValueError(f"Records: start and stop must not be negative: {start}, {stop}")
        if max_block < 1:
            raise ValueError(f"Records: expected max_block of at least 1 byte, got {max_block}")
        self.first: int | None = None
        self.end: int | None = None
        self._file = file
        self._start = start
        self._stop = stop
        self._exact = exact or start == 0
        self._max_block = max_block

    @property
    def span(self) -> Span:
        """What `first_gap` wants to know of this range, once it has been read."""
        return Span(self._start, self._stop, self.first, self.end)

    def __iter__(self) -> Iterator[ArchiveRecord | Damage]:
        if self._stop is not None and self._start >= self._stop:
            return iter(())
        codec = _codec(self._file)
        window = Window(self._file)
        if codec is None:
            return self._chain(_Plain(window, self._max_block), window)
        if _member_per_record(self._file, codec):
            return self._chain(_Members(window, codec, self._max_block), window)
        return self._stream(window, codec)

    def _chain(self, form: "_Form", window: Window) -> Iterator[ArchiveRecord | Damage]:
        """Yield the range's records one by one; what is none, up to the next, is damage."""
        stop = self._stop
        at = self._start if self._exact else form.seek(self._start, stop)
        if at is None:
            return
        while stop is None or at < stop or not form.starts(at):
            record, end, why = form.read(at)
            if why == "end":
                break
            self.first = at if self.first is None else self.first
            if record is not None:
                yield record
            elif why == "several":
                yield from form.several(at, end)
            else:
                if end < 0:
                    end, why = _damaged(form, window, at, why)
                yield Damage(at, end - at, why)
            at = end
        if self.first is not None:
            self.end = at
        elif at == 0:
            self.first = self.end = 0
            yield Damage(0, 0, "empty_file")

    def _stream(self, window: Window, codec: Codec) -> Iterator[ArchiveRecord | Damage]:
        """Yield everything from the unpacked bytes, if this is the range that starts at 0."""
        if self._start > 0:
            return
        unpacked = Window(inflated := Inflated(window, codec))
        whole = Records(self._file, max_block=self._max_block)
        told = False
        for found in whole._chain(_Plain(unpacked, self._max_block), unpacked):
            if inflated.why and isinstance(found, Damage) and found.why == "truncated":
                told = True
                yield Damage(found.offset, found.length, inflated.why)
            else:
                yield found
        if inflated.why and not told:
            yield Damage(unpacked.size(), 0, inflated.why)
        self.first, self.end = 0, window.size()


def _damaged(form: "_Form", window: Window, at: int, why: str) -> tuple[int, str]:
    """Return (where the next record starts, why there is none at `at`)."""
    after = form.seek(at + 1, None)
    if after is not None:
        return after, form.broken if why == "truncated" else why
    return window.size(), "not_an_archive" if why == "garbage" and at == 0 else why


class _Form(Protocol):
    """How records lie in a file."""

    broken: str  # what is wrong with a record that seems to last to the end, and does not

    def starts(self, at: int) -> bool:
        """Return whether the header of a record starts at this byte."""

    def seek(self, at: int, limit: int | None) -> int | None:
        """Return the first byte in [at, limit) where a record starts."""

    def read(self, at: int) -> tuple[ArchiveRecord | None, int, str]:
        """Return (record, its end, ""), or (None, where the damage ends or -1, why).

        `why` is also "end" where the file has no more bytes, and "several".
        """

    def several(self, at: int, end: int) -> Iterator[ArchiveRecord | Damage]:
        """Yield the records that share [at, end) of the file."""


class _Members:
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
                return None, end, "several"
            if rest or len(block) < stop or length > self._max_block:
                true = not rest and len(block) >= stop
                return None, end, "too_large" if true else "wrong_length"
        return ArchiveRecord(at, end - at, block, before, stop, self._max_block), end, ""

    def several(self, at: int, end: int) -> Iterator[ArchiveRecord | Damage]:
        """Yield the records of one member: each has one byte of it, the last one the rest."""
        block, _, _ = read_member(self._window, self._codec, at, self._most)
        found = list(Records(io.BytesIO(block or b""), max_block=self._max_block))
        if len(found) > end - at:
            yield Damage(at, end - at, "wrong_length")
            return
        for offset, item in enumerate(found, at):
            length = end - offset if item is found[-1] else 1
            if isinstance(item, ArchiveRecord):
                yield item.moved(offset, length)
            else:
                yield replace(item, offset=offset, length=length)


def _dictionary(end: int) -> ArchiveRecord:
    """Return what a zstd file begins with as a record, so that its bytes are counted."""
    head = b"WARC/1.1\r\nWARC-Type: dictionary\r\nContent-Length: 0\r\n\r\n"
    return ArchiveRecord(0, end, head, len(head), len(head), 0)


class _Plain:
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

    def several(self, at: int, end: int) -> Iterator[ArchiveRecord | Damage]:
        raise AssertionError(f"only a compressed member holds several records, not {at}-{end}")

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


def _first_place(
    form: _Form, window: Window, mark: bytes, at: int, limit: int | None, *, skip: int = 0
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


def _codec(file: BinaryIO) -> Codec | None:
    """Return how the file is compressed; where its beginning is damaged, by its first record."""
    codec = codec_of(file)
    window = Window(file)
    window.fill(0, 5)
    if codec is not None or window.data.startswith(b"WARC/"):
        return codec
    gzip = gzip_codec()
    packed = _Members(window, gzip, MAX_BLOCK).seek(0, _DAMAGED_HEAD)
    if packed is None or _Plain(window, MAX_BLOCK).seek(1, packed) is not None:
        return None
    return gzip


def _member_per_record(file: BinaryIO, codec: Codec) -> bool:
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
