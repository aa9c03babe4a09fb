"""Read Parquet: the rows of the row groups that start in a range."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import IO, Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from curate.recipe import Source
from curate.sources.files import Range
from curate.sources.parquet_bounds import (
    BATCH_BYTES,
    Bounds,
    bounds_of,
    too_many_rows,
    unpacked_bytes,
)
from curate.sources.rows import Row, columns_of, damaged, document_row
from curate.store.parquet import open_parquet
from curate.store.unpack import is_io_error

TOO_FAR = "unpacks_too_far"


def read_parquet(_: object, part: Range, source: Source, *__: object) -> Iterator[tuple[int, Row]]:
    """Read rows of the row groups that start in the range; n counts the file's rows.

    A row group that decompresses too far is one damaged record, for its row count is only a claim.
    """
    with open_parquet(part.file.url, part.file.size, part.file.version) as file:
        try:
            parquet = pq.ParquetFile(file)
        except (pa.ArrowException, OSError) as error:
            if is_io_error(error):
                raise  # the bytes could not be had: not the file's fault
            if part.start == 0:
                yield 0, damaged("bad_parquet", part.file.size)
            return
        columns = columns_of(source, parquet.schema_arrow.names)
        n = 0
        for group in range(parquet.num_row_groups):
            about = parquet.metadata.row_group(group)
            starts_here = part.start <= _first_byte(about, part.file.size) < part.stop
            if too_many_rows(n, about.num_rows, part.file.size):
                if starts_here:
                    yield n, damaged(TOO_FAR)
                return  # the rows that follow could not be numbered
            if starts_here:
                yield from _row_group(cast("IO[bytes]", file), parquet, group, columns, n)
            n += about.num_rows


def _first_byte(group: Any, size: int) -> int:
    """Return the byte at which a row group starts, clamped to the file's size."""
    if group.num_columns == 0:
        return 0
    column = group.column(0)
    first = min(column.data_page_offset, column.dictionary_page_offset or column.data_page_offset)
    return max(0, min(int(first), size - 1))


def _row_group(
    file: IO[bytes], parquet: pq.ParquetFile, group: int, columns: Mapping[str, str], n: int
) -> Iterator[tuple[int, Row]]:
    """Read rows n, n + 1, … of one row group; those that cannot be decoded are damaged.

    Where the rows decompress too far, the first row not read is the outcome for all the rest.
    """
    stop = n + parquet.metadata.row_group(group).num_rows
    names = list(columns.values())
    try:
        bounds = bounds_of(file, parquet.metadata, group, names)
        if bounds is None:
            yield n, damaged(TOO_FAR)
            return
        used = 0
        for batch in _batches(file, parquet, group, names, bounds):
            size = sum(map(unpacked_bytes, batch.columns)) if bounds.dictionaries else 0
            used += size
            if used > bounds.budget:
                yield n, damaged(TOO_FAR)
                return
            rows = bounds.unpacked_rows if size > BATCH_BYTES else bounds.rows
            slices = (batch.slice(at, rows) for at in range(0, batch.num_rows, rows))
            for row in chain.from_iterable(map(_rows, slices)):
                yield n, damaged("bad_parquet") if row is None else document_row(row, columns)
                n += 1
    except (pa.ArrowException, OSError) as error:
        if is_io_error(error):
            raise  # the bytes could not be had: not the file's fault
        yield from ((left, damaged("bad_parquet")) for left in range(n, stop))


def _batches(
    file: IO[bytes], parquet: pq.ParquetFile, group: int, names: list[str], bounds: Bounds
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a group; columns that may decompress too far stay dictionary-encoded."""
    if bounds.dictionaries:
        parquet = pq.ParquetFile(file, read_dictionary=list(bounds.dictionaries))
    yield from parquet.iter_batches(bounds.rows, row_groups=[group], columns=names)


def _rows(batch: pa.RecordBatch) -> list[Row | None]:
    """Return a batch's rows, None for one that Python cannot hold: invalid UTF-8, date overflow."""
    try:
        return list(batch.to_pylist())
    except (ValueError, OverflowError):
        if batch.num_rows == 1:
            return [None]
        return [row for at in range(batch.num_rows) for row in _rows(batch.slice(at, 1))]
