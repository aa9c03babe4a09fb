"""A finished corpus checked against what its manifest and its books say; no Spark.

Enters: OUT. Leaves: a line for each thing that is not as it is said to be. Checked are: which
shards there are; of each its bytes, sha256, schema, rows, tokens and bytes of text; that its rows
stand in the order of their lots, and that no row is there twice; that the ledger balances, agrees
with its own rows and with the shards; that the mixture is what the shards hold, and as close to its
target as promised; that the report of contamination agrees with its table.

Tokens are added up from `token_count`; `recount` counts them anew with the manifest's tokenizer.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate import io, parallel, schema
from curate.errors import RecipeError
from curate.keys import SEPARATOR, Tally, corpus_key, draw, hash64
from curate.ledger import summary
from curate.mix import prefix, tokens
from curate.parquet import open_parquet

TOLERANCE = 0.005  # of the training tokens, or one document of the source
ORDERED = ("id", "piece", "epoch")
Copies = Mapping[tuple[str, int], int]  # (id, piece) of rows that stand several times -> how often


@dataclass(slots=True)
class Shard:
    """What one shard holds, and what is wrong with it by itself."""

    file: str
    keys: npt.NDArray[np.uint64]  # hashes of the corpus keys
    first: int = 0  # orders
    last: int = 0
    documents: int = 0  # rows that are the first piece of the first copy
    sources: dict[str, list[int]] = field(default_factory=dict)  # rows, tokens, largest document
    mistakes: list[str] = field(default_factory=list)


def verify(
    out: str, *, recount: str | None = None, workers: int | None = None
) -> tuple[dict[str, int], list[str]]:
    """Return (what was checked, what is wrong), the latter empty for a sound corpus.

    Args:
        recount: a tokenizer to count all tokens with (`mix.tokenizer` of the recipe), or None.
        workers: processes; None: one for each core.

    Raises RecipeError if there is no manifest: the run is not done.
    """
    out = io.absolute(out, Path.cwd())
    if not io.exists(io.join(out, "manifest.json")):
        raise RecipeError(f"{out}: expected a finished run, found no manifest.json")
    manifest = json.loads(io.read_bytes(io.join(out, "manifest.json")))
    mistakes = [*_versions(manifest), *_names(out, manifest)]
    there = [one for one in manifest["shards"] if io.exists(io.join(out, one["file"]))]
    repeated: dict[tuple[str, int], int] = {}
    for more in parallel.each(partial(_repeated, out), [one["file"] for one in there], workers):
        for key, copies in more.items():
            repeated[key] = max(copies, repeated.get(key, 1))
    check = partial(
        check_shard, out, seed=manifest["seed"], copies=repeated,
        tokenizer=_tokenizer(manifest, recount),
    )  # fmt: skip
    shards = list(parallel.each(check, there, workers))
    for shard in shards:
        mistakes += shard.mistakes
    mistakes += _together(shards)
    mistakes += _mixture(manifest, shards)
    ledger_mistakes, records = _ledger(out, shards)
    mistakes += ledger_mistakes
    mistakes += _contamination(out, manifest)
    checked = {"shards": len(shards), "rows": sum(len(one.keys) for one in shards)}
    return {**checked, "records": records}, mistakes


def _tokenizer(manifest: Mapping[str, Any], spec: str | None) -> tokens.TokenizerSettings | None:
    if spec is None:
        return None
    return tokens.TokenizerSettings(spec=spec, sha256=manifest["tokenizer"]["sha256"])


def _versions(manifest: Mapping[str, Any]) -> Iterator[str]:
    if manifest.get("schema_version") != 1:
        yield f"manifest.json: expected schema_version 1, got {manifest.get('schema_version')}"


def _names(out: str, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each shard that is missing, each stray file, and numbers that do not fit."""
    listed = {one["file"] for one in manifest["shards"]}
    corpus = io.join(out, "corpus")
    there = {f"corpus/{url.removeprefix(corpus).lstrip('/')}" for url in io.list_files(corpus)}
    for file in sorted(listed - there):
        yield f"{file}: expected a shard, found none"
    for file in sorted(there - listed):
        yield f"{file}: expected nothing but shards of the manifest, found this"
    for split in ("train", "validation"):
        own = sorted(file for file in listed if file.startswith(f"corpus/{split}/"))
        wanted = [
            f"corpus/{split}/{split}-{n:05d}-of-{len(own):05d}.parquet" for n in range(len(own))
        ]
        if own != wanted:
            yield f"corpus/{split}: expected {len(own)} numbered shards, got {', '.join(own)}"


# --- shards ------------------------------------------------------------------------------------


