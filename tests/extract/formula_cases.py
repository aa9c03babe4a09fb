# ruff: noqa: E501 - snippets of pages
r"""Snippets of pages with formulas, powers and indices, and the blocks of text they are to give."""

S = "The mill below the weir ground barley for the three parishes until the winter of the long frost."
T = "Its wheel was taken down in autumn, and the stones were sold to a farmer who paved his yard."

FORMULAS = {
    "a class that tells MathJax what to look at": (
        f'<blockquote class="abstract mathjax">{S}</blockquote>',
        [S],
    ),
    "mathml with an index": (
        "<p>Let <math><msub><mi>x</mi><mi>i</mi></msub></math> be given.</p>",
        ["Let $x_i$ be given."],
    ),
    "mathml in a block": (
        "<p>We have</p><math display='block'><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow></math>",
        ["We have", "$$a+b$$"],
    ),
    "mathml with a namespace": (
        "<p>So <m:math xmlns:m='http://www.w3.org/1998/Math/MathML'><m:mi>q</m:mi></m:math> holds.</p>",
        ["So $q$ holds."],
    ),
    "mathjax 2 after its rendering": (
        '<p>Here <span class="MathJax_Preview">p</span><span class="MathJax" id="MathJax-Element-1-'
        'Frame"><nobr><span class="math"><span class="mi">p</span></span></nobr></span>'
        '<script type="math/tex" id="MathJax-Element-1">p &lt; q</script> holds.</p>',
        ["Here $p &lt; q$ holds."],
    ),
    "mathjax 2 without its scripts": (
        '<p>Here <span class="MathJax" data-mathml="&lt;math&gt;&lt;mi&gt;r&lt;/mi&gt;&lt;/math&gt;">'
        '<span class="math">r</span></span> holds.</p>',
        ["Here $r$ holds."],
    ),
    "mathjax 3": (
        '<p>Then <mjx-container class="MathJax" jax="CHTML"><mjx-math aria-hidden="true"><mjx-mi>z'
        '</mjx-mi></mjx-math><mjx-assistive-mml unselectable="on" display="inline"><math><mi>z</mi>'
        "<mo>=</mo><mn>1</mn></math></mjx-assistive-mml></mjx-container> follows.</p>",
        ["Then $z = 1$ follows."],
    ),
    "mathjax 3 as a block": (
        '<p>Then</p><mjx-container class="MathJax" jax="SVG" display="true"><svg><g></g></svg>'
        '<mjx-assistive-mml display="block"><math display="block"><mfrac><mn>1</mn><mn>2</mn></mfrac>'
        "</math></mjx-assistive-mml></mjx-container>",
        ["Then", r"$$\frac{1}{2}$$"],
    ),
    "katex as a block": (
        '<p>Sum:</p><p><span class="katex-display"><span class="katex"><span class="katex-mathml">'
        "<math><semantics><mrow><mi>s</mi></mrow><annotation encoding='application/x-tex'>s_n"
        "</annotation></semantics></math></span><span class='katex-html' aria-hidden='true'>sn</span>"
        "</span></span></p>",
        ["Sum:", "$$s_n$$"],
    ),
    "katex after a word": (
        "<p>an <em>n</em>-by-<span class='katex'><span class='katex-mathml'><math><semantics><mi>m"
        "</mi><annotation encoding='application/x-tex'>m</annotation></semantics></math></span><span "
        "class='katex-html' aria-hidden='true'>m</span></span> grid</p>",
        ["an n-by-$m$ grid"],
    ),
    "an encyclopedia's image": (
        '<p>It is <img class="mwe-math-fallback-image-inline" src="https://wikimedia.org/api/rest_v1/'
        'media/math/render/svg/ab" alt="{\\displaystyle \\pi r^{2}}"> wide.</p>',
        [r"It is $\pi r^{2}$ wide."],
    ),
    "a blog's image": (
        '<p>Take <img src="https://s0.wp.com/latex.php?latex=x%5E2%2B1&amp;bg=ffffff&amp;fg=000000" '
        'alt="x^2+1" title="x^2+1" class="latex"> and go.</p>',
        ["Take $x^2+1$ and go."],
    ),
    "an image of a service without alt": (
        '<p>Take <img src="https://latex.codecogs.com/svg.latex?%5Cfrac%7Bu%7D%7Bv%7D"> and go.</p>',
        [r"Take $\frac{u}{v}$ and go."],
    ),
    "an image with dollars": (
        '<p>Take <img src="img4.png" alt="$\\lambda_1$"> and go.</p>',
        [r"Take $\lambda_1$ and go."],
    ),
    "marks in the text": (
        '<script src="/MathJax.js"></script><p>If \\(k&gt;0\\) then</p><p>\\[k^2 &gt; 0\\]</p>',
        ["If $k>0$ then", "$$k^2 > 0$$"],
    ),
    "a holder of tex": (
        '<p>If <span class="math inline">\\alpha_k</span> is small</p>',
        [r"If $\alpha_k$ is small"],
    ),
    "asciimath": (
        '<p>If <script type="math/asciimath">sqrt(x)/2</script> is small</p>',
        [r"If $\frac{\sqrt{x}}{2}$ is small"],
    ),
    "a question's holder": (
        '<p>If <span class="math-container">$a_n$</span> is</p>',
        ["If $a_n$ is"],
    ),
    "an environment": (
        '<script src="mathjax.js"></script><p>So</p><p>\\begin{equation} a = b \\end{equation}</p>',
        ["So", "$$a = b$$"],
    ),
    "an attribute": ('<p>If <span data-tex="x^2"></span> is</p>', ["If $x^2$ is"]),
    "mathjax 4 without its mathml": (
        '<p>If <mjx-container jax="SVG" data-latex="q"><svg></svg></mjx-container> is</p>'
        '<mjx-container jax="SVG" display="true" data-latex="q^2"><svg></svg></mjx-container>',
        ["If $q$ is", "$$q^2$$"],
    ),
    "an editor's image": (
        '<p>If <img class="Wirisformula" alt="x squared" data-mathml="«math»«msup»«mi»x«/mi»«mn»2«/mn»'
        '«/msup»«/math»"> is</p>',
        ["If $x^2$ is"],
    ),
    "a whole document": (
        "<p>If <tex-math>\\documentclass{m} \\begin{document}$$ b_1 $$\\end{document}</tex-math> is</p>",
        None,
    ),
    "a formula in a table": (
        "<table><tr><th>a</th><th>b</th></tr><tr><td>c</td><td><math><mi>d</mi></math></td></tr></table>",
        ["a | b\nc | $d$"],
    ),
    "an alternative text that is words": (
        "<p>If <math alttext='x squared'><msup><mi>x</mi><mn>2</mn></msup></math> is small</p>",
        ["If $x^2$ is small"],
    ),
}  # fmt: skip

