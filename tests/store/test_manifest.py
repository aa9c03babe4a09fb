"""The tables of a commit: columns answer what is asked of all units as a loop would."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.store import commits, io, manifest
from curate.store.commits import Commit, Receipt
from curate.store.keys import MODULUS, Tally
from curate.store.manifest import File, Ranges

LONGS = st.integers(-(2**63), 2**63 - 1)
SMALL = st.integers(-5, 20)


def file(name, *, table="t", lo=0, hi=0, size=3, rows=1):
    return File(table, name, rows, size, "00" * 32, lo, hi)


# --- ranges ------------------------------------------------------------------------------------


def plainly_within(files, lo, hi):
    """Return the names of the files whose bounds meet an interval, by a loop."""
    return [name for name, low, high in files if low <= hi and high >= lo]


@st.composite
def bounds(draw, numbers=SMALL):
    one, other = draw(numbers), draw(numbers)
    return min(one, other), max(one, other)


@given(st.lists(bounds() | bounds(LONGS), max_size=8), bounds() | bounds(LONGS))
def test_ranges_are_as_a_loop_over_all_files(several, asked):
    names = [f"f{n}" for n in range(len(several))]
    lo, hi = (np.array([pair[end] for pair in several], np.int64) for end in (0, 1))
    result = Ranges(names, lo, hi).within(*asked)
    files = [(name, *pair) for name, pair in zip(names, several, strict=True)]
    assert sorted(result) == sorted(plainly_within(files, *asked))
    at = dict(zip(names, several, strict=True))
    pairs = [asked, *several, asked]
    los, his = (np.array([pair[end] for pair in pairs], np.int64) for end in (0, 1))
    each = Ranges(names, lo, hi).of_parts(los, his)
    assert [sorted(one) for one in each] == [sorted(plainly_within(files, *p)) for p in pairs]
    assert [at[name][0] for name in result] == sorted(at[name][0] for name in result)


def test_an_interval_without_keys_meets_nothing_beside_it():
    ranges = Ranges(["a", "b"], np.array([0, 10]), np.array([4, 20]))
    assert ranges.within(5, 9) == []
    assert ranges.within(4, 10) == ["a", "b"]
    assert ranges.within(12, 12) == ["b"]


def test_files_without_rows_are_not_asked():
    files = [file("a", lo=0, hi=-1, rows=0), file("b", lo=0, hi=5)]
    commit = Commit.of("s", "h", "/w", [Receipt("1", tuple(files))])
    ranges = Ranges.of("/w", commit.table("t"))
    assert ranges.within(-(2**63), 2**63 - 1) == ["/w/b"]
    assert Ranges.of("/w", commit.table("none")).within(0, 9) == []


# --- files that are there ------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    for name in ("a", "b", "deep/c"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"abc")
    return tmp_path


FILES = manifest.files_table([("1", file("a")), ("2", file("b")), ("2", file("deep/c"))])


def test_all_files_are_there(folder):
    (folder / "_commit.json").write_text("{}")
    (folder / "other").write_text("of an attempt that was not committed")
    assert manifest.missing(str(folder), FILES) == ""
    assert manifest.missing(f"{folder}/", FILES) == ""
    assert manifest.missing(folder.as_uri(), FILES) == ""
    assert manifest.missing(str(folder / "nowhere"), FILES.slice(0, 0)) == ""


@pytest.mark.parametrize("name", ["a", "b", "deep/c"])
def test_a_file_that_is_gone_or_of_another_size_is_named(folder, name):
    (folder / name).write_bytes(b"ab")
    assert manifest.missing(str(folder), FILES) == f"expected 3 bytes of {name}, found 2"
    (folder / name).unlink()
    assert manifest.missing(str(folder), FILES) == f"expected 3 bytes of {name}, found none"


def test_a_folder_that_is_gone(tmp_path):
    told = manifest.missing(str(tmp_path / "nowhere"), FILES)
    assert told == "expected 3 bytes of a, found none"


def test_files_of_a_store(monkeypatch):
    """A store lists its URLs in its own way; they are the same files."""
    pytest.importorskip("fsspec")
    for name in ("a", "b", "deep/c"):
        io.write_bytes(f"memory://bucket/w/s/{name}", b"abc")
    assert manifest.missing("memory://bucket/w/s", FILES) == ""
    io.write_bytes("memory://bucket/w/s/b", b"abcd")
    told = manifest.missing("memory://bucket/w/s", FILES)
    assert told == "expected 3 bytes of b, found 4"
    io.delete_tree("memory://bucket/work")
    monkeypatch.undo()


# --- tables on disk ------------------------------------------------------------------------------


def test_a_table_comes_back_and_a_flipped_bit_is_seen(tmp_path):
    told = manifest.write(str(tmp_path), "files", FILES)
    url = str(tmp_path / told["file"])
    assert manifest.read(url, told["sha256"]).equals(FILES)
    data = bytearray((tmp_path / told["file"]).read_bytes())
    assert hashlib.sha256(data).hexdigest() == told["sha256"]
    data[len(data) // 2] ^= 1
    (tmp_path / told["file"]).write_bytes(data)
    with pytest.raises(ValueError, match="sha256"):
        manifest.read(url, told["sha256"])


@given(
    st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, MODULUS - 1), st.integers(0, 2**50)))
)
def test_the_total_is_the_sum_of_all_units(tallies):
    units = manifest.units_table(
        (f"{n}", Tally(*tally), {"n": n}) for n, tally in enumerate(tallies)
    )
    assert manifest.total(units) == Tally.total(Tally(*tally) for tally in tallies)


UNITS = 10_000


def test_ten_thousand_units(tmp_path):
    """As a driver has them: from receipts to a commit on disk and back, and parts by their keys."""
    receipts = [
        Receipt(
            f"{n:06d}",
            (
                file(f"t/{n:06d}", lo=100 * n, hi=100 * n + 99),
                file(f"u/{n}", table="u", lo=n, hi=n),
            ),
            Tally(n, n * 2**40 % MODULUS, 2 * n),
            {"seconds": 1.5},
        )
        for n in range(UNITS)
    ]
    commit = Commit.of("s", "h", str(tmp_path), reversed(receipts), {"rows": UNITS})
    commits.write_commit(commit)
    result = commits.read_commit(str(tmp_path))
    assert result.digest() == commit.digest()
    assert result.tally() == Tally.total(receipt.tally for receipt in receipts)
    assert result.rows("t") == result.table("u").num_rows == UNITS
    ranges = Ranges.of(result.folder, result.table("t"))
    for n in range(0, UNITS, 977):
        expected = [f"{tmp_path}/t/{at:06d}" for at in range(max(0, n - 1), min(UNITS, n + 2))]
        assert ranges.within(100 * n - 1, 100 * n + 100) == expected
    some = zip(result.receipts(), receipts, strict=True)
    assert all(one == other for n, (one, other) in enumerate(some) if n % 997 == 0)
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert size < 200 * UNITS, "bytes for each unit with two files"
