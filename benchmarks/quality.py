"""Quality classifiers on labelled pages, on unseen corruptions, and by subject.

    python benchmarks/quality.py DATA [--cache FILE] [--windows N] [--left-out]

DATA holds crawl/*.warc.gz, reference/*.parquet, quality/fakenewscorpus_sample.parquet. The crawl's
pages are extracted once (minutes) into the cache file. Beside the package's models stands the
share of function words alone, the baseline to beat. Every page and text is scored by a model that
has not learned from its site, book or text. Printed, by model:

good/junk    How often a page labelled good outscores one labelled junk (AUC): all 150 pages of
             quality_labels.tsv, technical sites, others; with 95 % intervals by pages redrawn.
             Labels were given by one person before any model was trained, from the page's text:
             good: whole, coherent prose, with code or tables in it or not; acceptable: usable with
             flaws (mails with quotes, release notes, very short pages); junk: menus, lists of
             titles, stubs without sentences, landing and login pages, source code of templates.
kept         Mean chance to be kept at alpha 9, by label and kind of site.
subject      How often a good page of another site outscores a good technical one (.5 is right), and
             the spread of mean ranks over 20 clusters of Wikipedia's articles.
damage       How often a reference (a good technical page) outscores a corrupted copy of another, of
             kinds the model was not trained on: twice, each time with half of the kinds; with
             --left-out also with all kinds but one, each in turn.
fake news    How often a reliable or political text outscores a fake one.
classes      Rank correlation with the classes editors gave Wikipedia's articles, given length.
speed        Documents of 500 words a second and core.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
import pyarrow.parquet as pq
from quality_corpus import SEED, Page, crawl_pages, examples, reference_pages
from scipy.stats import rankdata

from curate.quality import Sample, keep_chance, models
from curate.quality.corruptions import KINDS, corrupt, followers_of, kind_of
from curate.quality.evaluation import auc
from curate.quality.function_words import ENGLISH
from curate.quality.masked import fit as fit_masked
from curate.quality.training import Example, even, fold_of

LABELS = Path(__file__).parent / "quality_labels.tsv"
CLASSES = {"stub": 0, "start": 1, "c": 2, "b": 3, "ga": 4, "fa": 5}
RELIABLE = ("political", "reliable")
FAKE = ("fake", "conspiracy", "unreliable", "junksci", "hate", "clickbait")
HALVES = (tuple(KINDS)[::2], tuple(KINDS)[1::2])  # of the kinds of damage
CLUSTERS = 20
WORDS = 400  # of a page that is damaged

Scores = Callable[[Sequence[str], Sequence[int] | None], Sequence[float]]


@dataclass(frozen=True)
class Labelled:
    page: Page
    label: str
    technical: bool


@dataclass(frozen=True)
class Texts:
    """What the models are judged by."""

    labelled: list[Labelled]
    references: list[Example]
    news: list[tuple[str, int]]  # text, 1 for reliable
    articles: list[tuple[str, int]]  # text, editors' class
    clusters: np.ndarray


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("data", type=Path)
    options.add_argument("--cache", type=Path, default=Path("quality-crawl.parquet"))
    options.add_argument("--windows", type=int, default=4_000, help="of each source, to learn from")
    options.add_argument("--models", nargs="+", default=["masked", "logistic", "fasttext"])
    options.add_argument("--left-out", action="store_true", help="13 more models; minutes")
    chosen = options.parse_args()
    pages = crawl_pages(chosen.data, chosen.cache)
    sample = Sample(per_source=chosen.windows)
    sample.add(examples(pages, "crawl", 0))
    for name, own in reference_pages(chosen.data).items():
        sample.add(examples(own, name, 1))
    windows = even(sample.examples())
    texts = read_texts(chosen.data, pages, windows)
    counts = {e.source: sum(o.source == e.source for o in windows) for e in windows}
    print(f"{len(pages):,} English pages of the crawl; windows to learn from: {counts}")
    report("function words", lambda some, _: [share(text) for text in some], texts, kept=False)
    for kind in chosen.models:
        model = models._FITS[kind](windows)
        report(kind, model.scores, texts)
        if kind == "masked":
            for half in HALVES:
                others = [other for other in KINDS if other not in half]
                damage(f"trained on {', '.join(half)}", fit_masked(windows, kinds=half).scores,
                       texts, others)  # fmt: skip
            if chosen.left_out:
                left_out(windows, texts)
        damage("all kinds" + (", all trained on" if kind == "masked" else ""), model.scores, texts,
               list(KINDS))  # fmt: skip
        speed(model.scores, pages)


def share(text: str) -> float:
    return models.share_of(text, ENGLISH)


def read_texts(data: Path, pages: list[Page], windows: list[Example]) -> Texts:
    by_url = {page.url: page for page in pages}
    rows = [line.split("\t") for line in LABELS.read_text().splitlines()[1:]]
    labelled = [
        Labelled(by_url[url], label, sites == "technical")
        for url, label, sites, _ in rows
        if url in by_url
    ]
    if len(labelled) < len(rows):
        print(f"{len(rows) - len(labelled)} labelled pages are not among the extracted ones")
    sample = pq.read_table(data / "quality" / "fakenewscorpus_sample.parquet").to_pylist()
    wiki = pq.read_table(data / "reference" / "wikipedia_labelled.parquet").to_pylist()
    articles = [(row["text"], CLASSES[row["label"].lower()]) for row in wiki if row["text"]]
    return Texts(
        labelled,
        [e for e in windows if e.label == 1][::6],
        [(r["text"], int(r["label"] in RELIABLE)) for r in sample
         if r["text"] and r["label"] in RELIABLE + FAKE],
        articles,
        clusters([text for text, _ in articles]),
    )  # fmt: skip


def report(name: str, scores: Scores, texts: Texts, *, kept: bool = True) -> None:
    folds = [fold_of(one.page.site, SEED) for one in texts.labelled]
    found = np.asarray(scores([one.page.text for one in texts.labelled], folds))
    label = np.asarray([one.label for one in texts.labelled])
    technical = np.asarray([one.technical for one in texts.labelled])
    print(f"\n{name}")
    for sites, chosen in (
        ("all", technical | True),
        ("technical", technical),
        ("other", ~technical),
    ):
        own = chosen & (label != "acceptable")
        low, high = interval(found[own], label[own] == "good")
        print(f"  good/junk, {sites:10} {auc(found[own], label[own] == 'good'):.3f} "
              f"({low:.3f} to {high:.3f}; {(label[own] == 'good').sum()} good, "
              f"{(label[own] == 'junk').sum()} junk)")  # fmt: skip
    if kept:
        chance = np.asarray([keep_chance(score) for score in found])
        for one in ("good", "acceptable", "junk"):
            own = label == one
            print(f"  kept at alpha 9, {one:10} technical {chance[own & technical].mean():6.1%}, "
                  f"other {chance[own & ~technical].mean():6.1%}, "
                  f"all {chance[own].mean():6.1%}")  # fmt: skip
    good = label == "good"
    print(f"  subject: good other above good technical {auc(found[good], ~technical[good]):.3f}, "
          f"spread over clusters {spread(scores, texts):.3f}")  # fmt: skip
    news = scores([text for text, _ in texts.news], None)
    print(f"  fake news {auc(news, [label for _, label in texts.news]):.3f}; "
          f"editors' classes given length {classes(scores, texts):+.3f}", flush=True)  # fmt: skip


def interval(found: np.ndarray, good: np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval of an AUC, good and junk pages redrawn apart."""
    drawn = np.random.default_rng(SEED)
    yes, no = np.flatnonzero(good), np.flatnonzero(~good)
    values = []
    for _ in range(1_000):
        own = np.r_[drawn.choice(yes, len(yes)), drawn.choice(no, len(no))]
        values.append(auc(found[own], good[own]))
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def left_out(windows: list[Example], texts: Texts) -> None:
    """Print, for each kind of damage, what a model trained on all others makes of it."""
    found = []
    for kind in KINDS:
        others = tuple(other for other in KINDS if other != kind)
        name = f"trained on all but {kind}"
        found.append(damage(name, fit_masked(windows, kinds=others).scores, texts, [kind]))
    references, technical = np.mean(found, axis=0)
    print(f"  damage, mean over kinds left out: {references:.3f}, good technical {technical:.3f}")


