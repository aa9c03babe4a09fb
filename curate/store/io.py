"""File I/O for local paths and fsspec URLs (s3://, hdfs://, https://); no other module opens files.

Writes are atomic: a file is written next to its final name (local) or to a temporary folder
(elsewhere) and published by one replace or one upload. An exception leaves no file. File systems
are looked up in the process that uses them, never inherited across a fork.
"""

import hashlib
import io as stdio
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from curate.extras import extra_of, install
from curate.store import hadoop
from curate.store.local_files import matching, root_and_pattern
from curate.store.remote import Fetch, RemoteFile, client_errors, read_exactly, stat_http
from curate.store.urls import bare, is_web

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

READ_AHEAD = 8 << 20  # bytes per request to an object store
BUFFER = 64 << 10  # bytes that small reads of a remote file share
_WILD = "*?["
# What tells two states of a file apart, as the clients of stores call it.
VERSIONS = ("ETag", "etag", "LastModified", "last_modified", "mtime", "modificationTime", "blob_id")


@dataclass(frozen=True, slots=True, order=True)
class FileInfo:
    """One file of a source: `file_path` is relative to the pattern's root."""

    file_path: str
    url: str
    size: int  # bytes
    version: str  # etag where the store has one, else the modification time


def is_local(url: str) -> bool:
    """Return whether a URL means a path of this machine."""
    return "://" not in url or url.startswith(("file://", "local://"))


def local_path(url: str) -> Path:
    """Return the path of a local URL."""
    return Path(url.removeprefix("file://").removeprefix("local://"))


def filesystem_of(url: str) -> "tuple[AbstractFileSystem, str]":
    """Return the file system of a URL and the path in it; ImportError if it needs a package."""
    try:
        from fsspec.core import url_to_fs  # noqa: PLC0415 - the base install has no fsspec
    except ImportError as error:
        raise ImportError(f"{bare(url)}: reading it needs {install('local')}") from error
    try:
        filesystem, path = url_to_fs(url)
    except ImportError as error:
        raise ImportError(f"{bare(url)}: {error} ({install(extra_of(url))})") from error
    except OSError as error:
        if url.startswith("hdfs://"):
            raise hadoop.without_library(url, error) from error
        raise
    return filesystem, path


def _url_of(filesystem: "AbstractFileSystem", root: str, name: str) -> str:
    """Return the URL of a file that a file system names, given a URL of the same store."""
    if hadoop.is_hdfs(root):
        return hadoop.url_of(root, name)
    url: str = filesystem.unstrip_protocol(name)
    return url


def join(base: str, *parts: str) -> str:
    """Return a URL or path below `base`."""
    return "/".join([base.rstrip("/"), *parts])


def absolute(url: str, folder: Path) -> str:
    """Resolve a path of a recipe against the recipe's folder; URLs stay as they are.

    Raises ValueError: it starts at the home folder of a user that does not exist.
    """
    if not is_local(url):
        return url
    try:
        path = local_path(url).expanduser()
    except RuntimeError as error:
        raise ValueError(f"expected an existing home folder, got {url}") from error
    return str(path if path.is_absolute() else folder / path)


def root_of(pattern: str) -> str:
    """Return the directory part before the first wildcard.

    >>> root_of("s3://b/x/*.warc.gz"), root_of("/data/a.txt"), root_of("/d/2024-??/y.gz")
    ('s3://b/x', '/data', '/d')
    """
    pattern = bare(pattern)
    first = min((pattern.find(c) for c in _WILD if c in pattern), default=len(pattern))
    return pattern[:first].rpartition("/")[0]


def find(pattern: str) -> list[FileInfo]:
    """Return the files a path or pattern names, by file_path; folders are left out.

    Raises:
        FileNotFoundError: there are none.
        OSError: a folder cannot be read, a link forms a loop, a store does not respond.
    """
    with client_errors(pattern):
        files = _find_local(pattern) if is_local(pattern) else _find_remote(pattern)
    if not files:
        raise FileNotFoundError(f"no file matches {bare(pattern)}")
    return sorted(files)


def _find_local(pattern: str) -> list[FileInfo]:
    root, rest = root_and_pattern(local_path(pattern))
    return [
        FileInfo(os.path.normpath(name), str(root / name), stat.st_size, str(stat.st_mtime_ns))
        for name in dict.fromkeys(matching(root, rest))
        if (root / name).is_file()
        for stat in [(root / name).stat()]
    ]


