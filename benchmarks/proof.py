"""Effect of filters and classifiers: bits per byte of n-gram models trained on equal budgets.

    python benchmarks/proof.py DATA [--cache FILE] [--seeds 3] [--tokens N] [--few]
        [--without-classifiers] [--arms NAME=FILE ...] [--only NAME ...] [--transformer]
        [--picture FILE.svg]

Crawl text alone: mixing is another question. Each arm chooses among the same extracted pages (the
cache of quality.py, each text once) in the order of a seeded hash, until its tokens (GPT-2's) are
the budget: by default that of the smallest arm. `default` is the default recipe: all filters, then
near duplicates removed. Arms of other tools, whose pages `proof_arms.py` writes, are theirs with
the same removal of near duplicates. On each an interpolated Kneser-Ney 5-gram is trained
(`curate.quality.ngrams`), and judged by bits per byte of texts that no arm has read and no
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
the change of each domain beside raw, and of the default beside every other arm, which --picture
draws.
References are not judged by, but for those kept back: that would reward what resembles them.
An n-gram model learns phrases, not facts: what it says of two arms may differ from what a large
model would. With --transformer the models are small transformers over bytes (`proof_transformer`),
on four bytes for each token of the budget.
"""

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from proof_judged import HELD_BACK, Judged, domains
from proof_picture import Change, draw
from quality_corpus import SEED, Page, crawl_pages, examples, reference_pages

from curate.dedup import find_duplicates
from curate.filters import find
from curate.filters.language import Language
from curate.mix.curve import Curve
from curate.quality import Sample, keeps, models
from curate.quality.function_words import ENGLISH
from curate.quality.ngrams import fit
from curate.quality.training import Example, even, fold_of, group_of
from curate.steps import apply
from curate.store.keys import text_hash, uniform
from curate.text import tokenizers
from curate.text.blocks import Block

FILTERS = ("gopher_repetition", "gopher_quality", {"c4": {"terminal_punctuation": False}},
           "fineweb")  # fmt: skip
LEAST = 60_000  # tokens; an arm with fewer is left out and said


@dataclass(frozen=True)
class Candidate:
    """A page as an arm may take it."""

    key: bytes
    site: str
    text: str
    blocks: tuple[Block, ...] | None
    ids: np.ndarray
    scores: dict[str, float]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("data", type=Path)
    options.add_argument("--cache", type=Path, default=Path("quality-crawl.parquet"))
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--tokens", type=int, default=None, help="the budget of every arm")
    options.add_argument("--few", action="store_true", help="arms of whole recipes alone")
    options.add_argument("--without-classifiers", action="store_true", help="a larger budget")
    options.add_argument("--arms", nargs="+", default=[], metavar="NAME=FILE", help="of others")
    options.add_argument("--only", nargs="+", help="arms, raw and default among them")
    options.add_argument("--transformer", action="store_true", help="instead of n-grams; PyTorch")
    options.add_argument("--picture", type=Path, help="an SVG of the default beside other arms")
    options.add_argument("--windows", type=int, default=4_000, help="a source, for classifiers")
    chosen = options.parse_args()
    encode = tokenizers.load("gpt2").encode
    pages = crawl_pages(chosen.data, chosen.cache)
    references = reference_pages(chosen.data)
    judged = domains(chosen.data, references, encode)
    pages = [page for page in pages if page.site != "docs.python.org"]
    classifiers = {}
    if not chosen.without_classifiers:
        classifiers = learned(pages, references, chosen.windows)
    arms = make_arms(pages, classifiers, encode, few=chosen.few)
    for name, file in (arm.split("=", 1) for arm in chosen.arms):
        arms[name] = of_others(Path(file), encode)
    sizes = {name: sum(len(one.ids) for one in own) for name, own in arms.items()}
    left_out = [name for name, size in sizes.items() if size < (chosen.tokens or LEAST)]
    budget = chosen.tokens or min(size for name, size in sizes.items() if name not in left_out)
    print(f"{len(pages):,} pages; budget {budget:,} tokens; "
          + ", ".join(f"{name} {size:,}" for name, size in sizes.items()))  # fmt: skip
    if left_out:
        print(f"left out, for they have fewer tokens: {', '.join(left_out)}")
    results = {
        name: np.stack([
            judge(own, judged, budget, seed, transformer=chosen.transformer)
            for seed in range(chosen.seeds)
        ])
        for name, own in arms.items()
        if name not in left_out and name in (chosen.only or arms)
    }  # fmt: skip
    show(results, judged)
    rows = (*judged.names, "mean")
    beside_raw = {name: changes(bits, results["raw"], judged) for name, bits in results.items()}
    show_domains("Change beside raw", rows, beside_raw)
    of_default = {name: changes(results["default"], bits, judged)
                  for name, bits in results.items() if name != "default"}  # fmt: skip
    show_domains("Change of default beside", rows, of_default)
    if chosen.picture:
        title = f"Bits per byte at equal budgets of {budget:,} tokens, 95 % intervals"
        chosen.picture.write_text(draw(rows, of_default, title), encoding="utf-8")


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
    every = [candidate(page.text, page.site, encode, classifiers, page.blocks) for page in pages]
    steps = {name_of(one): made(one) for one in FILTERS}
    arms = {"raw": every}
    for name, step in {}.items() if few else steps.items():
        arms[f"{name} alone"] = filtered(every, [step], encode, classifiers)
    arms["all filters"] = filtered(every, list(steps.values()), encode, classifiers)
    default = arms["default"] = without_copies(arms["all filters"])
    arms["raw, near duplicates removed"] = without_copies(every)
    for name in () if few else steps:
        others = [step for other, step in steps.items() if other != name]
        arms[f"default but {name}"] = without_copies(filtered(every, others, encode, classifiers))
    for kind in classifiers:
        for alpha in (9.0, 3.0):
            arms[f"default, {kind} alpha {alpha:g}"] = [
                one for one in default if keeps(one.key, one.scores[kind], SEED, alpha)
            ]
        arms[f"default, curve by {kind}"] = by_curve(default, kind)
        if not few:
            arms[f"default, best by {kind}"] = best(default, kind)
    if few or not classifiers:
        return arms
    arms["best by masked, no filters"] = best(every, "masked")
    arms["best by function words"] = best(every, "function words")
    return arms


