"""A page's nodes and lines, and the context of its lines: one call each, as calls have a price."""

from typing import Any

import numpy as np

from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.ancestors import line_ancestors, node_ancestors
from curate.extract.combined.kernels.data_tables import data_tables
from curate.extract.combined.kernels.lines import read_lines
from curate.extract.combined.kernels.nodes import read
from curate.extract.combined.kernels.strings import kernel


@kernel
def read_nodes_and_lines(codes: Any, t: Any) -> Any:
    """Return what `read` does, and (number of lines, their fields, their text)."""
    found = read(codes, t)
    number = 0
    lines, out = np.empty((y.LINE_FIELDS, 1), np.int32), np.empty(0, np.uint32)
    if found[0] == y.DONE:
        number, lines, out = read_lines(found[2], found[1], found[5], t)
    return found, number, lines, out


@kernel
def line_context(nodes: Any, count: Any, lines: Any, out: Any, tag_bits: Any, chars: Any) -> Any:
    """Return (ancestors of lines, long groups, lines in navigation, tables of data)."""
    every = node_ancestors(nodes, count, tag_bits)
    ancestors, long, barred = line_ancestors(every, nodes, count, lines)
    return ancestors, long, barred, data_tables(nodes, count, lines, out, chars)
