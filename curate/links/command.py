"""What `curate links` does: files named, Spark started, one table written, counts told."""

import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from curate import io
from curate.links.rules import COUNTS, DOMAINS, EXTENSIONS, Rules, entries
from curate.recipe import RecipeError

TABLE, REPORT = "links.parquet", "links.json"


def rules_of(
    *, domains: Sequence[str] = (), extensions: Sequence[str] = (), **settings: object
) -> Rules:
    """Return the rules; lists of files are added to those that are there.

    Raises RecipeError for what cannot be.
    """
    try:
        more = frozenset[str]().union(*map(entries, domains))
        endings = frozenset[str]().union(*map(entries, extensions))
        return Rules(domains=DOMAINS | more, extensions=EXTENSIONS | endings, **settings)  # type: ignore[arg-type]
    except (OSError, ValueError) as error:
        raise RecipeError(f"links: {error}") from error


# In folders, what stands beside dumps of submissions: comments, lists of sums, downloads not done.
_NO_DUMP = re.compile(
    r"(?:RC_.*|\..*|.*\.(?:txt|md|sha256|sha256sums?|sha1|md5|sig|torrent|part|aria2|tmp|html?))$",
    re.I,
)


def dumps(paths: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the URLs of the files that paths, patterns and folders name, and of files left out.

    Each once; the largest first, for a task reads one, and the last should not be the longest.
    What is named itself, or by a pattern, is a dump; in folders not everything is.
    Raises RecipeError for a path that names none.
    """
    found: dict[str, int] = {}
    left_out: set[str] = set()
    for path in paths:
        below = io.list_files(path)
        good = {url: size for url, size in below.items() if not _NO_DUMP.match(_name(url))}
        left_out.update(below.keys() - good.keys())
        if not good:
            try:
                good = {file.url: file.size for file in io.find(path)}
            except FileNotFoundError as error:
                raise RecipeError(f"links: {error}") from error
        found.update(good)
    return sorted(found, key=lambda url: (-found[url], url)), sorted(left_out - found.keys())


def _name(url: str) -> str:
    return url.rpartition("/")[2]


def run(
    paths: Sequence[str],
    out: str,
    rules: Rules,
    *,
    master: str | None = None,
    settings: Mapping[str, str],
    say: Callable[[str], None],
    doing: Callable[[str, str], None] = lambda _stage, _what: None,
) -> Counter[str]:
    """Write the table, and beside it in a folder the report; return the counts.

    `out` is a file if it ends in .parquet, else a folder. `doing` is told what is begun.
    """
    from curate.spark.links import gather_links  # noqa: PLC0415 - help needs no Spark
    from curate.spark.session import session, stop  # noqa: PLC0415

    files, left_out = dumps(paths)
    if left_out:
        names = ", ".join(map(_name, left_out[:3]))
        say(f"{len(left_out):,} files are left out as no dumps of submissions, such as {names}")
    is_file = out.endswith(".parquet")
    table = out if is_file else io.join(out, TABLE)
    here = io.absolute(table, Path.cwd())
    log = Path(tempfile.mkdtemp(prefix="curate-")) / "spark.log"
    say(f"Spark's log: {log}")
    doing("Spark starts", "")
    spark = session(master, log=log, settings=settings)
    doing("links", f"{len(files):,} dumps")
    try:
        by_file = gather_links(spark, files, rules, here)
    finally:
        stop(spark)
    for file in sorted(by_file):
        if by_file[file]["bad_compression"]:
            say(f"{file}: breaks off or does not decompress; what was read of it counts")
        if by_file[file]["comment"]:
            say(f"{file}: holds comments, which are not counted; submissions are in RS_… files")
    counts = sum(by_file.values(), Counter[str]())
    if not is_file:
        told = {"counts": counts, "files": {f: by_file[f] for f in sorted(by_file) if f}}
        text = json.dumps(told, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        io.write_bytes(io.join(out, REPORT), text.encode())
    for name in (name for name in COUNTS if counts[name]):
        say(f"{counts[name]:>15,} {name}: {COUNTS[name]}")
    say(f"Links: {table}")
    return counts
