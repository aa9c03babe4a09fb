"""Incremental deduplication against prior runs, whose documents are kept.

Input: the folders of prior runs. Output: their unique documents with their index, under keys that
no document of this run has. They come first in the total order, so a finished corpus never changes,
and two successive runs remove the same documents as one run over both inputs.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from curate.dedup.distributed.partitions import Partition
from curate.recipe import Dedup, RecipeError
from curate.stages.stage import Run
from curate.store import io
from curate.store.commits import Commit, read_commit
from curate.store.documents import Documents
from curate.store.manifest import Ranges

SEED = 1  # of the signatures: not the recipe's, so that indexes of several runs are compatible
FILES = 1 << 23  # in all runs together: the range of file numbers in a key
N_BITS = 40  # of a key, below its file number


@dataclass(frozen=True, slots=True)
class PriorRun:
    """The unique documents of a prior run. shift: the offset added to their keys."""

    documents: Documents
    near: Commit
    shift: int

    def partitions(self, first: int) -> list[Partition]:
        """Return the documents as partitions, numbered from `first` on."""
        parts = list(self.documents.parts())
        ranges = Ranges(
            [str(number) for number in range(len(parts))],
            np.array([part.lo for part in parts], np.int64),
            np.array([part.hi for part in parts], np.int64),
        )
        partitions = []
        for number, file in enumerate(self.near.files("index")):
            overlapping = [parts[int(at)] for at in ranges.within(file.lo, file.hi)]
            partitions.append(
                Partition(
                    first + number,
                    tuple(part.to_json() for part in overlapping),
                    file.lo + self.shift,
                    file.hi + self.shift,
                    sum(part.bytes for part in overlapping),
                    self.shift,
                    (self.near.url(file),),
                )
            )
        return partitions


def prior_commits(run: Run) -> list[Commit]:
    """Return the commits that the documents of prior runs depend on."""
    return [commit for prior_run in prior_runs(run) for commit in prior_run.documents.commits]


def prior_runs(run: Run) -> list[PriorRun]:
    """Return the prior runs that the recipe names."""
    settings = run.recipe.dedup
    if not settings.against:
        return []
    runs = load_prior_runs(settings.against, len(run.files), signatures(settings))
    for out, prior_run in zip(settings.against, runs, strict=True):
        if _same(_work_of(prior_run.near), run.work):
            raise RecipeError(
                f"dedup.against: expected a run with its own folder for its work, got "
                f"{out}, whose work is in this run's, {run.work}, and would be deleted there: "
                "name another one with --work"
            )
    return runs


def signatures(settings: Dedup) -> dict[str, object]:
    """Return the settings that must be equal for two runs' signatures to be comparable."""
    banding = settings.banding()
    return {
        "num_perm": banding.bands * banding.rows,
        "ngram": banding.ngram,
        "unit": banding.unit,
        "family": settings.family,
        "seed": SEED,
        "scope": settings.scope,
    }


def load_prior_runs(against: Sequence[str], files: int, settings: object) -> list[PriorRun]:
    """Return the prior runs in some folders.

    Args:
        against: `--out` or `--work` of each. files: number of input files of this run.
        settings: of this run's signatures; theirs must be equal.
    Raises:
        RecipeError: no prior run, one with other settings, or too many files in all.
    """
    runs, numbers_used = [], files
    for out in against:
        near = _commit_in(out)
        if near.report["signatures"] != settings:
            raise RecipeError(
                f"dedup.against: expected a run with signatures made by {json.dumps(settings)}, "
                f"got {json.dumps(near.report['signatures'])} in {out}"
            )
        work = _work_of(near)
        commits = [_require_commit(io.join(work, path), out) for path in near.report["reads"]]
        documents = Documents(commits[0], (*commits[1:], near))
        runs.append(PriorRun(documents, near, numbers_used << N_BITS))
        last = max((part.hi for part in documents.base.files("documents")), default=0)
        numbers_used += 1 + (last >> N_BITS)
    if numbers_used > FILES:
        raise RecipeError(
            f"dedup.against: expected at most {FILES} files in all, got {numbers_used}"
        )
    return runs


def _work_of(near: Commit) -> str:
    return near.folder.rpartition("/near/")[0]


def _same(url: str, other: str) -> bool:
    """Return whether two URLs are the same folder."""
    if io.is_local(url) and io.is_local(other):
        return io.local_path(url).resolve() == io.local_path(other).resolve()
    return url.rstrip("/") == other.rstrip("/")


def _commit_in(out: str) -> Commit:
    for work in (io.join(out, "_work"), out):
        near = io.join(work, "near")
        for folder in io.list_folders(near):
            commit = read_commit(io.join(near, folder))
            if commit is not None:
                return commit
    raise RecipeError(
        f"dedup.against: expected the folder of a run that is done up to dedup, near-duplicates "
        f"too, and has kept its work, got {out}"
    )


def _require_commit(folder: str, out: str) -> Commit:
    commit = read_commit(folder)
    if commit is None:
        raise RecipeError(f"dedup.against: {out}: expected {folder}, which no longer exists")
    return commit
