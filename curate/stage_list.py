"""The ordered list of stages; plan, run, commands, jobs, reports, help and documentation use it.

No stage is imported here, so that help is fast and needs neither Arrow nor NumPy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of the list of stages.

    module: defines SPEC. command: the command that ends with this stage. about: what it does.
    ledger: its name in the ledger; "" if no record has its outcome there.
    reasons: for which it drops records, with their meanings; those of extract, filter and
    decontaminate are defined with the functions that give them (`curate.report.reasons`).
    """

    module: str
    command: str
    about: str
    ledger: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)


STAGES = (
    Listed(
        "curate.stages.extract", "extract", "read archives and references, extract text", "extract"
    ),
    Listed("curate.stages.filter", "filter", "identify languages, apply the filters", "filter"),
    Listed(
        "curate.stages.urls",
        "dedup",
        "keep the best capture of each page",
        "urls",
        {
            "url_duplicate": "its URL is a spelling of another document's; the best capture is "
            "kept",
        },
    ),
    Listed(
        "curate.stages.shared_lines",
        "dedup",
        "cut lines that documents share",
        "lines",
        {"shared_lines": "too little was left without the lines that other documents have too"},
    ),
    Listed(
        "curate.stages.takedown",
        "dedup",
        "drop what was removed from finished runs (tombstones)",
        "takedown",
        {
            "removed": "removed from a finished run by `curate remove`, or a copy of a text that "
            "was",
        },
    ),
    Listed(
        "curate.stages.exact",
        "dedup",
        "keep the best copy of each text",
        "dedup",
        {"exact_duplicate": "equal to another text up to white space; the best copy is kept"},
    ),
    Listed(
        "curate.stages.train",
        "train-quality",
        "train the classifier on references and unfiltered pages",
    ),
    Listed(
        "curate.stages.quality",
        "quality",
        "score documents with the classifier, apply GPT-3's keep rule",
        "quality",
        {
            "below_quality_threshold": "the classifier's score is below the recipe's threshold",
            "lost_quality_draw": "not kept by GPT-3's Pareto rule, whose chance grows with the "
            "score",
        },
    ),
    Listed(
        "curate.stages.near",
        "dedup",
        "keep the best of near-duplicates (MinHash-LSH, verified)",
        "dedup",
        {"near_duplicate": "most of its shingles are in a better document, which is kept"},
    ),
    Listed(
        "curate.stages.contained",
        "dedup",
        "remove documents that others contain",
        "contained",
        {"contained_in_another": "most of its shingles are in a longer document, which is kept"},
    ),
    Listed(
        "curate.stages.passages",
        "dedup",
        "cut passages that documents share",
        "passages",
        {
            "repeated_passages": "too little was left without the passages that other documents "
            "have too",
        },
    ),
    Listed(
        "curate.stages.find_contamination", "decontaminate", "find benchmark texts in the documents"
    ),
    Listed(
        "curate.stages.decontaminate", "decontaminate", "cut benchmark texts out", "decontaminate"
    ),
    Listed("curate.stages.copy_counts", "mix", "count the copies of documents"),
    Listed("curate.stages.count", "mix", "count tokens"),
    Listed("curate.stages.mix", "mix", "sample documents by weight to the budget", "mix"),
    Listed("curate.stages.shards", "mix", "write the shards"),
    Listed("curate.stages.publish", "mix", "write ledger, duplicates, samples, card and manifest"),
)


def commands() -> tuple[str, ...]:
    """Return the commands that run a recipe up to a stage; the last one runs all of it."""
    return tuple(dict.fromkeys(listed.command for listed in STAGES))


def about(command: str) -> str:
    """Return the description of a command's stages."""
    return "; ".join(listed.about for listed in STAGES if listed.command == command)


def ledger_stages() -> tuple[str, ...]:
    """Return the names of stages in the ledger, in order."""
    return tuple(dict.fromkeys(listed.ledger for listed in STAGES if listed.ledger))
