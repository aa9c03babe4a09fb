"""Sequence packing: concatenate tokenised documents and cut sequences of equal length.

Input: documents as tokens, in the order of a shard. Output: each document followed by one
end-of-text token; the stream is cut every `length` tokens, so that sequences are full and documents
continue in the next one. The documents of each sequence are recorded.

Source: Brown et al. 2020 (GPT-3), arXiv:2005.14165, appendix B.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from curate._lazy import listing

__all__ = ["Packer", "stream"]
__dir__ = listing(__name__, __all__)

Tokens = npt.NDArray[np.int64]


class Stream(NamedTuple):
    """N concatenated documents, each with its end-of-text token.

    Args:
        tokens: `int64[T]`.
        starts: where each document begins, `int64[N]`, rising.
        ids: of the documents.
    """

    tokens: Tokens
    starts: Tokens
    ids: list[str]


class Packed(NamedTuple):
    """M sequences, and the S runs of one document in them.

    Args:
        tokens: `int64[M, length]`.
        offsets: runs [offsets[i], offsets[i + 1]) are of sequence i, `int64[M + 1]`.
        starts: where a run begins in its sequence, `int64[S]`; the first of each at 0.
        ids: document of each run.
        continues: whether a sequence begins inside a document, `bool[M]`.
    """

    tokens: Tokens
    offsets: Tokens
    starts: Tokens
    ids: list[str]
    continues: npt.NDArray[np.bool_]


def stream(ids: Sequence[str], documents: Sequence[Sequence[int]], eot: int) -> Stream:
    """Return documents as a stream; an empty one is only its end-of-text token.

    >>> stream(["a", "b"], [[1, 2], [3]], 0)
    Stream(tokens=array([1, 2, 0, 3, 0]), starts=array([0, 3]), ids=['a', 'b'])
    """
    lengths = np.array([len(document) + 1 for document in documents], np.int64)
    ends = np.cumsum(lengths)
    tokens = np.empty(int(ends[-1]) if len(ends) else 0, np.int64)
    for document, end, length in zip(documents, ends.tolist(), lengths.tolist(), strict=True):
        tokens[end - length : end - 1] = document
        tokens[end - 1] = eot
    return Stream(tokens, ends - lengths, list(ids))


class Packer:
    """Cut consecutive streams into sequences of `length` tokens.

    Tokens that do not fill a sequence are kept for the next stream; at the end `waiting` tokens
    are left, fewer than `length`, and in no sequence.

    >>> packer = Packer(4)
    >>> packer.add(stream(["a"], [[1, 2]], 0)).tokens.tolist()
    []
    >>> packed = packer.add(stream(["b"], [[3, 4, 5]], 0))
    >>> packed.tokens.tolist(), packed.starts.tolist(), packed.ids, packer.waiting
    ([[1, 2, 0, 3]], [0, 3], ['a', 'b'], 3)
    """

    def __init__(self, length: int) -> None:
        if length < 1:
            raise ValueError(f"Packer: length must be at least 1, got {length}")
        self.length = length
        self._rest = Stream(np.empty(0, np.int64), np.empty(0, np.int64), [])
        self._continues = False  # whether the rest begins inside its first document

    @property
    def waiting(self) -> int:
        """Return how many tokens are in no sequence yet."""
        return len(self._rest.tokens)

    def add(self, more: Stream) -> Packed:
        """Add a stream; return the sequences completed by it."""
        tokens = np.concatenate([self._rest.tokens, more.tokens])
        begins = np.concatenate([self._rest.starts, more.starts + len(self._rest.tokens)])
        ids = [*self._rest.ids, *more.ids]
        count = len(tokens) // self.length
        end = count * self.length
        cuts = np.arange(0, end + 1, self.length)
        documents = np.searchsorted(begins, cuts, side="right") - 1  # the one that spans a cut
        inside = np.ones(len(cuts), bool)
        if len(begins):
            inside = begins[documents] != cuts
        inside[0] = self._continues
        runs = np.union1d(begins[begins < end], cuts[:-1])
        of = np.searchsorted(begins, runs, side="right") - 1
        packed = Packed(
            tokens[:end].reshape(count, self.length),
            np.searchsorted(runs, cuts),
            runs % self.length,
            [ids[i] for i in of.tolist()],
            inside[:-1],
        )
        self._keep(tokens, begins, ids, end)
        return packed

    def _keep(self, tokens: Tokens, begins: Tokens, ids: list[str], end: int) -> None:
        """Keep the tokens after the last full sequence."""
        if end == len(tokens):
            self._rest = Stream(tokens[:0], begins[:0], [])
            self._continues = False
            return
        first = int(np.searchsorted(begins, end, side="right")) - 1
        self._continues = bool(begins[first] != end) or (self._continues and end == 0)
        starts = np.maximum(begins[first:] - end, 0)
        self._rest = Stream(tokens[end:].copy(), starts, ids[first:])
