"""Repair texts: line ends, control characters, NFC, mojibake (by ftfy).

Input and output: a text. Correct texts are unchanged, and repair is idempotent. Quotes, ligatures,
full-width letters, entities and white space are kept; they may be intended.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any

from curate.extras import install

# Line breaks of other systems, and Unicode's U+2028 and U+2029.
_BREAKS = re.compile("\r\n?|[\v\f\u0085\u2028\u2029]")
# Control characters without meaning in text, byte order marks inside it, noncharacters.
_NOTHING = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufeff\ufff9-\ufffb\ufffe\uffff]")
# Necessary for mojibake of UTF-8: one of the letters that lead bytes decode to, followed by one of
# those of continuation bytes, or a C1 control.
_SUSPECT = re.compile("[\x80-\x84\x86-\x9f]|[ÂÃÄÅâãäåÎÏÐÑÒàáäåæçèéïðÐОРСўв][^\x00-\x7f]")


def repair(text: str) -> str:
    r"""Return the text with line breaks as \n, in NFC, without control characters and mojibake.

    Lines of UTF-8 that was decoded as another encoding (mojibake) are repaired by ftfy, which does
    so only where the result is far more plausible.

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
