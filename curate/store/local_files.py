"""The files of this machine that a pattern names; as `glob` finds them, but nothing in silence.

Differs from `glob.glob(recursive=True)`: a folder that cannot be read is an error, and so is a link
that leads back to a folder it is in, by which every file would be found again and again.
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
    """A link leads back to a folder that it is in."""

    def __init__(self, path: str) -> None:
        super().__init__(errno.ELOOP, "expected folders that end, got a link that leads back", path)


def matching(root: Path, pattern: str) -> Iterator[str]:
    """Yield the names, relative to a folder, of the files and folders that a pattern names.

    `*`, `?` and `[…]` match within a name and none that begins with a dot, unless the pattern's
    part does; `**` matches any number of folders. A name may come more than once.

    Raises:
        PermissionError: a folder on the way cannot be read.
        LinkLoopError: a link leads back to a folder on the way to it.
    """
    return _matching(root, "", pattern.split("/"), ())


def root_and_pattern(pattern: Path) -> tuple[Path, str]:
    """Return the root of a local pattern, and the rest of it.

    A folder or file that is there is meant, whatever brackets or stars its name has.
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
    """Yield what the parts of a pattern name below `base`; `above` are the folders listed so far.

    Recursion is as deep as the folders are nested.
    """
    part, *rest = parts
    if part == "**":
        if rest:
            yield from _matching(root, base, rest, above)
        inner, here = _listed(root, base, above)
        for name in inner:
            if name.startswith("."):
                continue
            path = _joined(base, name)
            if not rest:
                yield path
            if _is_folder(root / path):
                yield from _matching(root, path, parts, here)
    elif _WILD.search(part):
        inner, here = _listed(root, base, above)
        match = re.compile(fnmatch.translate(part)).match
        for name in inner:
            if match(name) and (part.startswith(".") or not name.startswith(".")):
                yield from _rest(root, _joined(base, name), rest, here)
    elif os.path.lexists(root / _joined(base, part)):
        yield from _rest(root, _joined(base, part), rest, () if part == ".." else above)


def _rest(root: Path, path: str, rest: list[str], above: tuple[Identity, ...]) -> Iterator[str]:
    if not rest:
        yield path
    elif _is_folder(root / path):
        yield from _matching(root, path, rest, above)


def _listed(
    root: Path, base: str, above: tuple[Identity, ...]
) -> tuple[list[str], tuple[Identity, ...]]:
    """Return the names in a folder, sorted, and the folders listed on the way with this one.

    Listing one folder twice on a way means that a link led back; `**` lists one again for its rest,
    which is the last of `above`.
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
    except OSError:  # a link that leads to itself
        return False


def _joined(base: str, name: str) -> str:
    return f"{base}/{name}" if base else name
