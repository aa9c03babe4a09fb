"""Shared passages, cut by engines as in memory, however the documents are spread."""

import random

import pyarrow as pa
import pytest

from curate.batch import measure_text
from curate.dedup.passages.find import remove_passages
from curate.recipe import RecipeError
from curate.stages import passage_cuts, passages, sorting
from curate.stages.prior import PriorRun
from curate.store import schema
from curate.store.documents import Documents, read_part
from curate.store.keys import encode_key
from curate.store.ledger import ImbalanceError
from stages.committed import (
    SOURCES,
    after,
    carry_out,
    commit_of,
    committed_rows,
    documents_of,
    left,
    on_engines,
    outcomes,
    run_of,
    table_of,
)

LENGTH = 64


def made(count=40, seed=3):
    """Return texts of pieces that several have, in lines, among words of their own."""
    chance = random.Random(seed)
    words = ["".join(chance.choices("etaoinü", k=chance.randrange(2, 9))) for _ in range(300)]
    shared = [" ".join(chance.choices(words, k=chance.randrange(8, 60))) for _ in range(6)]
    return [
        "\n\n".join(
            chance.choice(shared)
            if chance.random() < 0.4
            else " ".join(chance.choices(words, k=chance.randrange(3, 40)))
            for _ in range(chance.randrange(1, 6))
        )
        for _ in range(count)
    ]


def run_with(folder, engine=None, *, keep="best", priority=("news",), scope="global", **more):
    settings = {"bytes": LENGTH, "keep": keep, **more}
    dedup = {"priority": list(priority), "passages": settings, "scope": scope}
    return run_of(folder, engine, dedup=dedup)


def cut_by_stage(folder, engine, texts, sizes, **more):
    documents = documents_of(folder / "documents", {"crawl": texts}, sizes)
    return carry_out(passages, run_with(folder, engine, **more), after(documents))


@on_engines("keep", {"none": "none", "best": "best"})
def test_what_is_cut_is_what_is_cut_in_memory(engine, tmp_path, keep):
    texts = made()
    wanted = remove_passages(texts, length=LENGTH, keep=keep)
    so_far = cut_by_stage(tmp_path, engine, texts, [7, 3], keep=keep)
    kept, gone = left(so_far.left), outcomes(so_far.of("passages"))
    assert len(kept) + len(gone) == len(texts)
    before = left(documents_of(tmp_path / "again", {"crawl": texts}, [50]))
    for key, row in before.items():
        text = wanted[row["n"]]
        if text.strip():
            (measured,) = measure_text(
                pa.RecordBatch.from_pylist([{**row, "text": text}])
            ).to_pylist()
            assert kept[key] == measured
        else:
            outcome = gone[key]
            assert (outcome["stage"], outcome["reason"]) == ("passages", "repeated_passages")
            assert outcome["score"] == pytest.approx(1 - len(text) / len(row["text"]))
            assert outcome["characters"] == len(row["text"])
    report = so_far.of("passages").report
    assert gone
    assert report["rounds"] > 1
    assert report["cut"] == {"repeated_passages": report["characters_cut"]}
    assert report["characters_cut"] == sum(
        len(before[key]["text"]) - len(row["text"]) for key, row in kept.items()
    )


def test_a_second_run_cuts_nothing(local, tmp_path):
    first = cut_by_stage(tmp_path / "one", local, made(), [9])
    rows = list(left(first.left).values())
    run = run_with(tmp_path / "two", local)
    again = carry_out(passages, run, after(committed_rows(tmp_path / "left", rows, parts=3)))
    report = again.of("passages").report
    assert (report["rounds"], report["characters_cut"], report["passages"]) == (1, 0, 0)
    assert left(again.left) == left(first.left)


