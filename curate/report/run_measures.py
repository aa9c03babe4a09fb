"""One side of a comparison of runs: counts over bins, read from OUT alone, and bounded.

Input: a finished run's folder. Output: for each measure counts by bin. Languages and words are
those of the first documents of the training shards, a fair sample, since shards are shuffled.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from curate.store.output import find_report, read_report, training_documents

SAMPLED = 2_000  # documents of the shards
CHARACTERS = 2_000  # of each
KEPT = ("kept", "unused", "held_out")


@dataclass(frozen=True, slots=True)
class Measure:
    """Counts over bins, and of how many independent things they are counts.

    halves: the same counts of every other thing, where one thing is counted in several bins.
    """

    counts: Counter[str] = field(default_factory=Counter)
    of: int = 0
    halves: tuple[Counter[str], Counter[str]] | None = None


def run_measures(out: str) -> dict[str, Measure]:
    """Return the measures of a run, by name. Raises RecipeError where there is no finished one."""
    manifest, report = (read_report(out, name) for name in ("manifest", "report"))
    return {
        **_of_outcomes(report),
        **_of_lengths(report),
        "sites": _sites(report),
        "scores": _scores(out),
        **_of_texts(out, manifest),
        **_of_rules(report),
    }


def _of_outcomes(report: Mapping[str, Any]) -> dict[str, Measure]:
    """Return documents by source, by outcome, and by the filters' reasons."""
    counts: dict[str, Counter[str]] = {
        name: Counter() for name in ("sources", "outcomes", "rules", "duplicates")
    }
    for source, state, stage, reason, records, *_ in report["outcomes"]:
        if state in ("skipped", "damaged"):
            continue  # a page's request and metadata are no documents
        dropped = state == "dropped"
        counts["sources"][source] += records
        counts["outcomes"][" ".join(filter(None, (state, stage, reason)))] += records
        if stage != "extract":
            by_filter = dropped and stage == "filter"
            counts["rules"][reason if by_filter else "passed"] += records
            if not by_filter:
                copy = dropped and stage in ("urls", "lines", "dedup")
                counts["duplicates"][reason if copy else "single"] += records
    return {name: Measure(by_filter, by_filter.total()) for name, by_filter in counts.items()}


def _of_lengths(report: Mapping[str, Any]) -> dict[str, Measure]:
    counts: dict[str, Counter[str]] = {"lengths": Counter(), "lengths kept": Counter()}
    for _, state, at, count in report["lengths"]:
        label = f"{report['edges'][at]:,} characters and more"
        counts["lengths"][label] += count
        if state in KEPT:
            counts["lengths kept"][label] += count
    return {name: Measure(counter, counter.total()) for name, counter in counts.items()}


def _sites(report: Mapping[str, Any]) -> Measure:
    """Return the documents of the sites that the report names."""
    counts = Counter({row[0]: row[2] for row in report["sites"]["rows"] if row[2]})
    return Measure(counts, counts.total())


def _scores(out: str) -> Measure:
    """Return the documents that the classifier has scored, by their scores."""
    quality = find_report(out, "models/quality")
    if quality is None:
        return Measure()
    counts: Counter[str] = Counter()
    for documents in quality.get("documents", {}).values():
        bins = documents["histogram"]
        for at, count in enumerate(bins):
            counts[f"{at / len(bins):.2f} and more"] += count
    return Measure(counts, counts.total())


def _of_texts(out: str, manifest: Mapping[str, Any]) -> dict[str, Measure]:
    """Return documents by language, and how many hold each word, in lower case."""
    languages: Counter[str] = Counter()
    halves: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    documents = 0
    for batch in training_documents(out, manifest, ("text", "language"), SAMPLED):
        rows: list[Any] = batch.to_pylist()
        for text, code in ((row["text"], row["language"]) for row in rows):
            languages[code or "not identified"] += 1
            halves[documents % 2].update({word.strip(".,;:!?\"'()[]").lower() for word in
                          text[:CHARACTERS].split()} - {""})  # fmt: skip
            documents += 1
    words = Measure(halves[0] + halves[1], documents, halves)
    return {"languages": Measure(languages, documents), "words": words}


def _of_rules(report: Mapping[str, Any]) -> dict[str, Measure]:
    """Return the judged pages by what each rule measures on them.

    Bins depend on the rule's bound alone: runs with another bound have another measure.
    """
    measures: dict[str, Measure] = {}
    for histogram in (report.get("rules") or {}).get("histograms", []):
        is_lower_bound = histogram["side"] == "least"
        below, above = (
            ("less than {:g}", "{:g} and more") if is_lower_bound else ("up to {:g}", "over {:g}")
        )
        labels = [below.format(histogram["edges"][0]), *map(above.format, histogram["edges"])]
        pages = map(sum, zip(histogram["passed"], histogram["failed"], strict=True))
        counts = Counter(dict(zip(labels, pages, strict=True)))
        measures[f"{histogram['rule']} (bound {histogram['bound']:g})"] = Measure(
            counts, counts.total()
        )
    return measures
