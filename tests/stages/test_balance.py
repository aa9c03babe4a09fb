"""Stages after the filters, made to lose one record and double another: the counts still agree.

Extraction, filters, lines, classifier and decontamination have such tests beside their others.
"""

from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from curate import recipe as recipes
from curate.dedup.distributed import flow
from curate.spark import copies, mix, near, pipeline, publish, shards
from curate.store.ledger import ImbalanceError

pytestmark = pytest.mark.spark
LONG = " ".join(f"word{n}" for n in range(200))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A recipe of thirty documents, two of them exact copies and two nearly equal."""
    folder = tmp_path_factory.mktemp("balance")
    texts = [f"Text number {n} has words of its own: {n * 7919}." for n in range(26)]
    texts += [texts[0], texts[1], LONG, f"{LONG} end"]
    for part in range(2):
        rows = [{"id": f"{n}", "text": texts[n]} for n in range(part, len(texts), 2)]
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{part}.parquet")
    whole = {
        "sources": {"a": {"kind": "parquet", "path": "*.parquet", "reference": True}},
        "language": None,
        "filters": [],
        "mix": {"validation": 0.2},
    }
    (folder / "recipe.yaml").write_text(yaml.safe_dump(whole))
    return folder / "recipe.yaml"


def run(spark, path):
    """Carry the recipe out; stages that are committed are not done again."""
    out = path.parent / "out"
    return pipeline.curate(
        pipeline.start(recipes.load(path), str(out), say=lambda _: None).on(spark)
    )


def one_more(frame):
    return frame.unionByName(frame.orderBy("key").limit(1))


def another(frame):
    """Return a frame without one of its records, and with another one twice."""
    keys = [row["key"] for row in frame.orderBy("key").select("key").head(2)]
    return one_more(frame.where(f"key != {keys[0]}")) if len(keys) == 2 else frame


def doubled_fates(monkeypatch):
    honest = copies.write_sorted
    monkeypatch.setattr(
        copies,
        "write_sorted",
        lambda place, frame, *a, **k: honest(place, one_more(frame), *a, **k),
    )


def doubled_near_fates(monkeypatch):
    honest = flow.write_outcomes

    def dishonest(*arguments):
        receipts, largest = honest(*arguments)
        return [*receipts, *receipts], largest

    monkeypatch.setattr(near.flow, "write_outcomes", dishonest)


def other_files(receipts, folder):
    """Return receipts of files of which the first record is lost and the last one doubled."""
    changed = []
    for receipt in receipts:
        for file in receipt.files:
            table = pq.read_table(f"{folder}/{file.name}")
            if len(table) > 1:
                rows = [table.slice(1), table.slice(len(table) - 1)]
                pq.write_table(pa.concat_tables(rows), f"{folder}/{file.name}")
        changed.append(replace(receipt))
    return changed


def changed_fates_of_the_mix(monkeypatch):
    honest = mix.Stage.carry_out

    def dishonest(place, units, function):
        receipts = honest(place, units, function)
        return other_files(receipts, place.folder) if place.name == "mix" else receipts

    monkeypatch.setattr(mix.Stage, "carry_out", dishonest)


def changed_shards(monkeypatch):
    honest = shards._write

    def dishonest(place, *arguments):
        return other_files(honest(place, *arguments), f"{place.run.out}/corpus")

    monkeypatch.setattr(shards, "_write", dishonest)
    monkeypatch.setattr(shards, "read_receipts", lambda _: {})  # what a kill left does not count


def changed_ledger(monkeypatch):
    honest = publish.fates_frame
    monkeypatch.setattr(publish, "fates_frame", lambda *arguments: another(honest(*arguments)))


CASES = {
    "dedup": doubled_fates,
    "near": doubled_near_fates,
    "mix": changed_fates_of_the_mix,
    "shards": changed_shards,
    "the whole run": changed_ledger,
}


@pytest.mark.parametrize("name", CASES)
def test_a_stage_that_loses_one_record_and_doubles_another_fails(spark, path, monkeypatch, name):
    with monkeypatch.context() as patch:
        CASES[name](patch)
        with pytest.raises(ImbalanceError, match=f"{name}: the ledger does not balance"):
            run(spark, path)
        stage = "publish" if name == "the whole run" else name
        assert not list((path.parent / "out/_work" / stage).rglob("_commit.json"))
        assert not (path.parent / "out/manifest.json").exists()
    for receipt in (path.parent / "out/_work" / stage).rglob("receipts/*.json"):
        receipt.unlink()  # of the files that were changed


def test_the_same_run_balances_where_nobody_changes_it(spark, path):
    ledger = run(spark, path)
    assert ledger["dropped"] == {"dedup": {"exact_duplicate": 2, "near_duplicate": 1}}
    assert ledger["kept"] + ledger["held_out"] == 27


def test_the_manifest_speaks_for_what_is_there_or_is_gone(spark, path, monkeypatch):
    """While books are written anew, those of the run before are not whole any more."""
    run(spark, path)
    out, before = path.parent / "out", (path.parent / "out/manifest.json").read_bytes()
    whole = yaml.safe_load(path.read_text())
    whole["output"] = {"samples": 3}
    path.write_text(yaml.safe_dump(whole))

    def broken(*_):
        raise RuntimeError("no samples")

    with monkeypatch.context() as patch:
        patch.setattr(publish, "samples", broken)
        with pytest.raises(RuntimeError, match="no samples"):
            run(spark, path)
    assert not (out / "manifest.json").exists()
    run(spark, path)
    after = (out / "manifest.json").read_bytes()
    assert after != before
    # Another run, of another WORK, had OUT meanwhile: its manifest is not this run's.
    (out / "manifest.json").write_bytes(before)
    run(spark, path)
    assert (out / "manifest.json").read_bytes() == after
