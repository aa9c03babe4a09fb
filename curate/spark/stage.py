"""What all stages share: where they work, when they are skipped, how they are resumed.

A stage is a function `(run, …) -> Documents | Commit` in a file of its own. It asks
`Run.begin` for its place; if that is committed already, it is done. Else it carries out its
units on Spark, has the books balanced on what was committed to disk, and commits.
"""

import resource
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as replace_fields
from typing import Any

import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import DataFrame, SparkSession

from curate.batch import conform, replace
from curate.recipe import Recipe
from curate.report.explain import bucket_of
from curate.sources import InputFile
from curate.spark.batches import (
    SALT,
    map_partitions,
    partition_salts,
    unit_rows,
    units_frame,
)
from curate.spark.tallies import tally_dropped, tally_files
from curate.store import io
from curate.store.commits import (
    Commit,
    Receipt,
    code_of,
    hash_of,
    read_commit,
    read_receipts,
    versions_of,
    write_commit,
    write_receipt,
    write_table,
    write_tables,
)
from curate.store.documents import Documents, read_part
from curate.store.keys import Tally
from curate.store.ledger import balance

RECEIPTS = pa.schema([pa.field("receipt", pa.string(), nullable=False)])
NUMBERED = "number"
RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes; getrusage counts in these
ROWS_A_FILE = 1_000_000  # of small tables
# Modules every stage's work depends on.
SHARED = (
    "curate.store.keys",
    "curate.store.schema",
    "curate.store.commits",
    "curate.store.documents",
    "curate.batch",
)

Work = Callable[[str, str, str], Receipt]  # (folder, unit, payload) -> receipt


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a recipe: what every stage is given."""

    recipe: Recipe
    files: Sequence[InputFile]
    out: str
    work: str
    fresh: bool = False
    say: Callable[[str], None] = print
    commits: list[Commit] = field(default_factory=list)  # of the stages done so far, in order
    session: SparkSession | None = None
    doing: Callable[[str, str], None] = lambda *_: None  # told what goes on

    @property
    def spark(self) -> SparkSession:
        """Return the Spark session; a run that is only planned has none."""
        if self.session is None:
            raise RuntimeError("this run has no Spark session; make one with Run.on")
        return self.session

    def on(self, spark: SparkSession) -> "Run":
        """Return the same run with a Spark session."""
        return replace_fields(self, session=spark)

    def begin(
        self,
        name: str,
        *,
        settings: object,
        modules: Iterable[str] = (),
        libraries: Iterable[str] = (),
        reads: Iterable[Commit] = (),
        inputs: object = None,
        there: Callable[[Commit], bool] = lambda _: True,
    ) -> "Stage":
        """Return the stage's place in WORK, and its commit if it has one.

        `there` says whether what a commit made outside of WORK still is: else it does not count.
        """
        input_hash = hash_of(
            {
                "stage": name,
                "settings": settings,
                "code": code_of([*SHARED, *modules]),
                "unicode": unicodedata.unidata_version,  # what is a letter, a space, a capital
                "libraries": versions_of(["pyarrow", *libraries]),
                "reads": [commit.digest() for commit in reads],
                "inputs": inputs,
            }
        )
        folder = io.join(self.work, name, input_hash[:16])
        if self.fresh:
            io.delete_tree(folder)
        self.doing(name, "")
        commit = read_commit(folder)
        if commit is not None and not there(commit):
            commit = None
        stage = Stage(self, name, input_hash, folder, commit)
        if stage.committed is not None:
            self.say(f"{name}: nothing changed, skipped")
            self.commits.append(stage.committed)
        return stage


@dataclass(slots=True)
class Stage:
    """One stage of a run at work."""

    run: Run
    name: str
    input_hash: str
    folder: str
    committed: Commit | None
    started: float = field(default_factory=time.monotonic)

    def carry_out(
        self, units: Mapping[str, str], function: Callable[[DataFrame], DataFrame]
    ) -> list[Receipt]:
        """Return a receipt for every unit; those found from an earlier attempt are not redone.

        `function` takes the frame of units to do and returns the frame of their receipts.
        """
        done = {
            name: receipt for name, receipt in read_receipts(self.folder).items() if name in units
        }
        left = {name: payload for name, payload in units.items() if name not in done}
        if done:
            self.run.say(f"{self.name}: {len(done)} of {len(units)} units were done before, kept")
        if left:
            frame = function(units_frame(self.run.spark, left))
            self.describe(f"{len(left)} units")
            for row in frame.collect():  # one small row for each unit
                receipt = Receipt.from_json(row["receipt"])
                done[receipt.unit] = receipt
        return [done[name] for name in sorted(done)]

    def describe(self, what: str) -> None:
        """Say, in Spark's own pages too, what the next jobs do."""
        self.run.doing(self.name, what)
        self.run.spark.sparkContext.setJobDescription(f"curate {self.name}: {what}")

    def commit(self, receipts: Sequence[Receipt], report: Mapping[str, Any]) -> Commit:
        """Publish the stage's commit and delete what other settings left in its place."""
        commit = Commit(self.name, self.input_hash, self.folder, tuple(receipts), dict(report))
        write_commit(commit)
        above = io.join(self.run.work, self.name)
        others = {url.removeprefix(above).split("/")[1] for url in io.list_files(above)}
        for other in others - {self.input_hash[:16]}:
            io.delete_tree(io.join(above, other))
        seconds = time.monotonic() - self.started
        self.run.say(f"{self.name}: {_spoken(report)} in {seconds:.1f} s")
        self.run.commits.append(commit)
        return commit

    def balance(self, into: Tally, receipts: Sequence[Receipt], *tables: str) -> None:
        """Raise ImbalanceError unless the files of the tables, read back, hold what went in."""
        commit = Commit(self.name, self.input_hash, self.folder, tuple(receipts))
        urls = [commit.url(file) for table in tables for file in commit.files(table)]
        self.describe("reading back")
        balance(self.name, into, tally_files(self.run.spark, urls))

    def balance_dropped(
        self, documents: Documents, receipts: Sequence[Receipt]
    ) -> tuple[Tally, Tally]:
        """Return the tallies of the documents there were and of those dropped, read from files.

        Raises ImbalanceError unless what the receipts' fates leave, and they, are what there was.
        """
        fates = Commit(self.name, self.input_hash, self.folder, tuple(receipts))
        self.describe("reading back")
        before, after = tally_dropped(self.run.spark, documents, fates)
        urls = [fates.url(file) for file in fates.files("fates")]
        gone = tally_files(self.run.spark, urls)
        balance(self.name, before, gone + after)
        return before, gone


