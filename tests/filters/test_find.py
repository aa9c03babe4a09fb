"""How recipes find filters: by name, from outside, and what is said when they cannot."""

import json
import subprocess
import sys

import pytest

from curate import filters
from curate.filters import find, measure, reasons, signals
from curate.filters.ablation import rules, verdicts
from curate.steps import Step, apply

OWN = {"gopher_quality", "gopher_repetition", "c4", "fineweb"}


@pytest.mark.parametrize("name", sorted(OWN))
def test_names(name):
    steps = find(name)
    assert all(isinstance(step, Step) for step in steps)
    assert apply(steps, "")[1] in reasons()


def test_settings_reach_the_filter():
    assert apply(find("gopher_quality", too_few_words=1, too_few_stop_words=0), "some words") == (
        "some words",
        None,
    )


def test_an_unknown_name_lists_the_known():
    with pytest.raises(ValueError, match=r"no filter 'gofer'.*c4, .*gopher_quality"):
        find("gofer")


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("c4", {"few_wrods": 3}, "'c4'.*'few_wrods'.*few_words"),
        ("c4", {"few_words": -1}, "'c4': few_words: expected greater than or equal to 0, got -1"),
        ("c4", {"few_words": 2.5}, "'c4': few_words.*integer.*2.5"),
        ("c4", {"few_words": True}, "'c4': few_words.*integer.*True"),
        ("c4", {"javascript": "no"}, "'c4': javascript.*boolean.*'no'"),
        ("c4", {"variant": "c5"}, "'c4': variant.*'tfds' or 'datatrove'.*'c5'"),
        ("c4", {"reads": "code"}, "'c4': reads.*'text' or 'prose'.*'code'"),
        ("c4", {"bad_word": "/no/such/file"}, "'c4'.*bad_word.*/no/such/file"),
        ("c4", {"bad_word": 7}, "'c4': bad_word.*string.*7"),
        (
            "fineweb",
            {"too_many_short_lines": 67},
            "'fineweb': too_many_short_lines.*equal to 1.*67",
        ),
        ("fineweb", {"short_line": None}, "'fineweb': short_line.*None"),
        ("fineweb", {"too_few_punctuated_lines": float("nan")}, "'fineweb'.*nan"),
        (
            "gopher_quality",
            {"too_few_words": 50, "too_many_words": 10},
            "too_few_words=50 and too_many_words=10",
        ),
        ("gopher_quality", {"word_length_too_short": "3"}, "word_length_too_short.*'3'"),
        ("gopher_quality", {"stop_words": "the"}, "stop_words.*'the'"),
        ("gopher_quality", {"bullets": ["-", ""]}, "bullets.1.*at least 1 character.*''"),
        ("gopher_repetition", {"top_2_gram": 2}, "top_2_gram.*equal to 1.*2"),
        (
            "gopher_repetition",
            {"top_5_gram": 0.2},
            "there is no setting 'top_5_gram'; top_.*known:.*top_4_gram",
        ),
        ("pii", {"email": 7}, "'pii': email.*string.*7"),
    ],
)
def test_bad_settings_name_filter_and_setting(name, settings, message):
    with pytest.raises(ValueError, match=message):
        find(name, **settings)


SHOUTING = '''
from pydantic.dataclasses import dataclass
from curate.filters.settings import CONFIG, Share, bound, first_broken

@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Shouting:
    """Drop a text in capitals."""

    reads = "prose"
    too_loud: Share | None = bound(0.5, "over {} of characters are capitals", share=True)
    too_quiet: Share | None = bound(None, "under {} of characters are capitals", side="least")

    def __call__(self, text):
        return first_broken(self, self.measures(text))

    def measures(self, text):
        share = sum(map(str.isupper, text)) / (len(text) or 1)
        yield "too_loud", share
        yield "too_quiet", share

FILTERS = {"shouting": Shouting}
'''


def test_a_new_filter_is_one_new_file(tmp_path, monkeypatch):
    """Recipes, reasons, signals, ablation and the schema know it."""
    (tmp_path / "shouting.py").write_text(SHOUTING)
    monkeypatch.setattr(filters, "__path__", [*filters.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "curate.filters.shouting", raising=False)
    signals._measured.cache_clear()
    try:
        assert apply(find("shouting"), "AH") == ("AH", "too_loud")
        assert apply(find("shouting", too_loud=1), "AH") == ("AH", None)
        assert find("shouting")[0].reads == "prose"
        assert reasons()["too_loud"] == "over 50 % of characters are capitals"
        told = reasons([("shouting", {"too_loud": 0.25})])
        assert told["too_loud"] == "over 25 % of characters are capitals"
        assert measure("Ah")["too_loud"] == 0.5
        both = find("shouting", too_quiet=0.1)
        assert [rule.name for rule in rules(both)] == ["too_loud", "too_quiet"]
        assert verdicts(both, rules(both), "a", {}) == [None, "too_quiet"]
        described = filters.schema()["anyOf"][2]["properties"]["shouting"]
        assert described["properties"]["too_loud"]["default"] == 0.5
        with pytest.raises(ValueError, match="shouting"):
            find("shout")
        with pytest.raises(ValueError, match=r"too_loud.*equal to 1.*got 2"):
            find("shouting", too_loud=2)
    finally:
        signals._measured.cache_clear()
        monkeypatch.delitem(sys.modules, "curate.filters.shouting")
        monkeypatch.delattr(filters, "shouting")


def test_two_filters_or_meanings_of_one_name_are_an_error(tmp_path, monkeypatch):
    (tmp_path / "zz_twice.py").write_text(
        "FILTERS = {'c4': list}\nREASONS = {'empty_text': 'something else'}\n"
    )
    monkeypatch.setattr(filters, "__path__", [*filters.__path__, str(tmp_path)])
    with pytest.raises(ValueError, match=r"zz_twice.*'c4'"):
        find("c4")
    (tmp_path / "zz_twice.py").write_text("REASONS = {'empty_text': 'something else'}\n")
    monkeypatch.delitem(sys.modules, "curate.filters.zz_twice")
    with pytest.raises(ValueError, match=r"zz_twice.*'empty_text'"):
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
        ("my_filters:No", {"who": 1}, "my_filters:No.*'who'.*known: what"),
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
        "schema",
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
    heavy = {"pyspark", "pyarrow", "numpy", "pandas", "trafilatura", "py3langid"}
    assert not heavy & set(json.loads(done.stdout))
