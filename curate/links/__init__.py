"""Outbound links of Reddit submissions, from which GPT-2's WebText was made.

Input: dumps of Reddit's submissions, JSON lines in .zst, .xz, .bz2, .gz or uncompressed. Output: a
table of outbound links with enough karma, one row per normalised URL, sorted by it; and the number
of lines by outcome. Pages are not fetched or searched for in archives here.

    from curate.links import Rules, gather, links

    counts = Counter()
    table = gather(links("RS_2017-01.zst", Rules(), counts), Rules())

`links` streams; `gather` holds all links in memory. `curate links` does the same on Spark, which
sorts on disk.

Source: Radford et al. 2019 (GPT-2), section 2.1; OpenWebText2 for karma summed over a URL.
"""

from curate._lazy import listing
from curate.links.lines import Submission, submissions
from curate.links.rules import COUNTS, DOMAINS, EXTENSIONS, Link, Rules, entries
from curate.links.table import LINKS, gather, links, write

__all__ = [
    "COUNTS",
    "DOMAINS",
    "EXTENSIONS",
    "LINKS",
    "Link",
    "Rules",
    "Submission",
    "entries",
    "gather",
    "links",
    "submissions",
    "write",
]
__dir__ = listing(__name__, __all__)
