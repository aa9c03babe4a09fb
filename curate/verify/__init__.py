"""Verify a finished corpus against its manifest, ledger and mixture; no Spark.

Input: OUT. Output: a line for each deviation. Checked are: the list of shards; of each its bytes,
sha256, schema, rows, tokens and bytes of text; that its rows are in the order of their shuffle
hashes, and that no row is there twice (`shards`); that the ledger balances, agrees with its own
rows and with the shards; that the mixture is that of the shards, and as close to its target as
whole documents allow; that the report of contamination agrees with its table (`reports`).

Tokens are summed from `token_count`; `recount` counts them again with the manifest's tokenizer.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from curate._lazy import listing
from curate.engine import processes as parallel
from curate.store import io
from curate.store.output import read_report
from curate.text import tokenizers as tokens
from curate.verify import reports, shards

__all__ = ["verify"]
__dir__ = listing(__name__, __all__)
SMALL_BYTES = 64 << 20  # of shards: starting processes would take longer than checking them


def verify(
    out: str, *, recount: str | None = None, workers: int | None = None
) -> tuple[dict[str, int], list[str]]:
    """Return (what was checked, deviations), the latter empty for a valid corpus.

    Args:
        recount: a tokenizer to count all tokens with (`mix.tokenizer` of the recipe), or None.
        workers: processes; None: one for each core.

    Raises RecipeError if there is no manifest: the run is not finished.
    """
    out = io.absolute(out, Path.cwd())
    manifest = read_report(out, "manifest")
    mistakes = [*reports.check_versions(manifest), *reports.check_manifest(manifest)]
    try:
        checked, more = _check(out, manifest, recount, workers)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        shown = f"{type(error).__name__}: {error}"
        more = [f"manifest.json: expected the keys and types of a manifest, got another ({shown})"]
        checked = dict.fromkeys(("shards", "rows", "other files", "records"), 0)
    return checked, mistakes + more


def _check(
    out: str, manifest: Mapping[str, Any], recount: str | None, workers: int | None
) -> tuple[dict[str, int], list[str]]:
    """Return (what was checked, deviations) of all that a manifest lists."""
    if workers is None and sum(shard["bytes"] for shard in manifest["shards"]) < SMALL_BYTES:
        workers = 1
    mistakes = [*reports.check_names(out, manifest)]
    for more in parallel.map_files(
        partial(reports.check_file, out), manifest.get("files", ()), workers
    ):
        mistakes += more
    present = [shard for shard in manifest["shards"] if io.exists(io.join(out, shard["file"]))]
    repeated: dict[tuple[str, int], int] = {}
    for some in parallel.map_files(
        partial(shards.repeated, out), [shard["file"] for shard in present], workers
    ):
        for key, copies in some.items():
            repeated[key] = max(copies, repeated.get(key, 1))
    check = partial(
        shards.check_shard, out, seed=manifest["seed"], copies=repeated,
        tokenizer=_tokenizer(manifest, recount),
    )  # fmt: skip
    results = list(parallel.map_files(check, present, workers))
    for shard in results:
        mistakes += shard.mistakes
    mistakes += shards.check_together(results)
    mistakes += reports.check_mixture(manifest, results)
    ledger_mistakes, records = reports.check_ledger(
        out, results, manifest.get("removed", {}).get("documents", {})
    )
    mistakes += ledger_mistakes
    mistakes += reports.check_contamination(out, manifest)
    checked = {
        "shards": len(results),
        "rows": sum(len(shard.keys) for shard in results),
        "other files": len(manifest.get("files", ())),
    }
    return {**checked, "records": records}, mistakes


def _tokenizer(manifest: Mapping[str, Any], spec: str | None) -> tokens.TokenizerSettings | None:
    if spec is None:
        return None
    return tokens.TokenizerSettings(spec=spec, sha256=manifest["tokenizer"]["sha256"])
