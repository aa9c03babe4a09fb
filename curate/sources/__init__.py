"""Readers of sources: inventory of files, splits, and one reader for each kind of source.

Input: a recipe's sources. Output: for each byte range of a file, every record of it exactly
once, as a document or as an outcome, counted where its bytes are read. Texts are not filtered
here. One module for each kind of source; `rows` has what they share.

    from curate.sources import records

    for table, row in records("enwiki-latest-pages-articles.xml.bz2", "mediawiki"):
        print(row["text"] if table == "documents" else row["reason"])
"""

from curate._lazy import listing
from curate.sources.files import (
    InputFile,
    Range,
    inventory,
    ranges_from_json,
    ranges_to_json,
    split,
    split_indexed,
)
from curate.sources.reading import dump_of, libraries, read, records
from curate.sources.rows import Reading, Row, storable

__all__ = [
    "InputFile",
    "Range",
    "Reading",
    "Row",
    "dump_of",
    "inventory",
    "libraries",
    "ranges_from_json",
    "ranges_to_json",
    "read",
    "records",
    "split",
    "split_indexed",
    "storable",
]
__dir__ = listing(__name__, __all__)
