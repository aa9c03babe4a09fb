"""The classifier of a run as its users see it: OUT/models, and a line of the manifest."""

import json
from typing import Any

from curate.quality import picture
from curate.quality.evaluation import BINS
from curate.spark.quality import model_of
from curate.spark.stage import Run
from curate.store import io
from curate.store.commits import Commit


def publish(run: Run) -> dict[str, Any] | None:
    """Write OUT/models of the stages done so far; return what quality.json says, None if off."""
    settings = run.recipe.quality
    if settings is None:
        return None
    by_name = {commit.stage: commit for commit in run.commits}
    trained, judged = by_name.get("train"), by_name.get("quality")
    url, sha256 = model_of(settings, trained)
    report: dict[str, Any] = dict(trained.report) if trained else {"sha256": sha256}
    if judged is not None:
        report["documents"] = _documents(judged)
    folder = io.join(run.out, "models")
    io.delete_tree(folder)
    io.write_bytes(io.join(folder, "quality.model"), io.read_bytes(url))
    if trained is not None:
        try:
            io.write_bytes(io.join(folder, "quality.png"), picture.draw(report))
        except ImportError as error:
            run.say(f"models/quality.png is not drawn: {error}")
    data = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    io.write_bytes(io.join(folder, "quality.json"), data.encode())
    return report


def named(run: Run) -> dict[str, Any]:
    """Return what the manifest says of the model; nothing without one."""
    settings = run.recipe.quality
    if settings is None:
        return {}
    trained = next((commit for commit in run.commits if commit.stage == "train"), None)
    name = settings.model if settings.trained else "given"
    return {"quality": {"model": name, "sha256": model_of(settings, trained)[1]}}


def _documents(judged: Commit) -> dict[str, Any]:
    """Return, by source, how many documents were scored and kept, and their scores."""
    table: dict[str, Any] = {}
    for receipt in judged.receipts:
        for source, own in receipt.facts["sources"].items():
            old = table.setdefault(source, {"documents": 0, "kept": 0, "histogram": [0] * BINS})
            old["documents"] += own["documents"]
            old["kept"] += own["kept"]
            both = zip(old["histogram"], own["histogram"], strict=True)
            old["histogram"] = [one + other for one, other in both]
    return dict(sorted(table.items()))
