"""Mixtures by label and by quality rank, whole runs: what the shards hold is what was asked for."""

import hashlib
import json
import random
from collections import Counter
from itertools import pairwise

import pyarrow.parquet as pq
import pytest

from curate.api.engines import PRELOAD
from curate.engine.local import LocalEngine
from curate.pipeline import plan
from curate.pipeline import run as runs
from curate.recipe import RecipeError
from curate.report.page_data import page_data
from curate.verify import verify
from stages.committed import start

fasttext = pytest.importorskip("fasttext")
fasttext.FastText.eprint = lambda *_: None

WORDS = {
    "space": ["planet", "orbit", "moon", "comet"],
    "food": ["bread", "soup", "salt", "onion"],
    "law": ["court", "judge", "appeal", "clause"],
}
GOOD, BAD = ["therefore", "however", "whereas", "although"], ["wow", "click", "lol", "hot"]


def text(seed):
    """Return a text of a topic and of some quality, and the topic."""
    drawn = random.Random(seed)
    topic, quality = drawn.choice(sorted(WORDS)), drawn.random()
    words = [
        drawn.choice(WORDS[topic])
        if drawn.random() < 0.5
        else drawn.choice(GOOD if drawn.random() < quality else BAD)
        for _ in range(drawn.randrange(20, 90))
    ]
    return f"{' '.join(words)} n{seed}", topic


