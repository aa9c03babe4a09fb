# ruff: noqa: E501 - snippets of pages
r"""Snippets as repositories, encyclopedias, forums and news sites write them, as `generator_cases`."""

from tests.extract.generator_cases import PYTHON, _lines
from tests.extract.structure_cases import S, T

CODE = {
    "javadoc's source": (
        "<pre>" + _lines('<span class="source-line-no">00{n}</span><span id="line-{n}">{line}</span>', "\n") + "</pre>",
        [PYTHON],
    ),
    "numbers that only count on": (
        "<pre>" + _lines('<span style="background:#eee">{n} </span>{line}', "\n") + "</pre>",
        [PYTHON],
    ),
    "numbers that are the code's own": (
        "<pre><span>10</span> PRINT A\n<span>20</span> GOTO 10\n<span>30</span> END</pre>",
        ["10 PRINT A\n20 GOTO 10\n30 END"],
    ),
    "numbers of sections": (
        '<pre><a href="#section-1">1</a>.  Mills\n\n   So.\n\n<a href="#section-2">2</a>.  Weirs</pre>',
        ["1.  Mills\n\n   So.\n\n2.  Weirs"],
    ),
    "numbers of a part": ("<pre><span>1</span> a\n<span>2</span> b\nc</pre>", ["1 a\n2 b\nc"]),
    "redmine": (
        '<table class="filecontent">'
        + _lines('<tr><th class="line-num"><a href="#L{n}">{n}</a></th><td class="line-code"><pre>{line}\n</pre></td></tr>')
        + "</table>",
        [PYTHON],
    ),
    "viewvc": (
        "<table>"
        + _lines('<tr><td class="vc_file_line_number">{n}</td><td class="vc_file_line_text">{line}</td></tr>')
        + "</table>",
        [PYTHON],
    ),
    "a font of one width": (
        '<p><font face="Courier New">if (x) {<br>&nbsp;&nbsp;y();<br>}</font></p><p>So:</p><div style="font-family: '
        'monospace">a<br>&nbsp;b</div><p><span style="font-family:Courier">One line<br>and another of it.</span></p>',
        ["if (x) {\n  y();\n}", "So:", "a\n b", "One line\nand another of it."],
    ),
    "a paragraph for each line": (
        "<p>So:</p><p><code>if (x) {</code></p><p><code>&nbsp;&nbsp;y();</code></p><p><code>}</code></p><p><code>z</code>"
        " is left.</p><div><span style='font-family: Consolas'>a</span></div><div><span style='font-family: Consolas'>"
        "&nbsp; b</span></div>",
        ["So:", "if (x) {\n  y();\n}", "z is left.", "a\n  b"],
    ),
    "lines in a grid": (
        '<pre><code style="display: grid"><span data-line="">a</span>\n<span data-line=""> </span>\n<span data-line="">'
        "  b</span></code></pre>",
        ["a\n\n  b"],
    ),
    "spans that are lines and set their parts side by side": (
        '<pre><code><span style="display:flex"><span>if</span><span> x:</span></span><span style="display:flex">'
        "<span>  y</span><span>()</span></span></code></pre>",
        ["if x:\n  y()"],
    ),
    "classes that make lines": (
        '<pre><code><span class="block">a</span><span class="block">  b</span></code></pre>', ["a\n  b"],
    ),
    "spans that are lines": (
        '<pre><span style="display:block">a</span><span style="display:block">  b</span></pre>', ["a\n  b"],
    ),
    "quill": (
        '<div class="ql-code-block-container">' + _lines('<div class="ql-code-block">{line}</div>').replace("></div>", "><br></div>") + "</div>",
        [PYTHON],
    ),
    "a bar with a language and a button": (
        "<pre><div class=box><div><span>bash</span><button>Copy code</button></div><div><code>make all\n"
        "  it</code></div></div></pre>",
        ["make all\n  it"],
    ),
    "escapes that lost their beginning": (
        "<pre>[32mok[0m done\n^[[1;31mbad^[[0m [m]</pre>", ["ok done\nbad [m]"],
    ),
    "a program that writes escapes": (
        "<pre>echo '\\e[32mok\\e[0m' [0m</pre>", ["echo '\\e[32mok\\e[0m' [0m"],
    ),
}  # fmt: skip

