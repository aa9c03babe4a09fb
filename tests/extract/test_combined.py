"""Our extractor: structure kept as text and as Markdown, feeds, plain text, hostile XML."""

import random
import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("lxml", exc_type=ImportError)

from curate.extract import extract
from curate.extract.combined import line_classifier as weigh
from curate.extract.combined.bins import GROUPS
from curate.extract.combined.context_features import LineContext
from curate.extract.combined.line_features import Features, said
from curate.extract.combined.line_smoothing import NAMES, Ties, leanings, smooth
from curate.extract.combined.lines import lines
from curate.extract.combined.readability import article
from curate.extract.combined.render import render
from curate.extract.combined.selection import best, choose, doubtful
from curate.extract.combined.tree import parse

PROSE = "Some people say that a paragraph needs many words, commas too, and so it is here. " * 3
SHAPES = {
    "a list": ("<ul><li>one</li><li>two <b>or</b> three</li></ul>", "- one\n- two or three"),
    "a list of paragraphs": ("<ul><li><p>one</p><p>more</p></li></ul>", "- one\nmore"),
    "a line break": ("<p>one<br>two<br/>three</p>", "one\ntwo\nthree"),
    "code": ("<pre>def f():\n    return 1\n</pre>", "def f():\n    return 1"),
    "coloured code": ("<pre><b>def</b> f():\n  <i>return</i> 1</pre>", "def f():\n  return 1"),
    "a table": (
        "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>",
        "a | b\n1 | 2",
    ),
    "a layout": (f"<table><tr><td>{PROSE}</td><td>x</td></tr></table>", f"{PROSE.strip()}\n\nx"),
    "inline elements": ("<p>an <b>un</b>likely<span> word</span></p>", "an unlikely word"),
    "entities": ("<p>a &amp; b&nbsp;c &#8212; d</p>", "a & b c — d"),
    "white space": ("<p>\n a \t b\n</p>\n\n<p>\n</p>c", "a b\n\nc"),
}
MARKDOWN = {
    "a list": "- one\n- two or three",
    "a list of paragraphs": "- one\n  more",
    "code": "```\ndef f():\n    return 1\n```",
    "a table": "| a | b |\n| --- | --- |\n| 1 | 2 |",
}


def whole(page, **settings):
    found = parse(page)
    every = lines(found)
    return render(found, every, range(len(every)), **settings).text


@pytest.mark.parametrize(("page", "text"), SHAPES.values(), ids=SHAPES)
def test_structure_stays(page, text):
    assert whole(page, markdown=False) == text


@pytest.mark.parametrize("shape", MARKDOWN)
def test_structure_as_markdown(shape):
    assert whole(SHAPES[shape][0], markdown=True) == MARKDOWN[shape]


def test_markdown_of_a_page():
    page = (
        f"<h2>Title</h2><p>{PROSE}</p><ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>"
        "<blockquote><p>d</p><p>e</p></blockquote>"
    )
    assert whole(page, markdown=True) == (
        f"## Title\n\n{PROSE.strip()}\n\n1. a\n  - b\n2. c\n\n> d\n> e"
    )


def test_no_line_is_no_text():
    for markdown in (False, True):
        assert whole("<html><body>", markdown=markdown) == ""


@pytest.mark.parametrize(
    "ruby",
    [
        "<ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>",
        "<ruby>漢<rt>かん</rt>字<rt>じ</rt></ruby>",
        "<ruby>漢字<rt>かんじ</ruby>",
    ],
)
def test_how_a_word_is_read_aloud_is_no_text(ruby):
    html = f"<html><body><p>昔の{ruby}を読む人は、長い物語を読みました。</p></body></html>"
    assert extract(html).text == "昔の漢字を読む人は、長い物語を読みました。"


