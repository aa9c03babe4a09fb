"""robots.txt and ai.txt for named agents, by the examples of RFC 9309 and of their makers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.optouts.robots import LIMIT, forbids, forbids_text, matches, parse

TWO_GROUPS = """
User-Agent: *
Disallow: /private

User-agent: GPTBot
User-agent: CCBot   # both
Disallow: /
Allow: /open/
Allow: /*.pdf$

USER-AGENT: ccbot
Disallow: /open/closed
"""
CASES = {  # agents, path -> forbidden
    "a group that names it": (["gptbot"], "/a", True),
    "the longest pattern decides": (["gptbot"], "/open/a", False),
    "groups of one agent are one": (["ccbot"], "/open/closed/a", True),
    "an end": (["gptbot"], "/a.pdf", False),
    "behind the end": (["gptbot"], "/a.pdf?x", True),
    "one of several agents": (["other", "gptbot"], "/a", True),
    "those for all do not count": (["other"], "/private", False),
    "the front page": (["ccbot"], "/", True),
}


@pytest.mark.parametrize(("agents", "path", "forbidden"), CASES.values(), ids=CASES)
def test_groups(agents, path, forbidden):
    assert forbids(parse(TWO_GROUPS), agents, path) is forbidden


FILES = {
    "no file": ("", False),
    "nothing is forbidden": ("User-agent: gptbot\nDisallow:\n", False),
    "of equals the one that allows": ("User-agent: gptbot\nDisallow: /a\nAllow: /a\n", False),
    "a byte order mark, old line ends": ("\ufeffUser-agent: GPTBot\rDisallow: /\r", True),
    "a version behind the name": ("User-agent: GPTBot/1.0\nDisallow: /\n", True),
    "other lines between": ("User-agent: gptbot\nCrawl-delay: 1\nSitemap: x\nDisallow: /\n", True),
    "a page instead of a file": ("<html>User-agent: gptbot</html>", False),
    "rules before any agent": ("Disallow: /\nUser-agent: gptbot\n", False),
    "a new group": ("User-agent: gptbot\nAllow: /\nUser-agent: x\nDisallow: /\n", False),
    "beyond the limit": (f"#{'x' * LIMIT}\nUser-agent: gptbot\nDisallow: /\n", False),
}


@pytest.mark.parametrize(("text", "forbidden"), FILES.values(), ids=FILES)
def test_files(text, forbidden):
    assert forbids(parse(text), ["gptbot"], "/a") is forbidden


PATTERNS = {
    ("/a", "/ab"): True, ("/a/", "/a"): False, ("*", "/x"): True, ("/*/c", "/a/b/c/d"): True,
    ("/*.php$", "/a.php"): True, ("/*.php$", "/a.php5"): False, ("/a$", "/a"): True,
    ("/a$", "/ab"): False, ("/*a*b$", "/xaxb"): True, ("/*a*b$", "/xbxa"): False,
    ("/a*a$", "/a"): False,
}  # fmt: skip


@pytest.mark.parametrize(("pattern", "path"), PATTERNS)
def test_patterns(pattern, path):
    assert matches(pattern, path) is PATTERNS[pattern, path]


@given(st.text("/ab*$", max_size=8), st.text("/ab$", max_size=8))
def test_patterns_are_as_a_regular_expression_has_them(pattern, path):
    import re

    body = pattern.removesuffix("$")
    wanted = ".*".join(map(re.escape, body.split("*"))) + ("$" if pattern.endswith("$") else "")
    result = re.match(wanted.replace("$", r"\Z") if pattern.endswith("$") else wanted, path)
    if "$" not in body:
        assert matches(pattern, path) is (result is not None)


AI_TXT = {
    "all text": ("User-Agent: *\nDisallow: *.txt\nDisallow: *.pdf\n", True),
    "everything": ("User-Agent: *\nDisallow: /\n", True),
    "pictures alone": ("User-Agent: *\nDisallow: *.jpg\nAllow: *.txt\n", False),
    "a folder": ("User-Agent: *\nDisallow: /a/\n", True),
    "another folder": ("User-Agent: *\nDisallow: /b/\n", False),
}


@pytest.mark.parametrize(("text", "forbidden"), AI_TXT.values(), ids=AI_TXT)
def test_ai_txt(text, forbidden):
    assert forbids_text(parse(text), ["gptbot"], "/a/x.html") is forbidden
