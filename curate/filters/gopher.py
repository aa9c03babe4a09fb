"""The two families of rules that made MassiveText, Gopher's training set.

`GopherQuality` asks whether a text looks like prose, `GopherRepetition` how much of it is said
more than once. Both take one text and return why to drop it, or None; nothing is edited. The
functions at the end return the numbers they judge by.

Source: Rae et al. 2021, "Scaling Language Models: Methods, Analysis & Insights from Training
Gopher", arXiv:2112.11446, appendix A.1.1; the thresholds of repetition are its table A1.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, cast

from curate.filters.repetition import (
    covered_characters,
    duplicate_shares,
    first_top_characters,
    repeated_ngrams,
    repeats,
    stepped_characters,
    top_characters,
)
from curate.filters.settings import (
    Rule,
    check_choice,
    check_count,
    check_number,
    check_order,
    first_broken,
    freeze_shares,
    freeze_strings,
    judging,
)
from curate.text.spacy_tokens import PUNCTUATION, tokenize
from curate.text.views import Text

Variant = Literal["paper", "datatrove"]
Shares = tuple[tuple[int, float], ...]

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
BULLETS = ("•", "‣", "◦", "●", "▪", "*", "-")
TOP_NGRAMS = ((2, 0.20), (3, 0.18), (4, 0.16))
DUPLICATE_NGRAMS = ((5, 0.15), (6, 0.14), (7, 0.13), (8, 0.12), (9, 0.11), (10, 0.10))
_MARKS = "".join(sorted(PUNCTUATION))
# Where variant "datatrove" cuts.
_LINE_BREAKS = re.compile(r"\n+")
_PARAGRAPH_BREAKS = re.compile(r"\n{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class GopherQuality:
    """Drop a text that does not look like prose: too short, too long, symbols, lists.

    Called with one text, returns the first of the reasons below, or None to keep it. Shares
    and means of nothing are 0.0. Bounds are inclusive: a text exactly on one is kept.
    Args, each None for off (its reason in brackets):
        min_words, max_words: number of words (too_few_words, too_many_words).
        min_word_length, max_word_length: mean characters a word (word_length_too_short,
            word_length_too_long).
        max_hash_ratio: "#" per word (too_many_hashes).
        max_ellipsis_ratio: "..." and "…" per word (too_many_ellipses).
        max_bullet_lines: share of lines that begin with one of `bullets` (too_many_bullets).
        max_ellipsis_lines: share of lines that end in "..." or "…" (too_many_ellipsis_lines).
        min_alphabetic_words: share of words with a letter, `str.isalpha`
            (too_few_alphabetic_words).
        min_stop_words: how many distinct ones of `stop_words` occur (too_few_stop_words).
    variant: "paper", or "datatrove" for what that library, version 0.10, makes of it.
    Raises:
        ValueError: a setting is no number or share, or a minimum exceeds its maximum.

    Source: Rae et al. 2021 (Gopher), arXiv:2112.11446, appendix A.1.1.
    Differs: the paper does not say what a word, a line, a bullet is. Here: words as in
    `curate.text.views`; lines that are not blank; bullets • ‣ ◦ ● ▪ * and -; a stop word
    counts in any case and with punctuation around it.
    Variant "datatrove": words are the tokens of `curate.text.spacy_tokens`; their number and mean
    length leave out tokens of punctuation alone, while every ratio divides by all tokens; blank
    lines count; `bullets`, unless set, are • and -; stop words count only as spelt.

    >>> GopherQuality()("Buy now! " * 30)
    'too_few_stop_words'
    >>> GopherQuality(min_words=2, min_stop_words=None)("Buy now!") is None
    True
    """

    min_words: int | None = 50
    max_words: int | None = 100_000
    min_word_length: float | None = 3.0
    max_word_length: float | None = 10.0
    max_hash_ratio: float | None = 0.1
    max_ellipsis_ratio: float | None = 0.1
    max_bullet_lines: float | None = 0.9
    max_ellipsis_lines: float | None = 0.3
    min_alphabetic_words: float | None = 0.8
    min_stop_words: int | None = 2
    stop_words: Sequence[str] = STOP_WORDS
    bullets: Sequence[str] | None = None  # by variant; a rule is switched off by its bound
    variant: Variant = "paper"

    def __post_init__(self) -> None:
        check_choice(self, "variant", ("paper", "datatrove"))
        check_count(self, "min_words", "max_words", "min_stop_words")
        check_number(self, "min_word_length", "max_word_length")
        check_number(self, "max_hash_ratio", "max_ellipsis_ratio")
        check_number(self, "max_bullet_lines", "max_ellipsis_lines", most=1)
        check_number(self, "min_alphabetic_words", most=1)
        check_order(self, "min_words", "max_words")
        check_order(self, "min_word_length", "max_word_length")
        if self.bullets is None:
            bullets = BULLETS if self.variant == "paper" else ("•", "-")
            object.__setattr__(self, "bullets", bullets)
        freeze_strings(self, "stop_words", "bullets")
        if self.variant == "paper":
            lowered = tuple({word.lower(): None for word in self.stop_words})
            object.__setattr__(self, "stop_words", lowered)

    def __call__(self, text: str) -> str | None:
        return first_broken(self._rules(Text.of(text)))

    def _rules(self, text: Text) -> Iterator[Rule]:
        if self.variant == "paper":
            words = counted = text.words
            lines: Sequence[str] = text.lines
        else:
            words, counted = text.view(tokenize), text.view(_counted_tokens)
            lines = [line.strip() for line in text.splitlines()]
        yield "too_few_words", len(counted), self.min_words, None
        yield "too_many_words", len(counted), None, self.max_words
        length = mean_length(counted)
        yield "word_length_too_short", length, self.min_word_length, None
        yield "word_length_too_long", length, None, self.max_word_length
        total = len(words) or 1
        yield "too_many_hashes", text.count("#") / total, None, self.max_hash_ratio
        yield "too_many_ellipses", count_ellipses(text) / total, None, self.max_ellipsis_ratio
        bullets = starting_share(lines, tuple(self.bullets or ()))
        yield "too_many_bullets", bullets, None, self.max_bullet_lines
        ellipses = ending_share(lines, ("...", "…"))
        yield "too_many_ellipsis_lines", ellipses, None, self.max_ellipsis_lines
        alphabetic = alphabetic_share(words)
        yield "too_few_alphabetic_words", alphabetic, self.min_alphabetic_words, None
        if self.min_stop_words is not None:
            found = len(set(self.stop_words).intersection(words))
            if found < self.min_stop_words and self.variant == "paper":
                found = len(stop_words_in(words, self.stop_words))
            yield "too_few_stop_words", found, self.min_stop_words, None


@dataclass(frozen=True, slots=True, kw_only=True)
class GopherRepetition:
    r"""Drop a text much of which is said more than once.

    Called with one text, returns the first of the reasons below, or None to keep it; bounds are
    inclusive. A text without a word is "empty_text".
    Args, each a share in [0, 1], None for off (its reason in brackets), in order of judgement:
        max_duplicate_paragraphs: paragraphs that occur more than once (duplicate_paragraphs).
        max_duplicate_paragraph_characters: their characters (duplicate_paragraph_characters).
        max_duplicate_lines: lines that occur more than once (duplicate_lines).
        max_duplicate_line_characters: their characters (duplicate_line_characters).
        max_top_ngrams: {n: share}; characters of the most frequent n-gram of words, all its
            occurrences together (top_2_gram, top_3_gram, ...).
        max_duplicate_ngrams: {n: share}; characters of words inside any n-gram that occurs more
            than once, each word counted once (duplicate_5_grams, ...).
    variant: "paper", or "datatrove" for what that library, version 0.10, makes of it.
    Raises:
        ValueError: a share outside [0, 1], or an n below 2 or twice.

    Source: Rae et al. 2021 (Gopher), arXiv:2112.11446, appendix A.1.1 and table A1.
    Differs: the paper leaves open whether the first copy of a line is a duplicate and what the
    characters are a share of. Here every copy counts, as the paper says of n-grams ("all
    duplicate n-grams"); lines and paragraphs are stripped, blank ones left out, and their
    characters divide by those of all lines or paragraphs; characters of n-grams are those of
    their words, divided by those of all words. An n-gram that occurs once is no repetition; of
    equally frequent ones the longest counts. Occurrences of one n-gram that overlap ("a a a")
    count in full, so the share can pass 1.
    Variant "datatrove": the first copy is free; everything divides by all characters of the
    text; lines and paragraphs are not stripped; words are the tokens of `curate.text.spacy_tokens`;
    the first of the most frequent n-grams counts, even if it occurs once, with the spaces
    between its tokens; duplicate n-grams are counted by one walk that steps over each it finds.

    >>> GopherRepetition()("Same line.\nSame line.\nAnother one.")
    'duplicate_lines'
    """

    max_duplicate_paragraphs: float | None = 0.30
    max_duplicate_paragraph_characters: float | None = 0.20
    max_duplicate_lines: float | None = 0.30
    max_duplicate_line_characters: float | None = 0.20
    max_top_ngrams: Mapping[int, float] | Shares | None = TOP_NGRAMS
    max_duplicate_ngrams: Mapping[int, float] | Shares | None = DUPLICATE_NGRAMS
    variant: Variant = "paper"

    def __post_init__(self) -> None:
        check_choice(self, "variant", ("paper", "datatrove"))
        check_number(self, "max_duplicate_paragraphs", "max_duplicate_lines", most=1)
        check_number(self, "max_duplicate_paragraph_characters", most=1)
        check_number(self, "max_duplicate_line_characters", most=1)
        freeze_shares(self, "max_top_ngrams", smallest=2)
        freeze_shares(self, "max_duplicate_ngrams", smallest=2)

    def __call__(self, text: str) -> str | None:
        text = Text.of(text)
        if not text or text.isspace():
            return "empty_text"
        return first_broken(self.measures(text))

    def measures(self, text: str) -> Iterator[Rule]:
        """Yield (reason, measured share, None, bound) of each rule in order of judgement.

        What is not asked for is not computed.
        """
        text = Text.of(text)
        paragraphs, lines = self._duplicates(text)
        yield "duplicate_paragraphs", paragraphs[0], None, self.max_duplicate_paragraphs
        most = self.max_duplicate_paragraph_characters
        yield "duplicate_paragraph_characters", paragraphs[1], None, most
        yield "duplicate_lines", lines[0], None, self.max_duplicate_lines
        yield "duplicate_line_characters", lines[1], None, self.max_duplicate_line_characters
        top = dict(cast("Shares", self.max_top_ngrams))
        again = dict(cast("Shares", self.max_duplicate_ngrams))
        paper = self.variant == "paper"
        words = text.words if paper else text.view(tokenize)
        before = [*accumulate(map(len, words), initial=0)]  # characters before each word
        total = (before[-1] if paper else len(text)) or 1
        for n, places in repeated_ngrams(words, max((*top, *again), default=0)):
            if n in top:
                count = top_characters if paper else first_top_characters
                yield f"top_{n}_gram", count(before, n, places) / total, None, top[n]
            if n in again:
                count = covered_characters if paper else stepped_characters
                yield f"duplicate_{n}_grams", count(before, n, places) / total, None, again[n]

    def _duplicates(self, text: Text) -> list[tuple[float, float]]:
        """Return (share of parts, share of characters) of paragraphs, then of lines."""
        if self.variant == "paper":
            return [duplicate_shares(text.paragraphs), duplicate_shares(text.lines)]
        shares = []
        for parts in (_PARAGRAPH_BREAKS.split(text.strip()), _LINE_BREAKS.split(text)):
            number, characters = repeats(parts)
            shares.append((number / len(parts), characters / (len(text) or 1)))
        return shares


def mean_length(words: Sequence[str]) -> float:
    """Return the mean characters a word, 0.0 for none."""
    return sum(map(len, words)) / len(words) if words else 0.0


def count_ellipses(text: str) -> int:
    """Return how often "..." or "…" occurs; a row of six full stops is two."""
    return text.count("...") + text.count("…")


def starting_share(lines: Sequence[str], marks: tuple[str, ...]) -> float:
    """Return the share of lines that begin with one of the marks, 0.0 for no lines."""
    return sum(line.startswith(marks) for line in lines) / (len(lines) or 1)


def ending_share(lines: Sequence[str], marks: tuple[str, ...]) -> float:
    """Return the share of lines that end with one of the marks, 0.0 for no lines."""
    return sum(line.endswith(marks) for line in lines) / (len(lines) or 1)


def alphabetic_share(words: Sequence[str]) -> float:
    """Return the share of words with at least one letter (`str.isalpha`), 0.0 for no words.

    >>> alphabetic_share(["word", "2nd", "1984", "--"])
    0.5
    """
    mixed = [word for word in words if not word.isalpha()]
    without = sum(not (word[0].isalpha() or any(map(str.isalpha, word))) for word in mixed)
    return (len(words) - without) / (len(words) or 1)


def stop_words_in(words: Iterable[str], stop_words: Collection[str]) -> set[str]:
    """Return which stop words occur, in any case and with punctuation around them.

    >>> stop_words_in(["The", "cat", "(with", "hat)"], ["the", "with", "of"]) == {"the", "with"}
    True
    """
    return {word.strip(_MARKS) for word in map(str.lower, set(words))} & set(stop_words)


def _counted_tokens(text: str) -> list[str]:
    """Return the tokens that are more than punctuation: words, to variant "datatrove"."""
    return [
        token
        for token in Text.of(text).view(tokenize)
        if token.isalpha() or not PUNCTUATION.issuperset(token)
    ]


FILTERS = {
    "gopher_quality": judging(GopherQuality),
    "gopher_repetition": judging(GopherRepetition),
}

_QUALITY = "Gopher, appendix A.1.1"
_TABLE = "Gopher, table A1"
REASONS = {
    "too_few_words": f"fewer than 50 words ({_QUALITY})",
    "too_many_words": f"more than 100,000 words ({_QUALITY})",
    "word_length_too_short": f"words of fewer than 3 characters on average ({_QUALITY})",
    "word_length_too_long": f"words of more than 10 characters on average ({_QUALITY})",
    "too_many_hashes": f"more than one # for every 10 words ({_QUALITY})",
    "too_many_ellipses": f"more than one ellipsis for every 10 words ({_QUALITY})",
    "too_many_bullets": f"more than 90 % of lines begin with a bullet ({_QUALITY})",
    "too_many_ellipsis_lines": f"more than 30 % of lines end in an ellipsis ({_QUALITY})",
    "too_few_alphabetic_words": f"fewer than 80 % of words have a letter ({_QUALITY})",
    "too_few_stop_words": f"fewer than 2 of 8 common English words ({_QUALITY})",
    "empty_text": "nothing but white space",
    "duplicate_paragraphs": f"more than 30 % of paragraphs are copies ({_TABLE})",
    "duplicate_paragraph_characters": f"over 20 % of characters in copied paragraphs ({_TABLE})",
    "duplicate_lines": f"more than 30 % of lines are copies ({_TABLE})",
    "duplicate_line_characters": f"more than 20 % of characters in copied lines ({_TABLE})",
    **{
        f"top_{n}_gram": f"one run of {n} words makes more than {share:.0%} of the text ({_TABLE})"
        for n, share in TOP_NGRAMS
    },
    **{
        f"duplicate_{n}_grams": f"over {share:.0%} of characters in repeated {n}-grams ({_TABLE})"
        for n, share in DUPLICATE_NGRAMS
    },
}
