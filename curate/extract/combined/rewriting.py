"""Markup of some platforms, rewritten in terms that the parser knows.

Input: a page with an element whose class or id is one of `WORDS`, or whose style makes a row of a
table of it. Output: the page with roles of tables, code as <pre>, formulas as their source. Kernels
leave such pages to the plain path, which looks only then. Each pattern takes linear time: a word in
a start tag is looked for once, by looking ahead, and the tag is then passed over for good.
"""

import re

from curate.extract.combined.page import names

# Formulas, in code too; then viewers of source, tables, labels of narrow screens, fractions.
FORMULA_WORDS = names("language-math katex--inline katex--display")
_ROLES = {
    "table": "divtable rtable table",
    "rowgroup": "divtablebody divtableheading divtablefoot rtableheading rtablefoot rtablebody "
    "table-row-group table-header-group table-footer-group",
    "row": "divtablerow rtablerow table-row",
    "cell": "divtablecell rtablecell table-cell",
    "columnheader": "divtablehead rtablehead",
}
_ROLE_OF = {word: role for role, words in _ROLES.items() for word in words.split()}
WORDS = frozenset(_ROLE_OF) - {"table"} | names(
    "linenr lineno notion-code-block tablesaw-cell-label summary_toggle frac colorscripter-code "
    "fatitem"
)
_TABLE_STYLE = re.compile(r"display\s*:\s*table-row\b", re.IGNORECASE)
_DISPLAY = re.compile(r"\bdisplay\s*:\s*(table(?:-[a-z-]+)?)", re.IGNORECASE)
_BOX = re.compile(r"<(?:div|span|section|article|p|li|a|header)\s[^<>]*>", re.IGNORECASE)
_CLASS = re.compile(r"\sclass\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_STYLE = re.compile(r"\sstyle\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_MATH_CODE = r"<code\b(?=[^<>]*\blanguage-math\b)[^<>]*+>([^<>]*+)</code>"
_FENCE = re.compile(rf"<pre\b[^<>]*+>\s*+{_MATH_CODE}\s*+</pre>")
_INLINE = re.compile(_MATH_CODE)
# A formula as tokens and then as TeX, behind a blank line: MathML whose tags are gone.
_LOST_TAGS = re.compile(
    r"(<span class=\"katex--(inline|display)\"(?:[^<>]*><span class=\"katex(?:-display)?\")*"
    r"[^<>]*>\s*)"
    r"<span class=\"katex-mathml\">([^<>]*)</span>"
)
_BLANK = re.compile(r"\n[ \t\r]*\n\s*")
_LINE_CELLS = re.compile(r"<th id=\"L(\d+)\"><a href=\"#L\1\">\1</a></th>(\s{0,40})<td")
_LINE_HEAD = re.compile(r"<th class=\"lineno\"[^<>]*>[^<>]{0,20}</th>")
_LINE = (
    r"<div class=\"pre\">\s*+<a\b(?=[^<>]*\bclass=\"linenr\")[^<>]*+>[^<>]*+</a> ?"
    r"((?:(?!</?div\b).)*)</div>"
)
_LINE_NUMBER = re.compile(r"<(a|span)\b(?=[^<>]*\bclass=\"linenr\")[^<>]*+>[^<>]*+</\1>")
_LINES = re.compile(rf"(?:{_LINE}\s*)+")
_ONE_LINE = re.compile(_LINE)
_BLAME = re.compile(r"<th class=\"blame\b[^<>]*+>(?:<a\b[^<>]*+>[^<>]{0,40}</a>|[^<>]{0,40})</th>")
# A column of numbers, one of code: each in a <div> of its own.
_COLOURED = re.compile(r"(<td\b[^<>]*+><div\b(?=[^<>]*\bmonospace)[^<>]*?style=\")")
# The title of a story of Hacker News, on the page of its own.
_STORY = re.compile(r"<span class=\"titleline\"><a\b[^<>]*+>([^<>]*+)</a>")
_CELL_LABEL = re.compile(r"<b class=\"tablesaw-cell-label\">[^<>]{0,200}</b>")
_TOGGLE = re.compile(r"<small>\(<a\b(?=[^<>]*\bsummary_toggle\b)[^<>]*+>[^<>]{0,40}</a>\)</small>")
_MIXED_NUMBER = re.compile(
    r"(<span\b(?=[^<>]*\bfrac\b)[^<>]*+>\d{1,9}+)(?:<span class=\"sr-only\">\+</span>)?(?=<span)"
)
_WRAPPED = re.compile(r"white-space:\s*pre-wrap", re.IGNORECASE)


def is_rewritten(name: str) -> bool:
    """Return whether an element's class and id say that a page is to be rewritten."""
    return not WORDS.isdisjoint(name.split())


def makes_rows(style: str) -> bool:
    """Return whether a style makes an element a row of a table."""
    return _TABLE_STYLE.search(style) is not None


def rewritten(html: str) -> str:
    """Return a page in terms that the parser knows."""
    if "language-math" in html:
        html = _INLINE.sub(
            r'<code class="math js-render-math">\1</code>',
            _FENCE.sub(r'<pre class="math">\1</pre>', html),
        )
    if "katex--" in html:
        html = _LOST_TAGS.sub(_with_source, html)
    if "lineno" in html:
        html = _LINE_CELLS.sub(
            r'<th class="line-num">\1</th>\2<td class="line-code"',
            _BLAME.sub("", _LINE_HEAD.sub("", html)),
        )
    if "linenr" in html:
        html = _LINE_NUMBER.sub("", _LINES.sub(_with_lines, html))
    if "notion-code-block" in html:
        html = _WRAPPED.sub("white-space:pre", html)
    if "colorscripter-code" in html:
        html = _COLOURED.sub(r"\1white-space:pre;", html)
    if "fatitem" in html:
        html = _STORY.sub(r"<h1>\1</h1><span>", html, count=1)
    if "tablesaw-cell-label" in html:
        html = _CELL_LABEL.sub("", html)
    if "summary_toggle" in html:
        html = _TOGGLE.sub("", html)
    if "frac" in html:
        html = _MIXED_NUMBER.sub(r"\1 ", html)
    return _BOX.sub(_with_role, html)


def _with_lines(run: re.Match[str]) -> str:
    code = "\n".join(_ONE_LINE.findall(run[0]))
    return f"<pre>{code}</pre>"


def _with_source(match: re.Match[str]) -> str:
    around, kind, text = match.groups()
    source = _BLANK.split(text.strip())[-1]
    return f'{around}<span class="tex {kind}">{source}</span>'


def _with_role(match: re.Match[str]) -> str:
    """Return a start tag with the role in a table that its class or style gives it."""
    tag = match[0]
    role = ""
    style, found = _STYLE.search(tag), _CLASS.search(tag)
    display = _DISPLAY.search(style[1] or style[2] or "") if style is not None else None
    if display is not None:
        role = _ROLE_OF.get(display[1].lower(), "")
    if not role and found is not None:
        words = (found[1] or found[2] or found[3] or "").lower().split()
        role = next((_ROLE_OF[word] for word in words if word in _ROLE_OF), "")
    if not role or " role=" in tag.lower():
        return tag
    return f'{tag[:-1].rstrip("/")} role="{role}">'
