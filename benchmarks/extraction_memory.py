"""Memory of a process that extracts many pages (leak test).

    python benchmarks/extraction_memory.py FILE.warc.gz [FILE ...] [--pages 100000]

The pages of the files go round and round until there are enough of them, in each round with
other words in them, so that what remembers texts grows. Printed is what the process has in memory
then (not the most it had), read from /proc; and the processor time a page.
"""

import argparse
import gc
import time
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from curate.recipe import Extract
from curate.sources.pages import page_function
from curate.warc.kinds import classify
from curate.warc.reader import ArchiveRecord, read_records

STEPS = (1, 2, 5)


def pages(files: Sequence[Path]) -> Iterator[tuple[bytes, str | None, str | None]]:
    """Yield bytes, URL and Content-Type of the files' pages, over and over, in other words."""
    for turn in count():
        for path in files:
            with path.open("rb") as file:
                for record in read_records(file):
                    if isinstance(record, ArchiveRecord) and classify(record) is None:
                        other = b" a%d" % turn if turn else b" a"
                        yield record.payload.replace(b" a", other), record.url, record.content_type


def resident() -> float:
    """Return the megabytes this process has in memory."""
    gc.collect()
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--pages", type=int, default=100_000)
    parser.add_argument("--extractor")
    options = parser.parse_args()
    settings = Extract.model_validate({"extractor": options.extractor} if options.extractor else {})
    function = page_function(settings)
    marks = {step * 10**power for power in range(3, 9) for step in STEPS}
    characters = 0
    print(f"extractor {settings.extractor}\n{'pages':>10} {'MB':>8} {'ms a page':>10}")
    began = time.process_time()
    for n, (body, url, content_type) in enumerate(pages(options.files), 1):
        page = function(body, url=url, content_type=content_type)
        characters += len(page.text or "")
        if n in marks or n == options.pages:
            spent = 1000 * (time.process_time() - began) / n
            print(f"{n:10,} {resident():8.1f} {spent:10.2f}", flush=True)
        if n == options.pages:
            break
    print(f"{characters:,} characters of text")


if __name__ == "__main__":
    main()
