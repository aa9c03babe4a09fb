"""Boilerplate notices (JavaScript, cookies, policies) and citation marks in English prose.

C4 cuts every line that contains "javascript" or one of six phrases on policies: a page about
JavaScript or privacy loses its best lines. A notice is a short line that addresses the page's
visitor about them.
"""

import re
from collections.abc import Iterator

from curate._lazy import listing

__all__ = ["citation_marks", "is_notice"]
__dir__ = listing(__name__, __all__)

MAX_WORDS = 40  # of a notice; longer lines are paragraphs that mention the subject
DIALOGUE_WORDS = 150  # of a cookie dialogue in one line, known by its first words
FEW_WORDS = 8  # of a line that is little more than the name of a policy
_SCRIPT = re.compile(
    r"\b(?:enabl\w+|disabl\w+|requires?|needs?|activat\w+|support\w*|without|allow\w*|switch\w*"
    r"|turn\w*|must have|unavailable|not available|blocked)\b"
)
_VISITOR = re.compile(
    r"\b(?:we|our|us|you|your|please|browsers?|this (?:web)?(?:site|page|app|application|form)"
    r"|by (?:using|continuing|clicking|visiting|signing|submitting|browsing|subscribing)"
    r"|accept|agree|consent|copyright|all rights reserved)\b|©"
)
_DIALOGUE = re.compile(
    r"(?:this|our) (?:web ?)?(?:site|page|blog|shop|store)s? (?:also )?uses? cookies\b"
    r"|we use cookies\b"
)
# A number in brackets is a citation mark directly after a word or a sentence's end, if the marks
# are numbered from 1; [0] is an index.
_MARKS = re.compile(
    r"(?:(?<=[^\W\d_][^\W\d_][^\W\d_])|(?<=[.,;:!?\"”’)]))"
    r"(?:\[(?:[1-9]\d{0,2}|edit|citation needed)\])+(?=[\s.,;:!?\"”’)]|$)"
)


def is_notice(line: str) -> bool:
    """Return whether a lower-case line is a notice about JavaScript, cookies or policies.

    >>> is_notice("please enable javascript to view the comments.")
    True
    >>> is_notice("javascript has functions, and closures that you can pass around.")
    False
    """
    words = len(line.split(None, DIALOGUE_WORDS))
    if words > MAX_WORDS:
        return words <= DIALOGUE_WORDS and _DIALOGUE.match(line.strip()) is not None
    if "javascript" in line:
        return _SCRIPT.search(line) is not None and (
            words <= FEW_WORDS or _VISITOR.search(line) is not None
        )
    return words <= FEW_WORDS or _VISITOR.search(line) is not None


def citation_marks(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of citation marks in characters [start, end) of a text.

    >>> [*citation_marks("It rained.[1] See x[1].", 0, 23)]
    [(10, 13)]
    """
    if "[0]" in text:
        return
    yield from (match.span() for match in _MARKS.finditer(text, start, end))
