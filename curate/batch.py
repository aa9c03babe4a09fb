"""Apply functions of one text to Arrow record batches.

A batch function takes a `pyarrow.RecordBatch` of N rows and returns N rows: it removes none.
Dropped rows carry their reason in `drop_reason`; a stage removes them with `split`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from curate import steps
from curate.store.keys import text_hash
from curate.text.blocks import Block
from curate.text.prose import prose_of

BatchFunction = Callable[[pa.RecordBatch], pa.RecordBatch]
RunChain = Callable[..., steps.Outcome]  # (key, language, text, columns, blocks) -> outcome


def values(batch: pa.RecordBatch, name: str) -> list[Any]:
    """Return a column as Python values."""
    return batch[name].to_pylist()


def set_column(batch: pa.RecordBatch, name: str, column: Any, type_: Any) -> pa.RecordBatch:
    """Return the batch with a column replaced in position, or appended.

    `column` is an Arrow array, a NumPy array or a list.
    """
    array = pa.array(column, type_) if not isinstance(column, pa.Array) else column
    if name in batch.schema.names:
        index = batch.schema.get_field_index(name)
        field = pa.field(name, type_, batch.schema.field(index).nullable)
        return batch.set_column(index, field, array)
    return batch.append_column(name, array)


def chain(functions: Iterable[BatchFunction]) -> BatchFunction:
    """Return one batch function that applies the others in order."""
    batch_functions = list(functions)

    def function(batch: pa.RecordBatch) -> pa.RecordBatch:
        for batch_function in batch_functions:
            batch = batch_function(batch)
        return batch

    return function


def judge(
    chain: Sequence[steps.Step] | Callable[[str | None], Sequence[steps.Step]],
    cut: Counter[str] | None = None,
    run: RunChain | None = None,
    edits: Counter[str] | None = None,
) -> BatchFunction:
    """Return batch -> same rows with the edited `text` and `drop_reason` (null = keep).

    A row that already has a reason keeps it and is not judged again; the text of a dropped row
    stays unedited, so that samples show what was judged. A null text is `no_text`. A column
    `blocks` (lists of kind, start, end; null where not known) gives the blocks of each text;
    edits update it. Where `chain` is a function, it returns the steps for the texts of a
    language (column `language`; None where it is not known). The characters that edits removed
    from the rows kept are added to `cut`, by rule, and how often they did to `edits`. `run`
    replaces `steps.run`, for example to run in another process; a row then has its `key`.
    Raises:
        KeyError: the batch has no text column.
        steps.FilterError: a step's function raised an error; the message names the record.
        TypeError: a step returned a value of a wrong type; the message names the record.
    """

    def function(batch: pa.RecordBatch) -> pa.RecordBatch:
        texts, reasons, changed = batch["text"].to_pylist(), drop_reasons(batch), False
        names = batch.schema.names
        blocks = values(batch, "blocks") if "blocks" in names else [None] * len(texts)
        others = [name for name in names if name not in ("text", "blocks", "drop_reason")]
        languages = values(batch, "language") if "language" in names else [None] * len(texts)
        chains = {code: chain(code) if callable(chain) else chain for code in set(languages)}
        wants_columns = any(step.kind == "record" for chain in chains.values() for step in chain)
        rows = batch.select(others).to_pylist() if wants_columns else [None] * len(texts)
        keys = values(batch, "key") if run is not None else ()
        for index, text in enumerate(texts):
            if reasons[index] is not None:
                continue
            if text is None:
                reasons[index] = "no_text"
                continue
            try:
                code, text_blocks = languages[index], to_blocks(blocks[index])
                if run is None:
                    outcome = steps.run(chains[code], text, rows[index], text_blocks)
                else:
                    outcome = run(keys[index], code, text, rows[index], text_blocks)
            except (steps.FilterError, TypeError) as error:
                raise type(error)(f"{_record(batch, index)}: {error}") from error
            reasons[index] = outcome.reason
            if outcome.reason is None and outcome.cuts:
                texts[index], changed = outcome.text, True
                blocks[index] = outcome.blocks and [block._asdict() for block in outcome.blocks]
                if cut is not None:
                    cut.update(outcome.cut)
                if edits is not None:
                    edits.update(rule for rule, _ in outcome.cuts)
        if changed:
            batch = set_column(batch, "text", texts, batch.schema.field("text").type)
            if "blocks" in names:
                batch = set_column(batch, "blocks", blocks, batch.schema.field("blocks").type)
        return set_column(batch, "drop_reason", reasons, pa.string())

    return function


def to_blocks(rows: Sequence[Mapping[str, Any]] | None) -> list[Block] | None:
    """Return the blocks of a row's `blocks`; None where they are not known."""
    return None if rows is None else [Block(r["kind"], r["start"], r["end"]) for r in rows]


