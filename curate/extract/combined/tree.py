"""A page as flat lists: elements and texts in document order, and the lines they make.

Enters: the decoded text of a page. Leaves: a `Page`, read once by libxml2's forgiving parser
and never walked as a tree again: what stands below element i is the range [i, ends[i]), so the
length of its text, of its links or the number of its paragraphs is a difference of two running
sums. Scripts, styles, forms' choices and everything in <head> are left out while parsing.

A *line* is what a browser would set between two line breaks: the text between two boundaries of
block elements, or two <br>. Lines are what extractors choose among and what is written.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from lxml import etree


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Their content is no text of the page; of ruby, how a word is read aloud is none.
_DROPPED = _set(
    "script style noscript template svg math head iframe object embed applet canvas audio video "
    "select datalist textarea map frameset noframes rt rp rtc"
)
BLOCKS = _set(
    "html body address article aside blockquote center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr li legend main menu "
    "nav noframes ol option p pre section summary table tbody td tfoot th thead tr ul caption "
    "content text document"
)
_BOLD = _set("b strong em i")
TEXT = "#text"
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


@dataclass(slots=True)
class Page:
    """Nodes in document order; node 0 is the root. All lists have one entry for each node.

    `texts` holds the white-space-collapsed text of text nodes (as it stands inside <pre>), ""
    for elements; `names` class and id, lower case; `ends[i]` the node after the last below i.
    """

    tags: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    hidden: list[bool] = field(default_factory=list)
    attributes: dict[int, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Line:
    """One line: its text, the node it starts at, its block element, characters in links."""

    text: str
    node: int
    block: int
    characters: int
    linked: int
    commas: int
    bold: int
    breaks: bool = False  # a <br> ends it, not a block's boundary


class _Builder:
    """A parser target: is told of tags and text, keeps flat lists."""

    def __init__(self) -> None:
        self.page = Page()
        self._open = [-1]
        self._skipping = 0
        self._pre = 0
        self._hidden = 0
        self._data: list[str] = []

    def start(self, tag: str, attributes: Any) -> None:
        if self._skipping:
            self._skipping += 1
            return
        if self._data:
            self._flush()
        if tag in _DROPPED:
            self._skipping = 1
            return
        page = self.page
        node = len(page.tags)
        page.tags.append(tag)
        page.parents.append(self._open[-1])
        page.ends.append(node + 1)
        page.texts.append("")
        hidden = self._hidden
        if attributes:
            page.attributes[node] = attributes
            get = attributes.get
            page.names.append(f"{get('class', '')} {get('id', '')}".lower())
            style = get("style")
            hidden = hidden or "hidden" in attributes or get("aria-hidden") == "true"
            if style is not None and not hidden:
                hidden = _HIDDEN.search(style) is not None
        else:
            page.names.append("")
        page.hidden.append(bool(hidden))
        if hidden:
            self._hidden += 1
        if tag == "pre":
            self._pre += 1
        self._open.append(node)

    def end(self, tag: str) -> None:
        if self._skipping:
            self._skipping -= 1
            return
        if self._data:
            self._flush()
        if len(self._open) == 1:
            return
        node = self._open.pop()
        page = self.page
        page.ends[node] = len(page.tags)
        if self._hidden:
            self._hidden -= 1
        if tag == "pre":
            self._pre -= 1

    def data(self, data: str) -> None:
        if not self._skipping:
            self._data.append(data)

    def comment(self, text: str) -> None:
        pass

    def pi(self, target: str, data: str | None = None) -> None:
        pass

    def close(self) -> Page:
        if self._data:
            self._flush()
        page = self.page
        for node in self._open[1:]:
            page.ends[node] = len(page.tags)
        return page

    def _flush(self) -> None:
        data = "".join(self._data)
        self._data.clear()
        if not self._pre:
            text = " ".join(data.split())
            if not text:
                if not data:
                    return
                text = " "
            else:
                if data[0].isspace():
                    text = " " + text
                if data[-1].isspace():
                    text += " "
            data = text
        page = self.page
        page.tags.append(TEXT)
        page.parents.append(self._open[-1])
        page.ends.append(len(page.tags))
        page.names.append("")
        page.texts.append(data)
        page.hidden.append(self._hidden > 0)


def parse(html: str) -> Page:
    """Return the page; empty where there is nothing to parse."""
    parser = etree.HTMLParser(target=_Builder())
    try:
        parser.feed(html)
        page: Page = parser.close()
    except etree.XMLSyntaxError:
        return Page()
    return page


def lines(page: Page) -> list[Line]:
    """Return the page's lines that have text, in document order."""
    tags, ends, texts = page.tags, page.ends, page.texts
    reader = _Lines(page)
    link_end = bold_end = 0
    for node, tag in enumerate(tags):
        if node >= reader.until:
            reader.leave(node)
        if tag == TEXT:
            if reader.waiting or not texts[node].isspace():
                reader.waiting.append(node)
                if node < link_end:
                    reader.linked += len(texts[node])
                if node < bold_end:
                    reader.bold += len(texts[node])
        elif tag in BLOCKS:
            reader.enter(node)
        elif tag == "br":
            reader.finish(breaks=True)
        elif tag == "a":
            link_end = max(link_end, ends[node])
        elif tag in _BOLD:
            bold_end = max(bold_end, ends[node])
    reader.finish()
    return reader.found


class _Lines:
    """The line at hand, and the block elements open around it, innermost last."""

    def __init__(self, page: Page) -> None:
        self.found: list[Line] = []
        self.waiting: list[int] = []  # its text nodes
        self.linked = self.bold = 0  # their characters in links, in bold type
        self.until = len(page.tags)  # where the innermost element ends
        self._page = page
        self._around: list[int] = []

    def enter(self, node: int) -> None:
        self.finish()
        self._around.append(node)
        self.until = self._page.ends[node]

    def leave(self, node: int) -> None:
        self.finish()
        around, ends = self._around, self._page.ends
        while around and node >= ends[around[-1]]:
            around.pop()
        self.until = ends[around[-1]] if around else len(ends)

    def finish(self, *, breaks: bool = False) -> None:
        if not self.waiting:
            return
        texts = self._page.texts
        text = "".join([texts[node] for node in self.waiting])
        if "\n" not in text:
            text = " ".join(text.split())
        size = len(text)
        self.found.append(
            Line(
                text=text,
                node=self.waiting[0],
                block=self._around[-1] if self._around else -1,
                characters=size,
                linked=min(self.linked, size),
                commas=text.count(",") + text.count("，") + text.count("、"),
                bold=min(self.bold, size),
                breaks=breaks,
            )
        )
        self.waiting.clear()
        self.linked = self.bold = 0
