"""What a record of an archive is to a pipeline: a page to extract, or a kind to count and skip."""

import re

from curate.warc.records import ArchiveRecord

KINDS: dict[str, str] = {
    "warcinfo": "describes the archive",
    "request": "what the crawler sent",
    "metadata": "what the crawler noted about a capture",
    "revisit": "the page was as on an earlier visit; its text is not here",
    "continuation": "a later segment of a record cut in two",
    "dictionary": "what a compressed archive is unpacked with",
    "redirect": "an HTTP answer that points elsewhere (3xx)",
    "http_error": "an HTTP answer that is no success (status 4xx, 5xx or 1xx)",
    "no_http": "a response without a readable HTTP header",
    "undecoded": "a body in a coding (br, zstd) whose module is not installed",
    "not_html": "a body of another type than HTML",
    "unknown": "a record type the standard does not name",
}
_HTML = frozenset({"text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"})
# Types that servers give when they do not know: the bytes decide then.
_VAGUE = frozenset({"", "text/plain", "application/octet-stream", "application/x-unknown"})
_SNIFF = re.compile(rb"<(?:!doctype[ \t\r\n]+html|html)\b", re.IGNORECASE)
_SNIFFED = 1024  # bytes; a doctype or <html> comes first but for comments and white space


def classify(record: ArchiveRecord) -> str | None:
    """Return None for a page or text to extract, else the kind (of `KINDS`) it is skipped as.

    Pages are responses with status 2xx and resources, both of an HTML type; texts are
    conversions (WET). The type is WARC-Identified-Payload-Type where the crawler found one,
    else that of the header; a body without a type that tells anything is HTML if
    `<!doctype html` or `<html` is in its first 1,024 bytes.
    """
    kind = record.kind
    if kind == "conversion":
        return None
    if kind == "resource":
        return None if is_html(record) else "not_html"
    if kind != "response":
        return kind if kind in KINDS else "unknown"
    return _unusable(record) or (None if is_html(record) else "not_html")


def _unusable(record: ArchiveRecord) -> str | None:
    status = record.status
    if status is None:
        return "no_http"
    if not 200 <= status < 300:
        return "redirect" if 300 <= status < 400 else "http_error"
    return "undecoded" if record.undecoded is not None else None


def is_html(record: ArchiveRecord) -> bool:
    """Return whether the payload is HTML by its identified type, its declared one, or its bytes."""
    for named in (record.headers.get("warc-identified-payload-type"), record.content_type):
        media_type = (named or "").partition(";")[0].strip().lower()
        if media_type not in _VAGUE:
            return media_type in _HTML
    return _SNIFF.search(record.payload, 0, _SNIFFED) is not None
