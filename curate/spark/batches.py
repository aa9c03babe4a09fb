"""Apply batch functions to Spark DataFrames (mapInArrow); tasks as rows of a DataFrame."""

import gc
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

from curate.batch import BatchFunction
from curate.spark.settings import EVERYWHERE, MEANING
from curate.store.units import Unit

SALT = "salt"  # column of int64
_settled = 0  # modules at the last `settle`
PartitionFunction = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]
TASKS = pa.schema([pa.field("task", pa.string())])


def map_partitions(frame: DataFrame, function: PartitionFunction, schema: pa.Schema) -> DataFrame:
    """Apply a function to each partition's stream of batches; its batches have `schema`."""
    plain = plain_schema(schema)

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from (batch.cast(plain) for batch in function(batches))
        settle()

    return frame.mapInArrow(run, from_arrow_schema(plain))


def settle() -> None:
    """Freeze modules loaded since the last call (gc.freeze), so that later collections skip them.

    Spark's worker collects garbage after each task, through all objects of numba and others: a
    tenth of a second, of which a run on few records has hundreds.
    """
    global _settled  # noqa: PLW0603  (as is what the collector looks at)
    if len(sys.modules) != _settled:
        _settled = len(sys.modules)
        gc.collect()  # what is garbage now must not stay for ever
        gc.freeze()


def map_batches(frame: DataFrame, function: BatchFunction) -> DataFrame:
    """Apply a batch function; its result for an empty batch is the output schema."""
    schema = function(pa.RecordBatch.from_pylist([], schema=arrow_schema(frame))).schema
    return map_partitions(frame, lambda batches: map(function, batches), schema)


def arrow_schema(frame: DataFrame) -> pa.Schema:
    """Return the Arrow schema of a frame's batches."""
    schema: pa.Schema = to_arrow_schema(frame.schema)
    return schema


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """Return the schema in types Spark has: bytes of fixed length become binary."""

    def plain(type_: pa.DataType) -> pa.DataType:
        return pa.binary() if pa.types.is_fixed_size_binary(type_) else type_

    return pa.schema([pa.field(f.name, plain(f.type), f.nullable) for f in schema])


def tasks_frame(spark: SparkSession, tasks: Sequence[Sequence[Unit]]) -> DataFrame:
    """Return one row for each task, its units as JSON, each in a partition of its own.

    `spark` is a session of `tasks_session`.
    """
    rows = [json.dumps(list(task)) for task in tasks]
    return spark.createDataFrame(pa.table([rows], schema=TASKS))


def tasks_session(spark: SparkSession) -> SparkSession:
    """Return a session of the same context with settings of its own; the given one stays as is."""
    session = spark.newSession()
    for key, value in {**EVERYWHERE, **MEANING}.items():
        if key.startswith("spark.sql."):
            session.conf.set(key, value)
    # Rows made by a driver are cut into as many partitions, and no more than there are rows.
    session.conf.set("spark.sql.leafNodeDefaultParallelism", str(1 << 20))
    session.conf.set("spark.sql.execution.arrow.localRelationThreshold", "1g")
    return session


def partition_salts(partitions: int) -> list[int]:
    """Return values n_0, n_1, …: rows with n_i in a column go to partition i of so many.

    `frame.repartition(partitions, column)` sends a value to its hash modulo the partitions.
    With plain numbers several would share a partition, and a repartition by range would run
    everything before it twice to look at the values. Sixty-four times n ln n tries find one
    value for each.
    """
    tries = np.arange(64 * partitions * partitions.bit_length(), dtype=np.int64)
    numbers, first = np.unique(spark_hash(tries).astype(np.int64) % partitions, return_index=True)
    if len(numbers) < partitions:
        raise RuntimeError(f"no value leads to some of {partitions} partitions")
    return [int(value) for value in first]


def spark_hash(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """Return what Spark's `hash` says of a column of longs: Murmur3, 32 bits, seed 42."""
    h = np.full(len(values), 42, np.uint32)
    bits = values.view(np.uint64)
    for half in (bits.astype(np.uint32), (bits >> np.uint64(32)).astype(np.uint32)):
        k = _rotated(half * np.uint32(0xCC9E2D51), 15) * np.uint32(0x1B873593)
        h = _rotated(h ^ k, 13) * np.uint32(5) + np.uint32(0xE6546B64)
    h ^= np.uint32(8)
    h = (h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return (h ^ (h >> np.uint32(16))).view(np.int32)


def _rotated(values: npt.NDArray[np.uint32], bits: int) -> npt.NDArray[np.uint32]:
    return values << np.uint32(bits) | values >> np.uint32(32 - bits)


def task_rows(batches: Iterable[pa.RecordBatch]) -> Iterator[list[Unit]]:
    """Yield the units of the tasks of `tasks_frame` in a partition."""
    for batch in batches:
        lines: list[Any] = batch["task"].to_pylist()
        for line in lines:
            yield [Unit(*unit) for unit in json.loads(line)]
