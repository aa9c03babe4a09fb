"""Readers of all kinds of sources: record counts against known ones, and speed.

    python benchmarks/sources.py DATA [--links 1e9] [--pages 100000] [--peers] [--work FOLDER]
    python benchmarks/sources.py DATA --run --work FOLDER [--books FOLDER ...] [--show 30]

DATA is a folder with reference/*.parquet, wikipedia/*.bz2, reddit/*.xz and
crawl/sample.warc.wet.gz, and a README.md whose table says how many rows each has. Prints:

1. each file read by its reader: records, documents, outcomes, against the README's count;
2. wikitext beside mwparserfromhell and gensim, where they are installed (--peers): token F1 on the
   prose of articles, lines with marks left in, pages a second;
3. links of a synthetic dump of so many bytes, shaped like the real ones, packed with a window of
   8 MiB: megabytes of JSON a second and core, and the most memory at a tenth, a half and the end;
4. a synthetic multistream dump of so many pages, and of a tenth: seconds with one process and with
   one for each core, processor time and the most memory.

With --run it prints one thing instead: every set through `curate links` and `curate run`, in one
recipe of all: what the README tells, records read, documents, and how many ended for which
reason. Folders of books (.txt, .epub) are sources too. FOLDER then holds the recipe, the corpus,
and with --show so many documents of each source, drawn by hash, to be read.
"""

import argparse
import bz2
import contextlib
import itertools
import json
import lzma
import multiprocessing
import os
import random
import re
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import sources_run

from curate import recipe
from curate.links import Rules, links
from curate.sources import InputFile, Range, Reading, read
from curate.sources.mediawiki import pages, streams
from curate.store.file_blocks import BLOCK, Blocks
from curate.store.unpack import zstd
from curate.wiki.wikitext import plain

try:
    import mwparserfromhell
except ImportError:
    mwparserfromhell = None
try:
    from gensim.corpora.wikicorpus import filter_wiki
except ImportError:
    filter_wiki = None

MARKS = ("{{", "[[", "||", "<ref")
WORD = re.compile(r"\w+")
LISTS = re.compile(r"^[*#;:].*\n", re.M)


def rows_of(path: Path, kind: str, bounds=None, **keys) -> Iterator[tuple[str, dict]]:
    size = path.stat().st_size
    file = InputFile(0, "s", path.name, str(path), size, "")
    source = recipe.Source(kind=kind, path=str(path), **keys)
    for start, stop in bounds or [(0, size)]:
        yield from read(Range(file, start, stop), source, recipe.Extract(), Reading())


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def references(data: Path) -> None:
    known = sources_run.told(data)
    kinds = {"reference": "parquet", "wikipedia": "mediawiki"}
    paths = [path for name in kinds for path in sorted((data / name).iterdir())]
    for path in [*paths, data / "crawl" / "sample.warc.wet.gz"]:
        name = path.relative_to(data).as_posix()
        kind = kinds.get(path.parent.name, "wet")
        began, counts, size = time.process_time(), Counter(), 0
        for table, row in rows_of(path, kind, reference=True):
            counts[row.get("reason") or table] += 1
            size += len(row.get("text") or "")
        took = time.process_time() - began
        records = sum(counts.values())
        right = "as told" if known.get(name) == records else f"told {known.get(name)}"
        print(f"{name:42.42} {records:6,} ({right}) {dict(counts)} {size / took / 1e6:.1f} MB/s")
    for path in sorted((data / "reddit").glob("*.xz")):
        counts = Counter()
        link_count = sum(1 for _ in links(str(path), Rules(), counts))
        name = path.relative_to(data).as_posix()
        right = "as told" if known.get(name) == counts["lines"] else f"told {known.get(name)}"
        print(f"{name:42} {counts['lines']:6,} ({right}) {link_count} submissions count")


# --- wikitext beside its peers -----------------------------------------------------------------


def articles(data: Path) -> list[tuple[str, str]]:
    """Return (title, wikitext) of the articles of the dump."""
    (path,) = (data / "wikipedia").glob("enwiki*.bz2")
    titles_and_texts = []
    with path.open("rb") as file:
        size = path.stat().st_size
        for _, page in pages(streams(Blocks(file, 0, size), 0, size), size):
            tree = ET.fromstring(page)
            if tree.findtext("ns") == "0" and tree.find("redirect") is None:
                titles_and_texts.append(
                    (tree.findtext("title") or "", tree.findtext("revision/text") or "")
                )
    return titles_and_texts


