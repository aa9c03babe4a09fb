"""Benchmark texts found and cut: GPT-3's rule, against a slow and plain way, and on real texts."""

import random
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.decontaminate import Cutting, Decontaminator, Hit, Index, Item, frequent, read_items
from curate.decontaminate import index as index_
from curate.decontaminate.find import Match, find, hits
from curate.text.benchmark_words import words

DATA = Path(__file__).parents[2].parent / "shared" / "data"
HAVE_DATA = pytest.mark.skipif(not DATA.is_dir(), reason=f"no real data at {DATA}")


def item(text, id_="1", benchmark="b", field="question"):
    return Item(benchmark, id_, ((field, text),))


def some_words(count, seed=0):
    drawn = random.Random(seed)
    return " ".join(f"w{drawn.randrange(10**6)}" for _ in range(count))


QUESTION = some_words(13)


def cleaned(text, *items, ngram=13, **settings):
    index = Index.build(items or [item(QUESTION)], ngram)
    return Decontaminator(index=index, **settings)(text)


# --- the paper's rule --------------------------------------------------------------------------


def test_an_overlap_of_forty_words_in_a_page_of_800_leaves_two_pieces():
    overlap = some_words(40)
    text = f"{some_words(380, 1)} {overlap} {some_words(380, 2)}"
    left, result, reason = cleaned(text, item(overlap))
    start = text.index(overlap)
    stop = start + len(overlap)
    assert left == [(0, start - 200), (stop + 200, len(text))]
    assert result == [Hit(start, stop, "b", "1", "question")]
    assert reason is None


def in_page(copy):
    before, after = some_words(60, 1), some_words(60, 2)
    return f"{before} {copy} {after}", len(before) + 1


MANY = QUESTION.split()
COPIES = {
    "exact": QUESTION,
    "in capitals": QUESTION.upper(),
    "a dash alone": QUESTION.replace(" ", " - ", 1),
    "dashes everywhere": QUESTION.replace(" ", " — "),
    "dashes without spaces": QUESTION.replace(" ", "--"),
    "commas": QUESTION.replace(" ", ", "),
    "in brackets and quotes": "“(" + QUESTION.replace(" ", "” [“") + "!",
    "on lines of its own": QUESTION.replace(" ", "\n\n"),
    "with soft hyphens": "\u00ad".join(QUESTION),
    "white space around": " \t" + QUESTION.replace(" ", " \u00a0 "),
}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_a_copy_is_found_however_it_is_set(copy):
    text, start = in_page(copy)
    left, result, _ = cleaned(text)
    (hit,) = result
    assert words(text[hit.start : hit.stop], parted="--" in copy) == MANY
    stop = start + len(copy)
    assert start <= hit.start
    assert hit.stop <= stop
    assert left == [(0, hit.start - 200), (hit.stop + 200, len(text))]


NO_COPIES = {
    "twelve words": " ".join(MANY[:12]),
    "a word between": " ".join([*MANY[:6], "and", *MANY[6:]]),
    "another order": " ".join([MANY[1], MANY[0], *MANY[2:]]),
    "a word changed": " ".join([*MANY[:12], MANY[12] + "x"]),
}


@pytest.mark.parametrize("copy", NO_COPIES.values(), ids=NO_COPIES)
def test_what_is_no_copy(copy):
    text, _ = in_page(copy)
    assert cleaned(text) == ([(0, len(text))], [], None)


def test_marks_within_words_may_differ():
    with_marks = QUESTION.replace("w8", "w-8")  # some words, not all
    assert 2 <= with_marks.count("-") <= 5
    for one, other in ((with_marks, QUESTION), (QUESTION, with_marks)):
        text, _ = in_page(other)
        assert len(cleaned(text, item(one)).hits) == 1
    apart = with_marks.replace("-", " ")
    assert len(cleaned(in_page(apart)[0], item(with_marks)).hits) == 1


def test_letters_of_a_formula_are_no_text():
    formula = (
        "f(a,b,c,d)=g(h,i,j)+k*l/m-n^o for all of them and much more here besides this one day"
    )
    assert len(formula.split()) >= 13
    prose = " ".join("fabcdghijklmno") + " some other prose"
    assert cleaned(prose, item(formula)).hits == []
    assert len(cleaned(formula.replace(",", ", "), item(formula)).hits) == 1


def test_a_text_of_formulas_only_is_found_as_well():
    formulas = " ".join(f"{n}*{n}={n * n}" for n in range(20, 33))
    copies = formulas, formulas.replace("*", " * "), formulas.replace(" ", "--")
    assert [len(cleaned(in_page(copy)[0], item(formulas)).hits) for copy in copies] == [1, 1, 1]


