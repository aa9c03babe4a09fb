"""Arrow schemas of all tables: column names, types and nullability.

`DOCUMENTS` and `OUTCOMES` are between stages; those of `PUBLIC` are read by users and
described in curate/schemas/ (`curate.recipe.json_schema`).
"""

from collections.abc import Iterable
from typing import Any

import pyarrow as pa


def columns(*fields: tuple[str, pa.DataType, bool]) -> pa.Schema:
    """Return a schema of (name, type, nullable)."""
    return pa.schema([pa.field(name, type_, nullable) for name, type_, nullable in fields])


S, I64, F64 = pa.string(), pa.int64(), pa.float64()

BLOCKS = pa.list_(
    pa.struct(
        [
            pa.field("kind", S, nullable=False),
            pa.field("start", I64, nullable=False),
            pa.field("end", I64, nullable=False),
        ]
    )
)

SPANS = pa.list_(
    pa.field(
        "item",
        pa.struct([pa.field("start", I64, nullable=False), pa.field("end", I64, nullable=False)]),
        nullable=False,
    )
)

# One document between stages. `key` is curate.store.keys.encode_key(file number, n).
DOCUMENTS = columns(
    ("key", I64, False),
    ("source", S, False),
    ("file_path", S, False),
    ("n", I64, False),
    ("id", S, False),
    ("url", S, True),
    ("date", S, True),
    ("dump", S, True),
    ("truncated", S, True),  # WARC-Truncated: length, time, disconnect
    ("title", S, True),
    ("grade", F64, True),  # weight as an example for the classifier; null: its source has none
    ("license", S, True),  # that the page states for itself; null: none, or not looked for
    ("text", S, False),
    ("blocks", BLOCKS, True),  # curate.text.blocks, in characters of the text; null: not known
    ("characters", I64, False),  # of the text
    ("extracted", I64, False),  # characters of the text as it was extracted
)

# The same after language and filters, with edited text.
FILTERED = pa.schema(
    [
        *DOCUMENTS,
        pa.field("language", S, True),
        pa.field("language_score", F64, True),
        pa.field("text_hash", pa.binary(16), False),  # curate.store.keys.text_hash
    ]
)

# The outcome of one record. For damage n is the first byte, `length` the number of bytes.
OUTCOMES = columns(
    ("key", I64, False),
    ("source", S, False),
    ("file_path", S, False),
    ("n", I64, False),
    ("length", I64, True),
    ("id", S, True),
    ("url", S, True),
    ("state", S, False),
    ("stage", S, False),
    ("reason", S, True),
    ("score", F64, True),
    ("kept_key", I64, True),
    ("kept_id", S, True),
    ("characters", I64, True),  # of the text, when the record ended; null: no document
    ("extracted", I64, True),  # characters of the text as it was extracted
)
STATES = ("damaged", "skipped", "dropped", "held_out", "unused", "kept")

# The classifier's score of each document that reached it, kept or not.
SCORES = columns(
    ("key", I64, False),
    ("source", S, False),
    ("file_path", S, False),
    ("n", I64, False),
    ("characters", I64, False),
    ("quality_score", F64, False),
)

# One document, or one piece of one that was cut, as the mix plans it: what it weighs, its hashes.
# A column `label_NAME` for each of the recipe's labels comes after these.
PLANNED = columns(
    ("key", I64, False),
    ("piece", pa.int32(), False),
    ("id", S, False),
    ("source", S, False),
    ("tokens", I64, False),
    ("bytes", I64, False),  # UTF-8 bytes of the text
    ("characters", I64, False),
    ("held_out", pa.bool_(), False),
    ("mix", I64, False),  # seeded hashes as int64, in the order of the unsigned ones
    ("shuffle", I64, False),
    ("score", I64, True),  # of the classifier, in millionths; null: none has scored it
)

# What is left of a document from which benchmark texts were cut: characters [start, stop) of its
# text, the pieces numbered from 0.
PIECES = columns(
    ("key", I64, False),
    ("piece", pa.int32(), False),
    ("start", I64, False),
    ("stop", I64, False),
)

# The shards: name, type, whether it may be null, meaning.
_CORPUS: tuple[tuple[str, pa.DataType, bool, str], ...] = (
    ("text", S, False, "the document's text"),
    ("title", S, True, "of the web page, if it has one"),
    ("id", S, False, "of the record that the document was read from"),
    (
        "piece",
        pa.int32(),
        False,
        "number of the part, where benchmark texts were cut out of a document",
    ),
    ("epoch", pa.int32(), False, "number of the repetition in the mix"),
    ("source", S, False, "name of the source in the recipe"),
    ("url", S, True, "where the page was crawled"),
    ("date", S, True, "when it was crawled or written, as the source says"),
    ("dump", S, True, "name of the crawl"),
    ("file_path", S, False, "the input file, relative to its source"),
    ("language", S, True, "the language that was identified"),
    ("language_score", F64, True, "how sure that is, 0 to 1"),
    ("quality_score", F64, True, "the classifier's score, 0 to 1; null where none was computed"),
    ("token_count", I64, False, "tokens of the text, by the tokenizer that the manifest names"),
)
CORPUS = columns(*(entry[:3] for entry in _CORPUS))
CORPUS_MEANINGS = {name: meaning for name, _, _, meaning in _CORPUS}

