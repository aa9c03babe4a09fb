"""Where one record was read and ended, from the ledger and the shards."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.recipe import RecipeError
from curate.report.explain import bucket_of, explain_record
from curate.store import schema

BUCKETS = 4


def record(id_, state, stage, *, url=None, n=0, **rest):
    row = dict.fromkeys(schema.LEDGER.names)
    row |= {"source": "crawl", "file_path": "a.warc.gz", "n": n, "state": state, "stage": stage}
    return {**row, "id": id_, "url": url, **rest}


URL = "https://example.org/1"
RECORDS = [
    record("<urn:1>", "kept", "mix", url=URL, n=1_234_567),
    record("<urn:2>", "dropped", "filter", url=URL, n=99, length=2048, reason="too_few_words"),
    record(
        "<urn:3>", "dropped", "dedup", url="u3", reason="exact_duplicate", score=1.0,
        kept_id="<urn:1>",
    ),
    record("<urn:4>", "held_out", "mix"),
    record("<urn:5>", "dropped", "filter", reason="of_my_own"),
    record(None, "damaged", "extract", n=7, length=5, reason="corrupt"),
    record("<urn:1>", "unused", "mix", n=1_234_568),
]  # fmt: skip
COPIES = [
    ("train/train-00000-of-00002.parquet", "<urn:1>", 0),
    ("train/train-00001-of-00002.parquet", "<urn:1>", 1),
    ("train/train-00001-of-00002.parquet", "<urn:9>", 0),
    ("validation/validation-00000-of-00001.parquet", "<urn:4>", 0),
]


def put(path, rows, table):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, table), path)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """A run's ledger in four buckets, of which those without rows have no file, and shards."""
    folder = tmp_path_factory.mktemp("out")
    for number in {bucket_of(row["id"], BUCKETS) for row in RECORDS}:
        own = [row for row in RECORDS if bucket_of(row["id"], BUCKETS) == number]
        put(folder / f"ledger/ledger-{number:05d}-of-{BUCKETS:05d}.parquet", own, schema.LEDGER)
    for name in {name for name, _, _ in COPIES}:
        rows = [
            {
                **dict.fromkeys(schema.CORPUS.names),
                "text": "t", "title": "The first", "id": id_, "piece": 0, "epoch": epoch,
                "source": "crawl", "file_path": "a.warc.gz", "token_count": 1000 + epoch,
            }
            for file, id_, epoch in COPIES
            if file == name
        ]  # fmt: skip
        put(folder / "corpus" / name, rows, schema.CORPUS)
    return str(folder)


STORIES = {
    "by id, every record that has it, every copy": (
        "<urn:1>",
        [
            f"<urn:1>  {URL}",
            "  read: source crawl, a.warc.gz at 1,234,567",
            "  kept in mix",
            "  train/train-00000-of-00002.parquet: epoch 0, 1,000 tokens",
            "  train/train-00001-of-00002.parquet: epoch 1, 1,001 tokens",
            "  text: t",
            "<urn:1>",
            "  read: source crawl, a.warc.gz at 1,234,568",
            "  unused in mix",
        ],
    ),
    "a duplicate, by URL": (
        "u3",
        [
            "<urn:3>  u3",
            "  read: source crawl, a.warc.gz at 0",
            "  dropped in dedup: exact_duplicate (score 1.0000)",
            "    equal to another text up to white space; the best copy is kept",
            "  kept instead: <urn:1>  https://example.org/1",
            "    kept in mix, title: The first",
        ],
    ),
    "held out": (
        "<urn:4>",
        [
            "<urn:4>",
            "  read: source crawl, a.warc.gz at 0",
            "  held_out in mix",
            "  validation/validation-00000-of-00001.parquet: epoch 0, 1,000 tokens",
            "  text: t",
        ],
    ),
    "a reason nobody knows": (
        "<urn:5>",
        [
            "<urn:5>",
            "  read: source crawl, a.warc.gz at 0",
            "  dropped in filter: of_my_own",
        ],
    ),
    "unknown": ("<urn:6>", []),
    **{
        f"a damaged record, by {key}": (
            key,
            [
                "(no id)",
                "  read: source crawl, a.warc.gz at 7, 5 bytes",
                "  damaged in extract: corrupt",
                "    a compressed record does not unpack, or its checksum is wrong",
            ],
        )
        for key in ("a.warc.gz", "crawl/a.warc.gz", "a.warc.gz#7", "crawl/a.warc.gz#7")
    },
    "another record of that file": ("a.warc.gz#8", []),
    "that file of another source": ("news/a.warc.gz", []),
}


@pytest.mark.parametrize(("key", "lines"), STORIES.values(), ids=STORIES)
def test_stories(out, key, lines):
    assert explain_record(out, key) == lines


def test_a_url_tells_of_all_its_captures_in_order(out):
    lines = explain_record(out, URL)
    assert [line for line in lines if not line.startswith(" ")] == [
        f"<urn:2>  {URL}",
        f"<urn:1>  {URL}",
    ]
    assert "  read: source crawl, a.warc.gz at 99, 2,048 bytes" in lines
    assert "  dropped in filter: too_few_words" in lines


