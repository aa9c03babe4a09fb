"""CSV and TSV: a row is a document, its columns named by the first row."""

import csv
import io as stdio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from curate.encoding.decode import decode_as_a_rule_utf8
from curate.recipe import Source
from curate.sources.files import Range
from curate.sources.rows import Row, bad_compression, columns_of, curated, damaged, has
from curate.store.file_blocks import Blocks
from curate.store.unpack import UNPACKING_ERRORS, is_io_error, unpacked

if TYPE_CHECKING:
    from _csv import Reader

SAMPLE = 1 << 20  # bytes by which the encoding is told
SEPARATORS = (",", ";", "\t", "|")
LONGEST = 64 << 20  # characters of a field


def read_csv(blocks: Blocks, part: Range, source: Source, *_: object) -> Iterator[tuple[int, Row]]:
    """Rows of a file, those of more than one line too; n counts the rows below the names.

    The encoding and the separator are those of its beginning; what the encoding cannot read becomes
    U+FFFD. A row of fewer or more columns than there are names is `bad_csv`; so is a field without
    end, which takes the rest of the file with it.
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
                yield n, curated(dict(zip(names, row, strict=True)), columns)
            n += 1
    except UNPACKING_ERRORS as error:
        if is_io_error(error):
            raise
        yield n, bad_compression(error)


def _rows(blocks: Blocks, name: str, wanted: str) -> "Reader":
    """Return the rows of a file, in the encoding and with the separator that its beginning has."""
    file = unpacked(blocks, name)
    sample = file.read(SAMPLE)
    if isinstance(file, stdio.BufferedReader) and file.raw is blocks:
        file.detach()  # else it would close the blocks
    text, encoding = decode_as_a_rule_utf8(sample)
    encoding = "utf-8-sig" if encoding == "utf-8" else encoding
    separator = _separator(text, "\t" if ".tsv" in name else ",", wanted)
    blocks.seek(0)
    lines = stdio.TextIOWrapper(unpacked(blocks, name), encoding, "replace", newline="")
    return csv.reader(_bounded(lines), delimiter=separator)


def _bounded(lines: stdio.TextIOWrapper) -> Iterator[str]:
    """Yield each line, of one that no field can fill only so much that this shows."""
    while line := lines.readline(LONGEST + 2):
        yield line
        while len(line) > LONGEST and not line.endswith(("\n", "\r")):
            line = lines.readline(LONGEST + 2)


def _separator(text: str, usual: str, wanted: str) -> str:
    """Return what separates columns: the usual sign, unless another one makes the wanted name."""
    for separator in (usual, *SEPARATORS):
        try:
            names = next(
                csv.reader([text.lstrip("\ufeff").split("\n", 1)[0]], delimiter=separator), []
            )
        except csv.Error:
            continue
        if has(names, wanted):
            return separator
    return usual


def names_of(blocks: Blocks, name: str, wanted: str) -> list[str]:
    """Return the names of a file's columns; `wanted` is the one that is looked for."""
    return next(_rows(blocks, name, wanted), [])
