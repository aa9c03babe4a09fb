"""Benchmark texts cut out of a whole run: against the same texts done one by one in memory."""

import json
import random
from collections import Counter
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from curate import recipe as recipes
from curate.cli import main
from curate.decontaminate import Cutting, Decontaminator, Index, frequent, read_items
from curate.pipeline import plan
from curate.pipeline import run as runs
from curate.pipeline.specs import specs
from curate.recipe.benchmarks import benchmark_files
from curate.report.explain import explain_record
from curate.stages import decontaminate, find_contamination, stage
from curate.stages.tallies import tally_files
from curate.store.commits import Commit, read_receipts
from curate.store.documents import Documents
from curate.store.keys import Tally
from curate.store.ledger import ImbalanceError
from curate.verify import verify
from stages.committed import after
from stages.committed import start as started

DRAWN = random.Random(3)


def prose(count, drawn=DRAWN):
    return " ".join(f"w{drawn.randrange(10**7)}" for _ in range(count))


QUESTIONS = [prose(20) for _ in range(6)]
BOILERPLATE = prose(15)


def made_texts():
    """Return id -> text: whole ones, cut ones, one that goes; a phrase that eleven have."""
    texts = {f"plain-{n}": f"{prose(60)} Größe — “ok” {prose(60)}\n" for n in range(12)}
    for n in range(11):
        texts[f"footer-{n}"] = f"{prose(80)}\n{BOILERPLATE}"
    texts["once"] = f"{prose(80)} {QUESTIONS[0].upper()} {prose(80)}"
    texts["twice"] = f"{prose(80)} {QUESTIONS[1]}! {prose(90)} {QUESTIONS[2]} {prose(80)}"
    texts["both"] = f"{BOILERPLATE} {prose(80)} {QUESTIONS[3].replace(' ', ' - ')} {prose(80)}"
    texts["nothing left"] = f"{prose(5)} {QUESTIONS[4]} {prose(5)}"
    texts["shredded"] = f" {QUESTIONS[5]} ".join(prose(100) for _ in range(12))
    return texts


TEXTS = made_texts()
BENCHMARKS = {
    "quiz": [{"id": f"q{n}", "question": text} for n, text in enumerate(QUESTIONS)],
    "forms": [
        {"id": "f0", "text": f"Passage: {BOILERPLATE}\nQuestion: {QUESTIONS[0]}", "answer": "no"},
        {"id": "f1", "text": "too short", "answer": "yes"},
    ],
}


def jsonl(path, rows):
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("decontaminate")
    rows = [{"id": name, "text": text} for name, text in TEXTS.items()]
    for n in range(3):
        jsonl(folder / f"docs/{n}.jsonl", rows[n::3])
    for name, items in BENCHMARKS.items():
        jsonl(folder / f"benchmarks/{name}.jsonl", items)
    return folder


def whole_recipe(**changes):
    return {
        "sources": {"docs": {"kind": "jsonl", "path": "docs/*.jsonl"}},
        "language": None,
        "filters": [],
        "decontaminate": {"benchmarks": "benchmarks/*.jsonl"},
        "mix": {"validation": 0.2},
        **changes,
    }


def recipe(folder, **changes):
    return recipes.parse(whole_recipe(**changes), folder)


def start(folder, out, engine=None, work=None, log=lambda _: None, **changes):
    return started(whole_recipe(**changes), folder, out, engine, work=work, log=log)


@pytest.fixture(scope="module")
def done(local, folder):
    run = start(folder, folder / "out", local)
    runs.run_stages(run)
    return run


@pytest.fixture(scope="module")
def expected(folder):
    """What the same rule makes of the texts in memory: id -> Cleaned, and what is exempt."""
    files = sorted((folder / "benchmarks").glob("*.jsonl"))
    items = [item for file in files for item in read_items(str(file), file.stem)]
    index = Index.build(items)
    exempt = frequent(index, TEXTS.values())
    one = Decontaminator(index=index, exempt=exempt)
    return {name: one(text) for name, text in TEXTS.items()}, index, exempt


def load(run, name):
    return json.loads(Path(run.out, name).read_bytes())


def shards(out):
    return pq.read_table(f"{out}/corpus").to_pylist()


