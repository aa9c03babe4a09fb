"""Elements that have ended: powers, anchors, buttons, code; gaps; elements of no known tag.

As in `inline`, `boilerplate` and `preformatted`.
"""

from typing import Any

import numpy as np

from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.strings import OFFSET, add, find, has, kernel, leaf, lowered

LONGEST = 60  # characters of an anchor, of the caption of a button


@leaf
def write_node(nodes: Any, n: Any, tag: Any, parent: Any, start: Any, end: Any, state: Any) -> None:
    """Write a node."""
    nodes[y.TAG, n] = tag
    nodes[y.PARENT, n] = parent
    nodes[y.END, n] = n + 1
    nodes[y.ACROSS, n] = 1
    nodes[y.DOWN, n] = 1
    nodes[y.TEXT_START, n] = start
    nodes[y.TEXT_END, n] = end
    nodes[y.STATE, n] = state
    for field in (
        y.PREFIX, y.SUFFIX, y.CODE, y.WEIGHT, y.SOURCE, y.CLASS, y.CLASS_END, y.ID, y.ID_END,
        y.NAME_SIZE, y.FOUND, y.SETS,
        y.LINED, y.WORDS, y.WORDS_END,
    ):  # fmt: skip
        nodes[field, n] = 0


@leaf
def write_gap(
    nodes: Any, count: Any, text: Any, p: Any, parent: Any, silent: Any, state: Any
) -> Any:
    """Part the words beside an element left out; return (nodes, end of text), -1 if it cannot."""
    if count and nodes[y.TAG, count - 1] == y.TEXT:
        last = count - 1
        suffix = nodes[y.SUFFIX, last]
        if suffix == y.GAP or suffix == y.BOTH:
            return count, p
        if suffix:
            nodes[y.SUFFIX, last] = y.BOTH
            return count, p
        end = nodes[y.TEXT_END, last]
        c = text[end - 1]
        if c == 32 or c == y.GAP or c == 10:
            return count, p
        if end != p:
            return -1, p
        text[p] = y.GAP
        nodes[y.TEXT_END, last] = p + 1
        return count, p + 1
    if not silent:
        write_node(nodes, count, y.TEXT, parent, 0, 1, state)
        count += 1
    return count, p


@leaf
def text_below(nodes: Any, text: Any, start: Any, end: Any, buffer: Any) -> Any:
    """Write the text of the nodes of a range into a buffer; return its length, -1 if longer.

    Gaps are no text.
    """
    size = 0
    for n in range(start, end):
        if nodes[y.TAG, n] != y.TEXT:
            continue
        if nodes[y.PREFIX, n] and nodes[y.PREFIX, n] != y.GAP:
            buffer[size] = nodes[y.PREFIX, n]
            size += 1
        for at in range(nodes[y.TEXT_START, n], nodes[y.TEXT_END, n]):
            if text[at] != y.GAP:
                if size > LONGEST:
                    return -1
                buffer[size] = text[at]
                size += 1
        if nodes[y.SUFFIX, n] and nodes[y.SUFFIX, n] != y.GAP:
            buffer[size] = y.SCRIPT_END
            size += 1
        if size > LONGEST:
            return -1
    return size


@leaf
def first_said(nodes: Any, n: Any, text: Any) -> Any:
    """Return the place of the first letter or sign of a node of text, -1 if it has none."""
    if nodes[y.TAG, n] != y.TEXT:
        return -1
    for at in range(nodes[y.TEXT_START, n], nodes[y.TEXT_END, n]):
        c = text[at]
        if c != 32 and c != 10 and c != 9 and c != 13 and c != 0xA0 and c != y.GAP:
            return at
    return -1


