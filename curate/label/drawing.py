"""Draw documents for raters, evenly over reasons, sources and scores.

Input: a finished run's folder. Output: OUT/labels/task-<seed>.<form>, texts without a word of what
the run made of them, and OUT/labels/drawn-<seed>.parquet, what each of them is: a document; gold,
whose label is known; or a repeat of another. Which documents are drawn, and their order, is a hash
of their ids and the seed.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from curate.errors import RecipeError
from curate.label.documents import Document, kept_documents, sampled_documents
from curate.label.forms import Refused, read_texts
from curate.quality.corruptions import Draws
from curate.store import io
from curate.store.keys import seeded_hash
from curate.store.output import read_report
from curate.store.schema import columns

DOCUMENTS = 200
GOLD, REPEATS = 0.1, 0.05  # for each document that is drawn
KEPT = 1 / 3  # of the documents drawn: from those that no stage dropped
BANDS = 4  # of scores
BY_OTHERS = ("urls", "lines", "dedup", "decontaminate")  # drops that another document explains
CHARACTERS = 4_000  # of a text that raters see
FEWEST_WORDS = 40  # of a text that is made gold: the shuffling of fewer may escape notice
Form = Literal["jsonl", "label-studio", "argilla"]
FORMS: tuple[Form, ...] = ("jsonl", "label-studio", "argilla")
DRAWN = columns(
    ("item", pa.string(), False),
    ("kind", pa.string(), False),  # document, gold or repeat
    *((name, pa.string(), False) for name in ("id", "source")),
    ("url", pa.string(), True),
    *((name, pa.string(), False) for name in ("state", "stage", "reason")),
    ("score", pa.float64(), True),
    ("weight", pa.float64(), True),  # how many records of its outcome it represents
    ("expected", pa.float64(), True),  # of gold: its label
    ("text", pa.string(), False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One text that raters see: a document, gold with its label, or a repeat of a document."""

    item: str
    kind: Literal["document", "gold", "repeat"]
    document: Document
    weight: float | None = None
    expected: float | None = None


def draw(
    out: str, *, documents: int = DOCUMENTS, seed: int = 0, gold: str | None = None
) -> list[Drawn]:
    """Return what raters are asked, in the order they see it.

    A third of the documents are of those that no stage dropped, the others evenly of all reasons;
    within a reason evenly of all sources, and within those of all bands of score. Nothing is drawn
    of stages that drop a document for another one: its text alone cannot say whether that is right.

    Args:
        gold: a file of texts with labels, hidden among the others. None: texts of the references
            are good, texts with their words shuffled are bad.
    Raises:
        RecipeError: no finished run, nothing to draw, a bad file of gold.
    """
    if documents < 1:
        raise RecipeError(f"--documents: expected at least 1, got {documents}")
    manifest, report = read_report(out, "manifest"), read_report(out, "report")
    pool = _pool(out, manifest)
    gold_count = _share(GOLD, min(documents, len(pool)))
    gold_items = (_gold_of(gold, seed) if gold else _made_gold(manifest, pool, seed))[:gold_count]
    shown = {item.document.text for item in gold_items}
    pool = [document for document in pool if document.text not in shown]
    dropped = [document for document in pool if document.state == "dropped"]
    stayed = [document for document in pool if document.state != "dropped"]
    from_stayed = min(len(stayed), max(round(documents * KEPT), documents - len(dropped)))
    drawn = [
        *_stratified(stayed, from_stayed, seed, by_outcome=False),
        *_stratified(dropped, documents - from_stayed, seed, by_outcome=True),
    ]
    if not drawn:
        raise RecipeError(f"{out}: expected documents to label, found no sample with a text")
    weights = _weights(drawn, pool, report["outcomes"])
    items = [
        Drawn(
            item=_item(seed, "document", document),
            kind="document",
            document=document,
            weight=weight,
        )
        for document, weight in zip(drawn, weights, strict=True)
    ]
    items += gold_items
    items += _repeats(items, _share(REPEATS, len(drawn)), seed)
    return sorted(items, key=lambda item: seeded_hash("shuffle", item.item, seed))


def _share(share: float, count: int) -> int:
    return max(1, round(share * count))


def _pool(out: str, manifest: Mapping[str, Any]) -> list[Document]:
    """Return what can be drawn, each document once."""
    documents: dict[tuple[str, str], Document] = {}
    for document in (*kept_documents(out, manifest), *sampled_documents(out)):
        if document.state != "dropped" or document.stage not in BY_OTHERS:
            documents.setdefault((document.source, document.id), document)
    return list(documents.values())


def _item(seed: int, purpose: str, document: Document) -> str:
    return f"{seeded_hash('sample', f'{purpose}/{document.source}/{document.id}', seed):016x}"


def _band(document: Document) -> int:
    return -1 if document.score is None else min(int(document.score * BANDS), BANDS - 1)


def _stratified(
    pool: Iterable[Document], count: int, seed: int, *, by_outcome: bool
) -> list[Document]:
    """Return documents in turn of each outcome, source and band, in the order of their hashes.

    by_outcome: take from each outcome in turn; otherwise outcomes are not distinguished.
    """
    tree: Any = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for document in pool:
        tree[document.outcome if by_outcome else ""][document.source][_band(document)].append(
            document
        )

    def turns(level: Any) -> Iterator[Document]:
        if isinstance(level, list):
            yield from sorted(level, key=lambda document: _item(seed, "draw", document))
            return
        streams = [turns(level[name]) for name in sorted(level)]
        while streams:
            remaining = []
            for stream in streams:
                if (document := next(stream, None)) is not None:
                    yield document
                    remaining.append(stream)
            streams = remaining

    return [document for document, _ in zip(turns(tree), range(count), strict=False)]


