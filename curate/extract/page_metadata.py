"""Title and publication date of an HTML page.

Input: the decoded text of a page. Output: a title or None, a date or None. Each needs a parse of
the page of its own, so they are looked for only when requested.
"""

import importlib
import re
from html import unescape

from curate.extras import install

_HEADED = re.compile(r"<title\b[^>]*>(.{0,1000}?)</title", re.IGNORECASE | re.DOTALL)
_META = re.compile(r"<meta\b[^>]*>", re.IGNORECASE)
_NAMED = re.compile(r"(?:property|name)\s*=\s*[\"']?(?:og:title|twitter:title)\b", re.IGNORECASE)
_CONTENT = re.compile(r"content\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_H1 = re.compile(r"<h1\b[^>]*>(.{0,1000}?)</h1", re.IGNORECASE | re.DOTALL)
_TAGS = re.compile(r"<[^>]*>")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def find_title(html: str) -> str | None:
    """Return the page's title: a heading that its <title> contains, og:title, or <title>.

    >>> find_title("<title>A day out | The Paper</title><h1>A <i>day</i> out</h1>")
    'A day out'
    """
    match = _HEADED.search(html)
    title = _text(match[1]) if match else ""
    for heading in _H1.finditer(html):
        heading_text = _text(heading[1])
        if len(heading_text) > 3 and heading_text.lower() in title.lower():
            return heading_text
    for meta in _META.finditer(html):
        if _NAMED.search(meta[0]) and (content := _CONTENT.search(meta[0])):
            heading_text = _text(content[1] or content[2] or "")
            if heading_text:
                return heading_text
    return title or None


def _text(markup: str) -> str:
    return " ".join(unescape(_TAGS.sub("", markup)).split())


def find_date(html: str, url: str | None, latest: str) -> str | None:
    """Return the day a page was published (YYYY-MM-DD), none after `latest`.

    Only markup for dates counts, not any date in the text.
    Raises:
        ValueError: `latest` does not begin with YYYY-MM-DD.
        ImportError: htmldate is not installed.
    """
    if _DAY.match(latest) is None:
        raise ValueError(f"latest: expected YYYY-MM-DD, got {latest!r}")
    try:
        htmldate = importlib.import_module("htmldate")
    except ImportError as error:
        raise ImportError(f"dates need htmldate: {install('extract')}") from error
    try:
        date = htmldate.find_date(
            html, url=url, original_date=True, extensive_search=False, max_date=latest[:10]
        )
    except Exception:  # whatever it raises, the page has no date then
        return None
    return None if date is None else str(date)
