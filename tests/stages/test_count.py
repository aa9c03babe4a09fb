"""The count: planned rows of documents, unit by unit, and ids of their own."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from curate.stages import count
from curate.store.documents import Part
from curate.store.keys import SIGN, Tally, seeded_hash
from curate.text import tokenizers as tokens
from stages.committed import after, carry_out, commit_of, committed_rows, run_of, table_of
from stages.planned import (
    LEFT,
    SEED,
    TEXTS,
    VALIDATION,
    documents_of,
    id_of,
    planned_of,
    planned_rows,
    tally_of,
)


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    return documents_of(tmp_path_factory.mktemp("documents"))


@pytest.fixture(scope="module")
def planned(documents, tmp_path_factory):
    return planned_of(tmp_path_factory.mktemp("planned"), documents)


# --- planned rows ------------------------------------------------------------------------------


def test_what_is_left_of_each_part_is_counted(planned):
    tallies = [receipt.tally for receipt in planned.commit.receipts()]
    assert tallies == [tally_of(numbers, source) for source, numbers in LEFT.items()]


def test_planned_rows_are_what_plain_python_says(planned):
    tokenizer = tokens.load("gpt2")
    wanted = [
        {
            "key": n,
            "piece": 0,
            "id": id_of(n),
            "source": source,
            "tokens": len(tokenizer.encode(TEXTS[n])),
            "bytes": len(TEXTS[n].encode()),
            "characters": len(TEXTS[n]),
            "held_out": seeded_hash("split", id_of(n), SEED) / 2**64 < VALIDATION,
            "mix": seeded_hash("mix", id_of(n), SEED) - SIGN,
            "shuffle": seeded_hash("shuffle", id_of(n), SEED) - SIGN,
            "score": None,
        }
        for source, numbers in LEFT.items()
        for n in numbers
    ]
    assert planned_rows(planned) == wanted
    assert 0 < sum(row["held_out"] for row in wanted) < len(wanted)


def test_totals_are_sums_by_source_without_the_held_out(planned):
    wanted = {}
    for row in planned_rows(planned):
        own = wanted.setdefault(count.HELD_OUT if row["held_out"] else row["source"], [0, 0, 0, 0])
        for place, amount in enumerate((1, row["tokens"], row["bytes"], row["characters"])):
            own[place] += amount
    assert planned.totals() == wanted
    assert set(wanted) == {"books", "crawl", count.HELD_OUT}


@pytest.mark.parametrize(("validation", "held"), [(0.0, 0), (1 - 2**-53, 20)])
def test_none_or_all_are_held_out(documents, tmp_path, validation, held):
    part = next(documents.parts())
    payload = replace(part, dropped=()).to_json()
    receipt = count.count_unit(
        str(tmp_path), "u", payload,
        tokenizer=tokens.load("gpt2"), seed=SEED,
        validation=dict.fromkeys(("books", "crawl"), validation), renamed=[],
    )  # fmt: skip
    assert receipt.facts["totals"].get(count.HELD_OUT, [0])[0] == held
    assert receipt.records == 20


def test_a_part_of_which_nothing_is_left(documents, tmp_path):
    part: Part = next(documents.parts())
    gone = pa.RecordBatch.from_pydict({"key": list(range(20))})
    outcomes = commit_of(tmp_path, "f", "outcomes", gone.schema, gone)
    payload = replace(part, dropped=tuple(outcomes.urls("outcomes"))).to_json()
    receipt = count.count_unit(
        str(tmp_path), "u", payload,
        tokenizer=tokens.load("gpt2"), seed=SEED, validation={}, renamed=[],
    )  # fmt: skip
    assert (receipt.files, receipt.records, receipt.facts) == (
        (),
        0,
        {"totals": {}, "languages": {}},
    )
    unit = json.dumps({"part": payload, "planned": []})
    assert list(count.read_planned(unit, ["key"])) == []


def test_documents_and_their_planned_rows_come_row_for_row(planned):
    seen = []
    for unit in planned.units():
        tally = Tally()
        for batch, rows in count.read_planned(unit.payload, [*count.KEY, "text"], tally):
            assert rows["key"].equals(batch["key"])
            sizes = [len(text.encode()) for text in batch["text"].to_pylist()]
            assert rows["bytes"].to_pylist() == sizes
            seen += batch["key"].to_pylist()
        assert tally.records > 0
    assert seen == LEFT["books"] + LEFT["crawl"]


def test_planned_rows_of_other_documents_are_an_error(planned):
    one, other = (json.loads(unit.payload) for unit in planned.units())
    mixed_up = json.dumps({"part": one["part"], "planned": other["planned"]})
    with pytest.raises(RuntimeError, match="planned rows are not those of its documents"):
        list(count.read_planned(mixed_up, ["key"]))


# --- equal ids ---------------------------------------------------------------------------------


def renamed(engine, folder, ids):
    """Return key -> new id of documents with these ids by key, and the stage's commit."""
    rows = [
        {"key": key, "source": "wiki", "file_path": "f", "n": key, "id": id_, "text": f"Text {key}"}
        for key, id_ in ids.items()
    ]
    documents = committed_rows(folder / "documents", rows, parts=5)
    commit = carry_out(count, run_of(folder / "run", engine), after(documents)).of("count")
    new = table_of(commit, "renamed")
    assert [row["key"] for row in new] == sorted(row["key"] for row in new)
    planned = {row["key"]: row["id"] for row in table_of(commit, "planned")}
    assert planned == {**ids, **{row["key"]: row["id"] for row in new}}
    assert commit.report["ids renamed"] == len(new)
    return {row["key"]: row["id"] for row in new}


def test_equal_ids_get_numbers_in_the_order_of_keys(engine, tmp_path):
    drawn = np.random.default_rng(7).permutation(60).tolist()
    ids = {key: f"id-{key % 7 if key % 3 else key}" for key in drawn}
    seen, wanted = {}, {}
    for key, id_ in sorted(ids.items()):
        seen[id_] = seen.get(id_, 0) + 1
        if seen[id_] > 1:
            wanted[key] = f"{id_}~{seen[id_]}"
    assert renamed(engine, tmp_path, ids) == wanted
    assert any(name.endswith("~3") for name in wanted.values())


def test_ids_that_all_differ_stay(local, tmp_path):
    assert renamed(local, tmp_path, {key: f"id-{key}" for key in range(9)}) == {}


def test_a_new_id_that_another_document_has_gets_more_marks(local, tmp_path, monkeypatch):
    monkeypatch.setattr("curate.stages.sorting.BUCKET_ROWS", 2)
    ids = {0: "a", 1: "a", 2: "a~2", 3: "a", 4: "a~~3", 5: "b", 6: "b"}
    wanted = {1: "a~~~2", 3: "a~~~3", 6: "b~~~2"}
    assert renamed(local, tmp_path, ids) == wanted
    assert not set(wanted.values()) & set(ids.values())
