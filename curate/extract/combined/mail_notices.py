"""Remove what an archive of mails writes in place of attachments.

Input: the text of a page and its blocks. Output: those without such notices.
"""

import re

from curate.text.blocks import Written
from curate.text.cuts import Cut, apply_cuts, move_blocks

_SIGN = " was scrubbed..."  # Mailman's
_NOTICE = re.compile(
    r"(?:\A|\n+)-{8,} next part -{8,}\n"
    r"An? (?:[\w-]+ ){1,4}(?:attachment|message|text) was scrubbed\.\.\."
    r"(?:\n(?:Name|Type|Size|Desc|From|Subject|Date|URL|Url ?): ?[^\n]*)*"
)


def without_notices(written: Written) -> Written:
    r"""Return a text without notices of attachments, and its blocks.

    >>> notice = "-------------- next part --------------\nAn HTML attachment was scrubbed..."
    >>> without_notices(Written(f"Yes.\n\n{notice}\nURL: <a>\n\nRoe")).text
    'Yes.\n\nRoe'
    """
    text = written.text
    if _SIGN not in text:
        return written
    cuts = [Cut(*match.span(), "attachment") for match in _NOTICE.finditer(text)]
    if not cuts:
        return written
    return written._replace(text=apply_cuts(text, cuts), blocks=move_blocks(written.blocks, cuts))
