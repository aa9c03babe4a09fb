"""Deduplication: exact, near- (MinHash-LSH), URL and line duplicates; no Spark.

Words and characters, of which shingles are made, are those of `curate.text.folding`; `shingles`
defines a shingle. `distributed` holds the same rule for documents that do not fit one process.

`bands` needs nothing installed; everything else hashes with NumPy and numba, loaded at first use.
"""

from typing import TYPE_CHECKING

from curate._lazy import lazily, listing
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
__dir__ = listing(__name__, __all__)

if not TYPE_CHECKING:  # a type checker knows the names above, and no others
    __getattr__ = lazily(
        __name__,
        {
            "Duplicate": "duplicates",
            "MinHasher": "minhash",
            "find_duplicates": "duplicates",
            "jaccard": "similarity",
        },
    )
