"""JSON lines and texts: every line and file is a row; what breaks off says where."""

import bz2
import gzip
import hashlib
import io as stdio
import json
import lzma

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import recipe, sources
from curate.store import unpack
from curate.store.file_blocks import Blocks
from curate.store.unpack import UNPACKING_ERRORS, lines_of, unpacked

from .reading import put, read_ranges, told

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
    "no UTF-8": (b'{"text": "a\xff"}', "a\ufffd"),
    "another encoding": ('{"text": "Все люди"}'.encode("cp1251"), "Все люди"),
    "a lone surrogate": (b'{"text": "a\\ud800b"}', "a\ufffdb"),
    "a pair of surrogates": (b'{"text": "\\ud83d\\ude00"}', "\U0001f600"),
    "too deep": (b"[" * 100_000, "damaged: bad_json"),
    "a number without end": (b'{"text": "a", "id": ' + b"1" * 5_000 + b"}", "damaged: bad_json"),
    "a line break of DOS": (b'{"text": "a"}\r', "a"),
    "a line separator in the text": ('{"text": "a\u2028b"}'.encode(), "a\u2028b"),
}


@pytest.mark.parametrize(("line", "expected"), LINES.values(), ids=LINES)
def test_lines(tmp_path, line, expected):
    path = put(tmp_path / "a.jsonl", b'{"text": "first"}\n' + line + b'\n{"text": "last"}')
    rows, _ = read_ranges(path, "jsonl")
    assert told(rows) == ["first", expected, "last"]
    assert [row["n"] for _, row in rows] == [0, 1, 2]


@pytest.mark.parametrize("end", [b"", b"\n", b'\n{"text": "last"}'])
def test_a_line_longer_than_any_document_is_not_held(tmp_path, end):
    small = recipe.Extract(max_text_bytes=1_000)
    most = 3_000 + (64 << 10)
    for size in (most - 1, most, most + 1, 3 * most):
        long = b'{"text": "x", "rest": "' + b"y" * (size - 25) + b'"}'
        assert len(long) == size
        path = put(tmp_path / "a.jsonl", b'{"text": "first"}\n' + long + end)
        rows = told(read_ranges(path, "jsonl", extract=small)[0])
        expected = "x" if size < most else "dropped: text_too_large"
        assert rows == ["first", expected, *(["last"] if len(end) > 1 else [])]


@given(st.binary(max_size=50).map(lambda data: data.replace(b"z", b"\n")), st.integers(1, 9))
def test_lines_of_a_file(data, longest):
    data = b"ab\n" * 3 + data
    lines = list(lines_of(stdio.BytesIO(data), longest))
    whole = stdio.BytesIO(data).readlines()
    assert len(lines) == len(whole)
    for line, held in zip(whole, lines, strict=True):
        too_long = len(line) > longest or (len(line) == longest and not line.endswith(b"\n"))
        assert held == (None if too_long else line)


@pytest.mark.parametrize("kind", ["text", "parquet", "csv", "jsonl"])
@pytest.mark.parametrize("letter", ["x", "é", "语", "\U0001f600"])
def test_a_text_longer_than_the_recipe_lets_one_be(tmp_path, kind, letter):
    small = recipe.Extract(max_text_bytes=1_200)
    most = 1_200 // len(letter.encode())
    for size, expected in ((most, letter * most), (most + 1, "dropped: text_too_large")):
        path = tmp_path / f"a.{kind}"
        if kind == "parquet":
            pq.write_table(pa.table({"text": [letter * size], "date": ["2024"]}), path)
        elif kind == "jsonl":
            path.write_text(json.dumps({"text": letter * size}))
        else:
            path.write_text(f"text\n{letter * size}\n" if kind == "csv" else letter * size)
        rows, _ = read_ranges(path, kind, extract=small)
        assert told(rows) == [expected]
        assert rows[0][1].get("date") == ("2024" if kind == "parquet" and size == most else None)


