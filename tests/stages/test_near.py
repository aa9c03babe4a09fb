"""Near-duplicates: the whole stage, by engines."""

import random

import pyarrow.parquet as pq
import pytest
import yaml

from curate import recipe as recipes
from curate.dedup import Banding
from curate.pipeline import plan
from curate.pipeline import run as runs
from curate.stages import near, prior
from curate.store.commits import Commit, write_commit
from stages.near_cases import (
    crowd,
    in_memory,
    outcomes_of,
    recipe_of,
    soup,
    started,
    template,
    unique,
    versions,
    words,
)


@pytest.fixture(scope="module")
def texts():
    mixed = list(dict.fromkeys([*versions(3), *template(60, 10), *crowd(60)]))
    random.Random(1).shuffle(mixed)
    return mixed


def test_by_an_engine_as_in_memory(engine, tmp_path, texts, monkeypatch):
    expected = in_memory(texts, Banding())
    seen = []
    for rows_each, members, in_process in (
        (10_000, 2_000_000, 10_000),
        (10_000, 2_000_000, 0),
        (50, 500, 0),
    ):
        monkeypatch.setattr(near, "IN_PROCESS", in_process)
        monkeypatch.setattr(near, "SMALL_PARTITION", rows_each)
        monkeypatch.setattr(near, "PARTITION_ROWS", rows_each)
        monkeypatch.setattr(near, "MEMBERS_PER_TASK", members)
        folder = tmp_path / f"{rows_each}-{in_process}"
        so_far = unique(engine, recipe_of(folder, {"a": texts}), folder / "out")
        rows = outcomes_of(so_far)
        seen.append(rows)
        result = {int(row["id"][2:]): (int(row["kept_id"][2:]), row["score"]) for row in rows}
        assert result == expected
        for row in rows:
            assert (row["state"], row["stage"], row["reason"], row["length"]) == (
                "dropped", "dedup", "near_duplicate", None,
            )  # fmt: skip
            assert row["file_path"] == f"{int(row['id'][2:]) // 40 * 40:05d}.parquet"
    assert seen[0] == seen[1] == seen[2]


def test_a_text_with_a_shorter_one_of_a_better_source(local, tmp_path):
    crawl, books = crowd(8), [" ".join(words(60, "w"))]
    path = recipe_of(tmp_path, {"crawl": crawl, "books": books}, priority=["books"])
    so_far = unique(local, path, tmp_path / "out")
    assert {row["kept_id"] for row in outcomes_of(so_far)} == {"books-0"}
    assert len(outcomes_of(so_far)) == 8


def test_within_a_source_only(local, tmp_path):
    crawl, books = crowd(8), [" ".join(words(60, "w"))]
    path = recipe_of(tmp_path, {"crawl": crawl, "books": [*books, *books]}, scope="source")
    so_far = unique(local, path, tmp_path / "out")
    assert [row["id"] for row in outcomes_of(so_far, "dedup")] == ["books-1"]
    assert {row["kept_id"][:6] for row in outcomes_of(so_far)} == {"crawl-"}
    assert len(outcomes_of(so_far)) == 7


def test_a_second_run_is_skipped_and_one_on_the_output_removes_nothing(local, tmp_path, texts):
    path = recipe_of(tmp_path / "one", {"a": texts})
    so_far = unique(local, path, tmp_path / "one/out")
    gone = {int(row["id"][2:]) for row in outcomes_of(so_far)}
    again = started(path, tmp_path / "one/out", log=(said := []).append)
    runs.run_stages(again.on(local), "dedup")
    assert "near: nothing changed, skipped" in said
    stays = [text for i, text in enumerate(texts) if i not in gone]
    path = recipe_of(tmp_path / "two", {"a": stays})
    so_far = unique(local, path, tmp_path / "two/out")
    assert outcomes_of(so_far) == []


def test_one_that_too_many_resemble_stops_the_run(local, tmp_path, monkeypatch):
    monkeypatch.setattr(near, "CLUSTER", 10)
    path = recipe_of(tmp_path, {"a": [*crowd(50), *soup(60)]}, ngram=5)
    with pytest.raises(near.LargeClusterError, match=r"largest_cluster: .* near-duplicates of a-"):
        unique(local, path, tmp_path / "out")
    settings = yaml.safe_load(path.read_text())
    settings["dedup"]["largest_cluster"] = 0.9
    path.write_text(yaml.safe_dump(settings))
    so_far = unique(local, path, tmp_path / "out")
    assert len(outcomes_of(so_far)) > 40
    settings["dedup"]["largest_cluster"] = 0.3  # which needs nothing done again to be too few
    path.write_text(yaml.safe_dump(settings))
    with pytest.raises(near.LargeClusterError, match=r"largest_cluster: expected at most 30.0%"):
        unique(local, path, tmp_path / "out")


