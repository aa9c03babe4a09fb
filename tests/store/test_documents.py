"""Documents are their parts less what later stages dropped; readers count them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.store import documents
from curate.store.commits import Commit, Receipt
from curate.store.documents import Documents, Part, read_part
from curate.store.keys import Tally
from curate.store.schema import PIECES
from curate.store.tables import write_tables

TABLE = pa.schema(
    [pa.field(name, pa.int64()) for name in ("key", "n")]
    + [pa.field(name, pa.string()) for name in ("source", "file_path", "text")]
)
SCHEMAS = {"documents": TABLE, "outcomes": TABLE}


def rows(keys):
    keys = list(keys)
    return pa.RecordBatch.from_pydict(
        {
            "key": keys,
            "n": keys,
            "source": ["s"] * len(keys),
            "file_path": ["f"] * len(keys),
            "text": [f"text {key}" for key in keys],
        },
        schema=TABLE,
    )


def commit(folder, table, *parts):
    """Return a commit with one unit for each part, of rows with these keys."""
    receipts = [
        Receipt(f"{n:06d}", write_tables(str(folder), f"{n:06d}", SCHEMAS, [(table, rows(part))]))
        for n, part in enumerate(parts)
    ]
    return Commit.of(table, "h", str(folder), receipts)


def tally_of(keys, columns):
    """Return the tally of documents; of their characters, where their texts are read."""
    tally = Tally()
    for key in keys:
        tally.add("s", "f", key)
        tally.characters += len(f"text {key}") if columns is None or "text" in columns else 0
    return tally


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("fg"), st.integers(0, 2**40))))
def test_a_batch_counts_as_its_rows_one_by_one(keys):
    columns = zip(*keys, strict=True) if keys else ([], [], [])
    batch = pa.RecordBatch.from_arrays(
        [
            pa.array(list(c), t)
            for c, t in zip(columns, (pa.string(),) * 2 + (pa.int64(),), strict=True)
        ],
        ["source", "file_path", "n"],
    )
    expected, tally = Tally(), Tally()
    for key in keys:
        expected.add(*key)
    documents.count(batch, tally)
    assert tally == expected


def left(payload, columns=None):
    tally = Tally()
    read = list(read_part(payload, columns, tally))
    assert all(batch.num_rows for batch in read), "no empty batch"
    result = [key for batch in read for key in batch["key"].to_pylist()]
    assert tally == tally_of(result, columns), "what is left is counted"
    return result


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Documents of three parts, written out of order: keys 0-9, 20-29, 3000-5499."""
    folder = tmp_path_factory.mktemp("base")
    return Documents(commit(folder, "documents", range(20, 30), range(3000, 5500), range(10)))


def test_a_unit_for_each_part_in_the_order_of_keys(base):
    units = base.units()
    assert [unit.name for unit in units] == ["000000", "000001", "000002"]
    parts = [Part.from_json(unit.payload) for unit in units]
    assert parts == list(base.parts())
    assert [(part.lo, part.hi, part.rows) for part in parts] == [
        (0, 9, 10),
        (20, 29, 10),
        (3000, 5499, 2500),
    ]
    for unit, part in zip(units, parts, strict=True):
        assert unit.size == part.bytes == Path(part.url).stat().st_size
    assert all((part.dropped, part.pieces, part.scores) == ((), (), None) for part in parts)
    assert [left(unit.payload) for unit in units] == [
        list(range(10)),
        list(range(20, 30)),
        list(range(3000, 5500)),
    ]


def test_outcomes_are_named_by_the_parts_they_touch(base, tmp_path):
    one = commit(tmp_path / "1", "outcomes", [2, 9], [25, 4000])
    other = commit(tmp_path / "2", "outcomes", [9, 20], [10_000, 10_001], [30, 2999])
    later = base.without(one).without(other)
    named = [[url.removeprefix(str(tmp_path)) for url in part.dropped] for part in later.parts()]
    ones = [f"/1/{file.name}" for file in one.files("outcomes")]
    others = [f"/2/{file.name}" for file in other.files("outcomes")]
    assert named == [[ones[0], others[0]], [ones[1], others[0]], [ones[1]]]
    assert later.commits == [base.base, one, other]
    assert base.commits == [base.base], "what was there is as it was"


def test_dropped_keys_are_left_out(base, tmp_path):
    one = commit(tmp_path / "1", "outcomes", [2, 9], [25, 4000])
    other = commit(tmp_path / "2", "outcomes", [0, 20, 29], range(3000, 4100))
    units = [unit.payload for unit in base.without(one).without(other).units()]
    assert left(units[0]) == [1, 3, 4, 5, 6, 7, 8]
    assert left(units[1]) == [21, 22, 23, 24, 26, 27, 28]
    assert left(units[2]) == list(range(4100, 5500)), "the first batch has nothing left"


def test_a_part_of_which_nothing_is_left(base, tmp_path):
    later = base.without(commit(tmp_path, "outcomes", range(10)))
    assert left(later.units()[0].payload) == []
    names = [unit.name for unit in base.units()]
    assert [unit.name for unit in later.units()] == names, "it stays a unit"