def without_copies(some: list[Candidate]) -> list[Candidate]:
    """Return the documents without near duplicates of others, as the default recipe does."""
    removed = {copy.removed for copy in find_duplicates([one.text for one in some])}
    return [one for at, one in enumerate(some) if at not in removed]


def of_others(file: Path, encode: Callable) -> list[Candidate]:
    """Return the English pages of a file of `proof_arms.py`, near duplicates removed."""
    language, found = Language(), {}
    for row in pq.read_table(file).to_pylist():
        site = group_of(row["url"] or "", row["url"])
        if site != "docs.python.org" and language.identify(row["text"])[0] == "en":
            one = candidate(row["text"], site, encode, {})
            found.setdefault(one.key, one)
    return without_copies(list(found.values()))


def name_of(one: str | dict) -> str:
    return one if isinstance(one, str) else next(iter(one))


def made(one: str | dict) -> list:
    name, settings = (one, {}) if isinstance(one, str) else next(iter(one.items()))
    return find(name, **settings)


def candidate(
    text: str,
    site: str,
    encode: Callable,
    classifiers: dict[str, models.Model],
    blocks: tuple[Block, ...] | None = None,
) -> Candidate:
    fold = [fold_of(site, SEED)]
    scores = {kind: model.scores([text], fold)[0] for kind, model in classifiers.items()}
    scores["function words"] = models.share_of(text, ENGLISH)
    ids = np.asarray(encode(text), np.int64)
    return Candidate(text_hash(text), site, text, blocks, ids, scores)


def filtered(
    every: list[Candidate], steps: list[list], encode: Callable, classifiers: dict
) -> list[Candidate]:
    """Return what the filters leave, each text once, scored anew where they cut."""
    found: dict[bytes, Candidate] = {}
    for one in every:
        chain = [step for own in steps for step in own]
        text, reason = apply(chain, one.text, None, one.blocks)
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


def judge(
    arm: Iterable[Candidate], judged: Judged, budget: int, seed: int, *, transformer: bool
) -> np.ndarray:
    """Return the bits of every judged text by a model of an arm's first tokens."""
    texts, plain, room = [], [], budget
    for one in sorted(arm, key=lambda one: uniform("shuffle", one.key.hex(), seed)):
        if room <= 0:
            break
        texts.append(one.ids[:room])
        plain.append(one.text.encode("utf-8", "replace"))
        room -= len(texts[-1])
    if transformer:
        import proof_transformer  # noqa: PLC0415 - needs PyTorch

        return proof_transformer.bits(proof_transformer.fit(plain, 4 * budget, seed), judged.plain)
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


def show_domains(title: str, rows: Sequence[str], found: dict[str, list[Change]]) -> None:
    """Print the change of each domain; * where the 95 % interval leaves out 0."""
    width = max(map(len, found))
    print(f"\n{title}\n{'':{width}}" + "".join(f"{name[:13]:>14}" for name in rows))
    for name, own in found.items():
        told = [f"{one.middle:+.1%}{'*' if one.is_told_apart else ' '}" for one in own]
        print(f"{name:{width}}" + "".join(f"{one:>14}" for one in told))


def changes(bits: np.ndarray, base: np.ndarray, judged: Judged) -> list[Change]:
    """Return the change of each domain beside a base, then that of their mean."""
    every = (*((k,) for k in range(len(judged.names))), None)
    return [change(bits, base, judged, some) for some in every]


def change(
    bits: np.ndarray, raw: np.ndarray, judged: Judged, some: Sequence[int] | None = None
) -> Change:
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
    return Change(float(low), middle, float(high))


if __name__ == "__main__":
    main()
