"""Selection of lines: units by their log-odds, up to the highest expected F-score.

Input: the log-odds of a page's lines, the lines that Readability found, the units they are in.
Output: the numbers of the lines to keep.
"""

from collections.abc import Collection, Iterable, Sequence
from math import exp, log

# By how much a line outside of what Readability found must be surer, in log-odds, where the two
# agree on the page's text by their F1 in characters; not a line between two that it found. And in
# precision mode, on every page (on lists and forums that costs much text).
# benchmarks/extraction_fit.py tries others, and judges the choice on sites it was not made on. For
# precision, three sets of news choose 2; of 2, 3 and 4, 3 is the least that reaches trafilatura's
# precision mode on the article-extraction-benchmark.
AGREED = 0.8
DOUBT = 0.5
PRECISE = 3.0
# How much more than precision recall counts: the square of beta of the F-score that is expected
# (van Rijsbergen 1979). What is left out is lost, what is too much a filter can drop.
RECALL = 1.1
NAVIGATION = 2.5  # additional log-odds for a line of <nav>, unless Readability found it


def choose(
    odds: Sequence[float],
    sizes: Sequence[int],
    main: Sequence[int],
    units: Sequence[int] | None = None,
    *,
    agreed: float = AGREED,
    doubt: float = DOUBT,
    recall: float = RECALL,
) -> list[int]:
    """Return the numbers of the lines to keep, `main` being those Readability found.

    Where what the odds keep and `main` are nearly the same, the page is an article: a line that
    only the odds have is likelier a caption, a note on the author, a link to the next page.
    """
    kept = best(odds, sizes, units, recall)
    inside = set(main)
    both = 2 * sum(sizes[n] for n in kept if n in inside)
    if both < agreed * (sum(sizes[n] for n in kept) + sum(sizes[n] for n in main)) or not both:
        return kept
    between = range(main[0], main[-1])
    outside = [n for n in range(len(odds)) if n not in between]
    return best(doubtful(odds, main, doubt, outside), sizes, units, recall)


def doubtful(
    odds: Sequence[float], main: Sequence[int], doubt: float, lines: Iterable[int] | None = None
) -> list[float]:
    """Return log-odds, less sure by `doubt` outside of `main`, of these lines or of all."""
    inside = set(main)
    doubted = set(range(len(odds)) if lines is None else lines) - inside
    return [value - doubt if n in doubted else value for n, value in enumerate(odds)]


def is_mostly(some: Collection[int], lines: Sequence[int], sizes: Sequence[int]) -> bool:
    """Return whether more than half of the characters of these lines are those of some.

    >>> is_mostly({1}, [0, 1], [10, 30, 100])
    True
    """
    return 2 * sum(sizes[n] for n in lines if n in some) > sum(sizes[n] for n in lines)


def best(
    odds: Sequence[float],
    sizes: Sequence[int],
    units: Sequence[int] | None = None,
    recall: float = 1.0,
) -> list[int]:
    """Return the numbers of the lines to keep, in order: those of the highest expected F-score.

    `odds` are log-odds of being main text, `sizes` characters, `units` the number of each line's
    unit (its own where it has none): lines of a unit are kept together. With p the chance of a
    line, what is kept is expected to have sum(p * size) right; F1 is twice that over its own size
    and the size of all that is expected to be right. `recall` is the square of beta of an F-score
    in place of F1.

    >>> best([3.0, -1.0, 2.0, -5.0], [100, 100, 100, 100])
    [0, 2]
    >>> best([-3.0, -9.0], [100, 100])
    [0]
    >>> best([3.0, -1.0, 2.0, -5.0], [100, 100, 100, 100], [0, 0, 2, 3])
    [0, 1, 2]
    """
    chances = [1 / (1 + exp(-max(min(value, 30.0), -30.0))) for value in odds]
    unit_odds, unit_sizes, hits_of = list(odds), list(sizes), [0.0] * len(odds)
    members: dict[int, list[int]] = {}
    for n, unit in enumerate(range(len(odds)) if units is None else units):
        hits_of[unit] += chances[n] * sizes[n]
        if unit != n:
            members.setdefault(unit, [unit]).append(n)
            unit_sizes[unit] += sizes[n]
    merged = {n for lines_of_unit in members.values() for n in lines_of_unit[1:]}
    for unit in members:
        share = min(max(hits_of[unit] / max(unit_sizes[unit], 1), 1e-9), 1 - 1e-9)
        unit_odds[unit] = log(share / (1 - share))
    right = 0.0
    for hit in hits_of:  # one by one: sum() of floats differs between versions of Python
        right += hit
    order = sorted(
        (n for n in range(len(odds)) if n not in merged), key=lambda n: (-unit_odds[n], n)
    )
    kept = size = 0
    hits = highest = 0.0
    for rank, n in enumerate(order, 1):
        hits += hits_of[n]
        size += unit_sizes[n]
        score = hits / (size + recall * right)
        if score > highest:
            highest, kept = score, rank
    return sorted(value for n in order[:kept] for value in members.get(n, (n,)))
