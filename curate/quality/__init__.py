"""Good text by what it is like: a classifier between references and the crawl, GPT-3's keep rule.

`pareto` needs nothing installed; everything else counts with NumPy and numba, loaded at first
use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from curate.quality.pareto import ALPHA, alpha_of, keep_chance, keeps

if TYPE_CHECKING:
    from curate.quality.logistic import Logistic, load
    from curate.quality.models import train
    from curate.quality.training import Sample, TrainingDataError, windows

__all__ = [
    "ALPHA",
    "Logistic",
    "Sample",
    "TrainingDataError",
    "alpha_of",
    "keep_chance",
    "keeps",
    "load",
    "train",
    "windows",
]

_HOMES = {
    "Logistic": "logistic",
    "Sample": "training",
    "TrainingDataError": "training",
    "load": "logistic",
    "train": "models",
    "windows": "training",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'curate.quality' has no attribute {name!r}")
    import_module("curate._compiled")  # says what to install if it is not there
    return getattr(import_module(f"curate.quality.{_HOMES[name]}"), name)