@pytest.mark.parametrize("against", ["out", "out/_work", "other/../out"])
def test_a_run_whose_work_this_one_would_delete(tmp_path, against):
    """A stage deletes what other settings left in its folder: also the run it is compared with."""
    folder = tmp_path / "out/_work/near/0123"
    report = {"reads": ["dedup/0123"], "signatures": prior.signatures(recipes.Dedup())}
    for stage in ("near", "dedup"):
        write_commit(Commit.of(stage, "", str(folder.parents[1] / stage / "0123"), (), report))
    path = recipe_of(tmp_path, {"a": ["x"]}, against=str(tmp_path / against))
    (tmp_path / "other").mkdir()
    with pytest.raises(
        recipes.RecipeError, match=r"dedup\.against: .* name another one with --work"
    ):
        plan.check(started(path, tmp_path / "out"))
    assert len(prior.prior_runs(started(path, tmp_path / "next"))) == 1


def test_settings_that_compare_nearly_all_are_refused_for_many(local, tmp_path, monkeypatch):
    path = recipe_of(tmp_path, {"a": crowd(30)}, settings="gpt3")
    run = started(path, tmp_path / "out")
    few = Banding(bands=10, rows=1, ngram=1, most_documents=20)
    monkeypatch.setattr(type(run.recipe.dedup), "banding", lambda _: few)
    with pytest.raises(recipes.RecipeError, match="at most 20 documents, got 31"):
        runs.run_stages(run.on(local), "dedup")


def by_id(so_far):
    rows = [*outcomes_of(so_far, "dedup"), *outcomes_of(so_far)]
    return {row["id"]: (row["kept_id"], row["score"], row["reason"]) for row in rows}


def test_two_dumps_in_turn_are_as_both_at_once(local, tmp_path, texts):
    """Also where a copy of what went from the first comes with the second."""
    half = len(texts) // 2
    one = {"d1": texts[:half]}
    two = {"d2": [*texts[half:], *texts[: half // 2], *(t + " ." for t in texts[:20])]}
    both = unique(local, recipe_of(tmp_path / "both", one | two), tmp_path / "both/out")
    first = unique(local, recipe_of(tmp_path / "first", one), tmp_path / "first/out")
    path = recipe_of(tmp_path / "second", two, against=str(tmp_path / "first/out"))
    second = unique(local, path, tmp_path / "second/out")
    assert set(by_id(both)) == set(by_id(first)) | set(by_id(second))
    removed = {**by_id(first), **by_id(second)}
    for id_, outcome in by_id(both).items():
        if outcome[2] == removed[id_][2] == "near_duplicate":
            assert outcome == removed[id_]
    assert {kept for kept, *_ in by_id(second).values()} & {f"d1-{i}" for i in range(half)}
    assert not {kept for kept, *_ in removed.values()} & set(removed) - {
        kept for kept, _, reason in removed.values() if reason == "exact_duplicate"
    }

    again = recipe_of(tmp_path / "third", two, against=str(tmp_path / "first/out"), bands=19)
    with pytest.raises(recipes.RecipeError, match=r"dedup\.against: .*num_perm.: 133"):
        unique(local, again, tmp_path / "third/out")
    path = recipe_of(tmp_path / "fourth", two, against=str(tmp_path / "nowhere"))
    with pytest.raises(recipes.RecipeError, match=r"dedup\.against: .*nowhere"):
        unique(local, path, tmp_path / "fourth/out")


def test_a_copy_names_the_document_kept_at_the_end(local, tmp_path):
    base = [" ".join([*words(60, "w"), "and more of it"]), " ".join(words(60, "w"))]
    texts = [*base, base[1] + " ", *(f"{' '.join(words(30, name))}" for name in "abc")]
    path = recipe_of(tmp_path, {"a": texts})
    ledger = unique(local, path, tmp_path / "out", "mix").of("publish").report["ledger"]
    assert ledger["dropped"] == {"dedup": {"exact_duplicate": 1, "near_duplicate": 1}}
    pairs = pq.read_table(tmp_path / "out/duplicates").to_pylist()
    (jaccard,) = {pair["jaccard"] for pair in pairs}
    assert 0.8 < jaccard < 1
    # The longer of two copies stays, until a text that is longer still takes the place of both.
    assert [(p["removed_id"], p["kept_id"], p["rule"]) for p in pairs] == [
        ("a-1", "a-0", "near_duplicate"),
        ("a-2", "a-0", "near_duplicate"),
    ]
    ledger_rows = {row["id"]: row for row in pq.read_table(tmp_path / "out/ledger").to_pylist()}
    copies = [ledger_rows[id_] for id_ in ("a-1", "a-2")]
    assert [row["kept_id"] for row in copies] == ["a-0", "a-0"]
    assert {row["reason"] for row in copies} == {"exact_duplicate", "near_duplicate"}
