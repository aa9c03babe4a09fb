"""Decompress files by their extension, with a limit on the compression ratio.

A file of a megabyte may unpack to a terabyte of one letter (a decompression bomb). One that has
given FREE bytes and more than RATIO for each byte read is damaged: `UnpacksTooFarError`.
"""

import bz2
import gzip
import io as stdio
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, Any

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from typing_extensions import Buffer

_OPENERS: dict[str, Callable[[Any], Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}

# Errors of decompressors for damaged files; see `is_io_error`.
UNPACKING_ERRORS = (EOFError, OSError, zlib.error, lzma.LZMAError, zstd.ZstdError)

# Dumps packed with `zstd --long=31` need 2 GiB; others, the window they were packed with.
_ZSTD: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 31}


RATIO = 1_000  # bytes unpacked per byte stored; lines that differ by a number reach 300 with xz
FREE = 64 << 20


class UnpacksTooFarError(OSError):
    """A compressed file exceeds the compression ratio; without errno, for it is damage."""


def check_ratio(unpacked_bytes: int, packed_bytes: int) -> None:
    """Raise UnpacksTooFarError if the ratio of unpacked to packed bytes is too large."""
    if unpacked_bytes > FREE and unpacked_bytes > RATIO * max(1, packed_bytes):
        raise UnpacksTooFarError(f"{packed_bytes:,} bytes unpack to more than {unpacked_bytes:,}")


class _Unpacking(stdio.RawIOBase):
    """A decompressor's output, with its ratio to the packed bytes checked."""

    def __init__(self, inner: Any, packed: Any) -> None:
        self._inner, self._packed, self._given = inner, packed, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "Buffer") -> int:
        data = self._inner.read1(memoryview(buffer).nbytes)  # returns what precedes damage
        memoryview(buffer).cast("B")[: len(data)] = data
        self._given += len(data)
        if self._given > FREE:
            check_ratio(self._given, self._packed.tell())
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
        super().close()


def unpacked(file: IO[bytes] | stdio.RawIOBase, name: str) -> IO[bytes]:
    """Return the file, decompressed by its extension; closing it leaves the file open."""
    for extension, opener in _OPENERS.items():
        if name.endswith(extension):
            return stdio.BufferedReader(_Unpacking(opener(file), file), 1 << 17)
    if name.endswith(".zst"):
        packed: Any = file
        inner = zstd.ZstdFile(packed, options=_ZSTD)
        return stdio.BufferedReader(_Unpacking(inner, file), 1 << 17)
    plain: Any = file
    return stdio.BufferedReader(plain, 1 << 17) if isinstance(file, stdio.RawIOBase) else plain


def is_io_error(error: BaseException) -> bool:
    """Return whether an error is one of I/O and not of the file's content.

    bz2, zstd and Parquet report damage as an OSError too, but one without errno; timeouts have no
    errno either, but are errors of the network.
    """
    late = isinstance(error, (TimeoutError, ConnectionError))
    return late or getattr(error, "errno", None) is not None


def lines_of(file: IO[bytes], longest: int) -> Iterator[bytes | None]:
    """Yield each line; None for one of `longest` bytes or more, which is not held in memory."""
    while line := file.readline(longest):
        if len(line) < longest or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(1 << 20)
        yield None
