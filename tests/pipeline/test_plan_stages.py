"""Before the run: which stages are to do, and which ones a change redoes."""

import unicodedata

import pytest

from curate.pipeline import plan, specs
from curate.stages import extract
from curate.stages.stage import SoFar
from curate.store import commits
from pipeline.planned import NAMES, SOURCES, carry_out, inputs, start


@pytest.fixture
def folder(tmp_path):
    return inputs(tmp_path)


TO_DO, SKIP = "to do", "nothing changed: skip"


def input_hash(run, name):
    """Return the input hash of a stage whose stages before are done."""
    so_far = SoFar()
    for spec in specs.stages_of(run.recipe):
        stage = spec.prepare(run, so_far)
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
    result = plan.stages(start(folder, sources=SOURCES))
    assert result == [("extract", TO_DO, 2), *((name, TO_DO, None) for name in NAMES[1:])]
    assert not (folder / "out").exists()


# Parts of documents, but for the shards; how many comparisons `near` makes is not known before.
UNITS = dict.fromkeys(("extract", "filter", "dedup", "count", "mix"), 2) | {"shards": 3}


@pytest.mark.parametrize("done", range(1, 9))
def test_stages_that_are_done_are_skipped(folder, done):
    carry_out(start(folder, sources=SOURCES), done)
    result = plan.stages(start(folder, sources=SOURCES))
    assert [name for name, _, _ in result] == NAMES
    assert [state for _, state, _ in result] == [SKIP] * done + [TO_DO] * (8 - done)
    units = [UNITS.get(name, None) for name in NAMES]
    assert [number for _, _, number in result] == (units[: done + 1] + [None] * 7)[:8]


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
    result = plan.stages(start(done, **{"sources": SOURCES, **change}))
    assert next(name for name, state, _ in result if state == TO_DO) == first


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
    result = plan.stages(start(folder, sources=SOURCES))
    assert next(name for name, state, _ in result if state == TO_DO) == first


def test_what_may_change_a_text_reads_it_again(folder, monkeypatch):
    """A decoder that came since, another Unicode, a folder named as another crawl."""
    warc = {"crawl": {"kind": "warc", "path": "CC-MAIN-2024-10/*.gz"}}
    (folder / "CC-MAIN-2024-10").mkdir()
    (folder / "CC-MAIN-2024-10/a.gz").write_bytes(b"")
    hashes = [extract.prepare(start(folder, sources=warc), SoFar()).input_hash]
    version = commits.metadata.version
    with monkeypatch.context() as patch:
        newer = {"brotli": "99"}
        patch.setattr(commits.metadata, "version", lambda name: newer.get(name) or version(name))
        hashes.append(extract.prepare(start(folder, sources=warc), SoFar()).input_hash)
    with monkeypatch.context() as patch:
        patch.setattr(unicodedata, "unidata_version", "99")
        hashes.append(extract.prepare(start(folder, sources=warc), SoFar()).input_hash)
    (folder / "CC-MAIN-2024-10").rename(folder / "CC-MAIN-2024-18")
    warc["crawl"]["path"] = "CC-MAIN-2024-18/*.gz"
    hashes.append(extract.prepare(start(folder, sources=warc), SoFar()).input_hash)
    assert len(set(hashes)) == 4


def test_a_changed_file_is_read_again(folder):
    carry_out(start(folder, sources=SOURCES), 2)
    (folder / "0.txt").write_text("Another book it is.")
    result = plan.stages(start(folder, sources=SOURCES))
    assert [state for _, state, _ in result] == [TO_DO] * 8


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
    result = plan.stages(start(done, **{"sources": SOURCES, "dedup": asked}))
    assert [name for name, _, _ in result] == ["extract", "filter", *added, *NAMES[2:]]
    states = {name: state for name, state, _ in result}
    assert [states[name] for name in ("extract", "filter")] == [SKIP, SKIP]
    assert {states[name] for name in added} <= {TO_DO}
