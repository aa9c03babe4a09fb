"""`curate.run`, `plan` and `load`: the same run as the command's, and what it left."""

import json
import logging
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

import curate
from curate import cli
from curate.api import html
from curate.api.engines import engine_named
from curate.api.settings import RunSettings

WORDS = "the of a sea ship sail was and to in that it light house wind over with he".split()  # noqa: SIM905


def text_of(n):
    """Return a text of 60 words that no other number has."""
    return " ".join(WORDS[(n * 7 + k * (n + 3)) % len(WORDS)] + str(n * k % 97) for k in range(60))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with two sources, and a recipe for them."""
    folder = tmp_path_factory.mktemp("door")
    for source in ("news", "books"):
        lines = [json.dumps({"id": f"{source}-{n}", "text": text_of(n + 50 * len(source))})
                 for n in range(40)]  # fmt: skip
        (folder / f"{source}.jsonl").write_text("\n".join([*lines, json.dumps({"text": "short"})]))
    recipe = {
        "sources": {
            "news": {"kind": "jsonl", "path": "news.jsonl", "weight": 0.5},
            "books": {"kind": "jsonl", "path": "books.jsonl", "weight": 0.5},
        },
        "language": None,
        "filters": [{"gopher_quality": {"too_few_stop_words": None}}],
        "mix": {"validation": 0.1},
    }
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe, sort_keys=False))
    return folder


@pytest.fixture(scope="module")
def result(folder):
    return curate.run(folder / "recipe.yaml", folder / "out", engine="local")


def shas(out):
    return [(shard["file"], shard["sha256"]) for shard in curate.load(out).manifest["shards"]]


def test_a_result_holds_what_the_files_say(result, folder):
    ledger = json.loads((folder / "out" / "ledger.json").read_text())
    rows = result.ledger.to_pylist()
    assert [row["records"] for row in rows if row["state"] == "read"] == [ledger["records_in"]]
    assert ledger["records_in"] == 82
    states = [row for row in rows if row["state"] not in ("read", "cut")]
    assert sum(row["records"] for row in states) == 82, "each record ends once"
    manifest = json.loads((folder / "out" / "manifest.json").read_text())
    assert result.manifest == manifest
    assert {row["source"]: row["tokens"] for row in result.mixture.to_pylist()} == {
        name: row["tokens"] for name, row in manifest["mixture"].items()
    }
    train = pq.read_table(folder / "out" / "corpus" / "train")
    assert result.documents().to_table().sort_by("id") == train.sort_by("id")
    both = result.documents(None)
    assert sorted(Path(file).name for file in both.files) == sorted(
        Path(shard["file"]).name for shard in manifest["shards"]
    )
    assert result.records().count_rows() == 82
    short = result.samples("too_few_words")
    assert set(short["text"].to_pylist()) == {"short"}
    assert result.samples(stage="never").num_rows == 0
    assert "gopher" not in result.explain("news-3")[0]
    with pytest.raises(KeyError, match="expected an id or URL"):
        result.explain("nobody")
    assert Path(result.report()).read_text().startswith("<!")
    with pytest.raises(ValueError, match="split: expected train, validation or None, got 'test'"):
        result.documents("test")


def test_a_result_shows_itself(result):
    assert re.fullmatch(
        r"<curate\.Result .*/out: 82 records read, \d+ kept, \d+ held out, [\d,]+ tokens "
        r"in 2 shards>",
        repr(result),
    )
    shown = result._repr_html_()
    assert shown.count("<table>") == 2
    assert "too_few_words" in shown
    assert f'href="{(Path(result.out) / "report.html").as_uri()}"' in shown


def test_html_shows_text_as_text():
    made = html.table("<b>", ("<i>",), [("<script>x</script>",), (None,), (3,)] * 50)
    assert "<script>" not in made
    assert "<b>" not in made
    assert "90 more rows" in made


def test_the_same_run_as_the_command_s(result, folder, tmp_path):
    with pytest.raises(SystemExit) as left:
        cli.main(["run", str(folder / "recipe.yaml"), "--out", str(tmp_path / "out"), "--quiet"])
    assert left.value.code == 0
    assert shas(tmp_path / "out") == shas(result.out)


def test_a_mapping_and_a_recipe_start_at_the_working_folder(result, folder, monkeypatch, tmp_path):
    monkeypatch.chdir(folder)
    whole = yaml.safe_load((folder / "recipe.yaml").read_text())
    for recipe in (whole, curate.Recipe.model_validate(whole), "recipe.yaml"):
        planned = curate.plan(recipe, "out")
        assert [(one.source, one.files) for one in planned.inputs] == [("news", 1), ("books", 1)]
        assert "to do" not in {one.state for one in planned.stages}, "the run of the fixture"
        assert planned.out == result.out
    assert repr(planned).endswith("engine local; to do: nothing>")
    assert "Stages" in planned._repr_html_()
    assert {"to do"} == {one.state for one in curate.plan(whole, tmp_path).stages}
    assert list(tmp_path.iterdir()) == []


def test_out_is_told_without_dots(folder, monkeypatch, tmp_path):
    """After a link `..` leads to where the file system has it."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "a" / "b")
    monkeypatch.chdir(tmp_path)
    for out, told in (("a/../out", "out"), ("./a/./out", "a/out"), ("link/../out", "a/out")):
        plan = curate.plan(folder / "recipe.yaml", out)
        assert (plan.out, plan.work) == (f"{tmp_path}/{told}", f"{tmp_path}/{told}/_work")
    assert curate.load(f"{folder}/books/../out").out == f"{folder}/out"


