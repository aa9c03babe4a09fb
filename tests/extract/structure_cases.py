# ruff: noqa: E501 - snippets of pages
r"""Snippets of pages, by kind, and the blocks of text they are to give.

A snippet is put between paragraphs of an article. Kinds: `formulas` and `scripts` (formula_cases.py),
`code` (preformatted text), `fallback` (text outside of the body's own; these are whole pages),
`cells`, `glued` (words beside elements that are left out), `boilerplate`, `characters`.
"""

from tests.extract.formula_cases import FORMULAS, SCRIPTS, S, T

__all__ = [
    "BOILERPLATE",
    "CELLS",
    "CHARACTERS",
    "CODE",
    "FALLBACK",
    "FORMULAS",
    "GLUED",
    "SCRIPTS",
    "S",
    "T",
]

CODE = {
    "tabs": ("<pre>all:\n\tmake -C a\n\t\tb</pre>", ["all:\n\tmake -C a\n\t\tb"]),
    "blank lines": ("<pre>\na = 1\n\n\nb = 2\n</pre>", ["a = 1\n\n\nb = 2"]),
    "coloured": (
        '<div class="highlight"><pre><span></span><span class="k">for</span> i <span class="ow">in'
        "</span> y:\n    <span class='n'>f</span>(i)\n</pre></div>",
        ["for i in y:\n    f(i)"],
    ),
    "lines as div": (
        "<pre><div>while x:</div><div>    x -= 1</div><div><br></div><div>stop</div></pre>",
        ["while x:\n    x -= 1\n\nstop"],
    ),
    "lines as span": (
        '<pre><code><span class="line">a {</span><span class="line">  b: c</span><span class="line">'
        "}</span></code></pre>",
        ["a {\n  b: c\n}"],
    ),
    "lines as span and break": (
        '<pre><code><span class="line">a {</span>\n<span class="line"></span>\n<span class="line">  b'
        "</span></code></pre>",
        ["a {\n\n  b"],
    ),
    "lines as items": (
        '<pre class="prettyprint linenums"><ol class="linenums"><li class="L0"><code>def g():</code>'
        '</li><li class="L1"><code>    return 2</code></li></ol></pre>',
        ["def g():\n    return 2"],
    ),
    "breaks and no-break spaces": (
        "<p><code>if (a) {<br>&nbsp;&nbsp;b();<br>}</code></p>",
        ["if (a) {\n  b();\n}"],
    ),
    "a file view": (
        '<table class="highlight"><tr><td id="L1" class="blob-num" data-line-number="1"></td><td '
        'class="blob-code">fn main() {</td></tr><tr><td class="blob-num" data-line-number="2"></td>'
        '<td class="blob-code">    go();</td></tr><tr><td class="blob-num"></td><td '
        'class="blob-code"></td></tr><tr><td class="blob-num"></td><td class="blob-code">}</td></tr>'
        "</table>",
        ["fn main() {\n    go();\n\n}"],
    ),
    "a highlighter's table": (
        '<div class="syntaxhighlighter"><table><tr><td class="gutter"><div class="line">1</div><div '
        'class="line">2</div></td><td class="code"><div class="container"><div class="line"><code>'
        'x = 1</code></div><div class="line"><code>&nbsp;&nbsp;</code><code>y = 2</code></div></div>'
        "</td></tr></table></div>",
        ["x = 1\n  y = 2"],
    ),
    "an editor": (
        '<div class="CodeMirror-code"><div><div class="CodeMirror-gutter-wrapper"><div class="Code'
        'Mirror-linenumber">1</div></div><pre class="CodeMirror-line">a</pre></div><div><div '
        'class="CodeMirror-gutter-wrapper"><div class="CodeMirror-linenumber">2</div></div><pre '
        'class="CodeMirror-line">    b</pre></div></div>',
        ["a\n    b"],
    ),
    "numbers that cannot be selected": (
        "<pre><span style='user-select: none'>1 </span>a\n<span style='user-select: none'>2 </span>b"
        "</pre>",
        ["a\nb"],
    ),
    "listing": ("<listing>one   two\n   three</listing>", ["one   two\n   three"]),
    "xmp": ("<xmp><p>\n  raw</p></xmp>", ["<p>\n  raw</p>"]),
    "a style": (
        "<div style='white-space: pre'>a    b\n  c</div>",
        ["a    b\n  c"],
    ),
    "a textarea": (
        "<p>Paste:</p><textarea readonly='readonly' rows=2>[core]\n  x = y</textarea>",
        ["Paste:", "[core]\n  x = y"],
    ),
    "a file view with numbers beside": (
        '<div class="line-numbers"><a>1</a><a>2</a></div><div class="blob"><pre class="code"><code>'
        '<span id="LC1" class="line">a</span>\n<span id="LC2" class="line">  b</span></code></pre></div>',
        ["a\n  b"],
    ),
    "a highlighted line": (
        '<pre><code>f(() =&gt; {\n});\n\n<span class="code-line">  if (x) {</span>\n    y();</code></pre>',
        ["f(() => {\n});\n\n  if (x) {\n    y();"],
    ),
    "one cell a row": (
        "<table><tr><td><p><tt>function f(</tt></p></td></tr><tr><td><p><tt>&nbsp; a: int</tt></p></td>"
        "</tr><tr><td><p><tt>);</tt></p></td></tr></table>",
        ["function f(\n  a: int\n);"],
    ),
    "lines that are kept": (
        "<p style='white-space: pre-line'>The first of it\nand the second\n\nand the last of it.</p>",
        ["The first of it\nand the second", "and the last of it."],
    ),
    "inline": (
        "<p>Call <code>f(<span>x</span>,&nbsp;y)</code> or <code>a[<b>0</b>]</code>.</p>",
        ["Call f(x, y) or a[0]."],
    ),
}  # fmt: skip

