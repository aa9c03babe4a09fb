"""C4's list of bad words: read from a file, looked up in lines of text."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_RUN = re.compile("[a-z]+")


class BadWords:
    """A list of words or phrases, looked up in lower-cased lines.

    Found where no letter a-z is directly before or after. (C4's code wants some other
    character on both sides and so misses a word that begins a line.)
    """

    __slots__ = ("_by_run", "_others")

    def __init__(self, phrases: Iterable[str]) -> None:
        # A phrase can only occur if its longest run of letters a-z occurs as a run.
        by_run: dict[str, list[str]] = {}
        for phrase in phrases:
            by_run.setdefault(max(_RUN.findall(phrase), key=len, default=""), []).append(phrase)
        patterns = {run: _any_of(members) for run, members in by_run.items()}
        self._others = patterns.pop("", None)
        self._by_run = patterns

    @classmethod
    def read(cls, path: str) -> "BadWords":
        """Return the list of a UTF-8 file, one word or phrase per line."""
        try:
            lines = Path(path).read_text(encoding="utf-8").splitlines()
        except (OSError, TypeError, UnicodeDecodeError) as error:
            raise ValueError(f"C4: bad_word must be a readable UTF-8 file: {error}") from error
        phrases = {phrase for line in lines if (phrase := line.strip().lower())}
        if not phrases:
            raise ValueError(f"C4: bad_word must name a file with words, but {path} has none")
        return cls(sorted(phrases))

    def occur_in(self, lowered: str) -> bool:
        """Return whether one of the words occurs in the lower-cased text."""
        if self._others is not None and self._others.search(lowered):
            return True
        runs = self._by_run.keys() & set(_RUN.findall(lowered))
        return any(self._by_run[run].search(lowered) for run in runs)

    def places(self, lowered: str) -> Iterator[tuple[int, int]]:
        """Yield where words of the list are in the lower-cased text, in any order."""
        patterns = [*self._by_run.values(), *([self._others] if self._others else [])]
        for pattern in patterns:
            yield from (match.span() for match in pattern.finditer(lowered))


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    return re.compile(f"(?<![a-z])(?:{'|'.join(map(re.escape, phrases))})(?![a-z])")
