"""Repetition against slow, plain versions of the same definitions."""

from collections import Counter
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.filters import GopherRepetition, Text, measure
from curate.filters.repetition import (
    duplicates,
    few_repeats,
    in_sentences,
    repeated_ngrams,
    repeats,
)
from curate.filters.settings import first_broken
from curate.text.spacy_tokens import tokenize

WORDS = st.lists(st.sampled_from(["a", "bb", "ccc", "d", "the", "of"]), max_size=40)
PARTS = st.lists(st.sampled_from(["a", "bb", "ccc", "dddd", ""]), max_size=12)


def grams(words, n):
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def plain_top(words, n):
    """The paper: the most frequent n-gram, if it occurs twice; the longest of equals."""
    counts = Counter(grams(words, n))
    most = max(counts.values(), default=0)
    if most < 2:
        return 0
    return max(most * len("".join(gram)) for gram in counts if counts[gram] == most)


def plain_duplicates(words, n):
    """The paper: mark every word of every n-gram that occurs twice, add up the marked."""
    counts = Counter(grams(words, n))
    marked = set()
    for i, gram in enumerate(grams(words, n)):
        if counts[gram] > 1:
            marked.update(range(i, i + n))
    return sum(len(words[i]) for i in marked)


def plain_first_top(words, n):
    """datatrove: the first of the most frequent, with spaces, even if it occurs once."""
    best, most = None, 0
    for gram in grams(words, n):
        times = grams(words, n).count(gram)
        if times > most:
            best, most = gram, times
    return most * len(" ".join(best)) if best else 0


def plain_walk(words, n):
    """datatrove: one walk, stepping over each n-gram met before."""
    met, counted, i = set(), 0, 0
    while i + n <= len(words):
        gram = tuple(words[i : i + n])
        if gram in met:
            counted, i = counted + len("".join(gram)), i + n
        else:
            met.add(gram)
            i += 1
    return counted


def measured(variant, text):
    return dict(GopherRepetition(variant=variant).measures(text))


@given(WORDS)
def test_paper_measures_equal_the_plain_ones(words):
    found, total = measured("paper", Text(" ".join(words))), len("".join(words)) or 1
    for n in (2, 3, 4):
        assert found[f"top_{n}_gram"] == plain_top(words, n) / total
    for n in range(5, 11):
        assert found[f"duplicate_{n}_grams"] == plain_duplicates(words, n) / total


@given(WORDS)
def test_datatrove_measures_equal_the_plain_ones(words):
    text = " ".join(words)
    assert tokenize(text) == words
    found, total = measured("datatrove", Text(text)), len(text) or 1
    for n in (2, 3, 4):
        assert found[f"top_{n}_gram"] == plain_first_top(words, n) / total
    for n in range(5, 11):
        assert found[f"duplicate_{n}_grams"] == plain_walk(words, n) / total


@given(WORDS, st.sets(st.integers(2, 16), min_size=1))
def test_repeated_ngrams_are_all_and_only_those_that_repeat(words, sizes):
    found = [*repeated_ngrams(words, sorted(sizes))]
    assert [n for n, _ in found] == sorted(sizes)
    for n, places in found:
        counts = Counter(grams(words, n))
        plain = {
            i: grams(words, n).index(gram)
            for i, gram in enumerate(grams(words, n))
            if counts[gram] > 1
        }
        assert list(places.items()) == list(plain.items())


@given(PARTS)
def test_repeats_and_duplicates_equal_the_plain_ones(parts):
    again = [part for i, part in enumerate(parts) if part in parts[:i]]
    every = [part for part in parts if parts.count(part) > 1]
    assert repeats(parts) == (len(again), len("".join(again)))
    assert duplicates(parts) == (len(every), len("".join(every)))


@given(PARTS, st.sampled_from(["\n", "\n\n"]))
def test_shares_of_lines_and_paragraphs(parts, end):
    found = measured("paper", end.join(parts))
    kept = [part for part in parts if part]
    every = [part for part in kept if kept.count(part) > 1]
    shares = (len(every) / len(kept), len("".join(every)) / len("".join(kept))) if kept else (0, 0)
    assert (found["duplicate_lines"], found["duplicate_line_characters"]) == shares
    if end == "\n\n":
        assert found["duplicate_paragraphs"] == shares[0]
        assert found["duplicate_paragraph_characters"] == shares[1]


@given(WORDS)
def test_ours_leaves_the_first_copy_out(words):
    found, total = measured("ours", Text(" ".join(words))), len("".join(words)) or 1
    for n in (2, 3, 4):
        counts = Counter(grams(words, n))
        most = max(counts.values(), default=0)
        longest = max((len("".join(g)) for g in counts if counts[g] == most), default=0)
        assert found[f"top_{n}_gram"] == max(0, most - 1) * longest / total
    for n in range(5, 11):
        marked, met = set(), set()
        for i, gram in enumerate(grams(words, n)):
            marked.update(range(i, i + n) if gram in met else ())
            met.add(gram)
        assert found[f"duplicate_{n}_grams"] == sum(len(words[i]) for i in marked) / total


@given(st.lists(st.tuples(st.lists(st.sampled_from(["a", "bb", "ccc"]), min_size=3, max_size=12),
                          st.booleans()), max_size=4))  # fmt: skip
