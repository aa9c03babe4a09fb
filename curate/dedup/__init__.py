"""Duplicates: who resembles whom, and who goes; for texts in memory, without Spark.

`bands` needs nothing installed; everything else hashes with NumPy and numba, loaded at first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from curate.dedup.bands import SETTINGS, Banding, half_point, probability

if TYPE_CHECKING:
    from curate.dedup.duplicates import Duplicate, find_duplicates
    from curate.dedup.minhash import MinHasher
    from curate.dedup.similarity import jaccard

__all__ = [
    "SETTINGS",
    "Banding",
    "Duplicate",
    "MinHasher",
    "find_duplicates",
    "half_point",
    "jaccard",
    "probability",
]

_HOMES = {
    "Duplicate": "duplicates",
    "MinHasher": "minhash",
    "find_duplicates": "duplicates",
    "jaccard": "similarity",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'curate.dedup' has no attribute {name!r}")
    import_module("curate._compiled")  # says what to install if it is not there
    return getattr(import_module(f"curate.dedup.{_HOMES[name]}"), name)
