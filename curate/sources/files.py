"""Inventory of a recipe's input files, and their splits into byte ranges.

Input: a recipe. Output: its files in the order of their keys, and units of work that depend only
on the inputs and the recipe.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from curate.recipe import Recipe, RecipeError, Source
from curate.recipe.source import ARCHIVES
from curate.sources.path_lists import is_path_list, listed_files
from curate.store import file_blocks as blocks
from curate.store import io
from curate.store.file_checks import duplicate_name, error_text, file_mistakes
from curate.store.keys import MAX_FILES
from curate.store.urls import bare, is_web

MAX_SPLITS = 100_000  # the driver holds a receipt for each
FILES_A_UNIT = 1_024  # of small files


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file of a source with its number in (source, file_path) order."""

    number: int
    source: str
    file_path: str
    url: str
    size: int
    version: str


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes [start, stop) of one file, and the records that start there."""

    file: InputFile
    start: int
    stop: int
    begin: int | None = None  # where a record is known to start; None: search for it
    only: tuple[tuple[int, int], ...] | None = None  # (offset, length) of the records to read


def default_id(file: InputFile, n: int) -> str:
    """Return the id of record `n` of a file that has no id."""
    return f"{file.source}/{file.file_path}#{n}"


def inventory(recipe: Recipe) -> tuple[list[InputFile], list[str]]:
    """Return the files of all sources in (source, file_path) order, and warnings.

    A URL listed twice is used once. Raises RecipeError, one line for each mistake: a path that
    matches no file or cannot be listed, two URLs with one file_path in one source, a file that
    cannot be read, a name that is not UTF-8.
    """
    mistakes: list[str] = []
    warnings: list[str] = []
    named_files: list[tuple[str, io.FileInfo]] = []
    for name, source in recipe.sources.items():
        seen: dict[str, io.FileInfo] = {}
        key = f"sources.{name}.path"
        for pattern in source.path:
            try:
                files = _files_of(pattern, source, recipe.seed)
            except (OSError, ValueError, ImportError) as error:
                mistakes.append(f"{key}: {error_text(error)}{_folder_hint(pattern, error)}")
                continue
            for file in files:
                other = seen.get(file.file_path)
                if other is None:
                    seen[file.file_path] = file
                elif other.url == file.url:
                    warnings.append(f"{key}: {bare(file.url)} is listed twice, used once")
                else:
                    mistakes.append(f"{key}: {duplicate_name(other, file)}")
        mistakes += (f"{key}: {mistake}" for mistake in file_mistakes(list(seen.values())))
        mistakes += _lists_missing(name, source)
        named_files.extend((name, file) for file in seen.values())
    if len(named_files) > MAX_FILES:
        mistakes.append(f"sources: expected at most {MAX_FILES} files, got {len(named_files)}")
    if mistakes:
        raise RecipeError("\n".join(mistakes))
    named_files.sort(key=lambda pair: (pair[0], pair[1].file_path))
    return [
        InputFile(number, name, file.file_path, file.url, file.size, file.version)
        for number, (name, file) in enumerate(named_files)
    ], warnings


def _folder_hint(pattern: str, error: Exception) -> str:
    """Return what to name in place of a folder; "" where the path is none."""
    is_folder = io.is_local(pattern) and io.local_path(pattern).is_dir()
    if not (is_folder and isinstance(error, FileNotFoundError)):
        return ""
    return f", which is a folder: name its files, such as {io.join(pattern, '*')}"


def _lists_missing(name: str, source: Source) -> Iterator[str]:
    """Yield mistakes of a source's lists of URLs and indexes."""
    for key in ("urls", "index"):
        for pattern in getattr(source, key):
            try:
                files = io.find(pattern)
            except (OSError, ValueError, ImportError) as error:
                yield f"sources.{name}.{key}: {error_text(error)}"
            else:
                yield from (f"sources.{name}.{key}: {wrong}" for wrong in file_mistakes(files))


def _files_of(pattern: str, source: Source, seed: int) -> list[io.FileInfo]:
    """Return the files of a source's path: the file itself, the pattern's, the list's.

    Raises FileNotFoundError if there are none.
    """
    if source.kind in ARCHIVES and is_path_list(pattern):
        files = sorted(
            listed
            for list_url in _lists_of(pattern)
            for listed in listed_files(list_url, source.share, seed)
        )
        if not files:
            raise FileNotFoundError(f"no file of {pattern} is in the share of {source.share}")
        return files
    return io.find(_below(pattern) if source.kind == "html" else pattern)


