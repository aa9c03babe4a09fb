"""What the kernels look up: signs of characters, tags, sets of words, patterns, weights."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from curate._compiled import interpreted
from curate.extract.combined import (
    boilerplate,
    context_features,
    equations,
    facts,
    inline,
    preformatted,
    rewriting,
    shown,
    stand_ins,
    units,
)
from curate.extract.combined import line_features as features
from curate.extract.combined import readability as article
from curate.extract.combined.ancestors import LISTS
from curate.extract.combined.bins import B16, B18, B20, B22, GROUPS
from curate.extract.combined.kernels import layout as y
from curate.extract.combined.line_classifier import GRID, Weights
from curate.extract.combined.lines import BOLD
from curate.extract.combined.markers import C1, OBJECT
from curate.extract.combined.page import BLOCKS, HEADINGS
from curate.extract.combined.selection import AGREED, DOUBT, NAVIGATION, PRECISE, RECALL
from curate.extract.combined.tables import GRIDS

_OFFSET, _PRIME, _ALL = 0xCBF29CE484222325, 0x100000001B3, (1 << 64) - 1
_STYLE_WORDS = (
    "display",
    "visibility",
    "white-space",
    "none",
    "hidden",
    "block",
    "flex",
    "grid",
    "table",
    "list-item",
    "pre-wrap",
    "pre-line",
    "pre",
    "break-spaces",
)
_ALIGNMENT = ("vertical-align", "super", "sub")
_MONOSPACED = ("courier", "consolas", "monospace", "monaco", "menlo", "lucida console",
               "andale mono", "fixedsys")  # fmt: skip  # fmt: skip
_BESIDE = ("inline-flex", "inline-grid", "float", "left", "right")
_CLIPBOARD = (
    "clipboard", "copybtn", "copy-btn", "copybutton", "copy-button", "copycode", "copy-code",
    "copyicon", "copy-icon", "btncopy", "btn-copy", "buttoncopy", "button-copy", "viewcode-link",
    "viewcode-back",
)  # fmt: skip
# Classes of images of formulas that have none of the words beside them.
_IMAGE_CLASSES = ("ee_img", "tr_noresize", "mimetex", "texrender", "equation",
                  "^tex$", "^tex ", " tex ", " tex$")  # fmt: skip
_SYMBOLS = "abcdefghijklmnopqrstuvwxyz0123456789-_"
# Tables have the same size for nearly all weights: another is another type, and compiled for.
_SLOTS, _WORDS = 1 << 14, 5_000


def digest(text: str) -> int:
    """Return FNV-1a over a text's code points, as the kernels make it."""
    h = _OFFSET
    for c in text:
        h = ((h ^ ord(c)) * _PRIME) & _ALL
    return h


def table(values: Mapping[str, int], size: int = 16) -> tuple[Any, Any]:
    """Return an open-addressed table: hashes of the keys, values; 0 marks an empty slot.

    It has `size` slots, a power of 2, or more.
    """
    while size < 3 * len(values):
        size *= 2
    keys, found = np.zeros(size, np.uint64), np.zeros(size, np.int32)
    for key, value in values.items():
        h = digest(key)
        slot = h & (size - 1)
        while keys[slot]:
            if int(keys[slot]) == h:
                raise ValueError(f"table: expected no two words of one hash, got {key!r}")
            slot = (slot + 1) & (size - 1)
        keys[slot], found[slot] = h, value
    return keys, found


