"""Killed and run again: nothing lost, nothing done twice, the same bytes."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from curate import cli
from curate.dedup.distributed import index
from curate.stages import near
from pipeline.runs import (
    ALL,
    TIMEOUT_SECONDS,
    assert_ended,
    assert_same,
    command,
    committed,
    family,
    killed,
    local_engine,
    receipts,
    receipts_by_unit,
    run_here,
    started,
    times,
    units_of,
    wait_until,
)

TESTS = Path(__file__).resolve().parents[1]


# --- the command, killed and stopped from outside ----------------------------------------------


@pytest.fixture(scope="module")
def cut(reference, tmp_path_factory):
    """An OUT whose run was killed in the midst of extraction, with all of its group."""
    out = tmp_path_factory.mktemp("cut") / "out"
    killed(command(reference.recipe, out), lambda: bool(receipts(out / "_work", "extract")))
    return out


def copy_of(cut, folder):
    """Return a copy of what a killed run left, in the place where it lay."""
    shutil.copytree(cut, folder / "out")
    return folder / "out"


def test_extracted_units_are_kept_and_said_so(cut, reference, tmp_path):
    units, done = units_of(reference.recipe), receipts_by_unit(cut / "_work", "extract")
    assert 0 < len(done) < len(units)
    assert set(done) < set(units)
    assert committed(cut / "_work") == set()
    assert {path.name for path in cut.iterdir()} == {"_work", ".lock", "_curate.json"}
    out = copy_of(cut, tmp_path)
    before = {
        name: time
        for name, time in times(out / "_work", "extract/*/**/*").items()
        if "/receipts/" in name or any(name.endswith(f) for files in done.values() for f in files)
    }
    lines = run_here(reference.recipe, out)
    assert lines[0] == f"extract: {len(done)} of {len(units)} units were done before, kept"
    after = times(out / "_work")
    for name, time in before.items():
        assert after[f"{name}"] == time, name
    assert {unit: receipts_by_unit(out / "_work", "extract")[unit] for unit in done} == done
    assert_same(out, reference.out)


STOPS = {"Ctrl-C": (signal.SIGINT, 130), "a scheduler's end": (signal.SIGTERM, 143)}


@pytest.mark.slow
@pytest.mark.parametrize(("sent", "code"), STOPS.values(), ids=STOPS)
def test_a_stop_ends_all_processes_and_says_how_to_go_on(reference, tmp_path, capfd, sent, code):
    out = tmp_path / "out"
    with started([*command(reference.recipe, out), "--fresh"]) as (process, output):
        wait_until(lambda: bool(receipts(out / "_work", "extract")), process, output)
        relatives = family(process)
        assert len(relatives) >= 2, "workers, and what they are forked from"
        if sent == signal.SIGINT:
            os.killpg(process.pid, sent)  # as a terminal does: the whole group
        else:
            process.send_signal(sent)
        assert process.wait(TIMEOUT_SECONDS) == code, output()
        assert_ended(relatives, output)
        said = output()
    told = said.splitlines()
    again = told[-1].removeprefix("Stopped. To go on where it was: ")
    assert again == shlex.join(["curate", *command(reference.recipe, out)[1:]])
    assert "Traceback" not in said
    assert [line for line in told if line.startswith("extract: ")] == []
    assert committed(out / "_work") == set()
    assert not list(out.glob("_work/.exchange-*"))
    if sent == signal.SIGTERM:
        left = out / "_work/.exchange-0123"  # of a run that was killed, and could not delete it
        left.mkdir()
        (left / "000000.arrow").write_bytes(b"rows")
        with pytest.raises(SystemExit) as ended:
            cli.main([*shlex.split(again)[1:], "--quiet"])
        assert (ended.value.code, *capfd.readouterr()) == (0, "", "")
        assert not left.exists()
        assert_same(out, reference.out)


# --- killed at every stage ---------------------------------------------------------------------

# Right before the commit of each stage, and for some after a file before that: of the shards, and
# of what is written beside them, some files are there then and others are not. All stages after
# their first file: `python benchmarks/faults.py kill`.
FIRST = {"extract": ("1",), "near": ("1",), "shards": ("1", "9"), "publish": ("7",)}
MOMENTS = [f"{name}:{write}" for name in ALL for write in (*FIRST.get(name, ()), "commit")]


@pytest.fixture(scope="module")
def story(reference, tmp_path_factory):
    """An OUT whose run was killed at all moments, one after another; what lay there each time."""
    out = tmp_path_factory.mktemp("story") / "out"
    line = [sys.executable, "-m", "pipeline.kills", str(reference.recipe), str(out), *MOMENTS]
    path = os.pathsep.join([str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        line,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return out, [json.loads(one) for one in done.stdout.splitlines()]


@pytest.mark.slow
def test_every_kill_fell_where_it_should(story):
    _, steps = story
    assert [step["moment"] for step in steps if step["killed"]] == MOMENTS
    for step in steps:
        stage = step["moment"].partition(":")[0]
        assert step["committed"] == sorted(ALL[: ALL.index(stage)]), step["moment"]


@pytest.mark.slow
def test_an_out_has_no_manifest_until_all_of_it_is_there(story):
    _, steps = story
    last = [step["moment"] for step in steps if step["manifest"]]
    assert last == ["publish:commit"]


@pytest.fixture(scope="module")
def finished(story, reference):
    """The OUT of all kills when a last run has finished it, and what that run logged."""
    out, _ = story
    return out, run_here(reference.recipe, out)


@pytest.mark.slow
def test_the_bytes_are_those_of_an_undisturbed_run(finished, reference):
    out, lines = finished
    assert lines[:-1] == [f"{name}: nothing changed, skipped" for name in ALL[:-1]]
    assert_same(out, reference.out)


@pytest.mark.slow
def test_shards_of_another_plan_and_of_a_killed_writer_go(finished, reference):
    out, _ = finished
    for commit in out.glob("_work/shards/*/_commit.json"):
        commit.unlink()
    train = out / "corpus/train"
    (train / "train-00000-of-00099.parquet").write_bytes(b"a shard of another plan")
    (train / ".train-00000-of-00035.parquet.0123.tmp").write_bytes(b"of a killed writer")
    lost, cut_short = reference.shards[0], reference.shards[1]
    (out / lost).unlink()
    (out / cut_short).write_bytes((out / cut_short).read_bytes()[:-1])
    before = times(out, "corpus/**/*")
    lines = run_here(reference.recipe, out)
    count = len(reference.shards)
    assert f"shards: {count - 2} of {count} were written before, kept" in lines
    after = times(out, "corpus/**/*")
    assert {name for name in after if after[name] != before.get(name)} == {lost, cut_short}
    assert_same(out, reference.out)


def test_near_duplicates_go_on_with_another_number_of_tasks(reference, tmp_path, monkeypatch):
    """The index is made by partitions, and how large these are depends on the engine."""
    monkeypatch.setattr(near, "SMALL_PARTITION", 10)
    out = tmp_path / "out"
    shutil.copytree(reference.out, out)
    for path in out.glob("_work/near/*"):
        shutil.rmtree(path)
    make, made = index.index_partition, []

    def stop_after_two(*args, **settings):
        if len(made) == 2:
            raise RuntimeError("stopped")
        made.append(args)
        return make(*args, **settings)

    with monkeypatch.context() as patch, local_engine(1) as engine:
        patch.setattr(index, "index_partition", stop_after_two)
        with pytest.raises(RuntimeError, match="stopped"):
            run_here(reference.recipe, out, engine, until="dedup")
    assert len(receipts_by_unit(out / "_work", "near")) == 2
    with local_engine(7) as engine:
        lines = run_here(reference.recipe, out, engine)
    assert not [line for line in lines if line.startswith("near: ") and ", kept" in line]
    assert_same(out, reference.out)


@pytest.mark.parametrize("table", ["filter/*/documents", "mix/*/*"])
def test_a_bit_of_work_that_is_another_is_noticed_and_its_stage_runs_again(
    reference, tmp_path, table
):
    out = tmp_path / "out"
    shutil.copytree(reference.out, out)
    for stage in (
        "shards",
        "publish",
        *(ALL[ALL.index("filter") + 1 :] if "filter" in table else ()),
    ):
        shutil.rmtree(out / "_work" / stage, ignore_errors=True)
    path = min(out.glob(f"_work/{table}/*.parquet"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)
    lines = run_here(reference.recipe, out)
    told = [line for line in lines if "its bytes are not those that were written" in line]
    assert [line.partition(": ")[0] for line in told] == [str(path)]
    assert not path.exists()
    assert_same(out, reference.out)


@pytest.mark.slow
def test_fresh_starts_over(reference, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(reference.out, out)
    before = times(out)
    lines = run_here(reference.recipe, out, fresh=True)
    assert not [line for line in lines if "skipped" in line or ", kept" in line]
    newest = max(before.values())
    assert [name for name, time in times(out).items() if time <= newest] == []
    assert_same(out, reference.out)
    commits = [json.loads(path.read_bytes()) for path in out.glob("_work/*/*/_commit.json")]
    assert sorted(commit["stage"] for commit in commits) == sorted(ALL)
