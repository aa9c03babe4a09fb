"""Rewrite shards without some rows: which rows are removed, and the new shards.

A row goes if its record is named, or if its text is that of a row that goes for its record. All
copies (epochs) of a row have its text and its record, so they go with it, and the order of the
rows that are left is the order they had.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curate.store import io, schema
from curate.store.keys import text_hash
from curate.store.parquet import open_parquet
from curate.store.shard_writer import ShardWriter
from curate.takedown.tombstones import Kind, Tombstones

BATCH_ROWS = 1024


@dataclass(frozen=True, slots=True)
class Named:
    """What a shard has of the records that are named: their ids, and the hashes of their texts.

    `by` are the tombstones that name some.
    """

    ids: frozenset[str]
    texts: frozenset[bytes]
    by: frozenset[tuple[Kind, bytes]]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """One shard without some rows, as a manifest lists it, and what was removed."""

    was: str  # file of the shard before
    shard: dict[str, Any]
    rows: int = 0
    tokens: int = 0
    documents: int = 0  # removed rows that were the first piece of the first copy
    ids: tuple[str, ...] = ()
    sources: dict[str, list[int]] = field(default_factory=dict)  # rows and tokens removed

    def to_json(self) -> str:
        """Return it as one line."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(line: bytes) -> "Rewritten":
        """Undo `to_json`."""
        fields = json.loads(line)
        return Rewritten(**{**fields, "ids": tuple(fields["ids"])})


def find_named(file: str, *, out: str, tombstones: Tombstones) -> Named:
    """Return the ids and text hashes of a shard's rows whose record or text is named."""
    ids: set[str] = set()
    texts: set[bytes] = set()
    by: set[tuple[Kind, bytes]] = set()
    with open_parquet(io.join(out, file)) as opened:
        parquet = pq.ParquetFile(opened)
        for group in range(parquet.num_row_groups):
            rows = parquet.read_row_group(group, ["id", "url"])
            pairs = zip(rows["id"].to_pylist(), rows["url"].to_pylist(), strict=True)
            named = [tombstones.name(*pair) for pair in pairs]
            if not (tombstones.has_texts() or any(named)):
                continue
            read: list[Any] = parquet.read_row_group(group, ["text"])["text"].to_pylist()
            for row, text in enumerate(read):
                if not (named[row] or tombstones.has_texts()):
                    continue
                hashed = text_hash(text)
                if named[row] or tombstones.hold(hashed):
                    ids.add(rows["id"][row].as_py())
                    texts.add(hashed)
                    by |= tombstones.among(
                        rows["id"][row].as_py(), rows["url"][row].as_py(), hashed
                    )
    return Named(frozenset(ids), frozenset(texts), frozenset(by))


def rows_to_remove(batch: pa.RecordBatch, tombstones: Tombstones) -> list[bool]:
    """Return for each row of a shard whether its record is named, or its text."""
    columns = (batch[name].to_pylist() for name in ("id", "url", "text"))
    return [
        tombstones.name(id_, url) or (tombstones.has_texts() and tombstones.hold(text_hash(text)))
        for id_, url, text in zip(*columns, strict=True)
    ]


def rewrite(file: str, *, out: str, name: str, tombstones: Tombstones) -> Rewritten | None:
    """Write a shard under a new name without the rows that go; None if none does.

    Args:
        file: the shard's, below OUT. name: the new one's.
    """
    counts = {"rows": 0, "tokens": 0, "documents": 0}
    ids: set[str] = set()
    sources: dict[str, Counter[str]] = {}

    url = io.join(out, file)
    masks = [rows_to_remove(batch, tombstones) for batch in _batches(url, ["id", "url", "text"])]
    if not any(map(any, masks)):
        return None

    def remaining_rows() -> Iterator[pa.RecordBatch]:
        for batch, mask in zip(_batches(url), masks, strict=True):
            if any(mask):
                _note(batch.filter(pa.array(mask)), counts, ids, sources)
            yield batch.filter(pa.array([not is_removed for is_removed in mask]))

    with io.staged(io.join(out, name)) as path, path.open("wb") as sink:
        with ShardWriter(sink, _schema(url)) as writer:
            for batch in remaining_rows():
                writer.write(batch)
        done = writer.close()
    shard = {
        "file": name, "rows": done.rows, "bytes": done.bytes, "text_bytes": done.text_bytes,
        "tokens": done.tokens, "sha256": done.sha256,
    }  # fmt: skip
    went = {
        source: [counter["rows"], counter["tokens"]] for source, counter in sorted(sources.items())
    }
    return Rewritten(file, shard, **counts, ids=tuple(sorted(ids)), sources=went)


def _note(
    rows: pa.RecordBatch, counts: dict[str, int], ids: set[str], sources: dict[str, Counter[str]]
) -> None:
    names = ("id", "piece", "epoch", "source", "token_count")
    for id_, piece, epoch, source, tokens in zip(
        *(rows[name].to_pylist() for name in names), strict=True
    ):
        ids.add(id_)
        counts["rows"] += 1
        counts["tokens"] += tokens
        counts["documents"] += piece == 0 and epoch == 0
        sources.setdefault(source, Counter()).update(rows=1, tokens=tokens)


def _schema(url: str) -> pa.Schema:
    with open_parquet(url) as file:
        columns: pa.Schema = pq.read_schema(file)
    return schema.CORPUS if columns.names == schema.CORPUS.names else columns.remove_metadata()


def _batches(url: str, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    with open_parquet(url) as file:
        yield from pq.ParquetFile(file).iter_batches(BATCH_ROWS, columns=columns)
