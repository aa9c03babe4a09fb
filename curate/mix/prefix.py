"""Cutoffs of partial epochs by hash order, and positions of copies in the shards.

Within a source documents are ordered by (hash, key). A partial epoch is a prefix of that order,
up to the cutoff at which its tokens come closest to the remainder of the plan. `epoch_cutoffs`
finds it from sums over hash buckets, so nothing is sorted and at most a few thousand rows are ever
read; its caller (Spark, or a plain loop) computes the sums. At a billion documents: two rounds
of sums.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from curate.mix.buckets import HASH_BITS, Bucket, Hashes, Sum, narrow_bucket
from curate.mix.weights import Plan, Share, Totals

STEP = 12  # further bits a round: 4,096 sums a source
FEW = 1_000  # documents that are read one by one

Row = tuple[int, Any, int]  # hash, key, tokens
# (bits, {source: prefix of that many bits}, finer bits) -> {(source, finer prefix): sums}
Sums = Callable[[int, Mapping[str, int], int], Mapping[tuple[str, int], Sum]]
# {source: bucket} -> the rows of each bucket, in any order
Rows = Callable[[Mapping[str, Bucket]], Mapping[str, Iterable[Row]]]


@dataclass(frozen=True, slots=True)
class Cutoff:
    """Where a source's partial epoch ends.

    Args:
        hash, key: the document at the cutoff; keys are compared only where hashes are equal.
        included: whether that document is part of the prefix.
        tokens: that document's: by half of them at most the prefix misses its target.
        short: tokens that are missing before that document.
    """

    hash: int
    key: Any
    included: bool
    tokens: int = field(default=0, compare=False)
    short: int = field(default=0, compare=False)

    def before(self, hash: int, key: Any) -> bool:
        """Return whether a document is part of the prefix."""
        if hash != self.hash:
            return hash < self.hash
        return bool(key <= self.key if self.included else key < self.key)


NOTHING = Cutoff(-1, None, False)  # an empty prefix


def cutoff(rows: Iterable[Row], target: int, before: int = 0) -> Cutoff:
    """Return where a prefix of the rows, sorted by (hash, key), comes closest to the target.

    Documents are taken until `before` and their tokens reach the target; the one that crosses
    it is taken only if that is nearer to the target than stopping short of it.

    Raises ValueError if all rows together do not reach the target.
    """
    if target <= 0:
        return NOTHING
    total = before
    for hash, key, tokens in sorted(rows, key=lambda row: row[:2]):
        if total + tokens >= target:
            short = target - total
            return Cutoff(hash, key, tokens - short < short, tokens, short)
        total += tokens
    raise ValueError(f"cutoff: the documents end at {total} tokens, before the target {target}")


def epoch_cutoffs(
    planned: Plan, sums: Sums, rows: Rows, *, step: int = STEP, few: int = FEW
) -> dict[str, Cutoff]:
    """Return each source's cutoff, the same as sorting its documents and calling `cutoff`.

    Args:
        planned: whose `remainder_tokens` the prefixes are to reach.
        sums: called once a round with (bits, prefixes, finer); returns documents and tokens of
            the documents of each source in `prefixes` whose hash's top `bits` bits are the given
            prefix, by source and the top `finer` bits. In the first round bits = prefix = 0.
        rows: called at most once, returns (hash, key, tokens) of all documents of the buckets
            (`bucket.start <= hash < bucket.stop`).
        step: further bits a round.
        few: a bucket of at most so many documents is not split further.

    Raises ValueError if the sums are not those the plan was made from.
    """
    targets = {name: share.remainder_tokens for name, share in planned.shares.items()}
    buckets = {
        name: Bucket(0, 0, 0, share.documents, share.tokens)
        for name, share in planned.shares.items()
        if targets[name] > 0
    }
    bits = 0
    while bits < HASH_BITS and (
        large := {name: b for name, b in buckets.items() if b.documents > few}
    ):
        finer = min(bits + step, HASH_BITS)
        by_source = sums(bits, {name: b.prefix for name, b in large.items()}, finer)
        for name, bucket in large.items():
            parts = {
                prefix: total for (source, prefix), total in by_source.items() if source == name
            }
            try:
                buckets[name] = narrow_bucket(bucket, parts, finer, targets[name])
            except ValueError as error:
                raise ValueError(f"mix: source {name}: {error}") from error
        bits = finer
    inside = rows(buckets) if buckets else {}
    cutoffs = dict.fromkeys(planned.shares, NOTHING)
    for name, bucket in buckets.items():
        cutoffs[name] = cutoff(inside[name], targets[name], bucket.before)
    return cutoffs


def balance_cutoffs(
    cuts: Mapping[str, Cutoff], groups: Iterable[Sequence[str]]
) -> dict[str, Cutoff]:
    """Return the cutoffs so that a group's targets are met together.

    What one misses is made up for by the next of its group, so all of a group miss the sum of
    their targets by half of its largest document at a cutoff at most.

    >>> cuts = {name: Cutoff(0, 0, False, tokens=10, short=4) for name in "abc"}
    >>> [cut.included for cut in balance_cutoffs(cuts, ["abc"]).values()]
    [False, True, False]
    """
    result = dict(cuts)
    for group in groups:
        off = 0  # tokens beyond the targets so far
        for name in group:
            cut = cuts[name]
            less, more = off - cut.short, off - cut.short + cut.tokens
            included = cut.tokens > 0 and abs(more) < abs(less)
            result[name] = replace(cut, included=included)
            off = more if included else less
    return result


def totals(sums: Mapping[tuple[str, int], Sum]) -> dict[str, Totals]:
    """Return each source's documents and tokens from a first round's sums."""
    by_source: dict[str, Totals] = {}
    for (source, _), (documents, tokens) in sums.items():
        old = by_source.get(source, Totals(0, 0))
        by_source[source] = Totals(old.documents + documents, old.tokens + tokens)
    return by_source


def copies(hash: int, key: Any, share: Share, end: Cutoff) -> int:
    """Return how often a document is in the mix: full epochs, and once if before the cutoff."""
    return share.full_epochs + end.before(hash, key)


def copies_of(
    hashes: Hashes, keys: Sequence[Any], share: Share, end: Cutoff
) -> npt.NDArray[np.int64]:
    """Return `copies` of each of N documents of one source, `int64[N]`."""
    if end.hash < 0:
        return np.full(len(hashes), share.full_epochs, np.int64)
    at = np.uint64(end.hash)
    taken = hashes < at
    for i in np.flatnonzero(hashes == at).tolist():
        taken[i] = end.before(end.hash, keys[i])
    return share.full_epochs + taken.astype(np.int64)


@overload
def order(hashes: int, epoch: int, copies: int) -> int: ...
@overload
def order(
    hashes: Hashes, epoch: npt.NDArray[np.int64], copies: npt.NDArray[np.int64]
) -> Hashes: ...
def order(
    hashes: int | Hashes, epoch: int | npt.NDArray[np.int64], copies: int | npt.NDArray[np.int64]
) -> int | Hashes:
    """Return the position of a copy in the shards, from 0 to 2^64 - 1: (epoch + u) / copies.

    Copy 0 of a document falls into the first 1/copies of the shards, copy 1 into the second, and
    so on, so that copies made from one hash are exactly 1/copies of the whole apart.

    Args:
        hashes: the document's shuffle hash, or `uint64[N]`.
        epoch: which copy, 0 <= epoch < copies.
        copies: how many there are, below 2^31.

    >>> [order(1 << 62, epoch, 4) >> 60 for epoch in range(4)]
    [1, 5, 9, 13]
    """
    if isinstance(hashes, int):
        return ((int(epoch) << HASH_BITS) + hashes) // int(copies)
    # In 64 bits: 2^64 = q c + r, so (e 2^64 + h) / c = e q + h / c + (e r + h mod c) / c.
    # For c = 1, q wraps around to 0, and e is 0.
    e = np.atleast_1d(np.asarray(epoch, np.uint64))
    c = np.atleast_1d(np.asarray(copies, np.uint64))
    q, r = (np.uint64(0) - c) // c + np.uint64(1), (np.uint64(0) - c) % c
    orders: Hashes = e * q + hashes // c + (e * r + hashes % c) // c
    return orders
