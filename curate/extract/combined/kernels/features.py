"""How likely each line is main text: the kernels of the features and of their weights.

As in `numeric_features`, `context_features`, `line_features` and `line_classifier`; a feature is
not built: its weight is looked up and added, in whole thousandths.
"""

from typing import Any

import numpy as np

from curate.extract.combined.bins import CODES
from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.arrays import no_numbers
from curate.extract.combined.kernels.strings import OFFSET, add, find, has, kernel, leaf, lowered

_PROSE, _FAR, _SHORT = 80, 9, 80
LENGTH, LINKS, LENGTH_LINKS, END_LENGTH, BEGIN, COMMAS, DIGITS, BOLD, BREAK, REPEATED = (
    CODES[name]
    for name in ("length", "links", "length_links", "end_length", "start", "commas", "digits",
                 "bold", "break", "repeated")
)  # fmt: skip
WHERE, WHERE_LENGTH, WHERE_LINKS, ARTICLE_SHARE, ARTICLE_SIZE, PAGE_SIZE, SENTENCE, PLACE = (
    CODES[name]
    for name in ("where", "where_length", "where_links", "article_share", "article_size",
                 "page_size", "sentence", "place")
)  # fmt: skip
WHERE_PLACE, DISTANCE, HIDDEN, ROUND, ROUND_ARTICLE, KIND_SHARE, KIND_LINKS, KIND_LINES = (
    CODES[name]
    for name in ("where_place", "distance", "hidden", "around", "around_article", "kind_share",
                 "kind_links", "kind_lines")
)  # fmt: skip
KIND_MEAN, TAG_LENGTH, TAG_LINKS, TAGS, TAG_BEFORE, TAG_AFTER, COMMENTS, TITLE = (
    CODES[name]
    for name in ("kind_mean", "tag_length", "tag_links", "tags", "tag-1", "tag+1", "comments",
                 "title")
)  # fmt: skip
# Of groups that follow each other the first; the next is a thousand further.
SIDES, ARTICLES, ENDS, KINS = (CODES[name] for name in ("before3", "article-3", "end-1", "kin-1"))
SIZES, SHARES, DENSE, MEANS, PROSES, PARTS = (
    CODES[name] for name in ("size0", "share0", "dense0", "mean0", "prose0", "prose25")
)


@leaf
def binned(table: Any, number: Any) -> Any:
    """Return the bin of a number that is not negative."""
    return table[number] if number < len(table) else table[-1]


@leaf
def share(part: Any, total: Any) -> Any:
    """Return 0 for none, 1..4 by quarters, 5 for all."""
    if not part:
        return 0
    return 1 + 4 * part // total if part < total else 5


@leaf
def ending(out: Any, start: Any, stop: Any, chars: Any) -> Any:
    r"""Return how a line ends; a sentence does by [.!?…。！？]["'”’»)\]]*$ in its last four."""
    at = stop - 1
    least = max(start, stop - 4)
    while at >= least:
        c = out[at]
        if c == 46 or c == 33 or c == 63 or c == 0x2026 or c == 0x3002 or c == 0xFF01 or (
            c == 0xFF1F
        ):  # fmt: skip
            last = out[stop - 1]
            dots = stop - start > 2 and last == 46 and out[stop - 2] == 46 and out[stop - 3] == 46
            return 2 if dots or last == 0x2026 else 1
        if not (
            c == 34 or c == 39 or c == 0x201D or c == 0x2019 or c == 0xBB or c == 41 or c == 93
        ):
            break
        at -= 1
    c = out[stop - 1]
    if c == 58 or c == 0xFF1A or c == 59 or c == 0xFF1B or c == 44 or c == 0xFF0C:
        return 3
    return 4 if has(chars, c, y.WORD) and c != 95 else 5


@leaf
def beginning(out: Any, start: Any, stop: Any, chars: Any) -> Any:
    """Return how a line begins, and of its first 60 characters the digits."""
    stop = min(stop, start + 60)
    letters = True
    digits = 0
    cased = False
    upper = True
    for at in range(start, stop):
        bits = chars[out[at]] if out[at] < y.CHARACTERS else 0
        letters = letters and (bits & y.ALPHA) != 0
        digits += (bits & y.DIGIT) != 0
        cased |= (bits & y.UPPERS) != 0
        upper = upper and not bits & y.LOWERS
    bits = chars[out[start]] if start < stop and out[start] < y.CHARACTERS else 0
    if letters:
        digits = 0
    if bits & y.DIGIT:
        return 0, digits
    if not bits & y.ALPHA:
        return 1, digits
    if bits & y.LOWERS:
        return 2, digits
    if not bits & y.UPPERS:
        return 3, digits
    return 5 if cased and upper else 4, digits


@leaf
def text_hash(out: Any, start: Any, stop: Any) -> Any:
    """Return a hash of a line's text."""
    h = OFFSET
    for at in range(start, stop):
        h = add(h, out[at])
    return h