def _find_remote(pattern: str) -> list[FileInfo]:
    root = root_of(pattern)
    if is_web(pattern) and not _is_wild(bare(pattern)):
        size, version = stat_http(pattern)
        return [FileInfo(bare(pattern).removeprefix(root).lstrip("/"), pattern, size, version)]
    filesystem, path = filesystem_of(pattern)
    root_path = filesystem._strip_protocol(root)
    if _is_wild(bare(pattern)):
        infos: dict[str, Any] = filesystem.glob(path, detail=True)
    else:
        infos = {path: filesystem.info(path)} if filesystem.exists(path) else {}
    return [
        FileInfo(
            bare(name).removeprefix(root_path).lstrip("/"),
            _url_of(filesystem, root, name),
            int(info["size"] or 0),
            next((str(info[key]) for key in VERSIONS if info.get(key)), ""),
        )
        for name, info in infos.items()
        if info.get("type") != "directory"
    ]


def _is_wild(pattern: str) -> bool:
    return any(c in pattern for c in _WILD)


def open_read(url: str, size: int | None = None, version: str = "") -> IO[bytes]:
    """Return a seekable binary file.

    Args:
        size, version: of the file as the inventory found it; what a store returns is compared with
            them, and transport errors are retried (`remote`) and not taken for the end of file.
    """
    if is_local(url):
        return local_path(url).open("rb")
    if size is None and is_web(url):
        size, version = stat_http(url)
    if size is not None:
        raw = RemoteFile(url, size, version, _fetcher(url))
        return stdio.BufferedReader(raw, BUFFER)
    filesystem, path = filesystem_of(url)
    file: IO[bytes] = filesystem.open(path, "rb", block_size=READ_AHEAD)
    return file


def _fetcher(url: str) -> Fetch | None:
    """Return a function that reads ranges of a file; None for HTTP, which `remote` reads itself."""
    if is_web(url):
        return None
    filesystem, path = filesystem_of(url)

    return lambda _, start, stop: _range_of(url, filesystem, path, start, stop)


def _range_of(
    url: str, filesystem: "AbstractFileSystem", path: str, start: int, stop: int
) -> bytes:
    if hadoop.is_hdfs(url):
        return hadoop.read_at(filesystem, path, start, stop)
    data: bytes = filesystem.cat_file(path, start=start, end=stop)
    return data


def read_range(
    url: str, start: int, length: int, size: int | None = None, version: str = ""
) -> bytes:
    """Return a file's bytes [start, start + length), fewer at its end; one request.

    Args:
        size, version: as of `open_read`.
    """
    if is_local(url):
        with local_path(url).open("rb") as file:
            file.seek(start)
            return file.read(length)
    if size is None and is_web(url):
        size, version = stat_http(url)
    if size is not None:
        return read_exactly(url, start, start + length, size, version, _fetcher(url))
    return _range_of(url, *filesystem_of(url), start, start + length)


def read_bytes(url: str, sha256: str | None = None) -> bytes:
    """Return a small file's bytes; raises ValueError if `sha256` is given and differs."""
    with open_read(url) as file:
        data = file.read()
    if sha256 is not None and (got := hashlib.sha256(data).hexdigest()) != sha256:
        raise ValueError(f"{bare(url)}: expected sha256 {sha256}, got {got}")
    return data


def exists(url: str) -> bool:
    """Return whether a file of this name exists."""
    if is_local(url):
        return local_path(url).is_file()
    filesystem, path = filesystem_of(url)
    return bool(filesystem.isfile(path))


def list_files(folder: str) -> dict[str, int]:
    """Return URL and size of all files below a folder, sorted; none if it does not exist."""
    if is_local(folder):
        top = local_path(folder)
        paths = sorted(path for path in top.rglob("*") if path.is_file())
        return {str(path): path.stat().st_size for path in paths}
    filesystem, path = filesystem_of(folder)
    filesystem.invalidate_cache()
    try:
        infos = filesystem.find(path, detail=True)
    except FileNotFoundError:
        return {}
    return {
        _url_of(filesystem, folder, name): int(infos[name]["size"] or 0) for name in sorted(infos)
    }


