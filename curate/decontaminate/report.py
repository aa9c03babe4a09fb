"""The contamination report: clean and dirty items of each benchmark, as for GPT-3.

Input: an index, and the document frequency of each of its n-grams. Output: JSON data for
contamination.json. An item is dirty if one of its n-grams was cut out of a document, clean if
none was; items without n-grams, too short, are neither. An item of which only common phrases were
found, n-grams in more documents than a limit, is clean, and counted separately. Where all
items are too short there is no share: nothing was searched for.

Source: Brown et al. 2020 (GPT-3), arXiv:2005.14165, appendix C.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from curate.decontaminate.index import Index

Items = dict[str, set[str]]  # benchmark -> ids


def report(
    index: Index, frequency: Iterable[tuple[int, int]], max_documents: int
) -> dict[str, Any]:
    """Return {"benchmarks": […], "exempt": […]}.

    Args:
        frequency: (number of an n-gram, document frequency) of all that were found.
        max_documents: n-grams in more documents are exempt.
    """
    cut: Items = {}
    common: Items = {}
    exempt: list[dict[str, Any]] = []
    for number, documents in frequency:
        items_of = common if documents > max_documents else cut
        occurrences = list(index.occurrences(number))
        for benchmark, item, _ in occurrences:
            items_of.setdefault(benchmark, set()).add(item)
        if documents > max_documents:
            items = Counter(benchmark for benchmark, _ in {o[:2] for o in occurrences})
            words = " ".join(index.gram(number))
            counts = dict(sorted(items.items()))
            exempt.append({"ngram": words, "documents": documents, "items": counts})
    return {
        "benchmarks": [_benchmark(about, cut, common) for about in index.benchmarks],
        "exempt": sorted(exempt, key=lambda row: (-row["documents"], row["ngram"])),
    }


def _benchmark(about: dict[str, Any], cut: Items, common: Items) -> dict[str, Any]:
    name = about["name"]
    dirty = cut.get(name, set())
    searched = about["items"] - about["too_short"]
    return {
        **about,
        "dirty": len(dirty),
        "clean": searched - len(dirty),
        "common_only": len(common.get(name, set()) - dirty),
        "dirty_share": round(len(dirty) / searched, 6) if searched else None,
        "clean_share": round(1 - len(dirty) / searched, 6) if searched else None,
    }