SCORE_OF = "score_"  # of the name of a column: SCORE_OF and the name of one of several models
# What a model of n-grams says: CCNet's perplexity, and its head, middle or tail.
PERPLEXITY: "tuple[pa.Field[Any], ...]" = (
    pa.field("perplexity", F64),
    pa.field("perplexity_part", S),
)
LICENSE: "pa.Field[Any]" = pa.field("license", S)  # with `rights.license`
LABEL = "label_"  # of the name of a column: LABEL and the name of one of the recipe's labels
# With `dedup.count_copies`: the document and those removed for it, their first and last dates.
COPIES = columns(("copies", I64, False), ("first_seen", S, True), ("last_seen", S, True))


def is_own(field: "pa.Field[Any]") -> bool:
    """Return whether a column of the shards is there because a recipe asked for it."""
    if field.name.startswith(LABEL):
        return bool(field.type == S)
    named = field.name.startswith(SCORE_OF) and field.type == F64
    return bool(named or field in (*PERPLEXITY, LICENSE, *COPIES))


def is_score(name: str) -> bool:
    """Return whether a column is one of SCORES, with those of several models."""
    named = [field.name for field in PERPLEXITY]
    return name == "quality_score" or name in named or name.startswith(SCORE_OF)


def score_table(names: Iterable[str]) -> pa.Schema:
    """Return key and some columns of scores, as tables of several models have them."""
    parts = {field.name for field in PERPLEXITY if field.type == S}
    return columns(
        ("key", I64, False), *((name, S if name in parts else F64, True) for name in names)
    )


def with_counted(table: pa.Schema, labels: Iterable[str], *, copies: bool = False) -> pa.Schema:
    """Return a table with those of COPIES, if asked, and a column for each label, by name."""
    more = [*(COPIES if copies else ()), *(pa.field(LABEL + name, S) for name in sorted(labels))]
    return pa.schema([*table, *more])


# One row for each record read; sorted by (id, source, file_path, n) within its bucket.
LEDGER = columns(
    ("source", S, False),
    ("file_path", S, False),
    ("n", I64, False),
    ("length", I64, True),
    ("id", S, True),
    ("url", S, True),
    ("state", S, False),
    ("stage", S, False),
    ("reason", S, True),
    ("score", F64, True),
    ("kept_id", S, True),
    ("characters", I64, True),  # of the text, when the record ended; null: no document
    ("extracted", I64, True),  # characters of the text as it was extracted
)

DUPLICATES = columns(
    ("removed_id", S, False),
    ("kept_id", S, False),
    ("jaccard", F64, True),  # null where the rule compares no texts
    ("rule", S, False),
)

# What was cut out of a document because another one has it: characters [start, end) of the text as
# it was, less those between that had been cut before.
PASSAGES = columns(
    ("id", S, False),
    ("start", I64, False),
    ("end", I64, False),
    ("characters", I64, False),
    ("kept_id", S, True),  # null: no document keeps it
)

# Where a benchmark's text was found in a document: characters [start, end) of the uncut text.
CONTAMINATION = columns(
    ("id", S, False),
    ("source", S, False),
    ("start", I64, False),
    ("end", I64, False),
    ("benchmark", S, False),
    ("item", S, False),
    ("field", S, False),
)

SAMPLES = columns(
    ("state", S, False),
    ("stage", S, False),
    ("reason", S, True),
    ("source", S, False),
    ("id", S, True),
    ("url", S, True),
    ("value", F64, True),  # the rule's measure, or the score; null: the rule has no number
    ("bound", F64, True),  # the rule's threshold
    ("spans", SPANS, True),  # characters of the text that the rule objects to
    ("text", S, True),
)

# Some duplicates with the first characters of both texts; null: the text is of another run.
PAIRS = columns(
    ("removed_id", S, False),
    ("kept_id", S, False),
    ("jaccard", F64, True),
    ("rule", S, False),
    ("removed_text", S, True),
    ("kept_text", S, True),
)

# One document that people have labelled. What a model of the labels needs: text, score, site.
LABELS = columns(
    ("id", S, False),
    ("source", S, False),
    ("url", S, True),
    ("site", S, False),  # of the URL; else source and id: to be kept in one fold
    ("text", S, False),
    ("score", F64, False),  # 0 bad, 1 good: the mean of the raters'
    ("raters", I64, False),  # how many
    ("weight", F64, True),  # how many records of its outcome it represents; null: it was not drawn
    ("state", S, False),
    ("stage", S, False),
    ("reason", S, True),
    ("quality_score", F64, True),
)

# One label of one rater.
RATINGS = columns(
    ("rater", S, False),
    ("source", S, False),
    ("id", S, False),
    ("score", F64, False),
    ("expected", F64, True),  # of gold: its label
    ("used", pa.bool_(), False),  # false: too much of the gold is wrong
)

PUBLIC = {
    "corpus": CORPUS,
    "ledger": LEDGER,
    "duplicates": DUPLICATES,
    "passages": PASSAGES,
    "contamination": CONTAMINATION,
    "samples": SAMPLES,
    "pairs": PAIRS,
    "labels": LABELS,
    "ratings": RATINGS,
}
