"""Measures of Gopher's rules of quality: ellipses, starts and ends of lines, stop words.

Input: a text, its lines or its words. Output: counts and shares; no thresholds here.
"""

from collections.abc import Callable, Collection, Iterable, Sequence

from curate.text.spacy_tokens import PUNCTUATION
from curate.text.views import has_words

_MARKS = "".join(sorted(PUNCTUATION))


def count_ellipses(text: str) -> int:
    """Return how often "..." or "…" occurs; a row of six full stops is two."""
    return text.count("...") + text.count("…")


def starting_share(
    lines: Sequence[str],
    marks: tuple[str, ...],
    most_words: int | None = None,
    has_words: Callable[[str, int], bool] = has_words,
) -> float:
    """Return the share of lines that begin with one of the marks, 0.0 for no lines.

    Lines of more words than `most_words` after the mark, as `has_words` says, are not counted.
    """
    starting = [line for line in lines if line.startswith(marks)]
    if most_words is not None:
        starting = [line for line in starting if not has_words(line[1:], most_words + 1)]
    return len(starting) / (len(lines) or 1)


def ending_share(lines: Sequence[str], marks: tuple[str, ...], spared: int = 0) -> float:
    """Return the share of lines that end with one of the marks, 0.0 for no lines.

    So many lines as `spared` do not count if the mark is right after a word or a bracket: a text
    that trails off, where teasers have a space or a full stop before the mark, or are many.

    >>> ending_share(["So it goes..."], ("...",), 1), ending_share(["It goes. ..."], ("...",), 1)
    (0.0, 1.0)
    """
    ending = [line for line in lines if line.endswith(marks)]
    if spared:
        bare = (line.removesuffix("…").removesuffix("...")[-1:] for line in ending)
        trailing = sum(before.isalnum() or before in ")”’\"'" for before in bare if before)
        return (len(ending) - min(spared, trailing)) / (len(lines) or 1)
    return len(ending) / (len(lines) or 1)


def stop_words_in(words: Iterable[str], stop_words: Collection[str]) -> set[str]:
    """Return which stop words occur, in any case and with punctuation around them.

    >>> stop_words_in(["The", "cat", "(with", "hat)"], ["the", "with", "of"]) == {"the", "with"}
    True
    """
    return {word.strip(_MARKS) for word in map(str.lower, set(words))} & set(stop_words)


def without_marks(tokens: Sequence[str]) -> list[str]:
    """Return the tokens that are not only punctuation: the words of variant "datatrove"."""
    return [token for token in tokens if token.isalpha() or not PUNCTUATION.issuperset(token)]
