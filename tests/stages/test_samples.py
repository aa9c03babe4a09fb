"""The lowest lots of each reason, however the rows are spread, and at what cost."""

import sys

import pyarrow as pa
import pytest
from pyspark import cloudpickle

from curate.spark.batches import map_partitions, unit_rows, units_frame
from curate.spark.samples import DRAWN, UNJUDGED, candidates, lowest
from curate.store.keys import seeded_hash

cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers cannot import a test

PARTS, ROWS, MOST, FEW, SEED = 40, 30, 9, 4, 7
COLUMNS = pa.schema([field for field in DRAWN if field.name != "lot"])


def row(key):
    state, reason = (UNJUDGED, None) if key % 3 else ("dropped", "short" if key % 2 else "long")
    return {"key": key, "source": "crawl", "id": f"page-{key}", "url": None, "state": state,
            "stage": "extract", "reason": reason}  # fmt: skip


def plainly():
    """Return the keys of the lowest lots, by sorting all rows."""
    rows = sorted(
        map(row, range(PARTS * ROWS)), key=lambda one: seeded_hash("sample", f"crawl/{one['id']}", SEED)
    )
    keys = [one["key"] for one in rows if one["state"] == UNJUDGED][:MOST]
    for reason in ("short", "long"):
        keys += [one["key"] for one in rows if one["reason"] == reason][:FEW]
    return sorted(keys)


@pytest.fixture
def frame(spark):
    def rows(batches):
        for unit, _ in unit_rows(batches):
            own = [row(key) for key in range(int(unit), PARTS * ROWS, PARTS)]
            yield pa.RecordBatch.from_pylist(own, schema=COLUMNS)

    units = {f"{number:03d}": "" for number in range(PARTS)}
    return map_partitions(units_frame(spark, units), rows, COLUMNS)


@pytest.mark.spark
def test_the_lowest_lots_and_how_few_rows_meet_in_one_task(spark, frame):
    found = lowest(frame, FEW, MOST, SEED).select("key").collect()
    assert sorted(one["key"] for one in found) == plainly()
    tasks = spark.sparkContext.defaultParallelism
    assert tasks < PARTS // 2, "else this shows nothing"
    assert candidates(frame, FEW, MOST, SEED).count() <= tasks * (MOST + 2 * FEW)