def _repeated(out: str, file: str) -> dict[tuple[str, int], int]:
    """Return how often rows stand in the corpus, as far as one shard tells, if several times."""
    found: dict[tuple[str, int], int] = {}
    try:
        with open_parquet(io.join(out, file)) as raw:
            table = pq.read_table(raw, columns=list(ORDERED), filters=[("epoch", ">", 0)])
    except (pa.ArrowException, OSError):
        return {}  # which is told where the shard is checked
    for id_, piece, epoch in zip(*(table[name].to_pylist() for name in ORDERED), strict=True):
        found[id_, piece] = max(epoch + 1, found.get((id_, piece), 1))
    return found


def check_shard(
    out: str,
    said: Mapping[str, Any],
    *,
    seed: int,
    copies: Copies,
    tokenizer: tokens.TokenizerSettings | None = None,
) -> Shard:
    """Return what a shard holds and how that differs from what the manifest says of it."""
    file = said["file"]
    found = Shard(file, np.empty(0, np.uint64))
    url = io.join(out, file)
    size, sha256 = _digest(url)
    _differ(found, said, {"bytes": size, "sha256": sha256})
    try:
        _read(found, url, said, seed, copies, tokenizer)
    except (pa.ArrowException, OSError) as error:
        found.mistakes.append(f"{file}: expected Parquet, got {error}")
    return found


def _differ(found: Shard, said: Mapping[str, Any], got: Mapping[str, object]) -> None:
    found.mistakes += [
        f"{found.file}: expected {name} {said.get(name)}, got {value}"
        for name, value in got.items()
        if said.get(name) != value
    ]


def _digest(url: str) -> tuple[int, str]:
    size, hashed = 0, hashlib.sha256()
    with io.open_read(url) as file:
        while block := file.read(io.BLOCK):
            size += len(block)
            hashed.update(block)
    return size, hashed.hexdigest()


def _read(  # noqa: PLR0917 - its only caller stands above
    found: Shard,
    url: str,
    said: Mapping[str, Any],
    seed: int,
    copies: Copies,
    tokenizer: tokens.TokenizerSettings | None,
) -> None:
    counter = tokens.load(tokenizer) if tokenizer else None
    validation = said["file"].startswith("corpus/validation/")
    sums = {"rows": 0, "tokens": 0, "text_bytes": 0}
    keys: list[int] = []
    before = -1
    with open_parquet(url) as raw:
        parquet = pq.ParquetFile(raw)
        if not parquet.schema_arrow.remove_metadata().equals(schema.CORPUS):
            found.mistakes.append(f"{found.file}: expected the columns of schemas/corpus.json")
            return
        for batch in parquet.iter_batches(1024):
            names = (*ORDERED, "source", "token_count")
            rows: list[list[Any]] = [batch[name].to_pylist() for name in names]
            sums["rows"] += batch.num_rows
            sums["tokens"] += sum(rows[-1])
            texts: Any = batch["text"]
            sums["text_bytes"] += pc.sum(pc.binary_length(texts)).as_py() or 0
            for id_, piece, epoch, source, count in zip(*rows, strict=True):
                keys.append(hash64(corpus_key(id_, piece, epoch)))
                _count(found, source, piece, epoch, count)
                here = _order(id_, piece, epoch, copies, seed, validation=validation)
                if here < before:
                    found.mistakes.append(f"{found.file}: {id_} stands before its place")
                before = here
                if len(keys) == 1:
                    found.first = here
            if counter and counter.count(texts.to_pylist()) != rows[-1]:
                found.mistakes.append(
                    f"{found.file}: token_count is not what {counter.name} counts"
                )
                counter = None  # said once a shard
    found.last, found.keys = before, np.array(keys, np.uint64)
    _differ(found, said, sums)


def _count(found: Shard, source: str, piece: int, epoch: int, count: int) -> None:
    found.documents += piece == 0 and epoch == 0
    own = found.sources.setdefault(source, [0, 0, 0])
    own[0] += 1
    own[1] += count
    own[2] = max(own[2], count * (piece + 1))  # a document cut into pieces is larger than each


def _order(id_: str, piece: int, epoch: int, copies: Copies, seed: int, *, validation: bool) -> int:
    lot = draw("shuffle", f"{id_}{SEPARATOR}{piece}" if piece else id_, seed)
    return lot if validation else prefix.order(lot, epoch, copies.get((id_, piece), 1))


