"""Units, receipts, commits: what counts is what a commit lists, and all of it is there."""

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.store import commits as work
from curate.store.commits import BrokenCommitError, Commit, Receipt
from curate.store.keys import MODULUS, Tally
from curate.store.manifest import File
from curate.store.tables import write_tables

TABLE = pa.schema([pa.field("key", pa.int64(), nullable=False)])


def file(name="a", *, table="t", lo=0, sha="00"):
    return File(table, name, 1, 10, sha * 32, lo, lo)


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def plain(commit):
    """Return all that a commit says, to compare."""
    columns = commit.units.to_pylist(), commit.outputs.to_pylist()
    return commit.stage, commit.input_hash, commit.folder, *columns, dict(commit.report)


# --- receipts ----------------------------------------------------------------------------------

texts = st.text(st.characters(codec="utf-8"), max_size=8)
longs = st.integers(0, 2**63 - 1)
shas = st.binary(min_size=32, max_size=32).map(bytes.hex)
files = st.builds(File, texts, texts, longs, longs, shas, longs, longs)
receipts = st.builds(
    Receipt,
    texts,
    st.lists(files, max_size=3).map(tuple),
    st.builds(Tally, longs, st.integers(0, MODULUS - 1)),
    st.dictionaries(texts, st.lists(longs, max_size=2), max_size=2),
)


@given(receipts)
def test_a_receipt_comes_back_from_its_line(receipt):
    line = receipt.to_json()
    assert "\n" not in line
    assert Receipt.from_json(line) == receipt
    assert Receipt.from_json(line.encode()) == receipt
    assert receipt.records == receipt.tally.records


def test_receipts_of_a_folder_by_unit(tmp_path):
    assert work.read_receipts(str(tmp_path)) == {}
    for several in (["000003"], ["000001", "000000"]):
        work.write_receipts(str(tmp_path), [Receipt(unit, (file(unit),)) for unit in several])
    work.write_receipts(str(tmp_path), [])
    (tmp_path / "receipts/.000002.jsonl.abc.tmp").write_bytes(b"half a rec")
    result = work.read_receipts(str(tmp_path))
    expected = ("000000", "000001", "000003")
    assert result == {unit: Receipt(unit, (file(unit),)) for unit in expected}


def test_a_unit_with_a_strange_name_has_a_receipt_too(tmp_path):
    units = ["a/b", "..", "x" * 300, "é\n", ""]
    work.write_receipts(str(tmp_path), [Receipt(unit) for unit in units])
    assert work.read_receipts(str(tmp_path)).keys() == set(units)


def test_receipts_put_together_are_the_same_in_one_file(tmp_path):
    folder = str(tmp_path)
    first = [Receipt(f"{n:03d}", (file(f"{n}"),)) for n in range(5)]
    for receipt in first:
        work.write_receipts(folder, [receipt])
    assert len(names(tmp_path)) == 5
    work.group_receipts(folder, first)
    assert len(names(tmp_path)) == 1
    more = [Receipt(f"{n:03d}") for n in range(5, 9)]
    for receipt in more:
        work.write_receipts(folder, [receipt])
    work.group_receipts(folder, more)
    assert len(names(tmp_path)) == 2, "what was put together before stays as it is"
    assert work.read_receipts(folder) == {one.unit: one for one in [*first, *more]}


# --- commits -----------------------------------------------------------------------------------


@given(st.lists(receipts, max_size=4, unique_by=lambda one: one.unit))
def test_a_commit_is_its_receipts(several):
    commit = Commit.of("s", "h", "/w", several)
    by_unit = {one.unit: one for one in commit.receipts()}
    assert [one.unit for one in commit.receipts()] == sorted(one.unit for one in several)
    for one in several:
        result = by_unit[one.unit]
        assert (result.tally, result.facts) == (one.tally, one.facts)
        assert sorted(map(repr, result.files)) == sorted(map(repr, one.files))
        for name in {file.table for file in one.files}:
            assert result.rows(name) == sum(file.rows for file in one.files if file.table == name)
    assert commit.tally() == Tally.total(one.tally for one in several)
    assert dict(commit.facts()) == {one.unit: one.facts for one in several}


def test_a_commit_comes_back_from_its_folder(tmp_path):
    one = Receipt("1", (file(),), Tally(3, 2**64 - 1), {"a": [1]})
    commit = Commit.of("s", "hash", str(tmp_path), [one], {"rows": 1})
    work.write_commit(commit)
    assert plain(work.read_commit(str(tmp_path))) == plain(commit)
    assert [name for name in names(tmp_path) if not name.startswith("_")] == []
    assert str(tmp_path).encode() not in b"".join(
        path.read_bytes() for path in tmp_path.iterdir()
    ), "a folder can be moved"


