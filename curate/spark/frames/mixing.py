"""A mixture of a DataFrame's sources by weights: rows repeated, left out, held out, in an order."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import IntegerType, LongType, StringType, StructField, StructType

from curate._lazy import listing
from curate.batch import set_column, values
from curate.mix import prefix
from curate.mix.buckets import HASH_BITS, Bucket, Sum
from curate.mix.draws import draws
from curate.mix.mixed import Mixed
from curate.mix.planned import groups_of
from curate.mix.weights import MAX_EPOCHS, Plan, Totals, plan
from curate.recipe import Recipe
from curate.spark.frames.columns import column, map_rows, schema_of
from curate.spark.frames.storing import cached
from curate.store.keys import MODULUS, SIGN, hash64, signed
from curate.text.tokenizers import Tokenizer, load

__all__ = ["mix"]
__dir__ = listing(__name__, __all__)

SEED: int = Recipe.model_fields["seed"].default
# What is planned with, under the names of `curate.store.schema.PLANNED`.
PLANNED: Mapping[str, Any] = {
    "key": pa.int64(),
    "source": pa.string(),
    "held_out": pa.bool_(),
    "mix": pa.int64(),
    "shuffle": pa.int64(),
    "tokens": pa.int64(),
}
ADDED = (
    StructField("split", StringType()),
    StructField("epoch", IntegerType()),
    StructField("position", LongType()),
)


def mix(
    frame: DataFrame,
    weights: Mapping[str, float] | None = None,
    *,
    tokens: int | None = None,
    source: str = "source",
    id: str = "id",
    text: str = "text",
    token_count: str | None = None,
    tokenizer: str = "gpt2",
    max_epochs: float | None = MAX_EPOCHS,
    validation: float = 0.0,
    seed: int = SEED,
) -> DataFrame:
    """Return the rows of a mixture, each as often as it is trained on.

    Args:
        weights: share of the training tokens by source, normalised; 0 leaves a source out. None:
            each source as large as it is.
        tokens: the budget; None: what one epoch of the scarcest source allows.
        source, id, text: columns. Ids should differ: rows of one id are drawn together, as pieces
            of one document, which a column `piece` numbers if there is one.
        token_count: a column of tokens; None: they are counted, which reads the texts.
        tokenizer: see `curate.text.tokenizers.load`.
        max_epochs: more repetition of a source is refused; None: any is allowed.
        validation: share of the documents held out, of sources that have a weight.
        seed: of the hashes of the ids, by which rows are held out, drawn and ordered.
    Raises:
        ValueError: a column is not there or of another type, an id or source is null, the weights
            make no sense, or the budget repeats a source too often.

    Adds `split` (train, validation), `epoch` (which copy of a row, from 0) and `position`: sorted
    by it a split has a run's order, in which copies of a row are far apart. Sums are made at once;
    the frame is read again when the result is.
    """
    if existing := [field.name for field in ADDED if field.name in frame.columns]:
        raise ValueError(f"mix: expected no column {existing[0]} yet, got one")
    if not 0 <= validation < 1:
        raise ValueError(f"mix: expected validation of at least 0 and below 1, got {validation}")
    if not isinstance(weights, Mapping | None):
        raise TypeError(f"mix: expected weights as {{source: share}}, got {type(weights).__name__}")
    if not isinstance(tokens, int | None):
        raise TypeError(f"mix: expected tokens as a whole number or None, got {tokens!r}")
    names = {
        "source": column("mix", frame, source, "source"),
        "id": column("mix", frame, id, "id"),
        **({"piece": "piece"} if "piece" in frame.columns else {}),
    }
    left_out = frozenset(name for name, weight in (weights or {}).items() if not weight)
    hashed = partial(_hashed, below=int(validation * MODULUS), left_out=left_out, seed=seed)
    counted = {"tokens": column("mix", frame, token_count, "any")} if token_count else {}
    counted |= {} if counted else {"text": column("mix", frame, text, "text")}
    read = [frame[frame_column].alias(name) for name, frame_column in {**names, **counted}.items()]
    counting = partial(_planned, hashed=hashed, tokenizer=None if token_count else load(tokenizer))
    with cached() as hold:
        planned = hold(map_rows(frame.select(*read), counting, schema_of(PLANNED)))
        mixed = _decided(planned, weights, tokens, max_epochs)
    assign = partial(_placed, hashed=hashed, mixed=mixed, names=names)
    return map_rows(frame, assign, StructType([*frame.schema.fields, *ADDED]))


def _hashed(
    batch: pa.RecordBatch, *, below: int, left_out: frozenset[str], seed: int
) -> pa.RecordBatch:
    """Return `key` and the draws of rows with source, id and maybe piece.

    The key, of equal hashes, orders by the id's own hash.
    """
    ids = [str(id_) for id_ in values(batch, "id")]
    sources = values(batch, "source")
    pieces = values(batch, "piece") if "piece" in batch.schema.names else [0] * len(ids)
    limits = [0 if name in left_out else below for name in sources]
    columns = draws(ids, pieces, limits, seed)
    return pa.RecordBatch.from_arrays(
        [
            pa.array([signed(hash64(id_)) for id_ in ids], pa.int64()),
            pa.array(sources, pa.string()),
            *(pa.array(columns[name], PLANNED[name]) for name in ("held_out", "mix", "shuffle")),
        ],
        names=["key", "source", "held_out", "mix", "shuffle"],
    )


def _planned(
    batch: pa.RecordBatch,
    *,
    hashed: "partial[pa.RecordBatch]",
    tokenizer: Tokenizer | None,
) -> pa.RecordBatch:
    """Return PLANNED of rows with their text, or their tokens."""
    if None in values(batch, "id") or None in values(batch, "source"):
        raise ValueError("mix: expected an id and a source in every row, got a null")
    rows = hashed(batch)
    if tokenizer is None:
        return set_column(rows, "tokens", batch["tokens"].cast(pa.int64()), pa.int64())
    texts = [text or "" for text in values(batch, "text")]
    return set_column(rows, "tokens", tokenizer.count(texts), pa.int64())


def _decided(
    planned: DataFrame,
    weights: Mapping[str, float] | None,
    tokens: int | None,
    max_epochs: float | None,
) -> Mixed:
    """Return each source's share and where its last, partial epoch is cut, as the stage does."""
    training = planned.where("NOT held_out")
    sums = training.groupBy("source").agg(F.count(F.lit(1)).alias("n"), F.sum("tokens").alias("t"))
    totals = {row["source"]: Totals(row["n"], row["t"]) for row in sums.collect()}
    totals = {name: Totals(0, 0) for name in weights or {}} | totals
    decided: Plan = plan(
        totals, weights or dict.fromkeys(totals), tokens=tokens, max_epochs=max_epochs
    )
    cuts = prefix.epoch_cutoffs(decided, partial(_sums, training), partial(_rows, training))
    return Mixed(decided.shares, prefix.balance_cutoffs(cuts, groups_of(list(decided.shares))))


