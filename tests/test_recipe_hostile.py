"""Every key of a recipe with hostile values: an error that names the key, or a recipe."""

import copy
import json
import re
import types
import typing

import jsonschema
import pytest
import yaml
from pydantic import BaseModel

from curate import recipe
from curate.recipe import RecipeError
from curate.recipe.fields import number_of
from curate.recipe.json_schema import recipe_schema
from curate.recipe.yaml_loader import parse_yaml

SCHEMA = jsonschema.Draft202012Validator(recipe_schema())

DIGITS = "DIGITS"  # stands for a number of 5,000 digits, which Python does not print
HOSTILE = {
    "null": None,
    "true": True,
    "false": False,
    "zero": 0,
    "negative": -1,
    "minus zero": -0.0,
    "a fraction": 0.5,
    "2^63": 2**63,
    "40 digits": 10**39,
    "5,000 digits": DIGITS,
    "1e20": 1e20,
    "1e300": 1e300,
    "spelled beyond a float": "1e999",
    "spelled": "10B",
    "nan": float("nan"),
    "infinite": float("inf"),
    "minus infinite": float("-inf"),
    "no such date": "2024-13-45",
    "empty": "",
    "blank": " ",
    "a NUL": "a\0b",
    "an escape": "a\x1b[31m\x07",
    "a bidi override": "a\u202eb",
    "half a character": "\ud800",
    "long": "x" * 10_000,
    "a home that is not there": "~no-such-user/x",
    "a URL that is none": "http://[::1",
    "code": "os:abort",
    "a format": "%s{0}{key}",
    "an empty list": [],
    "an empty mapping": {},
    "a list of null": [None],
    "a list in lists": [[["x"]]],
    "an unknown key": {"no such key": 1},
    "keys that are no text": {1: 2, None: 3},
    "many": ["x"] * 1_000,
}
SPELLED = ("1e20", "5,000 digits", "a bidi override")  # what YAML may make something else of
WHOLE = {
    "sources": {
        "web": {"kind": "warc", "path": ["x.warc.gz"], "urls": ["u.txt"], "index": ["i.cdxj"]},
        "good": {"kind": "text", "path": "x.txt", "reference": True},
    },
    "extract": {},
    "language": {},
    "filters": ["c4", {"gopher_quality": {"too_few_words": 10}}],
    "dedup": {"shared_lines": {"most": 3}},
    "quality": {},
    "decontaminate": {"benchmarks": [{"path": ["b.jsonl"], "fields": ["q"]}]},
    "mix": {},
    "output": {},
}

# Parts that are not there as a rule, with the keys that they cannot do without.
NEEDED = {
    ("quality", "labels"): {"path": "scores.parquet"},
    ("sources", "web", "grade"): {"column": "label"},
}


