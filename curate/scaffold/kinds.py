"""Detect what a file is by its first decompressed bytes: its kind in a recipe, and its columns.

Input: a file. Output: a `DetectedKind`, always; for a file of no kind it says why.
"""

import bz2
import csv
import gzip
import io
import json
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.warc.wacz import is_archive_name

HEAD = 64 << 10  # bytes, unpacked
LINES = 20  # of a file of rows
PACKED: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
BROKEN = (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error)
ZSTD = b"\x28\xb5\x2f\xfd"
# Columns that hold a document's text, by how often; and those that benchmarks have instead.
TEXTS = ("text", "content", "raw_content", "body", "article", "document", "markdown", "story")
NO_TEXT = ("url", "html", "id", "headers")
LONG = 100  # characters that some text has in a column of texts called otherwise
QUESTIONS = frozenset(
    [
        "question",
        "questions",
        "query",
        "problem",
        "prompt",
        "premise",
        "hypothesis",
        "sentence1",
        "sent1",
        "ctx",
        "goal",
    ]
)
ANSWERS = frozenset(
    [
        "answer",
        "answers",
        "answerkey",
        "choices",
        "options",
        "label",
        "labels",
        "solution",
        "target",
        "endings",
        "gold",
        "sol1",
        "mc1_targets",
        "canonical_solution",
    ]
)


@dataclass(frozen=True, slots=True)
class DetectedKind:
    """What a file is. kind: as in a recipe, "benchmark", or "" for one that is left out.

    text: the column with the text, of rows. why: a file is left out.
    """

    kind: str
    text: str = ""
    why: str = ""


def detect_kind(path: Path) -> DetectedKind:
    """Return what a file of this machine is."""
    try:
        with path.open("rb") as file:
            first = file.read(8)
        if not first:
            return DetectedKind("", why="empty")
        head = _unpacked(path, first)
    except BROKEN as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        return DetectedKind("", why=f"cannot be read: {why}")
    return _kind(path, first, head)


# Kinds of whose files the beginning may look like one of these.
_LOOKS_LIKE = {
    "warc": {"warc"},
    "commoncrawl": {"warc"},
    "wet": {"wet"},
    "parquet": {"parquet", "benchmark"},
    "jsonl": {"jsonl", "benchmark"},
    "csv": {"csv", "text", "book"},
    "html": {"html", "text", "mediawiki"},
    "mediawiki": {"mediawiki", "text"},
    "text": {"text", "book"},
    "book": {"text", "book"},
}


def looks_otherwise(kind: str, path: Path) -> str | None:
    """Return the kind that a file looks like, if it is another than the one it is read as."""
    detected = detect_kind(path).kind
    if not detected or detected in _LOOKS_LIKE[kind]:
        return None
    return "jsonl or parquet" if detected == "benchmark" else detected


def _unpacked(path: Path, first: bytes) -> bytes:
    for magic, opened in PACKED.items():
        if first.startswith(magic):
            with opened(path) as file:
                return _head(file)
    if first.startswith(ZSTD):
        from curate.store.unpack import unpacked  # noqa: PLC0415 - an extra before Python 3.14

        with path.open("rb") as raw, unpacked(raw, "a.zst") as file:
            return _head(file)
    with path.open("rb") as file:
        return file.read(HEAD)


def _head(file: Any) -> bytes:
    """Return the first bytes of an unpacked file: up to HEAD, or to where it is damaged."""
    parts: list[bytes] = []
    size = 0
    try:
        while size < HEAD and (part := file.read1(HEAD - size)):
            parts.append(part)
            size += len(part)
    except BROKEN:
        if not parts:
            raise
    return b"".join(parts)


_STARTS = (  # (what a file begins with, its kind)
    (re.compile(rb"WARC/"), "warc"),
    (re.compile(rb"filedesc:"), "warc"),
    (re.compile(rb"(?:<\?xml[^>]*>\s*)?<mediawiki\b"), "mediawiki"),
    (
        re.compile(
            rb"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
            re.DOTALL | re.IGNORECASE,
        ),
        "html",
    ),
)


def _kind(path: Path, first: bytes, head: bytes) -> DetectedKind:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    kind = next((kind for begin, kind in _STARTS if begin.match(start)), None)
    if kind == "warc" and (b"WARC-Type: conversion" in head or ".wet." in path.name):
        return DetectedKind("wet")
    if kind is not None:
        return DetectedKind(kind)
    if first.startswith((b"PAR1", b"PK")):
        return _parquet(path) if first.startswith(b"PAR1") else _zip(path)
    if path.name.endswith((".paths", ".paths.gz", ".paths.txt")):
        return DetectedKind(
            "", why="a list of archives: name it as the path of a source of kind warc"
        )
    return _jsonl(head) if start[:1] == b"{" else _plain(path, head)