CODE |= {
    "trac": (
        '<table class="code"><thead><tr><th class="lineno" title="Line numbers">Line</th><th class="content"> </th></tr>'
        "</thead><tbody>" + _lines('<tr><th id="L{n}"><a href="#L{n}">{n}</a></th><td>{line}</td></tr>') + "</tbody></table>",
        [PYTHON],
    ),
    "gitweb": (
        '<div class="page_body">' + _lines('<div class="pre"><a id="l{n}" href="#l{n}" class="linenr">   {n}</a> {line}</div>', "\n") + "</div>",
        [PYTHON],
    ),
    "gitiles": (
        '<table class="FileContents">'
        + _lines('<tr><td class="u-lineNum FileContents-lineNum" data-line-number="{n}"></td><td class="FileContents-lineContents">{line}</td></tr>')
        + "</table>",
        [PYTHON],
    ),
    "enlighter": (
        '<div class="enlighter-default"><div class="enlighter-code"><div class="enlighter">'
        + _lines('<div class=""><div><span class="enlighter-text">{line}</span></div></div>')
        + "</div></div></div>",
        [PYTHON],
    ),
    "notion": (
        '<div class="notion-code-block"><div style="white-space: pre-wrap; tab-size:2">a = 1\n  b = 2</div></div>',
        ["a = 1\n  b = 2"],
    ),
    "medium": (
        "<pre><span data-selectable-paragraph=''>a {<br>  b</span><span data-selectable-paragraph=''>}</span></pre>",
        ["a {\n  b\n}"],
    ),
    "zola": (
        "<pre data-linenos><code><table>" + _lines("<tr><td>{n}</td><td><span>{line}\n</span></td></tr>") + "</table></code></pre>",
        [PYTHON],
    ),
    "mdbook": (
        '<pre><pre class="playground"><code><span class="boring">fn main() {\n</span>let x = 1;\n    x;\n<span class="boring">}'
        "</span></code></pre></pre>",
        ["let x = 1;\n    x;"],
    ),
    "numbers in a column beside code": (
        f"<div><pre><code>{PYTHON}</code></pre>" + '<div class="line-numbers-wrapper"><span class="line-number">1</span><br><span '
        'class="line-number">2</span><br></div></div><div class="cm-editor"><div class="cm-gutters"><div>1</div><div>2</div>'
        '</div><div class="cm-content"><div class="cm-line">a</div><div class="cm-line">  b</div></div></div>',
        [PYTHON, "a\n  b"],
    ),
    "code that stands twice": (
        '<div class="crayon-plain-wrap"><textarea class="crayon-plain" readonly>a\n  b</textarea></div><div class="crayon-pre">'
        '<div class="crayon-line">a</div><div class="crayon-line">  b</div></div>',
        ["a\n  b"],
    ),
}  # fmt: skip

