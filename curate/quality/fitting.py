"""Train the models of a run, one or several combined, and report on them.

Input: windows of references and crawl, texts with scores. Output: a model, and the content of
models/quality.json.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from curate.quality import graded, models
from curate.quality.combined import Method, combination
from curate.quality.ensemble import Ensemble
from curate.quality.evaluation import evaluate
from curate.quality.graded import Graded
from curate.quality.models import Model
from curate.quality.pretrained import Form
from curate.quality.training import Example, TrainingDataError, even

LABELS = "texts with scores (as Lozhkov et al. 2024, FineWeb-Edu): hashed words"
SEVERAL = "several models put together (as Su et al. 2024, Nemotron-CC)"

Learner = Callable[[], tuple[Model, dict[str, Any]]]


def of_windows(examples: Sequence[Example], kind: str) -> tuple[Model, dict[str, Any]]:
    """Return a model trained on references against crawl, and its report."""
    trained = models.train(examples, kind)
    return trained.model, trained.report.to_json()


def of_labels(examples: Sequence[Graded], seed: int) -> tuple[Model, dict[str, Any]]:
    """Return a model of given scores, and its report."""
    model, report = graded.fit(examples, seed)
    return model, {"model": "labels", "what": LABELS, **asdict(report), "sha256": _sha256(model)}


def pretrained(path: str, sha256: str, form: Form | None) -> tuple[Model, dict[str, Any]]:
    """Return a given model, and its report."""
    return models.load(path, sha256, form), {"model": "pretrained", "sha256": sha256}


def ensemble_of(
    learners: Mapping[str, Learner], method: Method, examples: Sequence[Example]
) -> tuple[Model, dict[str, Any]]:
    """Return the models combined, ranked by the crawl's windows, and their reports.

    Raises TrainingDataError where ranks need windows of crawl and there are none.
    """
    fitted = {name: learn() for name, learn in sorted(learners.items())}
    parts = {name: model for name, (model, _) in fitted.items()}
    crawl = [e for e in examples if e.label == 0]
    sample: dict[str, list[float]] = {name: [0.0] for name in parts}  # not looked at
    if method.endswith("rank"):
        if not crawl:
            raise TrainingDataError(
                f"quality.combine: expected pages of a source that is no reference to find the "
                f"ranks of {method}, got none"
            )
        texts, folds = [e.text for e in crawl], [e.fold for e in crawl]
        sample = {name: model.scores(texts, folds) for name, model in parts.items()}
    model = Ensemble(models=parts, combination=combination(sample, method))
    report: dict[str, Any] = {
        "model": "several",
        "what": SEVERAL,
        "combine": method,
        "sha256": _sha256(model),
        "models": {name: model_report for name, (_, model_report) in fitted.items()},
    }
    if {e.label for e in examples} == {0, 1}:
        judged = even(examples)
        scores = model.scores([e.text for e in judged], [e.fold for e in judged])
        report |= evaluate(scores, judged)
    return model, report


def _sha256(model: Model) -> str:
    return hashlib.sha256(model.to_bytes()).hexdigest()
