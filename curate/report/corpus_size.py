"""Explain the size of a corpus: limiting source, advice, losses by stage, as sentences.

Input: the manifest and the aggregates of a run (OUT/report.json). Output: what limits the mix, what
would change that, and what each stage removed of each source. Console, card and page show the same
sentences.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from curate.stage_list import ledger_stages

ENOUGH = 0.9  # of what reached the mix: where it uses more, no advice is due


class Sentence(NamedTuple):
    """One sentence: a fact, advice, or the outcomes of a source."""

    kind: Literal["fact", "advice", "source"]
    text: str


def explain_size(
    manifest: Mapping[str, Any],
    report: Mapping[str, Any],
    shown: Callable[[str], str] = str,
) -> list[Sentence]:
    """Return why the corpus has no more tokens, the most general first.

    Args:
        manifest: mixture and recipe are read.
        report: outcomes and reached are read.
        shown: makes a name of a recipe or reason fit for where the sentences go.
    """
    return [*_totals(report), *_limits(manifest, report, shown), *_sources(manifest, report, shown)]


def limiting(shares: Mapping[str, float], tokens: Mapping[str, int]) -> str | None:
    """Return the source whose one epoch allows the smallest budget; None without weights.

    Args:
        shares: normalised weights. tokens: what each source has.
    """
    fits = {name: tokens.get(name, 0) / share for name, share in shares.items() if share > 0}
    return min(fits, key=lambda name: (fits[name], name), default=None)


def balancing_weight(
    name: str, weights: Mapping[str, float], tokens: Mapping[str, int]
) -> tuple[float, int] | None:
    """Return the weight at which a source no longer limits the budget, and the budget then.

    All others keep their weights. The weight has three digits, rounded down. None where the source
    is the only one, or limits nothing.

    >>> balancing_weight("books", {"web": 0.5, "books": 0.5}, {"web": 900, "books": 100})
    (0.0555, 1000)
    """
    others = {other: Fraction(str(w)) for other, w in weights.items() if other != name and w}
    available = tokens.get(name, 0)
    if not others or not available:
        return None
    total_weight = sum(others.values())
    fits = min(tokens.get(other, 0) / (weight / total_weight) for other, weight in others.items())
    if not fits:
        return None
    exact = available * total_weight / fits
    if exact >= Fraction(str(weights[name])):
        return None
    digits = 2 - math.floor(math.log10(exact))
    return math.floor(exact * 10**digits) / 10**digits, int(fits + available)


def _totals(report: Mapping[str, Any]) -> Iterator[Sentence]:
    records = sum(row[4] for row in report["outcomes"])
    reached = sum(source["documents"] for source in report["reached"].values())
    held_out = report["held_out"]["documents"]
    kept = sum(row[4] for row in report["outcomes"] if row[1] == "kept")
    yield Sentence(
        "fact",
        f"Of {records:,} records that were read, {reached + held_out:,} documents "
        f"({_percent(reached + held_out, records)}) reached the mix: {kept:,} are in the training "
        f"shards, {held_out:,} are held out, {max(0, reached - kept):,} are unused.",
    )


def _limits(
    manifest: Mapping[str, Any], report: Mapping[str, Any], shown: Callable[[str], str]
) -> Iterator[Sentence]:
    mixture, mix = manifest["mixture"], manifest["recipe"]["mix"]
    shares = {name: entry["target"] for name, entry in mixture.items() if entry["target"] > 0}
    tokens = {name: entry["tokens"] for name, entry in report["reached"].items()}
    scarcest = limiting(shares, tokens)
    if scarcest is None:
        return
    available = sum(tokens.get(name, 0) for name in mixture)
    once = sum(min(entry["tokens"], tokens.get(name, 0)) for name, entry in mixture.items())
    written = sum(entry["tokens"] for entry in mixture.values())
    allowed = tokens.get(scarcest, 0) / shares[scarcest]
    limit = (
        f"one epoch of {shown(scarcest)}, {tokens.get(scarcest, 0):,} tokens at "
        f"{100 * shares[scarcest]:.4g} % of the mix, allows {int(allowed):,}"
        if len(shares) > 1
        else f"one epoch of {shown(scarcest)}, the only source, is {int(allowed):,}"
    )
    reason = f"mix.tokens asks for {mix['tokens']:,} ({limit})" if mix.get("tokens") else limit
    yield Sentence(
        "fact",
        f"The mix has {written:,} tokens and uses {_percent(once, available)} of the "
        f"{available:,} that reached it: {reason}.",
    )
    yield from _missing_sources(mixture, shown)
    if len(shares) > 1 and once < ENOUGH * available:
        yield from _advice(manifest, tokens, scarcest, allowed, shown)


def _missing_sources(
    mixture: Mapping[str, Mapping[str, Any]], shown: Callable[[str], str]
) -> Iterator[Sentence]:
    for name, entry in sorted(mixture.items()):
        if entry["target_tokens"] and not entry["tokens"]:
            yield Sentence(
                "fact",
                f"Nothing of {shown(name)} is in the corpus: documents are taken whole, and its "
                f"target of {entry['target_tokens']:,} tokens is less than half of its next "
                f"document, which has {entry['at_cut']:,}.",
            )


def _advice(
    manifest: Mapping[str, Any],
    tokens: Mapping[str, int],
    scarcest: str,
    allowed: float,
    shown: Callable[[str], str],
) -> Iterator[Sentence]:
    mix, name = manifest["recipe"]["mix"], shown(scarcest)
    epochs = mix.get("max_epochs")
    if epochs and epochs > 1 and int(epochs * allowed) > (mix.get("tokens") or allowed):
        yield Sentence(
            "advice",
            f"mix.tokens: {int(epochs * allowed):,} repeats {name} {epochs:g} times, as often as "
            "max_epochs allows; for more, raise max_epochs.",
        )
    weights = {
        source: settings.get("weight") for source, settings in manifest["recipe"]["sources"].items()
    }
    weights_given = {
        source: float(weight) for source, weight in weights.items() if weight is not None
    }
    if scarcest in weights_given and (
        balanced := balancing_weight(scarcest, weights_given, tokens)
    ):
        weight, budget = balanced
        yield Sentence(
            "advice",
            f"Weight {weight:g} in place of {weights_given[scarcest]:g} for {name}: one epoch "
            f"then allows {budget:,} tokens.",
        )
    yield Sentence("advice", f"More documents of {name}: each of its tokens allows "
                   f"{allowed / max(1, tokens.get(scarcest, 0)):.3g} in the mix.")  # fmt: skip


def _sources(
    manifest: Mapping[str, Any], report: Mapping[str, Any], shown: Callable[[str], str]
) -> Iterator[Sentence]:
    """Yield what each stage took of each source, with the reason that took the most."""
    names = sorted({row[0] for row in report["outcomes"]} | set(manifest["mixture"]))
    for name in names:
        rows = [row for row in report["outcomes"] if row[0] == name]
        remaining = sum(row[4] for row in rows)
        parts = [f"{remaining:,} records read"]
        for state, stage in [
            ("damaged", None),
            ("skipped", None),
            *(("dropped", name) for name in ledger_stages()),
        ]:
            reasons: Counter[str] = Counter()
            for _, outcome, at, reason, records, *_ in rows:
                if outcome == state and stage in (None, at):
                    reasons[reason] += records
            removed = sum(reasons.values())
            if removed:
                top, count = min(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
                clause = f"{removed:,} {state}" if stage is None else f"{stage} dropped {removed:,}"
                main_reason = f"; most for {shown(top)}: {count:,}" if top else ""
                parts.append(
                    f"{clause} of {remaining:,} ({_percent(removed, remaining)}{main_reason})"
                )
                remaining -= removed
        for state in ("unused", "held_out", "kept"):
            count = sum(row[4] for row in rows if row[1] == state)
            parts.append(f"{count:,} {state.replace('_', ' ')}")
        yield Sentence("source", f"{shown(name)}: {'; '.join(parts)}.")


def _percent(part: float, total: float) -> str:
    return f"{100 * part / total:.3g} %" if total else "0 %"
