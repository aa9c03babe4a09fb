"""Text from noscript, JSON-LD, frames and shadow roots, for pages without other text.

A page rendered by scripts may have its text in <noscript>, in a declarative shadow root, in
<noframes> or the `srcdoc` of a frame, in the articleBody of its JSON-LD; at last in a template or
an element that is hidden until a script has run. Input: a page as HTML. Output: the same page with
these as ordinary elements, to be parsed again. Hidden elements stay hidden where there is other
text.
"""

import json
import re
from collections.abc import Iterator
from html import escape, unescape
from typing import Any

FEW_CHARACTERS = 200  # characters outside of links; a page with more has text of its own
_TEMPLATE = re.compile(r"<template\b([^<>]*)>", re.IGNORECASE)
_SHADOW = re.compile(r"\bshadowroot(?:mode)?\s*=", re.IGNORECASE)
_RENAMED = re.compile(r"<(/?)(?:noscript|noframes|object)\b[^<>]*>", re.IGNORECASE)
# Text in Markdown that a script shows: of Strapdown, remark and reveal.js.
_HIDDEN_MARKDOWN = re.compile(r"<xmp\b[^<>]*>", re.IGNORECASE)
_SLIDES = re.compile(r"<textarea\b[^<>]*\bid\s*=\s*[\"']?source\b[^<>]*>", re.IGNORECASE)
_NOSCRIPT = re.compile(r"<noscript\b[^<>]*>([^<>]*)(?=</noscript)", re.IGNORECASE)
_ESCAPED = re.compile(r"&lt;(?:p|div|h1)\b", re.IGNORECASE)
_ANY_TEXTAREA = re.compile(r"<textarea\b", re.IGNORECASE)
_FOREIGN = re.compile(r"<(/?)(?:svg|foreignobject)\b[^<>]*>", re.IGNORECASE)
_PLAIN_TEMPLATE = re.compile(r"<(/?)(?:template|dialog)\b[^<>]*>", re.IGNORECASE)
_SCRIPTS = re.compile(r"(<script\b[^<>]*>|</script\s*>)", re.IGNORECASE)
_TEMPLATE_TYPE = re.compile(
    r"\btype\s*=\s*[\"']?text/(?:x-template|html|ng-template)\b", re.IGNORECASE
)
_HIDING = re.compile(
    r"\bdisplay\s*:\s*none\b|\bvisibility\s*:\s*hidden\b|(?<=[\"'\s])hidden(?=[\s>])", re.IGNORECASE
)
_MAY_HIDE = re.compile(r"<[a-zA-Z](?=[^<>]*(?:none|hidden))[^<>]*>", re.IGNORECASE)
_TEMPLATES = re.compile(
    r"<script\b[^<>]*\btype\s*=\s*[\"']?text/(?:template|(?:x-)?markdown)\b[^<>]*>(.*?)</script\s*>",
    re.IGNORECASE | re.DOTALL,
)
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
_LAST_COMMA = re.compile(r",\s*([}\]])")
_NOTICE = re.compile(
    r"browser.{0,40}(?:support|display).{0,20}frames?\b|javascript.{0,80}(?:enabl|disabl|requir|turn|activ|support|need|browser)"
    r"|(?:enabl|requir|activ|disabl|need|turn on|support).{0,80}javascript",
    re.IGNORECASE,
)
_LONGEST_NOTICE = 400  # characters
_DEEPEST, _MOST = 12, 10_000  # levels and values of JSON-LD that are looked at
_BODIES = ("articleBody", "reviewBody", "text")
_SAID = ("srcdoc", "shadowroot", "noscript", "noframes", "<object", "<xmp", "<textarea", "markdown")
# Their text is their description.
_DESCRIBED = ("JobPosting", "Product", "Event", "Course", "Book", "Movie", "PodcastEpisode",
              "VideoObject")  # fmt: skip
_INGREDIENTS = ("recipeIngredient", "ingredients")


