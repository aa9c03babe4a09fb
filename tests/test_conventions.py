"""What people and tools look for in a repository: there, and saying the same as the rest."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

from curate import __version__
from curate.extras import _BROUGHT_BY, _STORES

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
HOME = PROJECT["urls"]["Homepage"]
MADE = [*ROOT.glob(".github/**/*.yml"), ROOT / ".pre-commit-config.yaml", ROOT / "CITATION.cff"]


def test_one_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {PROJECT["version"], citation["version"], __version__} == {__version__}
    assert citation["license"] == PROJECT["license"]
    assert citation["repository-code"] == HOME


def test_the_index_shows_links_that_lead_somewhere():
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / "README.md").read_text())
    assert len(links) > 8
    for link in links:
        assert link.startswith(f"{HOME}/blob/main/"), f"the index knows no relative link: {link}"
        file = link.removeprefix(f"{HOME}/blob/main/").partition("#")[0]
        assert (ROOT / file).is_file(), link


def test_metadata_is_whole():
    assert {"Homepage", "Repository", "Issues", "Documentation", "Changelog"} <= set(
        PROJECT["urls"]
    )
    assert PROJECT["authors"]
    oldest = PROJECT["requires-python"].removeprefix(">=")
    assert f"Programming Language :: Python :: {oldest}" in PROJECT["classifiers"]


def commands(value):
    """Yield every command that a file of settings runs."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key in ("run", "entry") and isinstance(one, str):
                yield one
            else:
                yield from commands(one)
    elif isinstance(value, list):
        for one in value:
            yield from commands(one)


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.name)
def test_settings_of_others_are_read_and_run_what_there_is(path):
    whole = yaml.safe_load(path.read_text())
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for command in commands(whole):
        words = shlex.split(command)
        if words[0] == "make":
            assert targets.issuperset(word for word in words[1:] if "=" not in word), command
        else:
            assert words[:2] == [".venv/bin/python", "-m"]
            assert words[2] in {"ruff", "mypy"}


def test_hints_name_extras_there_are():
    assert {*_STORES.values(), *_BROUGHT_BY, "local"} <= PROJECT["optional-dependencies"].keys()


def test_the_image_copies_what_there_is():
    text = (ROOT / "Dockerfile").read_text()
    ignored = (ROOT / ".dockerignore").read_text().split()
    copies = re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE)
    names = [name for line in copies for name in line.split()[:-1]]
    assert {"pyproject.toml", "README.md", "curate", "pyspark_warc"} <= set(names)
    assert [name for name in names if not (ROOT / name).exists() or name in ignored] == []
    extras = re.search(r"^ARG EXTRAS=(.*)$", text, re.MULTILINE)[1].split(",")
    assert set(extras) <= PROJECT["optional-dependencies"].keys()
    python = re.search(r"^ARG PYTHON=(.*)$", text, re.MULTILINE)[1]
    assert f"Programming Language :: Python :: {python}" in PROJECT["classifiers"]
