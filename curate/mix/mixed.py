"""Apply shares and cutoffs of cells to planned rows: copies of documents and their positions.

Input: planned rows (source, key, mix, shuffle, held_out; score and labels where these matter).
Output: how often each is in the training shards, and at which positions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curate.mix import prefix, weights
from curate.mix.buckets import unsigned
from curate.mix.cells import Cells

# split -> row of the batch, epoch and order of each row of the shards
Placed = dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint64]]]


@dataclass(frozen=True, slots=True)
class Mixed:
    """The decisions of the mix, as needed by a worker; shares and cuts are by cell."""

    shares: Mapping[str, weights.Share]
    cuts: Mapping[str, prefix.Cutoff]
    cells: Cells = field(default_factory=Cells)

    def copies(self, planned: pa.RecordBatch) -> npt.NDArray[np.int64]:
        """Return how often each planned row is in the training shards, `int64[N]`."""
        hashes = unsigned(planned["mix"].to_numpy())
        keys = planned["key"].to_numpy()
        held_out = planned["held_out"].to_numpy(zero_copy_only=False)
        names = self.cells.of(planned)
        count = np.zeros(len(hashes), np.int64)
        # A label of held-out documents only is no cell.
        for name in set(names[~held_out].tolist()):
            rows = np.flatnonzero((names == name) & ~held_out)
            count[rows] = prefix.copies_of(
                hashes[rows], keys[rows].tolist(), self.shares[name], self.cuts[name]
            )
        return count

    def placed(self, planned: pa.RecordBatch) -> Placed:
        """Return the positions of the rows of each split: all copies of all documents in it."""
        copies = self.copies(planned)
        hashes = unsigned(planned["shuffle"].to_numpy())
        rows = np.repeat(np.arange(len(hashes)), copies)
        ends = np.cumsum(copies)
        epochs = np.arange(len(rows)) - np.repeat(ends - copies, copies)
        held_out = np.flatnonzero(planned["held_out"].to_numpy(zero_copy_only=False))
        orders = prefix.order(hashes[rows], epochs, copies[rows])
        return {
            "train": (rows, epochs, orders),
            "validation": (held_out, np.zeros(len(held_out), np.int64), hashes[held_out]),
        }
