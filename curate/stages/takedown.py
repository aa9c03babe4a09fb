"""Drop documents that were removed from a finished corpus.

Input: filtered documents, and the tombstones of finished runs. Output: the outcomes of those whose
id, URL, domain or text is among the tombstones. It runs before exact duplicates are
removed, so that no copy is removed in favour of a document that is not to be kept.
"""

from collections.abc import Iterator
from functools import lru_cache, partial

import pyarrow as pa

from curate.batch import project_to_schema, values
from curate.stages.stage import Run, SoFar, Spec, Stage, dropped
from curate.store import schema
from curate.store.commits import Commit, Receipt
from curate.store.documents import KEY, read_part
from curate.store.keys import Tally
from curate.store.tables import write_tables
from curate.takedown.tombstones import Tombstones, files_of, read_all

COLUMNS = (*KEY, "id", "url", "text_hash", "characters", "extracted")


def prepare(run: Run, so_far: SoFar) -> Stage:
    """Return the stage's place in WORK."""
    places = run.recipe.rights.tombstones
    return run.stage(
        "takedown",
        settings=read_all(places).digest(),
        module=__name__,
        reads=so_far.left.commits,
    )


def work(stage: Stage, so_far: SoFar) -> Commit:
    """Drop the documents that tombstones name."""
    files = [url for location in stage.run.recipe.rights.tombstones for url in files_of(location)]
    judge = partial(judge_unit, tombstones=tuple(files), digest=read_all(files).digest())
    receipts = stage.run_units(so_far.left.units(), judge)
    total, removed = stage.balance_dropped(so_far.left, receipts)
    return stage.commit(receipts, {"documents": total.records, "removed": removed.records})


@lru_cache(maxsize=1)  # a worker's units share them
def _read_tombstones(files: tuple[str, ...], digest: str) -> Tombstones:
    """Return the tombstones of some files; raises RuntimeError if they are not as they were."""
    tombstones = read_all(files)
    if tombstones.digest() != digest:
        raise RuntimeError("tombstones were changed during the run: run it again")
    return tombstones


def judge_unit(
    folder: str, unit: str, payload: str, *, tombstones: tuple[str, ...], digest: str
) -> Receipt:
    """Write the outcomes of one part's documents that tombstones name."""
    named = _read_tombstones(tombstones, digest)
    tally = Tally()

    def tables() -> Iterator[tuple[str, pa.RecordBatch]]:
        for batch in read_part(payload, COLUMNS, tally):
            columns = (values(batch, name) for name in ("id", "url", "text_hash"))
            mask = [
                named.hold(text) or named.name(id_, url)
                for id_, url, text in zip(*columns, strict=True)
            ]
            yield (
                "outcomes",
                project_to_schema(
                    batch.filter(pa.array(mask, pa.bool_())), schema.OUTCOMES, state="dropped",
                    stage="takedown", reason="removed", length=None, score=None, kept_key=None,
                    kept_id=None,
                ),
            )  # fmt: skip

    return Receipt(unit, write_tables(folder, unit, {"outcomes": schema.OUTCOMES}, tables()), tally)


SPEC = Spec(
    name="takedown",
    prepare=prepare,
    work=work,
    then=dropped,
    wanted=lambda recipe: bool(recipe.rights.tombstones),
)