FALLBACK = {
    "noscript": f"<div id=app></div><noscript><h1>A</h1><p>{S}</p><p>{T}</p></noscript>",
    "a shadow root": "<x-page><template shadowrootmode=open><h1>A</h1>"
    f"<p>{S}</p><p>{T}</p></template></x-page>",
    "an older shadow root": "<x-page><template shadowroot='open'><h1>A</h1>"
    f"<p>{S}</p><p>{T}</p></template></x-page>",
    "noframes": f"<frameset cols=*><frame src=a><noframes><h1>A</h1><p>{S}</p><p>{T}</p></noframes>"
    "</frameset>",
    "srcdoc": f"<iframe srcdoc='&lt;h1&gt;A&lt;/h1&gt;&lt;p&gt;{S}&lt;/p&gt;&lt;p&gt;{T}&lt;/p&gt;'>"
    "</iframe>",
    "json-ld": '<script type="application/ld+json">{"@type": "Article", "headline": "A", '
    f'"articleBody": "{S}\\n\\n{T}"}}</script><div id=root></div>',
    "json-ld in a graph": '<script type="application/ld+json">{"@graph": [{"@type": "WebPage"}, '
    f'{{"@type": "BlogPosting", "headline": "A", "articleBody": "<p>{S}</p><p>{T}</p>"}}]}}</script>',
    "noscript beside a notice": "<p>You need to enable JavaScript.</p>"
    f"<noscript><h1>A</h1><p>{S}</p><p>{T}</p></noscript>",
    "nested shadow roots": "<x-page><template shadowrootmode=open><x-part><template "
    f"shadowrootmode=open><h1>A</h1><p>{S}</p><p>{T}</p></template></x-part></template></x-page>",
    "noscript in a header": "<header><a href=/>Home</a></header>"
    f"<noscript><h1>A</h1><p>{S}</p><p>{T}</p></noscript>",
}  # fmt: skip

