"""Committed documents and their planned rows, for tests of the stages around the count."""

from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq

from curate.stages import count
from curate.store import schema
from curate.store.commits import Commit
from curate.store.documents import Documents
from curate.store.keys import Tally
from curate.text import tokenizers as tokens
from stages.committed import commit_of

SEED, VALIDATION = 7, 0.25
TEXTS = [f"Text number {n}: " + "words and more words. " * (n % 7) + "Grüße" for n in range(40)]


def filtered(numbers, source, **columns):
    rows = [
        {
            "key": n,
            "source": source,
            "file_path": "f",
            "n": n,
            "id": f"id-{n}",
            "url": None if n % 2 else f"http://x/{n}",
            "text": TEXTS[n],
            "text_hash": bytes(16),
            "characters": len(TEXTS[n]),
            "extracted": len(TEXTS[n]),
            **{name: of(n) for name, of in columns.items()},
        }
        for n in numbers
    ]
    return pa.RecordBatch.from_pylist(rows, schema=schema.FILTERED)


def tally_of(numbers, source):
    tally = Tally()
    for n in numbers:
        tally.add(source, "f", n)
        tally.characters += len(TEXTS[n])
    return tally


LEFT = {
    "books": [n for n in range(20) if n not in (3, 4)],
    "crawl": [*range(20, 25), *range(26, 40)],
}


def id_of(n):
    return {7: "id-0~2", 30: "id-0~3"}.get(n, f"id-{n}")


def documents_of(folder):
    """Return documents 0-19 of books, 20-39 of crawl, less 3, 4 and 25, which a stage dropped."""
    parts = filtered(range(20), "books"), filtered(range(20, 40), "crawl")
    base = commit_of(folder / "filter", "filter", "documents", schema.FILTERED, *parts)
    gone = pa.RecordBatch.from_pydict({"key": [3, 4, 25]})
    outcomes = commit_of(folder / "dedup", "dedup", "outcomes", gone.schema, gone)
    return Documents(base).without(outcomes)


def planned_of(folder, documents):
    """Return them planned; 7 and 30 have new ids, and so has a key of no document."""
    rows = pa.RecordBatch.from_pydict(
        {"key": [7, 30, 999], "id": ["id-0~2", "id-0~3", "none"]}, schema=count.RENAMED
    )
    made = commit_of(folder / "renamed", "count", "renamed", count.RENAMED, rows)
    work = partial(
        count.count_unit,
        tokenizer=tokens.load("gpt2"),
        seed=SEED,
        validation={"books": VALIDATION, "crawl": VALIDATION},
        renamed=made.urls("renamed"),
    )
    place = str(folder / "count")
    receipts = [work(place, unit.name, unit.payload) for unit in documents.units()]
    return count.PlannedDocuments(documents, Commit.of("count", "h", place, receipts))


def planned_rows(planned):
    return [row for url in planned.commit.urls("planned") for row in pq.read_table(url).to_pylist()]
