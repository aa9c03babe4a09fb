"""The classifier in the chain: every document scored, none lost, none drawn by its place."""

import json

import pyarrow.parquet as pq
import pytest
import yaml

from curate import recipe as recipes
from curate.demo import make_crawl
from curate.quality import TrainingDataError, keeps, load
from curate.quality.training import fold_of, group_of
from curate.recipe import Quality, RecipeError
from curate.spark import pipeline, plan, quality, train
from curate.store import schema
from curate.store.commits import Commit, Receipt, write_tables
from curate.store.documents import Documents, read_part
from curate.store.keys import Tally, text_hash
from curate.store.ledger import ImbalanceError


def prepared(folder, **settings):
    path = make_crawl(folder, pages=160, recipe="short.yaml")
    whole = yaml.safe_load(path.read_text())
    whole["output"] = {"shard_bytes": 40_000, "samples": 3, "unjudged": 50}
    whole.update(settings)
    path.write_text(yaml.safe_dump(whole, sort_keys=False))
    return path


def started(spark, path, out, **settings):
    lines = []
    begun = pipeline.start(recipes.load(path), str(out), say=lines.append, **settings)
    return begun.on(spark), lines


@pytest.fixture(scope="module")
def made(spark_session, tmp_path_factory):
    """A whole run with a classifier, and what it left."""
    path = prepared(tmp_path_factory.mktemp("quality"), quality={"alpha": 3})
    run, _ = started(spark_session, path, path.parent / "out")
    ledger = pipeline.curate(run)
    return path, path.parent / "out", ledger, run


def scored(out):
    files = list((out / "_work" / "quality").glob("*/scores/*.parquet"))
    return {row["key"]: row for file in files for row in pq.read_table(file).to_pylist()}


def test_what_a_run_leaves(made):
    _, out, ledger, run = made
    report = json.loads((out / "models" / "quality.json").read_bytes())
    assert {"f1", "auc", "precision", "recall", "brier", "keep_rate", "words"} <= report.keys()
    model = load(str(out / "models" / "quality.model"), report["sha256"])
    dropped = ledger["dropped"]["quality"]["lost_quality_draw"]
    assert dropped > 5
    judged = report["documents"]
    assert sum(own["documents"] - own["kept"] for own in judged.values()) == dropped
    assert judged["books"]["kept"] == judged["books"]["documents"] > 0, "references stay"
    assert judged["crawl"]["kept"] < judged["crawl"]["documents"]
    scores = scored(out)
    assert len(scores) == sum(own["documents"] for own in judged.values()), "kept or not"
    shards = [
        row
        for file in (out / "corpus").rglob("*.parquet")
        for row in pq.read_table(file).to_pylist()
    ]
    assert {row["source"] for row in shards} == {"books", "crawl", "docs"}
    for row in shards:
        fold = fold_of(group_of(row["id"], row["url"]), 7)
        assert row["quality_score"] == model(row["text"], fold), "by who has not learned from it"
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
    assert {commit.stage for commit in run.commits} >= {"train", "quality"}


def test_another_partitioning_gives_the_same_model(made, spark, tmp_path):
    path, out, _, _ = made
    whole = yaml.safe_load(path.read_text())
    whole["extract"]["split_bytes"] = 1 << 20
    other = path.parent / "other.yaml"
    other.write_text(yaml.safe_dump(whole, sort_keys=False))
    spark.conf.set("spark.sql.shuffle.partitions", "5")
    run, _ = started(spark, other, tmp_path / "out")
    pipeline.curate(run, "train-quality")
    model = tmp_path / "out" / "models" / "quality.model"
    assert model.read_bytes() == (out / "models" / "quality.model").read_bytes()


