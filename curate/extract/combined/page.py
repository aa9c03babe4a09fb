"""A page as flat lists in document order: elements and texts, and the lines of text.

The descendants of element i are the range [i, ends[i]), so the length of its text, of its links or
the number of its paragraphs is a difference of two prefix sums.
"""

from dataclasses import dataclass, field
from typing import Any


def names(words: str) -> frozenset[str]:
    """Return the words of a list as a set."""
    return frozenset(words.split())


BLOCKS = names(
    "html body address article aside blockquote center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr li legend main menu "
    "nav noframes ol option p pre listing xmp plaintext section summary table tbody td tfoot th "
    "thead tr ul caption content text document"
)
TEXT = "#text"
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))


@dataclass(slots=True)
class Page:
    """Nodes in document order; node 0 is the root. All lists have one entry for each node.

    `texts` holds the white-space-collapsed text of text nodes (unchanged inside code), what
    represents an element without text (see `marks`), "" for other elements; `names` class and id,
    lower case; `ends[i]` the node after the last below i. `code` are the elements that hold
    preformatted text, and how (`preformatted`); `unseen` elements that are not shown; `blocks`
    elements that are lines of their own though their tag is not.
    """

    tags: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    hidden: list[bool] = field(default_factory=list)
    attributes: dict[int, Any] = field(default_factory=dict)
    code: dict[int, int] = field(default_factory=dict)
    unseen: set[int] = field(default_factory=set)
    blocks: set[int] = field(default_factory=set)
    joined: set[int] = field(default_factory=set)  # code of one line, one text with what is beside
    title: str = ""  # as <title> has it


@dataclass(slots=True)
class Line:
    """One line: its text, the node it starts at, its block element, characters in links.

    `code` is the element whose preformatted text it is, of several lines; -1 for none.
    """

    text: str
    node: int
    block: int
    characters: int
    linked: int
    commas: int
    bold: int
    breaks: bool = False  # a <br> ends it, not a block's boundary
    parted: bool = False  # two or more <br> end it
    code: int = -1