def _characters() -> tuple[Any, Any]:
    """Return the signs of each character, and each in lower case."""
    every = list(map(chr, range(y.CHARACTERS)))
    signs = np.zeros(y.CHARACTERS, np.uint16)
    for bit, test in (
        (y.SPACE, str.isspace), (y.ALPHA, str.isalpha), (y.LOWERS, str.islower),
        (y.UPPERS, str.isupper), (y.DIGIT, str.isdigit), (y.DECIMAL, str.isdecimal),
        (y.WORD, str.isalnum), (y.PRINTABLE, str.isprintable),
    ):  # fmt: skip
        signs |= np.fromiter(map(test, every), np.bool_, y.CHARACTERS) * np.uint16(bit)
    signs[ord("_")] |= y.WORD
    for first, last, bit in (
        (0x00, 0x08, y.VOID), (0x0E, 0x1B, y.VOID), (0x7F, 0x84, y.VOID), (0x86, 0x9F, y.VOID),
        (0xAD, 0xAD, y.VOID), (0x202A, 0x202E, y.VOID), (0x2060, 0x206F, y.VOID),
        (0xFEFF, 0xFEFF, y.VOID), (0xFFF9, 0xFFFC, y.VOID), (0xFFFE, 0xFFFF, y.VOID),
        (0x200B, 0x200B, y.VOID),
        (0xE000, 0xF8FF, y.VOID | y.ICON),
        (0x0E00, 0x0EFF, y.THAI), (0x1000, 0x109F, y.THAI), (0x1780, 0x17FF, y.THAI),
        (0x2190, 0x2BFF, y.EMOJI), (0x3030, 0x3030, y.EMOJI), (0x303D, 0x303D, y.EMOJI),
        (0xFE0F, 0xFE0F, y.EMOJI), (0x200D, 0x200D, y.EMOJI), (0x1F000, 0x1FAFF, y.EMOJI),
    ):  # fmt: skip
        signs[first : last + 1] |= bit
    signs[ord(OBJECT)] &= ~np.uint16(y.PRINTABLE)
    lower = [one.lower() for one in every]
    lowers = np.fromiter(
        (ord(one) if len(one) == 1 else n for n, one in enumerate(lower)), np.uint32, y.CHARACTERS
    )
    return signs, lowers


def _tags() -> tuple[list[str], Any, Any, Any]:
    """Return the known tags, their bits, the points they start with, their numbers as features."""
    sets = {
        y.T_BLOCK: BLOCKS, y.T_DROPPED: shown.DROPPED, y.T_SILENT: shown.SILENT,
        y.T_RUBY: shown.RUBY,
        y.T_REPLACED: shown.REPLACED, y.T_ENDED: facts.ENDED,
        y.T_WATCHED: facts.WATCHED, y.T_PRE: preformatted.PREFORMATTED, y.T_CODE: preformatted.CODE,
        y.T_CAPTIONED: boilerplate.CAPTIONED, y.T_HEADING: HEADINGS, y.T_LIST: LISTS,
        y.T_OWN: article.OWN, y.T_NEVER: article.NEVER, y.T_CONDITIONAL: article.CONDITIONAL,
        y.T_WHOLE: article.WHOLE, y.T_BOLD: BOLD, y.T_SOFT: inline.SOFT_PARENTS,
        y.T_LINED: {"div", "li", "p"}, y.T_MATH: {"math", "m:math", "mml:math"},
        y.T_RARE: equations.HOLDING_TAGS | {"mjx-container"}, y.T_LISTED: article.LISTS,
        y.T_CELL: {"td", "th"}, y.T_FRAME: preformatted.FRAMES, y.T_UNLINED: preformatted.UNLINED,
        y.T_FOLDING: shown.FOLDING, y.T_FOLDED: shown.FOLDED,
        y.T_MONO: shown.MONOSPACED_TAGS, y.T_APART: shown.APART,
    }  # fmt: skip
    known = list(y.NAMED_TAGS)
    several = set().union(*sets.values(), article.START, context_features.TAGS)
    known += sorted(several - set(known))
    bits = [sum(bit for bit, tags in sets.items() if tag in tags) for tag in known]
    starts = [article.START.get(tag, 0) for tag in known]
    numbers = [context_features.TAGS.get(tag, 0) for tag in known]
    return known, np.array(bits, np.int32), np.array(starts, np.int32), np.array(numbers, np.int32)


