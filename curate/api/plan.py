"""What a run would do, found without starting it: `curate.plan` and the command `curate plan`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from curate._lazy import listing
from curate.api import html
from curate.api.runs import Ready

__all__ = ["Input", "Plan", "PlannedStage"]
__dir__ = listing(__name__, __all__)


class Input(NamedTuple):
    """A source of the recipe: its files and their bytes."""

    source: str
    kind: str
    files: int
    bytes: int
    weight: float | None


class PlannedStage(NamedTuple):
    """A stage: whether it is to do, and its units of work; None where not known yet."""

    stage: str
    state: str
    units: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do. A notebook shows it.

    facts: what the check found, such as tokenizer, disk and near-duplicates.
    """

    out: str
    work: str
    inputs: tuple[Input, ...]
    stages: tuple[PlannedStage, ...]
    engine: str
    reason: str
    facts: Mapping[str, str]

    def __repr__(self) -> str:
        size = sum(source.bytes for source in self.inputs)
        todo = [stage.stage for stage in self.stages if stage.state == "to do"]
        return (
            f"<curate.Plan {self.out}: {sum(source.files for source in self.inputs):,} files, "
            f"{size:,} bytes; engine {self.engine}; to do: {', '.join(todo) or 'nothing'}>"
        )

    def _repr_html_(self) -> str:
        facts = [("engine", f"{self.engine} ({self.reason})"), *self.facts.items()]
        return (
            html.table("Inputs", Input._fields, self.inputs)
            + html.table("Stages", PlannedStage._fields, self.stages)
            + html.table("Found", ("what", "is"), facts)
        )


def planned(ready: Ready) -> Plan:
    """Return what a checked run would do."""
    from curate.pipeline.plan import stages  # noqa: PLC0415 - the base install has no Arrow

    run = ready.run
    inputs = []
    for name, source in run.recipe.sources.items():
        sizes = [file.size for file in run.files if file.source == name]
        inputs.append(Input(name, source.kind, len(sizes), sum(sizes), source.weight))
    rows = stages(replace(run, log=lambda _: None))
    return Plan(
        run.out,
        run.work,
        tuple(inputs),
        tuple(PlannedStage(*row) for row in rows),
        ready.choice.engine,
        ready.choice.reason,
        ready.facts,
    )
