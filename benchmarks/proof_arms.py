"""Pages as another tool extracts and chooses them, for `proof.py --arms NAME=FILE`.

    python benchmarks/proof_arms.py sample DATA ARCHIVE.warc.gz
    PEER_PYTHON benchmarks/proof_arms.py datatrove ARCHIVE.warc.gz FILE.parquet
    python benchmarks/proof_arms.py curate|trafilatura|resiliparse ARCHIVE.warc.gz FILE.parquet

`sample` writes the records of the pages that `proof.py` reads into one archive. The others write
url and text of the pages they keep, before deduplication, which is the same for all arms.
`datatrove` is FineWeb's recipe as that library has it in examples/fineweb.py, without its list of
URLs and its model of languages (`proof.py` identifies languages for all arms); it needs an
environment of its own, see `end_to_end.py`. `curate` is the default extractor with the default
filters of whichever version is installed or on PYTHONPATH. `trafilatura` and `resiliparse` are the
main text as these libraries find it, through the same default filters.
"""

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

FILTERS = ("gopher_repetition", "gopher_quality", {"c4": {"terminal_punctuation": False}},
           "fineweb")  # fmt: skip


def sample(data: Path, archive: Path) -> None:
    """Write the members of the crawl's archives whose pages are in the sample."""
    from end_to_end import is_page, members  # noqa: PLC0415 - needs curate
    from quality_corpus import SEED, SHARE  # noqa: PLC0415

    from curate.store.keys import uniform  # noqa: PLC0415

    with archive.open("wb") as out:
        for file in sorted((data / "crawl").glob("crawl-*.warc.gz")):
            for compressed, plain in members(file):
                if is_page(plain) and uniform("sample", _url_of(plain), SEED) < SHARE:
                    out.write(compressed)


def _url_of(record: bytes) -> str:
    """Return WARC-Target-URI of a record."""
    for line in record.partition(b"\r\n\r\n")[0].splitlines():
        name, _, value = line.partition(b":")
        if name.lower() == b"warc-target-uri":
            return value.strip().strip(b"<>").decode("utf-8", "replace")
    return ""


def datatrove(archive: Path, file: Path) -> None:
    """Write what FineWeb's recipe keeps of an archive."""
    extractors, filters, readers = (
        import_module(f"datatrove.pipeline.{name}") for name in ("extractors", "filters", "readers")
    )
    documents: Any = readers.WarcReader(str(archive.parent), glob_pattern=archive.name)(None)
    steps = (
        # Its default of a second a page depends on what else a machine does.
        extractors.Trafilatura(favour_precision=True, timeout=20),
        filters.GopherRepetitionFilter(),
        filters.GopherQualityFilter(),
        filters.C4QualityFilter(filter_no_terminal_punct=False),
        filters.FineWebQualityFilter(),
    )
    for step in steps:
        documents = step(documents, 0, 1)
    write(((document.metadata.get("url"), document.text) for document in documents), file)
    for step in steps:
        print(step.stats)


def curate(archive: Path, file: Path) -> None:
    """Write what the default extractor and filters keep of an archive."""
    extract = import_module("curate.extract").extract
    find = import_module("curate.filters").find
    apply = import_module("curate.steps").apply
    try:
        records = import_module("curate.warc.reader").read_records
        classify = import_module("curate.warc.kinds").classify
    except ImportError:  # of versions before 0.2
        records = import_module("curate.extract.warc").Records
        classify = import_module("curate.extract.kinds").classify
    steps = _steps(find)

    def kept() -> Iterator[tuple[str | None, str]]:
        with archive.open("rb") as raw:
            for record in records(raw):
                if not hasattr(record, "payload") or classify(record) is not None:
                    continue
                found = extract(record.payload, url=record.url, content_type=record.content_type)
                if not found.text.strip():
                    continue
                blocks = (None, found.blocks) if hasattr(found, "blocks") else ()
                text, reason = apply(steps, found.text, *blocks)
                if reason is None:
                    yield record.url, text

    write(kept(), file)


def _steps(find: Callable[..., list]) -> list:
    """Return the default filters."""
    steps = []
    for one in FILTERS:
        name, settings = (one, {}) if isinstance(one, str) else next(iter(one.items()))
        steps += find(name, **settings)
    return steps


def trafilatura(archive: Path, file: Path) -> None:
    """Write what the default filters keep of trafilatura's text, with its defaults."""
    library = import_module("trafilatura")
    write(_filtered(archive, lambda page: library.extract(page) or ""), file)


def resiliparse(archive: Path, file: Path) -> None:
    """Write what the default filters keep of resiliparse's main content."""
    plain_text = import_module("resiliparse.extract.html2text").extract_plain_text
    write(_filtered(archive, lambda page: plain_text(page, main_content=True)), file)


def _filtered(archive: Path, text_of: Callable[[str], str]) -> Iterator[tuple[str | None, str]]:
    """Yield what the default filters keep of the texts that another library finds."""
    # Here, for the environment of datatrove has none of it.
    from curate.encoding.decode import decode  # noqa: PLC0415
    from curate.filters import find  # noqa: PLC0415
    from curate.steps import apply  # noqa: PLC0415
    from curate.warc.kinds import classify  # noqa: PLC0415
    from curate.warc.reader import ArchiveRecord, read_records  # noqa: PLC0415

    steps = _steps(find)
    with archive.open("rb") as raw:
        for record in read_records(raw):
            if not isinstance(record, ArchiveRecord) or classify(record) is not None:
                continue
            text, reason = apply(steps, text_of(decode(record.payload, record.content_type)[0]))
            if text.strip() and reason is None:
                yield record.url, text


def write(pages: Iterator[tuple[str | None, str]], file: Path) -> None:
    """Write pages as rows of url and text."""
    rows = [{"url": url, "text": text} for url, text in pages]
    pq.write_table(pa.Table.from_pylist(rows), file)
    print(f"{len(rows):,} pages in {file}")


if __name__ == "__main__":
    ARMS = (sample, datatrove, curate, trafilatura, resiliparse)
    {arm.__name__: arm for arm in ARMS}[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
