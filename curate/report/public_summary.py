"""Write the public summary of training content that the EU's AI Act asks of providers of models.

Input: a finished run. Output: Markdown in the parts of the European Commission's template of 24
July 2025 (Article 53(1)(d) of Regulation (EU) 2024/1689), with what the run knows: sizes,
languages, sources, dates, domains, opt-outs, what was removed. What it cannot know is marked TO_DO
and is the provider's to write. The headings are in our own words.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from curate.recipe import named_filters
from curate.report.card import escape
from curate.report.domains import Content, largest
from curate.report.front_matter import dig

TO_DO = "_(to be written by the provider)_"
_SIZES = ((10**9, "less than 1 billion tokens"), (10**13, "1 billion to 10 trillion tokens"))
_LARGEST = "more than 10 trillion tokens"
_ARCHIVES = ("warc", "wet", "html")  # pages that somebody crawled
_PUBLIC = ("commoncrawl", "mediawiki")  # published datasets
TOP_SHARE = 0.1  # of the domains that are named
SMALL_SHARE, SMALL_MOST = 0.05, 1_000  # the same for small and medium-sized enterprises


def public_summary(
    manifest: Mapping[str, Any],
    ledger: Mapping[str, Any],
    content: Content,
    *,
    small: bool = False,
) -> str:
    """Return the text of OUT/summary.md.

    Args:
        manifest, ledger: as in their files.
        content: what the shards hold.
        small: whether the provider is a small or medium-sized enterprise, which names fewer
            domains.
    """
    parts: list[Iterable[str]] = [
        ["# Public summary of training content\n", f"Version of this summary, date: {TO_DO}\n"],
        _general(manifest, content),
        _sources(manifest, content, small=small),
        _processing(manifest, ledger),
    ]
    return "\n".join(line for part in parts for line in part)


def _general(manifest: Mapping[str, Any], content: Content) -> Iterator[str]:
    size = next((size_class for limit, size_class in _SIZES if content.tokens < limit), _LARGEST)
    counted = dig(manifest, "tokenizer", "name") or "the recipe's tokenizer"
    last = max((dates[1] for dates in content.dates.values()), default=None)
    yield "## 1. General information\n"
    yield "### 1.1 Provider\n"
    yield f"Name and contact: {TO_DO}\n\nAuthorised representative: {TO_DO}\n"
    yield "### 1.2 Model\n"
    yield f"Names and versions: {TO_DO}\n\nModels it was made from: {TO_DO}\n"
    yield f"Placed on the Union market on: {TO_DO}\n"
    yield "### 1.3 Modalities, size, characteristics\n"
    yield f"Modality: text only.\n\nSize: {size} ({content.tokens:,} by {escape(counted)}; this"
    yield f"corpus alone, each document once).\n\nTypes of content: {TO_DO}\n"
    yield f"Latest date of collection that the data has: {escape(last[:10]) if last else TO_DO}\n"
    yield "Languages, by tokens:\n"
    ordered = sorted(content.languages.items(), key=lambda pair: (-pair[1], pair[0]))
    rows = ((name, f"{count:,}", _share(count, content.tokens)) for name, count in ordered)
    yield _table(("language", "tokens", "share"), rows)


def _sources(manifest: Mapping[str, Any], content: Content, *, small: bool) -> Iterator[str]:
    settings: Mapping[str, Any] = dig(manifest, "recipe", "sources") or {}
    kinds = {name: source.get("kind", "") for name, source in settings.items()}
    archives = [name for name in sorted(kinds) if kinds[name] in _ARCHIVES]
    public = [name for name in sorted(kinds) if kinds[name] in _PUBLIC]
    other_sources = sorted(kinds.keys() - {*archives, *public})
    yield "## 2. Sources\n"
    yield "### 2.1 Publicly available datasets\n"
    yield _listed(public, settings, content)
    yield "These may be public or private, which the run does not know. Move each to its place,"
    yield f"with its address: {TO_DO}\n"
    yield _listed(other_sources, settings, content)
    yield "### 2.2 Private datasets of third parties\n"
    yield f"Licensed by rightsholders: {TO_DO}\n\nOthers: {TO_DO}\n"
    yield "### 2.3 Crawled pages\n"
    yield _listed(archives, settings, content)
    yield f"Crawlers, their names, purposes and behaviour: {TO_DO}\n"
    yield from _domains([*archives, *public], content, small=small)
    yield f"### 2.4 Data of users\n\n{TO_DO}\n"
    yield "### 2.5 Synthetic data\n"
    yield f"The run makes none. Whether a source holds some: {TO_DO}\n"
    yield f"### 2.6 Other sources\n\n{TO_DO}\n"


def _listed(names: Sequence[str], settings: Mapping[str, Any], content: Content) -> str:
    if not names:
        return "None known to the run.\n"
    rows = []
    for name in names:
        source = settings[name]
        first, last = content.dates.get(name, ("", ""))
        period = f"{escape(first[:10])} to {escape(last[:10])}" if first else "not known"
        crawl = f", {source['crawl']}" if source.get("crawl") else ""
        rows.append(
            (
                escape(name),
                escape(f"{source.get('kind', '')}{crawl}"),
                escape(source.get("license") or "not stated"),
                period,
                f"{content.sources[name]:,}",
            )
        )
    return _table(("source", "kind", "licence", "dates", "tokens"), rows, 4)


def _domains(names: Sequence[str], content: Content, *, small: bool) -> Iterator[str]:
    sums: dict[str, int] = {}
    for name in names:
        for host, count in content.domains.get(name, {}).items():
            sums[host] = sums.get(host, 0) + count
    if not sums:
        yield f"Domains: {TO_DO}\n"
        return
    share, limit = (SMALL_SHARE, SMALL_MOST) if small else (TOP_SHARE, None)
    top = largest(sums, share, limit)
    yield f"The {len(top):,} largest of {len(sums):,} domains, by tokens in the corpus:\n"
    yield _table(("domain", "tokens"), ((escape(name), f"{sums[name]:,}") for name in top))


def _processing(manifest: Mapping[str, Any], ledger: Mapping[str, Any]) -> Iterator[str]:
    dropped = {
        reason: int(count)
        for reasons in (ledger.get("dropped") or {}).values()
        for reason, count in reasons.items()
    }
    yield "## 3. Processing\n"
    yield "### 3.1 Reservations of rights (text and data mining)\n"
    yield from _reservations(dig(manifest, "recipe", "rights") or {}, dropped)
    yield f"Measures before the run, codes signed: {TO_DO}\n"
    yield "### 3.2 Removal of illegal content\n"
    yield from _removals(dict(named_filters(dig(manifest, "recipe", "filters") or ())), dropped)
    yield f"Measures before and after the run: {TO_DO}\n"
    yield f"### 3.3 Other information\n\n{TO_DO}\n"


def _reservations(rights: Mapping[str, Any], dropped: Mapping[str, int]) -> Iterator[str]:
    opt_outs = rights.get("opt_outs")
    if opt_outs is None:
        yield "The run did not look for opt-outs.\n"
    else:
        directives = escape(", ".join(opt_outs.get("directives") or ()))
        yield "Pages were dropped whose author or site opts out: headers and meta elements"
        yield f"({directives}), TDM reservations, and files"
        yield f"of sites as far as they were given ({'yes' if opt_outs.get('hosts') else 'no'}).\n"
    counts = {name: n for name, n in dropped.items() if name.startswith("optout_")}
    if counts:
        yield _counts(counts)
    if (licence := rights.get("license")) and licence.get("keep"):
        kept = escape(", ".join(licence["keep"]))
        yield f"Only pages with these licences were kept: {kept};"
        yield f"{dropped.get('license_not_kept', 0):,} were dropped.\n"
    if removed := dropped.get("removed", 0):
        yield f"Taken out on request of those concerned: {removed:,} records.\n"


def _removals(filters: Mapping[str, Any], dropped: Mapping[str, int]) -> Iterator[str]:
    named = [name for name in ("url", "c4", "pii") if name in filters]
    yield "Rules of the run that concern it:"
    yield f"{', '.join(map(escape, named)) if named else 'none'} (lists of addresses: `url`; of"
    yield "words: `c4`; personal data: `pii`).\n"
    counts = {
        name: n
        for name, n in dropped.items()
        if (name.startswith("url_") and name != "url_duplicate")
        or name in ("bad_word", "secret_key")
    }
    if counts:
        yield _counts(counts)


def _concerns(reason: str) -> bool:
    listed = reason.startswith("url_") and reason != "url_duplicate"
    return listed or reason in ("bad_word", "secret_key")


def _counts(counts: Mapping[str, int]) -> str:
    rows = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return _table(("reason", "records"), ((escape(name), f"{n:,}") for name, n in rows))


def _share(count: int, total: int) -> str:
    return f"{100 * count / total:.2f} %" if total else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> str:
    lines = [head, [":--"] * words + ["--:"] * (len(head) - words), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
