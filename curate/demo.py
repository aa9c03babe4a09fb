"""A small crawl to try the whole chain on, made from prose every Python installation carries.

`make_crawl` writes two web archives, a JSON-lines file and some books into a folder, with a
recipe that fits them. The prose is the standard library's: its docstrings (pages and
documentation) and the language reference that `help()` shows (books). Around it stand page
templates of several sites, and between the articles everything a crawl brings along: mirrors,
near-copies, thin pages, lists, code, spam, other languages, redirects, images, a damaged
record. Chance is a hash of the page's number, so the same Python makes the same crawl.
"""

import ast
import functools
import gzip
import html
import json
import re
import sysconfig
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from curate import io

PAGES = 300
FEWEST = 50  # one page of each kind, and some articles

RECIPE = """\
# A recipe for the small crawl beside it. Every key but `sources` may be left out.
version: 1
seed: 7                      # every draw is a hash of this and a record's key

sources:                     # weights: shares of the training tokens
  crawl: {kind: warc, path: [crawl/*.warc.gz], weight: 0.6}
  # References are good already: they skip language and filters.
  docs: {kind: jsonl, path: docs.jsonl, weight: 0.25, reference: true}
  books: {kind: text, path: books/*.txt, weight: 0.15, reference: true}

extract:
  extractor: trafilatura
  precision: false           # true takes less text and surer text
  max_page_bytes: 300000     # 10 MB by default; small here, so that one page is too large

language: {keep: [en], min_score: 0.5}   # null keeps every language

# Each as its paper has it but C4's rule that a line must end a sentence, off as in FineWeb:
# of prose in lines of fixed width it leaves fragments.
filters: [gopher_repetition, gopher_quality, {c4: {terminal_punctuation: false}}, fineweb]

dedup: {priority: [books, docs, crawl]}  # of equal texts, whose copy stays

mix:
  tokens: null               # as many as one epoch of the scarcest source allows
  validation: 0.01           # share of documents held out

output: {shard_bytes: 200000}   # 500 MB by default; small here, so that there are several
"""


def make_crawl(folder: str | Path, *, pages: int = PAGES) -> Path:
    """Write a crawl, references and a recipe into a folder; return the recipe's path.

    Args:
        folder: made if need be; files of the same names are replaced.
        pages: HTML pages of the crawl, from 50 to what the prose suffices for (more than 400
            with CPython 3.11 to 3.13).

    Raises:
        ValueError: too few pages for one of each kind, or more than there is prose for.
        RuntimeError: this Python carries no sources of its standard library.
    """
    if pages < FEWEST:
        raise ValueError(f"make_crawl: pages must be at least {FEWEST}, got {pages}")
    folder = Path(folder)
    chapters, documentation, articles = _share_out()
    plan = _plan(pages, [*articles], [*documentation])
    for name, archive in _archives(plan):
        io.write_bytes(str(folder / "crawl" / name), archive)
    lines = [
        json.dumps({"id": f"docs/{piece.title}", "title": piece.title, "text": piece.text})
        for piece in documentation
    ]
    lines[1:1] = ["", '{"id": "docs/torn", "text": "This line was cut in the mid']
    io.write_bytes(str(folder / "docs.jsonl"), "\n".join([*lines, ""]).encode())
    for piece in chapters:
        io.write_bytes(str(folder / "books" / f"{piece.title}.txt"), piece.text.encode())
    io.write_bytes(str(folder / "recipe.yaml"), RECIPE.encode())
    return folder / "recipe.yaml"


# Prose


@dataclass(frozen=True, slots=True)
class Piece:
    """Some paragraphs that belong together."""

    title: str
    paragraphs: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n\n".join(self.paragraphs)

    @property
    def number(self) -> int:
        return _draw(self.title) % 10_000


def _draw(*key: object) -> int:
    """Return 0..2^32 - 1, always the same for a key."""
    return int.from_bytes(sha256("\x1f".join(map(str, key)).encode()).digest()[:4], "big")


