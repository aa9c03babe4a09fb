"""Write each shard as one Parquet file, with reproducible bytes.

Input: rows in their final order, in record batches of any size. Output: a file whose bytes depend
on the rows alone: row groups are cut by counts and sizes of the rows, not at batches.

Text is `string`, not `large_string`: Parquet has one string type, and with the latter the stored
Arrow schema would ask readers for 64-bit offsets, which not all of them support. A row group
holds at most `group_bytes` and one text, far below the 2 GiB that 32-bit offsets reach.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Any, Self, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

GROUP_ROWS = 1_024  # readers stride row groups by rank and need many of equal size (nanochat)
GROUP_BYTES = 64 << 20
ZSTD_LEVEL = 3
# All values differ within a row group: a dictionary costs time and saves nothing.
PLAIN = ("text", "id", "url")


def shard_name(split: str, number: int, of: int) -> str:
    """Return the conventional file name of a dataset shard.

    >>> shard_name("train", 3, 12)
    'train-00003-of-00012.parquet'
    """
    return f"{split}-{number:05d}-of-{of:05d}.parquet"


@dataclass(frozen=True, slots=True)
class Written:
    """Statistics of one shard.

    Args:
        rows, tokens: rows, and the sum of their token_count.
        bytes, sha256: of the file.
        text_bytes: UTF-8 bytes of the texts.
        row_groups: how many.
    """

    rows: int
    tokens: int
    bytes: int
    sha256: str
    text_bytes: int
    row_groups: int


class ShardWriter:
    """Write rows to one Parquet file; the same rows in the same order give the same bytes.

    Used in a `with` block: leaving it normally finishes the file and sets `written`; an exception
    leaves the sink without a footer, to be deleted by the caller.

    Row groups have `group_rows` rows; one ends early after the row at which its texts reach
    `group_bytes`. Zstandard, dictionaries except for `plain`, page index, statistics except for
    `text` (the smallest and largest text of a page are of no use and may be megabytes).

    Args:
        sink: binary file to write to; it is not closed.
        schema: of the file. Batches may hold further columns, in any order, and strings of any
            Arrow kind.
    """

    def __init__(
        self,
        sink: IO[bytes],
        schema: pa.Schema,
        *,
        group_rows: int = GROUP_ROWS,
        group_bytes: int = GROUP_BYTES,
        plain: Sequence[str] = PLAIN,
    ) -> None:
        if group_rows < 1 or group_bytes < 1:
            raise ValueError(
                "ShardWriter: expected group_rows and group_bytes of at least 1, "
                f"got {group_rows} and {group_bytes}"
            )
        if missing := {"text", "token_count"}.difference(schema.names):
            raise ValueError(f"ShardWriter: the schema lacks {', '.join(sorted(missing))}")
        metadata = dict(sorted((schema.metadata or {}).items()))
        self.schema = schema.with_metadata(metadata) if metadata else schema
        self.written: Written | None = None
        self._group_rows, self._group_bytes = group_rows, group_bytes
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = self._waiting_bytes = 0
        self._rows = self._tokens = self._text_bytes = self._groups = 0
        self._sink = _Hashing(sink)
        # Lists of columns, or for none: False. The stubs know only the latter.
        dictionaries: Any = [name for name in schema.names if name not in plain] or False
        statistics: Any = [name for name in schema.names if name != "text"]
        self._writer = pq.ParquetWriter(
            cast(IO[bytes], self._sink),
            self.schema,
            version="2.6",
            compression="zstd",
            compression_level=ZSTD_LEVEL,
            use_dictionary=dictionaries,
            write_statistics=statistics,
            write_page_index=True,
            store_schema=True,
        )

    def write(self, batch: pa.RecordBatch) -> None:
        """Append a batch's rows.

        Raises ValueError if a column of the schema is missing or of another type, or if a
        column that may not be null is.
        """
        batch = self._shaped(batch)
        texts = cast(pa.StringArray, batch["text"])
        sizes = pc.binary_length(texts).fill_null(0).to_numpy(zero_copy_only=False)
        ends = np.cumsum(sizes, dtype=np.int64)
        start = 0
        while start < len(batch):
            done = int(ends[start - 1]) if start else 0
            by_bytes = self._group_bytes - self._waiting_bytes + done
            full = int(np.searchsorted(ends, by_bytes, side="left")) + 1
            stop = min(start + self._group_rows - self._waiting_rows, full, len(batch))
            self._waiting.append(batch.slice(start, stop - start))
            self._waiting_rows += stop - start
            self._waiting_bytes += int(ends[stop - 1]) - done
            if self._waiting_rows >= self._group_rows or self._waiting_bytes >= self._group_bytes:
                self._flush()
            start = stop

    def close(self) -> Written:
        """Finish the file; return what it holds."""
        if self.written is None:
            self._flush()
            self._writer.close()
            self.written = Written(
                self._rows,
                self._tokens,
                self._sink.bytes,
                self._sink.sha256.hexdigest(),
                self._text_bytes,
                self._groups,
            )
        return self.written

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
            return
        self._sink.dead = True  # closing the writer would write a footer
        self._writer.close()

    def _shaped(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch with the schema's columns and types."""
        columns = []
        for field in self.schema:
            at = batch.schema.get_field_index(field.name)
            if at < 0:
                raise ValueError(
                    f"ShardWriter: expected one column {field.name}, "
                    f"got {', '.join(batch.schema.names)}"
                )
            column = batch.column(at)
            if column.null_count and not field.nullable:
                raise ValueError(f"ShardWriter: {field.name} is null in {column.null_count} rows")
            columns.append(column if column.type == field.type else column.cast(field.type))
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _flush(self) -> None:
        if not self._waiting:
            return
        # One array per column: a new page begins at every chunk.
        table = pa.Table.from_batches(self._waiting, self.schema).combine_chunks()
        self._writer.write_table(table, row_group_size=len(table))
        self._rows += len(table)
        self._text_bytes += self._waiting_bytes
        self._tokens += int(pc.sum(table["token_count"]).as_py() or 0)
        self._groups += 1
        self._waiting, self._waiting_rows, self._waiting_bytes = [], 0, 0


class _Hashing:
    """A file that computes the sha256 of what is written to it."""

    def __init__(self, sink: IO[bytes]) -> None:
        self._sink = sink
        self.sha256 = hashlib.sha256()
        self.bytes = 0
        self.dead = False
        self.closed = False

    def write(self, data: bytes) -> int:
        if not self.dead:
            self._sink.write(data)
            self.sha256.update(data)
            self.bytes += len(data)
        return len(data)

    def tell(self) -> int:
        return self.bytes

    def flush(self) -> None:
        if not self.dead:
            self._sink.flush()

    def close(self) -> None:
        self.closed = True

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False
