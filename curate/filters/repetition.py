"""Repetition measures: duplicate lines and paragraphs, repeated word n-grams.

Input: a list of words or lines. Output: counts and positions; no thresholds here.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from curate.text.sentences import ends_sentence
from curate.text.views import Text, has_words, separated, split_words

_LINE_BREAKS = re.compile(r"\n+")  # of datatrove
_PARAGRAPH_BREAKS = re.compile(r"\n{2,}")


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


def repeated_ngrams(
    words: Sequence[str], sizes: Iterable[int]
) -> Iterator[tuple[int, dict[int, int]]]:
    """Yield (n, places) for each size n, rising: positions of n-grams that occur more than once.

    `words`: a text's words, or a str, whose n-grams are of characters. `sizes`: rising, the first
    at least 2. `places` maps each start, in rising order, to the first start of the same n-gram, so
    equal values mean equal n-grams. An n-gram can only be repeated where two shorter ones that
    overlap are, and is identified by those two: so few candidates are left after the first size.

    >>> dict(repeated_ngrams("to be or not to be".split(), [2, 3]))
    {2: {0: 0, 4: 0}, 3: {}}
    """
    places: dict[int, int] = {}
    last = 0
    for n in sizes:
        if not last:
            places = _first_places(words, n)
        elif places:
            while n > 2 * last:
                places, last = _longer(places, last), 2 * last
            places = _longer(places, n - last)
        last = n
        yield n, places


def _first_places(words: Sequence[str], n: int) -> dict[int, int]:
    grams: list[Any]
    if isinstance(words, str):
        grams = [words[start : start + n] for start in range(len(words) - n + 1)]
    else:
        grams = list(zip(*(islice(words, start, None) for start in range(n)), strict=False))
    last = dict(zip(grams, range(len(grams)), strict=True))  # where each n-gram occurs last
    if len(last) == len(grams):
        return {}
    earlier = set(range(len(grams))).difference(last.values())
    starts = sorted(earlier.union(last[grams[start]] for start in earlier))
    first: dict[object, int] = {}
    return {start: first.setdefault(grams[start], start) for start in starts}


def _longer(places: dict[int, int], more: int) -> dict[int, int]:
    """Return the positions of repeated n-grams that are `more` words longer than those given."""
    first: dict[tuple[int, int], int] = {}
    named = {
        start: first.setdefault((name, places[start + more]), start)
        for start, name in places.items()
        if start + more in places
    }
    counts = Counter(named.values())
    return {start: name for start, name in named.items() if counts[name] > 1}


def few_repeats(
    text: str, top: Mapping[int, float], duplicate: Mapping[int, float], *, first_copy: bool = True
) -> bool:
    """Return True only if no n-gram of characters can exceed a bound; much faster than counting.

    `top`: the bound on the share of the most frequent n-gram, by n; `duplicate`: on that of
    characters in repeated n-grams, by n. An n-gram that occurs k times consists of characters that
    do so too. Of a repeated n-gram at least n - 7 later 8-grams are repeated, and 8-grams are
    counted by their number alone. Where no two occurrences of an n-gram share one of its n - 7
    8-grams, each has so many; else its first 8-gram occurs as often as it does. Characters are
    compared by their last 8 bits, which can only make more n-grams equal.
    """
    total = len(text)
    octets = text.encode("utf-16-le", "surrogatepass")[::2]
    shortest = min(duplicate, default=9)
    if len(octets) != total or shortest < 9:
        return False
    later = _later_grams(octets, 8)

    def may_exceed(later: int, size: int) -> bool:
        copies = later * (1 + first_copy)
        return any(copies * n / (n - size + 1) > share * total for n, share in duplicate.items())

    if may_exceed(later, 8) and (shortest <= 24 or may_exceed(_later_grams(octets, 16), 16)):
        return False
    # The most frequent n-gram occurs once and at most as often again as n-grams are repeated.
    needed = {
        n: share * total / n + (not first_copy)
        for n, share in top.items()
        if n < 8 or (later + 1) * n > share * total
    }
    least = min(needed.values(), default=total)
    common = [(octet, count) for octet, count in Counter(octets).items() if count > least]
    for n, count in needed.items():
        frequent = bytes(octet for octet, of_octet in common if of_octet > count)
        if frequent and b"\0" * n in octets.translate(_marking(frequent)):
            if n <= 8:
                return False
            # Its occurrences begin more than n - 8 places from each other.
            apart = 1 + later / (n - 7) <= count and not _is_periodic(octets, n, n - 8)
            if not apart and _most_frequent(octets) > count:
                return False
    return True


def _is_periodic(octets: bytes, n: int, longest: int) -> bool:
    """Return whether n octets stand in two places that are at most so many apart."""
    number = int.from_bytes(octets, "little")
    return any(
        b"\0" * n in (number ^ number >> 8 * apart).to_bytes(len(octets), "little")[:-apart]
        for apart in range(1, min(longest + 1, len(octets)))
    )


def _most_frequent(octets: bytes) -> int:
    """Return how often the most frequent run of 8 octets stands in some."""
    counts: Counter[int] = Counter()
    for runs in _grams(octets):
        counts.update(runs)
    return max(counts.values(), default=0)


def _marking(octets: bytes) -> bytes:
    """Return the table that makes some octets 0 and all others 1."""
    table = bytearray(b"\1") * 256
    for octet in octets:
        table[octet] = 0
    return bytes(table)


def _later_grams(octets: bytes, size: int) -> int:
    """Return how many runs of 8 or 16 octets stand earlier, too.

    Of 16 each octet and the one 8 places on are one, which can only make more of them equal.
    """
    runs = octets
    if size == 16:
        number = int.from_bytes(octets, "little")
        runs = (number ^ number >> 64).to_bytes(len(octets), "little")[: max(0, len(octets) - 8)]
    seen: set[int] = set()
    for grams in _grams(runs):
        seen.update(grams)
    return max(0, len(runs) - 7) - len(seen)


def _grams(octets: bytes) -> Iterator[memoryview]:
    """Yield all runs of 8 octets as numbers, in eight parts."""
    for start in range(min(8, max(0, len(octets) - 7))):
        stop = start + (len(octets) - start) // 8 * 8
        yield memoryview(octets)[start:stop].cast("Q")


def duplicate_shares(
    parts: Sequence[str],
    few_words: int = 0,
    *,
    first_copy: bool = True,
    has_words: Callable[[str, int], bool] = has_words,
) -> tuple[float, float]:
    """Return the shares of parts and of characters that occur more than once, 0.0 of nothing.

    Without `first_copy` only second and later copies count. In the share of parts copies of fewer
    words than `few_words` do not count; `has_words` says which have so many.

    >>> duplicate_shares(["Pros", "It is so fast.", "Pros", "It is so small."], 2)[0]
    0.0
    """
    count = duplicates if first_copy else repeats
    number, characters = count(parts)
    if not number:
        return 0.0, 0.0
    if few_words:
        number = count([part for part in parts if has_words(part, few_words)])[0]
    return number / len(parts), characters / sum(map(len, parts))


def shares_in_datatrove(text: str) -> list[tuple[float, float]]:
    """Return the shares of copies among paragraphs, then among lines, as datatrove has them.

    Each (share of parts, characters as a share of the text's); the first copy is free.
    """
    shares = []
    for parts in (_PARAGRAPH_BREAKS.split(text.strip()), _LINE_BREAKS.split(text)):
        number, characters = repeats(parts)
        shares.append((number / len(parts), characters / (len(text) or 1)))
    return shares


def says_something(part: str) -> bool:
    """Return whether a line or paragraph has a letter or digit and does not lead to the next.

    >>> says_something("The end."), says_something("She wrote:"), says_something("| | |")
    (True, False, False)
    """
    return part[-1] not in ":：" and any(map(str.isalnum, part))


def in_sentences(
    text: str, *, characters: bool = False, words: Sequence[str] | None = None
) -> list[bool]:
    r"""Return for each word of a text, or each of its characters, if its line ends like a sentence.

    White space is no character. `words`: the text's words, if not those of `curate.text.views`.

    >>> in_sentences("A title\nIt rained.")
    [False, False, True, True]
    """
    inside: list[bool] = []
    last = 0
    for line in Text.of(text).lines:
        if words is not None and not characters:
            start, left = last, len("".join(separated(line).split()))
            while left > 0:
                left -= len(words[last])
                last += 1
            inside += [ends_sentence(line)] * (last - start)
            continue
        units = "".join(line.split()) if characters else split_words(line)
        inside += [ends_sentence(line)] * len(units)
    return inside


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
    before: Sequence[int],
    n: int,
    places: Mapping[int, int],
    *,
    first_copy: bool = True,
    said: Sequence[bool] = (),
) -> int:
    """Return the characters of words inside any repeated n-gram, each word counted once.

    Without `first_copy` only second and later occurrences of n-grams count. `said`: whether word i
    is in a sentence; there the second occurrence does not count, either.
    """
    covered, end = 0, 0
    seen: set[int] = set()
    for start, name in places.items():
        if start == name and not first_copy:
            continue
        if said and name not in seen:
            seen.add(name)
            if said[start] and said[start + n - 1]:
                continue
        covered += before[start + n] - before[max(start, end)]
        end = start + n
    return covered


def partly_covered(
    before: Sequence[int],
    n: int,
    places: Mapping[int, int],
    said: Sequence[bool],
    second_copy: float,
    *,
    first_copy: bool = True,
) -> float:
    """Return `covered_characters`, but of what only second copies in sentences cover, this share.

    >>> partly_covered([0, 1, 2, 3, 4], 2, {0: 0, 2: 0}, [True] * 4, 0.25, first_copy=False)
    0.5
    """
    covered = covered_characters(before, n, places, first_copy=first_copy)
    if said and covered:
        later = covered_characters(before, n, places, first_copy=first_copy, said=said)
        return later + second_copy * (covered - later)
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
