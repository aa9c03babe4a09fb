r"""Preformatted text and code: white space and lines kept, whatever elements make the lines.

Input: a `Page` and the element that holds the text. Output: its text, white space, tabs and blank
lines kept; a line for each <br>, each element that is a line of its own (div, li, a row of a table,
span class="line"); no line numbers.
"""

import re
from collections.abc import Mapping
from itertools import pairwise

from curate.extract.combined.markers import OBJECT, tidy, without_lost_escapes
from curate.extract.combined.page import BLOCKS, TEXT, Page, names

RAW, COLLAPSED = 1, 2  # white space as it stands; only line breaks and no-break spaces
PREFORMATTED = frozenset(("pre", "listing", "xmp", "plaintext", "textarea"))
CODE = frozenset(("code", "samp", "tt", "kbd"))
# Classes of elements that show code, a line of it in each row or element.
CONTAINERS = names(
    "js-file-line-container syntaxhighlighter crayon-pre codemirror-code ace_text-layer view-lines "
    "cm-content hljs-ln react-code-lines blob-code-content dp-highlighter code-lines code-listing "
    "sourcecode-lines file-code code-view enlighter enlighterenlighterjs "
    # Declarations, as javadoc has written them since 16, in place of <pre>.
    "member-signature type-signature package-signature module-signature"
)
BARS = names("bar toolbar")  # in one of them: links that show, copy and print the code
LINED = names("enlighter")  # each element in one is a line, though it has no text
CODE_BOXES = names(
    "code codeblock code-block code_block sourcecode source-code programlisting codesample "
    "code-sample bbcode_code phpcode geshi"
)
GUTTERS = names(
    "linenos lineno linenumber linenumbers line-number line-numbers gutter blob-num linenodiv lnt "
    "hljs-ln-numbers hljs-ln-n lntd ln line-numbers-rows codemirror-linenumber crayon-nums "
    "codemirror-gutter-wrapper react-line-number code-line-number rouge-gutter gl linenum "
    "line_number line_numbers line-num lines-num num lnum crayon-num ace_gutter "
    "margin-view-overlays codemirror-gutters cm-gutters js-line-number nocode source-line-number "
    "vc_file_line_number filecontents-linenum"
)  # fmt: skip
_WHITE_SPACE = re.compile(r"white-space\s*:\s*(pre|break-spaces)\s*(?:;|!|$)", re.IGNORECASE)
_WRAPPED = re.compile(r"white-space\s*:\s*pre-wrap", re.IGNORECASE)
_UNSELECTABLE = re.compile(r"user-select\s*:\s*none", re.IGNORECASE)
_LINE_CLASS = re.compile(r"(?:^|[-_])line$")
_HINT = re.compile("code|line|hljs|view-|cm-|ace_|crayon|highlighter|enlighter|signature")
# Names around lines that say that these are code; a poem has lines, too.
ABOUT_CODE = re.compile(
    "code|highlight|syntax|prism|hljs|shiki|editor|source|snippet|listing|fragment|geshi"
)
LINE_CELLS = names(
    "blob-code blob-code-inner hljs-ln-code code-line line-code line_code codeline code-cell "
    "vc_file_line_text filecontents-linecontents phabricator-source-code"
)
LINES = names("li1 li2 ql-code-block")  # lines, as GeSHi and Quill write them
_LINE_ID = re.compile(r"lc\d+")
_DIGITS = re.compile(r"[\d\s.:|]*")
# A link to a line, not to a section.
_NUMBERED = re.compile(r"#(?:[a-z]{1,2}|[\w.-]*line[\w.-]*?)?[_.-]?(\d+)$", re.IGNORECASE)
_NUMBERS = re.compile(r"\s*\d+(?:\s+\d+)*\s*")
# Around a text of digits that begins a line in an element of its own: a line number, perhaps.
_NUMBER, _NUMBER_END = "\x0e", "\x0f"
_MARKED_NUMBER = re.compile(f"{_NUMBER}\\s*(\\d+)[^{_NUMBER_END}]*{_NUMBER_END}")
_LEAST_NUMBERED = 3  # lines
_LINK = 64  # characters at the end of a link that are looked at
_PARAGRAPH = "data-selectable-paragraph"  # Medium's, of code too
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_ROWS = frozenset(("tr", "li"))
FRAMES = frozenset(("table", "tbody", "thead", "tfoot", "tr", "ol", "ul", "colgroup"))
UNLINED = frozenset(("td", "th", "table", "tbody", "thead", "tfoot", "ol", "ul"))  # no lines


