"""Compressed members of archive files (gzip members, zstd frames), read through a window.

Input: a seekable binary file. Output: decompressed members or frames, each with its end or the
reason why it could not be decompressed. `curate.warc.layouts` reads their content.
"""

import importlib
import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, Protocol

from curate.extras import install

CHUNK = 1 << 20  # bytes read at once: large enough for object stores, small for a worker
# Most members end within 8 KiB; a larger first read only returns more bytes unused.
_FIRST, _MORE = 8 << 10, 64 << 10
_LEAST = 18  # bytes of the smallest gzip member
_OUT = 1 << 20  # bytes decompressed at once, so that a decompression bomb is noticed early
_GZIP = b"\x1f\x8b\x08"
_GZIPS = tuple(_GZIP + bytes([flags]) for flags in range(32))  # the other bits are reserved
_ZSTD = b"\x28\xb5\x2f\xfd"
_ZSTD_DICTIONARY = b"\x5d\x2a\x4d\x18"


class Reader(Protocol):
    """What a window reads from: a file, or a file being unpacked."""

    def read(self, size: int, /) -> bytes: ...


class Window:
    """A sliding window over a file: `data`, whose first byte is the file's byte `base`."""

    def __init__(self, file: Reader) -> None:
        self.base = 0
        self.data = b""
        self._file = file
        self._at: int | None = None  # the file's position; not known before the first read
        self._ended = False

    def fill(self, at: int, count: int) -> bool:
        """Load bytes [at, at + count) as far as they exist; return whether all do.

        Bytes before `at` are dropped where new ones have to be read.
        """
        skip = at - self.base
        have = len(self.data) - skip
        if skip >= 0 and count <= have:
            return True
        if self._ended and skip >= 0 and have >= 0:
            return False
        keep = self.data[skip:] if skip >= 0 and have > 0 else b""
        self._move(at + len(keep))
        parts, size, ended = [keep], len(keep), False
        while size < count and not ended:
            part = self._file.read(max(CHUNK, count - size))
            ended = not part
            parts.append(part)
            size += len(part)
        self.data = b"".join(parts)
        self.base, self._at, self._ended = at, at + size, ended
        return size >= count

    def size(self) -> int:
        """Return the file's size in bytes."""
        if not isinstance(self._file, Inflated):
            self._at = None
            return int(self._file.seek(0, io.SEEK_END) or self._file.tell())  # type: ignore[attr-defined]
        while not self._ended:
            self.fill(self.base + len(self.data), 1)
        return self.base + len(self.data)

    @property
    def seekable(self) -> bool:
        """Return whether bytes before the window can be read again."""
        return not isinstance(self._file, Inflated)

    def _move(self, at: int) -> None:
        if isinstance(self._file, Inflated):
            offset = self._at or 0
            if at < offset:
                raise ValueError(
                    f"Window: byte {at} of a packed stream is no longer held, it is at {offset}"
                )
            while offset < at and (part := self._file.read(min(CHUNK, at - offset))):
                offset += len(part)
        elif at != self._at:
            self._file.seek(at)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Codec:
    """One compression format: its magic bytes, decompressor and errors."""

    magic: bytes
    starts: tuple[bytes, ...]  # magic bytes of a member; for gzip with known flags
    new: Callable[[], Any]
    errors: tuple[type[Exception], ...]
    decompress_all: Callable[[bytes], bytes] | None = None  # decompresses one member at once
    begin: int = 0  # where the first member starts: after a zstd file's dictionary


def codec_of(file: BinaryIO) -> Codec | None:
    """Return the codec of a file by its first bytes; None: uncompressed.

    Raises:
        ImportError: it is zstd, and no module for that is installed.
    """
    file.seek(0)
    head = file.read(8)
    if head.startswith(_GZIP):
        return gzip_codec()
    if head.startswith((_ZSTD, _ZSTD_DICTIONARY)):
        return _zstd_codec(file, head)
    return None


def gzip_codec(*, fast: bool = True) -> Codec:
    """Return gzip by the installed ones of libdeflate (package deflate), ISA-L (isal) and zlib.

    The extra `fast` brings the first two. All check each member's CRC and length and give the
    same bytes. For the 95 MB of a sample crawl file libdeflate took .19 s, ISA-L .24 and zlib
    .46 (deflate 0.9, isal 1.9.1, zlib 1.2.13). libdeflate reads whole members only, so
    large ones are left to the other two.
    """
    new: Callable[[], Any] = partial(zlib.decompressobj, 31)
    errors: tuple[type[Exception], ...] = (zlib.error,)
    isal = _module("isal.isal_zlib") if fast else None
    if isal is not None:
        new, errors = partial(isal.decompressobj, 31), (zlib.error, isal.error)
    deflate = _module("deflate") if fast else None
    if deflate is None:
        return Codec(_GZIP, _GZIPS, new, errors)
    return Codec(_GZIP, _GZIPS, new, (*errors, deflate.DeflateError), deflate.gzip_decompress)


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _zstd_codec(file: BinaryIO, head: bytes) -> Codec:
    zstd = _module("compression.zstd") or _module("backports.zstd")
    if zstd is None:
        raise ImportError(
            "this archive is compressed with zstd: Python 3.14 reads it, an older one needs "
            f"{install('zstd')}"
        )
    if not head.startswith(_ZSTD_DICTIONARY):
        return Codec(_ZSTD, (_ZSTD,), zstd.ZstdDecompressor, (zstd.ZstdError,))
    length = int.from_bytes(head[4:8], "little")
    content = file.read(length)
    if content.startswith(_ZSTD):
        content = zstd.decompress(content)
    dictionary = zstd.ZstdDict(content)
    return Codec(
        _ZSTD,
        (_ZSTD,),
        partial(zstd.ZstdDecompressor, dictionary),
        (zstd.ZstdError,),
        begin=8 + length,
    )


