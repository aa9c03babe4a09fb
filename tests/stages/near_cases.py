"""What the tests of near-duplicates share: texts, the rounds in this process, runs of a recipe."""

import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from curate import recipe as recipes
from curate.dedup import Banding, find_duplicates
from curate.dedup.distributed import flow
from curate.dedup.distributed.flow import InProcess
from curate.dedup.distributed.index import index_partition
from curate.dedup.distributed.partitions import REMOVAL, RoundSpec, removals_of
from curate.dedup.minhash import MinHasher
from curate.pipeline import run as runs
from curate.stages import near
from curate.store import schema
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
