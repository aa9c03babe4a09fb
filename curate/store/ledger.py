"""The books: what went in must come out, record by record.

Tallies going in are made where bytes are read; those coming out, from committed files read
back. `balance` compares them and stops the run where they differ.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from curate.store.keys import Tally


class ImbalanceError(RuntimeError):
    """Records were lost or doubled; nothing of the stage is committed."""


def balance(stage: str, into: Tally, out: Tally) -> None:
    """Raise ImbalanceError unless both tallies are equal, counts and checksums."""
    if into != out:
        raise ImbalanceError(
            f"{stage}: the ledger does not balance: {into.records} records in with checksum "
            f"{into.checksum:016x}, {out.records} out with checksum {out.checksum:016x}; "
            "nothing of this stage was committed"
        )


def summary(
    counts: Mapping[tuple[str, str, str | None], int], into: Tally, out: Tally
) -> dict[str, Any]:
    """Return ledger.json of how many records have each (state, stage, reason).

    Checksums are sums modulo 2^64 of xxh3_64 over record keys, as 16 hex digits.
    """
    states: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    dropped: dict[str, Counter[str]] = {}
    for (state, stage, reason), records in counts.items():
        states[state] += records
        if state == "skipped":
            skipped[str(reason)] += records
        elif state == "dropped":
            dropped.setdefault(stage, Counter())[str(reason)] += records
    return {
        "records_in": into.records,
        "kept": states["kept"],
        "held_out": states["held_out"],
        "unused": states["unused"],
        "damaged": states["damaged"],
        "skipped": dict(sorted(skipped.items())),
        "dropped": {stage: dict(sorted(dropped[stage].items())) for stage in sorted(dropped)},
        "checksum_in": f"{into.checksum:016x}",
        "checksum_out": f"{out.checksum:016x}",
    }
