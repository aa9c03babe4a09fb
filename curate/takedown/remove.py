"""Remove records from a finished corpus: a new version, of which only affected files are new.

Input: OUT, and what is to be removed. Output: OUT without it, and tombstones. The manifest
defines the corpus, and is replaced in one operation; a file that the old one lists keeps
its bytes until then. So a removal that is killed leaves the old version or the new one, and the
same command continues it:

1. remains of earlier removals are deleted; the small files that will change (card, samples)
   are taken off the manifest's list;
2. each shard that holds a row to be removed is rewritten under a new name
   (train-00000-of-00003.v2.parquet); a shard that was written before is kept;
3. tombstones are written, a file of this removal;
4. card and samples are rewritten;
5. the manifest is replaced;
6. shards that it no longer names are deleted.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curate.engine import processes as parallel
from curate.errors import RecipeError
from curate.report.card import card
from curate.store import io
from curate.store.keys import text_hash
from curate.store.ledger import manifest_digest
from curate.store.output import find_report, read_report
from curate.store.owner import names_below
from curate.store.parquet import open_parquet
from curate.takedown.packs import packs_with, work_folders
from curate.takedown.shards import Named, Rewritten, find_named, rewrite
from curate.takedown.tombstones import FOLDER, Kind, Tombstones, files_of

CARD, PAIRS = "README.md", "pairs.parquet"
SAMPLES = ("samples/samples.parquet", "samples/unjudged.parquet")
TASK = "labels/task-"
CHANGED = (CARD, *SAMPLES, PAIRS)
DONE = f"{FOLDER}/_removal"  # below OUT: what a removal has done, while it runs


def remove(
    out: str,
    tombstones: Tombstones,
    *,
    workers: int | None = None,
    log: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Remove records from a corpus; return counts of what was removed, and other copies of it.

    Args:
        tombstones: what is named: ids, URLs, domains, texts.
        workers: processes; None: one for each core.
    Raises:
        RecipeError: nothing is named, there is no manifest, or it is not as it was written.
    """
    if not len(tombstones):
        raise RecipeError(
            "remove: expected lists of URLs, domains, ids or texts (--urls, --domains, --ids, "
            "--text), got none, or empty ones"
        )
    out = io.absolute(out, Path.cwd())
    manifest = _manifest(out)
    number = int(manifest.get("version", 1)) + 1
    files = [shard["file"] for shard in manifest["shards"]]
    _delete_unlisted(out, manifest)
    extended, missing = _with_ids_and_texts(out, files, tombstones, workers)
    unsigned = [entry for entry in manifest.get("files", ()) if entry["file"] not in CHANGED]
    _publish(out, {**manifest, "files": unsigned})
    written = _rewrite_all(out, files, number, extended, workers=workers, log=log)
    ids = {id_ for result in written for id_ in result.ids}
    ids |= _removed_for(out, ids)
    recorded = extended | Tombstones.of(ids=ids)
    recorded.write(io.join(out, FOLDER, f"{FOLDER}-{number:05d}.parquet"))
    new = _version(manifest, number, written)
    _rewrite_small_files(out, new, extended, ids)
    signed = [*CHANGED, *(name for _, name in names_below(out, files_of(out)))]
    new["files"] = [*(f for f in unsigned if f["file"] not in signed), *_signed(out, signed)]
    _publish(out, new)
    _delete_unlisted(out, new)
    touched = [result.was for result in written]
    return {
        "version": number,
        "rows": sum(result.rows for result in written),
        "documents": sum(result.documents for result in written),
        "tokens": sum(result.tokens for result in written),
        "shards": touched,
        "of": len(files),
        "packs": packs_with(out, touched),
        "works": work_folders(out),
        "in_no_shard": missing,
    }


def _manifest(out: str) -> dict[str, Any]:
    manifest = read_report(out, "manifest")
    if manifest.get("digest") not in (None, manifest_digest(manifest)):
        raise RecipeError(
            f"{io.join(out, 'manifest.json')}: expected it as it was written, but its digest is "
            "another: `curate verify` says what else is changed"
        )
    return manifest


