"""The same definitions once more, slowly and without NumPy: the kernels must agree with them."""

import unicodedata
from itertools import groupby

M64 = 2**64 - 1
GOLDEN, BASE, SCRAMBLE = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93
SPACELESS = [(0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3005, 0x3007),
             (0x3041, 0x312F), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF),
             (0xA000, 0xA4CF), (0xAA60, 0xAA7F), (0x20000, 0x3FFFF)]  # fmt: skip


ARABIC = {"\u0649": "\u064a", "\u06cc": "\u064a", "\u06d0": "\u064a", "\u06a9": "\u0643",
          "\u06c1": "\u0647", "\u0640": ""}  # fmt: skip


def mix(h):
    h = (h ^ h >> 30) * 0xBF58476D1CE4E5B9 & M64
    h = (h ^ h >> 27) * 0x94D049BB133111EB & M64
    return h ^ h >> 31


def invisible(c):
    accent = unicodedata.combining(c)
    if accent >= 200 or 10 <= accent <= 35 or c == "\u034f":
        return True
    if 0xFE00 <= ord(c) <= 0xFE0F or 0xE0100 <= ord(c) <= 0xE01EF:
        return True
    return unicodedata.category(c) == "Cf" and c != "\u200b"


def folded(c):
    def decompose(text):
        return unicodedata.normalize("NFKD", text)

    for candidate in (
        decompose(decompose(c.casefold()).casefold()).casefold(),
        decompose(decompose(c.lower()).lower()).lower(),
    ):
        rest = [d for d in candidate if not invisible(d)]
        if len(rest) <= 1:
            c = "".join(ARABIC.get(d, d) for d in rest)
            break
    if c.isdecimal():
        return str(int(c))
    if c == "" or unicodedata.category(c)[0] in "LMN" or 0x20000 <= ord(c) <= 0x3FFFF:
        return c
    return " "


def spaceless(c):
    return any(a <= ord(c) <= b for a, b in SPACELESS)


def runs(text):
    """Return the runs of characters that count, as strings."""
    kept = [d for c in text if (d := folded(c))]
    return ["".join(run) for blank, run in groupby(kept, " ".__eq__) if not blank]


def tokens(text, unit):
    if unit == "character":
        return list(" ".join(runs(text)))
    return [
        word
        for run in runs(text)
        for alone, part in groupby(run, spaceless)
        for word in (list(part) if alone else ["".join(part)])
    ]


def token_hash(token):
    h = 0
    for c in token:
        h = ((h << 7 | h >> 57) + mix((ord(c) + 1) * GOLDEN & M64)) & M64
    return (h ^ h >> 32) * SCRAMBLE & M64


def shingle_tokens(text, ngram, unit):
    parts = tokens(text, unit)
    if len(parts) <= ngram:
        return [parts] if parts else []
    return [parts[i : i + ngram] for i in range(len(parts) - ngram + 1)]


def shingle_hash(parts):
    h = 0
    for part in parts:
        h = (h * BASE + token_hash(part)) & M64
    return mix(h)


def hash_set(text, ngram, unit):
    return {shingle_hash(parts) for parts in shingle_tokens(text, ngram, unit)}


def jaccard(a, b):
    shared = len(a & b)
    return shared / (len(a) + len(b) - shared) if a or b else 0.0


def round_keys(seed, count):
    state = mix((seed + GOLDEN) & M64)
    return [mix((state + (i + 1) * GOLDEN) & M64) for i in range(count)]


def signature(hashes, rows, seed):
    """Fast similarity sketching as its paper tells it: rounds, then one row per round."""
    best = {}
    for r, key in enumerate(round_keys(seed, 2 * rows)):
        for given in hashes:
            h = (given ^ key) * SCRAMBLE & M64
            h = (h ^ h >> 32) * GOLDEN & M64
            row = (h >> 32) * rows >> 32 if r < rows else r - rows
            value = (r, (h ^ h >> 29) & 0xFFFFFFFF)
            best[row] = min(best.get(row, value), value)
    return [best[row][1] for row in range(rows)] if hashes else [2**32 - 1] * rows


def band_key(band, values):
    key = (band + 1) * GOLDEN & M64
    for value in values:
        key = (key ^ value) * SCRAMBLE & M64
        key ^= key >> 32
    return mix(key)
