"""The masked classifier: it ranks, is calibrated, scores as defined, and is the same again."""

import math
import random
import zlib

import numpy as np
import pytest

from curate.quality import models
from curate.quality.corruptions import KINDS
from curate.quality.dual import descend
from curate.quality.linear import GRID, rarity_of
from curate.quality.masked import Masked, corrupted, fit
from curate.quality.masked_features import count
from curate.quality.pareto import ALPHA, alpha_of
from curate.quality.topics import topics_of
from curate.quality.training import even, windows

NOUNS = [f"{stem}{end}" for stem in ("brid", "tabl", "sing", "mount", "riv", "gard")
         for end in ("ges", "er", "ing", "ains", "ens", "ment")]  # fmt: skip
VERBS = ["walked", "talked", "opened", "closed", "painted", "carried", "washed", "counted"]


def sentence(drawn, subject):
    """Return a well-formed sentence about a subject."""
    noun = lambda: f"{drawn.choice(NOUNS)}{subject}"  # noqa: E731
    return (
        f"The {noun()} of the {noun()} {drawn.choice(VERBS)} with a {noun()}, and it was {noun()}."
    )


def prose(seed, words=120, subject=""):
    drawn = random.Random(f"prose/{seed}")
    out = []
    while len(out) < words:
        out += sentence(drawn, subject).split()
    return " ".join(out[:words])


def junk(seed, words=120):
    drawn = random.Random(f"junk/{seed}")
    return " ".join(
        drawn.choice([*NOUNS, "Home", "|", "Login", "12"]).title() for _ in range(words)
    )


def sample(pages=120, books=30):
    """Return references, and a crawl of which half is prose on another subject, half junk."""
    result = []
    for n in range(pages):
        text = junk(n) if n % 2 else prose(n + 1_000, subject="x")
        result += windows(text, id_=f"p{n}", url=f"https://s{n % 40}.org/{n}", source="crawl",
                         language="en", label=0, seed=7)  # fmt: skip
    for n in range(books):
        result += windows(prose(n, 600), id_=f"b{n}", url=None, source="books", language="en",
                         label=1, seed=7)  # fmt: skip
    return even(result)


@pytest.fixture(scope="module")
def model():
    return fit(sample())


def test_it_ranks_how_texts_are_written_and_not_what_they_are_about(model):
    good = model.scores([prose(n + 5_000) for n in range(30)])
    strange = model.scores([prose(n + 6_000, subject="zzz") for n in range(30)])
    bad = model.scores([junk(n + 5_000) for n in range(30)])
    assert min(good) > max(bad)
    assert min(strange) > max(bad)
    shuffled = [" ".join(sorted(prose(n + 5_000).split(), key=lambda w: zlib.crc32(w.encode())))
                for n in range(30)]  # fmt: skip
    assert np.mean(model.scores(shuffled)) < np.mean(good) / 2


def test_nine_is_the_alpha_that_fits_references_it_has_not_seen(model):
    result = [e for e in sample() if e.label == 1]
    scores = model.scores([e.text for e in result], [e.fold for e in result])
    assert alpha_of(scores) == pytest.approx(ALPHA, rel=0.02)


