"""Who owns a folder: what is refused, what is held, what a killed run leaves behind."""

import json
import subprocess
import sys

import pytest

from curate.errors import RecipeError
from curate.store import io
from curate.store.owner import MARKER, folder_mistake, lock_folders

HOLD = """
import sys
from curate.store.owner import lock_folders
with lock_folders([(sys.argv[1], "work")]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_an_empty_folder_becomes_ours(tmp_path):
    out = str(tmp_path / "out")
    assert folder_mistake(out, "out") is None
    with lock_folders([(out, "out")]):
        assert json.loads(io.read_bytes(io.join(out, MARKER)))["kind"] == "out"
    assert folder_mistake(out, "out") is None


@pytest.mark.parametrize("kind", ["out", "work"])
def test_a_folder_of_others_is_refused(tmp_path, kind):
    (tmp_path / "thesis.tex").write_text("years of work")
    assert "thesis.tex" in folder_mistake(str(tmp_path), kind)


@pytest.mark.parametrize(
    "name", ["corpus/train/notes.txt", "ledger/mine.parquet", "samples/a.csv", "models/own.bin"]
)
def test_a_file_of_others_among_ours_is_refused(tmp_path, name):
    with lock_folders([(str(tmp_path), "out")]):
        pass
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text("")
    assert name in folder_mistake(str(tmp_path), "out")


@pytest.mark.parametrize(
    "name",
    [
        "corpus/train/train-00000-of-00001.parquet", "ledger/ledger-00000-of-00002.parquet",
        "samples/samples.parquet", "models/quality.json", "notes.txt",
    ],
)  # fmt: skip
def test_what_a_run_writes_is_ours_and_what_it_never_touches_may_stay(tmp_path, name):
    with lock_folders([(str(tmp_path), "out")]):
        pass
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    assert folder_mistake(str(tmp_path), "out") is None


def test_an_out_of_the_first_version_is_known_by_its_manifest(tmp_path):
    manifest = {"schema_version": 1, "versions": {"curate": "0.1.0"}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "README.md").write_text("")
    assert folder_mistake(str(tmp_path), "out") is None
    (tmp_path / "manifest.json").write_text('{"name": "a web app"}')
    assert folder_mistake(str(tmp_path), "out") is not None


def test_work_below_out_is_looked_at_by_itself(tmp_path):
    (tmp_path / "_work" / "extract").mkdir(parents=True)
    (tmp_path / "_work" / "extract" / "x").write_text("")
    assert folder_mistake(str(tmp_path), "out", str(tmp_path / "_work")) is None
    assert folder_mistake(str(tmp_path), "out") is not None


def test_what_a_killed_write_left_is_removed(tmp_path):
    left = tmp_path / "corpus" / "train" / ".train-00000-of-00001.parquet.0123abcd.tmp"
    left.parent.mkdir(parents=True)
    left.write_text("half")
    assert folder_mistake(str(tmp_path), "out") is None
    with lock_folders([(str(tmp_path), "out")]):
        assert not left.exists()


def test_two_at_once_are_one_too_many(tmp_path):
    work = str(tmp_path / "work")
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, work], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert other.stdout.readline() == b"held\n"
        with (
            pytest.raises(RecipeError, match=rf"process {other.pid} is at work"),
            lock_folders([(work, "work")]),
        ):
            pass
        other.kill()
        other.wait()
        with lock_folders([(work, "work")]):  # a killed process holds nothing
            pass
    finally:
        other.kill()
        other.communicate()


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(RecipeError, match=r"output\.work: expected a folder"),
        lock_folders([(str(tmp_path / "file" / "work"), "work")]),
    ):
        pass
