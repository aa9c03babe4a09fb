"""Lines that documents share, cut by engines as in memory, however the documents are spread."""

import random

import pyarrow as pa
import pytest

from curate.batch import measure_text
from curate.dedup.shared_lines import remove_shared_lines
from curate.recipe import RecipeError
from curate.stages import shared_lines
from curate.stages.stage import Stage
from curate.store import schema
from curate.store.keys import encode_key
from curate.store.ledger import ImbalanceError
from stages.committed import (
    SOURCES,
    after,
    carry_out,
    commit_of,
    documents_of,
    left,
    on_engines,
    outcomes,
    run_of,
)

WORDS = ["Home", "About us", "Contact", "---", "", "12 comments", "7 comments", "Log in", "home!"]


def made(seed=3):
    """Return source -> texts: lines of their own among lines that others have too."""
    drawn = random.Random(seed)
    texts = {}
    for source in SOURCES:
        texts[source] = [
            "\n".join(
                drawn.choice(WORDS)
                if drawn.random() < 0.6
                else f"{source} has {drawn.choice('abcdefghijklmnop')}{drawn.choice('aeiou')} here"
                for _ in range(drawn.randrange(1, 9))
            )
            for _ in range(24)
        ]
    return texts


def run_with(folder, lines, engine=None):
    return run_of(folder, engine, dedup={"priority": ["news"], "shared_lines": lines})


SETTINGS = {
    "the first stays": {"keep": "first", "min_characters": 0},
    "common ones go": {"most": 3, "min_characters": 30, "sources": ["crawl", "wiki"]},
    "of all sources": {"keep": "first", "min_characters": 20, "sources": list(SOURCES)},
}


@on_engines("lines", SETTINGS)
def test_what_is_cut_is_what_is_cut_in_memory(engine, tmp_path, lines):
    texts = made()
    priority = ["news", "wiki", "crawl"]
    sources = lines.get("sources", ["news", "crawl"])
    in_order = [(s, n) for s in priority if s in sources for n in range(len(texts[s]))]
    cut = remove_shared_lines([texts[s][n] for s, n in in_order], most=lines.get("most"))
    wanted = dict(zip(in_order, cut, strict=True))
    result = {}
    for number, sizes in enumerate(([24], [15])):
        folder = tmp_path / str(number)
        run = run_with(folder, lines, engine)
        documents = documents_of(folder / "documents", texts, sizes)
        so_far = result[number] = carry_out(shared_lines, run, after(documents))
        kept, gone = left(so_far.left), outcomes(so_far.of("lines"))
        assert kept.keys() | gone.keys() == left(documents).keys()
        assert not kept.keys() & gone.keys()
        cut_characters = 0
        for key, row in left(documents).items():
            before = row["text"]
            cut_text = wanted.get((row["source"], row["n"]), before)
            if cut_text != before and len(cut_text) < max(1, lines["min_characters"]):
                outcome = gone[key]
                assert outcome["reason"] == "shared_lines"
                assert (outcome["state"], outcome["stage"]) == ("dropped", "lines")
                assert outcome["score"] == pytest.approx(1 - len(cut_text) / len(before))
                assert outcome["kept_id"] is None
            else:
                cut_characters += len(before) - len(cut_text)
                new = measure_text(pa.RecordBatch.from_pylist([{**row, "text": cut_text}]))
                assert kept[key] == new.to_pylist()[0]
        assert gone
        report = so_far.of("lines").report
        assert report["documents"] == 72
        assert report["kept"] == len(kept)
        assert report["characters_cut"] == cut_characters > 0
    assert left(result[0].left) == left(result[1].left)
    assert outcomes(result[0].of("lines")) == outcomes(result[1].of("lines"))


@pytest.mark.parametrize("by_documents", [True, False])
def test_a_part_with_many_lines_is_counted_in_pieces(tmp_path, monkeypatch, by_documents):
    documents = documents_of(tmp_path / "documents", {"crawl": made()["crawl"]}, [24])
    (unit,) = documents.units()

    def counted():
        batches = shared_lines.count_part(
            "p", unit.payload, {"crawl": 2}, by_documents=by_documents
        )
        rows = [row for batch in batches for row in batch.to_pylist()]
        lines = {}
        for row in rows:
            assert (row["part"], row["rank"]) == ("p", 2)
            times, key = lines.get(row["line"], (0, row["key"]))
            lines[row["line"]] = times + row["times"], min(key, row["key"])
        return len(rows), lines

    rows, lines = counted()
    monkeypatch.setattr(shared_lines, "MOST_LINES", 3)
    more_rows, same_lines = counted()
    assert same_lines == lines
    assert len(lines) == rows < more_rows


