"""Repetition by quality rank: copies of a document as a function of its rank.

Input: the tokens of each quality score of a source, and a budget. Output: buckets of about equal
tokens by rank, and how many tokens to take of each; `curate.mix.prefix` turns those into
documents, as it does for a source.

A rank is the share of the source's tokens in documents of lower score. Nothing is taken of ranks
below `drop`; the best `top` is taken `height` times; between them copies rise as a power of the
rank. The power is the one at which the budget is met, so the integral of the curve is exact:

    copies(r) = 0                                       r < drop
              = height ((r - drop) / (1 - top - drop))^p      drop <= r < 1 - top
              = height                                   r >= 1 - top

`height` is `max`, unless the budget is so small that the power would exceed STEEPEST; then the
power stays there and the height is lowered.

Source: allenai/dolma3 (2025), pools: 20 quality buckets a topic, the lowest 40 % dropped, the best
5 % repeated up to 7 times.
Differs: the shape between is ours, ranks are within a source, and bucket sums are exact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

BUCKETS = 20
STEEPEST = 16.0  # a power; beyond it only the best few percent would be taken
_GRID = 1 << 40  # shares of a curve are whole multiples of 1 / _GRID


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Settings of the curve; each is a share or a number of copies.

    Args:
        drop: share of the tokens, of lowest quality, that is never taken.
        top: share of the tokens, of highest quality, that is taken most often.
        max: copies of a document at most.

    Raises:
        ValueError: drop or top lie outside 0 to 1, leave nothing between them, or max is not
            above 0.
    """

    drop: float = 0.4
    top: float = 0.05
    max: float = 7.0

    def __post_init__(self) -> None:
        if not (0 <= self.drop < 1 and 0 <= self.top < 1 and self.drop + self.top < 1):
            raise ValueError(
                "mix.curve: expected drop and top of at least 0 and together below 1, "
                f"got {self.drop} and {self.top}"
            )
        if not self.max > 0:
            raise ValueError(f"mix.curve: expected max above 0, got {self.max}")

    def fitted(self, epochs: float) -> "Fitted":
        """Return the curve whose mean number of copies is `epochs`.

        Raises ValueError where that needs more than `max` copies of a document.

        >>> fitted = Curve(drop=0.4, top=0.05, max=7.0).fitted(1.0)
        >>> [round(fitted.copies(rank), 2) for rank in (0.3, 0.5, 0.8, 0.97)]
        [0.0, 0.0, 1.46, 7.0]
        """
        middle = 1.0 - self.top - self.drop
        most = self.max * (1.0 - self.drop)
        if epochs > most * (1 + 1e-12):
            raise ValueError(
                f"mix.curve: a budget of {epochs:.4g} epochs needs more than {self.max:g} copies "
                f"of a document; at most {most:.4g} epochs fit drop {self.drop:g} and "
                f"max {self.max:g}"
            )
        left = epochs / self.max - self.top
        if left * (STEEPEST + 1.0) <= middle:
            height = epochs / (self.top + middle / (STEEPEST + 1.0))
            return Fitted(self, STEEPEST, height)
        return Fitted(self, max(0.0, middle / left - 1.0), self.max)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A curve of a certain budget: `copies` at a rank, `taken` below a rank."""

    curve: Curve
    power: float
    height: float

    def copies(self, rank: float) -> float:
        """Return how often a document of a rank, 0 to 1, is taken."""
        drop, end = self.curve.drop, 1.0 - self.curve.top
        if rank < drop:
            return 0.0
        if rank >= end:
            return self.height
        return float(self.height * ((rank - drop) / (end - drop)) ** self.power)

    def taken(self, rank: float) -> float:
        """Return the integral of `copies` up to a rank."""
        drop, end = self.curve.drop, 1.0 - self.curve.top
        if rank <= drop:
            return 0.0
        middle = end - drop
        inside = min(rank, end) - drop
        below = self.height * inside * (inside / middle) ** self.power / (self.power + 1.0)
        return float(below + self.height * max(0.0, rank - end))


@dataclass(frozen=True, slots=True)
class QualityBucket:
    """Documents of neighbouring scores, and how many tokens to take of them.

    low, high: scores, both inclusive. tokens: what the documents have. target: what to take.
    """

    low: int
    high: int
    tokens: int
    target: int

    @property
    def epochs(self) -> float:
        """Return how often a token of the bucket is seen."""
        return self.target / self.tokens if self.tokens else 0.0


def buckets_of(
    tokens: Mapping[int, int], budget: int, curve: Curve, buckets: int = BUCKETS
) -> tuple[QualityBucket, ...]:
    """Return the buckets of a source from low to high quality; targets sum to the budget exactly.

    Args:
        tokens: of all documents of each score; scores are whole numbers, such as millionths.
        budget: tokens to take of the source.
        buckets: at most so many, of about equal tokens; documents of equal score are in one.

    Raises:
        ValueError: the source has no tokens for a budget above 0, or `max` copies do not suffice.
    """
    total = sum(tokens.values())
    if budget <= 0:
        return tuple(
            QualityBucket(low, high, amount, 0) for low, high, amount in _cut(tokens, buckets)
        )
    if total <= 0:
        raise ValueError(f"mix.curve: expected a source with tokens for {budget}, got none")
    fitted = curve.fitted(budget / total)
    cut = _cut(tokens, buckets)
    exact: list[Fraction] = []
    below = 0
    for _, _, amount in cut:
        share = fitted.taken((below + amount) / total) - fitted.taken(below / total)
        exact.append(Fraction(round(max(share, 0.0) * _GRID), _GRID))
        below += amount
    targets = _apportioned(exact, budget)
    return tuple(
        QualityBucket(low, high, amount, target)
        for (low, high, amount), target in zip(cut, targets, strict=True)
    )


def _cut(tokens: Mapping[int, int], buckets: int) -> list[tuple[int, int, int]]:
    """Return (lowest score, highest score, tokens) of each bucket, from low to high."""
    total = sum(tokens.values())
    result: list[tuple[int, int, int]] = []
    below, last = 0, -1
    for score in sorted(tokens):
        amount = tokens[score]
        # The bucket in which the middle of the score's tokens lies.
        bucket = (2 * below + amount) * buckets // (2 * total) if total else 0
        if result and bucket == last:
            low, _, sum_ = result[-1]
            result[-1] = (low, score, sum_ + amount)
        else:
            result.append((score, score, amount))
        below, last = below + amount, bucket
    return result


def _apportioned(exact: Sequence[Fraction], budget: int) -> list[int]:
    """Return whole numbers in proportion that sum to the budget, by largest remainder, then place.

    A share of 0 stays 0.
    """
    total = sum(exact)
    amounts = [share * budget / total for share in exact]
    floors = [int(amount) for amount in amounts]
    order = sorted(range(len(exact)), key=lambda i: (floors[i] - amounts[i], i))
    for i in order[: budget - sum(floors)]:
        floors[i] += 1
    return floors
