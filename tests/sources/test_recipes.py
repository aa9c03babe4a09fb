"""The recipes that come with the project say what they mean, and nothing they do not."""

from pathlib import Path

import pytest
import yaml

from curate import recipe

FOLDER = Path(__file__).resolve().parents[2] / "recipes"
NAMES = ("gpt3.yaml", "webtext.yaml")


@pytest.mark.parametrize("name", NAMES)
def test_they_are_valid(name):
    text = (FOLDER / name).read_text()
    assert text.startswith("# yaml-language-server: $schema=../schemas/recipe.schema.json\n")
    assert (FOLDER / "../schemas/recipe.schema.json").exists()
    made = recipe.load(FOLDER / name)
    assert max(map(len, text.splitlines())) <= 100
    assert all(path.startswith(str(FOLDER)) for s in made.sources.values() for path in s.path)


def test_gpt3_as_in_the_paper():
    made = recipe.load(FOLDER / "gpt3.yaml")
    weights = {name: source.weight for name, source in made.sources.items()}
    assert weights == {
        "crawl": 0.60, "webtext": 0.22, "books1": 0.08, "books2": 0.08, "wikipedia": 0.03,
    }  # fmt: skip
    assert [name for name, source in made.sources.items() if not source.reference] == ["crawl"]
    assert (made.language, made.filters) == (None, ())
    assert made.quality is not None
    assert made.quality.alpha == 9
    cut = made.decontaminate
    assert cut is not None
    assert (cut.ngram, cut.window, cut.min_characters, cut.max_pieces, cut.max_documents) == (
        13, 200, 200, 10, 10,
    )  # fmt: skip
    assert made.mix.tokens == 300_000_000_000


def test_every_key_is_one_of_the_schemas():
    for name in NAMES:
        whole = yaml.safe_load((FOLDER / name).read_text())
        assert set(whole) <= set(recipe.Recipe.model_fields)
