"""Extract pages with the recipe's settings; shared by archives and folders of HTML."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from curate.encoding.decode import decode
from curate.engine.guard import Guard
from curate.extract.html import Extraction, extract
from curate.filters.html_prefilter import HtmlPrefilter
from curate.licences.page import find_licence, is_kept
from curate.recipe import Extract
from curate.sources.files import Range
from curate.sources.rows import Reading, Row, id_of, not_sampled
from curate.store.keys import encode_key

PageFunction = Callable[..., Extraction]  # (body, url=, content_type=, prefilter=) -> Extraction


def page_function(settings: Extract) -> PageFunction:
    """Return the function (page bytes -> extraction) for the recipe's settings."""
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
    """Return an empty extraction with this reason."""
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
    http: Mapping[str, str] | None = None,
) -> Row:
    """Return the document of record `n` of a file, a page, or its outcome.

    `base` has the known columns, among them id and url.
    """
    id_ = id_of(base, part.file, n)
    if not reading.draws(id_):  # before extraction, which is expensive
        return not_sampled({**base, "id": id_})
    if reading.opt_outs and (why := reading.opt_outs.of_page(http, body)):
        return text_row("", why, base)
    if reading.license:
        base = {**base, "license": _license(body, content_type)}
        reading.licenses[base["license"] or "none"] += 1
        if reading.license.keep is not None and not is_kept(base["license"], reading.license.keep):
            return text_row("", "license_not_kept", base)
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


def _license(body: bytes, content_type: str | None) -> str | None:
    """Return the licence that a page states for itself."""
    if b"ommons.org" in body or b"\0" in body[:100]:  # UTF-16
        return find_licence(decode(body, content_type)[0])
    return None


def text_row(text: str, reason: str | None, base: Row) -> Row:
    """Return the document of a text, or its outcome if there is none."""
    if reason is None and not text.strip():
        reason = "no_text"
    if reason is not None:
        return {**base, "state": "dropped", "reason": reason}
    return {**base, "text": text}
