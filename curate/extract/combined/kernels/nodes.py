"""A page's nodes from its tree as libxml2 serialises it: what `tree` makes of the parser's calls.

One pass over the code points of XML, an element's attributes read as it begins. Pages with formulas
and other rare things are left to `tree`: the status says so.
"""

from typing import Any

import numpy as np

from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.names import (
    E_ARIA,
    E_BROKEN,
    E_CLOSED,
    E_FAR,
    E_FORMULA,
    E_HIDDEN,
    E_PRE,
    E_READONLY,
    E_SCRIPT,
    E_SOME,
    E_STYLED_BLOCK,
    E_WRAPPED,
    put_word,
    read_names,
)
from curate.extract.combined.kernels.strings import (
    OFFSET,
    add,
    find,
    has,
    is_formula_source,
    kernel,
    lowered,
    reference,
)

GAP, SCRIPT_END, BOTH = 6, 5, 56
DEEPEST = 248  # open elements; a little below what libxml2 takes
_LONGEST = 60  # characters of an anchor, of the caption of a button
_TEX, _ASCII = 1, 2


@kernel
def put(nodes: Any, n: Any, tag: Any, parent: Any, start: Any, end: Any, state: Any) -> None:
    """Write a node."""
    nodes[y.TAG, n] = tag
    nodes[y.PARENT, n] = parent
    nodes[y.END, n] = n + 1
    nodes[y.TEXT_START, n] = start
    nodes[y.TEXT_END, n] = end
    nodes[y.STATE, n] = state
    for field in (
        y.PREFIX, y.SUFFIX, y.CODE, y.WEIGHT, y.SOURCE, y.CLASS, y.CLASS_END, y.ID, y.ID_END,
        y.NAME_SIZE, y.FOUND, y.SETS, y.WORDS, y.WORDS_END,
    ):  # fmt: skip
        nodes[field, n] = 0


@kernel
def collapse(text: Any, start: Any, end: Any, chars: Any) -> Any:
    """Make each run of white space one space; return (end, signs of formulas seen)."""
    to = start
    blank = False
    seen = 0
    for at in range(start, end):
        c = text[at]
        if has(chars, c, y.SPACE):
            if not blank:
                text[to] = 32
                to += 1
                blank = True
            continue
        blank = False
        if c == 92 or c == 36:
            seen |= _TEX
        elif c == 96:
            seen |= _ASCII
        text[to] = c
        to += 1
    return to, seen


@kernel
def gap(nodes: Any, count: Any, text: Any, p: Any, parent: Any, silent: Any, state: Any) -> Any:
    """Part the words beside an element left out; return (nodes, end of text), -1 if it cannot."""
    if count and nodes[y.TAG, count - 1] == y.TEXT:
        last = count - 1
        suffix = nodes[y.SUFFIX, last]
        if suffix == GAP or suffix == BOTH:
            return count, p
        if suffix:
            nodes[y.SUFFIX, last] = BOTH
            return count, p
        end = nodes[y.TEXT_END, last]
        c = text[end - 1]
        if c == 32 or c == GAP or c == 10:
            return count, p
        if end != p:
            return -1, p
        text[p] = GAP
        nodes[y.TEXT_END, last] = p + 1
        return count, p + 1
    if not silent:
        put(nodes, count, y.TEXT, parent, 0, 1, state)
        count += 1
    return count, p


@kernel
def said(nodes: Any, text: Any, start: Any, end: Any, buffer: Any) -> Any:
    """Write the text of the nodes of a range into a buffer; return its length, -1 if longer."""
    size = 0
    for n in range(start, end):
        if nodes[y.TAG, n] != y.TEXT:
            continue
        length = nodes[y.TEXT_END, n] - nodes[y.TEXT_START, n]
        if size + length + 3 > _LONGEST + 3:
            return -1
        if nodes[y.PREFIX, n]:
            buffer[size] = nodes[y.PREFIX, n]
            size += 1
        for at in range(nodes[y.TEXT_START, n], nodes[y.TEXT_END, n]):
            buffer[size] = text[at]
            size += 1
        if nodes[y.SUFFIX, n]:
            buffer[size] = 5
            size += 1
            if nodes[y.SUFFIX, n] == BOTH:
                buffer[size] = GAP
                size += 1
    return size if size <= _LONGEST else -1


