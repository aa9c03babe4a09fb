"""Plot models/quality.json: scores by source, calibration, shares kept by the Pareto rule."""

import io
from typing import Any

from curate.extras import install


def plot(report: dict[str, Any]) -> bytes:
    """Return a PNG of a model's report.

    Raises ImportError, which says what to install, without matplotlib.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - only for those who want pictures
    except ImportError as error:
        raise ImportError(
            f"curate.quality.picture: matplotlib is needed; {install('pictures')}"
        ) from error
    figure = Figure(figsize=(15, 4.5), layout="constrained")
    scores, calibration, rates = figure.subplots(1, 3)
    for name, source in report["sources"].items():
        counts = source["histogram"]
        total = sum(counts) or 1
        edges = [i / len(counts) for i in range(len(counts) + 1)]
        style = "-" if source["reference"] else "--"
        scores.stairs([count / total for count in counts], edges, label=name, linestyle=style)
        pareto = source["keep_rate"]["pareto"]
        alphas, kept = ([row[key] for row in pareto] for key in ("alpha", "kept"))
        rates.plot(alphas, kept, style, marker="o", label=name)
    scores.set(xlabel="score", ylabel="share of windows", title="Scores by source")
    scores.legend()
    rows = report["calibration"]
    means, references = ([row[key] for row in rows] for key in ("mean_score", "references"))
    calibration.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    calibration.plot(means, references, "o-")
    calibration.set(
        xlabel="mean score",
        ylabel="share of references",
        title=f"Calibration (Brier {report['brier']:.3f}, AUC {report['auc']:.3f})",
    )
    rates.set(
        xlabel="alpha",
        ylabel="share kept",
        ylim=(0, 1),
        title=f"Pareto rule (references fit alpha {report['fitting_alpha']:.1f})",
    )
    rates.legend()
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=100, metadata={"Software": None})
    return data.getvalue()
