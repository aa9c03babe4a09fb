"""Tables of units: written whole or not at all, read back row group by row group."""

import itertools

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.store import io, tables

TABLE = pa.schema(
    [
        pa.field(name, type_, nullable=False)
        for name, type_ in (("key", pa.int64()), ("text", pa.string()))
    ]
)
OTHER = pa.schema([pa.field("name", pa.string())])


def batch(*keys):
    return pa.RecordBatch.from_pydict({"key": keys, "text": [f"t{k}" for k in keys]}, schema=TABLE)


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_tables_are_written_one_file_each(tmp_path):
    rows = [
        ("t", batch(5, 3)),
        ("other", pa.RecordBatch.from_pydict({"name": ["x"]}, schema=OTHER)),
        ("t", batch(9)),
        ("t", batch()),
    ]
    written = tables.write_tables(str(tmp_path), "u", {"t": TABLE, "other": OTHER}, rows)
    assert [one.table for one in written] == ["other", "t"]
    assert [(one.rows, one.lo, one.hi) for one in written] == [(1, 0, -1), (3, 3, 9)]
    assert names(tmp_path) == sorted(one.name for one in written)
    for one in written:
        path = tmp_path / one.name
        assert (one.bytes, one.sha256) == (path.stat().st_size, io.sha256(path))
    assert pq.read_table(tmp_path / written[1].name)["key"].to_pylist() == [5, 3, 9]


def test_no_rows_no_files(tmp_path):
    assert tables.write_tables(str(tmp_path), "u", {"t": TABLE}, []) == ()
    assert tables.write_tables(str(tmp_path), "u", {"t": TABLE}, [("t", batch())]) == ()
    assert names(tmp_path) == []


def test_an_exception_midway_leaves_no_file(tmp_path):
    def rows():
        yield "t", batch(1, 2)
        yield "other", pa.RecordBatch.from_pydict({"name": ["x"]}, schema=OTHER)
        assert len(names(tmp_path)) == 2, "both are being written, under temporary names"
        raise RuntimeError("lost")

    with pytest.raises(RuntimeError, match="lost"):
        tables.write_tables(str(tmp_path), "u", {"t": TABLE, "other": OTHER}, rows())
    assert names(tmp_path) == []


def test_rows_that_do_not_fit_the_table_are_an_error(tmp_path):
    null = pa.RecordBatch.from_pydict({"key": [1, 2], "text": ["a", None]})
    with pytest.raises(ValueError, match="non-nullable"):
        tables.write_tables(str(tmp_path), "u", {"t": TABLE}, [("t", null)])
    assert names(tmp_path) == []


def test_two_attempts_at_a_unit_share_no_name(tmp_path):
    one, other = (
        tables.write_tables(str(tmp_path), "u", {"t": TABLE}, [("t", batch(1))]) for _ in range(2)
    )
    assert one[0].name != other[0].name
    assert one[0].sha256 == other[0].sha256
    assert names(tmp_path) == sorted([one[0].name, other[0].name])


def test_readers_hold_one_row_group_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "GROUP_BYTES", 100)
    rows = [("t", batch(*range(start, start + 10))) for start in range(0, 50, 10)]
    (written,) = tables.write_tables(str(tmp_path), "u", {"t": TABLE}, rows)
    url = str(tmp_path / written.name)
    assert pq.ParquetFile(url).num_row_groups == 5
    read = list(tables.read_batches(url, ["key"], rows=4))
    assert max(one.num_rows for one in read) == 4
    assert [key for one in read for key in one["key"].to_pylist()] == list(range(50))
    assert read[0].schema.names == ["key"]
    assert next(tables.read_batches(url)).schema.names == ["key", "text"]


def test_one_file_under_a_name(tmp_path):
    written = tables.write_file(str(tmp_path), "a/b.parquet", "t", TABLE, [batch(4), batch(2)])
    path = tmp_path / "a/b.parquet"
    assert (written.name, written.rows, written.table) == ("a/b.parquet", 2, "t")
    assert (written.bytes, written.sha256) == (path.stat().st_size, io.sha256(path))


@given(st.lists(st.integers(0, 4), max_size=6), st.integers(1, 5))
def test_rows_are_grouped_anew_however_they_come(sizes, size):
    ends = [sum(sizes[: n + 1]) for n in range(len(sizes))]
    batches = [batch(*range(end - own, end)) for own, end in zip(sizes, ends, strict=True)]
    groups = list(tables.regrouped(batches, TABLE, size))
    assert [key for group in groups for key in group["key"].to_pylist()] == [*range(sum(sizes))]
    assert all(group.num_rows == size for group in groups[:-1])
    assert all(0 < group.num_rows <= size for group in groups)


def test_equal_rows_make_equal_files(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "GROUP_ROWS", 4)
    several = [
        [batch(*range(10))],
        [batch(n) for n in range(10)],
        [batch(0, 1, 2), batch(*range(3, 10))],
    ]
    shas = {
        tables.write_file(str(tmp_path), f"{n}", "t", TABLE, batches).sha256
        for n, batches in enumerate(several)
    }
    assert len(shas) == 1


def test_rows_of_several_files(tmp_path):
    urls = [
        str(tmp_path / tables.write_file(str(tmp_path), name, "t", TABLE, [batch(*keys)]).name)
        for name, keys in (("a", (1, 2)), ("b", (3, 4)))
    ]
    assert tables.read_rows(urls[::-1], TABLE)["key"].to_pylist() == [3, 4, 1, 2]
    some = tables.read_rows(urls, TABLE, columns=["key"], filters=[("key", ">=", 2)])
    assert (some.schema.names, some["key"].to_pylist()) == (["key"], [2, 3, 4])
    assert tables.read_rows([], TABLE, columns=["key"]).schema == TABLE.remove(1)


# --- rows that come sorted -----------------------------------------------------------------------


@given(st.lists(st.integers(0, 3), max_size=12))
def test_runs_of_equal_numbers(found):
    whole = pa.RecordBatch.from_pydict({"number": pa.array(found, pa.int64())})
    pieces = list(tables.runs(whole, "number"))
    assert [n for n, piece in pieces for _ in range(piece.num_rows)] == found
    assert all(set(piece["number"].to_pylist()) == {n} for n, piece in pieces)
    assert all(one[0] != other[0] for one, other in itertools.pairwise(pieces))


@given(st.lists(st.lists(st.integers(-2, 4), max_size=5), max_size=5))
def test_rows_that_come_sorted_are_grouped_across_batches(drawn):
    ordered = sorted(number for several in drawn for number in several)
    batches, at = [], 0
    for several in drawn:
        own = ordered[at : at + len(several)]
        rows = {"number": pa.array(own, pa.int64()), "row": pa.array(range(at, at + len(own)))}
        batches.append(pa.record_batch(rows))
        at += len(several)
    result = [
        (number, [row for one in rows for row in one["row"].to_pylist()])
        for number, rows in tables.grouped(batches, "number")
    ]
    expected = itertools.groupby(range(len(ordered)), key=ordered.__getitem__)
    assert result == [(number, list(rows)) for number, rows in expected]
