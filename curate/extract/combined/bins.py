"""Feature codes of `line_classifier` and binning of numeric features.

A feature is a whole number: a thousand times the number of its group, and a bin below a thousand.
"""

from math import log

GROUPS = (
    "length", "links", "length_links", "where", "where_length", "where_links", "article_share",
    "article_size", "page_size", "sentence", "end_length", "start", "commas", "digits", "place",
    "where_place", "distance", "bold", "break", "repeated", "hidden", "around", "around_article",
    "before3", "before2", "before1", "after1", "after2", "after3",
    "article-3", "article-2", "article-1", "article+1", "article+2", "article+3",
    "end-1", "end+1", "kin-1", "kin+1",
    "kind_share", "kind_links", "kind_lines", "kind_mean",
    "size0", "size1", "size2", "size3", "share0", "share1", "share2", "share3",
    "dense0", "dense1", "dense2", "dense3", "mean0", "mean1", "mean2", "mean3",
    "prose0", "prose1", "prose2", "prose3",
    "tag_length", "tag_links", "tags", "tag-1", "tag+1", "prose25", "prose50", "prose75",
    "comments", "title",
)  # fmt: skip
CODES = {name: 1000 * number for number, name in enumerate(GROUPS)}
NOWHERE = 999


def _bins(base: float, top: int) -> list[int]:
    """Return the bin of each number 0..: logarithmic, the last open."""
    bins: list[int] = []
    number = 0
    while not bins or bins[-1] < top:
        bins.append(min(int(log(number + 1) / log(base)), top))
        number += 1
    return bins


B16, B18, B20, B22 = (_bins(base, 14) for base in (1.6, 1.8, 2.0, 2.2))


def binned(table: list[int], number: float) -> int:
    """Return the bin of a number that is not negative."""
    return table[int(number)] if number < len(table) else table[-1]


def share(part: int, total: int) -> int:
    """Return 0 for none, 1..4 by quarters, 5 for all."""
    if not part:
        return 0
    return 1 + 4 * part // total if part < total else 5
