"""Numba compilation of loops over NumPy arrays; numba is imported in this module only.

A kernel is compiled at its first call (5 s of processor time for all of them together) and cached
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
    """Return the compiled function, cached on disk where there is a folder to write to.

    It releases the GIL while it runs. A Spark worker without a home and with a read-only
    package has no such folder: there each process compiles for itself.
    """
    try:
        return cast(Function, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # "cannot cache function: no locator available for file"
        return cast(Function, numba.njit(nogil=True)(function))


@compiled
def mix(h: np.uint64) -> np.uint64:
    """Mix the bits of a 64-bit hash: the finalizer of splitmix64, a bijection."""
    h ^= h >> np.uint64(30)
    h *= np.uint64(0xBF58476D1CE4E5B9)
    h ^= h >> np.uint64(27)
    h *= np.uint64(0x94D049BB133111EB)
    h ^= h >> np.uint64(31)
    return h
