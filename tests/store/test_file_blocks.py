"""Blocks read as the file does, and their digests add up however it is split."""

import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.store import file_blocks as blocks
from curate.store.file_blocks import Blocks


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 8)


# A plain statement of the digest, to hold the incremental one against.
def plain_digest(data, block):
    total = 0
    for number in range(max(1, -(-len(data) // block))):
        place = number.to_bytes(8, "big") if number else b""
        piece = data[number * block : (number + 1) * block]
        total += int(hashlib.sha256(place + piece).hexdigest(), 16)
    return total % 2**256


@given(st.binary(max_size=60), st.lists(st.integers(1, 7), max_size=4))
def test_a_digest_does_not_depend_on_the_splits(data, cuts):
    block, blocks.BLOCK = blocks.BLOCK, 8
    try:
        ends = sorted({min(8 * cut, len(data)) for cut in cuts} | {len(data)})
        starts = [0, *(end for end in ends[:-1])]
        parts = [
            Blocks(io.BytesIO(data), start, stop).digest()
            for start, stop in zip(starts, ends, strict=True)
            if start < stop or len(data) == 0
        ]
        assert sum(parts) % 2**256 == plain_digest(data, 8)
    finally:
        blocks.BLOCK = block


def test_a_small_files_digest_is_its_sha256():
    data = b"some bytes"
    result = Blocks(io.BytesIO(data), 0, len(data)).digest()
    assert f"{result:064x}" == hashlib.sha256(data).hexdigest()


@pytest.mark.usefixtures("small_blocks")
def test_blocks_read_as_a_file_does():
    data = bytes(range(61))
    blocks = Blocks(io.BytesIO(data), 8, 24)
    for offset in (0, 3, 8, 15, 16, 60, 61, 70):
        for size in (0, 1, 7, 8, 9, 30, -1):
            blocks.seek(offset)
            expected = data[offset:] if size < 0 else data[offset : offset + size]
            assert blocks.read(size) == expected
    assert blocks.seek(-3, 2) == 58
    assert blocks.read() == data[58:]
    assert list(io.BufferedReader(Blocks(io.BytesIO(b"a\nb\nc"), 0, 5))) == [
        b"a\n",
        b"b\n",
        b"c",
    ]


@pytest.mark.usefixtures("small_blocks")
def test_a_range_starts_at_a_block():
    with pytest.raises(ValueError, match="multiple of 8"):
        Blocks(io.BytesIO(b""), 3, 9)
