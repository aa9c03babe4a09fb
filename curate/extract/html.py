"""Extract the main text of an HTML page: decode, check budgets, run an extractor.

Input: the bytes of one page. Output: an `Extraction`, always; a page that cannot be read has
a reason, not an exception. Budgets count bytes, tags and open elements before any tree is
built, so results are the same on every machine. No clock, no cache from one page to the next.
"""

import re
import sys
from dataclasses import dataclass
from typing import Literal

from curate._lazy import listing
from curate.encoding.decode import decode
from curate.extract.extractors import EXTRACTORS, load
from curate.extract.page_metadata import find_date, find_title
from curate.text.blocks import Block

__all__ = ["Extraction", "extract"]
__dir__ = listing(__name__, __all__)

REASONS: dict[str, str] = {
    "page_too_large": "the page exceeds the limit of bytes",
    "too_many_tags": "the page exceeds the limit of tags",
    "too_many_cells": "a row of a table exceeds the limit of cells",
    "too_deep": "the page exceeds the limit of nested elements, or that of its parser",
    "extraction_failed": "the extractor raised an error on this page",
    "no_text": "the extractor found no text in this page",
}
# Measured with trafilatura 2.3.1 on 33,000 pages of crawls and test sets: the longest has
# 1.2 MB, the one with most tags 19,252, the deepest 434 by our count (and its text is found).
MAX_BYTES = 5 << 20  # Common Crawl's own limit since 2025
MAX_TAGS = 200_000  # a tag costs up to 25 microseconds and 600 bytes in hostile pages
MAX_DEPTH = 1_000
MAX_CELLS = 5_000  # of one row; trafilatura's time is quadratic in them: 99,000 take a minute
_PARSED_DEPTH = 250  # at 254 open elements libxml2 gives up: no text, and no error either


Format = Literal["text", "markdown"]
DEFAULT = "combined"


@dataclass(frozen=True, slots=True)
class Extraction:
    """The text of one page, with its encoding, blocks, title and date.

    `text` is "" where there is none, and `reason` (of `REASONS`) says why. `encoding` and
    `encoding_rule` are those of `curate.encoding.decode.decode`; of a page given as str both
    are "". `blocks` say which parts of the text are headings, lists, code, … (of those extractors
    that mark them). `title` is None if neither the extractor nor, if requested, the page has one,
    `date` (YYYY-MM-DD) if not requested or not found.
    """

    text: str
    encoding: str
    encoding_rule: str
    extractor: str
    title: str | None = None
    date: str | None = None
    reason: str | None = None
    blocks: tuple[Block, ...] = ()


def extract(
    html: bytes | str,
    *,
    url: str | None = None,
    content_type: str | None = None,
    extractor: str = DEFAULT,
    precision: bool = False,
    format: Format = "text",
    title: bool = False,
    date: bool = False,
    latest: str | None = None,
    max_bytes: int = MAX_BYTES,
    max_tags: int = MAX_TAGS,
    max_depth: int = MAX_DEPTH,
) -> Extraction:
    """Return the main text of one page.

    Args:
        url: where the page was; extractors may use it, none fetches it.
        content_type: the HTTP header, for its charset; ignored if `html` is str.
        extractor: a name of `curate.extract.extractors`.
        precision: miss text rather than keep menus; combined and trafilatura have it.
        format: "text", or "markdown" from combined, trafilatura or readability.
        title: look for the page's title if the extractor returns none.
        date: look for the day the page was published, none after `latest`.
        latest: when the page was fetched (WARC-Date; its first ten characters are read); where
            it is not known no date is looked for, for there is no bound but today's clock.
        max_bytes, max_tags, max_depth: budgets: bytes of the page (characters, if it is str),
            tags in it, elements open at once.
    Raises:
        ValueError: there is no extractor of this name, or it lacks the mode or format.
        ImportError: the packages it needs are not installed.
    """
    if extractor not in EXTRACTORS:
        known = ", ".join(sorted(EXTRACTORS))
        raise ValueError(f"extract: expected an extractor of {known}, got {extractor!r}")
    run = load(extractor, precision, format == "markdown")
    encoding = rule = ""
    if len(html) > max_bytes:
        return Extraction("", encoding, rule, extractor, reason="page_too_large")
    if isinstance(html, bytes):
        html, encoding, rule = decode(html, content_type)
    reason = _over_budget(html, max_tags, max_depth)
    if reason is not None:
        return Extraction("", encoding, rule, extractor, reason=reason)
    try:
        text, blocks, named = run(html, url)
    except Exception:  # an extractor may raise anything; bad pages are data
        return Extraction("", encoding, rule, extractor, reason="extraction_failed")
    if not text:
        reason = "too_deep" if exceeds_depth(html, _PARSED_DEPTH) else "no_text"
    if named is None and title:
        named = find_title(html)
    day = find_date(html, url, latest) if date and latest else None
    return Extraction(text, encoding, rule, extractor, named, day, reason, blocks)


_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
# Void elements, and those whose end tag may be omitted.
_FLAT_NAMES = (
    "area base br col embed hr img input link meta param source track wbr frame basefont isindex "
    "html head body p li dt dd tr td th tbody thead tfoot caption colgroup option optgroup rt rp"
)
_FLAT = frozenset(_FLAT_NAMES.split())
_POLICY = "curate.extract.combined.kernel_policy"


def _over_budget(html: str, max_tags: int, max_depth: int) -> str | None:
    if html.count("<") > max_tags:
        return "too_many_tags"
    if _exceeds_cells(html, MAX_CELLS):
        return "too_many_cells"
    return "too_deep" if exceeds_depth(html, max_depth) else None


_CELL = re.compile(r"<(?:(?i:t[dh])|(?i:(tr)))(?=[\s/>])")


def _exceeds_cells(html: str, limit: int) -> bool:
    """Return whether some row of a table has more than `limit` cells, by a count of tags."""
    if html.count("<") <= limit:
        return False
    cells = 0
    for row in _CELL.findall(html):
        cells = 0 if row else cells + 1
        if cells > limit:
            return True
    return False


def exceeds_depth(html: str, limit: int) -> bool:
    """Return whether more than `limit` elements are open at once somewhere in the page.

    A count of tags, not a parse: elements whose end tag may be left out do not count, end
    tags without a beginning are ignored, and tags in scripts and comments count.
    """
    if html.count("<") - html.count("</") <= limit:
        return False
    policy = sys.modules.get(_POLICY)
    kernels = policy.in_use() if policy is not None else None
    if kernels is not None and (deepest := kernels.depth(html, _FLAT)) >= 0:
        return bool(deepest > limit)
    depth = 0
    for end, name in _TAG.findall(html):
        if name.lower() not in _FLAT:
            depth = max(depth - 1, 0) if end else depth + 1
            if depth > limit:
                return True
    return False
