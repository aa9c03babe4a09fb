"""The ordered list of stages; plan, run, commands, jobs, help and documentation use it.

No stage is imported here, so that help is fast and needs neither Arrow nor NumPy.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of the list of stages.

    module: defines SPEC. command: the command that ends with this stage. about: what it does.
    """

    module: str
    command: str
    about: str


STAGES = (
    Listed("curate.stages.extract", "extract", "read archives and references, extract text"),
    Listed("curate.stages.filter", "filter", "identify languages, apply the filters"),
    Listed("curate.stages.urls", "dedup", "keep the best capture of each page"),
    Listed("curate.stages.shared_lines", "dedup", "cut lines that documents share"),
    Listed(
        "curate.stages.takedown", "dedup", "drop what was removed from finished runs (tombstones)"
    ),
    Listed("curate.stages.exact", "dedup", "keep the best copy of each text"),
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
        "curate.stages.near", "dedup", "keep the best of near-duplicates (MinHash-LSH, verified)"
    ),
    Listed("curate.stages.contained", "dedup", "remove documents that others contain"),
    Listed("curate.stages.passages", "dedup", "cut passages that documents share"),
    Listed(
        "curate.stages.find_contamination", "decontaminate", "find benchmark texts in the documents"
    ),
    Listed("curate.stages.decontaminate", "decontaminate", "cut benchmark texts out"),
    Listed("curate.stages.copy_counts", "mix", "count the copies of documents"),
    Listed("curate.stages.count", "mix", "count tokens"),
    Listed("curate.stages.mix", "mix", "sample documents by weight to the budget"),
    Listed("curate.stages.shards", "mix", "write the shards"),
    Listed("curate.stages.publish", "mix", "write ledger, duplicates, samples, card and manifest"),
)


def commands() -> tuple[str, ...]:
    """Return the commands that run a recipe up to a stage; the last one runs all of it."""
    return tuple(dict.fromkeys(listed.command for listed in STAGES))


def about(command: str) -> str:
    """Return the description of a command's stages."""
    return "; ".join(listed.about for listed in STAGES if listed.command == command)
