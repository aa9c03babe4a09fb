"""Cells of the mixture: documents of one source, one label and neighbouring quality scores.

Input: planned rows. Output: the name of the cell that each is in. A cell is drawn separately, as a
source is: `curate.mix.prefix` finds the documents that meet its tokens.

A stratum is a source, or the documents of one label within it. A curve divides a stratum into
buckets of score; without one it is a single cell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

NO_LABEL = "none"  # of a document in which the model knows no word
SCALE = 1_000_000  # a score as a whole number is its millionths
# Scores crowd at both ends: levels are millionths there, and ten-thousandths between.
_END, _STEP = 10_000, 100
_MIDDLE = (SCALE - 2 * _END) // _STEP
LEVELS = 2 * _END + _MIDDLE + 1
_BUCKET = "\x1f"  # in no source's name

Integers = npt.NDArray[np.int64]


def level_of(scores: Integers) -> Integers:
    """Return the levels of `int64[N]` scores in millionths, 0 to LEVELS - 1; they rise with them.

    >>> level_of(np.array([0, 9_999, 10_000, 10_099, 10_100, 989_999, 990_000, 1_000_000])).tolist()
    [0, 9999, 10000, 10000, 10001, 19799, 19800, 29800]
    """
    middle = _END + (scores - _END) // _STEP
    high = _END + _MIDDLE + scores - (SCALE - _END)
    return np.asarray(
        np.where(scores < _END, scores, np.where(scores < SCALE - _END, middle, high)), np.int64
    )


def score_of(level: int) -> float:
    """Return the lowest score of a level.

    >>> score_of(10_001), score_of(29_800)
    (0.0101, 1.0)
    """
    if level < _END:
        return level / SCALE
    if level < _END + _MIDDLE:
        return (_END + (level - _END) * _STEP) / SCALE
    return (SCALE - _END + level - _END - _MIDDLE) / SCALE


def stratum(source: str, label: str | None) -> str:
    """Return the name of the documents of a source, or of one label within it."""
    return source if label is None else f"{source}:{label}"


@dataclass(frozen=True, slots=True)
class Cells:
    """How documents are divided.

    Args:
        column: of planned rows, with the label; None: labels do not matter.
        divided: sources whose documents are divided by label.
        starts: for each stratum that a curve divides, the lowest level of each bucket but the
            first.
    """

    column: str | None = None
    divided: frozenset[str] = frozenset()
    starts: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def strata(self, planned: pa.RecordBatch) -> npt.NDArray[Any]:
        """Return the stratum of each planned row, `object[N]`."""
        sources: list[Any] = planned["source"].to_pylist()
        if self.column is None:
            return np.array(sources, object)
        labels: list[Any] = planned[self.column].to_pylist()
        return np.array(
            [
                stratum(source, (label or NO_LABEL) if source in self.divided else None)
                for source, label in zip(sources, labels, strict=True)
            ],
            object,
        )

    def of(self, planned: pa.RecordBatch) -> npt.NDArray[Any]:
        """Return the cell of each planned row, `object[N]`."""
        names = self.strata(planned)
        if not self.starts:
            return names
        levels = levels_of(planned)
        for name in set(names.tolist()) & set(self.starts):
            rows = np.flatnonzero(names == name)
            buckets = np.searchsorted(np.asarray(self.starts[name]), levels[rows], side="right")
            names[rows] = [cell(name, bucket) for bucket in buckets.tolist()]
        return names


def levels_of(planned: pa.RecordBatch) -> Integers:
    """Return the level of each planned row's score, `int64[N]`; 0 where it has none."""
    scores = planned["score"].fill_null(0).to_numpy(zero_copy_only=False)
    return level_of(scores.astype(np.int64))


def cell(name: str, bucket: int) -> str:
    """Return the name of a bucket of a stratum, which are numbered from the lowest."""
    return f"{name}{_BUCKET}{bucket}"


def parted(name: str) -> tuple[str, str | None, int | None]:
    """Return source, label and bucket of a cell; a source's name has no colon.

    >>> parted(cell(stratum("crawl", "a:b"), 3)), parted("books")
    (('crawl', 'a:b', 3), ('books', None, None))
    """
    stratum_name, _, bucket = name.partition(_BUCKET) if _BUCKET in name else (name, "", "")
    source, colon, label = stratum_name.partition(":")
    return source, label if colon else None, int(bucket) if bucket else None