def damage(name: str, scores: Scores, texts: Texts, kinds: list[str]) -> list[float]:
    """Print, and return by side, how often texts outscore corrupted copies of these kinds."""
    pages = [one for one in texts.labelled if one.label == "good" and one.technical]
    sides = {
        "references": ([e.text for e in texts.references], [e.fold for e in texts.references]),
        "good technical": (
            [" ".join(one.page.text.split()[:WORDS]) for one in pages],
            [fold_of(one.page.site, SEED) for one in pages],
        ),
    }
    followers = followers_of(e.text.split(" ") for e in texts.references)
    totals = []
    for side, (own, folds) in sides.items():
        named = [kind_of(text, SEED + 1, kinds) for text in own]
        copies = [
            corrupt(text, kind, key=text, seed=SEED + 1, others=own[(i * 7 + 1) % len(own)],
                    kept=ENGLISH, followers=followers)
            for i, (text, kind) in enumerate(zip(own, named, strict=True))
        ]  # fmt: skip
        whole, bad = np.asarray(scores(own, folds)), np.asarray(scores(copies, folds))
        by_kind = {
            kind: auc(np.r_[whole, bad[np.asarray(named) == kind]],
                      [1] * len(whole) + [0] * named.count(kind))
            for kind in kinds if kind in named
        }  # fmt: skip
        shown = ", ".join(f"{kind} {value:.2f}" for kind, value in by_kind.items())
        total = auc(np.r_[whole, bad], [1] * len(whole) + [0] * len(bad))
        print(f"  damage ({name}), {side}: {total:.3f}"
              + (f": {shown}" if side == "references" else ""), flush=True)  # fmt: skip
        totals.append(total)
    return totals


