"""JSON lines: one object a line, each with its text."""

import json
from collections.abc import Iterator

from curate.blocks import Blocks
from curate.recipe import Source
from curate.sources.files import Range
from curate.sources.rows import Row, columns_of, curated, damaged
from curate.unpack import UNPACKING_ERRORS, of_the_machine, unpacked


def read_jsonl(
    blocks: Blocks, part: Range, source: Source, *_: object
) -> Iterator[tuple[int, Row]]:
    """Lines of a file; empty ones are counted and skipped."""
    n = -1
    try:
        for n, line in enumerate(unpacked(blocks, part.file.file_path)):
            yield n, _json_line(line, source)
    except UNPACKING_ERRORS as error:
        if of_the_machine(error):
            raise
        yield n + 1, damaged("bad_compression")


def _json_line(line: bytes, source: Source) -> Row:
    if not line.strip():
        return {"state": "skipped", "reason": "empty_line", "length": len(line)}
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return damaged("bad_json", len(line))
    if not isinstance(row, dict):
        return damaged("bad_json", len(line))
    return curated(row, columns_of(source, row))
