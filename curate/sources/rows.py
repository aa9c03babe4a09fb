"""Rows of readers: outcomes, ids, and the mapping of a source's columns to ours.

A reader takes the blocks of a file, the range to read, the source, the settings of extraction and
a `Reading` to fill; it yields (n, row) for every record that starts in the range; n identifies the
record within its file. A row with a `state` is an outcome, one without it is a document.
"""

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from curate.encoding.binary import binary_kind
from curate.encoding.decode import decode
from curate.engine.guard import Guard
from curate.extract.html import Extraction
from curate.optouts.rules import OptOutRules
from curate.recipe import License, Source
from curate.sources.files import InputFile, default_id
from curate.sources.prefilter_policy import PrefilterPolicy
from curate.sources.url_lists import UrlSet
from curate.store.keys import Tally, uniform
from curate.store.unpack import UnpacksTooFarError

Row = dict[str, Any]  # a row of schema.DOCUMENTS or schema.OUTCOMES
# Maximum bytes of a line per byte of a document: JSON may escape a two-byte letter with six bytes,
# and there are other columns.
LINE_RATIO = 3
LINE_REST = 64 << 10


@dataclass(slots=True)
class Reading:
    """State of reading a unit: filled by the readers, recorded in the receipt.

    `sample` is the share of records to read, None for all, sampled with `seed`.
    """

    tally: Tally = field(default_factory=Tally)
    split_boundaries: list[list[int | None]] = field(
        default_factory=list
    )  # file, start, stop, first, end
    digests: list[list[Any]] = field(default_factory=list)  # file, start, digest of the range
    listed: Mapping[str, UrlSet] = field(default_factory=dict)  # source -> the pages to read
    policies: Mapping[str, PrefilterPolicy] = field(default_factory=dict)  # by source
    page: Guard[Extraction] | None = None  # extracts a page; None: the recipe's function
    opt_outs: OptOutRules | None = None  # None: opt-outs are not honoured
    license: License | None = None  # which are kept; None: licences are not looked for
    licenses: Counter[str] = field(default_factory=Counter)  # pages by the licence they state
    sample: float | None = None
    seed: int = 0

    def draws(self, id: str) -> bool:
        """Return whether a record is in the sample; depends on its id only."""
        return self.sample is None or uniform("sample", id, self.seed) < self.sample


def damaged(why: str, length: int | None = None) -> Row:
    """Return the outcome of bytes that cannot be read as a record."""
    return {"state": "damaged", "reason": why, "length": length}


def bad_compression(error: BaseException, length: int | None = None) -> Row:
    """Return the outcome of a compressed file that is damaged or unpacks too far."""
    too_far = isinstance(error, UnpacksTooFarError)
    return damaged("unpacks_too_far", length) if too_far else damaged("bad_compression", length)


def too_large(length: int | None = None) -> Row:
    """Return the outcome of a document that exceeds the recipe's maximum size."""
    return {"state": "dropped", "reason": "text_too_large", "length": length}


def not_text(length: int | None = None) -> Row:
    """Return the outcome of bytes that are not text."""
    return {"state": "skipped", "reason": "not_text", "length": length}


def not_sampled(row: Row) -> Row:
    """Return the outcome of a record that is not in the sample."""
    return {**outcome_columns(row), "state": "skipped", "reason": "not_sampled"}


def outcome_columns(row: Row) -> Row:
    """Return the columns of a document that its outcome has too."""
    return {name: row[name] for name in ("id", "url", "length") if name in row}


def id_of(row: Row, file: InputFile, n: int) -> str:
    """Return a record's id, else one made of its file and number."""
    return row.get("id") or default_id(file, n)


def columns_of(source: Source, present: Iterable[str]) -> dict[str, str]:
    """Return our column names -> the source's, for those it has; `a.b` is b in the column a."""
    grade = source.grade.column if source.grade else None
    names = {"text": source.text, "id": source.id, "url": source.url, "date": source.date,
             "grade": grade}  # fmt: skip
    available = set(present)
    return {
        column: name
        for column, name in names.items()
        if name is not None and has_column(available, name)
    }


def has_column(present: Container[str], name: str) -> bool:
    """Return whether a column, or the column that contains it, is present."""
    return name in present or ("." in name and name.partition(".")[0] in present)


def value_of(row: Mapping[str, Any], name: str) -> Any:
    """Return the value of a column or of a nested one (`a.b`); None if it is missing.

    >>> value_of({"a": {"b": {"c": 1}}, "d.e": 2}, "a.b.c"), value_of({"d.e": 2}, "d.e")
    (1, 2)
    """
    if name in row:
        return row[name]
    first, dot, rest = name.partition(".")
    inner = row.get(first) if dot else None
    return value_of(inner, rest) if isinstance(inner, Mapping) else None


def _text_of(value: Any) -> Any:
    """Return bytes decoded (Hive writes text as bytes), "" for binary data; else the value."""
    if not isinstance(value, bytes):
        return value
    return "" if binary_kind(value) else decode(value, plain=True)[0]


def document_row(row: Mapping[str, Any], columns: Mapping[str, str]) -> Row:
    """Return the document of a source's row, or its outcome if it has no text."""
    values: Row = {column: value_of(row, source_name) for column, source_name in columns.items()}
    text = _text_of(values.get("text"))
    named = {
        key: str(_text_of(values[key])) for key in ("id", "url", "date")
        if values.get(key) is not None
    }  # fmt: skip
    if not isinstance(text, str) or not text.strip():
        named.pop("date", None)
        return {**named, "state": "dropped", "reason": "no_text"}
    grade = {"grade": values["grade"]} if "grade" in values else {}
    return {**named, "text": text, **grade}


def limit_text_size(row: Row, most: int) -> Row:
    """Return a row, or its outcome if its text has more than `most` bytes in UTF-8."""
    text = row.get("text")
    if text is None or 4 * len(text) <= most:
        return row
    size = len(text.encode("utf-8", "surrogatepass")) if len(text) <= most else len(text)
    if size <= most:
        return row
    kept: Row = {name: row[name] for name in ("id", "url", "length") if name in row}
    return {**kept, **too_large(kept.get("length"))}


def storable(text: str) -> str:
    """Return the text with lone surrogates, which UTF-8 cannot encode, as U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
