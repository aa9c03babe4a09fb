"""A hash sample of pairs of duplicates with both texts: OUT/pairs.parquet.

Input: the outcomes of duplicates, each with the document finally kept, and the documents as
extracted. Output: at most PAIRS rows with the first CHARACTERS of both texts.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate.batch import values
from curate.engine.verbs import Engine
from curate.stages.sampling import drawn_rows
from curate.stages.stage import Stage
from curate.store import io, schema
from curate.store.documents import Documents
from curate.store.keys import seeded_hash, signed
from curate.store.tables import read_batches, write_tables
from curate.store.units import Unit, packed

PAIRS, CHARACTERS = 100, 2_000
TASK_BYTES = 256 << 20
COLUMNS = ("key", "kept_key", "id", "kept_id", "score")
DRAWN = pa.schema(
    [
        *(schema.OUTCOMES.field(name) for name in COLUMNS),
        pa.field("rule", pa.string()),
        pa.field("hash", pa.int64()),
    ]
)
TEXTS = pa.schema([schema.DOCUMENTS.field("key"), schema.DOCUMENTS.field("text")])
KEYS = pa.schema([schema.DOCUMENTS.field("key")])
ORDER: Any = [("hash", "ascending"), ("key", "ascending")]


def write_pairs(stage: Stage, documents: Documents, duplicates: Sequence[tuple[str, int]]) -> None:
    """Write OUT/pairs.parquet.

    Args:
        documents: as extracted.
        duplicates: (URL, bytes) of the files of `curate.stages.ledger_tables.resolve_kept_chains`.
    """
    run = stage.run
    stage.describe("pairs of duplicates")
    units = [Unit(url, "", size) for url, size in duplicates]
    tasks = packed(units, 2 * run.engine.parallelism, TASK_BYTES)
    drawn = _lowest(run.engine.collect(run.engine.start(lowest_pairs, tasks, DRAWN)))
    texts = _texts(stage, documents, drawn)
    rows = [
        {
            "removed_id": row["id"],
            "kept_id": row["kept_id"],
            "jaccard": row["score"],
            "rule": row["rule"],
            "removed_text": texts.get(row["key"]),
            "kept_text": texts.get(row["kept_key"]),
        }
        for row in drawn.to_pylist()
    ]
    rows.sort(key=lambda row: (row["removed_id"], row["kept_id"]))
    with io.staged(io.join(run.out, "pairs.parquet")) as path:
        table = pa.Table.from_pylist(rows, schema.PAIRS)
        pq.write_table(table, path, compression="zstd", write_page_checksum=True)


def lowest_pairs(units: Sequence[Unit]) -> Iterator[pa.RecordBatch]:
    """Yield the PAIRS rows with the lowest hashes of some files of duplicates."""
    best = DRAWN.empty_table()
    for unit in units:
        for batch in read_batches(unit.name):
            ids = zip(values(batch, "id"), values(batch, "kept_id"), strict=True)
            hashes = [signed(seeded_hash("pair", f"{id_}/{kept_id}", 0)) for id_, kept_id in ids]
            rule = batch["rule"] if "rule" in batch.schema.names else batch["reason"]
            columns = [*(batch[name] for name in COLUMNS), rule, pa.array(hashes, pa.int64())]
            rows = pa.Table.from_arrays(columns, schema=DRAWN)
            best = _lowest(pa.concat_tables([best, rows]))
    yield from best.to_batches()


def _lowest(rows: pa.Table) -> pa.Table:
    return rows.take(pc.sort_indices(rows, ORDER)[:PAIRS]).combine_chunks()


def _texts(stage: Stage, documents: Documents, drawn: pa.Table) -> dict[int, str]:
    """Return the first CHARACTERS of the texts of both sides of the pairs, by key."""
    columns = (drawn[name].to_pylist() for name in ("key", "kept_key"))
    keys = sorted({key for column in columns for key in column if key is not None})
    if not keys:
        return {}
    batch = pa.RecordBatch.from_pydict({"key": keys}, schema=KEYS)
    (file,) = write_tables(stage.folder, "pairs", {"drawn": KEYS}, [("drawn", batch)])
    units = [
        unit._replace(payload=f"{io.join(stage.folder, file.name)}\n{unit.payload}")
        for unit in documents.units()
    ]
    engine: Engine = stage.run.engine
    table = engine.collect(engine.start(pair_texts, stage.tasks(units), TEXTS))
    texts: list[list[Any]] = [table[name].to_pylist() for name in TEXTS.names]
    return dict(zip(*texts, strict=True))


def pair_texts(units: Sequence[Unit]) -> Iterator[pa.RecordBatch]:
    """Yield TEXTS of the sampled documents of some parts; payload: the sample's file and a part."""
    for unit in units:
        drawn, _, part = unit.payload.partition("\n")
        for batch in drawn_rows(part, drawn, TEXTS.names):
            texts = [text[:CHARACTERS] for text in values(batch, "text")]
            columns: list[Any] = [batch["key"], pa.array(texts, pa.string())]
            yield pa.RecordBatch.from_arrays(columns, schema=TEXTS)
