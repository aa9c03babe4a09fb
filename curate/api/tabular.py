"""Tables of texts, whichever library they are of: columns out, batch functions applied, columns in.

Tables: pyarrow's Table and RecordBatch, a DataFrame of pandas or polars, a Dataset of datasets. No
library is imported here that the caller has not imported.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 1_000  # rows
KINDS = (  # (library, class)
    ("pyarrow", "Table"), ("pyarrow", "RecordBatch"), ("pandas", "DataFrame"),
    ("polars", "DataFrame"), ("datasets", "Dataset"),
)  # fmt: skip
WANTED = (
    "a text (str), a list of texts, or a table of pyarrow, pandas, polars or datasets with a "
    "column of them"
)


class Frame(Protocol):
    """A table with columns, of any of the libraries above."""

    @property
    def columns(self) -> Any:
        """Return its columns or their names."""
        ...


FrameT = TypeVar("FrameT", bound=Frame)
Function = Callable[["pa.RecordBatch"], "pa.RecordBatch"]


def kind_of(value: object) -> str | None:
    """Return which library's table a value is, such as "pandas"; None if it is no table.

    A RecordBatch of pyarrow is "batch".
    """
    for library, name in KINDS:
        module = sys.modules.get(library)
        if module is not None and isinstance(value, getattr(module, name, ())):
            return "batch" if name == "RecordBatch" else library
    return None


def texts_of(function: str, value: Any) -> list[str | None]:
    """Return the texts of a list, of an Arrow array or of a column of pandas or polars.

    Raises TypeError for anything else, and for a value that is neither text nor None.
    """
    if hasattr(value, "to_pylist"):
        value = value.to_pylist()
    elif hasattr(value, "to_list") and not isinstance(value, dict):
        value = value.to_list()
    if not isinstance(value, Sequence) or isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(f"{function}: expected {WANTED}, got {type(value).__name__}")
    texts = [None if _is_nan(text) else text for text in value]
    for index, text in enumerate(texts):
        if not (text is None or isinstance(text, str)):
            raise TypeError(
                f"{function}: expected texts (str or None), got {type(text).__name__} at {index}"
            )
    return texts


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and value != value  # noqa: PLR0124 - pandas' missing text


def names_of(frame: Any, kind: str) -> list[str]:
    """Return the names of a table's columns."""
    if kind in ("pandas", "polars"):
        return [str(name) for name in frame.columns]
    return list(frame.schema.names if kind in ("pyarrow", "batch") else frame.column_names)


def mapped(
    frame: Any, kind: str, function: Function, reads: Sequence[str], sets: Sequence[str]
) -> Any:
    """Return the table with columns set by a batch function; all others stay as they are.

    Args:
        reads: columns that the function is given. sets: those of its result that are set.
    """

    def on_table(table: "pa.Table") -> "pa.Table":
        import pyarrow as pa  # noqa: PLC0415 - the base install has no Arrow

        selected = table.select(list(reads)).combine_chunks()
        batches = [function(batch) for batch in selected.to_batches(BATCH) or _empty(selected)]
        result = pa.Table.from_batches(batches)
        for name in sets:
            column = result[name]
            if name in table.column_names:
                table = table.set_column(table.column_names.index(name), name, column)
            else:
                table = table.append_column(name, column)
        return table

    return _APPLY[kind](frame, on_table, reads, sets)


def _empty(table: "pa.Table") -> "list[pa.RecordBatch]":
    import pyarrow as pa  # noqa: PLC0415

    return [pa.RecordBatch.from_pylist([], schema=table.schema)]


OnTable = Callable[["pa.Table"], "pa.Table"]


def _to_batch(frame: Any, function: OnTable, _: Iterable[str], __: Iterable[str]) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    result = function(pa.Table.from_batches([frame])).combine_chunks()
    return (result.to_batches() or _empty(result))[0]


def _to_pandas(frame: Any, function: OnTable, reads: Sequence[str], sets: Sequence[str]) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    table = pa.table({name: pa.array(frame[name], from_pandas=True) for name in reads})
    result = function(table)
    frame = frame.copy()
    for name in sets:
        frame[name] = type(frame[reads[0]])(result[name].to_pylist(), index=frame.index, name=name)
    return frame


def _to_polars(frame: Any, function: OnTable, reads: Sequence[str], sets: Sequence[str]) -> Any:
    result = function(frame.select(list(reads)).to_arrow()).select(list(sets))
    return frame.with_columns(sys.modules["polars"].from_arrow(result))


def _to_dataset(frame: Any, function: OnTable, _: Iterable[str], sets: Iterable[str]) -> Any:
    dataset = frame.with_format("arrow").map(function, batched=True, batch_size=BATCH)
    shown = frame.format["columns"]
    new = [name for name in sets if name not in frame.column_names]
    return dataset.with_format(**{**frame.format, "columns": [*shown, *new]})


_APPLY: dict[str, Callable[..., Any]] = {
    "pyarrow": lambda frame, function, reads, sets: function(frame),  # noqa: ARG005
    "batch": _to_batch,
    "pandas": _to_pandas,
    "polars": _to_polars,
    "datasets": _to_dataset,
}