def _share_out() -> tuple[list[Piece], list[Piece], list[Piece]]:
    """Return books, documentation and articles: all prose, each paragraph once."""
    from pydoc_data.topics import topics  # noqa: PLC0415 - half a megabyte

    subjects = sorted(topics)
    books = []
    for number in range(0, len(subjects), 3):  # small books, so that the mixture comes out near
        names = subjects[number : number + 3]
        prose = tuple(paragraph for name in names for paragraph in _paragraphs(topics[name]))
        books.append(Piece(f"{names[0]}-to-{names[-1]}", prose))
    documentation: list[Piece] = []
    articles: list[Piece] = []
    for module, prose in _docstrings():
        pieces = list(_pieces(module, prose))
        (documentation if _draw("docs", module) % 4 == 0 else articles).extend(pieces)
    if not articles or not documentation:
        raise RuntimeError(
            "make_crawl: expected the sources of the standard library in "
            f"{sysconfig.get_path('stdlib')}, found none with docstrings"
        )
    return books, documentation, articles


@functools.cache
def _docstrings() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return (module, paragraphs of its docstrings) of the standard library's modules."""
    library = Path(sysconfig.get_path("stdlib"))
    found, seen = [], set[str]()
    for path in sorted([*library.glob("[a-z]*.py"), *library.glob("[a-z]*/[a-z]*.py")]):
        module = path.relative_to(library).with_suffix("").as_posix().replace("/", ".")
        if re.search(r"test|site-packages|lib2to3|idlelib|pydoc_data", module):
            continue
        try:
            with warnings.catch_warnings(action="ignore"):
                tree = ast.parse(path.read_bytes())
        except (OSError, SyntaxError, ValueError):
            continue
        prose = []
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                for paragraph in _paragraphs(ast.get_docstring(node) or ""):
                    if paragraph not in seen:
                        seen.add(paragraph)
                        prose.append(paragraph)
        found.append((module, tuple(prose)))
    return tuple(found)


_MARKUP = re.compile(r":\w+:(?=`)|(?<=\w)'(?=[\s.,;:)])|[`*]+")


def _paragraphs(text: str) -> Iterator[str]:
    """Yield what reads like prose: sentences in one paragraph, without markup or code."""
    for block in re.split(r"\n\s*\n", text):
        words = _MARKUP.sub("", " ".join(block.split())).split()
        whole = " ".join(words)
        prose = re.match(r"[A-Z]", whole) and whole.endswith((".", "!", "?"))
        if prose and len(words) >= 10 and not re.search(r"[{}<>|=#\\]|\.\.\.|__|>>>", whole):
            yield whole


def _pieces(module: str, paragraphs: Sequence[str]) -> Iterator[Piece]:
    """Yield articles of 120 to 360 words; what is left over is too little for one."""
    taken: list[str] = []
    number = 1
    for paragraph in paragraphs:
        taken.append(paragraph)
        if sum(len(one.split()) for one in taken) >= 120 + _draw(module, number) % 240:
            yield Piece(f"{module} {number}", tuple(taken))
            taken, number = [], number + 1
    if sum(len(one.split()) for one in taken) >= 120:
        yield Piece(f"{module} {number}", tuple(taken))


# Pages


def _paragraphs_html(paragraphs: Sequence[str]) -> str:
    return "\n".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs)


