"""nanoGPT's format: one file per split, all tokens concatenated."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from curate.engine import processes as parallel
from curate.pack.job import File, Job, documents, file_of, write_tokens
from curate.store import io

NAMES = {"train": "train", "validation": "val"}  # nanoGPT's


def pack_all(job: Job, manifest: Mapping[str, Any], workers: int | None) -> list[File]:
    """Write one file per split; each shard's offset follows from the counts of the manifest."""
    files = []
    for split, name in NAMES.items():
        own = [one for one in manifest["shards"] if f"/{split}/" in f"/{one['file']}"]
        if not own:
            continue
        sizes = [one["tokens"] + one["rows"] for one in own]  # one end-of-text token per row
        places = np.cumsum([0, *sizes]).tolist()
        with io.staged(io.join(job.to, f"{name}.bin")) as path:
            with path.open("wb") as file:
                file.truncate(places[-1] * np.dtype(job.dtype).itemsize)
            parts = [
                (one["file"], str(path), place, size)
                for one, place, size in zip(own, places, sizes, strict=False)
            ]
            for _ in parallel.each(partial(pack_part, job), parts, workers):
                pass
            count = sum(one["rows"] for one in own)
            files.append(file_of(path, f"{name}.bin", documents=count, tokens=places[-1]))
    return files


def pack_part(job: Job, part: tuple[str, str, int, int]) -> None:
    """Write a shard's tokens at their offset in a file.

    Raises ValueError if their number differs from the manifest: it is another tokenizer.
    """
    shard, path, place, size = part
    with Path(path).open("rb+") as file:
        file.seek(place * np.dtype(job.dtype).itemsize)
        written = 0
        for several in documents(job, shard):
            written += len(several.tokens)
            if written <= size:
                write_tokens(file, several.tokens, job.dtype)
    if written != size:
        raise ValueError(
            f"pack: expected {size} tokens in {shard}, got {written}: "
            "is it the tokenizer of the manifest?"
        )
