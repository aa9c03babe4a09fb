"""Text extraction from RSS and Atom feeds.

Input: a feed's text. Output: for each entry its title and its longest content, markup removed,
entries separated by an empty line. Entities are not resolved, nothing is fetched.
"""

import re
from collections.abc import Sequence

from lxml import etree

from curate.extract.combined.lines import lines
from curate.extract.combined.markers import tidy
from curate.extract.combined.render import render
from curate.extract.combined.tree import parse
from curate.text.blocks import Block, Written

_BEFORE = re.compile(r"\s+|<\?[^>]*>|<!--.*?-->|<!DOCTYPE[^>\[]*>", re.DOTALL)
_ROOT = re.compile(r"<(?:rss|feed|rdf:RDF|RDF)[\s>]")
# What WordPress writes below each entry.
_FOOT = re.compile(
    "(?:The post|Der Beitrag|La entrada|L[’']article) .{1,300} (?:appeared first on"
    "|erschien zuerst auf|se publicó primero en|est apparu en premier sur) .{1,200}"
)
_CONTENTS = frozenset(("description", "encoded", "content", "summary"))


def is_feed(text: str) -> bool:
    """Return whether a text is an RSS or Atom feed.

    >>> is_feed('<?xml version="1.0"?><rss version="2.0"><channel/></rss>'), is_feed("<html>")
    (True, False)
    """
    place = 0
    while before := _BEFORE.match(text, place):  # a loop: one pattern would backtrack
        place = before.end()
    return _ROOT.match(text, place) is not None


def feed_text(text: str, *, markdown: bool = False) -> Written:
    r"""Return the text of a feed's entries, and its blocks; "" where there are none.

    >>> feed_text("<rss><channel><item><title>A</title><description>&lt;p&gt;B &amp;amp; C&lt;/p"
    ...           "&gt;</description></item></channel></rss>").text
    'A\n\nB & C'
    """
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, recover=True, huge_tree=False
    )
    root = etree.fromstring(text.strip().encode("utf-8", "replace"), parser)
    if root is None:
        return Written("")
    parts: list[Written] = []
    for entry in root.iter("{*}item", "{*}entry"):
        title, best = "", Written("")
        for child in entry:
            if not isinstance(child.tag, str):
                continue
            # without its namespace, or a prefix that is not declared
            name = child.tag.rpartition("}")[2].rpartition(":")[2]
            if name == "title" and not title:
                title = " ".join(_plain(_inner(child), markdown=False).text.split())
            elif name in _CONTENTS:
                content = _plain(_inner(child), markdown=markdown)
                best = max(best, content, key=lambda written: len(written.text))
        heading = f"## {title}" if markdown and title else title
        parts += [Written(heading, (Block("heading", 0, len(heading)),)), best]
    return _joined([part for part in parts if part.text])


def _joined(parts: Sequence[Written]) -> Written:
    """Return texts with an empty line between them as one."""
    texts: list[str] = []
    blocks: list[Block] = []
    start = 0
    for part in parts:
        texts.append(part.text)
        blocks += (Block(kind, start + one, start + end) for kind, one, end in part.blocks)
        start += len(part.text) + 2
    return Written("\n\n".join(texts), tuple(blocks))


def _inner(element: "etree._Element") -> str:
    """Return the markup in an element: escaped as text, or as children (Atom's xhtml)."""
    if not len(element):
        return element.text or ""
    return (element.text or "") + "".join(
        etree.tostring(child, encoding="unicode") for child in element
    )


def _plain(markup: str, *, markdown: bool) -> Written:
    if "<" not in markup and "&" not in markup:
        text = tidy(" ".join(markup.split()))
        return Written(text, (Block("prose", 0, len(text)),) if text else ())
    page = parse(markup)
    found = lines(page)
    kept = [n for n, line in enumerate(found) if _FOOT.fullmatch(line.text) is None]
    return render(page, found, kept, markdown=markdown)
