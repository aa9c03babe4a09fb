"""Pairs of duplicates: the lowest hashes, however the rows are spread, with both texts."""

import pyarrow as pa
import pyarrow.parquet as pq

from curate.stages import pairs
from curate.stages.samples import outcome_files
from curate.stages.stage import Stage
from curate.store import schema
from curate.store.documents import Documents
from curate.store.keys import seeded_hash, signed
from stages.committed import commit_of, on_engines, run_of

ROWS, MOST = 300, 20


def row(key):
    return {
        "key": key, "source": "crawl", "file_path": "f", "n": key, "id": f"page-{key}",
        "text": f"Text of page-{key}. " * 200, "state": "dropped", "stage": "dedup",
        "reason": "near_duplicate", "score": key / ROWS, "kept_key": key // 2,
        "kept_id": f"page-{key // 2}", "characters": 9, "extracted": 9,
    }  # fmt: skip


def batches(schema_, parts):
    rows = [row(key) for key in range(1, ROWS)]
    return [pa.RecordBatch.from_pylist(rows[part::parts], schema_) for part in range(parts)]


@on_engines("parts", {"1": 1, "9": 9})
def test_the_lowest_hashes_with_both_texts(engine, tmp_path, monkeypatch, parts):
    monkeypatch.setattr(pairs, "PAIRS", MOST)
    documents = Documents(
        commit_of(tmp_path / "d", "extract", "documents", schema.DOCUMENTS,
                  *batches(schema.DOCUMENTS, 3))
    )  # fmt: skip
    removed = commit_of(
        tmp_path / "o", "dedup", "outcomes", schema.OUTCOMES, *batches(schema.OUTCOMES, parts)
    )
    run = run_of(tmp_path / "run", engine)
    stage = Stage(run, "publish", "", str(tmp_path / "publish"), None)
    pairs.write_pairs(stage, documents, outcome_files([removed]))
    result = pq.read_table(f"{run.out}/pairs.parquet").to_pylist()
    several = [row(key) for key in range(1, ROWS)]
    several.sort(key=lambda one: signed(seeded_hash("pair", f"{one['id']}/{one['kept_id']}", 0)))
    names = [(one["id"], one["kept_id"]) for one in several[:MOST]]
    assert [(one["removed_id"], one["kept_id"]) for one in result] == sorted(names)
    for one in result:
        for side in ("removed", "kept"):
            text = f"Text of {one[f'{side}_id']}. " * 200
            # No page has the key 0: a text of another run.
            expected = None if one[f"{side}_id"] == "page-0" else text[: pairs.CHARACTERS]
            assert one[f"{side}_text"] == expected
        assert one["jaccard"] == int(one["removed_id"].removeprefix("page-")) / ROWS


def test_without_duplicates_the_table_is_empty(local, tmp_path):
    documents = Documents(commit_of(tmp_path / "d", "extract", "documents", schema.DOCUMENTS))
    run = run_of(tmp_path / "run", local)
    pairs.write_pairs(Stage(run, "publish", "", str(tmp_path / "p"), None), documents, [])
    table = pq.read_table(f"{run.out}/pairs.parquet")
    assert (table.num_rows, table.schema.names) == (0, schema.PAIRS.names)
