"""Check that no source reads files that this run writes or an earlier run wrote.

Input: a recipe's files, OUT and WORK. Output: a line for each source that reads such files: a
pattern that includes a run's folder would match shards, ledger and stages. To read a finished
corpus, name the folder: `OUT/corpus/train/*`.
"""

import json
import os
import re
from collections.abc import Iterator, Sequence

from curate.recipe import Recipe
from curate.sources.files import InputFile
from curate.store import io
from curate.store.urls import bare

MARKERS = ("_curate.json", "_commit.json")  # files that a run leaves in its folders
_MANIFEST_KEYS = {"schema_version", "shards"}
_OF_A_RUN = re.compile(r"/(?:corpus/(?:train|validation)|ledger|duplicates|samples|_work)/")
_MAX_ASKED = 16  # folders of a store in which a marker is looked for, one request each


def run_file_mistakes(
    recipe: Recipe, files: Sequence[InputFile], out: str, work: str
) -> Iterator[str]:
    """Yield a line for each source that reads files below OUT or WORK, or below an earlier run's.

    The files need not exist yet: a pattern that matches none now may match some on the next run.
    """
    folders = (("output.path", _real_folder(out)), ("output.work", _real_folder(work)))
    for name, source in recipe.sources.items():
        source_files = [file for file in files if file.source == name]
        reals = _real_files(source_files)
        if (mistake := _mistake_in_own_folders(reals, folders)) is None:
            mistake = _mistake_in_run_folder(
                reals, [_real_folder(io.root_of(path)) for path in source.path]
            )
        if mistake is not None:
            yield f"sources.{name}.path: {mistake}"


def _real_files(files: Sequence[InputFile]) -> dict[str, str]:
    """Return real path -> folder of each file, with local symbolic links resolved.

    Each folder is resolved once.
    """
    folders: dict[str, str] = {}
    result: dict[str, str] = {}
    for file in files:
        if not io.is_local(file.url):
            url = _real_folder(file.url)
            result[url] = url.rpartition("/")[0]
            continue
        path = str(io.local_path(file.url))
        folder, _, name = path.rpartition("/")
        if folder not in folders:
            folders[folder] = os.path.realpath(folder)
        real = os.path.realpath(path) if os.path.islink(path) else f"{folders[folder]}/{name}"  # noqa: PTH114
        result[real] = real.rpartition("/")[0]
    return result


def _real_folder(url: str) -> str:
    """Return the real path of a local folder; of another store its URL."""
    if io.is_local(url):
        return os.path.realpath(io.local_path(url))
    scheme, _, rest = bare(url).partition("://")
    return f"{scheme}://{rest.strip('/')}"  # some file systems write three slashes


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def _mistake_in_own_folders(
    files: dict[str, str], folders: Sequence[tuple[str, str]]
) -> str | None:
    for key, written in folders:
        below = [path for path in files if _is_below(path, written)]
        if below:
            return (
                f"expected files outside of {key} ({written}), where this run writes, "
                f"got {len(below)} below it, such as {below[0]}"
            )
    return None


def _mistake_in_run_folder(files: dict[str, str], roots: Sequence[str]) -> str | None:
    """Return the message about files of a run whose folder a pattern includes."""
    marked: dict[str, bool] = {}
    lookups = 0
    for path, folder in files.items():
        inside = [root for root in roots if _is_below(folder, root)]
        if not inside:  # named by a list, one by one
            continue
        top = max(inside, key=len)
        at = folder
        while _is_below(at, top):
            if at not in marked:
                marked[at] = False
                if "://" not in at:
                    marked[at] = _is_of_a_run(at)
                elif lookups < _MAX_ASKED and _OF_A_RUN.match(path.removeprefix(at)):
                    lookups += 1
                    marked[at] = _is_of_a_run(at)
            if marked[at]:
                return (
                    f"expected files not written by a run, got such as {path} of the run in {at}; "
                    "to read its corpus, name the folder: corpus/train/*.parquet"
                )
            at = at.rpartition("/")[0]
    return None


def _is_of_a_run(folder: str) -> bool:
    """Return whether a run left its marker in a folder, or the manifest of a finished one."""
    if any(io.exists(io.join(folder, name)) for name in MARKERS):
        return True
    manifest = io.join(folder, "manifest.json")
    try:
        if not io.exists(manifest):
            return False
        data = json.loads(io.read_bytes(manifest))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(data, dict) and set(data) >= _MANIFEST_KEYS
