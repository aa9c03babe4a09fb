"""Context features of lines: surrounding tags, distance to prose, comments.

Input: a `Page`, its lines, which of them are the article's and which are in comments. Output:
features as whole numbers (`curate.extract.combined.bins`), of each line and of each block element.
*Prose* are lines of 80 characters and more that are not links.
"""

from collections.abc import Collection, Sequence
from itertools import accumulate

from curate.extract.combined.bins import CODES, NOWHERE, share
from curate.extract.combined.page import Line, Page

_KNOWN = (
    "p", "li", "td", "th", "div", "h1", "h2", "h3", "h4", "h5", "h6", "dt", "dd", "pre",
    "blockquote", "section", "article", "body", "ul", "tr", "figcaption", "main", "header",
    "footer", "nav", "aside", "form", "table",
)  # fmt: skip
TAGS = {tag: number for number, tag in enumerate(_KNOWN, 1)}
_PROSE = 80  # characters
_FAR = 9  # steps; what is farther from the prose is as far
NO_PROSE = (_FAR + 1,) * 3
_LENGTH, _LINKS, _BEFORE, _AFTER, _COMMENTS = (
    CODES[name] for name in ("tag_length", "tag_links", "tag-1", "tag+1", "comments")
)
PARTS = ("prose25", "prose50", "prose75")  # elements with so much of the page's prose


class LineContext:
    """Context features of the lines of one page."""

    def __init__(
        self, page: Page, lines: Sequence[Line], inside: Sequence[int], talk: Collection[int]
    ) -> None:
        self._page, self._lines, self._inside, self.talk = page, lines, inside, talk
        tags = page.tags
        self.tags = [TAGS.get(tags[line.block], 0) if line.block >= 0 else 0 for line in lines]
        prose = [0] * len(tags)
        for line in lines:
            if line.characters >= _PROSE and 4 * line.linked <= line.characters:
                prose[line.node] = 0 if page.hidden[line.node] else line.characters
        self._prose = list(accumulate(prose, initial=0))
        self._steps: dict[int, tuple[int, int, int]] = {-1: (0, 0, 0)}
        unlinked = [line.characters - line.linked for line in lines]
        self.talked = share(sum(unlinked[n] for n in talk), max(sum(unlinked), 1))

    def _far(self, node: int) -> tuple[int, int, int]:
        """Return how many elements up is one with a quarter, a half, ... of the prose."""
        steps, prose = self._steps, self._prose
        ends, parents = self._page.ends, self._page.parents
        waiting = []
        while node not in steps:
            waiting.append(node)
            node = parents[node]
        far = steps[node]
        total = prose[-1]
        for node in reversed(waiting):
            inside = 4 * (prose[ends[node]] - prose[node])
            one, two, three = far
            far = steps[node] = (
                0 if inside >= total else min(one + 1, _FAR),
                0 if inside >= 2 * total else min(two + 1, _FAR),
                0 if inside >= 3 * total else min(three + 1, _FAR),
            )
        return far

    def place(self, node: int) -> tuple[int, tuple[int, int, int]]:
        """Return a block element's tag and the one around it, and how far it is to the prose."""
        tags, parents = self._page.tags, self._page.parents
        parent = parents[node] if node >= 0 else -1
        tag = TAGS.get(tags[node], 0) if node >= 0 else 0
        above = TAGS.get(tags[parent], 0) if parent >= 0 else 0
        far = self._far(node) if self._prose[-1] else NO_PROSE
        return 30 * above + tag, far

    def block(self, node: int) -> list[int]:
        """Return the features of a block element."""
        tags, far = self.place(node)
        parts = [CODES[name] + steps for name, steps in zip(PARTS, far, strict=True)]
        return [CODES["tags"] + tags, *parts]

    def columns(self, lengths: Sequence[int], shares: Sequence[int]) -> list[list[int]]:
        """Return the features of all lines by group, of the bins of their length and links."""
        tags, inside = self.tags, self._inside
        last = len(tags) - 1
        return [
            [_LENGTH + 32 * a + tag for a, tag in zip(lengths, tags, strict=True)],
            [
                _LINKS + 200 * chosen + 32 * a + tag
                for chosen, a, tag in zip(inside, shares, tags, strict=True)
            ],
            [_BEFORE + (30 * tags[n - 1] + tag if n else NOWHERE) for n, tag in enumerate(tags)],
            [
                _AFTER + (30 * tags[n + 1] + tag if n < last else NOWHERE)
                for n, tag in enumerate(tags)
            ],
            [
                _COMMENTS + 20 * self.talked + 10 * (n in self.talk) + 2 * (a > 5) + inside[n]
                for n, a in enumerate(lengths)
            ],
        ]
