"""The later functions on DataFrames, held against the stages of a whole run and the library."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from stages.test_decontaminate import BENCHMARKS, TEXTS, jsonl

import curate.spark as cs
from curate import recipe as recipes
from curate.decontaminate import Decontaminator, Index, Item, frequent, read_items
from curate.quality import load


@pytest.fixture
def run(reference):
    """The recipe of the reference run, and its tables: a stage's by name."""

    def table(stage, name):
        files = sorted((reference.out / "_work" / stage).glob(f"*/{name}/*.parquet"))
        return pa.concat_tables([pq.read_table(file) for file in files])

    return recipes.load(reference.recipe), reference.out, table


def references_of(recipe):
    return [name for name, source in recipe.sources.items() if source.reference]


def test_the_model_is_the_run_s(spark, run):
    recipe, out, table = run
    documents = spark.createDataFrame(
        table("extract", "documents").select(["source", "id", "url", "text"])
    ).repartition(3)
    is_reference = documents.source.isin(references_of(recipe))
    trained = cs.train_quality(
        documents.where(is_reference),
        documents.where(~is_reference),
        source="source",
        kind=recipe.quality.model,
        documents=recipe.quality.documents,
        languages=recipe.language.keep,
        seed=recipe.seed,
    )
    assert trained.model.to_bytes() == (out / "models" / "quality.model").read_bytes()
    told = json.loads((out / "models" / "quality.json").read_bytes())
    assert told["sha256"] == trained.report.sha256
    assert told["auc"] == trained.report.measures["auc"]


def test_scores_and_draws_are_the_run_s(spark, run):
    recipe, out, table = run
    scores = {row["key"]: row for row in table("quality", "scores").to_pylist()}
    rows = table("lines", "documents").select(["key", "source", "id", "url", "text"])
    rows = rows.filter(pa.array([key in scores for key in rows["key"].to_pylist()]))
    model = load(str(out / "models" / "quality.model"))
    frame = spark.createDataFrame(rows).repartition(2)
    found = frame.transform(cs.score, model, id="id", score="good", seed=recipe.seed).transform(
        cs.pareto, alpha=recipe.quality.alpha, score="good", seed=recipe.seed
    )
    assert found.columns == [*frame.columns, "good", "drop_reason"]
    answers = {row.key: row for row in found.collect()}
    assert {key: row.good for key, row in answers.items()} == {
        key: row["quality_score"] for key, row in scores.items()
    }
    dropped = {row["key"]: row["reason"] for row in table("quality", "outcomes").to_pylist()}
    assert dropped
    crawl = {key: row for key, row in answers.items() if row.source not in references_of(recipe)}
    reasons = {key: row.drop_reason for key, row in crawl.items() if row.drop_reason}
    assert reasons == dropped


def test_the_mixture_is_the_run_s(spark, run):
    """The rows of all shards, in their order."""
    recipe, out, table = run
    planned = table("count", "planned").select(["id", "source", "piece", "tokens"])
    frame = spark.createDataFrame(planned).withColumnsRenamed({"id": "name", "source": "origin"})
    before = dict(spark.conf.getAll)
    found = frame.transform(
        cs.mix,
        {name: source.weight for name, source in recipe.sources.items()},
        tokens=recipe.mix.tokens,
        id="name",
        source="origin",
        token_count="tokens",
        validation=recipe.mix.validation,
        max_epochs=recipe.mix.max_epochs,
        seed=recipe.seed,
    )
    assert dict(spark.conf.getAll) == before
    rows = [row.asDict() for row in found.orderBy("split", "position").collect()]
    for split in ("train", "validation"):
        files = sorted((out / "corpus" / split).glob("*.parquet"))
        shards = [row for file in files for row in pq.read_table(file).to_pylist()]
        wanted = [(row["id"], row["piece"], row["epoch"]) for row in shards]
        assert len(wanted) > 5
        own = [row for row in rows if row["split"] == split]
        assert [(row["name"], row["piece"], row["epoch"]) for row in own] == wanted
        assert sum(row["tokens"] for row in own) == sum(row["token_count"] for row in shards)


