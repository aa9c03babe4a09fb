"""Words by a dictionary, in Chinese, Thai and Japanese: the word rule of filters where chosen.

Input: a text and a library's name. Output: its words. Runs of the library's scripts are cut by it,
all else by the rule of `curate.text.views`; signs belong to the word before them, as there, and
what white space and its kin separate is never joined. So the joined words are the text without
white space, and no word ends between a character and its marks.

A library is given a run at most `LONGEST` characters long. Of a longer one the last word of each
piece is cut again with what follows it, so that time is linear and hardly a word is broken.

Libraries are imported when first used. Their words are those of their versions: a stage that uses
one has the versions of `distributions` in its input hash.
"""

import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from importlib import metadata
from typing import Literal

from curate._lazy import listing
from curate.extras import install
from curate.text.views import SPACELESS, Text, has_marks, has_words, marks, separated, split_words
from curate.text.word_counts import WordCounts, count_words, counts_of

__all__ = [
    "LIBRARIES",
    "Dictionary",
    "check_dictionary",
    "count_words_by",
    "distributions",
    "has_words_by",
    "require",
    "split_words_by",
    "words_of",
]
__dir__ = listing(__name__, __all__)

Dictionary = Literal["rjieba", "pythainlp", "sudachipy"]
Cut = Callable[[str], Sequence[str]]

LONGEST = 256  # characters of a run that a library is given at once
_IDEOGRAPHS = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KANA = "\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f"


def _rjieba() -> Cut:
    import rjieba  # noqa: PLC0415 - an extra's, and its dictionary takes a while

    cut: Cut = rjieba.cut
    return cut


def _pythainlp() -> Cut:
    with _without_a_folder_of_pythainlp():
        from pythainlp.tokenize import word_tokenize  # noqa: PLC0415 - an extra's

    return partial(word_tokenize, engine="newmm")


def _sudachipy() -> Cut:
    import sudachipy  # noqa: PLC0415 - an extra's

    dictionary = sudachipy.Dictionary(dict="core")
    own = threading.local()  # a tokenizer works for one thread at a time

    def cut(run: str) -> list[str]:
        if not hasattr(own, "tokenizer"):
            own.tokenizer = dictionary.tokenizer(sudachipy.SplitMode.A)
            own.found = own.tokenizer.tokenize("")  # filled by each call: faster than a new list
        return [word.surface() for word in own.tokenizer.tokenize(run, out=own.found)]

    return cut


@contextmanager
def _without_a_folder_of_pythainlp() -> Iterator[None]:
    """Keep the import from making a folder for downloads in the user's home."""
    names = ("PYTHAINLP_READ_ONLY", "PYTHAINLP_READ_MODE")  # the second is the older
    if any(name in os.environ for name in names):
        yield
        return
    os.environ[names[0]] = "1"
    try:
        yield
    finally:
        del os.environ[names[0]]


@dataclass(frozen=True, slots=True)
class Library:
    """A library that segments a language.

    `distributions`: what it is installed as, and its dictionary, if that is one of its own.
    `scripts`: the characters of its runs, as a class of a pattern. `finer`: whether words may be
    shorter than those of `curate.text.views`, which does not cut runs of katakana.
    """

    language: str
    distributions: tuple[str, ...]
    scripts: str
    load: Callable[[], Cut]
    finer: bool = False


LIBRARIES: dict[str, Library] = {
    "rjieba": Library("zh", ("rjieba",), _IDEOGRAPHS, _rjieba),
    "pythainlp": Library("th", ("pythainlp",), "\u0e01-\u0e3a\u0e3f-\u0e5b", _pythainlp),
    # Mode A, the shortest units: words of UniDic, as the other segmenters of Japanese have them.
    "sudachipy": Library(
        "ja", ("sudachipy", "sudachidict-core"), _IDEOGRAPHS + _KANA, _sudachipy, finer=True
    ),
}


def require(name: str) -> None:
    """Raise ImportError, with the command that installs it, where a library is not installed."""
    for distribution in LIBRARIES[name].distributions:
        try:
            metadata.version(distribution)
        except metadata.PackageNotFoundError as error:
            raise ImportError(
                f"expected {distribution} installed, got none: {install('dictionaries')}"
            ) from error


