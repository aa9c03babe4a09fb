"""A small synthetic crawl for `curate demo`, made from prose in every Python installation.

`make_crawl` writes two web archives, a JSON-lines file and some books into a folder, with a
recipe that fits them. The prose is the standard library's: its docstrings (pages and
documentation) and the language reference that `help()` shows (books). Pages have the templates of
several sites, and between the articles there is what crawls contain: mirrors, near-copies, thin
pages, lists, code, spam, other languages, redirects, images, a damaged record. Random choices are
hashes of the page's number, so the same Python makes the same crawl.
"""

import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from curate._lazy import listing
from curate.demo.archives import archives
from curate.demo.kinds import LISTS
from curate.demo.pages import Page, planned
from curate.demo.prose import Piece, share_out
from curate.store import io

__all__ = [
    "make_crawl",
]
__dir__ = listing(__name__, __all__)

PAGES = 300
STEP = 8  # every eighth article is the source of a question
FEWEST_WORDS = 20  # of a question that is searched for with 13-grams
FEWEST = 50  # one page of each kind, and some articles


def make_crawl(folder: str | Path, *, pages: int = PAGES, recipe: str = "recipe.yaml") -> Path:
    """Write a crawl, references and a recipe into a folder; return the recipe's path.

    Args:
        folder: created if needed; files of the same names are replaced.
        pages: HTML pages of the crawl, from 50 to the number for which there is prose (more than
            400 with CPython 3.11 to 3.13).
        recipe: `recipe.yaml`, all stages, or `short.yaml`, which has no classifier, no
            benchmark and no lists.

    Raises:
        ValueError: too few pages for one of each kind, or too many for the prose.
        RuntimeError: this Python has no sources of its standard library.
    """
    if pages < FEWEST:
        raise ValueError(f"make_crawl: pages must be at least {FEWEST}, got {pages}")
    folder = Path(folder)
    chapters, documentation, articles = share_out()
    plan = planned(pages, [*articles], [*documentation])
    for name, archive in archives(plan):
        _write(str(folder / "crawl" / name), archive)
    lines = [
        json.dumps({"id": f"docs/{piece.title}", "title": piece.title, "text": piece.text})
        for piece in documentation
    ]
    lines[1:1] = ["", '{"id": "docs/torn", "text": "This line was cut in the mid']
    _write(str(folder / "docs.jsonl"), "\n".join([*lines, ""]).encode())
    for piece in chapters:
        _write(str(folder / "books" / f"{piece.title}.txt"), piece.text.encode())
    for name, words in LISTS.items():
        _write(str(folder / "lists" / f"{name}.txt"), "\n".join([*words, ""]).encode())
    _write(str(folder / "benchmark.jsonl"), _benchmark(plan, articles).encode())
    _write(str(folder / "recipe.yaml"), recipe_text(recipe).encode())
    return folder / "recipe.yaml"


def recipe_text(name: str = "recipe.yaml") -> str:
    """Return a recipe that fits the crawl."""
    return (resources.files("curate.demo") / name).read_text(encoding="utf-8")


def _benchmark(plan: Sequence[Page], articles: Sequence[Piece]) -> str:
    """Return questions whose text occurs in pages of the crawl, and one that does not."""
    fetched = {page.title for page in plan if page.kind == "article"}
    known = [piece for piece in articles if piece.title in fetched]
    questions = [
        paragraph
        for n, piece in enumerate(known[::STEP])
        for paragraph in piece.paragraphs[: None if n == 0 else 1]  # of one page nothing is left
        if len(paragraph.split()) >= FEWEST_WORDS
    ]
    questions.append(
        "Who was the first to ask a question that nobody else has written down so far?"
    )
    rows = (
        {"id": n, "question": question, "answer": "It is."} for n, question in enumerate(questions)
    )
    return "".join(json.dumps(row) + "\n" for row in rows)


def _write(path: str, data: bytes) -> None:
    """Write a file unless it has this content: its modification time is part of input hashes."""
    if not io.exists(path) or io.read_bytes(path) != data:
        io.write_bytes(path, data)
