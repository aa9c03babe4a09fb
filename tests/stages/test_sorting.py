"""Sorted rows in pieces: of whole keys, but for large ones."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from curate.stages import sorting

ROW = 16  # bytes: a key and a number


def batches_of(sizes, at_once):
    """Return rows of keys 0, 1, …, so many of each, as batches of some rows."""
    keys = [key for key, size in enumerate(sizes) for _ in range(size)]
    table = pa.table({"key": keys, "n": range(len(keys))}, SCHEMA)
    return table, table.to_batches(at_once)


SCHEMA = pa.schema([("key", pa.int64()), ("n", pa.int64())])


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=8), st.integers(1, 20), st.integers(1, 30),
    st.integers(0, 20),
)  # fmt: skip
def test_pieces_hold_whole_keys_but_for_large_ones(sizes, at_once, most, carried):
    table, batches = batches_of(sizes, at_once)
    before, sorting.PIECE_BYTES = sorting.PIECE_BYTES, most * ROW
    try:
        pieces = list(sorting.pieces_of_keys(iter(batches), "key", lambda: carried * ROW))
    finally:
        sorting.PIECE_BYTES = before
    numbers = [number for piece, _ in pieces for number in piece["n"].to_pylist()]
    assert numbers == table["n"].to_pylist()
    going = None
    for piece, goes_on in pieces:
        keys = piece["key"].to_pylist()
        if going is not None:
            assert set(keys) <= {going}
            assert goes_on is False or len(keys) > most
        whole = {key for key in keys if keys.count(key) == sizes[key]}
        if goes_on:
            assert len(set(keys)) == 1
            assert len(keys) > most
            going = keys[0]
        else:
            assert set(keys) - whole <= {going}
            going = None
    assert going is None
    assert any(goes_on for _, goes_on in pieces) <= (max(sizes) > most)


def test_no_rows_make_no_pieces():
    assert list(sorting.pieces_of_keys(iter([]), "key")) == []
