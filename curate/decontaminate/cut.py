"""Cut matched spans out of a document: the pieces that are left, or the reason to drop it.

Input: a text's length and the spans found in it. Output: the pieces that are kept, or a reason to
drop the document. All offsets are characters of the uncut text.

Source: Brown et al. 2020 (GPT-3), arXiv:2005.14165, appendix C: the colliding n-gram is removed
with 200 characters on each side, the document is split there, pieces under 200 characters are
removed, and a document of more than ten pieces is dropped. "A 200 character window around" could
mean 200 in all; the open re-implementations take 200 on each side, and so do we.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from curate._lazy import listing

__all__ = ["Cutting", "pieces"]
__dir__ = listing(__name__, __all__)

REASONS = {
    "too_many_pieces": "benchmark texts cut it into too many pieces (GPT-3: more than 10)",
    "no_piece_left": "no piece left by the cuts was long enough (GPT-3: 200 characters)",
}

Span = tuple[int, int]  # characters [start, stop)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutting:
    """Settings: how much is cut with a hit, and which pieces are kept.

    Args:
        window: characters cut on each side of a hit.
        min_characters: shorter pieces are removed.
        max_pieces: a document of more pieces is dropped.
        count: whether pieces are counted after the short ones were removed (the paper's order of
            sentences, and the Pile's code) or before.

    Raises:
        ValueError: a number is negative.
    """

    window: int = 200
    min_characters: int = 200
    max_pieces: int = 10
    count: Literal["after", "before"] = "after"

    def __post_init__(self) -> None:
        if min(self.window, self.min_characters, self.max_pieces) < 0:
            raise ValueError(f"Cutting: expected no negative number, got {self}")


GPT3 = Cutting()


def pieces(
    length: int, spans: Iterable[Span], cutting: Cutting = GPT3
) -> tuple[list[Span], str | None]:
    """Return the pieces kept, in order, and the reason to drop the document (None: kept).

    Args:
        length: of the text, in characters.
        spans: of benchmark texts, in any order; they may overlap. Without any, the document is one
            piece, however short.

    >>> pieces(1000, [(400, 460)])
    ([(0, 200), (660, 1000)], None)
    >>> pieces(300, [(100, 150)])
    ([], 'no_piece_left')
    """
    spans = sorted(spans)
    if not spans:
        return [(0, length)], None
    left: list[Span] = []
    at = 0
    for start, stop in spans:
        if start - cutting.window > at:
            left.append((at, start - cutting.window))
        at = max(at, stop + cutting.window)
    if at < length:
        left.append((at, length))
    long_enough = [(a, b) for a, b in left if b - a >= cutting.min_characters]
    counted = long_enough if cutting.count == "after" else left
    if len(counted) > cutting.max_pieces:
        return [], "too_many_pieces"
    return long_enough, None if long_enough else "no_piece_left"
