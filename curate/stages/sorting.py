"""Write exchanged rows as sorted files, by key range or hash bucket; numbers of buckets.

For tables that are not written part by part: rows of all parts are sent to ranges of keys (or to
hash buckets), and each range is written as one file.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curate.batch import set_column
from curate.engine.verbs import BUCKET
from curate.stages.stage import RECEIPTS, Stage, collected, receipt_batch
from curate.store.commits import Receipt
from curate.store.documents import Documents
from curate.store.tables import write_file, write_tables

Ints = npt.NDArray[np.int64]
ROWS_A_FILE = 1_000_000  # of small tables
BUCKET_ROWS = 400_000  # of an exchange: held by one task
PIECE_BYTES = 8 << 20  # of sorted rows that are looked at together
UNPACKED = 4  # bytes of text in one of a file of documents, at most, as a rule
PARTS_A_FILE = 16  # parts of the documents whose rows are in one file of what is sent back to them
COMPARED_BYTES = 16 << 20  # of texts, or of windows of them, in a bucket, about
I64 = pa.int64()


def with_bucket(schema: pa.Schema) -> pa.Schema:
    """Return a schema with the column of buckets before all others."""
    return pa.schema([pa.field(BUCKET, I64, nullable=False), *schema])


def bucket_count(rows: int) -> int:
    """Return the number of buckets for an exchange of at most so many rows."""
    return max(1, -(-rows // BUCKET_ROWS))


def pieces_of_keys(
    batches: Iterator[pa.RecordBatch], by: str, carried: Callable[[], int] = lambda: 0
) -> Iterator[tuple[pa.Table, bool]]:
    """Yield (rows, whether more of their last key come) of rows sorted by a column of integers.

    The rows of a key are together, except those of a key with more than PIECE_BYTES, which come
    alone: as several pieces, of which the last may be empty.

    Args:
        carried: bytes that the caller keeps of such a key. A piece has no fewer, so that work on
            what is kept stays in proportion to the rows.
    """
    pending: list[pa.RecordBatch] = []
    size, going = 0, None
    for batch in batches:
        pending.append(batch)
        size += batch.nbytes
        if size <= max(PIECE_BYTES, carried() if going is not None else 0):
            continue
        rows = pa.Table.from_batches(pending)
        keys = rows[by].to_numpy()
        if going is not None and keys[-1] != going:
            ends = int(np.searchsorted(keys, going, "right"))
            yield rows.slice(0, ends), False
            going, rows, keys = None, rows.slice(ends), keys[ends:]
        last = 0 if going is not None else int(np.searchsorted(keys, keys[-1]))
        if last:
            yield rows.slice(0, last), False
            rows, keys = rows.slice(last), keys[last:]
        pending, size = rows.to_batches(), rows.nbytes
        if size > PIECE_BYTES:
            yield rows, True
            pending, size, going = [], 0, keys[-1]
    if going is not None or pending:
        rows = pa.Table.from_batches(pending, batch.schema)
        ends = 0 if going is None else int(np.searchsorted(rows[by].to_numpy(), going, "right"))
        if going is not None:
            yield rows.slice(0, ends), False
        if ends < len(rows):
            yield rows.slice(ends), False


def key_ranges(documents: Documents, rows: int) -> Ints:
    """Return the first key of each range: about ROWS_A_FILE of at most `rows` rows in each."""
    table = documents.base.table("documents")
    files = max(1, -(-rows // ROWS_A_FILE))
    lows = table["lo"].to_numpy()
    if files == 1 or not len(lows):
        return np.zeros(1, np.int64)
    ends = np.cumsum(table["rows"].to_numpy())
    at = np.searchsorted(ends, np.arange(1, files) * (ends[-1] / files))
    starts: Ints = np.unique(np.concatenate([[np.int64(0)], lows[np.minimum(at, len(lows) - 1)]]))
    return starts


def to_ranges(batch: pa.RecordBatch, ranges: Ints) -> pa.RecordBatch:
    """Return rows with a `key`, with the bucket of their key range added."""
    at = np.searchsorted(ranges, batch["key"].to_numpy(), side="right") - 1
    return set_column(batch, BUCKET, np.maximum(at, 0), I64)


def write_ranges(
    stage: Stage, rows: Any, table: str, schema: pa.Schema, ranges: Ints
) -> list[Receipt]:
    """Write rows of `with_bucket(schema)`, sent to ranges of keys, each as a file sorted by key."""
    write = partial(_write_range, folder=stage.folder, table=table, schema=schema)
    engine = stage.run.engine
    done = engine.exchange(rows, write, RECEIPTS, buckets=len(ranges), order=("key",))
    return collected(engine, done)


def _write_range(
    bucket: int, batches: Iterator[pa.RecordBatch], *, folder: str, table: str, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    unit = f"{table}-range-{bucket:05d}"
    rows = ((table, batch.select(schema.names)) for batch in batches)
    yield receipt_batch(Receipt(unit, write_tables(folder, unit, {table: schema}, rows)))


def write_buckets(
    stage: Stage,
    rows: Any,
    folder: str,
    table: str,
    schema: pa.Schema,
    *,
    order: Sequence[str],
    buckets: int,
) -> list[Receipt]:
    """Write rows of `with_bucket(schema)` as a file for each bucket that has some, sorted.

    Files are called <table>-00000-of-<buckets>.parquet.
    """
    write = partial(_write_bucket, folder=folder, table=table, schema=schema, buckets=buckets)
    engine = stage.run.engine
    done = engine.exchange(rows, write, RECEIPTS, buckets=buckets, order=order)
    return collected(engine, done)


def bucket_of_file(receipt: Receipt) -> int:
    """Return the number of the bucket that a file of `write_buckets` holds."""
    return int(receipt.unit.rsplit("-", 3)[1])


def _write_bucket(
    bucket: int,
    batches: Iterator[pa.RecordBatch],
    *,
    folder: str,
    table: str,
    schema: pa.Schema,
    buckets: int,
) -> Iterator[pa.RecordBatch]:
    file = f"{table}-{bucket:05d}-of-{buckets:05d}.parquet"
    rows = (batch.select(schema.names) for batch in batches)
    written = write_file(folder, file, table, schema, rows)
    yield receipt_batch(Receipt(file, (written,)))
