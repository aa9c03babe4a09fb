"""Topic bias of a classifier: how far scores follow the subjects of texts.

Input: scored windows of references. Output: the content words that many of them have, with the
mean rank of the windows that have each, and how far those means spread: 0 if no subject moves a
score. References are assumed to be good on every subject.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from curate.quality.masks import words_of

FEWEST = 30  # windows that have a word, from two groups or more
MOST = 200  # words
SHOWN = 15  # at either end
SHORTEST = 4  # letters; shorter words are seldom a subject


@dataclass(frozen=True, slots=True)
class TopicWord:
    """A content word: how many windows have it, and their mean rank, 0 to 1."""

    word: str
    windows: int
    mean_rank: float


@dataclass(frozen=True, slots=True)
class Topics:
    """spread: standard deviation of the words' mean ranks, less what chance alone would give.

    high, low: the words whose windows rank highest and lowest.
    """

    words: int
    spread: float
    high: tuple[TopicWord, ...]
    low: tuple[TopicWord, ...]


def topics_of(
    texts: Sequence[str], groups: Sequence[str], scores: Sequence[float], kept: Collection[str]
) -> Topics:
    """Return how far scores follow subjects.

    Args:
        texts, groups, scores: of each window; a group is a site or a book.
        kept: function words, in lower case; any other word of SHORTEST letters is content.
    """
    order = np.argsort(np.asarray(scores, np.float64), kind="stable")
    ranks = np.empty(len(texts))
    ranks[order] = (np.arange(len(texts)) + 0.5) / max(len(texts), 1)
    having: dict[str, list[int]] = defaultdict(list)
    for i, text in enumerate(texts):
        for word in {w for w in words_of(text) if len(w) >= SHORTEST and w not in kept}:
            having[word].append(i)
    many = sorted(
        (w for w, indexes in having.items()
         if len(indexes) >= FEWEST and len({groups[i] for i in indexes}) > 1),
        key=lambda w: (-len(having[w]), w),
    )[:MOST]  # fmt: skip
    topics = [
        TopicWord(
            w, len(having[w]), round(math.fsum(ranks[i] for i in having[w]) / len(having[w]), 4)
        )
        for w in many
    ]
    topics.sort(key=lambda topic: (topic.mean_rank, topic.word))
    return Topics(len(topics), _spread(topics), tuple(topics[::-1][:SHOWN]), tuple(topics[:SHOWN]))


def _spread(topics: Sequence[TopicWord]) -> float:
    if not topics:
        return 0.0
    mean = math.fsum(topic.mean_rank for topic in topics) / len(topics)
    variance = math.fsum((topic.mean_rank - mean) ** 2 for topic in topics) / len(topics)
    # A mean of n ranks drawn from all has a variance of 1 / 12n.
    by_chance = math.fsum(1 / (12 * topic.windows) for topic in topics) / len(topics)
    return round(math.sqrt(max(0.0, variance - by_chance)), 4)
