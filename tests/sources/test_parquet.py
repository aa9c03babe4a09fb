"""Parquet: every row once, wherever a file is cut; what cannot be read is damage."""

from collections import Counter
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import recipe, sources
from curate.sources import Range, Reading, parquet_bounds
from curate.store import file_blocks as blocks
from curate.store.file_blocks import Blocks

from .reading import EXTRACT, bounds_of, file_of, put, read_ranges, told


def parquet(path, rows=30, group=4, **columns):
    made = {"text": [f"text {n}" for n in range(rows)], **columns}
    pq.write_table(pa.table(made), path, row_group_size=group)
    return path


def test_rows_are_counted_across_row_groups(tmp_path):
    path = parquet(tmp_path / "a.parquet")
    assert pq.ParquetFile(path).num_row_groups == 8
    rows, _ = read_ranges(path, "parquet")
    assert [(row["n"], row["text"]) for _, row in rows] == [(n, f"text {n}") for n in range(30)]
    assert [row["id"] for _, row in rows][:2] == ["s/a.parquet#0", "s/a.parquet#1"]


@pytest.fixture(scope="module")
def archived(tmp_path_factory):
    """A Parquet file and what is in it, read whole."""
    path = parquet(tmp_path_factory.mktemp("parquet") / "a.parquet", rows=40, group=3)
    return path, read_ranges(path, "parquet")[0]


@pytest.mark.usefixtures("small_blocks")
@settings(max_examples=30)
@given(st.lists(st.floats(0, 1, exclude_max=True), max_size=6))
def test_all_splits_of_a_parquet_file_together_are_the_file(archived, cuts):
    path, whole = archived
    size = path.stat().st_size
    rows, reading = read_ranges(path, "parquet", bounds_of(size, cuts))
    assert rows == whole
    digests = sum(int(digest, 16) for _, _, digest in reading.digests) % (1 << 256)
    with path.open("rb") as file:
        assert digests == Blocks(file, 0, size).digest()


def test_a_row_group_belongs_to_the_range_it_starts_in(tmp_path, monkeypatch):
    path = parquet(tmp_path / "a.parquet")
    about = pq.ParquetFile(path).metadata.row_group(2).column(0)
    start = about.dictionary_page_offset or about.data_page_offset
    size = path.stat().st_size
    monkeypatch.setattr(blocks, "BLOCK", 1)
    before = told(read_ranges(path, "parquet", [(0, start)])[0])
    after = told(read_ranges(path, "parquet", [(start, size)])[0])
    assert before == [f"text {n}" for n in range(8)]
    assert after == [f"text {n}" for n in range(8, 30)]


def group(columns, data, dictionary):
    column = SimpleNamespace(data_page_offset=data, dictionary_page_offset=dictionary)
    return SimpleNamespace(num_columns=columns, column=lambda _: column)


@pytest.mark.parametrize(
    ("about", "first"),
    [
        (group(1, 50, None), 50),
        (group(1, 50, 40), 40),
        (group(1, 50, 0), 50),
        (group(1, 5000, None), 99),
        (group(1, -5, None), 0),
        (group(0, 50, None), 0),
    ],
    ids=["data", "dictionary", "no dictionary", "beyond the end", "before the start", "no columns"],
)
def test_a_row_group_starts_within_the_file_whatever_it_claims(about, first):
    assert sources.parquet._first_byte(about, 100) == first


def test_a_parquet_file_without_columns_has_no_rows(tmp_path):
    pq.write_table(pa.table({}), tmp_path / "a.parquet")
    assert read_ranges(tmp_path / "a.parquet", "parquet")[0] == []


