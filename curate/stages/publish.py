"""Publish OUT: ledger, duplicates, samples, dataset card, and the manifest last.

Input: the commits of all stages. Output: everything in OUT except the shards. The manifest is the
commit of OUT: without it the run is not finished.
"""

import hashlib
import json
from functools import partial
from typing import Any

from curate._version import __version__
from curate.extract.extractors import EXTRACTORS
from curate.report.card import card
from curate.report.corpus_size import explain_size
from curate.sources import libraries
from curate.stages.aggregates import aggregate
from curate.stages.count import HELD_OUT, PlannedDocuments
from curate.stages.ledger_tables import (
    count_outcomes,
    hit_contexts,
    resolve_kept_chains,
    write_contamination,
    write_duplicates,
    write_ledger,
)
from curate.stages.models import models_of, publish_models
from curate.stages.pairs import write_pairs
from curate.stages.passage_tables import frequent_passages, write_passages
from curate.stages.samples import outcome_files, write_samples
from curate.stages.shards import plan_of
from curate.stages.stage import Run, SoFar, Spec, Stage, unchanged
from curate.store import io
from curate.store.commits import Commit, Receipt, versions_of
from curate.store.keys import Tally
from curate.store.ledger import all_cut, balance, manifest_digest, summary
from curate.store.owner import names_below
from curate.takedown.tombstones import files_of
from curate.text.dictionaries import distributions
from curate.text.tokenizers import load

LIBRARIES = ("pyarrow", "numpy", "py3langid", "tiktoken", "xxhash", "numba", "fasttext-community")
SMALL = (
    "ledger.json", "report.json", "contamination.json", "README.md", "pairs.parquet",
    "samples/samples.parquet", "samples/unjudged.parquet",
    "models/quality.json", "models/quality.model",
)  # fmt: skip
BENCHMARK = ("name", "file_path", "fields", "bytes", "sha256", "ngram")


def prepare(run: Run, so_far: SoFar) -> Stage:
    """Return the stage with its folder in WORK; all other stages are committed."""
    return run.stage(
        "publish",
        settings=[
            run.recipe.without_paths(),
            [so_far.of("mix").report.get(key) for key in ("mixture", "table")],
            _versions(run),
        ],
        module=__name__,
        reads=list(so_far.commits.values()),
        inputs=[run.out, inputs(run, so_far.of("extract"))],
        is_still_valid=partial(_is_published, run),
    )


def work(stage: Stage, so_far: SoFar) -> Commit:
    """Write all of OUT except the shards; the commit's report is the ledger's summary."""
    run = stage.run
    commits = list(so_far.commits.values())
    manifest = io.join(run.out, "manifest.json")
    io.delete(manifest)  # the files that it lists change from here on
    into = so_far.of("extract").tally()
    duplicates = resolve_kept_chains(stage, so_far)
    counts, files = write_ledger(stage, so_far, duplicates, into.records)
    cut = cut_by_stage(so_far)
    balance("the whole run", into, Tally.total(counts.values()), all_cut(cut))
    ledger = summary(counts, into, cut, tokens_per_character(so_far))
    files += write_duplicates(stage, so_far, duplicates)
    files += write_passages(stage, so_far)
    contamination, hits = write_contamination(stage, so_far)
    write_pairs(stage, so_far.extracted, duplicates)
    rules = write_samples(stage, commits)
    publish_models(run, so_far)
    io.write_bytes(io.join(run.out, "ledger.json"), _json(ledger))
    content = _manifest(run, so_far, contamination)
    sums = {**report(stage, so_far), "rules": rules}
    io.write_bytes(io.join(run.out, "report.json"), _json(sums))
    io.write_bytes(
        io.join(run.out, "README.md"), card(content, ledger, contamination, sums).encode()
    )
    content["files"] = [
        *({"file": f.name, "bytes": f.bytes, "sha256": f.sha256} for f in (*files, *hits)),
        *_small_files(run.out),
    ]
    content["digest"] = manifest_digest(content)
    io.write_bytes(manifest, _json(content))
    result = {
        "records": into.records,
        "ledger": ledger,
        "why": [sentence._asdict() for sentence in explain_size(content, sums)],
        "manifest": hashlib.sha256(_json(content)).hexdigest(),
    }
    return stage.commit([], result)


def report(stage: Stage, so_far: SoFar) -> dict[str, Any]:
    """Return OUT/report.json: the aggregates, and what reached the mix of each source."""
    stage.describe("aggregates for the report")
    reached = PlannedDocuments.of(so_far).totals()
    names = ("documents", "tokens", "bytes", "characters")
    return {
        "reached": {
            name: dict(zip(names, reached[name], strict=True))
            for name in sorted(reached)
            if name != HELD_OUT
        },
        "edits": so_far.of("filter").report.get("edits", {}) if "filter" in so_far.commits else {},
        "licenses": so_far.of("extract").report.get("licenses", {}),
        "held_out": dict(zip(names, reached.get(HELD_OUT, [0, 0, 0, 0]), strict=True)),
        "languages": {
            code: dict(zip(names, amounts, strict=True))
            for code, amounts in so_far.of("count").report["languages"].items()
        },
        **frequent_passages(so_far),
        "contaminated": hit_contexts(stage, so_far),
        **aggregate(stage.run.engine, outcome_files(so_far.commits.values())),
    }


