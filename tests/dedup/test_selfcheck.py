"""The self-check: it measures what it says, and notices a search that finds too little."""

import random
from math import comb

import numpy as np
import pytest

from curate.dedup import SETTINGS, Banding, find_duplicates, jaccard, selfcheck
from curate.dedup.minhash import MinHasher
from curate.dedup.selfcheck import binomial_bounds, perturbed, self_check
from curate.text.folding import words

VOCABULARY = [f"{a}{b}{c}" for a in "bdfglmn" for b in "aeiou" for c in "krst"]


def texts_of(count, size=300, seed=1):
    drawn = random.Random(seed)
    return [" ".join(drawn.choices(VOCABULARY, k=size)) for _ in range(count)]


TEXTS = texts_of(150)


@pytest.mark.parametrize("name", ["default", "fineweb", "slimpajama"])
def test_a_sound_search_agrees_with_its_curve(name):
    rows = self_check(TEXTS, SETTINGS[name])
    assert [row for row in rows if not row.agrees] == []
    assert sum(row.pairs for row in rows) > 550
    assert [(row.low, row.high) for row in rows] == [
        (round(0.4 + 0.05 * n, 2), round(0.45 + 0.05 * n, 2)) for n in range(12)
    ]
    for row in rows:
        assert (row.left is None) == (row.low < SETTINGS[name].threshold)
        if row.left is not None:  # who is found is removed, who is not stays
            assert row.left == pytest.approx(1 - row.found)
    assert self_check(TEXTS, SETTINGS[name]) == rows


def test_another_family_of_signatures_has_the_same_curve():
    rows = self_check(TEXTS[:30], family="datasketch")
    assert [row for row in rows if not row.agrees] == []
    fast = self_check(TEXTS[:30])
    assert [row.expected for row in rows] == [row.expected for row in fast]
    assert [row.found for row in rows] != [row.found for row in fast]


def test_a_search_that_loses_bands_is_noticed(monkeypatch):
    real = MinHasher.band_keys

    def losing(hasher, signatures):
        keys = real(hasher, signatures)
        keys[:, :10] = np.arange(keys[:, :10].size).reshape(keys[:, :10].shape)
        return keys

    monkeypatch.setattr(MinHasher, "band_keys", losing)
    rows = self_check(TEXTS)
    assert len([row for row in rows if not row.agrees and row.found < row.least]) >= 3


def test_a_search_that_compares_too_little_is_noticed(monkeypatch):
    monkeypatch.setattr(
        selfcheck, "find_duplicates", lambda *args, **more: find_duplicates(*args, **more)[::2]
    )
    rows = self_check(TEXTS)
    assert [row for row in rows if not row.agrees] == []
    assert all(0.2 < row.left < 0.8 for row in rows if row.left is not None)


def test_similarities_are_those_of_the_pairs(monkeypatch):
    """Each is counted in the bin of its exact similarity, whatever was aimed at."""
    planted = []

    def noting(text, *args):
        planted.append((text, perturbed(text, *args)))
        return planted[-1][1]

    monkeypatch.setattr(selfcheck, "perturbed", noting)
    rows = self_check(TEXTS[:20], copies=3)
    exact = [jaccard(one, other) for one, other in planted]
    assert len(exact) == 60
    for row in rows:
        assert row.pairs == sum(row.low <= j + 1e-9 < row.high + 1e-9 for j in exact)
        chances = [1 - (1 - j**7) ** 20 for j in exact if row.low <= j + 1e-9 < row.high + 1e-9]
        assert row.expected == pytest.approx(sum(chances) / len(chances))


def test_who_went_for_another_leaves_no_pair():
    """An original that itself goes for a better one removes no copy, and that is right."""
    (base,) = texts_of(1)
    near = " ".join(["other", *base.split()[1:]])
    rows = self_check([base, near], copies=40)
    assert [row.left for row in rows if row.left is not None] == [0.0] * 4


SCRIPTS = {
    "words": ("one two three four five six seven eight nine ten " * 9, "word", 5),
    "characters of words": (
        "one two three four five six seven eight nine ten " * 9,
        "character",
        9,
    ),
    "no spaces": ("天地玄黃宇宙洪荒日月盈昃辰宿列張寒來暑往秋收冬藏" * 9, "word", 5),
    "punctuation": ("One, two; three. (Four) -- five! " * 20, "word", 5),
}


@pytest.mark.parametrize(("text", "unit", "ngram"), SCRIPTS.values(), ids=SCRIPTS)
def test_only_words_are_replaced(text, unit, ngram):
    banding = Banding(unit=unit, ngram=ngram)
    for number in range(20):
        copy = perturbed(text, ["zzz"], banding, str(number), 1)
        assert copy != text
        left = [word for word in words(copy.replace("zzz", " zzz ")) if word != "zzz"]
        assert len(left) < len(words(text))
        assert [c for c in text if not c.isalnum()] == [c for c in copy if not c.isalnum()]


def test_texts_without_words_are_left_out():
    assert self_check(["", "...", "\n"]) == []
    assert sum(row.pairs for row in self_check(["...", *TEXTS[:10]], copies=1)) <= 10


@pytest.mark.parametrize(("trials", "chance"), [(10, 0.3), (60, 0.5), (40, 0.99), (1, 0.5)])
def test_bounds_by_adding_up(trials, chance):
    def at_most(count):
        ways = (
            comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(count + 1)
        )
        return sum(ways)

    least, most = (round(bound * trials) for bound in binomial_bounds(trials, chance))
    assert at_most(least - 1) <= 0.005 < at_most(least)
    assert at_most(most - 1) < 0.995 <= at_most(most) + 1e-12


def test_bounds_of_what_is_certain():
    assert binomial_bounds(7, 1.0) == (1.0, 1.0)
    assert binomial_bounds(7, 0.0) == (0.0, 0.0)