def check_dictionary(name: str | None, variant: str) -> None:
    """Raise ValueError where a filter cannot count by a library: not installed, or other words."""
    if name is None:
        return
    if variant == "datatrove":
        raise ValueError(
            f"dictionary: expected none with variant datatrove, whose words are tokens, got {name}"
        )
    try:
        require(name)
    except ImportError as error:
        raise ValueError(f"dictionary: {error}") from error


def distributions(names: Iterable[str]) -> list[str]:
    """Return the distributions whose versions decide what the words by some libraries are.

    >>> distributions(["sudachipy", "rjieba"])
    ['rjieba', 'sudachidict-core', 'sudachipy']
    """
    return sorted({one for name in names for one in LIBRARIES[name].distributions})


@cache
def split_words_by(name: str) -> Callable[[str], list[str]]:
    """Return the function (text -> words) by a library, one and the same for a name.

    It raises ImportError where the library is not installed. Pickled by its name.
    """
    return partial(_split, name)


def _split(name: str, text: str) -> list[str]:
    return [word for words in _words(name, text) for word in words]


def words_of(text: Text, name: str | None) -> list[str]:
    """Return the words of a text by a library, or by the rule of `curate.text.views`; cached."""
    return text.words if name is None else text.view(split_words_by(name))


@cache
def count_words_by(name: str | None) -> Callable[[str], WordCounts]:
    """Return the function (text -> counts of its words) by a library; None: by the usual rule."""
    return count_words if name is None else partial(_count, name)


def _count(name: str, text: str) -> WordCounts:
    return counts_of(words_of(Text.of(text), name))


@cache
def has_words_by(name: str | None) -> Callable[[str, int], bool]:
    """Return the function (line, number -> whether it has so many words); see `split_words_by`."""
    return has_words if name is None else partial(_has_words, name)


def _has_words(name: str, line: str, number: int) -> bool:
    if len(separated(line).split(None, max(number - 1, 0))) >= number:
        return True
    if line.isascii() or not (LIBRARIES[name].finer or has_words(line, number)):
        return False
    count = 0
    for words in _words(name, line):
        count += len(words)
        if count >= number:
            return True
    return False


def _words(name: str, text: str) -> Iterator[Sequence[str]]:
    """Yield the words of a text, those of a run together."""
    find, cut = _runs(name).finditer, _loaded(name)
    for chunk in separated(text).split():
        if chunk.isascii():
            yield (chunk,)
            continue
        end = 0
        for match in find(chunk):
            start = match.start()
            if end < start:
                yield split_words(chunk[end:start])
            run, signs = match.groups()
            words = _whole(cut, run) if len(run) <= LONGEST else _cut_long(cut, run)
            if has_marks(run):
                words = _with_marks(words)
            words[-1] += signs
            yield words
            end = match.end()
        if end < len(chunk):
            yield split_words(chunk[end:])


def _whole(cut: Cut, run: str) -> list[str]:
    """Return the words of a run; raise RuntimeError if they are not the run, whole, once joined."""
    words = [*filter(None, cut(run))]
    if "".join(words) != run:
        raise RuntimeError(f"dictionary: expected words that join to {run!r}, got {words}")
    return words


def _cut_long(cut: Cut, run: str) -> list[str]:
    """Return the words of a run that is longer than `LONGEST`."""
    words: list[str] = []
    start = 0
    while start < len(run):
        piece = _whole(cut, run[start : start + LONGEST])
        size = sum(map(len, piece))
        if start + LONGEST < len(run) and size - len(piece[-1]) >= LONGEST // 2:
            size -= len(piece.pop())
        words += piece
        start += size
    return words


def _with_marks(words: Sequence[str]) -> list[str]:
    """Return the words with marks at the beginning of one moved to the word before it."""
    is_mark = _marks().__contains__
    whole: list[str] = []
    for word in words:
        if whole and is_mark(word[0]):
            whole[-1] += word
        else:
            whole.append(word)
    return whole


@cache
def _loaded(name: str) -> Cut:
    require(name)
    return LIBRARIES[name].load()


@cache
def _marks() -> frozenset[str]:
    return frozenset(marks())


@cache
def _runs(name: str) -> re.Pattern[str]:
    """Return the pattern of a run of a library's scripts, with its marks, and signs that follow."""
    scripts = LIBRARIES[name].scripts
    run = rf"(?![{marks()}])[{scripts}][{scripts}{marks()}]*"
    return re.compile(rf"({run})([^\w\s{SPACELESS}]*)")
