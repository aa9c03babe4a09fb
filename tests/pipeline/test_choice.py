"""Which engine a run takes, and why."""

from types import SimpleNamespace

import pytest

from curate.pipeline import choice
from curate.pipeline.choice import AUTO_BYTES, MOST_BYTES, Choice, choose
from curate.recipe import RecipeError


def of(size):
    """Return a run whose input has so many bytes, in two files."""
    return SimpleNamespace(
        files=[SimpleNamespace(size=size // 2), SimpleNamespace(size=-(-size // 2))]
    )


@pytest.fixture(autouse=True)
def neither_submitted_nor_lacking(monkeypatch):
    monkeypatch.delenv("PYSPARK_GATEWAY_PORT", raising=False)
    monkeypatch.setattr(choice, "find_spec", lambda _: object())


CASES = {
    "little": (0, {}, "local", "0 bytes of input, no more than 32 GiB"),
    "as much as one machine takes": (
        AUTO_BYTES,
        {},
        "local",
        "32 GiB of input, no more",
    ),
    "more": (AUTO_BYTES + 1, {}, "spark", "32 GiB of input, more than 32 GiB"),
    "a master": (0, {"master": "local[2]"}, "spark", "--master local[2]"),
    "a property": (0, {"conf": {"spark.executor.memory": "2g"}}, "spark", "--conf spark.executor"),
    "asked for": (MOST_BYTES, {"engine": "local"}, "local", "requested"),
    "asked for, too": (0, {"engine": "spark"}, "spark", "requested"),
}


@pytest.mark.parametrize(("size", "given", "engine", "why"), CASES.values(), ids=CASES)
def test_an_engine_is_chosen(size, given, engine, why):
    result = choose(of(size), **given)
    assert result.engine == engine
    assert result.reason.startswith(why)


def test_what_spark_submit_starts_runs_on_its_spark(monkeypatch):
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    assert choose(of(0)) == Choice("spark", "started by spark-submit")
    assert choose(of(0), "local").engine == "local"


REFUSED = {
    "no such": (0, {"engine": "fast"}, "engine: expected auto, local, spark, got fast"),
    "a master for local": (
        0, {"engine": "local", "master": "yarn"},
        "--master: expected the engine spark, got yarn with local",
    ),
    "a property for local": (
        0, {"engine": "local", "conf": {"a": "1"}},
        "--conf: expected the engine spark, got a with local",
    ),
    "too much": (
        MOST_BYTES + 1, {"engine": "local"},
        "engine: expected at most 512 GiB of input for the engine local, got 512 GiB of input: "
        "give the same command --engine spark and a --master, or "
        'spark-submit "$(curate jobs pipeline)"',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("size", "given", "told"), REFUSED.values(), ids=REFUSED)
def test_an_engine_is_refused(size, given, told):
    with pytest.raises(RecipeError) as error:
        choose(of(size), **given)
    assert str(error.value) == told


def test_a_spark_that_is_not_installed_is_told_with_what_asked_for_it(monkeypatch):
    monkeypatch.setattr(choice, "find_spec", lambda _: None)
    assert choose(of(0)).engine == "local"
    message = (
        r"engine: expected pyspark for the engine spark \(--master yarn\), got none: pip install"
    )
    with pytest.raises(RecipeError, match=message):
        choose(of(0), master="yarn")
