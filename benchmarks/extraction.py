"""Quality (word F1) and speed of the extractors on pages with labelled main text.

    pip install '.[extract,extractors]' scipy
    python benchmarks/extraction_fit.py DATA FOLDS         # once: weights by fold of sites
    python benchmarks/extraction.py DATA FOLDS [--pages 600] [--speed] [--keep TEXTS] [--others ...]

DATA holds extraction/*.parquet and crawl/*.warc.gz; `extraction_pages.py` defines the scores.
`combined` is judged with weights learned without the page's site, so its figures are of sites it
has not seen; its kernels are compiled before anything is counted. For speed every page goes to all
extractors in turn in one process, and what is counted is CPU time, so a busy machine slows all
alike. --keep keeps the others' texts in a folder, for the next run. trafilatura is run with its own
defaults on bytes and on our decoded text, and as the package's extractor of this name (no
comments). Prints

1. mean word F1 by set, over the 8 sets, over the 5 whose gold is no other extractor's; by type
   of page in wcxb and by language in daniel; how trafilatura's and ours differ, 95 % intervals by
   bootstrap over sites;
2. the article-extraction-benchmark's score on its pages (Scrapinghub): multisets of four
   words, precision and recall are means over pages, F1 is of those means;
3. pages a second of processor time on the gold pages, and on pages of the crawl.
"""

import argparse
import io
import json
import random
import re
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import trafilatura
from extraction_pages import FOLDS, NEUTRAL, SETS, Gold, gold_pages, snippets, word_f1

from curate.encoding.decode import decode
from curate.extract.combined import kernel_policy, main_text
from curate.extract.combined import line_classifier as weigh
from curate.extract.extractors import load, missing
from curate.warc.kinds import classify
from curate.warc.reader import Damage, read_records

OURS, OURS_PRECISE = "combined", "combined, precise"
PLAIN = "combined, no numba"
THEIRS, ON_BYTES = "trafilatura, decoded", "trafilatura, bytes"
AS_OURS, PRECISE = "extractor trafilatura", "the same, precise"
BY_KIND = {"wcxb": "kind", "daniel": "language"}  # a set -> what its pages are told by
OTHERS = ("resiliparse", "readability", "justext")  # newspaper, too, if asked for
Scores = dict[str, list[tuple[float, ...]]]  # by extractor: of each page
ROUNDS = 1000
TURN = 25  # pages that an extractor reads before the next one has its turn
Extract = Callable[[Gold], str]


def extractors(folds: Path | None, others: Sequence[str]) -> dict[str, Extract]:
    """Return the functions from a page to its text, by the name they are printed with.

    folds: weights by fold of sites; None: those of the package, as a worker has them.
    """
    tables = [weigh.load()] * FOLDS
    if folds is not None:
        texts = [(folds / f"{n}.json").read_text("utf-8") for n in range(FOLDS)]
        tables = list(map(weigh.read_table, map(json.loads, texts)))

    def ours(page: Gold, *, kernels: bool = True, precision: bool = False) -> str:
        kernel_policy.use(kernels)
        return main_text(page.html, weights=tables[page.fold], precision=precision)

    def named(name: str, precision: bool = False) -> Extract:
        run = load(name, precision, False)
        return lambda page: run(page.html, None).text

    found: dict[str, Extract] = {
        OURS: ours,
        OURS_PRECISE: partial(ours, precision=True),
        PLAIN: partial(ours, kernels=False),
        ON_BYTES: lambda page: trafilatura.extract(page.body) or "",
        THEIRS: lambda page: trafilatura.extract(page.html) or "",
        AS_OURS: named("trafilatura"),
        PRECISE: named("trafilatura", True),
    }
    return found | {name: named(name) for name in others if missing(name) is None}


def mean(scores: Sequence[tuple[float, ...]]) -> float:
    """Return the mean F1, or the F1 of snippets summed up."""
    if len(scores[0]) == 1:
        return sum(one for (one,) in scores) / len(scores)
    hits, wrong, lacking = (sum(column) for column in zip(*scores, strict=True))
    return 2 * hits / max(2 * hits + wrong + lacking, 1)


