"""The characters of a text that a rule objects to, for reports.

Rules that judge a text as a whole, such as how many words it has, object to none.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

from curate.filters.repetition import repeated_ngrams, says_something
from curate.filters.settings import bounds
from curate.steps import Step
from curate.text.blocks import Block
from curate.text.dictionaries import has_words_by, words_of
from curate.text.prose import judged_spans
from curate.text.views import Text

MOST = 50  # spans of a text
Span = tuple[int, int]

_LINE = re.compile(r"[^\S\n]*(\S[^\n]*)")
_PARAGRAPH = re.compile(r"\S(?:.|\n(?!\s*\n))*")


def rule_spans(
    steps: Sequence[Step], text: str, reason: str, blocks: Sequence[Block] | None = None
) -> list[Span]:
    """Return the spans of a text that the rule of a reason objects to, in order, at most MOST.

    They are looked for in the text as given, whatever edits come before the rule; of a rule that
    reads prose in what it is given as prose.

    >>> from curate.filters import find
    >>> rule_spans(find("c4"), "Lorem ipsum dolor. A sentence.", "lorem_ipsum")
    [(0, 11)]
    """
    for step in steps:
        if step.kind == "edit" or reason not in bounds(type(step.function)):
            continue
        find = _FINDERS.get(reason)
        if find is None:
            return []
        parts = [(0, len(text))] if step.reads == "text" else judged_spans(text, blocks)
        spans = _merged(find(step.function, text))
        inside = (span for span in spans if any(lo <= span[0] < hi for lo, hi in parts))
        return list(islice(inside, MOST))
    return []


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield spans in order, those that overlap or touch as one."""
    last: Span | None = None
    for start, end in sorted(spans):
        if last is not None and start <= last[1]:
            last = last[0], max(last[1], end)
            continue
        if last is not None:
            yield last
        last = start, end
    if last is not None:
        yield last


def _pattern(pattern: re.Pattern[str], _: Any, text: str) -> Iterator[Span]:
    return (match.span() for match in pattern.finditer(text))


def _lines(text: str) -> Iterator[tuple[Span, str]]:
    """Yield the lines that are not blank, without the white space around them."""
    for match in _LINE.finditer(text):
        line = match[1].rstrip()
        yield (match.start(1), match.start(1) + len(line)), line


def _lines_that(judge: Callable[[Any, str], bool], rule: Any, text: str) -> Iterator[Span]:
    return (span for span, line in _lines(text) if judge(rule, line))


def _bullets(rule: Any, text: str) -> Iterator[Span]:
    has_words = has_words_by(rule.dictionary)
    for (start, _), line in _lines(text):
        bullet = next((mark for mark in rule.bullets if line.startswith(mark)), None)
        most = rule.item_words
        if bullet is not None and (most is None or not has_words(line[1:], most + 1)):
            yield start, start + len(bullet)


def _copies(pattern: re.Pattern[str], rule: Any, text: str) -> Iterator[Span]:
    """Yield lines or paragraphs that occurred earlier in the text."""
    seen: set[str] = set()
    for match in pattern.finditer(text):
        part = match[0].strip()
        if rule.variant == "ours" and part and not says_something(part):
            continue
        if part in seen:
            start = match.end() - len(match[0].lstrip())
            yield start, start + len(part)
        seen.add(part)


def _words(rule: Any, text: str) -> list[Span]:
    """Return the positions of the words of a text, as a rule has them."""
    spans, end = [], 0
    for word in words_of(Text(text), rule.dictionary):
        start = text.find(word, end)
        if start >= 0:
            end = start + len(word)
            spans.append((start, end))
    return spans


def _ngrams(n: int, rule: Any, text: str) -> tuple[list[Span], int, Mapping[int, int]]:
    """Return the positions of a rule's n-grams' units, how many one has, and the repeated ones."""
    if rule.gram_characters is None:
        spans = _words(rule, text)
    else:
        spans = [(at, at + 1) for at, character in enumerate(text) if not character.isspace()]
    size = rule.size(n)
    ((_, places),) = repeated_ngrams([text[start:end] for start, end in spans], [size])
    return spans, size, places


def _top_ngram(n: int, rule: Any, text: str) -> Iterator[Span]:
    spans, size, places = _ngrams(n, rule, text)
    counts = Counter(places.values())
    if counts:
        top = min(counts, key=lambda first: (-counts[first], first))
        for start, first in places.items():
            if first == top:
                yield spans[start][0], spans[start + size - 1][1]


def _repeated_ngrams(n: int, rule: Any, text: str) -> Iterator[Span]:
    """Yield the second and later occurrences of n-grams."""
    spans, size, places = _ngrams(n, rule, text)
    for start, first in places.items():
        if start != first:
            yield spans[start][0], spans[start + size - 1][1]


def _bad_words(rule: Any, text: str) -> Iterator[Span]:
    return iter(()) if rule.bad_words is None else rule.bad_words.places(text.lower())


def _cut_lines(rule: Any, text: str) -> Iterator[Span]:
    return ((cut.start, cut.end) for cut in rule.cut_lines(text))


def _without_letters(rule: Any, text: str) -> Iterator[Span]:
    counted = None if rule.sign_words else str.isalnum
    for start, end in _words(rule, text):
        word = text[start:end]
        if not any(map(str.isalpha, word)) and (counted is None or any(map(counted, word))):
            yield start, end


_LINES, _PARAGRAPHS = partial(_copies, _LINE), partial(_copies, _PARAGRAPH)
# Of a rule and a text.
_FINDERS: dict[str, Callable[[Any, str], Iterator[Span]]] = {
    "lorem_ipsum": partial(_pattern, re.compile("lorem ipsum", re.IGNORECASE)),
    "curly_bracket": partial(_lines_that, lambda _, line: "{" in line),
    "bad_word": _bad_words,
    "too_many_cut_words": _cut_lines,
    "too_many_bullets": _bullets,
    "too_many_ellipsis_lines": partial(_lines_that, lambda _, line: line.endswith(("...", "…"))),
    "too_many_ellipses": partial(_pattern, re.compile(r"\.\.\.|…")),
    "too_many_hashes": partial(_pattern, re.compile("#+")),
    "too_few_alphabetic_words": _without_letters,
    "too_many_short_lines": partial(_lines_that, lambda rule, line: len(line) <= rule.short_line),
    "repeated_lines": _LINES,
    "duplicate_lines": _LINES,
    "duplicate_line_characters": _LINES,
    "duplicate_paragraphs": _PARAGRAPHS,
    "duplicate_paragraph_characters": _PARAGRAPHS,
    **{f"top_{n}_gram": partial(_top_ngram, n) for n in (2, 3, 4)},
    **{f"duplicate_{n}_grams": partial(_repeated_ngrams, n) for n in range(5, 11)},
}
