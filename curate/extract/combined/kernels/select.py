"""The lines of a page that are its main text: one call for all that is counted."""

from typing import Any

import numpy as np

from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.ancestors import line_units
from curate.extract.combined.kernels.log_odds import log_odds
from curate.extract.combined.kernels.readability import article
from curate.extract.combined.kernels.selection import (
    best,
    choose,
    complete_headings,
    fill,
    smooth,
)
from curate.extract.combined.kernels.strings import kernel


@kernel
def select_lines(nodes: Any, count: Any, tags: Any, names: Any, words: Any, lines: Any,
                 ancestors: Any, out: Any, barred: Any, long: Any, tables: Any, titles: Any, t: Any,
                 w: Any, precision: Any) -> Any:  # fmt: skip
    """Return which lines to keep, one byte a line."""
    several = lines.shape[1]
    inside = article(nodes, count, names, lines, t)
    odds = log_odds(nodes, count, tags, names, words, lines, out, inside, t, w)
    if precision:
        kept = np.zeros(several, np.uint8)
        for n in range(several):
            if not inside[n]:
                odds[n] -= w.doubts[3]
        best(odds, lines, np.arange(several).astype(np.int32), kept)
        return kept
    odds = smooth(nodes, tags, names, lines, odds, w.leaning)
    main = within = 0
    for n in range(several):
        main += lines[y.SIZE, n] if inside[n] else 0
        within += lines[y.SIZE, n] if inside[n] and barred[n] else 0
    if 2 * within <= main:
        for n in range(several):
            if barred[n] and not inside[n]:
                odds[n] -= w.doubts[2]
    units = line_units(lines, ancestors, out, tables, long, nodes, count)
    kept = choose(odds, lines, inside, units, w.doubts[0], w.doubts[1])
    complete_headings(kept, lines, ancestors, barred, titles)
    fill(kept, lines, inside, units, ancestors, tables, long, barred, odds)
    return kept