def _sets() -> dict[str, int]:
    """Return for each word of some set which sets it is in, as bits."""
    found: dict[str, int] = {}
    for bit, words in (
        (y.W_ALOUD, facts.READ_ALOUD),
        (y.W_RARE,
         preformatted.CONTAINERS | shown.SCRIPT_WORDS | inline.SIGNATURES | GRIDS
         | rewriting.WORDS),
        (y.W_FORMULA, equations.RENDERED | equations.HOLDERS | equations.LATEX_BLOCKS
         | equations.FORMULA_IMAGES | rewriting.FORMULA_WORDS | {"math/"}),
        (y.W_BOX, preformatted.CODE_BOXES), (y.W_LINE_CELL, preformatted.LINE_CELLS),
        (y.W_NAVIGATION, units.NAVIGATION), (y.W_ROLE, article.ROLES),
        (y.W_ANCHOR, boilerplate.ANCHORS), (y.W_ANCHOR_WORD, boilerplate.ANCHOR_WORDS),
        (y.W_BUTTON, boilerplate.BUTTONS), (y.W_GUTTER, preformatted.GUTTERS),
        (y.W_ADVERT, boilerplate.ADS), (y.W_COPY, boilerplate.COPY),
        (y.W_START, boilerplate.ANCHOR_STARTS), (y.W_CELL, shown.CELL_ROLES),
        (y.W_DROPPED, boilerplate.DROPPED_WORDS), (y.W_LINE, preformatted.LINES),
        (y.W_LINK, boilerplate.LINKS), (y.W_BAR_START, boilerplate.BAR_STARTS),
        (y.W_FOOT, boilerplate.FOOTS), (y.W_STEP, boilerplate.STEPS),
        (y.W_SMILEY, stand_ins.SMILEYS), (y.W_FRACTION, shown.FRACTIONS),
        (y.W_GRID, shown.GRID_ROLES), (y.W_PANEL, shown.PANEL_ROLES),
        (y.W_BLOCK, shown.BLOCK_WORDS), (y.W_ROWED, shown.ROW_WORDS),
        (y.W_APART, shown.APART_WORDS), (y.W_ANSWER, stand_ins.ANSWERS),
    ):  # fmt: skip
        for word in words:
            found[word] = found.get(word, 0) | bit
    return found


def _automaton() -> tuple[Any, Any]:
    """Return (moves, symbols) of the automaton that looks for words in class and id.

    As Aho and Corasick 1975. Symbols 37 is "_", 38 a text's beginning, 39 its end, 40 any other,
    41 a space. The moves of a state are 43 numbers: where a state's begin by symbol, what is found.
    """
    words: dict[str, int] = {}
    for bit, several in (
        (y.F_UNLIKELY, article.UNLIKELY.pattern.split("|")),
        (y.F_MAYBE, article.MAYBE.pattern.split("|")),
        (y.F_POSITIVE, article.POSITIVE.pattern.split("|")),
        (y.F_NEGATIVE, article.NEGATIVE.pattern.split("|")),
        (y.F_CLIPBOARD, _CLIPBOARD), (y.F_EDIT, ("editsection",)),
        (y.F_EDIT_LONG, ("edit-section",)), (y.F_MATH, ("math",)),
        (y.F_LATEX, ("latex", "formula", *_IMAGE_CLASSES)),
        (y.F_CODE, preformatted.ABOUT_CODE.pattern.split("|")),
        (y.F_FOLD, shown.FOLD.pattern.split("|")),
        (y.F_NO_FOLD, shown.NO_FOLD.pattern.split("|")),
        (y.F_ANCHOR, ("anchor",)), (y.F_LINK, ("link",)), (y.F_HEADERLINK, ("headerlink",)),
    ):  # fmt: skip
        for word in several:
            words[word] = words.get(word, 0) | bit
    numbers = {c: n for n, c in enumerate(_SYMBOLS)} | {"^": 38, "$": 39, " ": 41}
    moves: list[list[int]] = [[0] * 42]
    found = [0]
    for word, bit in words.items():
        state = 0
        for c in word:
            if not moves[state][numbers[c]]:
                moves[state][numbers[c]] = len(moves)
                moves.append([0] * 42)
                found.append(0)
            state = moves[state][numbers[c]]
        found[state] |= bit
    back = [0] * len(moves)
    waiting = [state for state in moves[0] if state]
    for state in waiting:  # grows as it is gone through
        found[state] |= found[back[state]]
        for symbol in range(42):
            after = moves[state][symbol]
            if after:
                back[after] = moves[back[state]][symbol]
                waiting.append(after)
            else:
                moves[state][symbol] = moves[back[state]][symbol]
    symbols = np.full(128, 40, np.uint8)
    for c, n in numbers.items():
        if c not in "^$":
            symbols[ord(c)] = symbols[ord(c.upper())] = n
    width = y.SYMBOLS + 1
    rows = [[width * to for to in row] + [bits] for row, bits in zip(moves, found, strict=True)]
    return np.array(rows, np.uint32).reshape(-1), symbols


