"""Units, receipts, commits: what counts is what a commit lists, and all of it is there."""

import itertools
import json
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.store import commits as work
from curate.store import io
from curate.store.commits import Commit, File, Receipt
from curate.store.keys import Tally

TABLE = pa.schema(
    [
        pa.field(name, type_, nullable=False)
        for name, type_ in (("key", pa.int64()), ("text", pa.string()))
    ]
)
OTHER = pa.schema([pa.field("name", pa.string())])


def batch(*keys):
    return pa.RecordBatch.from_pydict({"key": keys, "text": [f"t{k}" for k in keys]}, schema=TABLE)


def file(name="a", *, table="t", lo=0, sha="00"):
    return File(table, name, 1, 10, sha, lo, lo)


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


# --- receipts and commits ----------------------------------------------------------------------

texts = st.text(st.characters(codec="utf-8"), max_size=8)
numbers = st.integers(0, 2**64 - 1)
files = st.builds(File, texts, texts, numbers, numbers, texts, numbers, numbers)
receipts = st.builds(
    Receipt,
    texts,
    st.lists(files, max_size=3).map(tuple),
    numbers,
    numbers,
    st.dictionaries(texts, st.lists(numbers, max_size=2), max_size=2),
)


@given(receipts)
def test_a_receipt_comes_back_from_its_line(receipt):
    line = receipt.to_json()
    assert "\n" not in line
    assert Receipt.from_json(line) == receipt
    assert Receipt.from_json(line.encode()) == receipt
    assert receipt.tally == Tally(receipt.records, receipt.checksum)


def test_a_commit_comes_back_from_its_folder(tmp_path):
    commit = Commit(
        "s", "hash", str(tmp_path), (Receipt("1", (file(),), 3, 2**64 - 1),), {"rows": 1}
    )
    work.write_commit(commit)
    assert work.read_commit(str(tmp_path)) == commit
    assert names(tmp_path) == ["_commit.json"]


def test_no_commit_where_a_stage_has_not_finished(tmp_path):
    work.write_tables(str(tmp_path), "1", {"t": TABLE}, [("t", batch(1))])
    work.write_receipt(str(tmp_path), Receipt("1"))
    assert work.read_commit(str(tmp_path)) is None
    assert work.read_commit(str(tmp_path / "none")) is None


def test_receipts_of_a_folder_by_unit(tmp_path):
    assert work.read_receipts(str(tmp_path)) == {}
    for unit in ("000001", "000000"):
        work.write_receipt(str(tmp_path), Receipt(unit, (file(unit),)))
    (tmp_path / "receipts/.000002.json.abc.tmp").write_bytes(b"half a rec")
    found = work.read_receipts(str(tmp_path))
    assert found == {unit: Receipt(unit, (file(unit),)) for unit in ("000000", "000001")}


def test_a_commits_files_are_in_the_order_of_their_keys():
    several = (
        Receipt("1", (file("b", lo=7), file("x", table="other"))),
        Receipt("2", (file("z", lo=3),)),
    )
    commit = Commit("s", "h", "/w/s/h", several)
    assert [one.name for one in commit.files("t")] == ["z", "b"]
    assert commit.files("none") == []
    assert commit.url(commit.files("t")[0]) == "/w/s/h/z"


def test_a_digest_depends_on_content_and_not_on_names():
    def digest(*several, stage="s", folder="/w"):
        return Commit(stage, "h", folder, (Receipt("1", several),)).digest()

    plain = digest(file("a", lo=1, sha="x"), file("b", lo=2, sha="y"))
    assert digest(file("c", lo=2, sha="y"), file("d", lo=1, sha="x"), folder="/v") == plain
    assert digest(file("a", lo=1, sha="x"), file("b", lo=2, sha="z")) != plain
    assert digest(file("a", lo=1, sha="y"), file("b", lo=2, sha="x")) != plain
    assert digest(file("a", lo=1, sha="x")) != plain
    assert digest(file("a", lo=1, sha="x"), file("b", lo=2, sha="y", table="u")) != plain
    assert digest(file("a", lo=1, sha="x"), file("b", lo=2, sha="y"), stage="r") != plain


# --- input hashes ------------------------------------------------------------------------------


