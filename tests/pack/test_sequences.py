"""Sequences against a list that is cut by hand."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.pack.sequences import Packer, stream

EOT = 99
DOCUMENTS = st.lists(st.lists(st.integers(0, 9), max_size=12), max_size=12)


def test_an_end_of_text_behind_each_document():
    several = stream(["a", "b", "c"], [[1, 2], [], [3]], EOT)
    assert several.tokens.tolist() == [1, 2, EOT, EOT, 3, EOT]
    assert several.starts.tolist() == [0, 3, 4]
    assert stream([], [], EOT).tokens.tolist() == []


def plainly(documents, length):
    """Return (sequences, runs of each, whether it continues, tokens left), token by token."""
    flat = [
        (token, n, place == 0)
        for n, one in enumerate(documents)
        for place, token in enumerate([*one, EOT])
    ]
    sequences, runs, continues = [], [], []
    for start in range(0, len(flat) - length + 1, length):
        part = flat[start : start + length]
        sequences.append([token for token, _, _ in part])
        runs.append([(at, str(n)) for at, (_, n, first) in enumerate(part) if first or at == 0])
        continues.append(not part[0][2])
    return sequences, runs, continues, len(flat) % length


def packed_in(batches, length):
    packer = Packer(length)
    sequences, runs, continues = [], [], []
    number = 0
    for batch in batches:
        ids = [str(number + n) for n in range(len(batch))]
        number += len(batch)
        packed = packer.add(stream(ids, batch, EOT))
        sequences += packed.tokens.tolist()
        continues += packed.continues.tolist()
        pairs = list(zip(packed.starts.tolist(), packed.ids, strict=True))
        ends = packed.offsets.tolist()
        assert ends[0] == 0
        assert ends[-1] == len(pairs)
        runs += [pairs[a:b] for a, b in pairwise(ends)]
    return sequences, runs, continues, packer.waiting


@given(st.lists(DOCUMENTS, max_size=4), st.integers(1, 15))
def test_as_cut_by_hand_in_whatever_batches(batches, length):
    documents = [one for batch in batches for one in batch]
    assert packed_in(batches, length) == plainly(documents, length)


def test_a_document_of_many_sequences():
    assert packed_in([[list(range(10))], [[1]]], 3) == (
        [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, EOT, 1]],
        [[(0, "0")], [(0, "0")], [(0, "0")], [(0, "0"), (2, "1")]],
        [False, True, True, True],
        1,
    )


def test_wrong_length():
    with pytest.raises(ValueError, match="length must be at least 1, got 0"):
        Packer(0)
    assert Packer(5).add(stream([], [], EOT)).tokens.shape == (0, 5)
    assert Packer(5).add(stream(["a"], [[1]], EOT)).tokens.dtype == np.int64
