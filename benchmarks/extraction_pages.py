"""Shared by the scripts on extraction: gold pages, their sites, scores, labelled lines.

DATA/extraction/*.parquet have html (bytes), gold_text, url, source, page_type, with_snippets,
without_snippets. Of daniel's news every second page is taken. Scores:

- word bag F1, mean over a set's pages; words are lower-case runs of letters and digits, and
  single characters in Chinese and Japanese;
- trafilatura_snippets has no full text: true positives and false negatives are the snippets
  that must appear and do or do not, false positives those that must not and do, white space
  made alike; F1 of their sums over the set, as in trafilatura's own evaluation;
- goose_prefix's gold is only how the text begins, so its F1 stays near .2 for everyone;
- 20 of newspaper's 134 gold texts are none, but remarks in capitals on what an extractor missed:
  these pages are not scored.
"""

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow.parquet as pq

from curate.encoding.decode import decode

SETS = (
    "chinese_wce", "daniel", "goose_prefix", "mozilla_readability", "newspaper",
    "scrapinghub_aeb", "trafilatura_snippets", "wcxb",
)  # fmt: skip
NEUTRAL = ("chinese_wce", "daniel", "newspaper", "scrapinghub_aeb", "wcxb")
FOLDS = 5
_REMARK = 150  # characters; a remark has fewer
_WORDS = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+"
)


@dataclass(slots=True)
class Gold:
    """One page: decoded as the package decodes it, and what its main text is."""

    set: str
    id: str
    site: str
    kind: str
    language: str
    body: bytes
    html: str
    text: str | None
    must: Sequence[str]
    must_not: Sequence[str]

    @property
    def fold(self) -> int:
        """Return which fold it is in: pages of one site are in one."""
        return zlib.crc32(self.site.encode()) % FOLDS

    @property
    def remark(self) -> bool:
        """Return whether its gold text is only a remark on it, in capitals."""
        text = self.text if self.set == "newspaper" and self.text else ""
        letters = [one for one in text if one.isalpha()]
        return len(text) < _REMARK and 2 * sum(map(str.isupper, letters)) > len(letters)


def gold_pages(data: Path, part: int = 1) -> list[Gold]:
    """Return the gold pages, or every `part`-th of them."""
    found = []
    for name in SETS:
        rows = pq.read_table(data / "extraction" / f"{name}.parquet").to_pylist()
        for row in rows[:: 2 * part if name == "daniel" else part]:
            found.append(_gold(name, row))
    return found


def _gold(name: str, row: dict[str, Any]) -> Gold:
    host = re.sub(r"^(www\d?|m|blog|news)\.", "", urlsplit(row["url"] or "").netloc.lower())
    parts = host.split(".")
    site = ".".join(parts[-3:] if len(parts) > 2 and len(parts[-2]) <= 3 else parts[-2:])
    return Gold(
        set=name,
        id=row["id"],
        site=site or f"{name}:{row['id']}",
        kind=row["page_type"] or "",
        language=row["language"] or "",
        body=row["html"],
        html=decode(row["html"])[0],
        text=row["gold_text"],
        must=row["with_snippets"] or (),
        must_not=row["without_snippets"] or (),
    )


def words(text: str) -> list[str]:
    return _WORDS.findall(text.lower())


def word_f1(gold: str, text: str) -> float:
    """Return the F1 of two texts' bags of words."""
    one, other = Counter(words(gold)), Counter(words(text))
    both = (one & other).total()
    size = one.total() + other.total()
    return 2 * both / size if size else 1.0


def snippets(page: Gold, text: str) -> tuple[int, int, int]:
    """Return (true positives, false positives, false negatives)."""
    text = " ".join(text.split())
    must, must_not = (
        [" ".join(one.split()) in text for one in several] for several in (page.must, page.must_not)
    )
    return sum(must), sum(must_not), len(must) - sum(must)


def labels(lines: Sequence[str], gold: str, run: int = 4) -> list[tuple[float, int]]:
    """Return (share of its words that are main text, words) for each line.

    A word is main text if it is in a run of four words, lines notwithstanding, that the gold
    text has too; a shorter line that is a line of the gold text counts half.
    """
    right = words(gold)
    runs = {tuple(right[n : n + run]) for n in range(len(right) - run + 1)}
    whole = {tuple(words(line)) for line in gold.split("\n")}
    by_line = [words(line) for line in lines]
    found = [(word, n) for n, several in enumerate(by_line) for word in several]
    covered = bytearray(len(found))
    for n in range(len(found) - run + 1):
        if tuple(word for word, _ in found[n : n + run]) in runs:
            covered[n : n + run] = b"\1" * run
    hits = [0] * len(lines)
    for (_, n), hit in zip(found, covered, strict=True):
        hits[n] += hit
    shares = []
    for several, hit in zip(by_line, hits, strict=True):
        share = hit / len(several) if several else 0.0
        if not hit and 0 < len(several) < run and tuple(several) in whole:
            share = 0.5
        shares.append((share, len(several)))
    return shares
