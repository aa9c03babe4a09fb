"""What croissant.json says of a corpus is true of its files; Croissant's own library reads it."""

import hashlib
import json
import logging

import pyarrow.parquet as pq
import pytest
from test_verify import make

from curate.cli import main
from curate.report.croissant import croissant
from curate.store import schema


@pytest.fixture
def out(tmp_path):
    out = tmp_path / "corpus"
    make(out)
    with pytest.raises(SystemExit) as left:
        main(["croissant", str(out), "--name", "news", "--url", "https://example.org/news"])
    assert left.value.code == 0
    return out


def test_files_and_columns_are_those_of_the_corpus(out):
    whole = json.loads((out / "croissant.json").read_text())
    objects = [one for one in whole["distribution"] if one["@type"] == "cr:FileObject"]
    assert {one["contentUrl"] for one in objects} == {
        path.relative_to(out).as_posix() for path in out.glob("corpus/*/*.parquet")
    }
    for one in objects:
        data = (out / one["contentUrl"]).read_bytes()
        assert one["sha256"] == hashlib.sha256(data).hexdigest()
        assert one["contentSize"] == f"{len(data)} B"
    sets = [one for one in whole["distribution"] if one["@type"] == "cr:FileSet"]
    assert [list(out.glob(one["includes"])) != [] for one in sets] == [True, True]
    for records in whole["recordSet"]:
        columns = [one["source"]["extract"]["column"] for one in records["field"]]
        assert columns == pq.read_schema(out / objects[0]["contentUrl"]).names
        assert {one["source"]["fileSet"]["@id"] for one in records["field"]} <= {
            one["@id"] for one in sets
        }
    assert (whole["name"], whole["url"]) == ("news", "https://example.org/news")


def test_licences_are_addresses_where_they_have_one():
    sources = {"a": {"license": "CC BY-SA 4.0"}, "b": {"license": "MIT"}, "c": {}}
    whole = croissant({"shards": [], "recipe": {"sources": sources}, "version": 3})
    assert whole["license"] == [
        "https://spdx.org/licenses/CC-BY-SA-4.0.html", "https://spdx.org/licenses/MIT.html",
        "unknown",
    ]  # fmt: skip
    assert whole["version"] == "1.0.2"


def test_the_library_finds_no_mistake_and_reads_the_rows(out, caplog):
    mlcroissant = pytest.importorskip("mlcroissant", reason="comes with the extra trainers")
    with caplog.at_level(logging.WARNING):
        dataset = mlcroissant.Dataset(out / "croissant.json")
    assert not dataset.metadata.issues.errors
    assert "@context" not in caplog.text, "the context is not that of the specification"
    for split in ("train", "validation"):
        rows = [
            {key.partition("/")[2]: value for key, value in row.items()}
            for row in dataset.records(split)
        ]
        shards = sorted(out.glob(f"corpus/{split}/*.parquet"))
        expected = [row for shard in shards for row in pq.read_table(shard).to_pylist()]
        assert [row["id"].decode() for row in rows] == [row["id"] for row in expected]
        assert [row["text"].decode() for row in rows] == [row["text"] for row in expected]
        assert [row["token_count"] for row in rows] == [row["token_count"] for row in expected]
        assert set(rows[0]) == set(schema.CORPUS.names)
