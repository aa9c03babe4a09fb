"""Run as a program: what the compiled kernels write otherwise than the plain path.

Reads pages (a list of str) from stdin; prints the differences, and how many pages the kernels left
to the plain path. All as JSON.
"""

import json
import sys
from unittest.mock import patch

from curate.extract import combined
from curate.extract.combined import kernel_policy, main_content

_MORE = {0: ({"precision": True},), 2: ({"markdown": True},)}


def _by_kernels(compiled, html, precision, markdown, weights):
    return compiled.content(html, precision=precision, markdown=markdown, weights=weights)


def both(page, **settings):
    """Return what the plain path and the kernels write of a page."""
    kernel_policy.use(False)
    plain = main_content(page, **settings)
    kernel_policy.use(True)
    with patch.object(combined, "_by_kernels", _by_kernels):  # an error is to show
        return plain, main_content(page, **settings)


def main():
    from curate.extract.combined import compiled
    from curate.extract.combined.line_classifier import load

    fixed, _ = compiled.tables_of(load())
    different, left = [], 0
    for n, page in enumerate(json.load(sys.stdin)):
        for settings in ({}, *_MORE.get(n % 4, ())):
            plain, other = both(page, **settings)
            if plain != other:
                different.append([n, str(settings), plain.text, other.text])
        left += compiled.read_page(page, fixed) is None
    json.dump({"different": different, "left": left}, sys.stdout)


if __name__ == "__main__":
    main()
