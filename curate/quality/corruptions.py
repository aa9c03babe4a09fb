"""Corrupted copies of texts, as negative examples for a classifier.

Input: the words of a window, and of others to borrow from. Output: a window of about as many
words that is damaged in one way, of `KINDS`. Every subject is then on both sides, and only how
a text is written distinguishes them. The damage is drawn by a hash of the window, so the same
window is always damaged in the same way.

The kinds know no language but by the function words they are given: menus, headlines and keywords
are made of the texts' own words.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeVar

from curate.store.keys import seeded_hash

T = TypeVar("T")
Words = list[str]

_MASK = (1 << 64) - 1
_EDGES = ".,;:!?\"'()[]{}"
_SEPARATORS = ("", "", "|", "»", ">", "·", "/", "-", "•")
_ENDINGS = ("...", "...", "[...]", "…")
_CONFUSED = {
    "m": "rn", "l": "1", "o": "0", "e": "c", "i": "l", "s": "5", "h": "b", "n": "u", "a": "o",
    "t": "f", "d": "cl", "g": "q", "b": "6", "w": "vv", "u": "ii", "r": "v", "c": "(", "I": "l",
}  # fmt: skip


class Draws:
    """A stream of chance that a key and a seed begin (splitmix64)."""

    def __init__(self, key: str, seed: int) -> None:
        self._state = seeded_hash("sample", key, seed)

    def _next(self) -> int:
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return z ^ (z >> 31)

    def unit(self) -> float:
        """Return a number in [0, 1)."""
        return (self._next() >> 11) / (1 << 53)

    def between(self, low: int, high: int) -> int:
        """Return a whole number, `low` to `high`, both inclusive."""
        return low + self._next() * (high - low + 1) // (1 << 64)

    def pick(self, items: Sequence[T]) -> T:
        """Return one of the items."""
        return items[self.between(0, len(items) - 1)]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return the items in another order."""
        return [item for _, _, item in sorted((self._next(), i, it) for i, it in enumerate(items))]


@dataclass(frozen=True, slots=True)
class Material:
    """What a corruption is made of.

    words: of the window. others: of other windows in its language. kept: function words.
    followers: what follows each word, in lower case, in a larger pool; see `followers_of`.
    """

    words: Words
    others: Words
    kept: Collection[str]
    draws: Draws
    followers: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def is_content(self, word: str) -> bool:
        """Return whether a word is none of the function words."""
        bare = word.strip(_EDGES).lower().replace("’", "'")
        return bare not in self.kept and any(map(str.isalpha, bare))

    def content(self, words: Words) -> Words:
        """Return the content words, bare of signs; never an empty list."""
        content_words = [word.strip(_EDGES) for word in words if self.is_content(word)]
        return content_words or [word.strip(_EDGES) or "x" for word in words] or ["x"]


def shuffled_words(m: Material) -> Words:
    """Words in another order, within stretches of 6 to 40."""
    size = m.draws.between(6, 40)
    parts = [m.words[i : i + size] for i in range(0, len(m.words), size)]
    return [word for part in parts for word in m.draws.shuffled(part)]


def without_function_words(m: Material) -> Words:
    """Most function words are removed."""
    share = 0.7 + 0.3 * m.draws.unit()
    return [w for w in m.words if m.is_content(w) or m.draws.unit() > share] or m.words[:1]


def menus(m: Material) -> Words:
    """Menus between sentences: titles of 1 to 4 words, with or without a sign between them."""
    names = m.content(m.others)
    left = list(m.words)
    out: Words = []
    share = 0.3 + 0.7 * m.draws.unit()
    while left and len(out) < len(m.words):
        if m.draws.unit() < share:
            out += _menu(names, m.draws)
            continue
        cut = m.draws.between(5, 30)
        out += left[:cut]
        left = left[cut:]
    return out[: len(m.words)]


def _menu(names: Words, draws: Draws) -> Words:
    separator, titled, out = draws.pick(_SEPARATORS), draws.unit() < 0.8, []
    for _ in range(draws.between(5, 25)):
        item = [draws.pick(names) for _ in range(draws.between(1, 4))]
        out += [word.capitalize() for word in item] if titled else item
        if draws.unit() < 0.1:
            out.append(str(draws.between(1, 2030)))
        if separator:
            out.append(separator)
    return out


def teasers(m: Material) -> Words:
    """Beginnings of sentences, each cut off and followed by the next headline."""
    out: Words = []
    names = m.content(m.others)
    while len(out) < len(m.words):
        source = m.words if m.draws.unit() < 0.5 else m.others
        start = m.draws.between(0, max(0, len(source) - 10))
        if m.draws.unit() < 0.6:
            out += [m.draws.pick(names).capitalize() for _ in range(m.draws.between(2, 7))]
        out += source[start : start + m.draws.between(6, 22)]
        out[-1] = out[-1].rstrip(_EDGES) + m.draws.pick(_ENDINGS)
    return out[: len(m.words)]


def stuffed_keywords(m: Material) -> Words:
    """A few content words again and again, in lists or strewn in."""
    names = m.content(m.words)
    keys = [
        [m.draws.pick(names) for _ in range(m.draws.between(1, 3))]
        for _ in range(m.draws.between(2, 5))
    ]
    comma = "," if m.draws.unit() < 0.5 else ""
    out: Words = []
    position = 0
    while len(out) < len(m.words):
        for _ in range(m.draws.between(1, 8) if comma else m.draws.between(1, 3)):
            phrase = m.draws.pick(keys)
            out += [*phrase[:-1], phrase[-1] + comma]
        cut = m.draws.between(2, 9)
        out += m.words[position : position + cut]
        position = (position + cut) % max(len(m.words), 1)
    return out[: len(m.words)]


