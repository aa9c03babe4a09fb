"""The attributes of an element: what its class, id, role and style say."""

from typing import Any

import numpy as np

from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.strings import (
    OFFSET,
    S_BLOCK,
    S_FLEX,
    S_FLOAT,
    S_HIDDEN,
    S_PRE,
    S_ROWED,
    S_SCRIPT,
    S_UNSEEN,
    S_WRAPPED,
    add,
    decoded,
    find,
    has,
    is_formula_source,
    is_served,
    is_tex,
    leaf,
    lowered,
    reference,
    says_monospaced,
    styled,
)

# What attributes say besides, as bits.
(
    E_SOME, E_HIDDEN, E_STYLED_BLOCK, E_WRAPPED, E_PRE, E_ARIA, E_READONLY, E_FORMULA, E_SCRIPT,
    E_BROKEN, E_CLOSED, E_LINE, E_FAR, E_FLEX, E_ALIGNED, E_GRID, E_PANEL,
    E_MONO, E_UNSEEN, E_ROWED, E_FLOAT, E_OPEN, E_LOST, E_TOLD,
) = (1 << n for n in range(24))  # fmt: skip

SEEN = 256  # pairs of class and id of a page that are known again


@leaf
def read_value(codes: Any, at: Any, end: Any, attrs: Any, q: Any, c1: Any) -> Any:
    """Copy an attribute's value, decoded, references resolved; return the end of the copy."""
    while at < end:
        value = np.int64(codes[at])
        if value == 38:
            value, at = reference(codes, at, end)
        elif value < 128:
            at += 1
        else:
            value, at = decoded(codes, at, c1)
        if value:
            attrs[q] = value
            q += 1
    return q


@leaf
def put_word(words: Any, first: Any, w: Any, word: Any) -> Any:
    """Add a word to those of an element, once; return their end."""
    if word == 0:
        return w
    for n in range(first, w):
        if words[n] == word:
            return w
    words[w] = word
    return w + 1


@leaf
def split_words(attrs: Any, start: Any, end: Any, words: Any, first: Any, w: Any,
                keys: Any, ids: Any) -> Any:  # fmt: skip
    """Add the words of a class or id: runs of letters, a capital begins one; return their end."""
    at = start
    while at < end:
        c = attrs[at]
        upper = 65 <= c <= 90
        if not upper and not 97 <= c <= 122:
            at += 1
            continue
        to = at + 1
        if upper and not (to < end and 97 <= attrs[to] <= 122):
            while to < end and 65 <= attrs[to] <= 90:
                to += 1
        else:
            while to < end and 97 <= attrs[to] <= 122:
                to += 1
        if to - at > 2:
            h = OFFSET
            for n in range(at, to):
                h = add(h, attrs[n] | np.uint32(32))
            w = put_word(words, first, w, find(keys, ids, h))
        at = to
    return w


@leaf
def sets_of(attrs: Any, start: Any, end: Any, chars: Any, lowers: Any, keys: Any,
            sets: Any) -> Any:  # fmt: skip
    """Return (sets its words are in, whether one names a line of code, whether there are some)."""
    bits = 0
    line = 0
    filled = False
    at = start
    while at < end:
        if has(chars, attrs[at], y.SPACE):
            at += 1
            continue
        filled = True
        h = OFFSET
        begin = at
        while at < end and not has(chars, attrs[at], y.SPACE):
            h = add(h, lowered(lowers, attrs[at]))
            at += 1
        bits |= find(keys, sets, h)
        size = at - begin
        if size >= 4 and (
            lowered(lowers, attrs[at - 4]) == 108
            and lowered(lowers, attrs[at - 3]) == 105
            and lowered(lowers, attrs[at - 2]) == 110
            and lowered(lowers, attrs[at - 1]) == 101
            and (size == 4 or attrs[at - 5] == 45 or attrs[at - 5] == 95)
        ):
            line |= 1
        if size > 2 and lowered(lowers, attrs[begin]) == 108 and (
            lowered(lowers, attrs[begin + 1]) == 99
        ):  # fmt: skip
            digits = True
            for n in range(begin + 2, at):
                digits = digits and has(chars, attrs[n], y.DECIMAL)
            if digits:
                line |= 2
    return bits, line, filled


