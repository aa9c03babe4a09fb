"""datatrove's side of `end_to_end.py`: run in an environment of its own, times read back.

    PEER_PYTHON benchmarks/end_to_end_datatrove.py ARCHIVES OUT [explain]

is what `run` starts; nothing of curate is imported here. `end_to_end.py` describes the chain.
"""

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

PROCESSES = 2  # of each side
SAMPLE = "<html><body><article>{}</article></body></html>".format(
    "<p>The library opens at nine, and the reading room on the first floor stays open until six"
    " in the evening. Whoever has lost a card can get another at the desk.</p>" * 6
)


def cpu_seconds(root: int) -> float:
    """Return the processor time of a process, its descendants and those it has outlived.

    On a machine that does other work too, this says more than the clock. Linux.
    """
    times: dict[int, tuple[int, float]] = {}  # pid -> parent, clock ticks
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(") ")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        times[int(stat.parent.name)] = int(fields[1]), sum(map(float, fields[11:15]))
    family = {root}
    while more := {pid for pid, (parent, _) in times.items() if parent in family} - family:
        family |= more
    return sum(times[pid][1] for pid in family if pid in times) / os.sysconf("SC_CLK_TCK")


def chain(folder: Path, out: Path, explain: bool) -> None:
    """Run datatrove's chain over the folder's archives; write one JSON of times per task.

    To explain, write what each filter drops, and why.
    """
    data, executor, extractors, filters, readers, writers = map(
        import_module,
        (
            "datatrove.data",
            "datatrove.executor",
            "datatrove.pipeline.extractors",
            "datatrove.pipeline.filters",
            "datatrove.pipeline.readers",
            "datatrove.pipeline.writers",
        ),
    )

    def begin(documents: Iterable[Any], rank: int, world_size: int) -> Iterator[Any]:  # noqa: ARG001
        import_module("cchardet")  # datatrove imports this and magic at the first record
        magic = import_module("magic")
        magic.from_buffer(SAMPLE.encode(), mime=True)
        yield data.Document(text=SAMPLE, id="sample", metadata={})  # once through every step
        start, before, pages = time.time(), cpu_seconds(os.getpid()), 0
        for document in documents:
            pages += 1
            yield document
        cpu = cpu_seconds(os.getpid()) - before  # with the extractor's process
        times = {"start": start, "cpu": cpu, "pages": pages}
        (out / f"begin-{rank}.json").write_text(json.dumps(times))

    def end(documents: Iterable[Any], rank: int, world_size: int) -> Iterator[Any]:  # noqa: ARG001
        kept = [document.metadata.get("url") for document in documents if document.id != "sample"]
        (out / f"end-{rank}.json").write_text(json.dumps({"end": time.time(), "kept": kept}))
        return iter(())

    def rule(name: str) -> Any:
        exclusion_writer = writers.JsonlWriter(str(out / "dropped" / name)) if explain else None
        return getattr(filters, name)(exclusion_writer=exclusion_writer)

    executor.LocalPipelineExecutor(
        pipeline=[
            readers.WarcReader(str(folder), glob_pattern="*.warc.gz"),
            begin,
            extractors.Trafilatura(favour_precision=True, deduplicate=False),
            rule("GopherRepetitionFilter"),
            rule("GopherQualityFilter"),
            rule("C4QualityFilter"),
            rule("FineWebQualityFilter"),
            end,
        ],
        tasks=PROCESSES,
        workers=PROCESSES,
        logging_dir=str(out / "logs"),
    ).run()
    versions = {
        name: metadata.version(name) for name in ("datatrove", "trafilatura", "lxml", "spacy")
    }
    (out / "versions.json").write_text(json.dumps(versions))


def run(python: str, folder: Path, out: Path, explain: bool = False) -> dict[str, Any]:
    """Return {startup, seconds, cpu, kept, dropped, versions, note} of one run of the peer."""
    out.mkdir()
    began = time.time()
    command = [python, __file__, str(folder), str(out), *["explain"] * explain]
    with (out / "log.txt").open("wb") as log:
        subprocess.run(command, stdout=log, stderr=log, check=True)
    begins = [json.loads(path.read_text()) for path in sorted(out.glob("begin-*.json"))]
    ends = [json.loads(path.read_text()) for path in sorted(out.glob("end-*.json"))]
    stats = json.loads((out / "logs" / "stats.json").read_text())
    start = min(times["start"] for times in begins)
    extracted = next(step["stats"] for step in stats if "Trafilatura" in step["name"])
    return {
        "startup": start - began,
        "seconds": max(times["end"] for times in ends) - start,
        "cpu": sum(times["cpu"] for times in begins),
        "kept": {url for times in ends for url in times["kept"]},
        "dropped": {
            row["metadata"].get("url"): row["metadata"].get("filter_reason", path.parent.name)
            for path in (out / "dropped").rglob("*.jsonl.gz")
            for row in map(json.loads, gzip.decompress(path.read_bytes()).splitlines())
        },
        "versions": json.loads((out / "versions.json").read_text()),
        "note": f"{sum(times['pages'] for times in begins)} pages left its reader; its extractor: "
        + ", ".join(f"{name} {count}" for name, count in extractor_counts(extracted)),
    }


def extractor_counts(stats: dict[str, Any]) -> Iterator[tuple[str, int]]:
    for name in ("extracted", "timeout", "clean_error", "broken_process", "dropped"):
        if name in stats:
            count = stats[name]
            yield name, count["total"] if isinstance(count, dict) else count


if __name__ == "__main__":
    chain(Path(sys.argv[1]), Path(sys.argv[2]), "explain" in sys.argv[3:])