def test_parts_buckets_and_batches_do_not_matter(local, tmp_path, monkeypatch):
    one = cut_by_stage(tmp_path / "one", local, made(60), [60])
    monkeypatch.setattr("curate.stages.sorting.BUCKET_ROWS", 40)
    monkeypatch.setattr(passages, "PARTS_A_FILE", 2)
    monkeypatch.setattr(passages, "COMPARED_BYTES", 4_000)
    monkeypatch.setattr(sorting, "PIECE_BYTES", 3_000)
    many = cut_by_stage(tmp_path / "many", local, made(60), [4, 9, 1])
    assert left(many.left) == left(one.left)
    assert outcomes(many.of("passages")) == outcomes(one.of("passages"))
    assert evidence_of(many) == evidence_of(one)
    assert many.of("passages").report["frequent"] == one.of("passages").report["frequent"]


def evidence_of(so_far):
    rows = table_of(so_far.of("passages"), "evidence")
    return sorted(rows, key=lambda row: (row["key"], row["start"], row["round"]))


def test_the_evidence_says_where_what_was_cut_stands(local, tmp_path):
    texts = made()
    so_far = cut_by_stage(tmp_path, local, texts, [5])
    rows = evidence_of(so_far)
    assert len(rows) == so_far.of("passages").report["passages"] > 10
    for row in rows:
        if row["round"] > 1:
            continue
        text = texts[row["key"]]
        assert row["id"] == f"crawl-{row['key']}"
        assert row["kept_id"] == f"crawl-{row['kept_key']}"
        assert row["characters"] == row["end"] - row["start"]
        assert text[row["start"] : row["end"]].strip() in texts[row["kept_key"]]
    cut = {}
    for row in rows:
        cut[row["key"]] = cut.get(row["key"], 0) + row["characters"]
    kept = left(so_far.left)
    for key, characters in cut.items():
        if key in kept:
            assert characters == len(texts[key]) - len(kept[key]["text"])


NOTICE = "All rights reserved; no part of this page may be copied, in any form, by anyone."


def page(n, more=""):
    return f"Page {n} is about {n} things{more}.\n\n{NOTICE}\n\nThe end of page {n}."


def test_the_first_by_source_then_score_then_length_then_key_keeps_it(local, tmp_path):
    texts = {
        "crawl": [page(1), page(2, ", and longer")],
        "news": [page(3), page(4, ", good ones"), page(5, ", good old ones")],
    }
    documents = documents_of(tmp_path / "d", texts, [2])

    def keeper(so_far):
        (kept,) = (row["id"] for row in left(so_far.left).values() if NOTICE in row["text"])
        return kept

    so_far = carry_out(passages, run_with(tmp_path / "1", local), after(documents))
    assert keeper(so_far) == "news-2"
    run = run_with(tmp_path / "2", local, priority=["crawl"])
    assert keeper(carry_out(passages, run, after(documents))) == "crawl-1"
    scores = [
        {"key": key, "source": row["source"], "file_path": row["file_path"], "n": row["n"],
         "characters": row["characters"], "quality_score": 0.9 if row["id"] == "news-1" else 0.4}
        for key, row in left(documents).items()
    ]  # fmt: skip
    table = schema.SCORES
    batch = pa.RecordBatch.from_pylist(scores, table)
    scored = documents.scored(commit_of(tmp_path / "s", "quality", "scores", table, batch))
    so_far = carry_out(passages, run_with(tmp_path / "3", local), after(scored))
    assert keeper(so_far) == "news-1"
    assert so_far.left.scores is scored.scores
    columns = ("key", "id", "quality_score")
    result = {
        row["id"]: row["quality_score"]
        for unit in so_far.left.units()
        for batch in read_part(unit.payload, columns)
        for row in batch.to_pylist()
    }
    assert result == {**dict.fromkeys(result, 0.4), "news-1": 0.9}
    assert len(result) == 5


def test_a_preferred_document_keeps_it(local, tmp_path):
    rows = [
        {"key": encode_key(1, n), "source": "crawl", "file_path": "f", "n": n, "id": f"{n}",
         "text": page(n, ", and so on" * (3 - n)), "date": f"20{10 + n}-01-01",
         "truncated": "length" if n == 2 else None}
        for n in range(3)
    ]  # fmt: skip
    documents = committed_rows(tmp_path / "d", rows)

    def keeper(name, prefer):
        settings = {"passages": {"bytes": LENGTH}, "prefer": prefer}
        run = run_of(tmp_path / name, local, dedup=settings)
        so_far = carry_out(passages, run, after(documents))
        (kept,) = (row["id"] for row in left(so_far.left).values() if NOTICE in row["text"])
        return kept

    assert keeper("1", []) == keeper("2", "older") == "0"
    assert keeper("3", "newer") == "2"
    assert keeper("4", ["whole", "newer"]) == "1"


