"""Publish the classifier of a run: OUT/models, and its entry in the manifest."""

import json
from collections import Counter
from typing import Any

from curate.quality.evaluation import BINS
from curate.stages.quality import model_of
from curate.stages.stage import Run, SoFar
from curate.store import io
from curate.store.commits import Commit


def publish_models(run: Run, so_far: SoFar) -> dict[str, Any] | None:
    """Write OUT/models of the stages so far; return the content of quality.json, None if off."""
    settings = run.recipe.quality
    if settings is None:
        return None
    trained, judged = so_far.commits.get("train"), so_far.commits.get("quality")
    url, sha256 = model_of(settings, trained)
    report: dict[str, Any] = dict(trained.report) if trained else {"sha256": sha256}
    if judged is not None:
        report["documents"] = _documents(judged)
    folder = io.join(run.out, "models")
    io.delete_tree(folder)
    io.write_bytes(io.join(folder, "quality.model"), io.read_bytes(url))
    data = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    io.write_bytes(io.join(folder, "quality.json"), data.encode())
    return report


def models_of(run: Run, so_far: SoFar) -> dict[str, Any]:
    """Return the manifest's entry of the model; {} without one."""
    settings = run.recipe.quality
    if settings is None:
        return {}
    trained = so_far.commits.get("train")
    name = "+".join(sorted(model.kind for model in settings.each().values()))
    return {"quality": {"model": name, "sha256": model_of(settings, trained)[1]}}


def _documents(judged: Commit) -> dict[str, Any]:
    """Return, by source, the numbers of documents scored and kept, and their scores.

    `lengths`: [bin of the score, bin of `length_bins` of the characters, documents].
    """
    table: dict[str, Any] = {}
    lengths: dict[str, Counter[str]] = {}
    for _, facts in judged.facts():
        for source, counts in facts["sources"].items():
            old = table.setdefault(source, {"documents": 0, "kept": 0, "histogram": [0] * BINS})
            old["documents"] += counts["documents"]
            old["kept"] += counts["kept"]
            pairs = zip(old["histogram"], counts["histogram"], strict=True)
            old["histogram"] = [total + count for total, count in pairs]
            lengths.setdefault(source, Counter()).update(counts["lengths"])
    for source, by_bins in lengths.items():
        cells = ([*map(int, bins.split()), count] for bins, count in by_bins.items())
        table[source]["lengths"] = sorted(cells)
    return dict(sorted(table.items()))
