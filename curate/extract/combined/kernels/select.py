"""The lines of a page that are its main text, and that text: one call, as calls have a price."""

from typing import Any

import numpy as np

from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels import titles as named
from curate.extract.combined.kernels.ancestors import line_ancestors, line_units, node_ancestors
from curate.extract.combined.kernels.boilerplate import without_boilerplate
from curate.extract.combined.kernels.data_tables import data_tables
from curate.extract.combined.kernels.link_bars import drop_idle_links
from curate.extract.combined.kernels.log_odds import log_odds
from curate.extract.combined.kernels.readability import article
from curate.extract.combined.kernels.render import write
from curate.extract.combined.kernels.selection import (
    best,
    choose,
    complete_headings,
    fill,
    smooth,
)
from curate.extract.combined.kernels.strings import entry, kernel, leaf, unowned

FEW_CHARACTERS = 200  # as in `fallback_text`
LOWEST, NAMED, ABOVE = -3.6, 8, 4  # as in `sections`, the size of its SEE_ALSO, as in `edges`


@kernel
def select_lines(nodes: Any, count: Any, tags: Any, names: Any, words: Any, lines: Any,
                 ancestors: Any, out: Any, barred: Any, long: Any, tables: Any, title: Any,
                 titles: Any, buffer: Any, t: Any, w: Any, precision: Any) -> Any:  # fmt: skip
    """Return which lines to keep, one byte a line, log-odds, and what Readability found.

    Args:
        title, titles: the words of <title>, the headings to put above the text.
        buffer: room for the words of any line.
    """
    several = lines.shape[1]
    inside = article(nodes, count, names, lines, t)
    top = -1
    for n in range(several):
        if ancestors[y.HEADING, n] == 1:
            top = n
            break
    has_named = len(titles) > 0
    if has_named:
        top = titles[0]
    odds = log_odds(nodes, count, tags, names, words, lines, out, inside, top, has_named, t, w)
    if precision:
        kept = np.zeros(several, np.uint8)
        for n in range(several):
            if not inside[n]:
                odds[n] -= w.doubts[3]
        units = np.empty(several, np.int32)
        for n in range(several):
            units[n] = n
        best(odds, lines, units, kept, 1.0)
        return kept, odds, inside
    odds = smooth(nodes, tags, names, lines, odds, w.leaning)
    main = within = 0
    for n in range(several):
        main += lines[y.SIZE, n] if inside[n] else 0
        within += lines[y.SIZE, n] if inside[n] and barred[n] else 0
    if 2 * within <= main:
        for n in range(several):
            if barred[n] and not inside[n]:
                odds[n] -= w.doubts[2]
    units = line_units(lines, ancestors, out, tables, long, nodes, count)
    kept = choose(odds, lines, inside, units, w.doubts[0], w.doubts[1], w.doubts[4])
    named.add_title(kept, lines, ancestors, barred, odds, out, title, titles, buffer, t.chars,
                    t.lowers)  # fmt: skip
    named.add_prose(kept, lines, inside, barred, odds)
    complete_headings(kept, units, ancestors, tables, barred)
    fill(kept, lines, inside, units, ancestors, tables, long, barred, odds)
    return kept, odds, inside


@kernel
def shown_title(text: Any, start: Any, end: Any, given: Any, t: Any) -> Any:
    """Return (status, words of a title): `given` if there are some, else those of a text."""
    if len(given):
        return y.DONE, given
    title, good = named.title_words(text, start, end, t.chars, t.lowers)
    return (y.DONE if good else y.ODD_TITLE), title


@leaf
def is_long(title: Any) -> Any:
    """Return whether a title has more characters than are compared here."""
    for k in range(len(title)):
        if title[k] == 0:
            return k > named.LONGEST_TITLE
    return True


@leaf
def signs_left(kept: Any, lines: Any, ancestors: Any, odds: Any, titles: Any, tables: Any) -> Any:
    """Return what the last step may have to do, as bits."""
    signs = several = 0
    first = -1
    for n in range(len(tables)):
        if tables[n]:
            signs = y.L_TABLES
            break
    for n in range(len(kept)):
        level = ancestors[y.HEADING, n]
        if kept[n]:
            if first < 0:
                first = n
            elif several <= ABOVE and level == 1:
                signs |= y.L_ABOVE
            several += 1
        elif (level > 0 or lines[y.SIZE, n] == NAMED) and odds[n] > LOWEST:
            signs |= y.L_HEADS
    for k in range(len(titles)):
        signs |= y.L_TITLED if kept[titles[k]] else 0
    if len(titles) and first != titles[0]:
        signs |= y.L_ABOVE
    return signs


