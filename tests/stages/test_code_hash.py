"""What of the code a stage's input hash covers: all it imports, and no comment."""

import json

import pytest

from curate.pipeline.specs import specs
from curate.stages import code_hash
from curate.stages.code_hash import EXEMPT, code_of

FILES = {
    "__init__": '"""A package."""\n',
    "stage": '"""A stage."""\nfrom some.middle import work\n\n\ndef run():\n    return work()\n',
    "middle": "import some.helper\n\n\ndef work():\n    return some.helper.add(1)\n",
    "helper": '''"""A helper."""


class Adder:
    """What adds."""

    def add(self, n):
        """Return n + 1."""
        return n + 1


def add(n):
    """Return n + 1."""
    return Adder().add(n)
''',
    "lazy": "def f():\n    from some.other import g\n    return g()\n",
    "other": "def g():\n    return 1\n",
    "typed": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from some import other\n",
    "named": "from importlib import import_module\nx = import_module('some.other')\n",
    "circle": "from some import circle, stage\n",
    "plugins/__init__": "from importlib import import_module\n\n\n"
    "def get(name):\n    return import_module(f'some.plugins.{name}')\n",
    "plugins/one": "A = 1\n",
    "plugins/two": "A = 2\n",
    "user": "from some.plugins import get\n",
    "data/__init__": "from pathlib import Path\nTABLE = Path(__file__).parent / 'table.txt'\n",
    "reader": "from some import data\n",
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of modules that import each other, in the place of this one."""
    root = tmp_path / "some"
    for name, text in FILES.items():
        path = root / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / "data" / "table.txt").write_text("a")
    (root / "data" / "deep").mkdir()
    (root / "data" / "deep" / "more.json").write_text("{}")
    (root / "data" / "__pycache__").mkdir()
    (root / "data" / "__pycache__" / "x.pyc").write_text("x")
    monkeypatch.setattr(code_hash, "ROOT", "some")
    monkeypatch.setattr(code_hash, "_root", lambda: root)
    monkeypatch.setattr(code_hash, "_cache_file", lambda: tmp_path / "cache" / "code_hash.json")
    forget()
    yield root
    forget()


def forget():
    code_hash._file_of.cache_clear()
    code_hash._read.cache_clear()
    code_hash._cached.cache_clear()
    code_hash._changed.clear()


def hashes(module, but=()):
    forget()
    return code_of(module, but)


def change(package, name, old, new):
    path = package / f"{name}.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_all_that_is_imported_counts(package):
    assert package.is_dir()
    result = hashes("some.stage")
    assert sorted(result) == ["some", "some.helper", "some.middle", "some.stage"]
    assert hashes("some.stage") == result
    assert sorted(hashes("some.circle")) == sorted([*result, "some.circle"])
    assert sorted(hashes("some.helper")) == ["some.helper"]


CHANGES = {
    "a helper two imports away": ("helper", "return n + 1\n\n\n", "return n + 2\n\n\n"),
    "the module between": ("middle", "add(1)", "add(2)"),
    "the stage's own": ("stage", "return work()", "return work() + 1"),
    "a package above": ("__init__", '"""A package."""', "import os"),
    "a string that is no docstring": ("middle", "return some", "x = '''y'''\n    return some"),
}


@pytest.mark.parametrize(("name", "old", "new"), CHANGES.values(), ids=CHANGES)
def test_code_that_changes_changes_the_hash(package, name, old, new):
    before = hashes("some.stage")
    change(package, name, old, new)
    assert hashes("some.stage") != before


SAME = {
    "a comment": ("helper", "def add(n):\n", "# why\ndef add(n):  # what\n"),
    "the docstring of a module": ("helper", "A helper.", "Another helper, with a typo mended."),
    "the docstring of a class": ("helper", "What adds.", "What adds up."),
    "the docstring of a function": ("helper", "Return n + 1.", "Return the sum of n and 1."),
    "a docstring less": ("helper", '    """Return n + 1."""\n    return Adder', "    return Adder"),
    "layout": (
        "helper",
        "    return Adder().add(n)\n",
        "    return (\n        Adder().add(n)\n    )\n",
    ),
    "other quotes": ("named", "'some.other'", '"some.other"'),
}


@pytest.mark.parametrize(("name", "old", "new"), SAME.values(), ids=SAME)
def test_what_says_nothing_to_python_does_not_change_the_hash(package, name, old, new):
    before = hashes("some.stage"), hashes("some.named")
    change(package, name, old, new)
    assert (hashes("some.stage"), hashes("some.named")) == before


@pytest.mark.parametrize("module", ["lazy", "typed", "named"])
def test_imports_count_wherever_they_stand(package, module):
    before = hashes(f"some.{module}")
    change(package, "other", "return 1", "return 2")
    assert hashes(f"some.{module}") != before


@pytest.mark.parametrize("plugin", ["one", "two"])
def test_a_package_that_looks_modules_up_by_name_counts_with_all_of_them(package, plugin):
    before = hashes("some.user")
    change(package, f"plugins/{plugin}", "A = ", "A = 1 + ")
    assert hashes("some.user") != before
    (package / "plugins" / "three.py").write_text("A = 3\n")
    assert "some.plugins.three" in hashes("some.user")


def test_data_of_a_package_counts(package):
    before = hashes("some.reader")
    files = {"some.data/table.txt", "some.data/deep/more.json"}
    assert {name for name in before if "/" in name} == files
    (package / "data" / "table.txt").write_text("b")
    changed = hashes("some.reader")
    assert {name for name in before if changed[name] != before[name]} == {"some.data/table.txt"}
    (package / "data" / "new.txt").write_text("")
    assert "some.data/new.txt" in hashes("some.reader")


def test_what_is_left_out_and_what_only_it_imports(package):
    assert package.is_dir()
    assert sorted(hashes("some.stage", but=["some.middle"])) == ["some", "some.stage"]
    assert "some.data" not in hashes("some.reader", but=["some.data"])
    assert not [name for name in hashes("some.user", but=["some.plugins"]) if "plugins" in name]


def test_a_module_there_is_none_of_is_an_error(package):
    assert package.is_dir()
    with pytest.raises(ValueError, match=r"expected a module, got 'some\.nothing'"):
        hashes("some.nothing")


# --- this package --------------------------------------------------------------------------------


STAGES = [spec for _, spec in specs()]


@pytest.mark.parametrize("spec", STAGES, ids=lambda spec: spec.name)
def test_a_stage_counts_what_its_work_imports(spec):
    module = spec.work.__module__
    result = code_of(module)
    assert module in result
    assert not [name for name in result if name.startswith("curate.spark")], "engines do not count"
    assert not [name for name in result if name.startswith("curate.cli")]
    assert not [name for name in result if code_hash._is_below(name, frozenset(EXEMPT))]


def test_stages_count_what_decides_their_output():
    expected = {
        "extract": {"curate.warc.reader", "curate.wiki.wikitext", "curate.extract.combined.render"},
        "filter": {"curate.filters.gopher", "curate.filters.c4", "curate.filters.language"},
        "near": {"curate.dedup.minhash", "curate.dedup.clusters", "curate.store.documents"},
        "count": {"curate.text.tokenizers", "curate.store.keys"},
        "mix": {"curate.mix.prefix", "curate.mix.weights", "curate.mix.boundaries"},
        "shards": {"curate.store.shard_writer", "curate.stages.mix"},
        "publish": {"curate.report.card"},
        "train": {"curate.quality.logistic"},
    }
    for _, spec in specs():
        result = code_of(spec.work.__module__)
        assert expected.get(spec.name, set()) <= result.keys(), spec.name


def test_what_is_exempt_is_there_and_has_a_reason():
    for name, why in EXEMPT.items():
        assert code_hash._file_of(name) is not None, name
        assert len(why) > 5, name


def test_filters_of_another_package_count_by_their_own_file(tmp_path, monkeypatch):
    (tmp_path / "my_own_filter.py").write_text("A = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    before = hashes("my_own_filter")
    assert list(before) == ["my_own_filter"]
    (tmp_path / "my_own_filter.py").write_text("A = 2\n")
    assert hashes("my_own_filter") != before


def test_sources_read_once_are_not_parsed_again(package, tmp_path, monkeypatch):
    (tmp_path / "cache").mkdir()
    first = hashes("some.stage")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["code_hash.json"]
    parsed = []
    parse = code_hash._parse
    monkeypatch.setattr(code_hash, "_parse", lambda source: parsed.append(source) or parse(source))
    assert hashes("some.stage") == first
    assert not parsed
    change(package, "helper", "n + 1\n\n\ndef", "n + 2\n\n\ndef")
    assert hashes("some.stage") != first
    assert len(parsed) == 1


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": "1"}', None])
def test_a_cache_that_is_not_one_is_not_read(tmp_path, content):
    expected = hashes("some.stage")  # there is no folder for a cache: none is written
    (tmp_path / "cache").mkdir()
    if content is None:
        stored = {"format": code_hash._format(), "sources": {"0": {"digest": 1}}}
        content = json.dumps(stored)
    (tmp_path / "cache" / "code_hash.json").write_text(content)
    assert hashes("some.stage") == expected
