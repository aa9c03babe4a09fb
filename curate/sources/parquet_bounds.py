"""Limits on the decompressed size of Parquet row groups, checked before reading them.

A file of some kilobytes can expand to terabytes: one long value with a repeat count (a dictionary
of one entry, run-length encoded), pages of zeros, rows without bytes. Input: a row group's metadata
and the first bytes of its dictionaries. Output: whether it is within the limits, which columns must
be read as dictionaries to find out, and the batch size in rows.
"""

from collections.abc import Iterator, Sequence
from typing import IO, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

RATIO = 1_000  # bytes unpacked per byte stored; for texts and their columns well under 100
FREE = 256 << 20  # bytes that all row groups of a file may always unpack to together
FREE_ROWS, ROW_RATIO = 1 << 17, 16  # rows of a file, and rows for each of its bytes
BATCH_BYTES = 64 << 20
BATCH_ROWS = 256
_HEADER = 64  # bytes of a page header that hold its first fields
_WIDTHS = {"BOOLEAN": 1, "INT32": 4, "FLOAT": 4, "INT64": 8, "DOUBLE": 8, "INT96": 12}


class Bounds(NamedTuple):
    """Limits and batch size for reading a row group."""

    budget: int  # bytes that it may unpack to
    dictionaries: tuple[str, ...]  # columns that may exceed it, by their paths
    rows: int  # of a batch
    unpacked_rows: int  # of a batch that unpacks to more than BATCH_BYTES


def bounds_of(file: IO[bytes], metadata: Any, group: int, columns: Sequence[str]) -> Bounds | None:
    """Return how to read some columns of a row group, None if it certainly unpacks too far.

    Metadata may be wrong; no stored size is taken to be larger than the file.
    """
    about = metadata.row_group(group)
    size = file.seek(0, 2)
    budget = FREE // metadata.num_row_groups
    total, wide = 0, []
    for chunk in _chunks(about, columns):
        budget += RATIO * max(0, min(int(chunk.total_compressed_size), size))
        entry = _dictionary_bytes(file, chunk)
        plain = max(0, int(chunk.total_uncompressed_size))
        values = max(1, int(chunk.num_values))
        total += plain + values * _WIDTHS.get(chunk.physical_type, 0)
        wide.append((chunk.path_in_schema, plain + values * entry, entry, plain // values))
    if total > budget:
        return None
    dictionaries = tuple(path for path, most, *_ in wide if most > budget)
    unpacked = [max(entry, mean) for *_, entry, mean in wide]
    read = [mean if path in dictionaries else max(entry, mean) for path, _, entry, mean in wide]
    rows, unpacked_rows = (
        max(1, min(BATCH_ROWS, BATCH_BYTES // max([1, *sizes]))) for sizes in (read, unpacked)
    )
    return Bounds(budget, dictionaries, rows, unpacked_rows)


def too_many_rows(first: int, rows: int, size: int) -> bool:
    """Return whether rows from `first` on are more than a file of `size` bytes can hold."""
    return rows < 0 or first + rows > max(FREE_ROWS, ROW_RATIO * size)


def unpacked_bytes(array: Any) -> int:
    """Return the bytes of an array's values, of a dictionary array as if decoded."""
    if isinstance(array, pa.DictionaryArray):
        values: Any = array.dictionary
        lengths = pc.binary_length(values)
        return int(pc.sum(lengths.take(array.indices).cast(pa.int64())).as_py() or 0)
    if pa.types.is_struct(array.type):
        return sum(unpacked_bytes(inner) for inner in array.flatten())
    return int(array.nbytes)


def _chunks(about: Any, columns: Sequence[str]) -> Iterator[Any]:
    """Yield the column chunks of some columns, nested ones included."""
    for number in range(about.num_columns):
        chunk = about.column(number)
        path = chunk.path_in_schema
        if any(path == name or path.startswith(f"{name}.") for name in columns):
            yield chunk


def _dictionary_bytes(file: IO[bytes], chunk: Any) -> int:
    """Return how many bytes the dictionary of a chunk unpacks to; 0 if it has none."""
    at = chunk.dictionary_page_offset if chunk.has_dictionary_page else None
    if at is None or at < 0:
        return 0
    file.seek(at)
    return _page_bytes(file.read(_HEADER))


def _page_bytes(header: bytes) -> int:
    """Return the uncompressed size of a page from its header; 0 if it is not a page header.

    A header is Thrift's compact protocol: the fields 1 (type) and 2 (size), 32-bit integers, each
    after a field header byte, zigzag-encoded.

    >>> _page_bytes(bytes([0x15, 4, 0x15, 200, 1])), _page_bytes(b"no header")
    (100, 0)
    """
    at, value = 0, 0
    for _ in range(2):
        if header[at : at + 1] != b"\x15":
            return 0
        at, shift, value = at + 1, 0, 0
        while at < len(header):
            value |= (header[at] & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if not header[at - 1] & 0x80:
                break
    return value >> 1