def _library(title: str, body: str, n: int) -> str:
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title} - The Example Library</title></head>
<body>
<header><h1>The Example Library</h1><nav><ul><li><a href="/">Home</a></li>
<li><a href="/new">What is new</a></li><li><a href="/search">Search</a></li></ul></nav></header>
<main><article><h2>{title}</h2>
{body}
</article></main>
<aside><h3>Related</h3><ul><li><a href="/item/{n + 1}">Next item</a></li>
<li><a href="/item/{n - 1}">Previous item</a></li></ul></aside>
<footer>We use cookies. By using this site you accept our terms of use. | Privacy policy</footer>
</body></html>"""


def _notebook(title: str, body: str, n: int) -> str:
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title} | Notebook</title></head>
<body class="post-template">
<div class="navbar"><a href="/">Notebook</a> <a href="/about">About</a>
<a href="/feed">RSS</a></div>
<div class="post"><div class="meta">Posted in <a href="/tag/{n % 7}">notes</a></div>
<h1 class="post-title">{title}</h1>
<div class="post-content">
{body}
</div>
<div class="share"><a href="#">Share</a> <a href="#">Pin</a> <a href="#">Mail</a></div></div>
<div class="sidebar"><h4>Archive</h4><a href="/2023">2023</a> <a href="/2022">2022</a></div>
<div class="footer">Proudly made of text. Subscribe to our newsletter.</div>
</body></html>"""


def _handbook(title: str, body: str, n: int) -> str:
    return f"""<html><head><meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">
<title>Handbook: {title}</title></head>
<body bgcolor="white"><table width="100%" border="0">
<tr><td><a href="p{n - 1}.html">Back</a></td><td><a href="index.html">Contents</a></td>
<td><a href="p{n + 1}.html">Forward</a></td></tr></table><hr>
<h1>{title}</h1>
{body}
<hr><font size="1">All rights reserved. <a href="mailto:handbook@example.net">Write to us</a></font>
</body></html>"""


def _forum(title: str, body: str, n: int) -> str:
    return f"""<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>{title} - Questions</title></head><body>
<div id="top"><a href="/login">Log in</a> <a href="/register">Register</a></div>
<div id="content"><h1>{title}</h1><div class="answer" id="a{n}">
{body}
</div></div><div id="bottom"><a href="/rules">Rules</a> <a href="/contact">Contact</a></div>
</body></html>"""


