"""Readers by kind of source (READERS): read a byte range, every record once, with a tally."""

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

from curate.recipe import Extract, Source
from curate.sources.archives import read_archive, read_places
from curate.sources.book import read_book
from curate.sources.files import InputFile, Range
from curate.sources.html import read_html
from curate.sources.jsonl import read_jsonl
from curate.sources.mediawiki import read_mediawiki
from curate.sources.pages import text_row
from curate.sources.parquet import read_parquet
from curate.sources.repair import repair
from curate.sources.rows import (
    Reading,
    Row,
    id_of,
    limit_text_size,
    not_sampled,
    outcome_columns,
    storable,
)
from curate.sources.table import read_csv
from curate.sources.text import read_text
from curate.store import io
from curate.store.file_blocks import Blocks
from curate.store.keys import encode_key
from curate.store.urls import bare

_DUMP = re.compile(r"CC-MAIN-\d{4}-\d{2}")
READERS: dict[str, Callable[..., Iterator[tuple[int, Row]]]] = {
    "warc": read_archive,
    "wet": read_archive,
    "commoncrawl": read_archive,
    "html": read_html,
    "parquet": read_parquet,
    "jsonl": read_jsonl,
    "csv": read_csv,
    "text": read_text,
    "book": read_book,
    "mediawiki": read_mediawiki,
}

# Libraries that a kind's documents depend on; archives also depend on the extractor.
CODINGS = ("brotli", "brotlicffi", "backports.zstd")  # content codings of HTTP bodies
LIBRARIES: dict[str, tuple[str, ...]] = {
    "warc": CODINGS,
    "commoncrawl": CODINGS,
    "book": ("lxml",),
}


def libraries(sources: Collection[Source]) -> tuple[str, ...]:
    """Return the libraries whose versions may change the documents of these sources."""
    named = {name for source in sources for name in LIBRARIES.get(source.kind, ())}
    return tuple(sorted(named | {"ftfy" for source in sources if source.repairs}))


def read(
    part: Range, source: Source, settings: Extract, reading: Reading
) -> Iterator[tuple[str, Row]]:
    """Yield ("documents", row) or ("outcomes", row) for each record of a range, and tally it.

    Raises OSError where bytes cannot be read at all; bytes that were read but cannot be decoded
    are an outcome of state `damaged`.
    """
    dump = source.dump or dump_of(part.file)
    for n, read_ in _records(part, source, settings, reading):
        reading.tally.add(part.file.source, part.file.file_path, n)
        row = _sampled(limit_text_size(read_, settings.max_text_bytes), n, part.file, reading)
        if source.grade is not None:
            row["grade"] = source.grade.weight_of(row.get("grade"))
        if source.repairs and "text" in row:
            row = limit_text_size({**row, "text": repair(row["text"])}, settings.max_text_bytes)
            row["blocks"] = None
        if reading.opt_outs and "state" not in row:
            why = reading.opt_outs.of_site(row.get("url"), row.get("date"))
            row = text_row("", why, outcome_columns(row)) if why else row
        table, complete = _complete_row(row, n, part.file, dump)
        reading.tally.characters += len(complete.get("text") or "") if table == "documents" else 0
        yield table, complete


def _records(
    part: Range, source: Source, settings: Extract, reading: Reading
) -> Iterator[tuple[int, Row]]:
    if part.only is not None:
        yield from read_places(part, settings, reading)
        return
    with io.open_read(part.file.url, part.file.size, part.file.version) as raw:
        blocks = Blocks(raw, part.start, part.stop)
        yield from READERS[source.kind](blocks, part, source, settings, reading)
        reading.digests.append([part.file.number, part.start, f"{blocks.digest():064x}"])


def records(path: str, kind: str, **keys: Any) -> Iterator[tuple[str, Row]]:
    """Yield ("documents", row) or ("outcomes", row) for each record of a file; no Spark needed.

    Args:
        path: a file or fsspec URL.
        kind: as in a recipe, and so are `keys`: text, id, repair, ….
    Raises:
        FileNotFoundError: the file does not exist.
        pydantic.ValidationError: no such kind or key.
    """
    source = Source(kind=kind, path=(path,), **keys)
    info = io.find(path)[0]
    file = InputFile(0, kind, info.file_path, info.url, info.size, info.version)
    yield from read(Range(file, 0, info.size), source, Extract(), Reading())


def _sampled(row: Row, n: int, file: InputFile, reading: Reading) -> Row:
    """Return a reader's row, or its outcome if it is not in the sample.

    Only documents are sampled; damage and other outcomes are always counted.
    """
    id_ = id_of(row, file, n)
    if row.get("state", "dropped") != "dropped" or reading.draws(id_):
        return row
    return not_sampled({**row, "id": id_})


def _complete_row(row: Row, n: int, file: InputFile, dump: str | None) -> tuple[str, Row]:
    """Return a reader's row with the columns that all rows have."""
    for name in ("id", "url", "date", "text"):
        if row.get(name):
            row[name] = storable(row[name])
    row["key"] = encode_key(file.number, n)
    row["source"], row["file_path"], row["n"] = file.source, file.file_path, n
    if "state" in row:
        row["stage"] = "extract"
        return "outcomes", row
    row["id"] = id_of(row, file, n)
    row["dump"] = dump
    row["characters"] = row["extracted"] = len(row["text"])
    return "documents", row


def dump_of(file: InputFile) -> str | None:
    """Return the crawl that a file's path names, such as CC-MAIN-2024-10."""
    match = _DUMP.search(bare(file.url))
    return match[0] if match else None
