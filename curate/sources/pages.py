"""One page of a crawl to text, by the recipe: what archives and folders of HTML share."""

from collections.abc import Callable
from functools import partial

from curate.extract.html import Extraction, extract
from curate.guard import Guard
from curate.recipe import Extract
from curate.sources.rows import Reading, Row

PageFunction = Callable[..., Extraction]  # (body, url=, content_type=) -> Extraction


def page_function(settings: Extract) -> PageFunction:
    """Return the function that makes text of a page's bytes, as the recipe wants it."""
    return partial(
        extract,
        extractor=settings.extractor,
        precision=settings.precision,
        max_bytes=settings.max_page_bytes,
    )


def no_page(why: str) -> Extraction:
    """Return what stands for a page that has no text for this reason."""
    return Extraction("", "", "", "", reason=why)


def page_row(
    key: int,
    body: bytes,
    base: Row,
    settings: Extract,
    reading: Reading,
    *,
    content_type: str | None = None,
) -> Row:
    """Return a page's document, or its fate; `base` has what is known of it, its url among it.

    `key` is the record's, `curate.keys.pack(file number, n)`.
    """
    if reading.page is None:
        reading.page = Guard(page_function(settings), no_page)
    page = reading.page(key, body, url=base.get("url"), content_type=content_type)
    return text_row(page.text, page.reason, base)


def text_row(text: str, reason: str | None, base: Row) -> Row:
    """Return the document of a text, or its fate if there is none."""
    if reason is None and not text.strip():
        reason = "no_text"
    if reason is not None:
        return {**base, "state": "dropped", "reason": reason}
    return {**base, "text": text}
