"""The tables users read: their columns, order, types and what may be null."""

from pathlib import Path

import pytest

from curate.recipe import json_schema as describe
from curate.store import schema

SCHEMAS = Path(__file__).resolve().parents[1] / "schemas"


@pytest.mark.parametrize("name", describe.files())
def test_the_published_schemas_are_those_of_the_code(name):
    assert (SCHEMAS / name).read_text() == describe.files()[name], (
        "write them anew: python -m curate.recipe.json_schema"
    )


def test_no_schema_is_left_over():
    assert sorted(path.name for path in SCHEMAS.iterdir()) == sorted(describe.files())


def test_the_columns_of_the_shards():
    assert schema.CORPUS.names == [
        "text", "id", "piece", "epoch", "source", "url", "date", "dump", "file_path",
        "language", "language_score", "quality_score", "token_count",
    ]  # fmt: skip
    types = {field.name: str(field.type) for field in schema.CORPUS}
    assert {name: of for name, of in types.items() if of != "string"} == {
        "piece": "int32",
        "epoch": "int32",
        "language_score": "double",
        "quality_score": "double",
        "token_count": "int64",
    }


NULLS = {
    "corpus": {"url", "date", "dump", "language", "language_score", "quality_score"},
    "ledger": {"length", "id", "url", "reason", "score", "kept_id"},
    "duplicates": {"jaccard"},
    "contamination": set(),
    "samples": {"reason", "id", "url", "text"},
}


@pytest.mark.parametrize("name", schema.PUBLIC)
def test_what_may_be_null(name):
    assert {field.name for field in schema.PUBLIC[name] if field.nullable} == NULLS[name]


def test_the_columns_of_the_books():
    assert schema.LEDGER.names == [
        "source", "file_path", "n", "length", "id", "url",
        "state", "stage", "reason", "score", "kept_id",
    ]  # fmt: skip
    assert schema.DUPLICATES.names == ["removed_id", "kept_id", "jaccard", "rule"]
    assert [name for name in schema.FATES.names if name in schema.LEDGER.names] == (
        schema.LEDGER.names
    )


def test_documents_gain_columns_and_lose_none():
    assert schema.JUDGED.names[: len(schema.DOCUMENTS)] == schema.DOCUMENTS.names
    for table in (schema.DOCUMENTS, schema.FATES, schema.PLANNED):
        assert not table.field("key").nullable
        assert str(table.field("key").type) == "int64"


def test_every_fate_has_one_of_six_states():
    assert schema.STATES == ("damaged", "skipped", "dropped", "held_out", "unused", "kept")


def test_a_schema_as_plain_data():
    assert describe.described(schema.DUPLICATES)[3] == {
        "name": "rule",
        "type": "string",
        "nullable": False,
    }
