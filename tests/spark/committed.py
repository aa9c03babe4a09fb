"""Committed documents made of plain texts, for tests of the steps between filter and mix."""

import pyarrow as pa

from curate import recipe as recipes
from curate.batch import measure_text
from curate.spark import pipeline
from curate.store import schema
from curate.store.commits import Commit, Receipt, read_batches, write_tables
from curate.store.documents import Documents, read_part
from curate.store.keys import encode_key

SOURCES = {"wiki": True, "crawl": False, "news": False}  # whether it is a reference


def documents_of(folder, texts, sizes):
    """Return the texts as committed documents, in parts of these sizes in turn."""
    receipts = []
    for number, (source, own) in enumerate(texts.items()):
        rows = [
            {
                "key": encode_key(number, n),
                "source": source,
                "file_path": source,
                "n": n,
                "id": f"{source}-{n}",
                "text": text,
                "language": "en",
                "language_score": 0.5,
            }
            for n, text in enumerate(own)
        ]
        batch = pa.RecordBatch.from_pylist(rows, schema.JUDGED.remove(13).remove(12))
        batch = measure_text(batch).cast(schema.JUDGED)
        start = 0
        for place in range(1000):
            size = sizes[place % len(sizes)]
            piece = batch.slice(start, size)
            unit = f"{number:03d}-{place:03d}"
            files = write_tables(
                str(folder), unit, {"documents": schema.JUDGED}, [("documents", piece)]
            )
            receipts.append(Receipt(unit, files))
            start += size
            if start >= len(own):
                break
    return Documents(Commit("filter", "x", str(folder), tuple(receipts)))


def run_of(folder, lines, **whole):
    for source in SOURCES:
        (folder / f"{source}.txt").write_text("a")
    sources = {
        name: {"kind": "text", "path": f"{name}.txt", "reference": reference}
        for name, reference in SOURCES.items()
    }
    settings = {"language": None, "filters": [], "sources": sources}
    settings["dedup"] = {"priority": ["news"], "lines": lines}
    return pipeline.start(
        recipes.parse({**settings, **whole}, folder), str(folder / "out"), say=lambda _: None
    )


def left(documents):
    """Return key -> row of what is left."""
    return {
        row["key"]: row
        for payload in documents.units().values()
        for batch in read_part(payload)
        for row in batch.to_pylist()
    }


def fates(documents):
    commit = documents.base
    return {
        row["key"]: row
        for file in commit.files("fates")
        for batch in read_batches(commit.url(file))
        for row in batch.to_pylist()
    }
