"""A page's nodes and lines: one call, as calls have a price."""

from typing import Any

import numpy as np

from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.attributes import SEEN
from curate.extract.combined.kernels.boilerplate import mark_boilerplate
from curate.extract.combined.kernels.end_tags import LONGEST
from curate.extract.combined.kernels.lines import fill_lines
from curate.extract.combined.kernels.nodes import DEEPEST, fill_nodes
from curate.extract.combined.kernels.strings import entry, leaf, unowned


def room(size: int, marks: int) -> tuple[Any, ...]:
    """Return the arrays that nodes and lines of a page are written to.

    `size` are its bytes, of which `marks` are "<": each begins two nodes and a gap at most. A node
    and a line have their fields side by side in memory.
    """
    cap = 3 * marks + 8
    words = size // 3 + 3 * marks + 16
    return (
        np.empty((cap, y.NODE_FIELDS), np.int32).T,
        np.empty(cap, np.uint64),  # hashes of the nodes' tags
        np.empty(cap, np.uint64),  # and names
        np.empty(size + cap, np.uint32),  # the text of all nodes
        np.empty(size + 8, np.uint32),  # attributes
        np.empty(words, np.int32),
        np.empty(words + 1, np.int32),  # words of classes and ids that are known again
        np.empty((cap + 1, y.LINE_FIELDS), np.int32).T,
        np.empty(size + 5 * cap + 16, np.uint32),  # the text of lines
    )


@leaf
def goes_on(nodes: Any, lines: Any, number: Any, out: Any) -> Any:
    """Return whether a <pre> of one line follows another: the plain path makes one of both."""
    before, single = -1, False
    for n in range(number):
        code = lines[y.CODED, n]
        if code < 0:
            continue
        if nodes[y.TAG, code] != y.PRE:
            before = -1
            continue
        one = True
        for at in range(lines[y.START, n], lines[y.STOP, n]):
            one = one and out[at] != 10
        if before >= 0 and one and single and nodes[y.END, before] == code:
            return True
        before, single = code, one
    return False


@entry
def read_nodes_and_lines(
    codes: Any, tables: Any, nodes: Any, tags: Any, names: Any, text: Any, attrs: Any, words: Any,
    held: Any, lines: Any, out: Any,
) -> Any:  # fmt: skip
    """Write the nodes and lines of a page serialised as UTF-8 to arrays as `room` makes them.

    Return what `fill_nodes` does, number of lines (-1 if one holds an escape), size of their text,
    whether Python must read some of them.
    """
    t = tables[0]
    codes, nodes, tags, names = unowned(codes), unowned(nodes), unowned(tags), unowned(names)
    text, attrs, words, held = unowned(text), unowned(attrs), unowned(words), unowned(held)
    lines, out = unowned(lines), unowned(out)
    stack, buffer = np.empty(DEEPEST + 2, np.int32), np.empty(4 * LONGEST, np.uint32)
    pairs, notes = np.zeros((2, SEEN), np.uint64), np.empty((7, SEEN), np.int32)
    status, count, start, end, signs = fill_nodes(
        codes, t, nodes, tags, names, text, attrs, words, stack, buffer, pairs, notes, held
    )
    number = size = 0
    special = False
    if status == y.DONE:
        waiting, blocks = np.empty(count + 1, np.int32), np.empty(count + 1, np.int32)
        number, size = fill_lines(nodes, count, text, attrs, lines, out, waiting, blocks, t)
        if number > 0:
            special = mark_boilerplate(lines, number, out, t)
            if goes_on(nodes, lines, number, out):
                status = y.RARE
    return status, count, start, end, signs, number, size, special
