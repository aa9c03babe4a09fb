"""The files of a folder in groups that can be sources: one kind, one column of texts, one pattern.

Input: a folder. Output: groups by folder and kind, and the files that are left out with why. A
folder that a run wrote to is passed over.
"""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from unicodedata import combining, normalize

from curate.scaffold.kinds import DetectedKind, detect_kind

MOST_FILES = 100_000
LOOKED_AT = 200  # files of one folder and ending whose content is looked at; others are as these
_KNOWN = re.compile(
    r"(?:\.(?:warc|wet|wat|arc|jsonl|ndjson|json|csv|tsv|txt|html?|xml|parquet)){0,2}"
    r"(?:\.(?:gz|bz2|xz|zst))?$"
)
_BENCHMARKS = re.compile(r"(?i)(?:^|/)(?:benchmarks?|evals?|test[-_]?sets?)/")


@dataclass(frozen=True, slots=True)
class Group:
    """Files that can be one source (of kind "benchmark": benchmarks).

    paths: patterns or files, relative to the folder. files: how many. size: bytes. text: the
    column of the texts, of rows.
    """

    name: str
    kind: str
    text: str
    paths: tuple[str, ...]
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class FolderContents:
    """What is in a folder; left_out: (file, why)."""

    groups: tuple[Group, ...]
    left_out: tuple[tuple[str, str], ...]


def scan_folder(folder: Path) -> FolderContents:
    """Return what a folder holds; nothing is written.

    Raises ValueError: more than MOST_FILES files.
    """
    kinds: dict[str, DetectedKind] = {}
    seen: dict[tuple[str, str], Counter[DetectedKind]] = defaultdict(Counter)
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if len(kinds) >= MOST_FILES:
            raise ValueError(f"{folder}: expected at most {MOST_FILES:,} files, got more")
        alike = seen[path.parent.as_posix(), extension_of(path.name)]
        if wrong := _wrong_name(name):
            kinds[name] = DetectedKind("", why=wrong)
            continue
        if alike.total() < LOOKED_AT:
            detected = detect_kind(path)
            alike[detected] += 1
        else:
            detected = alike.most_common(1)[0][0]
        if detected.kind in ("jsonl", "parquet") and _BENCHMARKS.search(name):
            detected = DetectedKind("benchmark")
        kinds[name] = detected
    grouped: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for name, detected in kinds.items():
        if detected.kind:
            grouped[
                name.partition("/")[0] if "/" in name else "", detected.kind, detected.text
            ].append(name)
    parts = [part for key, files in grouped.items() for part in _parts(key, files, kinds)]
    names = _names([key for key, _, _ in parts])
    groups = [
        Group(name, key[1], key[2], paths, len(files),
              sum((folder / file).stat().st_size for file in files))
        for name, (key, paths, files) in zip(names, parts, strict=True)
    ]  # fmt: skip
    left_out = [(name, detected.why) for name, detected in kinds.items() if not detected.kind]
    return FolderContents(tuple(groups), tuple(left_out))


def _parts(
    key: tuple[str, str, str], files: list[str], kinds: dict[str, DetectedKind]
) -> Iterator[tuple[tuple[str, str, str], tuple[str, ...], list[str]]]:
    """Yield (key, paths, files) of a group; where no pattern fits, of each of its folders."""
    if paths := patterns(files, kinds):
        yield key, paths, files
        return
    by_folder: dict[str, list[str]] = defaultdict(list)
    for name in files:
        by_folder[name.rpartition("/")[0]].append(name)
    for folder, names in by_folder.items():
        yield (folder, *key[1:]), patterns(names, kinds) or tuple(names), names


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder in order; not hidden ones, not those of a run."""
    for where, folders, files in os.walk(folder):
        if "_curate.json" in files:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        for name in sorted(files):
            if not name.startswith(".") and name not in ("recipe.yaml", "recipe.schema.json"):
                yield Path(where) / name


def _wrong_name(name: str) -> str:
    """Return what keeps a file's name out of a recipe; "" if nothing."""
    if any(ord(c) < 32 or 127 <= ord(c) < 160 or 0xD800 <= ord(c) < 0xE000 for c in name):
        return "its name has control characters, or is no UTF-8"
    return "its name has ${ in it" if "${" in name else ""


def extension_of(name: str) -> str:
    """Return how a file's name ends, for a pattern that matches files of the same kind.

    >>> extension_of("CC-MAIN-00001.warc.gz"), extension_of("a.b.txt"), extension_of("README")
    ('.warc.gz', '.txt', '')
    """
    if (known := _KNOWN.search(name)) and known[0]:
        return known[0]
    return Path(name).suffix


def patterns(files: Sequence[str], kinds: dict[str, DetectedKind]) -> tuple[str, ...]:
    """Return patterns that name these files and no others of the folder; () if there are none.

    Args:
        kinds: what each file of the folder is.
    """
    regexes = {}
    for name in files:
        top, slash, rest = name.partition("/")
        inner = "**/" if "/" in rest else ""
        end = extension_of(name)
        pattern = f"{top}/{inner}*{end}" if slash else f"*{end}"
        regexes[pattern] = _regex(pattern)
    deep = {pattern.replace("/**/", "/") for pattern in regexes if "/**/" in pattern}
    kept = {pattern: regex for pattern, regex in regexes.items() if pattern not in deep}
    covered = {name for name in kinds if any(regex.fullmatch(name) for regex in kept.values())}
    if covered == set(files):
        return tuple(sorted(kept))
    return ()


def _regex(pattern: str) -> re.Pattern[str]:
    parts = {"**/": "(?:[^/.][^/]*/)*", "*": "[^/]*"}
    return re.compile("".join(parts.get(part, re.escape(part)) for part in re.split(
        r"(\*\*/|\*)", pattern)))  # fmt: skip


def _names(keys: Sequence[tuple[str, str, str]]) -> list[str]:
    """Return a name for each group: its folder's, or its kind's, with a number if taken."""
    names: list[str] = []
    for folder, kind, _ in keys:
        letters = "".join(c for c in normalize("NFKD", folder.lower()) if not combining(c))
        name = re.sub(r"[^a-z0-9_-]+", "-", letters)[:50].strip("-_") or kind
        if name in names:
            name = f"{name}-{kind}"
        plain, number = name, 2
        while name in names:
            name, number = f"{plain}-{number}", number + 1
        names.append(name)
    return names
