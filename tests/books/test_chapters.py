"""Books by chapters: every word once, where headings say, and in the shards."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sources.reading import put, read_ranges, told
from stages.committed import start

from books.ebooks import chapter, ebook
from curate.books.chapters import LEAST, LONGEST_HEADING, chapters_of
from curate.pipeline import plan
from curate.pipeline import run as runs
from curate.verify import verify

LONG = "The lamps were lit and it was late. " * (LEAST // 4)

HEADINGS = {
    "English": ["CHAPTER I.", "CHAPTER II. The Lamp", "CHAPTER III.\nOf Oil"],
    "in words": ["Chapter One", "Chapter Twenty-First", "Chapter the Last"],
    "German": ["Erstes Kapitel", "Zweites Kapitel", "Kapitel 3"],
    "French": ["CHAPITRE PREMIER", "CHAPITRE II", "Épilogue"],
    "Russian": ["Глава I", "Глава II", "Глава III"],
    "Chinese": ["第一回 燈", "第二回", "第十三回"],
    "numbers alone": ["I", "II", "III."],
    "of two parts": ["I", "II", "I", "II"],
}


@pytest.mark.parametrize("headings", HEADINGS.values(), ids=HEADINGS)
def test_headings_begin_chapters(headings):
    book = "\n\n".join(f"{heading}\n\n{LONG}" for heading in headings)
    assert [one.split("\n\n")[0] for one in chapters_of(book)] == headings


def test_what_is_short_goes_with_what_follows():
    titles = "LAMPS\n\nCONTENTS\n\nChapter I\n\nChapter II\n\n"
    book = (
        f"{titles}PART ONE\n\nChapter I\n\n{LONG}\n\nChapter II\n\n{LONG}\n\nEpilogue\n\nThe end."
    )
    first, second = chapters_of(book)
    assert first.startswith("LAMPS")
    assert second.startswith("Chapter II\n\nThe lamps")
    assert second.endswith("Epilogue\n\nThe end.")


NOT = {
    "a sentence": f"{LONG}\n\nChapter One of the law says what {'it says ' * 30}\n\n{LONG}",
    "letters that do not count on": f"{LONG}\n\nI\n\n{LONG}\n\nX\n\n{LONG}\n\nC\n\n{LONG}",
    "no heading": f"{LONG}\n\n{LONG}",
    "nothing": "",
}


@pytest.mark.parametrize("book", NOT.values(), ids=NOT)
def test_what_is_no_heading_begins_nothing(book):
    assert chapters_of(book) == ([book.strip()] if book else [])


BLOCKS = st.lists(
    st.sampled_from(
        ["Chapter I", "II", "PART 2", "A line.\nAnother.", LONG, " \t", "x" * LONGEST_HEADING]
    )
)


@given(BLOCKS, st.booleans())
def test_no_word_is_lost_or_doubled(blocks, ebooks):
    book = "\n\n".join(blocks)
    found = chapters_of(book, blocks if ebooks else ())
    assert " ".join(found).split() == book.split()
    assert all(len(one.split()) >= LEAST for one in found[1:])


def test_the_files_of_an_e_book_are_its_chapters(tmp_path):
    bodies = [f"Night {name}. {LONG}" for name in ("one", "two", "three")]
    made = ebook([chapter(n, f"<p>{body}</p>") for n, body in enumerate(bodies)])
    assert [one.split(".")[0] for one in _texts(tmp_path, made, split="chapters")] == [
        "Night one", "Night two", "Night three"
    ]  # fmt: skip
    assert len(_texts(tmp_path, made)) == 1


def _texts(folder, data, **keys):
    rows, _ = read_ranges(put(folder / "a.epub", data), "book", **keys)
    return told(rows)


def test_a_small_mixture_is_met_with_chapters(local, tmp_path):
    book = "\n\n".join(f"CHAPTER {n}\n\n{LONG} {n}." for n in range(1, 41))
    (tmp_path / "a.txt").write_text(book)
    rows = [json.dumps({"text": f"{LONG} {n}"}) for n in range(100, 140)]
    (tmp_path / "web.jsonl").write_text("\n".join(rows))
    sources = {
        "books": {
            "kind": "book",
            "path": "a.txt",
            "reference": True,
            "weight": 0.5,
            "split": "chapters",
        },
        "web": {"kind": "jsonl", "path": "web.jsonl", "weight": 0.5},
    }
    whole = {
        "sources": sources, "language": None, "filters": [], "dedup": {"near": False},
        "mix": {"tokens": 20_000, "validation": 0},
    }  # fmt: skip
    out = tmp_path / "out"
    runs.run_stages(start(whole, tmp_path, out, local))
    sources["books"]["split"] = None
    states = {name: state for name, state, _ in plan.stages(start(whole, tmp_path, out, local))}
    assert states["extract"] == "to do", "whole books are other documents"
    assert verify(str(out), workers=1)[1] == []
    books = json.loads((out / "manifest.json").read_bytes())["mixture"]["books"]
    assert books["achieved"] == pytest.approx(0.5, abs=0.02)
    assert books["documents"] > 5
