"""Compare the windows of one key: which are equal to an earlier one, byte for byte.

Input: rows, each a run of windows and the bytes these span, sorted by key, then best first.
Output: runs of windows that repeat earlier ones, and where these are. Cost grows with the
windows, however many rows have a key: each window is looked up once, by its hash, and what is found
is compared byte by byte. The rows of a key may come in pieces (`find_repeats_of_piece`): of those
before, only rows with windows that are the first of their kind are needed.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from curate._compiled import compiled, mix
from curate.dedup.passages.windows import Bytes, Ints, Keys, hashes_of_bytes

Table = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]  # of the windows of one key
_ZERO: Any = np.int64(0)  # a literal 0 is of another type: what takes it is compiled twice
AT_ONCE = 1 << 22  # windows of a key that are in one table of hashes; of more, several are made


class Rows(NamedTuple):
    """R runs of windows, those of a key next to each other, the best first.

    buffer: their bytes. starts: where in it the first window of each begins. counts: windows of
    each. documents: equal for rows of one document. positions: of the first window, in its
    document. ends: row behind the last one of each key.
    """

    buffer: Bytes
    starts: Ints
    counts: Ints
    documents: Ints
    positions: Ints
    ends: Ints


class Repeats(NamedTuple):
    """M runs of windows that repeat earlier ones: row, first window, how many; and where.

    kept_rows, kept_windows: where the first one is that the first window repeats. `kept_rows`
    is -1 for windows that are repeated and repeat none themselves.
    times: for each key the most that one of its windows is repeated. most_rows, most_windows,
    most_counts: the row of that window, and of the windows around it that are repeated at least
    half as often the first and how many.
    """

    rows: Ints
    windows: Ints
    counts: Ints
    kept_rows: Ints
    kept_windows: Ints
    times: Ints
    most_rows: Ints
    most_windows: Ints
    most_counts: Ints


class Earlier(NamedTuple):
    """Rows of pieces before, the first ones of a piece: how many, how often each of their windows
    was repeated so far.
    """

    rows: int
    repeated: Numbers


NONE = Earlier(0, np.zeros(0, np.int32))


def find_repeats(rows: Rows, length: int, *, firsts: bool = False) -> Repeats:
    """Return which windows repeat an earlier one.

    One that overlaps the first that is equal to it, in the same document, does not.

    Args:
        length: bytes of a window.
        firsts: whether windows that are repeated are returned too.
    """
    return find_repeats_of_piece(rows, length, firsts=firsts)[0]


def find_repeats_of_piece(
    rows: Rows,
    length: int,
    *,
    firsts: bool = False,
    earlier: Earlier = NONE,
    goes_on: bool = False,
) -> tuple[Repeats, Ints, Earlier]:
    """Return the repeats of rows of which the last key goes on, or began, in another piece.

    Args:
        rows: those of one key alone, if it began before or goes on. The repeats of all pieces are
            those of the key's rows at once; repeated windows, of which `firsts` tells, come with
            the last one.
        earlier: about the first of the rows: those that the piece before returned.
        goes_on: whether more rows of the key come.

    Returns also the rows that the next piece must begin with, and what is to be known of them.
    """
    runs, frequent, repeated, leads = _find(
        rows, hashes_of_bytes(), length, AT_ONCE, firsts, *earlier, goes_on
    )
    kept: Ints = np.flatnonzero(leads)
    of_windows = repeated[np.repeat(leads, rows.counts)] if goes_on else repeated[:0]
    return Repeats(*runs, *frequent), kept, Earlier(len(kept), of_windows)


@compiled
def _first_windows(  # noqa: PLR0917 - compiled functions have no keyword-only arguments
    rows: Rows, low: int, high: int, table: Keys, length: int, slices: int
) -> Numbers:
    """Return for each window of the rows from `low` on the number of the first with its hash.

    Windows are numbered through. By slices of the hashes, so that a table has AT_ONCE at most.
    """
    total, size = 0, 16
    for row in range(low, high):
        total += rows.counts[row]
    while size < 2 * total // slices + 16:
        size *= 2
    firsts = np.empty(total, np.int32)
    hashes, numbers = np.empty(size, np.uint64), np.empty(size, np.int64)
    for part in range(slices):
        for slot in range(size):
            numbers[slot] = -1
        filled = number = _ZERO
        for row in range(low, high):
            start, count = rows.starts[row], rows.counts[row]
            text = rows.buffer[start : start + count + length - 1]
            out = firsts[number : number + count]
            filled = _look_up(
                text, table, length, (slices, part), hashes, numbers, number, filled, out
            )
            number += count
    return firsts


@compiled
def _look_up(  # noqa: PLR0917 - compiled functions have no keyword-only arguments
    text: Bytes,
    table: Keys,
    length: int,
    slice_: tuple[int, int],
    hashes: Keys,
    numbers: Ints,
    number: int,
    filled: int,
    out: Numbers,
) -> int:
    """Fill in for each window of a text the first with its hash; return how many hashes there are.

    hashes, numbers: the table of those seen, -1 where it is free. number: of the text's first.
    """
    base, leaving, rolling = np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(1), np.uint64(0)
    mask, slices, part = np.uint64(len(hashes) - 1), np.uint64(slice_[0]), np.uint64(slice_[1])
    for i in range(length):
        leaving *= base
        if i < length - 1:
            rolling = rolling * base + table[text[i]]
    for window in range(len(out)):
        rolling = rolling * base + table[text[window + length - 1]]
        if window:
            rolling -= table[text[window - 1]] * leaving
        value = mix(rolling)
        if slices > np.uint64(1) and value % slices != part:
            continue
        slot = (value >> np.uint64(20)) & mask
        while numbers[slot] >= 0 and hashes[slot] != value:
            slot = (slot + np.uint64(1)) & mask
        if numbers[slot] < 0:
            if 4 * filled > 3 * len(hashes):  # badly spread hashes: this window repeats none
                out[window] = number + window
                continue
            hashes[slot], numbers[slot] = value, number + window
            filled += 1
        out[window] = numbers[slot]
    return filled


@compiled
def _row_of(number: int, bases: Ints) -> int:
    """Return which row a window is of, counted from the first of the key."""
    low, high = 0, len(bases) - 1
    while high - low > 1:
        middle = (low + high) >> 1
        if bases[middle] <= number:
            low = middle
        else:
            high = middle
    return low


@compiled
def _equal(buffer: Bytes, a: int, b: int, length: int) -> bool:
    i = 0
    while i < length and buffer[a + i] == buffer[b + i]:
        i += 1
    return i == length


@compiled
def _fill_runs(  # noqa: PLR0917 - compiled functions have no keyword-only arguments
    rows: Rows,
    row: int,
    low: int,
    bases: Ints,
    firsts: Numbers,
    length: int,
    repeated: Numbers,
    out: Table,
) -> int:
    """Fill in the runs of windows of a row that repeat earlier ones; return how many.

    A run goes on while the first ones go on with it: then only one more byte is compared.
    """
    count, kept, limit, last, going = 0, 0, 0, -2, False
    buffer, number = rows.buffer, bases[row - low]
    for window in range(rows.counts[row]):
        first = firsts[number + window]
        if first == number + window:
            going = False
            continue
        if not (going and first == last + 1 and first < limit):
            kept = low + _row_of(first, bases)
            limit, going = bases[kept - low + 1], False
        offset = first - bases[kept - low]
        start, kept_start = rows.starts[row] + window, rows.starts[kept] + offset
        apart = rows.positions[row] + window - rows.positions[kept] - offset
        if rows.documents[row] == rows.documents[kept] and apart < length:
            going = False
            continue
        if going and buffer[start + length - 1] != buffer[kept_start + length - 1]:
            going = False
            continue
        if not going:
            if not _equal(buffer, start, kept_start, length):
                continue
            out[0, count], out[1, count], out[2, count] = row, window, 0
            out[3, count], out[4, count] = kept, offset
            count += 1
        out[2, count - 1] += 1
        going, last = True, first
        repeated[first] += 1
    return count


@compiled
def _repeated(row: int, repeated: Numbers, out: Table) -> int:
    """Fill in the runs of windows of a row that are repeated; return how many."""
    count, going = 0, False
    for window in range(len(repeated)):
        if repeated[window] and not going:
            out[0, count], out[1, count], out[2, count] = row, window, 0
            out[3, count], out[4, count] = -1, 0
            count += 1
        going = repeated[window] > 0
        if going:
            out[2, count - 1] += 1
    return count


@compiled
def _fill_first_windows(
    low: int, bases: Ints, firsts: Numbers, leads: npt.NDArray[np.bool_]
) -> None:
    """Fill in which rows have a window that is the first of its kind."""
    for row in range(low, low + len(bases) - 1):
        for number in range(bases[row - low], bases[row - low + 1]):
            if firsts[number] == number:
                leads[row] = True
                break


@compiled
def _fill_most_repeated(low: int, bases: Ints, repeated: Numbers, most: Ints) -> None:
    """Fill in how often the window of a key is repeated that is most, its row, and those around."""
    first = 0
    for number in range(len(repeated)):
        if repeated[number] > repeated[first]:
            first = number
    row = low + _row_of(first, bases)
    last, least = first, (repeated[first] + 1) >> 1
    most[0], most[1] = repeated[first], row
    while first > bases[row - low] and repeated[first - 1] >= least:
        first -= 1
    while last + 1 < bases[row - low + 1] and repeated[last + 1] >= least:
        last += 1
    most[2], most[3] = first - bases[row - low], last + 1 - first


@compiled
def _appended(runs: Table, size: int, out: Table, count: int) -> Table:
    """Return a table with `count` columns of another behind its first `size`: itself, or a larger.

    By loops, as all here: numba takes seconds to compile each of NumPy's functions in their place.
    """
    if size + count > runs.shape[1]:
        longer = np.empty((5, 2 * (size + count)), np.int64)
        for i in range(5):
            for column in range(size):
                longer[i, column] = runs[i, column]
        runs = longer
    for i in range(5):
        for column in range(count):
            runs[i, size + column] = out[i, column]
    return runs


@compiled
def _find(  # noqa: PLR0917 - compiled functions have no keyword-only arguments
    rows: Rows,
    table: Keys,
    length: int,
    at_once: int,
    with_firsts: bool,
    before: int,
    counted: Numbers,
    goes_on: bool,
) -> tuple[Table, Table, Numbers, npt.NDArray[np.bool_]]:
    """Return int64[5, M] of runs, and int64[4, K]: how often, row, first window, how many.

    Also of the last key how often each window is repeated, and which rows the next piece needs.
    """
    longest = 0
    for count in rows.counts:
        longest = max(longest, count)
    out = np.empty((5, longest), np.int64)
    runs, size = np.empty((5, 1024), np.int64), _ZERO
    most = np.zeros((4, len(rows.ends)), np.int64)
    leads = np.zeros(len(rows.counts), np.bool_)
    repeated = np.zeros(0, np.int32)
    low = _ZERO
    for key in range(len(rows.ends)):
        high = rows.ends[key]
        bases = np.zeros(high - low + 1, np.int64)
        for row in range(low, high):
            bases[row - low + 1] = bases[row - low] + rows.counts[row]
        firsts = _first_windows(
            rows, low, high, table, length, 1 + (bases[high - low] - 1) // at_once
        )
        repeated = np.zeros(bases[high - low], np.int32)
        if key == 0:
            for number in range(len(counted)):
                repeated[number] = counted[number]
        for turn in range(2 if with_firsts and not goes_on else 1):
            for row in range(before if turn == 0 and key == 0 else low, high):
                if turn == 0:
                    count = _fill_runs(rows, row, low, bases, firsts, length, repeated, out)
                else:
                    row_repeats = repeated[bases[row - low] : bases[row - low + 1]]
                    count = _repeated(row, row_repeats, out)
                runs = _appended(runs, size, out, count)
                size += count
        _fill_most_repeated(low, bases, repeated, most[:, key])
        if goes_on:
            _fill_first_windows(low, bases, firsts, leads)
        low = high
    return runs[:, :size], most, repeated, leads
