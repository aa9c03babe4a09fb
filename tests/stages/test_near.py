"""Near-duplicates: the partitioned rounds against the ones in memory, then the whole stage.

Most tests run the flow in this process, as small runs do: messages in lists.
"""

import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from curate import recipe as recipes
from curate.dedup import Banding, clusters, duplicates, find_duplicates
from curate.dedup.distributed import flow, tasks
from curate.dedup.distributed.flow import InProcess
from curate.dedup.distributed.index import index_partition
from curate.dedup.distributed.partitions import REMOVAL, Partition, RoundSpec, removals_of
from curate.dedup.minhash import MinHasher
from curate.pipeline import plan
from curate.pipeline import run as runs
from curate.stages import near, prior
from curate.store import schema
from curate.store.commits import Commit, write_commit
from curate.store.documents import Documents
from curate.store.keys import encode_key as key_of
from stages.committed import commit_of, outcomes

SURE = Banding(bands=40, rows=2, ngram=2, threshold=0.6)  # misses one pair in 10^7 at 0.6


def words(count, name):
    return [f"{name}{i}" for i in range(count)]


def versions(pages=6, count=20, seed=6):
    """Return drifting versions of pages: the next changes two words of the one before."""
    chance, texts = random.Random(seed), []
    for page in range(pages):
        text = words(100, f"p{page}w")
        for version in range(count):
            texts.append(" ".join(text))
            for at in chance.sample(range(100), 2):
                text[at] = f"p{page}v{version}x{at}"
    chance.shuffle(texts)
    return texts


def template(count=150, copies=20):
    """Return pages that have most words in common, and copies of some."""
    common = words(240, "t")
    texts = [" ".join(common + words(60, f"page{i}x")) for i in range(count)]
    return texts + [text.replace(" t5 ", " changed ") for text in texts[:copies]]


def crowd(count=200):
    base = words(60, "w")
    return [" ".join([*base, f"end{i}"]) for i in range(count)] + [" ".join(words(60, "other"))]


def soup(count=300, seed=3):
    """Return short texts of few words: buckets of every size, alike in every degree."""
    chance = random.Random(seed)
    return [" ".join(chance.choices("abcdefgh", k=chance.randint(0, 9))) for _ in range(count)]


CASES = {
    "versions": (versions, Banding(bands=80, rows=3)),
    "template": (template, Banding()),
    "crowd": (crowd, Banding()),
    "soup": (soup, SURE),
}


def rows_of_texts(texts, source="a", number=0):
    return [
        {
            **dict.fromkeys(schema.FILTERED.names),
            "key": key_of(number, 3 * n),
            "source": source,
            "file_path": f"f{number}",
            "n": 3 * n,
            "id": f"{source}-{number}-{n}",
            "text": text,
            "text_hash": bytes(16),
            "characters": len(text),
            "extracted": len(text),
        }
        for n, text in enumerate(texts)
    ]


def documents_of(folder, texts, parts):
    """Return texts as documents, in so many parts."""
    several = [
        rows_of_texts([texts[i] for i in chosen], number=number)
        for number, chosen in enumerate(np.array_split(np.arange(len(texts)), parts))
    ]
    batches = [pa.RecordBatch.from_pylist(rows, schema=schema.FILTERED) for rows in several]
    return Documents(commit_of(folder, "filter", "documents", schema.FILTERED, *batches))


def spread(folder, texts, banding, *, parts, buckets=3, leaders=8):
    """Return the removals as position -> (position, similarity), and the report."""
    documents = documents_of(str(folder), texts, parts)
    partitions = near.partitioned(documents, 1)
    hasher = MinHasher.of(banding)
    index = [
        index_partition(
            str(folder), f"{p.number}", p.to_json(), hasher=hasher, priority=["a"], scope="global"
        )
        for p in partitions
    ]
    partitions = flow.with_files(partitions, str(folder), index, "index")
    spec = RoundSpec(
        name="",
        folder=str(folder / "rounds"),
        hasher=hasher,
        threshold=banding.threshold,
        lows=np.array([partition.low for partition in partitions]),
        buckets=buckets,
        max_leaders=leaders,
    )
    partitions, report = flow.compare(InProcess(), partitions, spec)
    position, at = {}, 0
    for number, chosen in enumerate(np.array_split(np.arange(len(texts)), parts)):
        for n in range(len(chosen)):
            position[key_of(number, 3 * n)], at = at, at + 1
    removals = np.concatenate([np.empty(0, REMOVAL), *map(removals_of, partitions)])
    kept_of = {
        position[int(r["key"])]: (position[int(r["kept_key"])], float(r["jaccard"]))
        for r in removals
    }
    assert len(kept_of) == len(removals)
    return kept_of, report


def in_memory(texts, banding, leaders=8):
    rank = [-len(text) for text in texts]
    duplicates = find_duplicates(texts, banding=banding, rank=rank, leaders=leaders)
    return {d.removed: (d.kept, d.jaccard) for d in duplicates}


@pytest.fixture
def counted(monkeypatch):
    """What the rounds in memory compared and found similar, once they have been run."""
    counts = {}

    def resolve(*given, **named):
        removals = clusters.resolve(*given, **named)
        for column, name in enumerate(("pairs compared", "pairs similar")):
            counts[name] = sum(row[column] for row in removals.rounds)
        return removals

    monkeypatch.setattr(duplicates, "resolve", resolve)
    return counts


