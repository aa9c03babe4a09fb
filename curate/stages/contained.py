"""Remove contained documents: where another one has most of its shingles, the other is kept.

Input: documents without near-duplicates. Output: the outcomes of those that others contain, each
with the key and id of one that is kept and the share of its shingles that this one has. The
arithmetic is in `curate.dedup.containment`.

Exchanged are: sampled shingles to buckets by hash; pairs that share some, and the texts of those
worth verifying, to buckets by the document that may be contained; the positions of verified pairs
to one bucket, if they are few enough (`curate.stages.contained_edges`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curate.batch import project_to_schema
from curate.dedup.bands import Unit as ShingleUnit
from curate.dedup.containment import (
    SAMPLE,
    choose_candidates,
    count_pairs,
    pair_leaders,
    sample,
    shares_of_pairs,
)
from curate.dedup.distributed.index import ranks_of, scopes_of
from curate.dedup.preference import Preference
from curate.dedup.scope import Scope, scope_columns
from curate.dedup.shingles import shingle_sets
from curate.engine.verbs import BUCKET
from curate.recipe import RecipeError
from curate.stages.contained_edges import BY, EDGES, removals
from curate.stages.sorting import (
    COMPARED_BYTES,
    PARTS_A_FILE,
    UNPACKED,
    Ints,
    bucket_count,
    bucket_of_file,
    key_ranges,
    pieces_of_keys,
    with_bucket,
    write_buckets,
    write_ranges,
)
from curate.stages.stage import Run, SoFar, Spec, Stage, dropped
from curate.store import io, schema
from curate.store.commits import Commit, Receipt
from curate.store.documents import SCORE, Part, read_part
from curate.store.tables import read_rows
from curate.store.units import Unit

I64, I32, F64, S = pa.int64(), pa.int32(), pa.float64(), pa.string()
WORD_BYTES = 6  # of text, and a space, for each shingle
FOLDERS = ("wanted", "edges")  # of files in between
MOST_SIZE = (1 << 40) - 1  # shingles
ORDER = ("place", "rank", "key")  # best first: by source, then those with more shingles
MEMBERS = with_bucket(
    schema.columns(
        ("hash", I64, False),
        *((name, I64, False) for name in ORDER),
        ("sampled", I64, False),
        ("part", I32, False),
    )
)
# Pairs of keys: sampled shingles they share, of these crowded ones. first -1: none.
PAIRS = with_bucket(
    schema.columns(
        *((name, I64, False) for name in ("second", "first", "shared", "crowded", "sampled")),
        ("second_part", I32, False),
        ("first_part", I32, False),
    )
)
# Which texts of a part are wanted, for which document. first -1: its own.
WANTED = schema.columns(
    ("part", I32, False), ("key", I64, False), ("second", I64, False), ("first", I64, False)
)
OWN = ("key", "source", "file_path", "n", "id", "url", "characters", "extracted")
TEXTS = with_bucket(
    schema.columns(
        ("second", I64, False),
        ("first", I64, False),
        ("rank", I64, False),
        *((f.name, f.type, f.nullable) for f in schema.OUTCOMES if f.name in OWN),
        ("text", pa.large_string(), False),
    )
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a shingle is, from which share on a document is contained, how documents are ordered."""

    share: float
    ngram: int
    unit: ShingleUnit
    priority: tuple[str, ...]
    preference: Preference
    scope: Scope
    buckets: int


def prepare(run: Run, so_far: SoFar) -> Stage:
    """Return the stage's place in WORK."""
    recipe = run.recipe
    banding = recipe.dedup.banding()
    return run.stage(
        "contained",
        settings=[
            recipe.dedup.contained, banding.ngram, banding.unit, recipe.priority(),
            recipe.dedup.scope, asdict(recipe.dedup.preference()),
        ],
        module=__name__,
        libraries=["numpy", "numba"],
        reads=so_far.left.commits,
    )  # fmt: skip


