"""The lines of a page, among which the extractor selects.

A *line* is what a browser would set between two line breaks: the text between two boundaries of
block elements, or two <br>. Preformatted text is one line, whatever breaks it has.
"""

import re

from curate.extract.combined.boilerplate import is_advertisement, is_copy
from curate.extract.combined.markers import GAP, OBJECT, tidy
from curate.extract.combined.page import BLOCKS, HEADINGS, TEXT, Line, Page
from curate.extract.combined.preformatted import are_line_numbers, code_text, is_gutter

BOLD = frozenset(("b", "strong", "em", "i"))
EMBED = re.compile(r"^\s*(?:https?://\S+\s*$|<[a-z][^>]*(?:href|src|style)=)", re.IGNORECASE)
_EMPTY = frozenset((" ", GAP, GAP + GAP, ""))
_CELLS = frozenset(("td", "th", "dt", "dd"))


def lines(page: Page) -> list[Line]:  # noqa: PLR0912 - one pass over all nodes
    """Return the page's lines that have text, in document order."""
    tags, ends, texts, blocks = page.tags, page.ends, page.texts, page.blocks
    special = page.unseen.union(page.code, blocks)
    reader = _Lines(page)
    link_end = bold_end = skipped = 0
    for node, tag in enumerate(tags):
        if node < skipped:
            continue
        if node >= reader.until:
            reader.leave(node)
        if tag == TEXT:
            text = texts[node]
            if reader.waiting or not (text in _EMPTY or text.isspace()):
                reader.waiting.append(node)
                if node < link_end:
                    reader.linked += len(text)
                if node < bold_end:
                    reader.bold += len(text)
        elif special and node in special and reader.special(node):
            skipped = ends[node]
        elif tag in BLOCKS or (node in special and node in blocks):
            reader.enter(node)
        elif tag == "br":
            reader.finish(breaks=True)
        elif tag == "a":
            link_end = max(link_end, ends[node])
        elif tag in BOLD:
            bold_end = max(bold_end, ends[node])
        elif texts[node] and (reader.waiting or texts[node] != GAP):
            reader.waiting.append(node)
    reader.finish()
    return _without_boilerplate(page, reader.found)


class _Lines:
    """The line at hand, and the block elements open around it, innermost last."""

    def __init__(self, page: Page) -> None:
        self.found: list[Line] = []
        self.waiting: list[int] = []  # its text nodes
        self.linked = self.bold = 0  # their characters in links, in bold type
        self.until = len(page.tags)  # where the innermost element ends
        self._page = page
        self._around: list[int] = []
        self._pre = -1  # the <pre> before, if it has one line: one after it is the next line of it

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

    def special(self, node: int) -> bool:
        """Return whether an element is done with: it is not shown, or is a line of code."""
        page = self._page
        if node in page.unseen:
            if page.tags[node] in BLOCKS:
                self.finish()
            return True
        if node in page.code:
            self.code(node)
            return True
        return False

    def code(self, node: int) -> None:
        """Add the line of an element of preformatted text."""
        self.finish()
        page, end = self._page, self._page.ends[node]
        text = code_text(page, node, page.code[node])
        tag = page.tags[node]
        alone = tag == "pre" or node in page.joined
        single = alone and "\n" not in text and bool(text.strip())
        if single and self._pre >= 0 and page.ends[self._pre] == node:
            before = self.found[-1]
            before.text = f"{before.text}\n{text}"
            before.characters = len(before.text)
            before.commas += text.count(",")
            self._pre = node
            return
        self._pre = node if single else -1
        if not text.strip() or (tag == "textarea" and EMBED.search(text) is not None):
            return
        block = node if tag in BLOCKS else self._around[-1] if self._around else -1
        first = next((n for n in range(node + 1, end) if page.tags[n] == TEXT), node)
        linked = 0
        if "a" in page.tags[node:end]:
            links = [n for n in range(node, end) if page.tags[n] == "a"]
            linked = sum(len("".join(page.texts[n : page.ends[n]])) for n in links)
        self.found.append(
            Line(text, first, block, len(text), min(linked, len(text)), text.count(","), 0,
                 code=node)
        )  # fmt: skip

    def finish(self, *, breaks: bool = False) -> None:
        if not self.waiting:
            if breaks and self.found and self.found[-1].breaks:
                self.found[-1].parted = True
            return
        texts = self._page.texts
        text = " ".join("".join([texts[node] for node in self.waiting]).split())
        if not text.isprintable() or OBJECT in text:
            text = " ".join(tidy(text).split())
        if text:
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


def _without_boilerplate(page: Page, found: list[Line]) -> list[Line]:
    """Return lines without advertisements' captions, buttons and line numbers beside code."""
    kept = []
    for n, line in enumerate(found):
        if line.code >= 0:
            after = found[n + 1] if n + 1 < len(found) else None
            if after is not None and after.code >= 0 and are_line_numbers(line.text):
                continue
        elif line.characters < 60:
            tag = page.tags[line.block] if line.block >= 0 else ""
            if tag in HEADINGS and len(line.text) > 3 and is_advertisement(line.text):
                continue
            if line.block >= 0 and is_gutter(page.names[line.block], line.text):
                continue
            if tag not in _CELLS and tag not in HEADINGS:
                if is_advertisement(line.text):
                    continue
                near = found[max(n - 1, 0) : n + 2]
                if any(one.code >= 0 for one in near) and is_copy(line.text):
                    continue
        kept.append(line)
    return kept