def _together(shards: Sequence[Shard]) -> Iterator[str]:
    """Yield what is wrong between shards: their order, rows that stand twice."""
    for one, other in pairwise(shards):
        same = one.file.split("/")[1] == other.file.split("/")[1]
        if same and len(one.keys) and len(other.keys) and other.first < one.last:
            yield f"{other.file}: its first row stands before the last of {one.file}"
    keys = np.concatenate([np.empty(0, np.uint64), *(one.keys for one in shards)])
    twice = len(keys) - len(np.unique(keys))
    if twice:
        yield f"corpus: expected each (id, piece, epoch) once, got {twice} again"


# --- mixture and books -------------------------------------------------------------------------


def _mixture(manifest: Mapping[str, Any], shards: Sequence[Shard]) -> Iterator[str]:
    sums: dict[str, list[int]] = {}
    for shard in shards:
        for source, own in shard.sources.items() if "/train/" in shard.file else ():
            old = sums.get(source, [0, 0, 0])
            sums[source] = [old[0] + own[0], old[1] + own[1], max(old[2], own[2])]
    written = sum(own[1] for own in sums.values())
    mixture = manifest["mixture"]
    for source in sorted(set(sums) - set(mixture)):
        yield f"mixture: expected {', '.join(sorted(mixture))}, got documents of {source}"
    for source, said in sorted(mixture.items()):
        documents, count, largest = sums.get(source, [0, 0, 0])
        got = {"documents": documents, "tokens": count}
        for name, value in got.items():
            if said[name] != value:
                yield f"mixture: {source}: expected {said[name]} {name}, got {value}"
        share = count / written if written else 0.0
        if abs(share - said["achieved"]) > 1e-12:
            yield f"mixture: {source}: expected a share of {said['achieved']}, got {share}"
        far = abs(share - said["target"]) > TOLERANCE
        if far and abs(count - said["target_tokens"]) > largest:
            yield f"mixture: {source}: expected a share of {said['target']:.4f}, got {share:.4f}"


def _ledger(out: str, shards: Sequence[Shard]) -> tuple[list[str], int]:
    """Return what is wrong with the ledger, and how many records it tells of."""
    if not io.exists(io.join(out, "ledger.json")):
        return ["ledger.json: expected it beside the manifest, found none"], 0
    ledger = json.loads(io.read_bytes(io.join(out, "ledger.json")))
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
        documents = sum(one.documents for one in shards if f"/{split}/" in one.file)
        if documents != ledger[state]:
            mistakes.append(f"corpus/{split}: expected {ledger[state]} documents, got {documents}")
    files = io.list_files(io.join(out, "ledger"))
    if files:
        tallies = _tallies(files)
        counts = {what: tally.records for what, tally in tallies.items()}
        whole = Tally.total(tallies.values())
        into = Tally(ledger["records_in"], int(ledger["checksum_in"], 16))
        if summary(counts, into, whole) != ledger:
            mistakes.append("ledger: its rows do not add up to ledger.json")
    return mistakes, ledger["records_in"]


def _tallies(files: Mapping[str, int]) -> dict[tuple[str, str, str | None], Tally]:
    tallies: dict[tuple[str, str, str | None], Tally] = {}
    names = ("state", "stage", "reason", "source", "file_path", "n")
    for url in files:
        with open_parquet(url) as raw:
            for batch in pq.ParquetFile(raw).iter_batches(columns=list(names)):
                for state, stage, reason, *key in zip(
                    *(batch[name].to_pylist() for name in names), strict=True
                ):
                    tallies.setdefault((state, stage, reason), Tally()).add(*key)
    return tallies


def _contamination(out: str, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the report of benchmarks, if the manifest names any."""
    if not manifest.get("benchmarks"):
        return
    if not io.exists(io.join(out, "contamination.json")):
        yield "contamination.json: expected it beside the manifest, found none"
        return
    found = json.loads(io.read_bytes(io.join(out, "contamination.json")))
    items: set[tuple[str, str]] = set()
    for url in io.list_files(io.join(out, "contamination")):
        with open_parquet(url) as raw:
            rows: list[Any] = pq.read_table(raw, columns=["benchmark", "item"]).to_pylist()
        items |= {(row["benchmark"], row["item"]) for row in rows}
    dirty = Counter(benchmark for benchmark, _ in items)
    told = {one["name"]: one for one in found["benchmarks"]}
    for said in manifest["benchmarks"]:
        own = told.get(said["name"], {})
        if any(own.get(key) != value for key, value in said.items()):
            yield f"contamination.json: {said['name']} is not as the manifest says"
        elif own["dirty"] != dirty[said["name"]]:
            yield (
                f"contamination: {said['name']}: expected {own['dirty']} dirty items, "
                f"got {dirty[said['name']]}"
            )
