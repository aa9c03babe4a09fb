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
    found: dict[tuple[str, int], int] = {}
    try:
        with open_parquet(io.join(out, file)) as raw:
            table = pq.read_table(raw, columns=list(ORDERED), filters=[("epoch", ">", 0)])
    except (pa.ArrowException, OSError):
        return {}  # reported by check_shard
    for id_, piece, epoch in zip(*(table[name].to_pylist() for name in ORDERED), strict=True):
        found[id_, piece] = max(epoch + 1, found.get((id_, piece), 1))
    return found


def check_shard(
    out: str,
    said: Mapping[str, Any],
    *,
    seed: int,
    copies: Copies,
    tokenizer: tokens.TokenizerSettings | None = None,
) -> Shard:
    """Return the counts of a shard and its deviations from the manifest."""
    file = said["file"]
    found = Shard(file, np.empty(0, np.uint64))
    url = io.join(out, file)
    size, sha256 = digest_of(url)
    _differ(found, said, {"bytes": size, "sha256": sha256})
    try:
        _read(found, url, said, seed, copies, tokenizer)
    except (pa.ArrowException, OSError) as error:
        found.mistakes.append(f"{file}: expected Parquet, got {error}")
    return found


def _differ(found: Shard, said: Mapping[str, Any], got: Mapping[str, object]) -> None:
    found.mistakes += [
        f"{found.file}: expected {name} {said.get(name)}, got {value}"
        for name, value in got.items()
        if said.get(name) != value
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
    found: Shard,
    url: str,
    said: Mapping[str, Any],
    seed: int,
    copies: Copies,
    tokenizer: tokens.TokenizerSettings | None,
) -> None:
    counter = tokens.load(tokenizer) if tokenizer else None
    validation = said["file"].startswith("corpus/validation/")
    sums = {"rows": 0, "tokens": 0, "text_bytes": 0}
    keys: list[int] = []
    before = -1
    with open_parquet(url) as raw:
        parquet = pq.ParquetFile(raw)
        if not _is_corpus(parquet.schema_arrow.remove_metadata()):
            found.mistakes.append(f"{found.file}: expected the columns of `curate schema corpus`")
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
                found.documents += piece == 0 and epoch == 0
                own = found.sources.setdefault(source, [0, 0])
                own[0], own[1] = own[0] + 1, own[1] + count
                here = _order(id_, piece, epoch, copies, seed, validation=validation)
                if here < before:
                    found.mistakes.append(f"{found.file}: {id_} stands before its place")
                before = here
                if len(keys) == 1:
                    found.first = here
            if counter and counter.count(texts.to_pylist()) != rows[-1]:
                found.mistakes.append(
                    f"{found.file}: token_count is not what {counter.name} counts"
                )
                counter = None  # reported once per shard
    found.last, found.keys = before, np.array(keys, np.uint64)
    _differ(found, said, sums)


def _is_corpus(columns: pa.Schema) -> bool:
    """Return whether columns are those of the shards, with or without some of a recipe's own."""
    own = [field for field in columns if schema.is_own(field)]
    return pa.schema([field for field in columns if field not in own]) in (schema.CORPUS, OF_0_1_0)


def _order(id_: str, piece: int, epoch: int, copies: Copies, seed: int, *, validation: bool) -> int:
    hash_ = seeded_hash("shuffle", f"{id_}{SEPARATOR}{piece}" if piece else id_, seed)
    return hash_ if validation else prefix.order(hash_, epoch, copies.get((id_, piece), 1))


def check_together(shards: Sequence[Shard]) -> Iterator[str]:
    """Yield deviations between shards: their order, duplicate rows."""
    for one, other in pairwise(shards):
        same = one.file.split("/")[1] == other.file.split("/")[1]
        if same and len(one.keys) and len(other.keys) and other.first < one.last:
            yield f"{other.file}: its first row stands before the last of {one.file}"
    keys = np.concatenate([np.empty(0, np.uint64), *(one.keys for one in shards)])
    twice = len(keys) - len(np.unique(keys))
    if twice:
        yield f"corpus: expected each (id, piece, epoch) once, got {twice} again"
