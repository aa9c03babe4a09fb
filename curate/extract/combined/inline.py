"""Inline elements at their end tags: superscripts, formulas, anchors, buttons; custom elements."""

import re
from collections.abc import Iterable, Iterator, Sequence

from curate.extract.combined.boilerplate import is_anchor, is_button
from curate.extract.combined.equations import of_holder, part_of_holder
from curate.extract.combined.markers import FORMULA, GAP
from curate.extract.combined.page import HEADINGS, TEXT, Page, names
from curate.extract.combined.preformatted import (
    CODE,
    COLLAPSED,
    has_code_lines,
    has_indented_lines,
)
from curate.formulas.scripts import LOWERED, RAISED, SCRIPT_END

# Tables that set the parts of a signature, as Doxygen's, or a formula beside its number.
EQUATIONS = names("ltx_eqn_table")
SIGNATURES = names("memname") | EQUATIONS
_FLAT = {"table": "div", "tbody": "div", "tr": "div", "td": "span", "th": "span"}
BACK = ("↩", "↵", "⤴")  # to where a note is cited; of several such links each has a number
_NUMBERS = re.compile(f"[\\d\\s{RAISED}{LOWERED}{SCRIPT_END}]+$")
_LABEL = re.compile("[A-Za-z]:")
_BLANK = f" \n\t\r\xa0{GAP}{RAISED}{LOWERED}{SCRIPT_END}"
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
        if (
            not in_code
            and "a" not in page.tags[node + 1 :]
            and not _begins_link(page, node, around)
        ):
            page.texts[texts[0]] = (RAISED if tag == "sup" else LOWERED) + page.texts[texts[0]]
            page.texts[texts[-1]] += SCRIPT_END
        return
    if _says_of_what_follows(tag, page.texts[texts[-1]], in_code=in_code):
        page.texts[texts[-1]] += GAP
    if tag not in ("a", "button"):
        return
    text = "".join([page.texts[n] for n in texts]).replace(GAP, "")
    if len(text) > _SHORT:
        return
    if text.lstrip().startswith(BACK):
        text = _NUMBERS.sub("", text)
    if tag == "button":
        dropped = is_button(text)
    else:
        href = page.attributes[node].get("href", "") if node in page.attributes else ""
        dropped = is_anchor(text, page.names[node], href, in_heading=_in_heading(page, around))
    if dropped:
        for n in texts:
            page.texts[n] = GAP


def _says_of_what_follows(tag: str, text: str, *, in_code: bool) -> bool:
    """Return whether an element says who said what follows, or what it is: "Height:"."""
    if tag == "cite":
        return text.endswith(":")
    return tag in ("b", "strong") and not in_code and _LABEL.fullmatch(text[-2:]) is not None


def set_apart(page: Page, node: int) -> None:
    """Part the text of an element that has just ended from the words beside it.

    Not that of one character: the first letter of a word may be set so.
    """
    texts, last = page.texts, len(page.tags) - 1
    first = node + 1
    while first <= last and not (page.tags[first] == TEXT and texts[first].strip(_BLANK)):
        first += 1
    if first > last:
        return
    while not (page.tags[last] == TEXT and texts[last].strip(_BLANK)):
        last -= 1
    if first == last and len(texts[first].strip(_BLANK)) < 2:
        return
    if not texts[first].startswith((GAP, RAISED, LOWERED)):
        texts[first] = GAP + texts[first]
    if not texts[last].endswith(GAP):
        texts[last] += GAP


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


def count_line(
    page: Page, tag: str, around: Sequence[int], lined: dict[int, int], watched: set[int]
) -> None:
    """Count a line of code for the element around, in `lined`: a table for its cells."""
    above = [one for one in around if one >= 0]
    if tag in ("td", "th"):
        above = [one for one in above if page.tags[one] == "table"]
    if above:
        lined[above[-1]] = lined.get(above[-1], 0) + 1
        watched.add(above[-1])


def end_code(page: Page, tag: str, node: int, lines: list[tuple[int, int]], *, mono: bool) -> None:
    """Look at an element that shows code if it has lines in it, or is a line, noted in `lines`.

    `mono`: its font says so, not its tag or class; then a line is to be indented.
    """
    if has_code_lines(page, node) and (not mono or has_indented_lines(page, node)):
        page.code[node] = COLLAPSED
    parent = page.parents[node]
    if mono and tag in ("p", "div"):
        lines.append((node, node))
    elif (mono or tag in CODE) and parent == node - 1 >= 0 and page.tags[parent] in ("p", "div"):
        lines.append((parent, node))


def join_code_lines(page: Page, lines: Sequence[tuple[int, int]]) -> None:
    """Make one text of code of paragraphs beside each other that are a line of code each.

    Args:
        lines: pairs of (paragraph, element of code in it), in order. White space at the beginning
            of one must say that it matters.
    """
    whole = [block for block, node in lines if page.ends[block] == page.ends[node]
             and "br" not in page.tags[block : page.ends[block]]]  # fmt: skip
    group: list[int] = []
    for block in [*whole, -1]:
        if group and (block < 0 or page.ends[group[-1]] != block):
            if len(group) > 1 and any(_is_indented(page, one) for one in group):
                page.joined.update(group)
                page.code.update(dict.fromkeys(group, COLLAPSED))
            group = []
        group.append(block)


def add_element(page: Page, tag: str, parent: int, *, hidden: bool) -> int:
    """Add an element without attributes and text; return its number."""
    node = len(page.tags)
    page.tags.append(tag)
    page.parents.append(parent)
    page.ends.append(node + 1)
    page.names.append("")
    page.texts.append("")
    page.hidden.append(hidden)
    return node


def collapsed(data: str) -> str:
    r"""Return a text with one space for each run of white space; "" for none.

    >>> collapsed("\n one\n two"), collapsed("  ")
    (' one two', ' ')
    """
    text = " ".join(data.split())
    if not text:
        return " " if data else ""
    before, after = " " * data[0].isspace(), " " * data[-1].isspace()
    return f"{before}{text}{after}"


def lines_of(page: Page, text: str, parent: int, *, hidden: bool) -> Iterator[str]:
    """Yield the lines of a text whose line breaks are kept; add a <br> before each later one."""
    for n, line in enumerate(text.split("\n")):
        if n:
            add_element(page, "br", parent, hidden=hidden)
        if line.strip():
            yield f" {' '.join(line.split())} "


def _is_indented(page: Page, block: int) -> bool:
    return "".join(page.texts[block : page.ends[block]]).lstrip("\n\r\t ").startswith("\xa0")


def flatten_signature(page: Page, node: int) -> None:
    """Make words of the cells of a table that has just ended, a line of each row."""
    parted = not EQUATIONS.isdisjoint(page.names[node].split())
    for n in range(node, len(page.tags)):
        if parted and page.tags[n] == "td":
            page.texts[n] = " "  # between formulas, too
        page.tags[n] = _FLAT.get(page.tags[n], page.tags[n])


def _begins_link(page: Page, node: int, around: Sequence[int]) -> bool:
    """Return whether a link begins with an element: a number of a note, not a power."""
    link = next((one for one in reversed(around) if one >= 0 and page.tags[one] == "a"), -1)
    return link >= 0 and not any(
        page.tags[n] == TEXT and page.texts[n].strip(f" \n\t{GAP}") for n in range(link, node)
    )


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
