"""The tables users read: their columns, order, types and what may be null."""

import copy
import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate import recipe
from curate.recipe import json_schema as describe
from curate.recipe.yaml_loader import parse_yaml
from curate.store import schema

SCHEMAS = Path(__file__).resolve().parents[1] / "curate" / "schemas"


@pytest.mark.parametrize("name", describe.files())
def test_the_published_schemas_are_those_of_the_code(name):
    assert (SCHEMAS / name).read_text() == describe.files()[name], (
        "write them anew: python -m curate.recipe.json_schema"
    )


def test_no_schema_is_left_over():
    assert sorted(path.name for path in SCHEMAS.iterdir()) == sorted(describe.files())


def test_the_columns_of_the_shards():
    assert schema.CORPUS.names == [
        "text", "title", "id", "piece", "epoch", "source", "url", "date", "dump", "file_path",
        "language", "language_score", "quality_score", "token_count",
    ]  # fmt: skip
    types = {field.name: str(field.type) for field in schema.CORPUS}
    assert {name: of for name, of in types.items() if of != "string"} == {
        "piece": "int32",
        "epoch": "int32",
        "language_score": "double",
        "quality_score": "double",
        "token_count": "int64",
    }


NULLS = {
    "corpus": {"title", "url", "date", "dump", "language", "language_score", "quality_score"},
    "ledger": {"length", "id", "url", "reason", "score", "kept_id", "characters", "extracted"},
    "duplicates": {"jaccard"},
    "passages": {"kept_id"},
    "contamination": set(),
    "samples": {"reason", "id", "url", "value", "bound", "spans", "text"},
    "pairs": {"jaccard", "removed_text", "kept_text"},
    "labels": {"url", "weight", "reason", "quality_score"},
    "ratings": {"expected"},
}


@pytest.mark.parametrize("name", schema.PUBLIC)
def test_what_may_be_null(name):
    assert {field.name for field in schema.PUBLIC[name] if field.nullable} == NULLS[name]


def test_the_columns_of_the_ledger():
    assert schema.LEDGER.names == [
        "source", "file_path", "n", "length", "id", "url",
        "state", "stage", "reason", "score", "kept_id", "characters", "extracted",
    ]  # fmt: skip
    assert schema.DUPLICATES.names == ["removed_id", "kept_id", "jaccard", "rule"]
    assert [name for name in schema.OUTCOMES.names if name in schema.LEDGER.names] == (
        schema.LEDGER.names
    )


def test_documents_gain_columns_and_lose_none():
    assert schema.FILTERED.names[: len(schema.DOCUMENTS)] == schema.DOCUMENTS.names
    for table in (schema.DOCUMENTS, schema.OUTCOMES, schema.PLANNED):
        assert not table.field("key").nullable
        assert str(table.field("key").type) == "int64"


def test_every_outcome_has_one_of_six_states():
    assert schema.STATES == ("damaged", "skipped", "dropped", "held_out", "unused", "kept")


def test_a_schema_as_plain_data():
    assert describe.described(schema.DUPLICATES)[3] == {
        "name": "rule",
        "type": "string",
        "nullable": False,
    }


# --- the recipe's schema -------------------------------------------------------------------------

