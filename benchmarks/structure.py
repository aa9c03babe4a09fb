"""Recall of page structure in extraction: code, tables, headings, terms, lists, formulas.

    pip install '.[extract,extractors]'
    python benchmarks/structure.py DATA [--folds FOLDS] [--every N] [--crawl N]

Gold texts tell which elements of a page belong to its main text (`structure_pages.py`); prints
which share of them the text still has, mean over pages:

1. by the extractor, over all gold pages, beside other extractors read by the same counter;
2. after the language rule and the filters of a recipe that names none, over the pages that these
   let stay: what the shards would hold, without deduplication;
3. F1 in order (longest common subsequence of words) by set;
4. formulas planted in pages of eight makers, found as equal LaTeX;
5. tables of data and term lists of crawled pages of which some rows or terms are kept, but not all.

The weights of the package were learned from these pages: on other sites less is kept. --folds names
a folder that `extraction_fit.py` wrote: then gold pages are read with weights learned without their
site, and the figures are of sites not seen.
"""

import argparse
import io
import json
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import structure_formulas as formulas
from extraction_pages import FOLDS, Gold, gold_pages
from lxml import etree, html
from structure_pages import KINDS, belonging, data_units, elements, normal, ordered_f1, shares

from curate import recipe, steps
from curate.encoding.decode import decode
from curate.extract.combined import line_classifier, main_content
from curate.extract.extractors import load, missing
from curate.filters.language import Language
from curate.text.blocks import Written
from curate.warc.kinds import classify
from curate.warc.reader import Damage, read_records

OURS, OTHERS = "combined", ("trafilatura", "resiliparse", "readability")
BARS = {"pre lines": 0.92, "table rows": 0.95, "headings": 0.96, "terms": 0.95,
        "list items": 0.97, "paragraphs": 0.98}  # fmt: skip
ORDERED_BAR, FORMULA_BAR, TABLE_BAR, TERMS_BAR = 0.92, 0.95, 0.02, 0.03
Extract = Callable[[str], Written]
Shares = dict[str, list[float]]  # by kind: of each page that has some


def attempt(extract: Extract, page: str) -> Written:
    try:
        return extract(page)
    except Exception:  # counts as no text, as in the package
        return Written("")


def judged(written: Written) -> str | None:
    """Return a text as a recipe that names no filters leaves it; None if it drops the page."""
    plain = recipe.parse({"sources": {"x": {"path": "x", "kind": "html"}}}, Path("/"))
    if Language(keep=("en",))(written.text) is not None:
        return None
    outcome = steps.run(plain.steps(), written.text, {}, written.blocks or None)
    return outcome.text if outcome.reason is None else None


def print_shares(title: str, by_name: dict[str, Shares], pages: int) -> None:
    print(
        f"\n{title}, {pages} pages\n{'':14}" + "".join(f"{name:>16}" for name in by_name) + "  bar"
    )
    for kind in KINDS:
        cells = ""
        for kinds in by_name.values():
            some = kinds.get(kind, [])
            mean = sum(some) / len(some) if some else float("nan")
            cells += f"{mean:10.3f} ({len(some):3})"
        print(f"   {kind:12}{cells}  {BARS[kind]}")