def test_a_hash_does_not_depend_on_the_order_of_keys():
    assert work.hash_of({"a": 1, "b": [1, 2]}) == work.hash_of({"b": [1, 2], "a": 1})
    assert work.hash_of({"a": 1}) != work.hash_of({"a": "1"})
    assert work.hash_of([1, 2]) != work.hash_of([2, 1])


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of two folders that have modules of one name."""
    folder = tmp_path / "some_package"
    for place in (folder, folder / "inner"):
        place.mkdir()
        (place / "__init__.py").write_text("")
        (place / "part.py").write_text("A = 1\n")
    (folder / "table.json").write_text("1")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.startswith("some_package")]:
        del sys.modules[name]


@pytest.mark.parametrize(
    "changed", ["__init__.py", "part.py", "inner/__init__.py", "inner/part.py", "table.json"]
)
def test_the_code_of_a_package_changes_with_every_file_in_it(package, changed):
    before = work.code_of(["some_package"])
    assert len(before) == 5
    assert work.code_of(["some_package"]) == before
    (package / changed).write_text("A = 2\n")
    assert work.code_of(["some_package"]) != before


def test_the_code_of_a_module_is_its_own(package):
    before = work.code_of(["some_package.part"])
    (package / "inner/part.py").write_text("A = 2\n")
    assert work.code_of(["some_package.part"]) == before
    (package / "part.py").write_text("A = 2\n")
    assert work.code_of(["some_package.part"]) != before


def test_the_code_of_nothing_is_an_error():
    with pytest.raises(ValueError, match="expected a module, got 'no_such_module'"):
        work.code_of(["no_such_module"])


def test_versions_of_what_is_installed():
    found = work.versions_of(["pyarrow", "no-such-distribution"])
    assert found == {"pyarrow": pa.__version__}


# --- tables ------------------------------------------------------------------------------------


def test_tables_are_written_one_file_each(tmp_path):
    rows = [
        ("t", batch(5, 3)),
        ("other", pa.RecordBatch.from_pydict({"name": ["x"]}, schema=OTHER)),
        ("t", batch(9)),
        ("t", batch()),
    ]
    written = work.write_tables(str(tmp_path), "u", {"t": TABLE, "other": OTHER}, rows)
    assert [one.table for one in written] == ["other", "t"]
    assert [(one.rows, one.lo, one.hi) for one in written] == [(1, 0, -1), (3, 3, 9)]
    assert names(tmp_path) == sorted(one.name for one in written)
    for one in written:
        path = tmp_path / one.name
        assert (one.bytes, one.sha256) == (path.stat().st_size, io.sha256(path))
    assert pq.read_table(tmp_path / written[1].name)["key"].to_pylist() == [5, 3, 9]


def test_no_rows_no_files(tmp_path):
    assert work.write_tables(str(tmp_path), "u", {"t": TABLE}, []) == ()
    assert work.write_tables(str(tmp_path), "u", {"t": TABLE}, [("t", batch())]) == ()
    assert names(tmp_path) == []


def test_an_exception_midway_leaves_no_file(tmp_path):
    def rows():
        yield "t", batch(1, 2)
        yield "other", pa.RecordBatch.from_pydict({"name": ["x"]}, schema=OTHER)
        assert len(names(tmp_path)) == 2, "both are being written, under temporary names"
        raise RuntimeError("lost")

    with pytest.raises(RuntimeError, match="lost"):
        work.write_tables(str(tmp_path), "u", {"t": TABLE, "other": OTHER}, rows())
    assert names(tmp_path) == []


def test_rows_that_do_not_fit_the_table_are_an_error(tmp_path):
    null = pa.RecordBatch.from_pydict({"key": [1, 2], "text": ["a", None]})
    with pytest.raises(ValueError, match="non-nullable"):
        work.write_tables(str(tmp_path), "u", {"t": TABLE}, [("t", null)])
    assert names(tmp_path) == []


def test_two_attempts_at_a_unit_share_no_name(tmp_path):
    one, other = (
        work.write_tables(str(tmp_path), "u", {"t": TABLE}, [("t", batch(1))]) for _ in range(2)
    )
    assert one[0].name != other[0].name
    assert one[0].sha256 == other[0].sha256
    assert names(tmp_path) == sorted([one[0].name, other[0].name])


def test_readers_hold_one_row_group_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(work, "GROUP_BYTES", 100)
    rows = [("t", batch(*range(start, start + 10))) for start in range(0, 50, 10)]
    (written,) = work.write_tables(str(tmp_path), "u", {"t": TABLE}, rows)
    url = str(tmp_path / written.name)
    assert pq.ParquetFile(url).num_row_groups == 5
    read = list(work.read_batches(url, ["key"], rows=4))
    assert max(one.num_rows for one in read) == 4
    assert [key for one in read for key in one["key"].to_pylist()] == list(range(50))
    assert read[0].schema.names == ["key"]
    assert next(work.read_batches(url)).schema.names == ["key", "text"]


# --- rows that come sorted by file -------------------------------------------------------------


@given(st.lists(st.integers(0, 3), max_size=12))
def test_runs_of_equal_numbers(found):
    whole = pa.RecordBatch.from_pydict({"number": pa.array(found, pa.int64())})
    pieces = list(work.runs(whole, "number"))
    assert [n for n, piece in pieces for _ in range(piece.num_rows)] == found
    assert all(set(piece["number"].to_pylist()) == {n} for n, piece in pieces)
    assert all(one[0] != other[0] for one, other in itertools.pairwise(pieces))


@settings(max_examples=25)
@given(st.lists(st.lists(st.integers(0, 4), max_size=5), max_size=5))
def test_a_file_for_each_number_and_its_rows_in_order(tmp_path_factory, drawn):
    folder = tmp_path_factory.mktemp("table")
    ordered = sorted(number for several in drawn for number in several)
    rows = [{"key": place, "number": number} for place, number in enumerate(ordered)]
    keys = pa.schema([pa.field("key", pa.int64())])
    both = pa.schema([*keys, pa.field("number", pa.int64())])
    batches, at = [], 0
    for several in drawn:
        piece = rows[at : at + len(several)]
        batches.append(pa.RecordBatch.from_pylist(piece, schema=both))
        at += len(several)
    done = list(work.write_table(batches, str(folder), "t", keys, by="number", files=5))
    assert [receipt.unit for receipt in done] == [
        f"t-{number:05d}-of-00005.parquet" for number in sorted(set(ordered))
    ]
    assert names(folder) == [receipt.unit for receipt in done]
    for receipt in done:
        number = int(receipt.unit[2:7])
        found = pq.read_table(folder / receipt.unit)
        assert found.schema.names == ["key"]
        assert found.to_pylist() == [{"key": row["key"]} for row in rows if row["number"] == number]
        assert receipt.files[0].rows == found.num_rows


def test_a_commit_is_plain_json(tmp_path):
    work.write_commit(Commit("s", "h", str(tmp_path), (Receipt("1", (file(),)),), {"rows": 1}))
    plain = json.loads((tmp_path / "_commit.json").read_text())
    assert plain["receipts"][0]["files"][0]["sha256"] == "00"
    assert str(tmp_path) not in json.dumps(plain), "a folder can be moved"
