"""Counts over the words of a text: how many, their characters, those without a letter.

Input: a text, or its words. Output: `WordCounts`. Where spaces do not separate words they are
counted from runs of characters (`curate.text.views.unspaced_runs`), with the same result as from a
list of words, in less time.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from curate.text.views import Text, unspaced_runs

BLOCK = 64  # characters that are looked at together


@dataclass(frozen=True, slots=True)
class WordCounts:
    """Words of a text, their characters, words without a letter (`str.isalpha`).

    `signs`: words without a letter or a digit; `sign_characters`: their characters.
    `alone`: words of one character, joined; `forms`: the distinct other words.
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
        alone = self.alone
        return {word for word in words if word in self.forms or (word in alone and len(word) == 1)}

    def all_forms(self) -> frozenset[str]:
        """Return the distinct words."""
        return self.forms.union(self.alone)


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
    others = [
        other or characters[-1] + after for characters, after, other in runs if after or other
    ]
    alone = "".join([characters[:-1] if after else characters for characters, after, _ in runs])
    counts = counts_of(others)
    return WordCounts(
        counts.number + len(alone),
        counts.characters + len(alone),
        counts.without_letters + _number_of_others(alone, str.isalpha),
        counts.forms,
        alone,
        counts.signs + (signs := _number_of_others(alone, str.isalnum)),
        counts.sign_characters + signs,
    )


def _number_of_others(characters: str, is_one: Callable[[str], bool]) -> int:
    """Return how many characters are not of a class; seldom any of a block is."""
    blocks = (characters[n : n + BLOCK] for n in range(0, len(characters), BLOCK))
    return sum(len(block) - sum(map(is_one, block)) for block in blocks if not is_one(block))


def counts_of(words: Sequence[str]) -> WordCounts:
    """Return the counts of some words."""
    forms = frozenset(words)
    mixed = [word for word in forms if not word.isalpha()]
    blank = {word for word in mixed if not (word[0].isalpha() or any(map(str.isalpha, word)))}
    without = sum(map(blank.__contains__, words)) if blank else 0
    bare = {word for word in blank if not any(map(str.isalnum, word))}
    signs = [word for word in words if word in bare] if bare else []
    return WordCounts(
        len(words), len("".join(words)), without, forms, "", len(signs), len("".join(signs))
    )
