"""One page of a crawl to text, by the recipe: what archives and folders of HTML share."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from curate.encoding.decode import decode
from curate.engine.guard import Guard
from curate.extract.html import Extraction, extract
from curate.filters.html_prefilter import HtmlPrefilter
from curate.recipe import Extract
from curate.sources.files import Range
from curate.sources.rows import Reading, Row, id_of, not_sampled
from curate.store.keys import encode_key

PageFunction = Callable[..., Extraction]  # (body, url=, content_type=, prefilter=) -> Extraction


def page_function(settings: Extract) -> PageFunction:
    """Return the function that makes text of a page's bytes, as the recipe wants it."""
    return partial(text_of_page, settings=settings)


def text_of_page(
    body: bytes,
    *,
    settings: Extract,
    url: str | None = None,
    content_type: str | None = None,
    prefilter: HtmlPrefilter | None = None,
) -> Extraction:
    """Return the text of a page; where the prefilter drops it, its reason."""
    make = partial(
        extract,
        url=url,
        extractor=settings.extractor,
        precision=settings.precision,
        format=settings.format,
        max_bytes=settings.max_page_bytes,
        title=True,
    )
    if prefilter is None or len(body) > settings.max_page_bytes:
        return make(body, content_type=content_type)
    html, encoding, rule = decode(body, content_type)
    if why := prefilter(html):
        return Extraction("", encoding, rule, "", reason=why)
    return replace(make(html), encoding=encoding, encoding_rule=rule)


def no_page(why: str) -> Extraction:
    """Return what stands for a page that has no text for this reason."""
    return Extraction("", "", "", "", reason=why)


def page_row(
    part: Range,
    n: int,
    body: bytes,
    base: Row,
    *,
    settings: Extract,
    reading: Reading,
    content_type: str | None = None,
) -> Row:
    """Return the document of record `n` of a file, a page, or its outcome.

    `base` has what is known of it, its id and url among it.
    """
    id_ = id_of(base, part.file, n)
    if not reading.draws(id_):  # before what costs anything
        return not_sampled({**base, "id": id_})
    if reading.page is None:
        reading.page = Guard(page_function(settings), no_page)
    policy = reading.policies.get(part.file.source)
    prefilter = None if policy is None or policy.is_exempt(id_) else policy.prefilter
    page = reading.page(
        encode_key(part.file.number, n),
        body,
        url=base.get("url"),
        content_type=content_type,
        prefilter=prefilter,
    )
    return page_text(page, base)


def page_text(page: Extraction, base: Row) -> Row:
    """Return the document of a page, or its outcome if it has no text."""
    row = text_row(page.text, page.reason, base)
    if "text" in row:
        row["title"] = page.title
        row["blocks"] = [block._asdict() for block in page.blocks] if page.blocks else None
    return row


def text_row(text: str, reason: str | None, base: Row) -> Row:
    """Return the document of a text, or its outcome if there is none."""
    if reason is None and not text.strip():
        reason = "no_text"
    if reason is not None:
        return {**base, "state": "dropped", "reason": reason}
    return {**base, "text": text}
