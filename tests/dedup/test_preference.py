"""What makes a copy better: ranks sort as plain tuples do."""

import random

import numpy as np
import pytest

from curate.dedup.preference import Preference, preferred_ranks


def drawn(seed=2, count=300):
    chance = random.Random(seed)
    scores = np.array(
        [chance.choice([np.nan, 0.0, 0.31, 0.33, 0.5, 0.52, 1.0]) for _ in range(count)]
    )
    lengths = np.array([chance.choice([0, 5, 900, 901, 1 << 23]) for _ in range(count)])
    cut = [chance.choice([None, None, "length"]) for _ in range(count)]
    dates = [chance.choice([None, "2004-05-01T10:00:00Z", "2004-05-02", "2019-01-01", "no date"])
             for _ in range(count)]  # fmt: skip
    sure = np.array([chance.choice([np.nan, 0.4, 0.9, 0.96, 0.97, 1.0]) for _ in range(count)])
    return scores, lengths, cut, dates, sure


CASES = [
    Preference(("whole",)),
    Preference(("newer",)),
    Preference(("older", "whole")),
    Preference((), 0.1),
    Preference(("newer", "whole"), 0.25),
    Preference(("language",), 0.1),
    Preference(("language", "newer", "whole")),
]


@pytest.mark.parametrize("preference", CASES)
def test_ranks_sort_by_truncation_score_language_date_and_length(preference):
    scores, lengths, cut, dates, sure = drawn()
    sixteenths = {0.4: 10, 0.9: 2, 0.96: 1, 0.97: 0, 1.0: 0}
    longest = 2**19 - 1 if preference.prefers_language else 2**24 - 1

    def plainly(n):
        score = -2.0
        if not np.isnan(scores[n]):
            step = preference.score_step
            score = -np.floor((1 - scores[n]) / step + 1e-9) / 1e3 if step else scores[n]
        known = dates[n] is not None and dates[n][0] == "2"
        year = dates[n][:10] if known else None
        if preference.by_date is None:
            date = (0, 0)
        else:
            days = int(year.replace("-", "")) if year else 0
            date = (not known, days if preference.by_date == "older" else -days)
        language = sixteenths.get(sure[n], 99) if preference.prefers_language else 0
        length = min(lengths[n], longest)
        return (bool(cut[n]) and preference.prefers_whole, -score, language, date, -length)

    more = {"truncated": cut, "dates": dates, "languages": sure}
    ranks = preferred_ranks(3, scores, lengths, preference, **more)
    for one in range(0, 300, 3):
        for other in range(300):
            assert (ranks[one] < ranks[other]) == (plainly(one) < plainly(other)), (one, other)
    assert (ranks >= 0).all()
    better = preferred_ranks(2, scores, lengths, preference, **more)
    assert better.max() < ranks.min()


def test_the_columns_that_are_read():
    assert Preference(("whole", "older")).columns == ("date", "truncated")
    assert Preference(("language",)).columns == ("language_score",)
    assert Preference().columns == Preference((), 0.5).columns == ()
    assert not Preference()
    assert Preference((), 0.5)


def test_too_many_sources():
    with pytest.raises(ValueError, match=r"at most 4096 sources, got number 4096"):
        preferred_ranks(4096, np.ones(1), np.ones(1, np.int64), Preference(("whole",)))
