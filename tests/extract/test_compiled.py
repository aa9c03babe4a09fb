"""The compiled kernels beside the plain path: the same text, blocks and title of every page."""

import json
import os
import random
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

pytest.importorskip("lxml", exc_type=ImportError)
pytest.importorskip("numpy")
pytest.importorskip("numba")

from curate import _compiled
from curate.extract.combined import (
    ancestors,
    boilerplate,
    context_features,
    edges,
    fallback_text,
    headings,
    kernel_policy,
    kernels,
    leads,
    line_classifier,
    line_features,
    line_smoothing,
    main_content,
    readability,
    sections,
    tables,
    units,
)
from curate.extract.combined.kernels import layout, select
from curate.extract.combined.kernels.lookups import digest, table
from tests.extract import structure_cases as cases
from tests.extract.test_combined import SHAPES
from tests.extract.test_sections import LAST, WHOLE, manual
from tests.extract.test_structure import CASES, around

ROOT = Path(__file__).resolve().parents[2]
SENTENCES = (
    cases.S, cases.T, "Short.", "A list of things, of which there are three:", "Σίσυφος ΣΑΣ",
    "Read more", "12", "Advertisement", "\u200bzero\u200b width", "soft\xadhyphen",
    "x\x7fy",
    "Fish &amp; chips &lt;b&gt; &#8212; é", "汉字没有空格，但是有标点。", "1 &nbsp; 2",
    "ﬁn İstanbul",
    "x\u202ay", "wa\u200cter \u200dمی\u200cخواهم", "so \ufffcit", "[32mok[0m", "&nbsp; x = 1",
    "Roe wrote:",
    "¶", "edit", "…", "3.5", "See also: <", "```",
)  # fmt: skip
ATTRIBUTES = (
    "", "", "", ' class="main content"', ' class="sidebar widget" id=nav', " hidden",
    ' style="display: none"', ' style="display:flex"', " id=comment-12", ' role="navigation"',
    ' aria-hidden="true"', ' class="sr-only"', ' itemprop="articleBody"', ' class="hid"',
    ' class="code"', ' class="line-numbers gutter"', ' class="PostBody entryText"', " class=''",
    ' href="#a"', ' href="/b" class="headerlink"', ' class="mw-editsection"', ' class="btn-copy"',
    ' class="accordion"', " hidden=until-found",
    ' role="tabpanel" hidden',
    ' class="emoji" alt=":D"', ' class="sfrac"', ' class="modal"',
    ' data-x="1>2"', ' alt="😀"', ' role="menu"', ' colspan="2"', " rowspan=3", ' class="line"',
    ' class="md:flex gap-2"', ' class="badge"', ' style="float:right"',
    ' style="display:inline-flex"',
)  # fmt: skip
TAGS = (
    "div div div p p p p span span a a li ul ol h1 h2 h3 table tr td td th dl dt dd pre code em b "
    "sup sub blockquote section article nav footer aside br img input button figure figcaption "
    "script style noscript svg title my-tag x-y form label details summary tt kbd header main "
    "ruby rt textarea select option center cite cite progress br br time output"
)


TITLES = (
    "The mill below the weir", "Short. | A site", f"{cases.S[:40]} - Site : more", "Σίσυφος ΣΑΣ»x",
    "a · b·c /: d", "", "|", f"Archive – {cases.T[:30]} •  {cases.S[:30]}",
)  # fmt: skip
ENDS = ("",) * 5 + (
    "</body></html>", "</html>\n<script>a</script>", f"</html><div>{cases.S}</div>",
    f"</body></html><p>{cases.T}</html> <b>x</b>", "</html>said", "</html><noscript>a</noscript>b",
    "</html><html class=comment><p>x",
)  # fmt: skip


def random_page(seed):
    """Return a page of random tags, attributes and texts, some of them left open."""
    chance = random.Random(seed)
    parts = [f"<html><head><title>{chance.choice(TITLES)}</title></head><body>"]
    opened = []
    for _ in range(chance.randrange(5, 90)):
        move = chance.random()
        if move < 0.4:
            tag = chance.choice(TAGS.split())
            parts.append(f"<{tag}{chance.choice(ATTRIBUTES)}>")
            opened.append(tag)
        elif move < 0.7:
            parts.append(chance.choice(SENTENCES) + chance.choice((" ", "\n", "", "<!-- a -->")))
        elif opened and move < 0.95:
            parts.append(f"</{opened.pop()}>")
        else:
            parts.append(f"<p>{cases.S} {cases.T}</p>")
    return "".join(parts) + chance.choice(ENDS)


