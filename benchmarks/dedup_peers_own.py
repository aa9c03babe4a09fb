"""Run a peer in its own environment, for `benchmarks/dedup_peers.py`: python THIS NAME SETTINGS.

Only the standard library up here, and nothing of ours: each peer is in an environment of its own.
"""

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

NGRAM, BANDS, ROWS, THRESHOLD, WORKERS = 5, 20, 7, 0.8, 2


class _Watch:
    """Seconds between calls, by name."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}
        self._began = time.perf_counter()

    def __call__(self, name: str) -> None:
        now = time.perf_counter()
        self.stages[name] = round(now - self._began, 1)
        self._began = now


def _report(work: Path, kept: Sequence[str], watch: _Watch, settings: Mapping[str, Any]) -> None:
    if settings["keys"]:
        (work / "kept.json").write_text(json.dumps(list(kept)))
    (work / "report.json").write_text(json.dumps({"kept": len(kept), "stages": watch.stages}))


def datatrove(settings: Mapping[str, Any]) -> None:
    """Run its four stages; each task reads every second file."""
    import pyarrow.parquet as pq  # noqa: PLC0415
    from datatrove.executor import LocalPipelineExecutor  # noqa: PLC0415
    from datatrove.pipeline.dedup.minhash import (  # noqa: PLC0415
        MinhashConfig,
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.readers import ParquetReader  # noqa: PLC0415
    from datatrove.pipeline.writers import ParquetWriter  # noqa: PLC0415
    from datatrove.utils.hashing import HashConfig  # noqa: PLC0415

    work = Path(settings["work"])
    config = MinhashConfig(
        n_grams=NGRAM,
        num_buckets=BANDS,
        hashes_per_bucket=ROWS,
        hash_config=HashConfig(precision=settings["precision"], hash_fc=settings["hash"]),
    )
    reader = ParquetReader(settings["corpus"], text_key="text", id_key="id", read_metadata=False)
    places = {name: str(work / name) for name in ("signatures", "buckets", "remove", "out")}
    watch = _Watch()

    def stage(name: str, steps: list[Any], tasks: int) -> None:
        LocalPipelineExecutor(
            pipeline=steps, tasks=tasks, workers=WORKERS, logging_dir=str(work / "logs" / name)
        ).run()
        watch(name)

    stage("signatures", [reader, MinhashDedupSignature(places["signatures"], config)], WORKERS)
    buckets = MinhashDedupBuckets(places["signatures"], places["buckets"], config=config)
    stage("buckets", [buckets], BANDS)
    stage("cluster", [MinhashDedupCluster(places["buckets"], places["remove"], config)], 1)
    stage(
        "filter",
        [reader, MinhashDedupFilter(places["remove"]), ParquetWriter(places["out"])],
        WORKERS,
    )
    kept = pq.read_table(places["out"], columns=["id"])["id"].to_pylist()
    if settings["keys"]:
        _datatrove_keys(work, settings, config)
    _report(work, kept, watch, settings)


def _datatrove_keys(work: Path, settings: Mapping[str, Any], config: Any) -> None:
    """Number the signatures of each bucket, equal ones alike, by document."""
    import numpy as np  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    files = sorted(Path(settings["corpus"]).glob("*.parquet"))
    ids = [
        [id_ for file in files[rank::WORKERS] for id_ in _ids(pq, file)] for rank in range(WORKERS)
    ]
    starts = [0, len(ids[0])]
    keys = np.full((sum(map(len, ids)), BANDS), -1, np.int64)
    size = ROWS * config.hash_config.precision // 8
    record = np.dtype([("signature", f"V{size}"), ("document", "<u4")])
    for bucket in range(BANDS):
        parts = []
        for rank in range(WORKERS):
            path = work / "signatures" / f"bucket_{bucket:03d}" / f"{rank:05d}.minhash.sig"
            rows = np.frombuffer(path.read_bytes(), record)
            parts.append((rows["signature"].tolist(), rows["document"] + starts[rank]))
        numbers: dict[bytes, int] = {}
        for signatures, documents in parts:
            keys[documents, bucket] = [numbers.setdefault(s, len(numbers)) for s in signatures]
    np.savez(work / "keys.npz", ids=np.array(ids[0] + ids[1]), keys=keys)


def _ids(pq: Any, file: Path) -> list[str]:
    ids: list[str] = pq.read_table(file, columns=["id"])["id"].to_pylist()
    return ids


def text_dedup(settings: Mapping[str, Any]) -> None:
    """Run its command; then, for the keys, its own function on every text."""
    import pyarrow.parquet as pq  # noqa: PLC0415
    from datasets import load_from_disk  # noqa: PLC0415

    work, watch = Path(settings["work"]), _Watch()
    old = version("text-dedup") < "0.4.1"
    if settings["keys"] and not old:
        raise SystemExit("text-dedup: its keys are read from 0.4.0, give an environment with that")
    line = _text_dedup_options(work, settings) if old else _text_dedup_config(work, settings)
    subprocess.run([sys.executable, "-m", "text_dedup.minhash", *line], check=True, cwd=work)
    watch("minhash")
    kept = load_from_disk(str(work / "out"))["id"]
    if settings["keys"]:
        _text_dedup_keys(work, sorted(Path(settings["corpus"]).glob("*.parquet")), pq, settings)
    _report(work, list(kept), watch, settings)


def _text_dedup_options(work: Path, settings: Mapping[str, Any]) -> list[str]:
    line = [
        "--path", "parquet", "--data_files", f"{settings['corpus']}/*.parquet",
        "--split", "train", "--cache_dir", str(work / "cache"), "--output", str(work / "out"),
        "--column", "text", "--ngram", NGRAM, "--num_perm", BANDS * ROWS, "--b", BANDS,
        "--r", ROWS, "--threshold", THRESHOLD, "--min_length", 1, "--num_proc", WORKERS,
        "--hash_func", "xxh3" if settings["hash"] == "xxhash" else "sha1",
    ]  # fmt: skip
    return list(map(str, line))


def _text_dedup_config(work: Path, settings: Mapping[str, Any]) -> list[str]:
    """Write config.toml where its command, from 0.4.1 on, looks for it; it has no options."""
    hash_ = "xxh3" if settings["hash"] == "xxhash" else "sha1"
    (work / "config.toml").write_text(
        f"""[input]