CODE |= {
    "trac with who wrote it": (
        '<table class="code"><thead><tr><th class="blame">Rev</th><th class="lineno">Line</th><th class="content"> </th></tr>'
        "</thead><tbody>"
        + _lines('<tr><th class="blame r1"><a href="/changeset/1">[1]</a></th><th id="L{n}"><a href="#L{n}">{n}</a></th><td>{line}</td></tr>')
        + "</tbody></table>",
        [PYTHON],
    ),
    "enlighter with its source": (
        '<div class="enlighter-default"><div class="enlighter-code"><div class="enlighter">'
        + _lines('<div class=""><div><span class="enlighter-text">{line}</span></div></div>')
        + f'</div></div><pre class="enlighter-raw">{PYTHON}</pre></div>',
        [PYTHON],
    ),
    "color scripter": (
        '<div class="colorscripter-code" style="color:#010101"><table class="colorscripter-code-table"><tr><td style="padding'
        ':6px"><div style="margin:0;font-family:Consolas,monospace"><div>1</div><div>2</div></div></td><td style="padding:6px"'
        '><div style="margin:0;font-family:Consolas,monospace"><div style="white-space:pre">a {</div><div style="white-space:'
        'pre">&nbsp;  b</div></div></td></tr></table></div>',
        ["a {\n   b"],
    ),
    "syntax highlighter 1": (
        '<div class="dp-highlighter"><div class="bar"><div class="tools"><a href="#">view plain</a><a href="#">copy to '
        'clipboard</a></div></div><ol class="dp-py"><li class="alt"><span>a {&nbsp;&nbsp;</span></li><li><span>&nbsp; b'
        "</span></li></ol></div>",
        ["a {\n  b"],
    ),
    "csdn's numbers": (
        f'<pre class="prettyprint"><code class="prism">{PYTHON}</code><ul class="pre-numbering"><li>1</li><li>2</li></ul></pre>',
        [PYTHON],
    ),
    "phabricator": (
        '<table class="phabricator-source-code-view">'
        + _lines('<tr><th class="phabricator-source-line"><a href="#{n}" data-n="{n}"></a></th><td class="phabricator-source-code">{line}</td></tr>')
        + "</table>",
        [PYTHON],
    ),
    "a gist": (
        '<div class="gist"><div class="gist-data"><table class="js-file-line-container">'
        + _lines('<tr><td class="blob-num js-line-number" data-line-number="{n}"></td><td class="blob-code blob-code-inner">{line}</td></tr>')
        + '</table></div><div class="gist-meta"><a href=x>view raw</a> <a href=y>a.py</a> hosted with ❤ by <a href=z>GitHub</a>'
        "</div></div>",
        [PYTHON],
    ),
}  # fmt: skip

