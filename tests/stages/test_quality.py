"""The classifier in the chain: every document scored, none lost, none drawn by where it stands."""

import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from curate import recipe as recipes
from curate.api.engines import PRELOAD
from curate.demo import make_crawl
from curate.engine.local import LocalEngine
from curate.pipeline import plan
from curate.pipeline import run as runs
from curate.pipeline.specs import stages_of
from curate.quality import TrainingDataError, keeps, load
from curate.quality.training import fold_of, group_of
from curate.recipe import Quality, RecipeError
from curate.stages import quality
from curate.stages.stage import SoFar, Stage
from curate.store import schema
from curate.store.commits import Commit
from curate.store.documents import Documents, read_part
from curate.store.keys import Tally, text_hash
from curate.store.ledger import ImbalanceError
from stages.committed import commit_of, outcomes, start, table_of


def prepared(folder, **settings):
    path = make_crawl(folder, pages=160, recipe="short.yaml")
    whole = yaml.safe_load(path.read_text())
    whole["output"] = {"shard_bytes": 40_000, "samples": 3, "unjudged": 50}
    whole.update(settings)
    path.write_text(yaml.safe_dump(whole, sort_keys=False))
    return path


def started(engine, path, out, **settings):
    lines = []
    begun = runs.start(recipes.load(path), str(out), log=lines.append, **settings)
    return begun.on(engine), lines


@pytest.fixture(scope="module")
def made(local, tmp_path_factory):
    """A whole run with a classifier, and what it left."""
    path = prepared(tmp_path_factory.mktemp("quality"), quality={"alpha": 3})
    run, _ = started(local, path, path.parent / "out")
    return path, path.parent / "out", runs.run_stages(run)


def scored(out):
    files = list((out / "_work" / "quality").glob("*/scores/*.parquet"))
    return {row["key"]: row for file in files for row in pq.read_table(file).to_pylist()}


def test_what_a_run_leaves(made):
    _, out, so_far = made
    report = json.loads((out / "models" / "quality.json").read_bytes())
    assert {"f1", "auc", "precision", "recall", "brier", "keep_rate", "words"} <= report.keys()
    model = load(str(out / "models" / "quality.model"), report["sha256"])
    ledger = so_far.of("publish").report["ledger"]
    dropped = ledger["dropped"]["quality"]["lost_quality_draw"]
    assert dropped > 5
    scored_of = report["documents"]
    assert sum(own["documents"] - own["kept"] for own in scored_of.values()) == dropped
    assert scored_of["books"]["kept"] == scored_of["books"]["documents"] > 0, "references stay"
    assert scored_of["crawl"]["kept"] < scored_of["crawl"]["documents"]
    scores = scored(out)
    assert len(scores) == sum(own["documents"] for own in scored_of.values()), "kept or not"
    shards = [
        row
        for file in (out / "corpus").rglob("*.parquet")
        for row in pq.read_table(file).to_pylist()
    ]
    assert {row["source"] for row in shards} == {"books", "crawl", "docs"}
    for row in shards:
        fold = fold_of(group_of(row["id"], row["url"]), 7)
        assert row["quality_score"] == model(row["text"], fold), "by the fold that has not seen it"
        if row["source"] == "crawl":
            assert keeps(text_hash(row["text"]), row["quality_score"], 7, 3)
    lost = [
        row
        for file in (out / "ledger").glob("*.parquet")
        for row in pq.read_table(file).to_pylist()
        if row["stage"] == "quality"
    ]
    assert len(lost) == dropped
    assert all(0 <= row["score"] <= 1 and row["source"] == "crawl" for row in lost)
    manifest = json.loads((out / "manifest.json").read_bytes())
    assert manifest["models"] == {"quality": {"model": "masked", "sha256": report["sha256"]}}
    assert so_far.commits.keys() >= {"train", "quality"}


@pytest.mark.parametrize("parallelism", [1, 5])
def test_another_partitioning_gives_the_same_model(made, tmp_path, parallelism):
    path, out, _ = made
    whole = yaml.safe_load(path.read_text())
    whole["extract"]["split_bytes"] = 1 << 20
    other = path.parent / "other.yaml"
    other.write_text(yaml.safe_dump(whole, sort_keys=False))
    engine = LocalEngine(parallelism, str(tmp_path), PRELOAD)
    run, _ = started(engine, other, tmp_path / "out")
    runs.run_stages(run, "train-quality")
    engine.close()
    model = tmp_path / "out" / "models" / "quality.model"
    assert model.read_bytes() == (out / "models" / "quality.model").read_bytes()


