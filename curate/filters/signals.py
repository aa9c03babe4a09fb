"""Quality signals: the measures of all filters of this package for one text."""

from functools import cache
from typing import Any

from curate._lazy import listing
from curate.filters.finding import default_of, filters
from curate.text.sentences import count_sentences
from curate.text.views import Text
from curate.text.word_counts import count_words

__all__ = ["measure"]
__dir__ = listing(__name__, __all__)


def measure(text: str) -> dict[str, float]:
    """Return the measure of every rule by its name: counts, shares in [0, 1], ratios.

    With the filters' default settings; for a text without words or lines all are 0.0. Also returned
    are the numbers of characters, words, lines, paragraphs and sentences. A filter judges the text
    or its prose (`curate.text.prose`): pass what it judges.

    >>> signals = measure("The cat sat. The cat slept.")
    >>> signals["words"], signals["top_2_gram"]
    (6.0, 0.2727272727272727)
    """
    text = Text.of(text)
    measures: dict[str, float] = {
        "characters": len(text),
        "words": text.view(count_words).number,
        "lines": len(text.lines),
        "paragraphs": len(text.paragraphs),
        "sentences": sum(map(count_sentences, text.lines)),
    }
    for filter_ in _measured():
        measures.update(filter_.measures(text))
    return {name: float(value) for name, value in measures.items()}


@cache
def _measured() -> list[Any]:
    """Return the filters that have measures, with their defaults."""
    defaults = (
        default_of(filter_)
        for _, filter_ in sorted(filters().items())
        if hasattr(filter_, "measures")
    )
    return [filter_ for filter_ in defaults if filter_ is not None]
