"""A book's chapters: where they begin, by their headings or by the files of an e-book.

Input: the text of a book. Output: the texts of its chapters; together they are the text without
the white space between them. What is too short for a chapter (a title page, a table of contents,
a heading of a part) is joined with what follows it.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

LEAST = 200  # words of a chapter
LONGEST_HEADING = 200  # characters
# What chapters are called, before their number; or after it, as in Erstes Kapitel.
_NAMES = (
    r"chapter|book|part|letter|canto|act|stave|section|volume|kapitel|buch|teil|abschnitt|brief"
    r"|chapitre|livre|partie|lettre|acte|cap[ií]tulo|libro|parte|carta|capitolo|lettera|hoofdstuk"
    r"|deel|boek|глава|часть|книга|rozdział|część|kapittel|luku|fejezet"
)
_NUMBER = (
    r"(?:[ivxlcdm]+|[0-9]{1,3}|the\s+\w+|one|two|three|four|five|six|seven|eight|nine|ten|eleven"
    r"|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six)ty(?:-\w+)?"
    r"|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last)"
)
_HEADING = re.compile(
    rf"(?:(?:{_NAMES})\s+(?:{_NUMBER}|\w+(?:er|ier|ière|me|te|te[rs]))\b"
    r"|\w+(?:es|er|tes|ter|te)\s+(?:kapitel|buch|teil|abschnitt|hoofdstuk)\b"
    r"|第\s*[0-9０-９一二三四五六七八九十百]+\s*[章回節]"
    r"|(?:preface|introduction|prologue|epilogue|conclusion|appendix|vorwort|nachwort|epilog|prolog"
    r"|préface|avant-propos|épilogue|prólogo|epílogo|prefazione|epilogo)\W*$)",
    re.IGNORECASE,
)
_ROMAN = re.compile(r"[ \t]*([IVXLC]{1,7})\.?[ \t]*")
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_BLOCK = re.compile(r"\S(?:.*\n(?![ \t]*\n))*.*")


def chapters_of(text: str, files: Sequence[str] = ()) -> list[str]:
    r"""Return the chapters of a book, in order; the whole if none are found.

    Args:
        files: of an e-book, the text of each; a file is a chapter.

    >>> words = "word " * LEAST
    >>> book = f"CHAPTER I\n\n{words}\n\nCHAPTER II\n\n{words}"
    >>> [one.split("\n")[0] for one in chapters_of(book)]
    ['CHAPTER I', 'CHAPTER II']
    """
    starts = _starts_of_files(text, files) if len(files) > 1 else _starts(text)
    bounds = [0, *sorted({start for start in starts if start}), len(text)]
    begins, chapter_words = [0], 0  # words since the chapter began
    words = [len(text[begin:end].split()) for begin, end in pairwise(bounds)]
    left = sum(words)
    for begin, before in zip(bounds[1:-1], words, strict=False):
        chapter_words, left = chapter_words + before, left - before
        if chapter_words >= LEAST and left >= LEAST:
            begins.append(begin)
            chapter_words = 0
    pieces = (text[begin:end].strip() for begin, end in pairwise([*begins, len(text)]))
    return [piece for piece in pieces if piece]


def _starts(text: str) -> list[int]:
    """Return where the headings of chapters begin."""
    starts: list[int] = []
    romans: list[tuple[int, int]] = []
    for block in _BLOCK.finditer(text):
        heading = block[0].strip()
        if len(heading) > LONGEST_HEADING:
            continue
        if _HEADING.match(heading) is not None:
            starts.append(block.start())
        elif (number := _ROMAN.fullmatch(heading)) is not None:
            romans.append((block.start(), _value(number[1])))
    # Numbers alone are headings where they count on.
    counted = [
        at for (at, number), before in zip(romans, [(0, 0), *romans], strict=False)
        if number in (1, before[1] + 1)
    ]  # fmt: skip
    return [*starts, *(counted if len(counted) > 2 else ())]


def _value(roman: str) -> int:
    values = [_VALUES[letter] for letter in roman]
    return sum(
        -value if value < after else value
        for value, after in zip(values, [*values[1:], 0], strict=True)
    )


def _starts_of_files(text: str, files: Sequence[str]) -> list[int]:
    """Return where the files of an e-book begin in its text, of which some may be cut away."""
    starts: list[int] = []
    at = 0
    for file in files:
        start = text.find(file[:LONGEST_HEADING], at)
        if start >= 0:
            starts.append(start)
            at = start + 1
    return starts
