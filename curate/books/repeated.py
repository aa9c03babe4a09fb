"""Remove lines repeated in every chapter of a book: running titles, links, copyright.

Input: the chapters of a book as blocks of text. Output: the same without such lines. Only short
blocks at a chapter's edges count: equal ones, or links and rights that differ in numbers only.
"""

import re
from collections import Counter
from collections.abc import Sequence

EDGE = 3  # blocks at the beginning and the end of a chapter
LONGEST = 240  # characters
SHARE, LEAST = 0.6, 3  # of the chapters that have text
LEAST_RIGHTS = 2  # chapters, of lines about rights
_NUMBERS = re.compile(r"\d+")
_LINKS = re.compile(
    r"\b(?:previous|prev|next|contents|index|back|home|top|page \d+ of|weiter|zurück|inhalt"
    r"|suivant|précédent|siguiente|anterior)\b|[←→«»⇐⇒]",
    re.IGNORECASE,
)
_RIGHTS = re.compile(r"©|\(c\) ?\d{4}|\bcopyright\b|rights reserved|\bISBN\b", re.I)


def without_repeated(chapters: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return chapters without the blocks at their edges that most chapters have.

    >>> books = [[f"Page {n} of 3 | Next", f"Text {name}.", "© 2020 A Press"] for n, name in
    ...          enumerate(("one", "two", "three"), 1)]
    >>> without_repeated(books)
    [['Text one.'], ['Text two.'], ['Text three.']]
    """
    with_text = [chapter for chapter in chapters if chapter]
    counts: Counter[str] = Counter()
    for chapter in with_text:
        counts.update({_normal_form(chapter[at]) for at in _edges(chapter)})
    enough = max(LEAST, SHARE * len(with_text))
    repeated = {
        block
        for block, count in counts.items()
        if count >= enough or (count >= LEAST_RIGHTS and _RIGHTS.search(block))
    }
    if not repeated:
        return [list(chapter) for chapter in chapters]
    return [_without(chapter, repeated) for chapter in chapters]


def _edges(chapter: Sequence[str]) -> set[int]:
    """Return the indices of the short blocks with words at a chapter's beginning and end."""
    places = {*range(min(EDGE, len(chapter))), *range(max(0, len(chapter) - EDGE), len(chapter))}
    return {
        at for at in places if len(chapter[at]) <= LONGEST and any(map(str.isalpha, chapter[at]))
    }


def _normal_form(block: str) -> str:
    """Return a normal form that repeated blocks share: chapter titles differ in their numbers."""
    plain = " ".join(block.split()).casefold()
    return _NUMBERS.sub("0", plain) if _RIGHTS.search(plain) or _LINKS.search(plain) else plain


def _without(chapter: Sequence[str], repeated: set[str]) -> list[str]:
    """Return a chapter without repeated blocks, from its edges inwards."""
    start, stop = 0, len(chapter)
    removed = {at for at in _edges(chapter) if _normal_form(chapter[at]) in repeated}
    if len(removed) == stop - start and len(removed) > 1:
        removed.discard(max(removed, key=lambda at: len(chapter[at])))
    return [block for at, block in enumerate(chapter) if at not in removed]
