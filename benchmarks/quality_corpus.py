"""Texts for the benchmarks of the classifiers: crawl pages and references in English.

Input: crawl/*.warc.gz and reference/*.parquet of the data. Output: pages with their sites, each
text once, and windows to learn from. The extracted pages are kept in a cache file.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from curate.extract import extract
from curate.filters.language import Language
from curate.quality.training import Example, group_of, windows
from curate.store.keys import text_hash, uniform
from curate.text.blocks import Block
from curate.warc.kinds import classify
from curate.warc.reader import ArchiveRecord, read_records

REFERENCES = ("books", "wikipedia", "webtext_like")
SEED = 7
SHARE = 0.4  # of the crawl's pages, by hash of their URLs


@dataclass(frozen=True)
class Page:
    id: str
    url: str | None
    text: str
    blocks: tuple[Block, ...] | None = None  # filters judge prose alone

    @property
    def site(self) -> str:
        return group_of(self.id, self.url)


def crawl_pages(data: Path, cache: Path, share: float = SHARE) -> list[Page]:
    """Return the English pages of the crawl, each text once; extracted where no cache is."""
    if not cache.exists():
        language = Language()
        rows, seen = [], set()
        for file in sorted((data / "crawl").glob("crawl-*.warc.gz")):
            with file.open("rb") as archive:
                for record in read_records(archive):
                    page = _page(record, share)
                    if page is None or (key := text_hash(page.text)) in seen:
                        continue
                    seen.add(key)
                    if language.identify(page.text)[0] == "en":
                        rows.append({**vars(page), "blocks": json.dumps(page.blocks)})
        pq.write_table(pa.Table.from_pylist(rows), cache)
    return [
        Page(**{**row, "blocks": tuple(Block(*one) for one in json.loads(row["blocks"]))})
        for row in pq.read_table(cache).to_pylist()
    ]


def _page(record: object, share: float) -> Page | None:
    if not isinstance(record, ArchiveRecord) or classify(record) is not None:
        return None
    if uniform("sample", record.url or "", SEED) >= share:
        return None
    found = extract(record.payload, url=record.url, content_type=record.content_type)
    if not found.text.strip():
        return None
    return Page(record.record_id or record.url or "", record.url, found.text, found.blocks)


def reference_pages(data: Path) -> dict[str, list[Page]]:
    """Return the English texts of the references."""
    language = Language()
    return {
        name: [
            Page(f"{name}/{row['id']}", None, row["text"])
            for row in pq.read_table(data / "reference" / f"{name}.parquet").to_pylist()
            if row["text"] and language.identify(row["text"][:5000])[0] == "en"
        ]
        for name in REFERENCES
    }


def examples(pages: Iterable[Page], source: str, label: int) -> list[Example]:
    """Return the windows of some pages."""
    return [
        one
        for page in pages
        for one in windows(page.text, id_=page.id, url=page.url, source=source, language="en",
                           label=label, seed=SEED)
    ]  # fmt: skip
