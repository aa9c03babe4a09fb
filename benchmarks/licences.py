"""The licence that pages state for themselves, against labels by hand.

    python benchmarks/licences.py CRAWL.warc.gz …

Labelled (benchmarks/licences.json: URL -> licence or null) are all pages of three crawl archives
that have the address of Creative Commons in them: 194 of 19 sites, by the words beside it. Pages of
one site are alike, so sites are counted too: one is right where all its pages are. The rules were
made with these pages in view, and are no better than that elsewhere. Exit code 1 if the precision
of pages is below TARGET.
"""

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path
from urllib.parse import urlsplit

from fastwarc.warc import ArchiveIterator, WarcRecordType

from curate.encoding.decode import decode
from curate.licences.page import find_licence

TARGET = 0.97
LABELS = Path(__file__).with_suffix(".json")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("crawl", type=Path, nargs="+", help="WARC files")
    labels = json.loads(LABELS.read_text())
    pages = stated = right = wanted = 0
    sites = defaultdict(list)
    for file in options.parse_args().crawl:
        with file.open("rb") as stream:
            for record in ArchiveIterator(stream, record_types=WarcRecordType.response):
                url = record.headers.get("WARC-Target-URI")
                if url not in labels:
                    continue
                html = decode(record.reader.read(), record.http_headers.get("Content-Type"))[0]
                name, label = find_licence(html), labels[url]
                pages += 1
                stated += name is not None
                wanted += label is not None
                right += name is not None and name == label
                sites[urlsplit(url).hostname].append(name == label)
                if name != label:
                    print(f"  {url}: expected {label}, got {name}")
    faultless = sum(map(all, sites.values()))
    precision, recall = right / max(1, stated), right / max(1, wanted)
    print(f"{pages} labelled pages of {len(sites)} sites; {faultless} sites without a mistake")
    print(f"precision {precision:.4f} (target {TARGET}), recall {recall:.4f}")
    return int(precision < TARGET)


if __name__ == "__main__":
    sys.exit(main())
