"""What an image is replaced by: the formula or sign that it shows, else a gap between words."""

import re
from collections.abc import Sequence
from typing import Any

from curate.extract.combined import equations
from curate.extract.combined.markers import FORMULA_END, GAP
from curate.extract.combined.page import Page, names

# An image of these characters alone is an emoji or a sign, and stands for them.
_EMOJI = re.compile("[\u2190-\u2bff\u3030\u303d\ufe0f\u200d\U0001f000-\U0001faff]{1,8}")
# Classes of images that stand for what their alternative text says: :tada:, ;-), a first letter.
SMILEYS = names(
    "emoji emojis smiley smilies smilie smileys wp-smiley emoticon twemoji bbcode_smiley dropcap "
    "drop-cap dropcaps dropimage initial-letter"
)
# What images in cells of tables say.
ANSWERS = frozenset((
    "yes", "no", "true", "false", "check", "checkmark", "check mark", "tick", "cross", "partial",
    "supported", "not supported", "unsupported", "available", "unavailable", "included",
    "not included", "ja", "nein", "oui", "non", "sí", "да", "нет",
))  # fmt: skip
CELLS = names("td th")
_SMILEY = re.compile("[!-~]{1,16}")


def stand_in(attributes: Any, name: str, page: Page, around: Sequence[int]) -> str:
    """Return the replacement of an image of a page so far; `around` are the open elements."""
    texts = page.texts
    if not attributes:
        return GAP
    if "mwe-math" in name and texts and texts[-1].endswith(FORMULA_END):
        return GAP
    written = equations.of_image(attributes, name)
    if written:
        return written
    alt = attributes.get("alt")
    if not alt:
        return GAP
    if alt.strip().lower() in ANSWERS and any(page.tags[n] in CELLS for n in around if n >= 0):
        return str(alt)
    smiles = _SMILEY.fullmatch(alt.strip()) and not SMILEYS.isdisjoint(name.split())
    return alt if smiles or _EMOJI.fullmatch(alt.strip()) else GAP