@leaf
def found_in(attrs: Any, start: Any, end: Any, chars: Any, lowers: Any, moves: Any,
             symbols: Any) -> Any:  # fmt: skip
    """Return what the automaton finds in a class or id."""
    bits = np.uint32(0)
    if start == end:
        return bits
    state = moves[38]  # its beginning
    for at in range(start, end):
        c = attrs[at]
        if c >= 128:
            c = lowered(lowers, c)
        symbol = np.uint32(symbols[c]) if c < 128 else np.uint32(40)
        state = moves[state + symbol]
        one = moves[state + np.uint32(y.SYMBOLS)]
        if one & (y.F_EDIT | y.F_EDIT_LONG):
            before = at - (11 if one & y.F_EDIT else 12)
            if (before >= start and has(chars, attrs[before], y.WORD)) or (
                at + 1 < end and has(chars, attrs[at + 1], y.WORD)
            ):
                one &= np.uint32(~(y.F_EDIT | y.F_EDIT_LONG) & 0xFFFFFFFF)
        bits |= one
    return bits | moves[moves[state + np.uint32(39)] + np.uint32(y.SYMBOLS)]


@leaf
def read_class_and_id(nodes: Any, n: Any, attrs: Any, words: Any, first: Any, w: Any, pairs: Any,
                      notes: Any, held: Any, t: Any) -> Any:  # fmt: skip
    """Note what class and id of a node say; return (hash of its name, end of words, line).

    `pairs` are keys of what was read before, and hashes of the names; `notes` what it said, `held`
    its words, after the place where they end.
    """
    chars, lowers, moves, symbols = t.chars, t.lowers, t.moves, t.symbols
    set_keys, set_bits, word_keys, word_ids = t.set_keys, t.set_bits, t.word_keys, t.word_ids
    cs, ce = nodes[y.CLASS, n], nodes[y.CLASS_END, n]
    s, e = nodes[y.ID, n], nodes[y.ID_END, n]
    nodes[y.NAME_SIZE, n] = ce - cs + 1 + e - s
    if cs == ce and s == e:
        return add(OFFSET, np.uint32(32)), w, 0
    key = OFFSET
    for at in range(cs, ce):
        key = add(key, attrs[at])
    key = add(key, np.uint32(0x200000))
    for at in range(s, e):
        key = add(key, attrs[at])
    key |= np.uint64(1)
    slot = np.int64((key >> np.uint64(32)) & np.uint64(SEEN - 1))
    if pairs[0, slot] == key:
        nodes[y.FOUND, n] = notes[0, slot]
        nodes[y.SETS, n] = notes[1, slot]
        nodes[y.WEIGHT, n] = notes[2, slot]
        nodes[y.STATE, n] |= notes[3, slot]
        for k in range(notes[5, slot], notes[6, slot]):
            words[w] = held[k]
            w += 1
        return pairs[1, slot], w, np.int64(notes[4, slot])
    h = OFFSET
    for at in range(cs, ce):
        h = add(h, lowered(lowers, attrs[at]))
    h = add(h, np.uint32(32))
    for at in range(s, e):
        h = add(h, lowered(lowers, attrs[at]))
    line = np.int64(0)
    begun = w
    for start, end in ((cs, ce), (s, e)):
        if start == end:
            continue
        w = split_words(attrs, start, end, words, first, w, word_keys, word_ids)
        bits, said, filled = sets_of(attrs, start, end, chars, lowers, set_keys, set_bits)
        nodes[y.STATE, n] |= y.SAYING if filled else 0
        line |= said
        found = found_in(attrs, start, end, chars, lowers, moves, symbols)
        weight = 25 * ((found & y.F_POSITIVE) != 0) - 25 * ((found & y.F_NEGATIVE) != 0)
        nodes[y.FOUND, n] |= found
        nodes[y.SETS, n] |= bits
        nodes[y.WEIGHT, n] += weight
    pairs[0, slot], pairs[1, slot] = key, h
    notes[0, slot] = nodes[y.FOUND, n]
    notes[1, slot] = nodes[y.SETS, n]
    notes[2, slot] = nodes[y.WEIGHT, n]
    notes[3, slot] = nodes[y.STATE, n] & y.SAYING
    notes[4, slot] = line
    to = held[0]
    notes[5, slot] = to
    for k in range(begun, w):
        held[to] = words[k]
        to += 1
    notes[6, slot] = held[0] = to
    return h, w, line


