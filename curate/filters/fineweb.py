"""FineWeb's custom rules, found by comparing statistics of good and bad slices of a crawl.

Run after Gopher's rules and C4's without its rule on terminal punctuation. Input: one text. Output:
a reason to drop it, or None.

Source: Penedo et al. 2024, "The FineWeb Datasets", arXiv:2406.17557, section 3.6 and appendix
E.4, and the code that made it, datatrove's fineweb_quality_filter.py.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from pydantic.dataclasses import dataclass

from curate._lazy import listing
from curate.filters.repetition import repeats
from curate.filters.settings import (
    BY_VARIANT,
    CONFIG,
    Count,
    Flag,
    Ratio,
    Share,
    bound,
    by_variant,
    defaults,
    first_broken,
)
from curate.languages import Profile
from curate.steps import Reads
from curate.text.dictionaries import (
    Dictionary,
    check_dictionary,
    count_words_by,
    has_words_by,
    words_of,
)
from curate.text.sentences import CLOSING, count_sentences
from curate.text.spacy_tokens import TERMINALS, tokenize
from curate.text.views import Text, has_words

__all__ = ["FineWebQuality"]
__dir__ = listing(__name__, __all__)

Variant = Literal["ours", "paper", "datatrove"]
_TERMINALS = frozenset(TERMINALS)
_LEADS = (":", "：")
_LOOSE_ENDS = _TERMINALS | set(_LEADS)


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class FineWebQuality:
    r"""Drop a text that is a list: unfinished, short or repeated lines, many line ends.

    Called with one text, returns the first of the reasons below, or None to keep it. A line is
    what "\n" ends and is not blank; a text without one is "empty_text". Bounds are inclusive.
    Args, each the bound of the reason of its name, None for off:
        too_few_punctuated_lines: share of lines whose last character ends a sentence in some
            script, `curate.text.spacy_tokens.TERMINALS`.
        too_many_short_lines: share of lines of at most `short_line` characters.
        repeated_lines: characters of second and later copies of lines, as a share of all but "\n".
        too_many_newlines: line ends per word.
    dictionary: a library by whose words these are counted, in scripts without spaces; see
        `curate.text.dictionaries`.
    variant: "ours"; "paper"; or "datatrove" for that library's implementation, version 0.10, whose
        words are spaCy's. Ours; and after the semicolon each setting in the two others:
        reads: "prose"; "text", that is all of it: tables, code, lists and headings legitimately
            have short and unfinished lines.
        few_words: lines of fewer than 5 words are ignored; 0. In FineWeb C4's rules have cut them
            before; here C4 judges and cuts no line.
        loose_ends: a line is also finished if it ends in a colon, which introduces a list or code,
            or in closing quotes after a sign, or if sentences end in it; and lines that end in a
            colon are not counted as repeated ("She wrote:"); false.
        long_item: a line that begins with "- " and has 15 words is finished, as in release notes;
            None, that is no line.
        free_repeats: 1 copy of a line is no repetition; 0. In a short text one repeated line
            always exceeds a hundredth.
        A blank line is no line end.
    Raises:
        ValueError: a setting is no number or share; a dictionary with variant "datatrove", or one
            that is not installed.

    Source: Penedo et al. 2024 (FineWeb), arXiv:2406.17557; repeated_lines 0.01 as in appendix E.4
    and the code (section 3.6 prints 0.1); too_many_newlines from the code alone.
    Differs: see `variant`. Words are those of `curate.text.views`. A text exactly on a bound is
    kept, as in the code; the paper's signs say dropped.

    >>> FineWebQuality()("Home\nAbout\nContact\nA longer line, but without an end")
    'too_few_punctuated_lines'
    """

    too_few_punctuated_lines: Share | None = bound(
        0.12,
        "under {} of lines end in punctuation (FineWeb, section 3.6)",
        side="least",
        share=True,
    )
    too_many_short_lines: Share | None = bound(
        0.67, "over {} of lines are short (FineWeb, section 3.6)", share=True
    )
    repeated_lines: Share | None = bound(
        BY_VARIANT, "over {} of characters in repeated lines (FineWeb, appendix E.4)", share=True
    )
    too_many_newlines: Ratio | None = bound(
        0.3, "more than {} line ends for every word (FineWeb's code)"
    )
    short_line: Count = 30
    free_repeats: Count = BY_VARIANT
    few_words: Count = BY_VARIANT
    loose_ends: Flag = BY_VARIANT
    long_item: Count | None = BY_VARIANT
    reads: Reads = BY_VARIANT
    dictionary: Dictionary | None = None
    variant: Variant = "ours"

    def __post_init__(self) -> None:
        check_dictionary(self.dictionary, self.variant)
        ours = self.variant == "ours"
        by_variant(
            self,
            repeated_lines=0.1 if ours else 0.01,
            free_repeats=1 if ours else 0,
            few_words=5 if ours else 0,
            loose_ends=ours,
            long_item=15 if ours else None,
            reads="prose" if ours else "text",
        )

    @staticmethod
    def in_language(language: Profile) -> dict[str, Any]:
        """Return the settings that differ in a language, by how long its words and texts are."""
        english = defaults(FineWebQuality)
        ended = min(1.0, language.ended)
        return {
            "too_few_punctuated_lines": round(english["too_few_punctuated_lines"] * ended, 3)
            or None,
            "short_line": round(english["short_line"] * language.characters),
            "few_words": round(5 * language.words),
            "too_many_newlines": round(english["too_many_newlines"] / language.words, 3),
        }

    def __call__(self, text: str) -> str | None:
        text = Text.of(text)
        if not text.view(split_at_newlines):
            return "empty_text"
        return first_broken(self, self.measures(text))

    def measures(self, text: str) -> Iterator[tuple[str, float]]:
        """Yield (reason, measure) of each rule in order of judgement."""
        text = Text.of(text)
        lines = text.view(split_at_newlines)
        has_words = has_words_by(self.dictionary)
        if self.few_words:
            lines = [line for line in lines if has_words(line, self.few_words)]
        finished = punctuated_share(
            lines, loose_ends=self.loose_ends, long_item=self.long_item, has_words=has_words
        )
        yield "too_few_punctuated_lines", finished
        yield "too_many_short_lines", short_share(lines, self.short_line)
        yield "repeated_lines", repeated_share(text, self._stated(lines), free=self.free_repeats)
        if self.variant == "ours":
            number = text.view(count_words_by(self.dictionary)).number
            yield "too_many_newlines", max(0, len(lines) - 1) / (number or 1)
        else:
            paper = self.variant == "paper"
            words = words_of(text, self.dictionary) if paper else text.view(tokenize)
            yield "too_many_newlines", text.count("\n") / (len(words) or 1)

    def _stated(self, lines: Sequence[str]) -> Sequence[str]:
        """Return the lines that say something of their own, and do not only lead to the next."""
        if not self.loose_ends:
            return lines
        return [line for line in lines if line.rstrip()[-1] not in _LEADS]


def split_at_newlines(text: str) -> list[str]:
    r"""Return the lines that "\n" ends and that are not blank, not stripped."""
    return [line for line in text.split("\n") if line and not line.isspace()]


def punctuated_share(
    lines: Sequence[str],
    *,
    loose_ends: bool = False,
    long_item: int | None = None,
    has_words: Callable[[str, int], bool] = has_words,
) -> float:
    """Return the share of lines whose last character ends a sentence, 0.0 for no lines.

    With `loose_ends` a colon does, too, closing quotes and brackets are ignored, and a line of two
    sentences or more counts however it ends. So does an item of a list with `long_item` words, as
    `has_words` says.
    """
    ended = sum(line[-1] in _TERMINALS for line in lines)
    if loose_ends or long_item is not None:
        others = [line for line in lines if line[-1] not in _TERMINALS]
        ended += sum(
            (loose_ends and _is_ended(line))
            or (long_item is not None and line.startswith("- ") and has_words(line[2:], long_item))
            for line in others
        )
    return ended / (len(lines) or 1)


def _is_ended(line: str) -> bool:
    return line.rstrip(CLOSING)[-1:] in _LOOSE_ENDS or count_sentences(line) > 1


def short_share(lines: Sequence[str], longest: int) -> float:
    """Return the share of lines of at most so many characters, 0.0 for no lines."""
    return sum(len(line) <= longest for line in lines) / (len(lines) or 1)


def repeated_share(text: str, lines: Sequence[str], *, free: int = 0) -> float:
    r"""Return the characters of second and later copies of lines, as a share of all except "\n".

    0.0 where there are no more than `free` such copies.
    """
    number, characters = repeats(lines)
    return characters / ((len(text) - text.count("\n")) or 1) if number > free else 0.0


FILTERS = {"fineweb": FineWebQuality}
REASONS = {"empty_text": "nothing but white space"}