def spread(scores: Scores, texts: Texts) -> float:
    ranks = rankdata(scores([text for text, _ in texts.articles], None)) / len(texts.articles)
    means = [ranks[texts.clusters == k].mean() for k in range(CLUSTERS)
             if (texts.clusters == k).sum() >= 20]  # fmt: skip
    return float(np.std(means))


def classes(scores: Scores, texts: Texts) -> float:
    """Return the rank correlation of scores with editors' classes, length held constant."""
    some = texts.articles[::3]
    one = rankdata(scores([text for text, _ in some], None))
    other, given = rankdata([c for _, c in some]), rankdata([len(t) for t, _ in some])
    a, b, c = (float(np.corrcoef(*pair)[0, 1]) for pair in ((one, other), (one, given),
                                                            (other, given)))  # fmt: skip
    return (a - b * c) / float(np.sqrt((1 - b * b) * (1 - c * c)))


def clusters(texts: list[str]) -> np.ndarray:
    """Return the cluster of each text by its content words: spherical k-means."""
    width = 1 << 12
    rows = np.zeros((len(texts), width), np.float32)
    for i, text in enumerate(texts):
        for word in text.lower().split()[:400]:
            bare = word.strip('.,;:!?"()')
            if bare and bare not in ENGLISH:
                rows[i, crc32(bare.encode()) % width] += 1
    rows = np.log1p(rows) * np.maximum(np.log(len(texts) / (1 + (rows > 0).sum(0))), 0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True) + 1e-9
    centres = rows[np.linspace(0, len(rows) - 1, CLUSTERS).astype(int)]
    for _ in range(15):
        nearest = (rows @ centres.T).argmax(1)
        centres = np.stack([
            rows[nearest == k].sum(0) if (nearest == k).any() else centres[k]
            for k in range(CLUSTERS)
        ])  # fmt: skip
        centres /= np.linalg.norm(centres, axis=1, keepdims=True) + 1e-9
    return nearest


def speed(scores: Scores, pages: list[Page]) -> None:
    words = [word for page in pages[::7] for word in page.text.split()]
    texts = [" ".join(words[i : i + 500]) for i in range(0, min(len(words), 500_000), 500)]
    scores(texts[:10], None)
    seconds = []
    for _ in range(5):
        begun = time.process_time()
        scores(texts, None)
        seconds.append(time.process_time() - begun)
    print(f"  speed: {len(texts) / min(seconds):,.0f} documents of 500 words a second and core")


if __name__ == "__main__":
    main()
