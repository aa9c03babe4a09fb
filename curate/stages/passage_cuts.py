"""Cut passages out of one part of the documents: the cuts of a round, and the part rewritten.

Input: a part, its cuts so far, the MATCHES of a round. Output: CUTS of the part with those of the
round, and a row of evidence for each passage that is cut; at the end, documents without the cuts.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from curate.batch import project_to_schema, set_column, split, to_blocks, values
from curate.dedup.passages.boundaries import RULE, passage_cuts
from curate.dedup.passages.find import character_runs
from curate.stages.passage_keys import CUTS, TOUCHED, CutPart, Round, cuts_of
from curate.stages.passage_rows import MATCHES
from curate.stages.stage import receipt_batch
from curate.store import schema
from curate.store.commits import Receipt
from curate.store.documents import read_part
from curate.store.keys import Tally, text_hash
from curate.store.tables import read_rows, write_tables
from curate.store.units import Unit
from curate.text.blocks import Block
from curate.text.cuts import Cut, apply_cuts, move_blocks

# What is cut of a text, in characters of the text as it came into the stage; `characters` are fewer
# than these where an earlier round cut some between them.
EVIDENCE = schema.columns(
    ("key", pa.int64(), False),
    ("id", pa.string(), False),
    ("start", pa.int64(), False),
    ("end", pa.int64(), False),
    ("characters", pa.int64(), False),
    ("round", pa.int32(), False),
    ("kept_key", pa.int64(), True),
    ("kept_id", pa.string(), True),
)
SCHEMAS = {"documents": schema.FILTERED, "outcomes": schema.OUTCOMES}
Kept = tuple[int | None, str | None]  # key, id
MEASURED = ("text", "blocks", "text_hash", "characters")  # columns that a cut changes


class Places(NamedTuple):
    """Where characters of a text that was cut stood before."""

    starts: list[int]  # of the cuts, in characters of what is left
    shifts: list[int]  # characters cut in all, before each and at the end

    @staticmethod
    def of(cuts: Sequence[Cut]) -> "Places":
        """Return the places of what some cuts leave."""
        shifts = [0, *accumulate(cut.end - cut.start for cut in cuts)]
        starts = [cut.start - shift for cut, shift in zip(cuts, shifts, strict=False)]
        return Places(starts, shifts)

    def start(self, at: int) -> int:
        """Return where what begins here began: behind cuts that end there."""
        return at + self.shifts[bisect_right(self.starts, at)]

    def end(self, at: int) -> int:
        """Return where what ends here ended: before cuts that begin there."""
        return at + self.shifts[bisect_left(self.starts, at)]


def cut_parts(
    units: Sequence[Unit], *, spec: Round, folder: str, rounds: str, number: int
) -> Iterator[pa.RecordBatch]:
    """Yield a receipt for each part with matches: its files of CUTS, TOUCHED and EVIDENCE.

    Args:
        rounds: folder of the first two, which say what holds after this round.
        number: of the round.
    """
    for unit in units:
        cut_part = CutPart.from_json(unit.payload)
        part = int(unit.name)
        url = cut_part.other
        matches = read_rows([url] if url else [], MATCHES, filters=[("part", "==", part)])
        if not matches.num_rows:
            continue
        cuts, evidence = _cuts_of_part(cut_part, matches, spec, number)
        earlier = read_rows([cut_part.touched] if cut_part.touched else [], TOUCHED)["key"]
        keys = np.union1d(matches["key"].to_numpy(), earlier.to_numpy())
        touched = pa.RecordBatch.from_arrays([pa.array(keys)], schema=TOUCHED)
        name = f"{unit.name}-{number}"
        kept = {"cuts": CUTS, "touched": TOUCHED}
        files = write_tables(rounds, name, kept, [("cuts", cuts), ("touched", touched)])
        tables = [("evidence", evidence)]
        files += write_tables(folder, name, {"evidence": EVIDENCE}, tables)
        yield receipt_batch(Receipt(unit.name, files))


def _cuts_of_part(
    cut_part: CutPart, matches: pa.Table, spec: Round, number: int
) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    by_key: dict[int, list[tuple[int, int, Kept]]] = {}
    names = ("key", "start", "stop", "kept_key", "kept_id")
    for key, start, stop, *kept in zip(*(matches[n].to_pylist() for n in names), strict=True):
        by_key.setdefault(key, []).append((start, stop, (kept[0], kept[1])))
    cuts = cuts_of(cut_part.cuts)
    evidence: list[tuple[Any, ...]] = []
    for batch in read_part(cut_part.part, ("key", "id", "text", "blocks")):
        inside = np.isin(batch["key"].to_numpy(), np.array(list(by_key), np.int64))
        for row in batch.filter(pa.array(inside)).to_pylist():
            key, old = row["key"], cuts.get(row["key"], [])
            text, blocks = apply_cuts(row["text"], old), to_blocks(row["blocks"])
            if blocks is not None:
                blocks = list(move_blocks(blocks, old))
            new_cuts, kept_spans = cut_text(text, blocks, by_key[key], spec.length)
            places = Places.of(old)
            if new_cuts:
                spans = [(places.start(cut.start), places.end(cut.end)) for cut in new_cuts]
                cuts[key] = _merged([*((cut.start, cut.end) for cut in old), *spans])
            evidence += [
                (key, row["id"], places.start(start), places.end(end), end - start, number, *kept)
                for start, end, kept in kept_spans
            ]
    rows = [(key, cut.start, cut.end) for key in sorted(cuts) for cut in cuts[key]]
    return _batch_of(rows, CUTS), _batch_of(evidence, EVIDENCE)


def _batch_of(rows: Sequence[tuple[Any, ...]], columns: pa.Schema) -> pa.RecordBatch:
    values_of = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [pa.array(column, f.type) for column, f in zip(values_of, columns, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=columns)


def cut_text(
    text: str,
    blocks: Sequence[Block] | None,
    matches: Sequence[tuple[int, int, Kept]],
    length: int,
) -> tuple[list[Cut], list[tuple[int, int, Kept]]]:
    """Return the cuts of a text's matches (bytes), and for each the document whose text is kept.

    The latter are characters (start, end) and the document kept, in order; where several documents
    have what is cut, the one that has the most of it from there on.
    """
    spans = character_runs(text, [(start, stop) for start, stop, _ in matches])
    cuts = passage_cuts(text, spans, blocks, least=length // 2)
    matched = sorted(
        ((*span, kept) for span, (_, _, kept) in zip(spans, matches, strict=True)),
        key=lambda match: (match[0], -match[1], match[2][0] or 0),
    )
    kept_spans = [span for cut in cuts for span in _kept_spans(cut.start, cut.end, matched)]
    return cuts, kept_spans


def _kept_spans(
    start: int, end: int, matched: Sequence[tuple[int, int, Kept]]
) -> Iterator[tuple[int, int, Kept]]:
    """Yield the spans of a cut and the document kept, of matches by their start, longest first."""
    inside = [match for match in matched if match[0] < end and match[1] > start]
    n = 0
    while start < end and n < len(inside):
        reach, longest = max(start, inside[n][0]), inside[n]
        while n < len(inside) and inside[n][0] <= reach:
            if inside[n][1] > longest[1]:
                longest = inside[n]
            n += 1
        while n < len(inside) and inside[n][1] <= longest[1]:
            n += 1
        stop = min(longest[1], end) if n < len(inside) else end
        yield start, stop, longest[2]
        start = stop


def _merged(spans: Sequence[tuple[int, int]]) -> list[Cut]:
    merged: list[Cut] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1].end:
            merged[-1] = merged[-1]._replace(end=max(merged[-1].end, end))
        else:
            merged.append(Cut(start, end, RULE))
    return merged


# --- the documents -------------------------------------------------------------------------------


def write_part(folder: str, unit: str, payload: str, *, min_characters: int) -> Receipt:
    """Write a part's documents without what is cut, and the outcomes of those that are dropped."""
    cut_part, tally = CutPart.from_json(payload), Tally()
    cuts = cuts_of(cut_part.cuts)
    facts = {"documents_cut": 0, "characters_cut": 0}

    def tables() -> Iterator[tuple[str, pa.RecordBatch]]:
        for batch in read_part(cut_part.part, tally=tally):
            if not any(key in cuts for key in values(batch, "key")):
                yield "documents", batch
                continue
            kept, dropped = split(without_passages(batch, cuts, min_characters))
            facts["documents_cut"] += sum(key in cuts for key in values(kept, "key"))
            facts["characters_cut"] += sum(values(kept, "cut"))
            yield "documents", project_to_schema(kept, schema.FILTERED)
            yield "outcomes", outcomes(dropped)

    files = write_tables(folder, unit, SCHEMAS, tables())
    return Receipt(unit, files, tally, {**facts, "cut": {RULE: facts["characters_cut"]}})


