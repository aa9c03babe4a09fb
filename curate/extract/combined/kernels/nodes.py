"""A page's nodes from its tree as libxml2 serialises it: what `tree` makes of the parser's calls.

One pass over the bytes of XML, an element's attributes read as it begins. Pages with formulas
and other rare things are left to `tree`: the status says so.
"""

from typing import Any

import numpy as np

from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.attributes import (
    E_ALIGNED,
    E_ARIA,
    E_BROKEN,
    E_CLOSED,
    E_FAR,
    E_FLEX,
    E_FLOAT,
    E_FORMULA,
    E_GRID,
    E_HIDDEN,
    E_LOST,
    E_MONO,
    E_OPEN,
    E_PANEL,
    E_PRE,
    E_READONLY,
    E_ROWED,
    E_SCRIPT,
    E_SOME,
    E_STYLED_BLOCK,
    E_TOLD,
    E_UNSEEN,
    E_WRAPPED,
    put_word,
    read_names,
)
from curate.extract.combined.kernels.end_tags import (
    end_element,
    place_custom,
    set_apart,
    write_gap,
    write_node,
)
from curate.extract.combined.kernels.node_text import (
    is_answer,
    is_emoji,
    is_folded,
    is_smiley,
    write_text,
)
from curate.extract.combined.kernels.strings import (
    OFFSET,
    add,
    decoded,
    find,
    has,
    has_lines,
    leaf,
    reference,
)

DEEPEST = 248  # open elements; a little below what libxml2 takes


