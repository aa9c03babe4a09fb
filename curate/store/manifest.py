"""Tables of a commit: its units, and the files they wrote with the bounds of their keys.

Stored as Parquet and held as Arrow tables, so that 200,000 units cost a driver seconds: operations
on all of them are operations on columns.
"""

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from curate.store import io
from curate.store.keys import MODULUS, Tally

Ints = npt.NDArray[np.int64]

UNITS: pa.Schema = pa.schema(
    [  # type: ignore[arg-type]
        pa.field("unit", pa.string(), nullable=False),
        pa.field("records", pa.int64(), nullable=False),  # read, with a checksum of the keys
        pa.field("checksum", pa.uint64(), nullable=False),
        pa.field("characters", pa.int64(), nullable=False),
        pa.field("facts", pa.string(), nullable=False),  # JSON
    ]
)
FILES: pa.Schema = pa.schema(
    [  # type: ignore[arg-type]
        pa.field("unit", pa.string(), nullable=False),
        pa.field("table", pa.string(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("rows", pa.int64(), nullable=False),
        pa.field("bytes", pa.int64(), nullable=False),
        pa.field("sha256", pa.binary(32), nullable=False),
        pa.field("lo", pa.int64(), nullable=False),
        pa.field("hi", pa.int64(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class File:
    """One file a stage wrote. `lo` and `hi` bound the keys in it, inclusive."""

    table: str
    name: str  # below the stage's folder
    rows: int
    bytes: int
    sha256: str
    lo: int = 0
    hi: int = -1


def units_table(rows: Iterable[tuple[str, Tally, Mapping[str, Any]]]) -> pa.Table:
    """Return UNITS of (unit, tally, facts)."""
    columns: list[list[Any]] = [[] for _ in UNITS]
    for unit, tally, unit_facts in rows:
        facts = json.dumps(unit_facts, sort_keys=True)
        values = (unit, tally.records, tally.checksum, tally.characters, facts)
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    return pa.table(columns, schema=UNITS)


def files_table(rows: Iterable[tuple[str, File]]) -> pa.Table:
    """Return FILES of (unit, file), by (table, lo, name)."""
    ordered = sorted(rows, key=lambda row: (row[1].table, row[1].lo, row[1].name))
    columns: list[list[Any]] = [
        [unit for unit, _ in ordered],
        *([getattr(file, name) for _, file in ordered] for name in FILES.names[1:5]),
        [bytes.fromhex(file.sha256) for _, file in ordered],
        *([getattr(file, name) for _, file in ordered] for name in FILES.names[6:]),
    ]
    return pa.table(columns, schema=FILES)


def files_of(table: pa.Table) -> Iterator[tuple[str, File]]:
    """Yield (unit, file) of rows of FILES."""
    columns = (table[name].to_pylist() for name in FILES.names)
    for unit, name, file, rows, size, sha256, lo, hi in zip(*columns, strict=True):
        yield unit, File(name, file, rows, size, sha256.hex(), lo, hi)


def total(units: pa.Table) -> Tally:
    """Return the sum of the tallies of all units."""
    names = ("records", "checksum", "characters")
    columns: list[list[Any]] = [units[name].to_pylist() for name in names]
    records, checksums, characters = columns
    return Tally(sum(records), sum(checksums) % MODULUS, sum(characters))


def missing(folder: str, files: pa.Table) -> str:
    """Return which file of a commit is missing or has another size, by one listing; "" if none."""
    wanted = dict(zip(files["name"].to_pylist(), files["bytes"].to_pylist(), strict=True))
    if not wanted:
        return ""
    present = io.list_files(folder)
    base = next(iter(present), "")[: -len(_below(next(iter(present), ""), folder)) or None]
    for name, size in wanted.items():
        got = present.get(f"{base}{name}")
        if got != size:
            actual = "none" if got is None else f"{got:,}"
            return f"expected {size:,} bytes of {name}, found {actual}"
    return ""


def _below(url: str, folder: str) -> str:
    """Return a listed URL relative to the folder that was listed."""
    bare = folder.rstrip("/").partition("://")[2] or folder.rstrip("/")
    return url.rpartition(f"{bare}/")[2]


def write(folder: str, name: str, table: pa.Table) -> dict[str, str]:
    """Write a table of a commit under a unique name; return the name and its sha256."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", use_dictionary=["table"])  # type: ignore[arg-type]
    data = sink.getvalue().to_pybytes()
    file = f"_{name}-{uuid.uuid4().hex[:12]}.parquet"
    io.write_bytes(io.join(folder, file), data)
    return {"file": file, "sha256": hashlib.sha256(data).hexdigest()}


def read(url: str, sha256: str) -> pa.Table:
    """Return a table of a commit; raises ValueError if its sha256 differs."""
    return pq.read_table(pa.BufferReader(io.read_bytes(url, sha256)))


class Ranges:
    """An interval index of files by the bounds of their keys.

    Files of one stage hardly overlap, so a lookup costs two binary searches. O(n log n) to build.
    """

    def __init__(self, urls: list[str], lo: Ints, hi: Ints) -> None:
        order = np.argsort(lo, kind="stable")
        self._urls = [urls[at] for at in order.tolist()]
        self._lo, self._hi = lo[order], hi[order]
        self._highest = np.maximum.accumulate(self._hi) if len(order) else self._hi

    @staticmethod
    def of(folder: str, files: pa.Table) -> "Ranges":
        """Index the files of a table of a commit that have rows."""
        rows = files["rows"].to_numpy() > 0
        names = np.array(files["name"].to_pylist(), object)[rows]
        urls = [io.join(folder, str(name)) for name in names]
        return Ranges(urls, files["lo"].to_numpy()[rows], files["hi"].to_numpy()[rows])

    def within(self, lo: int, hi: int) -> list[str]:
        """Return the files that may contain a key of [lo, hi]."""
        return list(self.of_parts(np.array([lo]), np.array([hi]))[0])

    def of_parts(self, lo: Ints, hi: Ints) -> list[tuple[str, ...]]:
        """Return for each of N intervals [lo, hi] the files that may contain a key of it."""
        firsts = np.searchsorted(self._highest, lo, "left").tolist()
        lasts = np.searchsorted(self._lo, hi, "right").tolist()
        urls: list[tuple[str, ...]] = []
        for part, (first, last) in enumerate(zip(firsts, lasts, strict=True)):
            if last - first == 1:  # the usual case: its highest key is not below lo
                urls.append((self._urls[first],))
            else:
                ends = self._hi[first:last] >= lo[part]
                urls.append(tuple(self._urls[first + int(at)] for at in np.flatnonzero(ends)))
        return urls