def differences(pages):
    """Return what the kernels, run as Python, write otherwise than the plain path; pages left."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.extract.same_text"],
        input=json.dumps(pages), capture_output=True, text=True, cwd=ROOT, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return found["different"], found["left"]


WRAP = 'style="white-space:pre-wrap"'
RARE = (
    f"<div {WRAP}>\n<p {WRAP}>{cases.S}</p>\n\n<p>{cases.T}\n</p></div>",
    f"<div {WRAP}>{cases.S}\n{cases.T}<p>a</p></div><p>b\nc</p>",
    f"<div {WRAP}><p>{cases.S}</p></div><p>b\nc {cases.T}</p>",
    f'<pre><code style="white-space:pre">a\n  b</code></pre><p>{cases.S}</p>',
    f'<p>{cases.S}</p><img alt="so “x”" y”z="1" é><p>{cases.T}</p>',
    f'<head><script>x="<html></html>"</script></head><body><p>{cases.S}{cases.T}</body></html>',
    f"<p>{cases.S}</p><sup>Advertisement<p>{cases.T}</p>",
    f'<p>{cases.S}</p><ul class="gutter"><sup class="main">3.5\n',
    f"<p>caf\xe9 \u4f60 \U0001f600 it\x92s <b class='\xe9 main'>x</b> &#146; {cases.S}",
    f"<nav><p>{cases.S}</p><p>{cases.T}</p><p>{cases.S}</p><ul><li>a<li>b</ul></nav>",
    f"<body>Said before<title> </title><p>{cases.S}</p>",
    f"<title>Up the weir</title><div>Up the weir</div><p>{cases.S}</p><p>{cases.T}</p>",
)


CODE = (
    "a\n  b <br>c\n<div>d</div>\n<div class=line>e</div> f\n",
    "<table><tr><td>1<td>x = 2\n<tr><td>2<td>y</table>", "<ul><li>a\n<li>b<li></ul>c",
    "<p>a\n<p></p>\n<p>b", "  \n <b> </b>\n x \t\n\n y\n\n", "<i>\xa0b\xa0</i>  ", "1\n2\n3",
    "<div>  </div><div id=lineup></div><div></div>z", "<a href=x>l<b>i</b></a>n,k,",
    "a<textarea>b</textarea>c", "a<img src=x>b", "a\u200bb", "ΣΑΣ\n İ", "<button>Copy</button>x",
)  # fmt: skip
CODE_LINES = (
    "<p><code>a</code></p><p><code>&nbsp;b</code></p>", "<p><code>&nbsp;a</code></p> <p><tt>b</tt>",
    "<div><code>&nbsp;a</code></div>", "<p><code>a</code>&nbsp;b</p><p><code>&nbsp;c</code></p>",
    "<table><tr><td><p><tt>a(</tt></p><tr><td><p><tt>&nbsp;b</tt></p></table>",
)  # fmt: skip
IN_TABLES = (
    "<table><tr><td><code> a\n b </code></td></tr> <tr><td> <p><code>c</code><br><code> d\xa0 "
    "</code></p></td></tr><tr><td></td></tr></table>",
    "<table><tr><td><p><code>a</code></p>\n<p> <code>b</code> </p></td></tr><tr><td><code>c <br> d"
    "</code></td></tr></table>",
    "<div class=code>a<br> b <br><b>c\n d</b> </div>", "<code> a <br> <div>b </div> c</code>",
)  # fmt: skip


def test_code_is_the_same_as_by_the_plain_path():
    several = [f"<pre>{text}</pre>" for text in CODE] + [*IN_TABLES, *CODE_LINES]
    different, left = differences([f"<p>{cases.S}</p>{code}<p>{cases.T}</p>" for code in several])
    assert different == []
    assert left < 6  # embedded fields, lines of code in paragraphs


def test_the_same_text_as_the_plain_path():
    snippets = [snippet for snippet, _ in CASES.values()]
    pages = [around(snippet) for snippet in snippets]
    pages += [f"<body>{body}" for body in cases.FALLBACK.values()]
    pages += [page for page, _ in SHAPES.values()]
    pages += RARE
    pages += [WHOLE, *(manual(last) for last, _ in LAST.values())]
    different, left = differences(pages)
    assert different == []
    assert left < len(pages) // 2  # formulas, for the most part


def test_the_same_text_of_random_pages():
    pages = [random_page(seed) for seed in range(40)]
    different, left = differences(pages)
    assert different == []
    assert left < len(pages) // 4


@pytest.mark.slow
def test_the_kernels_compile():
    """Elsewhere they are run as Python; where they do not compile, pages are read without them."""
    from curate.extract.combined import compiled  # not while the other tests are collected

    compiled.prepare()


DEPTHS = """
from curate.extract.combined import compiled
from curate.extract import html
from tests.extract.test_compiled import random_page

