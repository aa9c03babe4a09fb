"""Recipes that grow: files that extend others, what is set for a run, variables in paths."""

import json

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import RecipeError
from curate.recipe import load, parse
from curate.recipe.json_schema import recipe_schema
from curate.recipe.layers import merged

BASE = """
x-defaults: &shared {kind: text, reference: true}
seed: 3
sources:
  crawl: {kind: text, path: crawl/*.txt, weight: 2}
  books: {<<: *shared, path: "${SHELF:-books}/*.txt", weight: 1}
filters: [c4, {fineweb: {too_many_newlines: 0.4}}]
quality: {model: masked, alpha: 9}
mix: {tokens: 1000, validation: 0.25}
output: {path: out}
"""
TOP = """
extends: base/recipe.yaml
sources:
  crawl: {weight: 5}
filters: [gopher_quality]
quality: null
mix: {tokens: 2e3}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "recipe.yaml").write_text(BASE)
    (tmp_path / "top.yaml").write_text(TOP)
    return tmp_path


def test_mappings_are_merged_and_all_else_is_replaced(folder):
    made = load(folder / "top.yaml")
    assert made.sources["crawl"].weight == 5
    assert made.sources["crawl"].path == (str(folder / "base/crawl/*.txt"),), "of its own file"
    assert made.sources["books"].reference
    assert made.filters == ("gopher_quality",)
    assert made.quality is None
    assert (made.mix.tokens, made.mix.validation, made.seed) == (2000, 0.25, 3)
    assert made.output.path == str(folder / "base/out")


def test_a_source_that_is_null_is_left_out(folder):
    (folder / "top.yaml").write_text("extends: base/recipe.yaml\nsources: {books: null}\n"
                                     "quality: null\n")  # fmt: skip
    assert list(load(folder / "top.yaml").sources) == ["crawl"]


def test_several_and_the_files_they_extend(folder):
    (folder / "more.yaml").write_text("extends: base/recipe.yaml\nseed: 4\nmix: {tokens: 7}\n")
    (folder / "last.yaml").write_text("extends: [more.yaml, top.yaml]\n")
    made = load(folder / "last.yaml")
    assert (made.seed, made.mix.tokens) == (3, 2000), "top.yaml is later, with all it extends"


def test_in_python_a_mapping_extends_a_file(folder):
    made = parse({"extends": "top.yaml", "mix": {"tokens": 5}}, folder)
    assert (made.mix.tokens, made.mix.validation) == (5, 0.25)


CYCLES = {
    "itself": {"a.yaml": "extends: a.yaml"},
    "two": {"a.yaml": "extends: b.yaml", "b.yaml": "extends: [c.yaml, a.yaml]", "c.yaml": "{}"},
    "a chain that does not end": {
        "a.yaml": "extends: f0.yaml",
        **{f"f{n}.yaml": f"extends: f{n + 1}.yaml" for n in range(40)},
    },
}


@pytest.mark.parametrize("files", CYCLES.values(), ids=CYCLES)
def test_files_that_lead_back_are_refused(tmp_path, files):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(RecipeError, match=r"extends: expected no file twice on the way, got .* ->"):
        load(tmp_path / "a.yaml")


BAD = {
    "no text": ("extends: [3]", "extends: expected a path or a list of them, got 3"),
    "no file": ("extends: none.yaml", "none.yaml: cannot be read: No such file"),
    "a folder": ("extends: base", "base: expected a recipe, a file of YAML, got a folder"),
    "a list": ("extends: {a: b}", "extends: expected a path or a list of them"),
    "a key beside": ("extends: base/recipe.yaml\nseedd: 3", "top.yaml: seedd: unknown key"),
    "misspelt": ("extend: base/recipe.yaml", "extend: unknown key; extends is one"),
    "misspelt in a part": (
        "extends: base/recipe.yaml\nrights: {opt_outs: {hostz: a}}",
        "rights.opt_outs.hostz: unknown key; hosts is one",
    ),
    "misspelt in labels of quality": (
        "extends: base/recipe.yaml\nquality: {labels: {path: a, scor: b}}",
        "quality.labels.scor: unknown key; score is one",
    ),
    "no x": ("x: 3\nextends: base/recipe.yaml", "top.yaml: x: unknown key"),
    "a variable": ("extends: ${NOT_SET_HERE}/a", "top.yaml: extends: expected the variable NOT_S"),
}


@pytest.mark.parametrize(("text", "told"), BAD.values(), ids=BAD)
def test_mistakes_name_file_and_key(folder, text, told):
    (folder / "top.yaml").write_text(text)
    with pytest.raises(RecipeError) as error:
        load(folder / "top.yaml")
    assert told in str(error.value)


def test_a_mistake_is_told_of_the_file_it_is_in(folder):
    base = folder / "base" / "recipe.yaml"
    base.write_text(
        BASE.replace("alpha: 9", "alpha: 9, alhpa: 8").replace("weight: 1", "weight: x")
    )
    (folder / "top.yaml").write_text("extends: base/recipe.yaml\nmix: {tokens: many}\n")
    with pytest.raises(RecipeError) as error:
        load(folder / "top.yaml")
    lines = str(error.value).splitlines()
    assert [line.partition(": ")[0] for line in lines] == [str(base), str(base),
                                                          str(folder / "top.yaml")]  # fmt: skip
    assert "sources.books.weight" in lines[0]
    with pytest.raises(RecipeError) as error:
        load(folder / "top.yaml", settings=["mix.tokens=-1", "quality.alhpa=3"])
    assert "\n--set: mix.tokens: " in str(error.value)


def test_code_of_a_base_is_refused_before_it_is_imported(folder):
    (folder / "base" / "recipe.yaml").write_text("filters: ['antigravity_x:y']\n")
    with pytest.raises(RecipeError, match=r"base/recipe\.yaml: filters\.0: .*is code"):
        load(folder / "top.yaml")


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
mapping = st.dictionaries(st.sampled_from("abc"), plain, max_size=3)


def leaves(value, place=()):
    if isinstance(value, dict) and value:
        for key, one in value.items():
            yield from leaves(one, (*place, key))
    else:
        yield place, value


@given(mapping, mapping)
def test_what_stands_above_is_there_and_nothing_is_made_up(below, above):
    made = dict(leaves(merged(below, above)))
    assert merged(above, above) == above
    under = dict(leaves(below))
    for place, value in leaves(above):
        if value != {}:
            assert made[place] == value
    assert all(made[place] in (dict(leaves(above)).get(place), under.get(place)) for place in made)


# --- variables -----------------------------------------------------------------------------------


def one(**keys):
    return {"sources": {"a": {"kind": "text", "path": "a.txt", **keys}}}


def test_variables_stand_in_paths_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA", "/data")
    monkeypatch.setenv("EMPTY", "")
    made = parse(
        {
            **one(path=["${DATA}/a.txt", "${EMPTY:-b}/${DATA}x", "${EMPTY}c"], license="${DATA}"),
            "output": {"path": "s3://${BUCKET:-mine}/out", "work": "${DATA}/work"},
            "decontaminate": {"benchmarks": [{"path": "${DATA}/b.jsonl"}, "${DATA}/c.jsonl"]},
            "mix": {"tokenizer": "${DATA}/tokenizer.json"},
            "dedup": {"against": "${DATA}/older"},
            "quality": {"model": "${DATA}/m.bin", "sha256": "0" * 64},
            "labels": {"topic": {"model": "${DATA}/t.bin", "sha256": "0" * 64}},
        },
        tmp_path,
    )
    assert made.sources["a"].path == ("/data/a.txt", f"{tmp_path}/b/datax", f"{tmp_path}/c")
    assert made.sources["a"].license == "${DATA}"
    assert (made.output.path, made.output.work) == ("s3://mine/out", "/data/work")
    paths = [path for entry in made.decontaminate.each() for path in entry.path]
    assert paths == ["/data/b.jsonl", "/data/c.jsonl"]
    assert made.mix.tokenizer == "/data/tokenizer.json"
    assert made.dedup.against == ("/data/older",)
    assert made.quality.model == "/data/m.bin"
    assert made.labels["topic"].model == "/data/t.bin"


def test_paths_of_several_classifiers(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA", "/data")
    models = {
        "own": {"model": "masked"},
        "edu": {"model": "${DATA}/m.bin", "sha256": "0" * 64, "label": "good"},
        "rated": {"labels": "${DATA}/scores.parquet"},
        "more": {"labels": {"path": "more.jsonl", "text": "body"}},
    }
    sources = {name: {"kind": "text", "path": name} for name in "ab"}
    sources["a"]["reference"] = True
    made = parse({"sources": sources, "quality": {"models": models}}, tmp_path).quality.models
    assert [made[name].model for name in ("own", "edu")] == ["masked", "/data/m.bin"]
    paths = [made[name].labels.path for name in ("rated", "more")]
    assert paths == ["/data/scores.parquet", f"{tmp_path}/more.jsonl"]


def test_the_manifest_has_nothing_of_a_variable(tmp_path, monkeypatch):
    whole = {
        **one(path="${SECRET}/*.txt"),
        "output": {"path": "${SECRET}/out", "work": "${SECRET}/w"},
        "mix": {"tokenizer": "https://host/${SECRET}/tokenizer.json?key=${SECRET}"},
        "language": {"keep": "all", "model": "${SECRET}/lid.ftz", "sha256": "0" * 64},
        "dedup": {"against": ["${SECRET}/older"]},
        "decontaminate": {"benchmarks": "${SECRET}/b.jsonl"},
        "labels": {"topic": {"model": "${SECRET}/t.bin", "sha256": "0" * 64}},
        "quality": {"model": "https://h/${SECRET}/q.bin?k=${SECRET}", "sha256": "0" * 64},
    }
    shown = []
    for value in ("abrakadabra", "simsalabim"):
        monkeypatch.setenv("SECRET", value)
        shown.append(json.dumps(parse(whole, tmp_path).without_paths()))
        assert value not in shown[-1]
    assert shown[0] == shown[1]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("${NOT_SET_HERE}/x", "sources.a.path: expected the variable NOT_SET_HERE to be set"),
        ("${9}/x", "sources.a.path: expected ${NAME} or ${NAME:-default}, got ${9}/x"),
        ("${A", "sources.a.path: expected ${NAME} or"),
    ],
)
def test_a_variable_that_cannot_be_filled_in(tmp_path, path, told):
    with pytest.raises(RecipeError) as error:
        parse(one(path=path), tmp_path)
    assert str(error.value).startswith(f"recipe: {told}")


# --- --set ---------------------------------------------------------------------------------------


def test_what_is_set_goes_over_the_file(folder, monkeypatch, tmp_path_factory):
    here = tmp_path_factory.mktemp("here")
    monkeypatch.chdir(here)
    made = load(
        folder / "top.yaml",
        settings=["mix.tokens=1e9", "filters=[c4]", "sources.crawl.path=a/*.txt", "seed=5",
                  "mix.tokens=2e9", "sources.books.license='CC BY: 4.0'"],
    )  # fmt: skip
    assert (made.mix.tokens, made.filters, made.seed) == (2_000_000_000, ("c4",), 5)
    assert made.sources["crawl"].path == (f"{here}/a/*.txt",), "as typed, from where it is typed"
    assert made.sources["books"].license == "CC BY: 4.0"


@pytest.mark.parametrize(
    ("pair", "told"),
    [
        ("mix.tokens", "--set: expected KEY=VALUE, such as mix.tokens=1e9, got mix.tokens"),
        ("=3", "--set: expected KEY=VALUE"),
        ("mix..tokens=3", "--set: expected KEY=VALUE"),
        ("mix.tokens=[", "--set mix.tokens: expected a value in YAML: line 1"),
        ("mix.tokns=3", "--set: mix.tokns: unknown key; tokens is one"),
        ("seed.x=3", "--set: seed: expected"),
        ("filters=[a:b]", "--set: filters.0: expected a filter of this package"),
    ],
)
def test_a_setting_that_cannot_be(folder, pair, told):
    with pytest.raises(RecipeError) as error:
        load(folder / "top.yaml", settings=[pair])
    assert told in str(error.value)


# --- the schema ----------------------------------------------------------------------------------

SCHEMA = jsonschema.Draft202012Validator(recipe_schema())


@pytest.mark.parametrize("text", [BASE, TOP, "extends: [a.yaml, b.yaml]", "x-a: {b: 1}\n" + TOP])
def test_the_schema_takes_what_the_loader_takes(text):
    SCHEMA.validate(yaml.safe_load(text))


@pytest.mark.parametrize(
    "text",
    ["extends: 3", "y-a: 3\n" + BASE, "seed: 3", "sources: {a: {path: x}}",
     "sources: {a: {kind: text}}", "extends: a.yaml\nsources: {a: {kid: text}}"],
)  # fmt: skip
def test_the_schema_refuses_what_the_loader_refuses(text):
    assert not SCHEMA.is_valid(yaml.safe_load(text))
