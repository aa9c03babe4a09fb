"""The log-odds of a page's lines, one by one: the kernel of `line_classifier.log_odds`."""

from typing import Any

import numpy as np

from curate.extract.combined.bins import NOWHERE
from curate.extract.combined.kernels import features as f
from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.arrays import no_numbers
from curate.extract.combined.kernels.strings import kernel

GRID = 1000.0


@kernel
def block_weights(nodes: Any, count: Any, lines: Any, sums: Any, prose: Any, t: Any, w: Any,
                  words: Any, above: Any) -> Any:  # fmt: skip
    """Return what each line's block weighs, known once for all lines of a block."""
    numbers, near, bias = w.numbers, w.near, w.bias[0]
    bins18, bins20, tag_numbers = t.bins18, t.bins20, t.tag_numbers
    line_count = lines.shape[1]
    weights_of_lines = np.empty(line_count, np.int64)
    first_line = no_numbers(count + 1)
    far = np.empty((3, count + 1), np.int64)
    for k in range(3):
        for node in range(count + 1):
            far[k, node] = -1
    total = max(sums[0, count], 1)
    waiting = np.empty(count + 1, np.int32)
    for n in range(line_count):
        block = lines[y.AROUND, n]
        if first_line[block] >= 0:
            weights_of_lines[n] = weights_of_lines[first_line[block]]
            continue
        first_line[block] = n
        score = bias
        if block >= 0:
            score += above[block] + f.words_near(nodes, block, words, near)
        node = block
        for level in range(4):
            if node < 0:
                score += numbers[f.SIZES + 1000 * level + NOWHERE]
                continue
            end = nodes[y.END, node]
            size = sums[0, end] - sums[0, node]
            number = max(sums[2, end] - sums[2, node], 1)
            score += numbers[f.SIZES + 1000 * level + f.binned(bins20, size)]
            score += numbers[f.SHARES + 1000 * level + f.binned(bins18, 100 * size // total)]
            score += numbers[f.DENSE + 1000 * level + f.share(sums[1, end] - sums[1, node], size)]
            score += numbers[f.MEANS + 1000 * level + f.binned(bins18, size // number)]
            score += numbers[f.PROSES + 1000 * level + 4 * (sums[3, end] - sums[3, node]) // number]
            node = nodes[y.PARENT, node]
        tag = parent = 0
        if block >= 0:
            tag = tag_numbers[nodes[y.TAG, block]]
            if nodes[y.PARENT, block] >= 0:
                parent = tag_numbers[nodes[y.TAG, nodes[y.PARENT, block]]]
        score += numbers[f.TAGS + 30 * parent + tag]
        every = prose[count]
        if every == 0:
            for k in range(3):
                score += numbers[f.PARTS + 1000 * k + f._FAR + 1]
        else:
            waits = 0
            node = block
            while node >= 0 and far[0, node] < 0:
                waiting[waits] = node
                waits += 1
                node = nodes[y.PARENT, node]
            while waits:
                waits -= 1
                at = waiting[waits]
                up = nodes[y.PARENT, at]
                part = 4 * (prose[nodes[y.END, at]] - prose[at])
                for k in range(3):
                    steps_above = far[k, up] if up >= 0 else 0
                    far[k, at] = 0 if part >= (k + 1) * every else min(steps_above + 1, f._FAR)
            for k in range(3):
                score += numbers[f.PARTS + 1000 * k + (far[k, block] if block >= 0 else 0)]
        weights_of_lines[n] = score
    return weights_of_lines


@kernel
def log_odds(nodes: Any, count: Any, tags: Any, names: Any, words: Any, lines: Any,
             out: Any, inside: Any, title: Any, named: Any, t: Any, w: Any) -> Any:  # fmt: skip
    """Return for each line the log-odds that it is main text.

    `title` is the number of the line that is the title, -1 for none; `named`: by <title>.
    """
    chars, lowers, tag_bits, tag_numbers = t.chars, t.lowers, t.tag_bits, t.tag_numbers
    bins16, bins18, bins20, bins22 = t.bins16, t.bins18, t.bins20, t.bins22
    word_keys, word_ids, said, in_line = t.word_keys, t.word_ids, w.said, w.inline
    weights = w.numbers
    line_count = lines.shape[1]
    scores = np.empty(line_count, np.float64)
    if line_count == 0:
        return scores
    stack = np.empty(count + 1, np.int32)
    above, talk = f.words_above(nodes, count, words, w.above, w.talks, stack)
    sums, prose = np.zeros((4, count + 1), np.int64), np.zeros(count + 1, np.int64)
    ends, lengths = np.empty(line_count, np.int64), np.empty(line_count, np.int64)
    shares = np.empty(line_count, np.int64)
    kinds, texts = np.empty(line_count, np.uint64), np.empty(line_count, np.uint64)
    block_tags = np.zeros(line_count, np.int64)
    running, chosen_before = np.zeros(line_count + 1, np.int64), np.zeros(line_count + 1, np.int64)
    chosen_size = unlinked = talked = 0
    first, last = 0, -1
    for n in range(line_count):
        node, size, linked = lines[y.NODE, n], lines[y.SIZE, n], lines[y.LINKED, n]
        start, stop, block = lines[y.START, n], lines[y.STOP, n], lines[y.AROUND, n]
        ends[n] = f.ending(out, start, stop, chars)
        sums[0, node + 1] = size
        sums[1, node + 1] = linked
        sums[2, node + 1] = 1
        sums[3, node + 1] = ends[n] == 1 or ends[n] == 2
        if size >= f._PROSE and 4 * linked <= size and not nodes[y.STATE, node] & y.HIDDEN:
            prose[node + 1] = size
        lengths[n] = f.binned(bins18, size)
        shares[n] = f.share(linked, size)
        kinds[n] = f.kind_of(nodes, tags, names, block, 2)
        texts[n] = f.text_hash(out, start, stop)
        if block >= 0:
            block_tags[n] = tag_numbers[nodes[y.TAG, block]]
        running[n + 1] = running[n] + size
        chosen_before[n + 1] = chosen_before[n] + inside[n]
        if inside[n]:
            chosen_size += size
            if last < 0:
                first = n
            last = n
        unlinked += size - linked
        if block >= 0 and talk[block]:
            talked += size - linked
    for node in range(count):
        for row in range(4):
            sums[row, node + 1] += sums[row, node]
        prose[node + 1] += prose[node]
    total = max(sums[0, count], 1)
    kind, some = f.groups_of(kinds)
    kind_size, kind_linked, kind_lines = (
        np.zeros(some, np.int64), np.zeros(some, np.int64), np.zeros(some, np.int64)
    )  # fmt: skip
    text, different = f.groups_of(texts)
    repeats = np.zeros(different, np.int64)
    for n in range(line_count):
        kind_size[kind[n]] += lines[y.SIZE, n]
        kind_linked[kind[n]] += lines[y.LINKED, n]
        kind_lines[kind[n]] += 1
        repeats[text[n]] += 1
    article_share = f.binned(bins18, 100 * chosen_size // total)
    article_size, page_size = f.binned(bins22, chosen_size), f.binned(bins22, total)
    talked = f.share(talked, max(unlinked, 1))
    around = block_weights(nodes, count, lines, sums, prose, t, w, words, above)
    marks = np.empty(256, np.int32)
    for n in range(line_count):
        size, linked, node = lines[y.SIZE, n], lines[y.LINKED, n], lines[y.NODE, n]
        start, stop, block = lines[y.START, n], lines[y.STOP, n], lines[y.AROUND, n]
        length, part, chosen = lengths[n], shares[n], np.int64(inside[n])
        begin, digits = f.beginning(out, start, stop, chars)
        score = around[n]
        score += weights[f.LENGTH + length] + weights[f.LINKS + part]
        score += weights[f.LENGTH_LINKS + 10 * length + part]
        score += weights[f.END_LENGTH + 20 * ends[n] + length] + weights[f.BEGIN + begin]
        score += weights[f.COMMAS + min(lines[y.COMMAS, n], 4)]
        score += weights[f.DIGITS + 5 * digits // min(60, size)]
        score += weights[f.BOLD + 20 * (10 * lines[y.BOLD, n] >= 9 * size) + length]
        score += weights[f.BREAK + lines[y.BREAKS, n]]
        score += weights[f.REPEATED + min(repeats[text[n]], 4)]
        where = 0 if chosen else 1 if first < n < last else 2 if n < first else 3
        away = n - last if n > last else first - n if n < first else 0
        low, high = max(0, n - 5), min(line_count, n + 6)
        place = 10 * running[n] // total
        near = 10 * (chosen_before[high] - chosen_before[low]) // (high - low)
        score += weights[f.WHERE + where] + weights[f.WHERE_LENGTH + 20 * where + length]
        score += weights[f.WHERE_LINKS + 10 * where + part]
        score += weights[f.ARTICLE_SHARE + 20 * chosen + article_share]
        score += weights[f.ARTICLE_SIZE + 20 * chosen + article_size]
        score += weights[f.PAGE_SIZE + 20 * chosen + page_size]
        score += weights[f.SENTENCE + 10 * chosen + ends[n]] + weights[f.PLACE + place]
        score += weights[f.WHERE_PLACE + 20 * where + place]
        score += weights[f.DISTANCE + 20 * where + f.binned(bins16, away)]
        to_title = 900
        if title >= 0:
            side = 0 if n < title else 2 if n > title else 1
            to_title = 100 * (3 * named + side) + 2 * f.binned(bins16, abs(n - title))
        score += weights[f.TITLE + to_title + chosen]
        hidden = (nodes[y.STATE, node] & y.HIDDEN) != 0
        score += weights[f.HIDDEN + 2 * hidden + chosen]
        score += weights[f.ROUND + f.binned(bins18, running[high] - running[low])]
        score += weights[f.ROUND_ARTICLE + 20 * chosen + near]
        k = kind[n]
        score += weights[f.KIND_SHARE + 20 * chosen + f.binned(bins18, 100 * kind_size[k] // total)]
        score += weights[f.KIND_LINKS + f.share(kind_linked[k], kind_size[k])]
        score += weights[f.KIND_LINES + f.binned(bins20, kind_lines[k])]
        score += weights[f.KIND_MEAN + f.binned(bins18, kind_size[k] // kind_lines[k])]
        tag = block_tags[n]
        score += weights[f.TAG_LENGTH + 32 * length + tag]
        score += weights[f.TAG_LINKS + 200 * chosen + 32 * part + tag]
        score += weights[f.TAG_BEFORE + (30 * block_tags[n - 1] + tag if n else NOWHERE)]
        score += weights[
            f.TAG_AFTER + (30 * block_tags[n + 1] + tag if n + 1 < line_count else NOWHERE)
        ]
        talking = block >= 0 and talk[block] != 0
        score += weights[f.COMMENTS + 20 * talked + 10 * talking + 2 * (length > 5) + chosen]
        for k in range(6):
            other = n + (k - 3 if k < 3 else k - 2)
            if 0 <= other < line_count:
                score += weights[f.SIDES + 1000 * k + 20 * (shares[other] > 2) + lengths[other]]
                score += weights[f.ARTICLES + 1000 * k + 2 * np.int64(inside[other]) + chosen]
            else:
                score += weights[f.SIDES + 1000 * k + NOWHERE]
        for k in range(2):
            other = n + 2 * k - 1
            if 0 <= other < line_count:
                alike = kind[other] == kind[n]
                score += weights[f.ENDS + 1000 * k + 10 * ends[other] + shares[other]]
                score += weights[
                    f.KINS + 1000 * k
                    + 4 * alike + 2 * (lengths[other] > 5) + chosen
                ]  # fmt: skip
        score += f.words_inline(nodes, nodes[y.PARENT, node], words, in_line, tag_bits, marks)
        if size <= f._SHORT:
            score += f.words_said(
                out,
                lines[y.LOWER, n],
                lines[y.LOWER_STOP, n],
                chars,
                lowers,
                word_keys,
                word_ids,
                said,
            )
        scores[n] = score / GRID
    return scores
