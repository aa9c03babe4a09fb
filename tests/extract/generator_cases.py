# ruff: noqa: E501 - snippets of pages
r"""Snippets as site generators, highlighters and platforms write them, in the form of
`structure_cases`: a name, a snippet, the blocks of text it is to give.
"""

from tests.extract.structure_cases import S, T

PYTHON = "def f(x):\n    if x:\n        return 1\n\n    return 0"
_LINES = PYTHON.split("\n")


def _lines(form, between=""):
    return between.join(
        form.format(n=n, line=line, cell=line or "&nbsp;") for n, line in enumerate(_LINES, 1)
    )


CODE = {
    "doxygen, with numbers": (
        '<div class="fragment">'
        + _lines('<div class="line"><a id="l0000{n}"></a><span class="lineno">    {n}</span>{line}</div>', "\n")
        + "</div>",
        [PYTHON],
    ),
    "doxygen, without numbers": (
        '<div class="fragment">' + _lines('<div class="line">{line}</div>', "\n") + "</div>",
        [PYTHON],
    ),
    "rustdoc's source": (
        '<div class="src"><pre class="rust"><code>'
        + _lines("<a href=#{n} id={n} data-nosnippet>{n}</a>{line}", "\n") + "</code></pre></div>",
        [PYTHON],
    ),
    "a link to each line": (
        "<pre>" + _lines('<a name="L{n}" href="mill.py#L{n}">{n}</a>{line}', "\n") + "</pre>",
        [PYTHON],
    ),
    "sphinx, numbers in a cell": (
        '<div class="highlight-python"><table class="highlighttable"><tr><td class="linenos"><div '
        'class="linenodiv"><pre>' + _lines('<span class="normal">{n}</span>', "\n") + '</pre></div></td>'
        f'<td class="code"><div class="highlight"><pre><span></span>{PYTHON}\n</pre></div></td></tr></table></div>',
        [PYTHON],
    ),
    "sphinx, numbers in lines": (
        '<div class="highlight"><pre>' + _lines('<span class="linenos">{n}</span>{line}', "\n") + "</pre></div>",
        [PYTHON],
    ),
    "hugo, numbers in a cell": (
        '<div class="highlight"><div class="chroma"><table class="lntable"><tr><td class="lntd"><pre><code>'
        + _lines('<span class="lnt">{n}\n</span>') + '</code></pre></td><td class="lntd"><pre><code>'
        + _lines('<span class="line"><span class="cl">{line}\n</span></span>')
        + "</code></pre></td></tr></table></div></div>",
        [PYTHON],
    ),
    "hugo, numbers in lines": (
        '<div class="highlight"><pre class="chroma"><code>'
        + _lines('<span class="line"><span class="ln">{n}</span><span class="cl">{line}\n</span></span>')
        + "</code></pre></div>",
        [PYTHON],
    ),
    "jekyll": (
        '<div class="language-python highlighter-rouge"><pre class="highlight"><code><table class="rouge-table">'
        '<tr><td class="rouge-gutter gl"><pre class="lineno">1\n2\n3\n4\n5\n</pre></td><td class="rouge-code">'
        f"<pre>{PYTHON}\n</pre></td></tr></table></code></pre></div>",
        [PYTHON],
    ),
    "docusaurus": (
        '<div class="theme-code-block"><pre class="prism-code"><code>'
        + _lines('<span class="token-line"><span class="token plain">{line}</span><br></span>')
        + "</code></pre><div><button title=Copy><svg></svg></button></div></div>",
        [PYTHON],
    ),
    "geshi": (
        '<div class="source python"><ol>' + _lines('<li class="li1"><div class="de1">{cell}</div></li>')
        + "</ol></div>",
        [PYTHON],
    ),
    "gitlab": (
        '<div class="file-content code"><div class="line-numbers">'
        + _lines('<a class="diff-line-num" data-line-number="{n}" href="#L{n}">{n}</a>')
        + '</div><div class="blob-content"><pre class="code"><code>'
        + _lines('<span id="LC{n}" class="line">{line}</span>', "\n") + "</code></pre></div></div>",
        [PYTHON],
    ),
    "highlight.js with numbers": (
        '<pre><code><table class="hljs-ln">'
        + _lines('<tr><td class="hljs-ln-numbers" data-line-number="{n}"></td><td class="hljs-ln-code">{line}</td></tr>')
        + "</table></code></pre>",
        [PYTHON],
    ),
    "an example to be run": (
        '<textarea class="Documentation-exampleCode code" spellcheck="false">func main() {\n\tx()\n}</textarea>',
        ["func main() {\n\tx()\n}"],
    ),
    "an element for each line": (
        "".join(f"<pre>{line or ' '}</pre>" for line in ("def f(x):", "    if x:", "        return 1")),
        ["def f(x):\n    if x:\n        return 1"],
    ),
    "javadoc's declaration": (
        '<div class="member-signature"><span class="modifiers">public</span>&nbsp;<span class="return-type"><a href=M>Mill</a>'
        '</span>&nbsp;<span class="element-name">grind</span>(<span class="parameters">Grain&nbsp;grain,\n Stone&nbsp;stone)'
        "</span></div>",
        ["public Mill grind(Grain grain,\n Stone stone)"],
    ),
    "two listings": ("<pre>make</pre><p>Then:</p><pre>make\ninstall</pre>", ["make", "Then:", "make\ninstall"]),
    "a forum's code": (
        '<dl class="codebox"><dt>Code: <a href="#">Select all</a></dt><dd><code>a = 1<br />&nbsp; &nbsp; b = 2'
        "</code></dd></dl>",
        ["a = 1\n    b = 2"],
    ),
}  # fmt: skip

