"""What plan says of columns that no row can satisfy."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.recipe import Source
from curate.sources.columns import column_mistakes
from curate.sources.files import InputFile
from sources.reading import put

TEXT = pa.array(["a"])
INNER = pa.array([{"body": "a", "n": 1}])
# label: columns, keys of the source, what the mistakes end with
PARQUET = {
    "text": ({"text": TEXT}, {}, []),
    "bytes": ({"text": pa.array([b"a"])}, {}, []),
    "a dictionary": ({"text": TEXT.dictionary_encode()}, {}, []),
    "nothing yet": ({"text": pa.nulls(1)}, {}, []),
    "a number": ({"text": pa.array([1])}, {}, ["got text, which is int64"]),
    "a list": ({"text": pa.array([["a"]])}, {}, ["got text, which is list<element: string>"]),
    "a column with columns": ({"text": INNER}, {},
                              ["got text, which is struct<body: string, n: int64>"]),
    "another spelling": ({"Text": TEXT}, {}, ["got text; Text is one"]),
    "inside": ({"page": INNER}, {"text": "page.body"}, []),
    "not inside": ({"page": INNER}, {"text": "page.words"}, ["got page.words, which is in none"]),
    "a number inside": ({"page": INNER}, {"text": "page.n"}, ["got page.n, which is int64"]),
    "an id that is asked for": ({"text": TEXT}, {"id": "key"}, ["(text), got key"]),
    "an id that is not": ({"text": TEXT}, {}, []),
    "a grade": ({"text": TEXT, "label": TEXT}, {"reference": True, "grade": "label"}, []),
    "no such grade": (
        {"text": TEXT}, {"reference": True, "grade": {"column": "label"}}, ["(text), got label"],
    ),
    "a URL and a date": ({"text": TEXT}, {"url": "u", "date": "d"}, ["got u", "got d"]),
}  # fmt: skip


def mistakes(path, kind, keys):
    source = Source(kind=kind, path=(str(path),), **keys)
    file = InputFile(0, "s", path.name, str(path), path.stat().st_size, "")
    return list(column_mistakes("s", source, [file]))


def check(found, wanted):
    assert len(found) == len(wanted)
    assert all(one.endswith(end) for one, end in zip(found, wanted, strict=True)), found
    assert all(one.startswith("sources.s.") for one in found)


@pytest.mark.parametrize("label", PARQUET)
def test_parquet(tmp_path, label):
    columns, keys, wanted = PARQUET[label]
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    check(mistakes(tmp_path / "a.parquet", "parquet", keys), wanted)


def test_json_lines_are_taken_together(tmp_path):
    lines = [{"id": "1"}, {"text": "a", "{x}": 1}]
    path = put(tmp_path / "a.jsonl", "\n".join(map(json.dumps, lines)).encode())
    check(mistakes(path, "jsonl", {}), [])
    check(mistakes(path, "jsonl", {"text": "body"}), ["(id, text, {x}), got body"])


def test_csv(tmp_path):
    path = put(tmp_path / "a.csv", b"id;text\n1;a\n")
    check(mistakes(path, "csv", {}), [])
    check(mistakes(path, "csv", {"text": "body"}), ["got body"])


def test_damaged_files_say_nothing(tmp_path):
    path = put(tmp_path / "a.parquet", b"no table")
    assert mistakes(path, "parquet", {}) == []
