"""Work in progress: units, receipts, commits, and when a stage may be skipped.

A stage's work lies in WORK/<stage>/<input hash>/. Each unit of it (a split of the input, a
part of an earlier stage) writes files under names of its own, then a receipt; the stage's
`_commit.json`, written last, lists what counts. Readers open only what a commit lists. A rerun
with the same input hash skips a committed stage, and of an interrupted one every unit whose
receipt is there.
"""

import hashlib
import importlib.util
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from importlib import metadata
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curate.store import io
from curate.store.keys import Tally
from curate.store.parquet import open_parquet

GROUP_BYTES = 16 << 20  # of Arrow data: what a reader of a part holds at a time


@dataclass(frozen=True, slots=True)
class File:
    """One file a stage wrote. `lo` and `hi` bound the keys in it, inclusive."""

    table: str
    name: str  # below the stage's folder
    rows: int
    bytes: int
    sha256: str
    lo: int = 0
    hi: int = -1


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one unit of work read and wrote."""

    unit: str
    files: tuple[File, ...] = ()
    records: int = 0  # read, with the checksum of their keys: the sum going in
    checksum: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tally(self) -> Tally:
        """Return what was read."""
        return Tally(self.records, self.checksum)

    def to_json(self) -> str:
        """Return it as one line."""
        return json.dumps(asdict(self), sort_keys=True)

    @staticmethod
    def from_json(line: str | bytes) -> "Receipt":
        """Undo `to_json`."""
        data = json.loads(line)
        files = tuple(File(**file) for file in data.pop("files"))
        return Receipt(files=files, **data)


@dataclass(frozen=True, slots=True)
class Commit:
    """A finished stage: its folder, its receipts, what it reports."""

    stage: str
    input_hash: str
    folder: str
    receipts: tuple[Receipt, ...]
    report: Mapping[str, Any] = field(default_factory=dict)

    def files(self, table: str) -> list[File]:
        """Return the committed files of one table, in the order of their keys."""
        files = [f for receipt in self.receipts for f in receipt.files if f.table == table]
        return sorted(files, key=lambda f: (f.lo, f.name))

    def url(self, file: File) -> str:
        """Return where a file lies."""
        return io.join(self.folder, file.name)

    def digest(self) -> str:
        """Return what later stages' input hashes take in: the content, not the file names."""
        parts = sorted((f.table, f.lo, f.sha256) for r in self.receipts for f in r.files)
        return hash_of([self.stage, parts])


def hash_of(data: object) -> str:
    """Return a hex digest of plain data."""
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def code_of(modules: Iterable[str]) -> dict[str, str]:
    """Return the sha256 of each module's source; a package means all modules and tables in it."""
    found: dict[str, str] = {}
    for name in modules:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ValueError(f"expected a module, got {name!r}")
        files, folder = [Path(spec.origin)], Path(spec.origin).parent
        if spec.submodule_search_locations:
            files = sorted([*folder.rglob("*.py"), *folder.rglob("*.json")])
        for file in files:
            path = file.relative_to(folder).as_posix()
            found[f"{name}/{path}"] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def versions_of(distributions: Iterable[str]) -> dict[str, str]:
    """Return the installed version of each distribution, leaving out those not installed."""
    found = {}
    for name in distributions:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def read_commit(folder: str) -> Commit | None:
    """Return a stage's commit, or None where it has not finished."""
    url = io.join(folder, "_commit.json")
    if not io.exists(url):
        return None
    data = json.loads(io.read_bytes(url))
    receipts = tuple(Receipt.from_json(json.dumps(r)) for r in data["receipts"])
    return Commit(data["stage"], data["input_hash"], folder, receipts, data["report"])


def write_commit(commit: Commit) -> None:
    """Publish a stage's commit: from now on its files count."""
    data = {
        "stage": commit.stage,
        "input_hash": commit.input_hash,
        "report": dict(commit.report),
        "receipts": [json.loads(receipt.to_json()) for receipt in commit.receipts],
    }
    io.write_bytes(io.join(commit.folder, "_commit.json"), json.dumps(data).encode())


def receipt_url(folder: str, unit: str) -> str:
    """Return where a unit's receipt lies."""
    return io.join(folder, "receipts", f"{unit}.json")


