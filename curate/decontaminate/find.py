"""Find benchmark n-grams in a document, and cut them out (`Decontaminator`).

Input: an index and texts. Output: the spans of n-grams of the index (each verified word by word),
the hits they form, and the pieces that are kept. Offsets are characters of the uncut text.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from curate._compiled import compiled
from curate._lazy import listing
from curate.decontaminate.cut import GPT3, Cutting, Span, pieces
from curate.decontaminate.index import Hashes, Index, filter_bits
from curate.text.benchmark_words import codes, grams, tokens, words

__all__ = ["Cleaned", "Decontaminator", "Hit", "frequent"]
__dir__ = listing(__name__, __all__)

MAX_DOCUMENTS = 10  # an n-gram in more documents is a common phrase (GPT-3, appendix C)


class Match(NamedTuple):
    """One n-gram of the index in a text: characters [start, stop), and its number."""

    start: int
    stop: int
    gram: int


class Hit(NamedTuple):
    """A run of n-grams of one item in a text: characters [start, stop)."""

    start: int
    stop: int
    benchmark: str
    item: str
    field: str


def find(index: Index, text: str) -> list[Match]:
    """Return the n-grams of the index that occur in a text, in the order of the text."""
    matches: dict[Match, None] = {}
    characters = codes(text)
    for parted in (False, True):
        view = tokens(characters, parted=parted)
        for n in index.lengths:
            hashes = grams(view.hashes, n)
            at, entries = _lookup(hashes, index)
            for i, entry in zip(at.tolist(), entries.tolist(), strict=True):
                start, stop = int(view.starts[i]), int(view.stops[i + n - 1])
                gram_words = words(text[start:stop], parted=parted)
                number = index.number(hashes[i], entry, gram_words)
                if number is not None:
                    matches[Match(start, stop, number)] = None
    return sorted(matches)


def hits(index: Index, matches: Iterable[Match]) -> list[Hit]:
    """Merge matches to hits: for each item and field, runs that touch or overlap."""
    runs: dict[tuple[str, str, str], list[list[int]]] = {}
    for start, stop, gram in matches:  # ascending
        for occurrence in index.occurrences(gram):
            spans = runs.setdefault(occurrence, [])
            if spans and start <= spans[-1][1]:
                spans[-1][1] = max(spans[-1][1], stop)
            else:
                spans.append([start, stop])
    return sorted(
        Hit(start, stop, *occurrence) for occurrence, spans in runs.items() for start, stop in spans
    )


class Cleaned(NamedTuple):
    """Result of `Decontaminator` for a text.

    Args:
        pieces: characters [start, stop) that are kept; the whole text if there is no hit.
        hits: benchmark texts found, without those of exempt n-grams.
        reason: why nothing is kept, a key of REASONS; None if something is.
    """

    pieces: list[Span]
    hits: list[Hit]
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decontaminator:
    """Cut benchmark texts out of documents.

    Called with one text, returns the pieces kept and the hits.

    Args:
        index: of the benchmarks.
        cutting: how much is cut with a hit.
        exempt: numbers of n-grams that are ignored; see `frequent`.

    Source: Brown et al. 2020 (GPT-3), arXiv:2005.14165, appendix C.
    Differs: words are those of `curate.text.benchmark_words`; no n-gram spans two fields.

    >>> from curate.decontaminate import Index, Item
    >>> question = "If all the trees were one tree what a great tree that would be"
    >>> index = Index.build([Item("rhymes", "1", (("question", question),))])
    >>> text = "x" * 500 + " " + question.upper() + "! " + "y" * 500
    >>> cleaned = Decontaminator(index=index)(text)
    >>> cleaned.pieces, cleaned.hits
    ([(0, 301), (763, 1065)], [Hit(start=501, stop=563, benchmark='rhymes', item='1',
      field='question')])
    """

    index: Index
    cutting: Cutting = GPT3
    exempt: Collection[int] = field(default_factory=frozenset)

    def __call__(self, text: str) -> Cleaned:
        matches = [m for m in find(self.index, text) if m.gram not in self.exempt]
        kept, reason = pieces(len(text), [(m.start, m.stop) for m in matches], self.cutting)
        return Cleaned(kept, hits(self.index, matches), reason)


def frequent(
    index: Index, texts: Iterable[str], *, max_documents: int = MAX_DOCUMENTS
) -> frozenset[int]:
    """Return the numbers of the n-grams that occur in more than so many of the texts."""
    times: dict[int, int] = {}
    for text in texts:
        for gram in {match.gram for match in find(index, text)}:
            times[gram] = times.get(gram, 0) + 1
    return frozenset(gram for gram, count in times.items() if count > max_documents)


def _lookup(hashes: Hashes, index: Index) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return which hashes are in the index, and the first entry of each."""
    at, entries = np.empty(len(hashes), np.int64), np.empty(len(hashes), np.int64)
    if len(index) == 0:
        return at[:0], entries[:0]
    count = _look_up(
        hashes, index.filter, filter_bits(len(index.filter)), index.hashes, at, entries
    )
    return at[:count], entries[:count]


@compiled
def _look_up(  # noqa: PLR0917 - compiled functions have no keyword-only arguments
    hashes: Hashes,
    marked: npt.NDArray[np.uint8],
    bits: int,
    known: Hashes,
    at: npt.NDArray[np.int64],
    entries: npt.NDArray[np.int64],
) -> int:
    shift = np.uint64(64 - bits)
    count = 0
    for i in range(len(hashes)):
        top = hashes[i] >> shift
        if not (marked[top >> np.uint64(3)] >> np.uint8(top & np.uint64(7))) & 1:
            continue
        low, high = 0, len(known)
        while low < high:
            middle = (low + high) // 2
            if known[middle] < hashes[i]:
                low = middle + 1
            else:
                high = middle
        if low < len(known) and known[low] == hashes[i]:
            at[count], entries[count] = i, low
            count += 1
    return count
