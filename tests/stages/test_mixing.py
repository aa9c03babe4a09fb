"""Units of the mix and of the shards, as a worker does them."""

import json
from dataclasses import asdict
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from curate.engine.verbs import BUCKET
from curate.mix import prefix, weights
from curate.mix.boundaries import ShardBoundaries
from curate.mix.mixed import Mixed
from curate.stages import mix, shards
from curate.store import io, schema
from curate.store.commits import Commit, Receipt, read_receipts
from curate.store.keys import SIGN, Tally, corpus_key, unsigned
from stages.planned import LEFT, TEXTS, documents_of, id_of, planned_of, planned_rows


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planned")
    return planned_of(folder, documents_of(folder))


def share(source, full_epochs, remainder):
    return weights.Share(
        source=source, weight=Fraction(1, 2), documents=1, tokens=1, target=1,
        full_epochs=full_epochs, remainder_tokens=remainder,
    )  # fmt: skip


MIXED = Mixed(
    {"books": share("books", 2, 1), "crawl": share("crawl", 0, 1)},
    {"books": prefix.Cutoff(1 << 63, 0, False), "crawl": prefix.Cutoff(3 << 62, 0, True)},
)


def copies_of(row):
    """Return how often a planned row is taken: whole times, once more before the cut."""
    if row["held_out"]:
        return 0
    whole, cut = {"books": (2, 1 << 63), "crawl": (0, 3 << 62)}[row["source"]]
    return whole + (unsigned(row["mix"]) < cut)


