r"""RefinedWeb's line-wise corrections: cut lines that are not prose, drop pages that lose too much.

One object, used twice: called with a text it judges the page by the share of words that are cut,
its method `clean` returns the text that is left.

Source: Penedo et al. 2023 (RefinedWeb), arXiv:2306.01116, appendix G.2, as rebuilt in DCLM
(Li et al. 2024, baselines/baselines_configs/dclm_baseline_refinedweb.yaml).
"""

import re
from collections.abc import Iterator

from pydantic.dataclasses import dataclass

from curate._lazy import listing
from curate.filters.settings import CONFIG, Count, Flag, Share, bound
from curate.steps import Reads, Step, edit, judge
from curate.text.cuts import Cut, apply_cuts, whole_lines
from curate.text.views import Text, split_words

__all__ = ["RefinedWeb"]
__dir__ = listing(__name__, __all__)

COUNTED = ("likes", "shares", "comments", "retweets", "reposts", "quotes", "bookmarks", "upvotes",
           "downvotes", "downloads", "views", "followers")  # fmt: skip
_COUNTER = re.compile(rf"\d[\d,.]*[km]?\s+(?:{'|'.join(word + '?' for word in COUNTED)})", re.I)
_FRAGMENT = re.compile(
    r"^\s*sign[- ]in\b|\bread more\s*(?:\.\.\.|…)\s*$|\b(?:\d+\s+)?items? in (?:your )?cart\b", re.I
)
_URL = re.compile(r"https?://\S+|www\.\S+", re.I)
_BREAKS = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class RefinedWeb:
    r"""Cut lines that are not prose (`clean`), drop pages that lose too many words (called).

    For each line that is not blank, in this order:
        `uppercase`: more than this share of its characters are upper case: cut;
        `numbers`: only digits, signs between them and white space: cut;
        `counters`: "3 likes" and similar ones (COUNTED): cut;
        `single_words`: one word: cut;
        `fragments`: of at most so many words: "sign-in" at its start, "read more..." at
            its end, "items in cart" anywhere are cut out of it.
    Then `urls`: URLs are cut out of the text; more than `newlines` consecutive "\n" become so
    many. Called with one text, returns "too_many_cut_words" if the rules on lines cut more than
    that share of the words, or None.
    Args:
        too_many_cut_words, uppercase: shares; None for off.
        fragments: words; None for off.
        newlines: 2, or None for off.
        numbers, counters, single_words, urls: false for off.
        reads: "prose", or "text" for all of it, as in the paper.
    Raises:
        ValueError: a setting is none of these.

    Source: Penedo et al. 2023 (RefinedWeb), arXiv:2306.01116, appendix G.2, table 8.
    Differs: only prose is judged. The paper prints examples of its patterns, not the patterns;
    these are the examples. A line of Chinese without spaces is not a single word.

    >>> RefinedWeb().clean("Home\nThe cat sat on the mat.\n12 likes\nThen it slept. Read more...")
    'The cat sat on the mat.\nThen it slept.'
    >>> RefinedWeb()("Home\nAbout\nA sentence is here.")
    'too_many_cut_words'
    """

    too_many_cut_words: Share | None = bound(
        0.05,
        "lines that are no prose hold more than {} of the words (RefinedWeb, appendix G.2)",
        share=True,
    )
    uppercase: Share | None = 0.5
    numbers: Flag = True
    counters: Flag = True
    single_words: Flag = True
    fragments: Count | None = 10
    urls: Flag = True
    newlines: Count | None = 2
    reads: Reads = "prose"

    def __call__(self, text: str) -> str | None:
        most = self.too_many_cut_words
        if most is None:
            return None
        ((reason, share),) = self.measures(text)
        return reason if share > most else None

    def measures(self, text: str) -> Iterator[tuple[str, float]]:
        """Yield (reason, measure) of its one rule on pages."""
        text = Text.of(text)
        before = len(text.split())
        after = len(apply_cuts(text, text.view(self.cut_lines)).split())
        yield "too_many_cut_words", (before - after) / (before or 1)

    def clean(self, text: str) -> str:
        """Return the text with the cuts of all rules applied."""
        for cut in (self.cut_lines, self.cut_urls, self.cut_newlines):
            text = apply_cuts(text, cut(text))
        return text.strip()

    def steps(self) -> list[Step]:
        """Return the steps of a chain: judge the page, then cut lines."""
        edits = (self.cut_lines, self.cut_urls, self.cut_newlines)
        judging = judge(self, name="refinedweb")
        return [
            judging,
            *(edit(cut, reads=self.reads, name="refinedweb", adds_words=False) for cut in edits),
        ]

    def cut_lines(self, text: str) -> list[Cut]:
        """Return the cuts of lines and of fragments of lines."""
        cuts, stop = [], 0
        for line in text.split("\n"):
            start, stop = stop, stop + len(line) + 1
            bare = line.strip()
            if not bare:
                continue
            rule = self._rule(bare)
            most = self.fragments
            if rule is None and most is not None and len(bare.split(None, most)) <= most:
                kept = _FRAGMENT.sub("", line).strip()
                if kept and kept != bare:
                    cuts.append(Cut(start, stop - 1, "fragments", kept))
                rule = None if kept else "fragments"
            if rule is not None:
                cuts.append(Cut(start, stop - 1, rule))
        return whole_lines(text, cuts)

    def cut_urls(self, text: str) -> list[Cut]:
        """Return the cuts of URLs."""
        if not self.urls:
            return []
        return [Cut(*match.span(), "urls") for match in _URL.finditer(text)]

    def cut_newlines(self, text: str) -> list[Cut]:
        """Return the cuts of excess consecutive line ends."""
        most = self.newlines
        if most is None:
            return []
        runs = [match.span() for match in _BREAKS.finditer(text)]
        return [Cut(start + most, end, "newlines") for start, end in runs if end - start > most]

    def _rule(self, line: str) -> str | None:
        """Return the rule by which a line is not prose, or None."""
        if self.uppercase is not None and sum(map(str.isupper, line)) > self.uppercase * len(line):
            return "uppercase"
        if self.numbers and not any(c.isalpha() for c in line) and any(map(str.isdigit, line)):
            return "numbers"
        if self.counters and _COUNTER.fullmatch(line):
            return "counters"
        return "single_words" if self.single_words and len(split_words(line)) == 1 else None


FILTERS = {"refinedweb": RefinedWeb}
