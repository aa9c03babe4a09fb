"""Tombstones: hashes of what was removed, by which later runs recognise it.

A tombstone is a kind and 16 bytes: of an id; of a URL in the form its spellings share; of a domain,
which covers all hosts below it; of a text, as `curate.store.keys.text_hash` has it. The originals
cannot be read from them; whether a given URL or text is among them can be tested.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from curate.dedup.urls import normalise_url
from curate.errors import RecipeError
from curate.store import io
from curate.store.keys import SEPARATOR, text_hash
from curate.store.parquet import open_parquet

Kind = Literal["id", "url", "domain", "text"]
KINDS: tuple[Kind, ...] = ("domain", "id", "text", "url")
FOLDER = "tombstones"  # below OUT; a file for each removal, all of which hold
SCHEMA: pa.Schema = pa.schema(
    [  # type: ignore[arg-type]
        pa.field("kind", pa.string(), nullable=False),
        pa.field("hash", pa.binary(16), nullable=False),
    ]
)


def id_hash(id_: str) -> bytes:
    """Return the 16 bytes of an id."""
    return _hash("id", id_)


def url_hash(url: str) -> bytes:
    """Return the 16 bytes of a URL in any of its spellings."""
    return _hash("url", normalise_url(url) or url.strip())


def domain_hashes(url: str | None) -> Iterator[bytes]:
    """Yield the 16 bytes of the host of a URL and of each domain above it."""
    page = normalise_url(url)
    labels = ((page and urlsplit(page).hostname) or "").split(".")
    for at in range(len(labels)):
        if labels[at]:
            yield _hash("domain", ".".join(labels[at:]))


def _hash(kind: Kind, value: str) -> bytes:
    data = f"{kind}{SEPARATOR}{value}".encode("utf-8", "replace")
    return hashlib.blake2b(data, digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Tombstones:
    """Hashes by kind.

    >>> stones = Tombstones.of(urls=["http://a.org/x"], domains=["b.org"])
    >>> [stones.name(None, url) for url in ("https://www.a.org/x/", "http://c.b.org", "http://a.org")]
    [True, True, False]
    """

    hashes: Mapping[Kind, frozenset[bytes]] = field(default_factory=dict)

    @staticmethod
    def of(
        *,
        urls: Iterable[str] = (),
        domains: Iterable[str] = (),
        ids: Iterable[str] = (),
        texts: Iterable[str] = (),
    ) -> "Tombstones":
        """Return the tombstones of some URLs, domains, ids and texts."""
        hosts = (
            normalise_url(domain if "//" in domain else f"http://{domain}") for domain in domains
        )
        named = ((urlsplit(url).hostname or "") for url in hosts if url)
        return Tombstones(
            {
                "url": frozenset(map(url_hash, urls)),
                "domain": frozenset(_hash("domain", host) for host in named if host),
                "id": frozenset(map(id_hash, ids)),
                "text": frozenset(map(text_hash, texts)),
            }
        )

    def __len__(self) -> int:
        return sum(map(len, self.hashes.values()))

    def __or__(self, other: "Tombstones") -> "Tombstones":
        return Tombstones({kind: self._of(kind) | other._of(kind) for kind in KINDS})

    def _of(self, kind: Kind) -> frozenset[bytes]:
        return self.hashes.get(kind, frozenset())

    def name(self, id_: str | None, url: str | None) -> bool:
        """Return whether a record of this id and URL is among them."""
        if id_ is not None and self._of("id") and id_hash(id_) in self._of("id"):
            return True
        if not url or not (self._of("url") or self._of("domain")):
            return False
        return url_hash(url) in self._of("url") or not self._of("domain").isdisjoint(
            domain_hashes(url)
        )

    def among(self, id_: str | None, url: str | None, text: bytes) -> set[tuple[Kind, bytes]]:
        """Return those that a record of this id, URL and hash of its text is named by."""
        hashes: dict[Kind, list[bytes]] = {
            "id": [id_hash(id_)] if id_ is not None else [],
            "url": [url_hash(url)] if url else [],
            "domain": list(domain_hashes(url)) if url else [],
            "text": [text],
        }
        return {(kind, one) for kind in KINDS for one in hashes[kind] if one in self._of(kind)}

    def without(self, met: Iterable[tuple[Kind, bytes]]) -> dict[Kind, int]:
        """Return how many of each kind are left without some; of kinds of which some are."""
        some = set(met)
        left = {kind: sum((kind, one) not in some for one in self._of(kind)) for kind in KINDS}
        return {kind: number for kind, number in left.items() if number}

    def hold(self, text: bytes) -> bool:
        """Return whether a text of this hash is among them."""
        return text in self._of("text")

    def has_texts(self) -> bool:
        """Return whether texts are to be looked at."""
        return bool(self._of("text"))

    def digest(self) -> str:
        """Return the sha256 of all of them, as hex digits."""
        by_kind = {kind: sorted(hash_.hex() for hash_ in self._of(kind)) for kind in KINDS}
        return hashlib.sha256(json.dumps(by_kind).encode()).hexdigest()

    def write(self, url: str) -> None:
        """Write them to a Parquet file, sorted."""
        rows = [(kind, hash_) for kind in KINDS for hash_ in sorted(self._of(kind))]
        columns: list[Any] = [[row[at] for row in rows] for at in (0, 1)]
        sink = pa.BufferOutputStream()
        pq.write_table(pa.table(columns, schema=SCHEMA), sink, compression="zstd")
        io.write_bytes(url, sink.getvalue().to_pybytes())


def read(url: str) -> Tombstones:
    """Return the tombstones of a file; raises RecipeError if it holds none."""
    try:
        with open_parquet(url) as file:
            table = pq.read_table(file, columns=SCHEMA.names)
        kinds: list[Any] = table["kind"].to_pylist()
        hashes: list[Any] = table["hash"].to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise RecipeError(f"{url}: expected tombstones as Parquet, got {error}") from error
    by_kind: dict[Any, set[bytes]] = {kind: set() for kind in KINDS}
    for kind, hash_ in zip(kinds, hashes, strict=True):
        by_kind.setdefault(kind, set()).add(hash_)
    return Tombstones({kind: frozenset(hashes_) for kind, hashes_ in by_kind.items()})


def files_of(path: str) -> list[str]:
    """Return the files of tombstones of a run's folder, or of one file."""
    if path.endswith(".parquet"):
        return [path]
    urls = io.list_files(io.join(path, FOLDER))
    return sorted(url for url in urls if url.endswith(".parquet"))


def read_all(paths: Sequence[str]) -> Tombstones:
    """Return the tombstones of several folders and files together."""
    result = Tombstones()
    for path in paths:
        for url in files_of(path):
            result |= read(url)
    return result
