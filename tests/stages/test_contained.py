"""Contained copies, removed by engines as in memory, however the documents are spread."""

import pytest
from dedup.test_containment import excerpts, words

from curate.dedup.containment import find_contained
from curate.recipe import RecipeError
from curate.stages import contained, contained_edges
from curate.store.ledger import ImbalanceError
from stages.committed import (
    after,
    carry_out,
    committed_rows,
    documents_of,
    left,
    outcomes,
    run_of,
)


def run_with(folder, engine=None, share=0.8, **dedup):
    return run_of(folder, engine, dedup={"contained": share, **dedup})


def test_what_is_removed_is_what_is_removed_in_memory(engine, tmp_path):
    texts = excerpts()
    documents = documents_of(tmp_path / "documents", {"crawl": texts}, [40, 13])
    so_far = carry_out(contained, run_with(tmp_path, engine), after(documents))
    result = outcomes(so_far.of("contained"))
    expected = {one.removed: one for one in find_contained(texts)}
    assert {row["n"] for row in result.values()} == expected.keys()
    for row in result.values():
        removal = expected[row["n"]]
        assert (row["state"], row["stage"], row["reason"]) == (
            "dropped", "contained", "contained_in_another",
        )  # fmt: skip
        assert row["kept_id"] == f"crawl-{removal.kept}"
        assert row["score"] == removal.share
        assert row["characters"] == len(texts[row["n"]])
    assert left(so_far.left).keys() == left(documents).keys() - result.keys()
    assert so_far.of("contained").report["duplicates"] == len(result) > 50


def test_parts_and_buckets_do_not_matter(local, tmp_path, monkeypatch):
    texts = {"crawl": excerpts(60), "news": excerpts(40, seed=2)}
    one = documents_of(tmp_path / "a", texts, [200])
    first = carry_out(contained, run_with(tmp_path / "1", local), after(one))
    monkeypatch.setattr("curate.stages.sorting.BUCKET_ROWS", 50)
    monkeypatch.setattr("curate.stages.sorting.ROWS_A_FILE", 30)
    monkeypatch.setattr(contained, "PARTS_A_FILE", 2)
    monkeypatch.setattr(contained, "COMPARED_BYTES", 20_000)
    many = documents_of(tmp_path / "b", texts, [17, 5])
    second = carry_out(contained, run_with(tmp_path / "2", local), after(many))
    assert outcomes(second.of("contained")) == outcomes(first.of("contained"))
    assert outcomes(first.of("contained"))


@pytest.mark.parametrize("at_once", [0, 40])
def test_steps_decide_as_one_task(local, tmp_path, monkeypatch, at_once):
    """Chains: each text in the next one, so that every second removal depends on another."""
    versions = [words(f"v{n % 6}x", 40 + 8 * (n // 6)) for n in range(60)]
    texts = {"crawl": [*excerpts(60), *versions]}
    documents = documents_of(tmp_path / "d", texts, [17, 5])
    one = carry_out(contained, run_with(tmp_path / "1", local), after(documents))
    monkeypatch.setattr(contained_edges, "EDGES_PER_TASK", at_once)
    monkeypatch.setattr("curate.stages.sorting.BUCKET_ROWS", 50)
    steps = []
    prune = contained_edges.prune_edges
    monkeypatch.setattr(
        contained_edges,
        "prune_edges",
        lambda *args, **more: (steps.append(1), prune(*args, **more))[1],
    )
    several = carry_out(contained, run_with(tmp_path / "2", local), after(documents))
    assert outcomes(several.of("contained")) == outcomes(one.of("contained"))
    assert len(outcomes(one.of("contained"))) > 80
    assert len(steps) > 2


def test_a_better_source_is_left_alone_and_a_scope_separates(local, tmp_path):
    short, long = words("a", 200), f"{words('a', 200)} {words('b', 200)}"
    documents = documents_of(tmp_path / "d", {"wiki": [short], "crawl": [long]}, [1])

    def removed(name, documents, **dedup):
        run = run_with(tmp_path / name, local, **dedup)
        result = outcomes(carry_out(contained, run, after(documents)).of("contained"))
        return [row["id"] for row in result.values()]

    assert removed("1", documents) == []
    assert removed("2", documents, priority=["crawl"]) == ["wiki-0"]
    rows = [{**row, "dump": row["source"]} for row in left(documents).values()]
    dumps = committed_rows(tmp_path / "dumps", rows, parts=2)
    assert removed("3", dumps, priority=["crawl"]) == ["wiki-0"]
    assert removed("4", dumps, priority=["crawl"], scope="dump") == []


def test_a_lost_document_is_noticed(local, tmp_path, monkeypatch):
    real = contained_edges.outcomes_of

    def losing(units, *, ranges):
        for batch in real(units, ranges=ranges):
            yield batch.slice(1)
            yield batch.slice(1)

    monkeypatch.setattr(contained_edges, "outcomes_of", losing)
    documents = documents_of(tmp_path / "d", {"crawl": excerpts(40)}, [20])
    with pytest.raises(ImbalanceError):
        carry_out(contained, run_with(tmp_path, local), after(documents))


def test_a_second_run_is_skipped_and_another_share_is_not(local, tmp_path):
    documents = documents_of(tmp_path / "d", {"crawl": excerpts(20)}, [20])
    first = carry_out(contained, run_with(tmp_path, local), after(documents))
    again = carry_out(contained, run_with(tmp_path), after(documents))  # without an engine
    assert again.of("contained").digest() == first.of("contained").digest()
    assert contained.prepare(run_with(tmp_path, share=0.9), after(documents)).committed is None


@pytest.mark.parametrize("share", [0, 0.4, 1.1, "most"])
def test_a_share_that_is_none_is_refused(tmp_path, share):
    with pytest.raises(RecipeError, match=r"dedup\.contained"):
        run_with(tmp_path, share=share)