IDS = {
    "a string": ('"x"', "x"),
    "a number": ("7", "7"),
    "null": ("null", "s/a.jsonl#0"),
    "empty": ('""', "s/a.jsonl#0"),
    "a list": ("[1]", "[1]"),
    "a lone surrogate": ('"a\\udfff"', "a\ufffd"),
}


@pytest.mark.parametrize(("value", "expected"), IDS.values(), ids=IDS)
def test_ids_of_any_type(tmp_path, value, expected):
    for text in ("a", " "):
        line = f'{{"text": "{text}", "id": {value}, "url": "u\\ud800", "date": 2024}}\n'
        ((_, row),), _ = read_ranges(put(tmp_path / "a.jsonl", line.encode()), "jsonl")
        assert row.get("id", "s/a.jsonl#0") in (expected, "")
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
    result = told(rows)
    assert result[-1] == "damaged: bad_compression"
    assert result[:-1] == MANY[: len(result) - 1]
    assert [row["n"] for _, row in rows] == list(range(len(result)))
    rows, _ = read_ranges(put(tmp_path / name, b"not packed at all"), "jsonl")
    assert told(rows) == ["damaged: bad_compression"]


def test_a_gz_file_gives_what_can_be_read_of_it(tmp_path):
    data = gzip.compress(MANY_LINES)
    rows, _ = read_ranges(put(tmp_path / "x.jsonl.gz", data[: len(data) * 9 // 10]), "jsonl")
    assert len(rows) > 100


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
    data, expected = FILES[name]
    assert told(read_ranges(put(tmp_path / name, data), "text")[0]) == [expected]


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
    monkeypatch.setattr(sources.reading.io, "open_read", lambda *_: _Late(b'{"text": "a"}'))
    file = sources.InputFile(0, "s", "a", "s3://b/a", 13, "")
    part = sources.Range(file, 0, 13)
    source = recipe.Source(kind=kind, path=("s3://b/a",))
    with pytest.raises(TimeoutError):
        list(sources.read(part, source, recipe.Extract(), sources.Reading()))


# --- what unpacks too far ----------------------------------------------------------------------

PACKERS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}
if unpack.zstd is not None:
    PACKERS[".zst"] = unpack.zstd.compress


@pytest.mark.parametrize("ending", PACKERS)
@pytest.mark.parametrize("kind", ["text", "jsonl", "csv", "html", "book", "mediawiki"])
def test_a_file_that_unpacks_too_far_is_damaged(tmp_path, monkeypatch, kind, ending):
    monkeypatch.setattr(unpack, "FREE", 1 << 20)
    data = b"text\n" + b" " * (6 << 20) if kind in ("csv", "mediawiki") else b" " * (6 << 20)
    packed = PACKERS[ending](data)
    assert len(packed) * unpack.RATIO < len(data)
    path = put(tmp_path / f"a.{kind}{ending}", packed)
    settings = recipe.Extract(max_text_bytes=8 << 20, max_page_bytes=8 << 20)
    rows = told(read_ranges(path, kind, extract=settings)[0])
    assert rows[-1] == "damaged: unpacks_too_far"
    assert len(rows) == 1


@pytest.mark.parametrize("ending", PACKERS)
def test_what_repeats_as_texts_do_is_read(tmp_path, monkeypatch, ending):
    monkeypatch.setattr(unpack, "FREE", 1 << 10)
    line = b'{"text": "a line of a log, as another is but for a number: %06d"}\n'
    path = put(
        tmp_path / f"a.jsonl{ending}", PACKERS[ending](b"".join(line % n for n in range(9_000)))
    )
    rows = told(read_ranges(path, "jsonl")[0])
    assert len(rows) == 9_000
    assert not any(row.startswith("damaged") for row in rows)


def test_it_is_no_fault_of_the_network():
    error = unpack.UnpacksTooFarError("9 bytes")
    assert isinstance(error, UNPACKING_ERRORS)
    assert not unpack.is_io_error(error)
