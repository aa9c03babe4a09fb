"""CSV and TSV: a row is a document, its columns named by the first row."""

import csv
import io as stdio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from curate.recipe import Source
from curate.sources.files import Range
from curate.sources.rows import Row, columns_of, curated, damaged
from curate.store.file_blocks import Blocks
from curate.store.unpack import UNPACKING_ERRORS, of_the_machine, unpacked

if TYPE_CHECKING:
    from _csv import Reader

LONGEST = 64 << 20  # characters of a field


def read_csv(blocks: Blocks, part: Range, source: Source, *_: object) -> Iterator[tuple[int, Row]]:
    """Rows of a file, those of more than one line too; n counts the rows below the names.

    Bytes that are no UTF-8 become U+FFFD. A row of fewer or more columns than there are names is
    `bad_csv`; so is a field without end, which takes the rest of the file with it.
    """
    name = part.file.file_path
    csv.field_size_limit(LONGEST)
    n = 0
    try:
        rows = _rows(blocks, name)
        names = next(rows, [])
        columns = columns_of(source, names)
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error:
                yield n, damaged("bad_csv")
                n += 1
                continue
            if not row:
                yield n, {"state": "skipped", "reason": "empty_line", "length": 0}
            elif len(row) != len(names):
                yield n, damaged("bad_csv")
            else:
                yield n, curated(dict(zip(names, row, strict=True)), columns)
            n += 1
    except UNPACKING_ERRORS as error:
        if of_the_machine(error):
            raise
        yield n, damaged("bad_compression")


def _rows(blocks: Blocks, name: str) -> "Reader":
    text = stdio.TextIOWrapper(unpacked(blocks, name), "utf-8-sig", "replace", newline="")
    return csv.reader(text, delimiter="\t" if ".tsv" in name else ",")


def names_of(blocks: Blocks, name: str) -> list[str]:
    """Return the names of a file's columns."""
    return next(_rows(blocks, name), [])