def _weights(
    drawn: Sequence[Document], pool: Sequence[Document], outcomes: Iterable[Sequence[Any]]
) -> list[float]:
    """Return how many records each drawn document represents; they sum to those of its outcome.

    Outcomes are counted by source in the ledger; the shares of bands are the pool's.
    """
    counts, by_outcome = Counter[Any](), Counter[Any]()
    for source, state, stage, reason, records, *_ in outcomes:
        counts[(state, stage, reason), source] += records
        by_outcome[state, stage, reason] += records
    cells = Counter((document.outcome, document.source, _band(document)) for document in pool)
    drawn_in_cell = Counter(
        (document.outcome, document.source, _band(document)) for document in drawn
    )
    pooled = Counter((document.outcome, document.source) for document in pool)
    shares = {
        (outcome, source, band): counts[outcome, source] * n / pooled[outcome, source]
        for (outcome, source, band), n in cells.items()
        if drawn_in_cell[outcome, source, band]
    }
    covered: defaultdict[Any, float] = defaultdict(float)
    for (outcome, _, _), share in shares.items():
        covered[outcome] += share
    weights = []
    for document in drawn:
        cell = (document.outcome, document.source, _band(document))
        scale = (
            by_outcome[document.outcome] / covered[document.outcome]
            if covered[document.outcome]
            else 1.0
        )
        weights.append(shares[cell] * scale / drawn_in_cell[cell])
    return weights


# --- gold and repeats --------------------------------------------------------------------------


def _gold_of(url: str, seed: int) -> list[Drawn]:
    """Return the texts of a file with their labels, in the order of their hashes."""
    items = []
    for row in read_texts(url):
        if isinstance(row, Refused):
            raise RecipeError(
                f"--gold: expected a text and a label in each row, got {row.place}: {row.reason}"
            )
        text, score, origin = row
        document = _gold_document(origin, "gold", None, text)
        items.append(
            Drawn(
                item=_item(seed, "gold", document), kind="gold", document=document, expected=score
            )
        )
    return sorted(items, key=lambda item: item.item)


def _made_gold(manifest: Mapping[str, Any], pool: Sequence[Document], seed: int) -> list[Drawn]:
    """Return, in turn, texts of references as good and shuffled texts as bad."""
    sources = manifest["recipe"]["sources"]
    references = {name for name, about in sources.items() if about.get("reference")}
    long = [
        original
        for original in sorted(pool, key=lambda original: _item(seed, "gold", original))
        if original.state != "dropped" and len((original.text or "").split()) >= FEWEST_WORDS
    ]
    good = [original for original in long if original.source in references]
    bad = [original for original in long if original.source not in references] or good[
        len(good) // 2 :
    ]
    good = [original for original in good if original not in bad]
    items = []
    for position in range(max(len(good), len(bad))):
        if position < len(good):
            original = good[position]
            item = _item(seed, "gold", original)
            items.append(Drawn(item=item, kind="gold", document=original, expected=1.0))
        if position < len(bad):
            original = bad[position]
            text = _shuffled(
                (original.text or "")[:CHARACTERS], f"{original.source}/{original.id}", seed
            )
            document = _gold_document(original.id, original.source, original.url, text)
            item = _item(seed, "shuffled", original)
            items.append(Drawn(item=item, kind="gold", document=document, expected=0.0))
    return items


def _shuffled(text: str, key: str, seed: int) -> str:
    """Return the text's lines with as many words as before, each from anywhere in the text."""
    words = iter(Draws(f"gold/{key}", seed).shuffled(text.split()))
    return "\n".join(" ".join(next(words) for _ in line.split()) for line in text.splitlines())


def _gold_document(id_: str, source: str, url: str | None, text: str) -> Document:
    return Document(
        id=id_, source=source, url=url, state="gold", stage="", reason="", score=None, text=text
    )


def _repeats(items: Sequence[Drawn], count: int, seed: int) -> list[Drawn]:
    repeats = [
        replace(item, item=_item(seed, "repeat", item.document), kind="repeat", weight=None)
        for item in items
        if item.kind == "document"
    ]
    return sorted(repeats, key=lambda item: item.item)[:count]


# --- files -------------------------------------------------------------------------------------


def write_task(out: str, items: Sequence[Drawn], *, seed: int = 0, form: Form = "jsonl") -> str:
    """Write OUT/labels/task-<seed> and drawn-<seed>.parquet; return the task's URL."""
    rows = [
        {
            "item": item.item,
            "kind": item.kind,
            "weight": item.weight,
            "expected": item.expected,
            **{name: getattr(item.document, name) for name in
               ("id", "source", "url", "state", "stage", "reason", "score", "text")},
        }
        for item in items
    ]  # fmt: skip
    with io.staged(io.join(out, f"labels/drawn-{seed}.parquet")) as path:
        table = pa.Table.from_pylist(rows, DRAWN)
        pq.write_table(table, path, compression="zstd", write_page_checksum=True)
    suffix = "jsonl" if form == "jsonl" else "json"
    url = io.join(out, f"labels/task-{seed}.{suffix}")
    io.write_bytes(url, task(items, form).encode("utf-8", "replace"))
    return url


def task(items: Sequence[Drawn], form: Form = "jsonl") -> str:
    """Return what raters, or a tool for labelling, are given: items and their texts only."""
    texts = [(drawn.item, (drawn.document.text or "")[:CHARACTERS]) for drawn in items]
    rows: list[dict[str, Any]]
    if form == "jsonl":
        lines = ({"item": item, "label": None, "text": text} for item, text in texts)
        return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)
    if form == "label-studio":
        rows = [{"data": {"item": item, "text": text}} for item, text in texts]
    else:
        rows = [
            {"id": item, "fields": {"text": text}, "metadata": {"item": item}}
            for item, text in texts
        ]
    return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"
