"""One row out for each row in: archives, extraction, language, filters, signals.

The column `drop_reason` says what is wrong with a row; only `keep` removes rows. A row that
already has a reason keeps it and is not judged again, so the functions can be chained.
"""

import os
import sys
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from pydantic import ValidationError
from pyspark.sql import DataFrame, SparkSession

from curate import batch
from curate._lazy import listing
from curate.filters import measure as measure_one
from curate.filters.finding import FilterLike, as_steps
from curate.filters.language import MIN_SCORE, FastText, Language
from curate.recipe import Extract
from curate.recipe.reading import lines_of
from curate.sources.page_batches import extract_pages
from curate.spark.frames.columns import column, not_one_text, optional, so_far, with_columns
from curate.steps import Step
from curate.text.prose import prose_of

__all__ = ["extract", "identify_language", "judge", "keep", "measure", "read_warc"]
__dir__ = listing(__name__, __all__)

PAGES = 32  # of one call of the extractor: pages have megabytes


def read_warc(
    spark: SparkSession,
    path: str,
    *,
    types: Sequence[str] = ("response",),
    pages: bool = True,
) -> DataFrame:
    """Return the records of web archives, a row each, as `spark.read.format("warc")` reads them.

    Args:
        path: a file, a pattern or a URL, as in a recipe.
        types: record types that are read.
        pages: only what a recipe would extract: responses with status 2xx that are HTML.

    Raises:
        ImportError: the Python that Spark runs is another one than this, without this package.

    Columns: `curate.spark.datasource.SCHEMA`. Damaged stretches of a file have a row with `damage`
    unless `pages`.
    """
    if not hasattr(spark, "read"):
        raise TypeError(
            f"read_warc: expected a SparkSession, then a path, got {type(spark).__name__}"
        )
    not_one_text("read_warc", "types", types)
    try:
        frame = spark.read.format("warc").option("types", ",".join(types)).load(path)
    except Exception as error:
        if "DATA_SOURCE_NOT_FOUND" not in str(error):
            raise
        python = os.environ.get("PYSPARK_PYTHON", "python3")
        raise ImportError(
            f"read_warc: Spark runs {python}, which does not find this package: before the session "
            "starts, set PYSPARK_PYTHON to a Python that does, such as the one that runs here: "
            f"{sys.executable}"
        ) from error
    return frame.where("kind IS NULL") if pages else frame


def extract(
    frame: DataFrame,
    *,
    html: str = "payload",
    url: str | None = "url",
    headers: str | None = "http",
    extractor: str = "combined",
    precision: bool = False,
    format: str = "text",
    text: str = "text",
    title: str = "title",
    blocks: str = "blocks",
    reason: str = "drop_reason",
) -> DataFrame:
    """Return the frame with the text of each page, its title and blocks, and why there is none.

    Args:
        html: pages, as bytes (their encoding is found) or text. A null is `no_text`.
        url: where they were. headers: of HTTP, names in lower case, or their Content-Type alone.
            Both are used if the frame has them.
        extractor, precision, format: as in a recipe's `extract`.
        text, title, blocks, reason: columns that are written. `text` is null where there is a
            reason. `blocks` say which parts are headings, lists, tables, code, …: `judge` and
            others look at prose where they are known.
    Raises:
        ValueError: a column is not there or of another type, or there is no such extractor.

    A page within the bounds of bytes, tags and depth costs bounded memory; one on which native code
    ends the process ends the task, where a run of a recipe would lose the page only.
    """
    try:
        settings = Extract.model_validate(
            {"extractor": extractor, "precision": precision, "format": format}
        )
    except ValidationError as error:
        raise ValueError("\n".join(f"extract: {line}" for line in lines_of(error))) from error
    reads = {"html": column("extract", frame, html, "html")}
    reads |= optional("extract", frame, url, "url")
    reads |= optional("extract", frame, headers, "content_type")
    reads |= so_far("extract", frame, reason)
    writes = {"text": text, "title": title, "blocks": blocks, "drop_reason": reason}
    return with_columns(frame, extract_pages(settings), reads=reads, writes=writes, rows=PAGES)


def identify_language(
    frame: DataFrame,
    *,
    text: str = "text",
    blocks: str | None = "blocks",
    language: str = "language",
    score: str = "language_score",
    keep: Sequence[str] | None = None,
    min_score: float = MIN_SCORE,
    model: FastText | None = None,
    reason: str = "drop_reason",
) -> DataFrame:
    """Return the frame with each text's language and its probability.

    Args:
        blocks: as `extract` makes them, if the frame has them: the prose is looked at.
        language, score: columns that are written.
        keep: codes of languages; others, and texts of a lower probability than `min_score`, get
            a reason. None: none does, and no reason is written.
        model: a fastText model in place of py3langid's.
        reason: column that is written if `keep` is given.
    Raises:
        ValueError: a column is not there or of another type, or a code is unknown.
    """
    caller = "identify_language"
    reads = {
        "text": column(caller, frame, text, "text"),
        **optional(caller, frame, blocks, "blocks"),
    }
    writes = {"language": language, "language_score": score}
    if keep is None:
        return with_columns(
            frame, batch.identify(Language(model=model).identify), reads=reads, writes=writes
        )
    not_one_text(caller, "keep", keep)
    rule = Language(keep=tuple(keep), min_score=min_score, model=model)
    reads |= so_far(caller, frame, reason)
    writes["drop_reason"] = reason
    function = batch.identify(rule.identify, rule.judge)
    return with_columns(frame, function, reads=reads, writes=writes)


