"""The rules that made C4, T5's training set: lines are cut out, pages dropped.

One object, used twice: called with a text it judges the page, its method `clean` returns the
lines the page keeps. Both come from one pass over the lines, shared through the `Text` at hand,
since a page rule looks only at lines that no line rule cut out before it, in the order of the
code that made C4.

Source: Raffel et al. 2020 (T5), JMLR 21(140), section 2.2, and the code, TensorFlow Datasets'
text/c4_utils.py, function clean_page.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, Literal, NamedTuple

from curate.filters.settings import check_choice, check_count, check_flag
from curate.steps import Step, edit, judge
from curate.text import spacy_tokens as tokens
from curate.text.sentences import count_sentences
from curate.text.views import Text

Variant = Literal["tfds", "datatrove"]

CITATION = re.compile(r"\[\d*\]|\[edit\]|\[citation needed\]")
POLICIES = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)
_END_MARKS = (".", "?", "!", '"')
_DATATROVE_END_MARKS = (*_END_MARKS, "'")
_RUN = re.compile("[a-z]+")
_BY_VARIANT: Any = "by variant"  # a default that depends on `variant`


class BadWords:
    """A list of words or phrases, looked up in lower-cased lines.

    Found where no letter a-z stands directly before or after. (C4's code wants some other
    character on both sides and so misses a word that begins a line.)
    """

    __slots__ = ("_by_run", "_others")

    def __init__(self, phrases: Iterable[str]) -> None:
        # A phrase can only occur if its longest run of letters a-z does, as a run.
        by_run: dict[str, list[str]] = {}
        for phrase in phrases:
            by_run.setdefault(max(_RUN.findall(phrase), key=len, default=""), []).append(phrase)
        patterns = {run: _any_of(members) for run, members in by_run.items()}
        self._others = patterns.pop("", None)
        self._by_run = patterns

    @classmethod
    def read(cls, path: str) -> "BadWords":
        """Return the list of a UTF-8 file, a word or phrase a line."""
        try:
            lines = Path(path).read_text(encoding="utf-8").splitlines()
        except (OSError, TypeError, UnicodeDecodeError) as error:
            raise ValueError(f"C4: bad_words must be a readable UTF-8 file: {error}") from error
        phrases = {phrase for line in lines if (phrase := line.strip().lower())}
        if not phrases:
            raise ValueError(f"C4: bad_words must name a file with words, but {path} has none")
        return cls(sorted(phrases))

    def occur_in(self, lowered: str) -> bool:
        """Return whether one of the words stands in the lower-cased text."""
        if self._others is not None and self._others.search(lowered):
            return True
        runs = self._by_run.keys() & set(_RUN.findall(lowered))
        return any(self._by_run[run].search(lowered) for run in runs)


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    return re.compile(f"(?<![a-z])(?:{'|'.join(map(re.escape, phrases))})(?![a-z])")


class Outcome(NamedTuple):
    """What C4 makes of a page: why it is dropped, or None, and the lines it keeps."""

    reason: str | None
    lines: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class C4:
    r"""Drop pages with code, filler or too little text (called), cut lines out (`clean`).

    Called with one text, returns the first of the page reasons, or None to keep it. For each
    line, stripped, in this order:
        a word of more than `max_word_length` characters: line cut;
        `citations`: [1], [], [edit] and [citation needed] are removed from it;
        `terminal_punctuation`: no . ? ! or " at its end, or "..." there: line cut;
        fewer than `min_words` words: line cut;
        `lorem_ipsum`: has "lorem ipsum", in any case: page dropped (lorem_ipsum);
        `javascript`: has "javascript", in any case: line cut;
        `curly_bracket`: has "{": page dropped (curly_bracket);
        `policies`: speaks of terms of use, privacy or cookies in one of six phrases: line cut;
        `bad_words`: has a word of this list: page dropped (bad_word).
    Then fewer than `min_sentences` sentences in the lines left drop the page
    (too_few_sentences); a page of more than `max_characters` is dropped before all this
    (too_many_characters).
    Args:
        max_characters, max_word_length, min_words, min_sentences: None for off.
        citations, ..., policies: false for off.
        bad_words: path of a UTF-8 file with a word or phrase a line, such as LDNOOBW's list for
            English; read when the object is made. None for off, since no list is shipped.
        variant: "tfds", or "datatrove" for what that library, version 0.10, makes of it.
    Raises:
        ValueError: a setting is none of these, or the list cannot be read or is empty.

    Source: Raffel et al. 2020 (T5), JMLR 21(140), section 2.2; order, long words and pages
    from TensorFlow Datasets' text/c4_utils.py.
    Differs: sentences are counted by `curate.text.sentences`, not by nltk's punkt; the page's
    language and the repeated three-sentence spans are judged elsewhere. FineWeb's use is
    `C4(terminal_punctuation=False)`.
    Variant "datatrove": 3 words a line and 5 sentences a page unless set, the published pair
    swapped; ' ends a line too; words are counted before citations are removed; sentences as in
    `curate.text.spacy_tokens`; no limit on characters.

    >>> c4 = C4(min_sentences=1)
    >>> c4.clean("Menu\nThis sentence is long enough.[1]\nPlease enable Javascript to see it.")
    'This sentence is long enough.'
    >>> c4("if (a) { return; } is a line of code.")
    'curly_bracket'
    """

    max_characters: int | None = _BY_VARIANT
    max_word_length: int | None = 1000
    citations: bool = True
    terminal_punctuation: bool = True
    min_words: int | None = _BY_VARIANT
    lorem_ipsum: bool = True
    javascript: bool = True
    curly_bracket: bool = True
    policies: bool = True
    bad_words: str | None = None
    min_sentences: int | None = _BY_VARIANT
    variant: Variant = "tfds"
    _bad_words: BadWords | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_choice(self, "variant", ("tfds", "datatrove"))
        tfds = self.variant == "tfds"
        published = {
            "max_characters": 190_000 if tfds else None,
            "min_words": 5 if tfds else 3,
            "min_sentences": 3 if tfds else 5,
        }
        for name, value in published.items():
            if getattr(self, name) == _BY_VARIANT:
                object.__setattr__(self, name, value)
        check_count(self, "max_characters", "max_word_length", "min_words", "min_sentences")
        check_flag(self, "citations", "terminal_punctuation", "lorem_ipsum", "javascript")
        check_flag(self, "curly_bracket", "policies")
        words = None if self.bad_words is None else BadWords.read(self.bad_words)
        object.__setattr__(self, "_bad_words", words)

    def __call__(self, text: str) -> str | None:
        if self.max_characters is not None and len(text) > self.max_characters:
            return "too_many_characters"
        reason, lines = Text.of(text).view(self._read)
        if reason is None and not self._enough_sentences(lines):
            return "too_few_sentences"
        return reason

    def clean(self, text: str) -> str:
        """Return the lines that no line rule cuts out, whatever the page rules say of the page."""
        return "\n".join(Text.of(text).view(self._read).lines).strip()

    def steps(self) -> list[Step]:
        """Return the steps of a chain: judge the page, then keep its good lines."""
        return [edit(Text.of), judge(self), edit(self.clean)]

    def _read(self, text: str) -> Outcome:
        reason, lines = None, []
        watched = self._is_watched(text)
        for line in text.splitlines():
            kept = self._trim(line.strip())
            if kept is None:
                continue
            if watched:
                found = self._look_at(kept)
                if found == "":
                    continue
                reason = reason or found
            lines.append(kept)
        return Outcome(reason, lines)

    def _trim(self, line: str) -> str | None:
        """Return a line without citations, or None if its form is no sentence's."""
        longest, fewest = self.max_word_length, self.min_words
        if longest is not None and len(line) > longest and max(map(len, line.split())) > longest:
            return None
        counted = line
        if self.citations and "[" in line:
            line = CITATION.sub("", line)
        if self.terminal_punctuation:
            marks = _END_MARKS if self.variant == "tfds" else _DATATROVE_END_MARKS
            if not line.endswith(marks) or line.endswith("..."):
                return None
        if self.variant == "tfds":
            counted = line
        if fewest is not None and len(counted.split(None, max(fewest - 1, 0))) < fewest:
            return None
        return line

    def _is_watched(self, text: str) -> bool:
        """Return whether a rule on content can fire at all: most pages have none of its words.

        Removing citations may join what stood apart, so pages with a "[" are always looked at.
        """
        if self._bad_words is not None or (self.citations and "[" in text):
            return True
        lowered = Text.of(text).lowered
        return (
            (self.curly_bracket and "{" in text)
            or (self.javascript and "javascript" in lowered)
            or (self.lorem_ipsum and "lorem ipsum" in lowered)
            or (self.policies and any(policy in lowered for policy in POLICIES))
        )

    def _look_at(self, line: str) -> str | None:
        """Return why a line's words drop the page, "" if they only cut the line, or None."""
        lowered = line.lower()
        if self.lorem_ipsum and "lorem ipsum" in lowered:
            return "lorem_ipsum"
        if self.javascript and "javascript" in lowered:
            return ""
        if self.curly_bracket and "{" in line:
            return "curly_bracket"
        if self.policies and any(policy in lowered for policy in POLICIES):
            return ""
        return "bad_word" if self._bad_words and self._bad_words.occur_in(lowered) else None

    def _enough_sentences(self, lines: list[str]) -> bool:
        needed = self.min_sentences
        if needed is None:
            return True
        if sum(not line.isspace() for line in lines if line) >= needed:
            return True  # each holds at least one: no need to look closer
        count = count_sentences if self.variant == "tfds" else tokens.count_sentences
        return sum(map(count, lines)) >= needed


@wraps(C4, updated=())
def _steps(**settings: Any) -> list[Step]:
    return C4(**settings).steps()


FILTERS = {"c4": _steps}
PATHS = {"c4": ("bad_words",)}
REASONS = {
    "too_many_characters": "a page of more than 190,000 characters (C4's code)",
    "lorem_ipsum": 'the filler "lorem ipsum" (C4, section 2.2)',
    "curly_bracket": "a curly bracket, so probably code (C4, section 2.2)",
    "bad_word": "a word of the list of bad words (C4, section 2.2)",
    "too_few_sentences": "fewer than 3 sentences in the lines kept (C4, section 2.2)",
}
