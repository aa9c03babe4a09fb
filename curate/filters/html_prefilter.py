"""HTML prefilter: drop pages before extraction whose text a later rule would certainly drop.

Input: a page's HTML, decoded. Output: the reason for which a later rule drops the text of this
page, whichever extractor makes it; or None. This is much cheaper than extraction: no tree is built,
the page is scanned a few times by patterns that take linear time.

What is certain. An extractor returns some of the page's text, and adds only marks of items, cells
and headings, which have no letter. So a text has no more words with a letter than the whole page
without tags and comments, and no stop word that the page does not have; of 50 words 40 must have a
letter. Both bounds are conservative: scripts are removed only where they certainly are scripts,
hidden and alternative content counts, and so does JSON-LD; stop words are searched for with tags as
spaces and with tags removed, in escaped markup, and between brackets. Quoting comments in
attributes can only get the page itself dropped.

What is not certain but measured: a page in another language than English (see `SPARSE`).
"""

import html as entities
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from math import ceil

from curate.filters.c4 import CITATION
from curate.filters.gopher import STOP_WORDS, GopherQuality
from curate.filters.language import Language, identify
from curate.steps import Step
from curate.text.dictionaries import LIBRARIES
from curate.text.views import split_words

MAX_CHARACTERS = 1 << 20  # larger pages are not checked: hardly one has too few words
# With so many stop words in a page, one for each so many characters, the exact bounds are not
# computed: of 30,274 pages 14,674 are dropped without this shortcut, 13 fewer with it, in two
# thirds of the time.
PROSE, THIN = 16, 500
# A page is in another language if few words are Gopher's eight stop words, runs of text between two
# tags with two of them make up a small part of it, and the model says English neither for its
# beginning nor its middle nor its end. An extractor may keep only an English notice of a page, so
# none of these conditions suffices. Of 30,274 crawled pages 1,292 are dropped for it, none of which
# would be kept with trafilatura's text or ours. With SPARSE at .1 or SURE at 0 alone none would be
# either, with NOTICES at .4 one, without LIKELY two: tables of contents that end in a notice and
# have names in their middle, of which the model is not sure. In English prose a word in six is a
# stop word: none of 3,783 news texts and speeches, and 107 of 3,461 articles of Wikipedia are below
# `SPARSE`. benchmarks/prefilter.py counts the pages lost.
SPARSE = 0.05  # of the page's words
NOTICES = 0.2  # of the page's characters
SENTENCE = 30  # minimum characters of a run of text
SURE, LIKELY = 0.9, 0.5  # of the beginning; of the middle and the end
_PART = 200, 1_000  # maximum words and characters of each that the model sees
_STOP_WORDS = frozenset(form for word in STOP_WORDS for form in (word, word.title(), word.upper()))
# [^<>] and not [^>]: else an unclosed tag would be scanned to the end of the page each time.
# Parsers of feeds read CDATA as text.
_TAG = re.compile(r"<(?!!\[)[a-zA-Z/!?][^<>]*>")
# Case is ignored after the first letter only: so patterns begin with a literal, which is fast.
_HIDING = re.compile(r"<(?:!--|(/?)((?i:script|style))(?=[\s/>])([^<>]*)>)")
# Types of scripts that may hold text.
_TEXTS = re.compile(r"ld\+json|text/(?:x-|ng-)?(?:template|html)|markdown", re.IGNORECASE)
_QUOTED = frozenset("\"'=")  # before the content of an attribute
# Elements in which tags are text, if they contain tags.
_RAW = re.compile(r"<(?i:xmp|plaintext|listing|textarea)\b(?![^<>]*>[^<]*</)")
# Formulas may add words to those of the page: LaTeX commands.
_FORMULAS = ("<math", "<MATH", "math/", "latex", "LaTeX", "data-mathml", "srcdoc")
# In the text a null character replaces a tag: it may separate words, or join them.
_JOINS = "[\0\xad\u200b-\u200d\u2060\ufeff]*"
_ENTITY = re.compile("&[#a-zA-Z]")
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)")  # of JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlPrefilter:
    """Return why the text of a page, given its HTML, will be dropped; None if it may be kept.

    Args, each None for off: bounds of the rule that will judge the text.
        min_letters: words with a letter that a text of enough words has (too_few_words).
        min_stop_words: how many distinct ones of `stop_words` (too_few_stop_words).
        english: the rule that keeps English only (language_not_kept).

    >>> prefilter = HtmlPrefilter.of(GopherQuality())
    >>> prefilter("<p>Buy now!</p>"), prefilter("<p>The best of that " + "many words " * 30)
    ('too_few_words', None)
    """

    min_letters: int | None
    min_stop_words: int | None
    stop_words: tuple[str, ...]
    english: Language | None = None

    @classmethod
    def of(cls, rule: GopherQuality, *, language: Language | None = None) -> "HtmlPrefilter | None":
        """Return the prefilter for a rule; None where there is none, or the rule has no bound.

        It includes the language rule if that keeps only English, by the model with which `SURE`
        was measured.
        """
        share = rule.too_few_alphabetic_words or 0.0
        letters = ceil(
            (rule.too_few_words or 0) * share - 1e-9
        )  # as the rule's own division rounds
        if rule.variant == "datatrove" or not (letters or rule.too_few_stop_words):
            return None  # the other variant's words are tokens: a word may be several
        by_dictionary = rule.dictionary is not None
        if rule.dictionary is not None and (LIBRARIES[rule.dictionary].finer or not letters):
            return None  # a word may be several here, too
        words = rule.stop_words
        nested = any(a != b and a.startswith(b) for a in words for b in words)
        only_english = language is not None and language.keep == ("en",) and not language.model
        return cls(
            min_letters=letters or None,
            min_stop_words=None if nested or by_dictionary else rule.too_few_stop_words,
            stop_words=tuple(words),
            english=language if only_english else None,
        )

    def __call__(self, html: str) -> str | None:
        if len(html) > MAX_CHARACTERS or self._certainly_passes(html) or _RAW.search(html):
            return None
        if any(mark in html for mark in _FORMULAS):
            return None
        pieces = without_code(html)
        text = _plain("\0".join([_TAG.sub("\0", piece) for piece in pieces]))
        spaced = text.replace("\0", " ")
        if "<" in text or "\\" in text or _ENTITY.search(text):
            spaced = _ESCAPE.sub(" ", _plain(spaced)).replace("<", " <").replace(">", "> ")
        words = spaced.split()
        if self.min_letters and not self._enough_letters(words, spaced):
            return "too_few_words"
        if self.min_stop_words and not self._enough_stop_words(text, spaced):
            return "too_few_stop_words"
        if self.english and _is_foreign(text, words, self.english):
            return "language_not_kept"
        return None

    def _certainly_passes(self, html: str) -> bool:
        """Return whether it has so many stop words that the exact bounds cannot drop it.

        They may be in scripts and comments: then a page is extracted unnecessarily.
        """
        if not self.min_stop_words:
            return False
        matches = _word_pattern(self.stop_words).finditer(html)
        most = max(PROSE, len(html) // THIN)
        return _has_at_least(matches, most)

    def _enough_letters(self, words: Sequence[str], spaced: str) -> bool:
        least = self.min_letters or 0
        if _has_at_least(filter(None, map(str.isalpha, words)), least):
            return True
        # The exact count: marks in words, and words without spaces between them.
        return _has_at_least((word for word in split_words(spaced) if _has_letter(word)), least)

    def _enough_stop_words(self, text: str, spaced: str) -> bool:
        if sum(f" {word} " in text for word in self.stop_words) >= (self.min_stop_words or 0):
            return True
        seen = set[str]()
        readings = "\0".join(_readings(text, spaced)).lower()
        for match in _loose_word_pattern(self.stop_words).finditer(readings):
            seen.add(re.sub(_JOINS, "", match[0] + match[match.lastindex or 0]))
            if len(seen) >= (self.min_stop_words or 0):
                return True
        return False


def _readings(text: str, spaced: str) -> Iterator[str]:
    """Yield the text, and other forms it may have when its stop words are counted."""
    yield text
    if "[" in text:
        yield CITATION.sub("\0", text)  # C4 takes them out
    if "\\" in text:
        yield _ESCAPE.sub("\0", text)
    if "<" in text or _ENTITY.search(text):
        yield _plain(_TAG.sub("\0", text))
        yield spaced


@cache
def _word_pattern(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile(f" (?:{'|'.join(map(re.escape, words))})(?= )")


@cache
def _loose_word_pattern(words: Sequence[str]) -> re.Pattern[str]:
    """Return the pattern of words next to no letter a-z, with anything removable between letters.

    A match is a word's first letter, its last group the rest, so that matches may overlap; a
    word that is a prefix of another one is not found where the other is. The pattern begins with
    the letter, not its context, because literals are searched for fast.
    """
    patterns = []
    for word in filter(None, words):
        first, *rest = map(re.escape, word)
        after = "".join(_JOINS + letter for letter in rest)
        patterns.append(f"{first}(?<![a-z]{first})(?=({after})(?![a-z]))")
    return re.compile("|".join(patterns))


def _is_foreign(text: str, words: Sequence[str], language: Language) -> bool:
    """Return whether a page is certainly not English.

    Its text has marks in place of tags; `words` are its words.
    """
    if sum(map(_STOP_WORDS.__contains__, words)) > SPARSE * len(words):
        return False
    pieces = [piece for piece in text.split("\0") if len(piece) >= SENTENCE]
    if sum(map(len, filter(_has_stop_words, pieces))) > NOTICES * sum(map(len, words)):
        return False
    number, most = _PART
    starts = (0, len(words) // 2, max(0, len(words) - number))
    beginning, *rest = [" ".join(words[at : at + number])[:most] for at in starts]
    code, score = identify(beginning)
    if score < SURE or language.judge(code, score) != "language_not_kept":
        return False
    for part in rest:
        code, score = identify(part)
        if score < LIKELY or language.judge(code, score) != "language_not_kept":
            return False
    return True


def _has_at_least(items: Iterable[object], number: int) -> bool:
    """Return whether an iterable has at least so many items; stops at that number."""
    return next(islice(items, number - 1, None), None) is not None


def _has_letter(word: str) -> bool:
    return any(map(str.isalpha, word))


def _has_stop_words(piece: str) -> bool:
    stop_words = _STOP_WORDS.intersection(piece.split())
    return len(stop_words) > 1 and len(set(map(str.lower, stop_words))) > 1


def prefilter_for(
    steps: Iterable[Step], *, language: Language | None = None
) -> HtmlPrefilter | None:
    """Return the prefilter for a chain of filters, which drops what they will drop; None if none.

    It is made for the first `GopherQuality`. Edits before it must not add words.
    `language` judges before the chain.
    """
    return prefilter_with_reason(steps, language=language)[0]


def prefilter_with_reason(
    steps: Iterable[Step], *, language: Language | None = None
) -> tuple[HtmlPrefilter | None, str]:
    """Return the result of `prefilter_for`, and if that is None, why."""
    for step in steps:
        if step.kind == "edit" and step.adds_words:
            return None, f"the filter {step.name} edits texts before gopher_quality judges them"
        if isinstance(step.function, GopherQuality):
            prefilter = HtmlPrefilter.of(step.function, language=language)
            if prefilter is None:
                return None, (
                    "gopher_quality has no bound on words or stop words, or counts tokens or the "
                    "words of a dictionary that are finer"
                )
            return prefilter, ""
    return None, "no gopher_quality among the filters"


def prefilter_for_all(
    chains: Sequence[Sequence[Step]], *, language: Language | None = None
) -> tuple[HtmlPrefilter | None, str]:
    """Return the prefilter for several chains, and if that is None, why.

    These are a recipe's chains for several languages: a page is dropped if all would drop it.
    """
    prefilters = []
    for chain in chains:
        prefilter, why = prefilter_with_reason(chain, language=language)
        if prefilter is None:
            return None, why
        prefilters.append(prefilter)
    first = prefilters[0]
    least = min(prefilter.min_letters or 0 for prefilter in prefilters) or None
    if all(prefilter.stop_words == first.stop_words for prefilter in prefilters):
        return replace(first, min_letters=least), ""
    if least is None:
        return None, "gopher_quality has no bound on words in every language"
    return replace(first, min_letters=least, min_stop_words=None, stop_words=()), ""


def without_code(html: str) -> Sequence[str]:
    """Return the page in pieces, without its comments and its script and style elements.

    Unclosed ones are kept, and so are scripts that may hold text (JSON-LD, Markdown, templates) and
    comments whose end differs between parsers.
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
            if not tag[1] and _TEXTS.search(tag[3]) is None:
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
