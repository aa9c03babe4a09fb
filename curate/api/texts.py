"""Single functions of `import curate`: texts judged, measured, compared; pages turned to text.

Each takes one text, a list of texts, or a table with a column of them
(`curate.api.tabular`), and returns the same kind.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, overload

from curate._lazy import listing
from curate.api.checks import expect
from curate.api.tabular import FrameT, kind_of, mapped, names_of, texts_of
from curate.filters.finding import FilterLike, as_steps
from curate.filters.signals import measure as measure_text
from curate.steps import Step, apply

if TYPE_CHECKING:
    import pyarrow as pa

    from curate.dedup.bands import Banding
    from curate.dedup.duplicates import Duplicate

__all__ = ["extract_text", "find_duplicates", "identify_language", "judge", "measure"]
__dir__ = listing(__name__, __all__)

_CODE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z]+)*")
INNER = ("text", "drop_reason", "blocks", "language", "key")  # columns with a meaning to `batch`


def steps_of(filters: Sequence[FilterLike], *, language: str | None = None) -> list[Step]:
    """Return the steps of filters in order; of none, those of a recipe that names none.

    Raises ValueError for one there is not, or that cannot be called.
    """
    if not filters:
        from curate.recipe.model import Recipe  # noqa: PLC0415 - loads all of a recipe's parts

        filters = Recipe.model_fields["filters"].default
    return as_steps(filters, language)


@overload
def judge(  # type: ignore[overload-overlap]  # a str is a sequence of them, and goes first
    texts: str, *filters: FilterLike, language: str | None = None
) -> str | None: ...
@overload
def judge(
    texts: Sequence[str | None], *filters: FilterLike, language: str | None = None
) -> list[str | None]: ...
@overload
def judge(
    texts: FrameT,
    *filters: FilterLike,
    text: str = "text",
    reason: str = "drop_reason",
    language: str | None = None,
) -> FrameT: ...
def judge(
    texts: Any,
    *filters: FilterLike,
    text: str = "text",
    reason: str = "drop_reason",
    language: str | None = None,
) -> Any:
    """Return why to drop each text; None: keep it.

    Args:
        texts: a text: its reason is returned; a list of N: a list of N reasons (of a None it is
            "no_text"); a table: the same rows with the column `reason`, and `text` as the filters'
            edits left it, of dropped rows as it was. Rows that have a reason keep it.
        filters: names, names with settings (`{"c4": {"terminal_punctuation": False}}`), functions
            of one text, `curate.steps.Step`s, lists of these; none: those of a recipe that names
            none.
        text, reason: columns of a table.
        language: code of the texts' language, for filters given by name; None: English.
    Raises:
        TypeError: `texts` is none of these, or holds what is no text.
        ValueError: there is no such filter, or no such column, or `language` is no code.

    >>> import curate
    >>> curate.judge("Click here!", "gopher_quality")
    'too_few_words'
    >>> curate.judge(["Click here!", None], lambda text: "too_short" if len(text) < 20 else None)
    ['too_short', 'no_text']
    """
    if language is not None and not _CODE.fullmatch(language):
        raise ValueError(f"judge: language: expected a code, such as en, de or zh, got {language}")
    steps = steps_of(filters, language=language)
    if isinstance(texts, str):
        return apply(steps, texts)[1]
    kind = kind_of(texts)
    if kind is None:
        values = texts_of("judge", texts)
        return ["no_text" if value is None else apply(steps, value)[1] for value in values]
    names = names_of(texts, kind)
    _has("judge", names, text)
    reads = names if any(step.kind == "record" for step in steps) else [text]
    reads = list(dict.fromkeys([text, *reads, *([reason] if reason in names else [])]))
    return mapped(texts, kind, _judged(steps, text, reason), reads, (text, reason))


def _judged(
    steps: Sequence[Step], text: str, reason: str
) -> "Callable[[pa.RecordBatch], pa.RecordBatch]":
    """Return the batch function that judges one column of the caller's table."""
    import pyarrow as pa  # noqa: PLC0415 - the base install has no Arrow

    from curate import batch  # noqa: PLC0415

    inner = batch.judge(steps)

    def function(batch_: pa.RecordBatch) -> pa.RecordBatch:
        columns = {name: batch_[name] for name in batch_.schema.names if name not in INNER}
        columns["text"] = _strings(batch_[text], text)
        if reason in batch_.schema.names:
            columns["drop_reason"] = batch_[reason].cast(pa.string())
        judged = inner(pa.RecordBatch.from_pydict(columns))
        type_ = pa.string() if _is_empty(batch_[text]) else batch_[text].type
        result = {text: judged["text"].cast(type_), reason: judged["drop_reason"]}
        return pa.RecordBatch.from_pydict(result)

    return function


