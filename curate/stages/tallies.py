"""Counts and checksums of the records in committed files: the output side of the ledger."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pyarrow as pa

from curate.engine.verbs import Engine
from curate.store.commits import Commit
from curate.store.documents import KEY, Documents, count, read_part
from curate.store.keys import Tally
from curate.store.schema import columns
from curate.store.tables import read_batches
from curate.store.units import Unit, packed

TALLIES = columns(
    ("number", pa.int64(), False),
    ("records", pa.int64(), False),
    ("checksum", pa.string(), False),  # Spark has no unsigned 64 bits
    ("characters", pa.int64(), False),
)
TASK_BYTES = 256 << 20  # of files whose key columns are read
FileTally = Callable[[str, Tally], None]


def tally_file(url: str, tally: Tally) -> None:
    """Count the records of one file of documents or outcomes."""
    for batch in read_batches(url, [*KEY[1:], "characters"]):
        count(batch, tally)


def tally_files(
    engine: Engine, files: Sequence[tuple[str, int]], add_file: FileTally = tally_file
) -> Tally:
    """Return how many records some files hold, and their checksum, read from the files.

    Args:
        files: (URL, bytes) of each.
    """
    units = [Unit(f"{number:06d}", url, size) for number, (url, size) in enumerate(files)]
    tasks = packed(units, 2 * engine.parallelism, TASK_BYTES)
    return _collected(engine, engine.start(partial(_files, add_file=add_file), tasks, TALLIES))[0]


def tally_dropped(
    engine: Engine,
    tasks: Callable[[Sequence[Unit]], list[list[Unit]]],
    documents: Documents,
    dropped: Commit,
) -> tuple[Tally, Tally]:
    """Return the tallies of documents before and after a stage, read from the files."""
    pairs = zip(documents.units(), documents.without(dropped).units(), strict=True)
    units = [
        Unit(before.name, json.dumps([before.payload, after.payload]), before.size)
        for before, after in pairs
    ]
    before, after = _collected(engine, engine.start(_sum_tallies, tasks(units), TALLIES), 2)
    return before, after


def _files(units: Sequence[Unit], *, add_file: FileTally) -> Iterator[pa.RecordBatch]:
    tally = Tally()
    for unit in units:
        add_file(unit.payload, tally)
    yield tally_batch(tally)


def _sum_tallies(units: Sequence[Unit]) -> Iterator[pa.RecordBatch]:
    tallies = Tally(), Tally()
    for unit in units:
        for tally, part in zip(tallies, json.loads(unit.payload), strict=True):
            for _ in read_part(part, (*KEY, "characters"), tally):
                pass
    yield tally_batch(*tallies)


def tally_batch(*tallies: Tally) -> pa.RecordBatch:
    """Return tallies as rows, numbered."""
    rows = [
        {
            "number": number,
            "records": tally.records,
            "checksum": str(tally.checksum),
            "characters": tally.characters,
        }
        for number, tally in enumerate(tallies)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=TALLIES)


def _collected(engine: Engine, rows: object, tallies: int = 1) -> list[Tally]:
    """Return the sum over all tasks of each tally."""
    sums = [Tally() for _ in range(tallies)]
    for row in engine.collect(rows).to_pylist():
        sums[row["number"]] += Tally(row["records"], int(row["checksum"]), row["characters"])
    return sums
