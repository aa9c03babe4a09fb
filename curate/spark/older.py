"""Finished runs that a new one is held against: their documents stay, copies of them go.

Enters: where earlier runs wrote. Leaves: their unique documents, index and all, under keys that
no document of this run has. They stand first in the total order, so a finished corpus never
changes; then two runs in turn remove what one run over both would.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from curate.dedup.distributed.partitions import Partition
from curate.recipe import Dedup, RecipeError
from curate.spark.stage import Run
from curate.store import io
from curate.store.commits import Commit, read_commit
from curate.store.documents import Documents, overlap

SEED = 1  # of the signatures: not the recipe's, so that indexes of several runs fit together
FILES = 1 << 23  # in all runs together: what a key has room for
N_BITS = 40  # of a key, below its file number


@dataclass(frozen=True, slots=True)
class Older:
    """The unique documents of a finished run. shift: what is added to their keys here."""

    documents: Documents
    near: Commit
    shift: int

    def partitions(self, first: int) -> list[Partition]:
        """Return them as partitions, numbered from `first` on."""
        files = self.documents.base.files("documents")
        parts = list(zip(files, self.documents.units().values(), strict=True))
        return [
            Partition(
                first + number,
                tuple(payload for part, payload in parts if overlap(part, file)),
                file.lo + self.shift,
                file.hi + self.shift,
                sum(part.bytes for part, _ in parts if overlap(part, file)),
                self.shift,
                (self.near.url(file),),
            )
            for number, file in enumerate(self.near.files("index"))
        ]


def olders(run: Run) -> list[Older]:
    """Return the finished runs that the recipe names."""
    settings = run.recipe.dedup
    if not settings.against:
        return []
    found = read(settings.against, len(run.files), signatures(settings))
    for place, one in zip(settings.against, found, strict=True):
        if _same(_work_of(one.near), run.work):
            raise RecipeError(
                f"dedup.against: expected a run that has a folder of its own for its work, got "
                f"{place}, whose work lies in this run's, {run.work}, and would be deleted there: "
                "name another one with --work"
            )
    return found


def signatures(settings: Dedup) -> dict[str, object]:
    """Return what must be equal for two runs' signatures to be compared."""
    banding = settings.banding()
    return {
        "num_perm": banding.bands * banding.rows,
        "ngram": banding.ngram,
        "unit": banding.unit,
        "family": settings.family,
        "seed": SEED,
        "scope": settings.scope,
    }


def read(against: Sequence[str], files: int, settings: object) -> list[Older]:
    """Return the finished runs in some folders.

    Args:
        against: what `--out` or `--work` was in each. files: how many this run reads.
        settings: how this run makes signatures; theirs must be made the same way.
    Raises:
        RecipeError: no finished run, of other settings, or too many files in all.
    """
    found, taken = [], files
    for place in against:
        near = _commit_in(place)
        if near.report["signatures"] != settings:
            raise RecipeError(
                f"dedup.against: expected a run with signatures made by {json.dumps(settings)}, "
                f"got {json.dumps(near.report['signatures'])} in {place}"
            )
        work = _work_of(near)
        commits = [_present(io.join(work, one), place) for one in near.report["reads"]]
        documents = Documents(commits[0], (*commits[1:], near))
        found.append(Older(documents, near, taken << N_BITS))
        last = max((part.hi for part in documents.base.files("documents")), default=0)
        taken += 1 + (last >> N_BITS)
    if taken > FILES:
        raise RecipeError(f"dedup.against: expected at most {FILES} files in all, got {taken}")
    return found


def _work_of(near: Commit) -> str:
    return near.folder.rpartition("/near/")[0]


def _same(one: str, other: str) -> bool:
    """Return whether two names mean one folder."""
    if io.is_local(one) and io.is_local(other):
        return io.local_path(one).resolve() == io.local_path(other).resolve()
    return one.rstrip("/") == other.rstrip("/")


def _commit_in(place: str) -> Commit:
    for work in (io.join(place, "_work"), place):
        folders = {
            url.removesuffix("/_commit.json")
            for url in io.list_files(io.join(work, "near"))
            if url.endswith("/_commit.json")
        }
        for folder in sorted(folders):
            commit = read_commit(folder)
            if commit is not None:
                return commit
    raise RecipeError(
        f"dedup.against: expected the folder of a run that is done up to dedup, near-duplicates "
        f"too, and has kept its work, got {place}"
    )


def _present(folder: str, place: str) -> Commit:
    commit = read_commit(folder)
    if commit is None:
        raise RecipeError(f"dedup.against: {place}: expected {folder}, which is gone")
    return commit
