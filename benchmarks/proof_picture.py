"""The picture of `proof.py`: how the default recipe changes bits per byte beside other arms.

Input: by arm, the change of each domain and of their mean with its 95 % interval. Output: an SVG
with a panel for each arm, a row for each domain; left of the line the default predicts better.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

LEFT, WIDTH, ROW, TOP, GAP = 130, 250, 22, 52, 28  # pixels
BETTER, WORSE, SAME = "#1a7f37", "#b35900", "#6e7781"
COLUMNS = 2


class Change(NamedTuple):
    """A relative change and its 95 % interval; -0.01 is one in a hundred bits fewer."""

    low: float
    middle: float
    high: float

    @property
    def is_told_apart(self) -> bool:
        return self.low > 0 or self.high < 0


def draw(rows: Sequence[str], changes: Mapping[str, Sequence[Change]], title: str) -> str:
    """Return an SVG of the changes of the default beside each arm, in the order of `rows`."""
    reach = max(max(abs(one.low), abs(one.high)) for own in changes.values() for one in own)
    height = TOP + ROW * len(rows) + GAP
    panels = -(-len(changes) // COLUMNS)
    size = (LEFT + COLUMNS * (WIDTH + GAP), 30 + panels * height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" '
        'font-family="sans-serif" font-size="12" fill="#24292f">',
        f'<rect width="{size[0]}" height="{size[1]}" fill="#ffffff"/>',
        f'<text x="10" y="20" font-size="14">{escape(title)}</text>',
    ]
    for place, (arm, own) in enumerate(changes.items()):
        row, column = divmod(place, COLUMNS)
        corner = (LEFT + column * (WIDTH + GAP), 30 + row * height)
        parts += _panel(arm, own, reach, corner, rows if column == 0 else ())
    return "\n".join([*parts, "</svg>\n"])


def _panel(
    arm: str, own: Sequence[Change], reach: float, corner: tuple[int, int], names: Sequence[str]
) -> list[str]:
    x, y = corner
    middle, bottom = x + WIDTH / 2, y + TOP + ROW * len(own)

    def at(value: float) -> float:
        return middle + value / reach * (WIDTH / 2 - 8)

    parts = [
        f'<text x="{middle}" y="{y + 20}" text-anchor="middle">default beside {escape(arm)}</text>',
        f'<line x1="{middle}" x2="{middle}" y1="{y + TOP - 12}" y2="{bottom}" stroke="#8c959f"/>',
    ]
    for side in (-1, 1):
        label = "fewer bits" if side < 0 else "more bits"
        parts.append(
            f'<text x="{at(side * reach)}" y="{y + 38}" font-size="10" fill="{SAME}" '
            f'text-anchor="{"start" if side < 0 else "end"}">{side * reach:+.0%} {label}</text>'
        )
    for place, one in enumerate(own):
        line = y + TOP + ROW * place
        if names:
            weight = "bold" if place == len(own) - 1 else "normal"
            parts.append(
                f'<text x="{LEFT - 12}" y="{line + 4}" text-anchor="end" font-weight="{weight}">'
                f"{escape(names[place])}</text>"
            )
        colour = SAME if not one.is_told_apart else BETTER if one.middle < 0 else WORSE
        parts += [
            f'<line x1="{at(one.low):.1f}" x2="{at(one.high):.1f}" y1="{line}" y2="{line}" '
            f'stroke="{colour}" stroke-width="2"/>',
            f'<circle cx="{at(one.middle):.1f}" cy="{line}" r="4" fill="{colour}"/>',
        ]
    return parts
