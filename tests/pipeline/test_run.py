"""A whole run: the same bytes however it is made, a ledger that balances, losses that fail."""

import json
from collections import Counter

import pyarrow.parquet as pq
import pytest
import yaml

from curate.stages import extract
from curate.stages import filter as filter_
from curate.store.commits import read_commit
from curate.store.keys import Tally
from curate.store.ledger import ImbalanceError
from curate.warc.reader import Records
from pipeline.runs import (
    ALL,
    assert_same,
    in_this_process,
    ledger,
    local_engine,
    run_here,
    run_with,
    shas,
    times,
)


def reversed_inputs(path, copy, **changes):
    """Return the same recipe with every file listed by name, last first."""
    whole = yaml.safe_load(path.read_text())
    for source in whole["sources"].values():
        patterns = [source["path"]] if isinstance(source["path"], str) else source["path"]
        files = sorted(str(file) for one in patterns for file in path.parent.glob(one))
        source["path"] = files[::-1]
    for name in ("lists", "benchmark.jsonl", "removed.parquet"):  # paths are relative to the recipe
        (copy.parent / name).symlink_to(path.parent / name)
    whole["extract"] |= changes
    copy.write_text(yaml.safe_dump(whole, sort_keys=False))
    return copy


@pytest.mark.slow
def test_same_bytes_however_it_is_run(reference, tmp_path, monkeypatch):
    """One process and three, other splits, the files in another order, tiny tasks and batches."""
    joints = [
        joint[0]
        for folder in (reference.out / "_work/extract").iterdir()
        for _, facts in read_commit(str(folder)).facts()
        for joint in facts["split_boundaries"]
    ]
    assert min(joints.count(file) for file in set(joints)) >= 2, "each archive has several splits"
    other = reversed_inputs(reference.recipe, tmp_path / "recipe.yaml", split_bytes=3 << 20)
    monkeypatch.setattr("curate.engine.local.ROWS", 7)
    monkeypatch.setattr("curate.engine.local.PENDING_BYTES", 50_000)
    monkeypatch.setattr("curate.engine.local.SMALL_BYTES", 0)  # what is small is sent out, too
    monkeypatch.setattr("curate.stages.stage.SMALL_TASK", 20_000)
    with local_engine(3) as engine:
        run_here(other, tmp_path / "three", engine)
    assert_same(reference.out, tmp_path / "three")


@pytest.mark.slow
def test_same_bytes_on_real_archives(data, tmp_path):
    for number in range(2):
        source = data / "crawl" / f"crawl-{number:05d}.warc.gz"
        with source.open("rb") as file:
            records = Records(file, 0, 1_300_000)
            for _ in records:
                pass
            file.seek(0)
            (tmp_path / source.name).write_bytes(file.read(records.end))
    whole = {
        "sources": {
            "crawl": {"kind": "warc", "path": f"{tmp_path}/crawl-*.warc.gz", "weight": 0.5},
            "webtext": {
                "kind": "parquet",
                "path": "webtext.parquet",
                "weight": 0.5,
                "reference": True,
            },
        },
        "extract": {"split_bytes": 1 << 20},
        "output": {"shard_bytes": 100_000},
    }
    references = pq.read_table(data / "reference/webtext_like.parquet").slice(0, 600)
    pq.write_table(references, tmp_path / "webtext.parquet")
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(whole))
    run_here(path, tmp_path / "one")
    assert len([name for name in shas(tmp_path / "one") if "train" in name]) >= 3
    (tmp_path / "other").mkdir()
    whole["extract"]["split_bytes"] = 3 << 20
    whole["sources"]["crawl"]["path"] = sorted(map(str, tmp_path.glob("crawl-*")), reverse=True)
    path.write_text(yaml.safe_dump(whole))
    with local_engine(1) as engine:
        run_here(path, tmp_path / "other", engine)
    one, other = tmp_path / "one", tmp_path / "other"
    assert shas(one) == shas(other)
    assert (one / "manifest.json").read_bytes() == (other / "manifest.json").read_bytes()
    assert ledger(one) == ledger(other)


