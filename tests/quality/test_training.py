"""What is learned from: nothing but the words may differ, and what cannot be learned is said."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from curate.quality import models
from curate.quality.training import (
    FOLDS,
    SHORTEST,
    Sample,
    TrainingDataError,
    even,
    fold_of,
    group_of,
    windows,
)


def text_of(words, seed, kind="good"):
    drawn = random.Random(f"{seed}/{kind}")
    own = {"good": "moon river stone verse", "bad": "click buy cheap now"}[kind].split()
    common = [f"w{n}" for n in range(200)]
    return " ".join(drawn.choice(own if drawn.random() < 0.2 else common) for _ in range(words))


def pages(number=60, words=lambda n: 60 + 7 * n, kind="bad"):
    return [
        one
        for n in range(number)
        for one in windows(
            text_of(words(n), n, kind), id_=f"p{n}", url=f"https://site{n % 30}.org/{n}",
            source="crawl", language="en", label=0, seed=7,
        )
    ]  # fmt: skip


def books(number=20, words=3_000, source="books", language="en", kind="good"):
    return [
        one
        for n in range(number)
        for one in windows(
            text_of(words, n, kind), id_=f"{source}{n}", url=None, source=source,
            language=language, label=1, seed=7,
        )
    ]  # fmt: skip


def lengths(examples, label):
    return sorted(e.words for e in examples if e.label == label)


def test_a_page_gives_one_window_and_a_book_many():
    text = text_of(1_000, 1)
    page = windows(text, id_="p", url="http://a.org/x", source="c", language="", label=0, seed=7)
    book = windows(text, id_="p", url=None, source="c", language="", label=1, seed=7)
    assert [len(page), len(book)] == [1, 5]
    assert {e.words for e in book} == {200}
    assert sorted(w for e in book for w in e.text.split()) == sorted(text.split())
    few = windows(text, id_="p", url=None, source="c", language="", label=1, seed=7, per_group=2)
    assert few == book[:2], "those of the lowest hashes"
    assert book == sorted(book, key=lambda e: e.sample_hash)


@pytest.mark.parametrize("words", [0, SHORTEST - 1])
def test_short_texts_teach_nothing(words):
    text = text_of(words, 1)
    assert windows(text, id_="p", url=None, source="c", language="", label=0, seed=7) == []


def test_sites_and_books_are_in_one_fold():
    examples = [*pages(), *books()]
    folds = {}
    for e in examples:
        folds.setdefault(e.group, set()).add(e.fold)
    assert all(found == {fold_of(group, 7)} for group, found in folds.items())
    assert set.union(*folds.values()) == set(range(FOLDS))


CASES = {
    "a site without www": ("p", "https://www.Example.org:80/x", "example.org"),
    "no URL": ("p", None, "p"),
    "a broken URL": ("p", "http://[::", "p"),
    "no host": ("p", "about:blank", "p"),
}


@pytest.mark.parametrize(("id_", "url", "group"), CASES.values(), ids=CASES)
def test_groups(id_, url, group):
    assert group_of(id_, url) == group


def test_the_sample_is_the_same_in_any_order():
    examples = [*pages(), *books()]
    found = []
    for seed in (1, 2):
        random.Random(seed).shuffle(examples)
        sample = Sample(per_group=3, per_source=40)
        for example in examples:
            sample.add([example])
        found.append(sample.examples())
    assert found[0] == found[1]
    sources = Counter(e.source for e in found[0])
    assert set(sources) == {"crawl", "books"}
    assert max(sources.values()) <= 40
    assert max(Counter((e.source, e.group) for e in found[0]).values()) <= 3


def test_both_sides_have_the_same_lengths():
    found = even([*pages(200), *books()])
    ours, theirs = lengths(found, 0), lengths(found, 1)
    assert theirs[0] < 100
    for share in (0.1, 0.25, 0.5, 0.75):
        one, other = ours[int(share * len(ours))], theirs[int(share * len(theirs))]
        assert abs(one - other) < 25, share
    assert all(len(e.text.split()) == e.words for e in found)


def test_sides_and_references_count_the_same():
    found = even([*pages(), *books(20), *books(60, 400, source="news")])
    shares = Counter()
    for e in found:
        shares[e.label, e.source] += e.importance
    assert shares[0, "crawl"] == pytest.approx(shares[1, "books"] + shares[1, "news"])
    assert shares[1, "books"] == pytest.approx(shares[1, "news"])


def test_examples_of_a_source_count_by_their_grades():
    graded = [replace(e, grade=0.25 if e.group in {"books1", "books2"} else 1.0) for e in books()]
    found = even([*pages(), *graded, *books(60, 400, source="news")])
    shares = Counter()
    for e in found:
        shares[e.source] += e.importance
    assert shares["books"] == pytest.approx(shares["news"])
    low, high = (next(e for e in found if e.group == name) for name in ("books1", "books3"))
    assert low.importance == pytest.approx(high.importance / 4)
    one = {"id_": "p", "url": None, "source": "c", "language": "", "label": 1, "seed": 7}
    assert windows(text_of(300, 1), **one, grade=0.0) == []


def test_only_languages_both_sides_have():
    found = even([*pages(), *books(), *books(20, source="buch", language="de")])
    assert {e.language for e in found} == {"en"}


def in_one_language(examples, language):
    return [replace(e, language=language) for e in examples]


UNUSABLE = {
    "no references": (pages(), "windows of references .* got 0 in 0 of 5 folds"),
    "no crawl": (books(), "windows of unjudged crawl pages .* got 0 in 0 of 5 folds"),
    "three pages": ([*pages(3), *books()], "unjudged crawl pages"),
    "one book": ([*pages(), *books(1)], "windows of references"),
    "all equal": (
        [replace(e, text="same " * 60, words=60) for e in (*pages(), *books())],
        "texts that differ, got .* all equal",
    ),
    "no common language": (
        [*in_one_language(pages(), "de"), *books()],
        "a language that both sides have, got references: en, crawl: de",
    ),
}


@pytest.mark.parametrize(("examples", "told"), UNUSABLE.values(), ids=UNUSABLE)
def test_unusable_data_is_one_clear_error(examples, told):
    with pytest.raises(TrainingDataError, match=told):
        models.train(examples)


@pytest.mark.parametrize("kind", ["logistic", "fasttext"])
def test_a_model_is_trained_and_judged(kind):
    if kind == "fasttext":
        pytest.importorskip("fasttext")
    sample = [*pages(200), *books(40, 1_000)]
    trained = models.train(sample, kind)
    report = trained.report.to_json()
    assert report["auc"] > 0.9
    assert 0.3 < report["auc_of_length"] < 0.7
    assert report["windows"]["crawl"] > 2
    assert set(report["sources"]) == {"crawl", "books"}
    again = models.train(sample, kind)
    assert again.model.to_bytes() == trained.model.to_bytes(), "the same windows, the same bits"
    assert again.report == trained.report
    read = models.from_bytes(trained.model.to_bytes(), "m")
    assert read.kind == kind
    text = text_of(500, 1) + "\n" + text_of(50, 2)
    assert read(text) == trained.model(text)
    assert read("") == trained.model("")


def test_the_words_learned_are_shown():
    report = models.train([*pages(200), *books(40, 1_000)], "logistic").report.to_json()
    assert {w["word"] for w in report["words"]["for"][:4]} == {"moon", "river", "stone", "verse"}
    assert {w["word"] for w in report["words"]["against"][:4]} == {"click", "buy", "cheap", "now"}


def test_fasttext_says_what_is_wrong_with_what_it_cannot_learn(monkeypatch):
    pytest.importorskip("fasttext")
    from curate.quality import fasttext

    monkeypatch.setitem(fasttext.SETTINGS, "lr", 1e9)
    with pytest.raises(TrainingDataError, match=r"learn from 2 windows: Encountered NaN"):
        fasttext.fit(["a b", "c d"], [0, 1])
    with pytest.raises(ValueError, match="mine: expected a fastText model"):
        models.from_bytes(fasttext.MAGIC + b"no model at all", "mine")("x")
    with pytest.raises(ValueError, match="mine: expected a model of curate train-quality, or"):
        models.from_bytes(b"no model at all", "mine")
