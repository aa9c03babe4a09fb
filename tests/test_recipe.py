"""A recipe is checked before anything starts, with one line for each mistake."""

from pathlib import Path
from typing import get_args

import pytest
import yaml

from curate import recipe
from curate.recipe import RecipeError
from curate.recipe.yaml_loader import parse_yaml

KINDS = get_args(recipe.Source.model_fields["kind"].annotation)
SHORT = "sources: {crawl: {kind: warc, path: crawl/*.warc.gz}}"


def parsed(text):
    return recipe.parse(yaml.safe_load(text), Path("/base"))


def test_a_short_recipe_is_a_valid_one():
    short = parsed(SHORT)
    assert short.sources["crawl"].path == ("/base/crawl/*.warc.gz",)
    assert [name for name, _ in recipe.named_filters(short.filters)] == [
        "gopher_repetition",
        "gopher_quality",
        "c4",
        "fineweb",
    ]
    assert len(short.steps()) > 4


MISTAKES = {
    "unknown key": (SHORT + "\nfilter: []", "filter: unknown key"),
    "an old key": (
        SHORT + "\nextract: {cascade: false}",
        "extract.cascade: is now extract.prefilter",
    ),
    "unknown source key": (
        "sources: {a: {kind: warc, path: x, wieght: 1}}",
        "sources.a.wieght: unknown key",
    ),
    "no kind": ("sources: {a: {path: x}}", "sources.a.kind: missing"),
    "wrong kind": (
        "sources: {a: {kind: worc, path: x}}",
        f"sources.a.kind: expected {', '.join(map(repr, KINDS[:-1]))} or {KINDS[-1]!r}, got 'worc'",
    ),
    "no sources": ("sources: {}", "sources: "),
    "no path": ("sources: {a: {kind: warc, path: []}}", "sources.a.path: expected at least one"),
    "negative weight": (
        "sources: {a: {kind: warc, path: x, weight: -1}}",
        "sources.a.weight: expected greater than or equal to 0, got -1",
    ),
    "some weights": (
        "sources: {a: {kind: warc, path: x, weight: 1}, b: {kind: text, path: y}}",
        "expected a weight for every source or for none, got none for b",
    ),
    "all weights 0": (
        "sources: {a: {kind: warc, path: x, weight: 0}}",
        "expected at least one weight above 0, got all 0",
    ),
    "unknown filter": (SHORT + "\nfilters: [gophr]", "gophr"),
    "unknown filter setting": (SHORT + "\nfilters: [{c4: {mni: 1}}]", "mni"),
    "unknown priority": (SHORT + "\ndedup: {priority: [books]}", "dedup.priority: expected"),
    "model without sha256": (SHORT + "\nlanguage: {model: x.ftz}", "sha256"),
    "wrong version": (SHORT + "\nversion: 2", "version: expected 1, got 2"),
    "no such validation": (SHORT + "\nmix: {validation: 1.0}", "mix.validation: "),
    "a licence that no page states": (
        SHORT + "\nrights: {license: {keep: [none, cc0, cc-by-4.0, CC-BY-SA]}}",
        "rights.license.keep: expected names such as cc-by, cc-by-sa-4.0, cc0, pdm or none, got "
        "'CC-BY-SA'",
    ),
    "split that is no block": (SHORT + "\nextract: {split_bytes: 1048577}", "extract.split_bytes"),
}


