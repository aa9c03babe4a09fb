r"""Mathematical characters and their LaTeX commands."""

_COMMANDS = """
α alpha β beta γ gamma δ delta ε epsilon ϵ epsilon ζ zeta η eta θ theta ϑ vartheta ι iota κ kappa
λ lambda μ mu µ mu ν nu ξ xi π pi ϖ varpi ρ rho ϱ varrho σ sigma ς varsigma τ tau υ upsilon φ phi
ϕ phi χ chi ψ psi ω omega Γ Gamma Δ Delta Θ Theta Λ Lambda Ξ Xi Π Pi Σ Sigma Υ Upsilon Φ Phi
Ψ Psi Ω Omega ∂ partial ∇ nabla ∞ infty ∅ emptyset ℏ hbar ℓ ell ℜ Re ℑ Im ℵ aleph ∀ forall
∃ exists ∄ nexists ¬ neg ∠ angle ⊤ top ⊥ perp ∴ therefore ∵ because ♯ sharp ♭ flat ′′ prime
≤ leq ≥ geq ≠ neq ≈ approx ≡ equiv ∼ sim ≃ simeq ≅ cong ∝ propto ≪ ll ≫ gg ≺ prec ≻ succ
∈ in ∉ notin ∋ ni ⊂ subset ⊃ supset ⊆ subseteq ⊇ supseteq ∪ cup ∩ cap ∖ setminus ⊊ subsetneq
→ to ← leftarrow ↔ leftrightarrow ⇒ Rightarrow ⇐ Leftarrow ⇔ Leftrightarrow ↦ mapsto ↑ uparrow
↓ downarrow ⟶ longrightarrow ⟹ implies ⟸ Longleftarrow ⟺ iff ↪ hookrightarrow ⇀ rightharpoonup
⇌ rightleftharpoons × times ÷ div ± pm ∓ mp ⋅ cdot · cdot ∗ ast ∘ circ • bullet ⊕ oplus ⊖ ominus
⊗ otimes ⊙ odot ∧ wedge ∨ vee ⊢ vdash ⊨ models ∣ mid ∥ parallel ⊔ sqcup ⊓ sqcap ≜ triangleq
∑ sum ∏ prod ∐ coprod ∫ int ∬ iint ∭ iiint ∮ oint ⋃ bigcup ⋂ bigcap ⋁ bigvee ⋀ bigwedge
⨁ bigoplus ⨂ bigotimes √ surd … ldots ⋯ cdots ⋮ vdots ⋱ ddots ⟨ langle ⟩ rangle 〈 langle 〉 rangle
⌊ lfloor ⌋ rfloor ⌈ lceil ⌉ rceil ‖ | † dagger ‡ ddagger ⋆ star △ triangle □ square ◻ square
∎ blacksquare ◦ circ ⊲ triangleleft ⊳ triangleright ⋉ ltimes ⋊ rtimes ∡ measuredangle ° degree
ℝ mathbb{R} ℂ mathbb{C} ℕ mathbb{N} ℤ mathbb{Z} ℚ mathbb{Q} ℙ mathbb{P} ℍ mathbb{H} 𝔼 mathbb{E}
"""
_words = _COMMANDS.split()
COMMANDS: dict[str, str] = {
    sign: "\\" + name for sign, name in zip(_words[::2], _words[1::2], strict=True)
}
COMMANDS |= {"−": "-", "′": "'", "″": "''", "‴": "'''", "\u2061": "", "\u2062": "", "\u2063": "",
             "\u2064": "", "\u200b": "", "\u00a0": " ", "∕": "/", "{": "\\{", "}": "\\}",
             "%": "\\%", "#": "\\#", "&": "\\&", "$": "\\$", "～": "\\sim", "∶": ":",
             "＝": "=", "\u2009": " ", "\u200a": " ", "\u2003": " ", "\u2002": " "}  # fmt: skip

# Function names that have a LaTeX command.
FUNCTIONS = frozenset(
    """arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim liminf
    limsup ln log max min Pr sec sin sinh sup tan tanh""".split()  # noqa: SIM905 - a list of words
)
ACCENTS = {
    "^": "hat", "ˆ": "hat", "̂": "hat", "¯": "bar", "‾": "overline", "̄": "bar", "_": "underline",
    "→": "vec", "⃗": "vec", "⇀": "vec", "~": "tilde", "˜": "tilde", "̃": "tilde", "˙": "dot",
    ".": "dot", "̇": "dot", "¨": "ddot", "ˇ": "check", "˘": "breve", "´": "acute", "`": "grave",
    "⏞": "overbrace", "⏟": "underbrace", "︷": "overbrace", "︸": "underbrace", "̲": "underline",
}  # fmt: skip
VARIANTS = {
    "bold": "mathbf", "double-struck": "mathbb", "script": "mathcal", "fraktur": "mathfrak",
    "sans-serif": "mathsf", "monospace": "mathtt", "bold-italic": "boldsymbol", "normal": "",
    "bold-script": "mathcal",
}  # fmt: skip
# Mathematical alphabets of Unicode: first letter of each run, the command, the plain letter.
_ALPHABETS = (
    (0x1D400, "mathbf", "A"), (0x1D41A, "mathbf", "a"), (0x1D434, "", "A"), (0x1D44E, "", "a"),
    (0x1D468, "boldsymbol", "A"), (0x1D482, "boldsymbol", "a"), (0x1D49C, "mathcal", "A"),
    (0x1D4B6, "mathcal", "a"), (0x1D4D0, "mathcal", "A"), (0x1D504, "mathfrak", "A"),
    (0x1D51E, "mathfrak", "a"), (0x1D538, "mathbb", "A"), (0x1D552, "mathbb", "a"),
    (0x1D5A0, "mathsf", "A"), (0x1D5BA, "mathsf", "a"), (0x1D670, "mathtt", "A"),
    (0x1D68A, "mathtt", "a"),
)  # fmt: skip
_SCRIPT = {"ℬ": "B", "ℰ": "E", "ℱ": "F", "ℋ": "H", "ℐ": "I", "ℒ": "L", "ℳ": "M", "ℛ": "R"}


def command(sign: str) -> str:
    r"""Return the LaTeX command of a character.

    >>> command("α"), command("𝐯"), command("x"), command("ℒ")
    ('\\alpha', '\\mathbf{v}', 'x', '\\mathcal{L}')
    """
    known = COMMANDS.get(sign)
    if known is not None:
        return known
    if sign in _SCRIPT:
        return f"\\mathcal{{{_SCRIPT[sign]}}}"
    code = ord(sign)
    if 0x1D400 <= code < 0x1D6A4:
        for first, name, letter in _ALPHABETS:
            if first <= code < first + 26:
                plain = chr(ord(letter) + code - first)
                return f"\\{name}{{{plain}}}" if name else plain
    return sign