def test_a_book_with_offsets_of_the_original():
    drawn = random.Random(5)
    alphabet = ["the", "Größe", "naïve", "ﬁne", "東京", "—", "don’t", "x\u0301y", "😀"]
    before, after = (" ".join(drawn.choice(alphabet) for _ in range(400_000)) for _ in range(2))
    text = f"{before} {QUESTION} {after}"
    assert len(text.encode()) > 4_000_000
    left, result, _ = cleaned(text)
    (hit,) = result
    assert text[hit.start : hit.stop] == QUESTION
    assert left == [(0, hit.start - 200), (hit.stop + 200, len(text))]


def test_a_page_in_eleven_pieces_goes_and_one_in_ten_stays():
    filler = "y" * 1000
    for count, reason in ((10, None), (11, "too_many_pieces")):
        text = f" {QUESTION} ".join([filler] * count)
        result = cleaned(text)
        assert result.reason == reason
        assert len(result.pieces) == (count if reason is None else 0)
        assert len(result.hits) == count - 1


@pytest.mark.parametrize(("length", "kept"), [(199, 0), (200, 1)])
def test_a_piece_of_199_goes_and_one_of_200_stays(length, kept):
    text = "y" * (length + 200 - 1) + " " + QUESTION
    assert len(cleaned(text).pieces) == kept


def test_an_ngram_in_eleven_documents_is_exempt_and_in_ten_is_not():
    other = some_words(13, 9)
    index = Index.build([item(QUESTION), item(other, "2")])
    pages = [in_page(QUESTION)[0]] * 11 + [in_page(other)[0]] * 10 + ["nothing"] * 5
    exempt = frequent(index, pages)
    assert [" ".join(index.gram(number)) for number in exempt] == [QUESTION]
    result = [Decontaminator(index=index, exempt=exempt)(page).hits for page in pages]
    assert [len(one) for one in result] == [0] * 11 + [1] * 10 + [0] * 5
    twice = in_page(f"{other} and {other}")[0]
    assert frequent(index, [twice] * 10) == frozenset(), "documents are counted, not places"


# --- the index ---------------------------------------------------------------------------------


def test_texts_shorter_than_an_ngram_are_not_found_and_counted():
    index = Index.build([item("too short"), item(QUESTION, "2"), Item("c", "1", ())])
    assert [(b["name"], b["items"], b["too_short"]) for b in index.benchmarks] == [
        ("b", 2, 1), ("c", 1, 1),
    ]  # fmt: skip
    assert len(Index.build([])) == 0
    assert find(Index.build([]), QUESTION) == []


def test_an_ngram_does_not_cross_fields():
    first, second = " ".join(MANY[:7]), " ".join(MANY[7:])
    split = Item("b", "1", (("question", first), ("answer", second)))
    assert cleaned(in_page(QUESTION)[0], split).hits == []


def test_lengths_by_the_fifth_percentile():
    items = [item(some_words(9, n), str(n), "short") for n in range(30)]
    items += [item(some_words(7, n), str(n), "shortest") for n in range(30)]
    items += [item(some_words(50, n), str(n), "long") for n in range(30)]
    index = Index.build(items, None)
    assert {b["name"]: (b["ngram"], b["too_short"]) for b in index.benchmarks} == {
        "short": (9, 0), "shortest": (8, 30), "long": (13, 0),
    }  # fmt: skip
    assert index.lengths == [9, 13]
    decontaminate = Decontaminator(index=index)
    assert [h.benchmark for h in decontaminate(some_words(9, 3)).hits] == ["short"]
    assert [h.benchmark for h in decontaminate(some_words(13, 70)).hits] == []
    assert [h.benchmark for h in decontaminate(some_words(14, 3)).hits] == ["short", "long"]


def test_everybody_who_has_an_ngram_is_named():
    items = [item(QUESTION, "1"), item("so: " + QUESTION, "2"), item(QUESTION, "1", "c", "answer")]
    text, start = in_page(QUESTION)
    stop = start + len(QUESTION)
    assert cleaned(text, *items).hits == [
        Hit(start, stop, "b", "1", "question"),
        Hit(start, stop, "b", "2", "question"),
        Hit(start, stop, "c", "1", "answer"),
    ]


def test_two_places_are_two_hits_and_overlaps_are_one():
    text = f"{QUESTION} . {some_words(5, 3)} {QUESTION}"
    assert len(cleaned(text).hits) == 2
    long = some_words(30)
    assert [(h.start, h.stop) for h in cleaned(long, item(long)).hits] == [(0, len(long))]


