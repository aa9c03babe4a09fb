"""Partitions of the documents, and their tables on disk.

A partition is some parts of the documents: thousands of documents with consecutive keys. Results of
the rounds are in files that the partition lists; the task that writes one reports it in a receipt.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curate.dedup.clusters import MAX_LEADERS, MAX_LEVELS
from curate.dedup.distributed.rounds import REMOVAL, Ints, Table
from curate.dedup.minhash import MinHasher
from curate.store.commits import Receipt
from curate.store.documents import rows_of
from curate.store.parquet import as_written, open_parquet
from curate.store.tables import write_tables


@dataclass(frozen=True, slots=True)
class Partition:
    """Some parts of the documents, and the files of intermediate results about them.

    number: from 0; messages are addressed to it.
    parts: how to read each part, as JSON.
    low, high: its first and last key. size: bytes of the parts on disk.
    shift: is added to the keys in the parts (those of a finished run).
    index: ranks and signatures. members: MEMBER rows of shared buckets. overflow: MEMBER rows of
        what comes after the leaders of full ones.
    compared, similar: PAIR and EDGE rows whose second document is here.
    open_edges, settled: while removals are decided step by step. removals: REMOVAL rows so far.
    """

    number: int
    parts: tuple[str, ...]
    low: int
    high: int
    size: int
    shift: int = 0
    index: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    overflow: tuple[str, ...] = ()
    compared: tuple[str, ...] = ()
    similar: tuple[str, ...] = ()
    open_edges: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    removals: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Return it as one line."""
        return json.dumps(asdict(self), sort_keys=True)

    @staticmethod
    def from_json(line: str | bytes) -> "Partition":
        """Undo `to_json`."""
        data: dict[str, Any] = json.loads(line)
        fields: Any = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
        return Partition(**fields)

    def adding(self, files: Mapping[str, Iterable[str]]) -> "Partition":
        """Return the partition listing some more files, by what they hold."""
        lists: Any = {name: (*getattr(self, name), *urls) for name, urls in files.items()}
        return replace(self, **lists)

    def rows(self, keys: Ints, columns: Sequence[str]) -> pa.Table:
        """Return its documents with these keys (ascending): key and some columns, by key."""
        keys_in_parts = keys - self.shift
        tables = [rows_of(part, keys_in_parts, columns) for part in self.parts]
        rows = pa.concat_tables([table for table in tables if table.num_rows]).sort_by("key")
        at = rows.schema.get_field_index("key")
        return rows.set_column(at, "key", pa.array(rows["key"].to_numpy() + self.shift))


@dataclass(frozen=True, slots=True, eq=False)
class RoundSpec:
    """What all tasks of one round know.

    source: what members are read from: the index of all documents, the members of shared
        buckets, or the overflow of full ones.
    level: by how many further rows the overflow has been split.
    lows: int64[partitions], the first key of each.
    buckets: how many tasks share the buckets.
    """

    name: str
    folder: str
    hasher: MinHasher
    threshold: float
    lows: Ints
    buckets: int
    source: Literal["index", "members", "overflow"] = "index"
    max_leaders: int = MAX_LEADERS
    level: int = 0

    @property
    def levels(self) -> int:
        """Return how many further rows a full bucket can be split by."""
        return min(MAX_LEVELS, self.hasher.num_perm - self.hasher.rows)

    @property
    def next_level(self) -> int:
        """Return which row the overflow of this round is split by next."""
        return self.level + 1 if self.source == "overflow" else 0

    def partition_of(self, keys: Ints) -> Ints:
        """Return the number of each key's partition."""
        return np.searchsorted(self.lows, keys, side="right") - 1


def schema_of(dtype: "np.dtype[Any]") -> pa.Schema:
    """Return the columns of a table with named fields."""
    names = dtype.names or ()
    return pa.schema([pa.field(n, pa.from_numpy_dtype(dtype[n]), nullable=False) for n in names])


def batch_of(rows: Table) -> pa.RecordBatch:
    """Return a table with named fields as an Arrow batch."""
    arrays = [pa.array(np.ascontiguousarray(rows[name])) for name in rows.dtype.names or ()]
    return pa.RecordBatch.from_arrays(arrays, schema=schema_of(rows.dtype))


def read_table(
    urls: Iterable[str], dtype: "np.dtype[Any]", low: int | None = None, high: int | None = None
) -> Table:
    """Return the rows of some files, by key within [low, high] if these are given."""
    within: Any = None if low is None else [("key", ">=", low), ("key", "<=", high)]
    parts = [np.empty(0, dtype)]
    for url in urls:
        with open_parquet(url) as file, as_written(url):
            rows = pq.read_table(file, filters=within, page_checksum_verification=True)
        part = np.empty(rows.num_rows, dtype)
        for name in dtype.names or ():  # and no others, should the file have more
            part[name] = rows[name].to_numpy()
        parts.append(part)
    return np.concatenate(parts)


def removals_of(partition: Partition) -> Table:
    """Return REMOVAL rows of the partition's documents that are removed so far, by key."""
    rows = read_table(partition.removals, REMOVAL, partition.low, partition.high)
    return rows[np.argsort(rows["key"])]


def write_round(
    partition: Partition, spec: RoundSpec, step: str, tables: Mapping[str, Table]
) -> Receipt:
    """Write a partition's tables of a step of a round; return the receipt."""
    unit = f"{spec.name}-{step}-{partition.number:06d}"
    schemas = {name: schema_of(rows.dtype) for name, rows in tables.items()}
    batches = ((name, batch_of(rows)) for name, rows in tables.items())
    files = write_tables(spec.folder, unit, schemas, batches)
    return Receipt(unit, files, facts={"partition": partition.number})
