"""Before the run: every mistake at once, and what would be done again."""

import json
import subprocess
import sys
import unicodedata
from contextlib import nullcontext
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate import recipe as recipes
from curate.pipeline import plan, specs
from curate.pipeline.run import start as start_run
from curate.recipe import RecipeError
from curate.stages import extract
from curate.stages.stage import SoFar
from curate.store import commits
from pipeline.runs import in_this_process


def jsonl(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def start(folder, *, out="out", logged=None, **whole):
    defaults = {"language": None, "filters": [], "output": {"shard_bytes": 1_000}}
    made = recipes.parse({**defaults, **whole}, folder)
    log = (lambda _: None) if logged is None else logged.append
    return start_run(made, str(folder / out), log=log)


# --- mistakes ----------------------------------------------------------------------------------


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
    found = mistakes(run)
    size = plan.needed(run)
    wanted = [
        "sources.a.text: expected a column of a.jsonl (body, id), got text",
        "sources.b.text: expected a column of b.parquet (content, url), got text",
        f"output.path: expected a folder, got the file {tmp_path}/out",
        "language: ",
        "mix.tokenizer: ",
        f"disk: expected {size:,} bytes free in {tmp_path}/out/_work, got 100",
    ]
    assert len(found) == len(wanted)
    for line, beginning in zip(found, wanted, strict=True):
        assert line.startswith(beginning)


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


# --- stages ------------------------------------------------------------------------------------

NAMES = ["extract", "filter", "dedup", "near", "count", "mix", "shards", "publish"]
SOURCES = {
    "docs": {"kind": "jsonl", "path": "*.jsonl", "weight": 1},
    "books": {"kind": "text", "path": "*.txt", "weight": 1, "reference": True},
}


PACKED = {
    "text": ("text", "a.txt", 2_500),
    "a dump of bzip2": ("mediawiki", "a.xml.bz2", 6_000),
    "a dump": ("mediawiki", "a.xml", 1_500),
    "JSON lines of zstd": ("jsonl", "a.jsonl.zst", 10_000),
    "archives": ("warc", "a.warc.gz", 1_500),
    "columns": ("parquet", "a.parquet", 9_250),
    "e-books": ("book", "a.EPUB", 3_750),
}


@pytest.mark.parametrize(("kind", "name", "wanted"), PACKED.values(), ids=PACKED)
def test_packed_files_need_more_room(tmp_path, kind, name, wanted):
    (tmp_path / name).write_bytes(b"x" * 1_000)
    sources = {"a": {"kind": kind, "path": name}}
    assert plan.needed(start(tmp_path, sources=sources)) == pytest.approx(wanted, abs=1)
    sampled = start(tmp_path, sources=sources, extract={"sample": 0.1})
    assert plan.needed(sampled) == pytest.approx(wanted / 10, abs=1)


@pytest.fixture
def folder(tmp_path):
    return inputs(tmp_path)


def inputs(folder):
    """Write two files of five documents and two books, each of some 450 characters."""
    for number in range(2):
        jsonl(folder / f"{number}.jsonl", *({"text": words(f"{number}{n}")} for n in range(5)))
        (folder / f"{number}.txt").write_text(words(f"book{number}"))
    return folder


def words(name):
    return " ".join(f"{name}x{n}" for n in range(80))


def carry_out(run, most):
    """Do a run's first stages; return their commits."""
    so_far = SoFar()
    with in_this_process() as engine:
        run = run.on(engine)
        for spec in specs.stages_of(run.recipe)[:most]:
            stage = spec.place(run, so_far)
            so_far = spec.then(so_far, stage.committed or spec.work(stage, so_far))
    return list(so_far.commits.values())


TO_DO, SKIP = "to do", "nothing changed: skip"


def input_hash(run, name):
    """Return the input hash of a stage whose stages before are done."""
    so_far = SoFar()
    for spec in specs.stages_of(run.recipe):
        stage = spec.place(run, so_far)
        if spec.name == name:
            return stage.input_hash
        so_far = spec.then(so_far, stage.committed)
    raise AssertionError(name)


def test_a_list_that_changed_is_another_filter(folder):
    """Its path is the same, so only the contents can tell."""
    (folder / "hosts").write_text("bad.org\n")
    run = start(folder, sources=SOURCES, filters=[{"url": {"url_domain": "hosts"}}])
    carry_out(run, 1)
    hashes = [input_hash(run, "filter")]
    for hosts in ("bad.org\nworse.net\n", "bad.org\n"):
        (folder / "hosts").write_text(hosts)
        hashes.append(input_hash(run, "filter"))
    assert hashes[0] == hashes[2] != hashes[1]


def test_before_a_run_everything_is_to_do(folder):
    found = plan.stages(start(folder, sources=SOURCES))
    assert found == [("extract", TO_DO, 2), *((name, TO_DO, None) for name in NAMES[1:])]
    assert not (folder / "out").exists()


# Parts of documents, but for the shards; how many comparisons `near` makes is not known before.
UNITS = dict.fromkeys(("extract", "filter", "dedup", "count", "mix"), 2) | {"shards": 3}


@pytest.mark.parametrize("done", range(1, 9))
def test_stages_that_are_done_are_skipped(folder, done):
    carry_out(start(folder, sources=SOURCES), done)
    found = plan.stages(start(folder, sources=SOURCES))
    assert [name for name, _, _ in found] == NAMES
    assert [state for _, state, _ in found] == [SKIP] * done + [TO_DO] * (8 - done)
    units = [UNITS.get(name, None) for name in NAMES]
    assert [number for _, _, number in found] == (units[: done + 1] + [None] * 7)[:8]


CHANGES = {
    "a priority": ({"dedup": {"priority": ["books"]}}, "dedup"),
    "a threshold": ({"dedup": {"threshold": 0.7}}, "near"),
    "no near-duplicates": ({"dedup": {"near": False}}, "count"),
    "the seed": ({"seed": 8}, "count"),
    "the number of tokens": ({"mix": {"tokens": 50}}, "mix"),
    "the size of shards": ({"output": {"shard_bytes": 5_000}}, "mix"),
    "a filter": ({"filters": ["c4"]}, "filter"),
    "where to cut": ({"extract": {"split_bytes": 1 << 20}}, "extract"),
    "a source's column": (
        {"sources": {**SOURCES, "docs": {**SOURCES["docs"], "url": "link"}}},
        "extract",
    ),
    "a weight": ({"sources": {**SOURCES, "docs": {**SOURCES["docs"], "weight": 2}}}, "mix"),
    "whether it is judged": (
        {"sources": {**SOURCES, "books": {**SOURCES["books"], "filter": True}}},
        "filter",
    ),
    "what is said of samples": ({"output": {"shard_bytes": 1_000, "samples": 5}}, "publish"),
}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = inputs(tmp_path_factory.mktemp("done"))
    carry_out(start(folder, sources=SOURCES), 8)
    return folder


@pytest.mark.parametrize(("change", "first"), CHANGES.values(), ids=CHANGES)
def test_a_change_redoes_the_stages_it_concerns(done, change, first):
    found = plan.stages(start(done, **{"sources": SOURCES, **change}))
    assert next(name for name, state, _ in found if state == TO_DO) == first


# What of OUT is gone, or another's -> the first stage that must be done again.
TAKEN = {
    "a shard is gone": ("corpus/train/train-00001-of-00003.parquet", None, "shards"),
    "a shard is cut": ("corpus/train/train-00001-of-00003.parquet", b"row", "shards"),
    "no manifest": ("manifest.json", None, "publish"),
    "another run's manifest": ("manifest.json", b'{"recipe": {"seed": 8}}', "publish"),
}


@pytest.mark.parametrize(("file", "instead", "first"), TAKEN.values(), ids=TAKEN)
def test_what_is_not_in_out_is_made_again(folder, file, instead, first):
    carry_out(start(folder, sources=SOURCES), 8)
    path = folder / "out" / file
    path.unlink() if instead is None else path.write_bytes(instead)
    found = plan.stages(start(folder, sources=SOURCES))
    assert next(name for name, state, _ in found if state == TO_DO) == first


def test_what_may_change_a_text_reads_it_again(folder, monkeypatch):
    """A decoder that came since, another Unicode, a folder named as another crawl."""
    warc = {"crawl": {"kind": "warc", "path": "CC-MAIN-2024-10/*.gz"}}
    (folder / "CC-MAIN-2024-10").mkdir()
    (folder / "CC-MAIN-2024-10/a.gz").write_bytes(b"")
    hashes = [extract.place(start(folder, sources=warc), SoFar()).input_hash]
    version = commits.metadata.version
    with monkeypatch.context() as patch:
        newer = {"brotli": "99"}
        patch.setattr(commits.metadata, "version", lambda name: newer.get(name) or version(name))
        hashes.append(extract.place(start(folder, sources=warc), SoFar()).input_hash)
    with monkeypatch.context() as patch:
        patch.setattr(unicodedata, "unidata_version", "99")
        hashes.append(extract.place(start(folder, sources=warc), SoFar()).input_hash)
    (folder / "CC-MAIN-2024-10").rename(folder / "CC-MAIN-2024-18")
    warc["crawl"]["path"] = "CC-MAIN-2024-18/*.gz"
    hashes.append(extract.place(start(folder, sources=warc), SoFar()).input_hash)
    assert len(set(hashes)) == 4


def test_a_file_that_changes_while_it_is_read_ends_the_run(folder):
    """New files, and files that are gone, do not: what was there has been read."""
    (folder / "more").mkdir()
    (folder / "more/a.txt").write_text("A last one.")
    more = {"kind": "text", "path": "more/*.txt", "weight": 1}
    run = start(folder, sources={**SOURCES, "more": more})
    (folder / "2.txt").write_text("A new one.")
    (folder / "1.txt").unlink()
    extract._check_unchanged(run)
    (folder / "0.txt").write_text("Another book it is, and longer.")
    with pytest.raises(extract.ChangedInputError, match=r"got 1 .*/0\.txt \(\d+ bytes, now 31\)"):
        extract._check_unchanged(run)
    (folder / "more/a.txt").unlink()
    extract._check_unchanged(run)


@pytest.mark.parametrize(("url", "fails"), [("https://x/a", False), ("s3://x/a", True)])
def test_an_etag_that_changed_counts_where_there_is_one_server(folder, monkeypatch, url, fails):
    run = start(folder, sources=SOURCES)
    file = replace(run.files[0], url=url)
    monkeypatch.setattr(extract, "inventory", lambda _: ([replace(file, version="other")], []))
    run = replace(run, files=[file])
    expected = pytest.raises(extract.ChangedInputError) if fails else nullcontext()
    with expected:
        extract._check_unchanged(run)


def test_a_changed_file_is_read_again(folder):
    carry_out(start(folder, sources=SOURCES), 2)
    (folder / "0.txt").write_text("Another book it is.")
    found = plan.stages(start(folder, sources=SOURCES))
    assert [state for _, state, _ in found] == [TO_DO] * 8


def test_the_same_content_under_other_names_changes_nothing_later(folder):
    """An input hash takes in what the commits before hold, not what their files are called."""
    one = carry_out(start(folder, sources=SOURCES), 6)
    other = carry_out(start(folder, out="other", sources=SOURCES), 6)
    assert [commit.input_hash for commit in one] == [commit.input_hash for commit in other]
    names = [set(commit.outputs["name"].to_pylist()) for commit in (one[0], other[0])]
    assert names[0].isdisjoint(names[1])


ASKED = {
    "none": ({}, []),
    "captures of one page": ({"urls": True}, ["urls"]),
    "lines": ({"shared_lines": {"keep": "first"}}, ["lines"]),
    "both": ({"urls": True, "shared_lines": {"most": 9}}, ["urls", "lines"]),
}


@pytest.mark.parametrize(("asked", "added"), ASKED.values(), ids=ASKED)
def test_steps_that_are_asked_for_stand_before_exact_duplicates(done, asked, added):
    found = plan.stages(start(done, **{"sources": SOURCES, "dedup": asked}))
    assert [name for name, _, _ in found] == ["extract", "filter", *added, *NAMES[2:]]
    states = {name: state for name, state, _ in found}
    assert [states[name] for name in ("extract", "filter")] == [SKIP, SKIP]
    assert {states[name] for name in added} <= {TO_DO}


# --- without Spark -----------------------------------------------------------------------------

WITHOUT_SPARK = """
import sys
sys.modules["pyspark"] = None  # importing it is an error from here on
from curate.cli import main
main(sys.argv[1:])
"""


def test_without_pyspark_plan_and_run_do_all_but_spark(folder):
    recipe = {"language": None, "filters": [], "sources": SOURCES}
    (folder / "recipe.yaml").write_text(json.dumps(recipe))  # YAML, too

    def curate(*options):
        line = [sys.executable, "-c", WITHOUT_SPARK, *options, "recipe.yaml", "--out", "out"]
        return subprocess.run(line, cwd=folder, capture_output=True, text=True)

    done = curate("plan")
    assert (done.returncode, done.stderr) == (0, "")
    assert "engine: local (0.0 GB of input, no more than " in done.stdout
    assert not (folder / "out").exists()
    done = curate("run", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (folder / "out/manifest.json").exists()
    done = curate("run", "--engine", "spark")
    assert done.returncode == 2
    assert done.stderr.startswith("--engine: expected pyspark for the engine spark (requested)")


# --- sources that a mix leaves out -------------------------------------------------------------


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
