"""Stages after the filters, made to lose one record and double another: the counts still agree.

Extraction, filters, lines, classifier and decontamination have such tests beside their others.
"""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from curate import recipe as recipes
from curate.dedup.distributed import flow
from curate.pipeline import run as runs
from curate.stages import copies, ledger_tables, near, publish, shards
from curate.stages.stage import Stage
from curate.store.ledger import ImbalanceError

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


def run(engine, path):
    """Carry the recipe out; stages that are committed are not done again."""
    out = path.parent / "out"
    started = runs.start(recipes.load(path), str(out), log=lambda _: None)
    return runs.run_stages(started.on(engine)).of("publish").report["ledger"]


def doubled_outcomes(monkeypatch):
    honest = copies.outcomes_of_copies

    def dishonest(*arguments, **settings):
        for batch in honest(*arguments, **settings):
            yield batch
            yield batch.slice(0, 1)

    monkeypatch.setattr(copies, "outcomes_of_copies", dishonest)


def doubled_near_outcomes(monkeypatch):
    honest = flow.write_outcomes

    def dishonest(*arguments):
        receipts, largest = honest(*arguments)
        return [*receipts, *receipts], largest

    monkeypatch.setattr(near.flow, "write_outcomes", dishonest)


def other_files(receipts, folder):
    """Change files: of each the first record is lost and the last one doubled."""
    for receipt in receipts:
        for file in receipt.files:
            table = pq.read_table(f"{folder}/{file.name}")
            if len(table) > 1:
                rows = [table.slice(1), table.slice(len(table) - 1)]
                pq.write_table(pa.concat_tables(rows), f"{folder}/{file.name}")
    return receipts


def changed_outcomes_of_the_mix(monkeypatch):
    honest = Stage.run_units

    def dishonest(stage, *arguments, **settings):
        receipts = honest(stage, *arguments, **settings)
        return other_files(receipts, stage.folder) if stage.name == "mix" else receipts

    monkeypatch.setattr(Stage, "run_units", dishonest)


def changed_shards(monkeypatch):
    honest = shards._write

    def dishonest(stage, *arguments):
        return other_files(honest(stage, *arguments), f"{stage.run.out}/corpus")

    monkeypatch.setattr(shards, "_write", dishonest)
    monkeypatch.setattr(shards, "read_receipts", lambda _: {})  # what a kill left does not count


def changed_ledger(monkeypatch):
    """Make one row of the ledger's another row: as many, of which one is lost and one doubled."""
    honest = ledger_tables.ledger_rows

    def dishonest(*arguments, **settings):
        for batch in honest(*arguments, **settings):
            rows = list(range(batch.num_rows))
            yield batch.take(pa.array([*rows[1:2], *rows[1:]] if len(rows) > 1 else rows))

    monkeypatch.setattr(ledger_tables, "ledger_rows", dishonest)


CASES = {
    "dedup": doubled_outcomes,
    "near": doubled_near_outcomes,
    "mix": changed_outcomes_of_the_mix,
    "shards": changed_shards,
    "the whole run": changed_ledger,
}


@pytest.mark.parametrize("name", CASES)
def test_a_stage_that_loses_one_record_and_doubles_another_fails(local, path, monkeypatch, name):
    with monkeypatch.context() as patch:
        CASES[name](patch)
        with pytest.raises(ImbalanceError, match=f"{name}: the ledger does not balance"):
            run(local, path)
        stage = "publish" if name == "the whole run" else name
        assert not list((path.parent / "out/_work" / stage).rglob("_commit.json"))
        assert not (path.parent / "out/manifest.json").exists()
    for receipt in (path.parent / "out/_work" / stage).rglob("receipts/*.jsonl"):
        receipt.unlink()  # of the files that were changed


def test_the_same_run_balances_where_nobody_changes_it(local, path):
    ledger = run(local, path)
    assert ledger["dropped"] == {"dedup": {"exact_duplicate": 2, "near_duplicate": 1}}
    assert ledger["kept"] + ledger["held_out"] == 27


def test_the_manifest_speaks_for_what_is_there_or_is_gone(local, path, monkeypatch):
    """While reports are written anew, those of the run before are not whole any more."""
    run(local, path)
    out, before = path.parent / "out", (path.parent / "out/manifest.json").read_bytes()
    whole = yaml.safe_load(path.read_text())
    whole["output"] = {"samples": 3}
    path.write_text(yaml.safe_dump(whole))

    def broken(*_):
        raise RuntimeError("no samples")

    with monkeypatch.context() as patch:
        patch.setattr(publish, "write_samples", broken)
        with pytest.raises(RuntimeError, match="no samples"):
            run(local, path)
    assert not (out / "manifest.json").exists()
    run(local, path)
    after = (out / "manifest.json").read_bytes()
    assert after != before
    # Another run, of another WORK, had OUT meanwhile: its manifest is not this run's.
    (out / "manifest.json").write_bytes(before)
    run(local, path)
    assert (out / "manifest.json").read_bytes() == after