def test_buckets_and_files_do_not_matter(local, tmp_path, monkeypatch):
    documents = documents_of(tmp_path / "documents", made(), [5])
    lines = SETTINGS["the first stays"]
    one = carry_out(shared_lines, run_with(tmp_path / "one", lines, local), after(documents))
    monkeypatch.setattr("curate.stages.sorting.BUCKET_ROWS", 50)
    monkeypatch.setattr(shared_lines, "PARTS_A_FILE", 2)
    many = carry_out(shared_lines, run_with(tmp_path / "many", lines, local), after(documents))
    assert len(many.of("lines").files("shared_lines")) > len(one.of("lines").files("repeats"))
    assert left(many.left) == left(one.left)
    assert outcomes(many.of("lines")) == outcomes(one.of("lines"))


def test_a_second_run_is_skipped_and_other_settings_are_not(local, tmp_path):
    documents = documents_of(tmp_path / "documents", {"crawl": ["Home\na", "Home\nb"]}, [1])
    lines = {"most": 1, "min_characters": 0}
    first = carry_out(shared_lines, run_with(tmp_path, lines, local), after(documents))
    # Without an engine it must not work.
    again = carry_out(shared_lines, run_with(tmp_path, lines), after(documents))
    assert again.of("lines").digest() == first.of("lines").digest()
    assert sorted(row["text"] for row in left(again.left).values()) == ["a", "b"]
    other = shared_lines.prepare(run_with(tmp_path, {**lines, "most": 2}), after(documents))
    assert other.committed is None


def test_documents_dropped_before_count_no_more(local, tmp_path):
    documents = documents_of(tmp_path / "documents", {"crawl": ["Home\na", "Home\nb"]}, [2])
    row = left(documents)[encode_key(0, 0)]
    outcome = {name: row.get(name) for name in schema.OUTCOMES.names}
    outcome |= {"state": "dropped", "stage": "urls", "reason": "url_duplicate"}
    batch = pa.RecordBatch.from_pylist([outcome], schema.OUTCOMES)
    gone = commit_of(tmp_path / "f", "urls", "outcomes", schema.OUTCOMES, batch)
    run = run_with(tmp_path, {"most": 1, "min_characters": 0}, local)
    result = carry_out(shared_lines, run, after(documents.without(gone)))
    assert [one["text"] for one in left(result.left).values()] == ["Home\nb"]
    assert result.of("lines").report["documents"] == 1


@pytest.mark.parametrize("lose", ["documents", "outcomes"])
def test_a_lost_document_is_noticed(local, tmp_path, monkeypatch, lose):
    """The sums are made from the files read back, not from what was meant to be written."""
    texts = {"crawl": ["Home", "Home\nI have something else to say.", "Home\nAnd I, too."]}
    documents = documents_of(tmp_path / "documents", texts, [3])
    lines = {"most": 1, "min_characters": 5}
    real = Stage.balance

    def losing(stage, into, receipts, *tables, cut):
        real(stage, into, receipts, *(table for table in tables if table != lose), cut=cut)

    monkeypatch.setattr(Stage, "balance", losing)
    with pytest.raises(ImbalanceError):
        carry_out(shared_lines, run_with(tmp_path, lines, local), after(documents))


def test_characters_that_no_rule_speaks_for_are_noticed(local, tmp_path, monkeypatch):
    documents = documents_of(tmp_path / "documents", {"crawl": ["Home\na", "Home\nb"]}, [2])
    cut_of = shared_lines.stage_cut
    monkeypatch.setattr(
        shared_lines,
        "stage_cut",
        lambda receipts: {rule: count - 1 for rule, count in cut_of(receipts).items()},
    )
    run = run_with(tmp_path, {"most": 1, "min_characters": 0}, local)
    with pytest.raises(ImbalanceError, match="12 characters in, 9 cut, 2 left"):
        carry_out(shared_lines, run, after(documents))


MISTAKES = {
    "neither rule": (
        {},
        "dedup.shared_lines: expected one of keep: first and most: N, got neither",
    ),
    "both rules": (
        {"keep": "first", "most": 2},
        "dedup.shared_lines: expected one of keep: first and most: N, got both",
    ),
    "an unknown rule": ({"keep": "last"}, "dedup.shared_lines.keep: "),
    "none at all": ({"most": 0}, "dedup.shared_lines.most: "),
    "an unknown source": (
        {"most": 2, "sources": ["crawl", "books"]},
        "dedup.shared_lines.sources: expected names of sources (wiki, crawl, news), got books",
    ),
}


@pytest.mark.parametrize(("lines", "told"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_told_before_anything_starts(tmp_path, lines, told):
    with pytest.raises(RecipeError) as error:
        run_with(tmp_path, lines)
    assert told in str(error.value)
