"""Units of work as a worker does them: weights, lots and ids; then what the mix makes of them."""

import json
from fractions import Fraction
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate import filters, io, schema
from curate import recipe as recipes
from curate.documents import Documents
from curate.keys import SIGN, Tally, corpus_key, draw, unsigned
from curate.mix import prefix, tokens, weights
from curate.mix.cuts import Cuts
from curate.sources import InputFile, Range, ranges_to_json
from curate.spark import count, extract, mix, shards
from curate.spark import filter as filter_
from curate.work import Commit, Receipt, write_tables

SEED, VALIDATION = 7, 0.25
TEXTS = [f"Text number {n}: " + "words and more words. " * (n % 7) + "Grüße" for n in range(40)]


def judged(numbers, source, **columns):
    rows = [
        {
            "key": n,
            "source": source,
            "file_path": "f",
            "n": n,
            "id": f"id-{n}",
            "url": None if n % 2 else f"http://x/{n}",
            "text": TEXTS[n],
            "text_hash": bytes(16),
            "characters": len(TEXTS[n]),
            **{name: of(n) for name, of in columns.items()},
        }
        for n in numbers
    ]
    return pa.RecordBatch.from_pylist(rows, schema=schema.JUDGED)


def tally_of(numbers, source):
    tally = Tally()
    for n in numbers:
        tally.add(source, "f", n)
    return tally


def commit_of(folder, name, table, schema_, *batches):
    receipts = []
    for n, batch in enumerate(batches):
        files = write_tables(str(folder), f"{n:06d}", {table: schema_}, [(table, batch)])
        receipts.append(Receipt(f"{n:06d}", files))
    return Commit(name, "h", str(folder), tuple(receipts))


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """Documents 0-19 of books, 20-39 of crawl, less 3, 4 and 25, which a later stage dropped."""
    folder = tmp_path_factory.mktemp("documents")
    parts = judged(range(20), "books"), judged(range(20, 40), "crawl")
    base = commit_of(folder / "filter", "filter", "documents", schema.JUDGED, *parts)
    gone = pa.RecordBatch.from_pydict({"key": [3, 4, 25]})
    fates = commit_of(folder / "dedup", "dedup", "fates", gone.schema, gone)
    return Documents(base).without(fates)


LEFT = {
    "books": [n for n in range(20) if n not in (3, 4)],
    "crawl": [*range(20, 25), *range(26, 40)],
}


@pytest.fixture(scope="module")
def renamed(tmp_path_factory):
    """A file of new ids: of 7, of 30, and of a key of no document."""
    folder = tmp_path_factory.mktemp("renamed")
    rows = pa.RecordBatch.from_pydict(
        {"key": [7, 30, 999], "id": ["id-0~2", "id-0~3", "none"]}, schema=count.RENAMED
    )
    made = commit_of(folder, "count", "renamed", count.RENAMED, rows)
    return [made.url(file) for file in made.files("renamed")]


def id_of(n):
    return {7: "id-0~2", 30: "id-0~3"}.get(n, f"id-{n}")


@pytest.fixture(scope="module")
def weighed(documents, renamed, tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("count"))
    work = partial(
        count.count_unit,
        tokenizer=tokens.load("gpt2"),
        seed=SEED,
        validation={"books": VALIDATION, "crawl": VALIDATION},
        renamed=renamed,
    )
    receipts = tuple(work(folder, unit, payload) for unit, payload in documents.units().items())
    return count.Weighed(documents, Commit("count", "h", folder, receipts))


def planned_rows(weighed):
    return [row for url in weighed.planned_urls() for row in pq.read_table(url).to_pylist()]


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
            "held_out": draw("split", id_of(n), SEED) / 2**64 < VALIDATION,
            "mix": draw("mix", id_of(n), SEED) - SIGN,
            "shuffle": draw("shuffle", id_of(n), SEED) - SIGN,
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


# --- the units before: extraction and filters ---------------------------------------------------


def test_a_unit_of_reading_and_one_of_judging(tmp_path):
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
                    "min_words": 3, "min_stop_words": None, "min_alphabetic_words": None,
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

    payload = ranges_to_json([Range(file, 0, size)])
    read = extract.extract_unit(
        str(tmp_path / "e"), "000000", payload, sources=made.sources, settings=made.extract
    )
    assert read.tally == whole
    assert [(one.table, one.rows) for one in read.files] == [("documents", 3), ("fates", 3)]
    assert read.facts == {"joints": [], "digests": [[5, 0, io.sha256(path)]], "fallen": 0}
    commit = Commit("extract", "h", str(tmp_path / "e"), (read,))

    ((unit, payload),) = Documents(commit).units().items()
    kept = filter_.filter_unit(str(tmp_path / "f"), unit, payload, recipe=made)
    assert [(one.table, one.rows) for one in kept.files] == [("documents", 2), ("fates", 1)]
    tables = {one.table: pq.read_table(tmp_path / "f" / one.name) for one in kept.files}
    assert tables["documents"]["n"].to_pylist() == [0, 5]
    assert tables["documents"].schema.names == schema.JUDGED.names
    assert None not in tables["documents"]["language"].to_pylist()
    (fate,) = tables["fates"].to_pylist()
    assert (fate["n"], fate["state"], fate["stage"], fate["reason"], fate["score"]) == (
        3, "dropped", "filter", "too_few_words", None,
    )  # fmt: skip
    documents = Tally()
    for n in (0, 3, 5):
        documents.add("web", "a.jsonl", n)
    assert kept.tally == documents


@pytest.mark.parametrize(("reference", "kept"), [(False, 0), (True, 1)])
def test_references_pass_unjudged(tmp_path, reference, kept):
    made = recipes.parse(
        {"sources": {"books": {"kind": "text", "path": "x", "reference": reference}}}, tmp_path
    )
    commit = commit_of(tmp_path / "e", "extract", "documents", schema.JUDGED, judged([1], "books"))
    ((unit, payload),) = Documents(commit).units().items()
    receipt = filter_.filter_unit(str(tmp_path / "f"), unit, payload, recipe=made)
    assert sum(one.rows for one in receipt.files if one.table == "documents") == kept
    table = pq.read_table(tmp_path / "f" / receipt.files[0].name).to_pylist()
    if reference:
        assert table[0]["language"] == "en"
    else:
        assert table[0]["reason"] in filters.reasons()


def test_fates_of_a_language_have_its_score():
    dropped = judged([1, 2], "crawl", language_score=lambda _: 0.25)
    reasons = pa.array(["language_not_kept", "too_few_words"], pa.string())
    rows = filter_.fates(dropped.append_column("drop_reason", reasons)).to_pylist()
    assert [(row["reason"], row["score"]) for row in rows] == [
        ("language_not_kept", 0.25),
        ("too_few_words", None),
    ]
    assert {(row["state"], row["stage"]) for row in rows} == {("dropped", "filter")}


# --- the units after: the mix and the shards ----------------------------------------------------


def share(source, whole, rest):
    return weights.Share(
        source=source, weight=Fraction(1, 2), documents=1, tokens=1, target=1,
        whole=whole, rest=rest,
    )  # fmt: skip


MIXED = mix.Mixed(
    {"books": share("books", 2, 1), "crawl": share("crawl", 0, 1)},
    {"books": prefix.Cut(1 << 63, 0, False), "crawl": prefix.Cut(3 << 62, 0, True)},
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


PLAN = shards.Plan(MIXED, {"train": Cuts((1 << 62, 1 << 63)), "validation": Cuts(())})


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
