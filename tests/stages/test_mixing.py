"""Units of the mix and of the shards, as a worker does them."""

import json
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from planned import LEFT, TEXTS, documents_of, id_of, planned_rows, weighed_of

from curate.mix import prefix, weights
from curate.mix.boundaries import ShardBoundaries
from curate.spark import count, mix, shards
from curate.store import io, schema
from curate.store.commits import Commit
from curate.store.keys import SIGN, Tally, corpus_key, unsigned


@pytest.fixture(scope="module")
def weighed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weighed")
    return weighed_of(folder, documents_of(folder))


def share(source, full_epochs, remainder):
    return weights.Share(
        source=source, weight=Fraction(1, 2), documents=1, tokens=1, target=1,
        full_epochs=full_epochs, remainder_tokens=remainder,
    )  # fmt: skip


MIXED = mix.Mixed(
    {"books": share("books", 2, 1), "crawl": share("crawl", 0, 1)},
    {"books": prefix.Cutoff(1 << 63, 0, False), "crawl": prefix.Cutoff(3 << 62, 0, True)},
)


def copies_of(row):
    """Return how often a planned row is taken: whole times, once more before the cut."""
    if row["held_out"]:
        return 0
    whole, cut = {"books": (2, 1 << 63), "crawl": (0, 3 << 62)}[row["source"]]
    return whole + (unsigned(row["mix"]) < cut)