@pytest.mark.slow
@pytest.mark.spark
def test_spark_gives_the_same_model_and_scores(made, spark, tmp_path):
    from curate.spark.engine import SparkEngine

    path, _, so_far = made
    run, _ = started(SparkEngine.of(spark), path, tmp_path / "out")
    other = runs.run_stages(run, "quality")
    assert other.of("train").digest() == so_far.of("train").digest()
    for table in ("scores", "outcomes"):
        own = table_of(so_far.of("quality"), table)
        assert table_of(other.of("quality"), table) == own


def test_a_rerun_skips_and_another_alpha_trains_nothing(made, local):
    path, out, _ = made
    run, said = started(local, path, out)
    runs.run_stages(run, "quality")
    assert {"train: nothing changed, skipped", "quality: nothing changed, skipped"} <= set(said)
    whole = yaml.safe_load(path.read_text())
    whole["quality"] = {"alpha": None, "threshold": 0.5}
    other = path.parent / "threshold.yaml"
    other.write_text(yaml.safe_dump(whole, sort_keys=False))
    run, said = started(local, other, out)
    states = {name: state for name, state, _ in plan.stages(run)}
    assert states["train"] != "to do"
    assert states["quality"] == states["publish"] == "to do"


def test_a_model_of_one_s_own(made, local, tmp_path):
    path, out, _ = made
    sha256 = json.loads((out / "models" / "quality.json").read_bytes())["sha256"]
    whole = yaml.safe_load(path.read_text())
    model = str(out / "models" / "quality.model")
    whole["quality"] = {"model": model, "sha256": sha256, "alpha": 3}
    other = path.parent / "own.yaml"
    other.write_text(yaml.safe_dump(whole, sort_keys=False))
    run, _ = started(local, other, out.parent / "out")
    assert "train" not in [spec.name for spec in stages_of(run.recipe)]
    whole["quality"]["sha256"] = "0" * 64
    other.write_text(yaml.safe_dump(whole, sort_keys=False))
    run, _ = started(local, other, tmp_path)
    with pytest.raises(RecipeError, match=r"quality\.model: .*expected sha256 0000"):
        plan.check(run)


def test_too_few_texts_are_one_clear_error(engine, tmp_path):
    for name in ("crawl", "good"):
        rows = [json.dumps({"text": f"{name} {n} " * 40}) for n in range(3)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(rows))
    sources = {
        "crawl": {"kind": "jsonl", "path": "crawl.jsonl"},
        "good": {"kind": "jsonl", "path": "good.jsonl", "reference": True},
    }
    whole = {"sources": sources, "language": None, "filters": [], "quality": {}}
    run = start(whole, tmp_path, tmp_path / "out", engine)
    with pytest.raises(TrainingDataError, match="quality: expected at least 10 windows of ref"):
        runs.run_stages(run, "train-quality")
    assert not list((tmp_path / "out" / "_work" / "train").glob("*/_commit.json"))


# --- one unit ----------------------------------------------------------------------------------


class Fixed:
    """A model that scores by the text's first word."""

    def scores(self, texts, _folds):
        return [float(text.split()[0]) for text in texts]


def scored_part(folder, scores, source="crawl", **settings):
    """Score one part of documents with given scores; return the documents and the commit."""
    rows = [
        {
            "key": n, "source": source, "file_path": "f", "n": n, "id": f"id{n}",
            "text": f"{score} text {n}", "text_hash": text_hash(f"{n}"),
            "characters": 1, "extracted": 1,
        }
        for n, score in enumerate(scores)
    ]  # fmt: skip
    batch = pa.RecordBatch.from_pylist(rows, schema=schema.FILTERED)
    documents = Documents(commit_of(folder, "filter", "documents", schema.FILTERED, batch))
    (unit,) = documents.units()
    receipt = quality.judge_unit(
        str(folder), unit.name, unit.payload, url="u", sha256="s",
        settings=Quality(**settings), references=["books"], seed=7,
    )  # fmt: skip
    return documents, Commit.of("quality", "h", str(folder), [receipt])


def reasons_of(commit):
    return {
        key: (row["stage"], row["reason"], row["score"]) for key, row in outcomes(commit).items()
    }


@pytest.fixture(autouse=True)
def fixed(request, monkeypatch):
    if "folder" in request.fixturenames:
        monkeypatch.setattr(quality, "_read_once", lambda *_: Fixed())


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def test_a_threshold_drops_what_scores_less(folder):
    _, commit = scored_part(folder, [0.1, 0.5, 0.49999, 1.0], alpha=None, threshold=0.5)
    below = "below_quality_threshold"
    assert reasons_of(commit) == {0: ("quality", below, 0.1), 2: ("quality", below, 0.49999)}


