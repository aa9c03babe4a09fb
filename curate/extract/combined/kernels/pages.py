"""A page's nodes and lines: one call, as calls have a price."""

from typing import Any

import numpy as np

from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.lines import read_lines
from curate.extract.combined.kernels.nodes import read
from curate.extract.combined.kernels.strings import kernel


@kernel
def read_nodes_and_lines(codes: Any, t: Any) -> Any:
    """Return what `read` does, and what `read_lines` does."""
    found = read(codes, t)
    number = 0
    special = False
    lines, out = np.empty((y.LINE_FIELDS, 1), np.int32), np.empty(0, np.uint32)
    if found[0] == y.DONE:
        number, lines, out, special = read_lines(found[2], found[1], found[5], found[6], t)
    return found, number, lines, out, special
