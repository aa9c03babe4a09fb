"""Arrays filled and sorted: NumPy's functions for that take seconds to compile."""

from typing import Any

import numpy as np

from curate.extract.combined.kernels.strings import kernel, leaf


@leaf
def put_all(array: Any, start: Any, end: Any, value: Any) -> None:
    """Write a value to places of an array."""
    for n in range(start, end):
        array[n] = value


@kernel
def no_numbers(size: Any) -> Any:
    """Return an array of -1."""
    found = np.empty(size, np.int32)
    put_all(found, 0, size, -1)
    return found


@kernel
def descending(keys: Any) -> Any:
    """Return the order of numbers, the highest first; equal ones stay in their order."""
    count = len(keys)
    order, merged = np.empty(count, np.int64), np.empty(count, np.int64)
    for n in range(count):
        order[n] = n
    width = 1
    while width < count:
        merge_runs(keys, order, merged, width)
        order, merged = merged, order
        width *= 2
    return order


@leaf
def merge_runs(keys: Any, order: Any, merged: Any, width: Any) -> None:
    """Merge each two runs of an order."""
    count = len(keys)
    for start in range(0, count, 2 * width):
        middle, end = min(start + width, count), min(start + 2 * width, count)
        left, right = start, middle
        for to in range(start, end):
            if left < middle and (right >= end or keys[order[left]] >= keys[order[right]]):
                merged[to] = order[left]
                left += 1
            else:
                merged[to] = order[right]
                right += 1
