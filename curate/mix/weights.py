"""Plan a mixture: tokens of each source from weights and budget, hence its epochs.

A weight is a share of the training tokens (Brown et al. 2020, section 2.2, table 2.2), not of
the documents or bytes. Output: full epochs and remaining tokens for every source;
`curate.mix.prefix` turns the remaining tokens into documents.

The printed table does not say how to round: GPT-3's weights sum to 101 %, and two of its printed
epochs do not follow from its printed numbers. Here weights are normalised and epochs computed.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from curate._lazy import listing

__all__ = [
    "MAX_EPOCHS",
    "NoTokensError",
    "Plan",
    "Share",
    "Totals",
    "achieved_row",
    "mixture",
    "plan",
    "share_of",
]
__dir__ = listing(__name__, __all__)

Weight = float | Fraction
MAX_EPOCHS = 4.0  # up to four epochs cost next to nothing: Muennighoff et al. 2023, section 6


class Totals(NamedTuple):
    """What a source holds."""

    documents: int
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What the plan takes of one source, or of one cell of it (`curate.mix.cells`).

    Args:
        weight: normalised share of the training tokens, exact.
        documents, tokens: what the source has.
        target: tokens to train on; 0 for a source that is left out.
        full_epochs: how often every document is taken.
        remainder_tokens: tokens still to take after that, from the first documents in the
            source's hash order; less than `tokens`.
    """

    source: str
    weight: Fraction
    documents: int
    tokens: int
    target: int
    full_epochs: int
    remainder_tokens: int

    @property
    def epochs(self) -> float:
        """Return how often a token of the source is seen."""
        return self.target / self.tokens if self.tokens else 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """The mix: one share a source, by name, and the sum of their tokens."""

    shares: Mapping[str, Share]
    tokens: int


class NoTokensError(ValueError):
    """A source that is to be mixed has nothing left: the filters are too strict for it."""


def plan(
    totals: Mapping[str, Totals],
    weights: Mapping[str, Weight | None],
    *,
    tokens: int | None = None,
    max_epochs: float | None = MAX_EPOCHS,
) -> Plan:
    """Return how many tokens to take of each source; the targets sum to the budget exactly.

    Args:
        totals: what each source has.
        weights: share of each source, normalised here; None for all takes each source as large
            as it is. 0 leaves a source out.
        tokens: the budget; None takes as much as one epoch of the scarcest source allows.
        max_epochs: more repetition of a source is refused; None allows any.

    Raises:
        ValueError: the weights make no sense, or the budget repeats a source too often; says
            which source and what would fit.

    >>> both = {"web": Totals(10, 900), "books": Totals(2, 100)}
    >>> plan(both, {"web": 0.5, "books": 0.5}, tokens=400).shares["books"].full_epochs
    2
    """
    shares = _normalised(totals, weights)
    if tokens is not None and tokens <= 0:
        raise ValueError(f"mix: expected a budget above 0 tokens, got {tokens}")
    used = {name: share for name, share in shares.items() if share > 0}
    for name in used:
        if totals[name].tokens <= 0:
            raise NoTokensError(
                f"mix: source {name} has weight {float(shares[name]):.4g} of the whole but no "
                f"tokens left ({totals[name].documents} documents); set its weight to 0, or see "
                "where its documents went"
            )
    fits = {name: Fraction(totals[name].tokens) / share for name, share in used.items()}
    wanted = min(fits.values()) if tokens is None else Fraction(tokens)
    _refuse_repetition(fits, wanted, max_epochs)
    targets = _rounded({name: wanted * share for name, share in shares.items()})
    planned = {
        name: share_of(name, shares[name], total, targets[name])
        for name, total in sorted(totals.items())
    }
    return Plan(planned, sum(targets.values()))


def mixture(
    planned: Plan, achieved: Mapping[str, Totals], at_cut: Mapping[str, int]
) -> dict[str, dict[str, float | int | None]]:
    """Return the manifest's table: per source what was planned and what is in the shards.

    `achieved` holds rows and tokens written, repetitions counted each time. Shares are of the
    training tokens; epochs are those achieved. `at_cut` has the tokens of the document at which
    a source's last epoch ends, in the shards or not: half of them is the most by which its tokens
    may miss the target.
    """
    written = sum(total.tokens for total in achieved.values())
    table: dict[str, dict[str, float | int | None]] = {}
    for name, share in planned.shares.items():
        total = achieved.get(name, Totals(0, 0))
        table[name] = {**achieved_row(share, total, written), "at_cut": at_cut.get(name, 0)}
    return table


