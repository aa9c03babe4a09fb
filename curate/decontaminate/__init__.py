"""Decontamination: benchmark texts found in documents and cut out, as for GPT-3.

For texts in memory, without Spark: `Index.build` takes benchmark items, a `Decontaminator` takes
texts. `curate.text.benchmark_words` defines words. `cut` needs no packages; finding uses NumPy and
numba, imported on first use.

Source: Brown et al. 2020 (GPT-3), arXiv:2005.14165, appendix C.
"""

from typing import TYPE_CHECKING

from curate._lazy import lazily, listing
from curate.decontaminate.cut import REASONS, Cutting, pieces
from curate.decontaminate.items import Item, read_items

if TYPE_CHECKING:
    from curate.decontaminate.find import Cleaned, Decontaminator, Hit, frequent
    from curate.decontaminate.index import Index

__all__ = [
    "REASONS",
    "Cleaned",
    "Cutting",
    "Decontaminator",
    "Hit",
    "Index",
    "Item",
    "frequent",
    "pieces",
    "read_items",
]
__dir__ = listing(__name__, __all__)

if not TYPE_CHECKING:  # a type checker knows the names above, and no others
    __getattr__ = lazily(
        __name__,
        {
            "Cleaned": "find",
            "Decontaminator": "find",
            "Hit": "find",
            "Index": "index",
            "frequent": "find",
        },
    )
