"""Main text extraction from HTML: our extractor and others by name, title, date, feeds."""

from curate._lazy import listing
from curate.extract.html import Extraction, extract

__all__ = ["Extraction", "extract"]
__dir__ = listing(__name__, __all__)
