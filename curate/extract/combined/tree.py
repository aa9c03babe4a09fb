"""Parse HTML with libxml2's recovering parser into a flat `Page`, without building a tree.

Input: the decoded text of a page. Output: a `Page`. Scripts, styles, forms' choices and everything
in <head> are left out while parsing; formulas become LaTeX.
"""

from typing import Any

from lxml import etree

from curate.extract.combined import equations, inline
from curate.extract.combined.facts import ENDED, Facts
from curate.extract.combined.facts import facts as facts_of
from curate.extract.combined.markers import FORMULA, FORMULA_END, GAP, without_signs
from curate.extract.combined.page import BLOCKS, TEXT, Page, names
from curate.extract.combined.preformatted import (
    COLLAPSED,
    RAW,
    are_code_lines,
    holds_code,
    is_code_table,
    may_hold_code,
)
from curate.extract.combined.rewriting import makes_rows, rewritten
from curate.extract.combined.shown import (
    CELL_ROLES,
    DROPPED,
    MONOSPACED_TAGS,
    REPLACED,
    RUBY,
    SILENT,
    TABLE_TAGS,
    floats,
    is_aloud_only,
    is_block_style,
    is_folded,
    is_hidden,
    is_left_out,
    is_monospaced,
    keeps_lines,
    script_of,
    sets_blocks,
    sets_row,
    tag_by_role,
)
from curate.extract.combined.stand_ins import stand_in
from curate.extract.combined.tables import mark_grids

_STYLING = names("style hidden role face")
_MONOSPACED = facts_of("div", "code")  # it shows code if it has lines in it