def without_passages(
    batch: pa.RecordBatch, cuts: Mapping[int, Sequence[Cut]], min_characters: int
) -> pa.RecordBatch:
    """Return a batch with texts cut, and `drop_reason`: null where enough is left.

    Added: cut (int64, characters), score (the share of characters that was cut). Of a document that
    is dropped the measures stay.
    """
    changed = [row for row, key in enumerate(values(batch, "key")) if key in cuts]
    rows = batch.select(["key", *MEASURED]).take(pa.array(changed, pa.int64()))
    columns = {name: values(rows, name) for name in rows.schema.names}
    size = batch.num_rows
    reasons: list[str | None] = [None] * size
    cut, scores = [0] * size, [0.0] * size
    for n, (row, key) in enumerate(zip(changed, columns["key"], strict=True)):
        original, blocks = columns["text"][n], to_blocks(columns["blocks"][n])
        text = apply_cuts(original, cuts[key])
        cut[row], scores[row] = len(original) - len(text), 1 - len(text) / len(original)
        if not text.strip() or len(text) < min_characters:
            reasons[row] = "repeated_passages"
            continue
        columns["text"][n], columns["characters"][n] = text, len(text)
        columns["text_hash"][n] = text_hash(text)
        if blocks is not None:
            columns["blocks"][n] = [b._asdict() for b in move_blocks(blocks, cuts[key])]
    places = np.arange(size)
    places[changed] = size + np.arange(len(changed))
    for name in MEASURED:
        type_ = batch.schema.field(name).type
        both = pa.concat_arrays([batch[name], pa.array(columns[name], type_)])
        batch = set_column(batch, name, both.take(pa.array(places)), type_)
    batch = set_column(batch, "cut", cut, pa.int64())
    batch = set_column(batch, "score", scores, pa.float64())
    return set_column(batch, "drop_reason", reasons, pa.string())


def outcomes(dropped: pa.RecordBatch) -> pa.RecordBatch:
    """Return the outcomes of documents of which too little was left."""
    return project_to_schema(
        dropped, schema.OUTCOMES, state="dropped", stage="passages", reason="repeated_passages",
        length=None, kept_key=None, kept_id=None,
    )  # fmt: skip
