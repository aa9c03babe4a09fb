"""Explain one record: where it was read, its outcome and why, from the ledger and the shards."""

import re
from collections.abc import Iterator
from typing import Any

import pyarrow.parquet as pq

from curate.errors import RecipeError
from curate.recipe import named_filters
from curate.report.reasons import meaning
from curate.store import io
from curate.store.keys import bucket_of
from curate.store.output import find_report
from curate.store.parquet import open_parquet
from curate.text.cuts import align

IN_SHARDS = ("kept", "held_out")
EXCERPT, AROUND, NAME = 200, 60, 200  # characters shown
EXCERPTS = 5


def explain_record(out: str, key: str) -> list[str]:
    """Return the history of the records with an id or a URL, one line per step; [] if unknown.

    Damaged records have neither: they are found by their file, as `source/file_path`, `file_path`,
    or either with `#n` for one record.

    Raises RecipeError if there is no ledger (the run is not done, or kept counts only).
    """
    files = sorted(io.list_files(io.join(out, "ledger")))
    if not files:
        raise RecipeError(f"{out}: expected a finished run with `ledger: full`, found no ledger")
    rows = _rows(_own(files, key), "id", key) or _rows(files, "url", key) or _damaged(files, key)
    lines: list[str] = []
    filters = _filters_of(out)
    order = ("source", "file_path", "n")
    # The request for a page and its metadata have its URL too: they come after it.
    rows.sort(key=lambda row: (row["state"] == "skipped", *(row[name] for name in order)))
    for row in rows:
        lines.extend(_explained(out, row, filters))
    return lines


def final_state(out: str, id_: str) -> str | None:
    """Return where the record with an id ended, such as "dropped in filter: too_few_words".

    None where the run has read no such record, or keeps no full ledger.
    """
    rows = _rows(_own(sorted(io.list_files(io.join(out, "ledger"))), id_), "id", id_)
    return _ended(rows[0]) if rows else None


def _ended(row: dict[str, Any]) -> str:
    reason = f": {row['reason']}" if row["reason"] else ""
    score = f" (score {row['score']:.4f})" if row["score"] is not None else ""
    return f"{row['state']} in {row['stage']}{reason}{score}"


def _own(files: list[str], id_: str) -> list[str]:
    """Return those of a table's files, by hash of id, in which a record of this id can be."""
    if not files:
        return []
    # A bucket without rows has no file; how many buckets there are, the names say.
    buckets = int(files[0].rpartition("-")[2].removesuffix(".parquet"))
    bucket = f"-{bucket_of(id_, buckets):05d}-of-"
    return [url for url in files if bucket in url.rpartition("/")[2]]


