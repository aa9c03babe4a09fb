"""Finished fastText models: the same scores as fastText's library and its users' own functions.

The models are toys, trained here; what is compared is what a maker's code does with its answer.
"""

import pickle
import random
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.quality import models
from curate.quality.fasttext_file import NotReadInPlaceError, open_file
from curate.quality.pretrained import Form, Pretrained
from curate.store import io

fasttext = pytest.importorskip("fasttext")
fasttext.FastText.eprint = lambda *_: None

GOOD, BAD = "Moon river Stone verse été", "CLICK buy Cheap now 東京"
BOTH = "the and of with From , . w1 w2 W3 __label__hq </s>"


def text(seed, label=None):
    drawn = random.Random(seed)
    label = drawn.random() < 0.5 if label is None else label
    own = (GOOD if label else BAD).split()
    words = [drawn.choice(own if drawn.random() < 0.3 else BOTH.split()) for _ in range(40)]
    ends = drawn.choice([" ", "\n", "\n\n", "\r\n", "\u2028", "\x1c", "\t", "\x85"])
    return drawn.choice(["", " ", "\n"]) + ends.join(words) + drawn.choice(["", "\n"])


TEXTS = [text(n) for n in range(1_000)] + ["", " \n", "x", "東京", "\ud800 moon", "a" * 5_000]


def trained(folder, labels, **settings):
    """Return the path of a toy, with its sha256."""
    lines, path = folder / "lines.txt", folder / "toy.bin"
    with lines.open("w", encoding="utf-8", errors="replace") as out:
        for n in range(600):
            line = " ".join(text(f"train{n}", n % len(labels) > 0).split())
            line = line.replace("__label__hq", "w1").replace("</s>", "w2")
            out.write(f"{labels[n % len(labels)]} {line}\n")
    settings = {"dim": 10, "epoch": 5, "bucket": 1_000, "thread": 1, "verbose": 0, **settings}
    fasttext.train_supervised(input=str(lines), **settings).save_model(str(path))
    return path


TWO, THREE = ("__label__cc", "__label__hq"), ("__label__Low", "__label__Mid", "__label__High")
KINDS = {
    "word pairs": (TWO, {"wordNgrams": 2}),
    "runs of three words": (TWO, {"wordNgrams": 3, "lr": 0.5}),
    "runs of characters": (TWO, {"wordNgrams": 2, "minn": 2, "maxn": 4}),
    "words alone": (TWO, {"bucket": 0}),
    "three labels": (THREE, {"wordNgrams": 2}),
    "one against all": (THREE, {"loss": "ova"}),
}


@pytest.fixture(scope="module", params=KINDS.values(), ids=KINDS)
def toy(request, tmp_path_factory):
    labels, settings = request.param
    path = trained(tmp_path_factory.mktemp("toy"), labels, **settings)
    return path, fasttext.load_model(str(path))


def lines_of(texts):
    return [t.encode("utf-8", "replace").decode().replace("\n", " ") for t in texts]


def test_every_label_has_the_library_s_chance(toy):
    path, model = toy
    result = open_file(path, "toy")
    assert list(result.labels) == model.get_labels()
    chances = result.chances(lines_of(TEXTS))
    for row, names, expected in zip(chances, *model.predict(lines_of(TEXTS), k=-1), strict=True):
        own = dict(zip(result.labels, row.tolist(), strict=True))
        assert [own[name] for name in names] == pytest.approx(expected.tolist(), abs=2e-6)
        assert len(names) == (0 if np.isnan(row).any() else len(result.labels))


@given(st.lists(st.text(max_size=40) | st.text(st.sampled_from("mo on\t\0</s>_label")), max_size=4))
def test_any_text_has_the_library_s_chance(texts):
    path, model = pairs()
    if texts:
        chances = open_file(path, "toy").chances(lines_of(texts))
        for row, names, expected in zip(
            chances, *model.predict(lines_of(texts), k=-1), strict=True
        ):
            own = dict(zip(TWO, row[[list(model.get_labels()).index(n) for n in TWO]], strict=True))
            assert [own[name] for name in names] == pytest.approx(expected.tolist(), abs=2e-6)


_PAIRS = []


def pairs():
    if not _PAIRS:
        import tempfile
        from pathlib import Path

        folder = Path(tempfile.mkdtemp())
        path = trained(folder, TWO, wordNgrams=2, minn=3, maxn=3)
        _PAIRS.append((path, fasttext.load_model(str(path))))
    return _PAIRS[0]


