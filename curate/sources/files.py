"""A recipe's sources to files, and files to the byte ranges that tasks read.

Enters: a recipe. Leaves: its files in the order of their keys, and units of work that depend on
nothing but the inputs and the recipe.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from curate import io
from curate.keys import MAX_FILES
from curate.recipe import Recipe, RecipeError

MAX_SPLITS = 100_000  # a driver holds one receipt each


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
    """Bytes [start, stop) of one file; its records are those that start there."""

    file: InputFile
    start: int
    stop: int
    begin: int | None = None  # where a record is known to start, if not to be looked for


def inventory(recipe: Recipe) -> tuple[list[InputFile], list[str]]:
    """Return the files of all sources in (source, file_path) order, and warnings.

    A URL listed twice is used once. Raises RecipeError, one line a mistake: a path that names
    no file, or two URLs with one file_path in one source.
    """
    mistakes: list[str] = []
    warnings: list[str] = []
    found: list[tuple[str, io.Found]] = []
    for name, source in recipe.sources.items():
        seen: dict[str, io.Found] = {}
        for pattern in source.path:
            try:
                files = io.find(pattern)
            except FileNotFoundError as error:
                mistakes.append(f"sources.{name}.path: {error}")
                continue
            for file in files:
                other = seen.get(file.file_path)
                if other is None:
                    seen[file.file_path] = file
                elif other.url == file.url:
                    warnings.append(f"sources.{name}.path: {file.url} is listed twice, used once")
                else:
                    mistakes.append(
                        f"sources.{name}.path: expected one file for each name below its root, "
                        f"got {other.url} and {file.url}, both {file.file_path}"
                    )
        found.extend((name, file) for file in seen.values())
    if len(found) > MAX_FILES:
        mistakes.append(f"sources: expected at most {MAX_FILES} files, got {len(found)}")
    if mistakes:
        raise RecipeError("\n".join(mistakes))
    found.sort(key=lambda pair: (pair[0], pair[1].file_path))
    return [
        InputFile(number, name, file.file_path, file.url, file.size, file.version)
        for number, (name, file) in enumerate(found)
    ], warnings


def split(files: Iterable[InputFile], recipe: Recipe) -> dict[str, list[Range]]:
    """Return the units of reading by name: ranges of large files, small files packed.

    Depends on the inputs and the recipe only, so that a resumed run finds its receipts. A unit
    holds ranges of one source; a file that is cut shares its units with no other.
    """
    files = list(files)
    blocks = -(-sum(file.size for file in files) // MAX_SPLITS // io.BLOCK)
    size = max(recipe.extract.split_bytes, blocks * io.BLOCK)
    units: list[list[Range]] = []
    pack_: list[Range] = []
    packed = 0
    for file in files:
        cuttable = _is_cuttable(recipe.sources[file.source].kind, file.file_path)
        if pack_ and (pack_[-1].file.source != file.source or packed + file.size > size):
            units.append(pack_)
            pack_, packed = [], 0
        if cuttable and file.size > size:
            if pack_:
                units.append(pack_)
                pack_, packed = [], 0
            units.extend(
                [Range(file, start, min(start + size, file.size))]
                for start in range(0, file.size, size)
            )
        else:
            pack_.append(Range(file, 0, file.size))
            packed += file.size
    if pack_:
        units.append(pack_)
    return {f"{number:06d}": unit for number, unit in enumerate(units)}


def _is_cuttable(kind: str, name: str) -> bool:
    """Return whether a range of a file's bytes can be read alone."""
    return kind in ("warc", "wet", "parquet") or (kind == "mediawiki" and name.endswith(".bz2"))


def ranges_to_json(ranges: Iterable[Range]) -> str:
    """Return ranges as one line."""
    return json.dumps([asdict(one) for one in ranges])


def ranges_from_json(line: str) -> list[Range]:
    """Undo `ranges_to_json`."""
    ranges = json.loads(line)
    return [Range(**{**one, "file": InputFile(**one["file"])}) for one in ranges]
