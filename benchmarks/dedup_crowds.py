"""Full LSH buckets: cost of comparing them, and pairs missed by refinement.

    python benchmarks/dedup_crowds.py TEXTS.parquet [--documents 20000]

TEXTS.parquet has a column text to take words from. Prints, per crowd, in processor time of one
core and for several numbers of leaders (0: all of a bucket are compared with all, which is only
tried on small crowds):

word      pages that differ in one word: one is kept
lengths   pages that are the beginnings of one long page: a chain of similar pages
template  different pages that share a part of their words, with 1,000 changed copies among them:
          found = the share of copies at 0.8 and more that are removed; curve = what is expected
"""

import argparse
import random
import time
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

import numpy as np
import pyarrow.parquet as pq

from curate.dedup import clusters, duplicates, find_duplicates, jaccard, probability

ALL = 10**6
SIZE = 300  # words a page


def main() -> None:
    parser = argparse.ArgumentParser(description="See the head of the file.")
    parser.add_argument("texts", type=Path)
    parser.add_argument("--documents", type=int, default=20_000)
    options = parser.parse_args()
    words = " ".join(pq.read_table(options.texts)["text"].to_pylist()[:2_000]).split()
    vocabulary, chance = sorted(set(words)), random.Random(1)
    find_duplicates(["a", "b"])  # compiles
    print("crowd              documents leaders   removed  pairs/doc rounds  full    us/doc")

    base = words[:SIZE]
    apart = [" ".join([*base[:i % SIZE], f"word{i}", *base[i % SIZE :]])
             for i in range(options.documents)]  # fmt: skip
    measure("word", apart, clusters.MAX_LEADERS)
    lengths = [" ".join([*base, chance.choice(vocabulary), *words[SIZE : SIZE + chance.randrange(
        5 * SIZE)]]) for _ in range(options.documents // 2)]  # fmt: skip
    measure("lengths", lengths, clusters.MAX_LEADERS)
    for share in (0.5, 0.75, 0.88):
        for count, leaders in ((2_000, ALL), (2_000, 8), (options.documents, 4),
                               (options.documents, 8), (options.documents, 16)):  # fmt: skip
            chance = random.Random(2)
            common = base[: int(share * SIZE)]
            pages = [common + chance.choices(vocabulary, k=SIZE - len(common))
                     for _ in range(count)]  # fmt: skip
            template(f"template {share:.2f}", pages, leaders, chance)


def measure(name: str, texts: Sequence[str], leaders: int) -> list[duplicates.Duplicate]:
    results: list[clusters.Removals] = []

    def remembered(*args, **kwargs):  # type: ignore[no-untyped-def]
        results.append(clusters.resolve(*args, **kwargs))
        return results[-1]

    with mock.patch.object(duplicates, "resolve", remembered):
        began = time.process_time()
        removals = find_duplicates(texts, leaders=leaders, rank=range(len(texts)))
        seconds = time.process_time() - began
    pairs = sum(compared for compared, _ in results[0].rounds) / len(texts)
    print(
        f"{name:18} {len(texts):9} {'all' if leaders == ALL else leaders:>7} {len(removals):9} "
        f"{pairs:10.1f} {len(results[0].rounds):6} {results[0].refined:5} "
        f"{1e6 * seconds / len(texts):9.0f}",
        end="\n" if not name.startswith("template") else "",
    )
    return removals


def template(name: str, pages: list[list[str]], leaders: int, chance: random.Random) -> None:
    """Measure with 1,000 copies in which 3 to 8 words were changed."""
    originals = [chance.randrange(len(pages)) for _ in range(1_000)]
    copies = []
    for original in originals:
        copy = list(pages[original])
        for at in chance.sample(range(SIZE), chance.randint(3, 8)):
            copy[at] = f"changed{chance.random()}"
        copies.append(" ".join(copy))
    texts = [" ".join(page) for page in pages] + copies
    exact = [jaccard(texts[o], copy) for o, copy in zip(originals, copies, strict=True)]
    due = [i for i, j in enumerate(exact) if j >= 0.8]
    removed = {d.removed for d in measure(name, texts, leaders)}
    recall = np.mean([len(pages) + i in removed for i in due])
    curve = np.mean([probability(exact[i], 20, 7) for i in due])
    print(f"   found {recall:.4f}, curve {curve:.4f} of {len(due)}")


if __name__ == "__main__":
    main()
