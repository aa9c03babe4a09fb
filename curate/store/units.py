"""Units of work: what a stage asks for one by one, and engines pack into tasks."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Unit(NamedTuple):
    """One unit of work. payload: all its function needs, as text. size: about how many bytes."""

    name: str
    payload: str
    size: int


def packed(units: Sequence[Unit], tasks: int, most_bytes: int) -> list[list[Unit]]:
    """Return the units in tasks of consecutive ones, of about equal size.

    There are about as many tasks as `tasks` (of fewer units: one each), more where a task would
    have more than `most_bytes`. A unit counts 64 KiB besides its size: opening files costs too.
    """
    sizes = [unit.size + (64 << 10) for unit in units]
    target = min(most_bytes, -(-sum(sizes) // max(1, tasks)))
    found: list[list[Unit]] = []
    full = target
    for unit, size in zip(units, sizes, strict=True):
        if full + size // 2 >= target:
            found.append([])
            full = 0
        found[-1].append(unit)
        full += size
    return found


def singly(units: Iterable[Unit]) -> list[list[Unit]]:
    """Return a task for each unit."""
    return [[unit] for unit in units]
