"""Several models as one in a whole run: labels, perplexity, ranks; each with its column."""

import hashlib
import json
import random
from bisect import bisect_right

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.cli.tables import show_quality
from curate.pipeline import plan
from curate.pipeline import run as runs
from curate.quality import load
from curate.quality.training import fold_of, group_of
from curate.recipe import RecipeError
from curate.verify import verify
from stages.committed import start

WORDS = {
    "good": (
        "the",
        "argument",
        "of",
        "a",
        "proof",
        "which",
        "was",
        "given",
        "by",
        "that",
        "author",
    ),
    "bad": (
        "buy",
        "cheap",
        "now",
        "click",
        "here",
        "deal",
        "free",
        "shipping",
        "best",
        "price",
        "99",
    ),
}


def text(n, share):
    """Return a text of which a share of the words are good ones."""
    drawn = random.Random(n)
    words = [drawn.choice(WORDS["good" if drawn.random() < share else "bad"]) for _ in range(80)]
    return f"{' '.join(words)} w{n}."


def share_of(n):
    return random.Random(-n).random()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("several")
    crawl = [{"text": text(n, share_of(n)), "url": f"http://s{n % 40}.org/{n}"} for n in range(160)]
    books = [{"text": text(n, 0.95), "url": f"http://b{n % 30}.org/{n}"} for n in range(200, 300)]
    for name, rows in {"crawl": crawl, "books": books}.items():
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    given = [
        {
            "text": text(n, share_of(n)),
            "score": round(5 * share_of(n)),
            "url": f"http://l{n % 50}.org",
        }
        for n in range(1_000, 1_200)
    ]
    pq.write_table(pa.Table.from_pylist(given), folder / "scores.parquet")
    (folder / "scores.jsonl").write_text("\n".join(map(json.dumps, given)))
    return folder


LABELS = {"path": "scores.parquet", "highest": 5}
MODELS = {
    "edu": {"labels": LABELS},
    "ngrams": {"model": "perplexity"},
    "style": {"model": "masked"},
}


def recipe(quality, **more):
    return {
        "sources": {
            "crawl": {"kind": "jsonl", "path": "crawl.jsonl"},
            "books": {"kind": "jsonl", "path": "books.jsonl", "reference": True},
        },
        "language": None, "filters": [], "dedup": {"near": False},
        "quality": {"alpha": None, **quality}, "mix": {"validation": 0}, **more,
    }  # fmt: skip


def made(engine, folder, whole, out):
    run = start(whole, folder, out, engine)
    plan.check(run)
    runs.run_stages(run)
    assert verify(str(out), workers=1)[1] == []
    report = json.loads((out / "models/quality.json").read_bytes())
    return report, pq.read_table(out / "corpus/train").to_pylist()


