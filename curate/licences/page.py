"""Which Creative Commons licence a page states for itself, and not for a picture in it.

Input: a page's HTML. Output: such as `cc-by-sa-4.0`, `cc0-1.0`, or None. What states one, in this
order: JSON-LD of the page (`license`), Dublin Core and other meta elements, links with
`rel=license`, links to a licence next to words that license the page, as footers have them. A link
next to words about pictures, in a caption, or whose text is its own address (as in a quoted mail),
states none; nor do scripts, styles and comments. Where a page states several, the strictest counts.

Source: https://creativecommons.org/licenses/ for the forms of addresses.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from html import unescape
from typing import Any

REASONS = {
    "license_not_kept": "the licence it states for itself is none that rights.license.keep names",
}
_CC = re.compile(
    r"creativecommons\.org/(?:licenses/(by(?:-nc)?(?:-nd|-sa)?|by-nd-nc|by-sa-nc|nc|nc-sa|nd|sa)"
    r"/(\d\.\d)|publicdomain/(zero|mark)/(\d\.\d))(?![\d.])",
    re.IGNORECASE,
)
# A tag ends before the next one begins: an open one would be read to the end of the page each time.
_OPENING = re.compile(r"<!--|<(script|style|template)\b([^<>]*)>", re.IGNORECASE)
_META = re.compile(r"<meta\b[^<>]{0,2000}>", re.IGNORECASE)
_NAMED = re.compile(
    r"\b(?:name|property)\s*=\s*[\"']?(?:dc\.|dcterms[.:]|dc:)?(?:rights|license|copyright)"
    r"(?:\.[a-z]+)?[\"'\s>]",
    re.IGNORECASE,
)
_LINK = re.compile(r"<(a|link)\b([^<>]{0,2000})>", re.IGNORECASE)
_CLOSING = re.compile(r"</a\b", re.IGNORECASE)
_REL = re.compile(r"\brel\s*=\s*[\"']?[^\"'>]*\blicen[sc]e\b", re.IGNORECASE)
_TAG = re.compile(r"<[^>]{0,4000}>|<[^>]*$|^[^<>]*>")
_SPAN = 500  # characters of HTML on each side of a link that are searched for its words
_NEAR = 80  # characters before the end of a link in which words of pictures count
_WORDS = 120  # characters of text around a link that may say what it is about
_STATES = re.compile(
    r"licen[sc]ed?\b|available under|\(c\)|copyright|©|unless (?:otherwise )?(?:noted|stat)|except "
    r"where|some rights reserved|lizenz|licence|licencia|licença|licenza|лиценз|republish"
    r"|许可|許可|授權|授权|协议|版权|ライセンス",
    re.IGNORECASE,
)
_PICTURE = re.compile(
    r"\b(?:photo|foto|image|picture|figure|illustration|artwork|icons?|video|music|font|flickr|"
    r"wikimedia commons|unsplash|screenshot|bild|logo)s?\b|\.(?:jpe?g|png|gif|svg)\b"
    r"|图片|图标|照片|画像",
    re.IGNORECASE,
)
_IMAGES = frozenset(("imageobject", "photograph", "videoobject", "audioobject", "dataset"))


def find_licence(html: str) -> str | None:
    """Return the licence a page states for itself, or None.

    >>> link = '<a href="https://creativecommons.org/licenses/by/4.0/">CC BY</a>'
    >>> find_licence(f"<footer>Licensed under {link}"), find_licence(f"Photo: {link}")
    ('cc-by-4.0', None)
    """
    if "creativecommons.org" not in html and "CreativeCommons.org" not in html:
        return None
    plain, data = _parted(html)
    for names in (_of_data(data), _of_meta(plain), _of_links(plain)):
        licences = list(names)
        if licences:
            return max(licences, key=_strictness)
    return None


def is_kept(licence: str | None, keep: Collection[str]) -> bool:
    """Return whether a licence is among some: by its name, with or without the version.

    >>> is_kept("cc-by-4.0", ["cc-by"]), is_kept("cc-by-sa-4.0", ["cc-by"]), is_kept(None, ["none"])
    (True, False, True)
    """
    name = licence or "none"
    return name in keep or name.rpartition("-")[0] in keep


def name_of(address: str) -> str | None:
    """Return the name of the licence that an address identifies.

    >>> name_of("http://creativecommons.org/licenses/by-nc-nd/2.5/tw/")
    'cc-by-nc-nd-2.5'
    """
    match = _CC.search(address)
    if match is None:
        return None
    if match[3]:
        return f"{'cc0' if match[3].lower() == 'zero' else 'pdm'}-{match[4]}"
    return f"cc-{match[1].lower()}-{match[2]}"


def _strictness(licence: str) -> tuple[int, str]:
    return sum(word in licence.split("-") for word in ("by", "nc", "nd", "sa")), licence


def _parted(html: str) -> tuple[str, list[str]]:
    """Return a page without scripts, styles and comments, and its blocks of JSON-LD.

    What does not end is left out to the page's end.
    """
    kept, data, at = [], [], 0
    lowered = html.lower()
    if len(lowered) != len(html):  # a capital that has two small letters
        lowered = html
    for match in _OPENING.finditer(html):
        if match.start() < at:
            continue
        kept.append(html[at : match.start()])
        closing = f"</{match[1].lower()}" if match[1] else "-->"
        end = lowered.find(closing, match.end())
        at = len(html) if end < 0 else end + len(closing)
        if match[2] and "ld+json" in match[2].lower() and end >= 0:
            data.append(html[match.end() : end])
    return " ".join([*kept, html[at:]]), data


def _of_data(blocks: Iterable[str]) -> Iterator[str]:
    """Yield licences of JSON-LD: of the page or its article, not of pictures."""
    for block in blocks:
        if "creativecommons.org" in block:
            try:
                yield from _licences(json.loads(block), 0)
            except (ValueError, RecursionError):
                continue


def _licences(data: Any, depth: int) -> Iterator[str]:
    if isinstance(data, list):
        for item in data:
            yield from _licences(item, depth)
    if not isinstance(data, dict) or depth > 3:
        return
    types = data.get("@type")
    named = {str(type_).lower() for type_ in (types if isinstance(types, list) else [types])}
    if named & _IMAGES:
        return
    value = data.get("license")
    for item in value if isinstance(value, list) else [value]:
        address = item.get("@id") or item.get("url") if isinstance(item, dict) else item
        if isinstance(address, str) and (name := name_of(address)):
            yield name
    for key in ("@graph", "mainEntity", "mainEntityOfPage"):
        yield from _licences(data.get(key), depth + 1)


def _of_meta(html: str) -> Iterator[str]:
    for element in _META.findall(html):
        if _NAMED.search(element) and (name := name_of(element)):
            yield name


def _of_links(html: str) -> Iterator[str]:
    for link in _LINK.finditer(html):
        name = name_of(link[2])
        if name is None:
            continue
        before = _text(html[max(0, link.start() - _SPAN) : link.start()])[-_WORDS:]
        closing = _CLOSING.search(html, link.end(), link.end() + _SPAN)
        end = closing.start() if closing and link[1].lower() == "a" else -1
        link_text = _text(html[link.end() : end]) if end >= 0 else ""
        after = _text(html[max(end, link.end()) : max(end, link.end()) + _SPAN])[: _WORDS // 2]
        if _is_of_picture(html, link.start(), f"{before} {link_text}"):
            continue
        quoted = "creativecommons.org" in link_text
        if _REL.search(link[2]) or (not quoted and _STATES.search(f"{before} {link_text} {after}")):
            yield name


def _is_of_picture(html: str, at: int, words: str) -> bool:
    """Return whether a link at a place, behind some words, is about a picture."""
    start = html.rfind("<figure", max(0, at - 4000), at)
    inside = start >= 0 and html.find("</figure", start, at) < 0
    return inside or _PICTURE.search(words[-_NEAR:]) is not None


def _text(markup: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", markup)).split())