input_type = "local_files"
file_type = "parquet"
[input.read_arguments]
path = "parquet"
data_files = "{settings["corpus"]}/*.parquet"
split = "train"
cache_dir = "{work / "cache"}"
[algorithm]
algorithm_name = "minhash"
text_column = "text"
num_proc = {WORKERS}
hash_func_name = "{hash_}"
bands = {BANDS}
rows = {ROWS}
num_perm = {BANDS * ROWS}
ngram_size = {NGRAM}
threshold = {THRESHOLD}
min_length = 1
[output]
output_dir = "{work / "out"}"
[debug]
"""
    )
    return []


def _text_dedup_keys(
    work: Path, files: Sequence[Path], pq: Any, settings: Mapping[str, Any]
) -> None:
    import numpy as np  # noqa: PLC0415
    from text_dedup import minhash  # noqa: PLC0415

    prime, most = np.uint64((1 << 61) - 1), np.uint32((1 << 32) - 1)  # as its command has them
    draw = np.random.RandomState(minhash.SEED).randint
    permutations = (
        draw(1, prime, size=(BANDS * ROWS,), dtype=np.uint64),
        draw(0, prime, size=(BANDS * ROWS,), dtype=np.uint64),
    )
    sha1 = settings["hash"] == "sha1"
    numbers: list[dict[bytes, int]] = [{} for _ in range(BANDS)]
    ids, keys = [], []
    for file in files:
        table = pq.read_table(file, columns=["id", "text"])
        ids += table["id"].to_pylist()
        for text in table["text"].to_pylist():
            signature = minhash.embed_func(
                text,
                0,
                num_perm=BANDS * ROWS,
                ngram_size=NGRAM,
                min_length=1,
                hashranges=[(band * ROWS, (band + 1) * ROWS) for band in range(BANDS)],
                permutations=permutations,
                hash_func=minhash.sha1_hash if sha1 else minhash.xxh3_32hash,
                dtype=np.uint64,
                max_hash=most,
                modulo_prime=prime,
            )[minhash.SIGNATURE_COLUMN]
            pairs = zip(numbers, signature)  # noqa: B905
            keys.append([numbering.setdefault(s, len(numbering)) for numbering, s in pairs])
    np.savez(work / "keys.npz", ids=np.array(ids), keys=np.array(keys))


def curator(settings: Mapping[str, Any]) -> None:
    from distributed_curator import (  # noqa: PLC0415
        get_jar_path,
        partition_aware_deduplicate,
    )
    from pyspark.sql import SparkSession  # noqa: PLC0415

    watch, work = _Watch(), Path(settings["work"])
    partitions = settings["partitions"]
    spark = (
        SparkSession.builder.master(f"local[{WORKERS}]")
        .config("spark.jars", get_jar_path())
        .config("spark.sql.shuffle.partitions", partitions)
        .config("spark.driver.memory", "6g")
        .config("spark.ui.enabled", "true")
        .config("spark.local.dir", str(work / "local"))
        .getOrCreate()
    )
    watch("start")
    frame = spark.read.parquet(str(settings["corpus"])).withColumnRenamed("id", "doc_id")
    duplicates = partition_aware_deduplicate(
        spark=spark,
        input_df=frame.select("doc_id", "text"),
        similarity_threshold=THRESHOLD,
        num_hashes=BANDS * ROWS,
        num_bands=BANDS,
        num_partitions=partitions,
        is_input_doc_id_unique=True,
    )
    duplicates.where("not is_duplicate").write.parquet(str(work / "out"))
    watch("deduplicate")
    kept = [row[0] for row in spark.read.parquet(str(work / "out")).select("doc_id").collect()]
    _report(work, kept, watch, settings)
    spark.stop()


PEERS = {"datatrove": datatrove, "text-dedup": text_dedup, "curator": curator}

if __name__ == "__main__":
    sys.path.remove(str(Path(__file__).parent))  # nothing of ours in a peer's imports
    PEERS[sys.argv[1]](json.loads(sys.argv[2]))
