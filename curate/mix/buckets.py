"""Find where the cumulative sum over documents in hash order crosses a target, without sorting.

Documents are ordered by a 64-bit hash. Sums over buckets of the hash's top bits say in which
bucket a running total crosses; that bucket alone is split by further bits, until few documents
are left to read. Everything is an integer; hashes are unsigned.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, overload

import numpy as np
import numpy.typing as npt

HASH_BITS = 64

Hashes = npt.NDArray[np.uint64]


class Sum(NamedTuple):
    """Totals of a bucket: number of documents, and their tokens or bytes."""

    documents: int
    amount: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """All hashes whose top `bits` bits are `prefix`.

    Args:
        prefix, bits: which hashes; 0 bits means all.
        before: amount of the documents before the bucket.
        documents, amount: what it holds.
    """

    prefix: int
    bits: int
    before: int
    documents: int
    amount: int

    @property
    def start(self) -> int:
        """Return the smallest hash of the bucket."""
        return self.prefix << (HASH_BITS - self.bits)

    @property
    def stop(self) -> int:
        """Return the hash after the bucket's largest: up to 2^64."""
        return (self.prefix + 1) << (HASH_BITS - self.bits)


def unsigned(signed: npt.NDArray[np.int64]) -> Hashes:
    """Return `int64[N]` hashes, kept as h - 2^63 where there is no unsigned type, as h."""
    return signed.astype(np.int64).view(np.uint64) ^ np.uint64(1 << 63)


@overload
def top(hashes: int, bits: int) -> int: ...
@overload
def top(hashes: Hashes, bits: int) -> Hashes: ...
def top(hashes: int | Hashes, bits: int) -> int | Hashes:
    """Return the top `bits` bits of a hash, or of each of `uint64[N]`.

    Of a hash kept as s = h - 2^63 it is (s >> (64 - bits)) + 2^(bits - 1), in 64-bit integers.

    >>> top(0xABC0_0000_0000_0000, 12) == 0xABC
    True
    """
    if bits == 0:  # NumPy leaves a shift by all 64 bits undefined
        return 0 if isinstance(hashes, int) else np.zeros_like(hashes)
    if isinstance(hashes, int):
        return hashes >> (HASH_BITS - bits)
    return hashes >> np.uint64(HASH_BITS - bits)


def narrow_bucket(bucket: Bucket, sums: Mapping[int, Sum], bits: int, target: int) -> Bucket:
    """Return the part of the bucket in which the running total reaches the target.

    Args:
        bucket: the bucket to split; the target lies in it.
        sums: what the bucket's documents sum to, by the top `bits` bits of their hash; parts
            that hold nothing may be left out.
        bits: more than the bucket's own.
        target: running total to reach, > `bucket.before`.

    Raises ValueError if the sums are not those of the bucket or do not reach the target.
    """
    before = bucket.before
    inner: Bucket | None = None
    for prefix in sorted(sums):
        documents, amount = sums[prefix]
        if prefix >> (bits - bucket.bits) != bucket.prefix:
            raise ValueError(f"narrow_bucket: {prefix} of {bits} bits lies outside of {bucket}")
        if inner is None and before < target <= before + amount:
            inner = Bucket(prefix, bits, before, documents, amount)
        before += amount
    if before != bucket.before + bucket.amount:
        raise ValueError(
            f"narrow_bucket: expected sums of {bucket.amount} for {bucket}, "
            f"got {before - bucket.before}"
        )
    if inner is None:
        raise ValueError(f"narrow_bucket: {target} is not reached within {bucket}")
    return inner