SITES: Mapping[str, Callable[[str, str, int], str]] = {
    "library.example.org": _library,
    "notebook.example.com": _notebook,
    "handbook.example.net": _handbook,
    "questions.example.com": _forum,
}
HOSTS = tuple(SITES)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the crawl before it is written down."""

    kind: str
    host: str
    title: str
    body: str
    n: int

    @property
    def url(self) -> str:
        return f"https://{self.host}/{self.kind}/{self.n}.html"

    @property
    def html(self) -> str:
        if self.kind in BARE:
            return f"<!DOCTYPE html>\n<html><body>{self.body}</body></html>"
        template = SITES[self.host.removeprefix("mirror.")]
        return template(html.escape(self.title), self.body, self.n)


# What a crawl brings along besides articles. Sentences by the author of this file.

_GERMAN = (
    "Im Frühling öffnet der kleine Laden an der Ecke schon um sieben Uhr, und wer früh genug "
    "kommt, bekommt noch warmes Brot.",
    "Die Besitzerin kennt die meisten Leute im Viertel beim Namen und weiß, wer lieber Roggen "
    "und wer lieber Weizen nimmt.",
    "Am Samstag stehen vor der Tür zwei Tische, an denen man Kaffee trinken und Zeitung lesen "
    "kann, solange das Wetter es erlaubt.",
    "Im Winter ist es drinnen so eng, dass man sich unterhalten muss, ob man will oder nicht.",
)
_FRENCH = (
    "Le petit train part de la gare à huit heures et monte lentement vers les villages de la "
    "vallée, où l'on attend le courrier.",
    "Les voyageurs regardent par la fenêtre les champs encore blancs et parlent de la neige qui "
    "ne veut pas fondre cette année.",
    "Au dernier arrêt, le conducteur descend, ferme sa veste et va boire un café avec le chef de "
    "gare avant de repartir.",
    "On dit que la ligne sera fermée un jour, mais on le dit depuis trente ans.",
)
_SPANISH = (
    "En la plaza del pueblo hay una fuente que no se ha secado nunca, ni siquiera en los veranos "
    "más largos que recuerdan los abuelos.",
    "Los niños juegan alrededor hasta que se hace de noche, y los mayores sacan las sillas a la "
    "calle para tomar el fresco.",
    "Cada domingo se celebra un mercado pequeño, donde se venden quesos, miel y las primeras "
    "frutas de la temporada.",
    "Nadie sabe quién construyó la fuente, pero todos cuentan una historia diferente.",
)
_LOREM = (
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit, and this is where the text of the "
    "new page will be as soon as somebody has written it.",
)
_WORDS = ("cheap", "lamps", "best", "lamps", "buy", "lamps", "online", "lamps", "sale")


def _foreign(piece: Piece) -> str:
    texts = (_GERMAN, _FRENCH, _SPANISH)[piece.number % 3]
    return _paragraphs_html([f"{piece.number}. {texts[0]}", *texts[1:]])


def _thin(piece: Piece) -> str:
    words = piece.paragraphs[0].split()[:20]
    return _paragraphs_html([" ".join(words).rstrip(".,;:") + ", and that is all for today."])


def _spam(piece: Piece) -> str:
    words = [_WORDS[(piece.number + i) % len(_WORDS)] for i in range(240)]
    return _paragraphs_html([f"Offer {piece.number}: " + " ".join(words) + "."])


def _lorem(piece: Piece) -> str:
    return _paragraphs_html([*piece.paragraphs[:3], _LOREM[0]])


def _script(piece: Piece) -> str:
    code = f"Put function show{piece.number}() {{ return document.title; }} at the end of the page."
    return _paragraphs_html([*piece.paragraphs, code])


def _javascript(piece: Piece) -> str:
    told = [
        f"Part {piece.number + i} of this page needs JavaScript to show what {word} for you."
        for i, word in enumerate(("stands here", "was left out", "you came for", "is on offer"))
    ]
    return _paragraphs_html([*told, "Please turn it on. Thank you for the visit."])


def _list(piece: Piece) -> str:
    words = " ".join(piece.paragraphs).split()
    rows = (" ".join(words[i : i + 7]).rstrip(".,;:") for i in range(0, 140, 7))
    return "<ul>" + "".join(f"<li>{html.escape(row)}</li>" for row in rows) + "</ul>"


def _numbers(piece: Piece) -> str:
    n = piece.number
    rows = [
        f"On day {i} we counted {_draw(n, i) % 900} and {_draw(n, i, 2) % 900} of the "
        f"{_draw(n, i, 3) % 90} at {_draw(n, i, 4) % 24}:{_draw(n, i, 5) % 60:02d}, "
        f"{' '.join(str(_draw(n, i, j) % 9000) for j in range(6, 40))}."
        for i in range(8)
    ]
    return _paragraphs_html(rows)


def _teasers(piece: Piece) -> str:
    words = " ".join(piece.paragraphs).split()
    rows = [" ".join(words[i : i + 14]).rstrip(".,;:") + " ..." for i in range(0, 110, 14)]
    return _paragraphs_html(rows)


def _hashes(piece: Piece) -> str:
    words = [f"#{w}" if i % 4 == 0 else w for i, w in enumerate(piece.text.split())]
    return _paragraphs_html([" ".join(words[i : i + 40]) for i in range(0, 120, 40)])


def _identifiers(piece: Piece) -> str:
    words = re.findall(r"[A-Za-z]{4,}", piece.text)
    names = ["".join(w.capitalize() for w in words[i : i + 3]) for i in range(0, 210, 3)]
    return _paragraphs_html([f"The list of the names that are in use: {', '.join(names)}."])


def _echo(piece: Piece) -> str:
    """Every sentence twice in a row, as broken templates have it."""
    return _paragraphs_html([f"{paragraph} {paragraph}" for paragraph in piece.paragraphs])


def _refrain(piece: Piece) -> str:
    """One line comes twice: a few in a hundred characters, too little for Gopher's rules."""
    line = (
        f"Read on below for more of number {piece.number}, write to us if something is missing, "
        "and come back soon."
    )
    return _paragraphs_html([line, *piece.paragraphs, line])