def test_every_id_is_found_in_its_bucket(out):
    for row in RECORDS:
        if row["id"]:
            assert explain_record(out, row["id"])[0].startswith(row["id"])
    buckets = {bucket_of(row["id"], BUCKETS) for row in RECORDS}
    assert 1 < len(buckets) < BUCKETS, "some bucket has no file"


@pytest.mark.parametrize("id_", ["", None])
def test_records_without_an_id_share_a_bucket(id_):
    assert bucket_of(id_, 7) == bucket_of(None, 7)


def test_buckets_are_frozen():
    assert [bucket_of(f"<urn:{n}>", 1000) for n in range(3)] == [417, 258, 915]


@pytest.mark.parametrize("made", [False, True], ids=["no run", "counts only"])
def test_a_run_without_a_ledger(tmp_path, made):
    if made:
        put(tmp_path / "corpus/train/train-00000-of-00001.parquet", [], schema.CORPUS)
    with pytest.raises(RecipeError, match="expected a finished run with `ledger: full`, found no"):
        explain_record(str(tmp_path), "x")


def test_a_reason_is_told_with_the_recipe_s_own_numbers(out):
    import json
    from pathlib import Path

    manifest = Path(out) / "manifest.json"
    told = "    fewer than {} words (Gopher, appendix A.1.1)"
    assert told.format(50) in explain_record(out, "<urn:2>")
    recipe = {"filters": ["c4", {"gopher_quality": {"too_few_words": 120}}]}
    manifest.write_text(json.dumps({"recipe": recipe}))
    try:
        assert told.format(120) in explain_record(out, "<urn:2>")
    finally:
        manifest.unlink()


def test_a_removed_document_is_in_no_shard(tmp_path):
    put(
        tmp_path / "ledger/ledger-00000-of-00001.parquet", [record("a", "kept", "mix")],
        schema.LEDGER,
    )  # fmt: skip
    removed = "  in no shard: removed since then (curate remove)"
    assert removed not in explain_record(str(tmp_path), "a")
    (tmp_path / "manifest.json").write_text('{"removed": {"rows": 1}}')
    assert explain_record(str(tmp_path), "a")[2:] == ["  kept in mix", removed]


def test_the_page_comes_before_its_request_and_with_what_was_measured(tmp_path):
    rows = [
        record("<urn:1>", "skipped", "extract", url=URL, n=1, reason="request"),
        record("<urn:2>", "dropped", "filter", url=URL, n=2, reason="too_few_words"),
    ]
    (tmp_path / "ledger").mkdir()
    pq.write_table(
        pa.Table.from_pylist(rows, schema.LEDGER), tmp_path / "ledger/ledger-00000-of-00001.parquet"
    )
    (tmp_path / "samples").mkdir()
    sample = {**rows[1], "value": 23.0, "bound": 50.0, "text": "text"}
    pq.write_table(
        pa.Table.from_pylist([sample], schema.SAMPLES), tmp_path / "samples/samples.parquet"
    )
    lines = explain_record(str(tmp_path), URL)
    assert lines[0].startswith("<urn:2>")
    assert "    measured 23, the bound is 50" in lines
    assert [line for line in lines if line.startswith("<")][1].startswith("<urn:1>")


def test_what_the_rule_objects_to_and_what_was_cut_are_shown(tmp_path):
    """The text as it was extracted is among the samples, the text as it is in the shards."""
    extracted = "A page.\nMenu\nSome more of it, lorem ipsum and all.\nThe end."
    left = "A page.\nSome more of it, lorem ipsum and all.\nThe end."
    rows = [
        record("<urn:1>", "dropped", "filter", n=1, reason="lorem_ipsum", extracted=len(extracted),
               characters=len(extracted)),
        record("<urn:2>", "kept", "mix", n=2, extracted=len(extracted), characters=len(left)),
        record("<urn:3>", "unused", "mix", n=3, extracted=100, characters=90),
    ]  # fmt: skip
    put(tmp_path / "ledger/ledger-00000-of-00001.parquet", rows, schema.LEDGER)
    at = extracted.index("lorem")
    samples = [
        {**rows[0], "text": extracted, "value": 1.0, "bound": 0.0,
         "spans": [{"start": at, "end": at + 11}] * 7},
        {**rows[1], "text": extracted},
    ]  # fmt: skip
    put(tmp_path / "samples/samples.parquet", samples, schema.SAMPLES)
    shard = {"text": left, "id": "<urn:2>", "piece": 0, "epoch": 0, "token_count": 9}
    strings = {field.name: "" for field in schema.CORPUS if field.type == pa.string()}
    put(tmp_path / "corpus/train/train-00000-of-00001.parquet", [strings | shard], schema.CORPUS)
    told = [explain_record(str(tmp_path), f"<urn:{n}>") for n in (1, 2, 3)]
    assert told[0][-7:] == [
        "  text: A page. / Menu / Some more of it, lorem ipsum and all. / The end.",
        *["    A page. / Menu / Some more of it, [[lorem ipsum]] and all. / The end."] * 5,
        "    and 2 more places",
    ]
    assert told[1][-2:] == [f"  text: {extracted.replace(chr(10), ' / ')}", "  cut: Menu / "]
    assert told[2][-1] == "  cut: 10 of 100 characters"
