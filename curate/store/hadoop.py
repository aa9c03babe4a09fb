"""HDFS, where its clients in fsspec differ from those of object stores.

HDFS shows files that are still being written, so one is written under a temporary name and
renamed. A rename onto an existing file is refused, which is what a lock needs. The clients leave
the host out of the names they list. hdfs:// is read by pyarrow with Hadoop's libhdfs, webhdfs://
over HTTP.
"""

import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

from curate.store.urls import bare

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

LIBRARY = (
    "expected Hadoop's libhdfs, and CLASSPATH as `hadoop classpath --glob` prints it, which Arrow "
    "reads hdfs:// with; webhdfs://HOST:PORT needs neither"
)


def is_hdfs(url: str) -> bool:
    """Return whether a URL means a file on HDFS."""
    return url.partition("://")[0] in ("hdfs", "webhdfs")


def without_library(url: str, error: OSError) -> OSError:
    """Return Arrow's long error about a missing libhdfs as one line."""
    return OSError(f"{bare(url)}: {LIBRARY}: {str(error).partition(chr(10))[0]}")


def url_of(root: str, name: str) -> str:
    """Return the URL of a file that a client names, on the host of another URL.

    >>> url_of("webhdfs://host:9870/data", "/data/a.txt"), url_of("hdfs:///data", "/data/a.txt")
    ('webhdfs://host:9870/data/a.txt', 'hdfs:///data/a.txt')
    """
    scheme, _, rest = root.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}{name}"


def read_at(filesystem: "AbstractFileSystem", path: str, start: int, stop: int) -> bytes:
    """Return a file's bytes [start, stop).

    The hdfs:// client's `cat_file` fails for a range that begins at 0: its stream cannot seek.
    """
    with filesystem.open(path, "rb") as file:
        file.seek(start)
        data: bytes = file.read(stop - start)
        return data


def publish(
    filesystem: "AbstractFileSystem", path: str, target: str, *, replace: bool = True
) -> bool:
    """Copy a local file to a name; return whether it was written.

    Args:
        replace: a file of that name is deleted first. Without, it stays and False is returned,
            whoever wrote it in the meantime.
    """
    folder, _, name = target.rpartition("/")
    beside = f"{folder}/.{name}.{uuid.uuid4().hex[:8]}.tmp"
    try:
        filesystem.put_file(path, beside)
        if replace and filesystem.exists(target):
            filesystem.rm_file(target)
        renamed = _renamed(filesystem, beside, target)
    except BaseException:
        with suppress(Exception):
            filesystem.rm_file(beside)
        raise
    if not renamed:
        filesystem.rm_file(beside)
        if replace:
            raise FileExistsError(f"{target}: expected to replace it alone, but it was written too")
    return renamed


def _renamed(filesystem: "AbstractFileSystem", old: str, new: str) -> bool:
    """Rename a file; return False if another has the name."""
    try:
        filesystem.mv(old, new)
    except OSError:
        if filesystem.exists(old) and filesystem.exists(new):
            return False
        raise
    return not filesystem.exists(old)  # over HTTP a refused rename is no error
