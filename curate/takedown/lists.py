"""Lists of what is to be removed, as people write them: a name a line, texts as JSON lines."""

import gzip
import json
from collections.abc import Iterable, Iterator

from curate.errors import RecipeError
from curate.store import io
from curate.takedown.tombstones import Tombstones


def read_lists(
    *,
    urls: Iterable[str] = (),
    domains: Iterable[str] = (),
    ids: Iterable[str] = (),
    texts: Iterable[str] = (),
) -> Tombstones:
    """Return what some files name.

    Args:
        urls, domains: files of one a line; empty lines and those that begin with # do not count.
        ids: files of one a line.
        texts: .jsonl files of texts, or of objects with a `text`; of others each is one text.
    Raises RecipeError: a file cannot be read, names nothing, or has a line that is no text.
    """
    return Tombstones.of(
        urls=(line for path in urls for line in _lines(path, "--urls", comments=True)),
        domains=(line for path in domains for line in _lines(path, "--domains", comments=True)),
        ids=(line for path in ids for line in _lines(path, "--ids", comments=False)),
        texts=(text for path in texts for text in _texts(path)),
    )


def _read(path: str, option: str) -> str:
    try:
        data = io.read_bytes(path)
        if path.endswith(".gz"):
            data = gzip.decompress(data)
        return data.decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise RecipeError(f"{option}: expected a list as UTF-8, got {path}: {why}") from error


def _lines(path: str, option: str, *, comments: bool) -> Iterator[str]:
    lines = (line.strip() for line in _read(path, option).splitlines())
    some = [line for line in lines if line and not (comments and line.startswith("#"))]
    if not some:
        raise RecipeError(f"{option}: expected one a line, got {path} without any")
    yield from some


def _texts(path: str) -> Iterator[str]:
    content = _read(path, "--text")
    if not path.removesuffix(".gz").endswith(".jsonl"):
        yield content
        return
    for number, line in enumerate(content.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        text = value.get("text") if isinstance(value, dict) else value
        if not isinstance(text, str):
            raise RecipeError(
                f"--text: expected a text, or an object with a text, in line {number} of {path}, "
                f"got {line:.80}"
            )
        yield text
