"""The local engine: rows of tasks, exchanged: each row to its bucket, once, in order."""

import json
import os
import pickle
import signal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.engine import local as module
from curate.engine.local import LocalEngine, cores
from curate.engine.verbs import BUCKET, TaskFailedError
from curate.errors import RecipeError
from curate.store.units import Unit

ROWS = pa.schema(
    [
        pa.field(BUCKET, pa.int64(), nullable=False),
        pa.field("number", pa.int64()),
        pa.field("text", pa.string()),
        pa.field("row", pa.int64(), nullable=False),
    ]
)
SEEN = pa.schema(
    [
        pa.field("bucket", pa.int64(), nullable=False),
        pa.field("rows", pa.string(), nullable=False),
        pa.field("process", pa.int64(), nullable=False),
    ]
)
BUCKETS = 5


def made(units):
    """Yield the rows in some units, in batches of three; a batch without rows comes first."""
    yield pa.RecordBatch.from_pylist([], ROWS)
    for unit in units:
        rows = json.loads(unit.payload)
        for start in range(0, len(rows), 3):
            yield pa.RecordBatch.from_pylist(rows[start : start + 3], ROWS)


def seen(bucket, batches):
    """Yield one row for a bucket: all its rows as they came."""
    rows = [row for batch in batches for row in batch.to_pylist()]
    told = {"bucket": bucket, "rows": json.dumps(rows), "process": os.getpid()}
    yield pa.RecordBatch.from_pylist([told], SEEN)


def doubled(bucket, batches):
    """Yield a bucket's rows for the next bucket, each twice."""
    for batch in batches:
        for row in batch.to_pylist():
            both = [{**row, BUCKET: (bucket + 1) % BUCKETS}] * 2
            yield pa.RecordBatch.from_pylist(both, ROWS)


def tasks_of(rows_of_tasks):
    """Return a task of two units for each list of rows."""
    tasks = []
    for number, rows in enumerate(rows_of_tasks):
        halves = rows[: len(rows) // 2], rows[len(rows) // 2 :]
        tasks.append([Unit(f"{number}-{n}", json.dumps(half), 1) for n, half in enumerate(halves)])
    return tasks


def place_of(row):
    """Return what rows are sorted by: nulls first, texts by their bytes."""
    number, text = row["number"], row["text"]
    return (number is not None, number or 0), (text is not None, (text or "").encode())


cells = st.fixed_dictionaries(
    {
        BUCKET: st.integers(0, BUCKETS - 1),
        "number": st.none() | st.integers(-3, 3) | st.sampled_from([-(2**63), 2**63 - 1]),
        "text": st.none() | st.sampled_from(["", "a", "aa", "é", "\U0001f600", "\uffff"]),
    }
)


@st.composite
def rows_of_tasks(draw):
    several = draw(st.lists(st.lists(cells, max_size=9), max_size=4))
    numbers = iter(range(100))
    return [[{**row, "row": next(numbers)} for row in rows] for rows in several]


def check_exchange(engine, several):
    rows = engine.start(made, tasks_of(several), ROWS)
    result = engine.exchange(rows, seen, SEEN, buckets=BUCKETS, order=("number", "text"))
    calls = engine.collect(result).to_pylist()
    by_bucket = {}
    for row in (row for rows in several for row in rows):
        by_bucket.setdefault(row[BUCKET], []).append(row)
    assert sorted(call["bucket"] for call in calls) == sorted(by_bucket), "one call for each"
    for call in calls:
        got, expected = json.loads(call["rows"]), by_bucket[call["bucket"]]
        assert sorted(row["row"] for row in got) == sorted(row["row"] for row in expected)
        assert {row["row"]: row for row in got} == {row["row"]: row for row in expected}
        assert list(map(place_of, got)) == sorted(map(place_of, expected))
    return {call["process"] for call in calls}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows_of_tasks(), st.sampled_from([1, 64 << 20]))
def test_every_row_reaches_its_bucket_once_and_sorted(local, several, pending):
    kept, module.PENDING_BYTES = module.PENDING_BYTES, pending  # 1: spilled batch by batch
    try:
        assert check_exchange(local, several) <= {os.getpid()}, "so few are done here"
    finally:
        module.PENDING_BYTES = kept


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows_of_tasks())
def test_in_processes_too(local, several):
    kept, module.SMALL_BYTES = module.SMALL_BYTES, -1
    try:
        assert os.getpid() not in check_exchange(local, several)
    finally:
        module.SMALL_BYTES = kept


def test_either_engine_brings_the_same_rows(engine):
    values = [None, -(2**63), -1, 0, 7, 2**63 - 1]
    texts = [None, "", "a", "é", "\U0001f600", "\uffff"]
    several = [
        [
            {BUCKET: (n + m) % BUCKETS, "number": number, "text": text, "row": 10 * n + m}
            for m, text in enumerate(texts)
        ]
        for n, number in enumerate(values)
    ]
    check_exchange(engine, several)
    check_exchange(engine, [])
    check_exchange(engine, [[], []])