def print_gold(
    pages: Sequence[Gold], extractors: dict[str, Extract], by_fold: Sequence[Extract]
) -> None:
    """Print what gold pages keep; `by_fold` are ours without each fold of sites, if there are."""
    by_name: dict[str, Shares] = {name: defaultdict(list) for name in extractors}
    stays: dict[str, Shares] = {OURS: defaultdict(list)}
    ordered: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in extractors}
    kept: Counter[str] = Counter()
    for page in pages:
        if page.text is None or page.remark:
            continue
        gold_elements = belonging(elements(page.html), page.text)
        for name, extract in extractors.items():
            unseen = name == OURS and by_fold
            written = attempt(by_fold[page.fold] if unseen else extract, page.html)
            for kind, (hits, every) in shares(gold_elements, written.text).items():
                by_name[name][kind].append(hits / every)
            if page.set != "goose_prefix":
                ordered[name][page.set].append(ordered_f1(page.text, written.text))
            text = judged(written) if name == OURS else None
            if text is not None:
                kept[page.kind or page.set] += 1
                for kind, (hits, every) in shares(gold_elements, text).items():
                    stays[OURS][kind].append(hits / every)
    count = sum(page.text is not None and not page.remark for page in pages)
    print_shares("1. By the extractor", by_name, count)
    print_shares("2. After the default filters", stays, kept.total())
    print(f"   stay, by type of page: {dict(kept.most_common())}")
    print("\n3. F1 in order")
    for name, by_set in ordered.items():
        means = {set_: sum(some) / len(some) for set_, some in by_set.items()}
        mean = sum(means.values()) / max(len(means), 1)
        print(f"   {name:14}" + " ".join(f"{set_[:8]} {value:.3f}" for set_, value in means.items())
              + f"   mean {mean:.4f}   bar {ORDERED_BAR}")  # fmt: skip


def print_formulas(extract: Extract) -> None:
    hits: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for maker, tex, page in formulas.pages():
        every[maker] += 1
        hits[maker] += formulas.has(attempt(extract, page).text, tex)
    print(
        f"\n4. Formulas: {hits.total() / every.total():.3f} of {every.total()}, bar {FORMULA_BAR}"
    )
    print("   " + ", ".join(f"{maker} {hits[maker]}/{count}" for maker, count in every.items()))


def crawl_pages(data: Path, most: int) -> Iterator[str]:
    """Yield pages of the last archive of the crawl, each 11th."""
    path = sorted((data / "crawl").glob("crawl-*.warc.gz"))[-1]
    count = 0
    for n, record in enumerate(read_records(io.BytesIO(path.read_bytes()))):
        if count == most:
            return
        if n % 11 or isinstance(record, Damage) or classify(record) is not None:
            continue
        count += 1
        yield decode(record.payload, record.content_type)[0]


def print_torn(data: Path, most: int, extract: Extract) -> None:
    torn: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for page in crawl_pages(data, most):
        try:
            root = html.document_fromstring(page)
        except (etree.ParserError, ValueError):
            continue
        lines = [normal(line) for line in attempt(extract, page).text.split("\n")]
        words = normal(" ".join(lines))
        for kind, parts in data_units(root):
            hits = sum(part in words for part in parts)
            every[kind] += hits > 0
            torn[kind] += 0 < hits < len(parts)
    print(f"\n5. Torn, of those kept, {most} crawled pages:")
    for kind, bar in (("tables", TABLE_BAR), ("term lists", TERMS_BAR)):
        print(f"   {kind}: {torn[kind]} of {every[kind]}, bar {bar:.0%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--folds", type=Path, help="weights by fold of sites")
    parser.add_argument("--every", type=int, default=1, help="take every n-th gold page")
    parser.add_argument("--crawl", type=int, default=300, help="pages of the crawl")
    parser.add_argument("--others", nargs="*", default=OTHERS, help="which other extractors")
    options = parser.parse_args()
    warnings.simplefilter("ignore")

    def named(name: str) -> Extract:
        run = load(name, False, False)
        return lambda page: run(page, None)

    names = [OURS, *(name for name in options.others if missing(name) is None)]
    extractors = {name: named(name) for name in names}
    by_fold = [
        partial(main_content, weights=line_classifier.read_table(json.loads(text)))
        for text in (
            (options.folds / f"{n}.json").read_text("utf-8")
            for n in range(FOLDS if options.folds else 0)
        )
    ]
    print_gold(gold_pages(options.data, options.every), extractors, by_fold)
    print_formulas(extractors[OURS])
    print_torn(options.data, options.crawl, extractors[OURS])


if __name__ == "__main__":
    main()