def test_only_the_columns_asked_for(base):
    payload = base.units()[0].payload
    assert left(payload, documents.KEY) == list(range(10))
    (batch,) = read_part(payload, ["key", "text"])
    assert batch.schema.names == ["key", "text"]
    (batch,) = read_part(payload)
    assert batch.schema.names == TABLE.names


@settings(max_examples=20)
@given(st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=8), max_size=4))
def test_what_is_left_is_what_no_later_stage_dropped(tmp_path_factory, dropped):
    folder = tmp_path_factory.mktemp("drop")
    later = Documents(commit(folder / "base", "documents", range(15), range(15, 31)))
    for n, keys in enumerate(dropped):
        later = later.without(commit(folder / str(n), "outcomes", sorted(set(keys))))
    gone = {key for keys in dropped for key in keys}
    result = [key for unit in later.units() for key in left(unit.payload)]
    assert result == [key for key in range(31) if key not in gone]


def test_keys_within_bounds_are_sorted(base):
    urls = base.base.urls("documents")
    assert documents.keys_within(urls[::-1], 8, 21).tolist() == [8, 9, 20, 21]
    assert documents.keys_within(urls, 10, 19).tolist() == []
    assert documents.keys_within([], 0, 9).dtype == np.int64


# --- pieces ------------------------------------------------------------------------------------


def cuts_of(folder, cuts, dropped=()):
    """Return the commit of a stage that cut documents, one file for each list of rows."""
    receipts = []
    for n, own in enumerate(cuts):
        batch = pa.RecordBatch.from_pylist(own, schema=PIECES)
        files = write_tables(str(folder), f"{n:06d}", {"pieces": PIECES},
                                  [("pieces", batch)])  # fmt: skip
        receipts.append(Receipt(f"{n:06d}", files))
    if dropped:
        files = write_tables(str(folder), "gone", SCHEMAS, [("outcomes", rows(dropped))])
        receipts.append(Receipt("gone", files))
    return Commit.of("cut", "h", str(folder), receipts)


def piece(key, number, start, stop):
    return {"key": key, "piece": number, "start": start, "stop": stop}


CUT = [
    [piece(2, 0, 0, 1), piece(2, 1, 3, 5), piece(7, 0, 1, 2)],
    [piece(5499, 0, 0, 4), piece(5499, 1, 4, 5)],
]


@pytest.fixture
def cut(base, tmp_path):
    return base.without(cuts_of(tmp_path / "cut", CUT, [4, 25]))


def texts_of(payload, columns):
    tally = Tally()
    rows = [row for batch in read_part(payload, columns, tally) for row in batch.to_pylist()]
    keys = list(dict.fromkeys(row["key"] for row in rows))
    assert tally == tally_of(keys, columns), "documents are counted, not pieces"
    return rows


def test_pieces_are_named_by_the_parts_they_touch(cut):
    assert [len(part.pieces) for part in cut.parts()] == [1, 0, 1]


def test_a_document_that_was_cut_is_a_row_for_each_piece(cut):
    whole = {key: f"text {key}" for key in range(10)}
    rows = texts_of(cut.units()[0].payload, [*documents.KEY, "piece", "text"])
    result = [(row["key"], row["piece"], row["text"]) for row in rows]
    expected = []
    for key, text in whole.items():
        if key == 2:
            expected += [(2, 0, text[0:1]), (2, 1, text[3:5])]
        elif key == 7:
            expected.append((7, 0, text[1:2]))
        elif key != 4:
            expected.append((key, 0, text))
    assert result == expected


def test_pieces_without_their_texts(cut):
    rows = texts_of(cut.units()[0].payload, [*documents.KEY, "piece"])
    assert [(row["key"], row["piece"]) for row in rows][1:5] == [(1, 0), (2, 0), (2, 1), (3, 0)]
    assert list(rows[0]) == [*documents.KEY, "piece"]


def test_documents_are_whole_where_neither_text_nor_piece_is_read(cut):
    rows = texts_of(cut.units()[0].payload, documents.KEY)
    assert [row["key"] for row in rows] == [0, 1, 2, 3, 5, 6, 7, 8, 9]


def test_all_columns_are_cut_and_no_more(cut, base):
    (batch,) = read_part(cut.units()[0].payload)
    assert batch.schema.names == TABLE.names
    assert batch.num_rows == 10
    (batch,) = read_part(cut.units()[0].payload, ["text"])
    assert batch.schema.names == ["text"]
    (batch,) = read_part(base.units()[0].payload, ["piece", "key"])
    assert batch["piece"].to_pylist() == [0] * 10


def test_a_part_with_nothing_cut_has_pieces_0(cut):
    rows = texts_of(cut.units()[1].payload, [*documents.KEY, "piece", "text"])
    assert {(row["piece"], row["text"] == f"text {row['key']}") for row in rows} == {(0, True)}


def test_a_second_stage_cannot_cut(cut, tmp_path):
    with pytest.raises(ValueError, match="expected one stage that cuts"):
        cut.without(cuts_of(tmp_path / "again", CUT))