@leaf
def set_apart(nodes: Any, node: Any, count: Any, text: Any) -> None:
    """Part the text of an element that has ended from the words beside it."""
    first, last = node + 1, count - 1
    while first <= last and first_said(nodes, first, text) < 0:
        first += 1
    if first > last:
        return
    while first_said(nodes, last, text) < 0:
        last -= 1
    if first == last:
        end = nodes[y.TEXT_END, first] - 1
        while text[end] == 32 or text[end] == 10 or text[end] == 9 or text[end] == 13 or (
            text[end] == 0xA0 or text[end] == y.GAP
        ):  # fmt: skip
            end -= 1
        if end <= first_said(nodes, first, text):
            return
    if nodes[y.PREFIX, first] == 0 and text[nodes[y.TEXT_START, first]] != y.GAP:
        nodes[y.PREFIX, first] = y.GAP
    suffix = nodes[y.SUFFIX, last]
    if suffix == y.SCRIPT_END:
        nodes[y.SUFFIX, last] = y.BOTH
    elif suffix == 0 and text[nodes[y.TEXT_END, last] - 1] != y.GAP:
        nodes[y.SUFFIX, last] = y.GAP


@leaf
def is_furniture(buffer: Any, size: Any, found: Any, button: Any, heading: Any, hashed: Any,
                 chars: Any, lowers: Any, keys: Any, sets: Any) -> Any:  # fmt: skip
    """Return whether a link leads to where it stands, or a button acts on the page."""
    start = 0
    while start < size and has(chars, buffer[start], y.SPACE):
        start += 1
    while size > start and has(chars, buffer[size - 1], y.SPACE):
        size -= 1
    first = buffer[start] if start < size else np.uint32(0)
    if first == 0x21A9 or first == 0x21B5 or first == 0x2934:  # as `inline.BACK`
        while size > start and (
            has(chars, buffer[size - 1], y.DECIMAL | y.SPACE) or 3 <= buffer[size - 1] <= 5
        ):
            size -= 1
    h = OFFSET
    starts = False
    for at in range(start, size):
        h = add(h, lowered(lowers, buffer[at]))
        if hashed and find(keys, sets, h) & y.W_START:
            starts = True
    bits = find(keys, sets, h) if size > start else 0
    if button:
        return (bits & y.W_BUTTON) != 0
    if starts and (heading or (found & (y.F_ANCHOR | y.F_LINK)) != 0):
        return True
    if bits & y.W_ANCHOR:
        return heading or hashed or (found & (y.F_ANCHOR | y.F_HEADERLINK)) != 0
    if not heading:
        return False
    while start < size and (
        buffer[start] == 91 or buffer[start] == 93 or buffer[start] == 40 or buffer[start] == 41
        or buffer[start] == 32
    ):  # fmt: skip
        start += 1
    while size > start and (
        buffer[size - 1] == 91 or buffer[size - 1] == 93 or buffer[size - 1] == 40
        or buffer[size - 1] == 41 or buffer[size - 1] == 32
    ):  # fmt: skip
        size -= 1
    h = OFFSET
    for at in range(start, size):
        h = add(h, lowered(lowers, buffer[at]))
    return size > start and (find(keys, sets, h) & y.W_ANCHOR_WORD) != 0


@leaf
def is_all_code(nodes: Any, node: Any, count: Any, text: Any, tag_bits: Any,
                chars: Any) -> Any:  # fmt: skip
    """Return whether all text of an element stands in elements of code."""
    until = node
    for n in range(node + 1, count):
        if tag_bits[nodes[y.TAG, n]] & y.T_CODE:
            until = max(until, nodes[y.END, n])
        elif nodes[y.TAG, n] == y.TEXT and n >= until:
            if nodes[y.PREFIX, n] or nodes[y.SUFFIX, n]:
                return False
            for at in range(nodes[y.TEXT_START, n], nodes[y.TEXT_END, n]):
                if not has(chars, text[at], y.SPACE):
                    return False
    return True


@leaf
def begins_link(nodes: Any, node: Any, stack: Any, depth: Any, text: Any) -> Any:
    """Return whether a link begins with an element: a number of a note, not a power."""
    at = depth - 1
    while at >= 0 and nodes[y.TAG, stack[at]] != y.A:
        at -= 1
    if at < 0:
        return False
    for n in range(stack[at], node):
        if nodes[y.TAG, n] != y.TEXT:
            continue
        if nodes[y.PREFIX, n] or nodes[y.SUFFIX, n] == y.SCRIPT_END or nodes[y.SUFFIX, n] == y.BOTH:
            return False
        for k in range(nodes[y.TEXT_START, n], nodes[y.TEXT_END, n]):
            c = text[k]
            if c != 32 and c != 10 and c != 9 and c != y.GAP:
                return False
    return True