def interval(
    pages: Sequence[Gold],
    difference: Callable[[Sequence[int]], float],
    seed: int,
) -> tuple[float, float]:
    """Return the 95 % interval of a statistic of pages, sites drawn with replacement."""
    sites = defaultdict(list)
    for n, page in enumerate(pages):
        sites[page.site].append(n)
    groups = [sites[site] for site in sorted(sites)]
    chance = random.Random(seed)
    found = sorted(
        difference([n for group in chance.choices(groups, k=len(groups)) for n in group])
        for _ in range(ROUNDS)
    )
    return found[ROUNDS // 40], found[-ROUNDS // 40 - 1]


def print_difference(name: str, pages: Sequence[Gold], ours: Scores, seed: int) -> None:
    """Print how ours differs from trafilatura's on decoded text, on these pages."""
    numbers = range(len(pages))
    by_set = defaultdict(list)
    for n in numbers:
        by_set[pages[n].set].append(n)

    def difference(drawn: Sequence[int]) -> float:
        # sets weigh alike, as in the means; a draw may miss a set
        chosen: dict[str, list[int]] = {}
        for n in drawn:
            chosen.setdefault(pages[n].set, []).append(n)
        gains = [
            mean([ours[OURS][n] for n in some]) - mean([ours[THEIRS][n] for n in some])
            for some in chosen.values()
        ]
        return sum(gains) / len(gains)

    low, high = interval(pages, difference, seed)
    print(f"   {name:24}{len(pages):6}{difference(list(numbers)):+9.4f}  [{low:+.4f}, {high:+.4f}]")


def print_scores(pages: Sequence[Gold], texts: dict[str, list[str]], seed: int) -> None:
    scores: Scores = {
        name: [
            snippets(page, text) if page.text is None else (word_f1(page.text, text),)
            for page, text in zip(pages, some, strict=True)
        ]
        for name, some in texts.items()
    }
    where = {name: [n for n, page in enumerate(pages) if page.set == name] for name in SETS}
    print(f"\n1. word F1 of {len(pages)} pages\n   {'':22}" + "".join(f"{s[:8]:>9}" for s in SETS))
    for name, some in scores.items():
        means = {one: mean([some[n] for n in where[one]]) for one in SETS}
        print(
            f"   {name:22}"
            + "".join(f"{means[one]:9.4f}" for one in SETS)
            + f"   mean {sum(means.values()) / len(SETS):.4f}"
            + f"   neutral {sum(means[one] for one in NEUTRAL) / len(NEUTRAL):.4f}"
        )
    of_kind = {
        (name, kind): [n for n in where[name] if getattr(pages[n], attribute) == kind]
        for name, attribute in BY_KIND.items()
        for kind, _ in Counter(getattr(pages[n], attribute) for n in where[name]).most_common()
    }
    for name in BY_KIND:
        columns = {kind: numbers for (of, kind), numbers in of_kind.items() if of == name}
        heads = (f"{kind} {len(numbers)}" for kind, numbers in columns.items())
        print(f"\n   {name:22}" + "".join(f"{head:>18}" for head in heads))
        for extractor, of_pages in scores.items():
            means_of = (mean([of_pages[n] for n in numbers]) for numbers in columns.values())
            print(f"   {extractor:22}" + "".join(f"{value:18.4f}" for value in means_of))
    print("\n   ours less trafilatura on the same decoded text, 95 % interval over sites")
    groups = {
        "all 8": list(range(len(pages))),
        "neutral 5": [n for n, page in enumerate(pages) if page.set in NEUTRAL],
        **where,
        **{f"{name} {kind}": numbers for (name, kind), numbers in of_kind.items()},
    }
    for name, numbers in groups.items():
        some_scores = {one: [scores[one][n] for n in numbers] for one in (OURS, THEIRS)}
        print_difference(name, [pages[n] for n in numbers], some_scores, seed)


def shingles(text: str) -> Counter[tuple[str, ...]]:
    found = re.findall(r"\w+", text)
    return Counter(tuple(found[n : n + 4]) for n in range(max(1, len(found) - 3)))


def article_score(gold: Sequence[str], texts: Sequence[str]) -> tuple[float, float, float]:
    """Return (precision, recall, F1) as the article-extraction-benchmark has them."""
    precisions, recalls = [], []
    for right, text in zip(map(shingles, gold), map(shingles, texts), strict=True):
        both = (right & text).total()
        precisions.append(both / text.total())
        recalls.append(both / right.total())
    p, r = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    return p, r, 2 * p * r / (p + r)


def print_articles(pages: Sequence[Gold], texts: dict[str, list[str]]) -> None:
    numbers = [n for n, page in enumerate(pages) if page.set == "scrapinghub_aeb"]
    print(f"\n2. article-extraction-benchmark, {len(numbers)} pages\n{'':25}  precision recall F1")
    for name, some in texts.items():
        p, r, f1 = article_score([pages[n].text or "" for n in numbers], [some[n] for n in numbers])
        print(f"   {name:22}{p:9.4f}{r:9.4f}{f1:9.4f}")


def crawl_pages(data: Path, most: int) -> Iterator[Gold]:
    """Yield pages of the crawls, each 7th of the first archive's, as if they were gold."""
    path = sorted((data / "crawl").glob("crawl-*.warc.gz"))[0]
    count = 0
    for n, found in enumerate(read_records(io.BytesIO(path.read_bytes()))):
        if count == most:
            return
        if n % 7 or isinstance(found, Damage) or classify(found) is not None:
            continue
        count += 1
        html = decode(found.payload, found.content_type)[0]
        yield Gold("crawl", "", str(n), "", "", found.payload, html, None, (), ())


def attempt(extract: Extract, page: Gold) -> str:
    try:
        return extract(page)
    except Exception:  # counts as no text, as in the package
        return ""


def texts_of(
    pages: Sequence[Gold], found: dict[str, Extract], keep: Path | None
) -> dict[str, list[str]]:
    texts = {}
    for name, extract in found.items():
        if name == PLAIN:  # the same text
            continue
        path = keep / f"{name}.json" if keep and not name.startswith(OURS) else None
        if path is not None and path.exists():
            texts[name] = json.loads(path.read_text("utf-8"))
            continue
        texts[name] = [attempt(extract, page) for page in pages]
        if path is not None:
            path.write_text(json.dumps(texts[name]), "utf-8")
    return texts


def print_speed(title: str, pages: Sequence[Gold], found: dict[str, Extract]) -> None:
    took: Counter[str] = Counter()
    for page in pages[:1]:  # what is loaded on first use is no page's
        for extract in found.values():
            attempt(extract, page)
    size = sum(len(page.html) for page in pages) / max(len(pages), 1) / 1000
    # By turns, but several pages each: a worker has one extractor, whose code stays in the caches.
    for turn in (pages[at : at + TURN] for at in range(0, len(pages), TURN)):
        for name, extract in found.items():
            start = time.process_time()
            for page in turn:
                attempt(extract, page)
            took[name] += time.process_time() - start
    print(f"\n3. {title}: {len(pages)} pages of {size:.0f} KB")
    print(f"{'':25} pages/s  ms/page  times trafilatura")
    for name, seconds in took.items():
        print(
            f"   {name:22}{len(pages) / seconds:9.1f}{1000 * seconds / len(pages):9.2f}"
            f"{took[THEIRS] / seconds:9.2f}{took[AS_OURS] / seconds:9.2f}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("folds", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take every n-th gold page")
    parser.add_argument("--pages", type=int, default=600, help="pages of the crawl")
    parser.add_argument("--others", nargs="*", default=OTHERS, help="which other extractors")
    parser.add_argument("--speed", action="store_true", help="print speed alone")
    parser.add_argument("--keep", type=Path, help="a folder for the others' texts")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    found = extractors(None if options.speed else options.folds, options.others)
    pages = [page for page in gold_pages(options.data, options.every) if not page.remark]
    print_speed("crawl", list(crawl_pages(options.data, options.pages)), found)
    print_speed("gold", pages[::12], found)
    if options.speed:
        return
    if options.keep:
        options.keep.mkdir(exist_ok=True)
    texts = texts_of(pages, found, options.keep)
    print_scores(pages, texts, options.seed)
    print_articles(pages, texts)


if __name__ == "__main__":
    main()
