"""A text with cached views: words, lines, paragraphs; the word rule of the filters.

Filters are given a `Text`, a `str` that caches how it was split. A filter that is given a plain
`str` makes its own, so sharing only saves work. The cache belongs to the text, not to the
process, so no result depends on what was judged before.

The word rule. A word is what white space separates (`str.split`), as in the papers, which do
not define it further. Chinese, Japanese, Thai, Lao, Khmer and Burmese put no space between words;
there the default rules of UAX #29 hold, which need no dictionary: an ideograph, a hiragana or
a letter of the South-East Asian scripts is a word, with the marks that follow it, punctuation
too, as where there are spaces; a run of katakana is one word, and so is a run of anything else.
Tibetan's and Ethiopic's marks between words separate them as spaces do. Such words are short, and
an n-gram covers less than in English: `curate.languages` says how far a bound that was found on
English holds in another language.
"""

import re
import unicodedata
from collections.abc import Callable, Container, Iterator
from functools import cache
from typing import Any, TypeVar

from curate._lazy import listing

__all__ = ["Text", "split_lines", "split_paragraphs", "split_words"]
__dir__ = listing(__name__, __all__)

T = TypeVar("T")
Run = tuple[str, str, str]  # see `unspaced_runs`

# Code points whose scripts leave out the spaces between words (Unicode blocks).
SPACELESS = "\u0e01-\u0eff\u1000-\u109f\u1780-\u17d3\u2e80-\u2fdf\u3005-\u3007\u3041-\u30ff"
SPACELESS += "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uaa60-\uaa7f\uf900-\ufaff\uff66-\uff9f"
SPACELESS += "\U0001b000-\U0001b16f\U00020000-\U0003ffff"
_KATAKANA = "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
_ANY_SPACELESS = re.compile(f"[{SPACELESS}]")
_SEPARATORS = "\u0f0b\u0f0c\u1361"  # tsheg, Ethiopic wordspace
SPACED = 12  # characters between spaces, at most, of text that has spaces between words
_PARAGRAPH_BREAK = re.compile(r"\n\s*\n")


class Text(str):
    r"""A `str` whose views are computed on first use and shared by all filters.

    Equal to, hashed like and usable as the `str` it was made from. Methods that return a text
    (`strip`, slices) return a plain `str`, without views. Pickled without its views.

    >>> text = Text("One line.\n\nAnother line.")
    >>> text.words
    ['One', 'line.', 'Another', 'line.']
    >>> text.words is text.words
    True
    """

    __slots__ = ("_views",)
    _views: dict[Callable[[str], Any], Any]

    def __new__(cls, text: str = "") -> "Text":
        self = super().__new__(cls, text)
        self._views = {}
        return self

    def __reduce__(self) -> tuple[Callable[[str], "Text"], tuple[str]]:
        return Text, (str(self),)

    @staticmethod
    def of(text: str) -> "Text":
        """Return the text itself if it is a `Text`, else a new one.

        As the first edit of a chain it lets every filter after it share the views.
        Raises TypeError if it is no `str`.
        """
        if type(text) is Text:
            return text
        if not isinstance(text, str):
            raise TypeError(f"expected a text (str), got {type(text).__name__}")
        return Text(text)

    def view(self, make: Callable[[str], T]) -> T:
        """Return `make(self)`, cached for this text: for a filter that splits in its own way.

        What is returned is shared: do not change it.
        """
        views = self._views
        if make not in views:
            views[make] = make(self)
        return views[make]  # type: ignore[no-any-return]

    @property
    def words(self) -> list[str]:
        """The words, by the rule at the head of this file."""
        return self.view(split_words)

    @property
    def lines(self) -> list[str]:
        """The lines that are not blank, stripped; `str.splitlines` says what ends a line."""
        return self.view(split_lines)

    @property
    def paragraphs(self) -> list[str]:
        """What blank lines separate, stripped, without empty ones."""
        return self.view(split_paragraphs)

    @property
    def lowered(self) -> str:
        """The text in lower case."""
        return self.view(str.lower)


def split_words(text: str) -> list[str]:
    """Return the words of a text, by the rule at the head of this file.

    >>> split_words("two words 漢字とカタカナ123")
    ['two', 'words', '漢', '字', 'と', 'カタカナ', '123']
    """
    runs = Text.of(text).view(unspaced_runs)
    if runs is None:
        return separated(text).split()
    marked = has_marks(text)
    found: list[str] = []
    for characters, after, other in runs:
        if characters:
            found += marked_words(characters) if marked else characters
            if after:
                found[-1] += after
        else:
            found.append(other)
    return found


def unspaced_runs(text: str) -> list[Run] | None:
    """Return runs of words of a text in which some have no spaces between them, else None.

    A run is (characters of which each is a word with the marks behind it, signs that follow the
    last of them, "") or ("", "", one word).

    >>> unspaced_runs("漢字、ABC")
    [('漢字', '、', ''), ('', '', 'ABC')]
    """
    if not _may_be_unspaced(text) or _ANY_SPACELESS.search(text) is None:
        return None
    text = separated(text)
    chunks = text.split()
    find, is_one = _unspaced().findall, _ANY_SPACELESS.search
    if len(chunks) * SPACED < len(text):
        return find(text)
    # Some ideographs in a text with spaces: the same, and most words need no pattern.
    runs: list[Run] = []
    for chunk in chunks:
        if chunk.isascii() or is_one(chunk) is None:
            runs.append(("", "", chunk))
        else:
            runs += find(chunk)
    return runs


