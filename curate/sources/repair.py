"""Texts put right where it changes no good text: line ends, control characters, wrong decoding.

A text goes in, a text comes out; right ones come out as they went in, and twice is as once. Not
touched: quotes, ligatures, full-width letters, entities, white space; they may be meant.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any

from curate.extras import install

# Line breaks of other machines; U+2028 and U+2029 are Unicode's own.
_BREAKS = re.compile("\r\n?|[\v\f\u0085\u2028\u2029]")
# Controls that mean nothing in a text, byte order marks inside it, what is no character.
_NOTHING = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufeff\ufff9-\ufffb\ufffe\uffff]")
# What UTF-8 that was decoded as something else cannot be without: one of the letters that its first
# bytes become, and one of those of its others, or a C1 control.
_SUSPECT = re.compile("[\x80-\x84\x86-\x9f]|[ÂÃÄÅâãäåÎÏÐÑÒàáäåæçèéïðÐОРСўв][^\x00-\x7f]")


def repair(text: str) -> str:
    r"""Return the text with line breaks as \n, in NFC, without stray controls, decoded right.

    Lines of UTF-8 that was once taken for another encoding (mojibake) are decoded anew by ftfy,
    which does so only where the outcome is far likelier to be meant.

    >>> repair("l\u2019\u00c3\u00a9t\u00c3\u00a9\r\nne\u0301e\x00")
    'l’été\nnée'
    """
    text = _NOTHING.sub("", _BREAKS.sub("\n", text))
    if _SUSPECT.search(text):
        fix, config = _ftfy()
        text = "\n".join(fix(line, config) if _SUSPECT.search(line) else line
                         for line in text.split("\n"))  # fmt: skip
    return unicodedata.normalize("NFC", text)


@lru_cache(maxsize=1)
def _ftfy() -> tuple[Any, Any]:
    try:
        import ftfy  # noqa: PLC0415 - most texts need none
    except ImportError as error:
        raise ImportError(f"repair needs ftfy: {install('sources')}") from error
    return ftfy.fix_encoding, ftfy.TextFixerConfig(explain=False)
