"""Numbers that the kernels and the code around them share: fields, tags, signs of characters."""

# Rows of the array of nodes: one column for each node.
(
    TAG, PARENT, END, TEXT_START, TEXT_END, PREFIX, SUFFIX, STATE, CODE, WEIGHT, SOURCE,
    WORDS, WORDS_END, CLASS, CLASS_END, ID, ID_END, NAME_SIZE, FOUND, SETS, LINED, ACROSS, DOWN,
) = range(23)  # fmt: skip
NODE_FIELDS = DOWN + 1

# What a node's SUFFIX is, if it has one: signs of `markers`, or both.
SCRIPT_END, GAP, BOTH = 5, 6, 56

# Bits of a node's STATE.
(
    HIDDEN, UNSEEN, BLOCK, ATTRIBUTED, UNLIKELY, NAVIGATION, HOLDS, DASHED, HASHED, SAYING, WRAPPED,
    MARKED, FLEX, ROWED, APART,
) = (1 << n for n in range(15))  # fmt: skip

TEX, ASCII, REPLACED = 1, 2, 4  # what texts have: signs of formulas, U+FFFD

# Rows of the array of lines.
(
    NODE, AROUND, START, STOP, SIZE, LINKED, COMMAS, BOLD, BREAKS, PARTED, CODED, SIGNED,
    LOWER, LOWER_STOP, MARKS,
) = range(15)  # fmt: skip
LINE_FIELDS = MARKS + 1
M_ADVERT, M_COPY, M_DIGITS, M_CASED, M_NUMBERS = 1, 2, 4, 8, 16  # bits of a line's MARKS

# Rows of the array of ancestors.
ITEM, DEPTH, HEADING, QUOTE, CELL, TABLE, LIST, TERMS, TERM = range(9)
ANCESTOR_FIELDS = TERM + 1

# Why a page is left to the plain path.
DONE, FORMULAS, RARE, DEEP, FAR_CHARACTER, LITTLE, ODD_TITLE, LONG_TITLE = range(8)

# What the last step of choosing lines may have to do.
L_HEADS, L_TABLES, L_ABOVE, L_TITLED = 1, 2, 4, 8

# Bits of a character.
SPACE, ALPHA, LOWERS, UPPERS, DIGIT, DECIMAL, WORD, PRINTABLE, VOID, THAI, EMOJI, ICON = (
    1 << n for n in range(12)
)
CHARACTERS = 0x32400  # pages with characters beyond are left to the plain path

# What a known tag is, as bits.
(
    T_BLOCK, T_DROPPED, T_SILENT, T_RUBY, T_REPLACED, T_ENDED, T_WATCHED, T_PRE, T_CODE,
    T_CAPTIONED, T_HEADING, T_LIST, T_OWN, T_NEVER, T_CONDITIONAL, T_WHOLE, T_BOLD, T_SOFT,
    T_LINED, T_MATH, T_RARE, T_LISTED, T_CELL, T_FRAME, T_UNLINED,
    T_FOLDING, T_FOLDED, T_MONO, T_APART,
) = (1 << n for n in range(29))  # fmt: skip

# Numbers of the tags that have a rule of their own.
(
    NO_TAG, TEXT, A, BR, BUTTON, SUP, SUB, TABLE_TAG, TR, TD, TH, P, IMG, INPUT, LI, FIGURE,
    CAPTION, THEAD, PRE, CODE_TAG, DIV, SPAN, HTML, HEAD, BODY, TITLE, SCRIPT, TEXTAREA, DL, DT, DD,
    BLOCKQUOTE, NAV, FOOTER, ASIDE, MATH, H1, H2, H3, H4, H5, H6, CITE, DIALOG,
) = range(44)  # fmt: skip
NAMED_TAGS = (
    "", "#text", "a", "br", "button", "sup", "sub", "table", "tr", "td", "th", "p", "img", "input",
    "li", "figure", "caption", "thead", "pre", "code", "div", "span", "html", "head", "body",
    "title", "script", "textarea", "dl", "dt", "dd", "blockquote", "nav", "footer", "aside",
    "math", "h1", "h2", "h3", "h4", "h5", "h6", "cite", "dialog",
)  # fmt: skip

# Attributes that are read.
(
    NO_ATTRIBUTE, A_CLASS, A_ID, A_STYLE, A_HIDDEN, A_ROLE, A_ITEMPROP, A_HREF, A_ALT, A_SRC,
    A_TYPE, A_READONLY, A_ARIA, A_MATH, A_ACROSS, A_DOWN, A_NUMBER, A_FACE, A_OPEN,
) = range(19)  # fmt: skip
ATTRIBUTES = {
    "class": A_CLASS, "id": A_ID, "style": A_STYLE, "hidden": A_HIDDEN, "role": A_ROLE,
    "itemprop": A_ITEMPROP, "href": A_HREF, "alt": A_ALT, "src": A_SRC, "type": A_TYPE,
    "readonly": A_READONLY, "aria-hidden": A_ARIA, "data-mathml": A_MATH,
    "colspan": A_ACROSS, "rowspan": A_DOWN, "data-line-number": A_NUMBER, "face": A_FACE,
    "data-selectable-paragraph": A_NUMBER, "open": A_OPEN,
}  # fmt: skip

# Sets of words, as bits.
(
    W_ALOUD, W_RARE, W_FORMULA, W_BOX, W_LINE_CELL, W_NAVIGATION, W_ROLE, W_ANCHOR, W_ANCHOR_WORD,
    W_BUTTON, W_GUTTER, W_ADVERT, W_COPY, W_START, W_CELL, W_DROPPED, W_LINE,
    W_LINK, W_BAR_START, W_FOOT, W_SMILEY, W_FRACTION,
    W_GRID, W_PANEL, W_STEP, W_BLOCK, W_ANSWER, W_ROWED, W_APART,
) = (1 << n for n in range(29))  # fmt: skip

# What the automaton finds in class and id, as bits.
(
    F_UNLIKELY, F_MAYBE, F_POSITIVE, F_NEGATIVE, F_CLIPBOARD, F_EDIT, F_EDIT_LONG, F_MATH, F_LATEX,
    F_ANCHOR, F_LINK, F_HEADERLINK, F_CODE, F_FOLD, F_NO_FOLD,
) = (1 << n for n in range(15))  # fmt: skip
SYMBOLS = 42  # of that automaton