FORMULAS = {
    "latexml in columns": (
        '<table class="ltx_equationgroup ltx_eqn_eqnarray ltx_eqn_table"><tbody><tr class="ltx_eqn_row"><td class="ltx_eqn_'
        'cell"></td><td><math alttext="a" display="inline"><mi>a</mi></math></td><td><math alttext="=" display="inline"><mo>='
        '</mo></math></td><td><math alttext="b+c," display="inline"><mi>b</mi></math></td><td><span class="ltx_tag">(1)</span>'
        '</td></tr></tbody><tbody><tr class="ltx_eqn_row"><td></td><td></td><td></td><td><math alttext="+c" display="inline">'
        "<mi>c</mi></math></td></tr></tbody></table>",
        ["$a$ $=$ $b$ (1)", "$c$"],
    ),
    "csdn": (
        '<p>Let <span class="katex--inline"><span class="katex"><span class="katex-mathml">\n   x\n  \n   x^2\n </span><span '
        'class="katex-html">x2</span></span></span> be</p>',
        ["Let $x^2$ be"],
    ),
    "fences of github": (
        '<p>Let <code class="language-math math-inline">a^2</code> be</p><pre lang="math"><code class="language-math">x^2 + y'
        "\n</code></pre>",
        ["Let $a^2$ be", "$$x^2 + y$$"],
    ),
    "mathjax 4": (
        '<p>Let <mjx-container class="MathJax" jax="CHTML"><mjx-math data-latex="x=y^2"><mjx-mi data-latex="x"><mjx-c></mjx-c>'
        "</mjx-mi></mjx-math></mjx-container> be</p>",
        ["Let $x=y^2$ be"],
    ),
    "a formula as picture and script": (
        '<p>Let <span class="tex"><img src="i.gif" alt="$x^{2}$"><script type="math/tex">x^{2}</script></span> be</p>',
        ["Let $x^{2}$ be"],
    ),
    "latex2html": (
        '<div align="CENTER"><img src="img2.png" alt="\\begin{displaymath}x=y^2\\end{displaymath}"></div>', ["$$x=y^2$$"],
    ),
    "latexml with its number": (
        '<table class="ltx_equation ltx_eqn_table"><tr><td></td><td><math alttext="x^{2}" display="block"><mi>x</mi></math></td>'
        "<td>(1)</td></tr></table>",
        ["$$x^{2}$$\n(1)"],
    ),
    "mathjax 2 as common HTML": (
        '<p>Let <span class="MathJax_Preview"></span><span class="mjx-chtml"><span class="mjx-math">x</span></span>'
        '<script type="math/tex">x</script> be.</p>',
        ["Let $x$ be."],
    ),
    "gitlab": (
        '<p>Let <code class="code math js-render-math">a^2+b</code> be</p><pre class="code math js-render-math">'
        "<code>c^2</code></pre>",
        ["Let $a^2+b$ be", "$$c^2$$"],
    ),
    "sphinx with the number of a formula": (
        '<div class="math notranslate nohighlight" id="e"><span class="eqno">(1)<a class="headerlink" href="#e">¶</a>'
        "</span>\\[x^2 + y\\]</div>",
        ["(1) $$x^2 + y$$"],
    ),
    "docutils": (
        '<p>Let <tt class="math">x^2</tt> be</p><pre class="math">\na^2 + b^2\n</pre>', ["Let $x^2$ be", "$$a^2 + b^2$$"],
    ),
    "quicklatex": (
        '<p>Let <img src="/ql-cache/quicklatex.com-b.png" class="ql-img-inline-formula quicklatex-auto-format" alt="x^2"> '
        'be <img src="c.png" class="formula" alt="A car of Formula 1"> so</p>',
        ["Let $x^2$ be so"],
    ),
    "services that draw": (
        '<p>Let <img src="https://latex.codecogs.com/svg.image?x^2&amp;space;+1"> and <img '
        'src="https://i.upmath.me/svg/y%5E2" alt="y^2"> and <img src="https://render.githubusercontent.com/render/math?math='
        'z%5E2%2B1"> and <img class="formula inline" src="https://x.org/a.svg" alt="a^2" data-tex="inline"> be</p>',
        ["Let $x^2 +1$ and $y^2$ and $z^2+1$ and $a^2$ be"],
    ),
    "katex that failed": (
        '<p>If <span class="katex-error" title="ParseError">\\foo{x}</span> is</p>', [r"If $\foo{x}$ is"],
    ),
    "asciidoctor": (
        "<script>asciimath2jax: {}</script><p>If \\$sqrt(x)/2\\$ is small</p>",
        [r"If $\frac{\sqrt{x}}{2}$ is small"],
    ),
}  # fmt: skip

SCRIPTS = {
    "a mixed number of an encyclopedia": (
        '<p>Add <span class="frac" role="math">1<span class="num">3</span>&frasl;<span class="den">4</span></span> cups</p>',
        ["Add 1 3⁄4 cups"],
    ),
    "raised by a style": (
        '<p>10<span style="vertical-align:super;font-size:smaller">9</span> years, H<font style="vertical-align: sub">2'
        "</font>O</p>",
        ["10^9 years, H_2O"],
    ),
    "raised by a class": (
        '<p>10<span class="superscript">9</span> years, x<span class=subscript>i</span></p>',
        ["10^9 years, x_i"],
    ),
    "a mixed number": ("<p>Add 1<sup>1</sup>⁄<sub>2</sub> or <sup>3</sup>/<sub>4</sub> cups</p>", ["Add 1 1⁄2 or 3/4 cups"]),
    "a stroke that is read aloud": (
        '<p>Add <span class="sfrac"><span class="num">2</span><span class="sr-only">/</span><span class="den">3</span>'
        "</span> cups</p>",
        ["Add 2/3 cups"],
    ),
    "a note's number in a link": (
        '<p>It was so<a href="#f1" class="footnote-ref"><sup>1</sup></a> then, <a href=x>10<sup>6</sup> of it</a>.</p>',
        ["It was so1 then, 10^6 of it."],
    ),
    "a power behind a space": ("<p>about 10 <sup>18</sup> m, A<sup>T</sup>, O(n<sup>log n</sup>)</p>",
                               ["about 10^18 m, A^T, O(n^{log n})"]),
    "a price": ("<p>It is $4<sup>99</sup> or € 12<sup>50</sup> there</p>", ["It is $4.99 or € 12.50 there"]),
}  # fmt: skip

