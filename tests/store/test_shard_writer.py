"""Shards byte for byte, and read back by others."""

import hashlib
import io
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.store.shard_writer import ShardWriter, shard_name

SCHEMA = pa.schema(
    [
        pa.field("text", pa.string(), nullable=False),
        pa.field("id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("score", pa.float64()),
        pa.field("token_count", pa.int64(), nullable=False),
    ]
)


def test_names_are_those_readers_know():
    assert shard_name("train", 0, 1) == "train-00000-of-00001.parquet"
    assert shard_name("validation", 12, 345) == "validation-00012-of-00345.parquet"


def rows_of(n, length=20):
    return [
        {
            "text": f"row {i} é " * (i % length),
            "id": f"id{i}",
            "source": "web" if i % 3 else "books",
            "url": None if i % 5 == 0 else f"https://e.org/{i}",
            "score": None if i % 7 == 0 else i / 8,
            "token_count": i % 50,
        }
        for i in range(n)
    ]


def batch_of(rows, schema=SCHEMA):
    return pa.RecordBatch.from_pylist(rows, schema=schema)


def file_of(batches, schema=SCHEMA, **settings):
    sink = io.BytesIO()
    with ShardWriter(sink, schema, **settings) as writer:
        for batch in batches:
            writer.write(batch)
    return sink.getvalue(), writer.written


def groups(data):
    metadata = pq.ParquetFile(io.BytesIO(data)).metadata
    return [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]


def test_what_was_written_is_told():
    rows = rows_of(3_000)
    data, written = file_of([batch_of(rows)])
    assert pq.read_table(io.BytesIO(data)).to_pylist() == rows
    assert groups(data) == [1_024, 1_024, 952]
    assert (written.rows, written.row_groups) == (3_000, 3)
    assert written.tokens == sum(row["token_count"] for row in rows)
    assert written.text_bytes == sum(len(row["text"].encode()) for row in rows)
    assert (written.bytes, written.sha256) == (len(data), hashlib.sha256(data).hexdigest())


ROWS = batch_of(rows_of(120))
WHOLE = {size: file_of([ROWS], group_rows=10, group_bytes=size)[0] for size in (150, 1 << 20)}


@st.composite
def batches(draw):
    """Draw the same rows in other batches, of other string types and memory layouts."""
    ends = sorted(draw(st.lists(st.integers(0, 120), max_size=12)))
    result = []
    for start, stop in pairwise([0, *ends, 120]):
        part = ROWS.slice(start, stop - start)
        layout = draw(st.sampled_from(["slice", "copy", "large", "view", "category", "more"]))
        if layout == "copy":
            part = batch_of(part.to_pylist())
        elif layout in ("large", "view", "category"):
            kind = {
                "large": pa.large_string(),
                "view": pa.string_view(),
                "category": pa.dictionary(pa.int32(), pa.string()),
            }[layout]
            part = pa.RecordBatch.from_arrays(
                [
                    column.cast(kind) if column.type == pa.string() else column
                    for column in part.columns
                ],
                names=part.schema.names,
            )
        elif layout == "more":
            names = ["order", *reversed(part.schema.names)]
            part = pa.RecordBatch.from_arrays(
                [pa.array(range(len(part))), *reversed(part.columns)], names=names
            )
        result.append(part)
    return result


@settings(max_examples=50)
@given(batches(), st.sampled_from(sorted(WHOLE)))
def test_bytes_depend_on_the_rows_alone(parts, group_bytes):
    data, _ = file_of(parts, group_rows=10, group_bytes=group_bytes)
    assert data == WHOLE[group_bytes]


def test_pages_depend_on_the_rows_alone():
    # Row groups of several pages: they must not be cut where batches were.
    random = np.random.default_rng(5)
    lengths = random.integers(0, 5_000, 2_000)
    rows = [
        row | {"text": random.bytes(int(length)).hex()}
        for row, length in zip(rows_of(2_000), lengths, strict=True)
    ]
    batch = batch_of(rows)
    seen = set()
    for count in (0, 1, 9, 200):
        ends = [0, *sorted(random.integers(0, 2_000, count).tolist()), 2_000]
        parts = [batch.slice(start, stop - start) for start, stop in pairwise(ends)]
        seen.add(file_of(parts)[1].sha256)
    assert len(seen) == 1


def test_bytes_depend_on_every_row_and_its_place():
    rows = rows_of(50)
    seen = {file_of([batch_of(rows)])[1].sha256, file_of([batch_of(rows[::-1])])[1].sha256}
    rows[7]["score"] = None if rows[7]["score"] else 0.5
    seen.add(file_of([batch_of(rows)])[1].sha256)
    assert len(seen) == 3


def test_a_validity_bitmap_that_says_nothing_changes_nothing():
    full = batch_of([row | {"url": "u", "score": 1.0} for row in rows_of(20)])
    nulls = batch_of([row | {"url": None, "score": None} for row in rows_of(20)])
    with_bitmap = pa.Table.from_batches([full, nulls]).combine_chunks().to_batches()[0].slice(0, 20)
    assert with_bitmap["url"].buffers()[0] is not None
    assert full["url"].buffers()[0] is None
    assert file_of([with_bitmap])[0] == file_of([full])[0]


def test_order_of_metadata_changes_nothing():
    one, other = (
        SCHEMA.with_metadata({"a": "1", "b": "2"}),
        SCHEMA.with_metadata({"b": "2", "a": "1"}),
    )
    assert file_of([ROWS], one)[0] == file_of([ROWS], other)[0]


def test_row_groups_end_by_rows_or_with_the_row_that_fills_them():
    sizes = [10, 10, 10, 100, 0, 10, 300, 10, 10, 10, 10, 10]
    rows = [row | {"text": "x" * size} for row, size in zip(rows_of(12), sizes, strict=True)]
    for step in (1, 2, 5, 12):
        parts = [batch_of(rows[i : i + step]) for i in range(0, 12, step)]
        assert groups(file_of(parts, group_rows=4, group_bytes=100)[0]) == [4, 3, 4, 1]
        assert groups(file_of(parts, group_rows=99, group_bytes=130)[0]) == [4, 3, 5]


def test_texts_of_megabytes_pass():
    rows = [row | {"text": "long text " * 300_000} for row in rows_of(5)]
    data, written = file_of([batch_of(rows)], group_bytes=4_000_000)
    assert groups(data) == [2, 2, 1]
    assert written.text_bytes == 15_000_000
    assert pq.read_table(io.BytesIO(data)).to_pylist() == rows


def test_no_rows_give_a_readable_file_with_the_schema():
    for parts in ([], [ROWS.slice(0, 0)]):
        data, written = file_of(parts)
        assert pq.read_table(io.BytesIO(data)).schema == SCHEMA
        assert (written.rows, written.row_groups, written.text_bytes) == (0, 0, 0)
    assert file_of([])[0] == file_of([ROWS.slice(0, 0)])[0]


def test_what_is_in_the_file():
    data, _ = file_of([ROWS])
    result = pq.ParquetFile(io.BytesIO(data))
    columns = {
        column.path_in_schema: column
        for column in map(result.metadata.row_group(0).column, range(len(SCHEMA)))
    }
    assert {column.compression for column in columns.values()} == {"ZSTD"}
    assert {name for name, c in columns.items() if c.has_dictionary_page} == {
        "source",
        "score",
        "token_count",
    }
    assert {name for name, c in columns.items() if c.is_stats_set} == {*SCHEMA.names} - {"text"}
    assert {name for name, c in columns.items() if c.has_offset_index} == {*SCHEMA.names}
    assert {name for name, c in columns.items() if c.has_column_index} == {*SCHEMA.names} - {"text"}
    assert result.schema_arrow == SCHEMA


def test_an_exception_leaves_no_footer():
    sink = io.BytesIO()

    def interrupted():
        with ShardWriter(sink, SCHEMA, group_rows=10) as writer:
            writer.write(ROWS)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert sink.tell() > 0
    with pytest.raises(pa.ArrowInvalid):
        pq.read_table(io.BytesIO(sink.getvalue()))


def lacking(name):
    return ROWS.drop_columns([name])


def changed(name, values):
    return ROWS.slice(0, len(values)).set_column(
        ROWS.schema.get_field_index(name), name, pa.array(values)
    )


REFUSED = {
    "a missing column": (lacking("url"), "expected one column url, got text, id"),
    "a null where none may be": (changed("text", ["a", None]), "text is null in 1 rows"),
    "another type": (changed("token_count", ["many"]), "many"),
    "a number that does not fit": (changed("token_count", [1.5]), "1.5"),
}


@pytest.mark.parametrize(("batch", "message"), REFUSED.values(), ids=REFUSED)
def test_rows_that_do_not_fit_are_refused(batch, message):
    writer = ShardWriter(io.BytesIO(), SCHEMA)
    with pytest.raises(ValueError, match=message):
        writer.write(batch)


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="at least 1, got 0 and 5"):
        ShardWriter(io.BytesIO(), SCHEMA, group_rows=0, group_bytes=5)
    with pytest.raises(ValueError, match="lacks token_count"):
        ShardWriter(io.BytesIO(), pa.schema([("text", pa.string())]))