def test_a_rerun_skips_and_another_alpha_trains_nothing(made, spark):
    path, out, _, _ = made
    run, said = started(spark, path, out)
    pipeline.curate(run, "quality")
    assert {"train: nothing changed, skipped", "quality: nothing changed, skipped"} <= set(said)
    whole = yaml.safe_load(path.read_text())
    whole["quality"] = {"alpha": None, "threshold": 0.5}
    other = path.parent / "threshold.yaml"
    other.write_text(yaml.safe_dump(whole, sort_keys=False))
    run, said = started(spark, other, out)
    states = {name: state for name, state, _ in plan.stages(run)}
    assert states["train"] != "to do"
    assert states["quality"] == states["publish"] == "to do"


def test_a_model_of_one_s_own(made, spark, tmp_path):
    path, out, _, _ = made
    sha256 = json.loads((out / "models" / "quality.json").read_bytes())["sha256"]
    whole = yaml.safe_load(path.read_text())
    model = str(out / "models" / "quality.model")
    whole["quality"] = {"model": model, "sha256": sha256, "alpha": 3}
    other = path.parent / "own.yaml"
    other.write_text(yaml.safe_dump(whole, sort_keys=False))
    run, _ = started(spark, other, out.parent / "out")
    assert "train" not in plan.names(run)
    whole["quality"]["sha256"] = "0" * 64
    other.write_text(yaml.safe_dump(whole, sort_keys=False))
    run, _ = started(spark, other, tmp_path)
    with pytest.raises(RecipeError, match=r"quality\.model: .*expected sha256 0000"):
        plan.check(run)


def test_too_few_texts_are_one_clear_error(spark, tmp_path):
    for name in ("crawl", "good"):
        rows = [json.dumps({"text": f"{name} {n} " * 40}) for n in range(3)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(rows))
    sources = {
        "crawl": {"kind": "jsonl", "path": "crawl.jsonl"},
        "good": {"kind": "jsonl", "path": "good.jsonl", "reference": True},
    }
    whole = {"sources": sources, "language": None, "filters": [], "quality": {}}
    run = pipeline.start(recipes.parse(whole, tmp_path), str(tmp_path / "out"), say=str).on(spark)
    with pytest.raises(TrainingDataError, match="quality: expected at least 10 windows of ref"):
        pipeline.curate(run, "train-quality")
    assert not list((tmp_path / "out" / "_work" / "train").glob("*/_commit.json"))


# --- one unit, without Spark -------------------------------------------------------------------


class Fixed:
    """A model that scores by the text's first word."""

    def scores(self, texts, _folds):
        return [float(text.split()[0]) for text in texts]


def judged(folder, scores, source="crawl", **settings):
    """Judge one part of documents with given scores; return its receipt and fates."""
    rows = [
        {
            "key": n, "source": source, "file_path": "f", "n": n, "id": f"id{n}",
            "text": f"{score} text {n}", "text_hash": text_hash(f"{n}"), "characters": 1,
        }
        for n, score in enumerate(scores)
    ]  # fmt: skip
    import pyarrow as pa

    batch = pa.RecordBatch.from_pylist(rows, schema=schema.JUDGED)
    tables = {"documents": schema.JUDGED}
    base = Commit("filter", "h", str(folder), (
        Receipt("000000", write_tables(str(folder), "000000", tables, [("documents", batch)])),
    ))  # fmt: skip
    documents = Documents(base)
    receipt = quality.judge_unit(
        str(folder), "000000", documents.units()["000000"], url="u", sha256="s",
        settings=Quality(**settings), references=["books"], seed=7,
    )  # fmt: skip
    return documents, Commit("quality", "h", str(folder), (receipt,))


def fates_of(commit):
    return {
        row["key"]: (row["stage"], row["reason"], row["score"])
        for file in commit.files("fates")
        for row in pq.read_table(commit.url(file)).to_pylist()
    }


@pytest.fixture(autouse=True)
def fixed(request, monkeypatch):
    if "folder" in request.fixturenames:
        monkeypatch.setattr(quality, "_read_once", lambda *_: Fixed())


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def test_a_threshold_drops_what_scores_less(folder):
    _, commit = judged(folder, [0.1, 0.5, 0.49999, 1.0], alpha=None, threshold=0.5)
    below = "below_quality_threshold"
    assert fates_of(commit) == {0: ("quality", below, 0.1), 2: ("quality", below, 0.49999)}


