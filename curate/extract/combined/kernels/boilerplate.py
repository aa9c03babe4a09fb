"""Advertisements' captions, buttons, line numbers: the kernel of `lines` that takes them out."""

from typing import Any

import numpy as np

from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.lines import SHORT
from curate.extract.combined.kernels.strings import kernel


@kernel
def without_boilerplate(nodes: Any, lines: Any, number: Any, tag_bits: Any) -> Any:
    """Return the lines that are none, as an array of just so many columns."""
    gone = np.zeros(number + 1, np.uint8)
    left = number
    for n in range(number):
        marks = lines[y.MARKS, n] & ~y.M_CASED
        if lines[y.CODED, n] >= 0:
            if marks & y.M_NUMBERS and n + 1 < number and lines[y.CODED, n + 1] >= 0:
                gone[n] = 1
                left -= 1
            continue
        size = lines[y.SIZE, n]
        if not marks or size >= SHORT:
            continue
        block = lines[y.AROUND, n]
        tag = nodes[y.TAG, block] if block >= 0 else 0
        heading = (tag_bits[tag] & y.T_HEADING) != 0
        cell = tag == y.TD or tag == y.TH or tag == y.DT or tag == y.DD
        advert = (marks & y.M_ADVERT) != 0
        code = (n > 0 and lines[y.CODED, n - 1] >= 0) or (
            n + 1 < number and lines[y.CODED, n + 1] >= 0
        )
        if (
            (heading and advert and size > 3)
            or (block >= 0 and marks & y.M_DIGITS and nodes[y.SETS, block] & y.W_GUTTER)
            or (not cell and not heading and (advert or (marks & y.M_COPY and code)))
        ):
            gone[n] = 1
            left -= 1
    found = np.empty((y.LINE_FIELDS, left), np.int32)
    for field in range(y.LINE_FIELDS):
        to = 0
        for n in range(number):
            if not gone[n]:
                found[field, to] = lines[field, n]
                to += 1
    return found
