"""Import labels: ratings of files to one label per document, and what they say about the run.

Input: files of labels (`curate.label.forms`), OUT with the tasks that were drawn. Output:
OUT/labels/labels.parquet, one row a document; ratings.parquet, one row a rating; labels.json, how
far raters agree, which of them fail on gold, how rules and classifier agree with the labels.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curate.errors import RecipeError
from curate.label.documents import Document, documents_by_id
from curate.label.forms import Rating, Refused, Scale, read_ratings
from curate.label.judged import Labelled, by_outcome, classifier
from curate.label.raters import Answer, Key, agreement, by_document, screened
from curate.quality.training import group_of
from curate.store import io, schema
from curate.store.output import read_report
from curate.store.parquet import open_parquet

EXAMPLES = 5  # of rows without a label
Known = dict[Key, tuple[Document, float | None]]  # with the weight of those that were drawn


def import_labels(
    out: str, files: Sequence[str], *, scale: Scale | None = None, rater: str | None = None
) -> dict[str, Any]:
    """Write what files of labels say to OUT/labels; return the report, as labels.json has it.

    The files replace all earlier ones: name them all. A rater's later label of an item
    replaces an earlier one.

    Raises:
        RecipeError: no finished run, a file that cannot be read, or no label in any.
    """
    manifest, report = read_report(out, "manifest"), read_report(out, "report")
    rows_read = [row for url in files for row in read_ratings(url, scale=scale, rater=rater)]
    refused = [row for row in rows_read if isinstance(row, Refused)]
    ratings = _last_ratings(row for row in rows_read if isinstance(row, Rating))
    answers, documents, unknown = _answers(out, manifest, ratings)
    refused += unknown
    if not answers:
        first = f", first {refused[0].place}: {refused[0].reason}" if refused else ""
        raise RecipeError(
            f"--import: expected labels of documents of {out}, "
            f"got none in {len(rows_read):,} rows{first}"
        )
    raters = screened(answers)
    used = {row["rater"] for row in raters if row["used"]}
    everybody = by_document(answers)
    trusted = by_document(answer for answer in answers if answer.rater in used)
    labelled = {
        key: Labelled(
            document=documents[key][0],
            labels=tuple(scores.values()),
            weight=documents[key][1],
        )
        for key, scores in trusted.items()
    }
    counts = Counter[tuple[str, str, str]]()
    for _, state, stage, reason, records, *_ in report["outcomes"]:
        counts[state, stage, reason] += records
    results = {
        "labels": len(labelled),
        "ratings": len(ratings),
        "refused": _counted(refused),
        "raters": raters,
        "agreement": {"all": agreement(everybody), "used": agreement(trusted)},
        "outcomes": by_outcome(list(labelled.values()), counts),
        "classifier": classifier(list(labelled.values())),
    }
    _write(out, labelled, answers, used)
    io.write_bytes(
        io.join(out, "labels/labels.json"),
        (json.dumps(results, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace"),
    )
    return results


def _last_ratings(ratings: Any) -> list[Rating]:
    """Return the ratings, of several by one rater of one thing the last."""
    return list(
        {
            (rating.rater, rating.item, rating.source, rating.id): rating for rating in ratings
        }.values()
    )


def _drawn(out: str) -> dict[str, dict[str, Any]]:
    """Return the rows of all tasks that were drawn, by item."""
    rows: dict[str, dict[str, Any]] = {}
    for url in sorted(io.list_files(io.join(out, "labels"))):
        if url.rpartition("/")[2].startswith("drawn-"):
            with open_parquet(url) as file:
                rows |= {row["item"]: row for row in pq.read_table(file).to_pylist()}
    return rows


def _answers(
    out: str, manifest: Mapping[str, Any], ratings: Sequence[Rating]
) -> tuple[list[Answer], Known, list[Refused]]:
    """Return the answers, their documents, and the ratings of unknown documents."""
    drawn = _drawn(out)
    ids = {
        candidate.id
        for candidate in ratings
        if candidate.id is not None and candidate.item not in drawn
    }
    by_id: dict[str, list[Document]] = {}
    for document in documents_by_id(out, manifest, ids) if ids else ():
        by_id.setdefault(document.id, []).append(document)
    answers: list[Answer] = []
    documents: Known = {}
    unknown: list[Refused] = []
    for rating in ratings:
        expected = None
        if rating.item in drawn:
            row = drawn[rating.item]
            document = Document(**{name: row[name] for name in Document.__dataclass_fields__})
            weight, expected = row["weight"], row["expected"]
        else:
            candidates = [
                candidate for candidate in by_id.get(rating.id or "", ())
                if rating.source in (None, candidate.source)
            ]  # fmt: skip
            if not candidates:
                unknown.append(Refused(rating.place, "not_of_this_run"))
                continue
            document, weight = candidates[0], None
        key = document.source, document.id
        answers.append(Answer(rater=rating.rater, key=key, score=rating.score, expected=expected))
        if expected is None:
            had = documents.get(key, (document, None))[1]
            documents[key] = document, weight if had is None else had
    return answers, documents, unknown


def _counted(refused: Sequence[Refused]) -> list[dict[str, Any]]:
    reasons = Counter(row.reason for row in refused)
    return [
        {
            "reason": reason,
            "rows": reasons[reason],
            "examples": [row.place for row in refused if row.reason == reason][:EXAMPLES],
        }
        for reason in sorted(reasons)
    ]


def _write(
    out: str, labelled: Mapping[Key, Labelled], answers: Sequence[Answer], used: set[str]
) -> None:
    labels = [
        {
            "id": item.document.id,
            "source": item.document.source,
            "url": item.document.url,
            "site": group_of(item.document.id, item.document.url),
            "text": item.document.text,
            "score": item.score,
            "raters": len(item.labels),
            "weight": item.weight,
            "state": item.document.state,
            "stage": item.document.stage,
            "reason": item.document.reason or None,
            "quality_score": item.document.score,
        }
        for item in labelled.values()
        if item.document.text
    ]
    ratings = [
        {
            "rater": item.rater,
            "source": item.key[0],
            "id": item.key[1],
            "score": item.score,
            "expected": item.expected,
            "used": item.rater in used,
        }
        for item in sorted(answers, key=lambda item: (item.rater, item.key, item.score))
    ]
    for name, rows, columns in (
        ("labels", labels, schema.LABELS),
        ("ratings", ratings, schema.RATINGS),
    ):
        with io.staged(io.join(out, f"labels/{name}.parquet")) as path:
            table = pa.Table.from_pylist(rows, columns)
            pq.write_table(table, path, compression="zstd", write_page_checksum=True)
