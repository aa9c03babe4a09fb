"""Committed documents and their weights, for tests of the steps around the count."""

from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq

from curate.spark import count
from curate.store import schema
from curate.store.commits import Commit, Receipt, write_tables
from curate.store.documents import Documents
from curate.store.keys import Tally
from curate.text import tokenizers as tokens

SEED, VALIDATION = 7, 0.25
TEXTS = [f"Text number {n}: " + "words and more words. " * (n % 7) + "Grüße" for n in range(40)]


def judged(numbers, source, **columns):
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
            **{name: of(n) for name, of in columns.items()},
        }
        for n in numbers
    ]
    return pa.RecordBatch.from_pylist(rows, schema=schema.JUDGED)


def tally_of(numbers, source):
    tally = Tally()
    for n in numbers:
        tally.add(source, "f", n)
    return tally


def commit_of(folder, name, table, schema_, *batches):
    receipts = []
    for n, batch in enumerate(batches):
        files = write_tables(str(folder), f"{n:06d}", {table: schema_}, [(table, batch)])
        receipts.append(Receipt(f"{n:06d}", files))
    return Commit(name, "h", str(folder), tuple(receipts))


LEFT = {
    "books": [n for n in range(20) if n not in (3, 4)],
    "crawl": [*range(20, 25), *range(26, 40)],
}


def id_of(n):
    return {7: "id-0~2", 30: "id-0~3"}.get(n, f"id-{n}")


def documents_of(folder):
    """Return documents 0-19 of books, 20-39 of crawl, less 3, 4 and 25, which a stage dropped."""
    parts = judged(range(20), "books"), judged(range(20, 40), "crawl")
    base = commit_of(folder / "filter", "filter", "documents", schema.JUDGED, *parts)
    gone = pa.RecordBatch.from_pydict({"key": [3, 4, 25]})
    fates = commit_of(folder / "dedup", "dedup", "fates", gone.schema, gone)
    return Documents(base).without(fates)


def weighed_of(folder, documents):
    """Return them weighed; 7 and 30 have new ids, and so has a key of no document."""
    rows = pa.RecordBatch.from_pydict(
        {"key": [7, 30, 999], "id": ["id-0~2", "id-0~3", "none"]}, schema=count.RENAMED
    )
    made = commit_of(folder / "renamed", "count", "renamed", count.RENAMED, rows)
    work = partial(
        count.count_unit,
        tokenizer=tokens.load("gpt2"),
        seed=SEED,
        validation={"books": VALIDATION, "crawl": VALIDATION},
        renamed=[made.url(file) for file in made.files("renamed")],
    )
    place = str(folder / "count")
    receipts = tuple(work(place, unit, payload) for unit, payload in documents.units().items())
    return count.Weighed(documents, Commit("count", "h", place, receipts))


def planned_rows(weighed):
    return [row for url in weighed.planned_urls() for row in pq.read_table(url).to_pylist()]
