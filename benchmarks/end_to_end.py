"""Throughput from WARC to filter verdicts beside datatrove, on a crawl file or the gold pages.

    python benchmarks/end_to_end.py ARCHIVE.warc.gz --peer PEER_PYTHON [--pages N] [--explain]
    python benchmarks/end_to_end.py DATA/extraction --peer PEER_PYTHON [--pages N] [--explain]

A folder's *.parquet (url, html: the extraction gold sets, pages of 83 KB) are written into an
archive first. PEER_PYTHON belongs to an environment of datatrove's own:

    pip install 'datatrove[io,processing]==0.10.1' 'spacy>=3.8'   # words and sentences
    pip install trafilatura==2.3.1 lxml_html_clean                # as on our side
    apt-get install libmagic1                                     # its reader asks for it

The archive is cut on a record boundary into two files of about the same size, before anything
is timed, and both sides read these two, with two processes each:

datatrove  LocalPipelineExecutor(tasks=2, workers=2): WarcReader, Trafilatura(favour_precision,
           with its own default of one second a page in a process beside the worker, and with
           deduplicate=False: the cache behind it is trafilatura's own and off on our side too),
           GopherRepetition, GopherQuality, C4Quality, FineWebQuality, all as they come. Nothing
           is written.
curate     the stages extract and filter in two processes of the engine without a JVM (or of
           --engine spark), one split a file, the default extractor and its prefilter (or
           --extractor trafilatura, in precision mode as there), the four families as the papers
           have them, or with --variant datatrove with that library's readings of them, no
           language. Documents and outcomes are written, read back and committed, since a stage is
           not done before that.

Start-up is printed apart and left out on both sides: interpreter, imports, a JVM, and the first
page through every step, for which each side first gets a sample. What is timed begins with the
first record read and ends with the last verdict; pages are the archive's HTML responses.

Both sides keep other pages, for two reasons: the extractor, and how the rules were read.
--explain runs our side again with one of the two as datatrove has it, then with both, and prints
how many pages then differ, and for what reason we drop those that datatrove alone keeps.
"""

import argparse
import gzip
import hashlib
import json
import os
import platform
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import end_to_end_datatrove as datatrove
import pyarrow.parquet as pq
from end_to_end_datatrove import PROCESSES, SAMPLE, cpu_seconds

FAMILIES = ("gopher_repetition", "gopher_quality", "c4", "fineweb")


