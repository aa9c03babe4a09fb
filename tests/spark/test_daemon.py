"""What workers are forked from: all is loaded, nothing of it is looked at again, no threads."""

import gc
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pyarrow as pa
import pytest
from pyspark import cloudpickle

from curate.spark import daemon
from curate.spark.batches import map_partitions

cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers cannot import a test

FOUND = pa.schema(
    [
        ("loaded", pa.bool_()),
        ("frozen", pa.int64()),
        ("tracked", pa.int64()),
        ("zips", pa.int64()),
        ("parent", pa.string()),
        ("threads", pa.list_(pa.string())),
    ]
)


def look(batches):
    import os

    for _ in batches:
        parent = Path("/proc") / str(os.getppid())
        yield pa.RecordBatch.from_pylist(
            [
                {
                    "loaded": "curate.pipeline.specs" in sys.modules,
                    "frozen": gc.get_freeze_count(),
                    "tracked": len(gc.get_objects()),
                    "zips": sum(
                        ".zip" in (m.__file__ or "")
                        for m in list(sys.modules.values())
                        if hasattr(m, "__file__")
                    ),
                    "parent": (parent / "cmdline").read_bytes().replace(b"\0", b" ").decode(),
                    "threads": sorted(
                        (task / "comm").read_text().strip() for task in (parent / "task").iterdir()
                    ),
                }
            ],
            schema=FOUND,
        )


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="no /proc here")
def test_a_worker_is_born_with_all_it_needs(spark):
    [row] = map_partitions(spark.range(0, 1, 1, 1), look, FOUND).collect()
    assert row.loaded
    assert "curate.spark.daemon" in row.parent
    assert row.frozen > 100_000 > row.tracked
    assert row.zips == 0
    assert len(row.threads) <= 2, row.threads  # of a thread more nobody knows how it forks
    assert row.threads[1:] in ([], ["python"], ["jemalloc_bg_thd"]), row.threads


def test_what_is_loaded_later_is_settled_at_the_end_of_a_task(monkeypatch):
    run = map_partitions(SimpleNamespace(mapInArrow=lambda run, _: run), iter, FOUND)
    heavy = [[] for _ in range(200_000)]
    before = gc.get_freeze_count()
    try:
        monkeypatch.setitem(sys.modules, "loaded_by_a_task", ModuleType("loaded_by_a_task"))
        assert list(run([])) == []
        settled = gc.get_freeze_count()
        assert settled > before + len(heavy)
        more = [[] for _ in range(200_000)]
        assert list(run([])) == []  # nothing was loaded: what is there may become garbage
        assert gc.get_freeze_count() < settled + len(more)
    finally:
        gc.unfreeze()


def test_pyspark_is_taken_from_its_folder_where_there_is_one(monkeypatch):
    before = list(sys.path)
    monkeypatch.setattr(sys, "path", ["/spark/pyspark.zip", "/spark/py4j-src.zip", *before])
    daemon._leave_zips()
    assert sys.path == [path for path in before if not path.endswith(".zip")]


def test_pyspark_is_taken_from_the_archive_where_there_is_no_folder(monkeypatch):
    alone = ["/spark/pyspark.zip", "/spark/py4j-src.zip"]
    monkeypatch.setattr(sys, "path", list(alone))
    daemon._leave_zips()
    assert sys.path == alone