@pytest.fixture(scope="module")
def several(local, folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "out"
    whole = recipe({"models": MODELS}, mix={"validation": 0, "curve": {"max": 3}})
    return out, *made(local, folder, whole, out)


def test_each_model_has_its_column_and_ranks_decide(several):
    out, report, rows = several
    assert set(report["models"]) == set(MODELS)
    assert report["models"]["edu"]["spearman"] > 0.6
    assert report["models"]["ngrams"]["model"] == "perplexity"
    assert 0.5 < report["auc"] <= 1
    model = load(str(out / "models/quality.model"), report["sha256"])
    edges = model.combination.edges
    for row in rows:
        fold = fold_of(group_of(row["id"], row["url"]), 7)
        for name in ("edu", "style"):
            assert row[f"score_{name}"] == model.models[name](row["text"], fold)
        ranks = [bisect_right(edges[name], row[f"score_{name}"]) / 19 for name in MODELS]
        assert row["quality_score"] == round(max(ranks), 6)
        ngrams = model.models["ngrams"]
        (found,) = ngrams.perplexities([row["text"]])
        assert row["perplexity"] == found
        assert row["perplexity_part"] == ngrams.parts[""].part_of(found)
    copies = [row["id"] for row in rows if row["source"] == "crawl"]
    assert max(map(copies.count, copies)) == 3, "the curve ranks by what the models say together"


def test_what_was_learned_is_shown(several, capsys):
    show_quality(several[1])
    told = " ".join(capsys.readouterr().out.split())
    assert "Classifier of 200 texts with scores, on sites it has not learned from: rank" in told
    assert "Classifier (perplexity)" in told
    assert "Classifier (several)" in told


def test_perplexity_parts_the_crawl_in_thirds(local, folder, tmp_path):
    report, rows = made(
        local, folder, recipe({"model": "perplexity", "threshold": 0.3333}), tmp_path / "out"
    )
    crawl = [row for row in rows if row["source"] == "crawl"]
    assert {row["perplexity_part"] for row in crawl} == {"head", "middle"}, "no tail is left"
    assert len(crawl) == pytest.approx(160 * 2 / 3, abs=12)
    kept = [share_of(int(row["url"].rpartition("/")[2])) for row in crawl]
    assert sum(kept) / len(kept) > 0.57, "what is like the references"
    assert report["model"] == "perplexity"


@pytest.mark.parametrize(
    "labels", [LABELS, {**LABELS, "path": "scores.jsonl"}], ids=["parquet", "jsonl"]
)
def test_scores_from_elsewhere(local, folder, tmp_path, labels):
    whole = recipe({"labels": labels, "threshold": 0.5})
    whole["sources"]["books"]["reference"] = False  # none is needed
    report, rows = made(local, folder, whole, tmp_path / "out")
    assert (report["model"], report["texts"]) == ("labels", 200)
    shares = [
        share_of(int(row["url"].rpartition("/")[2])) for row in rows if row["source"] == "crawl"
    ]
    assert min(shares) > 0.3
    assert 60 < len(shares) < 100
    assert not any(name.startswith("score_") for name in rows[0])


@pytest.mark.parametrize(("weights", "books"), [({"fa": 1, "stub": 0.01}, 100), ({"fa": 1}, 50)])
def test_graded_references_count_by_their_grades(local, folder, tmp_path, weights, books):
    rows = [
        {
            "text": text(n, share),
            "url": f"http://b{n % 30}.org/{n}",
            "class": "fa" if share > 0.5 else "stub",
        }
        for n, share in enumerate([0.95, 0.05] * 50)
    ]
    (folder / "graded.jsonl").write_text("\n".join(map(json.dumps, rows)))
    whole = recipe({"model": "logistic"})
    own = whole["sources"]["books"]
    own["path"] = "graded.jsonl"
    run = start(whole, folder, tmp_path / "out", local)
    runs.run_stages(run, "train-quality")
    own["grade"] = {"column": "class", "weights": weights}
    run = start(whole, folder, tmp_path / "out", local)
    states = {name: state for name, state, _ in plan.stages(run)}
    assert states["extract"] == "to do"
    alike = load(str(tmp_path / "out/models/quality.model"))
    runs.run_stages(run, "train-quality")
    graded = load(str(tmp_path / "out/models/quality.model"))
    report = json.loads((tmp_path / "out/models/quality.json").read_bytes())
    assert report["sample"]["references"]["books"]["windows"] == books
    good, bad = " ".join(WORDS["good"] * 10), " ".join(WORDS["bad"] * 10)
    assert abs(alike(good) - alike(bad)) < 0.3, "both stand among the references"
    assert graded(good) > graded(bad) + 0.5


WRONG = {
    "a model beside several": (
        {"model": "masked", "models": MODELS},
        r"quality.*models: expected no model",
    ),
    "a model beside labels": (
        {"model": "masked", "labels": LABELS},
        r"labels: expected no model with",
    ),
    "no file": ({"labels": "nowhere.parquet"}, r"quality\.labels: expected a file, found none"),
    "no such column": (
        {"labels": {**LABELS, "score": "grade"}},
        r"quality\.labels: .*expected columns text and grade, got text, score, url",
    ),
    "a scale of 5": ({"labels": "scores.parquet"}, r"expected scores from 0 to 1"),
    "another rule": ({"models": MODELS, "combine": "median"}, r"quality\.combine: "),
}  # fmt: skip


@pytest.mark.parametrize(("quality", "told"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_one_clear_error(local, folder, tmp_path, quality, told):
    with pytest.raises((RecipeError, ValueError), match=told):
        made(local, folder, recipe(quality), tmp_path / "out")


def test_a_pretrained_model_among_several_is_known_by_name_and_sha256(local, folder, tmp_path):
    fasttext = pytest.importorskip("fasttext")
    lines, toy = tmp_path / "lines.txt", tmp_path / "here" / "toy.bin"
    toy.parent.mkdir()
    drawn = random.Random(1)
    lines.write_text(
        "".join(
            f"__label__{label} {' '.join(drawn.choices(words, k=8))}\n"
            for label, words in WORDS.items()
            for _ in range(100)
        )
    )
    settings = {"dim": 4, "bucket": 0, "thread": 1, "verbose": 0}
    fasttext.train_supervised(input=str(lines), **settings).save_model(str(toy))
    sha256 = hashlib.sha256(toy.read_bytes()).hexdigest()
    found = {}
    for place in (toy, tmp_path / "toy.bin"):
        place.write_bytes(toy.read_bytes())
        given = {"model": str(place), "sha256": sha256, "label": "__label__good"}
        several = {"given": given, "edu": {"labels": LABELS}}
        out = tmp_path / f"out{len(found)}"
        found[place] = made(local, folder, recipe({"models": several, "combine": "mean"}), out)
    (one, rows), (other, again) = found.values()
    assert one["sha256"] == other["sha256"], "where a model lies is not in the file"
    assert rows == again
    for row in rows:
        assert row["quality_score"] == round((row["score_given"] + row["score_edu"]) / 2, 6)
    (out / "models/toy.bin").write_bytes(toy.read_bytes())
    model = load(str(out / "models/quality.model"), one["sha256"])
    assert [model.models["given"](row["text"]) for row in rows] == [r["score_given"] for r in rows]