@leaf
def begins_indented(nodes: Any, node: Any, count: Any, text: Any) -> Any:
    """Return whether the text of an element begins with a no-break space."""
    for n in range(node + 1, count):
        for at in range(nodes[y.TEXT_START, n], nodes[y.TEXT_END, n]):
            c = text[at]
            if c != 32 and c != 10 and c != 13 and c != 9:
                return c == 0xA0
    return False


@leaf
def continues_code(nodes: Any, node: Any, count: Any, text: Any, tag_bits: Any) -> Any:
    """Return whether an element of code begins a paragraph and the one before began so, too.

    One of the two is indented: they may be lines of one text.
    """
    block = nodes[y.PARENT, node]
    if block != node - 1 or block < 1:
        return False
    if nodes[y.TAG, block] != y.P and nodes[y.TAG, block] != y.DIV:
        return False
    above = nodes[y.PARENT, block]
    before = block - 1
    while before > above and nodes[y.PARENT, before] != above:
        before = nodes[y.PARENT, before]
    if before <= above or (nodes[y.TAG, before] != y.P and nodes[y.TAG, before] != y.DIV):
        return False
    if before + 1 >= block or not tag_bits[nodes[y.TAG, before + 1]] & y.T_CODE:
        return False
    return begins_indented(nodes, node, count, text) or (
        begins_indented(nodes, before, block, text)
    )


@leaf
def end_cite(nodes: Any, node: Any, count: Any, text: Any, lettered: Any) -> None:
    """Part who said something from what was said, at a colon; with a letter before it, if asked."""
    last = count - 1
    while last > node and nodes[y.TAG, last] != y.TEXT:
        last -= 1
    if last > node and nodes[y.SUFFIX, last] == 0:
        end = nodes[y.TEXT_END, last]
        start = nodes[y.TEXT_START, last]
        if end > start and text[end - 1] == 58 and (
            not lettered or (end > start + 1 and 97 <= text[end - 2] | 32 <= 122)
        ):  # fmt: skip
            nodes[y.SUFFIX, last] = y.GAP