@pytest.mark.parametrize(("text", "told"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_name_the_key(text, told):
    with pytest.raises(RecipeError) as error:
        parsed(text)
    assert told in str(error.value)
    assert all(line.startswith("recipe: ") for line in str(error.value).splitlines())


# A recipe -> all that is said of it: one line a place, in the recipe's own words.
LINES = {
    "a weight without end": (
        "sources: {a: {kind: text, path: x, weight: .inf}}",
        "sources.a.weight: expected less than or equal to 1000000000, got inf",
    ),
    "epochs without end": (
        SHORT + "\nmix: {max_epochs: .inf}",
        "mix.max_epochs: expected less than or equal to 100000, got inf",
    ),
    "seconds without end": (
        SHORT + "\nextract: {max_seconds: .inf}",
        "extract.max_seconds: expected less than or equal to 3600, got inf",
    ),
    "the name of a source": (
        "sources: {A b: {kind: text, path: x}}",
        "sources.A b: expected a name of lower-case letters, digits, - and _, got 'A b'",
    ),
    "a source called as a type": (
        "sources: {str: {kind: text, path: x, weight: -1}}",
        "sources.str.weight: expected greater than or equal to 0, got -1",
    ),
    "no sources": (
        "sources: {}",
        "sources: expected at least one, got {}",
    ),
    "settings that are none": (
        SHORT + "\nfilters: [{fineweb: 3}]",
        "filters.0.fineweb: expected keys with values, got 3",
    ),
    "no such filter": (
        SHORT + "\nfilters: [gopher]", "filters: there is no filter 'gopher'; known: c4, fineweb, ",
    ),
    "one of two types": (
        SHORT + "\ndecontaminate: {benchmarks: x, ngram: 0}",
        "decontaminate.ngram: expected greater than or equal to 1 or 'percentile', got 0",
    ),
    "a number for settings": (
        SHORT + "\nmix: 5", "mix: expected settings, such as {tokens: …}, got 5",
    ),
    "a word for settings": (
        SHORT + "\nquality: masked", "quality: expected settings, such as {model: …}, got 'masked'",
    ),
    "a path for a source": (
        "sources: {a: x.txt}", "sources.a: expected settings, such as {kind: …}, got 'x.txt'",
    ),
    "a list of sources": ("sources: [x.txt]", "sources: expected keys with values, got ['x.txt']"),
    "a word for a list": (
        SHORT + "\nfilters: c4", "filters: expected a list, such as [c4], got 'c4'",
    ),
    "a word for a number": (
        SHORT + "\nmix: {tokens: 10 B}",
        "mix.tokens: expected a whole number, such as 5_000, 1e9 or 10B, got '10 B'",
    ),
    "a flag for settings": (
        SHORT + "\ndecontaminate: true",
        "decontaminate: expected settings, such as {benchmarks: …}, got true",
    ),
    "neither a path nor a benchmark": (
        SHORT + "\ndecontaminate: {benchmarks: [3]}",
        "decontaminate.benchmarks.0: expected text or settings, such as {path: …}, got 3",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "told"), LINES.values(), ids=LINES)
def test_one_line_a_place_without_names_of_types(text, told):
    with pytest.raises(RecipeError) as error:
        parsed(text)
    (line,) = str(error.value).splitlines()
    assert line.startswith(f"recipe: {told}")


def test_every_mistake_has_a_line():
    with pytest.raises(RecipeError) as error:
        parsed("sources: {a: {kind: worc, path: x}}\nversion: 3\nmix: {tokens: 0}")
    assert len(str(error.value).splitlines()) == 3


@pytest.mark.parametrize("content", ["[1, 2]", "a: [", "", "!!python/object:os.system {}"])
def test_files_that_are_no_recipe(tmp_path, content):
    path = tmp_path / "recipe.yaml"
    path.write_text(content)
    with pytest.raises(RecipeError, match=r"recipe\.yaml"):
        recipe.load(path)


def test_a_missing_recipe(tmp_path):
    with pytest.raises(RecipeError, match="cannot be read"):
        recipe.load(tmp_path / "none.yaml")


def test_a_key_that_stands_twice_is_refused_where_it_stands(tmp_path):
    (tmp_path / "r.yaml").write_text(
        "sources:\n  a: {kind: text, path: x}\n  b: {kind: text, path: x}\n  a: {kind: text}"
    )
    with pytest.raises(recipe.RecipeError, match=r"line 4, column 3: .* once, got a again$"):
        recipe.load(tmp_path / "r.yaml")


def test_what_is_taken_over_from_another_key_may_be_said_anew(tmp_path):
    (tmp_path / "r.yaml").write_text(
        "sources:\n  a: &a {kind: text, path: x, weight: 1}\n  b: {<<: *a, weight: 2}"
    )
    sources = recipe.load(tmp_path / "r.yaml").sources
    assert [sources[name].weight for name in "ab"] == [1, 2]
    assert sources["b"].kind == "text"


def test_references_pass_unless_asked():
    sources = parsed(
        "sources: {a: {kind: warc, path: x}, b: {kind: text, path: x, reference: true},"
        " c: {kind: text, path: x, reference: true, filter: true}}"
    ).sources
    assert {name: source.filtered for name, source in sources.items()} == {
        "a": True,
        "b": False,
        "c": True,
    }


def test_the_manifests_recipe_names_no_machine():
    text = SHORT + "\noutput: {path: /somewhere/out, work: /elsewhere}"
    one, other = parsed(text), recipe.parse(yaml.safe_load(text), Path("/other"))
    assert one != other
    assert one.without_paths() == other.without_paths()
    assert "/" not in str(one.without_paths()).replace("'parquet', 'jsonl'", "")


def test_priority_is_a_total_order():
    text = "sources: {a: {kind: text, path: x}, b: {kind: text, path: x}, c: {kind: text, path: x}}"
    assert parsed(text + "\ndedup: {priority: [c]}").priority() == ["c", "a", "b"]


def test_files_that_filters_read_start_at_the_recipe_s_folder(tmp_path, monkeypatch):
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "hosts.txt").write_text("bad.org\n")
    (tmp_path / "bad.txt").write_text("viagra\n")
    monkeypatch.chdir("/")
    whole = {
        "sources": {"web": {"kind": "jsonl", "path": "a.jsonl"}},
        "filters": [
            {"c4": {"bad_word": "bad.txt"}},
            {"url": {"url_domain": ["lists/hosts.txt"], "url_soft_words": "bad.txt"}},
            "fineweb",
        ],
    }
    result = recipe.parse(whole, tmp_path)
    absolute = [str(tmp_path / name) for name in ("bad.txt", "lists/hosts.txt", "bad.txt")]
    assert result.filter_files() == absolute
    assert result.without_paths()["filters"][1] == {
        "url": {"url_domain": ["hosts.txt"], "url_soft_words": "bad.txt"}
    }
    with pytest.raises(RecipeError, match=r"/elsewhere/bad\.txt"):
        recipe.parse(whole, tmp_path / "elsewhere")


@pytest.mark.parametrize(
    "entry", [7, {"url": 7}, {"url": {"url_domain": 7}}, {"url": {"url_domain": [7]}}]
)
def test_filters_that_are_none_are_told_as_before(entry):
    whole = {"sources": {"web": {"kind": "jsonl", "path": "a.jsonl"}}, "filters": [entry]}
    with pytest.raises(RecipeError, match="filters"):
        recipe.parse(whole, Path("/"))


def test_nothing_is_held_out_of_a_source_that_weighs_nothing():
    sources = "sources: {a: {kind: warc, path: a, weight: 1}, b: {kind: warc, path: b, weight: 0}}"
    assert parsed(sources).validation_shares() == {"a": 0.005, "b": 0.0}
    assert parsed(SHORT).validation_shares() == {"crawl": 0.005}


# --- YAML within bounds --------------------------------------------------------------------------


def bomb(link):
    """Return a text of few bytes in which each line stands for ten of the one before."""
    lines = ["a0: &a0 {k: 1}"]
    for n in range(1, 12):
        lines.append(f"a{n}: &a{n} " + link.format(", ".join([f"*a{n - 1}"] * 10)))
    return "\n".join(lines)


BOUNDED = {
    "aliases of lists": (bomb("[{}]"), r"line \d+, column \d+: expected at most 50,000 values"),
    "merged mappings": (bomb("{{<<: [{}]}}"), r"line \d+, .*: expected at most 50,000 values"),
    "an alias in itself": ("a: &a [*a]", "line 1, column 4: expected finite data"),
    "deep": ("[" * 100_000, "line 1, column 33: expected at most 32 levels"),
    "deep in blocks": ("- " * 100_000, "line 1, column 65: expected at most 32 levels"),
    "many keys": (
        "\n".join(f"k{n}: 1" for n in range(60_000)),
        r"line \d+, .*: expected at most 50,000 values",
    ),
    "large": ("x" * (2 << 20), "expected at most 1,048,576 bytes, got more"),
    "a long number": ("seed: " + "1" * 5_000, "line 1, column 7: .* at most 40 digits, got 5,000"),
    "a long fraction": ("seed: 0." + "1" * 5_000, "line 1, column 7: .* at most 40 digits"),
    "a list as a key": ("? [1]\n: 2", "line 1, column 3: expected a word as a key"),
    "bytes": ("a: !!binary aGk=", "line 1, column 4: expected plain data, got the tag"),
    "a date by its tag": ("a: !!timestamp 2024-01-01", "line 1, column 4: expected plain data"),
    "no number by its tag": ("a: !!int ten", "line 1, column 4: expected a whole number, got ten"),
    "two documents": ("a: 1\n---\na: 2", "line 2, column 1"),
}


@pytest.mark.parametrize(("text", "message"), BOUNDED.values(), ids=BOUNDED)
def test_yaml_beyond_a_bound_is_one_error_with_its_line(tmp_path, text, message):
    path = tmp_path / "r.yaml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=f"not YAML: {message}") as error:
        recipe.load(path)
    assert len(str(error.value).splitlines()) == 1


def test_an_endless_recipe_is_not_read_to_its_end():
    with pytest.raises(RecipeError, match="expected at most 1,048,576 bytes"):
        recipe.load("/dev/zero")


NUMBERS = [0, 1, -7, 12_345, 0.5, -0.25, 1e-9, 1e20, 1.5e300, True, False, None, "x", "0x", "1:30"]


@pytest.mark.parametrize("value", NUMBERS, ids=str)
def test_plain_values_are_those_that_another_reader_wrote(value):
    assert parse_yaml(yaml.safe_dump({"a": value}).encode()) == {"a": value}


# --- code ----------------------------------------------------------------------------------------

CODE = [["spoiled:RAN"], ["c4", {"spoiled:RAN": {}}], ("spoiled:RAN",)]


@pytest.mark.parametrize("entries", CODE, ids=str)
def test_code_is_refused_before_it_is_imported(tmp_path, monkeypatch, entries):
    (tmp_path / "spoiled.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    whole = {"sources": {"a": {"kind": "text", "path": "x"}}, "filters": entries}
    with pytest.raises(RecipeError, match=r"filters\.\d: .*'spoiled:RAN', which is code.*--allow-"):
        recipe.parse(whole, tmp_path)
    with pytest.raises(ValueError, match="which is code"):
        recipe.Recipe.model_validate(whole)
    with pytest.raises(SystemExit, match="imported"):
        recipe.parse(whole, tmp_path, allow_code=True)


def test_code_that_is_allowed_runs(tmp_path, monkeypatch):
    (tmp_path / "own_rules.py").write_text(
        "def no_x(text): return 'has_x' if 'x' in text else None"
    )
    monkeypatch.syspath_prepend(tmp_path)
    whole = {"sources": {"a": {"kind": "text", "path": "x"}}, "filters": ["own_rules:no_x"]}
    (step,) = recipe.parse(whole, tmp_path, allow_code=True).steps()
    assert step.function("x") == "has_x"