ROOT = SCHEMAS.parents[1]
SCHEMA = json.loads((SCHEMAS / describe.RECIPE).read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def mistakes(data):
    """Return what the schema says of plain data, as an editor has it."""
    return [error.message for error in VALIDATOR.iter_errors(json.loads(json.dumps(data)))]


def test_it_is_a_schema_with_a_name_of_its_own():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"].endswith(f"/curate/schemas/{describe.RECIPE}")


SHIPPED = sorted([*ROOT.glob("recipes/*.yaml"), *ROOT.glob("curate/demo/*.yaml")])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
@pytest.mark.parametrize("read", [parse_yaml, yaml.safe_load], ids=["ours", "YAML 1.1"])
def test_every_recipe_we_ship_validates(path, read):
    assert mistakes(read(path.read_bytes())) == []


def spelled(number):
    """Return the ways in which a whole number may be written."""
    return st.sampled_from([number, float(number), str(number), f"{number:_}", f"{number}e0"])


def one_or_list(strategy):
    return strategy | st.lists(strategy, min_size=1, max_size=2)


PATHS = one_or_list(st.sampled_from(["a.jsonl", "s3://b/*.gz", "https://a.org/x?y=1", "~/x", "é"]))
FLAGS = st.booleans()
SHARES = st.sampled_from([0.25, "0.25", ".5", 1, "1e-3"])
COLUMNS = st.none() | st.sampled_from(["text", "a.b", "2024-01-01"])
COUNTS = st.integers(1, 400).flatmap(spelled)
MANY = st.integers(1_000, 10**9).flatmap(spelled) | st.sampled_from(["10B", "1.5M", "2_000k"])


def some_of(**keys):
    return st.fixed_dictionaries({}, optional=keys)


SOURCES = st.fixed_dictionaries(
    {"kind": st.sampled_from(["text", "warc", "commoncrawl", "parquet", "csv"]), "path": PATHS},
    optional={
        "reference": FLAGS, "weight": COUNTS, "filter": FLAGS | st.none(), "text": COLUMNS,
        "id": COLUMNS,
        "share": SHARES | st.none(), "license": COLUMNS, "urls": PATHS, "index": PATHS,
        "crawl": st.sampled_from(["CC-MAIN-2024-10", "CC-NEWS/2024/10"]) | st.none(),
        "store": st.sampled_from(["s3", "https"]),
    },
)  # fmt: skip
FILTERS = st.sampled_from([
    "c4", "url", "fineweb", {"c4": None}, {"c4": {}}, {"pii": {}, "refinedweb": None},
    {"gopher_quality": {"too_few_words": 10, "too_many_hashes": None}},
    {"gopher_quality": {"too_few_words": True}}, {"c4": {"variant": "datatrove"}},
    {"c4": {"no": 1}}, {"c4": {"edit": True, "min_words": 3}},
    {"gopher_repetition": {"top_2_gram": 0.2, "top_3_gram": 2}}, {"fineweb": {"short_line": 40}},
    {"url": {"url_substring": ["x"]}}, {"none": {}}, 3,
])  # fmt: skip
RECIPES = st.fixed_dictionaries(
    {"sources": st.dictionaries(st.sampled_from(["a", "b-2"]), SOURCES, min_size=1, max_size=2)},
    optional={
        "version": st.sampled_from([1, 1, 1, 1.0, "1", True]),
        "seed": COUNTS,
        "extract": some_of(
            precision=FLAGS, max_page_bytes=MANY, max_seconds=COUNTS | st.none(), sample=SHARES,
            format=st.sampled_from(["text", "markdown"]),
            split_bytes=st.just(8 << 20).flatmap(spelled),
        ),
        "language": st.none() | some_of(keep=st.none() | st.lists(st.sampled_from(["en", "no"]))),
        "filters": st.lists(FILTERS, max_size=2),
        "dedup": some_of(
            near=FLAGS, bands=COUNTS, rows=COUNTS | st.none(), threshold=SHARES, against=PATHS,
            scope=st.sampled_from(["dump", "source"]), lines=st.none() | some_of(most=COUNTS),
        ),
        "decontaminate": st.none() | some_of(
            benchmarks=one_or_list(
                st.just("b.jsonl") | some_of(path=PATHS, fields=st.lists(st.just("q")))
            ),
            ngram=COUNTS | st.just("percentile"), window=COUNTS,
        ),
        "mix": some_of(tokens=MANY | st.none(), validation=SHARES, max_epochs=COUNTS),
        "output": some_of(shard_bytes=MANY, samples=COUNTS, path=COLUMNS),
        "ledger": st.sampled_from(["full", "counts"]),
    },
)  # fmt: skip
TAKEN = []


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(RECIPES)
def test_what_the_loader_takes_validates(data):
    try:
        recipe.parse(copy.deepcopy(data), Path("/base"))
    except recipe.RecipeError:
        return
    TAKEN.append(1)
    assert mistakes(data) == []


def test_the_loader_took_some():
    assert len(TAKEN) > 20


REFUSED = {
    "an unknown key": {"sources": {"a": {"kind": "text", "path": "x"}}, "sed": 1},
    "no path": {"sources": {"a": {"kind": "text"}}},
    "no crawl": {"sources": {"a": {"kind": "commoncrawl"}}},
    "a flag as a number": {"sources": {"a": {"kind": "text", "path": "x"}}, "seed": True},
    "yes": {"sources": {"a": {"kind": "text", "path": "x", "reference": "yes"}}},
    "too many": {"sources": {"a": {"kind": "text", "path": "x"}}, "dedup": {"bands": 1e9}},
    "a filter's setting": {
        "sources": {"a": {"kind": "text", "path": "x"}}, "filters": [{"c4": {"mni": 1}}]
    },
    "no filter": {"sources": {"a": {"kind": "text", "path": "x"}}, "filters": ["gophr"]},
}  # fmt: skip


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_editors_show_mistakes(data):
    assert mistakes(data) != []
    with pytest.raises(recipe.RecipeError):
        recipe.parse(data, Path("/base"))


@pytest.mark.parametrize("name", ["recipe", *schema.PUBLIC])
def test_the_package_has_them(name):
    file = describe.RECIPE if name == "recipe" else f"{name}.json"
    assert describe.read_schema(name) == describe.files()[file]


def test_a_name_there_is_none_of():
    with pytest.raises(recipe.RecipeError, match=r"NAME: expected contamination, .*, got nonsense"):
        describe.read_schema("nonsense")
