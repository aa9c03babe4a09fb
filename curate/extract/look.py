"""A cheap look at a page: would what can be extracted from it be dropped anyway?

Enters: a page's HTML, decoded. Leaves: the reason for which a later rule is certain to drop the
text of this page, whichever extractor makes it; or None. Extraction is dear, a look is not: no
tree is built, the page is walked over a few times by patterns that cannot run away.

What is certain. An extractor returns some of the page's text, and no words of its own but marks
for items, cells and headings. So a text has no more words than the whole page, tags and comments
taken away and two words counted for each tag that may be marked, and no stop word that the page
does not have. Both bounds are on the safe side: scripts are taken away only where they surely are
some, hidden and alternative content counts, and so do data for machines (JSON-LD); stop words are
looked for in what tags divide and in what they join, in escaped markup, between brackets. A page
that would make itself smaller by quoting comments in attributes would harm nobody but itself.
"""

import html as entities
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from curate.filters.c4 import C4
from curate.filters.gopher import GopherQuality, stop_words_in
from curate.filters.refinedweb import RefinedWeb
from curate.filters.text import Text, split_words
from curate.steps import Step

MAX_CHARACTERS = 1 << 20  # larger pages are not looked at: hardly one has too few words
# Stop words in a page that is not looked at closer: of 3,000 that spares half the time, and lets
# 5 of the 1,287 pass that would be refused.
PROSE = 16
# [^<>] and not [^>]: an open tag that never ends would be read to the end of the page each time.
# CDATA is text to parsers of feeds.
_TAG = re.compile(r"<(?!!\[)[a-zA-Z/!?][^<>]*>")
# Case is left open inside only: so patterns begin with a letter that can be searched for.
_HIDING = re.compile(r"<(?:!--|(/?)((?i:script|style))(?=[\s/>])([^<>]*)>)")
_QUOTED = frozenset("\"'=")  # before what stands in an attribute
_MARKED = re.compile(r"<(?i:li|dt|dd|td|th|tr|h[1-6]|hr|caption|summary)\b")
# Elements in which tags are text, with tags in them.
_RAW = re.compile(r"<(?i:xmp|plaintext|listing|textarea)\b(?![^<>]*>[^<]*</)")
_INVISIBLE = re.compile("[\xad\u200b-\u200d\u2060\ufeff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Return why the text of a page, given its HTML, will be dropped; None if it may stay.

    Args, each None for off: bounds of the rule that will judge the text.
        min_words: words (too_few_words).
        min_stop_words: how many distinct ones of `stop_words` (too_few_stop_words).

    >>> look = Look.of(GopherQuality())
    >>> look("<p>Buy now!</p>"), look("<p>The best of " + "many words " * 30)
    ('too_few_words', None)
    """

    min_words: int | None
    min_stop_words: int | None
    stop_words: tuple[str, ...]

    @classmethod
    def of(cls, rule: GopherQuality) -> "Look | None":
        """Return the look that foresees a rule; None where it cannot, or there is no bound."""
        if rule.variant != "paper" or not (rule.min_words or rule.min_stop_words):
            return None  # the other variant's words are tokens: a word may be several
        return cls(
            min_words=rule.min_words,
            min_stop_words=rule.min_stop_words,
            stop_words=tuple(rule.stop_words),
        )

    def __call__(self, html: str) -> str | None:
        if len(html) > MAX_CHARACTERS or self._plainly_prose(html) or _RAW.search(html):
            return None
        pieces = without_code(html)
        apart = _plain(" ".join(_TAG.sub(" ", piece) for piece in pieces))
        words = split_words(apart)
        if self.min_words and len(words) < self.min_words:
            marks = 2 * sum(len(_MARKED.findall(piece)) for piece in pieces)
            if len(words) + marks < self.min_words:
                return "too_few_words"
        if self.min_stop_words and not self._enough_stop_words(words):
            joined = _plain("".join(_TAG.sub("", piece) for piece in pieces))
            both = _INVISIBLE.sub("", f"{apart} {joined}")
            escaped = _plain(_TAG.sub(" ", both)).replace("[", " ").replace("]", " ")
            if not self._enough_stop_words([*words, *split_words(f"{both} {escaped}")]):
                return "too_few_stop_words"
        return None

    def _plainly_prose(self, html: str) -> bool:
        """Return whether so many stop words stand there that a closer look would be in vain.

        Scripts and comments may have had them: then a page is extracted that need not be.
        """
        found = 0
        for word in self.stop_words if self.min_stop_words else ():
            found += html.count(f" {word} ")
            if found >= PROSE:
                return True
        return False

    def _enough_stop_words(self, words: Sequence[str]) -> bool:
        lowered = set(map(str.lower, words))
        found = lowered.intersection(self.stop_words)
        least = self.min_stop_words or 0
        if len(found) >= least:
            return True
        # Only what is more than letters may have punctuation to take off: a tenth of the words.
        mixed = [word for word in lowered if not word.isalpha()]
        return len(found | stop_words_in(mixed, self.stop_words)) >= least


def foresee(steps: Iterable[Step]) -> Look | None:
    """Return the look that foresees what a chain of filters will say; None if none can.

    Looked for is the first `GopherQuality`. Edits before it must be known to add no words.
    """
    for step in steps:
        if step.kind == "edit" and not _only_cuts(step):
            return None
        if isinstance(step.function, GopherQuality):
            return Look.of(step.function)
    return None


def _only_cuts(step: Step) -> bool:
    owner = getattr(step.function, "__self__", None)
    return step.function is Text.of or isinstance(owner, C4 | RefinedWeb)


def without_code(html: str) -> Sequence[str]:
    """Return the page in pieces, less its comments and its script and style elements.

    What does not end stays, and so does JSON-LD, and a comment whose end parsers see at
    different places.
    """
    pieces, at, opened, comments = [], 0, None, True
    for tag in _HIDING.finditer(html):
        start = tag.start()
        if start < at or html[start - 1 : start] in _QUOTED:
            continue  # in a comment or an attribute
        if tag[2] is None:
            if opened is None and comments:
                end = html.find("-->", tag.end())
                comments = end >= 0
                if comments and _is_plain_comment(html, tag.end(), end):
                    pieces.append(html[at:start])
                    at = end + 3
        elif opened is None:
            if not tag[1] and "ld+json" not in tag[3].lower():
                opened = tag
        elif tag[1] and tag[2].lower() == opened[2].lower():
            pieces.append(html[at : opened.start()])
            at, opened = tag.end(), None
    pieces.append(html[at:])
    return pieces


def _is_plain_comment(html: str, start: int, end: int) -> bool:
    return not html.startswith((">", "->"), start) and html.find("--!>", start, end) < 0


def _plain(text: str) -> str:
    return entities.unescape(text) if "&" in text else text