def members(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Yield (compressed, plain) of each gzip member of a file: one WARC record each."""
    with path.open("rb") as file:
        unused = b""
        while chunk := unused or file.read(1 << 20):
            inflate, plain, packed = zlib.decompressobj(31), [], []
            while not inflate.eof and chunk:
                plain.append(inflate.decompress(chunk))
                packed.append(chunk)
                chunk = b"" if inflate.eof else file.read(1 << 20)
            unused = inflate.unused_data
            compressed = b"".join(packed)
            yield compressed[: len(compressed) - len(unused)], b"".join(plain)


def gold_archive(folder: Path, target: Path) -> Path:
    """Write the pages of a folder's tables as an archive, mixed, and return its path."""
    tables = [
        pq.read_table(path, columns=["url", "html"]) for path in sorted(folder.glob("*.parquet"))
    ]
    rows = [row for table in tables for row in table.to_pylist()]
    pages: dict[str, bytes] = {}
    for number, row in enumerate(rows):
        url = row["url"] or "https://none.example/"
        pages[f"{url}#{number}" if url in pages else url] = row["html"]
    with target.open("wb") as file:
        for url in sorted(pages, key=lambda url: hashlib.sha256(url.encode()).digest()):
            file.write(member(pages[url], url))
    return target


def member(html: bytes, url: str) -> bytes:
    """Return an archive's member: the record of one page."""
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + html
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\n"
        f"WARC-Record-ID: <urn:uuid:{uuid5(NAMESPACE_URL, url)}>\r\n"
        f"WARC-Date: 2024-01-01T00:00:00Z\r\nWARC-Target-URI: {url}\r\n"
        f"Content-Type: application/http\r\nContent-Length: {len(http)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + http + b"\r\n\r\n")


def is_page(record: bytes) -> bool:
    """Return whether a record is a response whose HTTP head says HTML."""
    head, _, block = record.partition(b"\r\n\r\n")
    http = block.partition(b"\r\n\r\n")[0].lower()
    return b"\nwarc-type: response" in head.lower() and b"html" in http


def cut(archive: Path, folder: Path, pages: int | None) -> tuple[list[Path], int]:
    """Write the archive's records into two files of about equal size; return both and the pages."""
    records, page_count = [], 0
    for compressed, plain in members(archive):
        if pages is not None and page_count >= pages:
            break
        page_count += is_page(plain)
        records.append(compressed)
    half, size, parts = sum(map(len, records)) / PROCESSES, 0, [folder / "a.warc.gz"]
    parts.append(folder / "b.warc.gz")
    with parts[0].open("wb") as first, parts[1].open("wb") as second:
        for record in records:
            (first if size < half else second).write(record)
            size += len(record)
    return parts, page_count


@contextmanager
def engine_of(name: str, out: Path) -> Iterator[Any]:
    """Yield an engine, local or spark, of PROCESSES processes."""
    if name == "spark":
        from curate.spark import engine, session  # noqa: PLC0415

        spark = session.session(f"local[{PROCESSES}]", log=out / "spark.log")
        yield engine.SparkEngine.of(spark)
        session.stop(spark)
        return
    from curate.api.engines import PRELOAD  # noqa: PLC0415
    from curate.engine.local import LocalEngine  # noqa: PLC0415

    local = LocalEngine(PROCESSES, str(out), PRELOAD)
    yield local
    local.close()


def run_curate(
    folder: Path, out: Path, variant: str | None, extractor: str, engine_name: str
) -> dict[str, Any]:
    """Return {startup, seconds, cpu, kept, dropped, versions, note} of one run of our stages."""
    began = time.time()
    from curate.store.documents import read_part  # noqa: PLC0415
    from curate.store.file_blocks import BLOCK  # noqa: PLC0415 - imports belong to the start-up

    out.mkdir()
    sample = out / "sample"
    sample.mkdir()
    for name in ("a", "b"):  # one for each worker
        (sample / f"{name}.warc.gz").write_bytes(member(SAMPLE.encode(), "https://example.org/"))
    largest = max(path.stat().st_size for path in folder.iterdir())
    split_bytes = -(-largest // BLOCK) * BLOCK
    with engine_of(engine_name, out) as engine:
        judge(engine, sample, out / "sample-out", BLOCK, variant=variant, extractor=extractor)
        start, before = time.time(), cpu_seconds(os.getpid())
        extracted, judged = judge(
            engine, folder, out / "out", split_bytes, variant=variant, extractor=extractor
        )
        seconds, cpu = time.time() - start, cpu_seconds(os.getpid()) - before
    kept = {
        url
        for unit in judged.units()
        for batch in read_part(unit.payload, ["url"])
        for url in batch.column("url").to_pylist()
    }
    dropped = {
        row["url"]: row["reason"]
        for base in (extracted.base, judged.base)
        for file in base.files("outcomes")
        for row in pq.read_table(base.url(file), columns=["url", "reason"]).to_pylist()
    }
    rows = extracted.base.report
    return {
        "startup": start - began,
        "seconds": seconds,
        "cpu": cpu,
        "kept": kept,
        "dropped": dropped,
        "versions": {
            name: metadata.version(name)
            for name in ("corpus-curate", "trafilatura", "lxml", "pyspark")
        },
        "note": f"{rows['records']} records read, of {rows['documents']} pages a text",
    }


def judge(
    engine: Any, folder: Path, out: Path, split_bytes: int, *, variant: str | None, extractor: str
) -> tuple[Any, Any]:
    """Return what our stages extract and filter leave of two archives."""
    from curate import recipe  # noqa: PLC0415
    from curate.pipeline.run import run_stages, start  # noqa: PLC0415

    recipe_data = {
        # a source each, so that each is one unit of work however small it is
        "sources": {
            name: {"kind": "warc", "path": f"{folder}/{name}.warc.gz"} for name in ("a", "b")
        },
        "extract": {
            "extractor": extractor,
            "precision": extractor == "trafilatura",
            "split_bytes": split_bytes,
        },
        "output": {"unjudged": 0},  # else so few pages are all wanted as they come
        "language": None,
        "filters": [{name: {"variant": variant} if variant else {}} for name in FAMILIES],
    }
    run = start(recipe.parse(recipe_data, folder), str(out), log=lambda _: None).on(engine)
    result = run_stages(run, "filter")
    return result.extracted, result.left


def report(name: str, side: dict[str, Any], pages: int) -> None:
    print(
        f"{name:10} {pages / side['seconds']:7.1f} pages/s  {side['seconds']:7.1f} s  "
        f"{side['cpu'] / pages * 1e3:6.1f} ms of processor a page  "
        f"start-up {side['startup']:5.1f} s  kept {len(side['kept'])}"
    )
    print(f"           {side['versions']}; {side['note']}")


def compare(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    common = len(ours["kept"] & theirs["kept"])
    print(
        f"ratio      {theirs['seconds'] / ours['seconds']:.2f} by the clock, "
        f"{theirs['cpu'] / ours['cpu']:.2f} by processor time; kept by both {common}, "
        f"by curate alone {len(ours['kept']) - common}, "
        f"by datatrove alone {len(theirs['kept']) - common}"
    )


def explain(folder: Path, out: Path, peer: str, engine_name: str) -> None:
    """Print how the kept pages differ as our side comes to do what datatrove does."""
    theirs = datatrove.run(peer, folder, out / "theirs", explain=True)
    for extractor in ("combined", "trafilatura"):
        for variant in (None, "datatrove"):
            run_folder = out / f"{extractor}-{variant}"
            ours = run_curate(folder, run_folder, variant, extractor, engine_name)
            ours_alone, theirs_alone = ours["kept"] - theirs["kept"], theirs["kept"] - ours["kept"]
            print(
                f"{extractor}, rules as {variant or 'in the papers'}: kept {len(ours['kept'])}, "
                f"{len(ours['kept'] & theirs['kept'])} of datatrove's {len(theirs['kept'])}"
            )
            for name, alone, other in (
                ("curate", ours_alone, theirs),
                ("datatrove", theirs_alone, ours),
            ):
                why = Counter(other["dropped"].get(url, "no text") for url in alone)
                reasons = ", ".join(f"{reason} {count}" for reason, count in why.most_common(6))
                print(f"    {len(alone):5} by {name} alone; the other dropped them: {reasons}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure both chains on one crawl file.")
    parser.add_argument(
        "archive", type=Path, help=".warc.gz, one record a member; or a folder of gold pages"
    )
    parser.add_argument("--peer", help="the Python of datatrove's environment")
    parser.add_argument("--pages", type=int, help="use only the first N pages of the archive")
    parser.add_argument("--extractor", default="combined", help="ours; datatrove has trafilatura")
    parser.add_argument("--variant", help="of our four families; datatrove: that library's rules")
    parser.add_argument("--engine", default="local", choices=("local", "spark"), help="ours")
    parser.add_argument("--times", type=int, default=1, help="runs of each side, in turn")
    parser.add_argument("--explain", action="store_true", help="why the kept pages differ")
    parser.add_argument("--urls", type=Path, help="write the kept urls of both sides here, as JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "archives"
        folder.mkdir()
        archive = options.archive
        if archive.is_dir():
            archive = gold_archive(archive, Path(temporary) / "gold.warc.gz")
        parts, pages = cut(archive, folder, options.pages)
        sizes = " and ".join(f"{part.stat().st_size / 1e6:.1f} MB" for part in parts)
        print(
            f"{archive.name}: {pages} pages, cut into {sizes}; {os.cpu_count()} cores, "
            f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
        )
        for time_ in range(options.times):
            run_folder = Path(temporary) / f"ours-{time_}"
            ours = run_curate(
                folder, run_folder, options.variant, options.extractor, options.engine
            )
            report("curate", ours, pages)
            if not options.peer:
                continue
            theirs = datatrove.run(options.peer, folder, Path(temporary) / f"theirs-{time_}")
            report("datatrove", theirs, pages)
            compare(ours, theirs)
            if options.urls:
                kept = {"curate": sorted(ours["kept"]), "datatrove": sorted(theirs["kept"])}
                options.urls.write_text(json.dumps(kept, indent=1))
        if options.explain and options.peer:
            explain(folder, Path(temporary), options.peer, options.engine)


if __name__ == "__main__":
    main()
