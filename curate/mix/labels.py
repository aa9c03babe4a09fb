"""Weights of labels within a source or across sources; files of DoReMi, RegMix and Olmix.

Input: a mapping, or a file's bytes. Output: `LabelWeights`, and from those the weight of each
stratum (`curate.mix.cells`).

Files, JSON or YAML:
- {label: weight}; as DoReMi has it, below `train_domain_weights` (Xie et al. 2023); as RegMix has
  it, below `train`, labels as train_LABEL (Liu et al. 2024);
- as Olmix has it (Chen et al. 2026), a list of {domain, weight}, where a domain SOURCE:LABEL or
  SOURCE gives both the weight of sources and those of labels within them.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from curate.mix.cells import parted, stratum
from curate.mix.weights import NoTokensError, Totals

KEYS = ("train_domain_weights", "train")  # of DoReMi's files and of RegMix's


@dataclass(frozen=True, slots=True)
class LabelWeights:
    """Weights of labels.

    Args:
        across: of all documents with a label, from any source; None: see `within`.
        within: for a source, of the labels in it; other sources are not divided.
        sources: weights of the sources themselves, where a file says them.
        every: whether sources not in `within` are divided too, labels by their tokens.
        temperature: of those sources; labels by their tokens to the power of 1 / temperature
            (Conneau et al. 2020, arXiv:1911.02116, section 3.1, where it is 1 / 0.3).
    """

    across: Mapping[str, float] | None = None
    within: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    sources: Mapping[str, float] | None = None
    every: bool = False
    temperature: float = 1.0

    def divided(self, sources: Mapping[str, Any]) -> frozenset[str]:
        """Return which sources are divided by label."""
        return frozenset(sources if self.across is not None or self.every else self.within)

    def tempered(self, tokens: int) -> Fraction:
        """Return the weight of so many tokens of a label that has no weight."""
        if self.temperature == 1:
            return Fraction(tokens)
        return Fraction(f"{tokens ** (1 / self.temperature):.9g}")  # equal on every processor


def of_file(data: Any, sources: Mapping[str, Any], name: str) -> LabelWeights:
    """Return the weights in a file's plain data.

    Raises ValueError, naming the file, where it has none of the forms above.

    >>> of_file({"train": {"train_news": 0.25, "train_code": 0.75}}, {}, "w.yaml").across
    {'news': 0.25, 'code': 0.75}
    >>> rows = [{"domain": "web:code", "weight": 0.3}, {"domain": "books", "weight": 0.7}]
    >>> of_file(rows, {"web": 0, "books": 0}, "w.json").within
    {'web': {'code': 0.3}}
    """
    if isinstance(data, list):
        return _of_domains(data, sources, name)
    if isinstance(data, dict):
        key = next((key for key in KEYS if isinstance(data.get(key), dict)), None)
        flat = data[key] if key else data
        if key == "train":
            flat = {str(label).removeprefix("train_"): weight for label, weight in flat.items()}
        return LabelWeights(across=_checked(flat, name))
    raise ValueError(f"{name}: expected weights by label, got a {type(data).__name__}")


def _of_domains(rows: list[Any], sources: Mapping[str, Any], name: str) -> LabelWeights:
    try:
        flat = _checked({str(row["domain"]): row["weight"] for row in rows}, name)
    except (KeyError, TypeError) as error:
        raise ValueError(f"{name}: expected rows of domain and weight, got {rows[:1]}") from error
    named: dict[str, dict[str, float]] = defaultdict(dict)
    by_source: dict[str, float] = dict.fromkeys(sources, 0.0)
    for domain, weight in flat.items():
        source, label, _ = parted(domain)
        if source not in sources:
            if label is None and not named:
                return LabelWeights(across=flat)
            raise ValueError(
                f"{name}: expected domains of the sources {', '.join(sources)}, got {domain}"
            )
        by_source[source] += weight
        if label is not None:
            named[source][label] = weight
    return LabelWeights(within=dict(named), sources=by_source)


def _checked(flat: Mapping[Any, Any], name: str) -> dict[str, float]:
    for label, weight in flat.items():
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < 1e9:
            raise ValueError(f"{name}: expected a weight of at least 0 for {label}, got {weight!r}")
    if not any(flat.values()):
        raise ValueError(f"{name}: expected a weight above 0, got {dict(flat) or 'none'}")
    return {str(label): weight for label, weight in flat.items()}


def stratum_weights(
    totals: Mapping[str, Totals], sources: Mapping[str, float | None], labels: LabelWeights
) -> dict[str, Fraction]:
    """Return the weight of each stratum, which need not sum to 1.

    A label's documents are taken equally often in all sources where weights are across; within a
    source, its weight (its tokens, where no source has one) is shared by its labels.

    Args:
        totals: what each stratum has.
        sources: weights of the sources; ignored where `labels` are across.

    Raises:
        NoTokensError: a label has a weight and no tokens.
        ValueError: documents have a label without a weight.
    """
    by_label: dict[tuple[str | None, str | None], int] = defaultdict(int)
    for name, total in totals.items():
        source, label, _ = parted(name)
        by_label[None if labels.across is not None else source, label] += total.tokens
    weights_by_source: list[tuple[str | None, Mapping[str, float]]] = list(labels.within.items())
    if labels.across is not None:
        weights_by_source = [(None, labels.across)]
    for where, weights in weights_by_source:
        _check(
            where, weights, {label: n for (owner, label), n in by_label.items() if owner == where}
        )
    result: dict[str, Fraction] = {}
    for name, total in totals.items():
        source, label, _ = parted(name)
        if labels.across is not None:
            label_tokens = by_label[None, label]
            share = Fraction(total.tokens, label_tokens) if label_tokens else Fraction(0)
            result[name] = Fraction(str(labels.across.get(label or "", 0))) * share
            continue
        weight = sources.get(source)
        source_tokens = sum(n for (owner, _), n in by_label.items() if owner == source)
        result[name] = Fraction(source_tokens) if weight is None else Fraction(str(weight))
        if label is not None and source not in labels.within:
            token_counts = (n for (owner, _), n in by_label.items() if owner == source)
            result[name] *= labels.tempered(total.tokens) / (
                sum(map(labels.tempered, token_counts)) or 1
            )
        elif label is not None:
            label_weights = {
                key: Fraction(str(value)) for key, value in labels.within[source].items()
            }
            result[name] *= label_weights.get(label, Fraction(0)) / sum(label_weights.values())
    return result


def _check(
    source: str | None, weights: Mapping[str, float], tokens: Mapping[str | None, int]
) -> None:
    where = "mix.weights" if source is None else f"mix.weights: {source}"
    unknown = sorted(str(label) for label, n in tokens.items() if n and label not in weights)
    if unknown:
        raise ValueError(
            f"{where}: expected a weight for each label that documents have, got none for "
            f"{', '.join(unknown[:10])}; 0 leaves a label out"
        )
    empty = sorted(label for label, weight in weights.items() if weight and not tokens.get(label))
    if empty:
        raise NoTokensError(
            f"{where}: expected documents of each label with a weight, got none of "
            f"{', '.join(empty[:10])}; labels there are: {', '.join(sorted(map(str, tokens)))}"
        )


def with_empty(
    totals: Mapping[str, Totals], sources: Mapping[str, Any], labels: LabelWeights
) -> dict[str, Totals]:
    """Return the totals of all strata, those without documents among them."""
    every = dict.fromkeys(
        stratum(source, None) for source in sources if source not in labels.divided(sources)
    )
    names = [
        *every,
        *(stratum(s, label) for s, by_label in labels.within.items() for label in by_label),
    ]
    return {name: Totals(0, 0) for name in names} | dict(totals)
