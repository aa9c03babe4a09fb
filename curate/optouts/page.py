"""Opt-outs of a page: X-Robots-Tag, <meta name=robots>, and TDM reservation.

Input: the HTTP fields of a response and the bytes of its page. Output: why the page is not to be
taken, or None. Only the first `LOOKED_AT` bytes of a page are searched for meta elements.

Sources: the convention `noai` (DeviantArt, 2022); TDM Reservation Protocol (W3C community group
report, 2024), sections 4 and 5.
"""

import re
from collections.abc import Collection, Mapping
from html import unescape

LOOKED_AT = 64 << 10
REASONS = {
    "optout_header": "its X-Robots-Tag has a directive that the recipe honours, such as noai",
    "optout_meta": "its <meta name=robots> has a directive that the recipe honours, such as noai",
    "optout_tdm": "it reserves text and data mining, in a header or a meta element",
    "optout_robots": "its site's robots.txt forbids it to an agent that the recipe names",
    "optout_ai_txt": "its site's ai.txt forbids its text",
    "optout_tdmrep": "its site's tdmrep.json reserves text and data mining of it",
}
_META = re.compile(rb"<meta\b[^>]{0,2000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    rb"\b(name|content)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE
)


def reason(
    http: Mapping[str, str] | None,
    page: bytes,
    *,
    directives: Collection[str],
    agents: Collection[str],
    tdm: bool,
) -> str | None:
    """Return why a page is not to be taken by its own word, or None.

    Args:
        http: the response's fields by lower-case name; None: not known.
        directives: of robots that count, in lower case.
        agents: names whose directives count in addition to those for all, in lower case.
        tdm: whether TDM reservation counts.

    >>> reason({"x-robots-tag": "noai"}, b"", directives={"noai"}, agents=(), tdm=True)
    'optout_header'
    """
    tag = http.get("x-robots-tag", "") if http else ""
    if tag and _directives(tag, agents) & set(directives):
        return "optout_header"
    if tdm and http and http.get("tdm-reservation", "").strip() == "1":
        return "optout_tdm"
    head = page[:LOOKED_AT]
    if b"\0" in head:  # UTF-16
        head = head.replace(b"\0", b"")
    for name, content in _metas(head):
        if name == "robots" or name in agents:
            if {item.strip() for item in content.lower().split(",")} & set(directives):
                return "optout_meta"
        elif tdm and name == "tdm-reservation" and content.strip() == "1":
            return "optout_tdm"
    return None


def _directives(tag: str, agents: Collection[str]) -> set[str]:
    """Return the directives of X-Robots-Tag that are for all, or for one of some agents.

    `GPTBot: noai, noindex` names an agent for what follows.
    """
    directives: set[str] = set()
    for line in tag.lower().split("\n"):  # of several fields of this name
        directives |= _of_line(line, agents)
    return directives


def _of_line(line: str, agents: Collection[str]) -> set[str]:
    directives: set[str] = set()
    applies = True
    for part in line.split(","):
        agent, colon, rest = part.partition(":")
        if colon and agent.strip() not in ("unavailable_after", "max-snippet", "max-image-preview",
                                           "max-video-preview"):  # fmt: skip
            applies = agent.strip() in agents or agent.strip() == "*"
        directive = rest if colon else part
        if applies:
            directives.add(directive.strip())
    return directives


def _metas(head: bytes) -> list[tuple[str, str]]:
    """Return name and content of the meta elements that have both."""
    metas = []
    for element in _META.findall(head):
        attributes = {
            key.lower(): next(filter(None, values), b"").decode("utf-8", "replace")
            for key, *values in _ATTRIBUTE.findall(element)
        }
        if b"name" in attributes and b"content" in attributes:
            metas.append(
                (unescape(attributes[b"name"]).strip().lower(), unescape(attributes[b"content"]))
            )
    return metas
