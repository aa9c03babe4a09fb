"""Every record of a range exactly once, as a document or as a fate, counted where it is read."""

import re
from collections.abc import Callable, Iterator

from curate import io
from curate.keys import pack
from curate.recipe import Extract, Source
from curate.sources.archives import read_archive
from curate.sources.files import InputFile, Range
from curate.sources.jsonl import read_jsonl
from curate.sources.parquet import read_parquet
from curate.sources.rows import Reading, Row, id_of, not_sampled, storable
from curate.sources.text import read_text

_DUMP = re.compile(r"CC-MAIN-\d{4}-\d{2}")
READERS: dict[str, Callable[..., Iterator[tuple[int, Row]]]] = {
    "warc": read_archive,
    "wet": read_archive,
    "parquet": read_parquet,
    "jsonl": read_jsonl,
    "text": read_text,
}


def read(
    part: Range, source: Source, settings: Extract, reading: Reading
) -> Iterator[tuple[str, Row]]:
    """Yield ("documents", row) or ("fates", row) for each record of a range, counted.

    Raises OSError where bytes cannot be had at all; what was had but cannot be understood is
    a fate of state `damaged`.
    """
    dump = source.dump or _dump_of(part.file)
    with io.open_read(part.file.url) as raw:
        blocks = io.Blocks(raw, part.start, part.stop)
        for n, row in READERS[source.kind](blocks, part, source, settings, reading):
            reading.tally.add(part.file.source, part.file.file_path, n)
            yield _finish(_drawn(row, n, part.file, reading), n, part.file, dump)
        reading.digests.append([part.file.number, part.start, f"{blocks.digest():064x}"])


def _drawn(row: Row, n: int, file: InputFile, reading: Reading) -> Row:
    """Return a reader's row, or its fate if the sample leaves it out.

    What is damaged or no document is not drawn for: it is counted as always.
    """
    id_ = id_of(row, file, n)
    if row.get("state", "dropped") != "dropped" or reading.draws(id_):
        return row
    return not_sampled({**row, "id": id_})


def _finish(row: Row, n: int, file: InputFile, dump: str | None) -> tuple[str, Row]:
    """Return a reader's row with the columns all rows have."""
    for name in ("id", "url", "date", "text"):
        if row.get(name):
            row[name] = storable(row[name])
    row["key"] = pack(file.number, n)
    row["source"], row["file_path"], row["n"] = file.source, file.file_path, n
    if "state" in row:
        row["stage"] = "extract"
        return "fates", row
    row["id"] = id_of(row, file, n)
    row["dump"] = dump
    return "documents", row


def _dump_of(file: InputFile) -> str | None:
    match = _DUMP.search(file.url)
    return match[0] if match else None
