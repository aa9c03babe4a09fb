"""The files of a finished run to publish, and how they differ from those of a repository.

Input: OUT and its manifest; the files of a repository. Output: lists of files. Nothing is sent.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from curate.errors import RecipeError
from curate.report.croissant import croissant
from curate.store import io

# Tables with texts of records that the corpus does not hold: dropped ones, removed copies, cuts.
OF_OTHERS = ("samples/", "pairs.parquet", "passages/")
_TARGET = re.compile(r"hf://datasets/([\w.-]+/[\w.-]+?)(?:@([\w./-]+))?/?", re.ASCII)


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file to publish: one of OUT by its URL, or bytes made here."""

    name: str  # in the repository
    size: int  # bytes
    sha256: str
    url: str = ""
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository: `sha256` where it is stored as a large file, else git's `blob`."""

    sha256: str | None
    blob: str | None


def repository_of(url: str) -> tuple[str, str | None]:
    """Return (owner/name, branch or None) of a dataset's URL.

    >>> repository_of("hf://datasets/owner/name"), repository_of("hf://datasets/owner/name@next")
    (('owner/name', None), ('owner/name', 'next'))

    Raises RecipeError: it is no such URL.
    """
    match = _TARGET.fullmatch(url)
    if match is None:
        raise RecipeError(f"TO: expected hf://datasets/OWNER/NAME or …@BRANCH, got {url}")
    return match[1], match[2]


def files_to_publish(
    out: str, manifest: Mapping[str, Any], *, texts_of_others: bool
) -> list[LocalFile]:
    """Return the files to publish: those that the manifest lists, itself and croissant.json.

    The manifest, the card and croissant.json come last.

    Args:
        texts_of_others: whether to include the tables of OF_OTHERS.
    Raises RecipeError: one is missing or has another size than the manifest says.
    """
    listed = [
        LocalFile(file["file"], file["bytes"], file["sha256"], io.join(out, file["file"]))
        for file in (*manifest["shards"], *manifest.get("files", ()))
        if texts_of_others or not file["file"].startswith(OF_OTHERS)
    ]
    _check_sizes(out, listed)
    last = [file for file in listed if file.name == "README.md"]
    described = json.dumps(croissant(manifest), indent=2, ensure_ascii=False) + "\n"
    return [
        *(file for file in listed if file.name != "README.md"),
        *last,
        file_of_bytes("croissant.json", described.encode()),
        file_of_bytes("manifest.json", io.read_bytes(io.join(out, "manifest.json"))),
    ]


def file_of_bytes(name: str, data: bytes) -> LocalFile:
    """Return a file of bytes at hand."""
    return LocalFile(name, len(data), hashlib.sha256(data).hexdigest(), data=data)


def _check_sizes(out: str, listed: Sequence[LocalFile]) -> None:
    sizes: dict[str, int] = {}
    for folder in sorted({file.name.partition("/")[0] for file in listed if "/" in file.name}):
        sizes |= io.list_files(io.join(out, folder))  # not all of OUT: WORK may lie below it
    for file in listed:
        exists = file.url in sizes if "/" in file.name else io.exists(file.url)
        size = sizes.get(file.url, file.size)
        if not exists or size != file.size:
            raise RecipeError(
                f"{out}: expected {file.name} with {file.size:,} bytes, found "
                f"{f'{size:,} bytes' if exists else 'none'}; curate verify checks all files"
            )


def changed_files(wanted: Iterable[LocalFile], remote: Mapping[str, RemoteFile]) -> list[LocalFile]:
    """Return the files that a repository does not hold with the same bytes."""
    return [file for file in wanted if not _is_same(file, remote.get(file.name))]


def _is_same(file: LocalFile, remote: RemoteFile | None) -> bool:
    if remote is None:
        return False
    if remote.sha256 is not None:
        return remote.sha256 == file.sha256
    data = file.data or io.read_bytes(file.url)
    return remote.blob == git_blob(data)


def git_blob(data: bytes) -> str:
    """Return git's name of a file's bytes.

    >>> git_blob(b"hello")
    'b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0'
    """
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()  # noqa: S324 - git's


def stale_files(
    earlier: Mapping[str, Any], wanted: Iterable[LocalFile], remote: Mapping[str, RemoteFile]
) -> list[str]:
    """Return the files that the manifest in a repository lists and this corpus has not, sorted.

    Files that were put there by others are not among them.
    """
    listed = {file["file"] for file in (*earlier.get("shards", ()), *earlier.get("files", ()))}
    return sorted((listed & remote.keys()) - {file.name for file in wanted})


def batches(
    files: Sequence[LocalFile], most_files: int, most_bytes: int
) -> Iterator[list[LocalFile]]:
    """Yield files in their order, in lists of bounded length and size.

    A list has one file at least.
    """
    batch: list[LocalFile] = []
    size = 0
    for file in files:
        if batch and (len(batch) == most_files or size + file.size > most_bytes):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += file.size
    if batch:
        yield batch
