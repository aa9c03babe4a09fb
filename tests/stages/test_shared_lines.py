"""Lines that documents share, cut on Spark as in memory, however the documents are spread."""

import random

import pyarrow as pa
import pytest
from committed import SOURCES, documents_of, fates, left, run_of

from curate.batch import measure_text
from curate.dedup.shared_lines import remove_shared_lines
from curate.recipe import RecipeError
from curate.spark import repeats
from curate.store import schema
from curate.store.commits import Commit, Receipt, write_tables
from curate.store.keys import encode_key
from curate.store.ledger import ImbalanceError

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


SETTINGS = {
    "the first stays": {"keep": "first", "min_characters": 0},
    "common ones go": {"most": 3, "min_characters": 30, "sources": ["crawl", "wiki"]},
    "of all sources": {"keep": "first", "min_characters": 20, "sources": list(SOURCES)},
}


@pytest.mark.parametrize("lines", SETTINGS.values(), ids=SETTINGS)
def test_what_is_cut_is_what_is_cut_in_memory(spark, tmp_path, lines):
    texts = made()
    priority = ["news", "wiki", "crawl"]
    sources = lines.get("sources", ["news", "crawl"])
    in_order = [(s, n) for s in priority if s in sources for n in range(len(texts[s]))]
    cut = remove_shared_lines([texts[s][n] for s, n in in_order], most=lines.get("most"))
    wanted = dict(zip(in_order, cut, strict=True))
    found = {}
    for number, sizes in enumerate(([24], [15])):
        folder = tmp_path / str(number)
        folder.mkdir()
        run = run_of(folder, lines).on(spark)
        documents = documents_of(folder / "documents", texts, sizes)
        found[number] = repeats.stage(run, documents)
        kept, gone = left(found[number]), fates(found[number])
        assert kept.keys() | gone.keys() == left(documents).keys()
        assert not kept.keys() & gone.keys()
        cut_characters = 0
        for key, row in left(documents).items():
            before = row["text"]
            after = wanted.get((row["source"], row["n"]), before)
            cut_characters += len(before) - len(after)
            if after != before and len(after) < max(1, lines["min_characters"]):
                fate = gone[key]
                assert fate["reason"] == "shared_lines"
                assert (fate["state"], fate["stage"]) == ("dropped", "lines")
                assert fate["score"] == pytest.approx(1 - len(after) / len(before))
                assert fate["kept_id"] is None
            else:
                new = measure_text(pa.RecordBatch.from_pylist([{**row, "text": after}]))
                assert kept[key] == new.to_pylist()[0]
        assert gone
        report = found[number].base.report
        assert report["documents"] == 72
        assert report["kept"] == len(kept)
        assert report["characters_cut"] == cut_characters > 0
        assert run.commits == [found[number].base]
    assert left(found[0]) == left(found[1])
    assert fates(found[0]) == fates(found[1])


@pytest.mark.parametrize("by_documents", [True, False])
def test_a_part_with_many_lines_is_counted_in_pieces(tmp_path, monkeypatch, by_documents):
    documents = documents_of(tmp_path / "documents", {"crawl": made()["crawl"]}, [24])
    (payload,) = documents.units().values()

    def counted():
        batches = repeats.count_part("p", payload, {"crawl": 2}, by_documents=by_documents)
        rows = [row for batch in batches for row in batch.to_pylist()]
        lines = {}
        for row in rows:
            assert (row["part"], row["rank"]) == ("p", 2)
            times, key = lines.get(row["line"], (0, row["key"]))
            lines[row["line"]] = times + row["times"], min(key, row["key"])
        return len(rows), lines

    rows, lines = counted()
    monkeypatch.setattr(repeats, "MOST_LINES", 3)
    more_rows, same_lines = counted()
    assert same_lines == lines
    assert len(lines) == rows < more_rows


def test_a_second_run_is_skipped_and_other_settings_are_not(spark, tmp_path):
    documents = documents_of(tmp_path / "documents", {"crawl": ["Home\na", "Home\nb"]}, [1])
    lines = {"most": 1, "min_characters": 0}
    first = repeats.stage(run_of(tmp_path, lines).on(spark), documents)
    again = repeats.stage(run_of(tmp_path, lines), documents)  # no Spark: it must not work
    assert again == first
    assert sorted(row["text"] for row in left(again).values()) == ["a", "b"]
    assert repeats.begin(run_of(tmp_path, {**lines, "most": 2}), documents).committed is None


def test_documents_dropped_before_count_no_more(spark, tmp_path):
    documents = documents_of(tmp_path / "documents", {"crawl": ["Home\na", "Home\nb"]}, [2])
    row = left(documents)[encode_key(0, 0)]
    fate = {name: row.get(name) for name in schema.FATES.names}
    fate |= {"state": "dropped", "stage": "urls", "reason": "url_duplicate"}
    batch = pa.RecordBatch.from_pylist([fate], schema.FATES)
    files = write_tables(str(tmp_path / "f"), "u", {"fates": schema.FATES}, [("fates", batch)])
    later = documents.without(Commit("urls", "y", str(tmp_path / "f"), (Receipt("u", files),)))
    run = run_of(tmp_path, {"most": 1, "min_characters": 0}).on(spark)
    found = repeats.stage(run, later)
    assert [one["text"] for one in left(found).values()] == ["Home\nb"]
    assert found.base.report["documents"] == 1


@pytest.mark.parametrize("lose", ["documents", "fates"])
def test_a_lost_document_is_noticed(spark, tmp_path, monkeypatch, lose):
    """The books are made from the files read back, not from what was meant to be written."""
    texts = {"crawl": ["Home", "Home\nI have something else to say.", "Home\nAnd I, too."]}
    documents = documents_of(tmp_path / "documents", texts, [3])
    lines = {"most": 1, "min_characters": 5}
    real = repeats.Stage.balance

    def losing(place, into, receipts, *tables):
        real(place, into, receipts, *(table for table in tables if table != lose))

    monkeypatch.setattr(repeats.Stage, "balance", losing)
    with pytest.raises(ImbalanceError):
        repeats.stage(run_of(tmp_path, lines).on(spark), documents)


MISTAKES = {
    "neither rule": ({}, "dedup.lines: expected one of keep: first and most: N, got neither"),
    "both rules": (
        {"keep": "first", "most": 2},
        "dedup.lines: expected one of keep: first and most: N, got both",
    ),
    "a rule nobody knows": ({"keep": "last"}, "dedup.lines.keep: "),
    "none at all": ({"most": 0}, "dedup.lines.most: "),
    "an unknown source": (
        {"most": 2, "sources": ["crawl", "books"]},
        "dedup.lines.sources: expected names of sources (wiki, crawl, news), got books",
    ),
}


@pytest.mark.parametrize(("lines", "told"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_told_before_anything_starts(tmp_path, lines, told):
    with pytest.raises(RecipeError) as error:
        run_of(tmp_path, lines)
    assert told in str(error.value)