@kernel
def is_furniture(buffer: Any, size: Any, found: Any, button: Any, heading: Any, hashed: Any,
                 t: Any) -> bool:  # fmt: skip
    """Return whether a link leads to where it stands, or a button acts on the page."""
    start = 0
    while start < size and has(t.chars, buffer[start], y.SPACE):
        start += 1
    while size > start and has(t.chars, buffer[size - 1], y.SPACE):
        size -= 1
    h = OFFSET
    starts = False
    for at in range(start, size):
        h = add(h, lowered(t.lowers, buffer[at]))
        if hashed and find(t.set_keys, t.set_bits, h) & y.W_START:
            starts = True
    bits = find(t.set_keys, t.set_bits, h) if size > start else 0
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
        h = add(h, lowered(t.lowers, buffer[at]))
    return size > start and (find(t.set_keys, t.set_bits, h) & y.W_ANCHOR_WORD) != 0


@kernel
def is_emoji(attrs: Any, start: Any, end: Any, chars: Any) -> bool:
    """Return whether an alternative text is signs alone."""
    while start < end and has(chars, attrs[start], y.SPACE):
        start += 1
    while end > start and has(chars, attrs[end - 1], y.SPACE):
        end -= 1
    if not 0 < end - start <= 8:
        return False
    for at in range(start, end):
        if not has(chars, attrs[at], y.EMOJI):
            return False
    return True


@kernel
def is_all_code(nodes: Any, node: Any, count: Any, text: Any, t: Any) -> bool:
    """Return whether all text of an element stands in elements of code."""
    until = node
    for n in range(node + 1, count):
        if t.tag_bits[nodes[y.TAG, n]] & y.T_CODE:
            until = max(until, nodes[y.END, n])
        elif nodes[y.TAG, n] == y.TEXT and n >= until:
            if nodes[y.PREFIX, n] or nodes[y.SUFFIX, n]:
                return False
            for at in range(nodes[y.TEXT_START, n], nodes[y.TEXT_END, n]):
                if not has(t.chars, text[at], y.SPACE):
                    return False
    return True