BROKEN = {
    "empty": lambda _: b"",
    "no Parquet": lambda _: b"PAR1 and nothing else",
    "cut off": lambda data: data[: len(data) // 2],
    "no magic": lambda data: data[:-1] + b"X",
    "no such length": lambda data: data[:-8] + b"\xff\xff\xff\x7fPAR1",
    "footer of other bytes": lambda data: data[:-108] + b"\xff" * 100 + data[-8:],
}


@pytest.mark.parametrize("break_", BROKEN.values(), ids=BROKEN)
def test_a_broken_footer_is_one_damaged_record(tmp_path, monkeypatch, break_):
    data = break_(parquet(tmp_path / "a.parquet").read_bytes())
    path = put(tmp_path / "b.parquet", data)
    monkeypatch.setattr(blocks, "BLOCK", 8)
    rows, _ = read_ranges(path, "parquet", [(0, 8), (8, len(data))] if data else None)
    assert told(rows) == ["damaged: bad_parquet"]
    assert (rows[0][1]["n"], rows[0][1]["length"]) == (0, len(data))


def test_a_broken_row_group_damages_its_rows_and_no_others(tmp_path):
    path = parquet(tmp_path / "a.parquet", rows=1200, group=400)
    about = pq.ParquetFile(path).metadata.row_group(1).column(0)
    start = about.dictionary_page_offset or about.data_page_offset
    data = bytearray(path.read_bytes())
    data[start : start + about.total_compressed_size] = bytes(about.total_compressed_size)
    rows, _ = read_ranges(put(tmp_path / "b.parquet", bytes(data)), "parquet")
    assert [row["n"] for _, row in rows] == list(range(1200))
    assert Counter(told(rows))["damaged: bad_parquet"] == 400
    assert {row["n"] // 400 for table, row in rows if table == "outcomes"} == {1}


def odd_text():
    """Return a column of two texts of which the first is no UTF-8, as some writers leave it."""
    offsets = pa.array([0, 2, 4], pa.int32()).buffers()[1]
    return pa.Array.from_buffers(pa.string(), 2, [None, offsets, pa.py_buffer(b"\xff\xfeab")])


TEXTS = {
    "null": (pa.array(["a", None]), ["a", "dropped: no_text"]),
    "white space": (pa.array(["a", " \n"]), ["a", "dropped: no_text"]),
    "numbers": (pa.array([1, 2]), ["dropped: no_text"] * 2),
    "bytes": (pa.array([b"a", "größer".encode()]), ["a", "größer"]),
    "bytes of another encoding": (
        pa.array(["größer, weißer".encode("cp1252")]),
        ["größer, weißer"],
    ),
    "bytes with one that is wrong": (pa.array(["größer".encode() + b"\xff"]), ["größer\ufffd"]),
    "large bytes": (pa.array([b"a"], pa.large_binary()), ["a"]),
    "pictures": (pa.array([b"\x89PNG\r\n\x1a\n"]), ["dropped: no_text"]),
    "a dictionary": (pa.array(["a", "b"]).dictionary_encode(), ["a", "b"]),
    "large strings": (pa.array(["a", "b"], pa.large_string()), ["a", "b"]),
    "no UTF-8": (odd_text(), ["damaged: bad_parquet", "ab"]),
}


@pytest.mark.parametrize(("column", "expected"), TEXTS.values(), ids=TEXTS)
def test_texts_of_a_parquet_column(tmp_path, column, expected):
    path = parquet(tmp_path / "a.parquet", text=column)
    assert told(read_ranges(path, "parquet")[0]) == expected


def test_a_missing_column_drops_every_row(tmp_path):
    path = parquet(tmp_path / "a.parquet", rows=3)
    rows, _ = read_ranges(path, "parquet", text="content")
    assert told(rows) == ["dropped: no_text"] * 3


def test_columns_by_the_names_the_recipe_gives(tmp_path):
    path = parquet(
        tmp_path / "a.parquet",
        rows=2,
        body=["one", "two"],
        name=pa.array([11, None]),
        when=pa.array([86_400, 9 * 10**12], pa.timestamp("s")),
    )
    rows, _ = read_ranges(path, "parquet", text="body", id="name", date="when", url=None)
    assert told(rows) == ["one", "damaged: bad_parquet"]
    assert (rows[0][1]["id"], rows[0][1]["date"]) == ("11", "1970-01-02 00:00:00")
    assert "url" not in rows[0][1]
    rows, _ = read_ranges(path, "parquet", text="body", id="name")
    assert [row["id"] for _, row in rows] == ["11", "s/a.parquet#1"]


def test_bytes_that_cannot_be_had_are_no_damage(tmp_path, monkeypatch):
    path = parquet(tmp_path / "a.parquet")

    def fail(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(sources.parquet.pq, "ParquetFile", fail)
    with pytest.raises(OSError, match="Input/output"):
        read_ranges(path, "parquet")
    with pytest.raises(FileNotFoundError):
        list(
            sources.read(
                Range(file_of(3, name="none"), 0, 3),
                recipe.Source(kind="text", path="/none"),
                EXTRACT,
                Reading(),
            )
        )


# --- what unpacks too far ------------------------------------------------------------------------

TOO_FAR = "damaged: unpacks_too_far"


def write(path, columns, **settings):
    pq.write_table(pa.table(columns), path, **settings)
    return path


def of_one(value, rows):
    """Return a column of one value that takes a few bytes to write, however often it comes."""
    return pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([value]))


@pytest.fixture
def small_bounds(monkeypatch):
    monkeypatch.setattr(parquet_bounds, "FREE", 1 << 20)
    monkeypatch.setattr(parquet_bounds, "FREE_ROWS", 2_000)


BOMBS = {
    "a dictionary of one long text": {"text": of_one("x" * 100_000, 1_500)},
    "one inside a column": {
        "text": pa.StructArray.from_arrays([of_one("x" * 99_999, 1_500)], ["a"])
    },
    "one in another column": {"text": ["a"] * 1_500, "url": of_one("x" * 100_000, 1_500)},
    "texts of one letter": {"text": ["x" * 100_000] * 1_500},
}


@pytest.mark.usefixtures("small_bounds")
@pytest.mark.parametrize("columns", BOMBS.values(), ids=BOMBS)
@pytest.mark.parametrize("store_schema", [True, False])
def test_a_dictionary_that_unpacks_too_far_is_damaged(tmp_path, columns, store_schema):
    path = write(tmp_path / "a.parquet", columns, compression="zstd", store_schema=store_schema)
    assert path.stat().st_size < 100_000
    text = "text.a" if isinstance(columns["text"], pa.StructArray) else "text"
    rows, reading = read_ranges(path, "parquet", text=text)
    assert told(rows)[-1] == TOO_FAR
    assert sum(len(row.get("text", "")) for _, row in rows) < 120 << 20
    assert reading.tally.records == len(rows) < 1_500


@pytest.mark.usefixtures("small_bounds")
@pytest.mark.parametrize("most", [64 << 20, 100_000])
def test_a_large_dictionary_makes_no_small_batches(tmp_path, monkeypatch, most):
    texts = [f"{n} " + "all of them have this in common " * 60 for n in range(400)]
    path = write(tmp_path / "a.parquet", {"text": texts}, compression="zstd")
    with path.open("rb") as file:
        bounds = parquet_bounds.bounds_of(file, pq.read_metadata(path), 0, ["text"])
    assert bounds.dictionaries == ("text",)
    assert bounds.unpacked_rows < bounds.rows == parquet_bounds.BATCH_ROWS
    monkeypatch.setattr(
        "curate.sources.parquet.BATCH_BYTES", most
    )  # of less it is unpacked at once
    assert told(read_ranges(path, "parquet")[0]) == texts


@pytest.mark.usefixtures("small_bounds")
def test_the_row_groups_after_it_are_read(tmp_path):
    path = tmp_path / "a.parquet"
    with pq.ParquetWriter(path, pa.schema([("text", pa.string())]), compression="zstd") as writer:
        for value, rows in (("a", 1), ("x" * 100_000, 1_500), ("b", 2)):
            writer.write_table(pa.table({"text": pa.array([value] * rows)}))
    rows, _ = read_ranges(path, "parquet")
    assert (told(rows)[0], told(rows)[-2:]) == ("a", ["b", "b"])
    assert told(rows).count(TOO_FAR) == 1
    assert [row["n"] for _, row in rows][-2:] == [1_501, 1_502]


@pytest.mark.usefixtures("small_bounds")
def test_rows_that_take_no_bytes(tmp_path):
    path = write(tmp_path / "a.parquet", {"text": pa.nulls(5_000_000, pa.string())})
    rows, _ = read_ranges(path, "parquet")
    assert told(rows) == [TOO_FAR]


@pytest.mark.usefixtures("small_bounds")
def test_the_rows_that_a_footer_claims_are_not_counted_out(tmp_path):
    path = write(tmp_path / "a.parquet", {"text": ["a"]})
    data = path.read_bytes()
    footer = data[-8 - int.from_bytes(data[-8:-4], "little") : -8]
    # num_rows of the file and of its group: 1 in zigzag, as a 64-bit integer (type 6)
    claimed = footer.replace(b"\x16\x02", b"\x16" + b"\xfe" * 5 + b"\x01")
    whole = data[: -8 - len(footer)] + claimed + len(claimed).to_bytes(4, "little") + b"PAR1"
    rows, _ = read_ranges(put(tmp_path / "b.parquet", whole), "parquet")
    assert told(rows) in ([TOO_FAR], ["damaged: bad_parquet"])


@pytest.mark.usefixtures("small_bounds")
@pytest.mark.parametrize("rows", [1, 300, 1_900])
def test_texts_that_repeat_as_texts_do_are_read(tmp_path, rows):
    texts = [f"A text of its own, number {n % 300}. " * 20 for n in range(rows)]
    path = write(tmp_path / "a.parquet", {"text": texts, "url": of_one("http://a.org", rows)})
    read, _ = read_ranges(path, "parquet")
    assert told(read) == texts
