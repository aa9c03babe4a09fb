"""Checks of a recipe's inputs, folders and free space before anything is read or written.

Input: a validated recipe, its files, OUT and WORK. Output: a line for each mistake, with its key.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence

from curate.decontaminate.items import check_lines
from curate.recipe import Recipe, RecipeError
from curate.recipe.benchmarks import benchmark_files
from curate.sources.files import InputFile
from curate.sources.run_files import run_file_mistakes
from curate.store import io
from curate.store.file_checks import error_text
from curate.store.urls import bare

# OUT's largest share of the space of a run: shards, duplicates, ledger, samples.
OUT_SHARE = 0.4
CHUNK = 1 << 20


def input_mistakes(
    recipe: Recipe, files: Sequence[InputFile], out: str, work: str, size: int
) -> Iterator[str]:
    """Yield a line for each mistake.

    Args:
        size: estimated bytes of OUT and WORK together.
    """
    yield from run_file_mistakes(recipe, files, out, work)
    yield from _language_model(recipe)
    yield from _benchmark_lines(recipe)
    yield from _disk_of_out(out, work, size)


def _language_model(recipe: Recipe) -> Iterator[str]:
    """Yield mistakes of the language model's file, which is loaded only in workers."""
    settings = recipe.language
    if settings is None or settings.model is None:
        return
    try:
        with io.open_read(settings.model) as file:
            digest = hashlib.sha256()
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    except (OSError, ValueError) as error:
        yield f"language.model: {error_text(error)}"
        return
    if digest.hexdigest() != settings.sha256:
        yield (
            f"language.sha256: expected {settings.sha256}, as the recipe has it, got "
            f"{digest.hexdigest()} of {bare(settings.model)}"
        )


def _benchmark_lines(recipe: Recipe) -> Iterator[str]:
    if recipe.decontaminate is None:
        return
    try:
        files = benchmark_files(recipe.decontaminate)
    except RecipeError:  # reported where the files are listed
        return
    for file in files:
        try:
            check_lines(file.file.url, file.file.size)
        except (OSError, ValueError) as error:
            yield f"decontaminate.benchmarks: {bare(file.file.url)}: {error_text(error)}"


def _disk_of_out(out: str, work: str, size: int) -> Iterator[str]:
    """Yield whether OUT's disk lacks space, where it is another one than WORK's."""
    free = io.free_bytes(out)
    if free is None or (io.is_local(work) and _device(out) == _device(work)):
        return
    wanted = int(OUT_SHARE * size)
    if free < wanted:
        yield f"disk: expected {wanted:,} bytes free for output.path, {out}, got {free:,}"


def _device(url: str) -> int:
    path = io.local_path(url).absolute()
    while not path.exists():
        path = path.parent
    return os.stat(path).st_dev  # noqa: PTH116 - a number
