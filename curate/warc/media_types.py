"""Media types and content sniffing: whether a body is an HTML page.

Input: media types as records and servers give them, and the body. Output: whether it is a page.
Where the label is missing, malformed, vague or no media type, the bytes decide; where the bytes
are a whole HTML document, or no text at all, they override any label. `docs/stages/extract.md` has
the table.
"""

import re
from collections.abc import Iterable

HTML = "text/html"
_HTML_NAMED = re.compile(
    r"(?<![\w.+-])(?:(?:text|application)/(?:x-)?s?html?|application/(?:vnd\.wap\.)?xhtml(?:\+xml)?"
    r"|text/(?:xhtml(?:\+xml)?|x-server-parsed-html))(?![\w.+-])",
    re.IGNORECASE,
)
_TYPE = re.compile(r"[\s\"'<=(]*([\w!#$&^.+-]+)/([\w!#$&^.+*-]+)")
_TOP_LEVEL = frozenset((
    "application", "audio", "chemical", "font", "image", "message", "model", "multipart", "text",
    "video",
))  # fmt: skip
# Types that servers give by default, or that name the program that made the page.
_VAGUE = re.compile(
    r"[^/]*/\*|\*/.*|[^/]*/(?:x-)?(?:unknown|none|null|undefined|default|binary|octet-?stream|"
    r"octetstream|force-download|download|x-download|unix-directory)"
    r"|(?:application|text)/(?:x-)?(?:httpd-)?(?:php|asp|aspx|jsp|cgi|httpd-cgi|server-parsed)[\w-]*"
    r"|text/(?:plain|xml|x-unknown)|application/xml",
    re.IGNORECASE,
)
# With these a body is a page only if it begins as a document: both also label fragments of markup.
_STRICT = re.compile(r"text/plain|text/xml|application/xml", re.IGNORECASE)
_SPACE = (
    rb"(?:[\s\x00]|\xef\xbb\xbf|\xff\xfe|\xfe\xff"
    rb"|<!--(?:(?!-->)[\s\S]){0,8000}-->|<\?[^>]{0,1024}>)*"
)
_DOCUMENT = re.compile(_SPACE + rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_MARKUP = re.compile(
    _SPACE
    + rb"<(?:title|meta|link|script|style|iframe|frameset|h[1-6]|div|font|table|a|b|br|p|center"
    rb"|article|section|main|header|nav|ul|ol|span|img|form|base|noscript)[\s>/]",
    re.IGNORECASE,
)
_INSIDE = re.compile(rb"<(?:!doctype[ \t\r\n]+html|html)\b", re.IGNORECASE)
_SNIFFED = 1024  # bytes in which a doctype or <html> counts in what is called plain text or XML
_WIDE = 64  # bytes that hold a NUL in wide encodings
_START = 8192  # bytes in which the first tag is sought, after white space and comments


def media_type(label: str | None) -> str | None:
    """Return the media type of a label, in lower case; None for labels without information.

    Any spelling of an HTML type is `text/html`; malformed, unknown and vague labels are None.

    >>> media_type("text/html charset=utf-8"), media_type('"TEXT/HTML",'), media_type("text/css; x")
    ('text/html', 'text/html', 'text/css')
    >>> media_type("charset=utf-8"), media_type("unknown/unknown"), media_type("text/plain")
    (None, None, None)
    """
    if label is None or not label.strip():
        return None
    if label in _USUAL:
        return HTML
    spelled = re.sub(r"\s*([/\\])\s*", "/", label[:1024])
    if _HTML_NAMED.search(spelled) or spelled.strip(" \t;,.\"'").lower() in ("html", "htm"):
        return HTML
    named = _TYPE.match(spelled)
    if named is None or named[1].lower() not in _TOP_LEVEL:
        return None
    type_ = f"{named[1]}/{named[2]}".lower()
    return None if _VAGUE.fullmatch(type_) else type_


_USUAL = frozenset(("text/html", "text/html; charset=utf-8", "text/html; charset=UTF-8",
                    "text/html;charset=utf-8", "text/html;charset=UTF-8"))  # fmt: skip


def may_be_page(label: str | None) -> bool:
    """Return whether a body with this label may be a page or text: not with a clear other type."""
    return media_type(label) in (None, HTML)


def is_page(labels: Iterable[str | None], body: bytes) -> bool:
    """Return whether a body is HTML: by its beginning, else by the first label that is informative.

    Args:
        labels: the most trusted first: what the crawler identified, what the server declared.
    """
    start = bytes(body[:_START])
    if b"\0" in start[:_WIDE]:  # UTF-16 or UTF-32: the letters of tags are ASCII
        start = start.replace(b"\0", b"")
    if _DOCUMENT.match(start):
        return True
    strict = False
    for label in labels:
        named = media_type(label)
        if named is not None:
            return named == HTML
        strict = strict or (label is not None and _STRICT.match(label.strip(" \"'")) is not None)
    if _INSIDE.search(start, 0, _SNIFFED if strict else _START):
        return True
    return not strict and _MARKUP.match(start) is not None
