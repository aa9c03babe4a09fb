"""The model: learned like any logistic regression, the same bits every time, applied fast."""

import json
import math
import os
import pickle
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from curate.quality import logistic, models
from curate.quality.features import count, plain
from curate.quality.linear import GRID, rarity_of, unit_rows
from curate.quality.logistic import Logistic, fit

GOOD, BAD, BOTH = "moon river stone verse", "click buy cheap now", "the and of with from"


def made(number, *, seed=1, words=40):
    """Return texts and labels that differ in some of their words."""
    drawn = random.Random(seed)
    texts, labels = [], []
    for i in range(number):
        own = (GOOD if i % 2 else BAD).split()
        both = BOTH.split() + [f"w{drawn.randrange(50)}" for _ in range(5)]
        texts.append(" ".join(drawn.choice(own if drawn.random() < 0.2 else both)
                              for _ in range(words)))  # fmt: skip
        labels.append(i % 2)
    return texts, labels


def plainly(model, text, fold=None):
    """Return a text's score by the definition, window by window."""
    words = plain(text).decode().split()
    pieces = max(1, (2 * len(words) + model.window) // (2 * model.window))
    chances = []
    for i in range(pieces):
        own = words[i * len(words) // pieces : (i + 1) * len(words) // pieces]
        result = count([" ".join(own)], model.bits)
        rarity = rarity_of(model.learned.having, model.learned.windows, 2)[result.buckets]
        values = (1 + np.log(result.counts)) * rarity
        length = math.sqrt((values**2).sum())
        weights = model.learned.weights.mean(0) if fold is None else model.learned.weights[fold]
        bias = model.learned.bias.mean() if fold is None else model.learned.bias[fold]
        z = float((values * weights[result.buckets] / GRID).sum()) / (length or 1)
        chances.append(1 / (1 + math.exp(-(z + bias / GRID))))
    return sum(chances) / pieces


def test_it_finds_the_least_loss_that_scipy_finds():
    from scipy.optimize import minimize

    texts, labels = made(200)
    importance = [1.0 + (i % 3) for i in range(200)]
    model = fit(texts, labels, importance, bits=12, c=3.0)
    counts = count(texts, 12)
    rows = np.zeros((200, 1 << 12))
    values = unit_rows(counts, rarity_of(np.bincount(counts.buckets, minlength=1 << 12), 200, 2))
    rows[np.repeat(np.arange(200), np.diff(counts.starts)), counts.buckets] = values
    signs = np.where(np.asarray(labels) == 1, 1.0, -1.0)
    shares = np.asarray(importance) * 3.0 * 200 / sum(importance)

    def loss(point):
        margins = signs * (rows @ point[:-1] + point[-1])
        total = (shares * np.logaddexp(0, -margins)).sum() + 0.5 * (point[:-1] ** 2).sum()
        pull = -shares * signs / (1 + np.exp(margins))
        return total, np.append(rows.T @ pull + point[:-1], pull.sum())

    best = minimize(loss, np.zeros((1 << 12) + 1), jac=True, method="L-BFGS-B", tol=1e-10)
    ours = np.append(model.learned.weights[0], model.learned.bias[0]) / GRID
    assert np.abs(ours - best.x).max() < 2 / GRID
    assert loss(ours)[0] == pytest.approx(best.fun, rel=1e-5)


def test_it_tells_the_sides_apart():
    model = fit(*made(400))
    texts, labels = made(200, seed=2)
    scores = model.scores(texts)
    good = [s for s, label in zip(scores, labels, strict=True) if label]
    bad = [s for s, label in zip(scores, labels, strict=True) if not label]
    assert min(scores) >= 0
    assert max(scores) <= 1
    assert sum(s > 0.5 for s in good) > 95
    assert sum(s < 0.5 for s in bad) > 95


@pytest.mark.parametrize("words", [0, 1, 99, 100, 299, 300, 301, 999, 5_000])
def test_a_score_is_that_of_the_definition(words):
    model = fit(*made(100), window=200)
    text = made(1, seed=3, words=words)[0][0] if words else " \n"
    assert model(text) == round(plainly(model, text), 6)


def test_a_fold_s_texts_are_scored_by_the_model_that_has_not_seen_them():
    texts, labels = made(200)
    folds = [i % 5 for i in range(200)]
    model = fit(texts, labels, folds=folds, c=30.0)
    others = [i for i in range(200) if folds[i] != 3]
    alone = fit([texts[i] for i in others], [labels[i] for i in others], c=30.0)
    text = texts[3]
    assert model(text, 3) == round(plainly(model, text, 3), 6)
    assert model(text) == round(plainly(model, text), 6)
    like = np.corrcoef(model.learned.weights[3], alone.learned.weights[0])[0, 1]
    assert like > 0.999, "but for the rarities"
    assert (
        like
        > np.corrcoef(model.learned.weights[3], fit(texts, labels, c=30.0).learned.weights[0])[0, 1]
    )
    assert model.scores(texts[:2], [3, 0]) == [model(texts[0], 3), model(texts[1], 0)]


def test_scores_of_strangers_are_chances():
    """Words that only some of a label's texts have; who has learned from all is too sure."""
    drawn = random.Random(5)
    labels = [i % 2 for i in range(1_500)]

    def word(label):
        side = "g" if drawn.random() < (0.56 if label else 0.44) else "b"
        return f"{side}{drawn.randrange(90)}"

    texts = [" ".join(word(label) for _ in range(30)) for label in labels]
    folds = [(i // 2) % 5 for i in range(1_500)]
    own, sure = fit(texts, labels, folds=folds), fit(texts[:1_000], labels[:1_000])

    def wrong(chances, labels):
        pairs = zip(chances, labels, strict=True)
        return sum((chance - label) ** 2 for chance, label in pairs) / len(labels)

    scores = own.scores(texts, folds)
    assert np.mean(scores) == pytest.approx(0.5, abs=0.02)
    high = [label for score, label in zip(scores, labels, strict=True) if score > 0.6]
    claimed = np.mean([score for score in scores if score > 0.6])
    assert len(high) > 200
    assert np.mean(high) == pytest.approx(claimed, abs=0.06)
    assert wrong(scores[1_000:], labels[1_000:]) < wrong(sure.scores(texts[1_000:]), labels[1_000:])


def test_a_long_text_scores_like_its_parts():
    model = fit(*made(100), window=200)
    part = made(1, seed=3, words=200)[0][0]
    assert model(" ".join([part] * 9)) == model(part)


def test_odd_texts_have_scores_too():
    model = fit(*made(100))
    for text in ("", "...", "無 東京", "\ud800", "a" * 100_000, "x " * 50_000):
        assert 0 <= model(text) <= 1


def test_words_of_one_group_count_for_nothing():
    texts, labels = made(100)
    texts = [f"{text} {'hero' if i % 2 else ''}" for i, text in enumerate(texts)]
    apart = fit(texts, labels)
    together = fit(texts, labels, groups=["a book" if i % 2 else str(i) for i in range(100)])
    place = count(["hero"]).buckets[0]
    assert apart.learned.weights[0, place] > 0
    assert together.learned.weights[0, place] == 0


CODE = """
import sys
from quality.test_logistic import made
from curate.quality.logistic import fit
print(fit(*made(300)).to_bytes().hex()[-200_000:])
"""


def test_another_process_with_other_threads_learns_the_same_bits():
    ours = fit(*made(300)).to_bytes().hex()[-200_000:]
    line = [sys.executable, "-c", CODE]
    root = Path(__file__).resolve().parents[2]
    path = f"{root / 'tests'}:{root}"
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": path, "PYTHONHASHSEED": "5"}
    told = subprocess.run(line, env=env, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert told.stdout.strip() == ours
    assert len(set(ours)) > 1


def test_a_file_gives_the_model_back():
    folds = [i % 5 for i in range(100)]
    model = fit(*made(100), folds=folds, bits=10, window=50)
    other = Logistic.from_bytes(model.to_bytes())
    text = made(1, seed=3)[0][0]
    assert [other(text), other(text, 4)] == [model(text), model(text, 4)]
    assert other.to_bytes() == model.to_bytes()
    assert pickle.loads(pickle.dumps(model))(text) == model(text)


def test_a_file_of_version_0_1_is_read():
    model = fit(*made(100), bits=10)
    line, _, arrays = model.to_bytes().removeprefix(logistic.MAGIC).partition(b"\n")
    head = json.loads(line)
    del head["power"]
    old = logistic.MAGIC_1 + json.dumps(head).encode() + b"\n" + arrays
    text = made(1, seed=3)[0][0]
    assert models.from_bytes(old)(text) == model(text)


@pytest.mark.parametrize("cut", [0, 5, 30, 60, -1])
def test_other_files_are_refused(cut):
    data = fit(*made(20), bits=8).to_bytes()
    with pytest.raises(ValueError, match=r"^mine: (expected a model|a damaged model)"):
        Logistic.from_bytes(data[:cut], "mine")


def test_a_file_with_another_sha256_is_refused(tmp_path):
    path = tmp_path / "m.model"
    path.write_bytes(fit(*made(20), bits=8).to_bytes())
    assert models.load(str(path)).bits == 8
    with pytest.raises(ValueError, match="expected sha256 0000"):
        models.load(str(path), "0" * 64)
