"""What each rule measures on unfiltered crawl pages: histograms around its bound, overlaps.

Input: a hash sample of pages as extracted, each judged by every rule separately. Output: `rules` of
OUT/report.json, of bounded size: for each rule how many pages it drops, and for each rule that has
a number the pages by what it measures, separately those that another rule drops too. So one sees
how many more pages would pass if a bound were elsewhere, all other rules as they are.
"""

import bisect
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from curate.batch import to_blocks
from curate.engine.guard import OF_FILTERS
from curate.filters.ablation import rules
from curate.filters.rule_measure import is_measured, judge_each
from curate.recipe import Recipe
from curate.stages.filter import language_model
from curate.text.prose import prose_of

PAGES = 1_000  # judged
HISTOGRAMS, OVERLAPS = 100, 60  # rules with a number and pairs of rules that are reported
LANGUAGE = "language"
# Edges of bins as multiples of a bound that is a share; then each twentieth.
FACTORS = (0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 1.1, 1.25, 1.5, 2, 3, 4)
TWENTIETHS = 20
# Of other bounds: powers of the twelfth root of ten, from 1/32 to 68 times the bound.
POWERS = range(-18, 23)
PageRules = Mapping[str, Any]


def judging(recipe: Recipe) -> Callable[[Mapping[str, Any]], PageRules]:
    """Return a function (row of a page: url, text, blocks) -> its verdicts, as JSON data.

    Keys: `against`: rules that drop the page, in order; `values`: [rule, side, whether it is a
    share, bound, measure] of each rule that has a number; none of a page in a language that is not
    kept, for its bounds would be those of that language.
    """
    chains = cache(recipe.steps)
    rules_of = cache(lambda code: rules(chains(code)))
    unmeasured = cache(lambda code: [rule for rule in rules_of(code) if not is_measured(rule)])
    language = language_model(recipe) if recipe.language else None

    def function(row: Mapping[str, Any]) -> PageRules:
        text, blocks = row["text"], to_blocks(row["blocks"])
        columns = {name: row[name] for name in ("id", "source", "url")}
        code, language_rules = None, set()
        if language is not None:
            code, score = language.identify(prose_of(text, blocks))
            if recipe.language and recipe.language.keep and language.judge(code, score):
                language_rules.add(LANGUAGE)
        against, measured = judge_each(chains(code), text, columns, blocks, unmeasured(code))
        order = dict.fromkeys((LANGUAGE, *(rule.name for rule in rules_of(code)), *sorted(against)))
        return {
            "against": [name for name in order if name in against | language_rules],
            "values": [
                [value.reason, value.bound.side, value.bound.share, value.value, value.measure]
                for value in measured
                if math.isfinite(value.measure) and not language_rules
            ],
        }

    return function


def ended(cause: str) -> PageRules:
    """Return the verdicts on a page on which an external filter ended its process."""
    return {"against": [OF_FILTERS[cause]], "values": []}


def edges(bound: float, *, share: bool) -> list[float]:
    """Return the edges of the bins of a rule's measures, rising; the bound is one of them.

    They depend on nothing else, so two runs with one bound have the same bins.

    >>> edges(0.5, share=True)[:6]
    [0.0, 0.05, 0.1, 0.15, 0.2, 0.25]
    """
    if share or not bound:
        candidates = {round(n / TWENTIETHS, 4) for n in range(TWENTIETHS + 1)}
        candidates |= {float(f"{bound * factor:.3g}") for factor in FACTORS}
        candidates = {edge for edge in candidates if edge <= 1}
    else:
        candidates = {float(f"{bound * 10 ** (power / 12):.3g}") for power in POWERS}
        if bound >= TWENTIETHS:
            candidates = {float(round(edge)) for edge in candidates}
    return sorted(
        {edge for edge in candidates if not math.isclose(edge, bound, rel_tol=1e-3)} | {bound}
    )


def bin_of(value: float, edges: Sequence[float], side: str) -> int:
    """Return the bin of a value, from 0 to as many as there are edges.

    Bins 0 to n hold the values that are lower than edge n, for a rule whose bound is the least
    that passes; for one whose bound is the most that passes, those that are not above edge n.
    """
    if side == "least":
        return bisect.bisect_right(edges, value)
    return bisect.bisect_left(edges, value)


def sum_rules(pages: Iterable[PageRules], names: Sequence[str]) -> dict[str, Any]:
    """Return the sums over pages.

    Keys: `pages`, `dropped` (by any rule), `rules`: rule, how many it drops alone, as the first in
    order, and beyond all others; `histograms`: rule, side, bound, edges, and pages by bin: `passed`
    of those that all other rules pass, `failed` of the others, of each rule that of the most pages
    first; `overlaps`: [rule, rule, pages that both drop], the most first.

    Args:
        names: the rules in order.
    """
    alone: Counter[str] = Counter()
    first: Counter[str] = Counter()
    only: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    bins: dict[tuple[str, float], dict[str, Any]] = {}
    count = 0
    for page in pages:
        count += 1
        against = page["against"]
        alone.update(against)
        first.update(against[:1])
        only.update(against if len(against) == 1 else ())
        pairs.update((a, b) for at, a in enumerate(against) for b in against[at + 1 :])
        for rule, side, share, bound, measure in page["values"]:
            histogram = bins.get((rule, bound)) or _histogram(rule, side, bound, share)
            bins[rule, bound] = histogram
            passed = not [name for name in against if name != rule]
            counts = histogram["passed" if passed else "failed"]
            counts[bin_of(measure, histogram["edges"], side)] += 1
    order = {name: at for at, name in enumerate(dict.fromkeys([*names, *sorted(alone)]))}
    by_pages = sorted(
        bins.values(),
        key=lambda histogram: (-_pages(histogram), order[histogram["rule"]], histogram["bound"]),
    )
    return {
        "pages": count,
        "dropped": sum(first.values()),
        "rules": [
            {"rule": name, "alone": alone[name], "first": first[name], "only": only[name]}
            for name in order
        ],
        "histograms": sorted(by_pages[:HISTOGRAMS], key=lambda histogram: order[histogram["rule"]]),
        "overlaps": [
            [*pair, pages]
            for pair, pages in sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
        ][:OVERLAPS],
    }


def names_of(recipe: Recipe) -> list[str]:
    """Return the names of a recipe's rules in order."""
    language = [LANGUAGE] if recipe.language and recipe.language.keep else []
    return [*language, *(rule.name for rule in rules(recipe.steps()))]


def _histogram(rule: str, side: str, bound: float, share: bool) -> dict[str, Any]:
    bin_edges = edges(bound, share=share)
    empty: dict[str, Any] = {name: [0] * (len(bin_edges) + 1) for name in ("passed", "failed")}
    return {"rule": rule, "side": side, "bound": bound, "edges": bin_edges, **empty}


def _pages(histogram: Mapping[str, Any]) -> int:
    counts: list[int] = [*histogram["passed"], *histogram["failed"]]
    return sum(counts)