def stripped(text: str) -> str:
    """Return what mwparserfromhell leaves, its notes, tables and pictures taken out.

    Its own strip_code keeps them; a user would do this.
    """
    code = mwparserfromhell.parse(text)
    tags = code.filter_tags(matches=lambda node: str(node.tag) in ("ref", "table", "gallery"))
    files = code.filter_wikilinks(matches=r"^\[\[\s*(?:file|image|category)\s*:")
    for node in [*tags, *files]:
        with contextlib.suppress(ValueError):  # it went with another
            code.remove(node)
    return str(code.strip_code())


def tools() -> dict[str, Callable[[str], str]]:
    extractors: dict[str, Callable[[str], str]] = {"curate": plain}
    if mwparserfromhell is not None:
        extractors["mwparserfromhell"] = stripped
    if filter_wiki is not None:
        extractors["gensim"] = lambda text: str(filter_wiki(text))
    return extractors


def prose(text: str) -> Counter[str]:
    """Return the words of a text's paragraphs: lines of at least 100 characters."""
    lines = (line for line in text.split("\n") if len(line.strip()) >= 100)
    return Counter(word.lower() for line in lines for word in WORD.findall(line))


def f1(ours: Counter[str], theirs: Counter[str]) -> float:
    shared = sum((ours & theirs).values())
    return 2 * shared / max(1, ours.total() + theirs.total())


def wikitext(data: Path, peers: bool) -> None:
    # Lists are left out beforehand: each tool has its own mind about them.
    texts = [
        (
            title,
            "\n".join(line for line in text.split("\n") if line[:1] not in ("*", "#", ";", ":")),
        )
        for title, text in articles(data)
    ]
    done = {}
    for name, tool in tools().items():
        if name != "curate" and not peers:
            continue
        began = time.process_time()
        done[name] = [tool(text) for _, text in texts]
        took = time.process_time() - began
        lines = [line for text in done[name] for line in text.split("\n") if line.strip()]
        left = sum(any(mark in line for mark in MARKS) for line in lines)
        print(
            f"{name:18} {len(texts) / took:7.1f} articles/s  {left:4} of {len(lines):,} lines "
            f"with marks ({left / len(lines):.2%})"
        )
    for name, other in done.items():
        if name != "curate":
            scores = []
            for (title, _), ours, theirs in zip(texts, done["curate"], other, strict=True):
                a, b = prose(ours), prose(theirs)
                if a.total() + b.total() > 100:
                    scores.append((f1(a, b), title, a.total(), b.total()))
            mean = sum(measured[0] for measured in scores) / len(scores)
            print(
                f"token F1 with {name}: mean {mean:.4f}; the worst, and words of ours and theirs:"
            )
            for score, title, ours, theirs in sorted(scores)[:10]:
                print(f"  {score:.3f} {title:32.32} {ours:6,} {theirs:6,}")


# --- links -------------------------------------------------------------------------------------


def synthetic_dump(data: Path, target: Path, size: int) -> int:
    """Write real submissions over and over, with ids, scores, URLs and texts drawn anew."""
    paths = sorted((data / "reddit").glob("*.xz"))
    rows = [
        json.loads(line) for p in paths for line in lzma.decompress(p.read_bytes()).splitlines()
    ]
    draw = random.Random(7)
    written = number = 0
    options = {zstd.CompressionParameter.window_log: 23}
    with zstd.open(target, "wb", options=options) as file:
        for row in itertools.cycle(rows):
            number += 1
            new = dict(row, id=f"{number:x}", score=int(draw.paretovariate(0.8)))
            new["created_utc"] = 1_300_000_000 + number
            if draw.random() < 0.4:
                new.update(is_self=True, domain="self.x")
                new["selftext"] = " ".join(drawn["title"] for drawn in draw.choices(rows, k=30))
            new["url"] += f"{'&' if '?' in new['url'] else '?'}x={draw.randrange(3_000_000)}"
            written += file.write(json.dumps(new, separators=(",", ":")).encode() + b"\n")
            if written >= size:
                return written
    return written


