"""Before the run: every mistake at once, what is told besides, and the room it needs."""

import json
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.pipeline import plan, specs
from curate.recipe import RecipeError
from pipeline.planned import SOURCES, inputs, jsonl, start


def mistakes(run):
    with pytest.raises(RecipeError) as error:
        plan.check(run)
    return str(error.value).splitlines()


def test_what_is_found_where_nothing_is_wrong(tmp_path):
    jsonl(tmp_path / "a.jsonl", {"text": "a"})
    facts = plan.check(start(tmp_path, sources={"a": {"kind": "jsonl", "path": "a.jsonl"}}))
    assert list(facts) == ["tokenizer", "near-duplicates", "disk"]
    assert facts["tokenizer"].startswith("gpt2 (")
    assert facts["disk"].startswith("35 bytes needed, ")
    assert not (tmp_path / "out").exists(), "nothing is written"


def test_all_mistakes_are_told_at_once(tmp_path, monkeypatch):
    jsonl(tmp_path / "a.jsonl", {"body": "a", "id": 1})
    with (tmp_path / "a.jsonl").open("a") as file:
        file.write("{a damaged line\n")
    pq.write_table(pa.table({"content": ["a"], "url": ["u"]}), tmp_path / "b.parquet")
    (tmp_path / "out").write_text("a file")

    monkeypatch.setattr(plan.io, "free_bytes", lambda _: 100)
    run = start(
        tmp_path,
        sources={
            "a": {"kind": "jsonl", "path": "a.jsonl"},
            "b": {"kind": "parquet", "path": "b.parquet"},
            "c": {"kind": "parquet", "path": "b.parquet", "text": "content"},
        },
        language={"keep": ["xx"]},
        mix={"tokenizer": "none/tokenizer.json"},
    )
    result = mistakes(run)
    size = plan.needed(run)
    expected = [
        "sources.a.text: expected a column of a.jsonl (body, id), got text",
        "sources.b.text: expected a column of b.parquet (content, url), got text",
        f"output.path: expected a folder, got the file {tmp_path}/out",
        "language.keep: expected ISO 639 codes of languages that py3langid knows, got 'xx': ",
        "mix.tokenizer: ",
        f"disk: expected {size:,} bytes free in {tmp_path}/out/_work, got 100",
    ]
    assert len(result) == len(expected)
    for line, beginning in zip(result, expected, strict=True):
        assert line.startswith(beginning)


def test_mistakes_are_told_before_what_needs_a_right_recipe(tmp_path):
    """Whether the prefilter may run depends on the languages, which are wrong here."""
    (tmp_path / "a.warc").write_bytes(b"WARC/1.1\r\n")
    sources = {"a": {"kind": "warc", "path": "a.warc"}}
    [mistake] = mistakes(start(tmp_path, sources=sources, language={"keep": ["jp"]}))
    assert mistake.endswith("got 'jp': write ja for jp")


OTHERWISE = {  # kind, what the file begins with -> what it looks like
    "text as an archive": ("warc", b"It was late.\n", "text"),
    "text as Parquet": ("parquet", b"It was late.\n", "text"),
    "an archive as text": ("text", b"WARC/1.1\r\nWARC-Type: response\r\n", "warc"),
    "an archive": ("warc", b"WARC/1.1\r\nWARC-Type: response\r\n", None),
    "a table under another name": ("csv", b"text\nIt was late.\n", None),
    "no page": ("html", b"It was late.\n", None),
    "nothing": ("warc", b"", None),
}


@pytest.mark.parametrize(("kind", "data", "other"), OTHERWISE.values(), ids=OTHERWISE)
def test_a_file_of_another_kind_is_told(tmp_path, kind, data, other):
    (tmp_path / "a").write_bytes(data)
    facts = plan.check(start(tmp_path, sources={"a": {"kind": kind, "path": "a"}}))
    told = f"sources.a.kind is {kind}, but a looks like {other}" if other else None
    assert facts.get("kinds") == told


