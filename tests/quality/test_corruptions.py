"""Corrupted copies: each kind does its damage, alike every time."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.quality.corruptions import KINDS, Draws, corrupt, followers_of, kind_of
from curate.quality.function_words import ENGLISH

TEXT = (
    "The committee met on Tuesday, and its members agreed that the old bridge, which had stood "
    "for a hundred years, should be repaired before the winter. Nobody spoke against the plan; "
    "but the treasurer asked how much it would cost, and whether the town could pay for it."
)
OTHERS = (
    "Sparrows gather in the hedges when the evening comes. A farmer counted forty of them, all "
    "brown and quarrelsome, while his dog slept beside the gate and dreamed of rabbits running."
)


def damaged(kind, text=TEXT, seed=7, key="a"):
    return corrupt(text, kind, key=key, seed=seed, others=OTHERS, kept=ENGLISH)


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_is_damaged_and_alike_every_time(kind):
    assert damaged(kind) != TEXT
    assert damaged(kind) == damaged(kind)
    assert len({damaged(kind, key=str(n)) for n in range(20)}) > 1
    words = len(damaged(kind).split(" "))
    assert words <= len(TEXT.split(" ")) + 1


@given(st.sampled_from(sorted(KINDS)), st.text("aA. ,1—ß東\n'", max_size=40), st.text(max_size=20))
def test_any_text_can_be_damaged(kind, text, others):
    text = " ".join(text.split())
    result = corrupt(text, kind, key="k", seed=1, others=" ".join(others.split()), kept=ENGLISH)
    assert isinstance(result, str)
    assert len(result.split(" ")) <= len(text.split(" ")) + 30


def test_what_each_kind_does():
    words = TEXT.split(" ")
    assert sorted(damaged("shuffled_words").split(" ")) == sorted(words)
    few = damaged("without_function_words").split(" ")
    assert sum(w.lower() in ENGLISH for w in few) < sum(w.lower() in ENGLISH for w in words) / 2
    assert not set(".,;") & set(damaged("without_signs"))
    assert "..." in damaged("teasers") or "…" in damaged("teasers")
    merged = damaged("merged_columns").split(" ")
    assert {"committee", "Sparrows"} <= set(merged)
    spun = damaged("spun_words").split(" ")
    same = [a == b for a, b in zip(spun, words, strict=True)]
    assert not all(same)
    assert all(a == b for a, b in zip(spun, words, strict=True) if b.lower() in ENGLISH)
    swapped = damaged("swapped_function_words").split(" ")
    same = [a == b for a, b in zip(swapped, words, strict=True)]
    assert sum(same) < len(same) - 3
    assert all(b.strip(".,;").lower() in ENGLISH
               for a, b in zip(swapped, words, strict=True) if a != b)  # fmt: skip
    inserted = damaged("inserted_words").split(" ")
    rest = iter(inserted)
    assert sum(word in rest for word in words) > 20, "the words stand in their order"
    assert {"Sparrows", "hedges", "farmer", "dog", "rabbits"} & set(inserted)
    looped = damaged("loops").split(" ")
    assert len(set(looped)) < len(set(words))


def test_chained_words_follow_each_other_somewhere():
    texts = ["a b c a c b", "b a c c a b"]
    followers = followers_of(text.split(" ") for text in texts)
    result = corrupt(texts[0], "chained_words", key="k", seed=1, followers=followers).split(" ")
    assert all(other in followers[one] for one, other in itertools.pairwise(result))


def test_chance_is_even():
    draws = Draws("k", 7)
    numbers = [draws.between(3, 6) for _ in range(4_000)]
    assert set(numbers) == {3, 4, 5, 6}
    assert all(900 < numbers.count(n) < 1_100 for n in (3, 4, 5, 6))
    assert sorted(draws.shuffled("abcdef")) == list("abcdef")
    kinds = [kind_of(str(n), 7) for n in range(1_100)]
    assert set(kinds) == set(KINDS)
    assert max(map(kinds.count, KINDS)) < 150
