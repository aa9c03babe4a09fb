"""The one list of stages, in order. Plan, run, commands, jobs, help and documentation read it.

No stage is imported here: help is quick, and needs neither Arrow nor NumPy.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listed:
    """A stage as it is listed.

    module: it holds the stage's SPEC. command: the one that ends with it. about: what it does.
    """

    module: str
    command: str
    about: str


STAGES = (
    Listed("curate.stages.extract", "extract", "read archives and references, turn pages to text"),
    Listed("curate.stages.filter", "filter", "identify languages, apply the filters"),
    Listed("curate.stages.urls", "dedup", "remove captures of a page but the best"),
    Listed("curate.stages.shared_lines", "dedup", "cut lines that documents share"),
    Listed("curate.stages.exact", "dedup", "remove copies of a text but the best"),
    Listed(
        "curate.stages.train",
        "train-quality",
        "train the classifier on references and unfiltered pages",
    ),
    Listed(
        "curate.stages.quality",
        "quality",
        "score documents with the classifier, apply GPT-3's keep rule",
    ),
    Listed(
        "curate.stages.near", "dedup", "remove near-duplicates but the best (MinHash-LSH, verified)"
    ),
    Listed("curate.stages.contained", "dedup", "remove documents that others contain"),
    Listed("curate.stages.passages", "dedup", "cut passages that documents share"),
    Listed(
        "curate.stages.find_contamination", "decontaminate", "find benchmark texts in the documents"
    ),
    Listed("curate.stages.decontaminate", "decontaminate", "cut benchmark texts out"),
    Listed("curate.stages.copy_counts", "mix", "count the copies of documents"),
    Listed("curate.stages.count", "mix", "count tokens"),
    Listed("curate.stages.mix", "mix", "draw documents by weight to the budget"),
    Listed("curate.stages.shards", "mix", "write the shards"),
    Listed("curate.stages.publish", "mix", "write ledger, duplicates, samples, card and manifest"),
)


def commands() -> tuple[str, ...]:
    """Return the commands that run a recipe up to a stage, the last one to its end."""
    return tuple(dict.fromkeys(listed.command for listed in STAGES))


def about(command: str) -> str:
    """Return what the stages of a command do."""
    return "; ".join(listed.about for listed in STAGES if listed.command == command)
