"""Counts over the words of a text: how many, their characters, those without a letter.

Input: a text, or its words. Output: `WordCounts`. Where spaces do not separate words they are
counted from runs of characters (`curate.text.views.unspaced_runs`), with the same result as from a
list of words, in less time.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache

from curate.text.views import Text, has_marks, marked_words, marks, unspaced_runs

BLOCK = 64  # characters that are looked at together


@dataclass(frozen=True, slots=True)
class WordCounts:
    """Words of a text, their characters, words without a letter (`str.isalpha`).

    `signs`: words without a letter or a digit; `sign_characters`: their characters.
    `alone`: words of one character and its marks, joined; `forms`: the distinct other words.
    """

    number: int
    characters: int
    without_letters: int
    forms: frozenset[str]
    alone: str = ""
    signs: int = 0
    sign_characters: int = 0

    def without_signs(self) -> "WordCounts":
        """Return the counts of the words with a letter or a digit."""
        return replace(
            self,
            number=self.number - self.signs,
            characters=self.characters - self.sign_characters,
            without_letters=self.without_letters - self.signs,
            signs=0,
            sign_characters=0,
        )

    def among(self, words: Collection[str]) -> set[str]:
        """Return those of the words that occur."""
        return {word for word in words if word in self.forms or _stands_in(self.alone, word)}

    def all_forms(self) -> frozenset[str]:
        """Return the distinct words."""
        return self.forms.union(marked_words(self.alone))


def count_words(text: str) -> WordCounts:
    """Return the counts of a text, by the word rule of `curate.text.views`.

    >>> counts = count_words("一、A 19")
    >>> counts.number, counts.characters, counts.without_letters
    (3, 5, 1)
    """
    text = Text.of(text)
    runs = text.view(unspaced_runs)
    if runs is None:
        return counts_of(text.words)
    if has_marks(text):
        others = [run[_last_word(run) :] + after for run, after, _ in runs if after]
        alone = "".join([run[: _last_word(run)] if after else run for run, after, _ in runs])
        of_run = _marked_run(alone)
    else:
        others = [run[-1] + after for run, after, _ in runs if after]
        alone = "".join([run[:-1] if after else run for run, after, _ in runs])
        of_run = _plain_run(alone)
    of_others = counts_of([*others, *(other for _, _, other in runs if other)])
    return WordCounts(
        of_others.number + of_run.number,
        of_others.characters + of_run.characters,
        of_others.without_letters + of_run.without_letters,
        of_others.forms,
        alone,
        of_others.signs + of_run.signs,
        of_others.sign_characters + of_run.sign_characters,
    )


def _last_word(run: str) -> int:
    """Return where the last word of a run begins."""
    return len(run.rstrip(marks())) - 1


def _plain_run(run: str) -> WordCounts:
    """Return the counts of a run without marks."""
    without = _number_of_others(run, str.isalpha)
    signs = _number_of_others(run, str.isalnum) if without else 0
    return WordCounts(len(run), len(run), without, frozenset(), run, signs, signs)


def _marked_run(run: str) -> WordCounts:
    """Return the counts of a run with marks.

    Within one page of Unicode (256 code points: Thai, Khmer, Burmese) marks and letters are counted
    as bytes, without a list of words.
    """
    octets = run.encode("utf-16-le", "surrogatepass")
    pages = set(octets[1::2])
    if len(pages) != 1:
        return counts_of(marked_words(run))
    marks_of_page, letters, others = _page(pages.pop())
    bare = octets[::2].translate(None, marks_of_page)
    odd = counts_of(others.findall(run) if bare.translate(None, letters) else ())
    return replace(odd, number=len(bare), characters=len(run))


@cache
def _page(number: int) -> tuple[bytes, bytes, re.Pattern[str]]:
    """Return the marks and the letters of 256 code points, and the pattern of all other words."""
    characters = [chr(number << 8 | low) for low in range(256)]
    of_marks = bytes(low for low in range(256) if characters[low] in marks())
    letters = bytes(low for low in range(256) if characters[low].isalpha())
    others = [one for one in characters if one not in marks() and not one.isalpha()]
    return of_marks, letters, re.compile(f"[{re.escape(''.join(others))}][{marks()}]*")


@cache
def _is_one(word: str) -> bool:
    """Return whether a string is one word of a run."""
    return marked_words(word) == [word]


def _stands_in(run: str, word: str) -> bool:
    """Return whether a string is one of the words of a run."""
    start = run.find(word)
    while start >= 0 and _is_one(word):
        end = start + len(word)
        if run[end : end + 1] not in marks() or end == len(run):
            return True
        start = run.find(word, end)
    return False


def _number_of_others(characters: str, is_one: Callable[[str], bool]) -> int:
    """Return how many characters are not of a class; seldom any of a block is."""
    blocks = (characters[n : n + BLOCK] for n in range(0, len(characters), BLOCK))
    return sum(len(block) - sum(map(is_one, block)) for block in blocks if not is_one(block))


def counts_of(words: Sequence[str]) -> WordCounts:
    """Return the counts of some words."""
    forms = frozenset(words)
    mixed = [word for word in forms if not word.isalpha()]
    blank = {word for word in mixed if not (word[0].isalpha() or any(map(str.isalpha, word)))}
    without = [*filter(blank.__contains__, words)] if blank else []
    bare = {word for word in blank if not any(map(str.isalnum, word))}
    signs = [word for word in without if word in bare]
    return WordCounts(
        len(words), len("".join(words)), len(without), forms, "", len(signs), len("".join(signs))
    )
