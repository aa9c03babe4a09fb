"""Cut the run into shards and write each as one Parquet file, byte for byte the same each time.

Rows enter in their final order, in record batches of any size; a file leaves whose bytes depend
on the rows alone: they are cut into row groups anew, by counts and sizes of the rows themselves.

Text is `string`, not `large_string`: Parquet knows one kind of string, only the Arrow schema
stored beside it would ask readers for 64-bit offsets, which not all of them have. A row group
holds at most `group_bytes` and one text, far below the 2 GiB that 32-bit offsets reach.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Any, Self, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate.mix.buckets import HASH_BITS, Hashes, Sum

GROUP_ROWS = 1_024  # readers stride row groups by rank and want many even ones (nanochat)
GROUP_BYTES = 64 << 20
ZSTD_LEVEL = 3
# All different within a row group: a dictionary costs time and saves nothing.
PLAIN = ("text", "id", "url")

FIRST_BITS = 10
SPACED = 512  # ends worth a look within six shards on both sides of a cut
STEP = 10

# (bits, prefixes of that many bits or None for all, finer bits) -> {finer prefix: sums}
Sums = Callable[[int, Sequence[int] | None, int], Mapping[int, Sum]]


def shard_name(split: str, number: int, of: int) -> str:
    """Return the file name readers of sharded datasets know.

    >>> shard_name("train", 3, 12)
    'train-00003-of-00012.parquet'
    """
    return f"{split}-{number:05d}-of-{of:05d}.parquet"


# --- where to cut ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where each shard but the first begins: orders, rising. One more shard than `starts`."""

    starts: tuple[int, ...]

    @property
    def shards(self) -> int:
        """Return how many shards there are."""
        return len(self.starts) + 1

    def shard_of(self, orders: Hashes) -> npt.NDArray[np.int64]:
        """Return the shard of each of `uint64[N]` orders, `int64[N]` from 0."""
        starts = np.array(self.starts, np.uint64)
        return np.searchsorted(starts, orders, side="right").astype(np.int64)


def first_bits(total_bytes: int, target_bytes: int) -> int:
    """Return by how many top bits of the order to sum first: 64 buckets a shard, at least 1,024.

    10 up to 16 shards; 500 MB shards of 1.6 TB of text, GPT-3's filtered crawl: 18, 262,144 sums.
    """
    return max(FIRST_BITS, (64 * _count(total_bytes, target_bytes) - 1).bit_length())


def find_cuts(sums: Sums, target_bytes: int, total_bytes: int, *, bits: int | None = None) -> Cuts:
    """Return the cuts, from sums over buckets of the order; crowded buckets are opened further.

    Args:
        sums: called with (bits, prefixes, finer), returns documents and bytes of the rows whose
            order's top `bits` bits are among `prefixes` (None: all rows), by the top `finer` bits
            of the order. Usually called once; again for buckets that weigh too much.
        target_bytes: bytes of text a shard should have.
        total_bytes: bytes of all rows; decides how fine the first sums are.
        bits: of the first sums, if not `first_bits`.

    Raises ValueError if the sums are not those of `total_bytes`.
    """
    bits = first_bits(total_bytes, target_bytes) if bits is None else bits
    found = {(bits, prefix): total for prefix, total in sums(0, None, bits).items()}
    if (got := sum(total.amount for total in found.values())) != total_bytes:
        raise ValueError(f"shards: expected sums of {total_bytes} bytes, got {got}")
    # Cut at the nearer end, a bucket of 1/20 of a shard moves a cut by 1/40 at most.
    heavy = total_bytes / _count(total_bytes, target_bytes) / 20
    while bits < HASH_BITS:
        crowded = [
            prefix
            for (at, prefix), total in found.items()
            if at == bits and total.documents > 1 and total.amount > heavy
        ]
        if not crowded:
            break
        finer = min(bits + STEP, HASH_BITS)
        parts = sums(bits, sorted(crowded), finer)
        for prefix in crowded:
            del found[bits, prefix]
        found |= {(finer, prefix): total for prefix, total in parts.items()}
        bits = finer
    starts = sorted((prefix << (HASH_BITS - at), total) for (at, prefix), total in found.items())
    return cuts([start for start, _ in starts], [total.amount for _, total in starts], target_bytes)