def link_speed(data: Path, folder: Path, size: int) -> None:
    path = folder / "RS_synthetic.zst"
    written = synthetic_dump(data, path, size)
    lines = written // 1_900  # about; for the memory under way
    for rules in (Rules(), Rules(karma_of="url")):
        counts: Counter[str] = Counter()
        peaks, began = [], time.process_time()
        for number, _ in enumerate(links(str(path), rules, counts)):
            if number in (lines // 40, lines // 8):
                peaks.append(peak())
        took = time.process_time() - began
        print(
            f"karma of {rules.karma_of}: {written / 1e6:,.0f} MB, {written / took / 1e6:.0f} MB/s "
            f"a core, peaks {[*peaks, peak()]} MB, {dict(counts)}"
        )


# --- a large dump ------------------------------------------------------------------------------


def synthetic_wiki(data: Path, target: Path, number: int) -> None:
    """Write real articles over and over as a multistream dump of so many pages, cut to 8 KB."""
    texts = [
        text[at : at + 8_000] for _, text in articles(data) for at in range(0, len(text), 8_000)
    ]
    head = "<mediawiki><siteinfo><dbname>xwiki</dbname><base>https://x.org/wiki/M</base></siteinfo>"
    with target.open("wb") as file:
        file.write(bz2.compress(head.encode()))
        for start in range(0, number, 100):
            xml_pages = []
            for n in range(start, min(start + 100, number)):
                text = texts[n % len(texts)].replace("&", "&amp;").replace("<", "&lt;")
                xml_pages.append(
                    f"<page><title>P{n}</title><ns>0</ns><id>{n}</id><revision><model>wikitext"
                    f"</model><text>{text}</text></revision></page>\n"
                )
            file.write(bz2.compress("".join(xml_pages).encode()))


def part(job: tuple[str, int, int]) -> tuple[int, int, float]:
    path, start, stop = job
    began = time.process_time()
    rows = rows_of(Path(path), "mediawiki", [(start, stop)])
    count = sum(table == "documents" for table, _ in rows)
    return count, peak(), time.process_time() - began


def wiki_speed(data: Path, folder: Path, number: int) -> None:
    for count in (number // 10, number):
        path = folder / f"wiki-{count}.xml.bz2"
        synthetic_wiki(data, path, count)
        size = path.stat().st_size
        step = 8 * BLOCK
        jobs = [(str(path), at, min(at + step, size)) for at in range(0, size, step)]
        for processes in sorted({1, os.cpu_count() or 1}):
            with multiprocessing.get_context("spawn").Pool(processes) as pool:
                began = time.monotonic()
                done = pool.map(part, jobs, chunksize=1)
                took = time.monotonic() - began
            print(
                f"{count:,} pages, {size / 1e6:.0f} MB, {processes} processes: {took:.1f} s, "
                f"processor {sum(result[2] for result in done):.1f} s, "
                f"{sum(result[0] for result in done):,} documents, "
                f"peak {max(p[1] for p in done)} MB"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--links", type=float, default=1e9, help="bytes of JSON; 0: none")
    parser.add_argument("--pages", type=int, default=100_000, help="0: none")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--work", type=Path)
    parser.add_argument("--run", action="store_true")
    parser.add_argument("--books", type=Path, action="append", default=[])
    parser.add_argument("--show", type=int, default=0)
    options = parser.parse_args()
    if options.run:
        if options.work is None:
            parser.error("--run: expected --work FOLDER, got none")
        options.work.mkdir(parents=True, exist_ok=True)
        folders = [folder.absolute() for folder in options.books]
        out = sources_run.run(options.data.absolute(), options.work.absolute(), folders)
        for name, rows in sources_run.shown(out, options.show):
            marked = (f"##### {row['id']}\n{row['text']}\n" for row in rows)
            (options.work / f"{name}.txt").write_text("\n".join(marked))
        return
    references(options.data)
    wikitext(options.data, options.peers)
    with tempfile.TemporaryDirectory(dir=options.work) as folder:
        if options.links:
            link_speed(options.data, Path(folder), int(options.links))
        if options.pages:
            wiki_speed(options.data, Path(folder), options.pages)


if __name__ == "__main__":
    main()
