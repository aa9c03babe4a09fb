"""Shard boundaries: divide the mixed documents into shards of even size.

Input: the bytes of text of each document, or of buckets of them, in the order of the shards.
Output: where each shard except the first begins. No row for each document is needed: sums over
buckets of the order's top bits suffice, and heavy buckets are split further.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curate.mix.buckets import HASH_BITS, Hashes, Sum

FIRST_BITS = 10
MAX_NEARBY = 512  # ends considered within six shards on both sides of a boundary
STEP = 10

# (bits, prefixes of that many bits or None for all, finer bits) -> {finer prefix: sums}
Sums = Callable[[int, Sequence[int] | None, int], Mapping[int, Sum]]


@dataclass(frozen=True, slots=True)
class ShardBoundaries:
    """Where each shard but the first begins: orders, ascending. One more shard than `starts`."""

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


def shard_boundaries(
    sums: Sums, target_bytes: int, total_bytes: int, *, bits: int | None = None
) -> ShardBoundaries:
    """Return the boundaries, from sums over buckets of the order; heavy buckets are split further.

    Args:
        sums: called with (bits, prefixes, finer), returns documents and bytes of the rows whose
            order's top `bits` bits are among `prefixes` (None: all rows), by the top `finer` bits
            of the order. Usually called once; again for heavy buckets.
        target_bytes: bytes of text a shard should have.
        total_bytes: bytes of all rows; decides how fine the first sums are.
        bits: of the first sums, if not `first_bits`.

    Raises ValueError if the sums are not those of `total_bytes`.
    """
    bits = first_bits(total_bytes, target_bytes) if bits is None else bits
    by_prefix = {(bits, prefix): total for prefix, total in sums(0, None, bits).items()}
    if (got := sum(total.amount for total in by_prefix.values())) != total_bytes:
        raise ValueError(f"shards: expected sums of {total_bytes} bytes, got {got}")
    # At the nearer end of a bucket of 1/20 of a shard, a boundary is off by 1/40 at most.
    heavy = total_bytes / _count(total_bytes, target_bytes) / 20
    while bits < HASH_BITS:
        heavy_prefixes = [
            prefix
            for (at, prefix), total in by_prefix.items()
            if at == bits and total.documents > 1 and total.amount > heavy
        ]
        if not heavy_prefixes:
            break
        finer = min(bits + STEP, HASH_BITS)
        parts = sums(bits, sorted(heavy_prefixes), finer)
        for prefix in heavy_prefixes:
            del by_prefix[bits, prefix]
        by_prefix |= {(finer, prefix): total for prefix, total in parts.items()}
        bits = finer
    buckets = sorted(
        (prefix << (HASH_BITS - at), total.amount) for (at, prefix), total in by_prefix.items()
    )
    starts, amounts = [start for start, _ in buckets], [amount for _, amount in buckets]
    return even_boundaries(starts, amounts, target_bytes)


def even_boundaries(
    starts: Sequence[int], amounts: Sequence[int], target_bytes: int
) -> ShardBoundaries:
    """Return where to divide a sequence of documents, or buckets of them, into even shards.

    n shards of total / n bytes, n = total / target rounded up. A boundary that falls into an item
    moves to one of its ends, so that each shard is within a tenth of its size or off by no more
    than its largest item; of all such divisions the most even one. Where texts are about as long
    as a shard, n shards may not be the most even division: longer ones lead to fewer, and may
    admit no such division; then the one with the least excess is taken.

    Args:
        starts: order at which each item begins, ascending.
        amounts: bytes of each item.
        target_bytes: bytes a shard should have.
    """
    items = [(start, amount) for start, amount in zip(starts, amounts, strict=True) if amount]
    sizes = np.array([0, *(amount for _, amount in items)], np.int64)
    ends = np.cumsum(sizes)  # ends[k]: bytes before item k; the last is the total
    total = int(ends[-1])
    n = _count(total, target_bytes)
    points = _points(sizes, ends, n)
    largest = np.maximum.reduceat(sizes, [0, *(k + 1 for k in points[:-1])])
    chosen = _evenest([int(ends[k]) for k in points], largest.tolist(), n)
    return ShardBoundaries(tuple(items[points[p]][0] for p in chosen))


def _points(sizes: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], n: int) -> list[int]:
    """Return how many items may come before a boundary: 0, all, and the candidates between.

    Those are both ends of the item under each even boundary; where that is a large one, also every
    end nearby, because the shards around it have to compensate for it.
    """
    total, last = int(ends[-1]), len(ends) - 1
    points = {0, last}
    for i in range(1, n):
        k = int(np.searchsorted(ends, -(-i * total // n), side="left"))
        points |= {k - 1, k}
        if int(sizes[k]) * n * 20 > total:
            near = 6 * total // n  # six shards off by a tenth compensate for half a shard
            left = int(np.searchsorted(ends, ends[k - 1] - near, side="left"))
            right = int(np.searchsorted(ends, ends[k] + near, side="right"))
            points |= _spaced(ends, left, min(right, last))
    return sorted(points)


def _spaced(ends: npt.NDArray[np.int64], left: int, right: int) -> set[int]:
    """Return the ends left, …, right - 1; of more than MAX_NEARBY those nearest to even spaces.

    All divisions of a million small items would take hours to compare, and an end every fortieth
    of a shard is as good.
    """
    if right - left <= MAX_NEARBY:
        return set(range(left, right))
    even = np.linspace(int(ends[left]), int(ends[right - 1]), MAX_NEARBY)
    return set((left + np.searchsorted(ends[left:right], even, side="left")).tolist())


def _evenest(ends: Sequence[int], largest: Sequence[int], n: int) -> list[int]:
    """Return the inner points to divide at, by dynamic programming from the left.

    `ends[p]` bytes come before point p; `largest[p]` is the largest item between point p - 1
    and p. The cost of a shard is how far it is off beyond what is allowed, then its squared
    error, in bytes times n, so that all are whole numbers.
    """
    total = ends[-1]
    best: list[tuple[int, int, int]] = [(0, 0, -1)]  # excess, squares, the point before
    for current in range(1, len(ends)):
        options: list[tuple[int, int, int]] = []
        largest_item = 0
        for last in range(current - 1, -1, -1):
            largest_item = max(largest_item, largest[last + 1] * n)
            size = (ends[current] - ends[last]) * n
            error = abs(size - total)
            excess = max(0, error - max(total // 10, largest_item))
            options.append((best[last][0] + excess, best[last][1] + error * error, last))
            if size > 2 * total + largest_item:
                break  # a longer shard is only worse
        best.append(min(options))
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
