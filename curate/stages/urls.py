"""URL deduplication: of documents with the same normalised URL, the best is kept.

Input: filtered documents. Output: the outcomes of the others. A document without a web URL is
no duplicate.

The order of captures, best first: prior runs, source priority, longer text, later date, smaller
key. Length before date, as in all stages: the last capture of a page may be an error message.
"""

import hashlib
from typing import Any

import pyarrow as pa

from curate.batch import values
from curate.dedup.scope import Scope
from curate.dedup.urls import normalise_url
from curate.stages.copies import CopyRule, remove_copies
from curate.stages.prior import prior_commits
from curate.stages.stage import Run, SoFar, Spec, Stage, dropped
from curate.store.commits import Commit


def prepare(run: Run, so_far: SoFar) -> Stage:
    """Return the stage with its folder in WORK."""
    return run.stage(
        "urls",
        settings=[run.recipe.priority(), run.recipe.dedup.scope, run.recipe.dedup.prefer],
        module=__name__,
        reads=[*so_far.left.commits, *prior_commits(run)],
    )


def work(stage: Stage, so_far: SoFar) -> Commit:
    """Remove all captures of a page except the best."""
    return remove_copies(stage, so_far, RULE)


def same_page(batch: pa.RecordBatch, scope: Scope = "global") -> "pa.Array[Any]":
    """Return 16 bytes of scope and normalised URL for each row; null without a web URL."""
    within = [None] * batch.num_rows if scope == "global" else values(batch, scope)
    hashes = [
        None
        if (page := normalise_url(url)) is None
        else hashlib.blake2b(f"{scope_value or ''}\x1f{page}".encode(), digest_size=16).digest()
        for scope_value, url in zip(within, values(batch, "url"), strict=True)
    ]
    return pa.array(hashes, pa.binary())


RULE = CopyRule(
    stage="urls",
    reason="url_duplicate",
    columns=("dump", "date", "characters"),
    same=same_page,
    by_date=True,
    score=None,
)
SPEC = Spec(
    name="urls",
    prepare=prepare,
    work=work,
    then=dropped,
    wanted=lambda recipe: recipe.dedup.urls,
)
