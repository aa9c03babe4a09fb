"""The door to Spark: batch functions on frames, through the one mapInArrow."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

from curate.batch import BatchFunction

PartitionFunction = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]
UNITS = pa.schema([pa.field("unit", pa.string()), pa.field("payload", pa.string())])


def map_partitions(frame: DataFrame, function: PartitionFunction, schema: pa.Schema) -> DataFrame:
    """Apply a function to each partition's stream of batches; its batches have `schema`."""
    plain = plain_schema(schema)

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return (batch.cast(plain) for batch in function(batches))

    return frame.mapInArrow(run, from_arrow_schema(plain))


def map_batches(frame: DataFrame, function: BatchFunction) -> DataFrame:
    """Apply a batch function; its answer to an empty batch is the output schema."""
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


def units_frame(spark: SparkSession, units: Mapping[str, str]) -> DataFrame:
    """Return one row (unit, payload) for each unit, each in a partition of its own."""
    table = pa.table([list(units), list(units.values())], schema=UNITS)
    # Round robin from one partition: as many rows as partitions, one each.
    return spark.createDataFrame(table).coalesce(1).repartition(max(1, len(units)))


def unit_rows(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[str, str]]:
    """Yield (unit, payload) of the rows of `units_frame` in a partition."""
    for batch in batches:
        yield from zip(batch["unit"].to_pylist(), batch["payload"].to_pylist(), strict=True)