def _rows(files: list[str], column: str, value: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for url in files:
        with open_parquet(url) as file:
            rows += pq.read_table(file, filters=[(column, "==", value)]).to_pylist()
    return rows


def _damaged(files: list[str], key: str) -> list[dict[str, Any]]:
    """Return the damaged records of a file; see `explain_record` for the forms of its name."""
    path = re.sub(r"#\d+$", "", key)
    paths = [key, path, path.partition("/")[2], key.partition("/")[2]]
    rows: list[dict[str, Any]] = []
    for url in files:
        with open_parquet(url) as file:
            table = pq.read_table(
                file, filters=[("state", "==", "damaged"), ("file_path", "in", paths)]
            )
        rows += table.to_pylist()
    return [
        row
        for row in rows
        for name in (row["file_path"], f"{row['source']}/{row['file_path']}")
        if key in (name, f"{name}#{row['n']}")
    ]


def _filters_of(out: str) -> list[tuple[str, dict[str, Any]]]:
    """Return a run's filters and their settings, by its manifest; [] where there is none."""
    recipe = (find_report(out, "manifest") or {}).get("recipe") or {}
    return named_filters(recipe.get("filters") or ())


def _explained(
    out: str, row: dict[str, Any], filters: list[tuple[str, dict[str, Any]]]
) -> Iterator[str]:
    yield f"{row['id'] or '(no id)'}  {row['url'] or ''}".rstrip()
    length = f", {row['length']:,} bytes" if row["length"] is not None else ""
    yield f"  read: source {row['source']}, {row['file_path']} at {row['n']:,}{length}"
    yield f"  {_ended(row)}"
    if row["reason"] and (sentence := meaning(row["reason"], filters)):
        yield f"    {sentence}"
    sample = _sample(out, row)
    if sample is not None and sample.get("bound") is not None:
        yield f"    measured {sample['value']:.4g}, the bound is {sample['bound']:.4g}"
    if row["kept_id"]:
        yield from _kept(out, row["kept_id"])
    for hit in _hits(out, row["id"], row["source"]) if row["id"] else ():
        span = f"characters {hit['start']:,} to {hit['end']:,}"
        yield f"  cut out, {span}: {hit['benchmark']}, item {hit['item']}, {hit['field']}"
    copies = list(_copies(out, row["id"])) if row["state"] in IN_SHARDS else []
    for shard, copy in copies:
        part = f"piece {copy['piece']}, " if copy["piece"] else ""
        yield f"  {shard}: {part}epoch {copy['epoch']}, {copy['token_count']:,} tokens"
    if row["state"] in IN_SHARDS and not copies and _is_reduced(out):
        yield "  in no shard: removed since then (curate remove)"
    kept_text = next((copy["text"] for _, copy in copies if not copy["piece"]), None)
    yield from _text(row, sample, kept_text)


def _is_reduced(out: str) -> bool:
    """Return whether documents were removed from a finished run."""
    return "removed" in (find_report(out, "manifest") or {})


def _sample(out: str, row: dict[str, Any]) -> dict[str, Any] | None:
    """Return a record among the samples, None if it was not drawn."""
    url = io.join(out, "samples/samples.parquet")
    if not row["id"] or not io.exists(url):
        return None
    names = ("source", "state", "stage", "reason")
    matches = (sample for sample in _rows([url], "id", row["id"])
             if all(sample[name] == row[name] for name in names))  # fmt: skip
    return next(matches, None)


def _kept(out: str, id_: str) -> Iterator[str]:
    """Yield the document kept instead of a record: its URL, and its title if it is kept."""
    rows = _rows(_own(sorted(io.list_files(io.join(out, "ledger"))), id_), "id", id_)
    row = next((candidate for candidate in rows if candidate["url"]), rows[0] if rows else None)
    url = row and row["url"]
    yield f"  kept instead: {id_}{f'  {url}' if url else ''}"
    if row is not None:
        title = next(
            (candidate["title"] for _, candidate in _copies(out, id_) if candidate["title"]), None
        )
        yield f"    {_ended(row)}{f', title: {title[:NAME]}' if title else ''}"


def _text(
    row: dict[str, Any], sample: dict[str, Any] | None, kept_text: str | None
) -> Iterator[str]:
    """Yield how a text begins, what its rule objects to, and what edits cut out of it.

    The text as extracted is among the samples, if anywhere; `kept_text` is the one in the shards.
    """
    extracted_text: str | None = sample["text"] if sample else None
    if text := extracted_text or kept_text:
        yield f"  text: {_line(text[:EXCERPT])}{' …' if len(text) > EXCERPT else ''}"
    if sample and extracted_text is not None:
        yield from _places(extracted_text, sample.get("spans") or [])
    if (
        extracted_text is not None
        and kept_text is not None
        and row["characters"] != row["extracted"]
    ):
        for cut in align(extracted_text, kept_text, "cut")[:EXCERPTS]:
            yield f"  cut: {_line(extracted_text[cut.start : cut.end][:EXCERPT])}"
    elif row["extracted"] and row["characters"] is not None:
        cut_characters = row["extracted"] - row["characters"]
        if cut_characters > 0:
            yield f"  cut: {cut_characters:,} of {row['extracted']:,} characters"


def _places(text: str, spans: list[dict[str, int]]) -> Iterator[str]:
    """Yield what a rule objects to in a text, between [[ and ]], with the text around it."""
    for span in spans[:EXCERPTS]:
        start, end = span["start"], min(span["end"], span["start"] + EXCERPT)
        head, tail = text[max(0, start - AROUND) : start], text[end : end + AROUND]
        yield f"    {_line(head)}[[{_line(text[start:end])}]]{_line(tail)}"
    if len(spans) > EXCERPTS:
        yield f"    and {len(spans) - EXCERPTS} more places"


def _line(text: str) -> str:
    return text.replace("\n", " / ")


def _hits(out: str, id_: str, source: str) -> list[dict[str, Any]]:
    """Return where benchmark texts stood in a document, in the order of its text."""
    files = sorted(io.list_files(io.join(out, "contamination")))
    return [row for row in _rows(_own(files, id_), "id", id_) if row["source"] == source]


def _copies(out: str, id_: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rows of an id in the shards, each with its file."""
    corpus = io.join(out, "corpus")
    for url in io.list_files(corpus):
        with open_parquet(url) as file:
            columns = ["piece", "epoch", "token_count", "title", "text"]
            table = pq.read_table(file, columns=columns, filters=[("id", "==", id_)])
        for row in table.to_pylist():
            yield url.removeprefix(corpus).lstrip("/"), row
