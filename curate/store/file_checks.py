"""Checks of input files before anything is read: permissions, names in UTF-8, duplicate names.

Input: files, or an error raised while listing them. Output: lines that say what is wrong, without
secrets of URLs; the caller prefixes the recipe key.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from curate.store import io
from curate.store.urls import bare, hide_secrets


def error_text(error: Exception) -> str:
    """Return the message of an error about a file, in one line and without secrets."""
    why, name = getattr(error, "strerror", None), getattr(error, "filename", None)
    text = f"{why}: {name}" if why and name is not None else why or str(error)
    return hide_secrets(" ".join(str(text).split()))


def file_mistakes(files: Sequence[io.FileInfo]) -> Iterator[str]:
    """Yield messages about local files that cannot be read or whose names are not UTF-8."""
    nameless = [file for file in files if not _is_utf8(file.file_path)]
    if nameless:
        shown = ascii(nameless[0].file_path)
        yield f"expected names in UTF-8, got {len(nameless)} that are not, such as {shown}"
    local = (file for file in files if io.is_local(file.url))
    closed = [file for file in local if not _is_readable(io.local_path(file.url))]
    if closed:
        shown = closed[0].file_path
        yield f"expected files that can be read, got {len(closed)} that cannot, such as {shown}"


def duplicate_name(file: io.FileInfo, other: io.FileInfo) -> str:
    """Return the message about two files of one name."""
    shown, beside = bare(file.url), bare(other.url)
    both = f"{shown} and {beside}, both {file.file_path}"
    if shown == beside:
        both = f"{shown} twice, with different queries, which are not written to any output"
    return f"expected one file for each name below its root, got {both}"


def _is_readable(path: Path) -> bool:
    return os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids)


def _is_utf8(text: str) -> bool:
    """Return whether a name is UTF-8; other names have lone surrogates, which Arrow rejects."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