CELLS = {
    "none where a cell has a heading and paragraphs": (
        "<table><thead><tr><th>News</th><td>of the valley</td></tr></thead><tr><td colspan=2>"
        f"<h2>The weir is open</h2><div>{S} {T}</div><div>{T} {S}</div></td></tr></table>",
        ["News | of the valley", "The weir is open", f"{S} {T}", f"{T} {S}"],
    ),
    "in the middle": (
        "<table><tr><th>a</th><th>b</th><th>c</th></tr><tr><td>1</td><td></td><td>3</td></tr></table>",
        ["a | b | c\n1 |  | 3"],
    ),
    "at the beginning": (
        "<table><tr><td></td><th>b</th></tr><tr><th>x</th><td>2</td></tr></table>",
        ["| b\nx | 2"],
    ),
    "at the end": (
        "<table><tr><th>a</th><th>b</th></tr><tr><td>x</td><td>1</td></tr><tr><td>y</td><td></td></tr>"
        "</table>",
        ["a | b\nx | 1\ny |"],
    ),
    "no-break spaces": (
        "<table><tr><th>a</th><th>b</th><th>c</th></tr><tr><td>1</td><td>&nbsp;</td><td>3</td></tr>"
        "</table>",
        ["a | b | c\n1 |  | 3"],
    ),
    "a cell over two columns": (
        "<table><tr><th colspan=2>a</th><th>c</th></tr><tr><td>1</td><td>2</td><td>3</td></tr></table>",
        ["a |  | c\n1 | 2 | 3"],
    ),
    "a cell over two rows": (
        "<table><tr><th>a</th><th>b</th></tr><tr><td rowspan=2>1</td><td>2</td></tr><tr><td>3</td>"
        "</tr></table>",
        ["a | b\n1 | 2\n| 3"],
    ),
    "paragraphs in cells": (
        "<table><tr><th>a</th><th>b</th></tr><tr><td><p>1</p><p>2</p></td><td></td></tr></table>",
        ["a | b\n1 2 |"],
    ),
    "a picture in a cell": (
        "<table><tr><th>a</th><th>b</th><th>c</th></tr><tr><td>1</td><td><img src=x></td><td>3</td>"
        "</tr></table>",
        ["a | b | c\n1 |  | 3"],
    ),
    "a column of spaces": (
        "<table><tr><td>a</td><td> </td><td>b</td></tr><tr><td>1</td><td> </td><td>2</td></tr></table>",
        ["a | b\n1 | 2"],
    ),
    "sections of a table": (
        "<table><thead><tr><th>a</th><th>b</th><th>c</th></tr></thead><tbody><tr><td>1</td><td></td>"
        "<td>3</td></tr></tbody><tfoot><tr><td>s</td><td>2</td><td></td></tr></tfoot></table>",
        ["a | b | c\n1 |  | 3\ns | 2 |"],
    ),
    "a short table": (
        "<table><tr><td>Town</td><td>1950</td></tr><tr><td>Brno</td><td></td></tr></table>",
        ["Town | 1950\nBrno |"],
    ),
    "code in a cell": (
        "<table><tr><th>a</th><th>b</th></tr><tr><td><pre>ls -l</pre></td><td>lists</td></tr></table>",
        ["a | b\nls -l | lists"],
    ),
}  # fmt: skip

GLUED = {
    "cells by their roles": (
        "<div><div role=row><span role=columnheader>Town</span><span role=cell>1950</span>"
        "</div></div>",
        ["Town\n1950"],
    ),
    "a picture": ("<p>the tower<img src=x.png>stands</p>", ["the tower stands"]),
    "a picture before a stop": ("<p>the tower<img src=x.png>.</p>", ["the tower."]),
    "a frame": ("<p>up<iframe src=x>no frames</iframe>down</p>", ["up down"]),
    "a film": ("<p>up<video src=x>no film</video>down</p>", ["up down"]),
    "a sound": ("<p>up<audio controls></audio>down</p>", ["up down"]),
    "a field": ("<p>give<input type=text>here</p>", ["give here"]),
    "a choice": ("<p>give<select><option>1</option></select>here</p>", ["give here"]),
    "a drawing": ("<p>give<svg><path d=''/></svg>here</p>", ["give here"]),
    "a canvas": ("<p>give<canvas></canvas>here</p>", ["give here"]),
    "an object": ("<p>give<object data=x></object>here</p>", ["give here"]),
    "a script": ("<p>give<script>x()</script>here</p>", ["give here"]),
    "inside an element": ("<p>a <b>tower</b><span><img src=x></span>stands</p>", ["a tower stands"]),
    "spans that are blocks": (
        "<p><span style='display: block'>First row</span><span style='display:block'>Second row</span>"
        "</p>",
        ["First row\nSecond row"],
    ),
    "links that are blocks": (
        "<div><a style='display:block' href=a>First part of it</a><a style='display:flex' href=b>"
        "Second part of it</a></div>",
        None,
    ),
    "elements of one's own": (
        "<x-card><x-head>Wind and rain</x-head><x-body>They come from the west in most of the "
        "winters here.</x-body></x-card>",
        ["Wind and rain", "They come from the west in most of the winters here."],
    ),
    "an element of one's own in a sentence": (
        "<p>The <x-term>weir</x-term>, as they say, and <x-term>leat</x-term>s.</p>",
        ["The weir, as they say, and leats."],
    ),
    "an empty element of one's own": ("<p>the<x-icon></x-icon>weir</p>", ["the weir"]),
    "a place to break": ("<p>a very<wbr>long word</p>", ["a verylong word"]),
}  # fmt: skip

