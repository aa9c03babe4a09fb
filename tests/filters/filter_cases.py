"""Read labelled cases; long texts are written as parts, built here."""

import json
from itertools import islice, product
from pathlib import Path
from string import ascii_lowercase
from typing import Any

CASES = Path(__file__).resolve().parents[1] / "cases"
# What the cases are on both sides of, for any defaults: those are checked in test_papers.py.
BOUNDS: dict[str, dict[str, Any]] = json.loads((CASES / "bounds.json").read_text())


def load(*names: str) -> dict[str, dict[str, Any]]:
    """Return the cases of files in tests/cases by label; a label given twice is an error."""
    cases: dict[str, dict[str, Any]] = {}
    for name in names:
        for case in json.loads((CASES / name).read_text(encoding="utf-8")):
            label = f"{case['filter']}: {case['label']}" if "filter" in case else case["label"]
            assert label not in cases, label
            cases[label] = case
    return cases


def build(text: Any) -> str:
    """Return the text a case means: a string, or parts put together.

    A part is [string, times]; {"unique_characters": n}: words, none twice, of n characters in
    all; {"unique_lines": n} or {"unique_paragraphs": n}: lines of such words, with "characters"
    in all and "end" at each end; {"lines": [[start, end, times], ...]}: numbered lines.
    """
    if isinstance(text, str):
        return text
    parts = [text] if isinstance(text, dict) else text
    return "".join(_part(part) for part in parts)


def settings(case: dict[str, Any]) -> dict[str, Any]:
    """Return a case's settings: its own, and the bounds of its filter."""
    return {**BOUNDS[case["filter"]], **case["settings"]}


def _part(part: Any) -> str:
    if isinstance(part, list):
        string, times = part
        return string * times
    if "lines" in part:
        tags = _tags()
        lines = [
            f"{start} {next(tags)}{end}"
            for start, end, times in part["lines"]
            for _ in range(times)
        ]
        return "\n".join(lines)
    if "unique_characters" in part:
        return " ".join(_unique(part["unique_characters"], _tags()))
    lines = part.get("unique_lines") or part["unique_paragraphs"]
    end, total = part.get("end", ""), part.get("characters", 30 * lines)
    spaces = "\n" if "unique_lines" in part else "\n\n"
    tags = _tags()
    sizes = [total // lines + (i < total % lines) for i in range(lines)]
    return spaces.join("".join(_unique(size - len(end), tags)) + end for size in sizes)


def _tags():
    """Yield words of five letters, none twice."""
    return map("".join, islice(product(ascii_lowercase, repeat=5), 7, None, 1009))


def _unique(characters: int, tags) -> list[str]:
    """Return words, none twice, of so many characters together."""
    whole, rest = divmod(characters, 5)
    words = list(islice(tags, whole))
    return [*words, next(tags)[-rest:].upper()] if rest else words