@pytest.mark.parametrize("keep", ["best", "none"])
def test_what_a_finished_run_has_is_cut_here(local, tmp_path, monkeypatch, keep):
    earlier = documents_of(tmp_path / "earlier", {"wiki": [page(7), page(8)]}, [1])
    prior = PriorRun(earlier, None, 5 << 40)
    monkeypatch.setattr(passages, "prior_runs", lambda _: [prior])
    monkeypatch.setattr(passages, "prior_commits", lambda _: earlier.commits)
    other = "To whom it may concern, we beg to state that nothing of this has been said before."
    texts = [page(1, ", and so on" * 9), page(2), f"Own words, then {other}", f"More, then {other}"]
    documents = documents_of(tmp_path / "d", {"crawl": texts}, [2])
    so_far = carry_out(passages, run_with(tmp_path, local, keep=keep), after(documents))
    kept = [row["text"] for row in left(so_far.left).values()]
    assert sum(NOTICE in text for text in kept) == 0
    assert sum(other in text for text in kept) == (1 if keep == "best" else 0)
    rows = evidence_of(so_far)
    assert {row["id"] for row in rows} <= {f"crawl-{n}" for n in range(4)}
    told = {
        (row["kept_id"], row["kept_key"]) for row in rows if row["id"] in ("crawl-0", "crawl-1")
    }
    assert told == ({("wiki-0", 5 << 40)} if keep == "best" else {(None, None)})
    assert len(left(earlier)) == 2


def test_references_are_left_alone_unless_they_are_named(local, tmp_path):
    texts = {"wiki": [page(1), page(2)], "crawl": [page(3), page(4)]}
    documents = documents_of(tmp_path / "d", texts, [2])
    so_far = carry_out(passages, run_with(tmp_path / "1", local), after(documents))
    having = {row["id"] for row in left(so_far.left).values() if NOTICE in row["text"]}
    assert having == {"wiki-0", "wiki-1", "crawl-0"}
    run = run_with(tmp_path / "2", local, sources=["wiki", "crawl"], priority=["wiki"])
    so_far = carry_out(passages, run, after(documents))
    having = {row["id"] for row in left(so_far.left).values() if NOTICE in row["text"]}
    assert having == {"wiki-0"}


def test_passages_are_looked_for_within_a_scope(local, tmp_path):
    texts = {"news": [page(1), page(2)], "crawl": [page(3), page(4)]}
    documents = documents_of(tmp_path / "d", texts, [2])
    run = run_with(tmp_path / "1", local, scope="dump")
    rows = [{**row, "dump": f"D{row['n']}"} for row in left(documents).values()]
    several = committed_rows(tmp_path / "dumps", rows, parts=2)
    so_far = carry_out(passages, run, after(several))
    having = {row["id"] for row in left(so_far.left).values() if NOTICE in row["text"]}
    assert having == {"news-0", "news-1"}


def test_blocks_follow_and_code_is_not_cut_in_two(local, tmp_path):
    code = "def area(width, height):\n    return width * height\n\nprint(area(3, 4))"

    def blocks(text):
        start = text.index("def ")
        return [{"kind": "code", "start": start, "end": start + len(code) + 2}]

    texts = [f"{page(n)}\n\n{code} {n}\n\nMore." for n in range(3)]
    rows = [
        {"key": encode_key(1, n), "source": "crawl", "file_path": "f", "n": n, "id": f"{n}",
         "text": text, "blocks": blocks(text)}
        for n, text in enumerate(texts)
    ]  # fmt: skip
    so_far = carry_out(
        passages, run_with(tmp_path, local), after(committed_rows(tmp_path / "d", rows))
    )
    for n, row in enumerate(left(so_far.left).values()):
        (block,) = row["blocks"]
        assert row["text"][block["start"] : block["end"]] == f"{code} {n}"
        assert (NOTICE in row["text"]) == (n == 0)


