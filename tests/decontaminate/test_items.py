"""Benchmark files as they are passed around."""

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.decontaminate import Item, read_items
from curate.decontaminate.items import texts_of

ROWS = [
    {"id": "a", "question": "Why?", "choices": {"text": ["no", "yes"], "label": ["A", "B"]}},
    {"id": 7, "question": "Who?", "answers": [{"text": "me"}, {"text": "me"}], "year": 1999},
    {"text": "Passage: It rained.\nAll day.\nQuestion: Is it wet? yes", "answer": None},
]
ITEMS = [
    Item("b", "a", (
        ("id", "a"), ("question", "Why?"), ("choices", "no"), ("choices", "yes"),
        ("choices", "A"), ("choices", "B"),
    )),
    Item("b", "7", (("question", "Who?"), ("answers", "me"))),
    Item("b", "2", (("text", ROWS[2]["text"]),)),
]  # fmt: skip
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)


def test_json_lines(tmp_path):
    path = tmp_path / "b.jsonl"
    path.write_text(LINES)
    assert list(read_items(str(path), "b")) == ITEMS
    packed = tmp_path / "b.jsonl.gz"
    packed.write_bytes(gzip.compress(LINES.encode() + b"\n"))
    assert list(read_items(str(packed), "b")) == ITEMS


def test_parquet(tmp_path):
    path = tmp_path / "b.parquet"
    pq.write_table(pa.Table.from_pylist([ROWS[0], ROWS[0] | {"id": "c"}]), path)
    assert [item.texts[1:] for item in read_items(str(path), "b")] == [ITEMS[0].texts[1:]] * 2


def test_chosen_fields(tmp_path):
    path = tmp_path / "b.jsonl"
    path.write_text(LINES)
    result = [item.texts for item in read_items(str(path), "b", {"question", "answers"})]
    assert result == [
        (("question", "Why?"),),
        (("question", "Who?"), ("answers", "me")),
        (("question", "Is it wet? yes"),),
    ]


def test_labels_begin_a_line():
    row = {"text": "An Answer: no.\nContext:\tx\nAnswer:"}
    fields = {"text", "context", "answer"}
    assert list(texts_of(row, fields)) == [
        ("text", "An Answer: no."), ("context", "x"), ("answer", ""),
    ]  # fmt: skip


BAD = {
    "no JSON": ("b.jsonl", b'{"a": 1}\n{no\n', "line 2"),
    "no object": ("b.jsonl", b"[1]\n", "no JSON object"),
    "cut short": ("b.jsonl.gz", gzip.compress(b'{"a": "b"}\n' * 99)[:40], "expected JSON lines"),
    "no Parquet": ("b.parquet", b"PAR1", "expected JSON lines or Parquet"),
}


@pytest.mark.parametrize(("name", "data", "message"), BAD.values(), ids=BAD)
def test_a_file_that_is_none_is_a_mistake(tmp_path, name, data, message):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ValueError, match=message):
        list(read_items(str(path), "b"))