def cuts(starts: Sequence[int], amounts: Sequence[int], target_bytes: int) -> Cuts:
    """Return where to cut a run of documents or buckets of them into even shards.

    n shards of total / n bytes, n = total / target rounded up. A cut that falls into an item
    moves to one of its ends, so that each shard is within a tenth of its size or off by no more
    than its largest item; of all such ways the most even one. Where texts are about as long as a
    shard, n shards may not be the most even way: longer ones lead to fewer, and can leave no
    such way at all; then the one that misses by least is taken.

    Args:
        starts: order at which each item begins, rising.
        amounts: bytes of each item.
        target_bytes: bytes a shard should have.
    """
    full = [(start, amount) for start, amount in zip(starts, amounts, strict=True) if amount]
    sizes = np.array([0, *(amount for _, amount in full)], np.int64)
    ends = np.cumsum(sizes)  # ends[k]: bytes before item k; the last is the total
    total = int(ends[-1])
    n = _count(total, target_bytes)
    points = _points(sizes, ends, n)
    chosen = _evenest(
        [int(ends[k]) for k in points],
        [int(one) for one in np.maximum.reduceat(sizes, [0, *(k + 1 for k in points[:-1])])],
        n,
    )
    return Cuts(tuple(full[points[p]][0] for p in chosen))