@leaf
def free_titles(headings: Any, good: Any, barred: Any, titles: Any) -> Any:
    """Find the headings to put above the text, good ones outside of navigation; return how many."""
    several = 0
    for k in range(len(headings)):
        if good[k] and not barred[headings[k]]:
            titles[several] = headings[k]
            several += 1
    return several


@entry
def page_text(nodes: Any, count: Any, tags: Any, names: Any, text: Any, words: Any, start: Any,
              end: Any, lines: Any, number: Any, out: Any, title: Any, fixed: Any, odds: Any,
              precision: Any, enough: Any, chosen: Any, written: Any) -> Any:  # fmt: skip
    """Return the main text of a page.

    As (status, number of the line that <title> names best, text, its blocks; and for those who
    write it otherwise: lines, which are kept, their ancestors, long groups, tables of data; and for
    those who choose otherwise: log-odds, lines inside <nav>, headings that <title> names, lines
    that Readability found, what `signs_left` returns).

    Args:
        start, end: where <title> stands in `text`.
        title: its words as `title_words` has them, where those cannot be made here.
        enough: the page is read though it has little text.
        chosen: which lines are written, one byte a line; empty where they are to be found.
        written: the text is wanted.
    """
    nodes, tags, names = unowned(nodes), unowned(tags), unowned(names)
    text, words, out = unowned(text), unowned(words), unowned(out)
    t, w = fixed[0], odds[0]
    lines = without_boilerplate(nodes, lines, number, fixed)
    several = lines.shape[1]
    best_named = -1
    empty, no_blocks = np.empty(0, np.uint32), np.empty((3, 0), np.int32)
    kept, no_bytes = np.zeros(several, np.uint8), np.zeros(0, np.uint8)
    no_ancestors = np.empty((0, y.ANCESTOR_FIELDS), np.int32).T
    own = longest = 0
    for n in range(several):
        own += lines[y.SIZE, n] - lines[y.LINKED, n]
        longest = max(longest, lines[y.LOWER_STOP, n] - lines[y.LOWER, n])
    status, title = shown_title(text, start, end, title, t)
    if own < FEW_CHARACTERS and not enough:
        status = y.LITTLE
    elif status == y.DONE and is_long(title):
        status = y.LONG_TITLE
    if status != y.DONE:
        return (status, best_named, empty, no_blocks, lines, kept, no_ancestors, no_bytes, no_bytes,
                np.zeros(0, np.float64), no_bytes, np.zeros(0, np.int64), no_bytes, 0)  # fmt: skip
    every = node_ancestors(nodes, count, t.tag_bits)
    ancestors, long, barred = line_ancestors(every, nodes, count, lines)
    tables = data_tables(nodes, count, lines, out, t.chars)
    buffer = np.empty(longest + 1, np.uint32)
    headings, good = named.named_headings(lines, ancestors, out, title, buffer, t.chars, t.lowers)
    if len(headings):
        best_named = headings[0]
    titles = np.empty(len(headings), np.int64)
    titles = titles[: free_titles(headings, good, barred, titles)]
    signs = 0
    scores, inside = np.zeros(0, np.float64), no_bytes
    if len(chosen):
        kept = chosen
    else:
        kept, scores, inside = select_lines(nodes, count, tags, names, words, lines, ancestors, out,
                                            barred, long, tables, title, titles, buffer, t, w,
                                            precision)  # fmt: skip
    if not precision and not len(chosen):
        drop_idle_links(kept, lines, ancestors, tables, out, t)
        named.drop_idle_headings(kept, lines, ancestors, titles, out, t.chars, t.lowers)
        signs = signs_left(kept, lines, ancestors, scores, titles, tables)
    if written:
        empty, no_blocks = write(nodes, lines, kept, ancestors, tables, long, out, t)
    return (status, best_named, empty, no_blocks, lines, kept, ancestors, long, tables,
            scores, barred, titles, inside, signs)  # fmt: skip