SCRIPTS = {
    "at the beginning": ("<p><sup>235</sup>U decays slowly.</p>", ["235U decays slowly."]),
    "a power of a number": ("<p>some 6×10<sup>23</sup> of them</p>", ["some 6×10^23 of them"]),
    "a negative power": ("<p>10<sup>-6</sup> m, 10<sup>−9</sup> s</p>", ["10^-6 m, 10^−9 s"]),
    "a power in italics": ("<p><i>y</i><sup><i>n</i></sup> grows</p>", ["y^n grows"]),
    "a power of several signs": ("<p>2<sup>n+1</sup> states</p>", ["2^{n+1} states"]),
    "of a bracket": ("<p>(a+b)<sup>2</sup> is more</p>", ["(a+b)^2 is more"]),
    "of a unit": ("<p>40 m<sup>2</sup> and 3 km<sup>3</sup></p>", ["40 m^2 and 3 km^3"]),
    "molecules": ("<p>H<sub>2</sub>SO<sub>4</sub> burns</p>", ["H_2SO_4 burns"]),
    "ions": ("<p>Ca<sup>2+</sup> and Cl<sup>−</sup></p>", ["Ca^{2+} and Cl^−"]),
    "an index of letters": ("<p>v<sub>max</sub> and x<sub>i</sub></p>", ["v_{max} and x_i"]),
    "ordinals": (
        "<p>the 1<sup>st</sup>, the 2<sup>nd</sup> and the XIX<sup>e</sup></p>",
        ["the 1st, the 2nd and the XIXe"],
    ),
    "a mark of trade": ("<p>Brand<sup>TM</sup> soap</p>", ["BrandTM soap"]),
    "of a group": (
        "<p>SO<sub>4</sub><sup>2−</sup> and e<sup>−x</sup></p>",
        ["SO_4^{2−} and e^{−x}"],
    ),
    "a note": (
        "<p>It was so<sup><a href='#n1'>1</a></sup> in all.</p>",
        ["It was so1 in all."],
    ),
}