BOILERPLATE = {
    "a link to the source": (
        "<dl><dt>weir(x)<a href=s.html><span class=viewcode-link>[source]</span></a></dt><dd>Makes one."
        "</dd></dl>",
        ["weir(x)\nMakes one."],
    ),
    "a newspaper's caption": ("<p>Story continues below this ad</p>", []),
    "a pilcrow": ("<h2>Weirs<a class=headerlink href=#w>¶</a></h2>", ["Weirs"]),
    "a hash": ("<h2><a class=anchor href='#w'>#</a> Weirs</h2>", ["Weirs"]),
    "a word": ("<h2>Weirs <a class=permalink href='#w'>Permalink</a></h2>", ["Weirs"]),
    "edit": (
        '<h2><span class="mw-headline">Weirs</span><span class="mw-editsection">[<a href=x>edit</a>]'
        "</span></h2>",
        ["Weirs"],
    ),
    "an edit link": ("<h2>Weirs <a href='/edit/3'>edit</a></h2>", ["Weirs"]),
    "a heading of two lines": ("<h2>The weir<br>and the mill</h2>", ["The weir and the mill"]),
    "a heading of advertising": ("<h4>Advertisement</h4>", []),
    "a way back": ("<p>So it was. <a href='#r1' class='backref'>↩</a></p>", ["So it was."]),
    "a titled link": (
        "<div><h2>Weirs</h2><a class='anchor-link' href='#w'><span>Section titled “Weirs”</span></a></div>",
        ["Weirs"],
    ),
    "an advertisement": ("<div class=slot>Advertisement</div>", []),
    "an advertisement in German": ("<p>- Anzeige -</p>", []),
    "a copy button": (
        "<div class=code><button class=copybtn>Copy</button><pre>make all</pre></div>",
        ["make all"],
    ),
    "a copy button inside": ("<pre>make all\n<button>Copy code</button></pre>", ["make all"]),
    "a copy caption": ("<div><span>Copy to clipboard</span></div><pre>make all</pre>", ["make all"]),
    "a column of numbers": (
        '<table><tr><td><pre>8\n9\n10</pre></td><td><pre>a\n  b\nc</pre></td></tr></table>',
        ["a\n  b\nc"],
    ),
    "numbers beside lines": (
        '<pre><span class="lineno">1</span>a\n<span class="lineno">2</span>  b</pre>',
        ["a\n  b"],
    ),
}  # fmt: skip

CHARACTERS = {
    "text decoded twice": (
        "<p>It\x92s \x93late\x94 \x96 so \x9cuvre</p>",
        ["It’s “late” – so œuvre"],
    ),
    "no-break spaces in code": ("<pre>if x:\n\xa0\xa0&nbsp;y()</pre>", ["if x:\n   y()"]),
    "soft hyphens": ("<p>in&shy;ter&#173;est</p>", ["interest"]),
    "a bell": ("<p>a \x07 bell</p>", ["a bell"]),
    "a backspace": ("<p>back\x08space</p>", ["backspace"]),
    "an escape": ("<p>in \x1b[1;31mred\x1b[0m ink</p>", ["in red ink"]),
    "an escape in code": ("<pre>\x1b[32mok\x1b[m 3\n  x</pre>", ["ok 3\n  x"]),
    "the title of a terminal": ("<p>so \x1b]0;shell\x07it is</p>", ["so it is"]),
    "a byte order mark": ("<p>\ufeffmark</p>", ["mark"]),
    "a zero-width space": ("<p>over\u200blong</p>", ["overlong"]),
    "a word joiner": ("<p>over\u2060long</p>", ["overlong"]),
    "a control of the second half": ("<p>left\x90right</p>", ["leftright"]),
    "a form feed": ("<p>one\x0ctwo</p>", ["one two"]),
    "a null by reference": ("<p>one&#0;&#1;two</p>", None),
    "a line separator": ("<p>one\u2028two</p>", ["one two"]),
    "a joiner that has a meaning": ("<p>می‌خواهم</p>", ["می\u200cخواهم"]),
}
