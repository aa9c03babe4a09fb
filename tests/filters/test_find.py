"""How recipes find filters: by name, from outside, and what is said when they cannot."""

import json
import subprocess
import sys

import pytest

from curate import filters
from curate.filters import find, reasons
from curate.steps import Step, apply

OWN = {"gopher_quality", "gopher_repetition", "c4", "fineweb"}


@pytest.mark.parametrize("name", sorted(OWN))
def test_names(name):
    steps = find(name)
    assert all(isinstance(step, Step) for step in steps)
    assert apply(steps, "")[1] in reasons()


def test_settings_reach_the_filter():
    assert apply(find("gopher_quality", min_words=1, min_stop_words=0), "some words") == (
        "some words",
        None,
    )


def test_an_unknown_name_lists_the_known():
    with pytest.raises(ValueError, match=r"no filter 'gofer'.*c4, .*gopher_quality"):
        find("gofer")


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("c4", {"min_wrods": 3}, "'c4'.*'min_wrods'.*min_words"),
        ("c4", {"min_words": -1}, "'c4'.*min_words.*>= 0.*-1"),
        ("c4", {"min_words": 2.5}, "'c4'.*min_words.*2.5"),
        ("c4", {"min_words": True}, "'c4'.*min_words.*True"),
        ("c4", {"javascript": "no"}, "'c4'.*javascript.*true or false.*'no'"),
        ("c4", {"variant": "c5"}, "'c4'.*variant.*'tfds', 'datatrove'.*'c5'"),
        ("c4", {"bad_words": "/no/such/file"}, "'c4'.*bad_words.*/no/such/file"),
        ("c4", {"bad_words": 7}, "'c4'.*bad_words"),
        ("fineweb", {"max_short_lines": 67}, "'fineweb'.*max_short_lines.*0 to 1.*67"),
        ("fineweb", {"short_line": None}, "'fineweb'.*short_line.*None"),
        ("fineweb", {"min_punctuated_lines": float("nan")}, "'fineweb'.*nan"),
        ("gopher_quality", {"max_words": 10}, "max_words.*min_words=50 and max_words=10"),
        ("gopher_quality", {"min_word_length": "3"}, "'gopher_quality'.*min_word_length.*'3'"),
        ("gopher_quality", {"stop_words": "the"}, "stop_words.*list.*'the'"),
        ("gopher_quality", {"bullets": ["-", ""]}, "bullets.*non-empty"),
        ("gopher_repetition", {"max_top_ngrams": {1: 0.2}}, "max_top_ngrams.*n >= 2"),
        ("gopher_repetition", {"max_top_ngrams": {2: 2}}, "max_top_ngrams.*0 to 1"),
        ("gopher_repetition", {"max_top_ngrams": [2, 3]}, r"max_top_ngrams.*\[2, 3\]"),
        ("gopher_repetition", {"max_top_ngrams": 0.2}, "max_top_ngrams.*0.2"),
        ("gopher_repetition", {"max_top_ngrams": [(2, 0.1), (2, 0.2)]}, "every n once"),
    ],
)
def test_bad_settings_name_filter_and_setting(name, settings, message):
    with pytest.raises(ValueError, match=message):
        find(name, **settings)


