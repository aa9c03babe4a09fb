"""Simulated raters, careful and not, and what their labels say of a run whose truth is known."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from curate.cli import main
from curate.errors import RecipeError
from curate.label.drawing import draw, write_task
from curate.label.judged import Labelled, by_outcome
from curate.label.results import import_labels
from curate.quality.graded import fit
from curate.quality.label_files import graded_texts
from curate.recipe.quality import Labels
from curate.store import schema
from label.runs import RULES, chance, finished

CAREFUL, TIRED, DRAWN_BY_LOT, ALWAYS_GOOD = 0.97, 0.9, 0.5, None


def answers(items, truth, rater, right):
    """Return what a rater says of each item, right with a chance; None: all is good."""
    rows = []
    for item in items:
        good = item.expected == 1.0 if item.kind == "gold" else not truth[
            item.document.source, item.document.id]["bad"]  # fmt: skip
        if right is not None and chance(f"{rater}/{item.item}") >= right:
            good = not good
        rows.append({"item": item.item, "label": "good" if good or right is None else "bad",
                     "rater": rater})  # fmt: skip
    return rows


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return (OUT, items, truth) of a run with a task that was drawn."""
    out = tmp_path_factory.mktemp("label") / "out"
    truth = finished(out)
    items = draw(str(out), documents=420, seed=1)
    write_task(str(out), items, seed=1)
    return str(out), items, truth


@pytest.fixture(scope="module")
def found(run, tmp_path_factory):
    out, items, truth = run
    folder = tmp_path_factory.mktemp("raters")
    raters = {"ann": CAREFUL, "bea": TIRED, "lot": DRAWN_BY_LOT, "yes": ALWAYS_GOOD}
    files = [write(folder / f"{name}.jsonl", answers(items, truth, name, right))
             for name, right in raters.items()]  # fmt: skip
    return import_labels(out, files)


def test_raters_who_fail_the_gold_are_left_out(found):
    assert {row["rater"]: row["used"] for row in found["raters"]} == {
        "ann": True, "bea": True, "lot": False, "yes": False,
    }  # fmt: skip
    for row in found["raters"]:
        assert row["gold"] == 42
        assert row["labels"] == 420 + 21
        assert row["repeats"] == 21


def test_agreement_is_that_of_those_in_use(found):
    everybody, used = found["agreement"]["all"], found["agreement"]["used"]
    assert everybody["alpha"] < 0.5 < used["interval"][0]
    assert used["interval"][0] < used["alpha"] < used["interval"][1]
    assert [pair[:3] for pair in used["pairs"]] == [["ann", "bea", 420]]
    assert used["pairs"][0][3] == pytest.approx(used["alpha"], abs=0.02)


def test_the_precision_of_each_rule_is_found(found):
    planted = {}
    for _, state, stage, reason, records, _, bad, _ in RULES:
        if stage == "dedup":
            continue
        sums = planted.setdefault((state, stage, reason), [0, 0])
        sums[0] += records * bad
        sums[1] += records
    rows = {(row["state"], row["stage"], row["reason"]): row for row in found["outcomes"]}
    assert rows.keys() == planted.keys()
    for outcome, (bad, records) in planted.items():
        row = rows[outcome]
        assert row["records"] == records
        assert row["low"] <= bad / records <= row["high"], outcome
        assert row["high"] - row["low"] < 0.3
    few = rows["dropped", "filter", "too_few_words"]
    assert few["bad"] > 0.7, "news are half of the labels and a sixth of the records"


def test_the_classifier_is_held_against_the_labels(found):
    own = found["classifier"]
    assert 0.7 < own["low"] < own["auc"] < own["high"] <= 1
    assert own["spearman"] > 0.2


