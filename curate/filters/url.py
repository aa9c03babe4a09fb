"""URL filter: block lists of domains and URLs, substrings, hard and soft words.

The lists are your files, none is shipped: one entry per line, UTF-8, gzip if the name ends in .gz;
blank lines and those that begin with # are skipped. UT1's lists are such files.

Source: Penedo et al. 2023 (RefinedWeb), arXiv:2306.01116, appendix G.1: listed domains, strict
parts of words, one hard word, two soft words.
"""

import gzip
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, ClassVar
from urllib.parse import unquote, urlsplit

from pydantic import BeforeValidator, WithJsonSchema
from pydantic.dataclasses import dataclass

from curate._lazy import listing
from curate.filters.settings import CONFIG, Count, Strings, bound, bounds
from curate.steps import Step, record

__all__ = ["UrlRules"]
__dir__ = listing(__name__, __all__)

Lists = Annotated[
    Strings,
    BeforeValidator(lambda given: (given,) if isinstance(given, str) else given),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
_WORD = re.compile(r"[^\W_]+")
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://")


def _listed(meaning: str) -> Any:
    return bound((), f"{meaning} (RefinedWeb, appendix G.1)", side="has", files=True)


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class UrlRules:
    """Drop a document for its URL; a document without one is kept.

    Called with a document's columns, returns the first of these reasons, or None, by the lists of
    that name:
        url_domain: its host, or a parent domain, is listed;
        url_listed: host and path are listed, or begin with a listed entry;
        url_substring: it contains an entry, as a word or not;
        url_hard_word: one of its words is an entry;
        url_soft_words: at least `least_soft_words` different entries are words of it.
    Case, "www." before the host and a port are ignored. Words are runs of letters and digits.
    Args:
        url_domain, ..., url_soft_words: paths of lists, read when it is made.
    Raises:
        ValueError: no list at all, or one that cannot be read or is empty.

    Source: Penedo et al. 2023 (RefinedWeb), arXiv:2306.01116, appendix G.1.
    """

    url_domain: Lists = _listed("a host, or a domain above it, of a list of domains")
    url_listed: Lists = _listed("an address, or one above it, of a list of URLs")
    url_substring: Lists = _listed("a URL with a listed part of a word")
    url_hard_word: Lists = _listed("a URL with a listed hard word")
    url_soft_words: Lists = _listed("a URL with several listed soft words")
    least_soft_words: Count = 2
    _lists: ClassVar[dict[str, frozenset[str]]]  # of each object, set in __post_init__

    def __post_init__(self) -> None:
        names = tuple(bounds(type(self)))
        lists = {name: _read_all(name, getattr(self, name)) for name in names}
        if not any(lists.values()):
            raise ValueError(f"UrlRules: expected a list in one of {', '.join(names)}, got none")
        object.__setattr__(self, "_lists", lists)

    def __call__(self, columns: Mapping[str, Any]) -> str | None:
        url = columns.get("url")
        return self.judge(url) if isinstance(url, str) and url else None

    def judge(self, url: str) -> str | None:
        """Return why to drop a document of this URL, or None."""
        lists = self._lists
        url = url.strip().lower()
        host, address = _parts(url)
        if any(domain in lists["url_domain"] for domain in _above(host)):
            return "url_domain"
        if any(start in lists["url_listed"] for start in _starts(address)):
            return "url_listed"
        if any(part in url for part in lists["url_substring"]):
            return "url_substring"
        words = set(_WORD.findall(unquote(url)))
        if words & lists["url_hard_word"]:
            return "url_hard_word"
        soft = words & lists["url_soft_words"]
        return "url_soft_words" if soft and len(soft) >= self.least_soft_words else None

    def steps(self) -> list[Step]:
        """Return its one step."""
        return [record(self, name="url")]


def _parts(url: str) -> tuple[str, str]:
    """Return host and host/path of a lower-case URL, in the form of the lists."""
    try:
        split = urlsplit(url if _SCHEME.match(url) else f"http://{url}")
        host = split.hostname or ""
    except ValueError:  # misplaced brackets
        return "", ""
    host = host.removeprefix("www.").rstrip(".")
    query = f"?{split.query}" if split.query else ""
    return host, f"{host}{split.path}{query}".rstrip("/")


def _above(host: str) -> list[str]:
    """Return a host and its parent domains.

    >>> _above("a.b.org")
    ['a.b.org', 'b.org', 'org']
    """
    labels = host.split(".")
    return [".".join(labels[i:]) for i in range(len(labels))] if host else []


def _starts(address: str) -> list[str]:
    """Return an address and all its prefixes at path segments.

    >>> _starts("a.org/b/c?d=1")
    ['a.org/b/c?d=1', 'a.org/b/c', 'a.org/b', 'a.org']
    """
    path, query, _ = address.partition("?")
    parts = path.split("/")
    above = ["/".join(parts[: i + 1]) for i in range(len(parts))][::-1]
    return [address, *above] if query else above


def _read_all(name: str, paths: tuple[str, ...]) -> frozenset[str]:
    entries: set[str] = set()
    for path in paths:
        try:
            version = Path(path).stat().st_mtime_ns
            listed = _read(path, version)
        except (OSError, UnicodeDecodeError, EOFError) as error:
            raise ValueError(f"UrlRules: {name} must be readable UTF-8 lists: {error}") from error
        if not listed:
            raise ValueError(f"UrlRules: {name} must name lists with entries, but {path} has none")
        entries |= listed
    if name in ("url_domain", "url_listed"):
        return frozenset(_parts(entry)[name == "url_listed"] for entry in entries)
    return frozenset(entries)


@lru_cache(maxsize=16)  # of files, by modification time: called for each part of the documents
def _read(path: str, _version: int) -> frozenset[str]:
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as file:
        lines = (line.strip().lower() for line in file)
        return frozenset(line for line in lines if line and not line.startswith("#"))


FILTERS = {"url": UrlRules}
