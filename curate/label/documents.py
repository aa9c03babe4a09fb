"""Documents of a finished run that can be labelled, with their outcomes.

Input: OUT alone: samples of every reason, the shards, the ledger. Output: `Document`s with their
texts. A sample of a reason is a fair one of all records with that reason; the shards are shuffled,
so their first rows are a fair sample of what was kept.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate.batch import values
from curate.store import io
from curate.store.keys import bucket_of
from curate.store.output import shard_documents, training_documents
from curate.store.parquet import open_parquet

MOST_KEPT = 5_000  # documents of the shards that may be drawn
MOST_CHARACTERS = 20_000  # of a text
JUDGED = ("dropped", "held_out", "unused", "kept")
COLUMNS = ("id", "source", "url", "quality_score", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document and where it ended. `score` is the classifier's; null where it has none."""

    id: str
    source: str
    url: str | None
    state: str
    stage: str
    reason: str
    score: float | None
    text: str | None

    @property
    def outcome(self) -> tuple[str, str, str]:
        """Return state, stage and reason; what is kept, unused or held out has the mix's only."""
        return self.state, self.stage, self.reason


def sampled_documents(out: str) -> Iterator[Document]:
    """Yield the documents of OUT/samples that have texts, in the file's order."""
    url = io.join(out, "samples/samples.parquet")
    if not io.exists(url):
        return
    with open_parquet(url) as file:
        rows = pq.read_table(file).to_pylist()
    for row in rows:
        if row["state"] in JUDGED and row["text"] and row["id"]:
            # Elsewhere the value is what a rule measured, or how similar a copy is.
            score = row["value"] if row["stage"] == "quality" else None
            yield Document(
                id=row["id"],
                source=row["source"],
                url=row["url"],
                state=row["state"],
                stage=row["stage"],
                reason=row["reason"] or "",
                score=score,
                text=row["text"][:MOST_CHARACTERS],
            )


def kept_documents(
    out: str, manifest: Mapping[str, Any], limit: int = MOST_KEPT
) -> Iterator[Document]:
    """Yield the first documents of the training shards, each once."""
    for batch in training_documents(out, manifest, COLUMNS, limit):
        yield from _of_batch(batch, "kept")


def _of_batch(batch: pa.RecordBatch, state: str) -> Iterator[Document]:
    for row in batch.to_pylist():
        yield Document(
            id=row["id"],
            source=row["source"],
            url=row["url"],
            state=state,
            stage="mix",
            reason="",
            score=row["quality_score"],
            text=row["text"][:MOST_CHARACTERS],
        )


def documents_by_id(
    out: str, manifest: Mapping[str, Any], ids: Collection[str]
) -> Iterator[Document]:
    """Yield the documents of some ids: from the samples, the shards, else from the ledger.

    Those of the ledger alone have no text: the run wrote none. An id may be several documents'.
    """
    missing = set(ids)
    for document in sampled_documents(out):
        if document.id in ids:
            missing.discard(document.id)
            yield document
    if missing:
        id_array = pa.array(sorted(missing), pa.string())
        for shard in manifest["shards"]:
            state = "kept" if "/train/" in shard["file"] else "held_out"
            for batch in shard_documents(io.join(out, shard["file"]), COLUMNS):
                rows = batch.filter(pc.is_in(batch["id"], value_set=id_array))
                missing.difference_update(values(rows, "id"))
                yield from _of_batch(rows, state)
    yield from _of_ledger(out, missing)


def _of_ledger(out: str, ids: Iterable[str]) -> Iterator[Document]:
    files = sorted(io.list_files(io.join(out, "ledger")))
    if not files:
        return
    buckets = int(files[0].rpartition("-")[2].removesuffix(".parquet"))
    by_bucket: dict[str, list[str]] = {}
    for id_ in sorted(ids):
        by_bucket.setdefault(f"-{bucket_of(id_, buckets):05d}-of-", []).append(id_)
    for url in files:
        name = url.rpartition("/")[2]
        wanted = next(
            (ids_in_bucket for mark, ids_in_bucket in by_bucket.items() if mark in name), None
        )
        if wanted is None:
            continue
        with open_parquet(url) as file:
            rows = pq.read_table(file, filters=[("id", "in", wanted)]).to_pylist()
        for row in rows:
            if row["state"] in JUDGED:
                names = ("id", "source", "url", "state", "stage", "score")
                fields = {name: row[name] for name in names}
                yield Document(**fields, reason=row["reason"] or "", text=None)
