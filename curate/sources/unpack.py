"""Compressed files, unpacked as their names say."""

import bz2
import gzip
import io as stdio
import lzma
import zlib
from collections.abc import Callable
from typing import IO, Any

import pyarrow as pa

from curate import io

_OPENERS: dict[str, Callable[[Any], Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}

# What a compressed file raises that is no such file; see `of_the_machine`.
UNPACKING_ERRORS = (EOFError, OSError, zlib.error, lzma.LZMAError)


def unpacked(blocks: io.Blocks, name: str) -> IO[bytes]:
    """Return the file, unpacked as its name says."""
    for ending, opener in _OPENERS.items():
        if name.endswith(ending):
            unpacked: IO[bytes] = opener(blocks)
            return unpacked
    if name.endswith(".zst"):
        stream: Any = pa.CompressedInputStream(pa.PythonFile(blocks), "zstd")
        return stdio.BufferedReader(stream)
    return stdio.BufferedReader(blocks)


def of_the_machine(error: BaseException) -> bool:
    """Return whether bytes could not be had, which is no fault of the file's.

    Damage that bz2, zstd and Parquet report is an OSError too, but one without errno; so are
    timeouts, which are the network's.
    """
    late = isinstance(error, (TimeoutError, ConnectionError))
    return late or getattr(error, "errno", None) is not None
