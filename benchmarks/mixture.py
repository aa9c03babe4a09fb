"""Accuracy of mixing: the share of every source at several budgets, read back from shards.

    python benchmarks/mixture.py RECIPE OUT [--budgets 0.2 1 2.5]

RECIPE is run once for each budget, a multiple of what one epoch of the scarcest source allows,
with one WORK below OUT: only the mix and the shards are made again. What is printed comes from
the shards alone, their texts tokenised anew. Exit code 1 if a source is further from its target
than TOLERANCE or its largest document, a shard further from the mean size than a tenth or its
largest document, or if sources do not lie in the corpus as by chance (a runs test, |z| <= 4).
"""

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml

from curate.text import tokenizers as tokens

TOLERANCE = 0.005  # of the source's target
CHANCE = 4.0  # standard errors


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("recipe", type=Path)
    options.add_argument("out", type=Path)
    options.add_argument("--budgets", type=float, nargs="+", default=[0.2, 1.0, 2.5])
    chosen = options.parse_args()
    data = yaml.safe_load(chosen.recipe.read_text())
    epoch_tokens = made(chosen, data, None)
    print(f"one epoch of the scarcest source allows {epoch_tokens:,} tokens")
    fine = [check(chosen, data, budget, epoch_tokens) for budget in chosen.budgets]
    return 0 if all(fine) else 1


def made(chosen: argparse.Namespace, data: dict[str, Any], budget: int | None) -> int:
    """Run the recipe with a budget; return the targets' sum."""
    mix = {**data.get("mix", {}), "tokens": budget, "max_epochs": 1_000}
    # Beside the recipe, for the sake of its relative paths.
    recipe = chosen.recipe.with_name(f"{chosen.recipe.stem}-mixture.yaml")
    recipe.write_text(yaml.safe_dump({**data, "mix": mix}))
    try:
        command = [sys.executable, "-c", "from curate.cli import main; main()", "run", str(recipe)]
        places = ["--out", str(out(chosen, budget)), "--work", str(chosen.out / "work")]
        subprocess.run([*command, *places], check=True, stdout=subprocess.DEVNULL)
    finally:
        recipe.unlink()
    table = manifest(out(chosen, budget))["mixture"]
    return sum(row["target_tokens"] for row in table.values())


def out(chosen: argparse.Namespace, budget: int | None) -> Path:
    return Path(chosen.out / f"tokens-{budget or 'one-epoch'}")


def manifest(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "manifest.json").read_bytes()))


def check(
    chosen: argparse.Namespace, data: dict[str, Any], budget: float, epoch_tokens: int
) -> bool:
    wanted = int(budget * epoch_tokens)
    made(chosen, data, wanted)
    folder = out(chosen, wanted)
    copies: dict[str, list[int]] = defaultdict(list)  # tokens of each copy
    sizes: list[tuple[int, int]] = []  # bytes of a shard, of its largest document
    order: list[str] = []
    tokenizer = tokens.load("gpt2")
    for file in sorted(folder.glob("corpus/train/*.parquet")):
        rows = pq.read_table(file, columns=["text", "source"]).to_pydict()
        for source, count in zip(rows["source"], tokenizer.count(rows["text"]), strict=True):
            copies[source].append(count)
        lengths = [len(text.encode()) for text in rows["text"]]
        sizes.append((sum(lengths), max(lengths)))
        order += rows["source"]
    print(f"\n{budget:g} x: {wanted:,} tokens asked, {sum(map(sum, copies.values())):,} written, "
          f"{len(order):,} documents, {len(sizes)} shards")  # fmt: skip
    print(f"{'source':12}{'target':>14}{'written':>14}{'off':>10}{'of target':>11}"
          f"{'largest doc.':>14}")  # fmt: skip
    fine = True
    # A weight is a share of the training tokens: recomputed from the recipe, not read back.
    weights = {name: source.get("weight") or 0 for name, source in data["sources"].items()}
    for name, weight in sorted(weights.items()):
        target = wanted * weight / sum(weights.values())
        written, largest = sum(copies[name]), max(copies[name], default=0)
        off = written - target
        good = abs(off) <= max(TOLERANCE * target, largest, 1)
        fine &= good
        print(f"{name:12}{target:14,.0f}{written:14,}{off:+10,.0f}{off / max(target, 1):+11.3%}"
              f"{largest:14,}{'' if good else '  MISSED'}")  # fmt: skip
    mean = sum(size for size, _ in sizes) / len(sizes)
    beyond = sum(abs(size - mean) > max(mean / 10, largest) for size, largest in sizes)
    z = runs_test(order)
    print(f"shards at most {max(abs(size - mean) for size, _ in sizes) / mean:.2%} off their mean "
          f"of {mean / 1e6:.2f} MB, {beyond} beyond a tenth or their largest document; "
          f"runs of sources: z = {z:+.2f}")  # fmt: skip
    return fine and not beyond and abs(z) <= CHANCE


def runs_test(labels: list[str]) -> float:
    """Return by how many standard errors the number of runs is off that of a random order.

    Wald and Wolfowitz's test for several kinds (Barton and David 1957): of n labels, n_i of
    kind i, the runs number n + 1 - s2 / n on average, s2 the sum of n_i squared.
    """
    n = len(labels)
    counts: dict[str, int] = defaultdict(int)
    for label in labels:
        counts[label] += 1
    s2, s3 = (sum(count**power for count in counts.values()) for power in (2, 3))
    runs = 1 + sum(a != b for a, b in pairwise(labels))
    variance = (s2 * (s2 + n * (n + 1)) - 2 * n * s3 - n**3) / (n * n * (n - 1))
    return (runs - (n + 1 - s2 / n)) / variance**0.5 if variance > 0 else 0.0


if __name__ == "__main__":
    sys.exit(main())