def test_a_new_filter_is_one_new_file(tmp_path, monkeypatch):
    (tmp_path / "shouting.py").write_text(
        "from curate.steps import judge\n"
        "def steps(*, most=0.5):\n"
        "    return [judge(lambda text: 'shouting' if text.isupper() and most < 1 else None)]\n"
        "FILTERS = {'shouting': steps}\n"
        "REASONS = {'shouting': 'capital letters alone'}\n"
    )
    monkeypatch.setattr(filters, "__path__", [*filters.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "curate.filters.shouting", raising=False)
    assert apply(find("shouting"), "AH") == ("AH", "shouting")
    assert apply(find("shouting", most=1), "AH") == ("AH", None)
    assert reasons()["shouting"] == "capital letters alone"
    with pytest.raises(ValueError, match="shouting"):
        find("shout")
    monkeypatch.delitem(sys.modules, "curate.filters.shouting")
    monkeypatch.delattr(filters, "shouting")


def test_two_filters_or_meanings_of_one_name_are_an_error(tmp_path, monkeypatch):
    (tmp_path / "zz_twice.py").write_text(
        "FILTERS = {'c4': list}\nREASONS = {'lorem_ipsum': 'something else'}\n"
    )
    monkeypatch.setattr(filters, "__path__", [*filters.__path__, str(tmp_path)])
    with pytest.raises(ValueError, match=r"zz_twice.*'c4'"):
        find("c4")
    with pytest.raises(ValueError, match=r"zz_twice.*'lorem_ipsum'"):
        reasons()
    monkeypatch.delitem(sys.modules, "curate.filters.zz_twice")
    monkeypatch.delattr(filters, "zz_twice")


@pytest.fixture
def foreign(tmp_path, monkeypatch):
    (tmp_path / "my_filters.py").write_text(
        "from curate.steps import edit, judge\n"
        "def no_x(text):\n"
        "    return 'has_x' if 'x' in text else None\n"
        "class No:\n"
        "    def __init__(self, *, what='x'):\n"
        "        self.what = what\n"
        "    def __call__(self, text):\n"
        "        return 'has_' + self.what if self.what in text else None\n"
        "def chain(*, old='x', new='y'):\n"
        "    return [edit(lambda text: text.replace(old, new)), judge(no_x)]\n"
        "def one(old='x'):\n"
        "    return edit(lambda text: text.replace(old, ''))\n"
        "made = No(what='z')\n"
        "step = edit(str.strip)\n"
        "number = 3\n"
        "def broken(*, what):\n"
        "    raise TypeError('inside')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("my_filters", None)


@pytest.mark.usefixtures("foreign")
@pytest.mark.parametrize(
    ("attribute", "settings", "result"),
    [
        ("no_x", {}, ("x z", "has_x")),
        ("No", {}, ("x z", "has_x")),
        ("No", {"what": "z"}, ("x z", "has_z")),
        ("No", {"what": "q"}, ("x z", None)),
        ("chain", {}, ("y z", None)),
        ("chain", {"old": "z"}, ("x y", "has_x")),
        ("one", {}, (" z", None)),
        ("made", {}, ("x z", "has_z")),
        ("step", {}, ("x z", None)),
    ],
)
def test_a_filter_from_outside(attribute, settings, result):
    assert apply(find(f"my_filters:{attribute}", **settings), "x z") == result


@pytest.mark.usefixtures("foreign")
@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("my_filters:number", {}, "my_filters:number.*3"),
        ("my_filters:step", {"a": 1}, "my_filters:step.*no settings"),
        ("my_filters:No", {"who": 1}, "my_filters:No.*'who'.*known settings: what"),
        ("my_filters:no_x", {"who": 1}, "my_filters:no_x.*'who'|missing"),
        ("my_filters:nothing", {}, "my_filters:nothing.*imported"),
        ("no_such_module:filter", {}, "no_such_module.*imported"),
        (":", {}, "imported"),
        ("my_filters:broken", {"what": 1}, "my_filters:broken.*inside"),
    ],
)
def test_a_wrong_filter_from_outside(name, settings, message):
    with pytest.raises(ValueError, match=message):
        find(name, **settings)


def test_exports():
    assert sorted(filters.__all__) == [
        "C4",
        "FineWebQuality",
        "GopherQuality",
        "GopherRepetition",
        "MaskPII",
        "RefinedWeb",
        "Text",
        "UrlRules",
        "find",
        "measure",
        "paths",
        "reasons",
    ]
    assert all(hasattr(filters, name) for name in filters.__all__)


def test_reasons_are_lower_snake_case_words_with_a_meaning():
    for reason, meaning in reasons().items():
        assert reason.replace("_", "a").isalnum(), reason
        assert reason == reason.lower()
        assert "\n" not in meaning
        assert meaning


def test_importing_needs_no_heavy_package():
    script = "import curate.filters, json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    heavy = {"pyspark", "pyarrow", "numpy", "pandas", "pydantic", "trafilatura", "py3langid"}
    assert not heavy & set(json.loads(done.stdout))