def test_the_texts_are_what_they_are_meant_to_be(expected):
    cleaned, index, exempt = expected
    counts = {name: len(one.pieces) for name, one in cleaned.items()}
    assert {name: counts[name] for name in ("once", "twice", "both")} == {
        "once": 2, "twice": 3, "both": 2,
    }  # fmt: skip
    assert {name: one.reason for name, one in cleaned.items() if one.reason} == {
        "nothing left": "no_piece_left", "shredded": "too_many_pieces",
    }  # fmt: skip
    assert {" ".join(index.gram(number)) for number in exempt} == {
        " ".join(BOILERPLATE.split()[n : n + 13]) for n in range(3)
    }


def test_pieces_are_what_the_rule_says_and_the_rest_is_untouched(done, expected):
    wanted = {
        (name, number): TEXTS[name][a:b]
        for name, one in expected[0].items()
        for number, (a, b) in enumerate(one.pieces)
    }
    rows = shards(done.out)
    assert {(row["id"], row["piece"]): row["text"] for row in rows} == wanted
    assert len(rows) == len(wanted)


def test_pieces_of_a_document_stay_in_one_split(done):
    splits = {
        split: {row["id"] for row in shards_of(done.out, split)}
        for split in ("train", "validation")
    }
    assert splits["train"].isdisjoint(splits["validation"])
    assert splits["validation"]


def shards_of(out, split):
    return pq.read_table(f"{out}/corpus/{split}").to_pylist()


def test_the_ledger_balances_and_has_one_row_for_a_document(done):
    rows = pq.read_table(f"{done.out}/ledger").to_pylist()
    assert sorted(row["id"] for row in rows) == sorted(TEXTS)
    dropped = {
        row["id"]: (row["stage"], row["reason"]) for row in rows if row["state"] == "dropped"
    }
    assert dropped == {
        "nothing left": ("decontaminate", "no_piece_left"),
        "shredded": ("decontaminate", "too_many_pieces"),
    }
    summary = load(done, "ledger.json")
    assert summary["dropped"] == {"decontaminate": {"no_piece_left": 1, "too_many_pieces": 1}}
    assert summary["checksum_in"] == summary["checksum_out"]


def test_every_hit_is_reported_with_its_item(done, expected):
    rows = pq.read_table(f"{done.out}/contamination").to_pylist()
    result = sorted(
        (r["id"], r["start"], r["end"], r["benchmark"], r["item"], r["field"]) for r in rows
    )
    assert result == sorted((name, *hit) for name, one in expected[0].items() for hit in one.hits)
    assert {row["source"] for row in rows} == {"docs"}
    assert ("quiz", "q0", "question") in {row[3:] for row in result if row[0] == "once"}
    assert ("forms", "f0", "text") in {row[3:] for row in result if row[0] == "once"}


def test_hits_are_shown_with_what_stands_around_them(done, expected):
    result = load(done, "report.json")["contaminated"]
    names = ("id", "benchmark", "item", "field", "before", "found", "after")
    wanted = [
        (name, *what, TEXTS[name][max(0, start - 200) : start], TEXTS[name][start:end],
         TEXTS[name][end : end + 200])
        for name, one in expected[0].items() for start, end, *what in one.hits
    ]  # fmt: skip
    assert sorted(tuple(one[name] for name in names) for one in result) == sorted(wanted)


def test_of_many_hits_those_with_the_lowest_hashes_are_shown(monkeypatch):
    rows = [{"hash": n * 7919 % 1000, "key": n, "benchmark": "b", "item": "i", "field": "f",
             "start": 0} for n in range(500)]  # fmt: skip
    monkeypatch.setattr(decontaminate, "SHOWN", 5)
    wanted = sorted(rows, key=lambda row: row["hash"])[:5]
    assert decontaminate._lowest(rows) == wanted


def test_the_report_and_the_card(done):
    result = load(done, "contamination.json")
    assert {key: result[key] for key in ("documents", "cut", "pieces", "dropped")} == {
        "documents": len(TEXTS), "cut": 3, "pieces": 7, "dropped": 2,
    }  # fmt: skip
    wanted = {"ngram": 13, "items": 6, "too_short": 0, "dirty": 6, "clean": 0, "common_only": 0}
    by_name = {one["name"]: one for one in result["benchmarks"]}
    assert {key: by_name["quiz"][key] for key in wanted} == wanted
    wanted = {"items": 2, "too_short": 1, "dirty": 1, "clean": 0, "clean_share": 0.0}
    assert {key: by_name["forms"][key] for key in wanted} == wanted
    assert [(one["documents"], one["items"]) for one in result["exempt"]] == [
        (12, {"forms": 1})
    ] * 3
    card = Path(done.out, "README.md").read_text()
    assert "## Contamination" in card
    assert "| `quiz` | 13 | 6 | 0 | 6 | 0 | 0.00 % |" in card
    manifest = load(done, "manifest.json")
    assert [one["file_path"] for one in manifest["benchmarks"]] == ["forms.jsonl", "quiz.jsonl"]
    assert "benchmarks" not in manifest["recipe"]["decontaminate"], "no paths"


