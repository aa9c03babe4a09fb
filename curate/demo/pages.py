"""The pages of the demo crawl: their sites, URLs and order.

A site is a template in `sites/`; some pages have a mirror, some texts a near-copy.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Template

from curate.demo.kinds import BARE, HOST_OF, KINDS, paragraphs_html
from curate.demo.prose import Piece, hash32

SITES = {
    "library.example.org": "library",
    "notebook.example.com": "notebook",
    "handbook.example.net": "handbook",
    "questions.example.com": "forum",
}
HOSTS = tuple(SITES)
TEMPLATES = {**SITES, "ads.example.com": "forum"}
MIRRORS, NEAR_COPIES, COPIED_DOCS, AGAIN = 80, 60, 20, 10  # per thousand


@cache
def _template(site: str) -> Template:
    folder = resources.files("curate.demo") / "sites"
    return Template((folder / f"{site}.html").read_text(encoding="utf-8").removesuffix("\n"))


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the crawl before it is written."""

    kind: str
    host: str
    title: str
    body: str
    n: int
    is_recapture: bool = False  # a later capture with another spelling of the URL

    @property
    def url(self) -> str:
        return f"https://{self.host}/{self.kind}/{self.n}{'%2E' if self.is_recapture else '.'}html"

    @property
    def html(self) -> str:
        if self.kind in BARE:
            return f"<!DOCTYPE html>\n<html><body>{self.body}</body></html>"
        return _template(TEMPLATES[self.host.removeprefix("mirror.")]).substitute(
            title=html.escape(self.title),
            body=self.body,
            n=self.n,
            next=self.n + 1,
            previous=self.n - 1,
            tag=self.n % 7,
        )


def planned(pages: int, articles: Sequence[Piece], documentation: Sequence[Piece]) -> list[Page]:
    """Return the crawl's pages in the order in which they were fetched."""
    count = {kind: max(1, pages * share // 1000) for kind, (share, _) in KINDS.items()}
    mirrors, near, copied, recaptures = (
        max(1, pages * share // 1000) for share in (MIRRORS, NEAR_COPIES, COPIED_DOCS, AGAIN)
    )
    originals = pages - sum(count.values()) - mirrors - near - copied - recaptures
    if originals > len(articles) or copied > len(documentation):
        raise ValueError(
            f"make_crawl: this Python's prose suffices for {len(articles)} articles, "
            f"{pages} pages need {originals}: ask for fewer pages"
        )
    articles = sorted(articles, key=lambda piece: hash32("order", piece.title))
    plan = [
        Page("article", host_of(n), piece.title, paragraphs_html(piece.paragraphs), n)
        for n, piece in enumerate(articles[:originals])
    ]
    plan += [
        Page("article", f"mirror.{page.host}", page.title, page.body, page.n)
        for page in plan[:mirrors]
    ]
    for n, piece in enumerate(articles[mirrors : mirrors + near], start=mirrors):
        plan.append(Page("copy", host_of(n + 1), piece.title, _near_copy(piece, n), n))
    for n, piece in enumerate(articles[:recaptures]):
        body = paragraphs_html([*piece.paragraphs[:-1], f"Updated on day {n} of the year."])
        plan.append(Page("article", host_of(n), piece.title, body, n, is_recapture=True))
    for n, piece in enumerate(documentation[:copied]):
        plan.append(Page("docs", host_of(n), "", paragraphs_html(piece.paragraphs), n))
    for kind, (_, write) in KINDS.items():
        for n in range(count[kind]):
            piece = articles[hash32(kind, n) % len(articles)]
            plan.append(Page(kind, HOST_OF.get(kind, host_of(n)), piece.title, write(piece), n))
    return sorted(plan, key=lambda page: hash32("fetched", page.url))


def host_of(n: int) -> str:
    return HOSTS[n % len(HOSTS)]


def _near_copy(piece: Piece, n: int) -> str:
    """Return the article with an added last line."""
    return paragraphs_html([*piece.paragraphs, f"This text was last checked on day {n}."])
