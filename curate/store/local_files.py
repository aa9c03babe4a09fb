"""Local files that match a glob pattern; unlike `glob`, unreadable folders are errors.

Differs from `glob.glob(recursive=True)`: a folder that cannot be read is an error, and so is a link
that leads back to a folder that contains it, which would list every file repeatedly.
"""

import errno
import fnmatch
import glob
import os
import re
from collections.abc import Iterator
from pathlib import Path

_WILD = re.compile(r"[*?\[]")
Identity = tuple[int, int]  # device and inode of a folder


class LinkLoopError(OSError):
    """A link leads back to a folder that contains it."""

    def __init__(self, path: str) -> None:
        super().__init__(
            errno.ELOOP, "expected folders without loops, got a link that leads back", path
        )


def without_dots(path: str) -> str:
    """Return an absolute path of a folder without `.` and `..`; after a link, where `..` leads.

    >>> without_dots("/data/../out/./a")
    '/out/a'
    """
    short, whole = os.path.normpath(path), os.path.realpath(path)
    return short if os.path.realpath(short) == whole else whole


def matching(root: Path, pattern: str) -> Iterator[str]:
    """Yield the names, relative to a folder, of the files and folders that match a pattern.

    `*`, `?` and `[…]` match within a name, and no leading dot unless the pattern has it there;
    `**` matches any number of folders. A name may be yielded more than once.

    Raises:
        PermissionError: a folder on the way cannot be read.
        LinkLoopError: a link leads back to a folder on the way to it.
    """
    return _matching(root, "", pattern.split("/"), ())


def root_and_pattern(pattern: Path) -> tuple[Path, str]:
    """Split a local pattern into its root and the rest.

    A path that exists is no pattern, even if its name has brackets or stars.
    """
    root, *rest = [*reversed(pattern.parents), pattern]
    for path in rest[:-1]:
        if _WILD.search(path.name) and not path.is_dir():
            break
        root = path
    if root == pattern.parent and pattern.is_file():
        return root, glob.escape(pattern.name)
    return root, str(pattern.relative_to(root))


def _matching(
    root: Path, base: str, parts: list[str], above: tuple[Identity, ...]
) -> Iterator[str]:
    """Yield matches of the parts of a pattern below `base`; `above` are the folders listed so far.

    Recursion is as deep as the folders are nested.
    """
    part, *rest = parts
    if part == "**":
        if rest:
            yield from _matching(root, base, rest, above)
        inner, chain = _listed(root, base, above)
        for name in inner:
            if name.startswith("."):
                continue
            path = _joined(base, name)
            if not rest:
                yield path
            if _is_folder(root / path):
                yield from _matching(root, path, parts, chain)
    elif _WILD.search(part):
        inner, chain = _listed(root, base, above)
        match = re.compile(fnmatch.translate(part)).match
        for name in inner:
            if match(name) and (part.startswith(".") or not name.startswith(".")):
                yield from _match_rest(root, _joined(base, name), rest, chain)
    elif os.path.lexists(root / _joined(base, part)):
        yield from _match_rest(root, _joined(base, part), rest, () if part == ".." else above)


def _match_rest(
    root: Path, path: str, rest: list[str], above: tuple[Identity, ...]
) -> Iterator[str]:
    if not rest:
        yield path
    elif _is_folder(root / path):
        yield from _matching(root, path, rest, above)


def _listed(
    root: Path, base: str, above: tuple[Identity, ...]
) -> tuple[list[str], tuple[Identity, ...]]:
    """Return the names in a folder, sorted, and `above` with this folder appended.

    A folder that is already in `above` means a link loop; except the last one, which `**` lists
    again for the rest of the pattern.
    """
    try:
        stat = (root / base).stat()
        identity = (stat.st_dev, stat.st_ino)
        names = sorted(os.listdir(root / base))  # noqa: PTH208 - names alone, and of any bytes
    except (FileNotFoundError, NotADirectoryError):
        return [], above
    if identity in above:
        raise LinkLoopError(str(root / base))
    return names, (*above, identity)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a link to itself
        return False


def _joined(base: str, name: str) -> str:
    return f"{base}/{name}" if base else name
