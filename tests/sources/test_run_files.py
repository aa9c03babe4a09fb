"""What a run writes, this one or an earlier, is not read as a source by mistake."""

import json
from pathlib import Path

import pytest

from curate.sources import inventory
from curate.sources.run_files import run_file_mistakes
from curate.store import io

from .reading import parsed, put

WRITTEN = ("corpus/train/train-00000-of-00001.parquet", "ledger/ledger-0.parquet",
           "_work/extract/0123/documents-000000.parquet", "README.md")  # fmt: skip


def finished_run(folder, marker="manifest.json"):
    for name in WRITTEN:
        put(folder / name)
    data = {"schema_version": 1, "shards": []} if marker == "manifest.json" else {}
    put(folder / marker, json.dumps(data).encode())
    return folder


def mistakes(folder, path, *, out="out", work="out/_work", kind="text"):
    made = parsed(folder, s={"path": path, "kind": kind})
    files, _ = inventory(made)
    return list(run_file_mistakes(made, files, io.absolute(out, folder), io.absolute(work, folder)))


def test_own_places_below_a_pattern(tmp_path):
    put(tmp_path / "a.parquet")
    finished_run(tmp_path / "out")
    [mistake] = mistakes(tmp_path, "**/*.parquet")
    assert mistake.startswith(
        f"sources.s.path: expected files outside of output.path ({tmp_path}/out), where this run "
        f"writes, got 3 below it, such as {tmp_path}/out/"
    )
    [mistake] = mistakes(tmp_path, "**/*.parquet", out="elsewhere", work="out")
    assert "files outside of output.work" in mistake
    assert mistakes(tmp_path, "*.parquet") == []


def test_out_is_the_folder_of_the_sources(tmp_path):
    put(tmp_path / "data/a.txt")
    [mistake] = mistakes(tmp_path, "data/*.txt", out="data")
    assert "outside of output.path" in mistake


def test_a_folder_of_a_name_that_begins_alike_is_another(tmp_path):
    put(tmp_path / "output/a.txt")
    assert mistakes(tmp_path, "output/*.txt", out="out") == []


@pytest.mark.parametrize("out", ["link", "real/../real/out", "./real/out/"])
def test_own_places_by_another_way(tmp_path, out):
    finished_run(tmp_path / "real/out")
    (tmp_path / "link").symlink_to("real/out")
    [mistake] = mistakes(tmp_path, "real/**/*.parquet", out=out)
    assert "outside of output.path" in mistake


def test_a_link_to_a_file_of_ones_own(tmp_path):
    finished_run(tmp_path / "out")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.parquet").symlink_to(tmp_path / "out" / WRITTEN[0])
    [mistake] = mistakes(tmp_path, "in/*.parquet")
    assert "outside of output.path" in mistake


@pytest.mark.parametrize("marker", ["manifest.json", "_curate.json"])
def test_an_earlier_run_below_a_pattern(tmp_path, marker):
    put(tmp_path / "a.parquet")
    run = finished_run(tmp_path / "runs/old", marker)
    for path in ("**/*.parquet", "runs/*/*/*/*.parquet", "runs/old/**/*.parquet"):
        [mistake] = mistakes(tmp_path, path)
        assert mistake.startswith(
            "sources.s.path: expected files not written by a run, got such as"
        )
        assert f"of the run in {run}; to read its corpus, name the folder" in mistake


def test_a_stage_of_an_earlier_run_below_a_pattern(tmp_path):
    put(tmp_path / "w/extract/0123/_commit.json")
    put(tmp_path / "w/extract/0123/documents-000000.parquet")
    [mistake] = mistakes(tmp_path, "w/**/*.parquet")
    assert f"of the run in {tmp_path}/w/extract/0123" in mistake


@pytest.mark.parametrize("path", ["old/corpus/train/*.parquet", "old/corpus/*/*.parquet"])
def test_the_corpus_of_an_earlier_run_can_be_named(tmp_path, path):
    finished_run(tmp_path / "old")
    assert mistakes(tmp_path, path) == []


MANIFESTS = [b"", b"[]", b"{", b'{"shards": 1}', b"[" * 100_000, b"\xff"]


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_a_manifest_of_something_else(tmp_path, manifest):
    put(tmp_path / "data/a.txt")
    put(tmp_path / "data/manifest.json", manifest)
    assert mistakes(tmp_path, "**/*.txt") == []


def test_on_a_store():
    for name in (*WRITTEN, "_curate.json"):
        io.write_bytes(f"memory://own/old/{name}", b"{}")
    io.write_bytes("memory://own/a.parquet", b"x")
    try:
        for out, told in (
            ("memory://own/old", "outside of output.path (memory://own/old)"),
            ("memory://else", "of the run in memory://own/old"),
        ):
            [mistake] = mistakes(
                Path("/"), "memory://own/**/*.parquet", out=out, work="memory://else/work"
            )
            assert told in mistake
        assert mistakes(
            Path("/"), "memory://own/*.parquet", out="memory://own/old", work="/nowhere"
        ) == []  # fmt: skip
    finally:
        io.delete_tree("memory://own")
