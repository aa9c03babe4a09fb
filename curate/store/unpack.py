"""Compressed files, unpacked as their names say, and no further than a text can.

A file of a megabyte may unpack to a terabyte of one letter. What has given FREE bytes and more than
RATIO for each byte read of it is an error of the file's, `UnpacksTooFarError`.
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

# What a compressed file raises that is no such file; see `is_io_error`.
UNPACKING_ERRORS = (EOFError, OSError, zlib.error, lzma.LZMAError, zstd.ZstdError)

# Dumps packed with `zstd --long=31` need, and get, 2 GiB; others take what they were packed with.
_ZSTD: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 31}


RATIO = 1_000  # bytes unpacked for each stored; lines that differ by a number give xz 300
FREE = 64 << 20


class UnpacksTooFarError(OSError):
    """A compressed file unpacks to more than its size allows; without errno: it is damage."""


def check_ratio(unpacked_bytes: int, packed_bytes: int) -> None:
    """Raise UnpacksTooFarError if so many bytes are too many for what was read of the file."""
    if unpacked_bytes > FREE and unpacked_bytes > RATIO * max(1, packed_bytes):
        raise UnpacksTooFarError(f"{packed_bytes:,} bytes unpack to more than {unpacked_bytes:,}")


class _Unpacking(stdio.RawIOBase):
    """What an unpacker gives, held against what it has read of the packed file."""

    def __init__(self, inner: Any, packed: Any) -> None:
        self._inner, self._packed, self._given = inner, packed, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "Buffer") -> int:
        data = self._inner.read1(memoryview(buffer).nbytes)  # what precedes damage is given
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
    """Return the file, unpacked as its name says; closing it leaves the file open."""
    for ending, opener in _OPENERS.items():
        if name.endswith(ending):
            return stdio.BufferedReader(_Unpacking(opener(file), file), 1 << 17)
    if name.endswith(".zst"):
        packed: Any = file
        inner = zstd.ZstdFile(packed, options=_ZSTD)
        return stdio.BufferedReader(_Unpacking(inner, file), 1 << 17)
    plain: Any = file
    return stdio.BufferedReader(plain, 1 << 17) if isinstance(file, stdio.RawIOBase) else plain


def is_io_error(error: BaseException) -> bool:
    """Return whether bytes could not be had, which is no fault of the file's.

    Damage that bz2, zstd and Parquet report is an OSError too, but one without errno; so are
    timeouts, which are the network's.
    """
    late = isinstance(error, (TimeoutError, ConnectionError))
    return late or getattr(error, "errno", None) is not None


def lines_of(file: IO[bytes], longest: int) -> Iterator[bytes | None]:
    """Yield each line; None for one of `longest` bytes or more, of which no more is held."""
    while line := file.readline(longest):
        if len(line) < longest or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(1 << 20)
        yield None
