"""What the report costs: its size, the time to make it, and the time a browser takes to open it.

    python benchmarks/report.py [OUT]

Prints a line for OUT, if it is given, and one for a simulated run of 10 million documents, every
table at its bound. Opening is from the start of navigation to the drawn first view, in headless
Chromium, the median of three; then the slowest of all other views.
"""

import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from curate.dedup.bands import probability
from curate.report.page import page
from curate.report.page_data import (
    BEGINS,
    BENCHMARKS,
    CHARACTERS,
    EXEMPT,
    EXTREMES,
    POINTS,
    REASONS,
    SAMPLES,
    page_data,
)
from curate.stage_list import ledger_stages
from curate.stages.aggregates import REFUSED, SITES
from curate.stages.decontaminate import AROUND, LONGEST, SHOWN
from curate.stages.length_bins import EDGES
from curate.stages.pairs import PAIRS
from curate.stages.passages import REPORTED
from curate.stages.rule_values import HISTOGRAMS, OVERLAPS, PAGES, edges

DOCUMENTS = 10_000_000
SOURCES = 10
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
MEASURE = """{
const opened = performance.now(), times = {};
for (const view of VIEWS) {
  const before = performance.now();
  main.replaceChildren(render(view, []));
  main.getBoundingClientRect();
  times[view[0]] = performance.now() - before;
}
const found = document.createElement("pre");
found.id = "times-found";
found.textContent = JSON.stringify({ opened, times });
document.body.append(found);
}"""


