"""Classify records of archives: pages and texts to extract, and kinds to count and skip."""

from curate._lazy import listing
from curate.encoding.binary import binary_kind
from curate.warc.media_types import is_page
from curate.warc.records import ArchiveRecord

__all__ = ["classify"]
__dir__ = listing(__name__, __all__)

KINDS: dict[str, str] = {
    "warcinfo": "describes the archive",
    "request": "the crawler's request",
    "metadata": "notes of the crawler about a capture",
    "revisit": "unchanged since an earlier capture, without its text",
    "continuation": "a later segment of a segmented record",
    "dictionary": "the dictionary of a compressed archive",
    "redirect": "an HTTP redirect (status 3xx)",
    "http_error": "an HTTP error (status 4xx, 5xx or 1xx)",
    "no_http": "a response without a readable HTTP header that is not HTML",
    "undecoded": "a body in a coding that is unknown, or whose module is not installed (br, zstd)",
    "not_html": "a body of another type than HTML",
    "not_text": "binary data under any label: a picture, font, archive, noise",
    "unknown": "a record type the standard does not name",
}


def classify(record: ArchiveRecord) -> str | None:
    """Return None for a page or text to extract, else the kind (of `KINDS`) it is skipped as.

    Pages are responses with status 2xx and resources that are HTML (`curate.warc.media_types`
    says when), texts are conversions (WET). A response without a status is a page if its bytes
    are HTML.
    """
    kind = record.kind
    if kind == "response":
        return _unusable(record) or _content_kind(record)
    if kind == "conversion":
        return "not_text" if binary_kind(record.payload) else None
    if kind == "resource":
        return _content_kind(record)
    return kind if kind in KINDS else "unknown"


def _unusable(record: ArchiveRecord) -> str | None:
    status = record.status
    if status is not None and not 200 <= status < 300:
        return "redirect" if 300 <= status < 400 else "http_error"
    if record.undecoded is not None:
        return "undecoded"
    if status is None and record.http is None:
        return (
            None if is_page((), record.payload) and not binary_kind(record.payload) else "no_http"
        )
    return None


def _content_kind(record: ArchiveRecord) -> str | None:
    labels = (record.headers.get("warc-identified-payload-type"), record.content_type)
    if not is_page(labels, record.payload):
        return "not_html"
    return "not_text" if binary_kind(record.payload) else None
