"""Near-duplicates by exchanges between tasks: the rounds of `curate.dedup.clusters` on DataFrames.

A document is known by its position in the total order, `pos`. Frames on the way:

    index    pos, best (of its exact copies), signature
    members  bucket, band, pos, head (the bucket's first): of buckets of two and more
    pairs    first, second: candidates, once each
    edges    first, second, jaccard: verified
    removals pos, kept, jaccard

Signatures, bands, leaders, splitting of full buckets, verification and the choice of removals are
the functions of `curate.dedup`; what a task holds at once is bounded: some texts (`PART_BYTES`),
EDGES pairs.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from curate.batch import values
from curate.dedup.bands import Banding
from curate.dedup.clusters import MAX_LEADERS, MAX_LEVELS, decide, propose, refined_keys
from curate.dedup.distributed.tasks import compare_pairs
from curate.dedup.duplicates import EXACT, NEAR
from curate.dedup.minhash import MinHasher, has_shingles
from curate.spark.frames.columns import map_rows, map_stream, schema_of
from curate.spark.frames.storing import Hold, stored
from curate.store.keys import text_hash
from curate.store.tables import grouped

SEED = 1  # of the signatures, as in a run
EDGES = 4_000_000  # pairs that one task decides on
# Members after the leaders of full buckets; of more, one level at a time is split.
WHOLE = 4_000_000
PART_BYTES = 16 << 20  # of texts that are compared with others at a time
PART_PAIRS = 2_000
PAIR, LOWER, HIGHER = 0, 1, 2  # roles of rows that are verified, in the order they come

I64 = pa.int64()
PRINTS = {"pos": I64, "hash": pa.binary(), "signature": pa.binary()}
BANDS = {"bucket": I64, "band": pa.int16(), "pos": I64}
SPLIT = {"bucket": I64, "band": pa.int16(), "pos": I64, "limit": I64, "further": pa.binary()}
PAIRS = {"first": I64, "second": I64}
SIMILAR = {"first": I64, "second": I64, "jaccard": pa.float64()}
REMOVED = {"pos": I64, "kept": I64, "jaccard": pa.float64()}


@dataclass(frozen=True, slots=True)
class Texts:
    """Documents by id, their positions, and the sizes of their texts."""

    texts: DataFrame  # id, text
    ranked: DataFrame  # id, pos
    mean: int  # bytes of a text

    def by_position(self, wanted: DataFrame) -> DataFrame:
        """Return the rows of a frame with a column `pos`, with their texts."""
        with_ids = wanted.join(self.ranked, on="pos", how="inner")
        return with_ids.join(self.texts, on="id", how="inner").drop("id")


def removals_of(
    texts: DataFrame, ranked: DataFrame, banding: Banding, mean: int, hold: Hold
) -> DataFrame:
    """Return pos, kept, jaccard and rule of all documents that are removed.

    Args:
        texts: id, text. ranked: id, pos: the total order. mean: bytes of a text.
        hold: caches a frame that is used again.
    """
    hasher = MinHasher.of(banding, seed=SEED)
    documents = Texts(texts, ranked, mean)
    index = hold(_index(documents, hasher))
    near = _near(documents, index, hasher, banding, hold)
    copies = index.where("pos > best").select("pos", "best")
    others = near.select(F.col("pos").alias("best"), "kept", "jaccard")
    joined = copies.join(others, on="best", how="left")
    exact = joined.select(
        "pos",
        F.coalesce("kept", "best").alias("kept"),
        F.coalesce("jaccard", F.lit(1.0)).alias("jaccard"),
        F.when(F.col("kept").isNull(), EXACT).otherwise(NEAR).alias("rule"),
    )
    return near.withColumn("rule", F.lit(NEAR)).unionByName(exact)


def _index(documents: Texts, hasher: MinHasher) -> DataFrame:
    """Return pos, best and signature (null without shingles) of the texts that are not blank."""
    rows = documents.texts.join(documents.ranked, on="id", how="inner").select("pos", "text")
    prints = map_rows(rows, partial(_fingerprints, hasher=hasher), schema_of(PRINTS), 2_000)
    same = Window.partitionBy("hash")
    return prints.withColumn("best", F.min("pos").over(same)).select("pos", "best", "signature")


def _fingerprints(batch: pa.RecordBatch, *, hasher: MinHasher) -> pa.RecordBatch:
    texts = values(batch, "text")
    has_text = pa.array([bool(text) and not text.isspace() for text in texts], pa.bool_())
    rows = batch.filter(has_text)
    signatures = hasher.signatures(rows["text"].cast(pa.string()))
    present = has_shingles(signatures)
    columns = [
        rows["pos"],
        pa.array([text_hash(text) for text in values(rows, "text")], pa.binary()),
        pa.array(
            [s.tobytes() if p else None for s, p in zip(signatures, present, strict=True)],
            pa.binary(),
        ),
    ]
    return pa.RecordBatch.from_arrays(columns, names=list(PRINTS))


def _near(
    documents: Texts, index: DataFrame, hasher: MinHasher, banding: Banding, hold: Hold
) -> DataFrame:
    """Return the removals among documents without exact copies: rounds until no pair is new."""
    unique = index.where("pos = best AND signature IS NOT NULL").select("pos", "signature")
    members = hold(_members(unique, hasher))
    candidates = [members.where("pos > head").select(F.col("head").alias("first"), second())]
    compared: list[DataFrame] = []
    edges: list[DataFrame] = []
    count = 0
    removals = unique.select(
        "pos", F.lit(0).cast("long").alias("kept"), F.lit(0.0).alias("jaccard")
    )
    removals = removals.where("false")
    while True:
        pairs = union(candidates).distinct()
        if compared:
            pairs = pairs.join(union(compared), on=["first", "second"], how="left_anti")
        pairs = stored(pairs)
        new = pairs.count()
        if not new:
            return removals
        compared.append(pairs)
        similar = stored(_verified(documents, pairs, new, banding))
        new_edges = similar.count()
        if new_edges:
            edges.append(similar)
            count += new_edges
            removals = stored(_decided(union(edges), count))
        candidates = _proposed(members, removals, unique, hasher)


def second() -> Any:
    """Return the column pos under the name it has in pairs."""
    return F.col("pos").alias("second")


def union(frames: list[DataFrame]) -> DataFrame:
    """Return the rows of frames with equal columns."""
    return reduce(DataFrame.unionByName, frames)


# --- candidates --------------------------------------------------------------------------------


def _members(unique: DataFrame, hasher: MinHasher) -> DataFrame:
    rows = map_rows(unique, partial(_banded, hasher=hasher), schema_of(BANDS), 2_000)
    bucket = Window.partitionBy("bucket")
    with_head = rows.select(
        "*", F.min("pos").over(bucket).alias("head"), F.count("pos").over(bucket).alias("size")
    )
    return with_head.where("size > 1")


def _banded(batch: pa.RecordBatch, *, hasher: MinHasher) -> pa.RecordBatch:
    """Return a row for each band of each document."""
    keys = hasher.band_keys(_signatures(batch))
    columns = [
        pa.array(keys.ravel().view(np.int64)),
        pa.array(np.tile(np.arange(hasher.bands, dtype=np.int16), len(keys))),
        pa.array(np.repeat(batch["pos"].to_numpy(), hasher.bands)),
    ]
    return pa.RecordBatch.from_arrays(columns, names=list(BANDS))


def _signatures(batch: pa.RecordBatch) -> Any:
    rows: list[bytes] = values(batch, "signature")
    width = len(rows[0]) // 4 if rows else 0
    return np.frombuffer(b"".join(rows), np.uint32).reshape(len(rows), width)


def _proposed(
    members: DataFrame, removals: DataFrame, unique: DataFrame, hasher: MinHasher
) -> list[DataFrame]:
    """Return the pairs of each bucket's leaders with its members, full buckets part by part.

    `clusters.propose`, with the level of splitting as the outer loop.
    """
    kept = removals.select("pos", "kept")
    rows = members.where("size > 2").join(kept, on="pos", how="left")
    # A removed document is compared with those before the one it was removed for.
    rows = rows.where("kept IS NULL OR kept > head")
    rows = rows.select("bucket", "band", "pos", F.coalesce("kept", "pos").alias("limit"))
    candidates = []
    levels = min(MAX_LEVELS, hasher.num_perm - hasher.rows)
    for level in range(levels + 1):
        with_leaders = stored(_with_leaders(rows))
        candidates.append(with_leaders.select(F.explode("firsts").alias("first"), second()))
        after = with_leaders.where("after").select("bucket", "band", "pos", "limit")
        count = after.count()
        if not count or level == levels:
            break
        split = partial(_split, hasher=hasher, level=level)
        rows = map_rows(after.join(unique, on="pos", how="inner"), split, schema_of(SPLIT), 2_000)
        if count <= WHOLE:
            parts = rows.repartition("bucket")
            candidates.append(map_stream(parts, _paired, schema_of(PAIRS)))
            break
    return candidates


def _with_leaders(rows: DataFrame) -> DataFrame:
    """Return each member with the leaders it is paired with, and whether it comes after all."""
    kept = rows.where("limit = pos").select("bucket", "pos")
    order = Window.partitionBy("bucket").orderBy("pos")
    kept = kept.withColumn("rank", F.row_number().over(order))
    kept = kept.where(F.col("rank") <= MAX_LEADERS + 1)
    leaders = kept.groupBy("bucket").agg(F.sort_array(F.collect_list("pos")).alias("leaders"))
    joined = rows.join(leaders, on="bucket", how="inner")
    firsts = F.expr(f"filter(slice(leaders, 1, {MAX_LEADERS}), one -> one < limit)")
    full = F.expr(f"size(leaders) > {MAX_LEADERS} AND pos > leaders[{MAX_LEADERS - 1}]")
    with_leaders = joined.select(
        "bucket", "band", "pos", "limit", firsts.alias("firsts"), full.alias("after")
    )
    return with_leaders.where("after OR size(firsts) > 0")


def _split(batch: pa.RecordBatch, *, hasher: MinHasher, level: int) -> pa.RecordBatch:
    """Return members with the buckets that one more row of their signatures splits theirs into.

    Also the rows that come after that one.
    """
    signatures, bands = _signatures(batch), batch["band"].to_numpy()
    levels = min(MAX_LEVELS, hasher.num_perm - hasher.rows)
    rows = np.empty((len(bands), levels), np.uint32)
    for band in np.unique(bands):
        in_band = np.flatnonzero(bands == band)
        rows[in_band] = hasher.further_rows(signatures[in_band], int(band), levels)
    row, further = np.ascontiguousarray(rows[:, level]), rows[:, level + 1 :]
    keys = refined_keys(batch["bucket"].to_numpy().view(np.uint64), row)
    columns = [
        pa.array(keys.view(np.int64)), batch["band"], batch["pos"], batch["limit"],
        pa.array([row.tobytes() for row in further], pa.binary()),
    ]  # fmt: skip
    return pa.RecordBatch.from_arrays(columns, names=list(SPLIT))


def _paired(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the pairs of whole buckets, split on by the rows that each member brings along."""
    all_batches = list(batches)
    if not all_batches:
        return
    table = pa.Table.from_batches(all_batches)
    keys, positions, limits = (table[name].to_numpy() for name in ("bucket", "pos", "limit"))
    rows: list[Any] = table["further"].to_pylist()
    further = np.frombuffer(b"".join(rows), np.uint32).reshape(len(rows), len(rows[0]) // 4)
    pairs = propose(keys.view(np.uint64), positions, limits, further)
    columns = [pa.array(pairs.first), pa.array(pairs.second)]
    yield pa.RecordBatch.from_arrays(columns, names=list(PAIRS))


# --- verification ------------------------------------------------------------------------------


def _verified(documents: Texts, pairs: DataFrame, count: int, banding: Banding) -> DataFrame:
    """Return the pairs whose texts are similar.

    The pairs are parted by their second documents; the text of a first one is sent to a part once.
    """
    parts = max(1, count * documents.mean // PART_BYTES, count // PART_PAIRS)
    parted = pairs.withColumn("part", F.pmod(F.xxhash64("second"), F.lit(parts)))
    wanted = parted.select("part", F.lit(LOWER).alias("role"), F.col("second").alias("pos"))
    wanted = wanted.unionByName(
        parted.select("part", F.lit(HIGHER).alias("role"), F.col("first").alias("pos"))
    )
    texts = documents.by_position(wanted.distinct())
    null = F.lit(None)
    rows = parted.select(
        "part", F.lit(PAIR).alias("role"), F.col("second").alias("pos"), "first",
        null.cast("string").alias("text"),
    )  # fmt: skip
    rows = rows.unionByName(texts.withColumn("first", null.cast("long")))
    rows = rows.repartition("part").sortWithinPartitions("part", "role", "pos")
    return map_stream(rows, partial(_similar, banding=banding), schema_of(SIMILAR))


def _similar(batches: Iterable[pa.RecordBatch], *, banding: Banding) -> Iterator[pa.RecordBatch]:
    for _, rows in grouped(batches, "part"):
        yield from _similar_of_part(rows, banding)


def _similar_of_part(
    batches: Iterable[pa.RecordBatch], banding: Banding
) -> Iterator[pa.RecordBatch]:
    """Yield SIMILAR of a part: its pairs come first, then the texts of their second documents."""
    lower: list[pa.RecordBatch] = []
    pairs: list[pa.RecordBatch] = []
    for role, rows in grouped(batches, "role"):
        if role != HIGHER:
            (pairs if role == PAIR else lower).extend(rows)
            continue
        table = pa.Table.from_batches(pairs)
        first, second_ = table["first"].to_numpy(), table["pos"].to_numpy()
        seconds = _by_key(lower)
        for batch in rows:
            chosen, scores = compare_pairs(
                first,
                second_,
                _by_key([batch]),
                seconds,
                ngram=banding.ngram,
                unit=banding.unit,
                threshold=banding.threshold,
            )
            chosen, scores = chosen[scores > 0], scores[scores > 0]
            columns = [pa.array(first[chosen]), pa.array(second_[chosen]), pa.array(scores)]
            yield pa.RecordBatch.from_arrays(columns, names=list(SIMILAR))


def _by_key(batches: list[pa.RecordBatch]) -> pa.Table:
    """Return key and text of rows that come sorted by pos."""
    table = pa.Table.from_batches(batches).select(["pos", "text"]).rename_columns(["key", "text"])
    return table.set_column(1, "text", table["text"].cast(pa.string()))


# --- removals ----------------------------------------------------------------------------------


def _decided(edges: DataFrame, count: int) -> DataFrame:
    """Return the removals that follow from all verified pairs: `clusters.decide`.

    Where they are too many for one task, documents without a better neighbour left are kept and
    their neighbours removed, until the rest fits.
    """
    if count <= EDGES:
        return map_stream(edges.repartition(1), _in_one_task, schema_of(REMOVED))
    left = edges.select("first", "second")
    removed: list[DataFrame] = []
    while count > EDGES:
        seconds = left.select(F.col("second").alias("first"))
        kept = left.join(seconds, on="first", how="left_anti")
        dropped = stored(kept.select("second").distinct())
        removed.append(dropped)
        left = left.join(dropped, on="second", how="left_anti")
        left = stored(
            left.join(dropped.withColumnRenamed("second", "first"), on="first", how="left_anti")
        )
        count = left.count()
    pairs = left.select("first", "second", F.lit(0.0).alias("jaccard"))
    rest = map_stream(pairs.repartition(1), _in_one_task, schema_of(REMOVED))
    dropped = stored(union([*removed, rest.select(second())]))
    # Of the kept documents that one resembles the best is the evidence.
    evidence = edges.join(dropped, on="second", how="left_semi")
    evidence = evidence.join(
        dropped.withColumnRenamed("second", "first"), on="first", how="left_anti"
    )
    best = evidence.groupBy("second").agg(F.min(F.struct("first", "jaccard")).alias("best"))
    return best.select(
        F.col("second").alias("pos"), "best.first", "best.jaccard"
    ).withColumnRenamed("first", "kept")


def _in_one_task(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    all_batches = list(batches)
    if not all_batches:
        return
    table = pa.Table.from_batches(all_batches)
    first, second_, scores = (table[name].to_numpy() for name in SIMILAR)
    removed = decide(first, second_)
    columns = [pa.array(second_[removed]), pa.array(first[removed]), pa.array(scores[removed])]
    yield pa.RecordBatch.from_arrays(columns, names=list(REMOVED))
