"""Text from noscript, JSON-LD, frames and shadow roots, for pages without other text.

A page rendered by scripts may have its text in <noscript>, in a declarative shadow root, in
<noframes> or the `srcdoc` of a frame, in the articleBody of its JSON-LD. Input: a page as HTML.
Output: the same page with these as ordinary elements, to be parsed again. Hidden elements stay
hidden.
"""

import json
import re
from collections.abc import Iterator
from html import escape, unescape
from typing import Any

FEW_CHARACTERS = 200  # characters outside of links; a page with more has text of its own
_TEMPLATE = re.compile(r"<template\b([^<>]*)>", re.IGNORECASE)
_SHADOW = re.compile(r"\bshadowroot(?:mode)?\s*=", re.IGNORECASE)
_RENAMED = re.compile(r"<(/?)(?:noscript|noframes)\b[^<>]*>", re.IGNORECASE)
_END = re.compile(r"</template\s*>", re.IGNORECASE)
_FRAMES = re.compile(r"</?(?:frameset|frame)\b[^<>]*>", re.IGNORECASE)
_FRAME = re.compile(
    r"<iframe\b[^<>]*?\bsrcdoc\s*=\s*(?:\"([^\"]*)\"|'([^']*)')[^>]*>",
    re.IGNORECASE | re.DOTALL,
)
_ALIKE = (("ı", "i"), ("ſ", "s"), ("\u0307", ""))  # İ is an i with U+0307 in lower case
_DATA = re.compile(r"<script\b[^<>]*application/ld\+json[^<>]*>", re.IGNORECASE)
_DATA_END = re.compile(r"</script", re.IGNORECASE)
_AROUND_DATA = re.compile(
    r"^\s*(?:<!--|/[/*]\s*<!\[CDATA\[(?:\s*\*/)?)|(?:-->|/[/*]\s*\]\]>(?:\s*\*/)?)\s*$"
)
_NOTICE = re.compile(
    r"javascript.{0,80}(?:enabl|disabl|requir|turn|activ|support|need|browser)"
    r"|(?:enabl|requir|activ|disabl|need|turn on|support).{0,80}javascript",
    re.IGNORECASE,
)
_LONGEST_NOTICE = 400  # characters
_DEEPEST, _MOST = 12, 10_000  # levels and values of JSON-LD that are looked at
_BODIES = ("articleBody", "reviewBody", "text")


def with_fallback_markup(html: str) -> str | None:
    """Return a page with its content for clients without scripts and frames; None without."""
    low, page = _small_letters(html), html
    if not any(word in low for word in ("srcdoc", "shadowroot", "noscript", "noframes")):
        return None
    if "srcdoc" in low and "srcdoc" in html.lower():
        page = _FRAME.sub(lambda match: f"<div>{unescape(match[1] or match[2] or '')}</div>", page)
    if "shadowroot" in low and _SHADOW.search(page):
        page = _TEMPLATE.sub(
            lambda match: "<div>" if _SHADOW.search(match[1]) else "<div hidden>", page
        )
        page = _END.sub("</div>", page)
    page = _RENAMED.sub(lambda match: f"<{match[1]}div>", page)
    if page == html:
        return None
    return _FRAMES.sub("", page)


def _small_letters(html: str) -> str:
    """Return a page in lower case, letters that patterns take for "i" or "s" as these."""
    low = html.lower()
    if not low.isascii():
        for letter, alike in _ALIKE:
            low = low.replace(letter, alike)
    return low


def from_json_ld(html: str) -> str | None:
    """Return a page made of the texts in its JSON-LD; None where there are none."""
    if "ld+json" not in _small_letters(html):
        return None
    articles = []
    for script in _data(html):
        try:
            data = json.loads(_AROUND_DATA.sub("", script), strict=False)
        except (ValueError, RecursionError):
            continue
        for body, headline in _texts(data):
            title = f"<h1>{escape(headline)}</h1>" if headline else ""
            articles.append(f"<article>{title}{_paragraphs(body)}</article>")
    return f"<html><body>{''.join(articles)}</body></html>" if articles else None


def _data(html: str) -> Iterator[str]:
    """Yield the content of JSON-LD scripts."""
    at = 0
    while match := _DATA.search(html, at):
        end = _DATA_END.search(html, match.end())
        if end is None:
            return
        yield html[match.end() : end.start()]
        at = end.end()


def is_notice(line: str) -> bool:
    """Return whether a line only says that the page needs scripts.

    >>> is_notice("You need to enable JavaScript to run this app.")
    True
    """
    return len(line) < _LONGEST_NOTICE and _NOTICE.search(line) is not None


def _texts(data: Any) -> Iterator[tuple[str, str]]:
    """Yield (text, headline) of the items of JSON-LD."""
    todo, seen = [(data, 0)], 0
    while todo and seen < _MOST:
        item, depth = todo.pop(0)
        seen += 1
        if isinstance(item, dict):
            body = next((item[name] for name in _BODIES if isinstance(item.get(name), str)), "")
            headline = item.get("headline") or item.get("name")
            if body.strip():
                yield body, headline if isinstance(headline, str) else ""
            inner = list(item.values())
        else:
            inner = item if isinstance(item, list) else []
        if depth < _DEEPEST:
            todo += [(one, depth + 1) for one in inner if isinstance(one, dict | list)]


def _paragraphs(body: str) -> str:
    """Return a text as HTML: unchanged if it is HTML, else a paragraph for each line."""
    if re.search(r"</?(?:p|div|br|h[1-6]|ul|li)\b[^<>]*>", body, re.IGNORECASE):
        return body
    lines = [line.strip() for line in unescape(body).splitlines()]
    return "".join(f"<p>{escape(line)}</p>" for line in lines if line)
