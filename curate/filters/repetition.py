"""Repetition measures: duplicate lines and paragraphs, repeated word n-grams.

Input: a list of words or lines. Output: counts and positions; no thresholds here.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice


def repeats(parts: Sequence[str]) -> tuple[int, int]:
    """Return number and characters of second and later copies; the first copy is free.

    >>> repeats(["ab", "c", "ab", "ab"])
    (2, 4)
    """
    if len(set(parts)) == len(parts):
        return 0, 0
    counts = Counter(parts)
    extra = {part: count - 1 for part, count in counts.items() if count > 1}
    return sum(extra.values()), sum(len(part) * count for part, count in extra.items())


def duplicates(parts: Sequence[str]) -> tuple[int, int]:
    """Return number and characters of all parts that occur more than once, the first included.

    >>> duplicates(["ab", "c", "ab", "ab"])
    (3, 6)
    """
    if len(set(parts)) == len(parts):
        return 0, 0
    twice = [(part, count) for part, count in Counter(parts).items() if count > 1]
    return sum(count for _, count in twice), sum(len(part) * count for part, count in twice)


def repeated_ngrams(words: Sequence[str], longest: int) -> Iterator[tuple[int, dict[int, int]]]:
    """Yield (n, places) for n = 2 .. longest: positions of the n-grams that occur more than once.

    `places` maps each start, in rising order, to the first start of the same n-gram, so equal
    values mean equal n-grams. An (n+1)-gram can only be repeated where two n-grams are, one
    word apart, and is identified by those two: so few candidates are left after the bigrams.

    >>> dict(repeated_ngrams("to be or not to be".split(), 3))
    {2: {0: 0, 4: 0}, 3: {}}
    """
    pairs = list(zip(words, islice(words, 1, None), strict=False))
    counts = Counter(pairs)
    first: dict[object, int] = {}
    places = {
        start: first.setdefault(pair, start) for start, pair in enumerate(pairs) if counts[pair] > 1
    }
    yield 2, places
    for n in range(3, longest + 1):
        if places:
            places = _longer(places)
        yield n, places


def _longer(places: dict[int, int]) -> dict[int, int]:
    """Return the positions of repeated (n+1)-grams, given those of repeated n-grams."""
    first: dict[tuple[int, int], int] = {}
    named = {
        start: first.setdefault((name, places[start + 1]), start)
        for start, name in places.items()
        if start + 1 in places
    }
    counts = Counter(named.values())
    return {start: name for start, name in named.items() if counts[name] > 1}


def duplicate_shares(parts: Sequence[str], *, first_copy: bool = True) -> tuple[float, float]:
    """Return the shares of parts and of characters that occur more than once, 0.0 of nothing.

    Without `first_copy` only second and later copies count.
    """
    number, characters = duplicates(parts) if first_copy else repeats(parts)
    return (number / len(parts), characters / sum(map(len, parts))) if number else (0.0, 0.0)


def top_characters(
    before: Sequence[int], n: int, places: Mapping[int, int], *, first_copy: bool = True
) -> int:
    """Return the characters of the most frequent n-gram, all its occurrences; 0 if none repeats.

    Without `first_copy` all occurrences but one.

    Of equally frequent ones the longest counts. `before[i]` is the number of characters before
    word i, `places` as `repeated_ngrams` yields them.
    """
    counts = Counter(places.values())
    most = max(counts.values(), default=0)
    longest = (
        before[start + n] - before[start] for start, times in counts.items() if times == most
    )
    return max(0, most - (not first_copy)) * max(longest, default=0)


def covered_characters(
    before: Sequence[int], n: int, places: Mapping[int, int], *, first_copy: bool = True
) -> int:
    """Return the characters of words inside any repeated n-gram, each word counted once.

    Without `first_copy` only second and later occurrences of n-grams count.
    """
    covered, end = 0, 0
    for start, name in places.items():
        if start == name and not first_copy:
            continue
        covered += before[start + n] - before[max(start, end)]
        end = start + n
    return covered


def first_top_characters(before: Sequence[int], n: int, places: Mapping[int, int]) -> int:
    """Return the same as `top_characters` as datatrove computes it.

    The first of the most frequent n-grams counts, even if all occur once, and so do the spaces
    between its words.
    """
    if len(before) <= n:
        return 0
    counts = Counter(places.values())
    most = max(counts.values(), default=1)
    start = min((start for start, times in counts.items() if times == most), default=0)
    return most * (before[start + n] - before[start] + n - 1)


def stepped_characters(before: Sequence[int], n: int, places: Mapping[int, int]) -> int:
    """Return the characters of repeated n-grams as datatrove computes them.

    One pass: an n-gram seen before is counted and skipped, so the first copy does not count and
    no two that are counted overlap; n-grams inside a skipped one are not recorded as seen.
    """
    counted, end = 0, 0
    seen = set()
    for start, name in places.items():
        if start < end:
            continue
        if name in seen:
            counted += before[start + n] - before[start]
            end = start + n
        seen.add(name)
    return counted
