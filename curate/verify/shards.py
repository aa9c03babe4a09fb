"""Check each shard against the manifest, and the order and uniqueness of rows over all shards."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate.mix import prefix
from curate.store import file_blocks as blocks
from curate.store import io, schema
from curate.store.keys import SEPARATOR, corpus_key, hash64, seeded_hash
from curate.store.parquet import open_parquet
from curate.text import tokenizers as tokens

ORDERED = ("id", "piece", "epoch")
# The columns of shards written by version 0.1.0.
OF_0_1_0 = schema.CORPUS.remove(schema.CORPUS.get_field_index("title"))
Copies = Mapping[tuple[str, int], int]  # (id, piece) of rows that occur several times -> how often


@dataclass(slots=True)
class Shard:
    """Counts of one shard, and its deviations."""

    file: str
    keys: npt.NDArray[np.uint64]  # hashes of the corpus keys
    first: int = 0  # shuffle hashes
    last: int = 0
    documents: int = 0  # rows that are the first piece of the first copy
    sources: dict[str, list[int]] = field(default_factory=dict)  # rows, tokens
    mistakes: list[str] = field(default_factory=list)


def repeated(out: str, file: str) -> dict[tuple[str, int], int]:
    """Return how often rows occur in the corpus, if several times, from one shard's epochs."""
    copies: dict[tuple[str, int], int] = {}
    try:
        with open_parquet(io.join(out, file)) as raw:
            table = pq.read_table(raw, columns=list(ORDERED), filters=[("epoch", ">", 0)])
    except (pa.ArrowException, OSError):
        return {}  # reported by check_shard
    for id_, piece, epoch in zip(*(table[name].to_pylist() for name in ORDERED), strict=True):
        copies[id_, piece] = max(epoch + 1, copies.get((id_, piece), 1))
    return copies


def check_shard(
    out: str,
    entry: Mapping[str, Any],
    *,
    seed: int,
    copies: Copies,
    tokenizer: tokens.TokenizerSettings | None = None,
) -> Shard:
    """Return the counts of a shard and its deviations from the manifest."""
    file = entry["file"]
    shard = Shard(file, np.empty(0, np.uint64))
    url = io.join(out, file)
    size, sha256 = digest_of(url)
    _add_differences(shard, entry, {"bytes": size, "sha256": sha256})
    try:
        _read(shard, url, entry, seed, copies, tokenizer)
    except (pa.ArrowException, OSError) as error:
        shard.mistakes.append(f"{file}: expected Parquet, got {error}")
    return shard


def _add_differences(shard: Shard, entry: Mapping[str, Any], got: Mapping[str, object]) -> None:
    shard.mistakes += [
        f"{shard.file}: expected {name} {entry.get(name)}, got {value}"
        for name, value in got.items()
        if entry.get(name) != value
    ]


def digest_of(url: str) -> tuple[int, str]:
    """Return the bytes and the sha256 of a file."""
    size, hashed = 0, hashlib.sha256()
    with io.open_read(url) as file:
        while block := file.read(blocks.BLOCK):
            size += len(block)
            hashed.update(block)
    return size, hashed.hexdigest()


def _read(  # noqa: PLR0917 - has one caller, above
    shard: Shard,
    url: str,
    entry: Mapping[str, Any],
    seed: int,
    copies: Copies,
    tokenizer: tokens.TokenizerSettings | None,
) -> None:
    counter = tokens.load(tokenizer) if tokenizer else None
    validation = entry["file"].startswith("corpus/validation/")
    sums = {"rows": 0, "tokens": 0, "text_bytes": 0}
    keys: list[int] = []
    before = -1
    with open_parquet(url) as raw:
        parquet = pq.ParquetFile(raw)
        if not _is_corpus(parquet.schema_arrow.remove_metadata()):
            shard.mistakes.append(f"{shard.file}: expected the columns of `curate schema corpus`")
            return
        for batch in parquet.iter_batches(1024):
            names = (*ORDERED, "source", "token_count")
            rows: list[list[Any]] = [batch[name].to_pylist() for name in names]
            sums["rows"] += batch.num_rows
            sums["tokens"] += sum(rows[-1])
            texts: Any = batch["text"]
            sums["text_bytes"] += pc.sum(pc.binary_length(texts)).as_py() or 0
            for id_, piece, epoch, source, count in zip(*rows, strict=True):
                keys.append(hash64(corpus_key(id_, piece, epoch)))
                shard.documents += piece == 0 and epoch == 0
                counts = shard.sources.setdefault(source, [0, 0])
                counts[0], counts[1] = counts[0] + 1, counts[1] + count
                position = _order(id_, piece, epoch, copies, seed, validation=validation)
                if position < before:
                    shard.mistakes.append(f"{shard.file}: {id_} is before its place")
                before = position
                if len(keys) == 1:
                    shard.first = position
            if counter and counter.count(texts.to_pylist()) != rows[-1]:
                shard.mistakes.append(
                    f"{shard.file}: token_count is not what {counter.name} counts"
                )
                counter = None  # reported once per shard
    shard.last, shard.keys = before, np.array(keys, np.uint64)
    _add_differences(shard, entry, sums)


def _is_corpus(columns: pa.Schema) -> bool:
    """Return whether columns are those of the shards, with or without some of a recipe's own."""
    recipe_columns = [field for field in columns if schema.is_own(field)]
    return pa.schema([field for field in columns if field not in recipe_columns]) in (
        schema.CORPUS,
        OF_0_1_0,
    )


def _order(id_: str, piece: int, epoch: int, copies: Copies, seed: int, *, validation: bool) -> int:
    hash_ = seeded_hash("shuffle", f"{id_}{SEPARATOR}{piece}" if piece else id_, seed)
    return hash_ if validation else prefix.order(hash_, epoch, copies.get((id_, piece), 1))


def check_together(shards: Sequence[Shard]) -> Iterator[str]:
    """Yield deviations between shards: their order, duplicate rows."""
    for before, after in pairwise(shards):
        same = before.file.split("/")[1] == after.file.split("/")[1]
        if same and len(before.keys) and len(after.keys) and after.first < before.last:
            yield f"{after.file}: its first row sorts before the last of {before.file}"
    keys = np.concatenate([np.empty(0, np.uint64), *(shard.keys for shard in shards)])
    twice = len(keys) - len(np.unique(keys))
    if twice:
        yield f"corpus: expected each (id, piece, epoch) once, got {twice} again"
