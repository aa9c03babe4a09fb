"""Parquet files opened for Arrow, so that its threads are done with them when the process ends.

Arrow reads with threads of its own, even where it is asked for none. One that lets go of a file
of Python's while the interpreter ends aborts the process ("terminate called without an active
exception", https://github.com/apache/arrow/issues/34314). So a local file is opened by Arrow
itself; of others, which Python must read, the end of the process waits until they are let go.
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

TIMEOUT_SECONDS = 1.0  # a file that something else still holds is not waited for any longer
_others: "WeakSet[IO[bytes]]" = WeakSet()


@contextmanager
def open_parquet(
    url: str, size: int | None = None, version: str = ""
) -> "Iterator[pa.NativeFile | IO[bytes]]":
    """Open a file for `pyarrow.parquet`, which is to be done with it at the end of the block.

    `size` and `version` are those of an inventory: see `io.open_read`.
    """
    if io.is_local(url):
        with pa.OSFile(str(io.local_path(url)), "rb") as native:
            yield native
    else:
        with io.open_read(url, size, version) as file:
            _others.add(file)
            yield file


os.register_at_fork(after_in_child=_others.clear)  # the threads are the parent's


@atexit.register
def _wait() -> None:
    until = time.monotonic() + TIMEOUT_SECONDS
    while _others and time.monotonic() < until:
        time.sleep(0.001)
