"""Prose from the Python installation, in pieces: books, documentation, articles.

Articles and documentation are made from the standard library's docstrings, books from the language
reference that `help()` shows. Each paragraph is used once.
"""

import ast
import functools
import re
import sysconfig
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

FEWEST_WORDS = 120  # of a text


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
        return hash32(self.title) % 10_000


def hash32(*key: object) -> int:
    """Return a hash of a key, 0..2^32 - 1."""
    return int.from_bytes(sha256("\x1f".join(map(str, key)).encode()).digest()[:4], "big")


def share_out() -> tuple[list[Piece], list[Piece], list[Piece]]:
    """Return books, documentation and articles: all prose, each paragraph once."""
    from pydoc_data.topics import topics  # noqa: PLC0415 - half a megabyte

    books = [
        piece
        for name in sorted(topics)
        for piece in _pieces(name, tuple(_paragraphs(topics[name])))
    ]
    documentation: list[Piece] = []
    articles: list[Piece] = []
    for module, prose in docstrings():
        pieces = list(_pieces(module, prose))
        (documentation if hash32("docs", module) % 4 == 0 else articles).extend(pieces)
    if not articles or not documentation:
        raise RuntimeError(
            "make_crawl: expected the sources of the standard library in "
            f"{sysconfig.get_path('stdlib')}, found none with docstrings"
        )
    return books, documentation, articles


@functools.cache
def docstrings() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return (module, paragraphs of its docstrings) of the standard library's modules."""
    library = Path(sysconfig.get_path("stdlib"))
    modules, seen = [], set[str]()
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
        for node in _statements(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                for paragraph in _paragraphs(ast.get_docstring(node) or ""):
                    if paragraph not in seen:
                        seen.add(paragraph)
                        prose.append(paragraph)
        modules.append((module, tuple(prose)))
    return tuple(modules)


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield a module and its statements, by depth: `ast.walk` without the expressions."""
    todo: deque[ast.AST] = deque([tree])
    while todo:
        node = todo.popleft()
        for name in ("body", "handlers", "orelse", "finalbody", "cases"):
            children = getattr(node, name, ())
            todo.extend(children if isinstance(children, list) else ())
        yield node


_MARKUP = re.compile(r":\w+:(?=`)|(?<=\w)'(?=[\s.,;:)])|[`*]+")


def _paragraphs(text: str) -> Iterator[str]:
    """Yield paragraphs that look like prose: sentences, without markup or code."""
    for block in re.split(r"\n\s*\n", text):
        words = _MARKUP.sub("", " ".join(block.split())).split()
        joined = " ".join(words)
        prose = re.match(r"[A-Z]", joined) and joined.endswith((".", "!", "?"))
        if prose and len(words) >= 10 and not re.search(r"[{}<>|=#\\]|\.\.\.|__|>>>", joined):
            yield joined


def _pieces(module: str, paragraphs: Sequence[str]) -> Iterator[Piece]:
    """Yield texts of about 120 to 360 words; a shorter rest is left out.

    None is long: a mixture takes whole documents, so short ones make it exact.
    """
    taken: list[str] = []
    number = 1
    for paragraph in paragraphs:
        taken.append(paragraph)
        if (
            sum(len(paragraph.split()) for paragraph in taken)
            >= FEWEST_WORDS + hash32(module, number) % 240
        ):
            yield Piece(f"{module} {number}", tuple(taken))
            taken, number = [], number + 1
    if sum(len(paragraph.split()) for paragraph in taken) >= FEWEST_WORDS:
        yield Piece(f"{module} {number}", tuple(taken))
