"""What was removed from a finished run does not come back, there or in runs held against it."""

import pytest

from curate.errors import RecipeError
from curate.takedown.remove import remove
from curate.takedown.tombstones import Tombstones
from stages.near_cases import outcomes_of, recipe_of, started, unique, words


def texts():
    several = [" ".join(words(60, name)) for name in "abcde"]
    return [*several, several[0] + "  "]  # the last is a copy of the first


def kept(so_far):
    gone = {row["id"] for stage in ("takedown", "dedup", "near") if stage in so_far.commits
            for row in outcomes_of(so_far, stage)}  # fmt: skip
    return {f"a-{n}" for n in range(6)} - gone


def test_what_was_removed_stays_away(local, tmp_path):
    path = recipe_of(tmp_path / "one", {"a": texts()})
    out = tmp_path / "one/out"
    so_far = unique(local, path, out, until="mix")
    assert kept(so_far) == {f"a-{n}" for n in range(5)} or kept(so_far) == {
        f"a-{n}" for n in range(1, 6)
    }
    (best,) = kept(so_far) & {"a-0", "a-5"}
    remove(str(out), Tombstones.of(ids=[best]), workers=1)
    again = unique(local, path, out, until="mix")
    assert kept(again) == {"a-1", "a-2", "a-3", "a-4"}, "nor does the copy take its place"
    assert {(row["id"], row["reason"]) for row in outcomes_of(again, "takedown")} == {
        ("a-0", "removed"), ("a-5", "removed"),
    }  # fmt: skip
    other = recipe_of(tmp_path / "two", {"a": texts()}, against=str(out))
    assert kept(unique(local, other, tmp_path / "two/out")) == set(), "all others are copies"
    third = recipe_of(tmp_path / "three", {"a": texts()})
    third.write_text(f"{third.read_text()}\nrights: {{tombstones: {out}}}\n")
    so_far = unique(local, third, tmp_path / "three/out")
    assert kept(so_far) == {"a-1", "a-2", "a-3", "a-4"}


def test_tombstones_that_are_not_there(tmp_path):
    path = recipe_of(tmp_path, {"a": ["x"]})
    path.write_text(f"{path.read_text()}\nrights: {{tombstones: [{tmp_path}/no]}}\n")
    with pytest.raises(RecipeError, match=r"rights\.tombstones: expected a run .*got .*/no"):
        started(path, tmp_path / "out")