# --- the ledger --------------------------------------------------------------------------------


def records(archive):
    with archive.open("rb") as file:
        yield from Records(file)


def test_the_ledger_balances_and_agrees_with_a_plain_count(reference):
    rows, small = ledger(reference.out), reference.recipe.parent
    archives = sorted((small / "crawl").glob("*.warc.gz"))
    read = sum(1 for archive in archives for _ in records(archive))
    books = len(list((small / "books").glob("*.txt")))
    lines = len((small / "docs.jsonl").read_bytes().splitlines())
    assert reference.ledger["records_in"] == len(rows) == read + books + lines
    tally = Tally()
    for row in rows:
        tally.add(row["source"], row["file_path"], row["n"])
    checksum = f"{tally.checksum:016x}"
    assert reference.ledger["checksum_in"] == reference.ledger["checksum_out"] == checksum


def test_kept_rows_are_in_the_shards_and_no_others(reference):
    train = pq.read_table(reference.out / "corpus/train").to_pylist()
    held = pq.read_table(reference.out / "corpus/validation").to_pylist()
    rows = ledger(reference.out)
    of = {state: {r["id"] for r in rows if r["state"] == state} for state in ("kept", "held_out")}
    assert {row["id"] for row in train} == of["kept"]
    assert {row["id"] for row in held} == of["held_out"]
    assert reference.ledger["kept"] == len(of["kept"])
    assert reference.ledger["held_out"] == len(of["held_out"]) > 0


def test_the_manifest_says_what_is_in_the_shards(reference):
    out = reference.out
    manifest = json.loads((out / "manifest.json").read_text())
    assert {shard["file"]: shard["sha256"] for shard in manifest["shards"]} == shas(out)
    for shard in manifest["shards"]:
        table = pq.read_table(out / shard["file"])
        assert shard["rows"] == table.num_rows
        assert shard["tokens"] == sum(table["token_count"].to_pylist())
        assert shard["text_bytes"] == sum(len(text.encode()) for text in table["text"].to_pylist())
    train = pq.read_table(out / "corpus/train").to_pylist()
    for name, row in manifest["mixture"].items():
        assert row["tokens"] == sum(r["token_count"] for r in train if r["source"] == name)
    for entry in manifest["inputs"]:
        assert set(entry) == {"source", "file_path", "bytes", "digest"}
    assert str(out.parent) not in json.dumps(manifest)


RULES = {
    "url_duplicate": "urls", "exact_duplicate": "dedup", "near_duplicate": "near",
    "contained_in_another": "contained",
}  # fmt: skip


def test_duplicates_name_the_copy_that_stays(reference):
    pairs = pq.read_table(reference.out / "duplicates").to_pylist()
    rows = {row["id"]: row for row in ledger(reference.out) if row["id"]}
    dropped = reference.ledger["dropped"]
    result = [one["rule"] for one in pairs]
    expected = {**dropped["dedup"], **dropped["urls"], **dropped.get("contained", {})}
    assert {rule: result.count(rule) for rule in result} == expected
    assert expected.keys() | {"contained_in_another"} == RULES.keys()
    for pair in pairs:
        assert rows[pair["removed_id"]]["kept_id"] == pair["kept_id"]
        kept, stage = rows[pair["kept_id"]], RULES[pair["rule"]]
        if kept["state"] == "dropped":  # by a later stage that looks for other things
            assert kept["reason"] not in RULES
            assert ALL.index(kept["stage"]) > ALL.index(stage)
        if pair["rule"] == "exact_duplicate":
            assert pair["jaccard"] == 1.0
        if pair["rule"] == "near_duplicate":
            assert 0.8 <= pair["jaccard"] <= 1.0


