"""Effect of filters and classifiers: bits per byte of n-gram models trained on equal budgets.

    python benchmarks/proof.py DATA [--cache FILE] [--seeds 3] [--tokens N]

Crawl text alone: mixing is another question. Each arm chooses among the same extracted pages (the
cache of quality.py, each text once) in the order of a seeded hash, until its tokens (GPT-2's) are
the budget: by default that of the smallest arm. On each an interpolated Kneser-Ney 5-gram is
trained (`curate.quality.ngrams`), and judged by bits per byte of texts that no arm has read and no
classifier has learned from:

news          BBC and ABC articles of the fold kept back
encyclopedia  featured and good articles of Wikipedia
books         windows of the books kept back
documentation the topics of Python's help; docs.python.org is left out of the crawl
code          files of Python's standard library
tables        tables of WCXB's pages, extracted as Markdown
questions     questions and passages of BoolQ and StrategyQA

Printed: bits per byte by arm and domain, mean over seeds; beside raw, the change of the mean over
domains with its 95 % interval (texts of each domain redrawn 1,000 times, seeds with them); then
the change of each domain beside raw and beside all filters.
References are not judged by, but for those kept back: that would reward what resembles them.
An n-gram model learns phrases, not facts: what it says of two arms may differ from what a large
model would.
"""

import argparse
import json
import sysconfig
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from pydoc_data.topics import topics

import numpy as np
import pyarrow.parquet as pq
from quality_corpus import SEED, Page, crawl_pages, examples, reference_pages

from curate.extract import extract
from curate.filters import find
from curate.mix.curve import Curve
from curate.quality import Sample, keeps, models
from curate.quality.function_words import ENGLISH
from curate.quality.ngrams import fit
from curate.quality.training import Example, even, fold_of
from curate.steps import apply
from curate.store.keys import text_hash, uniform
from curate.text import tokenizers

FILTERS = ("gopher_repetition", "gopher_quality", {"c4": {"terminal_punctuation": False}},
           "fineweb")  # fmt: skip
LEAST = 60_000  # tokens; an arm with fewer is left out and said
JUDGED = 30_000  # tokens of a domain
TEXT = 600  # tokens of a text that is judged
HELD_BACK = 0  # the fold


@dataclass(frozen=True)
class Candidate:
    """A page as an arm may take it."""

    key: bytes
    site: str
    text: str
    ids: np.ndarray
    scores: dict[str, float]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("data", type=Path)
    options.add_argument("--cache", type=Path, default=Path("quality-crawl.parquet"))
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--tokens", type=int, default=None, help="the budget of every arm")
    options.add_argument("--few", action="store_true", help="arms of whole recipes alone")
    options.add_argument("--windows", type=int, default=4_000, help="a source, for classifiers")
    chosen = options.parse_args()
    encode = tokenizers.load("gpt2").encode
    pages = crawl_pages(chosen.data, chosen.cache)
    references = reference_pages(chosen.data)
    judged = domains(chosen.data, references, encode)
    pages = [page for page in pages if page.site != "docs.python.org"]
    arms = make_arms(pages, learned(pages, references, chosen.windows), encode, few=chosen.few)
    sizes = {name: sum(len(one.ids) for one in own) for name, own in arms.items()}
    left_out = [name for name, size in sizes.items() if size < (chosen.tokens or LEAST)]
    budget = chosen.tokens or min(size for name, size in sizes.items() if name not in left_out)
    print(f"{len(pages):,} pages; budget {budget:,} tokens; "
          + ", ".join(f"{name} {size:,}" for name, size in sizes.items()))  # fmt: skip
    if left_out:
        print(f"left out, for they have fewer tokens: {', '.join(left_out)}")
    results = {
        name: np.stack([judge(own, judged, budget, seed) for seed in range(chosen.seeds)])
        for name, own in arms.items()
        if name not in left_out
    }
    show(results, judged)
    show_domains(results, judged, "raw")
    show_domains(results, judged, "all filters")


# --- what is judged ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Judged:
    """Texts of all domains: token numbers, bytes, and the domain of each."""

    names: tuple[str, ...]
    texts: list[np.ndarray]
    bytes: np.ndarray
    domain: np.ndarray


