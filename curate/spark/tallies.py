"""Committed files to counts and checksums of the records in them: the books' side coming out."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import pyarrow as pa
from pyspark.sql import SparkSession

from curate.spark.batches import PartitionFunction, map_partitions, unit_rows, units_frame
from curate.store.commits import Commit, read_batches
from curate.store.documents import KEY, Documents, count, read_part
from curate.store.keys import Tally
from curate.store.schema import columns

TALLIES = columns(
    ("number", pa.int64(), False),
    ("records", pa.int64(), False),
    ("checksum", pa.string(), False),  # Spark has no unsigned 64 bits
)


def tally_file(url: str, tally: Tally) -> None:
    """Count the records of one file of documents or fates."""
    for batch in read_batches(url, KEY[1:]):
        count(batch, tally)


def tally_files(
    spark: SparkSession, urls: Sequence[str], how: Callable[[str, Tally], None] = tally_file
) -> Tally:
    """Return how many records some files hold, and their checksum, read from the files."""

    def tallies(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        tally = Tally()
        for _, payload in unit_rows(batches):
            for url in json.loads(payload):
                how(url, tally)
        yield _tally_batch(tally)

    return _collect(spark, _packed(urls), tallies)[0]


def tally_dropped(spark: SparkSession, documents: Documents, fates: Commit) -> tuple[Tally, Tally]:
    """Return the tallies of documents before and after some fates, read from the files."""
    later = documents.without(fates).units()
    units = {name: json.dumps([one, later[name]]) for name, one in documents.units().items()}

    def tallies(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        both = Tally(), Tally()
        for _, payload in unit_rows(batches):
            for tally, part in zip(both, json.loads(payload), strict=True):
                for _ in read_part(part, KEY, tally):
                    pass
        yield _tally_batch(*both)

    before, after = _collect(spark, units, tallies, 2)
    return before, after


def _packed(urls: Sequence[str], size: int = 64) -> dict[str, str]:
    """Return units of up to `size` files: key columns are small, tasks are not free."""
    return {
        f"{start:06d}": json.dumps(list(urls[start : start + size]))
        for start in range(0, len(urls), size)
    }


def _tally_batch(*tallies: Tally) -> pa.RecordBatch:
    rows = [
        {"number": number, "records": tally.records, "checksum": str(tally.checksum)}
        for number, tally in enumerate(tallies)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=TALLIES)


def _collect(
    spark: SparkSession, units: Mapping[str, str], function: PartitionFunction, tallies: int = 1
) -> list[Tally]:
    """Return the sums over all partitions of each of the tallies a function yields."""
    rows = map_partitions(units_frame(spark, units), function, TALLIES).collect() if units else []
    return [
        Tally.total(
            Tally(row["records"], int(row["checksum"])) for row in rows if row["number"] == number
        )
        for number in range(tallies)
    ]
