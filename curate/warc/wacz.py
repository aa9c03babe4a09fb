"""Archives inside a WACZ file, or any other ZIP file: where each is, and a view of its bytes.

Input: a seekable binary file. Output: its members that are archives by their names, in the order
of their bytes. A stored member is a range of the file and can be read in splits; one that is
deflated again is a stream. `curate.warc.reader` reads their records. A ZIP file whose directory
is broken has no members here: it is then read as any other file, and what is no record is damage.

Source: WACZ 1.1.1 (Webrecorder), and PKWARE's APPNOTE 6.3.10.
"""

import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO, cast

_MAGIC = b"PK\x03\x04"
_NAME = re.compile(r"\.w?arc(?:\.gz|\.zst)?$", re.IGNORECASE)
_OTHERS = ("__MACOSX/", "._")
_LOCAL = 30  # bytes of a member's header before its name
_ENCRYPTED = 1
_AT_ONCE = 16 << 10  # bytes unpacked at once; of damaged data all before that many are kept
_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


@dataclass(frozen=True, slots=True)
class Member:
    """An archive in a ZIP file. Header and content are bytes [begin, stop) of the file."""

    begin: int
    stop: int  # where the next member or the directory begins
    info: zipfile.ZipInfo

    @property
    def stored(self) -> bool:
        """Return whether the member is stored uncompressed."""
        stored = self.info.compress_type == zipfile.ZIP_STORED
        return stored and not self.info.flag_bits & _ENCRYPTED


def is_archive_name(name: str) -> bool:
    """Return whether a member of a ZIP file is an archive by its name.

    >>> is_archive_name("archive/data.warc.gz"), is_archive_name("indexes/index.cdx.gz")
    (True, False)
    """
    hidden = name.startswith(_OTHERS[0]) or name.rpartition("/")[2].startswith(_OTHERS[1])
    return _NAME.search(name) is not None and not hidden


def zip_members(file: BinaryIO) -> tuple[Member, ...]:
    """Return the archives in a ZIP file, in the order of their bytes.

    () where the file is none, has none, its directory is broken, or members overlap.
    """
    file.seek(0)
    if file.read(len(_MAGIC)) != _MAGIC:
        return ()
    try:
        directory = zipfile.ZipFile(file)
    except _ERRORS:
        return ()
    infos = sorted(directory.infolist(), key=lambda info: info.header_offset)
    starts = [*(info.header_offset for info in infos), directory.start_dir]
    sizes = [_LOCAL + info.compress_size for info in infos]
    spans = [*zip(sizes, pairwise(starts), strict=True)]
    if any(start + size > after for size, (start, after) in spans):
        return ()
    return tuple(
        Member(start, after, info)
        for info, (_, (start, after)) in zip(infos, spans, strict=True)
        if is_archive_name(info.filename)
    )


def content_range(file: BinaryIO, member: Member) -> tuple[int, int]:
    """Return the bytes [start, stop) of a member's content; all of it if its header is broken."""
    file.seek(member.begin)
    head = file.read(_LOCAL)
    names = int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    start = member.begin + _LOCAL + names
    stop = start + member.info.compress_size
    if not head.startswith(_MAGIC) or stop > member.stop:
        return member.begin, member.stop
    return start, stop


class _Seekable(io.RawIOBase):
    """A position in `_size` bytes."""

    _size: int
    _at: int

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at


class Slice(_Seekable):
    """Bytes [start, stop) of a file, as a seekable file of their own."""

    def __init__(self, file: BinaryIO, start: int, stop: int) -> None:
        self._file, self._start, self._size, self._at = file, start, max(0, stop - start), 0

    def read(self, size: int = -1, /) -> bytes:
        """Return at most `size` bytes, all the rest if negative."""
        left = max(0, self._size - self._at)
        self._file.seek(self._start + self._at)
        data = self._file.read(left if size < 0 else min(size, left))
        self._at += len(data)
        return data


class Inflating(_Seekable):
    """A deflated member, unpacked while it is read; `broken` if its end could not be read.

    Its position is moved when it is read only, for a step back unpacks it from its start.
    """

    def __init__(self, file: BinaryIO, member: Member) -> None:
        self.broken = False
        self._file, self._info = file, member.info
        self._stream: zipfile.ZipExtFile | None = None
        self._size, self._at = member.info.file_size, 0

    def read(self, size: int = -1, /) -> bytes:
        """Return at least one of the next `size` bytes; b"" at the end."""
        if self._at >= self._size:
            return b""
        try:
            if self._stream is None:
                archive = zipfile.ZipFile(self._file)
                self._stream = cast(zipfile.ZipExtFile, archive.open(self._info))
            if self._stream.tell() != self._at:
                self._stream.seek(self._at)
            data = self._stream.read1(min(size, _AT_ONCE) if size > 0 else _AT_ONCE)
        except _ERRORS:
            self.broken, self._size, self._stream = True, self._at, None
            return b""
        self._at += len(data)
        return data
