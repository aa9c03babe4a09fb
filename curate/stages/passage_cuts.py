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
    evidence: list[dict[str, Any]] = []
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
            for start, end, (kept_key, kept_id) in kept_spans:
                evidence.append(
                    {
                        "key": key,
                        "id": row["id"],
                        "start": places.start(start),
                        "end": places.end(end),
                        "characters": end - start,
                        "round": number,
                        "kept_key": kept_key,
                        "kept_id": kept_id,
                    }
                )
    rows = [(key, cut.start, cut.end) for key in sorted(cuts) for cut in cuts[key]]
    columns = list(zip(*rows, strict=True)) or [()] * len(CUTS)
    arrays = [pa.array(column, pa.int64()) for column in columns]
    return (
        pa.RecordBatch.from_arrays(arrays, schema=CUTS),
        pa.RecordBatch.from_pylist(evidence, schema=EVIDENCE),
    )


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
    kept_spans: list[tuple[int, int, Kept]] = []
    for cut in cuts:
        at = cut.start
        inside = [match for match in matched if match[0] < cut.end and match[1] > cut.start]
        while at < cut.end and inside:
            reach = [
                match for match in inside if match[0] <= max(at, inside[0][0]) and match[1] > at
            ]
            if not reach:
                break
            _, stop, kept = max(reach, key=lambda match: match[1])
            inside = [match for match in inside if match[1] > stop]
            stop = min(stop, cut.end) if inside else cut.end
            kept_spans.append((at, stop, kept))
            at = stop
    return cuts, kept_spans


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
    columns = {n: values(batch, n) for n in ("key", "text", "blocks", "text_hash", "characters")}
    size = batch.num_rows
    reasons: list[str | None] = [None] * size
    cut, scores = [0] * size, [0.0] * size
    for row, key in enumerate(columns["key"]):
        if key not in cuts:
            continue
        original, blocks = columns["text"][row], to_blocks(columns["blocks"][row])
        text = apply_cuts(original, cuts[key])
        cut[row], scores[row] = len(original) - len(text), 1 - len(text) / len(original)
        if not text.strip() or len(text) < min_characters:
            reasons[row] = "repeated_passages"
            continue
        columns["text"][row], columns["characters"][row] = text, len(text)
        columns["text_hash"][row] = text_hash(text)
        if blocks is not None:
            columns["blocks"][row] = [b._asdict() for b in move_blocks(blocks, cuts[key])]
    for name, column in columns.items():
        batch = set_column(batch, name, column, batch.schema.field(name).type)
    batch = set_column(batch, "cut", cut, pa.int64())
    batch = set_column(batch, "score", scores, pa.float64())
    return set_column(batch, "drop_reason", reasons, pa.string())


def outcomes(dropped: pa.RecordBatch) -> pa.RecordBatch:
    """Return the outcomes of documents of which too little was left."""
    return project_to_schema(
        dropped, schema.OUTCOMES, state="dropped", stage="passages", reason="repeated_passages",
        length=None, kept_key=None, kept_id=None,
    )  # fmt: skip