def test_rows_are_exchanged_twice(engine):
    several = [[{BUCKET: n % BUCKETS, "number": n, "text": None, "row": n}] for n in range(12)]
    once = engine.exchange(
        engine.start(made, tasks_of(several), ROWS), doubled, ROWS, buckets=BUCKETS
    )
    calls = engine.collect(engine.exchange(once, seen, SEEN, buckets=BUCKETS, order=("row",)))
    result = {call["bucket"]: [row["row"] for row in json.loads(call["rows"])]
             for call in calls.to_pylist()}  # fmt: skip
    assert result == {
        (bucket + 1) % BUCKETS: sorted([*range(bucket, 12, BUCKETS)] * 2)
        for bucket in range(BUCKETS)
    }


def test_rows_come_in_the_order_of_tasks(local, monkeypatch):
    monkeypatch.setattr(module, "SMALL_BYTES", -1)
    several = [[{BUCKET: 0, "number": None, "text": None, "row": n}] for n in range(20)]
    table = local.collect(local.start(made, tasks_of(several), ROWS))
    assert table.schema == ROWS
    assert table["row"].to_pylist() == list(range(20))
    assert local.counts() == (20, 20)
    assert local.collect(local.start(made, [], ROWS)).schema == ROWS


def test_a_bucket_there_is_none_of_is_an_error(local):
    rows = [[{BUCKET: BUCKETS, "number": 1, "text": "", "row": 1}]]
    with pytest.raises(ValueError, match="expected buckets below 5, got 5"):
        local.exchange(local.start(made, tasks_of(rows), ROWS), seen, SEEN, buckets=BUCKETS)


def failing(units):
    raise KeyError(units[0].name)
    yield


def loose(units):
    del units
    null = pa.nulls(1, pa.int64())
    yield pa.record_batch({BUCKET: [0], "number": [1], "text": ["a"], "row": null})


@pytest.mark.parametrize("isolated", [False, True])
def test_an_error_is_that_of_the_task(local, isolated):
    rows = local.start(failing, [[Unit("unit-7", "", 1)]], ROWS, isolated=isolated)
    with pytest.raises(KeyError, match="unit-7") as raised:
        local.collect(rows)
    if isolated:
        assert "in failing" in raised.value.details


def test_rows_that_are_not_those_promised_are_an_error(engine):
    rows = engine.start(loose, [[Unit("a", "", 1)]], ROWS)
    with pytest.raises((ValueError, TaskFailedError), match="non-nullable"):
        engine.collect(engine.exchange(rows, seen, SEEN, buckets=BUCKETS))


def mortal(units):
    """End the process once for each unit; the next attempt finds a mark and goes on."""
    for unit in units:
        mark = Path(unit.payload)
        if not mark.exists():
            mark.write_text("")
            os.kill(os.getpid(), signal.SIGKILL)
        row = {BUCKET: len(unit.name) % BUCKETS, "number": None, "text": unit.name, "row": 0}
        yield pa.RecordBatch.from_pylist([row], ROWS)


def test_a_task_whose_process_dies_half_way_sends_its_rows_once(local, tmp_path):
    task = [Unit("x" * n, str(tmp_path / f"{n}"), 1) for n in (1, 2, 3)]
    rows = local.start(mortal, [task, [Unit("y", str(tmp_path / "y"), 1)]], ROWS, isolated=True)
    result = local.exchange(rows, seen, SEEN, buckets=BUCKETS, order=("text",))
    names = {
        call["bucket"]: [row["text"] for row in json.loads(call["rows"])]
        for call in local.collect(result).to_pylist()
    }
    assert names == {1: ["x", "y"], 2: ["xx"], 3: ["xxx"]}


def test_what_was_exchanged_is_deleted_in_the_end(tmp_path):
    engine = LocalEngine(1, str(tmp_path / "work"))
    rows = [[{BUCKET: 1, "number": 1, "text": "", "row": 1}]]
    result = engine.exchange(engine.start(made, tasks_of(rows), ROWS), seen, SEEN, buckets=2)
    assert list(tmp_path.rglob("*.arrow"))
    assert engine.collect(result).num_rows == 1
    engine.close()
    assert list((tmp_path / "work").iterdir()) == []


def test_workers_are_as_many_as_asked_for(monkeypatch):
    monkeypatch.setenv("CURATE_WORKERS", "3")
    assert cores() == 3
    monkeypatch.setenv("CURATE_WORKERS", "0")
    assert cores() == 1
    monkeypatch.setenv("CURATE_WORKERS", "two")
    with pytest.raises(RecipeError, match="CURATE_WORKERS: expected a whole number, got 'two'"):
        cores()
    monkeypatch.setenv("CURATE_WORKERS", "")
    assert cores() == len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else True


def test_an_engine_is_not_sent_with_a_task(local):
    task = local.start(made, [[Unit("a", "[]", 1)]], ROWS).tasks[0]
    assert len(pickle.dumps(task)) < 1_000
