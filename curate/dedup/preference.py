"""Which of several copies is better, beyond source, score and length.

Input: what the recipe prefers. Output: ranks, one number for each document, the smallest the best.
Without a preference ranks are those of `curate.dedup.distributed.rounds.rank_of`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]

Prefer = Literal["whole", "language", "newer", "older"]

# Bits of a rank, from the highest: source, truncated, score, language, date, length. Where the
# language has bits, the length has fewer.
_LANGUAGE_BITS, _LENGTH_BITS = 5, 24
SOURCES, STEPS, DAYS = 1 << 12, (1 << 12) - 1, (1 << 14) - 1
_SURE = 16  # steps of the probability of a language; smaller differences are noise
FIRST_DAY = date(1995, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Preference:
    """What makes a copy better than another one of its source.

    prefer: whole: one that was not truncated, before all else. language: of equal scores, one that
    is surer to be of its language. newer, older: then by date. score_step: scores in the same step
    of this size are equal; None: compared as usual.
    """

    prefer: tuple[Prefer, ...] = ()
    score_step: float | None = None

    def __bool__(self) -> bool:
        return bool(self.prefer) or self.score_step is not None

    @property
    def by_date(self) -> Literal["newer", "older"] | None:
        """Return which of two dates is better, or None."""
        return "newer" if "newer" in self.prefer else "older" if "older" in self.prefer else None

    @property
    def prefers_whole(self) -> bool:
        """Return whether a truncated copy is worse than any other."""
        return "whole" in self.prefer

    @property
    def prefers_language(self) -> bool:
        """Return whether a copy that is less surely of its language is worse."""
        return "language" in self.prefer

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of documents that it looks at."""
        return (
            ("date",) * (self.by_date is not None)
            + ("truncated",) * self.prefers_whole
            + ("language_score",) * self.prefers_language
        )


NO_PREFERENCE = Preference()


def preferred_ranks(
    source: int,
    scores: "npt.NDArray[np.float64]",
    lengths: "Ints",
    preference: Preference,
    *,
    truncated: Sequence[object] | None = None,
    dates: Sequence[str | None] | None = None,
    languages: "npt.NDArray[np.float64] | None" = None,
) -> "Ints":
    """Return int64[N] >= 0 that sorts by source, truncation, score, language, date, length.

    Args:
        source: index of the documents' source in the priority, below 4,096.
        scores: float64[N], 0 to 1; not a number where there is none, which comes last.
        lengths: int64[N] characters, up to 2^24, with `language` up to 2^19.
        truncated: of each document; what is none is whole. Not needed without `whole`.
        dates: of each, as in ISO 8601; compared by day, from 1995 to 2039. A document without one
            comes after those that have one. Not needed without `newer` or `older`.
        languages: float64[N], how sure the language of each is; not a number where it is not
            known. Not needed without `language`.
    Raises:
        ValueError: too many sources.
    """
    import numpy as np  # noqa: PLC0415 - recipes are read without it

    if source >= SOURCES:
        raise ValueError(f"dedup.prefer: expected at most {SOURCES} sources, got number {source}")
    size = len(lengths)
    cut = np.zeros(size, np.int64)
    if preference.prefers_whole:
        cut = np.array([bool(flag) for flag in truncated or ()], np.int64)
    step = preference.score_step or 1 / STEPS
    worse = np.floor((1 - np.clip(np.nan_to_num(scores, nan=0.0), 0, 1)) / step + 1e-9)
    worse = np.where(np.isnan(scores), STEPS, np.minimum(worse, STEPS - 1)).astype(np.int64)
    late = np.zeros(size, np.int64)
    better = preference.by_date
    if better is not None:
        late = np.array([_day(date, better) for date in dates or ()], np.int64)
    bits_of_language = _LANGUAGE_BITS if preference.prefers_language else 0
    doubt = np.zeros(size, np.int64)
    if preference.prefers_language and languages is not None:
        doubt = steps_of_doubt(languages)
    bits_of_length = _LENGTH_BITS - bits_of_language
    longest = (1 << bits_of_length) - 1
    shorter = longest - np.minimum(lengths, longest)
    ranks: Ints = np.full(size, source, np.int64)
    for column, bits in (
        (cut, 1), (worse, 12), (doubt, bits_of_language), (late, 14), (shorter, bits_of_length),
    ):  # fmt: skip
        ranks = ranks << bits | column
    return ranks


def steps_of_doubt(languages: "npt.NDArray[np.float64]") -> "Ints":
    """Return int64[N], 0 for texts that are surely of their language; largest where none is known.

    >>> import numpy as np
    >>> steps_of_doubt(np.array([0.999, 0.98, 0.9, 0.5, np.nan])).tolist()
    [0, 0, 2, 8, 17]
    """
    import numpy as np  # noqa: PLC0415 - recipes are read without it

    steps = np.rint((1 - np.clip(np.nan_to_num(languages, nan=0.0), 0, 1)) * _SURE)
    doubt: Ints = np.where(np.isnan(languages), _SURE + 1, steps).astype(np.int64)
    return doubt


def _day(value: str | None, better: Literal["newer", "older"]) -> int:
    """Return 0 for the best day, DAYS for none."""
    try:
        day = date.fromisoformat((value or "")[:10]).toordinal() - FIRST_DAY
    except ValueError:
        return DAYS
    day = min(max(day, 0), DAYS - 1)
    return day if better == "older" else DAYS - 1 - day
