"""Remove page boilerplate from text: heading anchors, buttons, advertisement captions.

Recognised by its words and its element, never by words alone that may occur in a text.
"""

import re

from curate.extract.combined.page import names

# Signs of links to the heading they stand in.
ANCHORS = names("↩ ↩︎ ↵ ⤴ ↑ ⇧ [↩] ¶ # ## § 🔗 ⚓ ∞ ⁋ ☍ 🔗︎ ⛓ ¤ \uf0c1 \ue157 link")
ANCHOR_WORDS = frozenset(
    {"permalink", "permanent link", "anchor", "direct link", "link to this heading", "edit",
     "[edit]", "edit section", "edit source", "edit this section", "editar", "bearbeiten",
     "modifier", "modifica", "править", "編集", "编辑", "top", "back to top", "copy link", "[link]",
     "link to this section", "permalink to this heading", "permalink to this headline"}
)  # fmt: skip
COPY = frozenset(
    {"copy", "copy code", "copied", "copied!", "copy to clipboard", "copy snippet", "copy link",
     "copy text", "copy command", "copy as markdown", "toggle word wrap", "toggle line numbers",
     "expand code", "collapse code", "view raw", "wrap lines", "📋", "select all", "kopieren",
     "copier", "copiar", "copy page", "code: select all", "select code"}
)  # fmt: skip
BUTTONS = COPY | ANCHOR_WORDS | {"share", "tweet", "print", "download", "run", "close", "menu"}
ADS = frozenset(
    {"advertisement", "advertisements", "advertising", "advertisment", "ad", "ads", "sponsored",
     "sponsored content", "story continues below advertisement", "article continues below",
     "advertisement - continue reading below", "continue reading below", "skip advertisement",
     "article continues after advertisement", "story continues below", "scroll to continue",
     "article continues below advertisement", "story continues below this ad",
     "article continues below this ad", "continue reading below this ad",
     "article continues after ad", "ad feedback",
     "advertisement - scroll to continue", "continue reading the main story", "anzeige", "werbung",
     "publicité", "publicidad", "anuncio", "pubblicità", "реклама", "reklama", "advertentie",
     "annons", "annonse", "annonce", "publicidade", "広告", "广告", "광고", "mainos", "hirdetés"}
)  # fmt: skip
ANCHOR_STARTS = ("section titled ", "direct link to ", "link to ", "permalink to ", "anchor for ")
_BUTTON = re.compile(
    r"clipboard|copy-?(?:btn|button|code|icon)|(?:btn|button)-?copy|copybtn|viewcode-(?:link|back)"
)
_EDIT = re.compile(r"\bmw-editsection\b|\beditsection\b|\bedit-section\b")
CAPTIONED = frozenset(("button", "a", "span", "i", "clipboard-copy"))
_LONGEST = 60  # characters


def is_dropped(tag: str, name: str) -> bool:
    """Return whether an element's class and id (lower case) mean that it has no text."""
    if "edit" in name and _EDIT.search(name):
        return True
    return (
        tag in CAPTIONED
        and ("copy" in name or "clipboard" in name or "viewcode" in name)
        and _BUTTON.search(name) is not None
    )


def is_anchor(text: str, name: str, href: str, *, in_heading: bool) -> bool:
    """Return whether a link is a permalink to its own position."""
    said = text.strip().lower()
    if href.startswith("#") and said.startswith(ANCHOR_STARTS):
        return in_heading or "anchor" in name or "link" in name
    if said in ANCHORS:
        return in_heading or href.startswith("#") or "anchor" in name or "headerlink" in name
    return in_heading and said.strip("[]() ") in ANCHOR_WORDS


def is_button(text: str) -> bool:
    """Return whether a button does something with the page, rather than open a part of it."""
    return text.strip().lower() in BUTTONS


def is_advertisement(line: str) -> bool:
    """Return whether a line is the caption of an advertisement.

    >>> is_advertisement("- Advertisement -"), is_advertisement("The advertisement said so")
    (True, False)
    """
    return len(line) < _LONGEST and line.strip(" -–—•*[]().:|").lower() in ADS


def is_copy(line: str) -> bool:
    """Return whether a line beside code is the caption of a button."""
    return len(line) < _LONGEST and line.strip(" .:|").lower() in COPY
