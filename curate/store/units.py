"""Units of work, and packing them into tasks."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Unit(NamedTuple):
    """One unit of work. payload: its function's input, as text. size: in bytes, estimated."""

    name: str
    payload: str
    size: int


def packed(units: Sequence[Unit], tasks: int, most_bytes: int) -> list[list[Unit]]:
    """Pack consecutive units into tasks of about equal size.

    Makes about `tasks` tasks (with fewer units: one for each), more where a task would exceed
    `most_bytes`. Each unit counts 64 KiB in addition to its size, for opening its files.
    """
    sizes = [unit.size + (64 << 10) for unit in units]
    target = min(most_bytes, -(-sum(sizes) // max(1, tasks)))
    groups: list[list[Unit]] = []
    full = target
    for unit, size in zip(units, sizes, strict=True):
        if full + size // 2 >= target:
            groups.append([])
            full = 0
        groups[-1].append(unit)
        full += size
    return groups


def one_unit_per_task(units: Iterable[Unit]) -> list[list[Unit]]:
    """Return a task for each unit."""
    return [[unit] for unit in units]
