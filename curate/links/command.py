"""What `curate links` does: files named, Spark started, one table written, counts told."""

import json
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


def dumps(paths: Sequence[str]) -> list[str]:
    """Return the URLs of the files that paths, patterns and folders name, each once, sorted.

    Raises RecipeError for one that names none.
    """
    found: set[str] = set()
    for path in paths:
        files = list(io.list_files(path))
        if not files:
            try:
                files = [file.url for file in io.find(path)]
            except FileNotFoundError as error:
                raise RecipeError(f"links: {error}") from error
        found.update(files)
    return sorted(found)


def run(
    paths: Sequence[str],
    out: str,
    rules: Rules,
    *,
    master: str | None = None,
    settings: Mapping[str, str],
    say: Callable[[str], None],
) -> Counter[str]:
    """Write the table, and beside it in a folder the report; return the counts.

    `out` is a file if it ends in .parquet, else a folder.
    """
    from curate.spark.links import gather_links  # noqa: PLC0415 - help needs no Spark
    from curate.spark.session import session, stop  # noqa: PLC0415

    files = dumps(paths)
    is_file = out.endswith(".parquet")
    table = out if is_file else io.join(out, TABLE)
    here = io.absolute(table, Path.cwd())
    log = Path(tempfile.mkdtemp(prefix="curate-")) / "spark.log"
    say(f"Spark's log: {log}")
    spark = session(master, log=log, settings=settings)
    try:
        by_file = gather_links(spark, files, rules, here)
    finally:
        stop(spark)
    for file in sorted(by_file):
        if by_file[file]["bad_compression"]:
            say(f"{file}: breaks off or does not decompress; what was read of it counts")
    counts = sum(by_file.values(), Counter[str]())
    if not is_file:
        told = {"counts": counts, "files": {f: by_file[f] for f in sorted(by_file) if f}}
        text = json.dumps(told, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        io.write_bytes(io.join(out, REPORT), text.encode())
    for name in (name for name in COUNTS if counts[name]):
        say(f"{counts[name]:>15,} {name}: {COUNTS[name]}")
    say(f"Links: {table}")
    return counts