def spun_words(m: Material) -> Words:
    """Content words replaced by others, as careless spinning does, their signs kept."""
    names, share = m.content(m.others), 0.4 + 0.5 * m.draws.unit()

    def spun(word: str) -> str:
        bare = word.strip(_EDGES)
        if not bare or not m.is_content(word) or m.draws.unit() > share:
            return word
        other = m.draws.pick(names)
        return word.replace(bare, other.capitalize() if bare[0].isupper() else other)

    return [spun(word) for word in m.words]


def misread_letters(m: Material) -> Words:
    """Letters confused, words torn and joined, as bad character recognition does."""
    share = 0.03 + 0.12 * m.draws.unit()
    out: Words = []
    for word in m.words:
        read = "".join(
            _CONFUSED.get(char, char) if m.draws.unit() < share else char for char in word
        )
        chance = m.draws.unit()
        if chance < share and len(read) > 3:
            cut = m.draws.between(1, len(read) - 1)
            out += [read[:cut], read[cut:]]
        elif chance < 1.5 * share and out:
            out[-1] += read
        elif chance < 1.8 * share:
            out += [read, m.draws.pick((".", ",", "'", "|", "~", "_", "■"))]
        else:
            out.append(read)
    return out[: len(m.words)]


def chained_words(m: Material) -> Words:
    """Each word follows the last one somewhere in many texts; nothing else holds them together."""
    followers = m.followers or followers_of([m.words, m.others])
    out = [m.draws.pick(m.words)]
    while len(out) < len(m.words):
        after = followers.get(out[-1].lower(), ())
        # A word with one follower only would copy a text.
        out.append(m.draws.pick(after if len(after) > 1 else m.words))
    return out


def followers_of(texts: Iterable[Words]) -> dict[str, Words]:
    """Return the words that follow each word, in lower case, as often as they do."""
    followers: dict[str, Words] = defaultdict(list)
    for words in texts:
        for word, follower in pairwise(words):
            followers[word.lower()].append(follower)
    return dict(followers)


def loops(m: Material) -> Words:
    """One stretch of 2 to 30 words repeated, perhaps after a beginning."""
    size = m.draws.between(2, 30)
    start = m.draws.between(0, max(0, len(m.words) - size))
    out = m.words[: m.draws.between(0, len(m.words) // 3)]
    while len(out) < len(m.words):
        out += m.words[start : start + size] or m.words
    return out[: len(m.words)]


def merged_columns(m: Material) -> Words:
    """Lines of two texts in turns, as two columns read across."""
    width = m.draws.between(3, 8)
    out: Words = []
    for start in range(0, len(m.words), width):
        out += m.words[start : start + width] + m.others[start : start + width]
    return out[: len(m.words)]


def without_signs(m: Material) -> Words:
    """No signs, and perhaps no capitals."""
    lower = m.draws.unit() < 0.5
    bare = ["".join(c for c in word if c.isalnum() or c in "'’") for word in m.words]
    return [word.lower() if lower else word for word in bare if word] or m.words[:1]


def swapped_function_words(m: Material) -> Words:
    """Function words replaced by other function words of the language."""
    kept, share = sorted(m.kept) or ["x"], 0.2 + 0.6 * m.draws.unit()

    def swapped(word: str) -> str:
        if m.is_content(word) or not any(map(str.isalpha, word)) or m.draws.unit() > share:
            return word
        return m.draws.pick(kept)

    return [swapped(word) for word in m.words]


def inserted_words(m: Material) -> Words:
    """Words of other texts inserted anywhere."""
    share = 0.1 + 0.4 * m.draws.unit()
    out: Words = []
    for word in m.words:
        if m.draws.unit() < share:
            out.append(m.draws.pick(m.others))
        out.append(word)
    return out[: len(m.words)]


KINDS: dict[str, Callable[[Material], Words]] = {
    "shuffled_words": shuffled_words,
    "without_function_words": without_function_words,
    "menus": menus,
    "teasers": teasers,
    "stuffed_keywords": stuffed_keywords,
    "spun_words": spun_words,
    "misread_letters": misread_letters,
    "chained_words": chained_words,
    "loops": loops,
    "merged_columns": merged_columns,
    "without_signs": without_signs,
    "swapped_function_words": swapped_function_words,
    "inserted_words": inserted_words,
}


def corrupt(
    text: str,
    kind: str,
    *,
    key: str,
    seed: int,
    others: str = "",
    kept: Collection[str] = (),
    followers: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """Return a copy of a window, damaged in one way.

    Args:
        text: words with one space between them.
        kind: of `KINDS`.
        key, seed: what the chance is drawn from.
        others: words of other texts in the language, to borrow from.
        kept: function words of the language, in lower case.
        followers: of a pool of texts in the language; default: of the text and the others.

    >>> corrupt("The cat sat.", "without_signs", key="a", seed=7)
    'the cat sat'
    """
    draws = Draws(f"{kind}/{key}", seed)
    material = Material(text.split(" "), others.split(" "), kept, draws, followers or {})
    return " ".join(KINDS[kind](material))


def kind_of(key: str, seed: int, kinds: Sequence[str] = tuple(KINDS)) -> str:
    """Return the kind of damage drawn for a window."""
    return Draws(f"kind/{key}", seed).pick(kinds)