def test_no_commit_where_a_stage_has_not_finished(tmp_path):
    write_tables(str(tmp_path), "1", {"t": TABLE}, [("t", pa.record_batch({"key": [1]}))])
    work.write_receipts(str(tmp_path), [Receipt("1")])
    assert work.read_commit(str(tmp_path)) is None
    assert work.read_commit(str(tmp_path / "none")) is None


def test_a_commit_of_another_format_is_none(tmp_path):
    work.write_commit(Commit.of("s", "h", str(tmp_path), [Receipt("1")]))
    path = tmp_path / "_commit.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 1}))
    assert work.read_commit(str(tmp_path)) is None


@pytest.fixture
def whole(tmp_path):
    """Return the folder of a commit of three files that are there."""
    receipts = [
        Receipt(
            unit,
            write_tables(str(tmp_path), unit, {"t": TABLE}, [("t", pa.record_batch({"key": [n]}))]),
        )
        for n, unit in enumerate(("0", "1", "2"))
    ]
    work.write_commit(Commit.of("s", "h", str(tmp_path), receipts))
    return tmp_path


def one_file(folder, pattern):
    return sorted(folder.glob(pattern))[0]


BREAKS = {
    "no JSON": (lambda f: (f / "_commit.json").write_text("{"), False),
    "no object": (lambda f: (f / "_commit.json").write_text("[]"), False),
    "without a key": (
        lambda f: (f / "_commit.json").write_text(json.dumps({"format": work.FORMAT})),
        False,
    ),
    "no table of units": (lambda f: one_file(f, "_units-*").unlink(), False),
    "a flipped bit": (
        lambda f: one_file(f, "_files-*").write_bytes(
            bytes(b ^ (n == 99) for n, b in enumerate(one_file(f, "_files-*").read_bytes()))
        ),
        False,
    ),
    "a file is missing": (lambda f: one_file(f, "t/*").unlink(), True),
    "a file was cut": (lambda f: one_file(f, "t/*").write_bytes(b"PAR1"), True),
}


@pytest.mark.parametrize(("damage", "seen_by_sizes"), BREAKS.values(), ids=BREAKS)
def test_a_commit_that_is_not_whole(whole, damage, seen_by_sizes):
    assert work.read_commit(str(whole), check_sizes=True) is not None
    damage(whole)
    if seen_by_sizes:
        assert work.read_commit(str(whole)) is not None
    with pytest.raises(BrokenCommitError, match="expected"):
        work.read_commit(str(whole), check_sizes=True)


def test_a_commits_files_are_in_the_order_of_their_keys():
    several = (
        Receipt("1", (file("b", lo=7), file("x", table="other"))),
        Receipt("2", (file("z", lo=3),)),
    )
    commit = Commit.of("s", "h", "/w/s/h", several)
    assert [one.name for one in commit.files("t")] == ["z", "b"]
    assert commit.urls("t") == ["/w/s/h/z", "/w/s/h/b"]
    assert commit.files_by_unit("t") == {"1": ["/w/s/h/b"], "2": ["/w/s/h/z"]}
    assert (commit.rows("t"), commit.rows("none")) == (2, 0)
    assert commit.files("none") == []
    assert commit.url(commit.files("t")[0]) == "/w/s/h/z"


def test_a_digest_depends_on_content_and_not_on_names():
    def digest(*several, stage="s", folder="/w"):
        return Commit.of(stage, "h", folder, [Receipt("1", several)]).digest()

    plain = digest(file("a", lo=1, sha="aa"), file("b", lo=2, sha="bb"))
    assert digest(file("c", lo=2, sha="bb"), file("d", lo=1, sha="aa"), folder="/v") == plain
    assert digest(file("a", lo=1, sha="aa"), file("b", lo=2, sha="cc")) != plain
    assert digest(file("a", lo=1, sha="bb"), file("b", lo=2, sha="aa")) != plain
    assert digest(file("a", lo=1, sha="aa")) != plain
    assert digest(file("a", lo=1, sha="aa"), file("b", lo=2, sha="bb", table="u")) != plain
    assert digest(file("a", lo=1, sha="aa"), file("b", lo=2, sha="bb"), stage="r") != plain


# --- input hashes ------------------------------------------------------------------------------


def test_a_hash_does_not_depend_on_the_order_of_keys():
    assert work.hash_of({"a": 1, "b": [1, 2]}) == work.hash_of({"b": [1, 2], "a": 1})
    assert work.hash_of({"a": 1}) != work.hash_of({"a": "1"})
    assert work.hash_of([1, 2]) != work.hash_of([2, 1])


def test_versions_of_what_is_installed():
    result = work.versions_of(["pyarrow", "no-such-distribution"])
    assert result == {"pyarrow": pa.__version__}