def _record(batch: pa.RecordBatch, index: int) -> str:
    """Return the name of a row for error messages: its source and id where it has them."""
    named = [str(batch[name][index]) for name in ("source", "id") if name in batch.schema.names]
    return f"record {' '.join(named) or index}"


def identify(
    language: Callable[[str], tuple[str, float]],
    decide: Callable[[str, float], str | None] | None = None,
) -> BatchFunction:
    """Return batch -> same rows with `language`, `language_score`, and `drop_reason`.

    `decide` turns the two into a reason to drop, or None; without it nothing is dropped. Where
    `blocks` are known, only the prose of a text is identified.
    """

    def function(batch: pa.RecordBatch) -> pa.RecordBatch:
        texts = [text or "" for text in batch["text"].to_pylist()]
        if "blocks" in batch.schema.names:
            pairs = zip(texts, values(batch, "blocks"), strict=True)
            texts = [prose_of(text, to_blocks(blocks)) for text, blocks in pairs]
        languages = [language(text) for text in texts]
        reasons = drop_reasons(batch)
        if decide is not None:
            reasons = [
                decide(code, score) if reason is None else reason
                for reason, (code, score) in zip(reasons, languages, strict=True)
            ]
        batch = set_column(batch, "language", [code for code, _ in languages], pa.string())
        batch = set_column(batch, "language_score", [score for _, score in languages], pa.float64())
        return set_column(batch, "drop_reason", reasons, pa.string())

    return function


def measure_text(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the batch with `text_hash` (16 bytes) and `characters`."""
    texts = [text or "" for text in batch["text"].to_pylist()]
    batch = set_column(batch, "text_hash", [text_hash(text) for text in texts], pa.binary(16))
    return set_column(batch, "characters", [len(text) for text in texts], pa.int64())


def drop_reasons(batch: pa.RecordBatch) -> list[str | None]:
    """Return each row's reason to be dropped; None where it has none or there is no such column."""
    if "drop_reason" in batch.schema.names:
        reasons: list[str | None] = batch["drop_reason"].to_pylist()
        return reasons
    return [None] * batch.num_rows


def split(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Return (kept rows, dropped rows); rows are separated nowhere else."""
    kept = pc.is_null(batch["drop_reason"])
    return batch.filter(kept), batch.filter(pc.invert(kept))


def project_to_schema(batch: pa.RecordBatch, schema: pa.Schema, **constants: Any) -> pa.RecordBatch:
    """Return the columns of a schema: the batch's, or constants where it lacks a column.

    Raises ValueError for a column that is neither; pass None for a column that is to be null.
    """
    columns = []
    for field in schema:
        if field.name in batch.schema.names:
            columns.append(batch[field.name].cast(field.type))
        elif field.name in constants:
            value = pa.scalar(constants[field.name], field.type)
            columns.append(pa.repeat(value, batch.num_rows))
        else:
            raise ValueError(
                f"expected a column {field.name} of {', '.join(schema.names)}, got "
                f"{', '.join(batch.schema.names)}"
            )
    return pa.RecordBatch.from_arrays(columns, schema=schema)