def test_frequent_passages_are_reported(local, tmp_path):
    other = "To whom it may concern, we beg to state that nothing of this has been said before us."
    texts = [page(n) for n in range(9)] + [f"Letter {n} of many.\n\n{other}" for n in range(4)]
    so_far = cut_by_stage(tmp_path, local, texts, [4])
    first, second = so_far.of("passages").report["frequent"]
    assert (first["times"], second["times"]) == (8, 3)
    assert first["id"] == "crawl-0"
    for result, passage in ((first, NOTICE), (second, other)):
        assert len(passage) <= result["bytes"] <= len(passage) + 40  # with what is around it
        assert passage[:40] in result["begins"]


def test_documents_left_too_short_are_dropped(local, tmp_path):
    texts = [page(1), page(2), NOTICE, f"Short. {NOTICE}"]
    so_far = cut_by_stage(tmp_path / "1", local, texts, [4])
    assert set(outcomes(so_far.of("passages"))) == {2}
    so_far = cut_by_stage(tmp_path / "2", local, texts, [4], min_characters=20)
    assert set(outcomes(so_far.of("passages"))) == {2, 3}


@pytest.mark.parametrize("lose", ["documents", "outcomes"])
def test_a_lost_document_is_noticed(local, tmp_path, monkeypatch, lose):
    real = passage_cuts.write_tables

    def losing(folder, unit, schemas, tables):
        rows = ((table, batch.slice(table == lose)) for table, batch in tables)
        return real(folder, unit, schemas, rows)

    monkeypatch.setattr(passage_cuts, "write_tables", losing)
    with pytest.raises(ImbalanceError):
        cut_by_stage(tmp_path, local, [page(1), NOTICE], [2])


def test_characters_that_no_rule_speaks_for_are_noticed(local, tmp_path, monkeypatch):
    cut_of = passages.stage_cut
    monkeypatch.setattr(
        passages,
        "stage_cut",
        lambda receipts: {rule: count - 1 for rule, count in cut_of(receipts).items()},
    )
    with pytest.raises(ImbalanceError, match="characters in"):
        cut_by_stage(tmp_path, local, [page(1), page(2)], [2])


def test_a_second_run_is_skipped_and_other_settings_are_not(local, tmp_path):
    documents = documents_of(tmp_path / "d", {"crawl": [page(1), page(2)]}, [1])
    first = carry_out(passages, run_with(tmp_path, local), after(documents))
    again = carry_out(passages, run_with(tmp_path), after(documents))  # without an engine
    assert again.of("passages").digest() == first.of("passages").digest()
    assert passages.prepare(run_with(tmp_path, keep="none"), after(documents)).committed is None


def test_the_documents_depend_on_their_scores(tmp_path):
    documents = documents_of(tmp_path / "d", {"crawl": [page(1)]}, [1])
    table = schema.SCORES
    scores = commit_of(tmp_path / "s", "quality", "scores", table)
    assert Documents(documents.base).scored(scores).commits == [documents.base, scores]
    later = Documents(documents.base, (scores,)).scored(scores)
    assert later.commits == [documents.base, scores]


MISTAKES = {
    "too short": ({"bytes": 10}, "dedup.passages.bytes: "),
    "an unknown rule": ({"keep": "last"}, "dedup.passages.keep: "),
    "an unknown source": (
        {"sources": ["crawl", "books"]},
        "dedup.passages.sources: expected names of sources (wiki, crawl, news), got books",
    ),
}


@pytest.mark.parametrize(("settings", "told"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_told_before_anything_starts(tmp_path, settings, told):
    assert set(SOURCES) == {"wiki", "crawl", "news"}
    with pytest.raises(RecipeError) as error:
        run_with(tmp_path, **settings)
    assert told in str(error.value)