def _verse(piece: Piece) -> str:
    words = " ".join(piece.paragraphs).replace(".", "").split()
    lines = [" ".join(words[i : i + 5])[:28].rstrip(",;: ") + "." for i in range(0, 100, 5)]
    return _paragraphs_html(lines)


def _empty(piece: Piece) -> str:
    return f'<div id="app"></div><script>start({piece.number})</script>'


def _moved(piece: Piece) -> str:
    where = f"https://archive.example.org/tables/{piece.title.replace(' ', '-')}.html"
    return _paragraphs_html([f"Moved to {where}"])


def _deep(piece: Piece) -> str:
    return "<div>" * 2000 + _paragraphs_html(piece.paragraphs) + "</div>" * 2000


def _huge(piece: Piece) -> str:
    rows = (f"{piece.paragraphs[0]} This was line {i} of the log." for i in range(4000))
    return _paragraphs_html(list(rows))


# Pages in a thousand of each kind; the others are articles. At least one of each is made.
KINDS: Mapping[str, tuple[int, Callable[[Piece], str]]] = {
    "foreign": (60, _foreign),
    "thin": (60, _thin),
    "spam": (40, _spam),
    "lorem": (15, _lorem),
    "script": (25, _script),
    "javascript": (15, _javascript),
    "list": (20, _list),
    "numbers": (10, _numbers),
    "teasers": (15, _teasers),
    "hashes": (10, _hashes),
    "identifiers": (15, _identifiers),
    "echo": (20, _echo),
    "refrain": (15, _refrain),
    "verse": (10, _verse),
    "empty": (10, _empty),
    "moved": (10, _moved),
    "deep": (0, _deep),
    "huge": (0, _huge),
}
BARE = ("empty", "moved")  # without their site's template
MIRRORS, NEAR_COPIES, COPIED_DOCS = 80, 60, 20  # in a thousand


