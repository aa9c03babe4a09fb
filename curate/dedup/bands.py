"""LSH banding: the probability that two documents are candidates, and named settings.

Two documents of Jaccard similarity j agree in one row of their signatures with probability j,
in a band of r rows with j^r, in at least one of b bands with 1 - (1 - j^r)^b. Nothing here needs
NumPy: the curve is shown before a run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from curate._lazy import listing

__all__ = ["Banding", "half_point", "probability"]
__dir__ = listing(__name__, __all__)

CURVE = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9)
Unit = Literal["word", "character"]


def probability(jaccard: float, bands: int, rows: int) -> float:
    """Return the chance, 0 to 1, that two documents of this similarity share a band.

    >>> round(probability(0.75, bands=14, rows=8), 3)
    0.772
    """
    return 1 - (1 - jaccard**rows) ** bands


def half_point(bands: int, rows: int) -> float:
    """Return the similarity at which half of all pairs share a band.

    Bands and rows put in the wrong order show here at once.

    >>> round(half_point(bands=450, rows=20), 3), round(half_point(bands=20, rows=450), 3)
    (0.723, 0.993)
    """
    return float((1 - 0.5 ** (1 / bands)) ** (1 / rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class Banding:
    """How near-duplicates are found: bands, rows, shingles and threshold.

    Args:
        bands, rows: candidates agree in all rows of at least one band.
        ngram, unit: a shingle is so many consecutive words, or characters.
        threshold: the exact Jaccard similarity from which a candidate is a duplicate.
        most_documents: refuse more than these: the curve makes nearly every pair a candidate.
        source: where the numbers come from.
    Raises:
        ValueError: a number below 1, or a threshold outside 0 < threshold <= 1.
    """

    bands: int = 20
    rows: int = 7
    ngram: int = 5
    unit: Unit = "word"
    threshold: float = 0.8
    most_documents: int | None = None
    source: str = "ours"

    def __post_init__(self) -> None:
        if min(self.bands, self.rows, self.ngram) < 1:
            raise ValueError(
                "Banding: bands, rows and ngram must be at least 1, "
                f"got bands={self.bands}, rows={self.rows}, ngram={self.ngram}"
            )
        if not 0 < self.threshold <= 1:
            raise ValueError(
                f"Banding: threshold: expected above 0 and up to 1, got {self.threshold}"
            )

    def curve(self) -> str:
        """Return the percentage of pairs found, by their similarity.

        >>> SETTINGS["default"].curve()
        '0.5 15 %, 0.6 43 %, 0.7 82 %, 0.75 94 %, 0.8 99.1 %, 0.85 100.0 %, 0.9 100.0 %'
        """
        percent = {j: 100 * probability(j, self.bands, self.rows) for j in CURVE}
        return ", ".join(
            f"{j:g} {share:.{0 if share < 99 else 1}f} %" for j, share in percent.items()
        )

    def describe(self) -> str:
        """Return one line: what counts as a duplicate, and how many such pairs are found.

        >>> print(SETTINGS["default"].describe())
        Jaccard similarity of 5-word shingles at least 0.8; 20 bands of 7 rows find
        99.1 % of pairs at 0.8, half of those at 0.617
        """
        found = 100 * probability(self.threshold, self.bands, self.rows)
        return (
            f"Jaccard similarity of {self.ngram}-{self.unit} shingles at least "
            f"{self.threshold:g}; {self.bands} bands of {self.rows} rows find {found:.1f} % of "
            f"pairs at {self.threshold:g}, half of those at {half_point(self.bands, self.rows):.3f}"
        )


SETTINGS: Mapping[str, Banding] = MappingProxyType(
    {
        "default": Banding(),
        "fineweb": Banding(
            bands=14, rows=8, threshold=0.75, source="Penedo et al. 2024, arXiv:2406.17557, 3.4"
        ),
        # The paper prints "20 buckets of 450"; its own curve (appendix G.3.1) is that of 450 of 20.
        "refinedweb": Banding(
            bands=450, rows=20, source="Penedo et al. 2023, arXiv:2306.01116, 3.3 and G.3.1"
        ),
        # Its code cuts strings, not word lists: thirteen characters, whatever its text says.
        "slimpajama": Banding(
            bands=9, rows=13, ngram=13, unit="character", source="Cerebras modelzoo, SlimPajama"
        ),
        # Ten tables of one hash on single words: unrelated pages of one language share a table
        # two times in three. The paper gives no threshold. Without verification these settings
        # merge everything; with it each of 16,000 pages was compared with 90 others, where the
        # default compares most with none: hence the limit.
        "gpt3": Banding(
            bands=10,
            rows=1,
            ngram=1,
            most_documents=100_000,
            source="Brown et al. 2020, arXiv:2005.14165, appendix A",
        ),
    }
)
