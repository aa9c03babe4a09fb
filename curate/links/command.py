"""Options of `curate links`: rules, and the dumps that paths match."""

import re
from collections.abc import Sequence

from curate.errors import RecipeError
from curate.links.rules import DOMAINS, EXTENSIONS, Rules, entries
from curate.store import io


def rules_of(
    *, domains: Sequence[str] = (), extensions: Sequence[str] = (), **settings: object
) -> Rules:
    """Return the rules; entries of list files are added to the built-in ones.

    Raises RecipeError for invalid settings.
    """
    try:
        more = frozenset[str]().union(*map(entries, domains))
        endings = frozenset[str]().union(*map(entries, extensions))
        return Rules(domains=DOMAINS | more, extensions=EXTENSIONS | endings, **settings)  # type: ignore[arg-type]
    except (OSError, ValueError) as error:
        raise RecipeError(f"links: {error}") from error


# Other files in folders of dumps: comments, checksums, unfinished downloads.
_NO_DUMP = re.compile(
    r"(?:RC_.*|\..*|.*\.(?:txt|md|sha256|sha256sums?|sha1|md5|sig|torrent|part|aria2|tmp|html?))$",
    re.I,
)


def dumps(paths: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the URLs of the dumps that paths, patterns and folders match, and of files left out.

    Each once; the largest first, for a task reads one, and the last should not be the longest.
    Files named directly or by a pattern are dumps; in folders some files are left out.

    Raises RecipeError for a path that matches none.
    """
    sizes: dict[str, int] = {}
    left_out: set[str] = set()
    for path in paths:
        below = io.list_files(path)
        good = {url: size for url, size in below.items() if not _NO_DUMP.match(name_of(url))}
        left_out.update(below.keys() - good.keys())
        if not good:
            try:
                good = {file.url: file.size for file in io.find(path)}
            except FileNotFoundError as error:
                raise RecipeError(f"links: {error}") from error
        sizes.update(good)
    return sorted(sizes, key=lambda url: (-sizes[url], url)), sorted(left_out - sizes.keys())


def name_of(url: str) -> str:
    """Return the last part of a URL or path."""
    return url.rpartition("/")[2]
