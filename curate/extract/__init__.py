"""Main text extraction from HTML: our extractor and others by name, title, date, feeds."""

from curate.extract.html import Extraction, extract

__all__ = ["Extraction", "extract"]