def test_labels_are_what_a_model_is_trained_on(run, found):
    out, _, truth = run
    table = pq.read_table(f"{out}/labels/labels.parquet")
    assert table.schema.equals(schema.LABELS)
    rows = table.to_pylist()
    assert len(rows) == found["labels"] == 420
    right = sum((row["score"] < 0.5) == truth[row["source"], row["id"]]["bad"] for row in rows)
    assert right > 0.9 * len(rows)
    assert {row["raters"] for row in rows} == {2}
    assert {row["site"] for row in rows if row["source"] == "books"} == {
        row["id"] for row in rows if row["source"] == "books"
    }
    keys = Labels(path=f"{out}/labels/labels.parquet").model_dump()
    assert fit(graded_texts(**keys, most=10_000, seed=0))[1].texts == 420
    ratings = pq.read_table(f"{out}/labels/ratings.parquet")
    assert ratings.schema.equals(schema.RATINGS)
    assert ratings.num_rows == found["ratings"] == 4 * (420 + 42 + 21)


def test_the_page_and_feedback_come_by_the_same_door(run, tmp_path):
    out, *_ = run
    page = write(tmp_path / "page.jsonl", [
        {"id": "crawl-too_many_bullets-0", "source": "crawl", "label": "bad", "rater": "me"},
        {"id": "crawl-too_many_bullets-59", "source": "crawl", "label": "good", "rater": "me"},
        {"id": "crawl-too_many_bullets-59", "source": "crawl", "label": "bad", "rater": "me"},
    ])  # fmt: skip
    thumbs = tmp_path / "thumbs.csv"
    thumbs.write_text(
        "document_id,thumbs,user\ncrawl-kept-3,up,u1\ngone-7,down,u1\nnobody,up,u1\nx,,u2\n"
    )
    result = import_labels(out, [page, str(thumbs)])
    assert result["refused"] == [
        {"reason": "no_label", "rows": 1, "examples": ["thumbs.csv:4"]},
        {"reason": "not_of_this_run", "rows": 1, "examples": ["thumbs.csv:3"]},
    ]
    rows = {row["reason"]: row for row in result["outcomes"]}
    bullets = rows["too_many_bullets"]
    assert (bullets["labels"], bullets["bad"], bullets["drawn"]) == (2, 1.0, False)
    assert rows["too_many_hashes"]["records"] == 40
    texts = {row["id"]: row for row in pq.read_table(f"{out}/labels/labels.parquet").to_pylist()}
    assert "gone-7" not in texts, "the run wrote no text of it"
    assert texts["crawl-kept-3"]["weight"] is None


def test_without_a_label_there_is_an_error(run, tmp_path):
    file = write(tmp_path / "a.jsonl", [{"id": "nobody", "label": "good"}])
    with pytest.raises(RecipeError, match=r"none in 1 rows, first a\.jsonl:1: not_of_this_run"):
        import_labels(run[0], [file])


def test_documents_that_were_drawn_speak_before_those_that_came(run):
    _, items, _ = run
    one = next(one.document for one in items if one.kind == "document")
    labelled = [
        Labelled(document=one, labels=(0.0,), weight=4.0),
        *[Labelled(document=one, labels=(1.0,))] * 9,
    ]
    (row,) = by_outcome(labelled, {})
    assert (row["labels"], row["bad"], row["drawn"]) == (1, 1.0, True)


def test_the_command_tells(run, tmp_path, capsys):
    out, items, truth = run
    files = [write(tmp_path / f"{name}.jsonl", answers(items, truth, name, right))
             for name, right in (("ann", CAREFUL), ("red[b]\x1b", DRAWN_BY_LOT))]  # fmt: skip
    with pytest.raises(SystemExit) as left:
        main(["label", out, "--import", *files])
    assert left.value.code == 0
    told = capsys.readouterr().out
    assert "Krippendorff's alpha" in told
    assert "left out" in told
    assert "too_many_bullets" in told
    assert "a good document outscores a bad one" in told
    assert "\x1b" not in told
    with pytest.raises(SystemExit):
        main(["label", out, "--import", files[0], "--json"])
    result = json.loads(capsys.readouterr().out)
    assert json.loads(Path(out, "labels/labels.json").read_text()) == result