def test_in_sentences_the_second_copy_counts_a_quarter(lines):
    """Against marking word by word; a sentence ends in a word of its own."""
    text = Text("\n".join(" ".join([*words, "." if ended else ","]) for words, ended in lines))
    words = [word for line, ended in lines for word in [*line, "." if ended else ","]]
    said = [ended for line, ended in lines for _ in [*line, ""]]
    found, total = measured("ours", text), len("".join(words)) or 1
    for n in range(5, 11):
        second, later, met = set(), set(), Counter()
        for i, gram in enumerate(grams(words, n)):
            met[gram] += 1
            partly = met[gram] == 2 and said[i] and said[i + n - 1]
            (second if partly else later).update(range(i, i + n) if met[gram] > 1 else ())
        characters = (
            sum(len(words[i]) for i in later) + sum(len(words[i]) for i in second - later) / 4
        )
        assert found[f"duplicate_{n}_grams"] == characters / total


DEFINED = "{} returns the number of seconds that have passed since the beginning of the day."


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (DEFINED, None),
        (DEFINED.rstrip("."), "duplicate_5_grams"),  # a title or a line of a menu
        (DEFINED + "\nSo " + DEFINED.lower(), "duplicate_5_grams"),
    ],
    ids=["two sentences", "two titles", "four sentences"],
)
def test_what_is_alike_may_be_said_in_the_same_words_twice(line, reason):
    other = " ".join(f"word{n}" for n in range(30)) + "."
    text = "\n\n".join([line.replace("{}", "SecondOf"), other, line.replace("{}", "TimeOf")])
    assert GopherRepetition()(text) == reason
    assert GopherRepetition(second_copy=1.0)(text) == "duplicate_5_grams"


def test_separators_and_leads_are_no_copies():
    said = ["One thing.", "Another thing.", "And a third.", "The last of it."]
    grams = dict.fromkeys(["top_2_gram", "top_3_gram", "top_4_gram"])
    for repeated in ("| | |", "Examples:"):
        text = f"\n\n{repeated}\n\n".join(said)
        assert GopherRepetition(**grams)(text) is None
        assert GopherRepetition(variant="paper")(text) == "duplicate_paragraphs"
    assert GopherRepetition()("\n\nExamples\n\n".join(said)) == "duplicate_paragraph_characters"


def test_labels_are_copies_by_their_characters_alone():
    said = [" ".join(f"word{n}{k}" for k in range(20)) + "." for n in range(9)]
    for label, reason in (("Required No", None), ("It is by no means required", "duplicate_lines")):
        text = "\n".join(f"{one}\n{label}" for one in said)
        rule = GopherRepetition(duplicate_line_characters=None, top_2_gram=None)
        assert GopherRepetition(few_words=0)(text) == "duplicate_lines"
        assert rule(text) == reason
    assert GopherRepetition()("Pros\nIt is fast.\nPros\nIt is small.\nPros") is not None


@given(st.text())
@pytest.mark.parametrize("variant", ["ours", "paper", "datatrove"])
def test_any_text_can_be_measured(variant, text):
    judged = GopherRepetition(variant=variant)(text)
    assert judged is None or isinstance(judged, str)
    assert all(value >= 0 for value in measured(variant, text).values() if text)
    assert all(isinstance(value, float) for value in measure(text).values())


def test_measures_are_made_only_when_asked_for():
    text = Text("a\n" * 9)
    assert next(iter(GopherRepetition().measures(text)))[0] == "duplicate_paragraphs"
    assert not any(getattr(view, "__name__", "") == "split_words" for view in text._views)


CHARACTERS = st.text(st.sampled_from("的一是漢字かな\u0e01\U00020000"), max_size=60)


@given(st.lists(CHARACTERS, max_size=4), st.integers(1, 9), st.floats(1.5, 9))
def test_a_text_with_few_repeats_exceeds_no_bound(parts, times, size):
    """The quick look and the count of all n-grams agree, of text that repeats itself or not."""
    text = "".join(parts) * times
    for first_copy in (False, True):
        rule = GopherRepetition(gram_characters=size, first_copy=first_copy)
        exact = first_broken(rule, islice(rule.measures(text), 4, None))
        if rule._has_few_repeats(text):
            assert exact is None
        if text.strip() and exact is not None:
            assert rule(text) is not None


def test_prose_without_spaces_has_few_repeats():
    prose = "昨天下午我和朋友一起去了城外的山上。山路很窄，我们走了两个小时才到了山顶。"
    assert few_repeats(prose, {3: 0.2}, {9: 0.15})
    assert not few_repeats(prose * 2, {3: 0.2}, {9: 0.15})
    assert not few_repeats("哈哈" * 20, {3: 0.2}, {})
    ruled = "".join(map(chr, range(0x4E00, 0x4F00))) + "—" * 12  # repeats itself in one place
    assert few_repeats(ruled, {11: 0.2}, {28: 0.6}, first_copy=False)
    assert not few_repeats(ruled * 9, {11: 0.01}, {28: 1.0}, first_copy=False)


@given(CHARACTERS)
def test_ngrams_of_characters_are_those_of_a_list_of_them(text):
    sizes = [2, 3, 7, 8]
    assert [*repeated_ngrams(text, sizes)] == [*repeated_ngrams([*text], sizes)]


def test_in_sentences_by_other_words():
    text = "一二三\n四五 六。"
    assert in_sentences(text, words=["一二", "三", "四五", "六。"]) == [False, False, True, True]
    assert in_sentences(text, characters=True, words=["一"]) == [False] * 3 + [True] * 4
