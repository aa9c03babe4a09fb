"""Web archives as a table: `spark.read.format("warc").load("crawl/*.warc.gz")`.

Spark finds the format by itself where the package is installed (`pyspark_warc`); where it is not,
but only on the path of this process, `datasource.register(spark)` registers it.

One row of SCHEMA per record, as `curate.warc.reader` reads it: large files in splits, damage
skipped. A run of a recipe does not use it, since it must check that splits join up: here
each split is read independently. A split that starts among the records of an archive stored inside
another would return these; read such files whole: `splitBytes` 0.

Options, each with its default:
    mode: PERMISSIVE gives each damaged stretch of a file a row that has only file, offset, length
        and damage; DROPMALFORMED leaves those rows out; FAILFAST raises an error.
    splitBytes: 67108864; bytes of a file that one task reads. 0: whole files.
    types: all; names of record types, with commas (response,conversion). Others are left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructType

from curate._lazy import listing
from curate.store import io
from curate.store.schema import columns
from curate.warc.kinds import classify
from curate.warc.reader import ArchiveRecord, Damage, Records

__all__ = ["MODES", "SCHEMA", "SPLIT_BYTES", "WarcDataSource", "register"]
__dir__ = listing(__name__, __all__)

MODES = ("PERMISSIVE", "DROPMALFORMED", "FAILFAST")
TYPES = (  # of records, WARC 1.1 section 5.5
    "warcinfo", "response", "resource", "request", "metadata", "revisit", "conversion",
    "continuation",
)  # fmt: skip
SPLIT_BYTES = 64 << 20
BATCH_ROWS, BATCH_BYTES = 256, 4 << 20
FIELDS = pa.map_(pa.string(), pa.string())
S = pa.string()
SCHEMA = columns(
    ("file", S, False),
    ("offset", pa.int64(), False),
    ("length", pa.int64(), False),
    ("id", S, True),
    ("type", S, True),
    ("kind", S, True),  # why it is no page or text (curate.warc.kinds); damaged; null: it is one
    ("url", S, True),
    ("date", S, True),
    ("truncated", S, True),
    ("headers", FIELDS, True),  # the record's own, names in lower case
    ("status", pa.int32(), True),  # of the HTTP response
    ("http", FIELDS, True),
    ("payload", pa.binary(), True),  # the body, transfer and content codings undone
    ("undecoded", S, True),  # the coding that could not be
    ("damage", S, True),  # why no record could be read
)


def register(spark: SparkSession) -> None:
    """Make the format `warc` known to a session."""
    spark.dataSource.register(WarcDataSource)


@dataclass(frozen=True)
class Split(InputPartition):
    """Bytes [start, stop) of a file."""

    url: str
    start: int
    stop: int


class WarcDataSource(DataSource):
    """What Spark asks about the format."""

    @classmethod
    def name(cls) -> str:
        """Return the format's name."""
        return "warc"

    def schema(self) -> StructType:
        """Return the columns."""
        return from_arrow_schema(SCHEMA)

    def reader(self, schema: StructType) -> "WarcReader":  # noqa: ARG002 - it is always the same
        """Return what reads with the options given. Raises ValueError for one that is wrong."""
        return WarcReader(self.options)


class WarcReader(DataSourceReader):
    """Files to splits, on the driver; splits to rows, in the tasks."""

    def __init__(self, options: Mapping[str, str]) -> None:
        """Take the options at the head of this file, in any case."""
        self.path = options.get("path", "")
        if not self.path:
            raise ValueError("warc: expected a path: spark.read.format('warc').load(path)")
        self.mode = options.get("mode", MODES[0]).upper()
        if self.mode not in MODES:
            raise ValueError(f"warc: expected mode of {', '.join(MODES)}, got {self.mode}")
        split = options.get("splitBytes", str(SPLIT_BYTES))
        if not split.isdecimal():
            raise ValueError(f"warc: expected splitBytes of 0 or more, got {split}")
        self.split_bytes = int(split)
        types = options.get("types", "")
        self.types = frozenset(name.strip() for name in types.split(",") if name.strip())
        if unknown := sorted(self.types - set(TYPES)):
            raise ValueError(f"warc: expected types of {', '.join(TYPES)}, got {unknown[0]}")

    def partitions(self) -> Sequence[Split]:
        """Return the splits of all files, in order. Raises FileNotFoundError if there is none."""
        splits = []
        for file in io.find(self.path):
            size = self.split_bytes or max(1, file.size)
            starts = range(0, max(1, file.size), size)
            splits += [Split(file.url, at, min(at + size, file.size)) for at in starts]
        return splits

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """Yield the records of one split, in batches of some megabytes."""
        split = cast("Split", partition)
        rows: list[dict[str, Any]] = []
        size = 0
        with io.open_read(split.url) as file:
            for record in Records(cast("BinaryIO", file), split.start, split.stop or None):
                row = self._row(record, split.url)
                if row is None:
                    continue
                rows.append(row)
                size += len(row.get("payload") or b"")
                if len(rows) >= BATCH_ROWS or size >= BATCH_BYTES:
                    yield pa.RecordBatch.from_pylist(rows, schema=SCHEMA)
                    rows, size = [], 0
        yield pa.RecordBatch.from_pylist(rows, schema=SCHEMA)

    def _row(self, record: ArchiveRecord | Damage, url: str) -> dict[str, Any] | None:
        location = {"file": url, "offset": record.offset, "length": record.length}
        if isinstance(record, Damage):
            if self.mode == "FAILFAST":
                raise ValueError(
                    f"{url}: expected a record at byte {record.offset}, got {record.length} bytes "
                    f"that are none: {record.why}"
                )
            row = {**location, "kind": "damaged", "damage": record.why}
            return row if self.mode == "PERMISSIVE" else None
        if self.types and record.kind not in self.types:
            return None
        return {
            **location,
            "id": record.record_id or None,
            "type": record.kind,
            "kind": classify(record),
            "url": record.url,
            "date": record.date,
            "truncated": record.truncated,
            "headers": dict(record.headers),
            "status": record.status,
            "http": None if record.http is None else dict(record.http),
            "payload": record.payload,
            "undecoded": record.undecoded,
        }
