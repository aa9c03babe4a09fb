"""The engine's verbs on Spark: tasks as partitions of `mapInArrow`, rows through its shuffle."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np
import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from curate.engine.verbs import BUCKET, BucketFunction, TaskFailedError, TaskFunction
from curate.spark.batches import (
    SALT,
    PartitionFunction,
    map_partitions,
    partition_salts,
    task_rows,
    tasks_frame,
    tasks_session,
)
from curate.spark.failures import failure_of
from curate.spark.progress import counts
from curate.store.tables import grouped
from curate.store.units import Unit

MOST_BLOCKS = 100_000_000  # of a shuffle: tasks before it times tasks after it
MOST_PARTITIONS = 16_384  # of a shuffle; more buckets share them


@dataclass(frozen=True, slots=True)
class SparkRows:
    """Rows of `schema`: what a function makes of the partitions of a frame.

    tasks: how many partitions the frame has.
    """

    frame: DataFrame
    function: PartitionFunction
    schema: pa.Schema
    tasks: int


@dataclass(frozen=True, slots=True)
class SparkEngine:
    """A Spark session made by `tasks_session`, which the caller's own does not notice."""

    spark: SparkSession
    name: str = "spark"

    @staticmethod
    def of(spark: SparkSession) -> "SparkEngine":
        """Return the engine that runs on a session's context."""
        return SparkEngine(tasks_session(spark))

    @property
    def parallelism(self) -> int:
        """Return how many tasks run at once."""
        return int(self.spark.sparkContext.defaultParallelism)

    def start(
        self,
        function: TaskFunction,
        tasks: Sequence[Sequence[Unit]],
        schema: pa.Schema,
        *,
        isolated: bool = False,
    ) -> SparkRows:
        """Return the rows the function yields for each task; nothing runs yet."""
        del isolated  # Spark's workers are processes of their own
        frame = tasks_frame(self.spark, tasks)
        return SparkRows(frame, partial(_each_task, function=function), schema, len(tasks))

    def exchange(
        self,
        rows: SparkRows,
        function: BucketFunction,
        schema: pa.Schema,
        *,
        buckets: int,
        order: Sequence[str] = (),
    ) -> SparkRows:
        """Return the rows the function yields for each bucket; nothing runs yet."""
        most = max(self.parallelism, min(MOST_PARTITIONS, MOST_BLOCKS // max(1, rows.tasks)))
        partitions = min(buckets, most)
        salts = np.array(partition_salts(partitions), np.int64)
        salted = map_partitions(
            rows.frame,
            partial(_salted, function=rows.function, salts=salts),
            rows.schema.append(pa.field(SALT, pa.int64())),
        )
        shuffled = salted.repartition(partitions, SALT).sortWithinPartitions(BUCKET, *order)
        return SparkRows(
            shuffled.drop(SALT), partial(_each_bucket, function=function), schema, partitions
        )

    def collect(self, rows: SparkRows) -> pa.Table:
        """Return the rows of all tasks."""
        if not rows.tasks:
            return rows.schema.empty_table()
        try:
            table = map_partitions(rows.frame, rows.function, rows.schema).toArrow()
        except PySparkException as error:
            raise failure_of(error) from None
        except Exception as error:
            if "py4j" in type(error).__module__:  # the JVM is there no more
                raise TaskFailedError(f"Spark's JVM has ended: {_first_line(error)}") from error
            raise
        return table.cast(rows.schema)

    def describe(self, stage: str, description: str) -> None:
        """Say in Spark's own pages what the next jobs do."""
        self.spark.sparkContext.setJobDescription(f"curate {stage}: {description}")

    def counts(self) -> tuple[int, int]:
        """Return how many tasks of the jobs at work are done, and how many there are."""
        return counts()

    def close(self) -> None:
        """Leave the session as it is: who made it ends it."""


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _each_task(
    batches: Iterable[pa.RecordBatch], *, function: TaskFunction
) -> Iterator[pa.RecordBatch]:
    return chain.from_iterable(map(function, task_rows(batches)))


def _salted(
    batches: Iterable[pa.RecordBatch], *, function: PartitionFunction, salts: np.ndarray
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a function with the value that leads to their bucket's partition."""
    for batch in function(batches):
        if batch.num_rows:
            at = salts[batch[BUCKET].to_numpy() % len(salts)]
            yield batch.append_column(pa.field(SALT, pa.int64()), pa.array(at))


def _each_bucket(
    batches: Iterable[pa.RecordBatch], *, function: BucketFunction
) -> Iterator[pa.RecordBatch]:
    for bucket, rows in grouped(batches, BUCKET):
        yield from function(bucket, rows)
