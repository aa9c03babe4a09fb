"""Killed and run again: nothing lost, nothing done twice, the same bytes.

One run is killed inside extraction, goes on, is killed again among the shards, goes on to its
end in another process, and starts over with `fresh`. The tests look at what lay there at each step.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from runs import (
    Reference,
    assert_same,
    command,
    committed,
    killed,
    receipts,
    receipts_by_unit,
    reference,
    run_here,
    shas,
    times,
    units_of,
)

pytestmark = pytest.mark.slow
STRAY = "corpus/train/train-00000-of-00099.parquet"  # of an earlier plan


@dataclass(frozen=True)
class Step:
    """What a run said, and what lay in OUT when it had ended."""

    said: str
    times: dict[str, int]  # name -> when written
    extracted: dict[str, list[str]]  # units with a receipt -> their files
    sharded: dict[str, list[str]]
    committed: set[str]
    shas: dict[str, str]  # of the shards

    def lines(self, stage: str) -> list[str]:
        """Return what was said of a stage."""
        return [line for line in self.said.splitlines() if line.startswith(f"{stage}: ")]


@dataclass(frozen=True)
class Story:
    """One OUT and what happened to it."""

    reference: Reference
    out: Path
    kept: Path  # a copy of what lay there before --fresh
    in_extraction: Step
    among_shards: Step
    finished: Step
    fresh: Step


def step(out: Path, run: Callable[[], str]) -> Step:
    said, work = run(), out / "_work"
    return Step(
        said,
        times(out),
        receipts_by_unit(work, "extract"),
        receipts_by_unit(work, "shards"),
        committed(work),
        shas(out),
    )


@pytest.fixture(scope="module")
def story(spark_session, tmp_path_factory):
    undisturbed = reference(spark_session, tmp_path_factory.getbasetemp())
    out = tmp_path_factory.mktemp("killed")
    line = command(undisturbed.recipe, out)
    look = partial(step, out)
    first = look(lambda: killed(line, lambda: bool(receipts(out / "_work", "extract"))))
    second = look(lambda: killed(line, lambda: bool(receipts(out / "_work", "shards"))))
    (out / STRAY).write_bytes(b"a shard of another plan")
    recipe = undisturbed.recipe
    third = look(lambda: run_here(spark_session, recipe, out))
    kept = tmp_path_factory.mktemp("kept") / "out"
    shutil.copytree(out, kept, ignore=shutil.ignore_patterns("_work"))
    fresh = look(lambda: run_here(spark_session, recipe, out, fresh=True))
    return Story(undisturbed, out, kept, first, second, third, fresh)


def test_the_first_kill_fell_inside_extraction(story):
    units = units_of(story.reference.recipe)
    assert 0 < len(story.in_extraction.extracted) < len(units)
    assert set(story.in_extraction.extracted) < set(units)
    assert story.in_extraction.committed == set()
    assert not [name for name in story.in_extraction.times if not name.startswith("_work/")]


def test_extracted_units_are_kept_and_said_so(story):
    units, done = units_of(story.reference.recipe), story.in_extraction.extracted
    told = f"extract: {len(done)} of {len(units)} units were done before, kept"
    assert story.among_shards.lines("extract")[0] == told
    for unit, files in done.items():
        for name in [f"receipts/{unit}.json", *files]:
            assert written(story.among_shards, name) == written(story.in_extraction, name)
            assert written(story.finished, name) == written(story.in_extraction, name)
    left = set(units) - set(done)
    assert {unit: story.finished.extracted[unit] for unit in done} == done
    assert left <= set(story.finished.extracted)


def written(at: Step, name: str) -> int:
    """Return when a file of the extraction was written."""
    [found] = [
        time
        for file, time in at.times.items()
        if file.startswith("_work/extract/") and file.endswith(f"/{name}")
    ]
    return found


def test_the_second_kill_fell_among_the_shards(story):
    at = story.among_shards
    assert 0 < len(at.sharded) < len(story.reference.shards)
    published = {name for name in at.shas if not Path(name).name.startswith(".")}
    assert {f"corpus/{unit}" for unit in at.sharded} <= published < set(story.reference.shards)
    assert {"extract", "mix"} <= at.committed
    assert not {"shards", "publish"} & at.committed
    assert not [name for name in at.times if not name.startswith(("_work/", "corpus/"))]


def test_written_shards_are_kept_and_said_so(story):
    before, after = story.among_shards, story.finished
    kept, planned = len(before.sharded), len(story.reference.shards)
    assert after.lines("shards")[0] == f"shards: {kept} of {planned} were written before, kept"
    for unit in before.sharded:
        name = f"corpus/{unit}"
        assert after.times[name] == before.times[name]
        assert after.shas[name] == before.shas[name]
    again = set(story.reference.shards) - {f"corpus/{unit}" for unit in before.sharded}
    for name in again & set(before.times):  # published, but killed before the receipt
        assert after.times[name] > before.times[name]


def test_committed_stages_are_skipped_and_said_so(story):
    for stage in story.among_shards.committed:
        assert story.finished.lines(stage) == [f"{stage}: nothing changed, skipped"]


def test_the_bytes_are_those_of_an_undisturbed_run(story):
    assert_same(story.kept, story.reference.out)


def test_no_stray_of_another_plan_or_of_a_killed_writer_stays(story):
    assert sorted(story.finished.shas) == sorted(story.reference.shards)


def test_fresh_starts_over(story):
    before, after = story.finished, story.fresh
    assert "kept" not in "".join(after.lines("extract") + after.lines("shards"))
    assert "skipped" not in after.said
    newest = max(before.times.values())
    old = {name for name, time in after.times.items() if time <= newest}
    assert old <= {"_work/spark.log", "_work/.lock"}
    assert_same(story.out, story.reference.out)
    commits = list((story.out / "_work").glob("*/*/_commit.json"))
    assert {json.loads(path.read_bytes())["stage"] for path in commits} == after.committed
