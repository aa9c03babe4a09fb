"""Deduplication of documents in memory: which are removed, and for which.

Input: texts, and the order in which to keep them. Output: one row per removal, each with the
exact similarity to a document that is kept. Exact copies first, then MinHash bands,
verified on the texts. `curate.dedup.distributed` gives the same for more documents.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from curate._lazy import listing
from curate.dedup.bands import SETTINGS, Banding
from curate.dedup.clusters import MAX_LEADERS, MAX_LEVELS, Positions, Rows, Verify, resolve
from curate.dedup.minhash import MinHasher, has_shingles
from curate.dedup.shingles import Texts
from curate.dedup.similarity import jaccard_of_texts
from curate.store.keys import text_hash

__all__ = ["Duplicate", "find_duplicates"]
__dir__ = listing(__name__, __all__)

EXACT, NEAR = "exact_duplicate", "near_duplicate"
CHUNK = 10_000  # documents whose shingle sets are in memory together, about 4 KB each


class Duplicate(NamedTuple):
    """One removal: positions in the documents given, similarity 0 to 1, and by which rule."""

    removed: int
    kept: int
    jaccard: float
    rule: str


def find_duplicates(
    documents: Texts,
    *,
    threshold: float | None = None,
    banding: Banding = SETTINGS["default"],
    rank: Sequence[Any] | None = None,
    seed: int = 1,
    leaders: int = MAX_LEADERS,
) -> list[Duplicate]:
    """Return the documents to remove, ascending, each with the one kept in its place.

    Args:
        documents: a list or Arrow array of N strings; a null or empty one is never a duplicate.
        threshold: remove from this exact Jaccard similarity on; None: that of the banding.
        banding: shingles, bands and rows; `SETTINGS` has those that papers name.
        rank: N sortable values, the document with the smallest is kept; None: the longest
            text. Ties go to the first position.
        seed: of the signatures.
        leaders: `curate.dedup.clusters`; at most so many unlike documents of one bucket are
            compared with all others in it.
    Raises:
        ValueError: more documents than the banding allows, or a rank of another length.

    A pair of similarity j is found with probability `probability(j, bands, rows)`, or more:
    through copies. No removal rests on a pair below the threshold.

    >>> find_duplicates(["to be or not to be", "To be, or not to be!", "that is the question"])
    [Duplicate(removed=0, kept=1, jaccard=1.0, rule='near_duplicate')]
    """
    texts = _as_list(documents)
    if threshold is not None:
        banding = replace(banding, threshold=threshold)
    if banding.most_documents is not None and len(texts) > banding.most_documents:
        raise ValueError(
            f"find_duplicates: {banding.bands} bands of {banding.rows} rows make nearly all pairs "
            f"candidates; at most {banding.most_documents} documents, got {len(texts)}"
        )
    order = _order(texts, rank)
    best_copy = _best_copies(texts, order)
    unique = [position for position in order if best_copy[position] == position]
    near = _near_duplicates(texts, unique, MinHasher.of(banding, seed=seed), banding, leaders)
    removals = []
    for position, best in enumerate(best_copy):
        if best in near:  # its copies are as similar to the document kept
            removals.append(Duplicate(position, *near[best], NEAR))
        elif best != position:
            removals.append(Duplicate(position, best, 1.0, EXACT))
    return removals


def _as_list(documents: Texts) -> list[str | None]:
    if hasattr(documents, "to_pylist"):
        return cast("list[str | None]", documents.to_pylist())
    return list(documents)


def _order(texts: Sequence[str | None], rank: Sequence[Any] | None) -> list[int]:
    """Return all positions in the order of their rank."""
    if rank is None:
        rank = [-len(text or "") for text in texts]
    if len(rank) != len(texts):
        raise ValueError(f"find_duplicates: expected {len(texts)} ranks, got {len(rank)}")
    return sorted(range(len(texts)), key=rank.__getitem__)


def _best_copies(texts: Sequence[str | None], order: Sequence[int]) -> list[int]:
    """Return for each document the best of its exact copies; its own if it is empty."""
    best: dict[bytes, int] = {}
    copies = list(range(len(texts)))
    for position in order:
        text = texts[position]
        if text and not text.isspace():
            copies[position] = best.setdefault(text_hash(text), position)
    return copies


def _near_duplicates(
    texts: Sequence[str | None],
    unique: Sequence[int],
    hasher: MinHasher,
    banding: Banding,
    leaders: int,
) -> dict[int, tuple[int, float]]:
    """Return removed position -> (kept position, similarity), of the unique texts."""
    signatures = hasher.signatures([texts[position] for position in unique])
    present = has_shingles(signatures)
    signatures = signatures[present]
    positions = np.asarray(unique, np.int64)[present]

    def further(band: int, chosen: Positions) -> Rows:
        return hasher.further_rows(signatures[chosen], band, MAX_LEVELS)

    def verify(first: Positions, second: Positions) -> npt.NDArray[np.float64]:
        distinct, index = np.unique(np.append(first, second), return_inverse=True)
        return jaccard_of_texts(
            [texts[position] for position in positions[distinct]],
            index[: len(first)],
            index[len(first) :],
            ngram=banding.ngram,
            unit=banding.unit,
            threshold=banding.threshold,
        )

    removals = resolve(
        hasher.band_keys(signatures), further, in_chunks(verify, CHUNK), max_leaders=leaders
    )
    rows = zip(positions[removals.removed], positions[removals.kept], removals.jaccard, strict=True)
    return {int(removed): (int(kept), float(similarity)) for removed, kept, similarity in rows}


def in_chunks(verify: Verify, size: int) -> Verify:
    """Return the same function called for at most `size` different second documents at a time.

    Each second document is then read once, and a first one, with which thousands may be compared,
    once a chunk.
    """

    def verify_chunks(first: Positions, second: Positions) -> npt.NDArray[np.float64]:
        out = np.empty(len(first), np.float64)
        by = np.argsort(second, kind="stable")
        _, index = np.unique(second[by], return_inverse=True)
        for pairs in np.split(by, np.flatnonzero(np.diff(index // size)) + 1):
            if len(pairs):
                out[pairs] = verify(first[pairs], second[pairs])
        return out

    return verify_chunks
