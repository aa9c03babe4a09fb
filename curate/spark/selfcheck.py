"""Texts for the self-check: a hash sample of the documents that deduplication would get.

Enters: judged documents. Leaves: some of their texts, in the driver's memory.
"""

from collections.abc import Iterable, Iterator

import pyarrow as pa

from curate.batch import values
from curate.spark.batches import map_partitions, unit_rows, units_frame
from curate.spark.stage import Run
from curate.store import schema
from curate.store.documents import Documents, read_part
from curate.store.keys import MODULUS, draw, signed

LONGEST = 20_000  # characters of a text; what follows is left out
SPARE = 4  # times as many as wanted are expected to come, so that fewer never do
DRAWN = schema.columns(
    ("lot", pa.int64(), False), ("key", pa.int64(), False), ("text", pa.string(), False)
)


def sample_texts(run: Run, documents: Documents, most: int = 1_000) -> list[str]:
    """Return the texts of the documents with the lowest lots: at most `most`, the same each time.

    The lot's key is source and id, as that of the samples of a run.
    """
    rows = sum(part.rows for part in documents.base.files("documents"))
    below = signed(min(MODULUS - 1, MODULUS * SPARE * most // max(1, rows)))
    seed = run.recipe.seed

    def drawn(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _, payload in unit_rows(batches):
            for batch in read_part(payload, ("key", "source", "id", "text")):
                columns = (values(batch, name) for name in ("key", "source", "id", "text"))
                found = [
                    {"lot": lot, "key": key, "text": text[:LONGEST]}
                    for key, source, id_, text in zip(*columns, strict=True)
                    if (lot := signed(draw("sample", f"{source}/{id_}", seed))) <= below
                ]
                yield pa.RecordBatch.from_pylist(found, schema=DRAWN)

    run.spark.sparkContext.setJobDescription("curate self-check: sample")
    frame = map_partitions(units_frame(run.spark, documents.units()), drawn, DRAWN)
    found = sorted((row["lot"], row["key"], row["text"]) for row in frame.collect())
    return [text for _, _, text in found[:most]]
