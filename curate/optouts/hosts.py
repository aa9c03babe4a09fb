"""Opt-outs of sites in well-known files: robots.txt, ai.txt, tdmrep.json, as a table or archives.

A table is Parquet with a column `host`, and of these what it has: `robots`, `ai_txt`, `tdmrep` (the
files' texts), `date` (when they were fetched, as ISO 8601). An archive (.warc, .warc.gz) has the
responses themselves, as Common Crawl's robots archives do. Of a host that is there twice the later
one counts.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from curate.errors import RecipeError
from curate.optouts import robots
from curate.store import io
from curate.store.parquet import open_parquet
from curate.warc.reader import Damage, read_records

FILES = {"/robots.txt": "robots", "/ai.txt": "ai_txt", "/.well-known/tdmrep.json": "tdmrep"}


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """The text of a well-known file, and when it was fetched ("": not known)."""

    text: str
    date: str = ""


Hosts = dict[str, dict[str, PolicyFile]]  # host -> name of a column -> its file


class Stamped(NamedTuple):
    """A file as it was when the run began: where, its size, its ETag or time of change."""

    url: str
    size: int
    version: str


@lru_cache(maxsize=1)  # a worker's units share one
def load(files: tuple[Stamped, ...]) -> Hosts:
    """Return what the hosts of some files say; raises RecipeError for what is no such file.

    Kept in memory until other files are asked for, or one of them in another version.
    """
    hosts: Hosts = {}
    for url, _, _ in files:
        rows = _of_archive(url) if _is_archive(url) else _of_table(url)
        for host, column, policy in rows:
            policies = hosts.setdefault(host.lower().removesuffix("."), {})
            if column not in policies or policies[column].date <= policy.date:
                policies[column] = policy
    return hosts


def check(url: str) -> None:
    """Raise RecipeError for a table that cannot be read or lacks the columns; reads no rows."""
    if not _is_archive(url):
        _columns(url, _read(url, pq.read_schema).names)


def _is_archive(url: str) -> bool:
    return ".warc" in url.rpartition("/")[2]


def _read(url: str, read: Callable[[Any], Any]) -> Any:
    try:
        with open_parquet(url) as file:
            return read(file)
    except (OSError, pa.ArrowException) as error:
        raise RecipeError(f"rights.opt_outs.hosts: expected Parquet, got {url}: {error}") from error


def _columns(url: str, names: Sequence[str]) -> list[str]:
    """Return which of the well-known files a table has."""
    columns = [name for name in FILES.values() if name in names]
    if "host" not in names or not columns:
        raise RecipeError(
            f"rights.opt_outs.hosts: expected columns host and one of {', '.join(FILES.values())} "
            f"in {url}, got {', '.join(names)}"
        )
    return columns


def _of_table(url: str) -> Iterator[tuple[str, str, PolicyFile]]:
    table: pa.Table = _read(url, pq.read_table)
    columns = _columns(url, table.column_names)
    hosts: list[Any] = table["host"].to_pylist()
    dated = "date" in table.column_names
    dates: list[Any] = table["date"].to_pylist() if dated else [None] * len(hosts)
    for name in columns:
        texts: list[Any] = table[name].to_pylist()
        for host, text, date in zip(hosts, texts, dates, strict=True):
            if host and text is not None:
                plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
                yield str(host), name, PolicyFile(plain, str(date or ""))


def _of_archive(url: str) -> Iterator[tuple[str, str, PolicyFile]]:
    with io.open_read(url) as file:
        for record in read_records(cast(Any, file)):
            if isinstance(record, Damage) or record.kind != "response" or record.status != 200:
                continue
            parts = urlsplit(record.url or "")
            if parts.hostname and parts.path in FILES:
                text = record.payload[: robots.LIMIT].decode("utf-8", "replace")
                yield parts.hostname, FILES[parts.path], PolicyFile(text, record.date or "")


def reason(
    hosts: Hosts,
    url: str | None,
    date: str | None,
    *,
    agents: Sequence[str],
    later: bool,
) -> str | None:
    """Return why a page is not to be taken by its site's word, or None.

    Args:
        agents: whose groups of robots.txt count, in lower case.
        later: whether a file that was fetched after the page counts.
    """
    try:
        parts = urlsplit(url or "")
        policies = hosts.get((parts.hostname or "").removesuffix("."))
    except ValueError:
        return None
    if not policies:
        return None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    for name, policy in policies.items():
        if not later and date and policy.date:
            known = min(len(date), len(policy.date))  # a day, or a time of it
            if policy.date[:known] > date[:known]:
                continue
        if name == "robots" and robots.forbids(robots.parsed(policy.text), agents, path):
            return "optout_robots"
        if name == "ai_txt" and robots.forbids_text(robots.parsed(policy.text), agents, path):
            return "optout_ai_txt"
        if name == "tdmrep" and _reserved(policy.text, path):
            return "optout_tdmrep"
    return None


def _reserved(text: str, path: str) -> bool:
    """Return what the first rule of a tdmrep.json for a path says; a broken file says nothing."""
    try:
        rules = json.loads(text)
    except (ValueError, RecursionError):
        return False
    for rule in rules if isinstance(rules, list) else ():
        if isinstance(rule, dict) and robots.matches(str(rule.get("location", "")), path):
            return str(rule.get("tdm-reservation")) == "1"
    return False