def _strings(column: Any, name: str) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - the base install has no Arrow

    if _is_empty(column):
        return pa.nulls(len(column), pa.string())
    kinds = (pa.types.is_string, pa.types.is_large_string,
             pa.types.is_dictionary, pa.types.is_string_view)  # fmt: skip
    if not any(is_kind(column.type) for is_kind in kinds):
        raise TypeError(f"text: expected a column of texts, got {name} of {column.type}")
    return column.cast(pa.string())


def _is_empty(column: Any) -> bool:
    """Return whether a column has no value: then its type says nothing."""
    return bool(column.null_count == len(column))


def _has(function: str, names: Sequence[str], text: str) -> None:
    if text not in names:
        columns = ", ".join(names) or "none"
        raise ValueError(f"{function}: text: expected one of the columns {columns}, got {text}")


@overload
def measure(  # type: ignore[overload-overlap]
    texts: str, *, signals: Sequence[str] | None = None
) -> dict[str, float]: ...
@overload
def measure(
    texts: Sequence[str | None], *, signals: Sequence[str] | None = None
) -> list[dict[str, float]]: ...
@overload
def measure(
    texts: FrameT, *, text: str = "text", signals: Sequence[str] | None = None
) -> FrameT: ...
def measure(texts: Any, *, text: str = "text", signals: Sequence[str] | None = None) -> Any:
    """Return the numbers that filters judge by (`curate.filters.measure`), without judging.

    Args:
        texts: a text: its numbers by name; a list: a list of these, of None as of an empty text; a
            table: the same rows with a column for each number.
        text: column of a table. signals: which numbers; None: all.
    Raises:
        TypeError, ValueError: see `judge`; or a signal there is not.

    >>> import curate
    >>> curate.measure("The cat sat. The cat slept.")["words"]
    6.0
    """
    names = _signals(signals)
    if isinstance(texts, str):
        return _chosen(texts, names)
    kind = kind_of(texts)
    if kind is None:
        return [_chosen(value, names) for value in texts_of("measure", texts)]
    _has("measure", names_of(texts, kind), text)

    def function(batch: "pa.RecordBatch") -> "pa.RecordBatch":
        import pyarrow as pa  # noqa: PLC0415 - the base install has no Arrow

        rows = [_chosen(value, names) for value in _strings(batch[text], text).to_pylist()]
        return pa.RecordBatch.from_pydict(
            {name: pa.array([row[name] for row in rows], pa.float64()) for name in names}
        )

    return mapped(texts, kind, function, [text], names)


def _chosen(text: str | None, names: Sequence[str]) -> dict[str, float]:
    measured = measure_text(text or "")
    return {name: measured[name] for name in names}


def _signals(signals: Sequence[str] | None) -> list[str]:
    known = _known_signals()
    for name in signals or ():
        if name not in known:
            raise ValueError(f"measure: signals: expected some of {', '.join(known)}, got {name}")
    return list(known if signals is None else signals)


@cache
def _known_signals() -> tuple[str, ...]:
    return tuple(measure_text(""))


