"""Rows of readers to Arrow batches of the tables they belong to."""

from collections.abc import Iterator, Mapping

import pyarrow as pa

from curate.sources.rows import Row
from curate.store.schema import DOCUMENTS, OUTCOMES

SCHEMAS = {"documents": DOCUMENTS, "outcomes": OUTCOMES}
BATCH_ROWS, BATCH_CHARACTERS = 256, 4 << 20  # what a worker holds before it writes


def batches(rows: Iterator[tuple[str, Row]]) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Yield (table, batch) of rows as they come, bounded in rows and characters."""
    waiting: dict[str, list[Row]] = {table: [] for table in SCHEMAS}
    characters = 0
    for table, row in rows:
        waiting[table].append(row)
        characters += len(row.get("text") or "")
        if len(waiting[table]) >= BATCH_ROWS or characters >= BATCH_CHARACTERS:
            yield from _drained(waiting)
            characters = 0
    yield from _drained(waiting)


def _drained(waiting: Mapping[str, list[Row]]) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Yield what waits; while a batch is written, the texts of its rows are no longer held."""
    for table, rows in waiting.items():
        if rows:
            batch = pa.RecordBatch.from_pylist(rows, schema=SCHEMAS[table])
            for row in rows:
                row.pop("text", None)  # readers still hold the row
            rows.clear()
            yield table, batch