def test_the_draw_is_that_of_the_text_s_hash(folder):
    scores = [0.5, 0.8, 0.9, 1.0] * 50
    _, commit = judged(folder, scores, alpha=4)
    kept = [keeps(text_hash(f"{n}"), score, 7, 4) for n, score in enumerate(scores)]
    wanted = {n: ("quality", "lost_quality_draw", s) for n, s in enumerate(scores) if not kept[n]}
    assert fates_of(commit) == wanted
    assert 20 < len(wanted) < 180


def test_references_are_scored_and_stay(folder):
    _, commit = judged(folder, [0.0, 0.1], source="books", threshold=0.9)
    assert fates_of(commit) == {}
    assert sum(file.rows for file in commit.files("scores")) == 2


def test_without_alpha_and_threshold_all_stay_scored(folder):
    documents, commit = judged(folder, [0.0, 0.25], alpha=None)
    assert fates_of(commit) == {}
    payload = documents.without(commit).scored(commit).units()["000000"]
    tally = Tally()
    (batch,) = read_part(payload, ("n", "key", "quality_score", "source", "file_path"), tally)
    assert batch.schema.names == ["n", "key", "quality_score", "source", "file_path"]
    assert batch["quality_score"].to_pylist() == [0.0, 0.25]
    assert tally.records == 2
    (batch,) = read_part(documents.units()["000000"], ("key", "quality_score"))
    assert batch["quality_score"].to_pylist() == [None, None], "nobody has scored them"


def test_scores_of_other_documents_are_refused(folder, tmp_path_factory):
    documents, _ = judged(folder, [0.0, 0.25, 0.5])
    _, fewer = judged(tmp_path_factory.mktemp("other"), [0.0, 0.25])
    payload = documents.scored(fewer).units()["000000"]
    with pytest.raises(RuntimeError, match="a document has no score"):
        list(read_part(payload, ("key", "quality_score")))


def test_a_document_that_gets_no_score_is_noticed(made, spark, monkeypatch):
    """What a stage loses shows when its files are read back."""
    path, out, _, _ = made
    run, _ = started(spark, path, out)
    extracted = Documents(next(c for c in made[3].commits if c.stage == "extract"))
    whole = Documents(next(c for c in made[3].commits if c.stage == "filter"))
    trained = train.stage(run, extracted)
    place = quality.begin(run, whole, trained)
    assert place.committed is None, "before duplicates went there were more documents"
    carried = place.carry_out

    def losing(units, function):
        receipts = carried(units, function)
        kept = [f for f in receipts[0].files if f.table != "scores"]
        return [Receipt(receipts[0].unit, tuple(kept), receipts[0].records,
                        receipts[0].checksum, receipts[0].facts), *receipts[1:]]  # fmt: skip

    monkeypatch.setattr(type(place), "carry_out", lambda _, *arguments: losing(*arguments))
    with pytest.raises(ImbalanceError):
        quality._judge(place, run.recipe.quality, whole, trained)


# --- the recipe --------------------------------------------------------------------------------

WRONG = {
    "a path without its sha256": ({"model": "my.model"}, r"quality.{1,2}model: expected .* no sha256"),
    "a threshold above 1": ({"threshold": 1.5}, r"quality\.threshold: .* got 1\.5"),
    "an alpha of 0": ({"alpha": 0}, r"quality\.alpha: .* got 0"),
    "an unknown key": ({"beta": 1}, r"quality\.beta: unknown key"),
}


@pytest.mark.parametrize(("settings", "told"), WRONG.values(), ids=WRONG)
def test_wrong_settings_are_told(tmp_path, settings, told):
    sources = {
        "a": {"kind": "jsonl", "path": "a", "reference": True},
        "b": {"kind": "jsonl", "path": "b"},
    }
    with pytest.raises(RecipeError, match=told):
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
