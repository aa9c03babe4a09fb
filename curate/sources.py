"""Sources to documents: which files there are, how they are split, how each kind is read.

Enters: a recipe's sources. Leaves: for each byte range of a file, every record of it exactly
once, as a document or as a fate, counted where its bytes are read. What a text is worth is
decided elsewhere.
"""

import bz2
import gzip
import io as stdio
import json
import lzma
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import IO, Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from curate import io
from curate.extract.encoding import decode
from curate.extract.html import extract
from curate.extract.kinds import classify
from curate.extract.warc import ArchiveRecord, Damage, Records
from curate.keys import MAX_FILES, Tally, pack
from curate.recipe import Extract, Recipe, RecipeError, Source

MAX_SPLITS = 100_000  # a driver holds one receipt each
_DUMP = re.compile(r"CC-MAIN-\d{4}-\d{2}")
_OPENERS: dict[str, Callable[[Any], Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}

# What a compressed file raises that is no such file; see `of_the_machine`.
UNPACKING_ERRORS = (EOFError, OSError, zlib.error, lzma.LZMAError)

Row = dict[str, Any]  # a row of schema.DOCUMENTS or schema.FATES


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file of a source with its number in (source, file_path) order."""

    number: int
    source: str
    file_path: str
    url: str
    size: int
    version: str


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes [start, stop) of one file; its records are those that start there."""

    file: InputFile
    start: int
    stop: int
    begin: int | None = None  # where a record is known to start, if not to be looked for


@dataclass(slots=True)
class Reading:
    """What was read so far: filled by the readers, taken into the receipt."""

    tally: Tally = field(default_factory=Tally)
    joints: list[list[int | None]] = field(default_factory=list)  # file, start, stop, first, end
    digests: list[list[Any]] = field(default_factory=list)  # file, start, digest of the range


def inventory(recipe: Recipe) -> tuple[list[InputFile], list[str]]:
    """Return the files of all sources in (source, file_path) order, and warnings.

    A URL listed twice is used once. Raises RecipeError, one line a mistake: a path that names
    no file, or two URLs with one file_path in one source.
    """
    mistakes: list[str] = []
    warnings: list[str] = []
    found: list[tuple[str, io.Found]] = []
    for name, source in recipe.sources.items():
        seen: dict[str, io.Found] = {}
        for pattern in source.path:
            try:
                files = io.find(pattern)
            except FileNotFoundError as error:
                mistakes.append(f"sources.{name}.path: {error}")
                continue
            for file in files:
                other = seen.get(file.file_path)
                if other is None:
                    seen[file.file_path] = file
                elif other.url == file.url:
                    warnings.append(f"sources.{name}.path: {file.url} is listed twice, used once")
                else:
                    mistakes.append(
                        f"sources.{name}.path: expected one file for each name below its root, "
                        f"got {other.url} and {file.url}, both {file.file_path}"
                    )
        found.extend((name, file) for file in seen.values())
    if len(found) > MAX_FILES:
        mistakes.append(f"sources: expected at most {MAX_FILES} files, got {len(found)}")
    if mistakes:
        raise RecipeError("\n".join(mistakes))
    found.sort(key=lambda pair: (pair[0], pair[1].file_path))
    return [
        InputFile(number, name, file.file_path, file.url, file.size, file.version)
        for number, (name, file) in enumerate(found)
    ], warnings


def split(files: Iterable[InputFile], recipe: Recipe) -> dict[str, list[Range]]:
    """Return the units of reading by name: ranges of large files, small files packed.

    Depends on the inputs and the recipe only, so that a resumed run finds its receipts. A unit
    holds ranges of one source; a file that is cut shares its units with no other.
    """
    files = list(files)
    blocks = -(-sum(file.size for file in files) // MAX_SPLITS // io.BLOCK)
    size = max(recipe.extract.split_bytes, blocks * io.BLOCK)
    units: list[list[Range]] = []
    pack_: list[Range] = []
    packed = 0
    for file in files:
        cuttable = recipe.sources[file.source].kind in ("warc", "wet", "parquet")
        if pack_ and (pack_[-1].file.source != file.source or packed + file.size > size):
            units.append(pack_)
            pack_, packed = [], 0
        if cuttable and file.size > size:
            if pack_:
                units.append(pack_)
                pack_, packed = [], 0
            units.extend(
                [Range(file, start, min(start + size, file.size))]
                for start in range(0, file.size, size)
            )
        else:
            pack_.append(Range(file, 0, file.size))
            packed += file.size
    if pack_:
        units.append(pack_)
    return {f"{number:06d}": unit for number, unit in enumerate(units)}


def ranges_to_json(ranges: Iterable[Range]) -> str:
    """Return ranges as one line."""
    return json.dumps([asdict(one) for one in ranges])


def ranges_from_json(line: str) -> list[Range]:
    """Undo `ranges_to_json`."""
    ranges = json.loads(line)
    return [Range(**{**one, "file": InputFile(**one["file"])}) for one in ranges]


def read(
    part: Range, source: Source, settings: Extract, reading: Reading
) -> Iterator[tuple[str, Row]]:
    """Yield ("documents", row) or ("fates", row) for each record of a range, counted.

    Raises OSError where bytes cannot be had at all; what was had but cannot be understood is
    a fate of state `damaged`.
    """
    readers: dict[str, Callable[..., Iterator[tuple[int, Row]]]] = {
        "warc": _read_archive,
        "wet": _read_archive,
        "parquet": _read_parquet,
        "jsonl": _read_jsonl,
        "text": _read_text,
    }
    dump = source.dump or _dump_of(part.file)
    with io.open_read(part.file.url) as raw:
        blocks = io.Blocks(raw, part.start, part.stop)
        for n, row in readers[source.kind](blocks, part, source, settings, reading):
            reading.tally.add(part.file.source, part.file.file_path, n)
            yield _finish(row, n, part.file, dump)
        reading.digests.append([part.file.number, part.start, f"{blocks.digest():064x}"])


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
    row["id"] = row.get("id") or f"{file.source}/{file.file_path}#{n}"
    row["dump"] = dump
    return "documents", row


def storable(text: str) -> str:
    """Return the text with lone surrogates, which UTF-8 cannot hold, as U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _dump_of(file: InputFile) -> str | None:
    match = _DUMP.search(file.url)
    return match[0] if match else None


def _read_archive(
    blocks: io.Blocks, part: Range, _: Source, settings: Extract, reading: Reading
) -> Iterator[tuple[int, Row]]:
    known = part.begin is not None
    start = part.begin if part.begin is not None else part.start
    stop = part.stop or None  # a file of no bytes is damage, not a range with nothing in it
    records = Records(cast(BinaryIO, blocks), start, stop, exact=known)
    for found in records:
        if isinstance(found, Damage):
            yield found.offset, _damaged(found.why, found.length)
        else:
            yield found.offset, _page(found, settings)
    reading.joints.append([part.file.number, part.start, part.stop, records.first, records.end])


def _page(found: ArchiveRecord, settings: Extract) -> Row:
    kind = classify(found)
    base: Row = {"id": found.record_id, "url": found.url, "length": found.length}
    if kind is not None:
        return {**base, "state": "skipped", "reason": kind}
    if found.kind == "conversion":
        text, reason = found.payload.decode("utf-8", "replace"), None
    else:
        page = extract(
            found.payload,
            url=found.url,
            content_type=found.content_type,
            extractor=settings.extractor,
            precision=settings.precision,
            max_bytes=settings.max_page_bytes,
        )
        text, reason = page.text, page.reason
    if reason is None and not text.strip():
        reason = "no_text"
    if reason is not None:
        return {**base, "state": "dropped", "reason": reason}
    return {**base, "date": found.date, "truncated": found.truncated, "text": text}


def _read_parquet(_: object, part: Range, source: Source, *__: object) -> Iterator[tuple[int, Row]]:
    """Rows of the row groups that start in the range; n counts the file's rows."""
    with io.open_read(part.file.url) as file:
        try:
            parquet = pq.ParquetFile(file)
        except (pa.ArrowException, OSError) as error:
            if of_the_machine(error):
                raise  # the bytes could not be had: not the file's fault
            if part.start == 0:
                yield 0, _damaged("bad_parquet", part.file.size)
            return
        columns = _columns(source, parquet.schema_arrow.names)
        n = 0
        for group in range(parquet.num_row_groups):
            about = parquet.metadata.row_group(group)
            if part.start <= _first_byte(about, part.file.size) < part.stop:
                yield from _row_group(parquet, group, columns, n)
            n += about.num_rows


def _first_byte(group: Any, size: int) -> int:
    """Return the byte of the file at which a row group counts as started, whatever it claims."""
    if group.num_columns == 0:
        return 0
    column = group.column(0)
    first = min(column.data_page_offset, column.dictionary_page_offset or column.data_page_offset)
    return max(0, min(int(first), size - 1))


def _row_group(
    parquet: pq.ParquetFile, group: int, columns: Mapping[str, str], n: int
) -> Iterator[tuple[int, Row]]:
    """Rows n, n + 1, … of one row group; those that cannot be decoded are damaged."""
    stop = n + parquet.metadata.row_group(group).num_rows
    try:
        for batch in parquet.iter_batches(256, row_groups=[group], columns=list(columns.values())):
            for row in _rows(batch):
                yield n, _damaged("bad_parquet") if row is None else _curated(row, columns)
                n += 1
    except (pa.ArrowException, OSError) as error:
        if of_the_machine(error):
            raise  # the bytes could not be had: not the file's fault
        yield from ((left, _damaged("bad_parquet")) for left in range(n, stop))


def _rows(batch: pa.RecordBatch) -> list[Row | None]:
    """Return a batch's rows, None for one that Python cannot hold: no UTF-8, a date too far."""
    try:
        return list(batch.to_pylist())
    except (ValueError, OverflowError):
        if batch.num_rows == 1:
            return [None]
        return [row for at in range(batch.num_rows) for row in _rows(batch.slice(at, 1))]


def _read_jsonl(
    blocks: io.Blocks, part: Range, source: Source, *_: object
) -> Iterator[tuple[int, Row]]:
    """Lines of a file; empty ones are counted and skipped."""
    n = -1
    try:
        for n, line in enumerate(unpacked(blocks, part.file.file_path)):
            yield n, _json_line(line, source)
    except UNPACKING_ERRORS as error:
        if of_the_machine(error):
            raise
        yield n + 1, _damaged("bad_compression")


def _json_line(line: bytes, source: Source) -> Row:
    if not line.strip():
        return {"state": "skipped", "reason": "empty_line", "length": len(line)}
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return _damaged("bad_json", len(line))
    if not isinstance(row, dict):
        return _damaged("bad_json", len(line))
    return _curated(row, _columns(source, row))


def _read_text(blocks: io.Blocks, part: Range, *_: object) -> Iterator[tuple[int, Row]]:
    """A whole file as one document."""
    try:
        text, _encoding, _rule = decode(unpacked(blocks, part.file.file_path).read(), None)
    except UNPACKING_ERRORS as error:
        if of_the_machine(error):
            raise
        yield 0, _damaged("bad_compression", part.file.size)
    else:
        yield 0, _curated({"text": text}, {"text": "text"})


def of_the_machine(error: BaseException) -> bool:
    """Return whether bytes could not be had, which is no fault of the file's.

    Damage that bz2, zstd and Parquet report is an OSError too, but one without errno; so are
    timeouts, which are the network's.
    """
    late = isinstance(error, (TimeoutError, ConnectionError))
    return late or getattr(error, "errno", None) is not None


def _damaged(why: str, length: int | None = None) -> Row:
    return {"state": "damaged", "reason": why, "length": length}


def _columns(source: Source, present: Iterable[str]) -> dict[str, str]:
    """Return our column names -> the source's, for those it has."""
    names = {"text": source.text, "id": source.id, "url": source.url, "date": source.date}
    there = set(present)
    return {ours: theirs for ours, theirs in names.items() if theirs in there}


def _curated(row: Mapping[str, Any], columns: Mapping[str, str]) -> Row:
    values: Row = {ours: row.get(theirs) for ours, theirs in columns.items()}
    text = values.get("text")
    named = {key: str(values[key]) for key in ("id", "url", "date") if values.get(key) is not None}
    if not isinstance(text, str) or not text.strip():
        named.pop("date", None)
        return {**named, "state": "dropped", "reason": "no_text"}
    return {**named, "text": text}


def unpacked(blocks: io.Blocks, name: str) -> IO[bytes]:
    """Return the file, unpacked as its name says."""
    for ending, opener in _OPENERS.items():
        if name.endswith(ending):
            unpacked: IO[bytes] = opener(blocks)
            return unpacked
    if name.endswith(".zst"):
        stream: Any = pa.CompressedInputStream(pa.PythonFile(blocks), "zstd")
        return stdio.BufferedReader(stream)
    return stdio.BufferedReader(blocks)