@leaf
def is_streamed(attrs: Any, start: Any, end: Any) -> Any:
    """Return whether an id is that of content which a page's script puts in its place."""
    if end - start < 3 or attrs[start] != 83 or attrs[start + 1] != 58:
        return False
    for at in range(start + 2, end):
        if not (48 <= attrs[at] <= 57 or 97 <= attrs[at] <= 102):
            return False
    return True


@leaf
def span(attrs: Any, start: Any, end: Any) -> Any:
    """Return how many rows or columns a cell spans, 1 to 100; 1 where it is no number."""
    number: Any = np.int64(0)
    for at in range(start, end):
        if not 48 <= attrs[at] <= 57:
            return np.int64(1)
        number = min(10 * number + attrs[at] - 48, 100)
    return max(number, 1)


@leaf
def read_names(codes: Any, at: Any, end: Any, nodes: Any, n: Any, attrs: Any, q: Any, words: Any,
               first: Any, w: Any, pairs: Any, notes: Any, held: Any, t: Any) -> Any:  # fmt: skip
    """Read the attributes of a node that begins; return (place, q, w, hash, what they say).

    `at` is the place after the tag's name, `q` the end of `attrs`, `w` that of the words.
    """
    chars, lowers, word_keys, word_ids = t.chars, t.lowers, t.word_keys, t.word_ids
    set_keys, set_bits = t.set_keys, t.set_bits
    keys, ids = t.attribute_keys, t.attribute_ids
    keywords, true, prefixes = t.keywords, t.true, t.prefixes
    says = 0
    unseen = False
    nodes[y.SOURCE, n] = at
    role_start = role_end = item_start = item_end = 0
    image = (t.tag_bits[nodes[y.TAG, n]] & y.T_REPLACED) != 0
    alt_start = alt_end = 0
    while at < end:
        c = codes[at]
        if c == 32 or c == 10 or c == 9 or c == 13:
            at += 1
            continue
        if c == 62:
            break
        if c == 47:
            says |= E_CLOSED
            at += 1
            continue
        h = OFFSET
        while at < end and codes[at] != 61:
            if codes[at] == 0xEF:  # U+FFFD, perhaps
                return at, q, w, OFFSET, E_BROKEN
            h = add(h, codes[at])
            at += 1
        at += 2
        start = at
        while at < end and codes[at] != 34:
            at += 1
        if at >= end:
            return at, q, w, OFFSET, E_BROKEN
        says |= E_SOME
        key = find(keys, ids, h)
        past = at + 1
        if key == y.A_HREF:
            if at > start and codes[start] == 35:
                nodes[y.STATE, n] |= y.HASHED
        elif key == y.A_SRC:
            if image and is_served(codes, start, at, keywords):
                says |= E_TOLD
                if is_formula_source(codes, start, at, chars, keywords):
                    says |= E_FORMULA
        elif key == y.A_TYPE:
            h = OFFSET
            for k in range(start, min(start + 5, at)):
                h = add(h, codes[k])
            if at - start >= 5 and find(set_keys, set_bits, h) & y.W_FORMULA:
                says |= E_SCRIPT
        elif key == y.A_FACE:
            says |= E_MONO if says_monospaced(codes, start, at, keywords) else 0
        elif key == y.A_NUMBER:
            nodes[y.STATE, n] |= y.MARKED
        elif key == y.A_HIDDEN:
            unseen = unseen or not (at > start and codes[start] == 117)  # until-found
        elif key == y.A_OPEN:
            says |= E_OPEN
        elif key == y.A_READONLY:
            says |= E_READONLY
        elif key == y.A_MATH:
            says |= E_FORMULA
        elif key == y.A_ACROSS or key == y.A_DOWN:
            nodes[y.ACROSS if key == y.A_ACROSS else y.DOWN, n] = span(codes, start, at)
        elif key == y.A_ARIA:
            h = OFFSET
            for k in range(start, at):
                h = add(h, codes[k])
            if h == true[0]:
                says |= E_ARIA
        elif key and (key != y.A_ALT or image):
            begin = q
            q = read_value(codes, start, at, attrs, q, t.c1)
            for k in range(begin, q):
                if attrs[k] >= y.CHARACTERS:
                    says |= E_FAR
                elif attrs[k] == 0xFFFD:
                    says |= E_LOST
            if key == y.A_CLASS:
                nodes[y.CLASS, n], nodes[y.CLASS_END, n] = begin, q
            elif key == y.A_ID:
                nodes[y.ID, n], nodes[y.ID_END, n] = begin, q
            elif key == y.A_STYLE:
                nodes[y.STATE, n] |= y.MARKED
                bits = styled(attrs, begin, q, chars, keywords)
                says |= E_HIDDEN if bits & S_HIDDEN else 0
                says |= E_UNSEEN if bits & S_UNSEEN else 0
                says |= E_STYLED_BLOCK if bits & S_BLOCK else 0
                says |= E_WRAPPED if bits & S_WRAPPED else 0
                says |= E_FLEX if bits & S_FLEX else 0
                says |= E_ROWED if bits & S_ROWED else 0
                says |= E_FLOAT if bits & S_FLOAT else 0
                says |= E_MONO if says_monospaced(attrs, begin, q, keywords) else 0
                says |= E_ALIGNED if bits & S_SCRIPT else 0
                says |= E_PRE if bits & S_PRE else 0
            elif key == y.A_ROLE:
                role_start, role_end = begin, q
            elif key == y.A_ITEMPROP:
                item_start, item_end = begin, q
            elif key == y.A_ALT:
                alt_start, alt_end = begin, q
        at = past
    if unseen and not is_streamed(attrs, nodes[y.ID, n], nodes[y.ID_END, n]):
        says |= E_HIDDEN
    name, w, line = read_class_and_id(nodes, n, attrs, words, first, w, pairs, notes, held, t)
    if line:
        nodes[y.STATE, n] |= y.MARKED
        says |= E_LINE
        nodes[y.CODE, n] = line  # for a moment
    for kind in range(2):
        begin, q_end = (role_start, role_end) if kind == 0 else (item_start, item_end)
        if q_end > begin:
            h = prefixes[kind]
            for k in range(begin, min(begin + 20, q_end)):
                h = add(h, lowered(lowers, attrs[k]))
            w = put_word(words, first, w, find(word_keys, word_ids, h))
    if role_end > role_start:
        h = OFFSET
        for k in range(role_start, role_end):
            h = add(h, attrs[k])
        bits = find(set_keys, set_bits, h)
        if bits & y.W_ROLE:
            nodes[y.STATE, n] |= y.UNLIKELY
        if bits & y.W_NAVIGATION:
            nodes[y.STATE, n] |= y.NAVIGATION
        if bits & y.W_CELL:
            says |= E_STYLED_BLOCK
        if bits & y.W_GRID:
            says |= E_GRID
        if bits & y.W_PANEL:
            says |= E_PANEL
    if alt_end > alt_start:
        if is_tex(attrs, alt_start, alt_end, chars, (says & E_TOLD) != 0):
            says |= E_FORMULA
        says |= E_TOLD
        nodes[y.TEXT_START, n], nodes[y.TEXT_END, n] = alt_start, alt_end  # in `attrs`
    return at, q, w, name, says
