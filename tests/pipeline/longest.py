"""A stage as somebody would add one: documents of more than so many characters are dropped."""

import pyarrow as pa

from curate.batch import project_to_schema, set_column, values
from curate.stages.stage import Run, SoFar, Spec, Stage, dropped
from curate.store import schema
from curate.store.commits import Commit, Receipt
from curate.store.documents import KEY, read_part
from curate.store.keys import Tally
from curate.store.tables import write_tables

MOST = 2_000


def prepare(run: Run, so_far: SoFar) -> Stage:
    return run.stage("longest", settings=MOST, module=__name__, reads=so_far.left.commits)


def work(stage: Stage, so_far: SoFar) -> Commit:
    receipts = stage.run_units(so_far.left.units(), drop_long)
    before, gone = stage.balance_dropped(so_far.left, receipts)
    return stage.commit(receipts, {"documents": before.records, "dropped": gone.records})


def drop_long(folder: str, unit: str, payload: str) -> Receipt:
    tally = Tally()

    def tables():
        for batch in read_part(
            payload, (*KEY, "id", "url", "text", "characters", "extracted"), tally
        ):
            long = pa.array([len(text) > MOST for text in values(batch, "text")], pa.bool_())
            rows = batch.filter(long)
            rows = set_column(rows, "reason", ["too_long"] * rows.num_rows, pa.string())
            yield (
                "outcomes",
                project_to_schema(
                    rows, schema.OUTCOMES, state="dropped", stage="longest",
                    length=None, score=None, kept_key=None, kept_id=None,
                ),
            )  # fmt: skip

    files = write_tables(folder, unit, {"outcomes": schema.OUTCOMES}, tables())
    return Receipt(unit, files, tally)


SPEC = Spec(name="longest", prepare=prepare, work=work, then=dropped)