def test_every_word_of_a_page_is_in_one_line():
    words = [f"w{n}" for n in range(400)]
    random.Random(7).shuffle(words)
    kinds = ("<p>{}</p>", "<div>{}", "</div>{}", "{}<br>", "<a href=x>{}</a> ", "<td>{}", "<b>{} ",
             "</li>{} ", "<ul><li>{}</ul>")  # fmt: skip
    page = "".join(random.Random(n).choice(kinds).format(word) for n, word in enumerate(words))
    found = lines(parse(page))
    assert "".join("".join(line.text.split()) for line in found) == "".join(words)
    assert all(0 <= line.linked <= line.characters == len(line.text) for line in found)


def test_ranges_are_a_tree():
    page = parse(f"<body><div><p>a<p>b</div><table><tr><td>{PROSE}</table>")
    for node, parent in enumerate(page.parents):
        assert parent < node < page.ends[node] <= len(page.tags)
        assert parent < 0 or page.ends[node] <= page.ends[parent]


FEEDS = {
    "rss": "<rss><channel><title>x</title><item><title>One</title><description>{}</description>"
    "</item><item><title>Two</title></item></channel></rss>",
    "atom": '<?xml version="1.0" encoding="gb2312"?><feed xmlns="http://www.w3.org/2005/Atom">'
    "<entry><title>One</title><summary>{}</summary></entry>"
    "<entry><title>Two</title></entry></feed>",
}


@pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS)
def test_feeds_give_their_entries(feed):
    assert extract(feed.format("&lt;p&gt;A &amp;amp; B&lt;/p&gt;")).text == "One\n\nA & B\n\nTwo"


def test_a_feed_with_a_prefix_nobody_declared():
    inner = "<slash:comments>3</slash:comments><content:encoded>A</content:encoded>"
    item = f"<item><title>One</title>{inner}</item>"
    assert extract(f"<rss><channel>{item}</channel></rss>").text == "One\n\nA"


def test_many_comments_before_the_root_take_no_time():
    before = "<!-- a -->\n" * 20_000
    assert extract(f"{before}<p>{PROSE}</p>").text == PROSE.strip()
    assert extract(before + FEEDS["rss"].format("x")).text == "One\n\nx\n\nTwo"


