"""What was found of each benchmark, told as GPT-3 did: clean and dirty items.

Enters: an index, and in how many documents each of its n-grams stands. Leaves: plain data for
contamination.json. An item is dirty if one of its n-grams was cut out of a document, clean if
none was; items without n-grams, too short, are neither. An item of which only common phrases were
found, n-grams in more documents than a limit, is clean, and counted apart. Where all items are too
short there is no share: nothing was looked for.

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
        frequency: (number of an n-gram, documents that have it) of all that were found.
        max_documents: n-grams in more documents are exempt.
    """
    cut: Items = {}
    common: Items = {}
    exempt: list[dict[str, Any]] = []
    for number, documents in frequency:
        own = common if documents > max_documents else cut
        places = list(index.places(number))
        for place in places:
            own.setdefault(place.benchmark, set()).add(place.item)
        if documents > max_documents:
            items = Counter(benchmark for benchmark, _ in {place[:2] for place in places})
            words = " ".join(index.gram(number))
            told = {"ngram": words, "documents": documents, "items": dict(sorted(items.items()))}
            exempt.append(told)
    return {
        "benchmarks": [_benchmark(about, cut, common) for about in index.benchmarks],
        "exempt": sorted(exempt, key=lambda one: (-one["documents"], one["ngram"])),
    }


def _benchmark(about: dict[str, Any], cut: Items, common: Items) -> dict[str, Any]:
    name = about["name"]
    dirty = cut.get(name, set())
    found_for = about["items"] - about["too_short"]
    return {
        **about,
        "dirty": len(dirty),
        "clean": found_for - len(dirty),
        "common_only": len(common.get(name, set()) - dirty),
        "dirty_share": round(len(dirty) / found_for, 6) if found_for else None,
        "clean_share": round(1 - len(dirty) / found_for, 6) if found_for else None,
    }
