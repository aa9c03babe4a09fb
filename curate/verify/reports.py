"""Check manifest, ledger, mixture and contamination report against the shards and tables."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow.parquet as pq

from curate.store import io
from curate.store.keys import Tally
from curate.store.ledger import What, all_cut, manifest_digest, summary
from curate.store.output import find_report
from curate.store.parquet import open_parquet
from curate.verify.shards import Shard, digest_of


def check_versions(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for a manifest of another schema version."""
    if manifest.get("schema_version") != 1:
        yield f"manifest.json: expected schema_version 1, got {manifest.get('schema_version')}"


def check_manifest(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line if the manifest's digest differs; manifests of 0.1.0 have none."""
    digest = manifest.get("digest")
    if digest is not None and digest != (got := manifest_digest(manifest)):
        yield f"manifest.json: expected its own digest {digest}, got {got}: it was changed"


def check_file(out: str, entry: Mapping[str, Any]) -> list[str]:
    """Return deviations of a file that is not a shard: missing, or other bytes."""
    url = io.join(out, entry["file"])
    if not io.exists(url):
        return [f"{entry['file']}: expected it next to the manifest, found none"]
    size, sha256 = digest_of(url)
    got = {"bytes": size, "sha256": sha256}
    return [
        f"{entry['file']}: expected {name} {entry[name]}, got {value}"
        for name, value in got.items()
        if entry[name] != value
    ]


def check_names(out: str, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each missing shard, each stray file, and inconsistent numbers."""
    listed = {shard["file"] for shard in manifest["shards"]}
    plain = {re.sub(r"\.v\d+\.parquet$", ".parquet", file) for file in listed}
    corpus = io.join(out, "corpus")
    present = {f"corpus/{url.removeprefix(corpus).lstrip('/')}" for url in io.list_files(corpus)}
    for file in sorted(listed - present):
        yield f"{file}: expected a shard, found none"
    for file in sorted(present - listed):
        yield f"{file}: expected only shards of the manifest, found this"
    for split in ("train", "validation"):
        of_split = sorted(file for file in plain if file.startswith(f"corpus/{split}/"))
        wanted = [
            f"corpus/{split}/{split}-{n:05d}-of-{len(of_split):05d}.parquet"
            for n in range(len(of_split))
        ]
        if of_split != wanted:
            names = ", ".join(of_split)
            yield f"corpus/{split}: expected {len(of_split)} numbered shards, got {names}"


def check_mixture(manifest: Mapping[str, Any], shards: Sequence[Shard]) -> Iterator[str]:
    """Yield deviations of the mixture: its numbers, or its distance from the target."""
    sums: dict[str, list[int]] = {}
    for shard in shards:
        for source, counts in shard.sources.items() if "/train/" in shard.file else ():
            old = sums.get(source, [0, 0])
            sums[source] = [old[0] + counts[0], old[1] + counts[1]]
    written = sum(counts[1] for counts in sums.values())
    mixture = manifest["mixture"]
    removed = manifest.get("removed", {}).get("sources", {})
    target_total = sum(entry["target_tokens"] for entry in mixture.values())
    for source in sorted(set(sums) - set(mixture)):
        yield f"mixture: expected {', '.join(sorted(mixture))}, got documents of {source}"
    for source, entry in sorted(mixture.items()):
        documents, count = sums.get(source, [0, 0])
        got = {"documents": documents, "tokens": count}
        for name, value in got.items():
            if entry[name] != value:
                yield f"mixture: {source}: expected {entry[name]} {name}, got {value}"
        share = count / written if written else 0.0
        if abs(share - entry["achieved"]) > 1e-12:
            yield f"mixture: {source}: expected a share of {entry['achieved']}, got {share}"
        if abs(entry["target_tokens"] - entry["target"] * target_total) > 1 + 1e-9 * target_total:
            yield (
                f"mixture: {source}: expected {entry['target']:.4f} of {target_total} tokens as "
                f"target, got {entry['target_tokens']}"
            )
        count += removed.get(source, {}).get("tokens", 0)  # was there when the mix was drawn
        if 2 * abs(count - entry["target_tokens"]) > entry["at_cut"]:
            yield (
                f"mixture: {source}: expected {entry['target_tokens']} tokens, up to half of a "
                f"document of {entry['at_cut']}, got {count}"
            )


def check_ledger(
    out: str, shards: Sequence[Shard], removed: Mapping[str, int]
) -> tuple[list[str], int]:
    """Return deviations of the ledger, and its number of records.

    removed: documents by split that were removed from the corpus since.
    """
    ledger = find_report(out, "ledger")
    if ledger is None:
        return ["ledger.json: expected it next to the manifest, found none"], 0
    mistakes = []
    states = ("kept", "held_out", "unused", "damaged")
    ends = sum(ledger[state] for state in states) + sum(ledger["skipped"].values())
    ends += sum(sum(reasons.values()) for reasons in ledger["dropped"].values())
    if ends != ledger["records_in"] or ledger["checksum_in"] != ledger["checksum_out"]:
        mistakes.append(
            f"ledger.json: expected {ledger['records_in']} records with checksum "
            f"{ledger['checksum_in']}, got {ends} with {ledger['checksum_out']}"
        )
    for split, state in (("train", "kept"), ("validation", "held_out")):
        documents = sum(shard.documents for shard in shards if f"/{split}/" in shard.file)
        wanted = ledger[state] - removed.get(split, 0)
        if documents != wanted:
            mistakes.append(f"corpus/{split}: expected {wanted} documents, got {documents}")
    characters = ledger.get("characters")
    if characters:
        left = sum(characters[state] for state in ("kept", "held_out", "unused"))
        left += all_cut(characters["dropped"]) + all_cut(characters["cut"])
        if left != characters["extracted"]:
            mistakes.append(
                f"ledger.json: expected {characters['extracted']:,} characters, got {left:,}"
            )
    files = io.list_files(io.join(out, "ledger"))
    if files:
        checksum = int(ledger["checksum_in"], 16)
        extracted = characters["extracted"] if characters else 0
        into = Tally(ledger["records_in"], checksum, extracted)
        cut = characters["cut"] if characters else {}
        recomputed = summary(_tallies(files), into, cut, ledger.get("tokens_per_character"))
        if {key: recomputed[key] for key in ledger} != ledger:
            mistakes.append("ledger: its rows do not add up to ledger.json")
    return mistakes, ledger["records_in"]


def _tallies(files: Mapping[str, int]) -> dict[What, Tally]:
    tallies: dict[What, Tally] = {}
    names = ("state", "stage", "reason", "source", "file_path", "n", "characters")
    for url in files:
        with open_parquet(url) as raw:
            parquet = pq.ParquetFile(raw, page_checksum_verification=True)
            present = [name for name in names if name in parquet.schema_arrow.names]
            for batch in parquet.iter_batches(columns=present):
                columns = [batch[name].to_pylist() for name in names[:6]]
                has_characters = len(present) == len(names)  # of 0.1.0 a ledger had no characters
                columns.append(
                    batch["characters"].to_pylist() if has_characters else [0] * len(batch)
                )
                for state, stage, reason, *key, size in zip(*columns, strict=True):
                    tally = tallies.setdefault((state, stage, reason), Tally())
                    tally.add(*key)
                    tally.characters += size or 0
    return tallies


def check_contamination(out: str, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield deviations of the contamination report, if the manifest names benchmarks."""
    if not manifest.get("benchmarks"):
        return
    report = find_report(out, "contamination")
    if report is None:
        yield "contamination.json: expected it next to the manifest, found none"
        return
    items: set[tuple[str, str]] = set()
    for url in io.list_files(io.join(out, "contamination")):
        with open_parquet(url) as raw:
            rows: list[Any] = pq.read_table(raw, columns=["benchmark", "item"]).to_pylist()
        items |= {(row["benchmark"], row["item"]) for row in rows}
    dirty = Counter(benchmark for benchmark, _ in items)
    by_name = {benchmark["name"]: benchmark for benchmark in report["benchmarks"]}
    for listed in manifest["benchmarks"]:
        reported = by_name.get(listed["name"], {})
        if any(reported.get(key) != value for key, value in listed.items()):
            yield f"contamination.json: {listed['name']} is not as the manifest says"
        elif reported["dirty"] != dirty[listed["name"]]:
            yield (
                f"contamination: {listed['name']}: expected {reported['dirty']} dirty items, "
                f"got {dirty[listed['name']]}"
            )
