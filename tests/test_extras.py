"""What is said to be typed for an extra: right for how the package came, and of its extras."""

import ast
import json
import re
import shlex
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from curate.extras import install

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = set(
    tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
)
URL = "https://example.org/curate"
ORIGINS = {
    "the package index": (None, "pip install 'corpus-curate[dedup]'"),
    "a checkout": (
        {"url": "file:///src/curate", "dir_info": {}}, "pip install '/src/curate[dedup]'",
    ),
    "a checkout, editable": (
        {"url": "file:///my%20src/curate", "dir_info": {"editable": True}},
        "pip install --editable '/my src/curate[dedup]'",
    ),
    "a wheel": (
        {"url": "file:///dist/corpus_curate-0.1.0-py3-none-any.whl", "archive_info": {}},
        "pip install 'corpus-curate[dedup] @ file:///dist/corpus_curate-0.1.0-py3-none-any.whl'",
    ),
    "a repository": (
        {"url": URL, "vcs_info": {"vcs": "git", "commit_id": "4f2a", "requested_revision": "main"}},
        f"pip install 'corpus-curate[dedup] @ git+{URL}@4f2a'",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("origin", "command"), ORIGINS.values(), ids=ORIGINS)
def test_an_extra_comes_from_where_the_package_came(monkeypatch, tmp_path, origin, command):
    (tmp_path / "METADATA").write_text("Name: corpus-curate\n")
    if origin:
        (tmp_path / "direct_url.json").write_text(json.dumps(origin))
    monkeypatch.setattr(metadata, "distribution", lambda _: metadata.PathDistribution(tmp_path))
    assert install("dedup") == command
    asked = shlex.split(command)[-1]
    if not asked.startswith("/"):  # else a path, of which pip alone knows the form
        assert Requirement(asked).extras == {"dedup"}


def test_without_metadata_it_is_the_index(monkeypatch):
    monkeypatch.setattr(metadata, "distribution", metadata.Distribution.from_name)
    monkeypatch.setattr(metadata.Distribution, "discover", classmethod(lambda *_, **__: iter(())))
    assert install("s3") == "pip install 'corpus-curate[s3]'"


ON_WINDOWS = """
import os, signal, sys
for name in ("fcntl", "resource", "pwd", "grp", "termios"):
    sys.modules[name] = None
for name in ("getuid", "fork", "sysconf", "killpg"):
    delattr(os, name)
del signal.SIGKILL, signal.SIGHUP
import curate
assert curate.judge("Click here!", "gopher_quality") == "too_few_words"
assert curate.measure("one two")["words"] == 2
from curate.cli import main
main(sys.argv[1:])
"""


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--help"], 0, "Usage:"),
        (["run", "recipe.yaml"], 1, "this needs Linux or macOS; on Windows it runs in WSL 2"),
    ],
    ids=lambda one: one[0] if isinstance(one, list) else "",
)
def test_without_what_windows_lacks(tmp_path, words, code, told):
    (tmp_path / "recipe.yaml").write_text("sources: {a: {kind: text, path: recipe.yaml}}\n")
    line = [sys.executable, "-c", ON_WINDOWS, *words]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    assert told in done.stdout + done.stderr


def said():
    """Yield (file, extra) of each extra that code asks for by name."""
    for file in sorted((ROOT / "curate").rglob("*.py")):
        text = file.read_text()
        for node in ast.walk(ast.parse(text)) if "install(" in text else ():
            if not isinstance(node, ast.Call) or ast.unparse(node.func) != "install":
                continue
            if isinstance(node.args[0], ast.Constant):
                yield file.relative_to(ROOT).as_posix(), node.args[0].value


def test_code_asks_for_extras_there_are():
    named = list(said())
    assert ("curate/_compiled.py", "dedup") in named
    assert [one for one in named if one[1] not in EXTRAS] == []


def test_pages_install_from_a_checkout():
    """The package is on no index under this name that a page may count on."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("benchmarks/*.py")]
    lines = [line for page in pages for line in page.read_text().splitlines()]
    lines = [line for line in lines if "pip install" in line]
    assert [line for line in lines if "pip install 'corpus-curate" in line] == []
    assert [line for line in lines if "pip install corpus-curate" in line] == []
    asked = {extra for line in lines for one in re.findall(r"'\.\[(.*?)\]'", line)
             for extra in one.split(",")}  # fmt: skip
    assert {"local", "extract", "dedup"} <= asked <= EXTRAS
