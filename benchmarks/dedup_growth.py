"""Growth of the cost of near-deduplication with documents, duplicates and one large cluster.

    python benchmarks/dedup_growth.py [--sizes 50000 800000] [--rates 0 0.3 0.8] [--work FOLDER]
    python benchmarks/dedup_growth.py --sizes 200000 --rates 0.3 --equal 10000
    python benchmarks/dedup_growth.py --sizes 1000000 --rates 0.3 --driver-memory 1g

For each rate of duplicates and each size, `curate dedup` on a corpus of `dedup_corpus.py`, in a
process of its own, two threads. Of the stage `near` alone: seconds, pairs compared a document,
bytes shuffled a document, bytes of its index a document, and of each of its Spark stages of eight
tasks and more, by how much the longest task exceeds the median, as the worst of them; from
Spark's own event log. Of the whole: the most the driver's JVM ever held on its heap, and the most
a Python worker did. Below each rate the quotients of the largest size and the smallest.

--equal N adds N equal copies, and N that differ in a word each, and prints the quotient.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from dedup_corpus import DATA, word_table, write

ROW = "{:>6} {:>9} {:>8} {:>8} {:>8} {:>9} {:>9} {:>7} {:>8} {:>8}"
NAMES = ("rate", "documents", "removed", "seconds", "us/doc", "pairs/doc", "shuffled", "index",
         "longest", "heap MiB")  # fmt: skip
TASKS = 8  # a stage of fewer says nothing of how even they are


def main() -> None:
    parser = argparse.ArgumentParser(description="See the head of the file.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[50_000, 800_000])
    parser.add_argument("--rates", type=float, nargs="+", default=[0.0, 0.3, 0.8])
    parser.add_argument("--equal", type=int, default=0)
    parser.add_argument("--driver-memory", default="4g", help="the heap it may take at all")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--work", type=Path, default=None)
    options = parser.parse_args()
    words = word_table(options.data)
    with tempfile.TemporaryDirectory(dir=options.work) as folder:
        print(ROW.format(*NAMES))
        for rate in options.rates:
            runs = []
            for size in options.sizes:
                corpus = Path(folder) / f"{size}-{rate}"
                write(corpus, words, size, rate)
                runs.append(measured(corpus, rate, options.driver_memory))
                if options.equal:
                    crowd(corpus, options.equal)
                    runs.append(measured(corpus, rate, options.driver_memory))
                shutil.rmtree(corpus)
            compare(runs)


def crowd(corpus: Path, count: int) -> None:
    """Add copies of one document: as many equal, as many with one word of their own."""
    first = pq.read_table(corpus / "part-00000.parquet").slice(0, 1).to_pylist()[0]
    texts = [first["text"]] * count + [f"{first['text']} own{n}" for n in range(count)]
    for start in range(0, len(texts), 10_000):
        part = texts[start : start + 10_000]
        rows = [
            {"id": f"more-{start + n}", "text": text, "origin": first["id"], "replaced": 0}
            for n, text in enumerate(part)
        ]
        name = f"more-{start:09d}.parquet"
        pq.write_table(pa.Table.from_pylist(rows), corpus / name, compression="zstd")


def measured(corpus: Path, rate: float, memory: str) -> dict[str, float]:
    """Run `curate dedup` on a corpus; print and return what it cost."""
    work = corpus.with_name(corpus.name + "-work")
    shutil.rmtree(work, ignore_errors=True)
    (work / "events").mkdir(parents=True)
    output, seconds_in_all = run_dedup(corpus, work, memory)
    counted = re.search(r"(?m)^near: ([\d,]+) documents.* in ([\d.]+) s$", output)
    assert counted, output
    commit = json.loads(next(work.glob("out/_work/near/*/_commit.json")).read_bytes())
    report = commit["report"]
    index = sum(
        file["bytes"] for r in commit["receipts"] for file in r["files"] if file["table"] == "index"
    )
    events = read_events(next((work / "events").iterdir()))
    documents = int(counted[1].replace(",", ""))
    seconds = float(counted[2])
    cost = {
        "documents": documents,
        "seconds": seconds,
        "us/doc": 1e6 * seconds / documents,
        "pairs/doc": report["pairs compared"] / documents,
        "shuffled": events["shuffled"] / documents,
        "index": index / documents,
        "longest": events["longest"],
        "heap": events["heap"] / 2**20,
        "whole": seconds_in_all,
    }
    print(
        ROW.format(
            rate,
            f"{documents:,}",
            f"{report['duplicates']:,}",
            f"{seconds:.1f}",
            f"{cost['us/doc']:.1f}",
            f"{cost['pairs/doc']:.3f}",
            f"{cost['shuffled']:.0f}",
            f"{cost['index']:.0f}",
            f"{cost['longest']:.2f}",
            f"{cost['heap']:.0f}",
        ),
        f"  whole command {seconds_in_all:.1f} s, {report['rounds']} rounds",
        flush=True,
    )
    shutil.rmtree(work)
    return cost


def run_dedup(corpus: Path, work: Path, memory: str) -> tuple[str, float]:
    """Run `curate dedup` on a corpus; return what it printed, and the seconds it took."""
    source = {"kind": "parquet", "path": f"{corpus}/*.parquet", "reference": True}
    recipe = {
        "sources": {"corpus": source},
        "language": None,
        "filters": [],
        "dedup": {"largest_cluster": 1.0},
    }
    (work / "recipe.yaml").write_text(json.dumps(recipe))
    confs = {
        "spark.driver.memory": memory,
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": (work / "events").as_uri(),
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.logStageExecutorMetrics": "true",
        "spark.executor.metrics.pollingInterval": "500",
    }
    main_ = "import sys; from curate.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", main_, "dedup", "recipe.yaml", "--out=out"]
    command += ["--master=local[2]", *(f"--conf={k}={v}" for k, v in confs.items())]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout[-2_000:] + done.stderr[-2_000:])
    return done.stdout, time.perf_counter() - began


def read_events(log: Path) -> dict[str, float]:
    """Return what the event log says of the stages of `near`, and the driver's largest heap."""
    near: set[int] = set()
    times: dict[int, list[float]] = defaultdict(list)
    shuffled, heap = 0, 0
    for line in log.open(encoding="utf-8"):
        event: dict[str, Any] = json.loads(line)
        kind = event["Event"]
        if kind == "SparkListenerJobStart":
            description = (event.get("Properties") or {}).get("spark.job.description") or ""
            if description.startswith("curate near"):
                near |= set(event["Stage IDs"])
        elif kind == "SparkListenerTaskEnd" and event["Stage ID"] in near:
            metrics = event["Task Metrics"]
            times[event["Stage ID"]].append(metrics["Executor Run Time"])
            shuffled += metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"]
        for metrics in (event.get("Executor Metrics"), event.get("Task Executor Metrics")):
            heap = max(heap, (metrics or {}).get("JVMHeapMemory", 0))
    even = [max(t) / median(t) for t in times.values() if len(t) >= TASKS and median(t)]
    return {"shuffled": shuffled, "longest": max(even, default=1.0), "heap": heap}


def compare(runs: list[dict[str, float]]) -> None:
    """Print the quotients of the last run and the first."""
    first, last = runs[0], runs[-1]
    if len(runs) > 1:
        marginal = (last["seconds"] - first["seconds"]) / (last["documents"] - first["documents"])
        names = ("seconds", "us/doc", "pairs/doc", "shuffled", "longest")
        quotients = (f"{n} {last[n] / first[n]:.2f}x" for n in names if first[n])
        print(f"       {', '.join(quotients)}; marginal {1e6 * marginal:.1f} us a document")


if __name__ == "__main__":
    main()