def trained(path, lines):
    """Return path and sha256 of a toy classifier of (label, words) lines."""
    source = path.with_suffix(".txt")
    source.write_text("".join(f"__label__{label} {words}\n" for label, words in lines))
    settings = {"dim": 8, "epoch": 10, "bucket": 0, "thread": 1, "verbose": 0, "minCount": 1}
    fasttext.train_supervised(input=str(source), **settings).save_model(str(path))
    return {"model": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cells")
    for source, numbers in {
        "web": range(600),
        "news": range(600, 800),
        "books": range(900, 960),
    }.items():
        rows = [json.dumps({"text": text(n)[0], "id": f"{source}{n}"}) for n in numbers]
        (folder / f"{source}.jsonl").write_text("\n".join(rows))
    return folder


@pytest.fixture(scope="module")
def models(folder):
    drawn = random.Random(0)
    topics = [
        (topic, " ".join(drawn.choices(words, k=6)))
        for topic, words in WORDS.items()
        for _ in range(90)
    ]
    kinds = [
        (label, " ".join(drawn.choices(words, k=6)))
        for label, words in (("hq", GOOD), ("cc", BAD))
        for _ in range(90)
    ]
    return trained(folder / "topic.bin", topics), trained(folder / "quality.bin", kinds)


def recipe(models, of_sources=(None, None, None), **mix):
    sources = {
        name: {
            "kind": "jsonl",
            "path": f"{name}.jsonl",
            "reference": name == "books",
            "weight": weight,
        }
        for name, weight in zip(("web", "news", "books"), of_sources, strict=True)
    }
    return {
        "sources": sources, "language": None, "filters": [], "dedup": {"near": False},
        "quality": {**models[1], "label": "__label__hq", "alpha": None},
        "labels": {"topic": models[0]},
        "mix": {"validation": 0.05, **mix},
        "output": {"shard_bytes": 60_000},
    }  # fmt: skip


def made(engine, folder, whole, out):
    run = start(whole, folder, out, engine)
    plan.check(run)
    runs.run_stages(run)
    assert verify(str(out), workers=1)[1] == []
    table = pq.read_table(out / "corpus/train").to_pylist()
    return json.loads((out / "manifest.json").read_bytes()), table


CURVE = {"drop": 0.3, "top": 0.1, "max": 3}


@pytest.fixture(scope="module")
def curved(local, folder, models, tmp_path_factory):
    out = tmp_path_factory.mktemp("curved") / "out"
    weights = (0.6, 0.2, 0.2)
    whole = recipe(models, weights, tokens=60_000, curve=CURVE)
    return out, *made(local, folder, whole, out)


def test_copies_rise_with_the_rank_of_quality_and_the_budget_is_met(curved):
    _, manifest, rows = curved
    longest = max(row["token_count"] for row in rows)
    for source, own in manifest["mixture"].items():
        got = sum(row["token_count"] for row in rows if row["source"] == source)
        assert got == own["tokens"]
        assert 2 * abs(got - own["target_tokens"]) <= longest, "half a document, not half a bucket"
    for source in ("web", "news"):
        cells = [one for one in manifest["cells"] if one["source"] == source]
        assert [one["bucket"] for one in cells] == list(range(len(cells)))
        assert 15 <= len(cells) <= 20
        assert all(low["high"] < high["low"] for low, high in pairwise(cells))
        epochs = [one["target_tokens"] / one["has_tokens"] for one in cells]
        assert all(low <= high + 1e-3 for low, high in pairwise(epochs))
        below = sum(one["has_tokens"] for one in cells if not one["target_tokens"])
        assert below / sum(one["has_tokens"] for one in cells) == pytest.approx(0.3, abs=0.06)
        copies = Counter(row["id"] for row in rows if row["source"] == source)
        assert max(copies.values()) == 3
        scores = {row["id"]: row["quality_score"] for row in rows}
        for one in cells:
            got = [
                n for id_, n in copies.items() if one["low"] <= scores[id_] <= one["high"] + 1e-4
            ]
            whole_epochs = one["target_tokens"] // one["has_tokens"]
            assert set(got) <= {whole_epochs, whole_epochs + 1}
    books = [one for one in manifest["cells"] if one["source"] == "books"]
    assert [one["bucket"] for one in books] == [None], "references are not ranked"


def test_the_report_shows_epochs_by_bucket(curved):
    out, manifest, _ = curved
    card = (out / "README.md").read_text()
    assert page_data(str(out))["cells"] == manifest["cells"]
    top = [one for one in manifest["cells"] if one["source"] == "web"][-1]
    assert f"{top['low']:.4f} to {top['high']:.4f}" in card


def test_another_partitioning_gives_the_same_bytes(curved, folder, models, tmp_path):
    _, manifest, _ = curved
    engine = LocalEngine(1, str(tmp_path / "engine"), PRELOAD)
    whole = recipe(models, (0.6, 0.2, 0.2), tokens=60_000, curve=CURVE)
    whole["extract"] = {"split_bytes": 1 << 20}
    other, _ = made(engine, folder, whole, tmp_path / "out")
    engine.close()
    assert other["shards"] == manifest["shards"]
    assert other["cells"] == manifest["cells"]


@pytest.mark.slow
@pytest.mark.spark
def test_spark_gives_the_same_bytes(curved, spark, folder, models, tmp_path):
    from curate.spark.engine import SparkEngine

    whole = recipe(models, (0.6, 0.2, 0.2), tokens=60_000, curve=CURVE)
    other, _ = made(SparkEngine.of(spark), folder, whole, tmp_path / "out")
    assert other["shards"] == curved[1]["shards"]


def shares_of(rows, key):
    whole = sum(row["token_count"] for row in rows)
    result = Counter()
    for row in rows:
        result[key(row)] += row["token_count"] / whole
    return result


def test_labels_are_mixed_across_sources(local, folder, models, tmp_path):
    weights = {"space": 0.6, "food": 0.3, "law": 0.1}
    (tmp_path / "doremi.json").write_text(json.dumps({"train_domain_weights": weights}))
    wanted = str(tmp_path / "doremi.json")
    whole = recipe(models, tokens=40_000, by="topic", weights=wanted)
    manifest, rows = made(local, folder, whole, tmp_path / "out")
    for row in rows:
        assert row["label_topic"] == text(int(row["id"].lstrip("abcdefghijklmnopqrstuvwxyz")))[1]
    shares = shares_of(rows, lambda row: row["label_topic"])
    assert dict(shares) == pytest.approx(weights, abs=0.005)
    targets = Counter()
    for one in manifest["cells"]:
        targets[one["label"]] += one["target"]
    assert dict(targets) == pytest.approx(weights)
    assert manifest["recipe"]["mix"]["weights"] == "doremi.json", "its name alone"
    epochs = {(one["label"], one["source"]): one["epochs"] for one in manifest["cells"]}
    for topic in WORDS:
        assert epochs[topic, "web"] == pytest.approx(epochs[topic, "news"], abs=0.05)


def test_labels_are_mixed_within_a_source_and_ranked_within_labels(local, folder, models, tmp_path):
    whole = recipe(
        models, (0.5, 0.3, 0.2), tokens=40_000, by="topic", curve=CURVE,
        weights={"web": {"space": 3, "food": 1, "law": 0}},
    )  # fmt: skip
    manifest, rows = made(local, folder, whole, tmp_path / "out")
    shares = shares_of(rows, lambda row: (row["source"], row["label_topic"]))
    assert shares["web", "space"] == pytest.approx(0.375, abs=0.004)
    assert shares["web", "food"] == pytest.approx(0.125, abs=0.004)
    assert shares["web", "law"] == 0
    assert sum(shares[key] for key in shares if key[0] == "news") == pytest.approx(0.3, abs=0.004)
    strata = {(one["source"], one["label"]) for one in manifest["cells"] if one["bucket"] == 3}
    assert strata == {("web", "space"), ("web", "food"), ("web", "law"), ("news", None)}


WRONG = {
    "a curve without scores": (
        {"quality": None, "mix": {"curve": {}}},
        r"mix\.curve: expected `quality`",
    ),
    "drop and top leave nothing": ({"mix": {"curve": {"drop": 0.9, "top": 0.1}}}, r"mix\.curve"),
    "a label that is none": ({"mix": {"by": "form"}}, r"mix\.by: expected one of labels \(topic\)"),
    "weights of nothing": ({"mix": {"weights": {"a": 1}}}, r"mix\.weights: expected `by`"),
    "a label without a weight": (
        {"mix": {"by": "topic", "weights": {"space": 1, "food": 1}}},
        r"mix\.weights: expected a weight for each label .* got none for law",
    ),
    "a label of no document": (
        {"mix": {"by": "topic", "weights": {"space": 1, "food": 1, "law": 1, "art": 1}}},
        r"mix\.weights: expected documents of each label .* got none of art",
    ),
    "too small a curve": (
        {"mix": {"tokens": 400_000, "max_epochs": 100, "curve": {"max": 2}}},
        r"mix\.curve: a budget of .* needs more than 2 copies of a document; .*news",
    ),
    "a file that is none": (
        {"mix": {"by": "topic", "weights": "nowhere.json"}},
        r"mix\.weights: .*nowhere\.json",
    ),
}


@pytest.mark.parametrize(("settings", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_one_clear_error(local, folder, models, tmp_path, settings, message):
    whole = {**recipe(models), **settings}
    with pytest.raises((RecipeError, ValueError), match=message):
        made(local, folder, whole, tmp_path / "out")