def plainly(model, text, fold=None):
    """Return a text's score by the definition, window by window."""
    words = text.split()
    pieces = max(1, (2 * len(words) + model.window) // (2 * model.window))
    learned, chances = model.learned, []
    weights = learned.weights.mean(0) if fold is None else learned.weights[fold]
    bias = learned.bias.mean() if fold is None else learned.bias[fold]
    for i in range(pieces):
        own = words[i * len(words) // pieces : (i + 1) * len(words) // pieces]
        result = count([" ".join(own)], model._vocabulary, model.bits, model.suffix)
        values = (1 + np.log(result.counts)) * rarity_of(
            learned.having, learned.windows, learned.power
        )[result.buckets]
        length = math.sqrt((values**2).sum())
        z = float((values * weights[result.buckets] / GRID).sum()) / (length or 1)
        chances.append(1 / (1 + math.exp(-(z + bias / GRID))))
    return sum(chances) / pieces


@pytest.mark.parametrize("words", [0, 1, 99, 299, 300, 301, 999])
def test_a_score_is_that_of_the_definition(model, words):
    text = f"{prose(3, words)}\n" if words else " \n"
    assert model(text) == round(plainly(model, text), 6)
    assert model(text, 2) == round(plainly(model, text, 2), 6)


def test_odd_texts_have_scores_too(model):
    for text in ("", "...", "無 東京", "\ud800", "a" * 100_000, "x " * 50_000, "🙂"):
        assert 0 <= model(text) <= 1


def test_the_same_sample_gives_the_same_bytes_and_a_file_gives_the_model_back(model):
    again = fit(sample())
    assert again.to_bytes() == model.to_bytes()
    read = models.from_bytes(model.to_bytes(), "m")
    assert isinstance(read, Masked)
    text = prose(9, 500)
    assert [read(text), read(text, 3)] == [model(text), model(text, 3)]
    assert read.to_bytes() == model.to_bytes()


@pytest.mark.parametrize("cut", [25, 60, -1])
def test_damaged_files_are_refused(model, cut):
    with pytest.raises(ValueError, match=r"^mine: a damaged model"):
        Masked.from_bytes(model.to_bytes()[:cut], "mine")


def test_every_window_has_a_corrupted_copy():
    own = sample(20, 12)
    copies = corrupted(own, {"en": frozenset({"the"})})
    assert [(e.group, e.fold, e.label) for e in copies] == [(e.group, e.fold, e.label) for e in own]
    assert sum(a.text == b.text for a, b in zip(own, copies, strict=True)) == 0


def test_dual_descent_finds_the_least_loss_that_scipy_finds():
    from scipy.optimize import minimize

    drawn = np.random.default_rng(3)
    rows = drawn.random((80, 12)) * (drawn.random((80, 12)) < 0.4)
    targets, shares = drawn.choice([0.0, 0.5, 1.0], 80), drawn.random(80) * 4
    shares[:7] = 0.0
    starts = np.concatenate([[0], np.cumsum((rows > 0).sum(1))]).astype(np.int64)
    columns = np.nonzero(rows)[1].astype(np.int32)
    values = rows[rows > 0].astype(np.float32)

    def loss(point):
        z = rows @ point[:-1] + point[-1]
        total = (shares * (np.logaddexp(0, z) - targets * z)).sum() + 0.5 * (point**2).sum()
        pull = shares * (1 / (1 + np.exp(-z)) - targets)
        return total, np.append(rows.T @ pull, pull.sum()) + point

    best = minimize(loss, np.zeros(13), jac=True, method="L-BFGS-B", tol=1e-12).x
    pulls = np.zeros(80)
    result = descend(starts, columns, values, targets, shares, pulls, 12, 200)
    assert np.abs(result - best).max() < 1e-4
    again = descend(starts, columns, values, targets, shares, pulls, 12, 1)
    assert np.abs(again - best).max() < 1e-4, "it goes on from where it was"


def test_topics_spread_where_scores_follow_subjects():
    texts = [prose(n, 60, subject="moon" if n % 2 else "cheese") for n in range(400)]
    groups = [str(n) for n in range(400)]
    drawn = random.Random(1)
    even_ = topics_of(texts, groups, [drawn.random() for _ in texts], frozenset())
    follows = topics_of(texts, groups, [n % 2 + drawn.random() for n in range(400)], frozenset())
    assert even_.spread < 0.05
    assert follows.spread > 0.15
    assert "moon" in follows.high[0].word
    assert "cheese" in follows.low[0].word


def test_the_report_says_which_model_it_is_and_what_it_learned():
    report = models.train(sample()).report
    told = report.to_json()
    assert told["model"] == "masked"
    assert told["what"].startswith("masked words")
    assert told["auc"] > 0.5
    assert set(told["corruptions"]) <= set(KINDS)
    assert told["corruptions"]["shuffled_words"] > 0.9
    assert told["topics"]["spread"] >= 0
    assert 0.4 < told["auc_of_length"] < 0.6
    assert {"for", "against"} == set(told["words"])
