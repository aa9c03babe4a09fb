"""Shared by all pack formats: the job, tokenising a shard's documents, entries of pack.json."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from curate.engine import processes as parallel
from curate.pack.sequences import Packed, Packer, Stream, stream
from curate.store import io
from curate.store.parquet import open_parquet
from curate.text import tokenizers as tokens

BATCH_ROWS = 256
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class File:
    """One file of a pack. `tokens` includes end-of-text tokens; `left_out` are in no sequence."""

    file: str
    bytes: int
    sha256: str
    documents: int
    tokens: int
    sequences: int | None = None
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Settings shared by all shards."""

    out: str
    to: str
    tokenizer: tokens.TokenizerSettings
    length: int
    dtype: str


def documents(job: Job, file: str) -> Iterator[Stream]:
    """Yield a shard's documents as tokens, in batches."""
    loaded = tokens.load(job.tokenizer)
    with open_parquet(io.join(job.out, file)) as raw:
        batches = pq.ParquetFile(raw).iter_batches(BATCH_ROWS, columns=["id", "text"])
        for batch in batches:
            texts: list[Any] = batch["text"].to_pylist()
            ids: list[Any] = batch["id"].to_pylist()
            yield stream(ids, [loaded.encode(text) for text in texts], cast(int, loaded.eot))


def packed(job: Job, file: str, packer: Packer) -> Iterator[Stream | Packed]:
    """Yield each stream of a shard, and after it the sequences that it completes, if any."""
    for chunk in documents(job, file):
        yield chunk
        complete = packer.add(chunk)
        if len(complete.tokens):
            yield complete


def target(file: str, extension: str) -> str:
    """Return a shard's name in a pack: `corpus/train/x.parquet` is x with another ending."""
    return Path(file).stem + extension


def shard_files(manifest: Mapping[str, Any]) -> list[str]:
    """Return the shards' files, in their order."""
    return [shard["file"] for shard in manifest["shards"]]


def pack_each(
    pack_shard: Callable[[Job, str], T], job: Job, manifest: Mapping[str, Any], workers: int | None
) -> list[T]:
    """Return what a function makes of each shard, in their order; shards are independent."""
    return list(parallel.map_files(partial(pack_shard, job), shard_files(manifest), workers))


def file_of(path: Path, name: str, **counts: int) -> File:
    """Return the entry of pack.json for a file that is written."""
    return File(file=name, bytes=path.stat().st_size, sha256=io.sha256(path), **counts)


def write_tokens(file: IO[bytes], numbers: npt.NDArray[np.int64], dtype: str) -> None:
    """Append tokens as numbers of a type, little-endian."""
    file.write(numbers.astype(np.dtype(dtype).newbyteorder("<")).tobytes())
