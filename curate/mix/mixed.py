"""Where each document goes: shares and cutoffs of the sources, applied to planned rows.

Input: planned rows (source, key, mix, shuffle, held_out). Output: how often each stands in the
training shards, and in which place of their order.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curate.mix import prefix, weights
from curate.mix.buckets import unsigned

# split -> row of the batch, epoch and order of each row of the shards
Placed = dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint64]]]


@dataclass(frozen=True, slots=True)
class Mixed:
    """All that a worker needs to know where a document goes."""

    shares: Mapping[str, weights.Share]
    cuts: Mapping[str, prefix.Cutoff]

    def copies(self, planned: pa.RecordBatch) -> npt.NDArray[np.int64]:
        """Return how often each planned row stands in the training shards, `int64[N]`."""
        lots = unsigned(planned["mix"].to_numpy())
        keys = planned["key"].to_numpy()
        sources = np.array(planned["source"].to_pylist(), object)
        count = np.zeros(len(lots), np.int64)
        for name in set(sources.tolist()):
            own = np.flatnonzero(sources == name)
            count[own] = prefix.copies_of(
                lots[own], keys[own].tolist(), self.shares[name], self.cuts[name]
            )
        count[planned["held_out"].to_numpy(zero_copy_only=False)] = 0
        return count

    def placed(self, planned: pa.RecordBatch) -> Placed:
        """Return where the rows of each split stand: all copies of all documents in it."""
        copies = self.copies(planned)
        lots = unsigned(planned["shuffle"].to_numpy())
        rows = np.repeat(np.arange(len(lots)), copies)
        ends = np.cumsum(copies)
        epochs = np.arange(len(rows)) - np.repeat(ends - copies, copies)
        held = np.flatnonzero(planned["held_out"].to_numpy(zero_copy_only=False))
        orders = prefix.order(lots[rows], epochs, copies[rows])
        return {
            "train": (rows, epochs, orders),
            "validation": (held, np.zeros(len(held), np.int64), lots[held]),
        }