def _points(sizes: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], n: int) -> list[int]:
    """Return how many items may stand left of a cut: 0, all, and the ways worth a look between.

    Those are both ends of the item under each even cut; where that is a large one, also every
    end nearby, for the shards around it have to make up for it.
    """
    total, last = int(ends[-1]), len(ends) - 1
    points = {0, last}
    for i in range(1, n):
        k = int(np.searchsorted(ends, -(-i * total // n), side="left"))
        points |= {k - 1, k}
        if int(sizes[k]) * n * 20 > total:
            near = 6 * total // n  # six shards off by a tenth make up for half a shard
            left = int(np.searchsorted(ends, ends[k - 1] - near, side="left"))
            right = int(np.searchsorted(ends, ends[k] + near, side="right"))
            points |= _spaced(ends, left, min(right, last))
    return sorted(points)


def _spaced(ends: npt.NDArray[np.int64], left: int, right: int) -> set[int]:
    """Return the ends left, …, right - 1; of more than SPACED those nearest to even spaces.

    All ways to cut among a million small items would take hours to compare, and an end every
    fortieth of a shard is as good.
    """
    if right - left <= SPACED:
        return set(range(left, right))
    even = np.linspace(int(ends[left]), int(ends[right - 1]), SPACED)
    return set((left + np.searchsorted(ends[left:right], even, side="left")).tolist())


def _evenest(ends: Sequence[int], largest: Sequence[int], n: int) -> list[int]:
    """Return the inner points to cut at, by dynamic programming from the left.

    `ends[p]` bytes stand before point p; `largest[p]` is the largest item between point p - 1
    and p. The cost of a shard is how far it is off beyond what is allowed, then its squared
    error, in bytes times n, so that all are whole numbers.
    """
    total = ends[-1]
    best: list[tuple[int, int, int]] = [(0, 0, -1)]  # excess, squares, the point cut at before
    for here in range(1, len(ends)):
        ways: list[tuple[int, int, int]] = []
        own = 0
        for last in range(here - 1, -1, -1):
            own = max(own, largest[last + 1] * n)
            size = (ends[here] - ends[last]) * n
            off = abs(size - total)
            excess = max(0, off - max(total // 10, own))
            ways.append((best[last][0] + excess, best[last][1] + off * off, last))
            if size > 2 * total + own:
                break  # a longer shard is only worse
        best.append(min(ways))
    chosen = []
    at = best[-1][2]
    while at > 0:
        chosen.append(at)
        at = best[at][2]
    return chosen[::-1]


def _count(total_bytes: int, target_bytes: int) -> int:
    if target_bytes <= 0:
        raise ValueError(f"shards: expected target_bytes above 0, got {target_bytes}")
    return max(1, -(-total_bytes // target_bytes))


# --- writing -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Written:
    """What went into one shard.

    Args:
        rows, tokens: rows, and the sum of their token_count.
        bytes, sha256: of the file.
        text_bytes: UTF-8 bytes of the texts.
        row_groups: how many.
    """

    rows: int
    tokens: int
    bytes: int
    sha256: str
    text_bytes: int
    row_groups: int


class ShardWriter:
    """Write rows to one Parquet file; the same rows in the same order give the same bytes.

    Used in a `with` block: leaving it well finishes the file and sets `written`; an exception
    leaves the sink without a footer, to be thrown away by whoever opened it.

    Row groups have `group_rows` rows; one ends early after the row with which its texts reach
    `group_bytes`. Zstandard, dictionaries except for `plain`, page index, statistics except for
    `text` (the smallest and largest text of a page help nobody and may be megabytes).

    Args:
        sink: binary file to write to; it is not closed.
        schema: of the file. Batches may hold further columns, in any order, and strings of any
            Arrow kind.
    """

    def __init__(
        self,
        sink: IO[bytes],
        schema: pa.Schema,
        *,
        group_rows: int = GROUP_ROWS,
        group_bytes: int = GROUP_BYTES,
        plain: Sequence[str] = PLAIN,
    ) -> None:
        if group_rows < 1 or group_bytes < 1:
            raise ValueError(
                "ShardWriter: expected group_rows and group_bytes of at least 1, "
                f"got {group_rows} and {group_bytes}"
            )
        if missing := {"text", "token_count"}.difference(schema.names):
            raise ValueError(f"ShardWriter: the schema lacks {', '.join(sorted(missing))}")
        metadata = dict(sorted((schema.metadata or {}).items()))
        self.schema = schema.with_metadata(metadata) if metadata else schema
        self.written: Written | None = None
        self._group_rows, self._group_bytes = group_rows, group_bytes
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = self._waiting_bytes = 0
        self._rows = self._tokens = self._text_bytes = self._groups = 0
        self._sink = _Hashing(sink)
        # Lists of columns, or for none: False. The stubs know only the latter.
        dictionaries: Any = [name for name in schema.names if name not in plain] or False
        statistics: Any = [name for name in schema.names if name != "text"]
        self._writer = pq.ParquetWriter(
            cast(IO[bytes], self._sink),
            self.schema,
            version="2.6",
            compression="zstd",
            compression_level=ZSTD_LEVEL,
            use_dictionary=dictionaries,
            write_statistics=statistics,
            write_page_index=True,
            store_schema=True,
        )

    def write(self, batch: pa.RecordBatch) -> None:
        """Append a batch's rows.

        Raises ValueError if a column of the schema is missing or of another type, or if a
        column that may not be null is.
        """
        batch = self._shaped(batch)
        texts = cast(pa.StringArray, batch["text"])
        sizes = pc.binary_length(texts).fill_null(0).to_numpy(zero_copy_only=False)
        ends = np.cumsum(sizes, dtype=np.int64)
        start = 0
        while start < len(batch):
            done = int(ends[start - 1]) if start else 0
            by_bytes = self._group_bytes - self._waiting_bytes + done
            full = int(np.searchsorted(ends, by_bytes, side="left")) + 1
            stop = min(start + self._group_rows - self._waiting_rows, full, len(batch))
            self._waiting.append(batch.slice(start, stop - start))
            self._waiting_rows += stop - start
            self._waiting_bytes += int(ends[stop - 1]) - done
            if self._waiting_rows >= self._group_rows or self._waiting_bytes >= self._group_bytes:
                self._flush()
            start = stop

    def close(self) -> Written:
        """Finish the file; return what it holds."""
        if self.written is None:
            self._flush()
            self._writer.close()
            self.written = Written(
                self._rows,
                self._tokens,
                self._sink.bytes,
                self._sink.sha256.hexdigest(),
                self._text_bytes,
                self._groups,
            )
        return self.written

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
            return
        self._sink.dead = True  # closing the writer frees it, and would write a footer
        self._writer.close()

    def _shaped(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch in the schema's columns and types."""
        columns = []
        for field in self.schema:
            at = batch.schema.get_field_index(field.name)
            if at < 0:
                raise ValueError(
                    f"ShardWriter: expected one column {field.name}, "
                    f"got {', '.join(batch.schema.names)}"
                )
            column = batch.column(at)
            if column.null_count and not field.nullable:
                raise ValueError(f"ShardWriter: {field.name} is null in {column.null_count} rows")
            columns.append(column if column.type == field.type else column.cast(field.type))
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _flush(self) -> None:
        if not self._waiting:
            return
        # One array a column: the pages of a column are cut anew at every chunk.
        table = pa.Table.from_batches(self._waiting, self.schema).combine_chunks()
        self._writer.write_table(table, row_group_size=len(table))
        self._rows += len(table)
        self._text_bytes += self._waiting_bytes
        self._tokens += int(pc.sum(table["token_count"]).as_py() or 0)
        self._groups += 1
        self._waiting, self._waiting_rows, self._waiting_bytes = [], 0, 0


class _Hashing:
    """A file to write to that knows the sha256 of what went through."""

    def __init__(self, sink: IO[bytes]) -> None:
        self._sink = sink
        self.sha256 = hashlib.sha256()
        self.bytes = 0
        self.dead = False
        self.closed = False

    def write(self, data: bytes) -> int:
        if not self.dead:
            self._sink.write(data)
            self.sha256.update(data)
            self.bytes += len(data)
        return len(data)

    def tell(self) -> int:
        return self.bytes

    def flush(self) -> None:
        if not self.dead:
            self._sink.flush()

    def close(self) -> None:
        self.closed = True

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False
