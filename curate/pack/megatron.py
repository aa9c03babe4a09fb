"""Megatron's format: a pair of files per shard, tokens (.bin) and an index of documents (.idx)."""

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from curate.pack.job import File, Job, documents, file_of, pack_each, target, write_tokens
from curate.store import io

MAGIC = b"MMIDIDX\x00\x00"
CODES = {"uint16": 8, "int32": 4}  # Megatron's codes of token types


def pack_all(job: Job, manifest: Mapping[str, Any], workers: int | None) -> list[File]:
    """Pack all shards independently."""
    return [file for pair in pack_each(pack_shard, job, manifest, workers) for file in pair]


def pack_shard(job: Job, file: str) -> tuple[File, File]:
    """Pack one shard into a pair of files."""
    lengths: list[int] = []
    names = target(file, ".bin"), target(file, ".idx")
    with (
        io.staged(io.join(job.to, names[0])) as path,
        io.staged(io.join(job.to, names[1])) as index_path,
    ):
        with path.open("wb") as sink:
            for stream in documents(job, file):
                ends = [*stream.starts[1:].tolist(), len(stream.tokens)]
                lengths += (np.array(ends) - stream.starts).tolist()
                write_tokens(sink, stream.tokens, job.dtype)
        index_path.write_bytes(index(lengths, job.dtype))
        counts = {"documents": len(lengths), "tokens": sum(lengths)}
        return file_of(path, names[0], **counts), file_of(index_path, names[1], **counts)


def index(lengths: Sequence[int], dtype: str) -> bytes:
    """Return Megatron's .idx of documents of these lengths, each of one sequence."""
    count = len(lengths)
    sizes = np.array(lengths, "<i8")
    pointers = (np.cumsum(sizes) - sizes) * np.dtype(dtype).itemsize
    head = MAGIC + struct.pack("<QBQQ", 1, CODES[dtype], count, count + 1)
    arrays = sizes.astype("<i4"), pointers.astype("<i8"), np.arange(count + 1, dtype="<i8")
    return head + b"".join(array.tobytes() for array in arrays)