def _small_files(out: str) -> list[dict[str, Any]]:
    """Return name, size and sha256 of the small files of OUT that the manifest lists."""
    entries = []
    stones = [name for _, name in names_below(out, files_of(out))]
    for name in (*SMALL, *stones):
        url = io.join(out, name)
        if io.exists(url):
            data = io.read_bytes(url)
            sha256 = hashlib.sha256(data).hexdigest()
            entries.append({"file": name, "bytes": len(data), "sha256": sha256})
    return entries


def _is_published(run: Run, commit: Commit) -> bool:
    """Return whether OUT's manifest is a commit's: another run may have written OUT since."""
    manifest = io.join(run.out, "manifest.json")
    if not io.exists(manifest):
        return False
    is_current: bool = (
        hashlib.sha256(io.read_bytes(manifest)).hexdigest() == commit.report["manifest"]
    )
    return is_current


def unfinished_ledger(run: Run, so_far: SoFar) -> dict[str, Any]:
    """Return the ledger's summary of an unfinished run: nothing is kept yet."""
    into = so_far.of("extract").tally()
    counts = count_outcomes(run.engine, outcome_files(so_far.commits.values()))
    return summary(counts, into, cut_by_stage(so_far))


def cut_by_stage(so_far: SoFar) -> dict[str, dict[str, int]]:
    """Return the characters that were cut out of texts, by stage and rule."""
    cut = {name: commit.report.get("cut", {}) for name, commit in so_far.commits.items()}
    return {name: cuts for name, cuts in cut.items() if isinstance(cuts, dict)}


def tokens_per_character(so_far: SoFar) -> float | None:
    """Return the tokens per character of all documents that reached the mix."""
    totals = PlannedDocuments.of(so_far).totals().values()
    characters = sum(total[3] for total in totals)
    return round(sum(total[1] for total in totals) / characters, 6) if characters else None


def _json(data: object) -> bytes:
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()


# --- manifest ----------------------------------------------------------------------------------


def _manifest(run: Run, so_far: SoFar, contamination: dict[str, Any] | None) -> dict[str, Any]:
    tokenizer = load(run.recipe.mix.tokenizer)
    benchmarks = [
        {key: benchmark[key] for key in BENCHMARK}
        for benchmark in (contamination or {}).get("benchmarks", [])
    ]
    learned, mix = models_of(run, so_far), so_far.of("mix").report
    return {
        "schema_version": 1,
        "shards": [
            {
                "file": f"corpus/{receipt.unit}",
                "rows": receipt.files[0].rows,
                "bytes": receipt.files[0].bytes,
                "text_bytes": receipt.facts["text_bytes"],
                "tokens": receipt.facts["tokens"],
                "sha256": receipt.files[0].sha256,
            }
            for receipt in _in_order(so_far.of("shards"), so_far.of("mix"))
        ],
        "mixture": mix["mixture"],
        **({"cells": mix["table"]} if "table" in mix else {}),
        "recipe": run.recipe.without_paths(),
        "versions": _versions(run),
        "seed": run.recipe.seed,
        "tokenizer": {"name": tokenizer.name, "sha256": tokenizer.sha256},
        **({"models": learned} if learned else {}),
        "inputs": inputs(run, so_far.of("extract")),
        "benchmarks": benchmarks,
    }


def _in_order(shards: Commit, mix: Commit) -> list[Receipt]:
    """Return the receipts of the shards, training first, by number."""
    by_name = {receipt.unit: receipt for receipt in shards.receipts()}
    return [by_name[name] for name in plan_of(mix).names()]


def _versions(run: Run) -> dict[str, str]:
    """Return the versions of this package and of the libraries that the corpus may depend on."""
    named = {
        *LIBRARIES,
        *libraries(run.recipe.sources.values()),
        *EXTRACTORS[run.recipe.extract.extractor].distributions,
        *distributions(run.recipe.dictionaries()),
        *(("tokenizers",) if run.recipe.mix.tokenizer.endswith(".json") else ()),
    }
    return {"curate": __version__, **versions_of(sorted(named))}


def inputs(run: Run, extracted: Commit) -> list[dict[str, Any]]:
    """Return each input file with its size and digest, in (source, file_path) order."""
    ranges: dict[int, dict[int, int]] = {}
    for _, facts in extracted.facts():
        for number, start, digest in facts["digests"]:
            ranges.setdefault(number, {})[start] = int(digest, 16)
    return [
        {
            "source": file.source,
            "file_path": file.file_path,
            "bytes": file.size,
            "digest": f"{sum(ranges[file.number].values()) % (1 << 256):064x}",
        }
        for file in run.files
    ]


SPEC = Spec(
    name="publish",
    prepare=prepare,
    work=work,
    then=unchanged,
    units=lambda *_: None,
)