def shard_rows_wanted(weighed):
    """Return (id, epoch, split, order) of every row of the shards, plainly."""
    rows = []
    for row in planned_rows(weighed):
        lot, copies = unsigned(row["shuffle"]), copies_of(row)
        if row["held_out"]:
            rows.append((row["id"], 0, "validation", lot))
        rows += [
            (row["id"], epoch, "train", ((epoch << 64) + lot) // copies) for epoch in range(copies)
        ]
    return rows


def test_documents_stand_as_often_as_they_were_drawn(weighed):
    rows = planned_rows(weighed)
    planned = pa.RecordBatch.from_pylist(rows, schema=schema.PLANNED)
    copies = MIXED.copies(planned)
    assert copies.tolist() == [copies_of(row) for row in rows]
    assert {0, 1, 2, 3} == set(copies.tolist())
    placed = MIXED.placed(planned)
    found = [
        (rows[row]["id"], epoch, split, order)
        for split, columns in placed.items()
        for row, epoch, order in zip(*(one.tolist() for one in columns), strict=True)
    ]
    assert sorted(found) == sorted(shard_rows_wanted(weighed))


def test_the_fates_of_all_that_reached_the_mix(weighed, tmp_path):
    corpus, achieved, states = Tally(), {}, {}
    for unit, payload in weighed.units().items():
        receipt = mix.fates_unit(str(tmp_path), unit, payload, mixed=MIXED)
        (file,) = receipt.files
        table = pq.read_table(tmp_path / file.name)
        assert table.schema.names == schema.FATES.names
        states |= {row["id"]: row["state"] for row in table.to_pylist()}
        corpus += Tally(*receipt.facts["corpus"])
        achieved |= receipt.facts["achieved"]
        assert receipt.records == file.rows
    rows = planned_rows(weighed)
    assert states == {
        row["id"]: "held_out" if row["held_out"] else "kept" if copies_of(row) else "unused"
        for row in rows
    }
    assert set(states.values()) == {"held_out", "kept", "unused"}
    wanted = Tally()
    for id_, epoch, _, _ in shard_rows_wanted(weighed):
        wanted.add_key(corpus_key(id_, 0, epoch))
    assert corpus == wanted
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


def made_rows(weighed, partitions):
    batches = [
        batch
        for payload in weighed.units().values()
        for documents, planned in count.read_weighed(payload, shards.COLUMNS)
        for batch in shards.shard_rows(documents, planned, PLAN, np.array(partitions, np.int64))
    ]
    return pa.Table.from_batches(batches, shards.ROWS)


def test_rows_go_to_the_shard_their_order_says(weighed):
    salts = [11, 22, 33, 44]
    rows = made_rows(weighed, salts).to_pylist()
    wanted = {
        (id_, epoch): (3 if split == "validation" else (order >= 1 << 62) + (order >= 1 << 63))
        for id_, epoch, split, order in shard_rows_wanted(weighed)
    }
    assert {(row["id"], row["epoch"]): row["shard"] for row in rows} == wanted
    assert len(rows) == len(wanted)
    assert set(wanted.values()) == {0, 1, 2, 3}
    weights_ = {row["id"]: row["tokens"] for row in planned_rows(weighed)}
    texts = {id_of(n): TEXTS[n] for n in range(40)}
    orders = {(id_, epoch): order for id_, epoch, _, order in shard_rows_wanted(weighed)}
    for row in rows:
        assert row["salt"] == salts[row["shard"]]
        assert (row["text"], row["token_count"]) == (texts[row["id"]], weights_[row["id"]])
        assert row["order"] + SIGN == orders[row["id"], row["epoch"]], "in the order of the lots"
        assert row["piece"] == 0


def test_shards_that_are_done_are_not_made_again(weighed):
    rows = made_rows(weighed, [-1, 22, -1, -1]).to_pylist()
    whole = made_rows(weighed, [11, 22, 33, 44]).to_pylist()
    assert rows == [row for row in whole if row["shard"] == 1]
    assert made_rows(weighed, [-1] * 4).num_rows == 0


def sorted_batches(weighed, size):
    keys = [(name, "ascending") for name in ("shard", "order", "id", "epoch")]
    return made_rows(weighed, [0] * 4).sort_by(keys).combine_chunks().to_batches(size)


def test_shards_do_not_depend_on_the_batches(weighed, tmp_path):
    names = PLAN.names()
    assert names == [
        *(f"train/train-0000{n}-of-00003.parquet" for n in range(3)),
        "validation/validation-00000-of-00001.parquet",
    ]
    found = {}
    for size in (1, 7, 1000):
        folder = str(tmp_path / str(size))
        done = list(shards.write_shards(sorted_batches(weighed, size), names, folder))
        assert [receipt.unit for receipt in done] == names
        assert sorted(io.list_files(folder)) == sorted(io.join(folder, name) for name in names)
        found[size] = [receipt.files[0].sha256 for receipt in done]
    assert found[1] == found[7] == found[1000]
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
    wanted = Tally()
    for id_, epoch, _, _ in shard_rows_wanted(weighed):
        wanted.add_key(corpus_key(id_, 0, epoch))
    assert tally == wanted


def test_a_shard_that_fails_is_not_published(weighed, tmp_path):
    def batches():
        yield made_rows(weighed, [0] * 4).to_batches()[0]
        raise RuntimeError("lost")

    url = str(tmp_path / "train/train-00000-of-00001.parquet")
    with pytest.raises(RuntimeError, match="lost"):
        shards.write_shard(url, "x", batches())
    assert io.list_files(str(tmp_path)) == {}


def test_a_plan_comes_back_from_its_commit():
    report = {
        "plan": {name: mix._plain_share(one) for name, one in MIXED.shares.items()},
        "cuts": {"books": {"hash": 1 << 63, "key": 0, "included": False},
                 "crawl": {"hash": 3 << 62, "key": 0, "included": True}},
        "shards": {"train": [1 << 62, 1 << 63], "validation": []},
    }  # fmt: skip
    commit = Commit("mix", "h", "/w", (), json.loads(json.dumps(report)))
    assert mix.mixed_of(commit) == MIXED
    assert shards.plan_of(commit) == PLAN
    without = {**report, "shards": {"train": [5], "validation": None}}
    names = shards.plan_of(Commit("mix", "h", "/w", (), without)).names()
    assert names == ["train/train-00000-of-00002.parquet", "train/train-00001-of-00002.parquet"]