def holds_code(tag: str, name: str, attributes: Mapping[str, str]) -> bool:
    """Return whether an element that is no <pre> shows preformatted text.

    `name` is its class and id in lower case.
    """
    style = attributes.get("style")
    if style and "white-space" in style:
        if _WHITE_SPACE.search(style):
            return True
        if tag in CODE and _WRAPPED.search(style):
            return True
    return _HINT.search(name) is not None and not CONTAINERS.isdisjoint(name.split())


def may_hold_code(tag: str, name: str) -> bool:
    """Return whether an element shows code if it has lines in it: its white space is kept."""
    return (
        tag in CODE
        or is_code_line(tag, name)
        or (
            ("code" in name or "geshi" in name or "programlisting" in name)
            and tag in BLOCKS
            and not CODE_BOXES.isdisjoint(name.split())
        )
    )


def shows_code(attributes: Mapping[str, str]) -> bool:
    """Return whether a <textarea> is there to be read and not to be filled in."""
    if "readonly" in attributes:
        return True
    return not CODE_BOXES.isdisjoint(f"{attributes.get('class', '')}".lower().split())


def is_code_line(tag: str, name: str) -> bool:
    """Return whether an element may be a line of code: the parent's text is code if several are.

    >>> is_code_line("td", "blob-code js-line lc7"), is_code_line("div", "headline ")
    (True, False)
    """
    if tag in ("td", "th"):
        if "code" not in name and "lc" not in name and "line" not in name:
            return False
        words = name.split()
        return not LINE_CELLS.isdisjoint(words) or any(map(_LINE_ID.fullmatch, words))
    if tag not in ("div", "li", "p"):
        return False
    return ("line" in name and _is_line_class(name)) or not LINES.isdisjoint(name.split())


def are_code_lines(page: Page, node: int) -> bool:
    """Return whether an element whose children are lines (`is_code_line`) holds code."""
    names = page.names[node]
    table = page.tags[node] == "table"  # whose cells may have a <pre> for each line
    if "line-block" in names or not (table or PREFORMATTED.isdisjoint(page.tags[node + 1 :])):
        return False
    parent = page.parents[node]
    about = f"{page.tags[node]} {names} {page.names[parent] if parent >= 0 else ''}"
    return table or ABOUT_CODE.search(about) is not None


def is_code_table(page: Page, node: int) -> bool:
    """Return whether a table has one cell a row, and only code in its cells."""
    below = page.tags[node + 1 :]
    rows = below.count("tr")
    if rows < 2 or below.count("td") != rows or CODE.isdisjoint(below) or "table" in below:
        return False
    until = node
    for n in range(node + 1, len(page.tags)):
        if page.tags[n] in CODE:
            until = max(until, page.ends[n])
        elif page.tags[n] == TEXT and n >= until and page.texts[n].strip():
            return False
    return True


def has_code_lines(page: Page, node: int) -> bool:
    """Return whether what is open since `node` has line breaks in it, and no element of its own."""
    below = page.tags[node + 1 :]
    if page.tags[node] in CODE:
        return "br" in below or ("div" in below and "a" not in below)
    return "br" in below and PREFORMATTED.isdisjoint(below) and "p" not in below


def has_indented_lines(page: Page, node: int) -> bool:
    """Return whether a line of what is open since `node` begins with no-break spaces."""
    below = range(node + 1, len(page.tags) - 1)
    return any(
        page.tags[n] == "br" and page.texts[n + 1].lstrip("\n\r\t ").startswith("\xa0")
        for n in below
    )


