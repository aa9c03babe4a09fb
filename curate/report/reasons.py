"""All reasons for which a record is dropped, skipped or damaged, with their meanings."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from curate import decontaminate, filters, stage_list
from curate.engine import guard
from curate.extract import html
from curate.licences import page as licences
from curate.optouts import page as optouts
from curate.warc import kinds
from curate.warc import reader as warc

SOURCES = {
    "not_listed": "a page whose URL is on none of the source's lists",
    "not_sampled": "not drawn: the recipe or --sample asks for a share of the records only",
    "empty_line": "a line of a JSON-lines file with nothing on it",
    "bad_json": "a line that is no JSON object",
    "bad_parquet": "a Parquet file, row group or row that cannot be decoded",
    "bad_csv": "a row of a CSV file that has no end, or no text where the others have it",
    "bad_compression": "a compressed file that breaks off or does not decompress",
    "unpacks_too_far": "a compressed file or row group that unpacks to more than its size allows",
    "bad_xml": "a page of a wiki's dump that is no XML, has no end, or a file without pages",
    "redirect_page": "a wiki's page that only leads to another",
    "other_namespace": "a wiki's page that is no article: talk, user, template, category",
    "other_format": "a wiki's page that is not written in wikitext",
    "disambiguation_page": "a wiki's disambiguation page",
    "list_page": "a wiki's page that is a list, by its title",
    "bad_epub": "an e-book that is damaged, or has no text where it says",
    "encrypted_epub": "an e-book that cannot be read without a key",
    "book_too_large": "an e-book that unpacks to more than a book can be",
    "text_too_large": "a text of more bytes than extract.max_text_bytes, or a line of thrice that",
}


def reasons(named: Iterable[tuple[str, Mapping[str, Any]]] = ()) -> Iterator[tuple[str, str, str]]:
    """Yield (stage, reason, meaning), in the order of the stages.

    `named` are a recipe's filters with their settings: the meanings show their numbers.
    """
    defined: dict[str, Mapping[str, str]] = {
        "extract": {
            **warc.DAMAGES,
            **SOURCES,
            **kinds.KINDS,
            **html.REASONS,
            **guard.REASONS,
            **optouts.REASONS,
            **licences.REASONS,
        },
        "filter": {**filters.reasons(named), **guard.FILTER_REASONS},
        "decontaminate": decontaminate.REASONS,
    }
    for stage in stage_list.ledger_stages():
        table = dict(defined.get(stage, {}))
        for listed in stage_list.STAGES:
            if listed.ledger == stage:
                table.update(listed.reasons)
        for reason, text in sorted(table.items()):
            yield stage, reason, text


def meaning(reason: str, named: Iterable[tuple[str, Mapping[str, Any]]] = ()) -> str | None:
    """Return what a reason means, or None for one of a filter of your own; see `reasons`."""
    return next((text for _, name, text in reasons(named) if name == reason), None)