@kernel
def groups_of(keys: Any) -> Any:
    """Return for each key the number of its group, in the order in which they first come."""
    count = len(keys)
    size = 16
    while size < 3 * count:
        size *= 2
    slots = no_numbers(size)
    group_numbers = np.empty(count, np.int32)
    firsts = np.empty(count, np.int32)
    groups = 0
    mask = np.uint64(size - 1)
    for n in range(count):
        slot = (keys[n] ^ (keys[n] >> np.uint64(29))) & mask
        while slots[slot] >= 0 and keys[firsts[slots[slot]]] != keys[n]:
            slot = (slot + np.uint64(1)) & mask
        if slots[slot] < 0:
            slots[slot] = groups
            firsts[groups] = n
            groups += 1
        group_numbers[n] = slots[slot]
    return group_numbers, groups


@leaf
def kind_of(nodes: Any, tags: Any, names: Any, node: Any, levels: Any) -> Any:
    """Return a hash of the tags and names of a block and of the elements around it."""
    h = OFFSET
    for _ in range(levels):
        if node < 0:
            break
        h = (h ^ tags[node]) * np.uint64(0x9E3779B97F4A7C15)
        h = (h ^ (h >> np.uint64(31)) ^ names[node]) * np.uint64(0xBF58476D1CE4E5B9)
        h ^= h >> np.uint64(29)
        node = nodes[y.PARENT, node]
    return h


@kernel
def words_above(nodes: Any, count: Any, words: Any, weights: Any, talks: Any, stack: Any) -> Any:
    """Return for each node the weight of the words above it, and whether it is in comments.

    A word counts once, however many of the elements around have it.
    """
    score = np.zeros(count + 1, np.int64)
    talk = np.zeros(count + 1, np.uint8)
    open_words = np.zeros(len(weights), np.int32)
    depth = 0
    for node in range(count):
        if nodes[y.TAG, node] == y.TEXT:
            continue
        while depth and node >= nodes[y.END, stack[depth - 1]]:
            depth -= 1
            above = stack[depth]
            for k in range(nodes[y.WORDS, above], nodes[y.WORDS_END, above]):
                open_words[words[k]] -= 1
        parent = nodes[y.PARENT, node]
        sum_ = score[parent] if parent >= 0 else 0
        talking = parent >= 0 and talk[parent] != 0
        for k in range(nodes[y.WORDS, node], nodes[y.WORDS_END, node]):
            word = words[k]
            if open_words[word] == 0:
                sum_ += weights[word]
                talking |= talks[word] != 0
            open_words[word] += 1
        score[node] = sum_
        talk[node] = talking
        stack[depth] = node
        depth += 1
    return score, talk


@leaf
def words_near(nodes: Any, node: Any, words: Any, weights: Any) -> Any:
    """Return the weight of the words of an element and the one around it."""
    total = 0
    first, last = nodes[y.WORDS, node], nodes[y.WORDS_END, node]
    for k in range(first, last):
        total += weights[words[k]]
    parent = nodes[y.PARENT, node]
    if parent < 0:
        return total
    for k in range(nodes[y.WORDS, parent], nodes[y.WORDS_END, parent]):
        is_repeated = False
        for m in range(first, last):
            is_repeated |= words[m] == words[k]
        if not is_repeated:
            total += weights[words[k]]
    return total


@leaf
def words_inline(nodes: Any, node: Any, words: Any, weights: Any, tag_bits: Any, seen: Any) -> Any:
    """Return the weight of the words of the inline elements from one on."""
    total = count = 0
    while node >= 0 and not tag_bits[nodes[y.TAG, node]] & y.T_BLOCK:
        for k in range(nodes[y.WORDS, node], nodes[y.WORDS_END, node]):
            is_repeated = False
            for m in range(count):
                is_repeated |= seen[m] == words[k]
            if not is_repeated and count < len(seen):
                seen[count] = words[k]
                count += 1
                total += weights[words[k]]
        node = nodes[y.PARENT, node]
    return total


@kernel
def words_said(out: Any, start: Any, stop: Any, chars: Any, lowers: Any, word_keys: Any,
               word_ids: Any, said: Any) -> Any:  # fmt: skip
    """Return the weight of the words of a short line: runs of two letters and more, each once."""
    total = 0
    seen = np.empty(128, np.int32)
    count = 0
    at = start
    while at < stop:
        c = lowered(lowers, out[at])
        if not has(chars, c, y.WORD) or has(chars, c, y.DECIMAL) or c == 95:
            at += 1
            continue
        h = OFFSET
        begin = at
        while at < stop:
            c = lowered(lowers, out[at])
            if not has(chars, c, y.WORD) or has(chars, c, y.DECIMAL) or c == 95:
                break
            h = add(h, c)
            at += 1
        if at - begin < 2:
            continue
        word = find(word_keys, word_ids, h)
        is_repeated = word == 0
        for m in range(count):
            is_repeated |= seen[m] == word
        if not is_repeated:
            seen[count] = word
            count += 1
            total += said[word]
    return total