def code_text(page: Page, node: int, kind: int) -> str:
    """Return the text of a preformatted element, no-break spaces as spaces."""
    text = _without_numbers(_Writer(page, node, kind).text())
    if not text.isprintable() or OBJECT in text:
        text = "\n".join(map(tidy, text.replace("\r\n", "\n").replace("\r", "\n").split("\n")))
    text = without_lost_escapes(text)
    lines = [line.rstrip() for line in text.replace("\xa0", " ").split("\n")]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines)


def _without_numbers(text: str) -> str:
    """Return a text without the numbers of its lines, if each has one in an element of its own."""
    if _NUMBER not in text:
        return text
    lines = text.strip("\n").split("\n")
    found = [_MARKED_NUMBER.match(line) for line in lines]
    numbers = [int(match[1]) for match in found if match is not None]
    counted = all(b == a + 1 for a, b in pairwise(numbers))
    if len(numbers) == len(lines) >= _LEAST_NUMBERED and counted:
        lines = [line[match.end() :] for line, match in zip(lines, found, strict=True) if match]
        if not any(map(str.strip, lines)):  # a column of numbers beside the code
            return text.replace(_NUMBER, "").replace(_NUMBER_END, "")
        for sign in " \t":  # between numbers and lines
            if all(line.startswith(sign) or not line for line in lines):
                lines = [line[1:] for line in lines]
                break
        text = "\n".join(lines)
    return text.replace(_NUMBER, "").replace(_NUMBER_END, "")


def are_line_numbers(text: str) -> bool:
    r"""Return whether a text is numbers that count on, and nothing else.

    >>> are_line_numbers("9\n10\n11"), are_line_numbers("1 3 5"), are_line_numbers("7")
    (True, False, False)
    """
    if _NUMBERS.fullmatch(text) is None:
        return False
    numbers = [int(one) for one in text.split()]
    return len(numbers) > 1 and all(b == a + 1 for a, b in pairwise(numbers))


def is_gutter(name: str, text: str) -> bool:
    """Return whether a text of digits stands in an element of such a class: line numbers."""
    return are_digits(text) and not GUTTERS.isdisjoint(name.split())


def are_digits(text: str) -> bool:
    """Return whether a text is digits and what parts them."""
    return _DIGITS.fullmatch(text) is not None


