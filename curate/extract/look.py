"""A cheap look at a page: would what can be extracted from it be dropped anyway?

Enters: a page's HTML, decoded. Leaves: the reason for which a later rule drops the text of this
page, whichever extractor makes it; or None. Extraction is dear, a look is not: no tree is built,
the page is walked over a few times by patterns that cannot run away.

What is certain. An extractor returns some of the page's text, and no words of its own but marks
for items, cells and headings. So a text has no more words than the whole page, tags and comments
taken away and some words counted for each tag that may be marked, and no stop word that the page
does not have. Both bounds are on the safe side: scripts are taken away only where they surely are
some, hidden and alternative content counts, and so do data for machines (JSON-LD); stop words are
looked for in what tags divide and in what they join, in escaped markup, between brackets. A page
that would make itself smaller by quoting comments in attributes would harm nobody but itself.

What is not certain but measured: a page in another language than English (see `SPARSE`).
"""

import html as entities
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from curate.filters.c4 import C4, CITATION
from curate.filters.gopher import STOP_WORDS, GopherQuality
from curate.filters.language import Language
from curate.filters.refinedweb import RefinedWeb
from curate.filters.text import Text, split_words
from curate.steps import Step

MAX_CHARACTERS = 1 << 20  # larger pages are not looked at: hardly one has too few words
# Stop words in a page that is not looked at closer: of 3,000 that spares half the time, and lets
# 5 of the 1,287 pass that would be refused.
PROSE = 16
# A page has no English text where hardly a word is one of Gopher's eight stop words, no piece
# between two tags has two of them, the model is sure that it begins in another language, and finds
# English neither in its middle nor at its end: a notice in English may be all that an extractor
# keeps of a page (on 30,274 crawled pages it was on two, with trafilatura). In English prose a word
# in six is one of them: none of 3,783 news texts and speeches, and 27 of 3,451 articles of
# Wikipedia lie below. `python benchmarks/cascade.py` counts what is lost.
SPARSE = 0.02  # of the page's words
SURE = 0.99
_PART = 20_000, 1_000  # characters of each, with and without white space, that the model sees
_STOP_WORDS = frozenset(form for word in STOP_WORDS for form in (word, word.title(), word.upper()))
# [^<>] and not [^>]: an open tag that never ends would be read to the end of the page each time.
# CDATA is text to parsers of feeds.
_TAG = re.compile(r"<(?!!\[)[a-zA-Z/!?][^<>]*>")
# Case is left open inside only: so patterns begin with a letter that can be searched for.
_HIDING = re.compile(r"<(?:!--|(/?)((?i:script|style))(?=[\s/>])([^<>]*)>)")
_QUOTED = frozenset("\"'=")  # before what stands in an attribute
_MARKED = re.compile(r"<(?i:li|dt|dd|td|th|tr|h[1-6]|hr|caption|summary)\b")
# Elements in which tags are text, with tags in them.
_RAW = re.compile(r"<(?i:xmp|plaintext|listing|textarea)\b(?![^<>]*>[^<]*</)")
# In the text a null character stands for a tag: it may part words, or join them.
_JOINS = "[\0\xad\u200b-\u200d\u2060\ufeff]*"
_ENTITY = re.compile("&[#a-zA-Z]")
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)")  # of JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Return why the text of a page, given its HTML, will be dropped; None if it may stay.

    Args, each None for off: bounds of the rule that will judge the text.
        min_words: words (too_few_words).
        min_stop_words: how many distinct ones of `stop_words` (too_few_stop_words).
        english: the rule that keeps English alone (language_not_kept).
    markdown: whether the text will be Markdown, which has more marks.

    >>> look = Look.of(GopherQuality())
    >>> look("<p>Buy now!</p>"), look("<p>The best of " + "many words " * 30)
    ('too_few_words', None)
    """

    min_words: int | None
    min_stop_words: int | None
    stop_words: tuple[str, ...]
    english: Language | None = None
    markdown: bool = False

    @classmethod
    def of(
        cls, rule: GopherQuality, *, language: Language | None = None, markdown: bool = False
    ) -> "Look | None":
        """Return the look that foresees a rule; None where it cannot, or there is no bound.

        The language rule is foreseen, too, if it keeps nothing but English, by the model that
        `SURE` was measured with.
        """
        if rule.variant != "paper" or not (rule.min_words or rule.min_stop_words):
            return None  # the other variant's words are tokens: a word may be several
        words = rule.stop_words
        nested = any(a != b and a.startswith(b) for a in words for b in words)
        only_english = language is not None and language.keep == ("en",) and not language.model
        return cls(
            min_words=rule.min_words,
            min_stop_words=None if nested else rule.min_stop_words,
            stop_words=tuple(words),
            english=language if only_english else None,
            markdown=markdown,
        )

    def __call__(self, html: str) -> str | None:
        if len(html) > MAX_CHARACTERS or self._plainly_prose(html) or _RAW.search(html):
            return None
        pieces = without_code(html)
        text = _plain("\0".join([part for piece in pieces for part in _TAG.split(piece)]))
        spaced = text.replace("\0", " ")
        if "<" in text or "\\" in text or _ENTITY.search(text):
            spaced = _ESCAPE.sub(" ", _plain(spaced)).replace("<", " <").replace(">", "> ")
        words = split_words(spaced)
        few = self.min_words and len(words) < self.min_words
        if few and len(words) + self._marks([*pieces, text]) < (self.min_words or 0):
            return "too_few_words"
        if self.min_stop_words and not self._enough_stop_words(words, text):
            return "too_few_stop_words"
        if self.english and _is_foreign(words, text, spaced, self.english):
            return "language_not_kept"
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

    def _marks(self, pieces: Iterable[str]) -> int:
        """Return how many words the marks of a text can be, at most.

        In plain text an item or a cell has one. In Markdown any element may have a line of its
        own, in a quote and an item; a cell has up to five, its table's second row among them.
        """
        if self.markdown:
            return 5 * sum(piece.count("<") for piece in pieces)
        return 2 * sum(len(_MARKED.findall(piece)) for piece in pieces)

    def _enough_stop_words(self, words: Sequence[str], text: str) -> bool:
        least = self.min_stop_words or 0
        if len(set(words).intersection(self.stop_words)) >= least:
            return True
        several = [text]
        if "[" in text:
            several.append(CITATION.sub("\0", text))  # C4 takes them out
        if "\\" in text:
            several.append(_ESCAPE.sub("\0", text))
        if "<" in text or _ENTITY.search(text):
            several.append(_plain(_TAG.sub("\0", text)))
        found = _loosely(self.stop_words).findall("\0".join(several).lower())
        return len({re.sub(_JOINS, "", one) for one in found}) >= least


@cache
def _loosely(words: Sequence[str]) -> re.Pattern[str]:
    """Return the pattern of words that no letter a-z touches, whatever may join their letters.

    Matches are empty, so that they may overlap; a word that begins another one is not found
    where the other is.
    """
    several = [_JOINS.join(map(re.escape, word)) for word in words if word]
    return re.compile(rf"(?<![a-z])(?=({'|'.join(several)})(?![a-z]))")


def _is_foreign(words: Sequence[str], text: str, spaced: str, language: Language) -> bool:
    """Return whether a page of these words is not English, as far as one can be sure.

    Its text is given with marks where tags were, and with spaces there.
    """
    if sum(map(_STOP_WORDS.__contains__, words)) > SPARSE * len(words):
        return False
    for part in text.split("\0"):
        if len(set(map(str.lower, _STOP_WORDS.intersection(part.split())))) > 1:
            return False  # a sentence in English
    raw, most = _PART
    beginning, *rest = [
        " ".join(spaced[at : at + raw].split())[:most]
        for at in (0, len(spaced) // 2, max(0, len(spaced) - most))
    ]
    code, score = language.identify(beginning)
    if score < SURE or language.judge(code, score) != "language_not_kept":
        return False
    return all(language.judge(*language.identify(part)) == "language_not_kept" for part in rest)


def foresee(
    steps: Iterable[Step], *, language: Language | None = None, markdown: bool = False
) -> Look | None:
    """Return the look that foresees what a chain of filters will say; None if none can.

    Looked for is the first `GopherQuality`. Edits before it must be known to add no words.
    `language` judges before the chain.
    """
    for step in steps:
        if step.kind == "edit" and not _only_cuts(step):
            return None
        if isinstance(step.function, GopherQuality):
            return Look.of(step.function, language=language, markdown=markdown)
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