def test_one_records_story(done):
    lines = "\n".join(explain_record(done.out, "twice"))
    assert "cut out, characters" in lines
    assert "quiz, item q1, question" in lines
    assert "piece 1, epoch 0" in lines
    assert "dropped in decontaminate: too_many_pieces" in "\n".join(
        explain_record(done.out, "shredded")
    )


def test_the_same_by_another_engine_and_partitioning_and_after_a_break(
    engine, folder, done, tmp_path, monkeypatch
):
    small = {"extract": {"split_bytes": 1 << 20}}
    run = start(folder, tmp_path / "out", engine, **small)
    monkeypatch.setattr("curate.stages.sorting.BUCKET_ROWS", 7)
    so_far = runs.run_stages(run, "dedup")
    # An attempt that did one unit of the search, and one that did none of the cuts.
    stage = find_contamination.prepare(run, so_far)
    made = find_contamination.write_index(stage, run.recipe.decontaminate)
    index = find_contamination.index_of(stage.so_far([made]))
    unit = so_far.left.units()[0]
    stage.run_units([unit], partial(find_contamination.find_unit, index=index))
    assert list(read_receipts(stage.folder)) == [unit.name]
    runs.run_stages(run)
    for name in ("contamination.json", "ledger.json", "README.md"):
        assert (tmp_path / "out" / name).read_bytes() == Path(done.out, name).read_bytes()
    for table in ("contamination", "ledger"):
        assert pq.read_table(tmp_path / "out" / table) == pq.read_table(f"{done.out}/{table}")
    assert load(run, "manifest.json")["shards"] == load(done, "manifest.json")["shards"]


def test_a_rerun_does_nothing_and_a_window_cuts_again(local, folder, done):
    said = []
    run = start(folder, done.out, local, log=said.append)
    runs.run_stages(run, "decontaminate")
    assert said
    assert all(line.endswith("nothing changed, skipped") for line in said)
    changed = {"decontaminate": {"benchmarks": "benchmarks/*.jsonl", "window": 100}}
    rows = plan.stages(start(folder, done.out, **changed))
    assert next(name for name, state, _ in rows if state == "to do") == "decontaminate"
    changed["decontaminate"]["ngram"] = 8
    rows = plan.stages(start(folder, done.out, **changed))
    assert next(name for name, state, _ in rows if state == "to do") == "find_contamination"
    wanted = [spec.name for _, spec in specs() if spec.wanted(run.recipe)]
    assert [name for name, _, _ in rows] == wanted


def test_the_corpus_is_as_its_manifest_says_pieces_and_all(done):
    checked, mistakes = verify(done.out, recount="gpt2", workers=1)
    assert mistakes == []
    assert checked["records"] == len(TEXTS)


def test_pieces_are_repeated_like_documents(local, folder, done, expected, tmp_path):
    mix = {"tokens": 60_000, "validation": 0.1, "max_epochs": 20}
    run = start(folder, tmp_path / "out", local, done.work, mix=mix)
    runs.run_stages(run)
    assert verify(run.out, workers=1)[1] == []
    rows = shards_of(run.out, "train")
    copies = Counter((row["id"], row["piece"]) for row in rows)
    assert len(set(copies.values())) == 2, "whole epochs, and a part of one"
    assert min(copies.values()) >= 1
    for name, one in expected[0].items():
        pieces = {copies.get((name, n), 0) for n in range(len(one.pieces))}
        assert len(pieces) <= 1, "the pieces of a document have one outcome"
    ledger = pq.read_table(f"{run.out}/ledger").to_pylist()
    kept = {row["id"] for row in ledger if row["state"] == "kept"}
    assert kept == {row["id"] for row in rows}


def test_nothing_found(local, folder, tmp_path):
    jsonl(tmp_path / "b/none.jsonl", [{"text": prose(40)}, {"text": "short"}])
    benchmarks = {"benchmarks": str(tmp_path / "b/*.jsonl")}
    run = start(folder, tmp_path / "out", local, decontaminate=benchmarks)
    runs.run_stages(run)
    result = load(run, "contamination.json")
    assert [result[key] for key in ("cut", "pieces", "dropped", "removed")] == [0] * 4
    assert (result["benchmarks"][0]["clean"], result["exempt"]) == (1, [])
    assert verify(run.out, workers=1)[1] == []
    assert {row["id"]: row["text"] for row in shards(run.out)} == TEXTS


