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
        shards = [shard for shard in manifest["shards"] if f"/{split}/" in f"/{shard['file']}"]
        if not shards:
            continue
        sizes = [
            shard["tokens"] + shard["rows"] for shard in shards
        ]  # one end-of-text token per row
        offsets = np.cumsum([0, *sizes]).tolist()
        with io.staged(io.join(job.to, f"{name}.bin")) as path:
            with path.open("wb") as file:
                file.truncate(offsets[-1] * np.dtype(job.dtype).itemsize)
            parts = [
                (shard["file"], str(path), offset, size)
                for shard, offset, size in zip(shards, offsets, sizes, strict=False)
            ]
            for _ in parallel.map_files(partial(pack_part, job), parts, workers):
                pass
            count = sum(shard["rows"] for shard in shards)
            files.append(file_of(path, f"{name}.bin", documents=count, tokens=offsets[-1]))
    return files


def pack_part(job: Job, part: tuple[str, str, int, int]) -> None:
    """Write a shard's tokens at their offset in a file.

    Raises ValueError if their number differs from the manifest: it is another tokenizer.
    """
    shard, path, offset, size = part
    with Path(path).open("rb+") as file:
        file.seek(offset * np.dtype(job.dtype).itemsize)
        written = 0
        for stream in documents(job, shard):
            written += len(stream.tokens)
            if written <= size:
                write_tokens(file, stream.tokens, job.dtype)
    if written != size:
        raise ValueError(
            f"pack: expected {size} tokens in {shard}, got {written}: "
            "is it the tokenizer of the manifest?"
        )