GLUED = {
    "classes that make blocks": (
        '<p><span class="d-block">The mill is open all day in summer.</span><span class="d-block">It is closed in winter, when the wheel is frozen.</span></p>',
        ["The mill is open all day in summer.\nIt is closed in winter, when the wheel is frozen."],
    ),
    "what is cited, made from LaTeX": (
        '<ul><li class="ltx_bibitem"><span class="ltx_tag">[1]</span><span class="ltx_bibblock">A. Miller. On wheels and '
        "weirs. 1901.</span></li></ul>",
        ["- [1]\nA. Miller. On wheels and weirs. 1901."],
    ),
    "who said what is quoted": (
        f"<blockquote><div><cite>Roe wrote:</cite>{S}</div></blockquote><p>In <cite>A Book</cite>s it is.</p>",
        [f"Roe wrote: {S}", "In A Books it is."],
    ),
    "a signature in cells": (
        '<table class="memname"><tr><td class="memname">int grind </td><td>(</td><td class="paramtype">int&#160;</td>'
        "<td><em>n</em></td><td>)</td></tr></table>",
        ["int grind (int n)"],
    ),
    "a meter": ("<p>at<progress value=3>75%</progress>now or<meter>1</meter>so</p>", ["at now or so"]),
    "boxes in a row": (
        '<div style="display:flex"><span>The price of it</span><span>200 crowns</span></div>',
        ["The price of it\n200 crowns"],
    ),
    "a first letter": ('<p><img class="dropcap" src=x alt="T">he lock is old.</p>', ["The lock is old."]),
    "smileys": (
        '<p>Well <img class="emoji" alt=":tada:" src=x> done <img class="smilies" alt=":D" src=y><img class="smilies" '
        'alt="Big Grin" src=y></p>',
        ["Well :tada: done :D"],
    ),
}  # fmt: skip


GLUED |= {
    "side by side by a class": (
        '<div class="flex gap-2"><b>Published</b><a href=x>May 2</a></div><p class="d-inline-flex">Depth:<em>4 m</em>(in '
        'summer)</p><p class="md:grid"><span>Width</span><svg></svg><span>2 m</span>.</p>',
        ["Published May 2", "Depth: 4 m (in summer)", "Width 2 m."],
    ),
    "side by side by a style": (
        '<p><span style="float: right">May 2</span>The mill opens</p><p><b style="display:inline-flex"><i>It is</i><i>old'
        "</i></b></p>",
        ["May 2 The mill opens", "It is old"],
    ),
    "labels and badges": (
        '<p>The mill<span class="badge badge-info">New</span> has <span class="tag">oak</span><span class="tag">ash</span>'
        '<a class="btn" href=x>All</a> (<span class="label">or</span>).</p><p>By Roe<time>in 1900</time></p>',
        ["The mill New has oak ash All (or).", "By Roe in 1900"],
    ),
    "what is said in bold type": (
        "<p><b>Height:</b>two metres, at <b>10:</b>30 and <strong>a <i>wide:</i></strong>(so) and <code><b>a:</b></code></p>",
        ["Height: two metres, at 10:30 and a wide: (so) and a:"],
    ),
    "a first letter set in large type": (
        '<p><span style="float:left;font-size:3em">T</span>he lock is <span class="flex"><i>o</i><i>l</i><i>d</i></span>.</p>',
        ["The lock is old."],
    ),
    "colours of code": (
        '<p>Write <code class="language-html"><span class="token tag">&lt;<span class="token tag">div</span></span>&gt;</code>'
        " here.</p>",
        ["Write <div> here."],
    ),
    "what a button says with its picture": (
        "<pre>a\n  b</pre><p><button class=flex><svg></svg><span>Copy</span></button></p>", ["a\n  b"],
    ),
}  # fmt: skip