def test_a_hit_is_checked_word_for_word(monkeypatch):
    """With hashes that know nothing, every place is a candidate; none but the true one is a hit."""
    monkeypatch.setattr(
        index_, "grams", lambda hashes, n: np.zeros(max(0, len(hashes) - n + 1), np.uint64)
    )
    others = item(some_words(14, 4)), item(some_words(14, 5), "4")
    index = Index.build([others[0], item(QUESTION, "2"), item(QUESTION, "3"), others[1]])
    monkeypatch.setattr("curate.decontaminate.find.grams", index_.grams)
    text, start = in_page(QUESTION)
    (match,) = find(index, text)
    assert match[:2] == (start, start + len(QUESTION))
    assert index.gram(match.gram) == MANY
    assert [hit.item for hit in hits(index, [match])] == ["2", "3"]


def test_an_index_on_disk_is_the_same(tmp_path):
    index = Index.build([item(some_words(40, n), str(n)) for n in range(50)])
    (tmp_path / "index").write_bytes(index.data)
    opened = Index.open(tmp_path / "index")
    assert (opened.benchmarks, opened.items, opened.fields) == (
        index.benchmarks, index.items, index.fields,
    )  # fmt: skip
    text = some_words(40, 7)
    assert find(opened, text) == find(index, text) != []
    assert Index.build([item(some_words(40, n), str(n)) for n in range(50)]).data == index.data
    (tmp_path / "other").write_bytes(b"something else")
    with pytest.raises(ValueError, match="expected an index"):
        Index.open(tmp_path / "other")


def test_wrong_settings():
    with pytest.raises(ValueError, match="ngram must be at least 1, got 0"):
        Index.build([], 0)
    with pytest.raises(ValueError, match="the items of b must be adjacent"):
        Index.build([item("x"), item("x", benchmark="c"), item("y")])


# --- the plain way -----------------------------------------------------------------------------


def plainly_found(texts, text, n):
    """Return [start, stop) of every n-gram of some texts in another; ASCII words, no marks."""
    known = {
        tuple(several[i : i + n])
        for several in (one.lower().split() for one in texts)
        for i in range(len(several) - n + 1)
    }
    places = [(m.start(), m.end(), m[0].lower()) for m in re.finditer(r"\S+", text)]
    return [
        (places[i][0], places[i + n - 1][1])
        for i in range(len(places) - n + 1)
        if tuple(place[2] for place in places[i : i + n]) in known
    ]


FEW = st.lists(st.sampled_from(["a", "B", "cc", "\n", "  d "]), max_size=30).map(" ".join)


@settings(max_examples=150)
@given(st.lists(FEW, max_size=4), FEW, st.integers(1, 5))
def test_as_the_plain_way_finds_them(texts, text, n):
    index = Index.build([item(one, str(number)) for number, one in enumerate(texts)], n)
    result = find(index, text)
    assert sorted({(m.start, m.stop) for m in result}) == plainly_found(texts, text, n)
    for match in result:
        assert words(text[match.start : match.stop]) == index.gram(match.gram)
        for place in index.occurrences(match.gram):
            expected = " ".join(index.gram(match.gram))
            assert f" {expected} " in f" {' '.join(words(texts[int(place.item)]))} "
    numbers = {tuple(index.gram(m.gram)): m.gram for m in result}
    assert all(numbers[tuple(index.gram(m.gram))] == m.gram for m in result), "one number each"
    cut = Decontaminator(index=index, cutting=Cutting(window=1, min_characters=1))(text)
    assert not any(find(index, text[a:b]) for a, b in cut.pieces)


# --- real texts --------------------------------------------------------------------------------


@HAVE_DATA
def test_real_items_of_thirteen_words_are_found_wherever_they_are_planted():
    drawn = random.Random(1)
    items = []
    for name in ("arc_easy", "lambada", "winogrande", "triviaqa_sample", "humaneval"):
        own = list(read_items(str(DATA / "benchmarks" / f"{name}.jsonl"), name, {"text"}))
        items += drawn.sample(own, 40)
    index = Index.build(items)
    long_enough = [i for i in items if i.texts and len(words(i.texts[0][1])) >= 13]
    assert len(long_enough) > 100
    for one in long_enough:
        text = one.texts[0][1]
        for copy in (text, text.upper(), re.sub(r"\s+", " - ", text), text.replace(",", ";")):
            result = find(index, f"{some_words(5)} {copy} {some_words(5, 1)}")
            assert one.id in {hit.item for hit in hits(index, result)}, copy


def test_matches_come_in_the_order_of_the_text():
    index = Index.build([item(some_words(20))])
    result = find(index, some_words(20))
    assert result == sorted(result)
    assert all(isinstance(match, Match) for match in result)
