"""Whether the classifier pays: trigram models trained on equal budgets of differently chosen pages.

An interpolated trigram model (Witten-Bell) each: on random crawl, on what the filters leave, on
what classifier and Pareto leave of that, and on the best of that. Judged by the perplexity of
references the classifier has not seen, of Wikipedia's featured articles, and of Python's own
documentation. docs.python.org is left out of the crawl: a model must not have read what it is
judged by. Intervals: 1,000 bootstraps over the texts judged. With alpha 9 little of this small
crawl is left; so 3 (The Pile's) too. Run by `quality.py`.
"""

from pathlib import Path
from pydoc_data.topics import topics

import numpy as np
import pyarrow.parquet as pq
from quality_corpus import SEED, Page, examples, lot
from trigrams import Trigrams, ratio_interval, tokens, within

from curate.filters import find
from curate.quality import Sample, keeps, models
from curate.quality.training import fold_of
from curate.steps import apply
from curate.store.keys import text_hash

FILTERS = ("gopher_repetition", "gopher_quality", {"c4": {"terminal_punctuation": False}},
           "fineweb")  # fmt: skip


def pays(pages: list[Page], references: dict[str, list[Page]], data: Path) -> bool:
    """Print perplexities of models trained on equal budgets of differently chosen pages."""
    sample = Sample()
    sample.add(examples(pages, "crawl", 0))
    for name, own in references.items():
        sample.add(e for e in examples(own, name, 1) if e.fold)  # fold 0 is kept to judge
    trained = models.train(sample.examples())
    steps = [step for one in FILTERS for step in _found(one)]
    order = sorted(
        (page for page in pages if page.site != "docs.python.org"), key=lambda page: lot(page.id)
    )
    filtered, scores = {}, {}
    for page in order:
        text, reason = apply(steps, page.text)
        key = text_hash(text)
        if reason is None and key not in filtered:
            filtered[key] = text
            scores[key] = trained.model.scores([text], [fold_of(page.site, SEED)])[0]
    judged = {
        name: [page.text for page in own if fold_of(page.site, SEED) == 0]
        for name, own in references.items()
    }
    labelled = pq.read_table(data / "reference" / "wikipedia_labelled.parquet").to_pylist()
    judged["featured articles"] = [row["text"] for row in labelled if row["label"].lower() == "fa"]
    judged["Python's documentation"] = documentation()
    held_out = {
        name: [words for text in texts if len(words := tokens(text)[:1000]) >= 50][:400]
        for name, texts in judged.items()
    }
    raw = {text_hash(page.text): page.text for page in reversed(order)}
    best = sorted(filtered, key=lambda key: -scores[key])
    good = [
        _compare(
            alpha, raw=[*raw.values()][::-1], filtered=filtered, scores=scores, best=best,
            held_out=held_out,
        )
        for alpha in (3.0, 9.0)
    ]  # fmt: skip
    return all(good)


def _compare(
    alpha: float,
    *,
    raw: list[str],
    filtered: dict[bytes, str],
    scores: dict[bytes, float],
    best: list[bytes],
    held_out: dict[str, list[list[str]]],
) -> bool:
    pareto = [t for key, t in filtered.items() if keeps(key, scores[key], SEED, alpha)]
    budget = sum(len(tokens(text)) for text in pareto)
    ways = {
        "a random crawl": raw,
        "b after the filters": [*filtered.values()],
        "c classifier and Pareto": pareto,
        "d the best": [filtered[key] for key in best],
    }
    print(f"\nTrigrams from {budget:,} words each; {len(filtered):,} of {len(raw):,} texts pass "
          f"the filters, {len(pareto):,} of these the draw with alpha {alpha:g}")  # fmt: skip
    cut = {name: list(within(texts, budget)) for name, texts in ways.items()}
    vocabulary = {w for texts in cut.values() for words in texts for w in words}
    lms = {name: Trigrams(texts, vocabulary) for name, texts in cut.items()}
    good = True
    for name, texts in held_out.items():
        lengths = np.array([len(words) for words in texts])
        bits = {key: np.array([lm.bits(words) for words in texts]) for key, lm in lms.items()}
        print(f"  {name}: {len(texts)} texts, {lengths.sum():,} words")
        for key, own in bits.items():
            low, high = ratio_interval(own, bits["a random crawl"], lengths, SEED)
            print(f"    {key:24} perplexity {2 ** (own.sum() / lengths.sum()):8.1f}   beside a: "
                  f"{low:.3f} to {high:.3f}", flush=True)  # fmt: skip
            if key.startswith("c"):
                good &= high < 1
    return good


def _found(one: str | dict[str, dict[str, object]]) -> list:
    name, settings = (one, {}) if isinstance(one, str) else next(iter(one.items()))
    return find(name, **settings)


def documentation() -> list[str]:
    """Return the topics of Python's own help, as prose nobody here chose."""
    return [topics[name] for name in sorted(topics)]