def test_a_lost_outcome_is_noticed(done, folder, local, monkeypatch, tmp_path):
    def losing(engine, files):
        lost = any("/decontaminate/" in url for url, _ in files)
        return Tally() if lost else tally_files(engine, files)

    monkeypatch.setattr(stage, "tally_files", losing)
    run = start(folder, done.out, local, str(tmp_path / "work"))
    with pytest.raises(ImbalanceError, match="decontaminate: the ledger does not balance"):
        runs.run_stages(run, "decontaminate")
    assert not list((tmp_path / "work/decontaminate").glob("*/_commit.json"))


def test_only_the_fields_asked_for(folder, tmp_path):
    benchmarks = [
        {"path": "benchmarks/forms.jsonl", "fields": ["question"]},
        "benchmarks/quiz.jsonl",
    ]
    made = recipe(folder, decontaminate={"benchmarks": benchmarks, "fields": ["answer"]})
    files = benchmark_files(made.decontaminate)
    assert [(file.name, file.fields) for file in files] == [
        ("forms", ("question",)), ("quiz", ("answer",)),
    ]  # fmt: skip
    run = start(folder, tmp_path, decontaminate={"benchmarks": benchmarks, "fields": ["answer"]})
    with pytest.raises(recipes.RecipeError) as error:
        plan.check(run)
    where = f"{folder}/benchmarks/quiz.jsonl"
    assert str(error.value) == (
        f"decontaminate.fields: expected answer in the first item of {where}, got none"
    )


def test_lengths_by_the_fifth_percentile_for_each_benchmark(tmp_path):
    jsonl(tmp_path / "docs/0.jsonl", [{"text": "x"}])
    for name, words in (("nine", 9), ("seven", 7), ("thirty", 30)):
        jsonl(tmp_path / f"b/{name}.jsonl", [{"text": prose(words)} for _ in range(20)])
    run = start(tmp_path, tmp_path / "out",
                decontaminate={"benchmarks": "b/*", "ngram": "percentile"})  # fmt: skip
    documents = Documents(Commit.of("filter", "h", str(tmp_path), ()))
    stage = find_contamination.prepare(run, after(documents))
    made = find_contamination.write_index(stage, run.recipe.decontaminate)
    opened = find_contamination.index_of(stage.so_far([made])).open()
    assert {benchmark["name"]: benchmark["ngram"] for benchmark in opened.benchmarks} == {
        "nine": 9, "seven": 8, "thirty": 13,
    }  # fmt: skip


def test_settings_reach_the_cuts(folder):
    settings = {"window": 1, "min_characters": 2, "max_pieces": 3, "count": "before"}
    made = recipe(folder, decontaminate={"benchmarks": "benchmarks/*.jsonl", **settings})
    assert made.decontaminate.cutting() == Cutting(**settings)
    assert recipe(folder).decontaminate.cutting() == Cutting()


MISTAKES = {
    "no file": ({"benchmarks": "none/*.jsonl"}, "decontaminate.benchmarks: no file matches"),
    "two of one name": (
        {"benchmarks": ["benchmarks/quiz.jsonl", "docs/../benchmarks/quiz.jsonl"]},
        "decontaminate.benchmarks: expected one file of each name",
    ),
    "none": ({"benchmarks": []}, "decontaminate.benchmarks: "),
    "an empty path": ({"benchmarks": [{"path": ""}]}, "expected at least one path"),
    "n of 0": ({"benchmarks": "benchmarks/quiz.jsonl", "ngram": 0}, "decontaminate.ngram"),
    "a key": ({"benchmarks": "x", "windows": 1}, "decontaminate.windows: unknown key"),
}


@pytest.mark.parametrize(("settings", "message"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes(folder, tmp_path, settings, message):
    with pytest.raises(recipes.RecipeError, match=message.replace(".", r"\.").replace("*", r"\*")):
        start(folder, tmp_path / "out", decontaminate=settings)
    assert not (tmp_path / "out").exists()


def test_the_command_wants_benchmarks(folder, capsys, tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(f"sources: {{docs: {{kind: jsonl, path: {folder}/docs/*.jsonl}}}}\n")
    with pytest.raises(SystemExit) as left:
        main(["decontaminate", str(path), "--out", str(tmp_path / "out")])
    assert left.value.code == 2
    assert "decontaminate: expected benchmarks, got none" in capsys.readouterr().err.replace(
        "\n", " "
    )
