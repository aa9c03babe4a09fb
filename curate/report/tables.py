"""Ledger and mixture of a run as rows: what the command prints, and what `Result` holds."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class LedgerRow(NamedTuple):
    """Records of one outcome, and the characters of their texts; None where they do not apply."""

    state: str
    stage: str
    reason: str
    records: int | None
    characters: int | None


class MixtureRow(NamedTuple):
    """A source in the training shards: shares of the tokens (0 to 1), and what there is of it."""

    source: str
    target: float
    achieved: float
    tokens: int
    documents: int
    epochs: float


def ledger_rows(ledger: Mapping[str, Any]) -> Iterator[LedgerRow]:
    """Yield the rows of OUT/ledger.json: outcomes, characters cut by rules, and `read` last."""
    characters = ledger["characters"]
    for state in ("kept", "held_out", "unused"):
        yield LedgerRow(state, "", "", ledger[state], characters[state])
    yield LedgerRow("damaged", "", "", ledger["damaged"], None)
    for reason, count in ledger["skipped"].items():
        yield LedgerRow("skipped", "extract", reason, count, None)
    for stage, counts in ledger["dropped"].items():
        for reason, count in counts.items():
            size = characters["dropped"][stage][reason]
            yield LedgerRow("dropped", stage, reason, count, size)
    for stage, counts in characters["cut"].items():
        for rule, count in counts.items():
            yield LedgerRow("cut", stage, rule, None, count)
    yield LedgerRow("read", "", "", ledger["records_in"], characters["extracted"])


def mixture_rows(mixture: Mapping[str, Mapping[str, Any]]) -> Iterator[MixtureRow]:
    """Yield the rows of a manifest's mixture."""
    names = MixtureRow._fields[1:]
    for source, row in mixture.items():
        yield MixtureRow(source, *(row[name] for name in names))
