"""Readability (arc90, Mozilla): select the lines of a page's article by paragraph scores.

Input: a `Page` and its lines. Output: the numbers of the lines that are the article, in order.

Source: the algorithm of arc90's Readability as Mozilla develops it (Readability.js): paragraphs
give points to the elements around them, the element with most points is the article, siblings
like it join, what looks like a list of links in it goes. Where that leaves little text, it is
tried again without the first cleaning, the classes, the last cleaning. Differs: works on running
sums instead of a tree; a line of any element is a paragraph; nothing is rewritten.

readability-lxml rewrites its tree and returns HTML; the classifier needs the numbers of the lines
that are in the article.
"""

import re
from collections.abc import Sequence
from itertools import accumulate

from curate.extract.combined.page import Line, Page

UNLIKELY = re.compile(
    r"-ad-|ai2html|banner|breadcrumbs|combx|comment|community|cover-wrap|disqus|extra|footer|gdpr|"
    r"header|legends|menu|related|remark|replies|rss|shoutbox|sidebar|skyscraper|social|sponsor|"
    r"supplemental|ad-break|agegate|pagination|pager|popup|yom-remote"
)
MAYBE = re.compile(r"and|article|body|column|content|main|mathjax|shadow")
POSITIVE = re.compile(
    r"article|body|content|entry|hentry|h-entry|main|page|pagination|post|text|blog|story"
)
NEGATIVE = re.compile(
    r"-ad-|hidden|^hid$| hid$| hid |^hid |banner|combx|comment|com-|contact|footer|gdpr|masthead|"
    r"media|meta|outbrain|promo|related|scroll|share|shoutbox|sidebar|skyscraper|sponsor|shopping|"
    r"tags|widget"
)
MIN_PARAGRAPH = 25  # characters; shorter ones give no points
ENOUGH = 500  # characters of text; with fewer the next, laxer attempt is made


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


ROLES = _set("menu menubar complementary navigation alert alertdialog dialog")
START = (
    {"div": 5, "article": 5, "main": 5, "pre": 3, "td": 3, "blockquote": 3}
    | dict.fromkeys(_set("address ol ul dl dd dt li form"), -3)
    | dict.fromkeys(_set("h1 h2 h3 h4 h5 h6 th"), -5)
)
OWN = _set("p pre h2 h3 h4 h5 h6 td blockquote")  # the points go to its parent
NEVER = _set("li dt dd h1 th figcaption caption legend nav footer header")
CONDITIONAL = _set("form fieldset table ul ol dl div section aside")
LISTS = _set("ul ol dl")
WHOLE = _set("html body a article main")
ATTEMPTS = ((True, True, True), (False, True, True), (False, False, True), (False, False, False))


def article(page: Page, lines: Sequence[Line]) -> list[int]:
    """Return the numbers of the lines that are the article; [] where nothing is like one."""
    best: list[int] = []
    length = 0
    for strip, weigh, clean in ATTEMPTS:
        chosen = _Attempt(page, lines, strip, weigh).chosen(clean)
        size = sum(lines[n].characters for n in chosen)
        if size > length:
            best, length = chosen, size
        if length >= ENOUGH:
            break
    return best


def _stripped(page: Page, strip: bool) -> bytearray:
    """Return which nodes are out from the start: hidden, by role, by unlikely names."""
    removed = bytearray(len(page.tags))
    unlikely_names = {name: _unlikely(name) for name in set(page.names)} if strip else {}
    until = 0
    for node, (name, hidden) in enumerate(zip(page.names, page.hidden, strict=True)):
        if node < until:
            continue
        if hidden or (strip and name and _out(page, node, unlikely_names[name])):
            until = page.ends[node]
            removed[node:until] = b"\1" * (until - node)
    return removed


def _unlikely(name: str) -> bool | None:
    """Return whether a name is of no article; None if it says nothing."""
    if len(name) > 2 and UNLIKELY.search(name):
        return not MAYBE.search(name)
    return None


def _out(page: Page, node: int, unlikely: bool | None) -> bool:
    if unlikely is not None and page.tags[node] not in WHOLE:
        return unlikely
    return page.attributes[node].get("role") in ROLES


