"""Plan a mixture by cells: weights of strata, and the quality curve within them.

Input: tokens by stratum and level of quality, weights, a budget. Output: what to take of each cell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from curate.mix import weights
from curate.mix.buckets import Sum
from curate.mix.cells import cell, parted, score_of
from curate.mix.curve import Curve, buckets_of
from curate.mix.weights import Plan, Share, Totals, achieved_row, share_of

Levels = Mapping[str, Mapping[int, Sum]]  # by stratum and level


@dataclass(frozen=True, slots=True)
class Bounds:
    """The lowest and highest quality score of a bucket."""

    low: float
    high: float


def divide_strata(
    plan: Plan, levels: Levels, curve: Curve, curved: Sequence[str]
) -> tuple[Plan, dict[str, list[int]], dict[str, Bounds]]:
    """Return the plan with the strata `curved` divided into buckets.

    Also the lowest level of each bucket except the first, by stratum, and the bounds by cell.

    Raises ValueError, naming the stratum, where its budget needs too many copies.
    """
    shares: dict[str, Share] = {}
    starts: dict[str, list[int]] = {}
    bounds: dict[str, Bounds] = {}
    for name, share in plan.shares.items():
        by_level = levels.get(name, {})
        if name not in curved or not share.tokens:
            shares[name] = share
            continue
        try:
            buckets = buckets_of(
                {n: level.amount for n, level in by_level.items()}, share.target, curve
            )
        except ValueError as error:
            raise ValueError(f"{error} ({name})") from error
        starts[name] = [bucket.low for bucket in buckets[1:]]
        for number, bucket in enumerate(buckets):
            documents = sum(
                n.documents for at, n in by_level.items() if bucket.low <= at <= bucket.high
            )
            key = cell(name, number)
            weight = Fraction(bucket.target, plan.tokens)
            total = Totals(documents, bucket.tokens)
            shares[key] = share_of(key, weight, total, bucket.target)
            bounds[key] = Bounds(score_of(bucket.low), score_of(bucket.high))
    return Plan(shares, plan.tokens), starts, bounds


def by_source(shares: Mapping[str, Share], sources: Sequence[str]) -> Plan:
    """Return a plan of whole sources from that of their cells."""
    tokens = sum(share.target for share in shares.values())
    result: dict[str, Share] = {}
    for source in sorted(sources):
        cells = [share for name, share in shares.items() if parted(name)[0] == source]
        target = sum(share.target for share in cells)
        weight = cells[0].weight if len(cells) == 1 else Fraction(target, tokens or 1)
        total = Totals(sum(s.documents for s in cells), sum(s.tokens for s in cells))
        result[source] = weights.share_of(source, weight, total, target)
    return Plan(result, tokens)


def groups_of(cells: Sequence[str]) -> list[list[str]]:
    """Return the cells of each source, whose targets are to be met together, in order of names."""
    groups: dict[str, list[str]] = {}
    for name in cells:
        groups.setdefault(parted(name)[0], []).append(name)
    return list(groups.values())


def cells_table(
    shares: Mapping[str, Share],
    bounds: Mapping[str, Bounds],
    achieved: Mapping[str, Totals],
) -> list[dict[str, object]]:
    """Return a row for each cell: source, label and bucket, totals, plan and achieved tokens."""
    written = sum(total.tokens for total in achieved.values())
    rows: list[dict[str, object]] = []
    for name, share in shares.items():
        source, label, bucket = parted(name)
        total = achieved.get(name, Totals(0, 0))
        rows.append(
            {
                "source": source,
                "label": label,
                "bucket": bucket,
                "low": bounds[name].low if name in bounds else None,
                "high": bounds[name].high if name in bounds else None,
                "has_documents": share.documents,
                "has_tokens": share.tokens,
                **achieved_row(share, total, written),
            }
        )
    return rows
