"""robots.txt: which paths a site forbids to named agents (RFC 9309), and ai.txt, of the same form.

A parser of our own, since the question is not that of crawlers: whether a group *names* one of
several agents and forbids a path to it, not whether `*` does.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

LIMIT = 500 << 10  # bytes that are parsed, as RFC 9309, section 2.5, asks at least
_LINE = re.compile(r"[ \t]*([A-Za-z-]+)[ \t]*:[ \t]*([^#\r\n]*)")
_TOKEN = re.compile(r"[A-Za-z_-]+|\*")
_TEXT_TYPES = frozenset(("*.txt", "/*.txt", "*.html", "/*.html", "*.htm", "/*.htm", "/", "/*", "*"))


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a group: a pattern of paths, and whether it allows them."""

    pattern: str
    allows: bool


def parse(text: str) -> dict[str, list[Rule]]:
    r"""Return the rules by agent (in lower case); groups of one agent are one.

    >>> parse("User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /a # not this")["ccbot"]
    [Rule(pattern='/a', allows=False)]
    """
    groups: dict[str, list[Rule]] = {}
    agents: list[str] = []
    open_ = False  # between the agents of a group and its first rule
    for line in text[:LIMIT].lstrip("\ufeff").splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        key, value = match[1].lower(), match[2].strip()
        if key == "user-agent":
            token = _TOKEN.match(value)
            agents = [*(agents if open_ else ()), token[0].lower() if token else ""]
            open_ = True
            groups.setdefault(agents[-1], [])
        elif key in ("allow", "disallow"):
            open_ = False
            for agent in agents:
                if value:
                    groups[agent].append(Rule(value, key == "allow"))
    return groups


def forbids(groups: dict[str, list[Rule]], agents: Collection[str], path: str) -> bool:
    """Return whether a group that names one of some agents forbids a path to it.

    The longest pattern that matches decides; of equals the one that allows (section 2.2.2).
    """
    return any(_forbidden(groups[agent], path) for agent in agents if agent in groups)


def _forbidden(rules: list[Rule], path: str) -> bool:
    matching = ((len(rule.pattern), rule.allows) for rule in rules if matches(rule.pattern, path))
    return not max(matching, default=(0, True))[1]


def forbids_text(groups: dict[str, list[Rule]], agents: Collection[str], path: str) -> bool:
    """Return whether an ai.txt forbids the text of a path: by the path, or all files of text.

    ai.txt names kinds of files (`Disallow: *.txt`); that of `*` counts: they mean training.
    """
    for agent in ("*", *agents):
        rules = groups.get(agent, ())
        if any(not rule.allows and rule.pattern in _TEXT_TYPES for rule in rules):
            return True
        if rules and _forbidden(list(rules), path):
            return True
    return False


def matches(pattern: str, path: str) -> bool:
    """Return whether a pattern with `*` and a last `$` matches the beginning of a path.

    >>> matches("/*.pdf$", "/a/b.pdf"), matches("/a", "/b")
    (True, False)
    """
    if "*" not in pattern and not pattern.endswith("$"):
        return path.startswith(pattern)
    anchored = pattern.endswith("$")
    parts = pattern.removesuffix("$").split("*")
    return all(at is not None for at in _places(parts, path, anchored=anchored))


def _places(parts: list[str], path: str, *, anchored: bool) -> Iterator[int | None]:
    """Yield where each part between stars ends in a path, None where one is not found."""
    at = 0
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if number == 0:
            start = 0 if path.startswith(part) else -1
        elif last and anchored:
            start = len(path) - len(part) if path.endswith(part) else -1
            start = start if start >= at else -1
        else:
            start = path.find(part, at)
        if start < 0 or (last and anchored and start + len(part) != len(path)):
            yield None
            return
        at = start + len(part)
        yield at


@lru_cache(maxsize=4096)
def parsed(text: str) -> dict[str, list[Rule]]:
    """Return `parse` of a text, kept for the next page of its site; do not change it."""
    return parse(text)
