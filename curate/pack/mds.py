"""MosaicML's format MDS: shards of sequences and an index.json for each split.

A file is: uint32 count; uint32 offsets of the count + 1 bounds of samples, from the file's start;
the shard's settings as JSON; the samples. A sample is a uint32 length of each column without a
fixed size, then the columns' bytes, in the order of the columns' names. Numbers are little-endian.

Source: the format's own writer and reader, mosaicml-streaming 0.13 (streaming/base/format/mds).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from curate.pack.job import File, Job, pack_each, packed, target
from curate.pack.sequences import Packed, Packer, Stream
from curate.store import io

MOST_BYTES = 64 << 20  # of a file, as the format's own writer; a trainer downloads whole files


class _Written(NamedTuple):
    """A file, and its entry of the index."""

    file: File
    entry: dict[str, Any]


def pack_all(job: Job, manifest: Mapping[str, Any], workers: int | None) -> list[File]:
    """Pack all shards independently, then write an index for each split."""
    files: list[File] = []
    entries: dict[str, list[dict[str, Any]]] = {}
    for shards_ in pack_each(pack_shard, job, manifest, workers):
        for shard in shards_:
            files.append(shard.file)
            entries.setdefault(shard.file.file.partition("/")[0], []).append(shard.entry)
    for split, shards in entries.items():
        data = json.dumps({"version": 2, "shards": shards}, sort_keys=True).encode()
        files.append(_write(job, f"{split}/index.json", data))
    return files


def pack_shard(job: Job, file: str) -> list[_Written]:
    """Pack one shard into files of at most MOST_BYTES, if a sequence has fewer."""
    split = file.split("/")[-2]
    packer = Packer(job.length)
    written: list[_Written] = []
    samples: list[bytes] = []
    documents = tokens = size = 0

    def close() -> None:
        nonlocal samples, documents, tokens, size
        name = target(file, f".{len(written):05d}.mds")
        counts = {"documents": documents, "tokens": tokens, "sequences": len(samples)}
        written.append(_shard(job, f"{split}/{name}", samples, counts))
        samples, documents, tokens, size = [], 0, 0, 0

    for group in packed(job, file, packer):
        if isinstance(group, Stream):
            documents, tokens = documents + len(group.ids), tokens + len(group.tokens)
            continue
        for sample in encoded(group):
            if samples and size + len(sample) + 4 > MOST_BYTES:
                close()
            samples.append(sample)
            size += len(sample) + 4
    if samples or documents:
        close()
    return written


def encoded(sequences: Packed) -> Iterator[bytes]:
    """Yield each sequence as a sample."""
    tokens = np.ascontiguousarray(sequences.tokens, "<i4")
    bounds = sequences.offsets.tolist()
    for number, (begin, end) in enumerate(pairwise(bounds)):
        ids = json.dumps(sequences.ids[begin:end]).encode()
        starts = _array(sequences.starts[begin:end].astype("<i4"))
        sizes = np.array([len(ids), len(starts)], "<u4").tobytes()
        continues = np.array(sequences.continues[number], "<i8").tobytes()
        yield b"".join((sizes, continues, ids, starts, tokens[number].tobytes()))


def _array(values: Any) -> bytes:
    """Return a vector of any length: one axis, the width of its length, the length, the values."""
    kind = next(kind for kind in range(4) if len(values) < 1 << (8 << kind))
    head = bytes([1 << 2 | kind]) + np.array(len(values), f"<u{1 << kind}").tobytes()
    return head + bytes(values.tobytes())


def _settings(job: Job) -> dict[str, Any]:
    size = 4 * job.length
    return {
        "version": 2,
        "format": "mds",
        "compression": None,
        "hashes": ["sha256"],
        "size_limit": MOST_BYTES,
        "column_names": ["continues", "ids", "starts", "tokens"],
        "column_encodings": ["int", "json", "ndarray:int32", f"ndarray:int32:{job.length}"],
        "column_sizes": [8, None, None, size],
    }


def _shard(job: Job, name: str, samples: list[bytes], counts: dict[str, int]) -> _Written:
    settings = _settings(job)
    config = json.dumps(settings, sort_keys=True).encode()
    first = 4 * (len(samples) + 2) + len(config)
    offsets = np.cumsum([first, *map(len, samples)]).astype("<u4")
    head = np.array(len(samples), "<u4").tobytes() + offsets.tobytes() + config
    file = _write(job, name, head + b"".join(samples), **counts)
    data = {
        "basename": name.partition("/")[2],
        "bytes": file.bytes,
        "hashes": {"sha256": file.sha256},
    }
    return _Written(file, {**settings, "samples": len(samples), "raw_data": data, "zip_data": None})


def _write(
    job: Job, name: str, data: bytes, *, documents: int = 0, tokens: int = 0,
    sequences: int | None = None,
) -> File:  # fmt: skip
    io.write_bytes(io.join(job.to, *name.split("/")), data)
    sha256 = hashlib.sha256(data).hexdigest()
    return File(name, len(data), sha256, documents, tokens, sequences)