class _Builder:
    """A parser target: is told of tags and text, keeps flat lists."""

    def __init__(self, html: str) -> None:
        self.page = Page()
        self._source = equations.Source()
        self._titled = False
        self._tex, self._ascii = equations.may_have_tex(html), equations.may_have_ascii(html)
        self._attributed = equations.may_have_sources(html)
        self._scripts = "math/tex" in html or "math/mml" in html
        self._holders: set[int] = set()
        self._watched: set[int] = set()  # elements to look at again when they end
        self._open = [-1]
        self._edge = True  # no text since a block element began or ended
        self._skipping = 0
        self._raw = 0  # elements around that keep white space
        self._wrapped: list[int] = []  # elements around that keep line breaks
        self._code = 0  # elements around that are preformatted
        self._hidden = 0
        self.odd = False  # the page is to be rewritten
        self._grids: list[int] = []  # elements around that are tables by their role
        self._mono: set[int] = set()  # elements set in a font of one width
        self._code_lines: list[tuple[int, int]] = []  # paragraphs of code alone, and that
        self._flex: set[int] = set()  # elements whose children are blocks
        self._rows: set[int] = set()  # elements whose children stand side by side
        self._apart: set[int] = set()  # elements that stand apart from the words beside them
        self._scripted: dict[int, str] = {}  # elements that a style raises or lowers
        self._data: list[str] = []
        self._custom: list[int] = []
        self._lined: dict[int, int] = {}  # how many lines of code an element has
        self._known: dict[str, Facts] = {}  # of tags without names
        self._named: dict[Any, tuple[str, Facts]] = {}  # of tag, class and id
        page = self.page
        self._lists = (page.texts.append, page.tags.append, page.parents.append, page.ends.append,
                       page.names.append, page.hidden.append)  # fmt: skip

    def start(self, tag: str, attributes: Any) -> None:
        if self._skipping:
            self._start_skipped(tag, attributes)
            return
        if self._data:
            self._flush()
        if tag in DROPPED and is_left_out(tag, attributes):
            self._leave_out(tag, attributes)
            return
        page = self.page
        node = len(page.tags)
        hidden: Any = self._hidden
        if attributes or "-" in tag:
            get = attributes.get
            key = tag, get("class"), get("id")
            known = self._named.get(key)
            if known is None:
                name = f"{get('class', '')} {get('id', '')}".lower()
                known = self._named[key] = name, facts_of(tag, name)
            name, facts = known
            self.odd = self.odd or facts.rewritten > min(self._code, 1)
            if facts.dropped:
                self._skipping = 1
                self._gap(silent=True)
                return
            if (facts.formula or self._attributed) and self._is_layer(tag, name, attributes):
                return
            page.attributes[node] = attributes
            if facts.styled or not _STYLING.isdisjoint(attributes):
                tag = self._by_role(tag, get("role"), node)
                hidden = self._styled(tag, name, attributes, facts) or hidden
                facts = _MONOSPACED if node in self._mono else facts
            hidden = hidden or get("aria-hidden") == "true"
        else:
            name = ""
            facts = self._known.get(tag) or self._facts(tag)
        add_text, add_tag, add_parent, add_end, add_name, add_hidden = self._lists
        replaced = tag in REPLACED
        add_text(stand_in(attributes, name, page, self._open) if replaced else "")
        add_tag(tag)
        add_parent(self._open[-1])
        add_end(node + 1)
        add_name(name)
        add_hidden(bool(hidden))
        self._edge = not replaced and (self._edge or tag in BLOCKS)
        if not replaced:
            self._set_beside(tag, node, facts)
        self._hidden += bool(hidden)
        if facts.watched or node in page.code:
            self._enter(tag, node, facts)
        self._open.append(node)

    def _set_beside(self, tag: str, node: int, facts: Facts) -> None:
        """Note whether an element that begins stands apart from what is beside it."""
        if facts.row:
            self._rows.add(node)
        if tag in BLOCKS:
            return
        if self._open[-1] in self._flex:
            self.page.blocks.add(node)
        if not self._raw and (facts.apart or self._open[-1] in self._rows):
            self._apart.add(node)

    def _leave_out(self, tag: str, attributes: Any) -> None:
        self._skipping = 1
        if tag not in RUBY:
            self._gap(silent=tag in SILENT)
        self._source.start(tag, attributes, 1)
        self._titled = tag == "title" and not self.page.title

    def _start_skipped(self, tag: str, attributes: Any) -> None:
        self._skipping += 1
        self._source.start(tag, attributes, self._skipping)
        if tag == "title":
            self._titled = not (self.page.title or self._source.reading)

    def _facts(self, tag: str) -> Facts:
        """Return what a tag says of an element without class and id, found once."""
        return self._known.setdefault(tag, facts_of(tag, ""))

    def _styled(self, tag: str, name: str, attributes: Any, facts: Facts) -> bool:
        """Return whether an element about to begin is not shown; note how it is set."""
        page = self.page
        node = len(page.tags)
        parent = self._open[-1]
        unseen = is_hidden(attributes) and not is_folded(page, tag, name, attributes, parent)
        style = attributes.get("style")
        if tag not in BLOCKS:
            if facts.block or (style is not None and is_block_style(style)):
                page.blocks.add(node)
        elif style is not None and keeps_lines(style):
            self._wrapped.append(node)
            self._watched.add(node)
        self.odd = self.odd or (style is not None and not self._code and makes_rows(style))
        inline_here = not self._raw and tag not in BLOCKS and tag not in REPLACED
        if style is not None and inline_here and floats(style):
            self._apart.add(node)
        if style is not None and sets_row(style):
            self._rows.add(node)
        if style is not None and sets_blocks(style) and not (self._code and tag == "span"):
            self._flex.add(node)
        script = script_of(tag, name, style) if tag not in BLOCKS and tag not in REPLACED else ""
        if script:
            self._scripted[node] = script
            self._watched.add(node)
        if tag not in BLOCKS and attributes.get("role") in CELL_ROLES:
            page.blocks.add(node)
        unseen = unseen or (facts.aloud and is_aloud_only(page, self._open))
        if unseen and tag not in ("html", "body") and "math" not in name:
            page.unseen.add(node)
        if not self._code and holds_code(tag, name, attributes):
            page.code[node] = RAW
        elif tag in MONOSPACED_TAGS and is_monospaced(attributes):
            self._mono.add(node)
        return unseen

    def _by_role(self, tag: str, role: str | None, node: int) -> str:
        """Return the tag of an element about to begin: of a table, its role may say."""
        if role is None or tag in TABLE_TAGS:
            return tag
        tag = tag_by_role(tag, role, in_grid=bool(self._grids))
        if tag == "table":
            self._grids.append(node)
            self._watched.add(node)
        return tag

    def _enter(self, tag: str, node: int, facts: Facts) -> None:
        """Note what keeps white space, and elements of no known tag."""
        page = self.page
        self._watched.add(node)
        if facts.preformatted and not self._code and node not in self._holders:
            page.code[node] = RAW
        if node in page.code:
            self._code += 1
            self._raw += 1
        elif facts.holds:
            self._raw += 1
            if not self._code and facts.line:
                inline.count_line(page, tag, self._open, self._lined, self._watched)
        elif "-" in tag:
            self._custom.append(node)

    def end(self, tag: str) -> None:
        if self._skipping:
            self._end_skipped(tag)
            self._skipping -= 1
            return
        if self._data:
            self._flush()
        if len(self._open) == 1:
            return
        node = self._open.pop()
        tag = self.page.tags[node]
        self.page.ends[node] = len(self.page.tags)
        self._edge = self._edge or tag in BLOCKS
        if self._hidden:
            self._hidden -= 1
        if node in self._watched:
            self._end_watched(tag, node)
        if node in self._apart:
            inline.set_apart(self.page, node)

    def _end_watched(self, tag: str, node: int) -> None:
        """Look at an element that has ended: whether it is code, a formula, an anchor."""
        page = self.page
        if self._wrapped and self._wrapped[-1] == node:
            self._wrapped.pop()
        if self._grids and self._grids[-1] == node:
            self._grids.pop()
        tag = self._scripted.get(node, tag)
        if tag == "table" and not inline.SIGNATURES.isdisjoint(page.names[node].split()):
            inline.flatten_signature(page, node)
        if node in page.code:
            self._code -= 1
            self._raw -= 1
        elif self._lined.get(node, 0) > 1 and not self._code and are_code_lines(page, node):
            page.code[node] = RAW
        elif tag == "table" and not self._code and is_code_table(page, node):
            page.code[node] = COLLAPSED
        elif self._raw and (node in self._mono or may_hold_code(tag, page.names[node])):
            self._raw -= 1
            if not self._code:
                inline.end_code(page, tag, node, self._code_lines, mono=node in self._mono)
        if node in self._holders:
            inline.end_holder(page, node, tag)
        if tag in ENDED:
            inline.end_inline(page, tag, node, self._open, in_code=self._code > 0)

    def _end_skipped(self, tag: str) -> None:
        """End an element that is left out: a formula, a script of one, the page's title."""
        if self._titled:
            self._titled = False
            self.page.title = " ".join("".join(self._data).split())
            self._data.clear()
            return
        written = self._source.end(tag, self._skipping, self.page.names, self._open)
        if written:
            self._put_formula(written)

    def _is_layer(self, tag: str, name: str, attributes: Any) -> bool:
        """Return whether an element shows a formula whose source stands elsewhere; skip it then."""
        texts = self.page.texts
        if "katex-html" in name or "mwe-math-fallback" in name:
            if texts and texts[-1].endswith(FORMULA_END):
                self._skipping = 1
            return bool(self._skipping)
        if equations.is_rendered(tag, name, attributes):
            self._skipping = 1
            written = equations.of_rendered(tag, attributes, scripts=self._scripts)
            self._source.seek(attributes, some=not written and (not self._scripts or "-" in tag))
            self._put_formula(written)
            return True
        written = equations.of_attributes(attributes, name) if not self._code else ""
        if written:
            self._skipping = 1
            self._put_formula(written)
            return True
        if equations.holds_tex(tag, name) and not self._code:
            self._holders.add(len(self.page.tags))
            self._watched.add(len(self.page.tags))
        return False

    def _put_formula(self, written: str) -> None:
        """Add a formula: as text, or as an element of its own line."""
        page = self.page
        if not written or (page.texts and page.texts[-1] == written):  # it stands there twice
            return
        if not written.startswith(FORMULA + "$$"):
            self._append(written)
            return
        node = inline.add_element(page, "math", self._open[-1], hidden=self._hidden > 0)
        page.ends[node] += 1
        page.blocks.add(node)
        self._append(written, node)

    def data(self, data: str) -> None:
        if not self._skipping or self._titled:
            self._data.append(data)
        else:
            self._source.data(data)

    def close(self) -> Page:
        if self._data:
            self._flush()
        page = self.page
        for node in self._open[1:]:
            page.ends[node] = len(page.tags)
        if self._custom:
            inline.place_custom(page, self._custom)
        if self._code_lines:
            inline.join_code_lines(page, self._code_lines)
        return page

    def _gap(self, *, silent: bool) -> None:
        """Separate the words around an element that is left out."""
        page = self.page
        if self._edge:
            return
        if page.tags and page.tags[-1] == TEXT:
            if not page.texts[-1].endswith((" ", GAP, "\n")):
                page.texts[-1] += GAP
        elif not silent:
            self._append(GAP)

    def _flush(self) -> None:
        data = "".join(self._data)
        self._data.clear()
        if not self._raw:
            if self._wrapped and "\n" in data.strip("\n"):
                hidden = self._hidden > 0
                for line in inline.lines_of(self.page, data, self._open[-1], hidden=hidden):
                    self._append(line)
                return
            data = inline.collapsed(data)
            if not data or (data == " " and self._edge):
                return
            ascii_math = self._ascii and ("`" in data or "\\$" in data)
            if ascii_math or (self._tex and ("\\" in data or "$" in data)):
                for part in equations.with_signs(data, ascii_math=ascii_math):
                    self._put_formula(part) if part[0] == FORMULA else self._append(part)
                return
        self._append(data)

    def _append(self, text: str, parent: int | None = None) -> None:
        self._edge = False
        add_text, add_tag, add_parent, add_end, add_name, add_hidden = self._lists
        add_tag(TEXT)
        add_parent(self._open[-1] if parent is None else parent)
        add_end(len(self.page.tags))
        add_name("")
        add_text(text)
        add_hidden(self._hidden > 0)


def parse(html: str) -> Page:
    """Return the page; empty where there is nothing to parse."""
    page, odd = _built(html)
    if odd and (other := rewritten(html)) != html:
        page, _ = _built(other)
    mark_grids(page, html)
    return page


def _built(html: str) -> tuple[Page, bool]:
    """Return the page, and whether it is to be rewritten."""
    target = _Builder(html)
    parser = etree.HTMLParser(target=target)
    try:
        parser.feed(without_signs(html))
        return parser.close(), target.odd
    except etree.XMLSyntaxError:
        return Page(), False
