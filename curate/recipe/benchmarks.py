"""Inventory of a recipe's benchmark files, with unique names."""

import re
from dataclasses import dataclass

from curate.errors import RecipeError
from curate.recipe.decontaminate import Decontaminate
from curate.store import io
from curate.store.file_checks import error_text, file_mistakes
from curate.store.urls import bare

_KEY = "decontaminate.benchmarks"
_ENDINGS = re.compile(r"\.(jsonl|json|ndjson|parquet)(\.(gz|bz2|xz|zst))?$")


@dataclass(frozen=True, slots=True)
class BenchmarkFile:
    """One benchmark: its file, and the fields to use (None: all)."""

    name: str
    file: io.FileInfo
    fields: tuple[str, ...] | None


def benchmark_files(settings: Decontaminate) -> list[BenchmarkFile]:
    """Return the benchmarks of a recipe; the name is the path below the root without extensions.

    Raises RecipeError, one line for each mistake: a path that matches no file, or two files of one
    name.
    """
    mistakes: list[str] = []
    by_name: dict[str, BenchmarkFile] = {}
    for entry in settings.each():
        for pattern in entry.path:
            try:
                files = io.find(pattern)
            except (OSError, ValueError) as error:
                mistakes.append(f"{_KEY}: {error_text(error)}")
                continue
            mistakes += (f"{_KEY}: {mistake}" for mistake in file_mistakes(files))
            for file in files:
                name = _ENDINGS.sub("", file.file_path)
                other = by_name.setdefault(name, BenchmarkFile(name, file, entry.fields))
                if other.file.url != file.url:
                    mistakes.append(
                        f"{_KEY}: expected one file of each name, "
                        f"got {bare(other.file.url)} and {bare(file.url)}, both {name}"
                    )
    if mistakes:
        raise RecipeError("\n".join(mistakes))
    return [by_name[name] for name in sorted(by_name)]
