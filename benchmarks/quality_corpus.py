"""The texts that the measurements of the classifier share: crawl pages and references in English.

Input: the documents that `curate extract` left of a crawl, and reference/ of the data. Output:
pages with their sites, and the package's classifier learned from any choice of them.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from curate.filters.language import Language
from curate.quality import Sample, models, windows
from curate.quality.training import Example, even, group_of

REFERENCES = ("books", "wikipedia", "webtext_like")
SEED = 7

Score = Callable[[str], float]


@dataclass(frozen=True)
class Page:
    id: str
    url: str | None
    file: str
    text: str
    language: str

    @property
    def site(self) -> str:
        return group_of(self.id, self.url)


def read(data: Path, documents: Path) -> tuple[list[Page], dict[str, list[Page]]]:
    """Return the English pages of the crawl and the English texts of the references."""
    language = Language()
    pages = [
        Page(
            row["id"], row["url"], row["file_path"], row["text"], language.identify(row["text"])[0]
        )
        for part in sorted(documents.glob("*.parquet"))
        for row in pq.read_table(part).to_pylist()
        if row["source"] == "crawl"
    ]
    references = {
        name: [
            Page(str(row["id"]), None, name, row["text"], language.identify(row["text"][:5000])[0])
            for row in pq.read_table(data / "reference" / f"{name}.parquet").to_pylist()
            if row["text"]
        ]
        for name in REFERENCES
    }
    return (
        [page for page in pages if page.language == "en"],
        {name: [p for p in own if p.language == "en"] for name, own in references.items()},
    )


def examples(pages: Iterable[Page], source: str, label: int) -> list[Example]:
    return [
        one
        for page in pages
        for one in windows(page.text, id_=page.id, url=page.url, source=source, language="en",
                           label=label, seed=SEED)
    ]  # fmt: skip


def ours(pages: Iterable[Page], references: dict[str, list[Page]], kind: str) -> Score:
    """Return the package's classifier, learned from all it is given."""
    sample = Sample()
    sample.add(examples(pages, "crawl", 0))
    for name, own in references.items():
        sample.add(examples(own, name, 1))
    return models._FITS[kind](even(sample.examples()))


def lot(text: str) -> bytes:
    """Return by what texts and names are put in an order that is nobody's choice."""
    return hashlib.blake2b(text.encode(), digest_size=8).digest()