def achieved_row(share: Share, total: Totals, written: int) -> dict[str, float | int]:
    """Return target and achieved share, tokens and epochs of a source, or of a cell of it.

    Args:
        total: rows and tokens written of it, repetitions counted each time.
        written: tokens of all.
    """
    return {
        "target": float(share.weight),
        "achieved": total.tokens / written if written else 0.0,
        "target_tokens": share.target,
        "tokens": total.tokens,
        "documents": total.documents,
        "epochs": total.tokens / share.tokens if share.tokens else 0.0,
    }


def share_of(source: str, weight: Fraction, total: Totals, target: int) -> Share:
    """Return a target as whole epochs and the rest."""
    full_epochs, remainder = divmod(target, total.tokens) if total.tokens else (0, 0)
    return Share(
        source=source,
        weight=weight,
        documents=total.documents,
        tokens=total.tokens,
        target=target,
        full_epochs=full_epochs,
        remainder_tokens=remainder,
    )


def _normalised(
    totals: Mapping[str, Totals], weights: Mapping[str, Weight | None]
) -> dict[str, Fraction]:
    """Return each source's share; they sum to 1."""
    if unknown := sorted(set(weights) - set(totals)):
        raise ValueError(f"mix: weights for {', '.join(unknown)}, which are no sources")
    given = {name: weight for name, weight in weights.items() if weight is not None}
    if given and (missing := sorted(set(totals) - set(given))):
        raise ValueError(
            "mix: expected a weight for every source or for none, "
            f"got none for {', '.join(missing)}"
        )
    for name, weight in given.items():
        if not math.isfinite(weight) or weight < 0:
            raise ValueError(f"mix: expected a weight of at least 0 for {name}, got {weight}")
    # A weight is the decimal that was written, not the nearest double: .1 + .2 is .3.
    amounts: dict[str, Any] = {name: Fraction(str(weight)) for name, weight in given.items()}
    if not given:
        amounts = {name: Fraction(total.tokens) for name, total in totals.items()}
    total = sum(amounts.values())
    if not total:
        if given:
            raise ValueError("mix: expected at least one weight above 0, got all 0")
        raise NoTokensError(
            "mix: no source has any tokens, for no record became a document that is left: the "
            "ledger says why; curate signals RECIPE, what each filter drops"
        )
    return {name: amounts[name] / total for name in sorted(totals)}


def _refuse_repetition(
    fits: Mapping[str, Fraction], wanted: Fraction, max_epochs: float | None
) -> None:
    """Raise ValueError if a source would be repeated too often.

    `fits` is the budget at which each source is seen exactly once.
    """
    if max_epochs is None:
        return
    if not max_epochs > 0:
        raise ValueError(f"mix: expected max_epochs above 0 or null, got {max_epochs}")
    limit = Fraction(str(max_epochs))
    over = {name: wanted / once for name, once in fits.items() if wanted / once > limit}
    if over:
        repeated = ", ".join(f"{name} {float(n):.3g} times" for name, n in sorted(over.items()))
        raise ValueError(
            f"mix: a budget of {int(wanted)} tokens repeats {repeated}, more than max_epochs "
            f"{max_epochs:g}; at most {int(limit * min(fits.values()))} tokens fit these weights "
            "(or lower the weight, or raise max_epochs)"
        )


def _rounded(exact: Mapping[str, Fraction]) -> dict[str, int]:
    """Return whole numbers that sum to the floor of the sum, by largest remainder, then name.

    A whole number stays as it is: sums of remainders leave nothing for a remainder of 0.
    """
    floors = {name: int(amount) for name, amount in exact.items()}
    missing = int(sum(exact.values())) - sum(floors.values())
    order = sorted(exact, key=lambda name: (floors[name] - exact[name], name))
    return floors | {name: floors[name] + 1 for name in order[:missing]}