def read_receipts(folder: str) -> dict[str, Receipt]:
    """Return the receipts of an unfinished stage by unit."""
    urls = io.list_files(io.join(folder, "receipts"))
    receipts = (Receipt.from_json(io.read_bytes(url)) for url in urls if url.endswith(".json"))
    return {receipt.unit: receipt for receipt in receipts}


def write_receipt(folder: str, receipt: Receipt) -> Receipt:
    """Publish a unit's receipt, the last thing it does."""
    io.write_bytes(receipt_url(folder, receipt.unit), receipt.to_json().encode())
    return receipt


class TableWriter:
    """One Parquet file of a unit's table, at a local path that `io.staged` publishes.

    Row groups are cut at GROUP_BYTES, so that a reader of one needs no more memory than that
    (or one document).
    """

    def __init__(self, path: Path, name: str, table: str, schema: pa.Schema) -> None:
        self._path, self._name, self._table, self._schema = path, name, table, schema
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")
        self._pending: list[pa.RecordBatch] = []
        self._bytes, self._rows = 0, 0
        self._lo, self._hi = 0, -1

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows; their columns and types must be the table's."""
        if "key" in batch.schema.names:
            keys = batch.column("key").to_numpy()
            lo, hi = int(keys.min()), int(keys.max())
            self._lo = min(self._lo, lo) if self._rows else lo
            self._hi = max(self._hi, hi) if self._rows else hi
        self._pending.append(batch.cast(self._schema))
        self._rows += batch.num_rows
        self._bytes += batch.nbytes
        if self._bytes >= GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._pending:
            table = pa.Table.from_batches(self._pending, self._schema)
            self._writer.write_table(table, row_group_size=max(1, table.num_rows))
        self._pending, self._bytes = [], 0

    def close(self) -> File:
        """Finish the file and return what is in it."""
        self._flush()
        self._writer.close()
        size, sha = self._path.stat().st_size, io.sha256(self._path)
        return File(self._table, self._name, self._rows, size, sha, self._lo, self._hi)


def write_tables(
    folder: str,
    unit: str,
    schemas: Mapping[str, pa.Schema],
    rows: Iterable[tuple[str, pa.RecordBatch]],
) -> tuple[File, ...]:
    """Write each (table, batch) to the unit's file of that table; publish all or none.

    File names are the attempt's own: two attempts at one unit never write the same file.
    """
    writers: dict[str, TableWriter] = {}
    with ExitStack() as stack:
        for table, batch in rows:
            if batch.num_rows == 0:
                continue
            if table not in writers:
                name = f"{table}/{unit}-{uuid.uuid4().hex[:12]}.parquet"
                path = stack.enter_context(io.staged(io.join(folder, name)))
                writers[table] = TableWriter(path, name, table, schemas[table])
            writers[table].write(batch)
        return tuple(writers[table].close() for table in sorted(writers))


def read_batches(
    url: str, columns: Sequence[str] | None = None, *, rows: int = 1024
) -> Iterator[pa.RecordBatch]:
    """Yield a Parquet file's rows, row group by row group."""
    with open_parquet(url) as file:
        parquet = pq.ParquetFile(file)
        names = list(columns) if columns is not None else None
        for group in range(parquet.num_row_groups):
            yield from parquet.iter_batches(rows, row_groups=[group], columns=names)


def write_table(
    batches: Iterable[pa.RecordBatch],
    folder: str,
    name: str,
    schema: pa.Schema,
    *,
    by: str,
    files: int,
) -> Iterator[Receipt]:
    """Write rows that come sorted by file number; yield a receipt for each file published.

    `by` names the column of the number, which is not written. Files are called
    <name>-00000-of-<files>.parquet.
    """
    pieces = (piece for batch in batches for piece in runs(batch, by))
    for number, rows in groupby(pieces, key=itemgetter(0)):
        file = f"{name}-{number:05d}-of-{files:05d}.parquet"
        with io.staged(io.join(folder, file)) as path:
            writer = TableWriter(path, file, name, schema)
            for _, batch in rows:
                writer.write(batch.select(schema.names))
            written = writer.close()
        yield Receipt(file, (written,))


def runs(batch: pa.RecordBatch, by: str) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield (number, rows) for each run of equal numbers in a column."""
    numbers = batch[by].to_numpy()
    ends = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
    for start, stop in pairwise(ends):
        if stop > start:
            yield int(numbers[start]), batch.slice(start, stop - start)
