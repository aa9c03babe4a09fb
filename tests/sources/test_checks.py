"""What a plan tells of models, benchmarks and disks, each with its key."""

import bz2
import gzip
import hashlib
import os

import pytest

from curate import recipe
from curate.decontaminate import items
from curate.sources import checks, inventory
from curate.sources.checks import input_mistakes

from .reading import put


def mistakes(folder, size=0, **whole):
    put(folder / "in/a.txt", b"text")
    sources = {"a": {"kind": "text", "path": "in/a.txt"}}
    made = recipe.parse({"sources": sources, **whole}, folder)
    files, _ = inventory(made)
    out, work = str(folder / "out"), str(folder / "work")
    return [line.replace(f"{folder}/", "") for line in input_mistakes(made, files, out, work, size)]


def language(model, sha256="0" * 64):
    return {"language": {"model": model, "sha256": sha256}}


def test_nothing_is_wrong(tmp_path):
    put(tmp_path / "lid.ftz", b"a model")
    put(tmp_path / "b.jsonl", b'{"text": "x"}\n')
    sha256 = hashlib.sha256(b"a model").hexdigest()
    whole = {**language("lid.ftz", sha256), "decontaminate": {"benchmarks": "b.jsonl"}}
    assert mistakes(tmp_path, **whole) == []


def test_a_model_that_is_missing(tmp_path):
    assert mistakes(tmp_path, **language("lid.ftz")) == [
        "language.model: No such file or directory: lid.ftz"
    ]


def test_a_model_that_is_a_folder(tmp_path):
    (tmp_path / "lid.ftz").mkdir()
    assert mistakes(tmp_path, **language("lid.ftz")) == ["language.model: Is a directory: lid.ftz"]


def test_a_model_that_has_changed(tmp_path):
    put(tmp_path / "lid.ftz", b"another model")
    got = hashlib.sha256(b"another model").hexdigest()
    assert mistakes(tmp_path, **language("lid.ftz")) == [
        f"language.sha256: expected {'0' * 64}, as the recipe has it, got {got} of lid.ftz"
    ]


PACKED = {"b.jsonl": bytes, "b.jsonl.gz": gzip.compress, "b.jsonl.bz2": bz2.compress}


@pytest.mark.parametrize("name", PACKED)
def test_a_line_of_a_benchmark_that_is_too_long(tmp_path, monkeypatch, name):
    monkeypatch.setattr(items, "LONGEST_LINE", 1_000)
    put(tmp_path / name, PACKED[name](b'{"text": "x"}\n' + b"y" * 999 + b"\n"))
    decontaminate = {"decontaminate": {"benchmarks": name}}
    assert mistakes(tmp_path, **decontaminate) == []
    put(tmp_path / name, PACKED[name](b'{"text": "x"}\n' + b"y" * 1_000 + b"\n"))
    assert mistakes(tmp_path, **decontaminate) == [
        f"decontaminate.benchmarks: {name}: expected lines of at most 1,000 bytes, got a longer one"
    ]


def test_the_disk_of_out(tmp_path, monkeypatch):
    monkeypatch.setattr(checks.io, "free_bytes", lambda _: 399)
    assert mistakes(tmp_path, size=1_000) == [], "WORK's disk, which is told of as such"
    devices = {str(tmp_path / "out"): 1, str(tmp_path / "work"): 2}
    monkeypatch.setattr(checks, "_device", devices.get)
    assert mistakes(tmp_path, size=1_000) == [
        "disk: expected 400 bytes free for output.path, out, got 399"
    ]
    assert mistakes(tmp_path, size=990) == []


def test_a_place_that_is_not_there_is_on_its_parent_s_disk(tmp_path):
    assert checks._device(str(tmp_path / "no/such/place")) == os.stat(tmp_path).st_dev  # noqa: PTH116
