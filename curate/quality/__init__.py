"""Quality classifiers trained on references against unfiltered crawl pages; GPT-3's keep rule.

`pareto` needs nothing installed; everything else counts with NumPy and numba, loaded at first
use.
"""

from typing import TYPE_CHECKING

from curate._lazy import lazily, listing
from curate.quality.pareto import ALPHA, alpha_of, keep_chance, keeps

if TYPE_CHECKING:
    from curate.quality.logistic import Logistic
    from curate.quality.masked import Masked
    from curate.quality.models import ModelReport, load, train
    from curate.quality.training import Sample, TrainingDataError, windows

__all__ = [
    "ALPHA",
    "Logistic",
    "Masked",
    "ModelReport",
    "Sample",
    "TrainingDataError",
    "alpha_of",
    "keep_chance",
    "keeps",
    "load",
    "train",
    "windows",
]
__dir__ = listing(__name__, __all__)

if not TYPE_CHECKING:  # a type checker knows the names above, and no others
    __getattr__ = lazily(
        __name__,
        {
            "Logistic": "logistic",
            "Masked": "masked",
            "ModelReport": "models",
            "Sample": "training",
            "TrainingDataError": "training",
            "load": "models",
            "train": "models",
            "windows": "training",
        },
    )