def shard_rows_wanted(documents):
    """Return (id, epoch, split, order) of every row of the shards, plainly."""
    rows = []
    for row in planned_rows(documents):
        hash_, copies = unsigned(row["shuffle"]), copies_of(row)
        if row["held_out"]:
            rows.append((row["id"], 0, "validation", hash_))
        rows += [
            (row["id"], epoch, "train", ((epoch << 64) + hash_) // copies)
            for epoch in range(copies)
        ]
    return rows


def test_documents_stand_as_often_as_they_were_drawn(documents):
    rows = planned_rows(documents)
    planned = pa.RecordBatch.from_pylist(rows, schema=schema.PLANNED)
    copies = MIXED.copies(planned)
    assert copies.tolist() == [copies_of(row) for row in rows]
    assert {0, 1, 2, 3} == set(copies.tolist())
    placed = MIXED.placed(planned)
    result = [
        (rows[row]["id"], epoch, split, order)
        for split, columns in placed.items()
        for row, epoch, order in zip(*(one.tolist() for one in columns), strict=True)
    ]
    assert sorted(result) == sorted(shard_rows_wanted(documents))


def test_the_outcomes_of_all_that_reached_the_mix(documents, tmp_path):
    corpus, achieved, states = Tally(), {}, {}
    for unit in documents.units():
        receipt = mix.outcomes_unit(str(tmp_path), unit.name, unit.payload, mixed=MIXED)
        (file,) = receipt.files
        table = pq.read_table(tmp_path / file.name)
        assert table.schema.names == schema.OUTCOMES.names
        states |= {row["id"]: row["state"] for row in table.to_pylist()}
        corpus += Tally(*receipt.facts["corpus"])
        achieved |= receipt.facts["achieved"]
        assert receipt.records == file.rows
    rows = planned_rows(documents)
    assert states == {
        row["id"]: "held_out" if row["held_out"] else "kept" if copies_of(row) else "unused"
        for row in rows
    }
    assert set(states.values()) == {"held_out", "kept", "unused"}
    expected = Tally()
    for id_, epoch, _, _ in shard_rows_wanted(documents):
        expected.add_key(corpus_key(id_, 0, epoch))
    assert corpus == expected
    assert achieved == {
        source: [
            sum(copies_of(row) for row in rows if row["source"] == source),
            sum(copies_of(row) * row["tokens"] for row in rows if row["source"] == source),
        ]
        for source in LEFT
    }


PLAN = shards.Plan(
    MIXED, {"train": ShardBoundaries((1 << 62, 1 << 63)), "validation": ShardBoundaries(())}
)


def made_rows(documents, wanted):
    batches = [
        batch
        for unit in documents.units()
        for batch in shards.read_rows([unit], plan=PLAN, is_wanted=np.array(wanted))
    ]
    return pa.Table.from_batches(batches, PLAN.rows)


ALL = [True] * 4


def test_rows_go_to_the_shard_their_order_says(documents):
    rows = made_rows(documents, ALL).to_pylist()
    expected = {
        (id_, epoch): (3 if split == "validation" else (order >= 1 << 62) + (order >= 1 << 63))
        for id_, epoch, split, order in shard_rows_wanted(documents)
    }
    assert {(row["id"], row["epoch"]): row[BUCKET] for row in rows} == expected
    assert len(rows) == len(expected)
    assert set(expected.values()) == {0, 1, 2, 3}
    tokens = {row["id"]: row["tokens"] for row in planned_rows(documents)}
    texts = {id_of(n): TEXTS[n] for n in range(40)}
    orders = {(id_, epoch): order for id_, epoch, _, order in shard_rows_wanted(documents)}
    for row in rows:
        assert (row["text"], row["token_count"]) == (texts[row["id"]], tokens[row["id"]])
        assert row["order"] + SIGN == orders[row["id"], row["epoch"]], "in the order of the hashes"
        assert row["piece"] == 0


def test_shards_that_are_done_are_not_made_again(documents):
    rows = made_rows(documents, [False, True, False, False]).to_pylist()
    whole = made_rows(documents, ALL).to_pylist()
    assert rows == [row for row in whole if row[BUCKET] == 1]
    assert made_rows(documents, [False] * 4).num_rows == 0


def written(documents, size, corpus, folder):
    """Return the receipts of all shards, written bucket by bucket from batches of a size."""
    order = [(name, "ascending") for name in ("order", "id", "piece", "epoch")]
    rows = made_rows(documents, ALL).sort_by(order)
    done = []
    for bucket in range(4):
        own = rows.filter(pc.equal(rows[BUCKET], bucket)).combine_chunks()
        batches = iter(own.to_batches(size))
        for batch in shards.write_bucket(
            bucket, batches, names=PLAN.names(), corpus=corpus, folder=folder
        ):
            done += map(Receipt.from_json, batch["receipt"].to_pylist())
    return done


def test_shards_do_not_depend_on_the_batches(documents, tmp_path):
    names = PLAN.names()
    assert names == [
        *(f"train/train-0000{n}-of-00003.parquet" for n in range(3)),
        "validation/validation-00000-of-00001.parquet",
    ]
    result = {}
    for size in (1, 7, 1000):
        corpus, folder = str(tmp_path / str(size)), str(tmp_path / f"work-{size}")
        done = written(documents, size, corpus, folder)
        assert [receipt.unit for receipt in done] == names
        assert read_receipts(folder) == {receipt.unit: receipt for receipt in done}
        assert sorted(io.list_files(corpus)) == sorted(io.join(corpus, name) for name in names)
        result[size] = [receipt.files[0].sha256 for receipt in done]
    assert result[1] == result[7] == result[1000]
    tally = Tally()
    for receipt in done:
        path = tmp_path / "1000" / receipt.unit
        assert (receipt.files[0].bytes, receipt.files[0].sha256) == (
            path.stat().st_size,
            io.sha256(path),
        )
        table = pq.read_table(path)
        assert table.schema.names == schema.CORPUS.names
        assert receipt.facts["tokens"] == sum(table["token_count"].to_pylist())
        assert receipt.files[0].rows == table.num_rows
        shards.corpus_tally(str(path), tally)
    expected = Tally()
    for id_, epoch, _, _ in shard_rows_wanted(documents):
        expected.add_key(corpus_key(id_, 0, epoch))
    assert tally == expected


def test_a_shard_that_fails_is_not_published(documents, tmp_path):
    def batches():
        yield made_rows(documents, ALL).to_batches()[0]
        raise RuntimeError("lost")

    url = str(tmp_path / "train/train-00000-of-00001.parquet")
    with pytest.raises(RuntimeError, match="lost"):
        shards.write_shard(url, "x", batches())
    assert io.list_files(str(tmp_path)) == {}


def test_a_plan_comes_back_from_its_commit():
    report = {
        "plan": {name: mix._plain_share(one) for name, one in MIXED.shares.items()},
        "cuts": {name: asdict(cut) for name, cut in MIXED.cuts.items()},
        "shards": {"train": [1 << 62, 1 << 63], "validation": []},
    }  # fmt: skip
    commit = Commit.of("mix", "h", "/w", (), json.loads(json.dumps(report)))
    assert mix.mixed_of(commit) == MIXED
    assert shards.plan_of(commit) == PLAN
    without = {**report, "shards": {"train": [5], "validation": None}}
    names = shards.plan_of(Commit.of("mix", "h", "/w", (), without)).names()
    assert names == ["train/train-00000-of-00002.parquet", "train/train-00001-of-00002.parquet"]
