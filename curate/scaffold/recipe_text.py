"""A commented recipe for the files of a folder, as text."""

import json
import re
from collections.abc import Iterator, Sequence

from curate.scaffold.folder import FolderContents, Group

CRAWLS = ("warc", "wet", "html")  # unfiltered pages; other kinds are assumed to be selected texts
ABOUT = {
    "warc": "web archives: each page is a document",
    "wet": "web archives of texts",
    "html": "a page a file",
    "parquet": "a row is a document",
    "jsonl": "a line is a document",
    "csv": "a row is a document",
    "text": "a file is a document",
    "book": "a file is a book; Project Gutenberg's licence is left out",
    "mediawiki": "a wiki's dump: an article is a document",
}
SHOWN = 12  # files that are left out, named in the recipe
_PLAIN = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./=*-]*")
_OTHER = re.compile(r"(?i)(?:true|false|null|yes|no|on|off|[0-9._+-]+|0x[0-9a-f]+|\.inf|\.nan)")


def recipe_text(contents: FolderContents, *, schema: str | None, out: str = "corpus") -> str:
    """Return the recipe of a folder's files.

    Args:
        schema: path of the JSON schema, for editors; None: no line for them.
        out: folder that the run writes to.
    """
    return "\n".join(_lines(contents, schema, out)) + "\n"


def _lines(contents: FolderContents, schema: str | None, out: str) -> Iterator[str]:
    sources = [group for group in contents.groups if group.kind != "benchmark"]
    crawls = [group for group in sources if group.kind in CRAWLS]
    references = [group for group in sources if group not in crawls] if crawls else []
    if schema is not None:
        yield f"# yaml-language-server: $schema={schema}"
    yield "# A recipe for the files of this folder, made by `curate init`. Keys left out have"
    yield "# defaults; `curate schema` describes them all. Next: curate plan recipe.yaml"
    yield from ("", "sources:")
    for group in sources:
        yield from _source(group, reference=group in references)
    yield from ("", "language:")
    yield _noted("  keep: [en]", "ISO 639-1, such as [en, de]; or all")
    yield ""
    yield _noted("filters:", "in this order; `curate signals recipe.yaml` says what each drops")
    yield from ("  - gopher_repetition", "  - gopher_quality")
    yield from ("  - c4: {terminal_punctuation: false}", "  - fineweb", "")
    if references:
        yield _noted("quality:", "pages that read as the references are kept (GPT-3)")
        yield "  model: masked"
        yield _noted("  alpha: 9", "smaller keeps more")
        yield ""
    yield from _benchmarks([group for group in contents.groups if group.kind == "benchmark"])
    yield from ("", "mix:")
    yield _noted("  tokens: null", "a budget, such as 10B; null: as many as repeat no source")
    yield _noted("  validation: 0.005", "share of the documents held out")
    yield from ("", "output:")
    yield _noted(f"  path: {scalar(out)}", "or --out")
    if contents.left_out:
        yield from ("", "# Left out:")
        for name, why in contents.left_out[:SHOWN]:
            yield f"#   {printable(name)}: {printable(why)}"
        if len(contents.left_out) > SHOWN:
            yield f"#   and {len(contents.left_out) - SHOWN:,} more"


def _noted(text: str, note: str) -> str:
    """Return a line with a comment, in a column with the others."""
    return f"{text:<23} # {note}"


def _source(group: Group, *, reference: bool) -> Iterator[str]:
    files = "1 file" if group.files == 1 else f"{group.files:,} files"
    yield _noted(f"  {scalar(group.name)}:", f"{ABOUT[group.kind]}; {files}, {group.size:,} bytes")
    yield f"    kind: {group.kind}"
    yield f"    path: {_paths(group.paths)}"
    if group.text and group.text != "text":
        yield _noted(f"    text: {scalar(group.text)}", "the column with the text")
    if reference:
        yield _noted("    reference: true", "curated: no filters; trains the classifier")
    yield _noted("    # weight: 1", "share of the tokens; for every source or for none")


def _benchmarks(benchmarks: Sequence[Group]) -> Iterator[str]:
    if not benchmarks:
        yield "# decontaminate: {benchmarks: benchmarks/*.jsonl}   # cuts out what benchmarks hold"
        return
    yield _noted("decontaminate:", "what these benchmarks hold is cut out of the documents")
    yield f"  benchmarks: {_paths([path for group in benchmarks for path in group.paths])}"


def _paths(paths: Sequence[str]) -> str:
    return scalar(paths[0]) if len(paths) == 1 else f"[{', '.join(map(scalar, paths))}]"


def scalar(text: str) -> str:
    """Return text as YAML takes it, in quotes where it would be read as something else.

    >>> scalar("crawl/a.gz"), scalar("*.txt"), scalar("a: b"), scalar("12"), scalar("größe")
    ('crawl/a.gz', '"*.txt"', '"a: b"', '"12"', '"größe"')
    """
    if _PLAIN.fullmatch(text) and not _OTHER.fullmatch(text):
        return text
    return "".join(
        c if c.isprintable() else f"\\U{ord(c):08x}" for c in json.dumps(text, ensure_ascii=False)
    )


def printable(text: str) -> str:
    """Return a file's name, safe in a comment."""
    return "".join(c if c.isprintable() else "?" for c in text)