# --- read by others ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    result = tmp_path_factory.mktemp("train")
    rows = rows_of(2_500)
    for i, part in enumerate((rows[:1_500], rows[1_500:])):
        (result / shard_name("train", i, 2)).write_bytes(file_of([batch_of(part)])[0])
    return result, rows


def test_pyarrow_reads_them_as_one(folder):
    path, rows = folder
    result = ds.dataset(path, format="parquet")
    assert result.to_table().to_pylist() == rows
    assert result.count_rows(filter=ds.field("source") == "books") == sum(
        row["source"] == "books" for row in rows
    )


def test_pandas_reads_them_as_one(folder):
    path, rows = folder
    result = pd.read_parquet(path)
    assert result["text"].tolist() == [row["text"] for row in rows]
    assert result["url"].isna().sum() == sum(row["url"] is None for row in rows)
    assert result["token_count"].dtype == np.int64


def test_duckdb_reads_them_as_one(folder):
    duckdb = pytest.importorskip("duckdb")
    path, rows = folder
    query = f"SELECT count(*), sum(token_count) FROM '{path}/*.parquet'"
    assert duckdb.sql(query).fetchall() == [(2_500, sum(row["token_count"] for row in rows))]


def test_datasets_reads_them_streaming_too(folder, tmp_path):
    datasets = pytest.importorskip("datasets")
    path, rows = folder
    for streaming in (False, True):
        result = datasets.load_dataset(
            "parquet", data_dir=str(path), split="train", streaming=streaming, cache_dir=tmp_path
        )
        assert list(result) == rows


def test_a_dataloader_of_two_workers_reads_each_document_once(folder, tmp_path):
    datasets, data = pytest.importorskip("datasets"), pytest.importorskip("torch.utils.data")
    path, rows = folder
    stream = datasets.load_dataset(
        "parquet", data_dir=str(path), split="train", streaming=True, cache_dir=tmp_path
    )
    result = data.DataLoader(stream.with_format("torch"), batch_size=None, num_workers=2)
    assert sorted(row["id"] for row in result) == sorted(row["id"] for row in rows)
