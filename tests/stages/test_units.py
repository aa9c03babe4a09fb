"""Units of extraction and of filtering, as a worker does them."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate import filters
from curate import recipe as recipes
from curate.sources import InputFile, Range, ranges_to_json
from curate.stages import extract
from curate.stages import filter as filter_
from curate.store import io, schema
from curate.store.commits import Commit
from curate.store.documents import Documents
from curate.store.keys import Tally
from stages.committed import commit_of
from stages.planned import filtered


def test_a_unit_of_extraction_and_one_of_filtering(tmp_path):
    lines = [
        '{"text": "one two three four five six."}',
        "",
        "{broken",
        '{"text": "short."}',
        '{"text": ""}',
        '{"text": "seven eight nine ten eleven twelve."}',
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(lines))
    made = recipes.parse(
        {
            "sources": {"web": {"kind": "jsonl", "path": "a.jsonl"}},
            "language": {"keep": None},
            "filters": [
                {"gopher_quality": {
                    "too_few_words": 3, "too_few_stop_words": None,
                    "too_few_alphabetic_words": None,
                }}
            ],
        },
        tmp_path,
    )  # fmt: skip
    size = path.stat().st_size
    file = InputFile(5, "web", "a.jsonl", str(path), size, "v")
    whole = Tally()
    for n in range(len(lines)):
        whole.add("web", "a.jsonl", n)
    texts = [json.loads(lines[n])["text"] for n in (0, 3, 5)]
    whole.characters = sum(map(len, texts))

    payload = ranges_to_json([Range(file, 0, size)])
    read = extract.extract_unit(
        str(tmp_path / "e"), "000000", payload, sources=made.sources, settings=made.extract
    )
    assert read.tally == whole
    assert [(one.table, one.rows) for one in read.files] == [("documents", 3), ("outcomes", 3)]
    assert read.facts == {
        "split_boundaries": [],
        "digests": [[5, 0, io.sha256(path)]],
        "fallbacks": 0,
        "licenses": {},
    }
    commit = Commit.of("extract", "h", str(tmp_path / "e"), [read])

    (unit,) = Documents(commit).units()
    kept = filter_.filter_unit(str(tmp_path / "f"), unit.name, unit.payload, recipe=made)
    assert [(one.table, one.rows) for one in kept.files] == [("documents", 2), ("outcomes", 1)]
    tables = {one.table: pq.read_table(tmp_path / "f" / one.name) for one in kept.files}
    assert tables["documents"]["n"].to_pylist() == [0, 5]
    assert tables["documents"].schema.names == schema.FILTERED.names
    assert None not in tables["documents"]["language"].to_pylist()
    (outcome,) = tables["outcomes"].to_pylist()
    told = [outcome[name] for name in ("n", "state", "stage", "reason", "score")]
    assert told == [3, "dropped", "filter", "too_few_words", None]
    documents = Tally()
    for n in (0, 3, 5):
        documents.add("web", "a.jsonl", n)
    documents.characters = whole.characters
    assert kept.tally == documents


@pytest.mark.parametrize(("reference", "kept"), [(False, 0), (True, 1)])
def test_references_pass_unfiltered(tmp_path, reference, kept):
    made = recipes.parse(
        {"sources": {"books": {"kind": "text", "path": "x", "reference": reference}}}, tmp_path
    )
    commit = commit_of(
        tmp_path / "e", "extract", "documents", schema.FILTERED, filtered([1], "books")
    )
    (unit,) = Documents(commit).units()
    receipt = filter_.filter_unit(str(tmp_path / "f"), unit.name, unit.payload, recipe=made)
    assert sum(file.rows for file in receipt.files if file.table == "documents") == kept
    table = pq.read_table(tmp_path / "f" / receipt.files[0].name).to_pylist()
    if reference:
        assert table[0]["language"] == "en"
    else:
        assert table[0]["reason"] in filters.reasons()


def test_outcomes_of_a_language_have_its_score():
    dropped = filtered([1, 2], "crawl", language_score=lambda _: 0.25)
    reasons = pa.array(["language_not_kept", "too_few_words"], pa.string())
    rows = filter_.outcomes(dropped.append_column("drop_reason", reasons)).to_pylist()
    assert [(row["reason"], row["score"]) for row in rows] == [
        ("language_not_kept", 0.25),
        ("too_few_words", None),
    ]
    assert {(row["state"], row["stage"]) for row in rows} == {("dropped", "filter")}