def domains(data: Path, references: dict[str, list[Page]], encode: Callable) -> Judged:
    wiki = pq.read_table(data / "reference" / "wikipedia_labelled.parquet").to_pylist()

    def held_back(name: str) -> list[str]:
        return [p.text for p in references[name] if fold_of(p.site, SEED) == HELD_BACK]

    books = [text[i : i + 3_000] for text in held_back("books")
             for i in range(20_000, len(text) - 3_000, 40_000)]  # fmt: skip
    folder = Path(sysconfig.get_paths()["stdlib"])
    code = [file.read_text(errors="replace") for file in sorted(folder.glob("*.py"))]
    texts = {
        "news": [t for t in held_back("webtext_like") if len(t) < 8_000],
        "encyclopedia": [row["text"] for row in wiki if row["label"].lower() in ("fa", "ga")],
        "books": books,
        "documentation": [topics[name] for name in sorted(topics)],
        "code": [text[len(text) // 3 :] for text in code if len(text) > 4_000],
        "tables": tables(data),
        "questions": questions(data),
    }
    names, found, sizes, domain = tuple(texts), [], [], []
    for place, name in enumerate(names):
        room = JUDGED
        for text in sorted(set(texts[name]), key=lambda text: uniform("sample", text, SEED)):
            ids = encode(text[: TEXT * 8])[:TEXT]
            if len(ids) < 40 or room <= 0:
                continue
            room -= len(ids)
            found.append(np.asarray(ids))
            sizes.append(len(tokenizer_bytes(text, ids, encode)))
            domain.append(place)
    return Judged(names, found, np.asarray(sizes), np.asarray(domain))


def tokenizer_bytes(text: str, ids: list[int], encode: Callable) -> bytes:
    """Return the bytes of a text's first tokens: the shortest prefix that has as many."""
    low, high = 0, min(len(text), TEXT * 8)
    while low < high:
        middle = (low + high) // 2
        if len(encode(text[:middle])) < len(ids):
            low = middle + 1
        else:
            high = middle
    return text[:low].encode("utf-8", "replace")


def tables(data: Path) -> list[str]:
    found = []
    for row in pq.read_table(data / "extraction" / "wcxb.parquet", columns=["html"]).to_pylist():
        if b"<table" not in row["html"]:
            continue
        text = extract(row["html"], format="markdown").text
        lines = [line for line in text.splitlines() if line.count("|") > 2]
        if len(lines) > 3:
            found.append("\n".join(lines))
    return found


def questions(data: Path) -> list[str]:
    rows = []
    for name in ("boolq", "strategyqa"):
        with (data / "benchmarks" / f"{name}.jsonl").open() as lines:
            rows += [json.loads(line) for line in lines]
    return [" ".join(filter(None, (row["text"], str(row.get("answer") or "")))) for row in rows]


# --- arms --------------------------------------------------------------------------------------


def learned(
    pages: list[Page], references: dict[str, list[Page]], windows: int
) -> dict[str, models.Model]:
    """Return the classifiers, learned without the references kept back."""
    sample = Sample(per_source=windows)
    sample.add(examples(pages, "crawl", 0))
    for name, own in references.items():
        sample.add(e for e in examples(own, name, 1) if e.fold != HELD_BACK)
    chosen: list[Example] = even(sample.examples())
    return {kind: models._FITS[kind](chosen) for kind in ("masked", "logistic")}


def make_arms(
    pages: list[Page], classifiers: dict[str, models.Model], encode: Callable, *, few: bool
) -> dict[str, list[Candidate]]:
    every = [candidate(page.text, page.site, encode, classifiers) for page in pages]
    steps = {name_of(one): made(one) for one in FILTERS}
    arms = {"raw": every}
    for name, step in {}.items() if few else steps.items():
        arms[f"{name} alone"] = filtered(every, [step], encode, classifiers)
    default = filtered(every, list(steps.values()), encode, classifiers)
    arms["all filters"] = default
    for name in () if few else steps:
        others = [step for other, step in steps.items() if other != name]
        arms[f"filters but {name}"] = filtered(every, others, encode, classifiers)
    for kind in classifiers:
        for alpha in (9.0, 3.0):
            arms[f"filters, {kind} alpha {alpha:g}"] = [
                one for one in default if keeps(one.key, one.scores[kind], SEED, alpha)
            ]
        arms[f"filters, curve by {kind}"] = by_curve(default, kind)
        if not few:
            arms[f"filters, best by {kind}"] = best(default, kind)
    if few:
        return arms
    arms["best by masked, no filters"] = best(every, "masked")
    arms["best by function words"] = best(every, "function words")
    return arms


def name_of(one: str | dict) -> str:
    return one if isinstance(one, str) else next(iter(one))


def made(one: str | dict) -> list:
    name, settings = (one, {}) if isinstance(one, str) else next(iter(one.items()))
    return find(name, **settings)


def candidate(
    text: str, site: str, encode: Callable, classifiers: dict[str, models.Model]
) -> Candidate:
    fold = [fold_of(site, SEED)]
    scores = {kind: model.scores([text], fold)[0] for kind, model in classifiers.items()}
    scores["function words"] = models.share_of(text, ENGLISH)
    ids = np.asarray(encode(text), np.int64)
    return Candidate(text_hash(text), site, text, ids, scores)


def filtered(
    every: list[Candidate], steps: list[list], encode: Callable, classifiers: dict
) -> list[Candidate]:
    """Return what the filters leave, each text once, scored anew where they cut."""
    found: dict[bytes, Candidate] = {}
    for one in every:
        text, reason = apply([step for own in steps for step in own], one.text)
        if reason is not None:
            continue
        same = text == one.text
        new = one if same else candidate(text, one.site, encode, classifiers)
        found.setdefault(new.key, new)
    return list(found.values())


def best(some: list[Candidate], kind: str, share: float = 0.25) -> list[Candidate]:
    """Return the documents of highest score that have a quarter of the tokens."""
    room = share * sum(len(one.ids) for one in some)
    found = []
    for one in sorted(some, key=lambda one: (-one.scores[kind], one.key)):
        if room <= 0:
            break
        found.append(one)
        room -= len(one.ids)
    return found


def by_curve(some: list[Candidate], kind: str) -> list[Candidate]:
    """Return each document as often as the recipe's curve takes it at a budget of one epoch."""
    curve, below = Curve().fitted(1.0), 0
    total = sum(len(one.ids) for one in some)
    found = []
    for one in sorted(some, key=lambda one: (one.scores[kind], one.key)):
        copies = curve.copies((below + len(one.ids) / 2) / total)
        below += len(one.ids)
        more = uniform("mix", one.key.hex(), SEED) < copies % 1.0
        found += [one] * (int(copies) + more)
    return found


# --- judging -----------------------------------------------------------------------------------


def judge(arm: Iterable[Candidate], judged: Judged, budget: int, seed: int) -> np.ndarray:
    """Return the bits of every judged text by a model of an arm's first tokens."""
    texts, room = [], budget
    for one in sorted(arm, key=lambda one: uniform("shuffle", one.key.hex(), seed)):
        if room <= 0:
            break
        texts.append(one.ids[:room])
        room -= len(texts[-1])
    model = fit(texts, 50_258)
    return np.asarray([model.bits(text)[:-1].sum() for text in judged.texts])


def show(results: dict[str, np.ndarray], judged: Judged) -> None:
    width = max(map(len, results))
    print(f"\nBits per byte\n{'':{width}}" + "".join(f"{n[:13]:>14}" for n in judged.names)
          + f"{'mean':>8}   change of the mean beside raw")  # fmt: skip
    raw = results["raw"]
    for name, bits in sorted(results.items(), key=lambda one: per_byte(one[1], judged).mean()):
        own = per_byte(bits, judged)
        low, middle, high = change(bits, raw, judged)
        interval = "" if name == "raw" else f"   {middle:+.2%} ({low:+.2%} to {high:+.2%})"
        print(f"{name:{width}}" + "".join(f"{value:14.4f}" for value in own)
              + f"{own.mean():8.4f}{interval}")  # fmt: skip


def per_byte(bits: np.ndarray, judged: Judged, drawn: np.ndarray | None = None) -> np.ndarray:
    """Return bits per byte by domain, of the texts drawn, mean over seeds."""
    own = np.arange(len(judged.bytes)) if drawn is None else drawn
    size = len(judged.names)
    total = np.bincount(judged.domain[own], bits.mean(0)[own], size)
    return total / np.bincount(judged.domain[own], judged.bytes[own], size)


def show_domains(results: dict[str, np.ndarray], judged: Judged, beside: str) -> None:
    """Print the change of each domain beside an arm; * where the 95 % interval leaves out 0."""
    width = max(map(len, results))
    print(
        f"\nChange beside {beside}\n{'':{width}}" + "".join(f"{n[:13]:>14}" for n in judged.names)
    )
    for name, bits in results.items():
        told = []
        for k in range(len(judged.names)):
            low, middle, high = change(bits, results[beside], judged, (k,))
            told.append(f"{middle:+.1%}{'*' if low > 0 or high < 0 else ' '}")
        print(f"{name:{width}}" + "".join(f"{one:>14}" for one in told))


def change(
    bits: np.ndarray, raw: np.ndarray, judged: Judged, some: Sequence[int] | None = None
) -> tuple[float, float, float]:
    """Return the relative change of the mean over domains, or some, with its 95 % interval."""
    chosen = list(range(len(judged.names)) if some is None else some)
    drawn = np.random.default_rng(SEED)
    places = [np.flatnonzero(judged.domain == k) for k in range(len(judged.names))]
    values = []
    for _ in range(1_000):
        own = np.concatenate([drawn.choice(one, len(one)) for one in places])
        seeds = drawn.integers(0, len(bits), len(bits))
        values.append(
            (per_byte(bits[seeds], judged, own) / per_byte(raw[seeds], judged, own))[chosen].mean()
            - 1
        )
    middle = float((per_byte(bits, judged) / per_byte(raw, judged))[chosen].mean() - 1)
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), middle, float(high)


if __name__ == "__main__":
    main()