def _may_be_unspaced(text: str) -> bool:
    """Return False only if no character is of a script without spaces; faster than the pattern."""
    if text.isascii():
        return False
    octets = text.encode("utf-16-le", "surrogatepass")
    return bool(octets[1::2].translate(None, _spaced_pages()))


@cache
def _spaced_pages() -> bytes:
    """Return the upper halves of code points, of 16 bits, of scripts with spaces."""
    spans = _spans(SPACELESS)
    unspaced = {page for first, last in spans for page in range(first >> 8, (last >> 8) + 1)}
    return bytes(page for page in range(256) if page not in unspaced and not 0xD8 <= page < 0xE0)


def separated(text: str) -> str:
    """Return a text with spaces for the marks that separate words."""
    for mark in "" if text.isascii() else _SEPARATORS:
        text = text.replace(mark, " ")
    return text


def has_words(line: str, number: int) -> bool:
    """Return whether a line has so many words, by the rule at the head of this file.

    >>> has_words("two words", 3), has_words("三个字", 3)
    (False, True)
    """
    if len(separated(line).split(None, max(number - 1, 0))) >= number:
        return True  # without a look at each character: most lines of other scripts have spaces
    if line.isascii():
        return False
    return _alone(number).match(line) is not None or len(split_words(line)) >= number


def has_marks(text: str) -> bool:
    """Return whether there are marks that belong to the word before them."""
    return _marked()[0].search(text) is not None


def marked_words(run: str) -> list[str]:
    """Return the words of a run: characters, each with its marks.

    >>> marked_words("ที่นา")
    ['ที่', 'น', 'า']
    """
    return _marked()[1].findall(run)


def marks() -> str:
    """Return the marks that belong to the word before them."""
    return _marks_and_alone()[0]


@cache
def _marks_and_alone() -> tuple[str, str]:
    """Return the characters that go on with a word, and the class of those that are one."""
    marks = {
        character
        for character in map(chr, (*range(0xE01, 0x17D4), 0x3099, 0x309A))
        if unicodedata.category(character)[0] == "M"
    }
    marks |= {*"\u0e33\u0eb3\u200d", *map(chr, range(0xFE00, 0xFE10))}
    alone = _without(SPACELESS, marks | set(_expanded(_KATAKANA)))
    return "".join(sorted(marks)), "".join(alone)


@cache
def _marked() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of a mark, and of a word in a run."""
    marks, alone = _marks_and_alone()
    return re.compile(f"[{marks}]"), re.compile(f"[{alone}][{marks}]*")


@cache
def _unspaced() -> re.Pattern[str]:
    """Return the pattern of words within a run without white space.

    Groups: characters of which each is a word, with marks, and signs that follow; or one word.
    """
    marks, alone = _marks_and_alone()
    loose = rf"[^\w\s{SPACELESS}]*"
    return re.compile(
        rf"([{alone}][{alone}{marks}]*)({loose})"
        rf"|((?:[{_KATAKANA}][{marks}]*)+{loose}|[{SPACELESS}][{marks}]*{loose}|[^{SPACELESS}\s]+)"
    )


@cache
def _alone(number: int) -> re.Pattern[str]:
    """Return the pattern of a text with so many characters that are, or begin, words."""
    alone = _marks_and_alone()[1]
    return re.compile(f"(?:[^{alone}]*+[{alone}]){{{number}}}")


def _spans(ranges: str) -> list[tuple[int, int]]:
    """Return the first and last code points of the ranges of a character class."""
    return [(ord(first), ord(last)) for first, last in re.findall("(.)-(.)", ranges)]


def _expanded(ranges: str) -> Iterator[str]:
    for first, last in _spans(ranges):
        yield from map(chr, range(first, last + 1))


def _without(ranges: str, left_out: Container[str]) -> Iterator[str]:
    """Yield the ranges of a character class that has all but some characters."""
    for first, last in _spans(ranges):
        start = first
        for code in range(first, min(last, 0xFFFF) + 1):
            if chr(code) in left_out:
                if start < code:
                    yield f"{chr(start)}-{chr(code - 1)}"
                start = code + 1
        if start <= last:
            yield f"{chr(start)}-{chr(last)}"


def split_lines(text: str) -> list[str]:
    r"""Return the lines that are not blank, stripped.

    >>> split_lines("one\n \n  two  ")
    ['one', 'two']
    """
    return [stripped for line in text.splitlines() if (stripped := line.strip())]


def split_paragraphs(text: str) -> list[str]:
    r"""Return what blank lines separate, stripped, without empty ones.

    >>> split_paragraphs("one\nstill one\n\n \ntwo")
    ['one\nstill one', 'two']
    """
    return [stripped for part in _PARAGRAPH_BREAK.split(text) if (stripped := part.strip())]
