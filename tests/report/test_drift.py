"""Two runs of one population do not differ; a shift of one thing is found, and named."""

import json
import random
from collections import Counter
from functools import cache

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import RecipeError
from curate.report.diff import common_texts
from curate.report.drift import by_chance, drift, stability_index
from curate.store import schema

DOCUMENTS = 1_200
WORDS = [f"w{n}" for n in range(2_000)]
ZIPF = [1 / (n + 1) for n in range(2_000)]
EDGES = [0, 10, 100, 1_000, 10_000]


def document(drawn, n):
    """Return a document of a population: a topic's words, a site, a language, an end."""
    topic = drawn.randrange(10)
    words = drawn.choices(WORDS, ZIPF, k=60) + drawn.choices(WORDS[50 * topic :][:50], k=20)
    return {
        "id": f"{n}", "source": drawn.choice(["crawl", "crawl", "books"]),
        "site": f"site{topic * 10 + drawn.randrange(10)}.example", "text": " ".join(words),
        "language": "de" if drawn.random() < 0.1 else "en", "length": drawn.choice([1, 2, 2, 2, 3]),
        "score": drawn.randrange(20), "words": drawn.randrange(4),
        "end": drawn.choices(["kept", "too_few_words", "too_many_bullets", "near_duplicate"],
                             [8, 2, 1, 1])[0],
    }  # fmt: skip


def written(out, documents, bound=50.0):
    """Write OUT of a run that has read some documents."""
    outcomes, lengths, sites = Counter(), Counter(), Counter()
    words = Counter(one["words"] for one in documents)
    for one in documents:
        stage = {"kept": "mix", "near_duplicate": "dedup"}.get(one["end"], "filter")
        state, reason = ("kept", "") if one["end"] == "kept" else ("dropped", one["end"])
        outcomes[one["source"], state, stage, reason] += 1
        lengths[one["source"], state, one["length"]] += 1
        sites[one["site"]] += 1
        outcomes["crawl", "skipped", "extract", "request"] += 2
    kept = [one for one in documents if one["end"] == "kept"]
    file = "corpus/train/train-00000-of-00001.parquet"
    (out / file).parent.mkdir(parents=True)
    rows = [
        {name: one[name] for name in ("id", "source", "text", "language")}
        | {"piece": 0, "epoch": epoch, "file_path": "f", "token_count": 1}
        for one in kept for epoch in range(2)
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, schema.CORPUS), out / file)
    histogram = [0] * 20
    for one in documents:
        histogram[one["score"]] += 1
    books = {
        "manifest": {"shards": [{"file": file, "rows": len(rows)}]},
        "report": {
            "outcomes": [[*what, n, 0, 0] for what, n in outcomes.items()],
            "lengths": [[*what, n] for what, n in lengths.items()], "edges": EDGES,
            "sites": {"rows": [[site, 3 * n, n, n, 0, "", "", 0] for site, n in sites.items()]},
            "rules": {"histograms": [
                {"rule": "too_few_words", "side": "least", "bound": bound,
                 "edges": [10.0, 50.0, 90.0],
                 "passed": [words[at] for at in range(4)], "failed": [1, 1, 1, 1]}]},
        },
        "models/quality": {"documents": {"crawl": {"histogram": histogram}}},
    }  # fmt: skip
    (out / "models").mkdir()
    for name, book in books.items():
        (out / f"{name}.json").write_text(json.dumps(book))
    return str(out)


@cache
def population(seed, number=DOCUMENTS):
    drawn = random.Random(seed)
    return tuple(document(drawn, f"{seed}-{n}") for n in range(number))


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """OUT of a run of the first population."""
    return written(tmp_path_factory.mktemp("first"), population(1))


def changed(found):
    return {row["name"] for row in found["measures"] if row["changed"]}