def _table(row, cell, around):
    rows = (("Town", "1950"), ("Brno", ""), ("Zlin", "7"))
    return around % "".join(row % "".join(cell % one for one in several) for several in rows)


_H = "The second weir"
BOILERPLATE = {
    "doxygen's anchor": (
        f'<h2><span class="permalink"><a href="#x">&#9670;&#160;</a></span>{_H}</h2><p>{S}</p>', [_H, S],
    ),
    "dokka's anchor": (
        f"<h2>{_H}<span class=a><div class=copy-popup><span>Link copied to clipboard</span></div></span></h2><p>{S}</p>",
        [_H, S],
    ),
    "the way back of notes": (
        '<ol class="references"><li><span class="mw-cite-backlink">^ <a href="#a"><sup>a</sup></a> <a href="#b"><sup>b'
        '</sup></a></span> <span class="reference-text">Roe, The Mill, 1990.</span></li></ol>',
        ["- Roe, The Mill, 1990."],
    ),
    "the second way back of a note": (
        '<ol><li id="fn:1"><p>So he said to them.&nbsp;<a href="#r">&#8617;</a>&nbsp;<a href="#r:1">&#8617;<sup>2</sup>'
        "</a></p></li></ol>",
        ["- So he said to them."],
    ),
    "what stands for a film": (
        f"<div class=film><p>Your browser does not support the video tag.</p></div><p>{S}</p><p>Was this page helpful?</p>"
        f"<p>{T}</p>",
        [S, T],
    ),
    "a doubt": (
        f'<p>{S}<sup class="noprint Inline-Template">[<i><a href=x>citation needed</a></i>]</sup></p>', [S],
    ),
    "a number of a page": (f'<p>{S} <span class="pagenum">[Pg 12]</span> {T}</p>', [f"{S} {T}"]),
    "an advertisement to scroll past": (f"<p>{S}</p><p>Advertisement · Scroll to continue</p><p>{T}</p>", [S, T]),
    "a dialog that is closed": (f"<p>{S}</p><dialog><p>{T}</p></dialog><dialog open><p>{T}</p></dialog>", [S, T]),
}  # fmt: skip

BOILERPLATE |= {
    "votes and what they earn": (
        f'<div><div class="js-voting-container"><button>Up</button><div class="js-vote-count">12</div></div><p>{S}</p><p>asked '
        'by <a href=u>Ada Roe</a> <span class="reputation-score">1,234</span> <span><span class="badgecount">3</span></span>'
        f"</p></div><p>{T}</p>",
        [S, "asked by Ada Roe", T],
    ),
}  # fmt: skip
BOILERPLATE |= {
    "yard's link": (
        f'<h2>{_H} <small>(<a href="#" class="summary_toggle">collapse</a>)</small></h2><p>{S}</p>', [_H, S],
    ),
    "buttons that ask": (f"<p>{S}</p><div><button>Yes</button> <button>No</button></div><p>{T}</p>", [S, T]),
}  # fmt: skip

CHARACTERS = {
    "marks of direction between Latin letters": ("<p>so \u200fleft\u200e it, \u05d0\u200e is</p>", ["so left it, \u05d0\u200e is"]),
    "embedded directions": ("<p>so \u202aleft\u202c \u2067it\u2069 is</p>", ["so left it is"]),
    "letters struck twice": ("<pre>N\x08NA\x08A _\x08m_\x08i\n  b\x08ack</pre>", ["NA mi\n  back"]),
    "a stand-in for an object": ("<p>so \ufffcit is</p>", ["so it is"]),
    "joiners between Latin letters": ("<p>water\u200dmill \u200cis \u200c\u200d</p>", ["watermill is"]),
    "joiners that have a meaning": ("<p>می\u200cخواهم 👩\u200d🌾 क\u200dष</p>", ["می\u200cخواهم 👩\u200d🌾 क\u200dष"]),
    "references to halves of a character": ("<p>so &#55357;&#56842; and &#xD83D;&#xDE0A; it is</p>", ["so 😊 and 😊 it is"]),
}  # fmt: skip

