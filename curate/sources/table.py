"""Read CSV and TSV: one document per row, columns named by the first row."""

import csv
import io as stdio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from curate.encoding.decode import decode_as_a_rule_utf8
from curate.recipe import Source
from curate.sources.files import Range
from curate.sources.rows import Row, bad_compression, columns_of, damaged, document_row, has_column
from curate.store.file_blocks import Blocks
from curate.store.unpack import UNPACKING_ERRORS, is_io_error, unpacked

if TYPE_CHECKING:
    from _csv import Reader

SAMPLE = 1 << 20  # bytes from which the encoding is detected
SEPARATORS = (",", ";", "\t", "|")
LONGEST = 64 << 20  # characters of a field


def read_csv(blocks: Blocks, part: Range, source: Source, *_: object) -> Iterator[tuple[int, Row]]:
    """Read rows of a file, multi-line ones included; n counts the rows after the header.

    The encoding and the separator are detected at its beginning; invalid bytes become U+FFFD. A row
    with fewer or more columns than the header is `bad_csv`; so is an unterminated field, which
    includes the rest of the file.
    """
    name = part.file.file_path
    csv.field_size_limit(LONGEST)
    n = 0
    try:
        rows = _rows(blocks, name, source.text)
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
                yield n, document_row(dict(zip(names, row, strict=True)), columns)
            n += 1
    except UNPACKING_ERRORS as error:
        if is_io_error(error):
            raise
        yield n, bad_compression(error)


def _rows(blocks: Blocks, name: str, wanted: str) -> "Reader":
    """Return the rows of a file, with the encoding and separator detected at its beginning."""
    file = unpacked(blocks, name)
    sample = file.read(SAMPLE)
    if isinstance(file, stdio.BufferedReader) and file.raw is blocks:
        file.detach()  # otherwise it would close the blocks
    text, encoding = decode_as_a_rule_utf8(sample)
    encoding = "utf-8-sig" if encoding == "utf-8" else encoding
    separator = _separator(text, "\t" if ".tsv" in name else ",", wanted)
    blocks.seek(0)
    lines = stdio.TextIOWrapper(unpacked(blocks, name), encoding, "replace", newline="")
    return csv.reader(_bounded(lines), delimiter=separator)


def _bounded(lines: stdio.TextIOWrapper) -> Iterator[str]:
    """Yield each line, one that is longer than any field may be truncated."""
    while line := lines.readline(LONGEST + 2):
        yield line
        while len(line) > LONGEST and not line.endswith(("\n", "\r")):
            line = lines.readline(LONGEST + 2)


def _separator(text: str, usual: str, wanted: str) -> str:
    """Return the separator: the usual one, unless another one gives a column of the wanted name."""
    for separator in (usual, *SEPARATORS):
        try:
            names = next(
                csv.reader([text.lstrip("\ufeff").split("\n", 1)[0]], delimiter=separator), []
            )
        except csv.Error:
            continue
        if has_column(names, wanted):
            return separator
    return usual


def names_of(blocks: Blocks, name: str, wanted: str) -> list[str]:
    """Return the names of a file's columns; `wanted` is the one that is needed."""
    return next(_rows(blocks, name, wanted), [])
