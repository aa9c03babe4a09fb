"""Shared passages of texts in memory: found, and cut out of all of them but the best.

Input: texts, and the order in which to keep. Output: the runs that repeat something earlier, or the
texts without them. `curate.stages.passages` gives the same for more documents than fit in memory.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, cast

import numpy as np

from curate._lazy import listing
from curate.dedup.passages.boundaries import passage_cuts
from curate.dedup.passages.groups import Rows, find_repeats
from curate.dedup.passages.windows import Ints, Windows, runs_of_windows
from curate.dedup.shingles import Texts, utf8
from curate.text.blocks import Block
from curate.text.cuts import apply_cuts, move_blocks

__all__ = ["Passage", "find_passages", "remove_passages"]
__dir__ = listing(__name__, __all__)

LENGTH = 500  # bytes; Lee et al. 2021 take 50 tokens, Dolma 3 takes 500 bytes
MOST_ROUNDS = 10

Keep = Literal["best", "none"]


class Passage(NamedTuple):
    """Bytes [start, stop) of a document that repeat those of the document `kept`, -1: of none."""

    document: int
    start: int
    stop: int
    kept: int


def find_passages(
    texts: Texts, *, length: int = LENGTH, rank: Sequence[Any] | None = None, keep: Keep = "best"
) -> list[Passage]:
    """Return which bytes repeat earlier ones, by document and position.

    A byte is in a passage if a window of `length` bytes that it lies in stands in a document before
    this one, or before it in this one without overlap. All such windows are found.

    Args:
        texts: N strings or nulls. Bytes are those of UTF-8.
        rank: N sortable values, the smallest is the best document; None: the longest text. Ties go
            to the first position.
        keep: best: the first occurrence is no passage. none: it is one too, and `kept` is -1.

    Source: Lee et al. 2021, arXiv:2107.06499, 4.1 (EXACTSUBSTR), which finds the same by a suffix
    array. Differs: which occurrence is the first is by `rank`.

    >>> text = "What two documents share. " * 2
    >>> find_passages([text + "One.", text + "Another one."], length=40)
    [Passage(document=0, start=0, stop=52, kept=1)]
    """
    if hasattr(texts, "to_pylist"):
        texts = cast("list[str | None]", texts.to_pylist())
    lengths = np.array([len(text or "") for text in texts], np.int64)
    order = np.arange(len(lengths))
    ranks: Sequence[Any] = rank if rank is not None else (-lengths).tolist()
    by = sorted(order.tolist(), key=ranks.__getitem__)
    position = np.empty(len(order), np.int64)
    position[by] = order
    rows = runs_of_windows(texts, length)
    chosen = _shared(rows, length)
    chosen = chosen[
        np.lexsort((rows.firsts[chosen], position[rows.documents[chosen]], rows.keys[chosen]))
    ]
    keys, documents = rows.keys[chosen], rows.documents[chosen]
    firsts = rows.firsts[chosen]
    data, offsets = utf8(texts)
    group = Rows(
        data,
        offsets[documents] + firsts,
        rows.counts[chosen],
        documents,
        firsts,
        np.flatnonzero(np.append(keys[1:] != keys[:-1], True)[: len(keys)]) + 1,
    )
    repeats = find_repeats(group, length, firsts=keep == "none")
    kept = np.where(repeats.kept_rows < 0, -1, documents[repeats.kept_rows])
    if keep == "none":
        kept[:] = -1
    starts = firsts[repeats.rows] + repeats.windows
    stops = starts + repeats.counts + length - 1
    columns = (documents[repeats.rows], starts, stops, kept)
    matches = zip(*(column.tolist() for column in columns), strict=True)
    return _joined(matches)


def _shared(rows: Windows, length: int) -> Ints:
    """Return the rows whose key others have too, or that are so long that they may repeat."""
    _, inverse, counts = np.unique(rows.keys, return_inverse=True, return_counts=True)
    shared: Ints = np.flatnonzero((counts[inverse] > 1) | (rows.counts > length))
    return shared


def _joined(matches: Any) -> list[Passage]:
    """Return passages by place, those of the same kept document that overlap as one."""
    passages: list[Passage] = []
    for document, start, stop, kept in sorted(matches):
        last = passages[-1] if passages else None
        if (
            last is not None
            and (last.document, last.kept) == (document, kept)
            and start <= last.stop
        ):
            passages[-1] = last._replace(stop=max(last.stop, stop))
        else:
            passages.append(Passage(document, start, stop, kept))
    return passages


def character_runs(text: str, runs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return runs of bytes of a text as runs of its characters; cut ones are left out.

    >>> character_runs("äöü", [(1, 5)])
    [(1, 2)]
    """
    if text.isascii():
        return list(runs)
    data = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
    begins = np.append((data & 0xC0) != 0x80, True)
    before = np.concatenate([[0], np.cumsum(begins)])  # characters that begin before a byte
    return [
        (int(before[start]), int(before[stop]) - (0 if begins[stop] else 1)) for start, stop in runs
    ]


def cut_passages(
    text: str, blocks: Sequence[Block] | None, runs: Sequence[tuple[int, int]], length: int
) -> Any:
    """Return the cuts of one text's runs of bytes; of less than half of `length` none is made."""
    return passage_cuts(text, character_runs(text, runs), blocks, least=length // 2)


def remove_passages(
    texts: Sequence[str],
    *,
    length: int = LENGTH,
    rank: Sequence[Any] | None = None,
    keep: Keep = "best",
    blocks: Sequence[Sequence[Block] | None] | None = None,
) -> list[str]:
    """Return the texts without passages that others have; the arguments are `find_passages`'.

    Where a cut joins text that was not adjacent before, new passages may be shared: the texts
    are looked through again until nothing is cut, so that a second call cuts nothing.
    """
    left = list(texts)
    known: list[Sequence[Block] | None] = [None] * len(left) if blocks is None else list(blocks)
    for _ in range(MOST_ROUNDS):
        runs: dict[int, list[tuple[int, int]]] = {}
        for passage in find_passages(left, length=length, rank=rank, keep=keep):
            runs.setdefault(passage.document, []).append((passage.start, passage.stop))
        changed = False
        for document, spans in runs.items():
            cuts = cut_passages(left[document], known[document], spans, length)
            if cuts:
                changed = True
                moved = known[document]
                known[document] = None if moved is None else move_blocks(moved, cuts)
                left[document] = apply_cuts(left[document], cuts)
        if not changed:
            break
    return left