FORMULAS = {
    "sphinx's image on its own": (
        '<p>So</p><div class="math"><p><img src="_images/math/0a.png" alt="a^2+b^2=c^2"></p></div>',
        ["So", "$$a^2+b^2=c^2$$"],
    ),
    "sphinx's image in a line": (
        '<p>Take <img class="math" src="_images/math/0a.png" alt="a^2"> here.</p>',
        ["Take $a^2$ here."],
    ),
    "an encyclopedia of mathematics": (
        '<p>The <img src="/images/Inline1.svg" class="inlineformula" alt="r^2"> of it</p>',
        ["The $r^2$ of it"],
    ),
    "kramdown": (
        '<p>So</p><script type="math/tex; mode=display">% <![CDATA[\na<b %]]></script>',
        ["So", "$$a<b$$"],
    ),
    "substack": (
        '<div class="latex-rendered" data-attrs="{&quot;persistentExpression&quot;:&quot;x^2 \\\\le y&quot;,'
        '&quot;id&quot;:&quot;A&quot;}"></div>',
        ["$$x^2 \\le y$$"],
    ),
    "R's manuals": ("<p>The <code class='reqn'>x^2</code> of it</p>", ["The $x^2$ of it"]),
    "a forum's formula on its own": ('<p>So</p><div class="math">x^5</div>', ["So", "$$x^5$$"]),
    "prices beside MathJax": (
        '<script src="/MathJax.js"></script><p>It costs $5 or maybe $6 to go.</p>',
        ["It costs $5 or maybe $6 to go."],
    ),
}  # fmt: skip

SCRIPTS = {
    "a power of a power": ("<p>2<sup>2<sup>n</sup></sup> states</p>", ["2^{2^n} states"]),
    "a French title": ("<p>M<sup>me</sup> and M<sup>lle</sup> Roux</p>", ["Mme and Mlle Roux"]),
    "a power of e": ("<p>e<sup>iπ</sup> + 1</p>", ["e^{iπ} + 1"]),
    "of an interval": ("<p>on [a, b]<sup>2</sup> it is</p>", ["on [a, b]^2 it is"]),
}

GLUED = {
    "an embedded film": (
        "<p>The lock<embed src=a.swf>keeper of it.</p><p>He was old.</p>",
        ["The lock keeper of it.", "He was old."],
    ),
    "a custom element of an editor": (
        "<p>in <st1:place><st1:City>Leeds</st1:City></st1:place>, here</p>", ["in Leeds, here"],
    ),
    "a smiling element": ("<p>good <g-emoji>👍</g-emoji> work</p>", ["good 👍 work"]),
    "two images": ("<p>lock<picture><source srcset=x><img src=y></picture>keeper</p>", ["lock keeper"]),
}  # fmt: skip


def _headed(inside):
    return f"<h2>{inside}</h2><p>{S}</p>", ["The second weir", S]


