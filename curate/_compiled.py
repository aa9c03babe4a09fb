"""Numba, imported here only: Python loops over NumPy arrays, run as machine code.

A kernel is compiled at its first call (5 s of processor time for all of them together) and kept
on disk; the next process loads them in half a second, most of it numba's own. Numba notices that
a file changed, not that a file it calls into did: kernels therefore call only kernels of their
own file, and `mix` below, which is frozen by the vectors in the tests.
"""

from collections.abc import Callable
from typing import TypeVar, cast

from curate.extras import install

try:
    import numba
    import numpy as np
except ImportError as error:
    raise ImportError(f"this part of curate needs numpy and numba: {install('dedup')}") from error

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Return the function compiled, kept on disk where there is a folder to write to.

    It gives up Python's lock while it runs. A Spark worker without a home and with a read-only
    package has no such folder: there each process compiles for itself.
    """
    try:
        return cast(Function, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # "cannot cache function: no locator available for file"
        return cast(Function, numba.njit(nogil=True)(function))


@compiled
def mix(h: np.uint64) -> np.uint64:
    """Return a 64-bit value in which every bit of h counts: a bijection (splitmix64's end)."""
    h ^= h >> np.uint64(30)
    h *= np.uint64(0xBF58476D1CE4E5B9)
    h ^= h >> np.uint64(27)
    h *= np.uint64(0x94D049BB133111EB)
    h ^= h >> np.uint64(31)
    return h