@kernel
def end_element(nodes: Any, node: Any, count: Any, text: Any, code: Any, raw: Any, stack: Any,
                depth: Any, buffer: Any, t: Any) -> Any:  # fmt: skip
    """Look at an element that has ended; return (code, raw, status)."""
    tag = nodes[y.TAG, node]
    bits = t.tag_bits[tag]
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
            codes += (t.tag_bits[inner] & y.T_CODE) != 0
        if (
            rows > 1 and rows == cells and codes and not tables
            and is_all_code(nodes, node, count, text, t)
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
                pre |= (t.tag_bits[inner] & y.T_PRE) != 0
            if bits & y.T_CODE:
                if breaks or (divs and not links):
                    nodes[y.CODE, node] = 2
            elif breaks and not pre and not paragraphs:
                nodes[y.CODE, node] = 2
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
        if first >= 0 and code == 0:
            if nodes[y.PREFIX, first] or nodes[y.SUFFIX, last]:
                return code, raw, y.RARE
            nodes[y.PREFIX, first] = 3 if tag == y.SUP else 4
            nodes[y.SUFFIX, last] = SCRIPT_END
        return code, raw, y.DONE
    size = said(nodes, text, node + 1, count, buffer)
    if size < 0:
        return code, raw, y.DONE
    heading = False
    for n in range(max(depth - 4, 0), depth):
        above = nodes[y.TAG, stack[n]]
        heading |= above == y.DT or (t.tag_bits[above] & y.T_HEADING) != 0
    state = nodes[y.STATE, node]
    if is_furniture(buffer, size, nodes[y.FOUND, node], tag == y.BUTTON, heading,
                    (state & y.HASHED) != 0, t):  # fmt: skip
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
                some |= c != 32 and c != 10 and c != 9 and c != GAP
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


@kernel
def read(codes: Any, t: Any) -> Any:
    """Return the nodes of a serialised page.

    As (status, number of nodes, their fields, hashes of their tags, of their names, text, attributes,
    words, start of the title in text, its end, what of formulas the text may have).
    """
    n = len(codes)
    marks = 0
    for i in range(n):
        marks += codes[i] == 60
    cap = 3 * marks + 8
    nodes = np.empty((y.NODE_FIELDS, cap), np.int32)
    tags, names = np.empty(cap, np.uint64), np.empty(cap, np.uint64)
    text, attrs = np.empty(n + cap, np.uint32), np.empty(n + 8, np.uint32)
    words = np.empty(n // 3 + 3 * marks + 16, np.int32)
    stack = np.empty(DEEPEST + 2, np.int32)
    buffer = np.empty(4 * _LONGEST, np.uint32)
    text[0] = GAP
    p = p0 = 1
    q = w = count = depth = 0
    skipping = code = raw = hidden = cells = custom = 0
    title_start = title_end = 0
    titled = False
    signs = 0
    status = y.DONE
    i = 0
    while i < n:
        c = codes[i]
        if c != 60:
            if skipping and not titled:
                while i < n and codes[i] != 60:
                    i += 1
                continue
            while i < n and codes[i] != 60:
                value = np.int64(codes[i])
                if value == 38:
                    value, i = reference(codes, i, n)
                else:
                    i += 1
                if value >= y.CHARACTERS:
                    status = y.FAR_CHARACTER
                text[p] = value
                p += 1
            continue
        c = codes[i + 1]
        if c == 33 or c == 63:  # <!-- -->, <![CDATA[ ]]>, <? ?>
            if c == 33 and codes[i + 2] == 91:
                i += 9
                while i + 2 < n and not (
                    codes[i] == 93 and codes[i + 1] == 93 and codes[i + 2] == 62
                ):
                    if not skipping or titled:
                        if codes[i] >= y.CHARACTERS:
                            status = y.FAR_CHARACTER
                        text[p] = codes[i]
                        p += 1
                    i += 1
                i += 3
            elif c == 33:
                i += 4
                while i + 2 < n and not (
                    codes[i] == 45 and codes[i + 1] == 45 and codes[i + 2] == 62
                ):
                    i += 1
                i += 3
            else:
                while i + 1 < n and not (codes[i] == 63 and codes[i + 1] == 62):
                    i += 1
                i += 2
            continue
        closed = False
        ended = c == 47
        if not ended:
            at = i + 1
            h = add(OFFSET, np.uint32(60))
            dashed = False
            while at < n:
                c = codes[at]
                if c == 32 or c == 62 or c == 47 or c == 10 or c == 9:
                    break
                dashed |= c == 45
                h = add(h, c)
                at += 1
            tag = find(t.tag_keys, t.tag_ids, h)
            bits = t.tag_bits[tag]
            if skipping:
                while at < n and codes[at] != 62:
                    at += 1
                closed = codes[at - 1] == 47
                i = at + 1
                skipping += 1
                if tag == y.TITLE:
                    titled = title_end == 0
                    if titled:
                        title_start = p
            else:
                if p > p0:
                    if raw == 0:
                        p, seen = collapse(text, p0, p, t.chars)
                        signs |= seen
                    put(nodes, count, y.TEXT, stack[depth - 1] if depth else -1, p0, p,
                        y.HIDDEN if hidden else 0)  # fmt: skip
                    count += 1
                    p0 = p
                parent = stack[depth - 1] if depth else -1
                put(nodes, count, tag, parent, 0, 0, 0)
                i, q, w1, name, says = read_names(
                    codes, at, n, nodes, count, attrs, q, words, w, w, t
                )
                i += 1
                closed = (says & E_CLOSED) != 0
                found = nodes[y.FOUND, count]
                line = nodes[y.CODE, count]
                nodes[y.CODE, count] = 0
                if says & (E_BROKEN | E_FAR):
                    return (y.RARE, count, nodes, tags, names, text, attrs, words, 0, 0, 0)
                if says & E_SCRIPT and tag == y.SCRIPT or tag == y.MATH or bits & y.T_MATH:
                    return (y.FORMULAS, count, nodes, tags, names, text, attrs, words, 0, 0, 0)
                dropped = (bits & y.T_DROPPED) != 0
                named = (says & E_SOME) != 0 or dashed
                if dropped and tag == y.TEXTAREA and says & E_READONLY:
                    return (y.RARE, count, nodes, tags, names, text, attrs, words, 0, 0, 0)
                out = named and (
                    (found & (y.F_EDIT | y.F_EDIT_LONG)) != 0
                    or (bits & y.T_CAPTIONED and found & y.F_CLIPBOARD)
                )
                if dropped or out:
                    skipping = 1
                    if not dropped or not bits & y.T_RUBY:
                        silent = not dropped or (bits & y.T_SILENT) != 0
                        count, p = gap(nodes, count, text, p, parent, silent,
                                       y.HIDDEN if hidden else 0)  # fmt: skip
                        if count < 0:
                            return (y.RARE, count, nodes, tags, names, text, attrs, words, 0, 0, 0)
                        p0 = p
                    if dropped:
                        titled = tag == y.TITLE and title_end == 0
                        if titled:
                            title_start = p
                else:
                    sets = nodes[y.SETS, count]
                    if (
                        bits & y.T_RARE
                        or sets & y.W_FORMULA
                        or (says & E_FORMULA)
                        or (bits & y.T_REPLACED and found & (y.F_LATEX | y.F_MATH))
                    ):
                        return (y.FORMULAS, count, nodes, tags, names, text, attrs, words, 0, 0, 0)
                    block = (bits & y.T_BLOCK) != 0
                    if (
                        (says & E_WRAPPED and (block or bits & y.T_CODE))
                        or says & E_PRE
                        or (sets & y.W_RARE and code == 0)
                    ):
                        return (y.RARE, count, nodes, tags, names, text, attrs, words, 0, 0, 0)
                    state = nodes[y.STATE, count]
                    unlikely = (found & y.F_UNLIKELY) != 0
                    if unlikely and nodes[y.NAME_SIZE, count] > 2 and not bits & y.T_WHOLE:
                        state &= ~y.UNLIKELY
                        if not found & y.F_MAYBE:
                            state |= y.UNLIKELY
                    if tag == y.NAV:
                        state |= y.NAVIGATION
                    if not block and says & E_STYLED_BLOCK:
                        state |= y.BLOCK
                    unseen = (says & E_HIDDEN) != 0 or (sets & y.W_ALOUD and cells == 0)
                    if unseen and tag != y.HTML and tag != y.BODY and not found & y.F_MATH:
                        state |= y.UNSEEN
                    if hidden or unseen or says & E_ARIA:
                        state |= y.HIDDEN
                        hidden += 1
                    if named:
                        state |= y.ATTRIBUTED
                        names[count] = name
                        if nodes[y.NAME_SIZE, count] == 1:
                            names[count] = np.uint64(1)
                    else:
                        names[count] = np.uint64(0)
                        nodes[y.NAME_SIZE, count] = 0
                    if dashed:
                        state |= y.DASHED
                        custom += 1
                    if bits & y.T_REPLACED:
                        start, end = nodes[y.TEXT_START, count], nodes[y.TEXT_END, count]
                        if is_emoji(attrs, start, end, t.chars):
                            nodes[y.TEXT_START, count] = p
                            for k in range(start, end):
                                text[p] = attrs[k]
                                p += 1
                            p0 = p
                            nodes[y.TEXT_END, count] = p
                        else:
                            nodes[y.TEXT_START, count] = 0
                            nodes[y.TEXT_END, count] = 1
                    else:
                        nodes[y.TEXT_START, count] = 0
                        nodes[y.TEXT_END, count] = 0
                    word = t.tag_words[tag] if tag else find(t.word_keys, t.word_ids, h)
                    nodes[y.WORDS, count] = w
                    w = put_word(words, w, w1, word)
                    nodes[y.WORDS_END, count] = w
                    if bits & y.T_PRE and code == 0:
                        nodes[y.CODE, count] = 1
                        code += 1
                        raw += 1
                    elif bits & y.T_CODE:
                        state |= y.HOLDS
                        raw += 1
                    elif (bits & y.T_CELL and (line & 2 or sets & y.W_LINE_CELL)) or (
                        bits & y.T_LINED and line & 1
                    ):
                        if code == 0:
                            return (y.RARE, count, nodes, tags, names, text, attrs, words, 0, 0, 0)
                        state |= y.HOLDS
                        raw += 1
                    elif block and sets & y.W_BOX:
                        state |= y.HOLDS
                        raw += 1
                    nodes[y.STATE, count] = state
                    tags[count] = h
                    if depth >= DEEPEST:
                        return (y.DEEP, count, nodes, tags, names, text, attrs, words, 0, 0, 0)
                    stack[depth] = count
                    depth += 1
                    count += 1
                    if bits & y.T_CELL:
                        cells += 1
        if not (ended or closed):
            continue
        if ended:
            while i < n and codes[i] != 62:
                i += 1
            i += 1
        if skipping:
            if titled:
                titled = False
                for k in range(title_start, p):
                    if not has(t.chars, text[k], y.SPACE):
                        title_end = p
                p0 = p
            skipping -= 1
            continue
        if p > p0:
            if raw == 0:
                p, seen = collapse(text, p0, p, t.chars)
                signs |= seen
            put(nodes, count, y.TEXT, stack[depth - 1] if depth else -1, p0, p,
                y.HIDDEN if hidden else 0)  # fmt: skip
            count += 1
            p0 = p
        if depth == 0:
            continue
        depth -= 1
        node = stack[depth]
        nodes[y.END, node] = count
        if hidden:
            hidden -= 1
        if t.tag_bits[nodes[y.TAG, node]] & y.T_CELL:
            cells -= 1
        if nodes[y.CODE, node] or nodes[y.STATE, node] & y.HOLDS or (
            t.tag_bits[nodes[y.TAG, node]] & y.T_WATCHED
        ):  # fmt: skip
            code, raw, bad = end_element(
                nodes, node, count, text, code, raw, stack, depth, buffer, t
            )
            if bad != y.DONE:
                return (bad, count, nodes, tags, names, text, attrs, words, 0, 0, 0)
    if custom:
        place_custom(nodes, count, text, t.tag_bits)
    return (status, count, nodes, tags, names, text, attrs, words, title_start, title_end, signs)
