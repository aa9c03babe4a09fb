"""The sample a self-check is made of, and what the command prints."""

import json
from contextlib import contextmanager
from pathlib import Path

import pytest

from curate import cli
from curate.stages import selfcheck
from curate.store.keys import seeded_hash
from stages.committed import after, documents_of, run_of

TEXTS = {
    "crawl": [" ".join(f"{n}w{place}" for place in range(90)) for n in range(60)],
    "news": [f"news {n}" for n in range(30)],
}


def plainly_lowest(most, seed=7):
    hashes = {
        seeded_hash("sample", f"{source}/{source}-{n}", seed): text
        for source, own in TEXTS.items()
        for n, text in enumerate(own)
    }
    return [hashes[hashe] for hashe in sorted(hashes)][:most]


def test_the_sample_is_of_the_lowest_hashes_however_documents_are_spread(engine, tmp_path):
    run = run_of(tmp_path, engine)
    for number, sizes in enumerate(([100], [7, 4])):
        documents = documents_of(tmp_path / str(number), TEXTS, sizes)
        assert selfcheck.sample_texts(run, documents, 10) == plainly_lowest(10)
        assert selfcheck.sample_texts(run, documents, 1_000) == plainly_lowest(90)


def test_little_more_than_the_sample_comes_to_the_driver_and_long_texts_are_cut(
    local, tmp_path, monkeypatch
):
    monkeypatch.setattr(selfcheck, "LONGEST", 5)
    monkeypatch.setattr(selfcheck, "SPARE", 1)  # so few that the sample comes out too small
    run = run_of(tmp_path, local)
    documents = documents_of(tmp_path / "documents", TEXTS, [100])
    result = selfcheck.sample_texts(run, documents, 30)
    assert 15 < len(result) <= 30
    assert result == [text[:5] for text in plainly_lowest(len(result))]


def test_the_command_prints_the_recall(local, tmp_path, monkeypatch, capsys):
    run = run_of(tmp_path, local)
    documents = documents_of(tmp_path / "documents", TEXTS, [100])

    @contextmanager
    def started(recipe, until, settings):
        assert (recipe, until) == ("the recipe", "filter")
        assert settings.out == "there"
        yield run

    def until(given, stage):
        assert (given, stage) == (run, "filter")
        return after(documents)

    monkeypatch.setattr("curate.recipe.load", lambda *_, **__: "the recipe")
    monkeypatch.setattr("curate.api.runs.started", started)
    monkeypatch.setattr("curate.pipeline.run.run_stages", until)
    monkeypatch.setattr(cli.out_, "width", 200)
    with pytest.raises(SystemExit) as left:
        cli.main(["dedup", "recipe.yaml", "--out", "there", "--self-check"])
    assert left.value.code == 0
    printed = capsys.readouterr().out
    assert "5-word shingles at least 0.8; 20 bands of 7 rows" in printed
    assert "planted in 90 documents" in printed
    rows = [line.split("│")[1:-1] for line in printed.splitlines() if "│" in line]
    assert {len(row) for row in rows} == {7}
    assert len(rows) > 5
    assert all(row[5].strip() == "" for row in rows if row[0].strip() < "0.80")
    told = json.loads(Path(run.out, "selfcheck.json").read_text())
    assert (told["bands"], told["rows"], told["texts"]) == (20, 7, 90)
    pairs = [row[1].strip() for row in rows if row[1].strip().replace(",", "").isdigit()]
    assert [f"{one['pairs']:,}" for one in told["recall"]] == pairs
