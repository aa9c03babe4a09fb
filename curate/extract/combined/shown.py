"""How elements are shown: left out, hidden, unfolded by a click, raised; tables by their roles.

What a click unfolds is text of the page: the part below a heading or a button, the panels of tabs.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from curate.extract.combined.page import HEADINGS, TEXT, Page, names
from curate.extract.combined.preformatted import shows_code

# Their content is no text of the page; rt is how a word is read aloud.
DROPPED = names(
    "script style noscript template svg math head iframe object applet canvas audio video "
    "select datalist textarea map frameset noframes rt rp rtc title m:math mml:math progress meter "
    "dialog"
)
RUBY = names("rt rp rtc")
SILENT = names("script style noscript template head map frameset noframes datalist")
REPLACED = names("img input embed")  # without text, a thing between words
FRACTIONS = names("frac sfrac")  # around a stroke that is read aloud and stands for a line
CELL_ROLES = names("cell gridcell columnheader rowheader")
GRID_ROLES = names("table grid treegrid")
PANEL_ROLES = names("tabpanel")
SCRIPT_WORDS = names("superscript subscript")
# Classes that make an element a block: of Tailwind and Bootstrap, of articles made from LaTeX.
BLOCK_WORDS = names(
    "block d-block is-block u-block display-block ltx_bibblock ltx_contact ltx_role_affiliation"
)
# Classes that set the elements in one side by side, and of elements that stand apart from the words
# beside them, though no space is between: of Tailwind, Bootstrap, Bulma, WordPress and others.
ROW_WORDS = names(
    "flex inline-flex grid inline-grid d-flex d-inline-flex d-grid is-flex is-inline-flex uk-flex "
    "flexbox flex-row flex-wrap hstack is-layout-flex sm:flex md:flex lg:flex xl:flex sm:grid "
    "md:grid lg:grid xl:grid sm:inline-flex md:inline-flex lg:inline-flex"
)
APART_WORDS = names(
    "badge chip label lozenge pill tag btn button issuelabel post-tag tag-cloud-link tag-link "
    "muichip-root credit caption byline author date value subtitle"
)
APART = names("label button time output")
FOLDING = HEADINGS | names("dt summary button")  # what unfolds the element after it
FOLDED = names("div section dd ul ol article")
# Words in class and id of what is unfolded, and of what opens above the page.
FOLD = re.compile(
    "accordion|collaps|spoiler|tabpanel|tab-panel|tab-pane|tab-content|faq|answer|readmore|"
    "read-more|moretext|more-text|morecontent|more-content|fulltext|full-text|expand|foldable|"
    "disclosure|transcript|solution|navcontent|quotecontent|carousel|slides|slick|swiper"
)
NO_FOLD = re.compile(
    "modal|dialog|popup|cookie|consent|menu|navbar|navig|nav-|-nav|subnav|topnav|overlay|tooltip|lightbox|share|login|searchbox|"
    "search-form|searchform|subscri|newsletter|dropdown|sidebar|comment|reply|cart|loading|error|"
    "template|mobile|banner|alert|captcha|filter|contact|form-|-form"
)
_MOST = 24  # nodes of what unfolds something
_BLOCK_STYLE = re.compile(r"display\s*:\s*(?:block|flex|grid|table|list-item)\b", re.IGNORECASE)
_FLEX = re.compile(r"display\s*:\s*(?:flex|grid)\b", re.IGNORECASE)
_ROW = re.compile(r"display\s*:\s*inline-(?:flex|grid)\b", re.IGNORECASE)
_FLOAT = re.compile(r"float\s*:\s*(?:left|right)", re.IGNORECASE)
_WRAPPED = re.compile(r"white-space\s*:\s*pre-(?:wrap|line)", re.IGNORECASE)
_UNSEEN = re.compile(r"visibility\s*:\s*hidden", re.IGNORECASE)  # it keeps its room: not folded
_HIDDEN = re.compile(rf"display\s*:\s*none|{_UNSEEN.pattern}", re.IGNORECASE)
_MONOSPACED = re.compile(
    r"courier|consolas|monospace|monaco|menlo|lucida console|andale mono|fixedsys", re.IGNORECASE
)
_FONT = re.compile(r"font-family\s*:([^;]*)|\bfont\s*:([^;]*)", re.IGNORECASE)
MONOSPACED_TAGS = names("font span p div blockquote")
_SCRIPT = re.compile(r"vertical-align\s*:\s*(super|sub)\b", re.IGNORECASE)
# React sends what it has late as hidden elements, which its script puts in their places.
_STREAMED = re.compile("S:[0-9a-f]+")
_BY_ROLE = {
    "row": "tr", "rowgroup": "tbody", "cell": "td", "gridcell": "td", "columnheader": "th",
    "rowheader": "th",
}  # fmt: skip
TABLE_TAGS = names("table tbody thead tfoot tr td th ol ul colgroup")


def is_block_style(style: str) -> bool:
    """Return whether a style makes an element a block."""
    return _BLOCK_STYLE.search(style) is not None


def sets_blocks(style: str) -> bool:
    """Return whether a style makes blocks of the elements in one."""
    return _FLEX.search(style) is not None


def sets_row(style: str) -> bool:
    """Return whether a style sets the elements in one side by side, in a line of text."""
    return _ROW.search(style) is not None


def floats(style: str) -> bool:
    """Return whether a style sets an element beside the text."""
    return _FLOAT.search(style) is not None


def keeps_lines(style: str) -> bool:
    """Return whether a style keeps line breaks, though not all white space."""
    return _WRAPPED.search(style) is not None


def is_left_out(tag: str, attributes: Mapping[str, str]) -> bool:
    """Return whether an element of `DROPPED` is left out: an open dialog and a listing are not."""
    if tag == "dialog":
        return "open" not in attributes
    return tag != "textarea" or not shows_code(attributes)


def is_aloud_only(page: Page, around: Sequence[int]) -> bool:
    """Return whether text that is read aloud is not seen; `around` are the open elements.

    In a cell it says what a sign means, in a fraction it is the stroke.
    """
    above = page.names[around[-1]] if around[-1] >= 0 else ""
    if not FRACTIONS.isdisjoint(above.split()):
        return False
    return not any(one >= 0 and page.tags[one] in ("td", "th") for one in around)


def is_hidden(attributes: Mapping[str, str]) -> bool:
    """Return whether attributes hide an element; not until a search finds something in it."""
    said = attributes.get("hidden")
    if said is not None and not said.startswith("u") and (
        _STREAMED.fullmatch(attributes.get("id", "")) is None
    ):  # fmt: skip
        return True
    style = attributes.get("style")
    return style is not None and _HIDDEN.search(style) is not None


def is_folded(page: Page, tag: str, name: str, attributes: Any, parent: int) -> bool:
    """Return whether a hidden element that is about to begin is one that a click unfolds.

    Args:
        page: as far as it is read.
        parent: the element that is open, -1 for none.
    """
    if NO_FOLD.search(name) is not None or _UNSEEN.search(attributes.get("style") or ""):
        return False
    above = page.names[parent] if parent >= 0 else ""
    if FOLD.search(name) is not None or attributes.get("role") in PANEL_ROLES:
        return True
    if FOLD.search(above) is not None and NO_FOLD.search(above) is None:
        return True
    return tag in FOLDED and _is_unfolded_by(page, parent)


def _is_unfolded_by(page: Page, parent: int) -> bool:
    """Return whether the last element in one is a heading or a button, or has one."""
    node = len(page.tags) - 1
    if node > parent and page.tags[node] == TEXT and not page.texts[node].strip():
        node -= 1
    while node > parent and page.parents[node] != parent:
        node = page.parents[node]
    if node <= parent or page.tags[node] == TEXT or len(page.tags) - node > _MOST:
        return False
    return not FOLDING.isdisjoint(page.tags[node:])


def is_monospaced(attributes: Mapping[str, str]) -> bool:
    """Return whether an element sets its text in a font of one width, as code is set."""
    if _MONOSPACED.search(attributes.get("face") or "") is not None:
        return True
    style = attributes.get("style")
    if not style or _MONOSPACED.search(style) is None:
        return False
    return any(_MONOSPACED.search(one[1] or one[2]) for one in _FONT.finditer(style))


def script_of(tag: str, name: str, style: str | None) -> str:
    """Return "sup" or "sub" of an element that a style or class raises or lowers; else ""."""
    if tag in ("sup", "sub"):
        return ""
    words = SCRIPT_WORDS.intersection(name.split())
    if words:
        return "sup" if "superscript" in words else "sub"
    found = _SCRIPT.search(style) if style else None
    return "" if found is None else "sup" if found[1].lower() == "super" else "sub"


def tag_by_role(tag: str, role: str, *, in_grid: bool) -> str:
    """Return the tag of a table that an element stands for by its role; else its own.

    >>> tag_by_role("div", "grid", in_grid=False), tag_by_role("span", "cell", in_grid=True)
    ('table', 'td')
    >>> tag_by_role("span", "cell", in_grid=False)
    'span'
    """
    if role in GRID_ROLES:
        return "table"
    return _BY_ROLE.get(role, tag) if in_grid else tag