@pytest.mark.parametrize("parts", [1, 7])
@pytest.mark.parametrize("case", CASES)
def test_partitioned_as_in_memory(tmp_path, counted, monkeypatch, case, parts):
    make, banding = CASES[case]
    texts = list(dict.fromkeys(make()))
    monkeypatch.setattr(near, "PARTITION_ROWS", 10)
    monkeypatch.setattr(near, "SMALL_PARTITION", 10)
    found, report = spread(tmp_path, texts, banding, parts=parts)
    assert found == in_memory(texts, banding)
    assert found, "a case without removals shows nothing"
    assert counted.items() <= report.items()


@pytest.mark.parametrize("case", ["template", "soup"])
@pytest.mark.parametrize("leaders", [1, 2])
@pytest.mark.parametrize("whole", [0, 100, 10**6])
def test_full_buckets_are_split_the_same_way(tmp_path, counted, monkeypatch, case, leaders, whole):
    make, banding = CASES[case]
    texts = list(dict.fromkeys(make()))
    monkeypatch.setattr(flow, "WHOLE_OVERFLOW", whole)
    found, report = spread(tmp_path, texts, banding, parts=4, leaders=leaders)
    assert found == in_memory(texts, banding, leaders)
    assert counted.items() <= report.items(), "not a pair more or less"
    assert report["in full buckets"] > 0


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("edges", [0, 20])
def test_decided_step_by_step_the_removals_are_the_same(tmp_path, monkeypatch, case, edges):
    make, banding = CASES[case]
    texts = list(dict.fromkeys(make()))
    wanted = in_memory(texts, banding)
    monkeypatch.setattr(flow, "EDGES_PER_TASK", edges)
    assert spread(tmp_path, texts, banding, parts=5)[0] == wanted


def test_texts_are_compared_in_pieces(tmp_path, monkeypatch):
    texts = list(dict.fromkeys(versions()))
    monkeypatch.setattr(tasks, "TEXT_BYTES", 1)
    monkeypatch.setattr(tasks, "CHUNK_BYTES", 1)
    monkeypatch.setattr("curate.dedup.distributed.rounds.PAIRS_AT_ONCE", 1)
    monkeypatch.setattr("curate.dedup.distributed.messages.MESSAGE_BYTES", 1)
    banding = Banding(bands=80, rows=3)
    assert spread(tmp_path, texts, banding, parts=3)[0] == in_memory(texts, banding)


def test_texts_without_a_word_resemble_nothing(tmp_path):
    texts = ["", " . ", "!", *crowd(5)]
    found, _ = spread(tmp_path, texts, Banding(), parts=2)
    assert found == in_memory(texts, Banding())
    assert not {0, 1, 2} & set(found)


def test_the_score_comes_before_the_length_in_the_rank(tmp_path):
    documents = documents_of(str(tmp_path), ["a b c d e f", "a b c d e", "a b c d"], 1)
    scores = [
        {
            "key": key_of(0, 3 * n),
            "source": "a",
            "file_path": "f0",
            "n": 3 * n,
            "characters": 1,
            "quality_score": q,
        }
        for n, q in enumerate((0.2, 0.9, 0.5))
    ]
    batch = pa.RecordBatch.from_pylist(scores, schema=schema.SCORES)
    scored = documents.scored(commit_of(tmp_path / "q", "quality", "scores", schema.SCORES, batch))
    for ranked, best in ((documents, [0, 1, 2]), (scored, [1, 2, 0])):
        (partition,) = near.partitioned(ranked, 1)
        hasher = MinHasher.of(Banding())
        receipt = index_partition(
            str(tmp_path), "i", partition.to_json(), hasher=hasher, priority=["a"], scope="global"
        )
        ranks = pq.read_table(tmp_path / receipt.files[0].name)["rank"].to_numpy()
        assert np.argsort(ranks).tolist() == best


def test_partitions_are_of_consecutive_parts(tmp_path):
    documents = documents_of(str(tmp_path), ["x"] * 50, 10)
    partitions = near.partitioned(documents, 1)
    assert [len(partition.parts) for partition in partitions] == [10]
    assert partitions[0].low == 0
    assert partitions[0].high == key_of(9, 12)
    assert Partition.from_json(partitions[0].to_json()) == partitions[0]


# --- the whole stage ---------------------------------------------------------------------------


def recipe_of(folder: Path, sources, **dedup):
    """Return a recipe of sources of texts, as Parquet files of a few rows."""
    parts = {}
    for name, texts in sources.items():
        (folder / name).mkdir(parents=True)
        for start in range(0, len(texts), 40):
            rows = [
                {"id": f"{name}-{start + i}", "text": t}
                for i, t in enumerate(texts[start : start + 40])
            ]
            pq.write_table(pa.Table.from_pylist(rows), folder / name / f"{start:05d}.parquet")
        parts[name] = {"kind": "parquet", "path": f"{name}/*.parquet", "reference": True}
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump({"sources": parts, "language": None, "dedup": dedup}))
    return path


def started(path, out, **settings):
    return runs.start(recipes.load(path), str(out), **{"log": lambda _: None, **settings})


def unique(engine, path, out, until="dedup"):
    """Run a recipe until a command's last stage; return what there is then."""
    return runs.run_stages(started(path, out).on(engine), until)


def outcomes_of(so_far, stage="near"):
    return sorted(outcomes(so_far.of(stage)).values(), key=lambda row: row["key"])


@pytest.fixture(scope="module")
def texts():
    mixed = list(dict.fromkeys([*versions(3), *template(60, 10), *crowd(60)]))
    random.Random(1).shuffle(mixed)
    return mixed


def test_by_an_engine_as_in_memory(engine, tmp_path, texts, monkeypatch):
    wanted = in_memory(texts, Banding())
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
        found = {int(row["id"][2:]): (int(row["kept_id"][2:]), row["score"]) for row in rows}
        assert found == wanted
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
    """A stage deletes what other settings left beside it: also the run it is held against."""
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