class _Writer:
    """Writes the lines of one element. A boundary is written when text follows it."""

    def __init__(self, page: Page, node: int, kind: int) -> None:
        self._page, self._node, self._kind = page, node, kind
        self._out: list[str] = []
        self._boundary = 0  # 1: a new line unless at the beginning of one; 2: a new line
        self._cells = False  # a cell of this row has text
        self._lined = self._has_line_elements()
        self._lines_below = not LINED.isdisjoint(page.names[node].split())

    def text(self) -> str:
        page, end = self._page, self._page.ends[self._node]
        open_lines: list[tuple[int, int, bool]] = []  # end, length of output, a line of its own
        at = self._node + 1
        if page.tags[self._node] == "textarea":
            return "".join(page.texts[at:end])
        while at < end:
            while open_lines and at >= open_lines[-1][0]:
                self._leave(*open_lines.pop()[1:])
            tag = page.tags[at]
            if tag == TEXT:
                self._add(page.texts[at], at)
            elif tag == "br":
                self._put("\n")
            elif (
                at in page.unseen
                or self._is_gutter(at, at_start=self._at_start())
                or self._is_bar(at)
            ):
                at = page.ends[at]
                continue
            elif self._is_line(at, tag):
                self._enter(tag)
                own = tag in _ROWS or (tag not in BLOCKS or "line" in page.names[at])
                own = own or (page.parents[at] == self._node and self._lines_below)
                open_lines.append((page.ends[at], len(self._out), own))
            elif tag in ("td", "th") and self._cells:
                self._put("\t")
                self._cells = False
            at += 1
        return "".join(self._out)

    def _is_line(self, node: int, tag: str) -> bool:
        if tag in BLOCKS:
            return tag not in UNLINED
        if tag == "span" and node in self._page.blocks:
            return True
        if tag == "span" and _PARAGRAPH in self._page.attributes.get(node, ()):
            return True
        return self._lined and tag in ("span", "code") and _is_line_class(self._page.names[node])

    def _enter(self, tag: str) -> None:
        if self._boundary == 2 or (self._out and not self._out[-1].endswith("\n")):
            self._out.append("\n")
        self._boundary = 0
        if tag == "tr":
            self._cells = False

    def _leave(self, length: int, own: bool) -> None:
        self._boundary = max(self._boundary, 2 if own and len(self._out) == length else 1)

    def _put(self, text: str) -> None:
        if self._boundary:
            ended = not self._out or self._out[-1].endswith("\n")
            if self._boundary == 2 or not ended:
                self._out.append("\n")
            self._boundary = 0
        self._out.append(text)

    def _add(self, text: str, node: int) -> None:
        page = self._page
        if self._kind == COLLAPSED:
            text = _BLANKS.sub(" ", text)
            if not self._out or self._out[-1].endswith("\n") or self._boundary:
                text = text.removeprefix(" ")
            if not text:
                return
        if text.isspace():
            if page.tags[page.parents[node]] in FRAMES:
                return
            after = node + 1
            beside = after < len(page.tags) and self._is_line(after, page.tags[after])
            if "\n" in text and (self._boundary or beside):
                self._boundary = max(self._boundary, 1)
                return
        elif self._boundary == 1 and text[:1] == "\n" and self._lined:
            text = text[1:]
        own = page.parents[node] != self._node and self._at_start()
        if own and text.strip(" \t.:|").isdecimal() and "\n" not in text:
            text = f"{_NUMBER}{text}{_NUMBER_END}"
        self._put(text)
        self._cells = self._cells or bool(text)

    def _has_line_elements(self) -> bool:
        """Return whether inline elements with a class of lines are what makes the lines."""
        page, node = self._page, self._node
        below = range(node + 1, page.ends[node])
        lines = sum(
            page.tags[n] in ("span", "code") and "line" in page.names[n]
            and _is_line_class(page.names[n])
            for n in below
        )  # fmt: skip
        if lines < 2:
            return False
        breaks = sum(page.texts[n].count("\n") + (page.tags[n] == "br") for n in below)
        return breaks < lines - 1

    def _is_bar(self, node: int) -> bool:
        """Return whether an element beside the code has buttons, and what language it is in."""
        page = self._page
        below = page.tags[node + 1 : page.ends[node]]
        if not BARS.isdisjoint(page.names[node].split()):
            return not CONTAINERS.isdisjoint(page.names[self._node].split())
        if "button" not in below or not (CODE | PREFORMATTED).isdisjoint(below):
            return False
        return not CODE.isdisjoint(page.tags[self._node : page.ends[self._node]])

    def _at_start(self) -> bool:
        """Return whether what comes next begins a line."""
        return self._boundary > 0 or not self._out or self._out[-1].endswith("\n")

    def _is_gutter(self, node: int, *, at_start: bool) -> bool:
        """Return whether an element holds line numbers.

        at_start: it begins a line. Else a name such as `num` says that it is a number of the code.
        """
        page, end = self._page, self._page.ends[node]
        if page.tags[node] == "button":
            return True
        if node not in page.attributes:
            return False
        said = "".join(page.texts[node:end])
        if _DIGITS.fullmatch(said) is None:
            return False
        attributes = page.attributes[node]
        marked = at_start and (
            not GUTTERS.isdisjoint(page.names[node].split()) or "data-line-number" in attributes
        )
        style = attributes.get("style")
        marked = marked or (style is not None and _UNSELECTABLE.search(style) is not None)
        if not marked and at_start and page.tags[node] == "a":
            number = _NUMBERED.search(attributes.get("href", "")[-_LINK:])
            marked = number is not None and number[1] == said.strip()
        return marked


def _is_line_class(name: str) -> bool:
    return any(_LINE_CLASS.search(one) for one in name.split())