class _Attempt:
    """One try: what is out, running sums over what is left, the points of its elements."""

    def __init__(self, page: Page, lines: Sequence[Line], strip: bool, weigh: bool) -> None:
        removed = _stripped(page, strip)
        self.page, self.lines, self.weigh = page, lines, weigh
        self._weights: dict[tuple[str | None, ...], int] = {}
        self.alive = [n for n, line in enumerate(lines) if not removed[line.node]]
        characters, linked, commas = ([0] * len(page.tags) for _ in range(3))
        for n in self.alive:
            line = lines[n]
            characters[line.node] = line.characters
            linked[line.node] = line.linked
            commas[line.node] = line.commas
        self._characters = list(accumulate(characters, initial=0))
        self._linked = list(accumulate(linked, initial=0))
        self._commas = list(accumulate(commas, initial=0))

    def characters(self, node: int) -> int:
        return self._characters[self.page.ends[node]] - self._characters[node]

    def commas(self, node: int) -> int:
        return self._commas[self.page.ends[node]] - self._commas[node]

    def density(self, node: int) -> float:
        """Return which share of an element's characters is in links."""
        total = self.characters(node)
        return (self._linked[self.page.ends[node]] - self._linked[node]) / max(total, 1)

    def weight(self, node: int) -> int:
        """Return what class and id say: ±25 each."""
        if not self.weigh or len(self.page.names[node]) < 2:
            return 0
        get = self.page.attributes[node].get
        parts = get("class"), get("id")
        weight = self._weights.get(parts)
        if weight is None:
            names = [part.lower() for part in parts if part]
            weight = self._weights[parts] = 25 * sum(
                bool(POSITIVE.search(name)) - bool(NEGATIVE.search(name)) for name in names
            )
        return weight

    def chosen(self, clean: bool) -> list[int]:
        """Return the numbers of the article's lines."""
        points = self._points()
        if not points:
            return []
        scores = {node: score * (1 - self.density(node)) for node, score in points.items()}
        top = self._top(scores)
        kept = self._joined(top, scores)
        ends = self.page.ends
        inside = bytearray(len(self.page.tags))
        for node in kept:
            inside[node : ends[node]] = b"\1" * (ends[node] - node)
            if clean:
                self._clean(node, inside)
        return [n for n in self.alive if inside[self.lines[n].node]]

    def _points(self) -> dict[int, float]:
        """Return the points of each element that has paragraphs below it."""
        tags, parents = self.page.tags, self.page.parents
        points: dict[int, float] = {}
        previous = -1
        for n in self.alive:
            line = self.lines[n]
            block = line.block
            if block < 0 or block == previous or tags[block] in NEVER:
                continue
            if tags[block] in OWN:  # the element is the paragraph
                length, commas, node = self.characters(block), self.commas(block), parents[block]
                previous = block
            else:  # the line of bare text in it is
                length, commas, node = line.characters, line.commas, block
                previous = -1
            if length < MIN_PARAGRAPH:
                continue
            value = 1 + commas + min(length // 100, 3)
            for divisor in (1, 2, 6, 9, 12):
                if node < 0:
                    break
                if node not in points:
                    points[node] = START.get(tags[node], 0) + self.weight(node)
                points[node] += value / divisor
                node = parents[node]
        return points

    def _top(self, scores: dict[int, float]) -> int:
        """Return the article's element: the best, or one above it if others are near it."""
        page = self.page
        best = sorted(scores, key=lambda node: (-scores[node], node))[:5]
        top = best[0]
        ancestors = [_above(page, node) for node in best[1:] if scores[node] >= scores[top] * 0.75]
        for node in _above(page, top) if len(ancestors) >= 3 else ():
            if sum(node in other for other in ancestors) >= 3:
                top = node
                break
        last = scores.get(top, 0.0)
        floor = last / 3
        for node in _above(page, top):
            score = scores.get(node)
            if score is None:
                continue
            if score < floor:
                break
            if score > last:
                top = node
                break
            last = score
        for node in _above(page, top):
            if node + 1 != top or page.ends[top] != page.ends[node]:
                break
            top = node  # an only child
        return top

    def _joined(self, top: int, scores: dict[int, float]) -> list[int]:
        """Return the article's element and those of its siblings that belong to it."""
        page = self.page
        parent = page.parents[top]
        score = scores.get(top, 0.0)
        threshold = max(10.0, score * 0.2)
        name = page.names[top]
        kept = []
        node = parent + 1 if parent >= 0 else top
        while node < (page.ends[parent] if parent >= 0 else top + 1):
            bonus = score * 0.2 if name.strip() and page.names[node] == name else 0.0
            if node == top or (node in scores and scores[node] + bonus >= threshold):
                kept.append(node)
            elif page.tags[node] == "p":
                size, density = self.characters(node), self.density(node)
                if (size > 80 and density < 0.25) or (0 < size <= 80 and density == 0):
                    kept.append(node)
            node = page.ends[node]
        return kept

    def _clean(self, root: int, inside: bytearray) -> None:
        """Take out of an element what in it looks like lists of links, forms or notes."""
        tags, ends = self.page.tags, self.page.ends
        node = root + 1
        while node < ends[root]:
            tag = tags[node]
            if tag in ("footer", "aside", "nav") or (tag in CONDITIONAL and self._clutter(node)):
                inside[node : ends[node]] = b"\0" * (ends[node] - node)
                node = ends[node]
            else:
                node += 1

    def _clutter(self, node: int) -> bool:
        tag, total, weight = self.page.tags[node], self.characters(node), self.weight(node)
        if not total or (weight >= 0 and self.commas(node) >= 10):
            return False
        below = self.page.tags[node + 1 : self.page.ends[node]]
        data = tag == "table" and not {"th", "caption", "thead"}.isdisjoint(below)
        if data or "pre" in below or "code" in below:
            return False
        if weight < 0:
            return True
        paragraphs, images, ratio = below.count("p"), below.count("img"), self.density(node)
        listed, figure = tag in LISTS, "figure" in below
        return (
            (images > 1 and paragraphs / images < 0.5 and not figure)
            or (not listed and below.count("li") - 100 > paragraphs)
            or below.count("input") > paragraphs // 3
            or (not listed and not figure and total < 25 and images not in (1, 2) and ratio > 0)
            or (not listed and weight < 25 and ratio > 0.2)
            or (weight >= 25 and ratio > 0.5)
        )


def _above(page: Page, node: int) -> list[int]:
    """Return the elements around one, innermost first, up to the body."""
    ancestors = []
    while (node := page.parents[node]) >= 0 and page.tags[node] not in ("body", "html"):
        ancestors.append(node)
    return ancestors
