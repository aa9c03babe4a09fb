"""FineWeb's own rules, found by comparing statistics of good and bad slices of a crawl.

Run after Gopher's rules and C4's without its rule on terminal punctuation. What enters is one
text, what leaves is a reason to drop it, or None.

Source: Penedo et al. 2024, "The FineWeb Datasets", arXiv:2406.17557, section 3.6 and appendix
E.4, and the code that made it, datatrove's fineweb_quality_filter.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from curate.filters.repetition import repeats
from curate.filters.settings import (
    Rule,
    check_choice,
    check_count,
    check_number,
    first_broken,
    judging,
)
from curate.text.spacy_tokens import TERMINALS, tokenize
from curate.text.views import Text

Variant = Literal["paper", "datatrove"]
_TERMINALS = frozenset(TERMINALS)


@dataclass(frozen=True, slots=True, kw_only=True)
class FineWebQuality:
    r"""Drop a text that is a list: unfinished, short or repeated lines, many line ends.

    Called with one text, returns the first of the reasons below, or None to keep it. A line is
    what "\n" ends and is not blank; a text without one is "empty_text". Bounds are inclusive.
    Args, each None for off (its reason in brackets):
        min_punctuated_lines: share of lines whose last character ends a sentence in some script,
            `curate.text.spacy_tokens.TERMINALS` (too_few_punctuated_lines).
        max_short_lines: share of lines of at most `short_line` characters (too_many_short_lines).
        max_repeated_characters: characters of second and later copies of lines, as a share of
            all but "\n" (repeated_lines).
        max_newline_ratio: "\n" per word (too_many_newlines).
    variant: "paper", or "datatrove" to count words as that library, version 0.10, does.
    Raises:
        ValueError: a setting is no number or share.

    Source: Penedo et al. 2024 (FineWeb), arXiv:2406.17557; max_repeated_characters 0.01 as in
    appendix E.4 and the code (section 3.6 prints 0.1); max_newline_ratio from the code alone.
    Differs: words as in `curate.text.views`; the code has spaCy's, which the variant follows.
    A text exactly on a bound is kept, as in the code; the paper's signs say dropped.

    >>> FineWebQuality()("Home\nAbout\nContact\nA longer line, but without an end")
    'too_few_punctuated_lines'
    """

    min_punctuated_lines: float | None = 0.12
    max_short_lines: float | None = 0.67
    short_line: int = 30
    max_repeated_characters: float | None = 0.01
    max_newline_ratio: float | None = 0.3
    variant: Variant = "paper"

    def __post_init__(self) -> None:
        check_choice(self, "variant", ("paper", "datatrove"))
        check_number(self, "min_punctuated_lines", "max_short_lines", most=1)
        check_number(self, "max_repeated_characters", most=1)
        check_number(self, "max_newline_ratio")
        check_count(self, "short_line", optional=False)

    def __call__(self, text: str) -> str | None:
        text = Text.of(text)
        if not text.view(split_at_newlines):
            return "empty_text"
        return first_broken(self._rules(text))

    def _rules(self, text: Text) -> Iterator[Rule]:
        lines = text.view(split_at_newlines)
        punctuated = punctuated_share(lines)
        yield "too_few_punctuated_lines", punctuated, self.min_punctuated_lines, None
        short = short_share(lines, self.short_line)
        yield "too_many_short_lines", short, None, self.max_short_lines
        repeated = repeated_share(text, lines)
        yield "repeated_lines", repeated, None, self.max_repeated_characters
        words = text.words if self.variant == "paper" else text.view(tokenize)
        newlines = text.count("\n") / (len(words) or 1)
        yield "too_many_newlines", newlines, None, self.max_newline_ratio


def split_at_newlines(text: str) -> list[str]:
    r"""Return the lines that "\n" ends and that are not blank, not stripped."""
    return [line for line in text.split("\n") if line and not line.isspace()]


def punctuated_share(lines: Sequence[str]) -> float:
    """Return the share of lines whose last character ends a sentence, 0.0 for no lines."""
    return sum(line[-1] in _TERMINALS for line in lines) / (len(lines) or 1)


def short_share(lines: Sequence[str], longest: int) -> float:
    """Return the share of lines of at most so many characters, 0.0 for no lines."""
    return sum(len(line) <= longest for line in lines) / (len(lines) or 1)


def repeated_share(text: str, lines: Sequence[str]) -> float:
    r"""Return the characters of second and later copies of lines, as a share of all but "\n"."""
    return repeats(lines)[1] / ((len(text) - text.count("\n")) or 1)


FILTERS = {"fineweb": judging(FineWebQuality)}
REASONS = {
    "empty_text": "nothing but white space",
    "too_few_punctuated_lines": "under 12 % of lines end in punctuation (FineWeb, section 3.6)",
    "too_many_short_lines": "over 67 % of lines have at most 30 characters (FineWeb, section 3.6)",
    "repeated_lines": "over 1 % of characters in repeated lines (FineWeb, appendix E.4)",
    "too_many_newlines": "over 3 line ends for every 10 words (FineWeb's code)",
}
