"""Inline elements at their end tags: superscripts, formulas, anchors, buttons; custom elements."""

from collections.abc import Iterable, Sequence

from curate.extract.combined.boilerplate import is_anchor, is_button
from curate.extract.combined.equations import of_holder, part_of_holder
from curate.extract.combined.markers import FORMULA, GAP, LOWERED, RAISED, SCRIPT_END
from curate.extract.combined.page import HEADINGS, TEXT, Page, names

# Tables that set the parts of a signature, as Doxygen's.
SIGNATURES = names("memname")
_FLAT = {"table": "div", "tbody": "div", "tr": "div", "td": "span", "th": "span"}
_SHORT = 60  # characters; longer text is not a button's caption
SOFT_PARENTS = names("div section main article aside body figure header footer form center")


def end_inline(page: Page, tag: str, node: int, around: Sequence[int], *, in_code: bool) -> None:
    """Mark the text of <sup> and <sub>; take that of anchors and buttons out.

    Args:
        page: as far as it is read: `node` has just ended.
        around: the elements that are open, outermost first.
    """
    texts = [n for n in range(node + 1, len(page.tags)) if page.tags[n] == TEXT]
    if not texts:
        return
    if tag in ("sup", "sub"):
        if not in_code and "a" not in page.tags[node + 1 :]:
            page.texts[texts[0]] = (RAISED if tag == "sup" else LOWERED) + page.texts[texts[0]]
            page.texts[texts[-1]] += SCRIPT_END
        return
    if tag == "cite" and page.texts[texts[-1]].endswith(":"):  # who said what follows
        page.texts[texts[-1]] += GAP
    if tag not in ("a", "button"):
        return
    text = "".join([page.texts[n] for n in texts])
    if len(text) > _SHORT:
        return
    if tag == "button":
        dropped = is_button(text)
    else:
        href = page.attributes[node].get("href", "") if node in page.attributes else ""
        dropped = is_anchor(text, page.names[node], href, in_heading=_in_heading(page, around))
    if dropped:
        for n in texts:
            page.texts[n] = GAP


def end_holder(page: Page, node: int, tag: str) -> None:
    """Write the formula whose source is the text of an element that has just ended."""
    texts = [n for n in range(node + 1, len(page.tags)) if page.tags[n] == TEXT]
    first, after = part_of_holder([page.texts[n] for n in texts])
    texts = texts[first:after]
    said = "".join([page.texts[n] for n in texts])
    if FORMULA in said or not said.strip():
        return
    if written := of_holder(said, page.names[node], tag):
        for n in texts:
            page.texts[n] = ""
        page.texts[texts[0]] = written
        if written.startswith(FORMULA + "$$"):
            page.blocks.add(node)


def flatten_signature(page: Page, node: int) -> None:
    """Make words of the cells of a table that has just ended, a line of each row."""
    for n in range(node, len(page.tags)):
        page.tags[n] = _FLAT.get(page.tags[n], page.tags[n])


def _in_heading(page: Page, around: Sequence[int]) -> bool:
    tags = [page.tags[ancestor] for ancestor in around[-4:] if ancestor >= 0]
    return "dt" in tags or not HEADINGS.isdisjoint(tags)


def place_custom(page: Page, custom: Iterable[int]) -> None:
    """Make custom elements blocks where they have no adjacent text; empty ones, gaps."""
    beside = {
        page.parents[n]
        for n, tag in enumerate(page.tags)
        if tag == TEXT and page.texts[n].strip(f" \n\t{GAP}")
    }
    for node in custom:
        if page.ends[node] == node + 1:
            page.texts[node] = GAP
            continue
        parent = page.parents[node]
        tag = page.tags[parent] if parent >= 0 else "body"
        if parent not in beside and ("-" in tag or tag in SOFT_PARENTS):
            page.blocks.add(node)
