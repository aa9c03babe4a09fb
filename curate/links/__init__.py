"""Outbound links of Reddit submissions, the choice of pages behind GPT-2's WebText.

Input: dumps of Reddit's submissions, JSON lines in .zst, .xz, .bz2, .gz or plain. Output: a table
of outbound links with karma enough, one row a page whatever the spelling of its URL, sorted by it;
and how many lines ended for which reason. Fetching the pages, or finding them in a crawl's
archives, is done elsewhere.

    from curate.links import Rules, gather, links

    counts = Counter()
    table = gather(links("RS_2017-01.zst", Rules(), counts), Rules())

`links` streams; `gather` holds what it gathers. `curate links` does the same on Spark, where what
does not fit is sorted on disk.

Source: Radford et al. 2019 (GPT-2), section 2.1; OpenWebText2 for karma summed over a URL.
"""

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
