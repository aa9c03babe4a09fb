"""Near-duplicates: the partitioned rounds against the ones in memory.

The flow runs in this process, as in small runs: messages in lists.
"""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.dedup import Banding, clusters, duplicates
from curate.dedup.distributed import flow, tasks
from curate.dedup.distributed.index import index_partition
from curate.dedup.distributed.partitions import Partition
from curate.dedup.minhash import MinHasher
from curate.stages import near
from curate.store import schema
from curate.store.keys import encode_key as key_of
from stages.committed import commit_of
from stages.near_cases import SURE, crowd, documents_of, in_memory, soup, spread, template, versions

CASES = {
    "versions": (versions, Banding(bands=80, rows=3)),
    "template": (template, Banding()),
    "crowd": (crowd, Banding()),
    "soup": (soup, SURE),
}


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
    result, report = spread(tmp_path, texts, banding, parts=parts)
    assert result == in_memory(texts, banding)
    assert result, "a case without removals shows nothing"
    assert counted.items() <= report.items()


@pytest.mark.parametrize("case", ["template", "soup"])
@pytest.mark.parametrize("leaders", [1, 2])
@pytest.mark.parametrize("whole", [0, 100, 10**6])
def test_full_buckets_are_split_the_same_way(tmp_path, counted, monkeypatch, case, leaders, whole):
    make, banding = CASES[case]
    texts = list(dict.fromkeys(make()))
    monkeypatch.setattr(flow, "WHOLE_OVERFLOW", whole)
    result, report = spread(tmp_path, texts, banding, parts=4, leaders=leaders)
    assert result == in_memory(texts, banding, leaders)
    assert counted.items() <= report.items(), "not a pair more or less"
    assert report["in full buckets"] > 0


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("edges", [0, 20])
def test_decided_step_by_step_the_removals_are_the_same(tmp_path, monkeypatch, case, edges):
    make, banding = CASES[case]
    texts = list(dict.fromkeys(make()))
    expected = in_memory(texts, banding)
    monkeypatch.setattr(flow, "EDGES_PER_TASK", edges)
    assert spread(tmp_path, texts, banding, parts=5)[0] == expected


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
    result, _ = spread(tmp_path, texts, Banding(), parts=2)
    assert result == in_memory(texts, Banding())
    assert not {0, 1, 2} & set(result)


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
