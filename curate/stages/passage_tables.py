"""OUT/passages: what was cut out of documents because others have it, and which do.

Input: the evidence that the stage committed. Output: one row for each passage that was cut; and the
passages that were cut most often, for OUT/report.json.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from curate.batch import set_column, values
from curate.engine.verbs import BUCKET
from curate.stages.ledger_tables import files_of, new_ids
from curate.stages.sorting import ROWS_A_FILE, with_bucket, write_buckets
from curate.stages.stage import SoFar, Stage
from curate.store import io, schema
from curate.store.commits import Commit
from curate.store.keys import bucket_of
from curate.store.manifest import File
from curate.store.tables import read_batches
from curate.store.units import Unit


def write_passages(stage: Stage, so_far: SoFar) -> list[File]:
    """Write OUT/passages; return its files, none where no passages were looked for."""
    run = stage.run
    folder = io.join(run.out, "passages")
    io.delete_tree(folder)
    commit: Commit | None = so_far.commits.get("passages")
    if commit is None:
        return []
    stage.describe("passages")
    buckets = max(1, -(-commit.rows("evidence") // ROWS_A_FILE))
    files = commit.files("evidence")
    units = [Unit(commit.url(file), "", file.bytes) for file in files]
    read = partial(passage_rows, buckets=buckets, names=new_ids(so_far.of("count")))
    rows = run.engine.start(read, stage.tasks(units), with_bucket(schema.PASSAGES))
    order = schema.PASSAGES.names
    receipts = write_buckets(
        stage, rows, folder, "passages", schema.PASSAGES, order=order, buckets=buckets
    )
    return files_of(receipts, "passages")


def passage_rows(
    units: Sequence[Unit], *, buckets: int, names: dict[int, str]
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of OUT/passages of files of evidence. names: new ids, by key."""
    for unit in units:
        for batch in read_batches(unit.name):
            ids = _renamed(values(batch, "key"), values(batch, "id"), names)
            kept = _renamed(values(batch, "kept_key"), values(batch, "kept_id"), names)
            rows = set_column(batch, "id", ids, pa.string())
            rows = set_column(rows, "kept_id", kept, pa.string())
            at = [bucket_of(id_, buckets) for id_ in ids]
            table = set_column(rows, BUCKET, at, pa.int64())
            yield table.select([BUCKET, *schema.PASSAGES.names])


def _renamed(
    keys: Sequence[int | None], ids: Sequence[str | None], names: dict[int, str]
) -> list[str | None]:
    return [
        id_ if key is None else names.get(key, id_ or "")
        for key, id_ in zip(keys, ids, strict=True)
    ]


def frequent_passages(so_far: SoFar) -> dict[str, Any]:
    """Return `passages` of OUT/report.json; nothing where none were looked for."""
    commit: Commit | None = so_far.commits.get("passages")
    return {} if commit is None else {"passages": commit.report["frequent"]}
