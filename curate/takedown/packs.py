"""What else holds the texts of a corpus: packs and WORK, as far as a run's folder names them."""

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
    packs = sorted({*places(out), to})
    try:
        io.write_bytes(io.join(out, LIST), (json.dumps(packs, indent=2) + "\n").encode())
    except OSError:
        return


def places(out: str) -> list[str]:
    """Return where a corpus was packed to, as far as it was noted."""
    url = io.join(out, LIST)
    found: list[str] = json.loads(io.read_bytes(url)) if io.exists(url) else []
    return found


def holding(out: str, shards: Sequence[str]) -> list[dict[str, Any]]:
    """Return the packs that hold tokens of some shards: {pack, files}.

    A pack of which nothing is left is not named; one that cannot be read is, with no files.
    """
    stems = {_stem(file) for file in shards}
    found = []
    for place in places(out):
        try:
            about = json.loads(io.read_bytes(io.join(place, "pack.json")))
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            found.append({"pack": place, "files": []})
            continue
        names = [one["file"] for one in about["files"]]
        own = [name for name in names if about["format"] == "nanogpt" or _stem(name) in stems]
        if stems and own:
            found.append({"pack": place, "files": own})
    return found


def works(out: str) -> list[str]:
    """Return the folders of intermediate files that are there: in OUT, and where run.json says."""
    named = {io.join(out, "_work"), (find_report(out, "run") or {}).get("work")}
    found = []
    for place in sorted(filter(None, named)):
        with suppress(OSError):
            if io.list_folders(place) and is_ours(place, "work"):
                found.append(place)
    return found


def _stem(file: str) -> str:
    """Return what a shard and its packed form have in common.

    >>> _stem("corpus/train/train-00000-of-00001.v2.parquet"), _stem("train-00000-of-00001.bin")
    ('train-00000-of-00001', 'train-00000-of-00001')
    >>> _stem("train/train-00000-of-00001.00003.mds")
    'train-00000-of-00001'
    """
    return re.sub(r"(\.v\d+|\.\d{5})?\.\w+$", "", file.rpartition("/")[2])
