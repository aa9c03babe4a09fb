"""Convert wikitext to plain text: the article's prose, without notes and infoboxes.

Input: a text. Output: a text, without tables unless requested; never raises. One pass resolves
nesting ({{templates}}, {|tables|}, [[links]]) with a stack, so that hostile nesting takes linear
time; the remaining lines are cleaned one by one. Templates are not expanded: formatting templates
give their text, all others are removed.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from curate.formulas.scripts import LOWERED, RAISED, SCRIPT_END, with_scripts
from curate.formulas.tex import clean, marked
from curate.wiki.quantities import UNKNOWN
from curate.wiki.redirects import is_redirect
from curate.wiki.tables import ROW, rows_of
from curate.wiki.templates import SPOKEN, SPOKEN_END, words_of

# Tags whose content is not prose. `math` and code are kept verbatim: sentences need them.
DROPPED = (
    "ref", "references", "gallery", "timeline", "imagemap", "score", "graph", "templatedata",
    "hiero", "inputbox", "mapframe", "maplink", "includeonly", "style", "templatestyles", "section",
    "categorytree", "charinsert", "indicator", "rt", "rp",
)  # fmt: skip
_FORMULAS = ("math", "chem", "ce")
_DISPLAY = re.compile(r"<[a-z]+\b[^<>]*\bdisplay\s*=\s*[\"']?block", re.I)
VERBATIM = ("nowiki", "math", "chem", "ce", "source", "syntaxhighlight", "pre", "code")
# Namespaces of files and categories. The wiki's own names for them are in its dump:
# the English ones work everywhere; these older names, which no dump lists, are still in use.
FILES = (
    "file", "image", "media", "category", "datei", "bild", "kategorie", "fichier", "catégorie",
    "archivo", "imagen", "categoría", "immagine", "categoria", "ficheiro", "arquivo", "imagem",
    "bestand", "afbeelding", "categorie", "plik", "grafika", "kategoria", "файл", "изображение",
    "категория", "зображення", "категорія", "ファイル", "画像", "カテゴリ", "文件", "檔案", "档案",
    "图像", "圖像", "分类", "分類",
    "파일", "그림", "분류", "ملف", "صورة", "تصنيف", "קובץ", "קטגוריה",
)  # fmt: skip
LONGEST_TAG = 2_000  # characters
MOST_PARAMETERS = 8  # nested
GONE = "\x01"  # where a template was, so that ''{{x}}'' does not become four apostrophes

INDENT = "\x02"  # before a line of preformatted text, once values are known
EQUALS, STROKE = "\x05", "\x06"  # = and | from a template, which separate no arguments
_OURS = re.compile("[\x00-\x07]")  # control characters used internally
# A value that a wiki computes, with the brackets around it: (equivalent to $… in …).
_UNKNOWN = re.compile(rf"\([^()\n]*{UNKNOWN}[^()\n]*\)|{UNKNOWN}")
# A pronunciation after a word such as "pronounced"; elsewhere it is dropped.
_SPOKEN = re.compile(
    rf"(?<=[a-z][ \u00a0]){SPOKEN}([^{SPOKEN}{SPOKEN_END}]*){SPOKEN_END}"
    rf"|{SPOKEN}[^{SPOKEN}{SPOKEN_END}]*{SPOKEN_END}"
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.S)
_ALONE = re.compile(rf"<(?:{'|'.join(DROPPED)})\b[^<>]{{0,{LONGEST_TAG}}}/>", re.I)
_DROPPED = re.compile(
    rf"<({'|'.join(DROPPED)})\b[^<>]{{0,{LONGEST_TAG}}}>(?:(?!<\1\b).)*?</\1\s*>", re.I | re.S
)
_VERBATIM = re.compile(
    rf"<({'|'.join(VERBATIM)})\b[^<>]{{0,{LONGEST_TAG}}}(?<!/)>((?:(?!<\1\b).)*?)</\1\s*>",
    re.I | re.S,
)
_BREAK = re.compile(
    r"<(?:br|hr|/?p|/?div|/?blockquote|/?poem|/?center|/?[uod]l|/li|/?d[td])\b[^<>]{0,200}>", re.I
)
_ITEM = re.compile(r"(?:</li>)?\n?<li\b[^<>]{0,200}>", re.I)
_POEM = re.compile(r"<poem\b[^<>]{0,200}>(?:(?!<poem\b).)*?</poem\s*>", re.I | re.S)
_PARAMETER = re.compile(r"\{\{\{([^{}|]*)(?:\|([^{}]*))?\}\}\}(?!\})")
_OWN_LINE = frozenset(
    "*#:;=|!{<- \t\x00" + ROW
)  # a line that begins so is not part of the paragraph before
_TAG = re.compile(rf"</?[a-z][a-z0-9]*\b[^<>]{{0,{LONGEST_TAG}}}>", re.I)
_MARK = re.compile(r"\{\{|\}\}|^[ \t:]*\{\||^[ \t]*\|\}(?!\})|\[\[|\]\]", re.M)
# Marks of a table in a template's argument; {{!}} is |.
_TABLE_START = re.compile(r"(?<!\{)\{\{\{!\}\}(?!\})|\{\{\(!\}\}")
_TABLE_END = re.compile(r"(?m:^[ \t]*)\{\{!\}\}\}(?=\}\}(?!\})|[^}]|\Z)|\{\{!\)\}\}")
_CLOSES = {"}}": "{{", "|}": "{|", "]]": "[["}
_EXTERNAL = re.compile(r"\[(?:https?:|ftp:|mailto:|//)[^\s\[\]]*[ \t]*([^\[\]\n]*)\]", re.I)
_QUOTES = re.compile(r"'{2,}")
_MAGIC = re.compile(r"__[A-ZÀ-ÖØ-ÞА-ЯЁ\u3040-\u30ff\u4e00-\u9fff_]{2,40}__")
_SCRIPT = re.compile(r"<su([pb])\b[^<>/]{0,200}>((?:(?!<su).){0,200}?)</su\1>", re.I)
_VARIANTS = re.compile(r"-\{(?!\{)([^{}]{0,2000})\}-")  # words of Chinese, Serbian in two scripts
_VARIANT = re.compile(r"(?:^|;)\s*(?:zh|sr|kk|ku|iu|tg|uz|gan|shi)(?:-[a-z-]+)?\s*:\s*([^;]*)")
_HEADING = re.compile(r"^(={1,6})[ \t]*(.+?)[ \t]*\1[ \t]*$")
_INTERWIKI = re.compile(r"[a-z]{2,3}(?:-[a-z-]{2,12})?|simple")
_HELD = re.compile("\x00([0-9]+)\x00")
_ODD = re.compile(r"[(\[（][ ,;:.)\]、，；：）]|[,;] ?\)")  # guards the next three patterns
# Brackets whose templates gave no text; main() and a[] are code.
_EMPTY = re.compile(r"[ \t]*(?<![A-Za-z0-9_])[(\[][ \t\u00a0,;:.]*[)\]]|（[ 、，；：]*）")
_OPENED = re.compile(r"\([ \t\u00a0]*(?:[,;:][ \t\u00a0]*)+")
_CLOSED = re.compile(r"(?<=\w)[ \t\u00a0]*(?:[,;][ \t\u00a0]*)+\)")
_SPACES = re.compile(r"[ \t\u00a0\u2002-\u200a]+")
_BEFORE_STOP = re.compile(r" +([,.;:)](?:\s|$))")

# fmt: off
# Sections of references and links: lists of titles, no prose.
APPARATUS = frozenset((
    "see also", "references", "notes", "notes and references", "references and notes", "sources",
    "references and further reading", "further reading and references", "literature cited",
    "sources and further reading", "notes and sources", "footnotes",
    "citations", "works cited", "bibliography", "further reading", "external links",
    "einzelnachweise", "weblinks", "siehe auch", "literatur", "quellen", "anmerkungen",
    "références", "notes et références", "voir aussi", "liens externes", "bibliographie",
    "articles connexes", "annexes", "referencias", "véase también", "enlaces externos",
    "bibliografía", "notas", "note", "voci correlate", "collegamenti esterni", "bibliografia",
    "altri progetti", "referências", "ver também", "ligações externas", "referenties",
    "zie ook", "externe links", "externe link", "примечания", "см. также", "ссылки", "литература",
    "przypisy", "zobacz też", "linki zewnętrzne", "fußnoten", "belege", "nachweise",
    "сноски", "источники", "脚注", "出典", "注釈", "参考文献", "関連項目", "外部リンク", "关联项目",
    "参见", "參見", "参看", "參看", "参考资料", "參考資料", "參考文獻", "注释", "註釋", "外部链接",
    "外部連結", "延伸阅读", "延伸閱讀", "相关条目", "相關條目", "각주", "같이 보기", "외부 링크",
))
# fmt: on


def plain(
    wikitext: str,
    files: Iterable[str] = FILES,
    *,
    apparatus: bool = False,
    english: bool = True,
    tables: bool = False,
    language: str = "",
    page: str = "",
) -> str:
    r"""Return the prose of a page: paragraphs, headings and items, one a line.

    "" of a page that only leads to another. Headings without a section text are left out, and so
    are tables, infoboxes, notes, pictures with their captions, categories. Entities are resolved.

    Args:
        files: names, in lower case, of the namespaces of files and categories.
        apparatus: whether sections named as those of APPARATUS stay.
        english: whether country codes are rendered as English names; else they are removed.
        tables: whether tables stay, a line for each row.
        language: of the wiki, "" if it is not known; decides the format of some dates.
        page: the page's title, for {{PAGENAME}}.

    >>> plain("'''Bread''' is a [[staple food|food]] made of {{lang|fr|pain}}.<ref>Me</ref>")
    'Bread is a food made of pain.'
    >>> plain("{{Infobox|a={{b}}}}\n== Uses ==\n* [http://x.org one]\n== Notes ==\n<references/>")
    'Uses\n- one'
    """
    if is_redirect(wikitext):
        return ""
    verbatim: list[str] = []

    def hold(match: re.Match[str]) -> str:
        verbatim.append(_verbatim(match[1].lower(), match[0], match[2]))
        return f"\x00{len(verbatim) - 1}\x00"

    text = _OURS.sub("", wikitext).replace("\r\n", "\n")
    text = _COMMENT.sub("", text)
    text = _VERBATIM.sub(hold, text)
    text = _ALONE.sub("", text)
    text = _DROPPED.sub("", text)
    if "{{!}}" in text:
        text = _TABLE_END.sub("\n|}\n", _TABLE_START.sub("\n{|", text))
    names = frozenset(files) | frozenset(FILES)
    for _ in range(MOST_PARAMETERS if "{{{" in text else 0):
        text = _PARAMETER.sub(lambda match: match[2] or "", text)

    def expanded(mark: str, inside: str) -> str:
        if mark == "{|":
            return f"\n{rows_of(_restore_signs(inside))}\n" if tables else "\n"
        if mark == "[[":
            return _link(inside, names)
        bare = inside.replace(GONE, "")
        return words_of(bare, english=english, language=language, page=page) or GONE

    text = _unnested(text, expanded)
    if UNKNOWN in text:
        text = _UNKNOWN.sub("", text)
    if SPOKEN in text:
        text = _SPOKEN.sub(lambda match: match[1] or GONE, text)
    text = "\n".join(_unquoted(line) if "''" in line else line for line in text.split("\n"))
    text = text.replace(GONE, "")
    text = _POEM.sub(lambda match: match[0].replace("\n", "<br>"), text)
    text = _BREAK.sub("\n", _ITEM.sub("\n* ", _unwrapped(text)))
    text = _TAG.sub("", _with_signs(text) if "<su" in text.lower() else text)
    text = _EXTERNAL.sub(r"\1", text)
    if "-{" in text:
        text = _VARIANTS.sub(_of_variants, text)
    text = _MAGIC.sub("", text)
    lines = [line for line in map(_line, _with_indents(text.split("\n"))) if line is not None]
    lines = _with_headings(lines if apparatus else _without_apparatus(lines))
    text = "\n".join(lines)
    return _HELD.sub(lambda match: html.unescape(verbatim[int(match[1])].strip()), text).strip()


def _verbatim(tag: str, element: str, inside: str) -> str:
    r"""Return the content of a tag: formulas between their marks, code verbatim.

    >>> _verbatim("ce", "<ce>H2O</ce>", "H2O")
    '$\\ce{H2O}$'
    """
    if tag not in _FORMULAS:
        return inside
    tex = clean(inside)
    if tag != "math" and tex:
        tex = f"\\ce{{{tex}}}"
    return marked(tex, display=_DISPLAY.match(element) is not None)


def _with_signs(text: str) -> str:
    """Return a text, without marks of templates, with signs around what is raised or lowered."""
    for sign in (RAISED, LOWERED, SCRIPT_END):
        text = text.replace(sign, "")
    for _ in range(3):  # nested, the innermost first
        text = _SCRIPT.sub(
            lambda match: f"{RAISED if match[1] in 'pP' else LOWERED}{match[2]}{SCRIPT_END}", text
        )
    return text


def _unnested(text: str, expanded: Callable[[str, str], str]) -> str:
    """Return the text with every nested part replaced, inner ones first.

    Unbalanced marks are removed and their content is kept.
    """
    stack: list[tuple[str, list[str]]] = [("", [])]
    opened = {"{{": 0, "{|": 0, "[[": 0}
    at = 0
    for match in _MARK.finditer(text):
        stack[-1][1].append(text[at : match.start()])
        at = match.end()
        mark = match[0].strip(" \t:\n")
        if mark in opened:
            stack.append((mark, []))
            opened[mark] += 1
            continue
        opener = _CLOSES[mark]
        if not opened[opener]:
            continue
        while stack[-1][0] != opener:
            lost, pieces = stack.pop()
            opened[lost] -= 1
            stack[-1][1].extend(pieces)
        _, pieces = stack.pop()
        opened[opener] -= 1
        words = expanded(opener, "".join(pieces))
        if len(stack) > 1:  # nested: its arguments are already split
            words = words.replace("=", EQUALS).replace("|", STROKE)
        stack[-1][1].append(words)
    stack[-1][1].append(text[at:])
    return _restore_signs("".join(piece for _, pieces in stack for piece in pieces))


def _restore_signs(text: str) -> str:
    return text.replace(EQUALS, "=").replace(STROKE, "|")


def _link(inside: str, files: frozenset[str]) -> str:
    target, bar, label = inside.replace(GONE, "").partition("|")
    target = target.strip()
    if target.startswith(("http://", "https://")):  # should have had one bracket
        return inside.strip().partition(" ")[2]
    prefix, colon, rest = target.partition(":")
    if colon and prefix:
        if prefix.strip().lower() in files:
            return ""
        if not bar and _INTERWIKI.fullmatch(prefix) and rest:
            return ""
    if bar:
        label = label.rpartition("|")[2].strip("\n")
        if label.strip():
            return label
        return re.sub(r" ?\([^()]*\)$|,.*", "", _SPACES.sub(" ", target))
    return target.removeprefix(":")


def _unwrapped(text: str) -> str:
    """Join the lines of each paragraph, as a wiki shows them."""
    lines: list[list[str]] = []
    begins_new = True  # whether the next line begins a new one
    for line in text.split("\n"):
        if begins_new or not line or line[0] in _OWN_LINE:
            lines.append([line])
        else:
            wide = min(ord(lines[-1][-1][-1]), ord(line[0])) >= 0x2E80  # no space in Chinese
            lines[-1] += ["" if wide else " ", line]
        begins_new = not line.strip() or lines[-1][0][0] in _OWN_LINE or line.endswith("\x00")
    return "\n".join("".join(pieces) for pieces in lines)


def _of_variants(match: re.Match[str]) -> str:
    """Return the words of `-{zh-hans:…;zh-hant:…}-`: those of the variant that is named first."""
    flags, bar, text = match[1].rpartition("|")
    if bar and {"H", "T", "-"} & {flag.strip().upper() for flag in flags.split(";")}:
        return ""  # sets the page's title or the conversion of what follows
    first = _VARIANT.search(text)
    return (first[1] if first is not None else text).strip()


def _unquoted(line: str) -> str:
    """Return a line without bold and italic marks, keeping apostrophes.

    As MediaWiki reads them: of four the first is one, of more than five all but the last five;
    and where neither bold nor italic comes out even, one bold mark is an apostrophe before an
    italic one, after a word of one letter if there is one, as in l'Œuvre.
    """
    runs = [match.span() for match in _QUOTES.finditer(line)]
    kept = {at: "'" * (1 if end - at == 4 else max(0, end - at - 5)) for at, end in runs}
    bold = [at for at, end in runs if end - at in (3, 4)]
    both = sum(end - at >= 5 for at, end in runs)
    italic = sum(end - at == 2 for at, end in runs) + both
    if (len(bold) + both) % 2 and italic % 2 and bold:
        word = [at for at in bold if line[max(0, at - 1) : at].strip()]
        letter = [at for at in word if not line[max(0, at - 2) : at - 1].strip()]
        kept[(letter or word or bold)[0]] += "'"
    return _QUOTES.sub(lambda match: kept[match.start()], line)


def _with_indents(lines: Sequence[str]) -> Iterator[str]:
    """Yield lines, those of preformatted text with the mark INDENT before each.

    That is two or more lines beside each other that begin with a space, not all with as many.
    """
    for begins, several in groupby(lines, lambda line: line[:1] == " " and not line.isspace()):
        group = list(several)
        indents = {len(line) - len(line.lstrip(" ")) for line in group} if begins else set()
        for line in group:
            yield f"{INDENT}{line[min(indents) :]}" if len(indents) > 1 else line


def _line(line: str) -> str | None:
    """Return a line without its marks, or None for remains of a table."""
    if line.startswith(INDENT):
        return html.unescape(line.removeprefix(INDENT)).rstrip()
    line = line.strip()
    if line.startswith(ROW):
        return html.unescape(_SPACES.sub(" ", line.removeprefix(ROW))).strip()
    if line[:1] in ("|", "!") or line.startswith(("{|", "----")):
        return None
    if line[:1] in ("*", "#", ":", ";"):
        bare = line.lstrip("*#:; \t")
        bare = (
            bare.lstrip(".,; ") if bare[:2] in (". ", ", ") else bare
        )  # was a template of the title
        line = f"- {bare}" if bare and line[0] in "*#" else bare
    line = _SPACES.sub(" ", html.unescape(line) if "&" in line else line)
    if SCRIPT_END in line:
        line = with_scripts(line)
    if any(map(line.__contains__, "()[（")) and _ODD.search(line):
        line = _CLOSED.sub(")", _OPENED.sub("(", _EMPTY.sub("", line)))
    return _BEFORE_STOP.sub(r"\1", line).strip()


def _without_apparatus(lines: Sequence[str]) -> list[str]:
    kept = []
    below = 0  # level of the heading whose section is removed
    for line in lines:
        heading = _HEADING.match(line)
        if heading is not None and (not below or len(heading[1]) <= below):
            below = len(heading[1]) if heading[2].strip().lower() in APPARATUS else 0
        if not below:
            kept.append(line)
    return kept


def _with_headings(lines: Sequence[str]) -> list[str]:
    """Return the lines with headings as plain lines, without headings of empty sections."""
    kept: list[str] = []
    waiting: list[tuple[int, str]] = []  # headings without text so far
    for line in lines:
        heading = _HEADING.match(line)
        if heading is not None:
            level = len(heading[1])
            waiting = [entry for entry in waiting if entry[0] < level]
            waiting.append((level, heading[2].strip()))
        elif line and line != "-":
            for _, words in waiting:
                kept += ["", words] if kept and kept[-1] else [words]
            waiting = []
            kept.append(line)
        elif kept and kept[-1] and not waiting:
            kept.append("")
    return kept
