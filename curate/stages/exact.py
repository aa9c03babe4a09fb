"""Exact deduplication: of texts equal up to white space and NFC, the best copy is kept.

Input: filtered documents. Output: the outcomes of the copies removed, each with the document that
is kept. The order of copies, best first: prior runs, source priority, longer text, smaller key.
"""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from curate.dedup.scope import Scope
from curate.stages.copies import CopyRule, remove_copies
from curate.stages.prior import prior_commits
from curate.stages.stage import Run, SoFar, Spec, Stage, dropped
from curate.store.commits import Commit


def prepare(run: Run, so_far: SoFar) -> Stage:
    """Return the stage with its folder in WORK."""
    return run.stage(
        "dedup",
        settings={
            "priority": run.recipe.priority(),
            "scope": run.recipe.dedup.scope,
            "prefer": run.recipe.dedup.prefer,
        },
        module=__name__,
        reads=[*so_far.left.commits, *prior_commits(run)],
    )


def work(stage: Stage, so_far: SoFar) -> Commit:
    """Remove all exact copies except the best."""
    return remove_copies(stage, so_far, RULE)


def same_text(batch: pa.RecordBatch, scope: Scope) -> "pa.Array[Any]":
    """Return the hash of each text, with the scope within which it is compared."""
    hashes: pa.Array[Any] = batch["text_hash"].cast(pa.binary())
    if scope == "global":
        return hashes
    within: Any = pc.fill_null(batch[scope], pa.scalar("")).cast(pa.binary())
    joined: Any = pc.binary_join_element_wise(hashes, within, pa.scalar(b""))
    combined: pa.Array[Any] = joined
    return combined


RULE = CopyRule(
    stage="dedup",
    reason="exact_duplicate",
    columns=("dump", "text_hash", "characters"),
    same=same_text,
    by_date=False,
    score=1.0,
)
SPEC = Spec(
    name="dedup",
    prepare=prepare,
    work=work,
    then=dropped,
)