@leaf
def fill_nodes(codes: Any, t: Any, nodes: Any, tags: Any, names: Any, text: Any, attrs: Any,
               words: Any, stack: Any, buffer: Any, pairs: Any, notes: Any,
               held: Any) -> Any:  # fmt: skip
    """Write the nodes of a page serialised as UTF-8.

    Return (status, number of nodes, start of the title in text, its end, what of formulas the text
    may have). `tags` and `names` take hashes of the nodes' tags and names. `stack` has room for the
    open elements, `buffer` for the text of an anchor; `pairs`, `notes` and `held` are as in
    `read_class_and_id`.
    """
    held[0] = 1
    chars, c1, tag_bits, tag_words = t.chars, t.c1, t.tag_bits, t.tag_words
    tag_keys, tag_ids, word_keys, word_ids = t.tag_keys, t.tag_ids, t.word_keys, t.word_ids
    n = len(codes)
    text[0] = y.GAP
    p = p0 = 1
    q = w = count = depth = 0
    skipping = code = raw = hidden = cells = custom = 0
    title_start = title_end = 0
    titled = False
    edge = True
    wrapped = 0
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
                elif value < 128:
                    i += 1
                else:
                    value, i = decoded(codes, i, c1)
                    if value == 0:
                        continue
                if value >= 0xFFFD:
                    if value == 0xFFFD:
                        signs |= y.REPLACED
                    elif value >= y.CHARACTERS:
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
                        return y.RARE, count, 0, 0, 0
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
                if c >= 128 and not skipping:
                    return y.RARE, count, 0, 0, 0
                dashed |= c == 45
                h = add(h, c)
                at += 1
            tag = find(tag_keys, tag_ids, h)
            bits = tag_bits[tag]
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
                parent = stack[depth - 1] if depth else -1
                if wrapped and raw == 0 and has_lines(text, p0, p):
                    return y.RARE, count, 0, 0, 0
                number = count
                count, p, seen = write_text(
                    nodes, count, text, p0, p, parent, raw, hidden, edge, chars
                )
                edge = edge and count == number
                signs |= seen
                p0 = p
                write_node(nodes, count, tag, parent, 0, 0, 0)
                i, q, w1, name, says = read_names(
                    codes, at, n, nodes, count, attrs, q, words, w, w, pairs, notes, held, t
                )
                i += 1
                closed = (says & E_CLOSED) != 0
                found = nodes[y.FOUND, count]
                line = nodes[y.CODE, count]
                nodes[y.CODE, count] = 0
                if says & (E_BROKEN | E_FAR):
                    return y.RARE, count, 0, 0, 0
                if (says & E_SCRIPT and tag == y.SCRIPT) or tag == y.MATH or bits & y.T_MATH:
                    return y.FORMULAS, count, 0, 0, 0
                if says & E_LOST:
                    signs |= y.REPLACED
                dropped = (bits & y.T_DROPPED) != 0
                named = (says & E_SOME) != 0 or dashed
                sets = nodes[y.SETS, count]
                if dropped and tag == y.DIALOG and says & E_OPEN:
                    return y.RARE, count, 0, 0, 0
                if dropped and tag == y.TEXTAREA:
                    if says & E_READONLY:
                        dropped = False
                    elif sets & y.W_BOX:
                        return y.RARE, count, 0, 0, 0
                out = named and (
                    (found & (y.F_EDIT | y.F_EDIT_LONG)) != 0
                    or (bits & y.T_CAPTIONED and (found & y.F_CLIPBOARD or sets & y.W_DROPPED))
                )
                if dropped or out:
                    skipping = 1
                    if not edge and (not dropped or not bits & y.T_RUBY):
                        silent = not dropped or (bits & y.T_SILENT) != 0
                        count, p = write_gap(nodes, count, text, p, parent, silent,
                                       y.HIDDEN if hidden else 0)  # fmt: skip
                        if count < 0:
                            return y.RARE, count, 0, 0, 0
                        p0 = p
                    if dropped:
                        titled = tag == y.TITLE and title_end == 0
                        if titled:
                            title_start = p
                else:
                    if (
                        bits & y.T_RARE
                        or sets & y.W_FORMULA
                        or (says & E_FORMULA)
                        or (
                            bits & y.T_REPLACED and says & E_TOLD and found & (y.F_LATEX | y.F_MATH)
                        )
                    ):
                        return y.FORMULAS, count, 0, 0, 0
                    block = (bits & y.T_BLOCK) != 0
                    if code == 0 and (
                        (says & E_WRAPPED and bits & y.T_CODE)
                        or (says & E_PRE and not bits & y.T_PRE)
                        or sets & y.W_RARE
                    ):
                        return y.RARE, count, 0, 0, 0
                    if says & E_GRID and not bits & (y.T_FRAME | y.T_CELL):
                        return y.RARE, count, 0, 0, 0
                    if says & E_MONO and bits & y.T_MONO:
                        return y.RARE, count, 0, 0, 0
                    if says & E_ALIGNED and not (block or bits & y.T_REPLACED):
                        return y.RARE, count, 0, 0, 0
                    state = nodes[y.STATE, count]
                    if says & E_FLEX and not (code > 0 and tag == y.SPAN):
                        state |= y.FLEX
                    if parent >= 0 and nodes[y.STATE, parent] & y.FLEX and not (
                        block or bits & y.T_REPLACED
                    ):  # fmt: skip
                        state |= y.BLOCK
                    if says & E_ROWED or sets & y.W_ROWED:
                        state |= y.ROWED
                    if raw == 0 and not block and not bits & y.T_REPLACED and (
                        bits & y.T_APART
                        or sets & y.W_APART
                        or says & E_FLOAT
                        or (parent >= 0 and nodes[y.STATE, parent] & y.ROWED)
                    ):  # fmt: skip
                        state |= y.APART
                    if says & E_WRAPPED and block:
                        state |= y.WRAPPED
                        wrapped += 1
                    unlikely = (found & y.F_UNLIKELY) != 0
                    if unlikely and nodes[y.NAME_SIZE, count] > 2 and not bits & y.T_WHOLE:
                        state &= ~y.UNLIKELY
                        if not found & y.F_MAYBE:
                            state |= y.UNLIKELY
                    if tag == y.NAV:
                        state |= y.NAVIGATION
                    if not block and (says & E_STYLED_BLOCK or sets & y.W_BLOCK):
                        state |= y.BLOCK
                    aloud = (
                        sets & y.W_ALOUD
                        and cells == 0
                        and not (parent >= 0 and nodes[y.SETS, parent] & y.W_FRACTION)
                    )
                    unseen = aloud or ((says & E_HIDDEN) != 0 and not (
                        not says & E_UNSEEN
                        and is_folded(nodes, count, parent, bits, (says & E_PANEL) != 0, text, t)
                    ))  # fmt: skip
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
                    edge = (edge or block) and not bits & y.T_REPLACED
                    if dashed:
                        state |= y.DASHED
                        custom += 1
                    if bits & y.T_REPLACED:
                        start, end = nodes[y.TEXT_START, count], nodes[y.TEXT_END, count]
                        if (
                            is_emoji(attrs, start, end, chars)
                            or (sets & y.W_SMILEY and is_smiley(attrs, start, end, chars))
                            or (cells > 0 and is_answer(attrs, start, end, t))
                        ):
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
                    word = tag_words[tag] if tag else find(word_keys, word_ids, h)
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
                    elif bits & y.T_CELL and (line & 2 or sets & y.W_LINE_CELL):
                        if code == 0:
                            return y.RARE, count, 0, 0, 0
                        state |= y.HOLDS
                        raw += 1
                    elif bits & y.T_LINED and (line & 1 or sets & y.W_LINE):
                        if code == 0 and parent >= 0:
                            nodes[y.LINED, parent] += 1
                        state |= y.HOLDS
                        raw += 1
                    elif block and sets & y.W_BOX:
                        state |= y.HOLDS
                        raw += 1
                    nodes[y.STATE, count] = state
                    tags[count] = h
                    if depth >= DEEPEST:
                        return y.DEEP, count, 0, 0, 0
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
                    if not has(chars, text[k], y.SPACE):
                        title_end = p
                p0 = p
            skipping -= 1
            continue
        parent = stack[depth - 1] if depth else -1
        if wrapped and raw == 0 and has_lines(text, p0, p):
            return y.RARE, count, 0, 0, 0
        number = count
        count, p, seen = write_text(nodes, count, text, p0, p, parent, raw, hidden, edge, chars)
        edge = edge and count == number
        signs |= seen
        p0 = p
        if depth == 0:
            continue
        depth -= 1
        node = stack[depth]
        nodes[y.END, node] = count
        edge = edge or (tag_bits[nodes[y.TAG, node]] & y.T_BLOCK) != 0
        if hidden:
            hidden -= 1
        if nodes[y.STATE, node] & y.WRAPPED:
            wrapped -= 1
        if tag_bits[nodes[y.TAG, node]] & y.T_CELL:
            cells -= 1
        if nodes[y.CODE, node] or nodes[y.STATE, node] & y.HOLDS or nodes[y.LINED, node] > 1 or (
            tag_bits[nodes[y.TAG, node]] & y.T_WATCHED
        ):  # fmt: skip
            code, raw, bad = end_element(
                nodes, node, count, text, code, raw, stack, depth, buffer, t
            )
            if bad != y.DONE:
                return bad, count, 0, 0, 0
        if nodes[y.STATE, node] & y.APART:
            set_apart(nodes, node, count, text)
    if custom:
        place_custom(nodes, count, text, tag_bits)
    return status, count, title_start, title_end, signs