DAMAGED = {
    "a.jsonl": b"{not json\n",
    "b.jsonl": b"",
    "c.jsonl": b"[" * 100_000,
    "a.jsonl.gz": b"\x1f\x8b\x08\x00\x00",
    "b.jsonl.gz": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + b"\xff" * 30,
    "a.jsonl.xz": b"\xfd7zXZ\x00\x00\x04 and no more of it",
    "a.jsonl.bz2": b"BZh9 and no more of it",
    "a.jsonl.zst": b"not packed",
    "a.parquet": b"",
    "b.parquet": b"PAR1 and no more of it",
    "c.parquet": b"PAR1" + b"\xff" * 100 + (100).to_bytes(4, "little") + b"PAR1",
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_no_mistake_of_the_recipe(tmp_path, name):
    (tmp_path / name).write_bytes(DAMAGED[name])
    kind = "parquet" if name.endswith("parquet") else "jsonl"
    run = start(tmp_path, sources={"a": {"kind": kind, "path": name}})
    assert list(plan._columns(run)) == []


def test_a_file_in_the_place_of_work(tmp_path):
    jsonl(tmp_path / "a.jsonl", {"text": "a"})
    (tmp_path / "out").mkdir()
    (tmp_path / "out/_work").write_text("a file")
    run = start(tmp_path, sources={"a": {"kind": "jsonl", "path": "a.jsonl"}})
    assert mistakes(run) == [f"output.work: expected a folder, got the file {tmp_path}/out/_work"]


def test_a_place_below_a_file_has_one_line(tmp_path):
    jsonl(tmp_path / "a.jsonl", {"text": "a"})
    run = start(tmp_path, out="a.jsonl/out", sources={"a": {"kind": "jsonl", "path": "a.jsonl"}})
    assert mistakes(run) == [f"output.path: expected a folder, got the file {tmp_path}/a.jsonl"]


def test_files_that_a_run_would_delete_are_told_first(tmp_path):
    jsonl(tmp_path / "a.jsonl", {"text": "a"})
    corpus = tmp_path / "out/corpus"
    (corpus / "train").mkdir(parents=True)
    (tmp_path / "out/_curate.json").write_text("{}")  # a folder of ours
    (corpus / "train/train-00000-of-00001.parquet").touch()  # of a run that was
    whole = {"sources": {"a": {"kind": "jsonl", "path": "a.jsonl"}}}
    plan.check(start(tmp_path, **whole))
    (corpus / "thesis.parquet").touch()
    assert mistakes(start(tmp_path, **whole)) == [
        "output.path: expected a new folder, or one that curate wrote, got "
        f"{tmp_path}/out with files of others such as corpus/thesis.parquet: name another one"
    ]


def test_a_corpus_of_another_recipe_is_told(tmp_path):
    jsonl(tmp_path / "a.jsonl", {"text": "a"})
    whole = {"sources": {"a": {"kind": "jsonl", "path": "a.jsonl"}}}
    run = start(tmp_path, **whole)
    (tmp_path / "out").mkdir()
    manifest = json.dumps({"recipe": run.recipe.without_paths()})
    (tmp_path / "out/manifest.json").write_text(manifest)
    (tmp_path / "out/_curate.json").write_text("{}")
    assert "output" not in plan.check(run)
    facts = plan.check(start(tmp_path, **whole, seed=8))
    assert (
        facts["output"] == f"{tmp_path}/out holds a corpus of another recipe, which a run replaces"
    )


UNTIL = {
    "mix": (["extract", "filter", "dedup", "near", "count", "mix", "shards", "publish"], {}),
    "dedup": (["extract", "filter", "dedup"], {"dedup": {"near": False}}),
    "filter": (["extract", "filter"], {}),
    "train-quality": (["extract", "train"], {"quality": {"model": "logistic"}}),
}


@pytest.mark.parametrize(("last", "names", "changes"), [(k, *v) for k, v in UNTIL.items()])
def test_the_stages_until_an_end(tmp_path, last, names, changes):
    jsonl(tmp_path / "a.jsonl", {"text": "a"})
    one = {"kind": "jsonl", "path": "a.jsonl"}
    run = start(tmp_path, sources={"a": one, "b": {**one, "reference": True}}, **changes)
    assert [spec.name for spec in specs.stages_of(run.recipe, last)] == names


def test_an_end_that_the_recipe_does_not_have(tmp_path):
    jsonl(tmp_path / "a.jsonl", {"text": "a"})
    run = start(tmp_path, sources={"a": {"kind": "jsonl", "path": "a.jsonl"}})
    with pytest.raises(ValueError, match="a stage of the command decontaminate"):
        specs.stages_of(run.recipe, "decontaminate")


PACKED = {
    "text": ("text", "a.txt", 2_500),
    "a dump of bzip2": ("mediawiki", "a.xml.bz2", 6_000),
    "a dump": ("mediawiki", "a.xml", 1_500),
    "JSON lines of zstd": ("jsonl", "a.jsonl.zst", 10_000),
    "archives": ("warc", "a.warc.gz", 1_500),
    "columns": ("parquet", "a.parquet", 9_250),
    "e-books": ("book", "a.EPUB", 3_750),
}


@pytest.mark.parametrize(("kind", "name", "expected"), PACKED.values(), ids=PACKED)
def test_packed_files_need_more_room(tmp_path, kind, name, expected):
    (tmp_path / name).write_bytes(b"x" * 1_000)
    sources = {"a": {"kind": kind, "path": name}}
    assert plan.needed(start(tmp_path, sources=sources)) == pytest.approx(expected, abs=1)
    sampled = start(tmp_path, sources=sources, extract={"sample": 0.1})
    assert plan.needed(sampled) == pytest.approx(expected / 10, abs=1)


@pytest.mark.parametrize(
    ("mix", "weight", "told"),
    [
        ({"tokens": 2_000}, 0.01, True),
        ({"tokens": 2_000_000, "max_epochs": 1_000}, 0.01, False),
        ({}, 0.01, True),
        ({}, 0.5, False),
    ],
    ids=["a small budget", "a large one", "what the scarcest source allows", "a larger weight"],
)
def test_a_source_whose_target_is_less_than_half_a_document_is_told(tmp_path, mix, weight, told):
    (tmp_path / "books").mkdir()
    for n in range(3):
        (tmp_path / "books" / f"{n}.txt").write_text("A book of many words. " * (2_000 + n))
    jsonl(tmp_path / "news.jsonl", *[{"text": "Some news of today. " * 20} for _ in range(200)])
    run = start(
        tmp_path,
        sources={
            "books": {"kind": "text", "path": "books/*.txt", "weight": weight},
            "news": {"kind": "jsonl", "path": "news.jsonl", "weight": 1 - weight},
        },
        mix=mix,
    )
    facts = plan.check(run)
    assert ("mix" in facts) == told
    if told:
        assert facts["mix"].startswith("nothing of books will be in the corpus")
        assert "about 10,000" in facts["mix"]


WITHOUT_SPARK = """
import sys
sys.modules["pyspark"] = None  # importing it is an error from here on
from curate.cli import main
main(sys.argv[1:])
"""


@pytest.mark.slow
def test_without_pyspark_plan_and_run_do_all_but_spark(tmp_path):
    folder = inputs(tmp_path)
    recipe = {"language": None, "filters": [], "sources": SOURCES}
    (folder / "recipe.yaml").write_text(json.dumps(recipe))  # YAML, too

    def curate(*options):
        line = [sys.executable, "-c", WITHOUT_SPARK, *options, "recipe.yaml", "--out", "out"]
        return subprocess.run(line, cwd=folder, capture_output=True, text=True)

    done = curate("plan")
    assert (done.returncode, done.stderr) == (0, "")
    assert " of input, no more than 32 GiB)" in done.stdout
    assert not (folder / "out").exists()
    done = curate("run", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (folder / "out/manifest.json").exists()
    done = curate("run", "--engine", "spark")
    assert done.returncode == 2
    assert done.stderr.startswith("engine: expected pyspark for the engine spark (requested)")
