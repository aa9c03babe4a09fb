"""Gopher's quality and repetition rules (MassiveText, Gopher's training set).

`GopherQuality` checks whether a text looks like prose, `GopherRepetition` how much of it is
repeated. Both take one text and return the reason to drop it, or None; nothing is edited.

Source: Rae et al. 2021, "Scaling Language Models: Methods, Analysis & Insights from Training
Gopher", arXiv:2112.11446, appendix A.1.1; the thresholds of repetition are its table A1.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from curate._lazy import listing
from curate.filters import repetition
from curate.filters.prose_measures import (
    count_ellipses,
    ending_share,
    starting_share,
    stop_words_in,
    without_marks,
)
from curate.filters.settings import (
    BY_VARIANT,
    CONFIG,
    Count,
    Flag,
    Ratio,
    Share,
    Strings,
    bound,
    by_variant,
    check_order,
    defaults,
    first_broken,
)
from curate.languages import Profile
from curate.steps import Reads
from curate.text import dictionaries
from curate.text.spacy_tokens import tokenize
from curate.text.views import Text
from curate.text.word_counts import counts_of

__all__ = ["GopherQuality", "GopherRepetition"]
__dir__ = listing(__name__, __all__)

Variant = Literal["ours", "paper", "datatrove"]

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
# Ours: by the paper's eight, mails and documentation of 50 to 100 words often fail.
MORE_STOP_WORDS = (*STOP_WORDS, "in", "is", "for", "it", "on", "as", "this", "are", "by", "or")
BULLETS = ("•", "‣", "◦", "●", "▪", "*", "-")
OTHER_BULLETS = ("・", "･", "·", "■", "□", "◆", "◇", "○", "►", "▶", "※")  # in East Asian pages
TOP, DUPLICATE = (2, 3, 4), (5, 6, 7, 8, 9, 10)  # words of n-grams
ENGLISH_WORD = 5.0  # mean characters of a word, marks included, for which the bounds were found
_QUALITY = "(Gopher, appendix A.1.1)"
_TABLE = "(Gopher, table A1)"


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class GopherQuality:
    """Drop a text that does not look like prose: too short, too long, symbols, lists.

    Called with one text, returns the first of the reasons below, or None to keep it. Shares
    and means of nothing are 0.0. Bounds are inclusive: a text exactly on one is kept.
    Args, each the bound of the reason of its name, None for off:
        too_few_words, too_many_words: number of words.
            sign_words: whether signs alone are words, also among alphabetic ones: no; or yes.
        word_length_too_short, word_length_too_long: mean characters a word.
        too_many_hashes: "#" per word.
        too_many_ellipses: "..." and "…" per word.
        too_many_bullets: share of lines that begin with one of `bullets`.
            item_words: those of 8 words at most; or all.
        too_many_ellipsis_lines: share of lines that end in "..." or "…".
            trailing_lines: so many that end in one right after a word do not count: 1; or 0.
        too_few_alphabetic_words: share of words with a letter, `str.isalpha`.
        too_few_stop_words: how many distinct ones of `stop_words` occur: 3 of 18; or 2 of 8.
    dictionary: a library by whose words these are counted, in scripts without spaces; see
        `curate.text.dictionaries`.
    variant: "ours"; "paper"; or "datatrove", that library's 0.10: these have the second of two.
        reads: "prose", for code, tables and formulas legitimately have symbols; or "text", all.
    Raises:
        ValueError: a setting is no number or share, or a minimum exceeds its maximum; a dictionary
            with variant "datatrove", or one that is not installed.

    Source: Rae et al. 2021 (Gopher), arXiv:2112.11446, appendix A.1.1.
    Differs: see `variant`. The paper does not say what a word, a line, a bullet is. Here: words as
    in `curate.text.views`; lines that are not blank; bullets • ‣ ◦ ● ▪ * and -; a stop word
    counts in any case and with punctuation around it.
    Variant "datatrove": words are the tokens of `curate.text.spacy_tokens`; their number and mean
    length leave out tokens of punctuation alone, while every ratio divides by all tokens; blank
    lines count; `bullets`, unless set, are • and -; stop words count only as spelt.

    >>> GopherQuality()("Buy now! " * 30)
    'too_few_stop_words'
    >>> GopherQuality(too_few_words=2, too_few_stop_words=None)("Buy now!") is None
    True
    """

    too_few_words: Count | None = bound(50, f"fewer than {{}} words {_QUALITY}", side="least")
    too_many_words: Count | None = bound(100_000, f"more than {{}} words {_QUALITY}")
    word_length_too_short: Ratio | None = bound(
        3.0, f"words of fewer than {{}} characters on average {_QUALITY}", side="least"
    )
    word_length_too_long: Ratio | None = bound(
        10.0, f"words of more than {{}} characters on average {_QUALITY}"
    )
    too_many_hashes: Ratio | None = bound(0.1, f"more than {{}} # for every word {_QUALITY}")
    too_many_ellipses: Ratio | None = bound(
        0.1, f"more than {{}} ellipses for every word {_QUALITY}"
    )
    too_many_bullets: Share | None = bound(
        0.9, f"more than {{}} of lines begin with a bullet {_QUALITY}", share=True
    )
    too_many_ellipsis_lines: Share | None = bound(
        0.3, f"more than {{}} of lines end in an ellipsis {_QUALITY}", share=True
    )
    too_few_alphabetic_words: Share | None = bound(
        0.8, f"fewer than {{}} of words have a letter {_QUALITY}", side="least", share=True
    )
    too_few_stop_words: Count | None = bound(
        BY_VARIANT, f"fewer than {{}} of the most common words {_QUALITY}", side="least"
    )
    sign_words: Flag = BY_VARIANT
    item_words: Count | None = BY_VARIANT
    trailing_lines: Count = BY_VARIANT
    stop_words: Strings = BY_VARIANT
    bullets: Strings = BY_VARIANT
    reads: Reads = BY_VARIANT
    dictionary: dictionaries.Dictionary | None = None
    variant: Variant = "ours"

    def __post_init__(self) -> None:
        dictionaries.check_dictionary(self.dictionary, self.variant)
        check_order(self, "too_few_words", "too_many_words")
        check_order(self, "word_length_too_short", "word_length_too_long")
        tokens = self.variant == "datatrove"
        ours = self.variant == "ours"
        by_variant(self, too_few_stop_words=3 if ours and self.stop_words == BY_VARIANT else 2)
        by_variant(
            self,
            bullets=("•", "-") if tokens else BULLETS,
            sign_words=not ours,
            item_words=8 if ours else None,
            trailing_lines=1 if ours else 0,
            stop_words=MORE_STOP_WORDS if ours else STOP_WORDS,
            reads="prose" if ours else "text",
        )
        if not tokens:
            lowered = tuple({word.lower(): None for word in self.stop_words})
            object.__setattr__(self, "stop_words", lowered)

    @staticmethod
    def in_language(language: Profile) -> dict[str, Any]:
        """Return the settings that differ in a language: bounds scaled by its ratios to English.

        For a language without data there are no stop words and no bounds on the length of words.
        """
        english = defaults(GopherQuality)
        length = language.word_length / ENGLISH_WORD
        return {
            "too_few_words": round(english["too_few_words"] * language.words),
            "too_many_words": round(english["too_many_words"] * language.words),
            "word_length_too_short": round(english["word_length_too_short"] * length, 2) or None,
            "word_length_too_long": round(english["word_length_too_long"] * length, 2) or None,
            "too_few_stop_words": 2 if language.stop_words else None,
            "stop_words": language.stop_words,
            "bullets": (*BULLETS, *OTHER_BULLETS),
        }

    def __call__(self, text: str) -> str | None:
        return first_broken(self, self.measures(text))

    def measures(self, text: str) -> Iterator[tuple[str, float]]:
        """Yield (reason, measure) of each rule in order of judgement."""
        text = Text.of(text)
        if self.variant != "datatrove":
            words = counted = text.view(dictionaries.count_words_by(self.dictionary))
            if not self.sign_words:
                words = counted = words.without_signs()
            lines: Sequence[str] = text.lines
        else:
            tokens = text.view(tokenize)
            words, counted = counts_of(tokens), counts_of(without_marks(tokens))
            lines = [line.strip() for line in text.splitlines()]
        yield "too_few_words", counted.number
        yield "too_many_words", counted.number
        length = counted.characters / (counted.number or 1)
        yield "word_length_too_short", length
        yield "word_length_too_long", length
        total = words.number or 1
        yield "too_many_hashes", text.count("#") / total
        yield "too_many_ellipses", count_ellipses(text) / total
        has_words = dictionaries.has_words_by(self.dictionary)
        bullets = starting_share(lines, self.bullets, self.item_words, has_words)
        yield "too_many_bullets", bullets
        yield "too_many_ellipsis_lines", ending_share(lines, ("...", "…"), self.trailing_lines)
        yield "too_few_alphabetic_words", (words.number - words.without_letters) / total
        if self.too_few_stop_words is not None:
            hits = len(words.among(self.stop_words))
            if hits < self.too_few_stop_words and self.variant != "datatrove":
                hits = len(stop_words_in(words.all_forms(), self.stop_words))
            yield "too_few_stop_words", hits


def _top(n: int, share: float) -> Any:
    return bound(
        share, f"one run of {n} words makes more than {{}} of the text {_TABLE}", share=True
    )


def _duplicate_bound(n: int, share: float) -> Any:
    return bound(share, f"over {{}} of characters in repeated {n}-grams {_TABLE}", share=True)


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class GopherRepetition:
    r"""Drop a text with a large share of repeated lines, paragraphs or n-grams.

    Called with one text, returns the first of the reasons below, or None to keep it; bounds are
    inclusive. A text without a word is "empty_text".
    Args, each a share in [0, 1], the bound of the reason of its name, None for off:
        duplicate_paragraphs: paragraphs that occur more than once.
        duplicate_paragraph_characters: their characters.
        duplicate_lines: lines that occur more than once.
        duplicate_line_characters: their characters.
        top_2_gram, top_3_gram, top_4_gram: characters of the most frequent n-gram of words, all
            its occurrences together.
        duplicate_5_grams, ..., duplicate_10_grams: characters of words inside any n-gram that
            occurs more than once, each word counted once.
    gram_characters: an n-gram has n times so many characters, white space left out, for
        scripts that put no spaces between words; None: it has n words.
    dictionary: as of `GopherQuality`.
    variant: "ours"; "paper"; or "datatrove" for that library's implementation, version 0.10.
        reads: "prose", for code and tables legitimately repeat themselves; in the others "text".
        first_copy: false: the first copy of a line, a paragraph, an n-gram does not count: in a
            short text one repeated phrase easily is a sixth; in the paper's true ("all duplicate").
        second_copy: 0.25: in lines that end like a sentence what only second copies of n-grams of 5
            words and more cover counts a quarter: manuals describe what is alike in the same words,
            while menus, lists of titles and patches have no sentences; in the two others 1.
        few_words: lines and paragraphs of fewer than 5 words, labels such as "Required: No", are no
            copies in the shares by number; in the two others 0.
        Lines and paragraphs without a letter or digit, or with a colon at their end, are copies in
        the two others alone.
    Raises:
        ValueError: a share outside [0, 1]; a dictionary as of `GopherQuality`.

    Source: Rae et al. 2021 (Gopher), arXiv:2112.11446, appendix A.1.1 and table A1.
    Differs: see `variant`. The paper leaves open what the characters are a share of. Here lines and
    paragraphs are stripped, blank ones left out, and their characters divide by those of all lines
    or paragraphs; characters of n-grams are those of their words, divided by those of all words. An
    n-gram that occurs once is no repetition; of equally frequent ones the longest counts.
    Occurrences of one n-gram that overlap ("a a a") count in full, so the share can pass 1.
    Variant "datatrove": the first copy is free; everything divides by all characters of the
    text; lines and paragraphs are not stripped; words are the tokens of `curate.text.spacy_tokens`;
    the first of the most frequent n-grams counts, even if it occurs once, with the spaces
    between its tokens; duplicate n-grams are counted by one walk that steps over each it finds.

    >>> GopherRepetition()("Same line.\nSame line.\nAnother one.")
    'duplicate_line_characters'
    """

    duplicate_paragraphs: Share | None = bound(
        0.30, f"more than {{}} of paragraphs are copies {_TABLE}", share=True
    )
    duplicate_paragraph_characters: Share | None = bound(
        0.20, f"over {{}} of characters in copied paragraphs {_TABLE}", share=True
    )
    duplicate_lines: Share | None = bound(
        0.30, f"more than {{}} of lines are copies {_TABLE}", share=True
    )
    duplicate_line_characters: Share | None = bound(
        0.20, f"more than {{}} of characters in copied lines {_TABLE}", share=True
    )
    top_2_gram: Share | None = _top(2, 0.20)
    top_3_gram: Share | None = _top(3, 0.18)
    top_4_gram: Share | None = _top(4, 0.16)
    duplicate_5_grams: Share | None = _duplicate_bound(5, 0.15)
    duplicate_6_grams: Share | None = _duplicate_bound(6, 0.14)
    duplicate_7_grams: Share | None = _duplicate_bound(7, 0.13)
    duplicate_8_grams: Share | None = _duplicate_bound(8, 0.12)
    duplicate_9_grams: Share | None = _duplicate_bound(9, 0.11)
    duplicate_10_grams: Share | None = _duplicate_bound(10, 0.10)
    first_copy: Flag = BY_VARIANT
    second_copy: Share = BY_VARIANT
    few_words: Count = BY_VARIANT
    gram_characters: Annotated[float, Field(strict=True, ge=1, le=16)] | None = None
    reads: Reads = BY_VARIANT
    dictionary: dictionaries.Dictionary | None = None
    variant: Variant = "ours"

    def __post_init__(self) -> None:
        dictionaries.check_dictionary(self.dictionary, self.variant)
        ours = self.variant == "ours"
        by_variant(self, first_copy=not ours, second_copy=0.25 if ours else 1.0)
        by_variant(self, few_words=5 if ours else 0, reads="prose" if ours else "text")

    @staticmethod
    def in_language(language: Profile) -> dict[str, Any]:
        """Return the settings that differ in a language: n-grams of characters without spaces.

        By a dictionary an n-gram has n words. Else it is as long as n English words in translation,
        longer where documents show that good texts repeat themselves more.
        """
        grams = {} if language.spaced else {"gram_characters": language.gram_characters}
        return {"few_words": round(5 * language.words), **grams}

    def __call__(self, text: str) -> str | None:
        text = Text.of(text)
        if not text or text.isspace():
            return "empty_text"
        measures = self.measures(text)
        if self.gram_characters is not None and self._has_few_repeats(text):
            measures = islice(measures, 4)  # of lines and paragraphs
        return first_broken(self, measures)

    def _has_few_repeats(self, text: str) -> bool:
        """Return whether no rule on n-grams of characters can drop the text; see `few_repeats`."""
        bounds = [
            {
                self.size(n): bound_
                for n in numbers
                if (bound_ := getattr(self, name.format(n))) is not None
            }
            for name, numbers in (("top_{}_gram", TOP), ("duplicate_{}_grams", DUPLICATE))
        ]
        characters = "".join(text.split())
        return repetition.few_repeats(characters, *bounds, first_copy=bool(self.first_copy))

    def measures(self, text: str) -> Iterator[tuple[str, float]]:
        """Yield (reason, measured share) of each rule in order of judgement, computed lazily."""
        text = Text.of(text)
        tokens = self.variant == "datatrove"
        paragraphs, lines = self._duplicates(text)
        yield "duplicate_paragraphs", paragraphs[0]
        yield "duplicate_paragraph_characters", paragraphs[1]
        yield "duplicate_lines", lines[0]
        yield "duplicate_line_characters", lines[1]
        names = {n: f"top_{n}_gram" for n in TOP} | {n: f"duplicate_{n}_grams" for n in DUPLICATE}
        longest = max(
            (n for n, name in names.items() if getattr(self, name) is not None), default=0
        )
        if not longest:
            return
        units: Sequence[str]
        if self.gram_characters is not None:
            units = "".join(text.split())
            before: Sequence[int] = range(len(units) + 1)
        else:
            units = text.view(tokenize) if tokens else dictionaries.words_of(text, self.dictionary)
            before = [*accumulate(map(len, units), initial=0)]  # characters before each word
        total = (len(text) if tokens else before[-1]) or 1
        sizes = {self.size(n): name for n, name in names.items() if n <= longest}
        said: Sequence[bool] = ()
        characters: float
        for n, places in repetition.repeated_ngrams(units, sizes):
            if sizes[n].startswith("top"):
                first_copy = self.first_copy
                if tokens:
                    characters = repetition.first_top_characters(before, n, places)
                else:
                    characters = repetition.top_characters(before, n, places, first_copy=first_copy)
            elif tokens:
                characters = repetition.stepped_characters(before, n, places)
            else:
                if places and not said and self.second_copy < 1:
                    by_characters = self.gram_characters is not None
                    words = units if self.dictionary else None
                    said = repetition.in_sentences(text, characters=by_characters, words=words)
                characters = repetition.partly_covered(
                    before, n, places, said, self.second_copy, first_copy=self.first_copy
                )
            yield sizes[n], characters / total

    def size(self, n: int) -> int:
        """Return how many words or characters an n-gram has."""
        return n if self.gram_characters is None else round(n * self.gram_characters)

    def _duplicates(self, text: Text) -> list[tuple[float, float]]:
        """Return (share of parts, share of characters) of paragraphs, then of lines."""
        if self.variant != "datatrove":
            units = [text.paragraphs, text.lines]
            if self.variant == "ours":
                units = [[*filter(repetition.says_something, parts)] for parts in units]
            has_words = dictionaries.has_words_by(self.dictionary)
            return [
                repetition.duplicate_shares(
                    parts, self.few_words, first_copy=self.first_copy, has_words=has_words
                )
                for parts in units
            ]
        return repetition.shares_in_datatrove(text)


FILTERS = {"gopher_quality": GopherQuality, "gopher_repetition": GopherRepetition}
REASONS = {"empty_text": "nothing but white space"}
