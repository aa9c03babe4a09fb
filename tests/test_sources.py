"""Files to records: which files, which ranges, and every record of them exactly once."""

import bz2
import gzip
import hashlib
import io as stdio
import itertools
import json
import lzma
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from extract.archives import archive, http, member, packed, response
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import blocks, recipe, sources
from curate.blocks import Blocks
from curate.extract.warc import DAMAGES
from curate.keys import Tally, pack
from curate.recipe import RecipeError
from curate.sources import InputFile, Range, Reading
from curate.unpack import unpacked

EXTRACT = recipe.Extract()


def parsed(folder, **of):
    """Return a recipe of sources: name -> keys; a kind or path not given is text, x."""
    whole = {name: {"kind": "text", "path": "x", **keys} for name, keys in of.items()}
    return recipe.parse({"sources": whole}, folder)


def put(path, data=b"x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def file_of(size, *, number=0, source="s", name="f"):
    return InputFile(number, source, name, f"/{name}", size, "v")


def read_ranges(path, kind, bounds=None, *, extract=EXTRACT, **keys):
    """Return (rows, reading) of a file read in some ranges, one after the other."""
    path = Path(path)
    size = path.stat().st_size
    file = InputFile(3, "s", path.name, str(path), size, "v")
    source = recipe.Source(kind=kind, path=str(path), **keys)
    reading = Reading()
    rows = [
        row
        for start, stop in bounds or [(0, size)]
        for row in sources.read(Range(file, start, stop), source, extract, reading)
    ]
    tally = Tally()
    for _, row in rows:
        assert (row["source"], row["file_path"]) == ("s", path.name)
        assert row["key"] == pack(3, row["n"])
        tally.add("s", path.name, row["n"])
    assert tally == reading.tally, "what is counted is what is yielded"
    assert all(row["stage"] == "extract" for table, row in rows if table == "fates")
    return rows, reading


def told(rows):
    """Return each row as its text, or as state: reason."""
    return [
        row["text"] if table == "documents" else f"{row['state']}: {row['reason']}"
        for table, row in rows
    ]


# --- which files -------------------------------------------------------------------------------


def test_files_are_in_the_order_of_source_and_path(tmp_path):
    for name in ("a/10.txt", "a/9.txt", "a/B.txt", "b/1.txt", "z.txt"):
        put(tmp_path / name)
    made = parsed(
        tmp_path,
        web={"path": "a/*.txt"},
        books={"path": ["z.txt", "b/*.txt"]},
    )
    files, warnings = sources.inventory(made)
    assert [(f.source, f.file_path) for f in files] == [
        ("books", "1.txt"),
        ("books", "z.txt"),
        ("web", "10.txt"),
        ("web", "9.txt"),
        ("web", "B.txt"),
    ]
    assert [f.number for f in files] == list(range(5))
    assert {f.size for f in files} == {1}
    assert warnings == []


def test_the_order_of_paths_does_not_matter(tmp_path):
    for name in ("1.txt", "2.txt", "3.txt"):
        put(tmp_path / name)
    found = [
        sources.inventory(parsed(tmp_path, s={"path": list(order)}))
        for order in itertools.permutations(["1.txt", "2.txt", "[3].txt"])
    ]
    assert all(one == found[0] for one in found)


def test_a_file_listed_twice_is_used_once(tmp_path):
    put(tmp_path / "a/1.txt")
    put(tmp_path / "a/2.txt")
    made = parsed(tmp_path, s={"path": ["a/*.txt", "a/1.txt", f"file://{tmp_path}/a/1.txt"]})
    files, warnings = sources.inventory(made)
    assert [f.file_path for f in files] == ["1.txt", "2.txt"]
    line = f"sources.s.path: {tmp_path}/a/1.txt is listed twice, used once"
    assert warnings == [line, line]


def test_two_sources_may_share_a_file(tmp_path):
    put(tmp_path / "1.txt")
    files, warnings = sources.inventory(parsed(tmp_path, a={"path": "*.txt"}, b={"path": "*.txt"}))
    assert [(f.source, f.file_path) for f in files] == [("a", "1.txt"), ("b", "1.txt")]
    assert warnings == []


def test_two_files_of_one_name_are_an_error_that_names_both(tmp_path):
    for folder in ("a", "b"):
        put(tmp_path / folder / "1.txt")
        put(tmp_path / folder / "2.txt")
    with pytest.raises(RecipeError) as error:
        sources.inventory(parsed(tmp_path, s={"path": ["a/*.txt", "b/*.txt"]}))
    lines = str(error.value).splitlines()
    assert [line.rpartition(", ")[2] for line in lines] == ["both 1.txt", "both 2.txt"]
    assert f"{tmp_path}/a/1.txt and {tmp_path}/b/1.txt" in lines[0]


def test_every_path_without_files_has_a_line(tmp_path):
    with pytest.raises(RecipeError) as error:
        sources.inventory(parsed(tmp_path, a={"path": ["1.txt", "2*"]}, b={"path": "3.txt"}))
    assert str(error.value).splitlines() == [
        f"sources.a.path: no file matches {tmp_path}/1.txt",
        f"sources.a.path: no file matches {tmp_path}/2*",
        f"sources.b.path: no file matches {tmp_path}/3.txt",
    ]


def test_more_files_than_keys_have_room_for(tmp_path, monkeypatch):
    monkeypatch.setattr(sources.files, "MAX_FILES", 1)
    put(tmp_path / "1.txt")
    made = parsed(tmp_path, a={"path": "*.txt"}, b={"path": "*.txt"})
    with pytest.raises(RecipeError, match="expected at most 1 files, got 2"):
        sources.inventory(made)


def test_the_same_keys_wherever_the_files_lie(tmp_path):
    import fsspec

    memory = fsspec.filesystem("memory")
    for folder in ("one", "other/deep"):
        put(tmp_path / folder / "x/1.txt")
    memory.pipe("/bucket/x/1.txt", b"x")
    roots = [f"{tmp_path}/one", f"file://{tmp_path}/other/deep", "memory://bucket"]
    found = [sources.inventory(parsed(tmp_path, s={"path": f"{r}/*/*.txt"}))[0] for r in roots]
    memory.rm("/bucket", recursive=True)
    assert [[(f.number, f.source, f.file_path) for f in files] for files in found] == [
        [(0, "s", "x/1.txt")]
    ] * 3


# --- splits ------------------------------------------------------------------------------------

KINDS = ("warc", "wet", "parquet", "jsonl", "text")


@pytest.fixture(scope="class")
def small_blocks():
    """Blocks of 8 bytes, for all examples of a test (function scope would be for one)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", 8)
        yield


def split(sizes, kinds, split_bytes):
    """Return (files, units) of files of these sizes, some a source, in the order of sources."""
    made = parsed(Path("/"), **{f"s{n}": {"kind": kind} for n, kind in enumerate(kinds)})
    made = made.model_copy(
        update={"extract": made.extract.model_copy(update={"split_bytes": split_bytes})}
    )
    owners = sorted(f"s{n % len(kinds)}" for n in range(len(sizes)))
    files = [
        file_of(size, number=n, source=owner, name=f"f{n}")
        for n, (size, owner) in enumerate(zip(sizes, owners, strict=True))
    ]
    return files, sources.split(files, made), made


@pytest.mark.usefixtures("small_blocks")
@given(
    st.lists(st.integers(0, 100), max_size=12),
    st.lists(st.sampled_from(KINDS), min_size=1, max_size=3),
    st.integers(1, 6).map(lambda n: 8 * n),
)
def test_every_byte_is_in_one_range(sizes, kinds, split_bytes):
    files, units, made = split(sizes, kinds, split_bytes)
    assert list(units) == [f"{n:06d}" for n in range(len(units))]
    ranges = [one for unit in units.values() for one in unit]
    assert [one.file.number for one in ranges] == sorted(one.file.number for one in ranges)
    for file in files:
        own = [one for one in ranges if one.file == file]
        assert own[0].start == 0
        assert own[-1].stop == file.size
        assert all(one.stop == other.start for one, other in itertools.pairwise(own))
        assert all(one.start % blocks.BLOCK == 0 for one in own)
        assert len(own) == 1 or made.sources[file.source].kind in ("warc", "wet", "parquet")
    for unit in units.values():
        assert unit, "no unit is empty"
        assert len({one.file.source for one in unit}) == 1, "a unit holds ranges of one source"
        assert len(unit) == 1 or sum(one.stop - one.start for one in unit) <= split_bytes
        if any(one.stop - one.start < one.file.size for one in unit):
            assert len(unit) == 1, "a file that is cut shares its units with no other"
    assert sources.split(files, made) == units, "units depend on inputs and recipe only"


@pytest.mark.usefixtures("small_blocks")
def test_files_that_cannot_be_cut_are_whole():
    _, units, _ = split([100, 3, 4], ["jsonl"], 8)
    assert [[(one.start, one.stop) for one in unit] for unit in units.values()] == [
        [(0, 100)],
        [(0, 3), (0, 4)],
    ]


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize(
    ("size", "most", "wanted"), [(800, 100, 8), (801, 100, 16), (800, 10, 80), (799, 10, 80)]
)
def test_splits_grow_where_there_would_be_too_many(monkeypatch, size, most, wanted):
    monkeypatch.setattr(sources.files, "MAX_SPLITS", most)
    _, units, _ = split([size], ["warc"], 8)
    assert len(units) <= most
    assert units["000000"][0].stop == wanted


@given(
    st.lists(
        st.builds(
            Range,
            st.builds(
                InputFile,
                st.integers(0),
                st.text(),
                st.text(),
                st.text(),
                st.integers(0),
                st.text(),
            ),
            st.integers(0),
            st.integers(0),
            st.none() | st.integers(0),
        ),
        max_size=3,
    )
)
def test_ranges_come_back_from_their_line(ranges):
    assert sources.ranges_from_json(sources.ranges_to_json(ranges)) == ranges


# --- Parquet -----------------------------------------------------------------------------------


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


def bounds_of(size, cuts, block=8):
    """Return ranges that cover a file, cut at these shares of it."""
    at = sorted({int(cut * size) // block * block for cut in cuts} | {0})
    return list(itertools.pairwise([*at, size]))


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
    assert {row["n"] // 400 for table, row in rows if table == "fates"} == {1}


def odd_text():
    """Return a column of two texts of which the first is no UTF-8, as some writers leave it."""
    offsets = pa.array([0, 2, 4], pa.int32()).buffers()[1]
    return pa.Array.from_buffers(pa.string(), 2, [None, offsets, pa.py_buffer(b"\xff\xfeab")])


TEXTS = {
    "null": (pa.array(["a", None]), ["a", "dropped: no_text"]),
    "white space": (pa.array(["a", " \n"]), ["a", "dropped: no_text"]),
    "numbers": (pa.array([1, 2]), ["dropped: no_text"] * 2),
    "bytes": (pa.array([b"a", b"b"]), ["dropped: no_text"] * 2),
    "a dictionary": (pa.array(["a", "b"]).dictionary_encode(), ["a", "b"]),
    "large strings": (pa.array(["a", "b"], pa.large_string()), ["a", "b"]),
    "no UTF-8": (odd_text(), ["damaged: bad_parquet", "ab"]),
}


@pytest.mark.parametrize(("column", "wanted"), TEXTS.values(), ids=TEXTS)
def test_texts_of_a_parquet_column(tmp_path, column, wanted):
    path = parquet(tmp_path / "a.parquet", text=column)
    assert told(read_ranges(path, "parquet")[0]) == wanted


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


# --- JSON lines --------------------------------------------------------------------------------

LINES = {
    "a text": (b'{"text": "a"}', "a"),
    "not JSON": (b"{text: 1}", "damaged: bad_json"),
    "no object": (b'["a"]', "damaged: bad_json"),
    "a string": (b'"text"', "damaged: bad_json"),
    "empty": (b"", "skipped: empty_line"),
    "white space": (b" \t\r", "skipped: empty_line"),
    "no text": (b'{"id": "1"}', "dropped: no_text"),
    "null": (b'{"text": null}', "dropped: no_text"),
    "a number": (b'{"text": 1}', "dropped: no_text"),
    "not a number": (b'{"text": NaN}', "dropped: no_text"),
    "blank text": (b'{"text": " \\n"}', "dropped: no_text"),
    "no UTF-8": (b'{"text": "\xff"}', "damaged: bad_json"),
    "a lone surrogate": (b'{"text": "a\\ud800b"}', "a\ufffdb"),
    "a pair of surrogates": (b'{"text": "\\ud83d\\ude00"}', "\U0001f600"),
    "too deep": (b"[" * 100_000, "damaged: bad_json"),
    "a number without end": (b'{"text": "a", "id": ' + b"1" * 5_000 + b"}", "damaged: bad_json"),
    "a line break of DOS": (b'{"text": "a"}\r', "a"),
    "a line separator in the text": ('{"text": "a\u2028b"}'.encode(), "a\u2028b"),
}


@pytest.mark.parametrize(("line", "wanted"), LINES.values(), ids=LINES)
def test_lines(tmp_path, line, wanted):
    path = put(tmp_path / "a.jsonl", b'{"text": "first"}\n' + line + b'\n{"text": "last"}')
    rows, _ = read_ranges(path, "jsonl")
    assert told(rows) == ["first", wanted, "last"]
    assert [row["n"] for _, row in rows] == [0, 1, 2]


@pytest.mark.parametrize("end", [b"", b"\n", b'\n{"text": "last"}'])
def test_a_line_longer_than_any_document_is_not_held(tmp_path, monkeypatch, end):
    monkeypatch.setattr(sources.jsonl, "LONGEST", 100)
    for size in (99, 100, 101, 1_000):
        long = b'{"text": "' + b"x" * (size - 12) + b'"}'
        path = put(tmp_path / "a.jsonl", b'{"text": "first"}\n' + long + end)
        rows = told(read_ranges(path, "jsonl")[0])
        wanted = "x" * (size - 12) if size < 100 else "dropped: text_too_large"
        assert rows == ["first", wanted, *(["last"] if len(end) > 1 else [])]


@pytest.mark.parametrize("kind", ["text", "parquet", "csv"])
def test_a_text_longer_than_any_document(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(sources.rows, "LONGEST", 100)
    monkeypatch.setattr(sources.text, "LONGEST", 100)
    for size, wanted in ((100, "x" * 100), (101, "dropped: text_too_large")):
        path = tmp_path / f"a.{kind}"
        if kind == "parquet":
            pq.write_table(pa.table({"text": ["x" * size], "date": ["2024"]}), path)
        else:
            path.write_text(f"text\n{'x' * size}\n" if kind == "csv" else "x" * size)
        rows, _ = read_ranges(path, kind)
        assert told(rows) == [wanted]
        assert rows[0][1].get("date") == ("2024" if kind == "parquet" and size == 100 else None)


IDS = {
    "a string": ('"x"', "x"),
    "a number": ("7", "7"),
    "null": ("null", "s/a.jsonl#0"),
    "empty": ('""', "s/a.jsonl#0"),
    "a list": ("[1]", "[1]"),
    "a lone surrogate": ('"a\\udfff"', "a\ufffd"),
}


@pytest.mark.parametrize(("value", "wanted"), IDS.values(), ids=IDS)
def test_ids_of_any_type(tmp_path, value, wanted):
    for text in ("a", " "):
        line = f'{{"text": "{text}", "id": {value}, "url": "u\\ud800", "date": 2024}}\n'
        ((_, row),), _ = read_ranges(put(tmp_path / "a.jsonl", line.encode()), "jsonl")
        assert row.get("id", "s/a.jsonl#0") in (wanted, "")
        assert row["url"] == "u\ufffd"
    assert sources.storable("a\ud800\udc00b") == "a\U00010000b"


PACKED = {
    "x.jsonl": bytes,
    "x.jsonl.gz": gzip.compress,
    "x.jsonl.bz2": bz2.compress,
    "x.jsonl.xz": lzma.compress,
    "x.jsonl.zst": lambda data: pa.compress(data, codec="zstd", asbytes=True),
}
MANY = [f"text {n}: {hashlib.sha256(str(n).encode()).hexdigest()}" for n in range(500)]
MANY_LINES = b"".join(json.dumps({"text": text}).encode() + b"\n" for text in MANY)


@pytest.mark.parametrize("name", PACKED)
def test_packed_lines(tmp_path, name):
    path = put(tmp_path / name, PACKED[name](MANY_LINES))
    assert told(read_ranges(path, "jsonl")[0]) == MANY


@pytest.mark.parametrize("name", [name for name in PACKED if name != "x.jsonl"])
def test_packed_lines_that_break_off(tmp_path, name):
    data = PACKED[name](MANY_LINES)
    rows, _ = read_ranges(put(tmp_path / name, data[: len(data) // 2]), "jsonl")
    found = told(rows)
    assert found[-1] == "damaged: bad_compression"
    assert found[:-1] == MANY[: len(found) - 1]
    assert [row["n"] for _, row in rows] == list(range(len(found)))
    rows, _ = read_ranges(put(tmp_path / name, b"not packed at all"), "jsonl")
    assert told(rows) == ["damaged: bad_compression"]


def test_a_gz_file_gives_what_can_be_read_of_it(tmp_path):
    data = gzip.compress(MANY_LINES)
    rows, _ = read_ranges(put(tmp_path / "x.jsonl.gz", data[: len(data) * 9 // 10]), "jsonl")
    assert len(rows) > 100


# --- texts -------------------------------------------------------------------------------------


def test_a_text_file_is_one_document(tmp_path):
    path = put(tmp_path / "a.txt", "Grüße\nund mehr".encode())
    ((table, row),), reading = read_ranges(path, "text")
    assert (table, row["text"], row["n"]) == ("documents", "Grüße\nund mehr", 0)
    assert row["id"] == "s/a.txt#0"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert reading.digests == [[3, 0, digest]], "of a small file it is what sha256sum prints"


FRENCH = "L'été dernier, à la plage, nous avons mangé des crêpes où le goût était très sucré. " * 5
FILES = {
    "a.txt.gz": (gzip.compress(b"a text"), "a text"),
    "cut.txt.gz": (gzip.compress(MANY_LINES)[:-9], "damaged: bad_compression"),
    "none.txt.gz": (b"a text", "damaged: bad_compression"),
    "empty.txt": (b"", "dropped: no_text"),
    "blank.txt": (b" \n", "dropped: no_text"),
    "latin.txt": (FRENCH.encode("latin-1"), FRENCH),
    "bom.txt": (b"\xef\xbb\xbfa text", "a text"),
}


@pytest.mark.parametrize("name", FILES)
def test_text_files(tmp_path, name):
    data, wanted = FILES[name]
    assert told(read_ranges(put(tmp_path / name, data), "text")[0]) == [wanted]


# --- archives ----------------------------------------------------------------------------------

ARTICLE = b"<html><body><article>" + b"<p>%s</p>" * 6 + b"</article></body></html>"


def article(n):
    sentence = f"This is sentence number {n} of a page that has quite some words in it. " * 3
    return ARTICLE % ((sentence.encode(),) * 6)


def records():
    """Return (name, record, what becomes of it): state: reason, or a piece of its text."""
    return [
        ("warcinfo", member("warcinfo", b"software: x"), "skipped: warcinfo"),
        ("page", response(1, article(1)), "sentence number 1 of"),
        ("request", member("request", b"GET / HTTP/1.1\r\n\r\n", n=2), "skipped: request"),
        ("image", member(block=http(b"x", "Content-Type: image/png"), n=3), "skipped: not_html"),
        ("gone", member(block=http(b"x", status="404 Not"), n=4), "skipped: http_error"),
        ("moved", member(block=http(b"", status="301 Moved"), n=5), "skipped: redirect"),
        ("no text", response(6, b"<html><body></body></html>"), "dropped: no_text"),
        ("deep", response(7, b"<html>" + b"<div>" * 500), "dropped: too_deep"),
        ("large", response(8, b"<html>" + b"a " * 30_000), "dropped: page_too_large"),
        ("text", member("conversion", b"plain words", n=9, url="http://x/9"), "plain words"),
        ("page", response(10, article(10)), "sentence number 10 of"),
    ]


@pytest.fixture(scope="module")
def crawl(tmp_path_factory):
    """An archive with a record of every fate, and where each starts."""
    data, starts = archive([record for _, record, _ in records()])
    path = put(tmp_path_factory.mktemp("crawl") / "CC-MAIN-2024-10" / "a.warc.gz", data)
    return path, starts


SMALL_PAGES = recipe.Extract(max_page_bytes=50_000)


def test_each_record_of_an_archive_has_its_fate(crawl):
    path, starts = crawl
    rows, reading = read_ranges(path, "warc", extract=SMALL_PAGES)
    assert [row["n"] for _, row in rows] == starts
    for (name, _, wanted), found in zip(records(), told(rows), strict=True):
        assert wanted in found, name
    size = path.stat().st_size
    assert sum(row["length"] for _, row in rows) == size, "no byte is left over"
    assert reading.joints == [[3, 0, size, 0, size]]
    page = rows[1][1]
    assert page["id"] == "<urn:uuid:00000000-0000-4000-8000-000000000001>"
    assert page["url"] == "http://example.org/1"
    assert page["date"] == "2024-05-06T07:08:09Z"
    assert page["dump"] == "CC-MAIN-2024-10", "from the path"
    assert rows[6][1]["url"] == "http://example.org/6", "a dropped page has its URL"
    rows, _ = read_ranges(path, "warc", dump="mine")
    assert rows[1][1]["dump"] == "mine", "the setting goes first"


def test_records_without_an_id_get_one(tmp_path):
    record = member("conversion", b"words").replace(b"WARC-Record-ID", b"WARC-Other-ID")
    for kind in ("wet", "warc"):
        ((_, row),), _ = read_ranges(put(tmp_path / "a.warc.gz", packed(record)), kind)
        assert (row["id"], row["text"], row["dump"]) == ("s/a.warc.gz#0", "words", None)


@pytest.mark.usefixtures("small_blocks")
@settings(max_examples=30)
@given(st.lists(st.floats(0, 1, exclude_max=True), max_size=5))
def test_all_splits_of_an_archive_together_are_the_archive(packed_texts, cuts):
    path, whole = packed_texts
    size = path.stat().st_size
    rows, reading = read_ranges(path, "wet", bounds_of(size, cuts))
    assert rows == whole
    with path.open("rb") as file:
        digest = Blocks(file, 0, size).digest()
    assert sum(int(one, 16) for _, _, one in reading.digests) % (1 << 256) == digest
    joints = [joint[3:] for joint in reading.joints if joint[3] is not None]
    assert joints[0][0] == 0
    assert joints[-1][1] == size
    assert all(one[1] == other[0] for one, other in itertools.pairwise(joints))


@pytest.fixture(scope="module")
def packed_texts(tmp_path_factory):
    data, _ = archive([member("conversion", f"text {n}".encode(), n=n) for n in range(12)])
    path = put(tmp_path_factory.mktemp("wet") / "a.wet.gz", data)
    return path, read_ranges(path, "wet")[0]


def test_a_range_that_is_told_where_to_begin(packed_texts):
    path, whole = packed_texts
    begin = whole[4][1]["n"]
    file = InputFile(3, "s", path.name, str(path), path.stat().st_size, "v")
    part = Range(file, 0, file.size, begin)
    source = recipe.Source(kind="wet", path="x")
    again = sources.ranges_from_json(sources.ranges_to_json([part]))[0]
    assert list(sources.read(again, source, EXTRACT, Reading())) == whole[4:]


def test_damage_is_counted_with_where_it_lies(tmp_path):
    good = [packed(member("conversion", f"text {n}".encode(), n=n)) for n in range(3)]
    broken = bytearray(good[1])
    broken[len(broken) // 2] ^= 0xFF
    data = good[0] + bytes(broken) + good[2] + b"some garbage"
    rows, _ = read_ranges(put(tmp_path / "a.warc.gz", data), "warc")
    assert told(rows) == ["text 0", "damaged: corrupt", "text 2", "damaged: garbage"]
    assert [row["n"] for _, row in rows] == [0, *itertools.accumulate(map(len, good))]
    assert [row["length"] for table, row in rows if table == "fates"] == [len(broken), 12]


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.warc", b"", "empty_file"),
        ("a.warc.gz", b"hello", "not_an_archive"),
        ("a.warc", member("conversion", b"text")[:-9], "truncated"),
        ("a.warc.gz", packed(member("conversion", b"text"))[:-3], "truncated"),
    ],
)
def test_archives_that_are_none(tmp_path, name, data, why):
    rows, reading = read_ranges(put(tmp_path / name, data), "warc")
    assert told(rows) == [f"damaged: {why}"]
    assert why in DAMAGES
    assert reading.joints == [[3, 0, len(data), 0, len(data)]], "they join up all the same"


def test_unpacked_by_name():
    blocks = Blocks(stdio.BytesIO(b"a\nb"), 0, 3)
    assert list(unpacked(blocks, "x.txt")) == [b"a\n", b"b"]


class _Late:
    """A file whose first read comes too late."""

    def __init__(self, data):
        self._file, self._late = stdio.BytesIO(data), True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def __getattr__(self, name):
        return getattr(self._file, name)

    def read(self, *arguments):
        if self._late:
            self._late = False
            raise TimeoutError("no answer")
        return self._file.read(*arguments)


@pytest.mark.parametrize("kind", ["jsonl", "text"])
def test_a_timeout_is_no_damage(monkeypatch, kind):
    monkeypatch.setattr(sources.reading.io, "open_read", lambda _: _Late(b'{"text": "a"}'))
    file = sources.InputFile(0, "s", "a", "s3://b/a", 13, "")
    part = sources.Range(file, 0, 13)
    source = recipe.Source(kind=kind, path=("s3://b/a",))
    with pytest.raises(TimeoutError):
        list(sources.read(part, source, recipe.Extract(), sources.Reading()))
