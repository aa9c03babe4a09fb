"""What is left of a document: GPT-3's rule, piece by piece."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.decontaminate import REASONS, Cutting, pieces

CASES = {
    "nothing found": (50, [], [(0, 50)], None),
    "an empty text": (0, [], [(0, 0)], None),
    "200 characters go on each side": (1000, [(400, 460)], [(0, 200), (660, 1000)], None),
    "at the beginning": (1000, [(0, 60)], [(260, 1000)], None),
    "at the end": (1000, [(940, 1000)], [(0, 740)], None),
    "199 characters are too few": (1000, [(399, 600)], [(800, 1000)], None),
    "200 are enough": (1000, [(400, 601)], [(0, 200)], None),
    "nothing is left": (599, [(200, 399)], [], "no_piece_left"),
    "hits whose windows meet": (2000, [(400, 460), (860, 900)], [(0, 200), (1100, 2000)], None),
    "a gap of 199 goes": (2000, [(400, 460), (1059, 1100)], [(0, 200), (1300, 2000)], None),
    "a gap of 200 stays": (
        2000, [(400, 460), (1060, 1100)], [(0, 200), (660, 860), (1300, 2000)], None,
    ),
    "in any order, one within another": (
        2000, [(860, 900), (400, 1000), (300, 410)], [(1200, 2000)], None,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("length", "spans", "left", "reason"), CASES.values(), ids=CASES)
def test_what_is_left(length, spans, left, reason):
    assert pieces(length, spans) == (left, reason)


def page_of(count):
    """Return length and spans of a page cut into `count` pieces of 200 characters."""
    return 200 * count + 450 * (count - 1), [
        (400 + 650 * n, 450 + 650 * n) for n in range(count - 1)
    ]


def test_ten_pieces_stay_and_eleven_go():
    left, reason = pieces(*page_of(10))
    assert (len(left), reason) == (10, None)
    assert {stop - start for start, stop in left} == {200}
    assert pieces(*page_of(11)) == ([], "too_many_pieces")


def test_pieces_are_counted_after_the_short_ones_went_or_before():
    length, spans = page_of(11)
    left, reason = pieces(length - 1, spans)  # the last piece has 199 characters
    assert (len(left), reason) == (10, None)
    assert pieces(length - 1, spans, Cutting(count="before")) == ([], "too_many_pieces")
    assert pieces(length - 1, spans, Cutting(count="before", max_pieces=11))[1] is None


def test_other_settings():
    one = Cutting(window=10, min_characters=5)
    assert pieces(40, [(15, 20)], one) == ([(0, 5), (30, 40)], None)
    assert pieces(40, [(14, 20)], one) == ([(30, 40)], None)
    assert pieces(3, [], one) == ([(0, 3)], None), "without a hit nothing is too short"
    with pytest.raises(ValueError, match="no negative number"):
        Cutting(window=-1)


SPANS = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 40)), max_size=8)


@given(st.integers(0, 300), SPANS, st.integers(0, 30), st.integers(0, 30), st.integers(0, 5))
def test_as_painted_character_by_character(length, spans, window, shortest, most):
    spans = [(start, min(start + size, length)) for start, size in spans if start < length]
    painted = [False] * length
    for start, stop in spans:
        for at in range(max(0, start - window), min(length, stop + window)):
            painted[at] = True
    runs, at = [], 0
    while at < length:
        stop = at
        while stop < length and painted[stop] == painted[at]:
            stop += 1
        if not painted[at]:
            runs.append((at, stop))
        at = stop
    expected = [(a, b) for a, b in runs if b - a >= shortest]
    reason = None
    if len(expected) > most:
        expected, reason = [], "too_many_pieces"
    elif not expected:
        reason = "no_piece_left"
    if not spans:
        expected, reason = [(0, length)], None
    cutting = Cutting(window=window, min_characters=shortest, max_pieces=most)
    assert pieces(length, spans, cutting) == (expected, reason)
    assert reason is None or reason in REASONS
