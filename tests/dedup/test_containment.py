"""Contained copies: beside all pairs compared, and the rule by which one is removed."""

import random

import numpy as np
import pytest

from curate.dedup import containment as containment_
from curate.dedup.clusters import decide
from curate.dedup.containment import (
    LEADERS,
    containment,
    find_contained,
    pair_leaders,
    sample,
    shares_of_pairs,
)
from curate.dedup.shingles import shingle_sets, shingles

WORDS = [f"w{n}" for n in range(3_000)]


def excerpts(documents=150, seed=1):
    """Return texts and excerpts of them, some with words of their own, a third below one menu."""
    chance = random.Random(seed)

    def words(count):
        return chance.choices(WORDS, k=count)

    result = [words(chance.randrange(40, 600)) for _ in range(documents)]
    for _ in range(documents):
        source = chance.choice(result)
        size = chance.randrange(30, max(31, len(source) - 5))
        start = chance.randrange(max(1, len(source) - size + 1))
        part, own = source[start : start + size], chance.random() * 0.3
        result.append(part[: int(len(part) * (1 - own))] + words(int(len(part) * own)))
    menu = words(60)
    return [" ".join(menu + one if n % 3 == 0 else one) for n, one in enumerate(result)]


def by_all_pairs(texts, share):
    """Return removed -> (kept, share) of all pairs compared, by the same rule."""
    sets = shingle_sets(texts)
    sizes = np.diff(sets.offsets)
    order = sorted(range(len(texts)), key=lambda n: (-sizes[n], n))
    second, first = np.tril_indices(len(order), -1)
    place = np.array(order)
    shares = shares_of_pairs(sets, place[second], place[first])
    hit = shares >= share
    first, second, shares = first[hit], second[hit], shares[hit]
    return {order[second[e]]: (order[first[e]], shares[e]) for e in decide(first, second).tolist()}


def test_the_share_is_that_of_sets_of_strings():
    texts = excerpts(20)
    sets = [set(shingles(text)) for text in texts]
    hit = 0
    for one, a in zip(texts, sets, strict=True):
        for other, b in zip(texts, sets, strict=True):
            assert containment(one, other) == pytest.approx(len(a & b) / len(a))
            hit += 0 < len(a & b) < len(a)
    assert hit > 20
    assert containment("", "a b c d e") == containment("a b c d e f", "") == 0


@pytest.mark.parametrize(("share", "least"), [(0.8, 0.95), (0.6, 0.95), (0.5, 0.9)])
def test_what_all_pairs_find_is_found(share, least):
    texts = excerpts()
    expected = by_all_pairs(texts, share)
    result = {one.removed: (one.kept, one.share) for one in find_contained(texts, share=share)}
    assert len(expected) > 50
    assert len(result.keys() & expected.keys()) >= least * len(expected)
    for removed, (kept, own) in result.items():
        assert own == containment(texts[removed], texts[kept]) >= share
        assert kept not in result
    left = [text for n, text in enumerate(texts) if n not in result]
    assert len(find_contained(left, share=share)) <= (1 - least) * len(expected)


def words(name, count):
    return " ".join(f"{name}{n}" for n in range(count))


def test_the_containing_one_stays_and_a_removed_one_removes_none():
    book = f"{words('a', 300)} {words('b', 300)} {words('c', 300)}"
    chapter = f"{words('a', 300)} {words('b', 200)}"
    page = f"{words('b', 40)} {words('x', 8)}"
    assert find_contained([page, chapter, book]) == [
        (0, 2, pytest.approx(containment(page, book))),
        (1, 2, pytest.approx(containment(chapter, book))),
    ]
    # The chapter has the page, the book has no more than three quarters of it.
    page = f"{words('b', 60)} {words('d', 20)}"
    chapter = f"{words('a', 300)} {words('b', 200)} {words('d', 20)}"
    assert containment(page, chapter) >= 0.8 > containment(page, book)
    assert [one[:2] for one in find_contained([page, chapter, book])] == [(1, 2)]
    assert [one[:2] for one in find_contained([page, chapter])] == [(0, 1)]


def test_a_document_is_removed_for_none_of_a_worse_rank():
    short, long = words("a", 200), f"{words('a', 200)} {words('b', 200)}"
    assert [one.removed for one in find_contained([short, long])] == [0]
    assert find_contained([short, long], rank=[0, 1]) == []
    assert [one.removed for one in find_contained([short, long], rank=[1, 0])] == [0]


def test_what_hundreds_of_documents_have_is_removed_for_one_of_them():
    notice = words("notice", 120)
    texts = [f"{words(f'own{n}x', 200)} {notice}" for n in range(200)]
    (removal,) = find_contained([notice, *texts])
    assert removal == (0, 1, 1.0)


def test_of_a_frequent_hash_only_the_best_is_paired(monkeypatch):
    monkeypatch.setattr(containment_, "FREQUENT", 12)
    hashes = np.repeat([3, 5], [LEADERS + 5, LEADERS + 4])  # 13 and 12 members
    pairs = list(zip(*(one.tolist() for one in pair_leaders(hashes)), strict=True))
    of_first = [(first, second) for first, second, _ in pairs if second < 13]
    assert sorted(of_first) == sorted(
        [*((-1, n) for n in range(13)), *((0, n) for n in range(1, 13))]
    )
    assert len(pairs) - len(of_first) == 12 + sum(min(n, LEADERS) for n in range(12))
    # The same members in two pieces, the second of which begins with the best.
    one = np.array(pair_leaders(hashes[:7], goes_on=True))
    other = np.array(pair_leaders(hashes[:7], began=True))  # the best and six more
    other[:2] = np.where(other[:2] > 0, other[:2] + 6, other[:2])
    both = np.concatenate([one, other], axis=1)[:2].T.tolist()
    assert sorted(map(tuple, both)) == sorted(of_first)


def test_what_a_crowd_has_is_found_in_the_best_of_it(monkeypatch):
    monkeypatch.setattr(containment_, "FREQUENT", 50)
    notice = words("notice", 120)
    texts = [f"{words(f'own{n}x', 200)} {notice}" for n in range(200)]
    (removal,) = find_contained([notice, *texts])
    assert removal == (0, 1, 1.0)


def test_members_are_paired_with_the_best_of_their_hash():
    hashes = np.repeat([3, 5, 9], [1, 3, LEADERS + 4])
    first, second, crowded = pair_leaders(hashes)
    pairs = set(zip(first.tolist(), second.tolist(), crowded.tolist(), strict=True))
    assert len(pairs) == len(first)
    start, end = 4, 4 + LEADERS + 4
    expected = {(1, 2, False), (1, 3, False), (2, 3, False)}
    expected |= {(-1, member, True) for member in range(start, end)}
    expected |= {
        (leader, member, True)
        for leader in range(start, start + LEADERS)
        for member in range(leader + 1, end)
    }
    assert pairs == expected


def test_texts_without_shingles_contain_nothing_and_are_in_nothing():
    assert find_contained([]) == []
    assert find_contained(["", "...", "a b c d e f g h i j"]) == []
    assert sample(shingle_sets(["", "..."])).sizes.tolist() == [0, 0]
