"""Balance checks and totals of the ledger: every record that is read must have an outcome.

Input tallies are made where bytes are read; output tallies, from committed files that are read
back. `balance` compares them and stops the run where they differ.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from curate.store.keys import Tally

What = tuple[str, str, str | None]  # state, stage, reason


class ImbalanceError(RuntimeError):
    """Records were lost or duplicated; the stage is not committed."""


def balance(stage: str, into: Tally, out: Tally, cut: int = 0) -> None:
    """Raise ImbalanceError unless input equals output: in records and in characters.

    cut: characters that the stage's rules cut out of texts, as reported.
    """
    if (into.records, into.checksum) != (out.records, out.checksum):
        raise ImbalanceError(
            f"{stage}: the ledger does not balance: {into.records} records in with checksum "
            f"{into.checksum:016x}, {out.records} out with checksum {out.checksum:016x}; "
            "nothing of this stage was committed"
        )
    if into.characters != out.characters + cut:
        raise ImbalanceError(
            f"{stage}: the ledger does not balance: {into.characters:,} characters in, "
            f"{cut:,} cut, {out.characters:,} left; nothing of this stage was committed"
        )


def summary(
    counts: Mapping[What, Tally],
    into: Tally,
    cut: Mapping[str, Mapping[str, int]],
    tokens_per_character: float | None = None,
) -> dict[str, Any]:
    """Return the content of ledger.json from the counts of each (state, stage, reason).

    Checksums are sums modulo 2^64 of xxh3_64 over record keys, as 16 hex digits. Characters are
    those of texts as extraction gave them: extracted = kept + held_out + unused + dropped + cut.

    Args:
        counts: read back from the ledger. into: counted where archives and references are read.
        cut: characters by stage and rule.
        tokens_per_character: of the documents that reached the mix, to estimate the tokens of all
            others by.
    """
    out = Tally.total(counts.values())
    states: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    dropped: dict[str, Counter[str]] = {}
    characters: dict[str, Any] = dict.fromkeys(("kept", "held_out", "unused"), 0)
    dropped_characters: dict[str, Counter[str]] = {}
    for (state, stage, reason), tally in counts.items():
        states[state] += tally.records
        if state == "skipped":
            skipped[str(reason)] += tally.records
        elif state == "dropped":
            dropped.setdefault(stage, Counter())[str(reason)] += tally.records
            dropped_characters.setdefault(stage, Counter())[str(reason)] += tally.characters
        elif state in characters:
            characters[state] += tally.characters
    return {
        "records_in": into.records,
        "kept": states["kept"],
        "held_out": states["held_out"],
        "unused": states["unused"],
        "damaged": states["damaged"],
        "skipped": dict(sorted(skipped.items())),
        "dropped": _sorted(dropped),
        "characters": {
            "extracted": into.characters,
            **characters,
            "dropped": _sorted(dropped_characters),
            "cut": _sorted(cut),
        },
        "tokens_per_character": tokens_per_character,
        "checksum_in": f"{into.checksum:016x}",
        "checksum_out": f"{out.checksum:016x}",
    }


def _sorted(counts: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Return counts by stage and reason, sorted; stages without counts are left out."""
    return {
        stage: dict(sorted(by_reason.items()))
        for stage, by_reason in sorted(counts.items())
        if by_reason
    }


def all_cut(cut: Mapping[str, Mapping[str, int]]) -> int:
    """Return how many characters were cut in all."""
    return sum(sum(by_rule.values()) for by_rule in cut.values())


def manifest_digest(manifest: Mapping[str, Any]) -> str:
    """Return the sha256 of a manifest without its digest, as sorted JSON."""
    content = {key: value for key, value in manifest.items() if key != "digest"}
    data = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(data.encode()).hexdigest()