_H = "The second weir"
BOILERPLATE = {
    "rustdoc's section": _headed(f'<a class="doc-anchor" href="#x">§</a>{_H}'),
    "rustdoc's source": _headed(f'{_H}<a class="src" href="../src/x.html">source</a>'),
    "rustdoc's head": _headed(
        f'{_H}<span class="out-of-band"><a href="javascript:void(0)">[−]</a><a class="srclink" href="/s">[src]'
        "</a></span>"
    ),
    "docusaurus's anchor": _headed(
        f'{_H}<a class="hash-link" aria-label="Direct link to {_H}" href="#x">\u200b</a>'
    ),
    "mdbook's anchor": _headed(f'<a class="header" href="#x">{_H}</a>'),
    "the name of an icon": _headed(f'<i class="material-icons">link</i>{_H}'),
    "two ways to edit": _headed(
        f'{_H}<span class="mw-editsection">[<a href="/e">edit</a> | <a href="/e">edit source</a>]</span>'
    ),
    "a dialog": (
        "<div role=dialog><p>We use cookies and like techniques to give you the best experience of it.</p>"
        "<button>Accept all</button></div>",
        [],
    ),
    "the top": ("<p><a href='#top'>↑ Back to top</a></p>", []),
    "a button of a forum": ("<p><a href='/reply'>Reply with quote</a></p>", []),
    "a report of an advertisement": ("<div class=slot><p>Report this ad</p></div>", []),
    "links to the nodes of a manual": (
        "<div class=header><p>Next: <a href=b>Stones</a>, Up: <a href=t>Top</a> &nbsp; [<a href=c>Contents</a>][<a href=i>"
        "Index</a>]</p></div>",
        [],
    ),
    "words of such a bar": (
        f"<p>Next: see how <a href=b>stones</a> are dressed here.</p><p>{T}</p>",
        ["Next: see how stones are dressed here.", T],
    ),
    "other languages": (
        "<div class=toplang><p>Available Languages: <a href=e>&nbsp;en&nbsp;</a> | <a href=f>&nbsp;fr&nbsp;</a></p></div>",
        [],
    ),
    "a bar of links": (
        "<p>[<a href=a>Overview</a>][<a href=b>Constants</a>][<a href=c>Types</a>]</p>", [],
    ),
    "links of an archive of mail": (
        "<ul><li>Previous message: <a href=1>The wheel</a></li><li>Next message: <a href=3>The stones</a></li><li>"
        "<b>Messages sorted by:</b> <a href=d>[ date ]</a> <a href=t>[ thread ]</a></li></ul>",
        [],
    ),
    "the foot of an archive of mail": (
        "<hr><a href=l>More information about the mills\nmailing list</a><br>", [],
    ),
    "words of a bar of mail": (f"<p>Next message: none.</p><p>{T}</p>", ["Next message: none.", T]),
    "a playground": ("<pre>make all</pre><p><a href=/play>Open in playground</a></p>", ["make all"]),
}  # fmt: skip

CHARACTERS = {
    "references to Windows-1252": (
        "<p>It&#146;s &#147;late&#148; &#150; 5 &#128;</p>", ["It’s “late” – 5 €"],
    ),
    "an icon's code": ("<p>\uf015 Home it is</p>", ["Home it is"]),
    "a code beside Chinese": ("<p>他姓\ue863，住在河边。</p>", ["他姓\ue863，住在河边。"]),
    "an invisible operator": ("<p>2\u2062x it is</p>", ["2x it is"]),
    "letters nobody sees": ("<p>seen\U000e0041\U000e0042 it is</p>", ["seen it is"]),
    "a flag of letters nobody sees": (
        "<p>of 🏴\U000e0067\U000e0062\U000e007f it is</p>", ["of 🏴\U000e0067\U000e0062\U000e007f it is"],
    ),
    "a character set of a terminal": ("<p>so \x1b(B\x1b[mit is</p>", ["so it is"]),
}  # fmt: skip

CELLS = {
    "a box of facts": (
        "<table class=infobox><tr><th colspan=2>The mill</th></tr><tr><th>Built</th><td>1790</td></tr><tr><th>Closed"
        "</th><td></td></tr></table>",
        ["The mill |\nBuilt | 1790\nClosed |"],
    ),
    "a heading in a row of its own": (
        '<table class="memberdecls"><tr><td colspan=2><h2>Fields</h2></td></tr><tr><td>int</td><td><a href=a>size</a>'
        "</td></tr><tr><td colspan=2>&nbsp;</td></tr><tr><td>char *</td><td><a href=b>name</a></td></tr></table>",
        ["Fields |\nint | size\nchar * | name"],
    ),
    "javadoc's summary": (
        '<div class="summary-table two-column-summary"><div class="table-header col-first">Constructor</div><div class='
        '"table-header col-last">Description</div><div class="col-constructor-name even-row-color"><code><a href=a>Mill</a>()'
        '</code></div><div class="col-last even-row-color"><div class="block">A mill.</div></div><div class="'
        'col-constructor-name odd-row-color"><code><a href=b>Mill</a>(int)</code></div><div class="col-last odd-row-color">'
        "&nbsp;</div></div>",
        ["Constructor | Description\nMill() | A mill.\nMill(int) |"],
    ),
}  # fmt: skip
