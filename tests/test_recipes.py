"""The recipes that come along: valid, whole, and known to editors."""

import re
from pathlib import Path

import pytest
import yaml

from curate import recipe
from curate.demo import recipe_text

ROOT = Path(__file__).parents[1]
SMALL = (ROOT / "recipes/small.yaml").read_text()


def test_the_small_recipe_is_valid_also_with_what_it_leaves_as_comments():
    parsed = recipe.parse(yaml.safe_load(SMALL), ROOT)
    assert list(parsed.sources) == ["crawl", "wikipedia", "books"]
    # comments that are keys: "# key: value" at the place of a key
    whole = re.sub(r"^( *)# (?=(?:  )?[a-z_]+:)", r"\1", SMALL, flags=re.MULTILINE)
    more = recipe.parse(yaml.safe_load(whole.replace("yaml-language-server", "# ")), ROOT)
    assert more.decontaminate is not None
    assert more.extract.sample == 0.01
    assert more.output.path is not None


def test_the_small_recipe_shows_every_part():
    shown = set(re.findall(r"^#? ?([a-z]+):", SMALL, re.MULTILINE))
    assert shown == set(recipe.Recipe.model_fields)


def test_what_it_calls_a_default_is_one():
    parsed = recipe.parse(yaml.safe_load(SMALL), ROOT)
    least = recipe.parse({"sources": {"a": {"kind": "text", "path": "x"}}}, ROOT)
    for part, differ in {
        "extract": set(), "language": set(), "mix": set(), "output": {"shard_bytes"},
        "dedup": {"priority", "urls"},
    }.items():  # fmt: skip
        one, other = getattr(parsed, part).model_dump(), getattr(least, part).model_dump()
        assert {key for key in one if one[key] != other[key]} == differ, part
    assert (parsed.filters, parsed.ledger, parsed.seed) == (least.filters, least.ledger, least.seed)
    assert parsed.quality == recipe.Quality()


def test_editors_find_its_schema():
    first = SMALL.splitlines()[0]
    result = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert (ROOT / "recipes" / result[1]).resolve() == ROOT / "curate/schemas/recipe.schema.json"


@pytest.mark.parametrize("text", [SMALL, recipe_text(), recipe_text("short.yaml")])
def test_lines_fit_a_page(text):
    assert [line for line in text.splitlines() if len(line) > 100] == []