def read_member(window: Window, codec: Codec, at: int, limit: int) -> tuple[bytes | None, int, str]:
    """Return (content, end, "") of the member at byte `at`, or (None, end, why not).

    `why` is end (of the file), garbage (no member starts here), corrupt, truncated, or
    too_large: more than `limit` bytes, unpacked to its end but not kept. `end` is -1 where it
    is not known.
    """
    offset = at - window.base
    if offset < 0 or offset + _MORE > len(window.data):
        window.fill(at, _MORE)
        offset = at - window.base
    data = window.data
    if not data.startswith(codec.starts, offset):
        return None, -1, "garbage" if offset < len(data) else "end"
    # Usually the next magic bytes are the next member: then no bytes are returned unused.
    following = data.find(codec.magic, offset + _LEAST, offset + _MORE)
    piece = data[offset : following if following > 0 else offset + _FIRST]
    if codec.decompress_all is not None and following > 0:
        content = _whole_member(piece, codec)
        if content is not None:
            return content, at + len(piece), ""
    stream = codec.new()
    try:
        content = stream.decompress(piece, _OUT)
        if stream.eof:
            return content, at + len(piece) - len(stream.unused_data), ""
        return _read_on(window, stream, at + len(piece), content, limit)
    except codec.errors:
        return None, -1, "corrupt"


def _whole_member(piece: bytes, codec: Codec) -> bytes | None:
    """Return the content of a gzip member that ends where `piece` does; None: it does not.

    Decided by the length in a member's last four bytes; trailing bytes that end in the same
    four are not noticed.
    """
    size = int.from_bytes(piece[-4:], "little")
    if not 0 < size <= _OUT or codec.decompress_all is None:
        return None
    try:
        content = codec.decompress_all(piece)
    except codec.errors:
        return None
    return content if len(content) == size else None


def _read_on(
    window: Window, stream: Any, fed: int, content: bytes, limit: int
) -> tuple[bytes | None, int, str]:
    parts, size = [content], len(content)
    while not stream.eof:
        piece: bytes = getattr(stream, "unconsumed_tail", b"")
        ended = False
        if not piece and getattr(stream, "needs_input", True):
            window.fill(fed, _MORE)
            offset = fed - window.base
            piece = window.data[offset : offset + _MORE]
            ended = not piece
            fed += len(piece)
        part = stream.decompress(piece, _OUT)
        if ended and not part and not stream.eof:
            return None, -1, "truncated"
        size += len(part)
        if size > limit:
            parts.clear()
        else:
            parts.append(part)
    end = fed - len(stream.unused_data)
    return (None, end, "too_large") if size > limit else (b"".join(parts), end, "")


def peek_member(window: Window, codec: Codec, at: int, want: bytes, limit: int) -> bytes:
    """Return the first `limit` bytes of the member at `at`, b"" if it does not begin with `want`.

    Data that cannot be decompressed end them early.
    """
    packed = limit + (limit >> 10) + 1024  # enough of it, even where it cannot be compressed
    window.fill(at, packed)
    offset = at - window.base
    if not window.data.startswith(codec.starts, offset):
        return b""
    content, size = b"", len(want) or limit
    stream = codec.new()
    piece: bytes = window.data[offset : offset + packed]
    try:
        while len(content) < limit and not stream.eof:
            part = stream.decompress(piece, size - len(content))
            content += part
            if not content.startswith(want) or not part:
                break
            size = min(4 * size + 512, limit)
            piece = getattr(stream, "unconsumed_tail", b"")
    except codec.errors:
        pass
    return content if content.startswith(want) else b""


class Inflated:
    """A compressed file read as one decompressed stream, forwards only.

    `why` says afterwards why it stopped before its end: corrupt, truncated, garbage, or None.
    """

    def __init__(self, window: Window, codec: Codec) -> None:
        self.why: str | None = None
        self._window = window
        self._codec = codec
        self._stream: Any = None
        self._fed = codec.begin
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, b"" at the end or where nothing more can be unpacked."""
        while self.why is None:
            if self._stream is None and not self._next_member():
                return b""
            ended = not self._rest and getattr(self._stream, "needs_input", True)
            if ended:
                ended = not self._load()
            try:
                part: bytes = self._stream.decompress(self._rest, size)
            except self._codec.errors:
                self.why = "corrupt"
                break
            if self._stream.eof:
                self._fed -= len(self._stream.unused_data)
                self._stream = None
                self._rest = b""
            else:
                self._rest = getattr(self._stream, "unconsumed_tail", b"")
                if ended and not part:
                    self.why = "truncated"
            if part:
                return part
        return b""

    def _next_member(self) -> bool:
        self._window.fill(self._fed, 4)
        offset = self._fed - self._window.base
        if offset >= len(self._window.data):
            return False
        if not self._window.data.startswith(self._codec.starts, offset):
            self.why = "garbage"
            return False
        self._stream = self._codec.new()
        return True

    def _load(self) -> bool:
        self._window.fill(self._fed, _MORE)
        offset = self._fed - self._window.base
        self._rest = self._window.data[offset : offset + _MORE]
        self._fed += len(self._rest)
        return bool(self._rest)