def test_the_draw_is_that_of_the_text_s_hash(folder):
    scores = [0.5, 0.8, 0.9, 1.0] * 50
    _, commit = scored_part(folder, scores, alpha=4)
    kept = [keeps(text_hash(f"{n}"), score, 7, 4) for n, score in enumerate(scores)]
    expected = {n: ("quality", "lost_quality_draw", s) for n, s in enumerate(scores) if not kept[n]}
    assert reasons_of(commit) == expected
    assert 20 < len(expected) < 180


def test_references_are_scored_and_stay(folder):
    _, commit = scored_part(folder, [0.0, 0.1], source="books", threshold=0.9)
    assert reasons_of(commit) == {}
    assert sum(file.rows for file in commit.files("scores")) == 2


def test_without_alpha_and_threshold_all_stay_scored(folder):
    documents, commit = scored_part(folder, [0.0, 0.25], alpha=None)
    assert reasons_of(commit) == {}
    payload = documents.without(commit).scored(commit).units()[0].payload
    tally = Tally()
    (batch,) = read_part(payload, ("n", "key", "quality_score", "source", "file_path"), tally)
    assert batch.schema.names == ["n", "key", "quality_score", "source", "file_path"]
    assert batch["quality_score"].to_pylist() == [0.0, 0.25]
    assert tally.records == 2
    (batch,) = read_part(documents.units()[0].payload, ("key", "quality_score"))
    assert batch["quality_score"].to_pylist() == [None, None], "no stage has scored them"


def test_scores_of_other_documents_are_refused(folder, tmp_path_factory):
    documents, _ = scored_part(folder, [0.0, 0.25, 0.5])
    _, fewer = scored_part(tmp_path_factory.mktemp("other"), [0.0, 0.25])
    payload = documents.scored(fewer).units()[0].payload
    with pytest.raises(RuntimeError, match="a document has no score"):
        list(read_part(payload, ("key", "quality_score")))


def test_a_document_that_gets_no_score_is_noticed(made, local, monkeypatch):
    """What a stage loses shows when its files are read back."""
    path, out, so_far = made
    run, _ = started(local, path, out)
    # Before duplicates went there were more documents: the stage is not done for them.
    before = SoFar(so_far.commits, Documents(so_far.of("filter")))
    stage = quality.prepare(run, before)
    assert stage.committed is None
    run_units = Stage.run_units

    def losing(stage, *arguments):
        first, *others = run_units(stage, *arguments)
        kept = tuple(file for file in first.files if file.table != "scores")
        return [replace(first, files=kept), *others]

    monkeypatch.setattr(Stage, "run_units", losing)
    with pytest.raises(ImbalanceError):
        quality.work(stage, before)


# --- the recipe --------------------------------------------------------------------------------

WRONG = {
    "a path without its sha256": (
        {"model": "my.model"},
        r"quality.{1,2}model: expected .* no sha256",
    ),
    "a threshold above 1": ({"threshold": 1.5}, r"quality\.threshold: .* got 1\.5"),
    "an alpha of 0": ({"alpha": 0}, r"quality\.alpha: .* got 0"),
    "an unknown key": ({"beta": 1}, r"quality\.beta: unknown key"),
}


@pytest.mark.parametrize(("settings", "message"), WRONG.values(), ids=WRONG)
def test_wrong_settings_are_told(tmp_path, settings, message):
    sources = {
        "a": {"kind": "jsonl", "path": "a", "reference": True},
        "b": {"kind": "jsonl", "path": "b"},
    }
    with pytest.raises(RecipeError, match=message):
        recipes.parse({"sources": sources, "quality": settings}, tmp_path)


@pytest.mark.parametrize("reference", [True, False])
def test_one_side_alone_is_refused_before_anything_starts(tmp_path, reference):
    sources = {"a": {"kind": "jsonl", "path": "a", "reference": reference}}
    with pytest.raises(RecipeError, match=r"quality\.model: expected a source with reference"):
        recipes.parse({"sources": sources, "quality": {}}, tmp_path)
    assert recipes.parse({"sources": sources}, tmp_path).quality is None


def test_a_model_s_path_starts_at_the_recipe_s_folder_and_stays_out_of_the_manifest(tmp_path):
    sources = {"a": {"kind": "jsonl", "path": "a"}}
    settings = {"model": "models/my.model", "sha256": "0" * 64}
    made = recipes.parse({"sources": sources, "quality": settings}, tmp_path)
    assert made.quality.model == str(tmp_path / "models" / "my.model")
    assert made.without_paths()["quality"]["model"] == "my.model"
