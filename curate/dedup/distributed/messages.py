"""Messages between tasks: tables as bytes, addressed to numbered tasks of the next step."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

MESSAGE_BYTES = 1 << 20  # rows of one destination are cut into chunks of at most so many


class Message(NamedTuple):
    """Some bytes for a destination, 0, 1, 2, …; the kind says what they are."""

    to: int
    kind: str
    body: bytes


def send_rows(rows: npt.NDArray[Any], to: npt.NDArray[np.int64], kind: str) -> Iterator[Message]:
    """Yield the rows of a table with named fields, each to its destination, in their order."""
    by = np.argsort(to, kind="stable")
    starts = np.flatnonzero(np.append(True, to[by][1:] != to[by][:-1])[: len(by)])
    most = max(1, MESSAGE_BYTES // rows.dtype.itemsize)
    for start, end in zip(starts, [*starts[1:], len(by)], strict=False):
        for first in range(start, end, most):
            chunk = rows[by[first : min(first + most, end)]]
            yield Message(int(to[by[start]]), kind, chunk.tobytes())


def received_rows(bodies: Iterable[bytes], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return the rows of some messages of `send_rows` as one table."""
    return np.frombuffer(b"".join(bodies), dtype)


def encode_table(rows: pa.Table, note: bytes) -> bytes:
    """Return an Arrow table and a note about it as bytes."""
    sink = pa.BufferOutputStream()
    with_note = rows.replace_schema_metadata({b"note": note})
    with pa.ipc.new_stream(sink, with_note.schema) as writer:
        writer.write_table(with_note)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def decode_table(body: bytes) -> tuple[pa.Table, bytes]:
    """Undo `encode_table`."""
    rows = pa.ipc.open_stream(body).read_all()
    return rows.replace_schema_metadata(None), rows.schema.metadata[b"note"]