def predict(model, line, k=1):
    """`model.predict` of one line; the package's own fails with NumPy 2."""
    (labels,), (chances,) = model.predict([line.encode("utf-8", "replace").decode()], k=k)
    return labels, chances


def dclm(model, content):
    """DCLM's function: the best label's chance, 1 - it where that is __label__cc."""
    labels, chances = predict(model, " ".join(content.strip().splitlines()))
    return float(1 - chances[0]) if labels[0] == "__label__cc" else float(chances[0])


def dolma(model, content):
    """A tagger in dolma's manner: all labels, lower-cased, newlines as spaces."""
    labels, chances = predict(model, content.lower().strip().replace("\n", " "), k=-1)
    return float(dict(zip(labels, chances, strict=True))["__label__hq"])


def educational(model, content):
    """A regression: the sum of the labels' values, on lines joined."""
    labels, chances = predict(model, re.sub("\n+", " ", content), k=-1)
    value = {"__label__Low": 0.0, "__label__Mid": 1.0, "__label__High": 2.0}
    return sum(value[label] * chance for label, chance in zip(labels, chances, strict=True)) / 2


MAKERS = {
    "DCLM": (dclm, TWO, Form(label="__label__hq")),
    "dolma": (dolma, TWO, Form(label=(("__label__hq", 1.0),), lowercase=True, lines="newline")),
    "educational": (
        educational, THREE,
        Form(label=(("__label__High", 1.0), ("__label__Mid", 0.5)), lines="newline"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("function", "labels", "form"), MAKERS.values(), ids=MAKERS)
def test_scores_are_those_of_the_makers_code(function, labels, form, tmp_path):
    path = trained(tmp_path, labels, wordNgrams=2)
    model, library = Pretrained(str(path), io.sha256(path), form), fasttext.load_model(str(path))
    texts = TEXTS[:1_000]
    expected = [min(max(function(library, one), 0.0), 1.0) for one in texts]
    assert model.scores(texts) == pytest.approx(expected, abs=2e-6)
    assert len(set(expected)) > 500
    assert pickle.loads(pickle.dumps(model)).scores(texts[:5]) == model.scores(texts[:5])


def test_case_and_label_move_scores(tmp_path):
    path = trained(tmp_path, TWO, wordNgrams=2)
    as_is = models.load(str(path), io.sha256(path), Form(label="__label__hq"))
    lower = models.load(str(path), io.sha256(path), Form(label="__label__hq", lowercase=True))
    other = models.load(str(path), io.sha256(path), Form(label="__label__cc"))
    one = text("good", True)
    assert abs(as_is(one) - lower(one)) > 0.01
    assert other(one) == pytest.approx(1 - as_is(one), abs=3e-5)


def test_quantised_models_and_trees_are_left_to_the_library(tmp_path):
    path = trained(tmp_path, THREE, loss="hs")
    with pytest.raises(NotReadInPlaceError):
        open_file(path, "toy")
    model = models.load(str(path), io.sha256(path), Form(label="__label__High"))
    labels, chances = predict(fasttext.load_model(str(path)), "moon river", k=-1)
    expected = dict(zip(labels, chances, strict=True))["__label__High"]
    assert model("moon river") == pytest.approx(expected, abs=1e-6)


def test_what_is_wrong_is_said(tmp_path):
    path = trained(tmp_path, TWO)
    digest = io.sha256(path)
    with pytest.raises(ValueError, match="expected sha256 0000"):
        models.load(str(path), "0" * 64, Form(label="__label__hq"))
    with pytest.raises(ValueError, match="the label __label__x, got __label__"):
        models.load(str(path), digest, Form(label="__label__x"))
    with pytest.raises(ValueError, match="expected the sha256"):
        models.load(str(path), None, Form(label="__label__hq"))
    with pytest.raises(ValueError, match=r"quality\.label"):
        models.load(str(path), digest)
    data = path.read_bytes()
    for cut in (0, 10, 70, 200, len(data) - 5):
        path.write_bytes(data[:cut])
        with pytest.raises(ValueError, match=r"(expected a|a damaged) fastText model"):
            models.load(str(path), io.sha256(path), Form(label="__label__hq"))
