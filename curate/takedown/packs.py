"""Other copies of a corpus's texts: packs and WORK, if a run's folder names them."""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from curate.store import io
from curate.store.output import find_report
from curate.store.owner import is_ours

LIST = "packs.json"  # below OUT


def note(out: str, to: str) -> None:
    """Note in a run's folder where its corpus was packed to, unless it can only be read."""
    packs = sorted({*pack_folders(out), to})
    try:
        io.write_bytes(io.join(out, LIST), (json.dumps(packs, indent=2) + "\n").encode())
    except OSError:
        return


def pack_folders(out: str) -> list[str]:
    """Return where a corpus was packed to, as far as it was noted."""
    url = io.join(out, LIST)
    folders: list[str] = json.loads(io.read_bytes(url)) if io.exists(url) else []
    return folders


def packs_with(out: str, shards: Sequence[str]) -> list[dict[str, Any]]:
    """Return the packs that hold tokens of some shards: {pack, files}.

    A pack of which nothing is left is not named; one that cannot be read is, with no files.
    """
    stems = {_stem(file) for file in shards}
    packs = []
    for folder in pack_folders(out):
        try:
            about = json.loads(io.read_bytes(io.join(folder, "pack.json")))
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            packs.append({"pack": folder, "files": []})
            continue
        names = [entry["file"] for entry in about["files"]]
        names_with_shards = [
            name for name in names if about["format"] == "nanogpt" or _stem(name) in stems
        ]
        if stems and names_with_shards:
            packs.append({"pack": folder, "files": names_with_shards})
    return packs


def work_folders(out: str) -> list[str]:
    """Return the folders of intermediate files that are there: in OUT, and where run.json says."""
    named = {io.join(out, "_work"), (find_report(out, "run") or {}).get("work")}
    folders = []
    for folder in sorted(filter(None, named)):
        with suppress(OSError):
            if io.list_folders(folder) and is_ours(folder, "work"):
                folders.append(folder)
    return folders


def _stem(file: str) -> str:
    """Return what a shard and its packed form have in common.

    >>> _stem("corpus/train/train-00000-of-00001.v2.parquet"), _stem("train-00000-of-00001.bin")
    ('train-00000-of-00001', 'train-00000-of-00001')
    >>> _stem("train/train-00000-of-00001.00003.mds")
    'train-00000-of-00001'
    """
    return re.sub(r"(\.v\d+|\.\d{5})?\.\w+$", "", file.rpartition("/")[2])
