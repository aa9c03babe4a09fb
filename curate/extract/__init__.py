"""Page to text: records of web archives, their encoding, their main text."""

from curate.extract.html import Extraction, extract

__all__ = ["Extraction", "extract"]
