"""Parallel map over many files of a finished corpus, in local processes without an engine."""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_files(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int | None = None
) -> Iterator[Result]:
    """Yield the function's results in the order of the items.

    Args:
        function, items: picklable.
        workers: processes; None: one for each core, 1: everything in this process.
    """
    all_items = list(items)
    workers = min(workers or os.cpu_count() or 1, len(all_items))
    if workers < 2:
        yield from map(function, all_items)
        return
    # spawn: a fork would copy locks that threads of Arrow may hold.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        yield from pool.map(function, all_items)
