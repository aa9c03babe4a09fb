"""Texts that `proof.py` judges by: what no arm has read and no classifier has learned from.

Input: the data and the references. Output: the first tokens of texts of seven domains, with their
bytes; `proof.py` says which.
"""

import json
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from pydoc_data.topics import topics

import numpy as np
import pyarrow.parquet as pq
from quality_corpus import SEED, Page

from curate.extract import extract
from curate.quality.training import fold_of
from curate.store.keys import uniform

JUDGED = 30_000  # tokens of a domain
TEXT = 600  # tokens of a text that is judged
HELD_BACK = 0  # the fold


@dataclass(frozen=True)
class Judged:
    """Texts of all domains: token numbers, bytes, and the domain of each."""

    names: tuple[str, ...]
    texts: list[np.ndarray]
    plain: list[bytes]
    bytes: np.ndarray
    domain: np.ndarray


def domains(data: Path, references: dict[str, list[Page]], encode: Callable) -> Judged:
    wiki = pq.read_table(data / "reference" / "wikipedia_labelled.parquet").to_pylist()

    def held_back(name: str) -> list[str]:
        return [p.text for p in references[name] if fold_of(p.site, SEED) == HELD_BACK]

    books = [text[i : i + 3_000] for text in held_back("books")
             for i in range(20_000, len(text) - 3_000, 40_000)]  # fmt: skip
    folder = Path(sysconfig.get_paths()["stdlib"])
    code = [file.read_text(errors="replace") for file in sorted(folder.glob("*.py"))]
    texts = {
        "news": [t for t in held_back("webtext_like") if len(t) < 8_000],
        "encyclopedia": [row["text"] for row in wiki if row["label"].lower() in ("fa", "ga")],
        "books": books,
        "documentation": [topics[name] for name in sorted(topics)],
        "code": [text[len(text) // 3 :] for text in code if len(text) > 4_000],
        "tables": tables(data),
        "questions": questions(data),
    }
    names, found, plain, domain = tuple(texts), [], [], []
    for place, name in enumerate(names):
        room = JUDGED
        for text in sorted(set(texts[name]), key=lambda text: uniform("sample", text, SEED)):
            ids = encode(text[: TEXT * 8])[:TEXT]
            if len(ids) < 40 or room <= 0:
                continue
            room -= len(ids)
            found.append(np.asarray(ids))
            plain.append(tokenizer_bytes(text, ids, encode))
            domain.append(place)
    return Judged(names, found, plain, np.asarray([*map(len, plain)]), np.asarray(domain))


def tokenizer_bytes(text: str, ids: list[int], encode: Callable) -> bytes:
    """Return the bytes of a text's first tokens: the shortest prefix that has as many."""
    low, high = 0, min(len(text), TEXT * 8)
    while low < high:
        middle = (low + high) // 2
        if len(encode(text[:middle])) < len(ids):
            low = middle + 1
        else:
            high = middle
    return text[:low].encode("utf-8", "replace")


def tables(data: Path) -> list[str]:
    found = []
    for row in pq.read_table(data / "extraction" / "wcxb.parquet", columns=["html"]).to_pylist():
        if b"<table" not in row["html"]:
            continue
        text = extract(row["html"], format="markdown").text
        lines = [line for line in text.splitlines() if line.count("|") > 2]
        if len(lines) > 3:
            found.append("\n".join(lines))
    return found


def questions(data: Path) -> list[str]:
    rows = []
    for name in ("boolq", "strategyqa"):
        with (data / "benchmarks" / f"{name}.jsonl").open() as lines:
            rows += [json.loads(line) for line in lines]
    return [" ".join(filter(None, (row["text"], str(row.get("answer") or "")))) for row in rows]