def test_tokens_are_counted_where_they_are_not_known(spark):
    texts = [(f"id-{n}", "ab"[n % 2], "word " * (n + 1), n) for n in range(40)]
    frame = spark.createDataFrame(texts, "id string, source string, text string, n int")
    found = cs.mix(frame, {"a": 0.25, "b": 0.75}, tokens=400, seed=3)
    known = spark.createDataFrame(
        [(*row[:3], len(row[2].split(" "))) for row in texts],
        "id string, source string, text string, n int",
    )
    again = cs.mix(known, {"a": 0.25, "b": 0.75}, tokens=400, token_count="n", seed=3)
    names = ("id", "split", "epoch", "position")
    one, other = ({tuple(r[n] for n in names) for r in f.collect()} for f in (found, again))
    assert one == other
    assert found.columns == [*frame.columns, "split", "epoch", "position"]
    assert {row.source for row in found.select("source").distinct().collect()} == {"a", "b"}


WRONG = {
    "unknown weights": ({"weights": {"a": 1, "b": 1, "c": 1}}, "source c has weight"),
    "a missing weight": ({"weights": {"a": 1}}, "got none for b"),
    "too many tokens": (
        {"weights": {"a": 1, "b": 1}, "tokens": 10**6}, "repeats .*, more than max_epochs",
    ),
    "a share of one": ({"validation": 1}, "validation of at least 0 and below 1, got 1"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "message"), WRONG.values(), ids=WRONG)
def test_mixtures_that_cannot_be(spark, given, message):
    frame = spark.createDataFrame([("1", "a", 5), ("2", "b", 5)], "id string, source string, n int")
    with pytest.raises(ValueError, match=message):
        cs.mix(frame, token_count="n", **given)


@pytest.fixture(scope="module")
def benchmarks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmarks")
    for name, items in BENCHMARKS.items():
        jsonl(folder / f"{name}.jsonl", items)
    return folder


def test_texts_are_cut_as_by_the_library(spark, benchmarks):
    """Hits, common phrases, pieces, reasons; a row that has a reason before, and no text."""
    names = sorted(BENCHMARKS)
    index = Index.build(
        item for name in names for item in read_items(str(benchmarks / f"{name}.jsonl"), name)
    )
    clean = Decontaminator(index=index, exempt=frequent(index, TEXTS.values()))
    wanted = {("mine", 0): ("x", "mine"), ("null", 0): (None, "no_text")}
    for name, text in TEXTS.items():
        cleaned = clean(text)
        for number, (start, stop) in enumerate(cleaned.pieces or [(0, len(text))]):
            wanted[name, number] = (text[start:stop], cleaned.reason)
    assert {"no_piece_left", "too_many_pieces"} < {reason for _, reason in wanted.values()}
    rows = [(name, text, None) for name, text in TEXTS.items()]
    rows += [("mine", "x", "mine"), ("null", None, None)]
    frame = spark.createDataFrame(rows, "name string, body string, drop_reason string")
    found = frame.repartition(3).transform(
        cs.decontaminate, str(benchmarks / "*.jsonl"), text="body", piece="part"
    )
    assert found.columns == ["name", "body", "drop_reason", "part"]
    answers = {(row.name, row.part): (row.body, row.drop_reason) for row in found.collect()}
    assert answers == wanted
    given = [
        Item(name, row["id"], tuple((key, text) for key, text in row.items() if key != "id"))
        for name in names
        for row in BENCHMARKS[name]
    ]
    again = cs.decontaminate(frame, given, text="body", piece="part")
    assert again.count() == len(wanted)
    with pytest.raises(ValueError, match="windows"):
        cs.decontaminate(frame, given, text="body", windows=3)


def test_blocks_of_pieces_are_not_known(spark):
    question = " ".join(f"w{n}" for n in range(20))
    texts = [f"{'x ' * 300}{question} {'y ' * 300}", "whole"]
    rows = [(text, [("prose", 0, 5)]) for text in texts]
    blocks = "array<struct<kind:string,start:bigint,end:bigint>>"
    frame = spark.createDataFrame(rows, f"text string, blocks {blocks}")
    index = Index.build([Item("quiz", "1", (("question", question),))])
    found = cs.decontaminate(frame, index).collect()
    assert [(row.piece, row.blocks is None) for row in found] == [(0, True), (1, True), (0, False)]
