"""Compressed files, unpacked as their names say."""

import bz2
import gzip
import io as stdio
import lzma
import sys
import zlib
from collections.abc import Callable
from typing import IO, Any

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_OPENERS: dict[str, Callable[[Any], Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}

# What a compressed file raises that is no such file; see `is_io_error`.
UNPACKING_ERRORS = (EOFError, OSError, zlib.error, lzma.LZMAError, zstd.ZstdError)

# Dumps packed with `zstd --long=31` need, and get, 2 GiB; others take what they were packed with.
_ZSTD: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 31}


def unpacked(file: IO[bytes] | stdio.RawIOBase, name: str) -> IO[bytes]:
    """Return the file, unpacked as its name says."""
    for ending, opener in _OPENERS.items():
        if name.endswith(ending):
            unpacked: IO[bytes] = opener(file)
            return unpacked
    if name.endswith(".zst"):
        packed: Any = file
        return stdio.BufferedReader(zstd.ZstdFile(packed, options=_ZSTD), 1 << 17)
    plain: Any = file
    return stdio.BufferedReader(plain, 1 << 17) if isinstance(file, stdio.RawIOBase) else plain


def is_io_error(error: BaseException) -> bool:
    """Return whether bytes could not be had, which is no fault of the file's.

    Damage that bz2, zstd and Parquet report is an OSError too, but one without errno; so are
    timeouts, which are the network's.
    """
    late = isinstance(error, (TimeoutError, ConnectionError))
    return late or getattr(error, "errno", None) is not None
