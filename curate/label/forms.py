"""Files of labels, in the forms that the tools for labelling give, as ratings.

Input: the page's own JSON lines, plain JSON lines, CSV, Label Studio's JSON and JSON-MIN, Argilla's
JSON, feedback with thumbs or ratings by document id. Output: one `Rating` for each label, a score
from 0 to 1, and a reason for each row without one.
"""

import csv
import io as text_io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from curate.errors import RecipeError
from curate.store import io

WORDS = {
    **dict.fromkeys(("good", "up", "like", "yes", "true", "positive", "+1", "👍"), 1.0),
    **dict.fromkeys(("acceptable", "ok", "okay", "fair", "neutral", "mixed"), 0.5),
    **dict.fromkeys(("bad", "junk", "down", "dislike", "no", "false", "negative", "-1", "👎"), 0.0),
}
NOTHING = ("", "skip", "unsure", "unknown", "none", "null")
# Where a row has its label; those that the tools call otherwise come last.
LABELS = ("label", "score", "rating", "thumbs", "thumb", "vote", "feedback", "quality", "choice")
RATERS = ("rater", "annotator", "user_id", "user", "completed_by")
IDS = ("id", "document_id", "doc_id")
STARS = (1.0, 5.0)  # of a rating where no scale is given, as Label Studio and Argilla have it
UNIT = (0.0, 1.0)
SIGNS = (-1.0, 1.0)
REFUSALS = {
    "no_label": "the row has no label, or one that says it was skipped",
    "unknown_label": "its label is none of the words that are known, nor a number",
    "outside_scale": "its number is outside the scale",
    "no_document": "it names no document: neither item nor id",
    "no_object": "it is no JSON object",
    "no_text": "it has no text",
}
Scale = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """One rater's label of one document: 0 is bad, 1 is good.

    item: of a task that was drawn here; else id, and source where the file says it.
    """

    score: float
    rater: str
    place: str  # file and row
    item: str | None = None
    id: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A row without a label: where it is, and a reason of REFUSALS."""

    place: str
    reason: str


class _RefusalError(ValueError):
    """Why a row has no label; its argument is a reason of REFUSALS."""


def read_ratings(
    url: str, *, scale: Scale | None = None, rater: str | None = None
) -> Iterator[Rating | Refused]:
    """Yield what each row of a file says, in its order.

    Args:
        scale: the worst and the best number that labels can be. None: 0 to 1 for a score or a
            label, 1 to 5 for a rating, -1 to 1 for thumbs.
        rater: the rater of labels that name none; None: the file's name.
    Raises:
        RecipeError: the file is neither JSON, JSON lines nor CSV.
    """
    name = url.rstrip("/").rpartition("/")[2]
    somebody = rater or name.partition(".")[0]
    for number, row in enumerate(_rows(url, name), 1):
        origin = f"{name}:{number}"
        if not isinstance(row, dict):
            yield Refused(origin, "no_object")
            continue
        for answer in _labels(row):
            try:
                yield _rating(answer, origin, scale, somebody)
            except _RefusalError as refusal:
                yield Refused(origin, str(refusal))


def read_texts(url: str) -> Iterator[tuple[str, float, str] | Refused]:
    """Yield (text, score, place) of each row of a file whose labels are known.

    Raises RecipeError as `read_ratings` does.
    """
    name = url.rstrip("/").rpartition("/")[2]
    for number, row in enumerate(_rows(url, name), 1):
        origin = f"{name}:{number}"
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            yield Refused(origin, "no_text")
            continue
        key = next((name for name in LABELS if _is_given(row.get(name))), "label")
        try:
            yield row["text"], score_of(row.get(key), key), origin
        except _RefusalError as refusal:
            yield Refused(origin, str(refusal))


def _rows(url: str, name: str) -> Sequence[Any]:
    try:
        text = io.read_bytes(url).decode("utf-8-sig")
        if name.lower().endswith((".csv", ".tsv")):
            tabs = name.lower().endswith(".tsv")
            return list(csv.DictReader(text_io.StringIO(text), delimiter="\t" if tabs else ","))
        if text.lstrip().startswith("["):
            rows: list[Any] = json.loads(text)
            return rows
        # Only \n ends a line: a text may hold what else str.splitlines takes for an end.
        return [_parsed(line) for line in text.split("\n") if line.strip()]
    except FileNotFoundError as error:
        raise RecipeError(f"--import: expected a file, found no {url}") from error
    except (UnicodeDecodeError, csv.Error, ValueError) as error:
        raise RecipeError(
            f"--import: expected JSON lines, a JSON array or CSV in {url}, got {error}"
        ) from error


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


# --- forms -------------------------------------------------------------------------------------

Given = dict[str, Any]  # item, id, source, rater, key, value


def _labels(row: Mapping[str, Any]) -> Iterator[Given]:
    """Yield what a row says, one for each label: a task may have those of several people."""
    if isinstance(row.get("annotations"), list):
        yield from _label_studio(row)
    elif "responses" in row and isinstance(row.get("fields"), dict):
        yield from _argilla(row)
    else:
        key = next((name for name in LABELS if _is_given(row.get(name))), "label")
        yield {
            **_document(row),
            "rater": _first_given(row, RATERS),
            "key": key,
            "value": row.get(key),
        }


def _document(row: Mapping[str, Any]) -> Given:
    return {"item": row.get("item"), "id": _first_given(row, IDS), "source": row.get("source")}


def _first_given(row: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((row[name] for name in names if _is_given(row.get(name))), None)


def _is_given(value: object) -> bool:
    return value is not None and value != ""


def _label_studio(row: Mapping[str, Any]) -> Iterator[Given]:
    data = row.get("data") or {}
    for annotation in row["annotations"]:
        results = annotation.get("result") or []
        named = sorted(results, key=lambda result: result.get("from_name") != "label")
        answer = next((pair for result in named if (pair := _result(result))), ("label", None))
        cancelled = annotation.get("was_cancelled") or not results
        rater = annotation.get("completed_by")
        if isinstance(rater, dict):
            rater = rater.get("email") or rater.get("id")
        yield {
            **_document(data),
            "rater": rater,
            "key": answer[0],
            "value": None if cancelled else answer[1],
        }


def _result(result: Mapping[str, Any]) -> tuple[str, Any] | None:
    """Return which key of LABELS a result of Label Studio is like, and its value."""
    value = result.get("value") or {}
    if value.get("choices"):
        return "label", value["choices"][0]
    for name, key in (("rating", "rating"), ("number", "label")):
        if value.get(name) is not None:
            return key, value[name]
    return None


def _argilla(row: Mapping[str, Any]) -> Iterator[Given]:
    metadata = row.get("metadata") or {}
    document = {
        "item": metadata.get("item") or (None if _first_given(metadata, IDS) else row.get("id")),
        "id": _first_given(metadata, IDS),
        "source": metadata.get("source"),
    }
    responses = row["responses"] or {}
    if isinstance(responses, list):  # before Argilla 2: one entry a user, with all questions
        responses = _by_question(responses)
    question = "label" if "label" in responses else next(iter(sorted(responses)), "label")
    for response in responses.get(question) or []:
        value = response.get("value")
        key = "label" if isinstance(value, str) else "rating"
        is_submitted = response.get("status") in (None, "submitted")
        yield {
            **document,
            "rater": response.get("user_id"),
            "key": key,
            "value": value if is_submitted else "",
        }


def _by_question(responses: Sequence[Any]) -> dict[str, list[Any]]:
    responses_by_question: dict[str, list[Any]] = {}
    for response in responses:
        about = {"user_id": response.get("user_id"), "status": response.get("status")}
        for question, answer in (response.get("values") or {}).items():
            responses_by_question.setdefault(question, []).append(
                {**about, "value": answer.get("value")}
            )
    return responses_by_question


# --- values ------------------------------------------------------------------------------------


def _rating(answer: Given, origin: str, scale: Scale | None, somebody: str) -> Rating:
    score = score_of(answer["value"], answer["key"], scale)
    item, id_ = (None if answer[name] is None else str(answer[name]) for name in ("item", "id"))
    if item is None and id_ is None:
        raise _RefusalError("no_document")
    return Rating(
        score=score,
        rater=somebody if answer["rater"] is None else str(answer["rater"]),
        place=origin,
        item=item,
        id=id_,
        source=None if answer["source"] is None else str(answer["source"]),
    )


def score_of(value: object, key: str = "label", scale: Scale | None = None) -> float:
    """Return a label as a score from 0 to 1. Raises ValueError with a reason of REFUSALS.

    >>> score_of("Good"), score_of(4, "rating"), score_of(-1, "thumbs"), score_of(2, scale=(0, 5))
    (1.0, 0.75, 0.0, 0.4)
    """
    if isinstance(value, bool):
        return float(value)
    if value is None or (isinstance(value, str) and value.strip().lower() in NOTHING):
        raise _RefusalError("no_label")
    if isinstance(value, list) and len(value) == 1:
        return score_of(value[0], key, scale)
    number = _number(value)
    if isinstance(value, str) and (number is None or scale is None):
        word = value.strip().lower().replace("thumbs_", "").replace("thumbs ", "")
        if word in WORDS:
            return WORDS[word]
    if number is None:
        raise _RefusalError("unknown_label")
    signs = key in ("thumbs", "thumb", "vote", "feedback")
    worst, best = scale or (STARS if key == "rating" else SIGNS if signs else UNIT)
    score = (number - worst) / (best - worst)
    if not 0 <= score <= 1:
        raise _RefusalError("outside_scale")
    return score


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