def _plan(pages: int, articles: Sequence[Piece], documentation: Sequence[Piece]) -> list[Page]:
    """Return the crawl's pages in the order in which they were fetched."""
    count = {kind: max(1, pages * share // 1000) for kind, (share, _) in KINDS.items()}
    mirrors, near, copied = (
        max(1, pages * share // 1000) for share in (MIRRORS, NEAR_COPIES, COPIED_DOCS)
    )
    originals = pages - sum(count.values()) - mirrors - near - copied
    if originals > len(articles) or copied > len(documentation):
        raise ValueError(
            f"make_crawl: this Python's prose suffices for {len(articles)} articles, "
            f"{pages} pages need {originals}: ask for fewer pages"
        )
    articles = sorted(articles, key=lambda piece: _draw("order", piece.title))
    made = [
        Page("article", _host(n), piece.title, _paragraphs_html(piece.paragraphs), n)
        for n, piece in enumerate(articles[:originals])
    ]
    made += [
        Page("article", f"mirror.{page.host}", page.title, page.body, page.n)
        for page in made[:mirrors]
    ]
    for n, piece in enumerate(articles[mirrors : mirrors + near], start=mirrors):
        made.append(Page("copy", _host(n + 1), piece.title, _near_copy(piece, n), n))
    for n, piece in enumerate(documentation[:copied]):
        made.append(Page("docs", _host(n), "", _paragraphs_html(piece.paragraphs), n))
    for kind, (_, write) in KINDS.items():
        for n in range(count[kind]):
            piece = articles[_draw(kind, n) % len(articles)]
            made.append(Page(kind, _host(n), piece.title, write(piece), n))
    return sorted(made, key=lambda page: _draw("fetched", page.url))


def _host(n: int) -> str:
    return HOSTS[n % len(HOSTS)]


def _near_copy(piece: Piece, n: int) -> str:
    """Return the article with a line of its own at the end."""
    return _paragraphs_html([*piece.paragraphs, f"This text was last checked on day {n}."])


# Archives


def _archives(plan: Sequence[Page]) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of two archives, every second page each."""
    for number in range(2):
        name = f"crawl-{number:05d}.warc.gz"
        about = f"software: curate demo\r\nformat: WARC File Format 1.0\r\nisPartOf: {name}\r\n"
        records = [_record("warcinfo", None, "application/warc-fields", about.encode(), name)]
        for page in plan[number::2]:
            records += _fetched(page)
        records[2:2] = _not_pages(number)
        if number == 0:
            middle = len(records) // 2
            records[middle] = _damaged(records[middle])
        yield name, b"".join(records)


def _record(kind: str, url: str | None, content_type: str, block: bytes, key: str) -> bytes:
    """Return one record as a gzip member; its id and date are hashes of the key."""
    draw = sha256(f"{kind}\x1f{key}".encode()).digest()
    hours, minutes = draw[0] % 24, draw[1] % 60
    head = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        f"WARC-Record-ID: <urn:uuid:{uuid.UUID(bytes=draw[:16], version=4)}>",
        f"WARC-Date: 2024-03-{1 + draw[2] % 28:02d}T{hours:02d}:{minutes:02d}:00Z",
        *([f"WARC-Target-URI: {url}"] if url else []),
        f"Content-Type: {content_type}",
        f"Content-Length: {len(block)}",
    ]
    return gzip.compress("\r\n".join([*head, "", ""]).encode() + block + b"\r\n\r\n", mtime=0)


def _response(url: str, status: str, fields: Mapping[str, str], body: bytes) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    block = f"HTTP/1.1 {status}\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    return _record("response", url, "application/http; msgtype=response", block, url)


def _fetched(page: Page) -> list[bytes]:
    """Return the request and the response of a page, encoded as its site does."""
    host, _, path = page.url.removeprefix("https://").partition("/")
    asked = f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: curate-demo\r\n\r\n"
    fields = {"Content-Type": "text/html; charset=utf-8"}
    if "handbook" in host:
        fields = {"Content-Type": "text/html"}  # the page says what it is in
        body = page.html.encode("iso-8859-1", "xmlcharrefreplace")
    elif "notebook" in host:
        fields["Content-Encoding"] = "gzip"
        body = gzip.compress(page.html.encode(), mtime=0)
    else:
        body = page.html.encode()
    request = _record(
        "request", page.url, "application/http; msgtype=request", asked.encode(), page.url
    )
    return [request, _response(page.url, "200 OK", fields, body)]


def _not_pages(number: int) -> list[bytes]:
    """Return records that are no documents: a redirect, a missing page, an image and others."""
    site = f"https://{HOSTS[number]}"
    moved = b"<html><head><title>Moved</title></head><body>The page has moved.</body></html>"
    missing = b"<html><head><title>Not found</title></head><body>No such page.</body></html>"
    picture = b"\x89PNG\r\n\x1a\n" + sha256(site.encode()).digest() * 8
    page_type = {"Content-Type": "text/html"}
    return [
        _response(f"{site}/old", "301 Moved Permanently", {**page_type, "Location": "/"}, moved),
        _response(f"{site}/gone", "404 Not Found", page_type, missing),
        _response(f"{site}/logo.png", "200 OK", {"Content-Type": "image/png"}, picture),
        _response(
            f"{site}/robots.txt", "200 OK", {"Content-Type": "text/plain"}, b"User-agent: *\n"
        ),
        _record(
            "metadata", f"{site}/", "application/warc-fields", b"fetchTimeMs: 40\r\n", f"{site}/"
        ),
        _record("revisit", f"{site}/again", "application/http", b"HTTP/1.1 200 OK\r\n\r\n", site),
    ]


def _damaged(member: bytes) -> bytes:
    """Return the member with some bytes turned over, as a bad disk leaves it."""
    middle = len(member) // 2
    turned = bytes(byte ^ 0xFF for byte in member[middle : middle + 20])
    return member[:middle] + turned + member[middle + 20 :]
