"""Our extractor: the page read once, its lines judged, those kept that make the best text.

Input: the decoded text of a page. Output: its main text, as plain text or Markdown. Feeds give
their entries' text, text without markup is left as it is.

Two that share no algorithm speak: where the points of paragraphs gather (`readable.article`),
and a linear rule on each line, which hears the first as one of its features (`weigh.log_odds`).
GPT-2's WebText combined two extractors likewise, Dragnet and Newspaper (Radford et al. 2019,
section 2.1). Lines of one kind then lean on each other (`together`). Of a page's lines, the
likeliest first, as many are kept as make the expected F1 of the characters kept the highest; so
a page of which little is sure still has a text, and no threshold is tuned. Where both are nearly
of one mind about a page, what only one of them took must be surer.
"""

import re
from collections.abc import Sequence
from math import exp

from curate.extract.combined.line_classifier import GRID, Weights, load, log_odds
from curate.extract.combined.line_smoothing import together
from curate.extract.combined.lines import lines
from curate.extract.combined.readability import article
from curate.extract.combined.render import render
from curate.extract.combined.tree import parse
from curate.extract.feeds import feed_text, is_feed
from curate.text.blocks import Written

# By how much a line outside of what readability found must be surer, in log-odds: where the two
# agree on the page's text, by their F1 in characters; and in precision mode, on every page (on
# lists and forums that costs much text). benchmarks/extraction_fit.py tries others, and judges
# the choice on sites it was not made on. For precision, three sets of news choose 2; of 2, 3 and
# 4, 3 is the least that reaches trafilatura's precision mode on the article-extraction-benchmark.
AGREED = 0.8
DOUBT = 2.0
PRECISE = 3.0
_MARKUP = re.compile(r"<[a-zA-Z!/?]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def main_text(
    html: str,
    *,
    precision: bool = False,
    markdown: bool = False,
    weights: Weights | None = None,
) -> str:
    """Return the main text of a page; "" where there is none.

    `weights` are others than those of the package, for measurements.
    """
    return main_content(html, precision=precision, markdown=markdown, weights=weights).text


def main_content(
    html: str,
    *,
    precision: bool = False,
    markdown: bool = False,
    weights: Weights | None = None,
) -> Written:
    """Return the main text of a page and its blocks."""
    if not _MARKUP.search(html):
        return Written(plain(html))
    if is_feed(html):
        return Written(feed_text(html, markdown=markdown))
    page = parse(html)
    found = lines(page)
    main = article(page, found)
    weights = weights or load()
    alone = log_odds(page, found, main, weights)
    sizes = [line.characters for line in found]
    if precision:
        kept = best(doubtful(alone, main, PRECISE), sizes)
    else:
        leaning = [one / GRID for one in weights.together]
        kept = choose(together(page, found, alone, leaning), alone, sizes, main)
    return render(page, found, kept, markdown=markdown)


def choose(
    tied: Sequence[float],
    alone: Sequence[float],
    sizes: Sequence[int],
    main: Sequence[int],
    *,
    agreed: float = AGREED,
    doubt: float = DOUBT,
) -> list[int]:
    """Return the numbers of the lines to keep, `main` being those readability found.

    `tied` are log-odds that lean on each other, `alone` those of lines judged one by one. Where
    what the first keep and `main` are nearly the same, the page is an article: a line that only
    one of them has is likelier a caption, a note on the author, a link to the next page.
    """
    kept = best(tied, sizes)
    inside = set(main)
    both = 2 * sum(sizes[n] for n in kept if n in inside)
    if both < agreed * (sum(sizes[n] for n in kept) + sum(sizes[n] for n in main)) or not both:
        return kept
    return best(doubtful(alone, main, doubt), sizes)


def doubtful(odds: Sequence[float], main: Sequence[int], doubt: float) -> list[float]:
    """Return log-odds, less sure by `doubt` outside of `main`."""
    inside = set(main)
    return [one if n in inside else one - doubt for n, one in enumerate(odds)]


def best(odds: Sequence[float], sizes: Sequence[int]) -> list[int]:
    """Return the numbers of the lines to keep, in order: those of the highest expected F1.

    `odds` are log-odds of being main text, `sizes` characters. With p the chance of a line,
    what is kept is expected to have sum(p * size) right; F1 is twice that over its own size and
    the size of all that is expected to be right.

    >>> best([3.0, -1.0, 2.0, -5.0], [100, 100, 100, 100])
    [0, 2]
    >>> best([-3.0, -9.0], [100, 100])
    [0]
    """
    chances = [1 / (1 + exp(-max(min(one, 30.0), -30.0))) for one in odds]
    right = sum(chance * size for chance, size in zip(chances, sizes, strict=True))
    order = sorted(range(len(odds)), key=lambda n: (-odds[n], n))
    kept = size = 0
    hits = highest = 0.0
    for place, n in enumerate(order, 1):
        hits += chances[n] * sizes[n]
        size += sizes[n]
        score = hits / (size + right)
        if score > highest:
            highest, kept = score, place
    return sorted(order[:kept])


def plain(text: str) -> str:
    """Return a text that has no markup: its line breaks made alike, no control characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", text).strip()