@leaf
def end_element(nodes: Any, node: Any, count: Any, text: Any, code: Any, raw: Any, stack: Any,
                depth: Any, buffer: Any, t: Any) -> Any:  # fmt: skip
    """Look at an element that has ended; return (code, raw, status)."""
    tag_bits, chars, lowers = t.tag_bits, t.chars, t.lowers
    set_keys, set_bits = t.set_keys, t.set_bits
    tag = nodes[y.TAG, node]
    bits = tag_bits[tag]
    if not nodes[y.CODE, node] and nodes[y.LINED, node] > 1 and code == 0:
        parent = nodes[y.PARENT, node]
        about = nodes[y.FOUND, node] | (nodes[y.FOUND, parent] if parent >= 0 else 0)
        if about & y.F_CODE or tag == y.TABLE_TAG or bits & y.T_CODE or tag == y.NO_TAG:
            return code, raw, y.RARE
    if nodes[y.CODE, node]:
        code -= 1
        raw -= 1
    elif tag == y.TABLE_TAG and code == 0:
        rows = cells = codes = tables = 0
        for n in range(node + 1, count):
            inner = nodes[y.TAG, n]
            rows += inner == y.TR
            cells += inner == y.TD
            tables += inner == y.TABLE_TAG
            codes += (tag_bits[inner] & y.T_CODE) != 0
        if (
            rows > 1 and rows == cells and codes and not tables
            and is_all_code(nodes, node, count, text, tag_bits, chars)
        ):  # fmt: skip
            nodes[y.CODE, node] = 2
        elif raw and nodes[y.STATE, node] & y.HOLDS:
            return code, raw, y.RARE
    elif raw and nodes[y.STATE, node] & y.HOLDS:
        raw -= 1
        if code == 0:
            breaks = divs = links = pre = paragraphs = False
            for n in range(node + 1, count):
                inner = nodes[y.TAG, n]
                breaks |= inner == y.BR
                divs |= inner == y.DIV
                links |= inner == y.A
                paragraphs |= inner == y.P
                pre |= (tag_bits[inner] & y.T_PRE) != 0
            if bits & y.T_CODE:
                if breaks or (divs and not links):
                    nodes[y.CODE, node] = 2
            elif breaks and not pre and not paragraphs:
                nodes[y.CODE, node] = 2
    if bits & y.T_CODE and code == 0 and continues_code(nodes, node, count, text, tag_bits):
        return code, raw, y.RARE
    if not bits & y.T_ENDED or bits & y.T_CODE:
        return code, raw, y.DONE
    if tag == y.SUP or tag == y.SUB:
        first = last = -1
        for n in range(node + 1, count):
            if nodes[y.TAG, n] == y.A:
                return code, raw, y.DONE
            if nodes[y.TAG, n] == y.TEXT:
                last = n
                if first < 0:
                    first = n
        if first >= 0 and code == 0 and not begins_link(nodes, node, stack, depth, text):
            if nodes[y.PREFIX, first] or nodes[y.SUFFIX, last]:  # also those of `set_apart`
                return code, raw, y.RARE
            nodes[y.PREFIX, first] = 3 if tag == y.SUP else 4
            nodes[y.SUFFIX, last] = y.SCRIPT_END
        return code, raw, y.DONE
    if tag == y.CITE or bits & y.T_BOLD:
        if tag == y.CITE or code == 0:
            end_cite(nodes, node, count, text, tag != y.CITE)
        return code, raw, y.DONE
    size = text_below(nodes, text, node + 1, count, buffer)
    if size < 0:
        return code, raw, y.DONE
    heading = False
    for n in range(max(depth - 4, 0), depth):
        above = nodes[y.TAG, stack[n]]
        heading |= above == y.DT or (tag_bits[above] & y.T_HEADING) != 0
    state = nodes[y.STATE, node]
    if is_furniture(buffer, size, nodes[y.FOUND, node], tag == y.BUTTON, heading,
                    (state & y.HASHED) != 0,
                    chars, lowers, set_keys, set_bits):  # fmt: skip
        for n in range(node + 1, count):
            if nodes[y.TAG, n] == y.TEXT:
                nodes[y.TEXT_START, n] = 0
                nodes[y.TEXT_END, n] = 1
                nodes[y.PREFIX, n] = 0
                nodes[y.SUFFIX, n] = 0
    return code, raw, y.DONE


@kernel
def place_custom(nodes: Any, count: Any, text: Any, tag_bits: Any) -> None:
    """Make elements of no known tag blocks where no text stands beside them; empty ones, gaps."""
    beside = np.zeros(count + 1, np.uint8)
    for n in range(count):
        if nodes[y.TAG, n] == y.TEXT:
            some = nodes[y.PREFIX, n] != 0 or nodes[y.SUFFIX, n] != 0
            for at in range(nodes[y.TEXT_START, n], nodes[y.TEXT_END, n]):
                c = text[at]
                some |= c != 32 and c != 10 and c != 9 and c != y.GAP
            if some:
                beside[nodes[y.PARENT, n] + 1] = 1
    for node in range(count):
        if not nodes[y.STATE, node] & y.DASHED:
            continue
        if nodes[y.END, node] == node + 1:
            nodes[y.TEXT_START, node] = 0
            nodes[y.TEXT_END, node] = 1
            continue
        parent = nodes[y.PARENT, node]
        soft = parent < 0 or (tag_bits[nodes[y.TAG, parent]] & y.T_SOFT) != 0 or (
            (nodes[y.STATE, parent] & y.DASHED) != 0
        )  # fmt: skip
        if soft and not beside[parent + 1]:
            nodes[y.STATE, node] |= y.BLOCK