def test_copies_are_those_that_were_removed_for_a_document(reference):
    pairs = pq.read_table(reference.out / "duplicates").to_pylist()
    kept = Counter(pair["kept_id"] for pair in pairs)
    rows = [
        row
        for split in ("train", "validation")
        for row in pq.read_table(reference.out / "corpus" / split).to_pylist()
    ]
    for row in rows:
        assert row["copies"] == 1 + kept[row["id"]]
        assert (row["first_seen"] or "") <= (row["date"] or "") <= (row["last_seen"] or "")
    assert any(row["copies"] > 1 for row in rows)


def test_passages_that_were_cut_are_listed(reference):
    result = pq.read_table(reference.out / "passages").to_pylist()
    ids = {row["id"] for row in ledger(reference.out)}
    assert result
    for row in result:
        assert row["id"] in ids
        assert row["kept_id"] in ids
        assert 0 < row["characters"] <= row["end"] - row["start"]
    report = json.loads((reference.out / "report.json").read_bytes())
    assert report["passages"]
    assert "## Repeated passages" in (reference.out / "README.md").read_text()


def test_samples_are_bounded_for_each_reason(reference):
    folder = reference.out / "samples"
    assert sorted(path.name for path in folder.iterdir()) == ["samples.parquet", "unjudged.parquet"]
    samples = pq.read_table(folder / "samples.parquet").to_pylist()
    for reason, count in reference.ledger["dropped"]["filter"].items():
        own = [row for row in samples if row["stage"] == "filter" and row["reason"] == reason]
        assert len(own) == min(3, count)
        assert all(row["text"] for row in own)
    unjudged = pq.read_table(folder / "unjudged.parquet").to_pylist()
    assert len(unjudged) == 20
    assert {row["source"] for row in unjudged} == {"crawl"}


def test_a_second_run_does_nothing(reference):
    before = times(reference.out)
    again, lines = run_with(reference.recipe, reference.out)
    assert again.of("publish").report["ledger"] == reference.ledger
    assert lines == [f"{name}: nothing changed, skipped" for name in ALL]
    assert times(reference.out) == before


# --- stages that lose and double ---------------------------------------------------------------

LOSSES = [(True, False), (False, True), (True, True)]


def lose_and_double(tables, lose, double):
    """Yield a stage's (table, batch) stream with one row lost, one doubled."""
    for place, (table, batch) in enumerate(tables):
        rows = batch.slice(1) if lose and place == 0 else batch
        yield table, rows
        if double and place == 0:
            yield table, batch.slice(batch.num_rows - 1)


def dishonest(monkeypatch, module, lose, double):
    """Have a stage's tables lose and double rows on the way to their files."""
    honest = module.write_tables

    def write(folder, unit, schemas, rows):
        return honest(folder, unit, schemas, lose_and_double(rows, lose, double))

    monkeypatch.setattr(module, "write_tables", write)


@pytest.mark.parametrize("module", [extract, filter_], ids=["extract", "filter"])
@pytest.mark.parametrize(("lose", "double"), LOSSES)
def test_a_stage_that_loses_or_doubles_fails(
    reference, tmp_path, monkeypatch, module, lose, double
):
    name = module.SPEC.name
    whole = yaml.safe_load(reference.recipe.read_text())
    del whole["sources"]["crawl"]
    whole["sources"]["docs"] |= {"path": str(reference.recipe.parent / "docs.jsonl")}
    whole["sources"]["books"] |= {"path": str(reference.recipe.parent / "books/*.txt")}
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump({"sources": whole["sources"]}))
    dishonest(monkeypatch, module, lose, double)
    with (
        in_this_process() as engine,
        pytest.raises(ImbalanceError, match=f"{name}: the ledger does not balance"),
    ):
        run_here(path, tmp_path / "out", engine)
    assert not list((tmp_path / "out").glob(f"_work/{name}/*/_commit.json"))
    assert not (tmp_path / "out/manifest.json").exists()