CELLS = {
    "a grid by roles": (
        "<div role=grid><div role=rowgroup><div role=row><div role=columnheader>Town</div><div role=columnheader>1950"
        "</div><div role=columnheader>1960</div></div></div><div role=rowgroup><div role=row><span role=gridcell>Brno"
        "</span><span role=gridcell></span><span role=gridcell>5</span></div></div></div>",
        ["Town | 1950 | 1960\nBrno |  | 5"],
    ),
}  # fmt: skip

_CELLS = "Town | 1950\nBrno |\nZlin | 7"
CELLS |= {
    "tables by style": (
        _table('<div style="display: table-row">%s</div>', '<span style="display:table-cell">%s</span>', '<div style="display:table">%s</div>'),
        [_CELLS],
    ),
    "tables by class": (
        _table('<div class="divTableRow">%s</div>', '<div class="divTableCell">%s</div>', '<div class="divTable"><div class="divTableBody">%s</div></div>'),
        [_CELLS],
    ),
    "signs as pictures": (
        '<table><tr><th>Saw</th><th>Axe</th></tr><tr><td><img alt="Yes" src=y></td><td><img src=n alt=" No "></td></tr><tr><td>'
        '<img alt="A saw" src=s></td><td>2</td></tr></table>',
        ["Saw | Axe\nYes | No\n| 2"],
    ),
    "labels for narrow screens": (
        '<table><tr><th>Town</th><th>1950</th></tr><tr><td><b class="tablesaw-cell-label">Town</b>Brno</td><td><b class="tablesaw-'
        'cell-label">1950</b>5</td></tr></table>',
        ["Town | 1950\nBrno | 5"],
    ),
}  # fmt: skip

FOLDED = {
    "a panel below a heading": (
        f"<div class=acc><h3>How old is it?</h3><div class=panel style='display:none'><p>{S}</p></div></div>",
        ["How old is it?", S],
    ),
    "an answer": (
        f"<dl><dt>How old is it?</dt><dd hidden>{S}</dd></dl>", [f"How old is it?\n{S}"],
    ),
    "a panel below a heading with a button": (
        f"<h3><button aria-expanded=false>How old is it?</button></h3> <div style='display: none'><p>{S}</p></div>",
        ["How old is it?", S],
    ),
    "a spoiler": (
        f"<div class=spoiler><p>Who did it?</p><div class='spoiler-body' style='display: none'><p>{S}</p></div></div>",
        ["Who did it?", S],
    ),
    "what an encyclopedia folds": (
        f"<div class=NavFrame><div class=NavHead>Translated</div><div class=NavContent style='display:none'>{S}</div></div>",
        ["Translated", S],
    ),
    "pictures in turn": (
        f"<div class=carousel><div class=item><p>{T}</p></div><div class=item style='display:none'><p>{S}</p></div></div>",
        [T, S],
    ),
    "a panel of tabs": (f"<p>{T}</p><div role=tabpanel id=p2 hidden><p>{S}</p></div>", [T, S]),
    "what a search finds": (f"<p>{T}</p><div hidden=until-found><p>{S}</p></div>", [T, S]),
    "a menu below a button": (
        f"<p>{T}</p><button>Menu</button><div class='main-menu' style='display:none'><p>{S}</p></div>", [T],
    ),
    "a dialog below a button": (
        f"<p>{T}</p><button>Share</button><div id=modal1 style='display:none'><p>{S}</p></div>", [T],
    ),
    "what is not seen, but keeps its room": (
        f"<h2>The mill</h2><div style='visibility: hidden'><p>{S}</p></div><p>{T}</p>",
        ["The mill", T],
    ),
    "what is hidden behind text": (f"<p>{T}</p><div style='display:none'><p>{S}</p></div>", [T]),
}  # fmt: skip
