"""Costs of a run: seconds and peak memory by stage, written to OUT/run.json.

It differs from run to run, so it is in neither the manifest nor what makes two runs the same.
"""

import json
import resource
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from curate._version import __version__
from curate.store import io
from curate.store.urls import bare

if TYPE_CHECKING:
    from curate.stages.stage import Run, SoFar
    from curate.store.commits import Commit


@dataclass(slots=True)
class Clock:
    """How long each stage took, from the end of the one before it to its own."""

    begun: datetime = field(default_factory=lambda: datetime.now(UTC))
    started: float = field(default_factory=time.monotonic)
    ends: dict[str, float] = field(default_factory=dict)

    def on_stage(self, so_far: "SoFar") -> None:
        """Note that the last stage of `so_far` has just ended."""
        self.ends[list(so_far.commits)[-1]] = time.monotonic()

    def seconds(self) -> dict[str, float]:
        """Return the seconds of each stage, in the order they ended."""
        begins = [self.started, *self.ends.values()]
        pairs = zip(self.ends.items(), begins, strict=False)
        return {name: round(end - begin, 3) for (name, end), begin in pairs}


def costs(engine: str, commits: Mapping[str, "Commit"], clock: Clock) -> dict[str, Any]:
    """Return what OUT/run.json holds.

    Of each stage `seconds` are those of this run, near 0 for one that was done before;
    `work_seconds` add up its units of work, whenever and on however many workers they were done;
    `peak_bytes` is the most that a worker held by the end of one of them, null without units.
    """
    from curate.stages.stage import RSS_UNIT  # noqa: PLC0415 - help needs no Arrow

    stages = []
    for name, seconds in clock.seconds().items():
        facts = [unit for _, unit in commits[name].facts()]
        work = [unit["seconds"] for unit in facts if "seconds" in unit]
        peaks = [unit["peak_bytes"] for unit in facts if "peak_bytes" in unit]
        stages.append(
            {
                "stage": name,
                "seconds": seconds,
                "units": len(work),
                "work_seconds": round(sum(work), 3),
                "peak_bytes": max(peaks, default=None),
            }
        )
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT
    ended = datetime.now(UTC)
    return {
        "engine": engine,
        "curate": __version__,
        "begun": clock.begun.isoformat(timespec="seconds"),
        "ended": ended.isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - clock.started, 3),
        "peak_bytes": peak_bytes,
        "stages": stages,
    }


def write_costs(run: "Run", so_far: "SoFar", clock: Clock) -> None:
    """Write OUT/run.json."""
    report = {**costs(run.engine.name, so_far.commits, clock), "work": bare(run.work)}
    data = json.dumps(report, indent=2) + "\n"
    io.write_bytes(io.join(run.out, "run.json"), data.encode())
