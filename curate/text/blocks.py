"""Blocks of a text: character spans that are headings, lists, tables, code, formulas or prose.

Extraction makes them; edits update their offsets; filters that judge prose are given only the
prose. Blocks are in the order of the text and do not overlap; characters in no block are prose.
A text without blocks is all prose.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple, get_args

Kind = Literal["prose", "heading", "list", "terms", "table", "code", "formula"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Block(NamedTuple):
    """Characters [start, end) of a text, and their kind."""

    kind: Kind
    start: int
    end: int


class Written(NamedTuple):
    """A text, its blocks, and the title of its page, as an extractor wrote them."""

    text: str
    blocks: tuple[Block, ...] = ()
    title: str | None = None


def check(text: str, blocks: Iterable[Block]) -> None:
    """Raise ValueError unless blocks lie within the text, in order, without overlap.

    >>> check("a b", [Block("code", 0, 1), Block("prose", 2, 3)])
    """
    last = 0
    for kind, start, end in blocks:
        if kind not in KINDS or not last <= start <= end <= len(text):
            raise ValueError(
                f"blocks: expected {KINDS} in order within {len(text):,} characters, "
                f"got {kind} from {start} to {end}"
            )
        last = end