def _lists_of(pattern: str) -> list[str]:
    return [pattern] if is_web(pattern) else [file.url for file in io.find(pattern)]


def _below(pattern: str) -> str:
    """Return the pattern of all HTML files below, if the path is a folder."""
    folder = io.is_local(pattern) and io.local_path(pattern).is_dir()
    return io.join(pattern, "**", "*.*htm*") if folder or pattern.endswith("/") else pattern


def split(files: Iterable[InputFile], recipe: Recipe) -> dict[str, list[Range]]:
    """Return the units of reading by name: ranges of large files, small files packed.

    Depends on the inputs and the recipe only, so that a resumed run finds its receipts. A unit
    holds ranges of one source; a file that is cut shares its units with no other. Sources with
    an index are left out: see `split_indexed`.
    """
    files = [file for file in files if not recipe.sources[file.source].index]
    size = _split_size([file.size for file in files], recipe.extract.split_bytes)
    units: list[list[Range]] = []
    pack_: list[Range] = []
    packed = 0
    for file in files:
        cuttable = _is_cuttable(recipe.sources[file.source].kind, file.file_path)
        full = packed + file.size > size or len(pack_) >= FILES_A_UNIT
        if pack_ and (full or pack_[-1].file.source != file.source):
            units.append(pack_)
            pack_, packed = [], 0
        if cuttable and file.size > size:
            if pack_:
                units.append(pack_)
                pack_, packed = [], 0
            even = -(-file.size // -(-file.size // size) // blocks.BLOCK) * blocks.BLOCK
            units.extend(
                [Range(file, start, min(start + even, file.size))]
                for start in range(0, file.size, even)
            )
        else:
            pack_.append(Range(file, 0, file.size))
            packed += file.size
    if pack_:
        units.append(pack_)
    return {f"{number:06d}": unit for number, unit in enumerate(units)}


def _split_size(sizes: Sequence[int], least: int) -> int:
    """Return the maximum bytes of a unit, so that there are no more than MAX_SPLITS.

    With more files than that there are more units, if the files are too large to be packed.
    """
    size = least
    while size < max(sizes, default=0):
        if sum(-(-file_size // size) for file_size in sizes) <= MAX_SPLITS:
            break
        size += -(-size // 8 // blocks.BLOCK) * blocks.BLOCK
    return size


def split_indexed(
    files: Iterable[InputFile], recipe: Recipe, wanted: Mapping[int, Sequence[tuple[int, int]]]
) -> dict[str, list[Range]]:
    """Return the units of reading single records, by name.

    Args:
        wanted: file number -> (offset, length) of the records to read of it, in order.
    A unit reads of one source about as many bytes as a split has; a file of which nothing is
    wanted is in a unit too, so that it is reported, and not opened.
    """
    size, packed, last = recipe.extract.split_bytes, 0, None
    units: list[list[Range]] = []
    for file in files:
        for places in _bounded(wanted.get(file.number, ()), size):
            if last != file.source or packed >= size:
                units.append([])
                packed, last = 0, file.source
            units[-1].append(Range(file, 0, file.size, only=places))
            packed += sum(length for _, length in places) + 256  # for its line in the payload
    return {f"i{number:06d}": unit for number, unit in enumerate(units)}


def _bounded(spans: Sequence[tuple[int, int]], size: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """Yield (offset, length) pairs in groups of about `size` bytes; one empty group if none."""
    part: list[tuple[int, int]] = []
    packed = 0
    for span in spans:
        if packed >= size:
            yield tuple(part)
            part, packed = [], 0
        part.append(span)
        packed += span[1]
    yield tuple(part)


def _is_cuttable(kind: str, name: str) -> bool:
    """Return whether byte ranges of a file can be read independently."""
    return kind in (*ARCHIVES, "parquet") or (kind == "mediawiki" and name.endswith(".bz2"))


def ranges_to_json(ranges: Iterable[Range]) -> str:
    """Return ranges as one line of JSON."""
    return json.dumps([asdict(range_) for range_ in ranges])


def ranges_from_json(line: str) -> list[Range]:
    """Undo `ranges_to_json`."""
    ranges = json.loads(line)
    return [
        Range(
            **{
                **item,
                "file": InputFile(**item["file"]),
                "only": None if item["only"] is None else tuple(map(tuple, item["only"])),
            }
        )
        for item in ranges
    ]
