"""Parquet tables of stages: written by units, read back batch by batch.

Pages have checksums, which are verified whenever a page is read: a flipped bit is an error, not
another text.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curate.store import io
from curate.store.manifest import File
from curate.store.parquet import as_written, open_parquet

GROUP_ROWS = 65_536  # of files that users get
GROUP_BYTES = 16 << 20  # of Arrow data that a reader of a part holds at a time


class TableWriter:
    """One Parquet file of a unit's table, at a local path that `io.staged` publishes.

    Row groups are cut at GROUP_BYTES, so that a reader of one needs no more memory than that
    (or one document).
    """

    def __init__(self, path: Path, name: str, table: str, schema: pa.Schema) -> None:
        self._path, self._name, self._table, self._schema = path, name, table, schema
        # Statistics and a dictionary of texts are useless, and hold each text several times.
        others: Any = [column for column in schema.names if column != "text"]
        self._writer = pq.ParquetWriter(
            path,
            schema,
            compression="zstd",
            write_page_checksum=True,
            write_statistics=others,
            use_dictionary=others,
        )
        self._pending: list[pa.RecordBatch] = []
        self._bytes, self._rows = 0, 0
        self._lo, self._hi = 0, -1

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows; their columns and types must be the table's."""
        if not batch.num_rows:
            return
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
        """Finish the file and return its description."""
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

    File names are unique per attempt: two attempts at one unit never write the same file.
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


def write_file(
    folder: str, file: str, table: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]
) -> File:
    """Write one file of a table under a given name and return its description.

    Row groups have GROUP_ROWS rows for any batches, so that equal rows give equal bytes.
    """
    with io.staged(io.join(folder, file)) as path:
        size = 0
        with pq.ParquetWriter(path, schema, compression="zstd", write_page_checksum=True) as writer:
            for group in regrouped(batches, schema, GROUP_ROWS):
                writer.write_table(group, row_group_size=GROUP_ROWS)
                size += group.num_rows
        return File(table, file, size, path.stat().st_size, io.sha256(path))


def regrouped(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, rows: int
) -> Iterator[pa.Table]:
    """Yield the rows of batches in tables of a fixed number of rows, the last one shorter."""
    pending, size = [], 0
    for batch in batches:
        pending.append(batch.cast(schema))
        size += batch.num_rows
        while size >= rows:
            table = pa.Table.from_batches(pending, schema)
            yield table.slice(0, rows).combine_chunks()
            rest = table.slice(rows)
            pending, size = rest.to_batches(), rest.num_rows
    if size:
        yield pa.Table.from_batches(pending, schema).combine_chunks()


def read_batches(
    url: str, columns: Sequence[str] | None = None, *, rows: int = 1024
) -> Iterator[pa.RecordBatch]:
    """Yield a Parquet file's rows, row group by row group."""
    with open_parquet(url) as file, as_written(url):
        parquet = pq.ParquetFile(file, page_checksum_verification=True)
        names = list(columns) if columns is not None else None
        for group in range(parquet.num_row_groups):
            yield from parquet.iter_batches(rows, row_groups=[group], columns=names)


def read_rows(
    urls: Iterable[str],
    schema: pa.Schema,
    *,
    columns: Sequence[str] | None = None,
    filters: Any = None,
) -> pa.Table:
    """Return the rows of some files as one table; of `schema` where there are no files.

    Args:
        columns: which to read; None: all of the schema's.
        filters: as of `pyarrow.parquet.read_table`.
    """
    names = list(columns) if columns is not None else schema.names
    tables = []
    for url in urls:
        with open_parquet(url) as file, as_written(url):
            tables.append(
                pq.read_table(file, columns=names, filters=filters, page_checksum_verification=True)
            )
    wanted = pa.schema([schema.field(name) for name in names])
    return pa.concat_tables([wanted.empty_table(), *(table.cast(wanted) for table in tables)])


def runs(batch: pa.RecordBatch, by: str) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield (number, rows) for each run of equal numbers in a column."""
    numbers = batch[by].to_numpy()
    ends = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
    for start, stop in pairwise(ends):
        if stop > start:
            yield int(numbers[start]), batch.slice(start, stop - start)


def grouped(
    batches: Iterable[pa.RecordBatch], by: str
) -> Iterator[tuple[int, Iterator[pa.RecordBatch]]]:
    """Yield (number, its batches) of batches that are sorted by a column of numbers."""
    pieces = (piece for batch in batches for piece in runs(batch, by))
    for number, rows in groupby(pieces, key=itemgetter(0)):
        yield number, map(itemgetter(1), rows)
