"""What tag, class and id of an element say, whatever else it has."""

import re
from typing import NamedTuple

from curate.extract.combined.boilerplate import is_dropped
from curate.extract.combined.page import BLOCKS, names
from curate.extract.combined.preformatted import (
    PREFORMATTED,
    holds_code,
    is_code_line,
    may_hold_code,
)
from curate.extract.combined.rewriting import FORMULA_WORDS, WORDS
from curate.extract.combined.shown import APART, APART_WORDS, BLOCK_WORDS, ROW_WORDS, SCRIPT_WORDS

ENDED = names("a button sup sub cite b strong") | names(
    "code samp tt kbd"
)  # looked at again when they end
WATCHED = ENDED | PREFORMATTED | {"table"}
# Classes of text that is read aloud and not shown; of numbers of lines in a column beside code, of
# code that stands twice, of lines around an example of Rust that its page hides, of who serves an
# example; votes and what they earn of pages of questions.
READ_ALOUD = names(
    "sr-only visually-hidden visuallyhidden screen-reader-text screen-reader-only sr_only "
    "offscreen element-invisible u-visually-hidden visually_hidden a11y-hidden show-for-sr "
    "a-offscreen line-numbers-wrapper cm-gutters crayon-plain-wrap boring "
    "enlighter-raw gist-meta js-voting-container votecell vote-count-post reputation-score "
    "badgecount v-visible-sr comment-score pre-numbering"
)
_FORMULA = re.compile("math|tex|formula|reqn|mjx")
_ALOUD = re.compile(
    "sr-only|sr_only|screen-|hidden|offscreen|invisible|-sr|line-numbers-w|cm-gutters|crayon-p|boring"
    "|enlighter-r|gist-m|vot|reputation|badgec|comment-s|pre-n"
)


class Facts(NamedTuple):
    """What tag and name (class and id) of an element say, whatever else it has."""

    dropped: bool
    formula: bool  # it may be one, or a layer of one
    aloud: bool
    styled: bool  # there is more to ask of how it is shown
    watched: bool  # its end is looked at
    preformatted: bool
    holds: bool  # it shows code if it has lines in it
    line: bool  # it may be a line of code
    block: bool  # it is shown as a block
    row: bool  # its elements stand side by side
    apart: bool  # it stands apart from the words beside it
    rewritten: int  # the page is to be rewritten: 1 if it stands in no code, 2 anyway


def facts(tag: str, name: str) -> Facts:
    """Return what tag and name of an element say."""
    words = frozenset(name.split())
    aloud = _ALOUD.search(name) is not None and not READ_ALOUD.isdisjoint(words)
    holds = may_hold_code(tag, name)
    return Facts(
        dropped=bool(name) and is_dropped(tag, name),
        formula=_FORMULA.search(name) is not None or "-" in tag,
        aloud=aloud,
        styled=aloud
        or not BLOCK_WORDS.isdisjoint(words)
        or holds_code(tag, name, {})
        or ("script" in name and not SCRIPT_WORDS.isdisjoint(words)),
        watched=tag in WATCHED or "-" in tag or holds,
        preformatted=tag in PREFORMATTED,
        holds=holds,
        line=holds and is_code_line(tag, name),
        block=not BLOCK_WORDS.isdisjoint(words),
        row=not ROW_WORDS.isdisjoint(words),
        apart=tag not in BLOCKS and (tag in APART or not APART_WORDS.isdisjoint(words)),
        rewritten=0
        if WORDS.isdisjoint(words) and FORMULA_WORDS.isdisjoint(words)
        else 1 + (not FORMULA_WORDS.isdisjoint(words)),
    )
