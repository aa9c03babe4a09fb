"""What raters are asked: evenly drawn, the same again, and without a word of what is known."""

import json
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from curate.cli import main
from curate.errors import RecipeError
from curate.label.documents import documents_by_id, kept_documents
from curate.label.drawing import FORMS, draw, task, write_task
from curate.label.forms import read_ratings
from label.runs import finished, records


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("label") / "out"
    finished(out)
    return str(out)


def of_kind(items, kind):
    return [item for item in items if item.kind == kind]


def test_reasons_sources_and_scores_are_drawn_alike(run):
    drawn = [one.document for one in of_kind(draw(run, documents=120), "document")]
    outcomes = Counter(one.outcome for one in drawn)
    assert outcomes.pop(("kept", "mix", "")) == 40
    assert set(outcomes.values()) == {26, 27}
    few = Counter(one.source for one in drawn if one.reason == "too_few_words")
    assert abs(few["crawl"] - few["news"]) <= 1
    assert len({(one.source, one.id) for one in drawn}) == 120
    bands = Counter(int(one.score * 4) for one in drawn if one.stage == "quality")
    assert max(bands.values()) - min(bands.values()) <= 1


def test_the_weights_add_up_to_the_ledger(run):
    sums = Counter()
    for one in of_kind(draw(run, documents=150), "document"):
        sums[one.document.outcome] += one.weight
    assert {key: round(value, 6) for key, value in sums.items()} == records()


def test_few_reasons_leave_more_for_what_was_kept(run):
    drawn = of_kind(draw(run, documents=10_000), "document")
    assert len(drawn) == 570, "the texts of the references' gold are not shown twice"
    crawl = [one.weight for one in drawn if one.document.id.startswith("crawl-kept")]
    assert crawl == pytest.approx([1.0] * 300)


def test_gold_and_repeats_are_hidden(run):
    items = draw(run, documents=100, seed=3)
    assert {kind: len(of_kind(items, kind)) for kind in ("document", "gold", "repeat")} == {
        "document": 100, "gold": 10, "repeat": 5,
    }  # fmt: skip
    gold = of_kind(items, "gold")
    assert Counter(one.expected for one in gold) == {1.0: 5, 0.0: 5}
    shown = {one.document.text for one in of_kind(items, "document")}
    for one in gold:
        assert one.document.text not in shown
        assert (one.document.source == "books") == (one.expected == 1.0)
    assert {one.document.text for one in of_kind(items, "repeat")} < shown
    rows = [json.loads(line) for line in task(items).splitlines()]
    assert {tuple(row) for row in rows} == {("item", "label", "text")}
    assert len({row["item"] for row in rows}) == 115
    places = [place for place, one in enumerate(items) if one.kind != "document"]
    assert places != list(range(len(items)))[-len(places) :]


def test_shuffled_gold_has_the_words_of_its_text(run):
    texts = {(one.source, one.id): one.text for one in kept_documents(run, {"shards": [
        {"file": "corpus/train/train-00000-of-00001.parquet"}]})}  # fmt: skip
    for one in of_kind(draw(run, documents=200), "gold"):
        before = texts[one.document.source, one.document.id]
        assert (one.document.text == before) == (one.expected == 1.0)
        assert sorted(one.document.text.split()) == sorted(before.split())


def test_the_same_seed_draws_the_same(run):
    assert draw(run, seed=5) == draw(run, seed=5)
    ids = [{one.document.id for one in of_kind(draw(run, documents=50, seed=s), "document")}
           for s in (5, 6)]  # fmt: skip
    assert ids[0] != ids[1]
    items = [{one.item for one in draw(run, documents=50, seed=s)} for s in (5, 6)]
    assert not items[0] & items[1]


def test_gold_of_a_file(run, tmp_path):
    path = tmp_path / "known.jsonl"
    rows = [{"text": f"Known text {n}.", "label": "good" if n % 2 else "bad"} for n in range(30)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    gold = of_kind(draw(run, documents=200, gold=str(path)), "gold")
    assert len(gold) == 20
    for one in gold:
        assert one.expected == int(one.document.text[11:-1]) % 2
    path.write_text('{"label": "good"}\n')
    with pytest.raises(RecipeError, match=r"a text and a label in each row, got known\.jsonl:1"):
        draw(run, gold=str(path))


@pytest.mark.parametrize("form", FORMS)
def test_each_form_comes_back(run, tmp_path, form):
    items = draw(run, documents=20)
    text = task(items, form)
    rows = json.loads(text) if form != "jsonl" else [json.loads(one) for one in text.splitlines()]
    for row in rows:
        if form == "jsonl":
            row["label"] = "good"
        elif form == "argilla":
            row["responses"] = {"label": [{"value": "good", "user_id": "u"}]}
        else:
            value = {"from_name": "label", "type": "choices", "value": {"choices": ["good"]}}
            row["annotations"] = [{"completed_by": 1, "result": [value]}]
    path = tmp_path / "back.json"
    path.write_text(json.dumps(rows))
    result = list(read_ratings(str(path)))
    assert [one.item for one in result] == [one.item for one in items]
    assert {one.score for one in result} == {1.0}


def test_the_command_writes_task_and_key(run, capsys):
    with pytest.raises(SystemExit) as left:
        main(["label", run, "--documents", "30", "--seed", "9"])
    assert left.value.code == 0
    assert "30 documents, 3 gold, 2 repeats" in capsys.readouterr().out
    rows = pq.read_table(f"{run}/labels/drawn-9.parquet").to_pylist()
    lines = Path(run, "labels/task-9.jsonl").read_text().splitlines()
    assert [json.loads(line)["item"] for line in lines] == [row["item"] for row in rows]
    assert write_task(run, draw(run, documents=5), form="argilla").endswith("task-0.json")


WRONG = {
    "no run": (["none"], "expected a finished run"),
    "another form": (["--form", "xml"], "--form: expected jsonl, label-studio, argilla, got xml"),
    "no documents": (["--documents", "0"], "--documents: expected at least 1"),
    "files without --import": (["a.jsonl"], "expected none without --import"),
    "--import without files": (["--import"], "--import: expected files, got none"),
    "no scale": (["--import", "--scale", "5", "a"], "--scale: expected two numbers"),
}


@pytest.mark.parametrize(("arguments", "told"), WRONG.values(), ids=WRONG)
def test_wrong_arguments(run, arguments, told, capsys):
    whole = arguments if arguments == ["none"] else [run, *arguments]
    with pytest.raises(SystemExit) as left:
        main(["label", *whole])
    assert left.value.code == 2
    assert told in capsys.readouterr().err.replace("\n", " ")


def test_ids_are_looked_for_everywhere(run):
    manifest = json.loads(Path(run, "manifest.json").read_text())
    ids = ["crawl-too_few_words-3", "crawl-kept-5", "gone-7", "nobody"]
    result = {one.id: one for one in documents_by_id(run, manifest, ids)}
    assert sorted(result) == sorted(ids[:3])
    assert result["gone-7"].text is None
    assert result["gone-7"].outcome == ("dropped", "filter", "too_many_hashes")
    assert result["crawl-kept-5"].state == "kept"