def _publish(out: str, manifest: dict[str, Any]) -> None:
    manifest["digest"] = manifest_digest(manifest)
    data = (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()
    io.write_bytes(io.join(out, "manifest.json"), data)


def _delete_unlisted(out: str, manifest: Mapping[str, Any]) -> None:
    """Delete the shards that a manifest does not name, and what removals noted that it has."""
    named = {io.join(out, shard["file"]) for shard in manifest["shards"]}
    pattern = re.compile(r"/(train|validation)-\d{5,}-of-\d{5,}(\.v\d+)?\.parquet$")
    shard_files = io.list_files(io.join(out, "corpus"))
    noted = io.list_files(io.join(out, DONE))
    current = f"{int(manifest.get('version', 1)) + 1}-"
    old = [url for url in noted if not url.rpartition("/")[2].startswith(current)]
    kept = {io.join(out, Rewritten.from_json(io.read_bytes(url)).shard["file"])
            for url in noted if url not in old}  # fmt: skip
    stray = [url for url in shard_files if url not in named | kept and pattern.search(url)]
    io.delete_many([*stray, *old])


def _with_ids_and_texts(
    out: str, files: Sequence[str], tombstones: Tombstones, workers: int | None
) -> tuple[Tombstones, dict[Kind, int]]:
    """Return what is named, with the ids of the records it names and the texts of their rows.

    Beside it how many of each kind no shard has.
    """

    def named(searched: Tombstones) -> list[Named]:
        find = partial(find_named, out=out, tombstones=searched)
        return list(parallel.map_files(find, files, workers))

    matches = named(tombstones)
    missing = tombstones.without(one for match in matches for one in match.by)
    ids = {id_ for match in matches for id_ in match.ids}
    extended = tombstones | Tombstones.of(ids=ids)
    if tombstones.has_texts():  # a text may be one piece of a document
        matches = named(extended)
    texts = frozenset(text for match in matches for text in match.texts)
    return extended | Tombstones({"text": texts}), missing


def _removed_for(out: str, ids: set[str]) -> set[str]:
    """Return the ids of documents that were once removed as copies of some."""
    removed_ids: set[str] = set()
    for url in io.list_files(io.join(out, "duplicates")):
        with open_parquet(url) as file:
            table = pq.read_table(file, columns=["removed_id", "kept_id"])
        removed: list[Any] = table["removed_id"].to_pylist()
        kept: list[Any] = table["kept_id"].to_pylist()
        removed_ids |= {
            removed_id for removed_id, kept_id in zip(removed, kept, strict=True) if kept_id in ids
        }
    return removed_ids


def _rewrite_all(
    out: str,
    files: Sequence[str],
    number: int,
    tombstones: Tombstones,
    *,
    workers: int | None,
    log: Callable[[str], None],
) -> list[Rewritten]:
    """Return the rewritten shards, including those of an earlier attempt."""
    prefix = f"{number}-{tombstones.digest()[:12]}-"
    done: dict[str, Rewritten] = {}
    sizes = io.list_files(io.join(out, "corpus"))
    for url in io.list_files(io.join(out, DONE)):
        if url.rpartition("/")[2].startswith(prefix):
            rewritten = Rewritten.from_json(io.read_bytes(url))
            if sizes.get(io.join(out, rewritten.shard["file"])) == rewritten.shard["bytes"]:
                done[rewritten.was] = rewritten
    if done:
        log(f"remove: {len(done)} shards were written before, kept")
    remaining = [file for file in files if file not in done]
    work = partial(_rewrite_one, out=out, number=number, prefix=prefix, tombstones=tombstones)
    for written in parallel.map_files(work, remaining, workers):
        if written is not None:
            done[written.was] = written
    return [done[file] for file in files if file in done]


def _rewrite_one(
    file: str, *, out: str, number: int, prefix: str, tombstones: Tombstones
) -> Rewritten | None:
    """Write a shard without what goes, and note it; None if nothing of it goes."""
    name = re.sub(r"(\.v\d+)?\.parquet$", f".v{number}.parquet", file)
    written = rewrite(file, out=out, name=name, tombstones=tombstones)
    if written is not None:
        url = io.join(out, DONE, f"{prefix}{file.rpartition('/')[2]}.json")
        io.write_bytes(url, written.to_json().encode())
    return written


def _version(manifest: Mapping[str, Any], number: int, written: Sequence[Rewritten]) -> Any:
    """Return the manifest of the new version, without its files."""
    new: dict[str, Any] = json.loads(json.dumps(manifest))
    by_file = {rewritten.was: rewritten.shard for rewritten in written}
    new["shards"] = [by_file.get(shard["file"], shard) for shard in new["shards"]]
    new["version"] = number
    removed = new.setdefault("removed", {"rows": 0, "tokens": 0, "documents": {}, "sources": {}})
    for rewritten in written:
        split = rewritten.was.split("/")[1]
        removed["rows"] += rewritten.rows
        removed["tokens"] += rewritten.tokens
        documents = removed["documents"]
        documents[split] = documents.get(split, 0) + rewritten.documents
        for source, (rows, tokens) in rewritten.sources.items() if split == "train" else ():
            counts = removed["sources"].setdefault(source, {"documents": 0, "tokens": 0})
            counts["documents"] += rows
            counts["tokens"] += tokens
            new["mixture"][source]["documents"] -= rows
            new["mixture"][source]["tokens"] -= tokens
    total_tokens = sum(counts["tokens"] for counts in new["mixture"].values())
    for counts in new["mixture"].values():
        counts["achieved"] = counts["tokens"] / total_tokens if total_tokens else 0.0
    return new


def _rewrite_small_files(
    out: str, manifest: Mapping[str, Any], tombstones: Tombstones, ids: set[str]
) -> None:
    """Rewrite the card, and samples and labels without the removed texts.

    Tasks for raters are deleted: the same seed draws them again.
    """
    ledger, contamination, report = (
        find_report(out, name) for name in ("ledger", "contamination", "report")
    )
    shown = {key: value for key, value in manifest.items() if key != "files"}
    text = card(shown, ledger or {}, contamination, report)
    io.write_bytes(io.join(out, CARD), text.encode())
    for name, prefixes in (
        (SAMPLES[0], ("",)),
        (SAMPLES[1], ("",)),
        (PAIRS, ("removed_", "kept_")),
        *((name, ("",)) for name in _labels(out) if name.endswith(".parquet")),
    ):
        url = io.join(out, name)
        if not io.exists(url):
            continue
        with open_parquet(url) as file:
            table = pq.read_table(file)
        mask = [
            any(
                row.get(f"{prefix}id") in ids
                or tombstones.name(row.get(f"{prefix}id"), row.get("url"))
                or tombstones.hold(text_hash(row.get(f"{prefix}text") or ""))
                for prefix in prefixes
            )
            for row in table.to_pylist()
        ]
        if any(mask):
            sink = pa.BufferOutputStream()
            remaining = table.filter(pa.array([not is_removed for is_removed in mask]))
            pq.write_table(remaining, sink, compression="zstd")
            io.write_bytes(url, sink.getvalue().to_pybytes())
    io.delete_many([io.join(out, name) for name in _labels(out) if name.startswith(TASK)])


def _labels(out: str) -> list[str]:
    """Return the files of OUT/labels, below OUT."""
    return sorted(
        f"labels/{url.rpartition('/')[2]}" for url in io.list_files(io.join(out, "labels"))
    )


def _signed(out: str, names: Sequence[str]) -> list[dict[str, Any]]:
    entries = []
    for name in names:
        url = io.join(out, name)
        if io.exists(url):
            data = io.read_bytes(url)
            entries.append(
                {"file": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            )
    return entries