def write_sorted(
    place: Stage, frame: DataFrame, table: str, schema: pa.Schema, *, most: int
) -> list[Receipt]:
    """Write a frame with a `key` column as files whose ranges of keys do not overlap.

    For what comes out of a shuffle, where no unit of the input can be resumed. `most` is a
    bound on the rows; few rows go into one file, which spares looking at the keys first.
    """
    folder = place.folder

    def write(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        context = TaskContext.get()
        unit = f"range-{context.partitionId() if context else 0:05d}"
        rows = ((table, batch.cast(schema)) for batch in batches)
        receipt = Receipt(unit, write_tables(folder, unit, {table: schema}, rows))
        if receipt.files:
            yield pa.RecordBatch.from_pydict({"receipt": [receipt.to_json()]}, schema=RECEIPTS)

    rows = frame.select(*schema.names)
    files = -(-most // ROWS_A_FILE)
    parted = rows.repartitionByRange(files, "key") if files > 1 else rows.repartition(1)
    written = map_partitions(parted.sortWithinPartitions("key"), write, RECEIPTS).collect()
    return [Receipt.from_json(row["receipt"]) for row in written]


def write_buckets(
    frame: DataFrame,
    folder: str,
    name: str,
    columns: pa.Schema,
    *,
    by: str,
    order: Sequence[str],
    files: int,
) -> list[Receipt]:
    """Write a frame as `files` Parquet files by hash of a column, each sorted; return receipts."""
    salts = partition_salts(files)

    def number(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            numbers = [bucket_of(value, files) for value in batch[by].to_pylist()]
            rows = replace(conform(batch, columns), NUMBERED, numbers, pa.int64())
            yield replace(rows, SALT, [salts[n] for n in numbers], pa.int64())

    def write(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for receipt in write_table(batches, folder, name, columns, by=NUMBERED, files=files):
            yield pa.RecordBatch.from_pydict({"receipt": [receipt.to_json()]}, schema=RECEIPTS)

    where = [pa.field(name, pa.int64()) for name in (NUMBERED, SALT)]
    numbered = map_partitions(frame, number, pa.schema([*columns, *where]))
    shuffled = numbered.repartition(files, SALT).sortWithinPartitions(NUMBERED, *order)
    rows = map_partitions(shuffled, write, RECEIPTS).collect()
    return [Receipt.from_json(row["receipt"]) for row in rows]


def _spoken(report: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{value:,} {name}" for name, value in report.items() if isinstance(value, int)
    )


def lift(work: Work, folder: str) -> Callable[[DataFrame], DataFrame]:
    """Return a function from a frame of units to a frame of their receipts.

    Each unit's receipt is written as the last act of its task, so that a run killed later
    finds it. It says what the unit cost: seconds, and the most bytes its worker ever held.
    """

    def receipts(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for unit, payload in unit_rows(batches):
            start = time.monotonic()
            done = work(folder, unit, payload)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT
            cost = {"seconds": round(time.monotonic() - start, 3), "peak_bytes": peak}
            receipt = write_receipt(folder, replace_fields(done, facts={**done.facts, **cost}))
            yield pa.RecordBatch.from_pydict({"receipt": [receipt.to_json()]}, schema=RECEIPTS)

    return lambda units: map_partitions(units, receipts, RECEIPTS)


def documents_frame(spark: SparkSession, documents: Documents, schema: pa.Schema) -> DataFrame:
    """Return the documents that are still there as a frame of the schema's columns."""

    def rows(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _, payload in unit_rows(batches):
            yield from read_part(payload, schema.names)

    return map_partitions(units_frame(spark, documents.units()), rows, schema)
