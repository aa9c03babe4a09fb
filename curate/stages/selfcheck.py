"""Texts for the self-check: a hash sample of the input of deduplication.

Input: filtered documents. Output: some of their texts, in the driver's memory; what the check has
found, OUT/selfcheck.json, which the report shows.
"""

import json
from collections.abc import Iterator, Sequence
from functools import partial

import pyarrow as pa

from curate.batch import values
from curate.dedup.bands import Banding
from curate.dedup.selfcheck import Recall
from curate.stages.stage import TASK_BYTES, Run
from curate.store import io, schema
from curate.store.documents import Documents, read_part
from curate.store.keys import MODULUS, seeded_hash, signed
from curate.store.units import Unit, packed

LONGEST = 20_000  # characters of a text; the rest is cut off
SPARE = 4  # oversampling factor, so that there are always enough
DRAWN = schema.columns(
    ("hash", pa.int64(), False), ("key", pa.int64(), False), ("text", pa.string(), False)
)


def sample_texts(run: Run, documents: Documents, count: int = 1_000) -> list[str]:
    """Return the texts of the documents with the lowest hashes: at most `count`, always the same.

    The hash's key is source and id, as for the samples of a run.
    """
    below = signed(min(MODULUS - 1, MODULUS * SPARE * count // max(1, documents.rows())))
    run.engine.describe("self-check", "sample")
    tasks = packed(documents.units(), 4 * run.engine.parallelism, TASK_BYTES)
    sample = partial(sample_documents, below=below, seed=run.recipe.seed)
    rows = run.engine.collect(run.engine.start(sample, tasks, DRAWN)).to_pylist()
    drawn = sorted((row["hash"], row["key"], row["text"]) for row in rows)
    return [text for _, _, text in drawn[:count]]


def sample_documents(units: Sequence[Unit], *, below: int, seed: int) -> Iterator[pa.RecordBatch]:
    """Yield the documents of some parts whose hash is at most `below`."""
    for unit in units:
        for batch in read_part(unit.payload, ("key", "source", "id", "text")):
            columns = (values(batch, name) for name in ("key", "source", "id", "text"))
            drawn = [
                {"hash": hash_, "key": key, "text": text[:LONGEST]}
                for key, source, id_, text in zip(*columns, strict=True)
                if (hash_ := signed(seeded_hash("sample", f"{source}/{id_}", seed))) <= below
            ]
            yield pa.RecordBatch.from_pylist(drawn, schema=DRAWN)


def write_recall(out: str, recall: Sequence[Recall], banding: Banding, texts: int) -> None:
    """Write OUT/selfcheck.json: what a self-check found of so many texts, by similarity."""
    report = {
        "bands": banding.bands,
        "rows": banding.rows,
        "texts": texts,
        "recall": [row._asdict() for row in recall],
    }
    io.write_bytes(io.join(out, "selfcheck.json"), (json.dumps(report, indent=2) + "\n").encode())