def work(stage: Stage, so_far: SoFar) -> Commit:
    """Remove the documents that others contain."""
    documents, units = so_far.left, so_far.left.units()
    size = UNPACKED * sum(unit.size for unit in units)
    settings = settings_of(stage.run, bucket_count(size // (WORD_BYTES * SAMPLE)))
    for name in FOLDERS:
        io.delete_tree(io.join(stage.folder, name))
    written = _compared(stage, units, settings)
    texts = sum(receipt.rows("wanted") for receipt in written)
    text_bytes = size // max(1, documents.rows())
    edges = _verified(
        stage, units, settings, written, buckets=1 + texts * text_bytes // COMPARED_BYTES
    )
    ranges = key_ranges(documents, documents.rows())
    outcomes = removals(stage, edges, io.join(stage.folder, "edges"), bucket_count(texts), ranges)
    receipts = write_ranges(stage, outcomes, "outcomes", schema.OUTCOMES, ranges)
    total, dropped = stage.balance_dropped(documents, receipts)
    for name in FOLDERS:
        io.delete_tree(io.join(stage.folder, name))
    report = {"documents": total.records, "compared": texts, "duplicates": dropped.records}
    return stage.commit(receipts, report)


def _compared(stage: Stage, units: Sequence[Unit], settings: Settings) -> list[Receipt]:
    """Write WANTED, files by part: the texts that are to be compared."""
    engine, buckets = stage.run.engine, settings.buckets
    stage.describe("sampled shingles")
    members = engine.start(partial(members_of, settings=settings), stage.tasks(units), MEMBERS)
    pairs = engine.exchange(
        members, partial(pairs_of, buckets=buckets), PAIRS, buckets=buckets,
        order=("hash", *ORDER),
    )  # fmt: skip
    wanted = engine.exchange(
        pairs, partial(candidates, share=settings.share), with_bucket(WANTED), buckets=buckets
    )
    files = max(1, -(-len(units) // PARTS_A_FILE))
    order = ("part", "key", "second", "first")
    folder = io.join(stage.folder, "wanted")
    return write_buckets(stage, wanted, folder, "wanted", WANTED, order=order, buckets=files)


def _verified(
    stage: Stage,
    units: Sequence[Unit],
    settings: Settings,
    wanted: Sequence[Receipt],
    *,
    buckets: int,
) -> list[Receipt]:
    """Write EDGES, files by second, of the texts of files of WANTED."""
    engine = stage.run.engine
    urls = {bucket_of_file(r): io.join(stage.folder, "wanted", r.unit) for r in wanted}
    units_with_pairs = [
        unit._replace(payload=f"{urls[int(unit.name) // PARTS_A_FILE]}\n{unit.payload}")
        for unit in units
        if int(unit.name) // PARTS_A_FILE in urls
    ]
    stage.describe("comparing")
    rows = engine.start(
        partial(texts_of, settings=settings, buckets=buckets), stage.tasks(units_with_pairs), TEXTS
    )
    into = bucket_count(sum(receipt.rows("wanted") for receipt in wanted))
    edges = engine.exchange(
        rows, partial(verified, settings=settings, buckets=into), with_bucket(EDGES),
        buckets=buckets, order=("second", "first"),
    )  # fmt: skip
    folder = io.join(stage.folder, "edges")
    return write_buckets(stage, edges, folder, "edges", EDGES, order=BY, buckets=into)


def settings_of(run: Run, buckets: int) -> Settings:
    """Return the settings of a run; raises RecipeError where there are none."""
    dedup = run.recipe.dedup
    if dedup.contained is None:
        raise RecipeError("dedup.contained: expected a share, got none")
    banding = dedup.banding()
    return Settings(
        float(dedup.contained), banding.ngram, banding.unit, tuple(run.recipe.priority()),
        dedup.preference(), dedup.scope, buckets,
    )  # fmt: skip


def places_of(sources: Any, sizes: Ints, settings: Settings) -> Ints:
    """Return int64[N]: the first column of the order, of documents with so many shingles."""
    numbers = {name: number for number, name in enumerate(settings.priority)}
    first = np.array([numbers[name] for name in sources.to_pylist()], np.int64)
    places: Ints = (first << 40) + (MOST_SIZE - np.minimum(sizes, MOST_SIZE))
    return places


def columns_of(settings: Settings) -> tuple[str, ...]:
    """Return the columns that the order and the scope need."""
    extra = settings.preference.columns
    return ("key", "source", "characters", "text", SCORE, *scope_columns(settings.scope), *extra)


def members_of(units: Sequence[Unit], *, settings: Settings) -> Iterator[pa.RecordBatch]:
    """Yield MEMBERS of the parts of a task: the sampled shingles of their documents."""
    for unit in units:
        for batch in read_part(unit.payload, columns_of(settings)):
            sampled_sets = sample(
                shingle_sets(batch["text"], ngram=settings.ngram, unit=settings.unit)
            )
            scopes = scopes_of(batch, settings.scope).view(np.uint64)
            hashes = sampled_sets.hashes ^ scopes[sampled_sets.documents]
            at = sampled_sets.documents
            columns: dict[str, Any] = {
                BUCKET: (hashes % np.uint64(settings.buckets)).astype(np.int64),
                "hash": hashes.view(np.int64),
                "place": places_of(batch["source"], sampled_sets.sizes, settings)[at],
                "rank": ranks_of(batch, settings.priority, settings.preference)[at],
                "key": batch["key"].to_numpy()[at],
                "sampled": sampled_sets.sampled[at],
                "part": np.full(len(at), int(unit.name), np.int32),
            }
            yield from pa.table(columns, schema=MEMBERS).to_batches(1 << 16)


def pairs_of(
    bucket: int, batches: Iterator[pa.RecordBatch], *, buckets: int
) -> Iterator[pa.RecordBatch]:
    """Yield PAIRS of a bucket of MEMBERS, which come by hash and in the order of documents."""
    del bucket
    best = MEMBERS.empty_table()  # of a hash that goes on
    for table, goes_on in pieces_of_keys(batches, "hash"):
        unique_keys = [best, table.select(MEMBERS.names).cast(MEMBERS)]
        rows = pa.concat_tables(unique_keys).combine_chunks()
        yield from _pairs(rows, buckets, began=best.num_rows > 0, goes_on=goes_on)
        best = rows.slice(0, 1 if goes_on else 0)


def _pairs(rows: pa.Table, buckets: int, *, began: bool, goes_on: bool) -> Iterator[pa.RecordBatch]:
    keys, parts = rows["key"].to_numpy(), rows["part"].to_numpy()
    hashes = rows["hash"].to_numpy()
    first, second, crowded = pair_leaders(hashes, began=began, goes_on=goes_on)
    if not len(second):
        return
    pairs = count_pairs(keys[second], np.where(first < 0, -1, keys[first]), crowded)
    # What belongs to a key, by key.
    unique_keys, at = np.unique(keys, return_index=True)
    rows_of = {
        n: at[np.searchsorted(unique_keys, pairs[n].to_numpy())] for n in ("second", "first")
    }
    columns: dict[str, Any] = {
        BUCKET: pairs["second"].to_numpy() % buckets,
        **{name: pairs[name] for name in pairs.column_names},
        "sampled": rows["sampled"].to_numpy()[rows_of["second"]],
        "second_part": parts[rows_of["second"]],
        "first_part": parts[rows_of["first"]],
    }
    yield from pa.table(columns, schema=PAIRS).to_batches(1 << 16)


def candidates(
    bucket: int, batches: Iterator[pa.RecordBatch], *, share: float
) -> Iterator[pa.RecordBatch]:
    """Yield WANTED of a bucket of PAIRS: both sides of the pairs that are worth verifying."""
    del bucket
    rows = pa.Table.from_batches(list(batches))
    sums = rows.group_by(["second", "first"]).aggregate(
        [(name, "sum") for name in ("shared", "crowded")]
        + [(name, "max") for name in ("sampled", "second_part", "first_part")]
    )
    pairs = sums.rename_columns(
        ["second", "first", "shared", "crowded", "sampled", "second_part", "first_part"]
    ).combine_chunks()
    chosen = pairs.take(choose_candidates(pairs, pairs["sampled"].to_numpy(), share))
    second, first = chosen["second"].to_numpy(), chosen["first"].to_numpy()
    unique_seconds, at = np.unique(second, return_index=True)
    columns: dict[str, npt.NDArray[Any]] = {
        "part": np.append(chosen["first_part"].to_numpy(), chosen["second_part"].to_numpy()[at]),
        "key": np.append(first, unique_seconds),
        "second": np.append(second, unique_seconds),
        "first": np.append(first, np.full(len(unique_seconds), -1)),
    }
    columns = {BUCKET: columns["part"].astype(np.int64) // PARTS_A_FILE, **columns}
    yield from pa.table(columns, schema=with_bucket(WANTED)).to_batches(1 << 16)


def texts_of(
    units: Sequence[Unit], *, settings: Settings, buckets: int
) -> Iterator[pa.RecordBatch]:
    """Yield TEXTS of the parts of a task; a payload is the part's file of WANTED, and the part."""
    columns = tuple(dict.fromkeys((*OWN, *columns_of(settings))))
    for unit in units:
        url, _, payload = unit.payload.partition("\n")
        part = Part.from_json(payload)
        pairs = read_rows([url], WANTED, filters=[("part", "==", int(unit.name))]).sort_by("key")
        keys = pairs["key"].to_numpy()
        if not len(keys):
            continue
        for batch in read_part(part.to_json(), columns):
            batch_keys = batch["key"].to_numpy()
            starts, ends = (
                np.searchsorted(keys, batch_keys, "left"),
                np.searchsorted(keys, batch_keys, "right"),
            )
            documents = np.repeat(np.arange(len(batch_keys)), ends - starts)
            if not len(documents):
                continue
            at = np.concatenate([np.arange(*pair) for pair in zip(starts, ends, strict=True)])
            rows = batch.take(documents)
            second = pairs["second"].to_numpy()[at]
            extra: dict[str, Any] = {
                BUCKET: second % buckets,
                "second": second,
                "first": pairs["first"].to_numpy()[at],
                "rank": ranks_of(batch, settings.priority, settings.preference)[documents],
            }
            arrays = [
                pa.array(extra[f.name], f.type) if f.name in extra else rows[f.name].cast(f.type)
                for f in TEXTS
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=TEXTS)


def verified(
    bucket: int, batches: Iterator[pa.RecordBatch], *, settings: Settings, buckets: int
) -> Iterator[pa.RecordBatch]:
    """Yield EDGES of a bucket of TEXTS, by second and first: own text first, then candidates'.

    buckets: of the edges, by the key of the second.
    """
    del bucket
    rows = pa.Table.from_batches(list(batches)).combine_chunks()
    sets = shingle_sets(rows["text"], ngram=settings.ngram, unit=settings.unit)
    places = places_of(rows["source"], np.diff(sets.offsets), settings)
    is_own = rows["first"].to_numpy() == -1
    right = np.flatnonzero(~is_own)
    left = np.flatnonzero(is_own)[np.cumsum(is_own)[right] - 1]
    shares = shares_of_pairs(sets, left, right)
    chosen = shares >= settings.share
    left, right, shares = left[chosen], right[chosen], shares[chosen]
    seconds, firsts = rows.take(left), rows.take(right)
    columns: dict[str, Any] = {
        BUCKET: seconds["key"].to_numpy() % buckets,
        **{name: seconds[name] for name in OWN},
        "score": shares,
        "kept_key": firsts["key"],
        "kept_id": firsts["id"],
        "own_place": places[left],
        "own_rank": seconds["rank"],
        "kept_place": places[right],
        "kept_rank": firsts["rank"],
    }
    for batch in pa.table(columns).to_batches(1 << 14):
        yield project_to_schema(
            batch, with_bucket(EDGES), state="dropped", stage="contained",
            reason="contained_in_another", length=None,
        )  # fmt: skip


SPEC = Spec(
    name="contained",
    prepare=prepare,
    work=work,
    then=dropped,
    wanted=lambda recipe: recipe.dedup.contained is not None,
)
