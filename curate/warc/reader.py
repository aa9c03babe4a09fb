"""Split-aware reader of WARC and ARC records that accounts for every byte, damaged ones included.

Input: a seekable binary file and a byte range. Output: the records that start in the range,
and a Damage for every run of bytes that could not be read as a record. Opens no files and does
not select records: `curate.warc.kinds` says which ones are pages.

A file may be uncompressed, compressed with one member (gzip) or frame (zstd) per record, or
compressed as a whole; its records may be ARC records. Of a ZIP file, WACZ for one, the archives
in it are read (`curate.warc.wacz`), with offsets in the ZIP file. Members make a file splittable:
each split looks for the first member at or after its start whose content begins with a record
header. This search can be misled by an archive stored inside an archive or by a header quoted in a
page, so each split reports where its first record starts and its last one ends (`Records.first`,
`.end`); `first_gap` finds the split that does not continue the one before, to be read again with
`exact=True`.

Ours, because warcio 1.8 and FastWARC 2.0 find a half and a third of the pages whole in archives
with wrong lengths, this reader all but 15 of 125,720 (`benchmarks/archives_fuzz.py`).

Source: ISO 28500:2017 (WARC 1.1), and the IIPC's draft for zstd. Digests are not checked.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import BinaryIO, NamedTuple, cast

from curate._lazy import listing
from curate.warc.dialects import Dialect
from curate.warc.layouts import (
    MAX_BLOCK,
    Layout,
    Members,
    Plain,
    codec_by_records,
    dialect_of,
    member_per_record,
)
from curate.warc.members import Codec, Inflated, Window
from curate.warc.records import ArchiveRecord
from curate.warc.wacz import Inflating, Member, Slice, content_range, zip_members

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
__dir__ = listing(__name__, __all__)

DAMAGES: dict[str, str] = {
    "empty_file": "the file has no bytes",
    "not_an_archive": "no record was found in the whole file",
    "garbage": "bytes that are no record, between records or before or after them",
    "corrupt": "a compressed record does not unpack, or its checksum is wrong",
    "truncated": "the file ends inside a record",
    "wrong_length": "the record does not end where its Content-Length says",
    "too_large": "the record is longer than the reader's limit",
}


_AT_THE_END = ("truncated", "empty_file")  # damage of a file whose rest could not be unpacked


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that could not be read as a record; `why` is a key of `DAMAGES`.

    They reach from where a record should have started to the next one, or to the file's end.
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
    """Return whether byte ranges of the file can be read independently.

    They cannot where the first records are not one per compressed member: then the range that
    starts at 0 yields everything and every other range nothing.
    """
    codec = codec_by_records(file)
    return codec is None or member_per_record(file, codec, dialect_of(file, codec))


class Span(NamedTuple):
    """A byte range, with the start of its first and the end of its last record."""

    start: int
    stop: int | None
    first: int | None
    end: int | None


def first_gap(spans: Sequence[Span], size: int) -> tuple[int, int] | None:
    """Return (index, expected start) of the first span that does not continue the one before.

    `spans` cover a file of `size` bytes, in order. None: they are contiguous from 0 to `size`. Else
    the caller reads that one again, `Records(file, where, spans[index].stop, exact=True)`, replaces
    it and calls again: at most once for each span.
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
        exact: a record is known to start at `start`; else (and unless it is 0) it is searched for.
        max_block: maximum bytes of a record decompressed, and of its HTTP body decoded.
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
        """Return this range as input of `first_gap`, once it has been read."""
        return Span(self._start, self._stop, self.first, self.end)

    def __iter__(self) -> Iterator[ArchiveRecord | Damage]:
        if self._stop is not None and self._start >= self._stop:
            return iter(())
        members = zip_members(self._file)
        return self._of_zip(members) if members else self._of_archive()

    def _of_archive(self) -> Iterator[ArchiveRecord | Damage]:
        codec = codec_by_records(self._file)
        dialect = dialect_of(self._file, codec)
        window = Window(self._file)
        if codec is None:
            return self._chain(Plain(window, self._max_block, dialect), window)
        if member_per_record(self._file, codec, dialect):
            return self._chain(Members(window, codec, self._max_block, dialect), window)
        return self._stream(window, codec, dialect)

    def _of_zip(self, members: Sequence[Member]) -> Iterator[ArchiveRecord | Damage]:
        """Yield the range's records of the archives in a ZIP file.

        Bytes between two archives belong to the first of them, so that ranges join up.
        """
        size = self._file.seek(0, io.SEEK_END)
        begins = [0, *(member.begin for member in members[1:]), size]
        for member, (begin, after) in zip(members, pairwise(begins), strict=True):
            if self._stop is not None and begin >= self._stop:
                return
            if self._start < after:
                yield from self._of_member(member, begin, after)

    def _of_member(
        self, member: Member, begin: int, after: int
    ) -> Iterator[ArchiveRecord | Damage]:
        """Yield the range's records of one archive, which counts as bytes [begin, after)."""
        base, end = content_range(self._file, member)
        view = cast(BinaryIO, Slice(self._file, base, end))
        if not member.stored or not splittable(view):
            if self._start <= begin:
                yield from _one_byte_each(self._unpacked(member, view), base, end)
                self.first, self.end = begin if self.first is None else self.first, after
            return
        stop = None if self._stop is None else max(self._stop - base, 1)
        start = 0 if self._start <= begin else max(self._start - base, 1)
        exact = self._exact and self._start > base
        inner = Records(view, start, stop, exact=exact, max_block=self._max_block)
        if stop is None or start < stop:
            for item in inner._of_archive():
                yield _moved(item, base + item.offset, item.length)
        if inner.first is not None and inner.end is not None:
            if self.first is None:
                self.first = base + inner.first if inner.first else begin
            self.end = after if inner.end == end - base else base + inner.end

    def _unpacked(self, member: Member, view: BinaryIO) -> Iterator[ArchiveRecord | Damage]:
        """Yield all records of an archive that can be read as a stream only."""
        if member.stored:
            yield from Records(view, max_block=self._max_block)._of_archive()
            return
        stream = Inflating(self._file, member)
        for item in Records(cast(BinaryIO, stream), max_block=self._max_block)._of_archive():
            if not (stream.broken and isinstance(item, Damage) and item.why in _AT_THE_END):
                yield item
        if stream.broken:
            yield Damage(0, 0, "corrupt")

    def _chain(self, layout: Layout, window: Window) -> Iterator[ArchiveRecord | Damage]:
        """Yield the range's records, and bytes between them as damage."""
        stop = self._stop
        at = self._start if self._exact else layout.seek(self._start, stop)
        if at is None:
            return
        while stop is None or at < stop or not layout.starts(at):
            record, end, why = layout.read(at)
            if why == "end":
                break
            self.first = at if self.first is None else self.first
            if why == "several" and record is not None:
                yield from self._several(record)
            elif record is not None:
                yield record
            else:
                if end < 0:
                    end, why = _damaged(layout, window, at, why)
                yield Damage(at, end - at, why)
            at = end
        if self.first is not None:
            self.end = at
        elif at == 0:
            self.first = self.end = 0
            yield Damage(0, 0, "empty_file")

    def _several(self, member: ArchiveRecord) -> Iterator[ArchiveRecord | Damage]:
        """Yield the records of one member; of its bytes each has one, the last one the rest."""
        at, end = member.offset, member.offset + member.length
        records = Records(io.BytesIO(member.payload), max_block=self._max_block)
        yield from _one_byte_each(records._of_archive(), at, end)

    def _stream(
        self, window: Window, codec: Codec, dialect: Dialect
    ) -> Iterator[ArchiveRecord | Damage]:
        """Yield everything from the decompressed stream, if this is the range that starts at 0."""
        if self._start > 0:
            return
        unpacked = Window(inflated := Inflated(window, codec))
        records = Records(self._file, max_block=self._max_block)
        reported = False
        for item in records._chain(Plain(unpacked, self._max_block, dialect), unpacked):
            if inflated.why and isinstance(item, Damage) and item.why == "truncated":
                reported = True
                yield Damage(item.offset, item.length, inflated.why)
            else:
                yield item
        if inflated.why and not reported:
            yield Damage(unpacked.size(), 0, inflated.why)
        self.first, self.end = 0, window.size()


def _moved(item: ArchiveRecord | Damage, offset: int, length: int) -> ArchiveRecord | Damage:
    if isinstance(item, ArchiveRecord):
        return item.moved(offset, length)
    return replace(item, offset=offset, length=length)


def _one_byte_each(
    records: Iterable[ArchiveRecord | Damage], at: int, end: int
) -> Iterator[ArchiveRecord | Damage]:
    """Yield the records of one stream, in bytes [at, end): one byte each, the last one the rest.

    Where there are more records than bytes, the rest of the stream is damage.
    """
    waiting: ArchiveRecord | Damage | None = None
    for item in records:
        if waiting is not None:
            if at + 1 >= end:
                waiting = Damage(at, end - at, "wrong_length")
                break
            yield _moved(waiting, at, 1)
            at += 1
        waiting = item
    if waiting is not None:
        yield _moved(waiting, at, end - at)


def _damaged(layout: Layout, window: Window, at: int, why: str) -> tuple[int, str]:
    """Return (where the next record starts, why there is none at `at`)."""
    after = layout.seek(at + 1, None)
    if after is not None:
        return after, layout.broken if why == "truncated" else why
    return window.size(), "not_an_archive" if why == "garbage" and at == 0 else why
