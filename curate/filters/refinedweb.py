r"""RefinedWeb's rules on lines: what is no prose is cut, and a page of much of it is dropped.

One object, used twice: called with a text it judges the page by how much its lines lose, its
method `clean` returns what is left.

Source: Penedo et al. 2023 (RefinedWeb), arXiv:2306.01116, appendix G.2, as rebuilt in DCLM
(Li et al. 2024, baselines/baselines_configs/dclm_baseline_refinedweb.yaml).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any

from curate.filters.settings import check_count, check_flag, check_number
from curate.steps import Step, edit, judge
from curate.text.views import Text

COUNTED = ("likes", "shares", "comments", "retweets", "reposts", "quotes", "bookmarks", "upvotes",
           "downvotes", "downloads", "views", "followers")  # fmt: skip
_COUNTER = re.compile(rf"\d[\d,.]*[km]?\s+(?:{'|'.join(word + '?' for word in COUNTED)})", re.I)
_FRAGMENT = re.compile(
    r"^\s*sign[- ]in\b|\bread more\s*(?:\.\.\.|…)\s*$|\b(?:\d+\s+)?items? in (?:your )?cart\b", re.I
)
_URL = re.compile(r"https?://\S+|www\.\S+", re.I)
_BREAKS = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RefinedWeb:
    r"""Cut lines that are no prose (`clean`), drop pages that lose much (called).

    For each line that is not blank, in this order:
        more than `max_uppercase` of its characters are upper case: cut;
        `numbers`: nothing but digits, signs between them and white space: cut;
        `counters`: "3 likes" and its like (COUNTED): cut;
        `single_words`: one word: cut;
        `fragments`: of at most `fragment_words` words: "sign-in" at its start, "read more..." at
            its end, "items in cart" anywhere are cut out of it.
    Then `urls`: addresses are cut out of the text; more than `max_newlines` "\n" in a row become
    so many. Called with one text, returns "too_many_cut_words" if the rules on lines take more
    than `max_cut_words` of the words, or None.
    Args:
        max_uppercase, max_cut_words: shares; None for off.
        fragment_words: None for off.
        max_newlines: 2, or None for off.
        numbers, counters, single_words, urls: false for off.
    Raises:
        ValueError: a setting is none of these.

    Source: Penedo et al. 2023 (RefinedWeb), arXiv:2306.01116, appendix G.2, table 8.
    Differs: the paper prints examples of its patterns, not the patterns; these are the examples.

    >>> RefinedWeb().clean("Home\nThe cat sat on the mat.\n12 likes\nThen it slept. Read more...")
    'The cat sat on the mat.\nThen it slept.'
    >>> RefinedWeb()("Home\nAbout\nA sentence is here.")
    'too_many_cut_words'
    """

    max_uppercase: float | None = 0.5
    numbers: bool = True
    counters: bool = True
    single_words: bool = True
    fragment_words: int | None = 10
    urls: bool = True
    max_newlines: int | None = 2
    max_cut_words: float | None = 0.05

    def __post_init__(self) -> None:
        check_number(self, "max_uppercase", "max_cut_words", most=1)
        check_flag(self, "numbers", "counters", "single_words", "urls")
        check_count(self, "fragment_words", "max_newlines")

    def __call__(self, text: str) -> str | None:
        if self.max_cut_words is None:
            return None
        text = Text.of(text)
        before, after = len(text.split()), len(text.view(self._cut).split())
        return "too_many_cut_words" if before - after > self.max_cut_words * before else None

    def clean(self, text: str) -> str:
        """Return the text without what the rules cut out."""
        text = Text.of(text).view(self._cut)
        if self.urls:
            text = _URL.sub("", text)
        if self.max_newlines is not None:
            most = self.max_newlines
            text = _BREAKS.sub(lambda found: "\n" * min(most, len(found[0])), text)
        return text.strip()

    def steps(self) -> list[Step]:
        """Return the steps of a chain: judge the page, then keep its good lines."""
        return [edit(Text.of), judge(self), edit(self.clean)]

    def _cut(self, text: str) -> str:
        return "\n".join(self._lines(text))

    def _lines(self, text: str) -> Iterator[str]:
        for line in text.split("\n"):
            bare = line.strip()
            if not bare:
                yield line
            elif not self._is_no_prose(bare):
                kept = line
                most = self.fragment_words
                if most is not None and len(bare.split(None, most)) <= most:
                    kept = _FRAGMENT.sub("", line).strip()
                if kept.strip():
                    yield kept

    def _is_no_prose(self, line: str) -> bool:
        if self.max_uppercase is not None:
            upper = sum(map(str.isupper, line))
            if upper > self.max_uppercase * len(line):
                return True
        if self.numbers and not any(c.isalpha() for c in line) and any(map(str.isdigit, line)):
            return True
        if self.counters and _COUNTER.fullmatch(line):
            return True
        return self.single_words and len(line.split(None, 1)) == 1


@wraps(RefinedWeb, updated=())
def _steps(**settings: Any) -> list[Step]:
    return RefinedWeb(**settings).steps()


FILTERS = {"refinedweb": _steps}
REASONS = {
    "too_many_cut_words": "lines that are no prose hold more than 5 % of the words "
    "(RefinedWeb, appendix G.2)",
}