def test_no_entity_is_resolved_and_no_bomb_goes_off(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    doctype = (
        f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{secret}"><!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY a{n} "{"&a;" if not n else f"&a{n - 1};" * 10}">' for n in range(1, 9))
    )
    feed = FEEDS["rss"].format("&x; &a8;")
    for page in (f"{doctype}]>{feed}", f'<?xml version="1.0"?>{doctype}]>{feed}'):
        found = extract(page)
        assert "secret" not in found.text
        assert len(found.text) < 1000


def test_text_without_markup_is_left_as_it_is():
    assert extract("One line\r\nand 2 < 3\n").text == "One line\nand 2 < 3"
    assert extract("\0\0").reason == "no_text"


@pytest.mark.parametrize("opening", ["<div>" * 300, "<table><tr><td>" * 900, "<ul><li>" * 900])
def test_deep_pages_have_their_text(opening):
    assert PROSE.strip() in extract(f"{opening}<p>{PROSE}</p>").text


odds = st.lists(st.tuples(st.floats(-8, 8), st.integers(1, 300)), min_size=1, max_size=9)


@given(odds)
def test_no_other_choice_of_lines_is_expected_to_be_better(lines_):
    chances = [1 / (1 + 2.718281828459045**-one) for one, _ in lines_]
    sizes = [size for _, size in lines_]
    right = sum(p * size for p, size in zip(chances, sizes, strict=True))

    def score(numbers):
        hits = sum(chances[n] * sizes[n] for n in numbers)
        return hits / (sum(sizes[n] for n in numbers) + right)

    every = range(len(lines_))
    highest = max(score(some) for k in range(1, len(lines_) + 1) for some in combinations(every, k))
    kept = best([one for one, _ in lines_], sizes)
    assert kept == sorted(kept)
    assert score(kept) == pytest.approx(highest)


def test_precision_takes_no_more():
    page = f"<nav><a>Home</a> <a>News</a></nav><article><p>{PROSE}</p></article><p>Share this</p>"
    both = [extract(page, precision=precise).text for precise in (False, True)]
    assert PROSE.strip() in both[1]
    assert set(both[1].split("\n")) <= set(both[0].split("\n"))


def test_weights_are_whole_and_every_one_can_be_met():
    bias, numbers, *words, leaning = weigh.load()
    assert len(leaning) == len(NAMES)
    assert all(isinstance(one, int) for one in leaning)
    assert all(isinstance(one, int) for some in (numbers, *words) for one in some.values())
    assert isinstance(bias, int)
    assert len(numbers) > 500
    assert all(word == word.lower() and word for some in words for word in some)


def test_log_odds_are_the_sums_of_their_features():
    page = parse(f"<body class='Main page'><div id=xyz><b>One</b> two</div><p>{PROSE}</p></body>")
    found = lines(page)
    chosen = article(page, found)
    features = Features(page, found, chosen, (0, True))
    one = found[0]
    assert features.above(one.block) == {"<html", "<body", "<div", "main", "page", "xyz"}
    assert features.near(one.block) == {"<body", "<div", "main", "page", "xyz"}
    assert features.inline(one) == {"<b"}
    assert said(one) == {"one", "two"}
    codes = features.numbers[0] + features.blocks[one.block]
    numbers = dict.fromkeys(codes, 2)
    words = [dict.fromkeys(("<div", "page", "<b", "two"), weight) for weight in (3, 5, 11, 13)]
    weights = weigh.Weights(7, numbers, *words, smoothing=())
    score = 7 + 2 * len(codes) + 2 * 3 + 2 * 5 + 11 + 13
    assert weigh.log_odds(page, found, chosen, (0, True), weights)[0] == score / 1000


def test_a_feature_is_a_group_and_a_bin():
    page = parse(f"<h1>One</h1><ul><li>{PROSE}<li><a>x</a></ul><div class=comments>Two</div>" * 9)
    found = lines(page)
    features = Features(page, found, article(page, found), (-1, False))
    for line, codes in zip(found, features.numbers, strict=True):
        groups = [GROUPS[code // 1000] for code in codes + features.blocks[line.block]]
        assert len(groups) == len(set(groups))
        assert {"comments", "tags", "tag_length", "prose50", "length", "size3"} <= set(groups)


def test_how_far_the_prose_is_and_where_comments_are():
    page = parse(f"<div><p>{PROSE}</p></div><div class=reply><p>{PROSE[:90]}</p></div>")
    found = lines(page)
    around = LineContext(page, found, [1, 0], {1})
    blocks = [around.block(line.block) for line in found]
    # html, body, two div, in each a p: with 249 and 90 characters; two steps up is the body
    assert [[code % 1000 for code in block[1:]] for block in blocks] == [[0, 0, 2], [0, 2, 2]]
    comments = around.columns([9, 9], [0, 0])[-1]
    assert [code % 1000 for code in comments] == [40 + 2 + 1, 40 + 10 + 2]


CARDS = (
    "<h2>News</h2>"
    + "".join(f"<div class=card><p>{'x' * n}</p></div>" for n in (9, 16, 25))
    + "<p>end</p>"
)


def test_lines_lean_on_those_they_are_tied_to():
    page = parse(CARDS)
    found = lines(page)
    odds = [9.0, 1.0, -2.0, 0.5, -1.0]
    roots = [2.0, 3.0, 4.0, 5.0, 3**0.5]
    own = [6.0, 1.0, -2.0, 0.5, -1.0]  # no line counts as surer than 6

    def mean(numbers, n):
        total = sum(own[other] * roots[other] for other in numbers)
        return total / sum(roots[other] for other in numbers) - own[n] if numbers else 0.0

    cards = [1, 2, 3]
    for n, row in enumerate(leanings(Ties(page, found), odds)):
        others = [other for other in range(5) if other != n]
        expected = {
            "own": own[n],
            "path": mean([other for other in cards if other != n], n) if n in cards else 0.0,
            "after": mean(list(range(n + 1, 5)), n),
            "page": mean(others, n),
            "following": mean([1, 2, 3, 4], n) if n == 0 else 0.0,
            "heading": own[0] - own[n] if n else 0.0,
            "bias": 1.0,
        }
        assert row == pytest.approx([expected[name] for name in NAMES])
    only_own = smooth(page, found, odds, [1, 0, 0, 0, 0, 0, 0.5])
    assert only_own == [one + 0.5 for one in own]


def test_where_both_agree_a_line_of_one_alone_must_be_surer():
    sizes = [400, 400, 100]
    odds = [4.0, 4.0, 0.3]
    assert best(odds, sizes) == [0, 1, 2]
    assert choose(odds, sizes, [0, 1]) == [0, 1]  # they agree on 800 of 900 characters
    assert choose([4.0, 4.0, 2.0], sizes, [0, 1]) == [0, 1, 2]  # sure enough
    assert choose([4.0, 0.3, 4.0], [400, 100, 400], [0, 2]) == [0, 1, 2]  # between what both have
    assert choose([4.0, -4.0, -4.0], sizes, [1]) == [0]  # they do not agree
    assert choose(odds, sizes, []) == [0, 1, 2]
    assert best(doubtful(odds, [0], 4.0), sizes) == [0, 1]
    assert doubtful([1.0, 1.0, 1.0], [0], 2.5, [0, 1]) == [1.0, -1.5, 1.0]
    assert choose([], [], []) == []


GOLD = Path(__file__).resolve().parents[3] / "shared" / "data" / "extraction"
FLOORS = {"scrapinghub_aeb": 0.93, "wcxb": 0.87, "daniel": 0.85}


@pytest.mark.parametrize("name", FLOORS)
def test_pages_people_have_marked(name):
    if not GOLD.is_dir():
        pytest.skip(f"no gold pages at {GOLD}")
    pq = pytest.importorskip("pyarrow.parquet")
    rows = pq.read_table(GOLD / f"{name}.parquet").to_pylist()
    rows = rows[:: len(rows) // 20]  # learned from, too: this pins what was learned

    def f1(gold, text):
        one, other = (Counter(re.findall(r"\w+", some.lower())) for some in (gold, text))
        return 2 * (one & other).total() / max(one.total() + other.total(), 1)

    scores = [f1(row["gold_text"], extract(row["html"], url=row["url"]).text) for row in rows]
    assert sum(scores) / len(scores) >= FLOORS[name]


def test_looked_up_at_once_features_weigh_the_same():
    items = "".join(f"<li><a href=x>{'y' * n} 12</a><br>{n}, and:</li>" for n in range(1, 60, 7))
    pages = [
        f"<h1>Ein 1.</h1><p><b>{PROSE}</b></p><ul>{items}</ul><div class=comments>two…</div>",
        f"<p>{PROSE}<p>{PROSE}<p>٣ ²</p><div hidden>{PROSE}</div><table><td>1<td>UP",
        "<p>one",
    ]
    numbers = {code: 1 + code * 7919 % 9973 for code in range(1000 * len(GROUPS))}
    weights = weigh.Weights(0, numbers, {}, {}, {}, {}, smoothing=())
    for page in map(parse, pages):
        found = lines(page)
        places = (
            ([], (-1, False)),
            (article(page, found), (0, True)),
            (list(range(len(found))), (1, False)),
        )
        for chosen, title in places:
            features = Features(page, found, chosen, title)
            assert weigh.log_odds(page, found, chosen, title, weights) == [
                sum(map(numbers.__getitem__, codes + features.blocks[line.block])) / 1000
                for line, codes in zip(found, features.numbers, strict=True)
            ]
