"""The count: weights and lots of documents, unit by unit, and ids of their own."""

import json

import numpy as np
import pyarrow as pa
import pytest
from planned import (
    LEFT,
    SEED,
    TEXTS,
    VALIDATION,
    commit_of,
    documents_of,
    id_of,
    planned_rows,
    tally_of,
    weighed_of,
)

from curate.spark import count
from curate.store.keys import SIGN, Tally, seeded_hash
from curate.text import tokenizers as tokens


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    return documents_of(tmp_path_factory.mktemp("documents"))


@pytest.fixture(scope="module")
def weighed(documents, tmp_path_factory):
    return weighed_of(tmp_path_factory.mktemp("weighed"), documents)


# --- weights -----------------------------------------------------------------------------------


def test_what_is_left_of_each_part_is_counted(weighed):
    tallies = [receipt.tally for receipt in weighed.commit.receipts]
    assert tallies == [tally_of(numbers, source) for source, numbers in LEFT.items()]


def test_documents_weigh_what_plain_python_says(weighed):
    tokenizer = tokens.load("gpt2")
    wanted = [
        {
            "key": n,
            "piece": 0,
            "id": id_of(n),
            "source": source,
            "tokens": len(tokenizer.encode(TEXTS[n])),
            "bytes": len(TEXTS[n].encode()),
            "held_out": seeded_hash("split", id_of(n), SEED) / 2**64 < VALIDATION,
            "mix": seeded_hash("mix", id_of(n), SEED) - SIGN,
            "shuffle": seeded_hash("shuffle", id_of(n), SEED) - SIGN,
        }
        for source, numbers in LEFT.items()
        for n in numbers
    ]
    assert planned_rows(weighed) == wanted
    assert 0 < sum(row["held_out"] for row in wanted) < len(wanted)


def test_totals_are_sums_by_source_without_the_held_out(weighed):
    wanted = {}
    for row in planned_rows(weighed):
        own = wanted.setdefault(count.HELD_OUT if row["held_out"] else row["source"], [0, 0, 0])
        for place, amount in enumerate((1, row["tokens"], row["bytes"])):
            own[place] += amount
    assert weighed.totals() == wanted
    assert set(wanted) == {"books", "crawl", count.HELD_OUT}


@pytest.mark.parametrize(("validation", "held"), [(0.0, 0), (1 - 2**-53, 20)])
def test_nobody_or_everybody_is_held_out(documents, tmp_path, validation, held):
    payload = documents.units()["000000"]
    payload = json.dumps({**json.loads(payload), "dropped": []})
    receipt = count.count_unit(
        str(tmp_path), "u", payload,
        tokenizer=tokens.load("gpt2"), seed=SEED,
        validation=dict.fromkeys(("books", "crawl"), validation), renamed=[],
    )  # fmt: skip
    assert receipt.facts["totals"].get(count.HELD_OUT, [0])[0] == held
    assert receipt.records == 20


def test_a_part_of_which_nothing_is_left(documents, tmp_path):
    part = json.loads(documents.units()["000000"])
    gone = pa.RecordBatch.from_pydict({"key": list(range(20))})
    fates = commit_of(tmp_path, "f", "fates", gone.schema, gone)
    payload = json.dumps({**part, "dropped": [fates.url(fates.files("fates")[0])]})
    receipt = count.count_unit(
        str(tmp_path), "u", payload,
        tokenizer=tokens.load("gpt2"), seed=SEED, validation={}, renamed=[],
    )  # fmt: skip
    assert (receipt.files, receipt.records, receipt.facts) == ((), 0, {"totals": {}})
    unit = json.dumps({"part": payload, "planned": []})
    assert list(count.read_weighed(unit, ["key"])) == []


def test_documents_and_their_weights_come_row_for_row(weighed):
    seen = []
    for payload in weighed.units().values():
        tally = Tally()
        for batch, planned in count.read_weighed(payload, [*count.KEY, "text"], tally):
            assert planned["key"].equals(batch["key"])
            sizes = [len(text.encode()) for text in batch["text"].to_pylist()]
            assert planned["bytes"].to_pylist() == sizes
            seen += batch["key"].to_pylist()
        assert tally.records > 0
    assert seen == LEFT["books"] + LEFT["crawl"]


def test_weights_of_other_documents_are_an_error(weighed):
    one, other = (json.loads(unit) for unit in weighed.units().values())
    mixed_up = json.dumps({"part": one["part"], "planned": other["planned"]})
    with pytest.raises(RuntimeError, match="planned rows are not those of its documents"):
        list(count.read_weighed(mixed_up, ["key"]))


# --- equal ids ---------------------------------------------------------------------------------


def test_equal_ids_get_numbers_in_the_order_of_keys(spark):
    drawn = np.random.default_rng(7).permutation(60).tolist()
    rows = [(key, f"id-{key % 7 if key % 3 else key}") for key in drawn]
    frame = spark.createDataFrame(rows, "key long, id string").repartition(5)
    seen, wanted, shared = {}, {}, set()
    for key, id_ in sorted(rows):
        seen[id_] = seen.get(id_, 0) + 1
        if seen[id_] > 1:
            wanted[key] = f"{id_}~{seen[id_]}"
            shared.add(id_)
    found = count.equal_ids(frame).collect()
    assert {row["key"]: row["id"] for row in found} == wanted
    assert len(found) == len(wanted)
    assert any(name.endswith("~3") for name in wanted.values())
    assert {row["id"] for row in count.shared_ids(frame).collect()} == shared
