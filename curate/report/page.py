"""The HTML report: one self-contained file with style, script and data; it makes no requests.

Input: a finished run's folder. Output: OUT/report.html. Text of the crawl is in a block of JSON
that no script runs, and is shown by textContent; a policy allows this page's own script and style,
by their hashes, and nothing else.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

from curate.report.page_data import CHARACTERS, page_data, shortened
from curate.store import io

MOST_BYTES = 5_000_000
SCRIPTS = ("charts", "views", "samples", "filters", "show")  # in this order
FEWER = (CHARACTERS, 1_000, 500, 200, 50)  # characters of a sample, where the page is too large


def write_page(out: str, against: str | None = None) -> int:
    """Write OUT/report.html; return its size in bytes. See `page_data` for arguments and errors."""
    html = page(page_data(out, against)).encode()
    io.write_bytes(io.join(out, "report.html"), html)
    return len(html)


def page(data: Mapping[str, Any]) -> str:
    """Return the HTML of a page of at most MOST_BYTES: samples become shorter, and it says so.

    The same data give the same page.
    """
    html = ""
    for characters in FEWER:
        html = _filled(_with_samples(data, characters))
        if len(html.encode()) <= MOST_BYTES:
            return html
    raise ValueError(f"report: expected at most {MOST_BYTES:,} bytes, got {len(html):,}")


def _with_samples(data: Mapping[str, Any], characters: int) -> dict[str, Any]:
    def cut(text: str | None) -> str | None:
        return None if text is None else text[:characters]

    duplicates = data["duplicates"]
    pairs = [
        {**pair, **{name: cut(pair[name]) for name in ("removed_text", "kept_text")}}
        for pair in duplicates["pairs"]
    ]
    notice = (
        f"Texts are cut after {characters:,} characters, for this page has at most "
        f"{MOST_BYTES:,} bytes."
    )
    return {
        **data,
        "samples": shortened(data["samples"], characters),
        "duplicates": {**duplicates, "pairs": pairs},
        "shortened": None if characters == CHARACTERS else notice,
    }


def _filled(data: Mapping[str, Any]) -> str:
    style, script = _part("page.css"), "".join(_part(f"page_{name}.js") for name in SCRIPTS)
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    parts = {"POLICY": policy, "STYLE": style, "SCRIPT": script, "DATA": embedded(data)}
    return re.sub(r"\{\{([A-Z]+)\}\}", lambda match: parts[match[1]], _part("page.html"))


def _part(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def embedded(data: object) -> str:
    r"""Return data as JSON that no content, such as HTML, can end early.

    >>> embedded(["</script>&\u2028"])
    '["\\u003c/script\\u003e\\u0026\\u2028"]'
    """
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # A lone surrogate has no UTF-8; U+2028 and U+2029 end lines in old readers of JavaScript.
    return re.sub(
        "[<>&\u2028\u2029\ud800-\udfff\x00]", lambda match: f"\\u{ord(match[0]):04x}", text
    )
