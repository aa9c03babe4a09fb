"""Batch functions on the caller's DataFrames: their column names in, their column names out.

A batch function has its own names for columns. Here it gets them under these names, and what
it returns is put in the caller's frame under the caller's names; all other columns stay as
they are, with types and metadata.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructField, StructType

from curate.batch import BatchFunction, set_column
from curate.spark.batches import plain_schema, settle
from curate.store.schema import BLOCKS

ROWS = 500  # of a batch function's batch: what is in memory as Python objects at once
# Types of columns a function reads, by its own name for them; of a name that is not here, any.
TYPES: Mapping[str, pa.DataType] = {
    "text": pa.string(),
    "html": pa.binary(),
    "blocks": BLOCKS,
    "drop_reason": pa.string(),
}
READS: Mapping[str, tuple[str, ...]] = {
    "text": ("string",),
    "html": ("binary", "string"),
    "url": ("string",),
    "id": ("string",),
    "source": ("string",),
    "content_type": ("string", "map<string,string>"),
    "blocks": ("array<struct<kind:string,start:bigint,end:bigint>>",),
    "language": ("string",),
    "score": ("double", "float"),
    "drop_reason": ("string",),
}


def with_columns(
    frame: DataFrame,
    function: BatchFunction,
    *,
    reads: Mapping[str, str],
    writes: Mapping[str, str],
    rows: int = ROWS,
) -> DataFrame:
    """Return the frame with the columns a batch function makes; nothing runs yet.

    Args:
        function: N rows of the columns of `reads` -> N rows with those of `writes`; its result for
            an empty batch has the types.
        reads, writes: the function's name of a column -> the frame's. A column that is written
            keeps its position if it existed, else comes last.
        rows: of one call of the function, at most.
    """
    fields = _checked(frame)
    output = function(_nothing(reads)).schema
    new = plain_schema(pa.schema([output.field(name).with_name(at) for name, at in writes.items()]))
    for field in from_arrow_schema(new).fields:
        fields[field.name] = StructField(field.name, field.dataType, nullable=True)

    def apply(batch: pa.RecordBatch) -> pa.RecordBatch:
        result = function(_project(batch, reads))
        for name, column in writes.items():
            type_ = new.field(column).type
            batch = set_column(batch, column, _typed(result[name], type_), type_)
        return batch

    return map_rows(frame, apply, StructType(list(fields.values())), rows)


def map_rows(
    frame: DataFrame, function: BatchFunction, schema: StructType, rows: int = ROWS
) -> DataFrame:
    """Return the rows that a function makes of batches of at most so many rows."""
    return map_stream(frame, lambda batches: map(function, pieces(batches, rows)), schema)


def map_stream(
    frame: DataFrame,
    function: Callable[[Iterable[pa.RecordBatch]], Iterable[pa.RecordBatch]],
    schema: StructType,
) -> DataFrame:
    """Return the rows that a function makes of the batches of each partition."""

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from function(batches)
        settle()

    return frame.mapInArrow(run, schema)


def schema_of(columns: Mapping[str, Any]) -> StructType:
    """Return Spark's schema of columns by their Arrow types, all of which may be null."""
    return from_arrow_schema(pa.schema(list(columns.items())))


def pieces(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """Yield batches of at most so many rows: the caller's session may send ten thousand."""
    for batch in batches:
        for start in range(0, batch.num_rows, rows):
            yield batch.slice(start, rows)


def column(caller: str, frame: DataFrame, name: str, reads: str) -> str:
    """Return a column's name, checked: it is there once, of a type that is read as `reads`.

    Raises ValueError for one that is not; TypeError if the frame is none of Spark's.
    """
    if not hasattr(frame, "mapInArrow"):
        where = f"{type(frame).__module__.partition('.')[0]}.{type(frame).__name__}"
        raise TypeError(f"{caller}: expected a DataFrame of Spark, got {where}")
    times = frame.columns.count(name)
    if times != 1:
        actual = "two of it" if times else f"{', '.join(frame.columns) or 'none'}"
        raise ValueError(f"{caller}: expected a column {name}, got {actual}")
    allowed, got = READS.get(reads, ()), frame.schema[name].dataType.simpleString()
    if allowed and got not in allowed:
        raise ValueError(f"{caller}: expected {name} of type {' or '.join(allowed)}, got {got}")
    return name


def not_one_text(caller: str, key: str, value: object) -> None:
    """Raise TypeError for a text where a list of them belongs: its letters would be taken."""
    if isinstance(value, str):
        raise TypeError(f"{caller}: {key}: expected a list, such as [{value!r}], got {value!r}")


def optional(caller: str, frame: DataFrame, name: str | None, reads: str) -> dict[str, str]:
    """Return {reads: name}, or {} without a name, or where it is the usual one and not there."""
    if name is None or (name == USUAL.get(reads) and name not in frame.columns):
        return {}
    return {reads: column(caller, frame, name, reads)}


def so_far(caller: str, frame: DataFrame, name: str, reads: str = "drop_reason") -> dict[str, str]:
    """Return {reads: name} if the frame has the column, which is to be written, already."""
    return {reads: column(caller, frame, name, reads)} if name in frame.columns else {}


# Spark has no Arrow type for intervals of months (those of days and seconds have one).
NOT_IN_ARROW = ("interval year", "interval month")
# Names of columns that are used where they are there, unless the caller names others.
USUAL: Mapping[str, str] = {
    "url": "url",
    "content_type": "http",
    "blocks": "blocks",
    "language": "language",
}


def _checked(frame: DataFrame) -> dict[str, StructField]:
    """Return the frame's fields. Raises ValueError for one that Spark does not send to Python."""
    for field in frame.schema.fields:
        if field.dataType.simpleString().startswith(NOT_IN_ARROW):
            raise ValueError(
                f"expected columns that Spark sends to Python, got {field.name} of type "
                f"{field.dataType.simpleString()}; cast it, or leave it out"
            )
    return {field.name: field for field in frame.schema.fields}


def _nothing(reads: Iterable[str]) -> pa.RecordBatch:
    """Return a batch without rows of what a function reads; what it only passes on has no type."""
    arrays = [pa.array([], TYPES.get(name, pa.null())) for name in reads]
    return pa.RecordBatch.from_arrays(arrays, names=list(reads))


def _project(batch: pa.RecordBatch, reads: Mapping[str, str]) -> pa.RecordBatch:
    arrays = [_plain(batch[name]) for name in reads.values()]
    return pa.RecordBatch.from_arrays(arrays, names=list(reads))


def _plain(array: "pa.Array[Any]") -> "pa.Array[Any]":
    """Return an array of text as the functions know it: a session may send 64-bit offsets."""
    return array.cast(pa.string()) if pa.types.is_large_string(array.type) else array


def _typed(array: "pa.Array[Any]", type_: pa.DataType) -> "pa.Array[Any]":
    """Return an array of a type; of nested ones field names and nullability may differ."""
    if array.type == type_:
        return array
    return pa.array(array.to_pylist(), type_) if pa.types.is_nested(type_) else array.cast(type_)