@overload
def identify_language(texts: str) -> tuple[str, float]: ...  # type: ignore[overload-overlap]
@overload
def identify_language(texts: Sequence[str | None]) -> list[tuple[str, float]]: ...
@overload
def identify_language(texts: FrameT, *, text: str = "text") -> FrameT: ...
def identify_language(texts: Any, *, text: str = "text") -> Any:
    """Return the language of most of each text, and how sure that is, as a run finds it.

    Args:
        texts: a text: (code, score), ISO 639-1 where there is one, and 0 to 1; a list: a list of
            these, ("und", 0.0) of what has no letters; a table: the same rows with `language` and
            `language_score`.
        text: column of a table.
    Raises:
        TypeError, ValueError: see `judge`. ImportError: py3langid is not installed.

    >>> import curate
    >>> curate.identify_language("The quick brown fox jumps over the lazy dog.")[0]
    'en'
    """
    from curate.filters.language import by_parts, identify  # noqa: PLC0415

    if isinstance(texts, str):
        return by_parts(texts, identify)
    kind = kind_of(texts)
    if kind is None:
        return [by_parts(value or "", identify) for value in texts_of("identify_language", texts)]
    _has("identify_language", names_of(texts, kind), text)

    def function(batch: "pa.RecordBatch") -> "pa.RecordBatch":
        import pyarrow as pa  # noqa: PLC0415 - the base install has no Arrow

        column = _strings(batch[text], text).to_pylist()
        languages = [by_parts(value or "", identify) for value in column]
        return pa.RecordBatch.from_pydict(
            {
                "language": pa.array([code for code, _ in languages], pa.string()),
                "language_score": pa.array([score for _, score in languages], pa.float64()),
            }
        )

    return mapped(texts, kind, function, [text], ("language", "language_score"))


def find_duplicates(
    texts: Any,
    *,
    text: str = "text",
    threshold: float | None = None,
    banding: "Banding | None" = None,
    rank: Sequence[Any] | None = None,
) -> "list[Duplicate]":
    """Return the texts to remove as copies of others: rows, each with the one kept in its place.

    Args:
        texts: a list of N texts (None and empty ones are no copies), or a table.
        text: column of a table.
        threshold: remove from this exact Jaccard similarity on, above 0 and up to 1; None: that of
            the banding, 0.8 by default.
        banding: of `curate.dedup.SETTINGS`; None: "default".
        rank: N values to sort by, the text with the smallest is kept; None: the longest.
    Raises:
        TypeError, ValueError: see `judge`. ImportError: numba is not installed.

    >>> import curate
    >>> curate.find_duplicates(["to be or not to be", "To be, or not to be!"])
    [Duplicate(removed=0, kept=1, jaccard=1.0, rule='near_duplicate')]
    """
    from curate import dedup  # noqa: PLC0415 - numba is an extra

    if isinstance(texts, str):
        raise TypeError("find_duplicates: expected a list or a table of texts, got one text")
    kind = kind_of(texts)
    if kind is not None:
        _has("find_duplicates", names_of(texts, kind), text)
        texts = texts[text]
        texts = texts if hasattr(texts, "to_pylist") else list(texts)
    values = texts_of("find_duplicates", texts)
    wanted = "a number above 0 and up to 1"
    expect("find_duplicates", "threshold", threshold, (int, float, type(None)), wanted)
    wanted = 'a Banding, such as curate.dedup.SETTINGS["default"]'
    expect("find_duplicates", "banding", banding, (dedup.Banding, type(None)), wanted)
    return dedup.find_duplicates(
        values, threshold=threshold, banding=banding or dedup.SETTINGS["default"], rank=rank
    )


def extract_text(
    html: bytes | str,
    *,
    url: str | None = None,
    content_type: str | None = None,
    extractor: str = "combined",
    precision: bool = False,
) -> str:
    """Return the main text of one page, "" if it has none; `curate.extract.extract` tells more.

    Args:
        html: the page; bytes are decoded by what the page and `content_type` say.
        url: where it was, for the extractor; nothing is fetched.
        content_type: the HTTP header.
        extractor: combined (ours), trafilatura, resiliparse, justext, readability or newspaper.
        precision: rather miss text than take menus; combined and trafilatura have it.
    Raises:
        TypeError: it is neither bytes nor text. ImportError: the extractor is not installed.
    """
    from curate.extract import extract  # noqa: PLC0415 - lxml is an extra

    expect("extract_text", "html", html, (bytes, str), "a page (bytes or str)")
    for name, value in (("url", url), ("content_type", content_type)):
        expect("extract_text", name, value, (str, type(None)), "a str")
    return extract(
        html, url=url, content_type=content_type, extractor=extractor, precision=precision
    ).text