def judge(
    frame: DataFrame,
    *filters: FilterLike,
    text: str = "text",
    blocks: str | None = "blocks",
    language: str | None = None,
    reason: str = "drop_reason",
) -> DataFrame:
    """Return the frame with the first filter's reason against each text; null where none has one.

    Args:
        filters: in order: names (`"gopher_quality"`), names with settings
            (`{"c4": {"terminal_punctuation": False}}`), functions of one text that return a reason
            or None, steps of `curate.steps` (which may edit the text, or look at other columns).
        text: edited where a filter edits; a dropped row's text stays. A null is `no_text`.
        blocks: as `extract` makes them, if the frame has them: rules of prose are given the prose,
            and edits move them.
        language: a column of codes: named filters judge each text by the rules of its language.
        reason: column that is written.
    Raises:
        ValueError: there is no filter, no such filter, or a column is not there or of another type.
    """
    if not filters:
        raise ValueError("judge: expected filters, such as 'gopher_quality', got none")
    steps = as_steps(filters)  # before anything is sent: mistakes are reported here
    reads = {"text": column("judge", frame, text, "text")}
    reads |= optional("judge", frame, blocks, "blocks")
    reads |= so_far("judge", frame, reason)
    if language is not None:
        reads["language"] = column("judge", frame, language, "language")
    looks_around = any(step.kind == "record" for step in steps)
    for name in frame.columns:
        if name not in reads and (looks_around or name in ("id", "source")):
            reads[name] = name
    writes = {"text": text, "drop_reason": reason}
    if "blocks" in reads:
        writes["blocks"] = reads["blocks"]
    chain: Any = _ByLanguage(filters) if language is not None else steps
    return with_columns(frame, batch.judge(chain), reads=reads, writes=writes)


def keep(frame: DataFrame, *, reason: str = "drop_reason") -> DataFrame:
    """Return the rows without a reason to drop them, and without its column."""
    name = column("keep", frame, reason, "drop_reason")
    return frame.where(frame[name].isNull()).drop(name)


def measure(
    frame: DataFrame,
    *,
    text: str = "text",
    blocks: str | None = "blocks",
    signals: Sequence[str] | None = None,
    prefix: str = "",
) -> DataFrame:
    """Return the frame with what the filters measure of each text, a column for each number.

    Args:
        blocks: as `extract` makes them, if the frame has them: the prose is measured.
        signals: names of `curate.filters.measure`; None: all.
        prefix: of the columns' names.
    Raises:
        ValueError: there is no such signal, the frame has a column of its name, or none of text.
    """
    not_one_text("measure", "signals", signals)
    function = _signals(signals)
    writes = {name: f"{prefix}{name}" for name in function(_NOTHING).schema.names}
    if existing := [name for name in writes.values() if name in frame.columns]:
        raise ValueError(f"measure: expected no column {existing[0]} yet, got one; give a prefix")
    reads = {"text": column("measure", frame, text, "text")}
    reads |= optional("measure", frame, blocks, "blocks")
    return with_columns(frame, function, reads=reads, writes=writes)


_NOTHING = pa.RecordBatch.from_pydict({"text": pa.array([], pa.string())})


def _signals(names: Sequence[str] | None) -> batch.BatchFunction:
    """Return batch of texts -> a column of doubles for each signal; nulls of a null text."""
    known = measure_one("")
    chosen = list(known if names is None else names)
    if unknown := [name for name in chosen if name not in known]:
        raise ValueError(f"measure: expected signals of {', '.join(known)}, got {unknown[0]}")

    def function(rows: pa.RecordBatch) -> pa.RecordBatch:
        texts = rows["text"].to_pylist()
        has_blocks = "blocks" in rows.schema.names
        blocks = batch.values(rows, "blocks") if has_blocks else [None] * len(texts)
        measured = [
            {} if text is None else measure_one(prose_of(text, batch.to_blocks(text_blocks)))
            for text, text_blocks in zip(texts, blocks, strict=True)
        ]
        columns = [pa.array([row.get(name) for row in measured], pa.float64()) for name in chosen]
        return pa.RecordBatch.from_arrays(columns, names=chosen)

    return function


class _ByLanguage:
    """The filters' steps for a language, made once each in a process."""

    def __init__(self, filters: Sequence[FilterLike]) -> None:
        self._filters = tuple(filters)
        self._made: dict[str | None, list[Step]] = {}

    def __call__(self, language: str | None) -> list[Step]:
        if language not in self._made:
            self._made[language] = as_steps(self._filters, language)
        return self._made[language]

    def __reduce__(self) -> tuple[Any, ...]:
        return _ByLanguage, (self._filters,)