def test_a_run_up_to_a_stage_is_told_as_such(folder, tmp_path, caplog):
    told = []
    with caplog.at_level(logging.INFO, "curate"):
        part = curate.run(
            folder / "recipe.yaml", tmp_path / "out", until="filter", engine="local",
            on_progress=lambda *one: told.append(one), sample=0.5,
        )  # fmt: skip
    assert list(part.stages) == ["extract", "filter"]
    assert 0 < part.stages["extract"]["documents"] < 82
    assert {"extract", "filter"} <= {stage for stage, _ in told}
    assert "engine: local (requested)" in caplog.messages
    assert not part.is_finished
    assert repr(part).endswith("extract, filter done>")
    assert "<table>" in part._repr_html_()
    with pytest.raises(FileNotFoundError, match="it was run up to filter"):
        _ = part.ledger
    with pytest.raises(FileNotFoundError, match="expected a finished run"):
        curate.load(tmp_path / "out")


MISTAKES = {
    "no recipe": ({"recipe": 5}, TypeError, r"recipe: expected a path or URL .*, got int"),
    "no place": ({"out": 5}, TypeError, r"out: expected a path or URL \(str or Path\), got int"),
    "no share": ({"sample": "half"}, TypeError, r"sample: expected a number .*, got str"),
    "no engine": ({"engine": 1}, TypeError, r"engine: expected a name \(str\), got int"),
    "no stage": ({"until": 1}, TypeError, r"until: expected a command's name \(str\), got int"),
    "no truth": ({"fresh": "yes"}, TypeError, "fresh: expected True or False, got str"),
    "no function": ({"on_progress": 5}, TypeError, "on_progress: expected a function .*, got int"),
    "no session": ({"spark": "yes"}, TypeError, r"spark: expected a classic SparkSession"),
    "no such engine": ({"engine": "dask"}, ValueError, "expected auto, local, spark, got dask"),
    "no such stage": ({"until": "fliter"}, ValueError, "until: expected extract, .*got fliter"),
    "not asked for": ({"until": "quality"}, ValueError, "quality: expected settings"),
    "no file": ({"recipe": "none.yaml"}, ValueError, "none.yaml: cannot be read"),
}


@pytest.mark.parametrize(("given", "error", "message"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_told_and_nothing_is_written(folder, tmp_path, given, error, message):
    given = {"recipe": folder / "recipe.yaml", "out": tmp_path / "out", **given}
    with pytest.raises(error, match=message):
        curate.run(**given)
    assert list(tmp_path.iterdir()) == []


def test_load_takes_a_path_alone():
    with pytest.raises(TypeError, match="out: expected a path or URL"):
        curate.load(None)


# --- Spark: what is the caller's stays the caller's --------------------------------------------


@pytest.mark.spark
@pytest.mark.parametrize("given", [True, False], ids=["given", "at work"])
def test_a_session_of_the_caller_s_is_left_as_it_is(spark, folder, tmp_path, given):
    context = spark.sparkContext
    context.setJobDescription("the caller's")
    spark.range(1).createOrReplaceTempView("mine")
    before = dict(spark.conf.getAll)
    try:
        part = curate.run(
            folder / "recipe.yaml", tmp_path / "out", until="filter",
            engine="auto" if given else "spark", spark=spark if given else None,
        )  # fmt: skip
        assert part.stages["filter"]["kept"] > 0
        assert context.getLocalProperty("spark.job.description") == "the caller's"
    finally:
        context.setLocalProperty("spark.job.description", None)
    assert dict(spark.conf.getAll) == before
    assert spark.range(3).count() == 3, "it was not stopped"
    assert spark.catalog.tableExists("mine")


@pytest.mark.spark
def test_a_session_at_work_takes_no_properties(spark, tmp_path):
    settings = RunSettings(conf={"spark.sql.shuffle.partitions": "3"})
    before = dict(spark.conf.getAll)
    with (
        pytest.raises(curate.RecipeError, match="got one that is at work here"),
        engine_named("spark", str(tmp_path), settings),
    ):
        raise AssertionError
    assert dict(spark.conf.getAll) == before


def test_a_session_is_for_spark(folder, tmp_path):
    pytest.importorskip("pyspark")
    from curate.spark.types import SparkSession

    with pytest.raises(curate.RecipeError, match="engine: expected auto or spark"):
        curate.run(
            folder / "recipe.yaml", tmp_path / "out", engine="local",
            spark=object.__new__(SparkSession),
        )  # fmt: skip
