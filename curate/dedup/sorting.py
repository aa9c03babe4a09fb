"""Sort and deduplicate the hashes of many documents in place."""

import numpy as np
import numpy.typing as npt

from curate._compiled import compiled


@compiled
def sort_sets(hashes: npt.NDArray[np.uint64], ends: npt.NDArray[np.int64]) -> int:
    """Sort each document's hashes, drop repeats, close the gaps; return how many are left.

    Good hashes are spread evenly, so their upper bits say almost where each belongs: five times
    faster than np.sort at 500 of them. A slot that many hashes fall into (one word repeated
    throughout) is sorted by heap, which has no bad case.
    """
    longest = 0
    for d in range(len(ends) - 1):
        longest = max(longest, ends[d + 1] - ends[d])
    ordered = np.empty(longest, np.uint64)
    slot_ends = np.empty(longest, np.int64)
    kept, start = 0, ends[0]
    for d in range(len(ends) - 1):
        count = ends[d + 1] - start
        _sort_spread(hashes[start : start + count], ordered, slot_ends)
        start += count
        for i in range(count):
            if i == 0 or ordered[i] != ordered[i - 1]:
                hashes[kept] = ordered[i]
                kept += 1
        ends[d + 1] = kept
    return kept


@compiled
def _sort_spread(
    values: npt.NDArray[np.uint64],
    ordered: npt.NDArray[np.uint64],
    slot_ends: npt.NDArray[np.int64],
) -> None:
    count = len(values)
    slots, half = np.uint64(count), np.uint64(32)
    slot_ends[:count] = 0
    for value in values:
        slot_ends[((value >> half) * slots) >> half] += 1
    for p in range(1, count):
        slot_ends[p] += slot_ends[p - 1]
    for value in values:
        p = ((value >> half) * slots) >> half
        slot_ends[p] -= 1
        ordered[slot_ends[p]] = value
    for p in range(count):
        first = slot_ends[p]  # by now where the slot begins
        last = count if p == count - 1 else slot_ends[p + 1]
        if last - first > 32:
            _sort_heap(ordered[first:last])
        else:
            for i in range(first + 1, last):
                value, j = ordered[i], i
                while j > first and ordered[j - 1] > value:
                    ordered[j] = ordered[j - 1]
                    j -= 1
                ordered[j] = value


@compiled
def _sort_heap(values: npt.NDArray[np.uint64]) -> None:
    """Sort in place (np.sort takes 6 s to compile, and would rarely be called)."""
    count = len(values)
    for step in range(count // 2 + count):
        if step < count // 2:  # build the heap, then remove its largest value step by step
            parent, end = count // 2 - 1 - step, count
        else:
            parent, end = 0, count - 1 - (step - count // 2)
            values[0], values[end] = values[end], values[0]
        sinking = values[parent]
        while 2 * parent + 1 < end:
            child = 2 * parent + 1
            if child + 1 < end and values[child + 1] > values[child]:
                child += 1
            if values[child] <= sinking:
                break
            values[parent] = values[child]
            parent = child
        if parent < end:
            values[parent] = sinking