_NO_PROSE = (  # (what the name of a text file has, why it is left out)
    (
        r"\.(?:py|c|h|js|json|ya?ml|toml|ini|cfg|log|css|xml|sh|sql|md5|sha256)$",
        "code, settings or a log",
    ),
    (r"\.w?arc(?:\.|$)", "named as an archive, but a text"),
)


def _plain(path: Path, head: bytes) -> DetectedKind:
    from curate.encoding.binary import binary_kind  # noqa: PLC0415

    if binary_kind(head) or b"\x00" in head:
        is_tar = head[257:262] == b"ustar"
        why = "a tar archive: unpack it first" if is_tar else "no text, and no format that is read"
        return DetectedKind("", why=why)
    text = head.decode("utf-8", errors="replace")
    names = path.name.lower()
    if re.search(r"\.[ct]sv(?:\.|$)", names):
        return _csv(text, "\t" if ".tsv" in names else ",")
    for pattern, why in _NO_PROSE:
        if re.search(pattern, names):
            return DetectedKind("", why=why)
    if "Project Gutenberg" in text[:4_000]:
        return DetectedKind("book")
    if names.startswith(("readme", "licen", "copying", "notice", "changelog")):
        return DetectedKind("", why="a note on other files")
    return DetectedKind("text")


def _zip(path: Path) -> DetectedKind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if "mimetype" in names and archive.read("mimetype").startswith(b"application/epub"):
                return DetectedKind("book")
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError):
        return DetectedKind("", why="a broken ZIP archive")
    if any(map(is_archive_name, names)):
        return DetectedKind("warc")
    return DetectedKind("", why="a ZIP archive: unzip it first")


def _parquet(path: Path) -> DetectedKind:
    try:
        import pyarrow as pa  # noqa: PLC0415 - the base install has no Arrow
        import pyarrow.parquet as pq  # noqa: PLC0415

        from curate.store.parquet import open_parquet  # noqa: PLC0415
    except ImportError:
        return DetectedKind("parquet", "text")
    rows: list[dict[str, Any]] = []
    try:
        with open_parquet(str(path)) as opened:
            file = pq.ParquetFile(opened)
            schema = file.schema_arrow
            is_text = (pa.types.is_string, pa.types.is_large_string)
            texts = [field.name for field in schema if any(is_(field.type) for is_ in is_text)]
            for batch in file.iter_batches(LINES, columns=texts):
                rows = batch.to_pylist()
                break
    except (OSError, pa.ArrowInvalid):
        return DetectedKind("", why="a broken Parquet file")
    return _rows("parquet", schema.names, texts, _longest(texts, rows))


def _jsonl(head: bytes) -> DetectedKind:
    lines = head.split(b"\n")
    rows: list[dict[str, Any]] = []
    for line in lines[:LINES]:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict):
            rows.append(row)
    if not rows:
        if len(lines) == 1 and len(head) == HEAD:
            return DetectedKind("jsonl", "text")  # a first line that is longer than what was read
        return DetectedKind("", why="no JSON object a line")
    names = list(dict.fromkeys(name for row in rows for name in row))
    texts = [name for name in names if any(isinstance(row.get(name), str) for row in rows)]
    return _rows("jsonl", names, texts, _longest(texts, rows))


def _csv(text: str, delimiter: str) -> DetectedKind:
    try:
        rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))[:LINES]
    except csv.Error:
        return DetectedKind("", why="no table")
    names = [name for name in (rows[0] if rows else {}) if name]
    return _rows("csv", names, names, _longest(names, rows))


def _longest(names: Sequence[str], rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Return the most characters a column has in some rows."""
    return {name: max((len(str(row.get(name) or "")) for row in rows), default=0) for name in names}


def _rows(
    kind: str, names: Sequence[str], texts: Sequence[str], longest: dict[str, int]
) -> DetectedKind:
    """Return what rows with these columns are. longest: characters of each column's texts."""
    lower = {name.lower(): name for name in names}
    if QUESTIONS & lower.keys() and ANSWERS & lower.keys() and kind != "csv":
        return DetectedKind("benchmark")
    column = next((lower[name] for name in TEXTS if lower.get(name) in texts), None)
    if column is None:
        long = {n: size for n, size in longest.items() if size >= LONG and n.lower() not in NO_TEXT}
        column = max(long, key=lambda name: long[name], default=None)
    if column is None:
        return DetectedKind("", why=f"no column of texts among {', '.join(names[:5]) or 'none'}")
    return DetectedKind(kind, column)
