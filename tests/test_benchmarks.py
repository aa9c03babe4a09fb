"""Benchmarks are run by hand: what they take of the package is there, and the scripts they name."""

import ast
import importlib
import re
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"
SCRIPTS = sorted(path.name for path in FOLDER.glob("*.py"))


def attribute(module, name):
    """Return a module's attribute, which may be a module that nobody has imported yet."""
    try:
        return getattr(module, name)
    except AttributeError:
        return importlib.import_module(f"{module.__name__}.{name}")


def absent(text):
    """Return what a script takes of curate and curate has not, as module.name."""
    tree, modules, result = ast.parse(text), {}, []
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or node.module.partition(".")[0] != "curate":
            continue
        for alias in node.names:
            try:
                one = attribute(importlib.import_module(node.module), alias.name)
            except ModuleNotFoundError:
                result.append(f"{node.module}.{alias.name}")
                continue
            if isinstance(one, ModuleType):
                modules[alias.asname or alias.name] = one
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = modules.get(node.value.id)
            if module is not None and not hasattr(module, node.attr):
                result.append(f"{module.__name__}.{node.attr}")
    return result


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_a_benchmark_takes_is_there(name):
    text = (FOLDER / name).read_text()
    assert absent(text) == []
    named = set(re.findall(r"benchmarks/(\w+\.py)", text))
    assert named - set(SCRIPTS) == set()


GONE = {
    "a name": ("from curate.store.keys import never", ["curate.store.keys.never"]),
    "a module": ("from curate import never", ["curate.never"]),
    "of a module that is gone": ("from curate.never import one", ["curate.never.one"]),
    "a module's name": ("from curate.store import keys\nkeys.never()", ["curate.store.keys.never"]),
    "under another name": ("from curate.store import keys as k\nprint(k.never, k.uniform)",
                           ["curate.store.keys.never"]),
    "nothing": ("from curate.mix import boundaries\nprint(boundaries.shard_boundaries)", []),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), GONE.values(), ids=GONE)
def test_what_is_gone_is_told(text, expected):
    assert absent(text) == expected


def test_the_picture_of_the_proof_shows_every_change_on_its_side(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    proof_picture = importlib.import_module("proof_picture")
    own = [
        proof_picture.Change(-0.02, -0.01, -0.005),  # fewer bits
        proof_picture.Change(-0.01, 0.001, 0.01),  # not told apart
        proof_picture.Change(0.01, 0.03, 0.04),  # more bits
    ]
    svg = proof_picture.draw(["news", "code", "mean"], {"a & b": own}, "x < y")
    tree = ElementTree.fromstring(svg)
    texts = [one.text for one in tree.findall(".//{*}text")]
    assert texts[:2] == ["x < y", "default beside a & b"]
    assert [name for name in texts if name in {"news", "code", "mean"}] == ["news", "code", "mean"]
    points = [(float(one.get("cx")), one.get("fill")) for one in tree.findall(".//{*}circle")]
    middle = float(tree.find(".//{*}line").get("x1"))
    assert points[0][0] < middle < points[1][0] < points[2][0]
    # The distances are as the changes are, and only what is told apart has a colour.
    assert (points[2][0] - middle) / (middle - points[0][0]) == pytest.approx(3, abs=0.05)
    assert [colour for _, colour in points] == [
        proof_picture.BETTER, proof_picture.SAME, proof_picture.WORSE
    ]  # fmt: skip