for seed in range(100):
    page = random_page(seed).encode("ascii", "replace").decode()
    page += "<<a></ b><//c><DIV\\t><x-y/><bR><div</div"
    deepest = compiled.depth(page, html._FLAT)
    assert not html.exceeds_depth(page, deepest), page
    assert html.exceeds_depth(page, deepest - 1), page
assert compiled.depth("<div\u00e9>", html._FLAT) == -1
"""


def test_depth_is_that_of_the_plain_path():
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, "-c", DEPTHS], capture_output=True, text=True, cwd=ROOT, env=environment
    )
    assert done.returncode == 0, done.stderr


LATE = {
    "after a comment": "<!-- <html lang=xx> --><html lang=en class=a><body>",
    "twice": "<html class=a><body><p>a</p><html class='comment sidebar' id=nav>",
    "after another tag": "<text id=x><html lang=en class=comment><body>",
    "with a > in it": '<p>a</p><html title="a>b" class=footer>',
    "with a < in it": '<p>a</p><html title="a<b" class=footer>',
    "in a textarea": "<html><textarea readonly><html class=a></textarea>",
    "never closed": "<html><body><html class='a",
    "in capitals": "<HTML><BODY><HTML CLASS=comment>",
}


def test_a_second_html_adds_nothing():
    pages = [f"{start}<p>{cases.S}</p><p>{cases.T}</p>" for start in LATE.values()]
    ended = [
        "<html><head><title>a</title></head></html>",
        "<html><body><svg><p>a</p></body></html>",
    ]
    pages += [f"{start}<p>{cases.S}</p>{cases.T}" for start in ended]
    assert differences(pages)[0] == []


@pytest.mark.parametrize("signs", ["\u200d", "\u200c\u200d", "&#x200d;", " \u2060 ", "a\u200d"])
def test_lines_of_signs_that_are_no_text(signs):
    page = f"<h1>A</h1><p>{cases.S}</p><div>{signs}</div><p>{cases.T}</p><p>{signs}</p>"
    assert differences([page])[0] == []


# What the kernels read though it looks like a formula, code or what is left out.
READ = (
    '<img src="/mathias_1.jpg" alt="A mill"><img class=icon src="/a/text.png" alt="$85 a day">',
    '<img src="https://readingandmath.org/a.png" alt=Badges><input class=formular>',
    "<dialog id=cookies><p>We use cookies on this site, as others do.</p></dialog>",
    "<textarea readonly></textarea><textarea readonly>Written to be copied, all of it.</textarea>",
    "<textarea readonly>&lt;a href=x>Embed me&lt;/a></textarea>",
    "<p title='a\ufffdb' class='a\ufffdb'>One \ufffd of them, and then another.</p>",
    "<p>A character of the extensions: \U00024a12, and more of them: \U00031350.</p>",
    "<pre>one\ntwo</pre><pre>three\nfour</pre>", "<pre style='white-space: pre'>one\ntwo</pre>",
    "<div>\u200d</div>One.<br>\u200d<br><br>Two.", "Zero<br>\u200d<br>One.", "<pre> </pre>One.",
)  # fmt: skip
LEFT = (
    '<img src="/mathias_1.jpg" alt="$x^2$"><img src="/a.png" alt=" \\(x\\) ">',
    '<img src="https://i.upmath.me/svg/x%5E2"><img class=tex src="/a.png" alt="x^2">',
    '<img src="/math/render/svg/1" alt="x^2">', "<dialog open><p>Said aloud at once.</p></dialog>",
    "<pre>one</pre><pre>two</pre>", "One.<br><p>\u200d</p><br>Two.",
)  # fmt: skip


@pytest.mark.parametrize(("parts", "number"), [(READ, 0), (LEFT, len(LEFT))])
def test_few_pages_are_left_to_the_plain_path(parts, number):
    pages = [f"<h1>A</h1><p>{cases.S}</p>{part}<p>{cases.T}</p>" for part in parts]
    assert differences(pages) == ([], number)


@pytest.mark.parametrize("part", ["<!--", "<html ", '<html "', "<html a='"])
def test_hostile_beginnings_take_no_time(part):
    xml_source = pytest.importorskip("curate.extract.combined.xml_source")
    page = part * 300_000
    assert xml_source.with_one_html(page) in (page, None)


def test_a_page_on_which_the_kernels_fail_is_read_by_the_plain_path(monkeypatch, caplog):
    class Broken:
        @staticmethod
        def content(*_, **__):
            raise IndexError("no such node")

    page = f"<h1>The mill</h1><p>{cases.S}</p><p>{cases.T}</p>"
    monkeypatch.setattr(kernel_policy, "kernels", lambda _: None)
    plain = main_content(page)
    assert cases.T in plain.text
    monkeypatch.setattr(kernel_policy, "kernels", lambda _: Broken)
    assert main_content(page) == plain
    assert "no such node" in caplog.text


def test_a_kernel_is_compiled_again_if_any_module_it_imports_has_changed():
    package = "curate.extract.combined.kernels"
    found = _compiled._imported(
        f"from {package} import layout as y, bins  # sizes\nfrom {package}.strings import add\n"
        f"from {package} import (\n    nodes,  # and its\n    lines as rows,\n)\nimport numpy\n",
        package,
    )
    assert sorted(one.removeprefix(f"{package}.") for one in found) == [
        "bins", "layout", "lines", "nodes", "strings"
    ]  # fmt: skip


def test_types_of_operations_are_looked_for_once_while_kernels_are_compiled():
    functions = _compiled.numba.types.functions.BaseFunction
    resolve, asked = functions.get_call_type, []

    def counted(function, context, args, kws):
        asked.append(function)
        return resolve(function, context, args, kws)

    def twice(n):
        return n * n + n * n * n

    functions.get_call_type = counted
    try:
        with _compiled.compiling():
            assert _compiled.numba.njit(twice)(3) == 36
        assert functions.get_call_type is counted
    finally:
        functions.get_call_type = resolve
    assert len(asked) == len(set(asked)) > 1


def test_a_table_finds_its_words_and_no_others():
    words = {f"word{n}": n for n in range(1, 500)}
    keys, values = table(words)
    for word in [*words, "other", ""]:
        slot = digest(word) & (len(keys) - 1)
        while keys[slot] and int(keys[slot]) != digest(word):
            slot = (slot + 1) & (len(keys) - 1)
        assert (int(values[slot]) if keys[slot] else 0) == words.get(word, 0)
    assert digest("a") == 0xAF63DC4C8601EC8C  # as published for FNV-1a


def test_places_have_the_fields_of_the_plain_path():
    fields = [getattr(layout, name.upper()) for name in ancestors.Ancestors._fields]
    assert fields == list(range(layout.ANCESTOR_FIELDS))


BOUNDS = (
    ("data_tables", tables, "LONGEST LONGEST_HEADED _WIDEST"),
    ("features", context_features, "_PROSE _FAR"),
    ("features", line_features, "_SHORT"),
    ("log_odds", line_classifier, "GRID"),
    ("ancestors", ancestors, "_MOST_LINES"),
    ("readability", readability, "MIN_PARAGRAPH ENOUGH"),
    ("selection", line_smoothing, "_MOST _NEAR"),
    ("selection", units, "_AFTER_HEADING _LOWEST"),
    ("selection", units, "BETWEEN BELOW_HEADING LONGEST_GAP LINKED HEADED"),
    ("link_bars", boilerplate, "AROUND FOOT_END LONGEST_START"),
    ("titles", units, "SUBSTANTIAL _MARKS"),
    ("titles", headings, "_TITLE_LEVEL _OWN _OWN_WIDE _SHORTEST _LONGEST"),
    ("titles", leads, "TITLE LEAD AFTER NEAR"),
    ("render", tables, "MAX_CELL _WIDEST"),
    ("select", fallback_text, "FEW_CHARACTERS"),
)


@pytest.mark.parametrize(("kernel", "plain", "names"), BOUNDS)
def test_kernels_have_the_bounds_of_the_plain_path(kernel, plain, names):
    of_kernels = import_module(f"{kernels.__name__}.{kernel}")
    for name in names.split():
        assert getattr(of_kernels, name) == getattr(plain, name), name


@pytest.mark.parametrize("error", [AttributeError, ModuleNotFoundError])
def test_an_index_of_kernels_that_cannot_be_loaded_is_emptied(error):
    class File:
        emptied = False

        def _load_index(self):
            raise error("no such name")

        def flush(self):
            self.emptied = True

    file = File()
    _compiled._drop_unreadable(file)
    assert file.emptied
    with pytest.raises(AttributeError):
        _compiled._drop_unreadable(object())


def test_constants_of_the_last_step_are_the_same():
    ours = select.LOWEST, select.NAMED, select.ABOVE
    assert ours == (sections.LOWEST, len(sections.SEE_ALSO), edges.ABOVE)