def models_in(annotation):
    """Yield the parts of a recipe that a type has in it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif typing.get_origin(annotation) in (typing.Union, types.UnionType, tuple, typing.Annotated):
        for one in typing.get_args(annotation):
            yield from models_in(one)


def keys_of(model, place=()):
    """Yield the path of every key of a part, and of the entries of its lists."""
    for name, field in model.model_fields.items():
        path = (*place, name)
        yield path
        if name == "sources":
            yield (*path, "web")
            yield from keys_of(recipe.Source, (*path, "web"))
        elif name == "filters":
            yield from ((*path, 0), (*path, 1, "gopher_quality"))
            yield (*path, 1, "gopher_quality", "too_few_words")
        elif "tuple" in str(field.annotation):
            yield (*path, 0)
        for part in models_in(field.annotation):
            inner = (*path, 0) if name == "benchmarks" else path
            yield from keys_of(part, inner)


KEYS = sorted(set(keys_of(recipe.Recipe)), key=str)


def changed(path, value):
    """Return the recipe with a value at a path; what is not there is made, with what it needs."""
    whole = copy.deepcopy(WHOLE)
    at = whole
    for depth, (key, following) in enumerate(zip(path, [*path[1:], None], strict=True), 1):
        if following is None:
            if isinstance(at, list) and key >= len(at):
                at.append(value)
            else:
                at[key] = value
        elif isinstance(at, dict) and key not in at:
            needed = NEEDED.get(path[:depth], {})
            at[key] = [] if isinstance(following, int) else dict(needed)
        if following is not None:
            at = at[key]
    return whole


def test_the_walk_sees_every_part():
    seen = {path[-1] for path in KEYS}
    parts = (recipe.Source, recipe.Extract, recipe.Language, recipe.Dedup,
             recipe.Lines, recipe.Quality, recipe.Decontaminate, recipe.Benchmark,
             recipe.Mix, recipe.Output)  # fmt: skip
    assert {name for part in (recipe.Recipe, *parts) for name in part.model_fields} <= seen


def names_the_key(line, path):
    """Return whether a mistake says where it is: the key, what it is in, or what is in it."""
    key = line.split(": ")[1]
    whole = ".".join(map(str, path))
    last = next(one for one in reversed(path) if isinstance(one, str))
    return whole.startswith(key) or key.startswith(whole) or re.search(rf"\b{last}\b", line)


@pytest.mark.parametrize("path", KEYS, ids=lambda path: ".".join(map(str, path)))
def test_hostile_values_are_one_error_that_names_the_key(tmp_path, path):
    file = tmp_path / "recipe.yaml"
    for what, value in HOSTILE.items():
        whole = changed(path, value)
        try:
            if what in SPELLED:
                text = yaml.safe_dump(whole).replace(DIGITS, "9" * 5_000)
                file.write_bytes(text.encode())
                loaded = recipe.load(file)
            else:
                loaded = recipe.parse(whole, tmp_path)
        except RecipeError as error:
            told = str(error)
            if "not YAML: line" in told:
                assert what == "5,000 digits"
                assert "digits" in told
                continue
            lines = told.removeprefix(f"{file}: ").replace(f"{file}: ", "recipe: ").splitlines()
            if what in SPELLED:
                lines[0] = f"recipe: {lines[0]}"
            assert all(line.startswith("recipe: ") for line in lines), (what, told)
            assert all(names_the_key(line, path) for line in lines), (what, told)
            assert max(map(len, lines)) < 1_000, (what, told)
            assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", told), (what, told)
        else:
            assert isinstance(loaded, recipe.Recipe), what
            read = parse_yaml(file.read_bytes()) if what in SPELLED else whole
            taken = json.loads(json.dumps(read))
            assert [error.message for error in SCHEMA.iter_errors(taken)] == [], what


NUMBERS = [path for path in KEYS if path[-1] in ("seed", "tokens", "bands", "split_bytes")]


@pytest.mark.parametrize("path", NUMBERS, ids=lambda path: path[-1])
def test_true_is_no_number(tmp_path, path):
    with pytest.raises(RecipeError, match=rf"{path[-1]}: expected a whole number, got true"):
        recipe.parse(changed(path, True), tmp_path)


@pytest.mark.parametrize("dump", [str, "'{}'".format], ids=["YAML 1.1 or 1.2", "text"])
@pytest.mark.parametrize(
    ("spelled", "meant"),
    [("1e9", 10**9), ("100_000_000", 10**8), ("10B", 10**10), ("1.5M", 1_500_000), ("2T", 2e12)],
)  # fmt: skip
def test_tokens_as_people_write_them(tmp_path, spelled, meant, dump):
    path = tmp_path / "r.yaml"
    path.write_text(f"sources: {{a: {{kind: text, path: x}}}}\nmix: {{tokens: {dump(spelled)}}}")
    assert recipe.load(path).mix.tokens == meant


def test_every_number_of_a_recipe_is_bounded_on_both_sides():
    bounded = 0

    def walk(node, place, bounds):
        nonlocal bounded
        if isinstance(node, dict):
            bounds = bounds | set(node) if {"anyOf", "type"} & set(node) else set()
            if node.get("type") in ("integer", "number") and "const" not in node:
                assert {"minimum", "exclusiveMinimum"} & bounds, place
                assert {"maximum", "exclusiveMaximum"} & bounds, place
                bounded += 1
            for key, value in node.items():
                walk(value, (*place, key), bounds if key == "anyOf" else set())
        elif isinstance(node, list):
            for number, value in enumerate(node):
                walk(value, (*place, number), bounds)

    walk(recipe_schema(filters=False), (), set())
    assert bounded > 25


@pytest.mark.parametrize("text", ["7", "-1", "0.5", ".5", "1e-3", "1E3", "1_000"])
def test_a_number_spelled_is_the_number(text):
    assert number_of(text) == float(text.replace("_", ""))


@pytest.mark.parametrize("text", ["", "B", "1 B", "1e", "0x1F", "1e9999", "ten", "1" * 50, "1\n"])
def test_what_spells_no_number_stays_text(text):
    assert number_of(text) == text
