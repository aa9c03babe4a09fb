"""Check the columns that a recipe names against the schemas of the files, before reading.

Input: a source and some of its files. Output: a line for each column that no row can satisfy: a
missing one, or one whose type is not text. Default names of columns may be missing.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curate.recipe import ROWS, Grade, Source
from curate.sources.files import InputFile
from curate.sources.rows import has_column
from curate.sources.table import names_of
from curate.store import io
from curate.store.file_blocks import Blocks
from curate.store.parquet import open_parquet
from curate.store.unpack import UNPACKING_ERRORS, lines_of, unpacked

MOST_FILES = 8  # of a source, spread over it: their schemas are usually equal
_LINES = 100  # of a file of JSON lines, whose names are merged
LONGEST_LINE = 64 << 20
_NAMED = ("id", "url", "date", "grade")


def column_mistakes(name: str, source: Source, files: Sequence[InputFile]) -> Iterator[str]:
    """Yield a line for each column of a source that no row of a file can satisfy.

    Damaged files are ignored: a run counts them. Each mistake is reported once.
    """
    if source.kind not in ROWS:
        return
    reported: set[str] = set()
    step = max(1, len(files) // MOST_FILES)
    for file in [*files[::step][: MOST_FILES - 1], *files[-1:]]:
        try:
            present = _present(file, source)
        except (*UNPACKING_ERRORS, ValueError, RecursionError):
            continue
        if present is None:
            continue
        for key in ("text", *_NAMED):
            given = getattr(source, key)
            column = given.column if isinstance(given, Grade) else given
            wanted = key == "text" or key in source.model_fields_set
            if column is None or key in reported or not wanted:
                continue
            if (wrong := _column_mistake(present, column, key)) is not None:
                reported.add(key)
                yield f"sources.{name}.{key}: expected {wrong.format(file=file.file_path)}"


def _column_mistake(present: Mapping[str, pa.DataType | None], column: str, key: str) -> str | None:
    """Return the message about a column; None if it is fine."""
    if not has_column(present, column):
        names = ", ".join(sorted(present)).replace("{", "{{").replace("}", "}}")
        near = next((name for name in present if name.lower() == column.lower()), None)
        hint = f"; {near} is one" if near else ""
        return f"a column of {{file}} ({names}), got {column}{hint}"
    kind = _type_of(present, column)
    if kind == _MISSING:
        return f"a column inside one of {{file}}, got {column}, which is in none"
    if key == "text" and isinstance(kind, pa.DataType) and not _may_be_text(kind):
        return f"a column of text in {{file}}, got {column}, which is {kind}"
    return None


_MISSING = "missing"


def _type_of(present: Mapping[str, pa.DataType | None], column: str) -> pa.DataType | str | None:
    """Return a column's type, None where it is not known, `_MISSING` for one in a column."""
    if column in present:
        return present[column]
    first, _, rest = column.partition(".")
    kind = present[first]
    while rest and kind is not None:
        if not pa.types.is_struct(kind):
            return _MISSING
        first, _, rest = rest.partition(".")
        index = kind.get_field_index(first)
        if index < 0:
            return _MISSING
        kind = kind.field(index).type
    return kind


def _may_be_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _may_be_text(kind.value_type)
    of_text = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary,
               pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_null,
               pa.types.is_string_view, pa.types.is_binary_view)  # fmt: skip
    return any(check(kind) for check in of_text)


def _present(file: InputFile, source: Source) -> dict[str, pa.DataType | None] | None:
    """Return the columns of a file with their types, None for a type that only rows show."""
    if source.kind == "parquet":
        with open_parquet(file.url, file.size, file.version) as raw:
            return {field.name: field.type for field in pq.read_schema(raw)}
    with io.open_read(file.url, file.size, file.version) as raw:
        blocks = Blocks(raw, 0, file.size)
        if source.kind == "csv":
            return dict.fromkeys(names_of(blocks, file.file_path, source.text))
        names: dict[str, pa.DataType | None] = {}
        lines = lines_of(unpacked(blocks, file.file_path), LONGEST_LINE)
        for _, line in zip(range(_LINES), lines, strict=False):
            row: Any = None
            with suppress(ValueError, RecursionError):  # a damaged line; others say the names
                row = json.loads(line) if line is not None and line.strip() else None
            names.update(dict.fromkeys(row if isinstance(row, dict) else ()))
        return names or None
