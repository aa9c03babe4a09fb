"""What `import curate` offers: names that are there, quickly, and no others."""

import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import curate


def test_every_name_is_there_and_stays_what_it_is():
    for name in curate.__all__:
        assert getattr(curate, name) is getattr(curate, name)
    subpackages = {module.name for module in pkgutil.iter_modules(curate.__path__)}
    modules = {name for name in curate.__all__ if name in subpackages}
    for name in modules:
        assert getattr(curate, name) is sys.modules[f"curate.{name}"], "no function hides a module"
    assert curate.spark is importlib.import_module("curate.spark")
    with pytest.raises(AttributeError, match="module 'curate' has no attribute 'jugde'"):
        _ = curate.jugde


def test_modules_that_are_imported_later_hide_no_name():
    before = {name: getattr(curate, name) for name in curate.__all__}
    for module in ("curate.cli", "curate.report.page", "curate.mix.mixed", "curate.verify"):
        importlib.import_module(module)
    assert {name: getattr(curate, name) for name in curate.__all__} == before


def test_the_import_loads_nothing_of_what_it_offers():
    program = (
        "import sys, curate\n"
        "heavy = {'pydantic', 'pyarrow', 'numpy', 'numba', 'pandas', 'pyspark', 'yaml', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
        "print(sorted(n for n in sys.modules if n.startswith('curate')))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "[]\n['curate', 'curate._lazy', 'curate._version']\n", done.stderr


WITHOUT = """
import sys
from pathlib import Path
from types import ModuleType
for name in ("pyarrow", "numpy", "numba", "pandas", "pyspark", "lxml", "fsspec"):
    sys.modules[name] = None
from curate import *
import curate
assert curate.judge("Click here!", "gopher_quality") == "too_few_words"
assert curate.judge(["Click here!"]) == ["too_few_words"]
assert curate.measure("one two")["words"] == 2
open("a", "w").write("a text")
for call in (lambda: curate.find_duplicates(["a"]), lambda: curate.plan("none.yaml", "out"),
             lambda: curate.plan({"sources": {"a": {"kind": "text", "path": "a"}}}, "o")):
    try:
        call()
    except Exception as error:
        print(type(error).__name__, error)
"""


def test_the_base_install_has_the_names_and_says_what_lacks(tmp_path):
    line = [sys.executable, "-c", WITHOUT]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    first, second, third = done.stdout.splitlines()
    assert first.startswith("ImportError this part of curate needs numpy and numba: pip install")
    assert second.startswith("RecipeError none.yaml: cannot be read")
    assert third.startswith("ModuleNotFoundError this needs pyarrow: pip install")


# --- public modules: those with `__all__`, and those that the documentation shows -----------------

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "api"


def file_of(name):
    """Return the file of a module, None if there is none of that name."""
    path = ROOT.joinpath(*name.split("."))
    return next((f for f in (path.with_suffix(".py"), path / "__init__.py") if f.is_file()), None)


def named_modules():
    """Yield the modules that pages and examples name, in reference or imports."""
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*")]:
        text = page.read_text()
        yield from re.findall(r"^::: ([\w.]+)", text, re.MULTILINE)
        yield from re.findall(r"\bimport ((?:curate|pyspark_warc)[\w.]*)", text)
        for module, names in re.findall(r"\bfrom (curate[\w.]*) import ([\w, ]+)", text):
            inner = [f"{module}.{name.split()[0]}" for name in names.split(",") if name.strip()]
            yield from (name if file_of(name) else module for name in inner)


def modules_with_names():
    """Yield every module that says with `__all__` what it offers; not those of kernels."""
    for package in ("curate", "pyspark_warc"):
        for file in ROOT.glob(f"{package}/**/*.py"):
            if "kernels" not in file.parts and re.search(
                r"^__all__ = ", file.read_text(), re.MULTILINE
            ):
                yield ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(
                    ".__init__"
                )


PUBLIC = sorted({*named_modules(), *modules_with_names()})


def test_public_modules_are_found():
    assert {"curate", "curate.spark", "curate.filters.c4", "curate.languages", "pyspark_warc"} <= {
        *PUBLIC
    }
    assert [name for name in PUBLIC if file_of(name) is None] == []


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_module_lists_what_it_offers_and_nothing_else(name):
    module = importlib.import_module(name)
    told = "give it __all__, and __dir__ = listing(__name__, __all__) (curate._lazy)"
    assert "__dir__" in vars(module) or name == "curate.errors", told
    listed = {one for one in dir(module) if not (one.startswith("__") and one.endswith("__"))}
    assert listed == set(module.__all__)
    assert "__doc__" in dir(module)
    for one in module.__all__:
        getattr(module, one)


def test_documented_members_are_public():
    for page in PAGES.glob("*.md"):
        shown = re.findall(r"^::: ([\w.]+)\n +options: .*members: \[(.*?)\]", page.read_text(),
                           re.MULTILINE)  # fmt: skip
        for name, members in shown:
            assert set(members.split(", ")) <= set(importlib.import_module(name).__all__), name