def _top(bits: int) -> Column:
    """Return the top bits of the hash, which is in `mix` as int64 in the same order."""
    return F.shiftrightunsigned(F.col("mix").bitwiseXOR(F.lit(-SIGN)), HASH_BITS - bits)


def _sums(
    training: DataFrame, bits: int, open_: Mapping[str, int], finer: int
) -> dict[tuple[str, int], Sum]:
    """Return documents and tokens by source and finer bucket of the hash, for `epoch_cutoffs`."""
    rows = training.where(F.col("source").isin(list(open_)))
    if bits:
        inside = [
            (F.col("source") == name) & (_top(bits) == F.lit(top)) for name, top in open_.items()
        ]
        rows = rows.where(_any_of(inside))
    sums = rows.groupBy("source", _top(finer).alias("top")).agg(
        F.count(F.lit(1)).alias("n"), F.sum("tokens").alias("t")
    )
    return {(row["source"], row["top"]): Sum(row["n"], row["t"]) for row in sums.collect()}


def _rows(
    training: DataFrame, buckets: Mapping[str, Bucket]
) -> dict[str, list[tuple[int, int, int]]]:
    """Return (hash, key, tokens) of the documents of some small buckets, for `epoch_cutoffs`."""
    inside = [
        (F.col("source") == name)
        & F.col("mix").between(F.lit(bucket.start - SIGN), F.lit(bucket.stop - 1 - SIGN))
        for name, bucket in buckets.items()
    ]
    documents = training.where(_any_of(inside)).groupBy("source", "mix", "key")
    by_source: dict[str, list[tuple[int, int, int]]] = {name: [] for name in buckets}
    for row in documents.agg(F.sum("tokens").alias("t")).collect():
        by_source[row["source"]].append((row["mix"] + SIGN, row["key"], row["t"]))
    return by_source


def _any_of(conditions: list[Column]) -> Column:
    result = conditions[0]
    for condition in conditions[1:]:
        result |= condition
    return result


def _placed(
    batch: pa.RecordBatch,
    *,
    hashed: "partial[pa.RecordBatch]",
    mixed: Mixed,
    names: Mapping[str, str],
) -> pa.RecordBatch:
    """Return a row for each copy of each row, with its split, epoch and position."""
    projected = pa.RecordBatch.from_arrays(
        [batch[column] for column in names.values()], names=list(names)
    )
    parts = []
    for split, (rows, epochs, orders) in mixed.placed(hashed(projected)).items():
        part = batch.take(pa.array(rows, pa.int64()))
        part = set_column(part, "split", [split] * len(rows), pa.string())
        part = set_column(part, "epoch", epochs.astype(np.int32), pa.int32())
        positions = (orders ^ np.uint64(SIGN)).view(np.int64)
        parts.append(set_column(part, "position", positions, pa.int64()))
    (combined,) = pa.Table.from_batches(parts).combine_chunks().to_batches() or [parts[0]]
    return combined