def vocabulary(weights: Weights) -> dict[str, int]:
    """Return the number of each word that weighs something, from 1."""
    words = sorted({*weights.above, *weights.near, *weights.inline, *weights.said, *features.TALK})
    return {word: n for n, word in enumerate(words, 1)}


def _padded(words: Sequence[str]) -> Any:
    """Return the length and the code points of each word, one row a word."""
    found = np.zeros((len(words), 1 + max(map(len, words))), np.uint32)
    for row, word in zip(found, words, strict=True):
        row[0] = len(word)
        row[1 : 1 + len(word)] = list(map(ord, word))
    return found


@cache
def _fixed() -> dict[str, Any]:
    """Return the tables that no weights change."""
    chars, lowers = _characters()
    known, bits, starts, numbers = _tags()
    ids = {"<" + tag: n for n, tag in enumerate(known) if n > 1}
    tag_keys, tag_ids = table(ids)
    sources = dict.fromkeys(equations.SOURCES, y.A_MATH)
    attribute_keys, attribute_ids = table(sources | y.ATTRIBUTES)
    set_keys, set_bits = table(_sets())
    moves, symbols = _automaton()
    return {
        "chars": chars, "c1": np.array([C1[n] or 0 for n in range(0x80, 0xA0)], np.uint32),
        "lowers": lowers, "tag_keys": tag_keys, "tag_ids": tag_ids,
        "tag_bits": bits, "tag_starts": starts, "tag_numbers": numbers,
        "attribute_keys": attribute_keys, "attribute_ids": attribute_ids,
        "set_keys": set_keys, "set_bits": set_bits, "moves": moves,
        "symbols": symbols,
        "keywords": _padded(
            (*_STYLE_WORDS, "latex", "math", "tex", "cht=tx", *_ALIGNMENT, *_MONOSPACED, *_BESIDE)
        ),
        "true": np.array([digest("true")], np.uint64),
        "prefixes": np.array([digest("role="), digest("itemprop=")], np.uint64),
        **{f"bins{name}": np.array(bins, np.int64)
           for name, bins in ((16, B16), (18, B18), (20, B20), (22, B22))},
    }  # fmt: skip


@cache
def known_tags() -> list[str]:
    """Return the known tags by their number."""
    return _tags()[0]


def tables(weights: Weights) -> tuple[Any, Any]:
    """Return the tables and the weights as the kernels take them, each as one record.

    A record is passed as one pointer; of two dozen arrays a call would take microseconds.
    """
    words = vocabulary(weights)
    word_keys, word_ids = table(words, _SLOTS)
    tag_words = np.array([words.get("<" + tag, 0) for tag in known_tags()], np.int32)
    numbers = np.zeros(1000 * len(GROUPS), np.int32)
    for code, weight in weights.numbers.items():
        numbers[code] = weight
    fixed = _record(_fixed() | {"word_keys": word_keys, "word_ids": word_ids,
                                "tag_words": tag_words})  # fmt: skip
    odds = {
        "bias": np.array([weights.bias], np.int64),
        "numbers": numbers,
        "above": _by_word(words, weights.above),
        "near": _by_word(words, weights.near),
        "inline": _by_word(words, weights.inline),
        "said": _by_word(words, weights.said),
        "talks": _by_word(words, dict.fromkeys(features.TALK, 1)),
        "leaning": np.array([one / GRID for one in weights.smoothing], np.float64),
        "doubts": np.array([AGREED, DOUBT, NAVIGATION, PRECISE, RECALL], np.float64),
    }
    return fixed, _record(odds)


def _record(arrays: Mapping[str, Any]) -> Any:
    """Return one record of arrays, as an array of one."""
    fields: Any = [(name, array.dtype, array.shape) for name, array in arrays.items()]
    found = np.zeros(1, np.dtype(fields, align=True))
    for name, array in arrays.items():
        found[name][0] = array
    return found.view(np.recarray) if interpreted else found


def _by_word(words: Mapping[str, int], weights: Mapping[str, int]) -> Any:
    found = np.zeros(max(len(words) + 1, _WORDS), np.int32)
    for word, weight in weights.items():
        found[words[word]] = weight
    return found