@pytest.mark.parametrize("seed", range(5))
def test_a_corpus_split_in_two_shows_no_change(tmp_path, seed):
    whole = [*population(seed, 2 * DOCUMENTS)]
    random.Random(seed).shuffle(whole)
    sides = [written(tmp_path / name, whole[at::2]) for at, name in enumerate("ab")]
    result = drift(*sides)
    assert len(result["measures"]) == 11
    assert changed(result) == set()
    assert result["most"] == []


# What is done to every so many-th document, and the measures that must tell.
SHIFTS = {
    "another language": (lambda one: one | {"language": "fr"}, {"languages"}, "fr"),
    "a word": (lambda one: one | {"text": "casino " + one["text"]}, {"words"}, "casino"),
    "one site": (lambda one: one | {"site": "new.example"}, {"sites"}, "new.example"),
    "longer": (lambda one: one | {"length": 3}, {"lengths", "lengths kept"}, "1,000 characters"),
    "good scores": (lambda one: one | {"score": 19}, {"scores"}, "0.95 and more"),
    "a rule": (lambda one: one | {"end": "too_few_words"}, {"rules", "outcomes"}, "too_few_words"),
    "copies": (lambda one: one | {"end": "near_duplicate"}, {"duplicates", "outcomes"}, "near"),
    "a rule's measure": (
        lambda one: one | {"words": 3},
        {"too_few_words (bound 50)"},
        "90 and more",
    ),
    "a source": (lambda one: one | {"source": "wiki"}, {"sources"}, "wiki"),
}


@pytest.mark.parametrize(("shift", "told", "bin_"), SHIFTS.values(), ids=SHIFTS)
def test_a_planted_shift_is_found_and_named(first, tmp_path, shift, told, bin_):
    after = [shift(one) if n % 4 == 0 else one for n, one in enumerate(population(2))]
    result = drift(first, written(tmp_path / "b", after))
    assert changed(result) == told
    most = result["most"][0]
    assert most["measure"] in told
    assert bin_ in most["bin"]
    assert most["now"] > most["before"]


def test_measures_of_a_rule_with_another_bound_are_not_compared(first, tmp_path):
    other = written(tmp_path / "b", population(1), 60.0)
    assert len(drift(first, other)["measures"]) == 10
    assert len(drift(first, first)["measures"]) == 11


def test_what_changed_most_of_the_outcomes_is_told_first(first, tmp_path):
    other = written(tmp_path / "b", [*population(1),
                    *[one | {"end": "too_few_words"} for one in population(3, 500)]])  # fmt: skip
    rows = drift(first, other)["outcomes"]
    assert rows[0]["reason"] == "request"
    assert (rows[1]["reason"], rows[1]["now"] - rows[1]["before"]) == ("too_few_words", 500)


def test_texts_that_both_have(tmp_path):
    one = population(1, 40)
    other = [{**one[n], "id": f"new-{n}", "text": f" {one[n]['text']}\n"} for n in range(10)]
    sides = written(tmp_path / "a", one), written(tmp_path / "b", [*other, *population(4, 30)])
    both = sum(one[n]["end"] == "kept" for n in range(10))
    assert both > 3
    assert common_texts(*sides) == {"a_in_b": both, "b_in_a": both}
    assert common_texts(*sides, max_rows=20) == {}


def test_a_folder_without_a_run(tmp_path):
    out = written(tmp_path / "a", population(1, 20))
    with pytest.raises(RecipeError, match=r"expected a finished run, found no manifest\.json"):
        drift(out, str(tmp_path / "none"))


COUNTS = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 99))


@given(COUNTS, COUNTS)
def test_the_stability_index_has_no_direction(one, other):
    assert stability_index(one, other) == pytest.approx(stability_index(other, one))
    assert stability_index(one, other) >= 0


@given(st.integers(2, 500), st.integers(1, 10**6), st.integers(1, 10**6))
def test_what_chance_makes_is_the_quantile_of_chi_square(bins, before, now):
    from scipy.stats import chi2

    exact = chi2.ppf(0.99, bins - 1) * (1 / before + 1 / now)
    assert by_chance(bins, before, now) == pytest.approx(exact, rel=0.03)