def with_fallback_markup(html: str) -> str | None:
    """Return a page with its content for clients without scripts and frames; None without."""
    low, page = _small_letters(html), html
    if not any(word in low for word in _SAID):
        return None
    if "srcdoc" in low and "srcdoc" in html.lower():
        page = _FRAME.sub(lambda match: f"<div>{unescape(match[1] or match[2] or '')}</div>", page)
    if "shadowroot" in low and _SHADOW.search(page):
        page = _TEMPLATE.sub(
            lambda match: "<div>" if _SHADOW.search(match[1]) else "<div hidden>", page
        )
        page = _END.sub("</div>", page)
    page = _NOSCRIPT.sub(_unescaped, page)
    page = _RENAMED.sub(lambda match: f"<{match[1]}div>", page)
    page = _SLIDES.sub("<textarea readonly>", _HIDDEN_MARKDOWN.sub("<xmp>", page))
    if "data-markdown" in page or "markdown" in page:
        page = _TEMPLATES.sub(lambda match: f"<pre>{escape(match[1])}</pre>", page)
    if page == html:
        return None
    return _FRAMES.sub("", page)


def _unescaped(match: re.Match[str]) -> str:
    escaped = _ESCAPED.search(match[1]) is not None
    return f"<noscript>{unescape(match[1])}" if escaped else match[0]


def with_hidden_text(html: str) -> str | None:
    """Return a page with its templates and hidden elements shown; None without.

    Templates with places to fill in stay what they are.
    """
    low, page = _small_letters(html), html
    if "hidden" in low or "none" in low:
        page = _MAY_HIDE.sub(lambda tag: _HIDING.sub("", tag[0]), html)
        low = low if page == html else _small_letters(page)
    if "text/" in low:
        page = "".join(_with_scripts_shown(_SCRIPTS.split(page)))
    if "{{" not in html and ("template" in low or "dialog" in low):
        page = _PLAIN_TEMPLATE.sub(lambda match: f"<{match[1]}div>", page)
    if "foreignobject" in low and "foreignobject" in html.lower():
        page = _FOREIGN.sub(lambda match: f"<{match[1]}div>", page)
    if "<textarea" in low:
        page = _ANY_TEXTAREA.sub("<textarea readonly", page)
    return page if page != html else None


def _with_scripts_shown(parts: list[str]) -> Iterator[str]:
    """Yield the parts of a page, between tags of scripts, those that are templates as elements."""
    shown = False
    for n, part in enumerate(parts):
        if n % 2 == 0:
            yield part
        elif part[1] == "/":
            yield "</div>" if shown else part
            shown = False
        else:
            shown = _TEMPLATE_TYPE.search(part) is not None and "{{" not in parts[n + 1]
            yield "<div>" if shown else part


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
    articles: list[str] = []
    for script in _data(html):
        data = _loaded(_AROUND_DATA.sub("", script))
        for body, headline in _texts(data):
            title = f"<h1>{escape(headline)}</h1>" if headline else ""
            article = f"<article>{title}{_paragraphs(body)}</article>"
            if article not in articles:
                articles.append(article)
    return f"<html><body>{''.join(articles)}</body></html>" if articles else None


def _loaded(script: str) -> Any:
    """Return the data of JSON, which may have a comma before a bracket; None of what is broken."""
    for text in (script, _LAST_COMMA.sub(r"\1", script)):
        try:
            return json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


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
            if not body and item.get("@type") in _DESCRIBED:
                body = item.get("description") if isinstance(item.get("description"), str) else ""
            if not body:
                body = _listed(item)
            asked = item.get("@type") == "Question"
            if body.strip() or (asked and headline):
                yield body, headline if isinstance(headline, str) else ""
            inner = list(item.values())
        else:
            inner = item if isinstance(item, list) else []
        if depth < _DEEPEST:
            todo += [(one, depth + 1) for one in inner if isinstance(one, dict | list)]


def _listed(recipe: dict[str, Any]) -> str:
    """Return the ingredients of a recipe as a list in HTML."""
    several = next(
        (recipe[name] for name in _INGREDIENTS if isinstance(recipe.get(name), list)), ()
    )
    items = "".join(f"<li>{escape(unescape(one))}</li>" for one in several if isinstance(one, str))
    return f"<ul>{items}</ul>" if items else ""


def _paragraphs(body: str) -> str:
    """Return a text as HTML: unchanged if it is HTML, else a paragraph for each line."""
    for markup in (body, unescape(body)):
        if re.search(r"</?(?:p|div|br|h[1-6]|ul|li)\b[^<>]*>", markup, re.IGNORECASE):
            return markup
    lines = [line.strip() for line in unescape(body).splitlines()]
    return "".join(f"<p>{escape(line)}</p>" for line in lines if line)
