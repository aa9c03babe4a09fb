"""How one run differs from another, in shares: lengths, sources, outcomes, scores, sites.

Input: OUT/report.json of both. Output: a population stability index for each, with what changed
most, and the outcomes side by side.
"""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

LEAST = 0.5  # added to each count, so that what one side lacks has no infinite weight
CHANGES = 200  # outcomes shown


def stability_index(before: Mapping[str, int], now: Mapping[str, int]) -> float:
    """Return the population stability index of two counts over the same bins; 0 where both agree.

    The sum over bins of (now - before) * ln(now / before), of shares. Below 0.1 little has changed,
    above 0.25 much (Siddiqi 2006, Credit Risk Scorecards, chapter 8).

    >>> stability_index({"a": 10, "b": 30}, {"a": 10, "b": 30})
    0.0
    """
    return sum(
        (one - other) * math.log(one / other) for other, one in _shares(before, now).values()
    )


def _shares(before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, tuple[float, float]]:
    names = sorted({*before, *now})
    wholes = [sum(side.values()) + LEAST * len(names) for side in (before, now)]
    return {
        name: (
            (before.get(name, 0) + LEAST) / wholes[0],
            (now.get(name, 0) + LEAST) / wholes[1],
        )
        for name in names
    }


def drift(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """Return what changed from one OUT/report.json to another.

    Keys: `measures`: name, psi, most (the bin that adds the most), its shares before and now;
    `outcomes`: state, stage, reason, records before and now, the greatest changes first.
    """
    measures = []
    sides = [_counts(report) for report in (before, now)]
    for name in sides[0]:
        shares = _shares(sides[0][name], sides[1][name])
        most = max(shares, key=lambda one: (abs(shares[one][1] - shares[one][0]), one), default="")
        measures.append(
            {
                "name": name,
                "psi": stability_index(sides[0][name], sides[1][name]),
                "most": most,
                "before": shares[most][0] if shares else 0.0,
                "now": shares[most][1] if shares else 0.0,
            }
        )
    counts = [_outcomes(report) for report in (before, now)]
    rows: list[dict[str, Any]] = [
        {"state": what[0], "stage": what[1], "reason": what[2],
         "before": counts[0][what], "now": counts[1][what]}
        for what in {**counts[0], **counts[1]}
    ]  # fmt: skip
    rows.sort(key=lambda row: (-abs(row["now"] - row["before"]), *map(str, row.values())))
    return {"measures": measures, "outcomes": rows[:CHANGES]}


def _outcomes(report: Mapping[str, Any]) -> Counter[tuple[str, str, str]]:
    counts: Counter[tuple[str, str, str]] = Counter()
    for _, state, stage, reason, records, *_ in report["outcomes"]:
        counts[state, stage, reason] += records
    return counts


def _counts(report: Mapping[str, Any]) -> dict[str, Counter[str]]:
    """Return what is compared: counts over bins, by name."""
    found: dict[str, Counter[str]] = {
        name: Counter() for name in ("sources", "outcomes", "lengths", "lengths kept", "sites")
    }
    for source, state, stage, reason, records, *_ in report["outcomes"]:
        found["sources"][source] += records
        found["outcomes"][" ".join(filter(None, (state, stage, reason)))] += records
    for _, state, at, count in report["lengths"]:
        label = f"{report['edges'][at]:,} characters and more"
        found["lengths"][label] += count
        if state in ("kept", "unused", "held_out"):
            found["lengths kept"][label] += count
    for name, records, *_ in report["sites"]["rows"]:
        found["sites"][name] += records
    return found