@contextmanager
def staged(url: str) -> Iterator[Path]:
    """Yield a local path to write to; it is published as `url` if the block succeeds."""
    if is_local(url):
        path = local_path(url)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.parent / f".{path.name}.{uuid.uuid4().hex[:8]}.tmp"
        try:
            yield beside
            with beside.open("rb+") as file:
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
        return
    with tempfile.TemporaryDirectory(prefix="curate-") as folder:
        path = Path(folder) / "upload"
        yield path
        filesystem, target = filesystem_of(url)
        if hadoop.is_hdfs(url):
            hadoop.publish(filesystem, str(path), target)
        else:
            filesystem.put_file(str(path), target)


def write_bytes(url: str, data: bytes) -> None:
    """Write a small file atomically."""
    with staged(url) as path:
        path.write_bytes(data)


def delete(url: str) -> None:
    """Delete a file; it need not exist."""
    if is_local(url):
        local_path(url).unlink(missing_ok=True)
        return
    filesystem, path = filesystem_of(url)
    if filesystem.exists(path):
        filesystem.rm_file(path)


def read_many(urls: Sequence[str]) -> list[bytes]:
    """Return the bytes of small files, in their order; concurrent requests to a store."""
    if not urls:
        return []
    if is_local(urls[0]):
        return [local_path(url).read_bytes() for url in urls]
    filesystem, _ = filesystem_of(urls[0])
    paths = [filesystem._strip_protocol(url) for url in urls]
    contents = filesystem.cat(paths)
    return [contents] if isinstance(contents, bytes) else [contents[path] for path in paths]


def delete_many(urls: Sequence[str]) -> None:
    """Delete files, which may be missing; on a store in batched requests."""
    if not urls:
        return
    if is_local(urls[0]):
        for url in urls:
            local_path(url).unlink(missing_ok=True)
        return
    if hadoop.is_hdfs(urls[0]):
        for url in urls:
            delete(url)
        return
    filesystem, _ = filesystem_of(urls[0])
    with suppress(FileNotFoundError):
        filesystem.rm([filesystem._strip_protocol(url) for url in urls])


def delete_tree(folder: str) -> None:
    """Delete everything below a folder; it need not exist."""
    if is_local(folder):
        shutil.rmtree(local_path(folder), ignore_errors=True)
        return
    delete_many(list(list_files(folder)))


def free_bytes(folder: str) -> int | None:
    """Return the free space for a local folder that may not exist yet; None elsewhere."""
    if not is_local(folder):
        return None
    path = local_path(folder).absolute()
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def sha256(path: Path) -> str:
    """Return the hex sha256 of a local file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def walk(folder: str) -> Iterator[str]:
    """Yield the URLs of the files below a folder, unordered; none if it does not exist."""
    if not is_local(folder):
        yield from list_files(folder)
        return
    for root, _, names in os.walk(local_path(folder)):
        yield from (str(Path(root) / name) for name in names)


def list_folders(folder: str) -> list[str]:
    """Return the names of the direct subfolders, sorted; none if the folder does not exist."""
    if is_local(folder):
        top = local_path(folder)
        return sorted(path.name for path in top.iterdir() if path.is_dir()) if top.is_dir() else []
    filesystem, path = filesystem_of(folder)
    filesystem.invalidate_cache()
    try:
        infos = filesystem.ls(path, detail=True)
    except FileNotFoundError:
        return []
    return sorted(
        str(info["name"]).rstrip("/").rpartition("/")[2]
        for info in infos
        if info.get("type") == "directory"
    )


def create(url: str, data: bytes) -> bool:
    """Write a small file unless it exists; return whether it was written.

    On a store without conditional writes: a check, then a write.
    """
    if is_local(url):
        try:
            with local_path(url).open("xb") as file:
                file.write(data)
        except FileExistsError:
            return False
        return True
    filesystem, path = filesystem_of(url)
    if hadoop.is_hdfs(url):
        with tempfile.NamedTemporaryFile(prefix="curate-") as local:
            local.write(data)
            local.flush()
            return hadoop.publish(filesystem, local.name, path, replace=False)
    try:
        with filesystem.open(path, "xb") as remote:
            remote.write(data)
    except FileExistsError:
        return False
    except (NotImplementedError, ValueError):
        if exists(url):
            return False
        write_bytes(url, data)
    return True
