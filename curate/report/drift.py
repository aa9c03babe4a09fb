"""Differences of two runs, in shares: sources, rules, lengths, languages, sites, words.

Input: both folders. Output: a population stability index for each measure, whether it is more than
chance explains, what changed most, and the outcomes side by side.
"""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

from curate.report.run_measures import Measure, run_measures
from curate.store.output import read_report

LEAST = 0.5  # added to each count, so that what one side lacks has no infinite weight
SMALL = 0.1  # an index below which little has changed (Siddiqi 2006)
WORDS = 300  # of both sides together, those in the most documents
SITES = 300
CHANGES = 200  # outcomes shown
MOST = 30  # bins in the list of what changed most
OF_MEASURE = 5  # of them of one measure
SURE = 6.0  # standard errors of a word: far beyond what one of WORDS has by chance
Z = 2.3263478740408408  # of a chance of 1 %
Shares = dict[str, tuple[float, float]]


def stability_index(before: Mapping[str, int], now: Mapping[str, int]) -> float:
    """Return the population stability index of two counts over the same bins; 0 where both agree.

    The sum over bins of (now - before) * ln(now / before), of shares. Below 0.1 little has changed,
    above 0.25 much (Siddiqi 2006, Credit Risk Scorecards, chapter 8).

    >>> stability_index({"a": 10, "b": 30}, {"a": 10, "b": 30})
    0.0
    """
    return math.fsum(_parts(_shares(before, now)).values())


def _parts(shares: Shares) -> dict[str, float]:
    return {name: (now - was) * math.log(now / was) for name, (was, now) in shares.items()}


def _shares(before: Mapping[str, int], now: Mapping[str, int]) -> Shares:
    names = sorted({*before, *now})
    wholes = [sum(counts.values()) + LEAST * len(names) for counts in (before, now)]
    return {
        name: (
            (before.get(name, 0) + LEAST) / wholes[0],
            (now.get(name, 0) + LEAST) / wholes[1],
        )
        for name in names
    }


def by_chance(bins: int, before: int, now: int) -> float:
    """Return the index that two samples of one population exceed in 1 of 100 cases.

    It is that of the chi-square distribution with bins - 1 degrees of freedom, times
    (1 / before + 1 / now) for samples of so many (Yurdakul and Naranjo 2020, "Statistical
    properties of the population stability index"); the quantile is Wilson and Hilferty's.

    >>> round(by_chance(10, 1_000, 1_000), 4)
    0.0434
    """
    if bins < 2 or not before or not now:
        return math.inf
    degrees = bins - 1
    spread = 2 / (9 * degrees)
    return float(degrees * (1 - spread + Z * math.sqrt(spread)) ** 3 * (1 / before + 1 / now))


def drift(before: str, now: str) -> dict[str, Any]:
    """Return what changed from one run to another.

    Keys: `measures`: name, psi, chance (what chance alone may make of it), changed (whether psi is
    above that and above SMALL; of words, above twice that, or one word alone by SURE standard
    errors), most (the bin that adds the most), its shares before and now;
    `most`: the bins that add the most to measures that changed: measure, bin, shares before and
    now; `outcomes`: state, stage, reason, records before and now, the greatest changes first.

    Raises RecipeError where one of the folders holds no finished run.
    """
    sides = run_measures(before), run_measures(now)
    measures: list[dict[str, Any]] = []
    groups: list[tuple[float, list[dict[str, Any]]]] = []
    for name in (name for name in sides[0] if name in sides[1]):
        a, b = (_narrowed(name, side[name], sides) for side in sides)
        row, bins = _compared(name, a, b)
        measures.append(row)
        if row["changed"]:
            groups.append((row["psi"], bins[:OF_MEASURE]))
    groups.sort(key=lambda group: -group[0])
    top = [bin_ for _, bins in groups for bin_ in bins][:MOST]
    return {"measures": measures, "most": top, "outcomes": _outcomes(before, now)}


def _compared(
    name: str, before: Measure, now: Measure
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a measure's row, and its bins, those first that add the most."""
    shares = _shares(before.counts, now.counts)
    parts = _parts(shares)
    psi = math.fsum(parts.values())
    if before.halves and now.halves:
        # Documents are independent, their words are not: halves of a sample say what chance makes
        # of the sum, twice as much as of whole samples; each word separately counts documents.
        chance = max(stability_index(*before.halves), stability_index(*now.halves))
        errors = {bin_: _standard_errors(bin_, before, now) for bin_ in parts}
        changed = psi > 2 * chance or max(errors.values(), default=0.0) > SURE
        order = sorted(parts, key=lambda bin_: (-errors[bin_], bin_))
    else:
        chance = by_chance(len(parts), before.of, now.of)
        changed = psi > max(SMALL, chance)
        order = sorted(parts, key=lambda bin_: (-parts[bin_], bin_))
    first = order[0] if order else ""
    row = {
        "name": name,
        "psi": psi,
        "chance": chance if math.isfinite(chance) else None,
        "changed": changed,
        "most": first,
        "before": shares[first][0] if order else 0.0,
        "now": shares[first][1] if order else 0.0,
    }
    bins = [
        {"measure": name, "bin": bin_, "part": parts[bin_],
         "before": shares[bin_][0], "now": shares[bin_][1]}
        for bin_ in order
    ]  # fmt: skip
    return row, bins


def _standard_errors(bin_: str, before: Measure, now: Measure) -> float:
    """Return by how many standard errors the shares of documents in a bin differ."""
    counts, sizes = (before.counts[bin_], now.counts[bin_]), (before.of, now.of)
    if not all(sizes):
        return 0.0
    share = sum(counts) / sum(sizes)
    error = math.sqrt(share * (1 - share) * (1 / sizes[0] + 1 / sizes[1]))
    return abs(counts[0] / sizes[0] - counts[1] / sizes[1]) / error if error else 0.0


def _narrowed(name: str, measure: Measure, sides: tuple[dict[str, Measure], ...]) -> Measure:
    """Return a measure of few bins: of words and sites those that are most frequent on both."""
    limit = {"words": WORDS, "sites": SITES}.get(name)
    if limit is None:
        return measure
    totals = sum((side[name].counts for side in sides), Counter())
    names = sorted(totals, key=lambda word: (-totals[word], word))[:limit]
    counts = Counter({word: measure.counts[word] for word in names})
    halves = measure.halves and (
        Counter({word: measure.halves[0][word] for word in names}),
        Counter({word: measure.halves[1][word] for word in names}),
    )
    if name == "sites":
        counts["others"] = measure.counts.total() - counts.total()
    return Measure(counts, measure.of, halves)


def _outcomes(before: str, now: str) -> list[dict[str, Any]]:
    counts = []
    for out in (before, now):
        records_by_outcome: Counter[tuple[str, str, str]] = Counter()
        report = read_report(out, "report")
        for _, state, stage, reason, records, *_ in report["outcomes"]:
            records_by_outcome[state, stage, reason] += records
        counts.append(records_by_outcome)
    rows: list[dict[str, Any]] = [
        {"state": outcome[0], "stage": outcome[1], "reason": outcome[2],
         "before": counts[0][outcome], "now": counts[1][outcome]}
        for outcome in {**counts[0], **counts[1]}
    ]  # fmt: skip
    rows.sort(key=lambda row: (-abs(row["now"] - row["before"]), *map(str, row.values())))
    return rows[:CHANGES]
