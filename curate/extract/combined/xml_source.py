"""A page's tree as libxml2 builds and serialises it: what the compiled kernels read.

Input: the decoded text of a page. Output: XML in UTF-8, or None where its tree may not have what
the plain path is told of: text after the end of the page, attributes of a second <html>.
"""

import re
from collections.abc import Collection
from typing import Any

import numpy as np
from lxml import etree

from curate.extract.combined.kernels.survey import end_of_page

_TAG = re.compile(r"<(?:!--|([a-zA-Z]+))")
_HTML = re.compile(r"<html\s[^<>]*>", re.IGNORECASE)
_HTML_START = re.compile(r"<html\s", re.IGNORECASE)
_PLAIN_HTML = re.compile(r"<html(?:\s+[a-zA-Z][a-zA-Z:_-]*=\"[^\"<>]*\")*\s*>", re.IGNORECASE)
_NAME = re.compile(r"\s([a-zA-Z][a-zA-Z:_-]*)=\"[^\"]*\"")
_NOTHING = re.compile(
    r"<!--.*?(?:-->|$)|<(script|style)\b.*?(?:</\1\s*>|$)|</[^<>]*>", re.DOTALL | re.IGNORECASE
)
_RAW = re.compile(r"<(?:xmp|listing|plaintext|textarea)\b", re.IGNORECASE)
_PARSER = etree.HTMLParser(
    encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False
)
_ELEMENT = re.compile("<[a-zA-Z]")
_ENDS = 5  # of a page that has several, before it is left to the plain path
_WORDS = tuple(np.frombuffer(word, np.uint8) for word in (b"html", b"script"))


def serialised(html: str, source: bytes) -> bytes | None:
    """Return a page's tree as XML; None where libxml2 has none, or it loses what the page has.

    `source` is the page as UTF-8.
    """
    if b"\0" in source or _has_text_after_end(source):
        return None
    root = _tree(source)
    if root is None:
        return None
    if root.attrib and not _begins_with(html, root.keys()):
        joined = with_one_html(html)
        root = None if joined is None else _tree(joined.encode())
        if root is None:
            return None
    root.getroottree().docinfo.clear()  # or some doctypes change how it is written
    written: bytes = etree.tostring(root, encoding="utf-8", with_tail=False)
    for other in root.itersiblings():  # elements after </html> are in another <html>
        if other.attrib:
            return None
        written += etree.tostring(other, encoding="utf-8", with_tail=False)
    return written


def _tree(source: bytes) -> Any:
    """Return the root of a page's tree; None where it has none."""
    try:
        return etree.fromstring(source, _PARSER)
    except etree.XMLSyntaxError:
        return None


def _begins_with(html: str, names: Collection[str]) -> bool:
    """Return whether the <html> that begins a page has these attributes, and no later one added."""
    after = _after_first_tag(html)
    start = html.rfind("<", 0, after)
    plain = _PLAIN_HTML.match(html, start) if start >= 0 else None
    if plain is not None and set(map(str.lower, _NAME.findall(plain[0]))).issuperset(names):
        return True
    first = _tree(html[: html.find(">", after) + 1].encode())
    return first is not None and first.tag == "html" and set(first.attrib).issuperset(names)


def with_one_html(html: str) -> str | None:
    """Return a page in which no <html> but one that begins it has attributes.

    Others add theirs to it in a tree, and the plain path does not know them.
    """
    begun = _after_first_tag(html)
    if all(html.find(tag, begun) < 0 for tag in ("<html", "<HTML", "<Html")):
        return html
    rest = html[begun:]
    late = _HTML.findall(rest)
    plain = len(late) == len(_HTML_START.findall(rest)) and all(
        tag.count(quote) % 2 == 0 for tag in late for quote in "\"'"
    )
    if not plain or _RAW.search(html) is not None:
        return None
    return html[:begun] + _HTML.sub("<html>", rest)


def _has_text_after_end(source: bytes) -> bool:
    """Return whether text follows </html>, which no tree has, or what may be such text."""
    for _ in range(_ENDS):
        at = end_of_page(np.frombuffer(source, np.uint8), _WORDS)
        if at < 0:
            return False
        source = source[at + len("</html>") :]
        if not source.strip():
            return False
        rest = _NOTHING.sub("", source.decode()).lstrip()
        if not rest:
            return False
        if _ELEMENT.match(rest) is None:
            return True
    return True


def _after_first_tag(html: str) -> int:
    """Return the place after "<html" if that is a page's first tag, else before that tag."""
    at = 0
    while match := _TAG.search(html, at):
        if match[1]:
            return match.end() if match[1].lower() == "html" else match.start()
        at = html.find("-->", match.end())
        if at < 0:
            break
    return len(html)