def simulated() -> dict[str, Any]:
    """Return the data of a page of a run of DOCUMENTS, with as many rows as there can be."""
    sources = [f"source-{n}" for n in range(SOURCES)]
    reasons = [f"reason_{n}" for n in range(REASONS)]
    outcomes = [
        [source, "dropped", "filter", reason, DOCUMENTS // (2 * SOURCES * REASONS), 10**6, 10**6]
        for source in sources
        for reason in reasons
    ]
    outcomes += [[source, "kept", "mix", "", DOCUMENTS // (2 * SOURCES), 10**9, 10**9]
                 for source in sources]  # fmt: skip
    text = " ".join(f"word{n}" for n in range(CHARACTERS))[:CHARACTERS]
    share = {"target": 1 / SOURCES, "achieved": 1 / SOURCES, "target_tokens": 10**9,
             "tokens": 10**9, "documents": 10**6, "epochs": 1.0, "at_cut": 10}  # fmt: skip
    dropped = [row for row in outcomes if row[1] == "dropped"]
    return {
        "ledger": {"records_in": DOCUMENTS, "tokens_per_character": 0.23,
                   "characters": {"cut": {"filter": {f"rule_{n}": n for n in range(20)}}}},
        "outcomes": outcomes,
        "stages": ledger_stages(),
        "languages": {},
        "reached": {name: {"documents": 10**6, "tokens": 10**9} for name in sources},
        "held_out": {"documents": 1000},
        "lengths": [[name, state, at, 10**4] for name in sources
                    for state in ("kept", "dropped", "unused") for at in range(len(EDGES) - 1)],
        "edges": list(EDGES),
        "scores": [[name, at, 10**4] for name in sources for at in range(20)],
        "sites": {"count": 10**6, "rows": [
            [f"site-{n}.example", 10**4, 9_000, 4_000, 10**7, "filter", "reason_1", 3_000]
            for n in range(SITES)]},
        "mixture": dict.fromkeys(sources, share),
        "shards": [{"split": "train", "files": 200, "rows": 10**7, "tokens": 10**10,
                    "bytes": 10**11}],
        "tokenizer": "gpt2", "seed": 7, "inputs": 10**5,
        "why": [{"kind": "source", "text": f"{name}: {text[:500]}"} for name in sources],
        "meanings": dict.fromkeys(reasons, "what it means"),
        "samples": [
            {"state": "dropped", "stage": "filter", "reason": row[3], "source": row[0],
             "id": f"<urn:uuid:{n}>", "url": f"https://site.example/{n}", "value": 1.0,
             "bound": 2.0,
             "spans": [{"start": 10 * k, "end": 10 * k + 5} for k in range(20)], "text": text}
            for row in dropped[:REASONS] for n in range(SAMPLES)],
        "duplicates": {
            "curve": {"bands": 20, "rows": 7, "threshold": 0.8, "check": None,
                      "found": [probability(n / POINTS, 20, 7) for n in range(POINTS + 1)]},
            "rules": [{"rule": "near_duplicate", "count": 10**6}], "similarity": [10**4] * 20,
            "sizes": [[1 << n, (2 << n) - 1, 10**5 >> n] for n in range(15)],
            "pairs": [{"rule": "near_duplicate", "jaccard": 0.9, "removed_id": f"{n}",
                       "kept_id": "k", "removed_text": text, "kept_text": text}
                      for n in range(PAIRS)]},
        "quality": {"f1": 0.9, "documents": {
            name: {"kept": 1, "documents": 2, "histogram": [10**5] * 20,
                   "lengths": [[a, b, 10**4] for a in range(20) for b in range(len(EDGES) - 1)]}
            for name in sources},
            "words": {"for": [{"word": f"w{n}"} for n in range(30)]},
            "calibration": [{"mean_score": n / 10, "references": n / 10, "windows": 10**4}
                            for n in range(10)],
            "keep_rate": {"threshold": [{"threshold": n / 10, "kept": 1 - n / 10}
                                        for n in range(10)], "pareto": []},
            "extremes": {name: [{"id": f"{n}", "source": "source-0", "url": "", "score": 0.5,
                                 "text": text[:BEGINS]} for n in range(EXTREMES)]
                         for name in ("kept", "dropped")}},
        **_filters(sources, text),
        "cells": [], "labels": None, "run": None, "against": None,
    }  # fmt: skip


def _filters(sources: list[str], text: str) -> dict[str, Any]:
    """Return rules, contamination, rights and passages, with as many rows as there can be."""
    rules = [f"rule_{n}" for n in range(HISTOGRAMS)]
    marks = edges(0.15, share=True)
    counts = [PAGES // len(marks)] * (len(marks) + 1)
    return {
        "rules": {
            "pages": PAGES, "dropped": PAGES, "sources": sources,
            "rules": [{"rule": name, "alone": 99, "first": 9, "only": 9} for name in rules],
            "histograms": [{"rule": name, "side": "most", "bound": 0.15, "edges": marks,
                            "passed": counts, "failed": counts} for name in rules],
            "overlaps": [[rules[n], rules[n + 1], 99] for n in range(OVERLAPS)]},
        "contamination": {
            "cut": 10**4, "removed": 10**7, "dropped": 10**3,
            "settings": {"window": 200, "max_documents": 10},
            "benchmarks": [{"name": f"benchmark-{n}", "items": 10**4, "dirty": 10**3,
                            "clean": 9 * 10**3, "too_short": 0, "common_only": 0, "ngram": 13,
                            "dirty_share": 0.1, "fields": ["question"]}
                           for n in range(BENCHMARKS)],
            "exempt": [{"ngram": text[:100], "documents": 99, "items": {"benchmark-0": 9}}
                       for _ in range(EXEMPT)], "exempt_count": 10**4,
            "contexts": [{"id": f"{n}", "source": "source-0", "url": None, "benchmark": "b",
                          "item": f"{n}", "field": "question", "before": text[:AROUND],
                          "found": text[:LONGEST], "after": text[:AROUND]}
                         for n in range(SHOWN)]},
        "rights": {"licenses": {}, "edits": {}, "refused": {"count": 10**6, "rows": [
            [f"site-{n}.example", "optout_robots", 10**4] for n in range(REFUSED)]}},
        "passages": [{"times": 10**4, "bytes": 10**3, "id": f"{n}", "begins": text[:100]}
                     for n in range(REPORTED)],
    }  # fmt: skip


def opened(text: str) -> tuple[float, str, float]:
    """Return milliseconds to open a page, and the slowest other view with its milliseconds."""
    # The policy would not let the measuring script run.
    text = re.sub(r"<meta http-equiv[^>]*>", "", text)
    text = text.replace("</body>", f"<script>{MEASURE}</script></body>")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "report.html")
        path.write_text(text, encoding="utf-8")
        profiles = [_measured(path, f"{folder}/profile-{n}") for n in range(3)]
    middle = statistics.median(profile["opened"] for profile in profiles)
    slowest = max(profiles[-1]["times"], key=profiles[-1]["times"].get)
    return middle, slowest, profiles[-1]["times"][slowest]


def _measured(path: Path, profile: str) -> Any:
    command = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        f"--user-data-dir={profile}", "--dump-dom", f"file://{path}",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    match = re.search(r'<pre id="times-found">(.*?)</pre>', done.stdout.decode())
    if match is None:
        raise ValueError(f"{path}: expected the times of the views, found none")
    return json.loads(match[1])


def line(name: str, text: str, seconds: float) -> str:
    """Return what a page costs, as a line."""
    summary = f"{name}: {len(text.encode()):,} bytes, made in {seconds:.2f} s"
    if CHROMIUM is None:
        return f"{summary}; there is no chromium to open it"
    first, view, slowest = opened(text)
    return f"{summary}, opened in {first:.0f} ms, slowest view {view} {slowest:.0f} ms"


def main() -> None:
    """Print the lines."""
    for out in sys.argv[1:]:
        begin = time.perf_counter()
        text = page(page_data(out))
        print(line(out, text, time.perf_counter() - begin))
    data = simulated()
    begin = time.perf_counter()
    text = page(data)
    print(line("10 million documents, simulated", text, time.perf_counter() - begin))


if __name__ == "__main__":
    main()
