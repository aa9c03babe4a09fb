"""Documents in packs, and what is known of them, as tables on disk.

A pack is some parts of the documents: thousands of them, of consecutive keys. What the rounds
find out about a pack lies in files that it knows of; who writes one says so in a receipt.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curate.dedup.clusters import LEADERS, LEVELS
from curate.dedup.distributed.rounds import GONE, Ints, Table
from curate.dedup.minhash import MinHasher
from curate.store.commits import Receipt, write_tables
from curate.store.documents import rows_of
from curate.store.parquet import open_parquet


@dataclass(frozen=True, slots=True)
class Pack:
    """Some parts of the documents, and where what was found out about them lies.

    size: bytes of the parts on disk.
    shift: is added to keys as they stand in the parts (those of an older run).
    """

    number: int
    parts: tuple[str, ...]
    low: int
    high: int
    size: int
    shift: int = 0
    index: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()
    compared: tuple[str, ...] = ()
    similar: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Return it as one line."""
        return json.dumps(asdict(self), sort_keys=True)

    @staticmethod
    def from_json(line: str | bytes) -> "Pack":
        """Undo `to_json`."""
        data: dict[str, Any] = json.loads(line)
        own: Any = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
        return Pack(**own)

    def adding(self, files: Mapping[str, Iterable[str]]) -> "Pack":
        """Return the pack knowing some more files, by what they hold."""
        own: Any = {name: (*getattr(self, name), *urls) for name, urls in files.items()}
        return replace(self, **own)

    def rows(self, keys: Ints, columns: Sequence[str]) -> pa.Table:
        """Return its documents with these keys (ascending): key and some columns, by key."""
        own = keys - self.shift
        tables = [rows_of(part, own, columns) for part in self.parts]
        found = pa.concat_tables([one for one in tables if one.num_rows]).sort_by("key")
        at = found.schema.get_field_index("key")
        return found.set_column(at, "key", pa.array(found["key"].to_numpy() + self.shift))


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """What all tasks of one round know.

    source: what members are read from: all documents, those in shared buckets, or those left
        of full ones. level: by how many further rows these have been split.
    lows: int64[packs], the first key of each pack. buckets: how many tasks share the buckets.
    """

    name: str
    folder: str
    hasher: MinHasher
    threshold: float
    lows: Ints
    buckets: int
    source: Literal["index", "members", "rest"] = "index"
    leaders: int = LEADERS
    level: int = 0

    @property
    def levels(self) -> int:
        """Return how many further rows a full bucket can be split by."""
        return min(LEVELS, self.hasher.num_perm - self.hasher.rows)

    @property
    def next_level(self) -> int:
        """Return which row what is left of full buckets is split by next."""
        return self.level + 1 if self.source == "rest" else 0

    def pack_of(self, keys: Ints) -> Ints:
        """Return the number of each key's pack."""
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
        with open_parquet(url) as file:
            rows = pq.read_table(file, filters=within)
        part = np.empty(rows.num_rows, dtype)
        for name in dtype.names or ():  # and no others, should the file have more
            part[name] = rows[name].to_numpy()
        parts.append(part)
    return np.concatenate(parts)


def gone_of(pack: Pack) -> Table:
    """Return who of a pack goes so far, by key."""
    rows = read_table(pack.gone, GONE, pack.low, pack.high)
    return rows[np.argsort(rows["key"])]


def written(pack: Pack, how: Round, what: str, tables: Mapping[str, Table]) -> Receipt:
    unit = f"{how.name}-{what}-{pack.number:06d}"
    schemas = {name: schema_of(rows.dtype) for name, rows in tables.items()}
    rows = ((name, batch_of(part)) for name, part in tables.items())
    files = write_tables(how.folder, unit, schemas, rows)
    return Receipt(unit, files, facts={"pack": pack.number})
