"""Open Parquet files so that Arrow's threads cannot abort the process at its exit.

Arrow reads with its own threads, even with use_threads=False. A thread that releases a Python
file while the interpreter shuts down aborts the process ("terminate called without an active
exception", https://github.com/apache/arrow/issues/34314). So a local file is opened by Arrow
itself; for other files, which Python must read, process exit waits until they are released.
"""

import atexit
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO
from weakref import WeakSet

import pyarrow as pa

from curate.store import io

DAMAGED = "expected the file as a stage wrote it"
TIMEOUT_SECONDS = 1.0  # process exit waits no longer for a file that something still holds
_others: "WeakSet[IO[bytes]]" = WeakSet()


@contextmanager
def open_parquet(
    url: str, size: int | None = None, version: str = ""
) -> "Iterator[pa.NativeFile | IO[bytes]]":
    """Open a file for `pyarrow.parquet`; to be used only within the block.

    `size` and `version` are those of an inventory: see `io.open_read`.
    """
    if io.is_local(url):
        with pa.OSFile(str(io.local_path(url)), "rb") as native:
            yield native
    else:
        with io.open_read(url, size, version) as file:
            _others.add(file)
            yield file


class DamagedFileError(OSError):
    """A file of WORK that cannot be read as it was written; the text names it."""


@contextmanager
def as_written(url: str) -> Iterator[None]:
    """Name the file in errors of reading it. Raises DamagedFileError."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException) as error:
        raise DamagedFileError(f"{url}: {DAMAGED}, got: {error}") from error


os.register_at_fork(after_in_child=_others.clear)  # the threads are the parent's


@atexit.register
def _wait_for_others() -> None:
    until = time.monotonic() + TIMEOUT_SECONDS
    while _others and time.monotonic() < until:
        time.sleep(0.001)
