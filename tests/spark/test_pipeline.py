"""The whole chain on a small crawl: same bytes however it is run, and books that balance."""

import glob
import gzip
import hashlib
import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from pyspark import cloudpickle
from runs import FAST

from curate import recipe as recipes
from curate.demo import make_crawl
from curate.spark import extract, pipeline
from curate.spark import filter as filter_
from curate.spark.stage import lift
from curate.store.keys import Tally
from curate.store.ledger import ImbalanceError
from curate.warc.reader import Records

cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers cannot import a test


def filler(number: int, size: int = 150_000) -> bytes:
    """Return a member with an image nobody looks at: archives grow beyond a split at no cost."""
    body = b"".join(hashlib.sha256(f"{number}/{n}".encode()).digest() for n in range(size // 32))
    http = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n" + body
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:filler:{number}>\r\n"
        f"WARC-Target-URI: https://example.org/{number}.png\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + http + b"\r\n\r\n", mtime=0)


def records(archive):
    with archive.open("rb") as file:
        yield from Records(file)


def pad(archive: Path, number: int) -> None:
    """Insert fillers between an archive's members, so that it has two splits of 1 MiB or more."""
    data = archive.read_bytes()
    with archive.open("rb") as file:
        offsets = [record.offset for record in Records(file)]
    step = max(1, len(offsets) // 12)
    pieces = []
    for place, start in enumerate(offsets[::step]):
        stop = offsets[(place + 1) * step] if (place + 1) * step < len(offsets) else len(data)
        pieces += [data[start:stop], filler(100 * number + place)]
    archive.write_bytes(b"".join(pieces))


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """A recipe for a small crawl of two archives of several splits each, with references."""
    path = make_crawl(tmp_path_factory.mktemp("crawl"), pages=160, recipe="short.yaml")
    for number, archive in enumerate(sorted((path.parent / "crawl").glob("*.warc.gz"))):
        pad(archive, number)
        assert archive.stat().st_size > 1 << 20
    whole = yaml.safe_load(path.read_text())
    whole["extract"]["split_bytes"] = 1 << 20
    whole["output"] = {"shard_bytes": 40_000, "samples": 3, "unjudged": 50}
    path.write_text(yaml.safe_dump(whole, sort_keys=False))
    return path


def run(spark, path, out, **settings):
    lines = []
    started = pipeline.start(recipes.load(path), str(out), say=lines.append, **settings)
    ledger = pipeline.curate(started.on(spark))
    return ledger, lines


@pytest.fixture(scope="session")
def finished(spark_session, small, tmp_path_factory):
    out = tmp_path_factory.mktemp("finished")
    ledger, _ = run(spark_session, small, out)
    return out, ledger


def shards(out):
    """Return name -> sha256 of every data file, read from the files."""
    files = sorted((out / "corpus").rglob("*.parquet"))
    return {
        str(file.relative_to(out)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files
    }


def ledger_rows(out):
    rows = pq.read_table(out / "ledger").to_pylist()
    return sorted(rows, key=lambda row: (row["source"], row["file_path"], row["n"]))


def assert_same(one, other):
    assert shards(one) == shards(other)
    assert (one / "manifest.json").read_bytes() == (other / "manifest.json").read_bytes()
    assert ledger_rows(one) == ledger_rows(other)
    for table in ("duplicates", "samples"):
        assert pq.read_table(one / table).equals(pq.read_table(other / table))


def reversed_inputs(path: Path, copy: Path, **changes: int) -> Path:
    """Return the same recipe with every file listed by name, last first."""
    whole = yaml.safe_load(path.read_text())
    for source in whole["sources"].values():
        patterns = [source["path"]] if isinstance(source["path"], str) else source["path"]
        files = sorted(file for one in patterns for file in glob.glob(str(path.parent / one)))  # noqa: PTH207
        source["path"] = [str(file) for file in reversed(files)]
    whole["extract"] |= changes
    copy.write_text(yaml.safe_dump(whole, sort_keys=False))
    return copy


def command(path, out, *options):
    """Run the command in a process of its own."""
    line = [sys.executable, "-c", "from curate.cli import main; main()", "run", str(path)]
    done = subprocess.run(
        [*line, "--out", str(out), *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_same_bytes_however_it_is_run(small, finished, tmp_path):
    out, _ = finished
    units = json.loads((next((out / "_work/extract").iterdir()) / "_commit.json").read_text())
    files = [joint[0] for receipt in units["receipts"] for joint in receipt["facts"]["joints"]]
    assert min(files.count(file) for file in set(files)) >= 2, "each archive has several splits"
    assert len([name for name in shards(out) if "train" in name]) >= 3
    other = reversed_inputs(small, tmp_path / "recipe.yaml", split_bytes=2 << 20)
    command(
        other,
        tmp_path / "out",
        "--master=local[1]",
        "--conf=spark.sql.shuffle.partitions=3",
        "--conf=spark.sql.adaptive.enabled=false",
        "--conf=spark.sql.execution.arrow.maxRecordsPerBatch=7",
        "--conf=spark.sql.execution.arrow.maxBytesPerBatch=100000",
        *FAST,
    )
    assert_same(out, tmp_path / "out")


@pytest.mark.slow
def test_same_bytes_on_real_archives(spark, data, tmp_path):
    for number in range(2):
        source = data / "crawl" / f"crawl-{number:05d}.warc.gz"
        with source.open("rb") as file:
            records = Records(file, 0, 1_300_000)
            for _ in records:
                pass
            file.seek(0)
            (tmp_path / source.name).write_bytes(file.read(records.end))
    whole = {
        "sources": {
            "crawl": {"kind": "warc", "path": f"{tmp_path}/crawl-*.warc.gz", "weight": 0.5},
            "webtext": {
                "kind": "parquet",
                "path": "webtext.parquet",
                "weight": 0.5,
                "reference": True,
            },
        },
        "extract": {"split_bytes": 1 << 20},
        "output": {"shard_bytes": 100_000},
    }
    references = pq.read_table(data / "reference/webtext_like.parquet").slice(0, 600)
    pq.write_table(references, tmp_path / "webtext.parquet")
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(whole))
    spark.conf.set("spark.sql.shuffle.partitions", "8")
    run(spark, path, tmp_path / "one")
    assert len([name for name in shards(tmp_path / "one") if "train" in name]) >= 3
    other = reversed_inputs(path, tmp_path / "other.yaml", split_bytes=3 << 20)
    spark.conf.set("spark.sql.shuffle.partitions", "3")
    spark.conf.set("spark.sql.adaptive.enabled", "false")
    run(spark, other, tmp_path / "other")
    assert_same(tmp_path / "one", tmp_path / "other")


# --- the books ---------------------------------------------------------------------------------


def test_the_ledger_balances_and_agrees_with_a_plain_count(small, finished):
    out, ledger = finished
    rows = ledger_rows(out)
    archives = sorted((small.parent / "crawl").glob("*.warc.gz"))
    read = sum(1 for archive in archives for _ in records(archive))
    books = len(list((small.parent / "books").glob("*.txt")))
    lines = len((small.parent / "docs.jsonl").read_bytes().splitlines())
    assert ledger["records_in"] == len(rows) == read + books + lines
    tally = Tally()
    for row in rows:
        tally.add(row["source"], row["file_path"], row["n"])
    assert ledger["checksum_in"] == ledger["checksum_out"] == f"{tally.checksum:016x}"
    assert ledger == json.loads((out / "ledger.json").read_text())


def test_kept_rows_are_in_the_shards_and_no_others(finished):
    out, ledger = finished
    train = pq.read_table(out / "corpus/train").to_pylist()
    held = pq.read_table(out / "corpus/validation").to_pylist()
    rows = ledger_rows(out)
    of = {state: {r["id"] for r in rows if r["state"] == state} for state in ("kept", "held_out")}
    assert {row["id"] for row in train} == of["kept"]
    assert {row["id"] for row in held} == of["held_out"]
    assert ledger["kept"] == len(of["kept"])
    assert ledger["held_out"] == len(of["held_out"]) > 0


def test_the_manifest_says_what_is_in_the_shards(finished):
    out, _ = finished
    manifest = json.loads((out / "manifest.json").read_text())
    assert {shard["file"]: shard["sha256"] for shard in manifest["shards"]} == shards(out)
    for shard in manifest["shards"]:
        table = pq.read_table(out / shard["file"])
        assert shard["rows"] == table.num_rows
        assert shard["tokens"] == sum(table["token_count"].to_pylist())
        assert shard["text_bytes"] == sum(len(text.encode()) for text in table["text"].to_pylist())
    train = pq.read_table(out / "corpus/train").to_pylist()
    for name, row in manifest["mixture"].items():
        assert row["tokens"] == sum(r["token_count"] for r in train if r["source"] == name)
    for entry in manifest["inputs"]:
        assert set(entry) == {"source", "file_path", "bytes", "digest"}
    assert str(out) not in json.dumps(manifest)


def test_duplicates_name_the_copy_that_stays(finished):
    out, ledger = finished
    pairs = pq.read_table(out / "duplicates").to_pylist()
    rows = {row["id"]: row for row in ledger_rows(out) if row["id"]}
    assert len(pairs) == sum(ledger["dropped"]["dedup"].values())
    assert {pair["rule"] for pair in pairs} == {"exact_duplicate", "near_duplicate"}
    for pair in pairs:
        assert rows[pair["removed_id"]]["kept_id"] == pair["kept_id"]
        assert rows[pair["kept_id"]]["state"] in ("kept", "held_out", "unused")
        assert (pair["jaccard"] == 1.0) >= (pair["rule"] == "exact_duplicate")
        assert pair["jaccard"] >= 0.8


def test_samples_are_bounded_for_each_reason(finished):
    out, ledger = finished
    names = sorted(path.name for path in (out / "samples").iterdir())
    assert names == ["samples.parquet", "unjudged.parquet"]
    samples = pq.read_table(out / "samples" / names[0]).to_pylist()
    for reason, count in ledger["dropped"]["filter"].items():
        own = [row for row in samples if row["stage"] == "filter" and row["reason"] == reason]
        assert len(own) == min(3, count)
        assert all(row["text"] for row in own)
    unjudged = pq.read_table(out / "samples" / names[1]).to_pylist()
    assert len(unjudged) == 50
    assert {row["source"] for row in unjudged} == {"crawl"}


def test_a_second_run_does_nothing(spark, small, finished):
    out, ledger = finished
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    again, lines = run(spark, small, out)
    assert again == ledger
    assert len(lines) == 8
    assert all(line.endswith("nothing changed, skipped") for line in lines)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()} == before


# --- stages that lose and double ---------------------------------------------------------------


def lose_and_double(tables, lose: bool, double: bool):
    """Return a stage's (table, batch) stream with one row lost, one doubled."""
    for place, (table, batch) in enumerate(tables):
        rows = batch.slice(1) if lose and place == 0 else batch
        yield table, rows
        if double and place == 0:
            yield table, batch.slice(batch.num_rows - 1)


def patched(unit_function, module, lose, double):
    """Return a unit function whose tables lose and double rows on the way to their files."""

    def work(folder, unit, payload, **settings):
        honest = module.write_tables

        def write(folder, unit, schemas, rows):
            return honest(folder, unit, schemas, lose_and_double(rows, lose, double))

        module.write_tables = write
        try:
            return unit_function(folder, unit, payload, **settings)
        finally:
            module.write_tables = honest

    return work


@pytest.mark.parametrize(("lose", "double"), [(True, False), (False, True), (True, True)])
def test_extraction_that_loses_or_doubles_fails(spark, small, tmp_path, monkeypatch, lose, double):
    def dishonest(units, recipe, folder, **rest):
        work = patched(extract.extract_unit, extract, lose, double)
        settings = {"sources": recipe.sources, "settings": recipe.extract, **rest}
        return lift(partial(work, **settings), folder)(units)

    monkeypatch.setattr(extract, "extract", dishonest)
    with pytest.raises(ImbalanceError, match="extract: the ledger does not balance"):
        run(spark, small, tmp_path / "out")
    assert not list((tmp_path / "out").rglob("_commit.json"))
    assert not (tmp_path / "out/manifest.json").exists()


@pytest.mark.parametrize(("lose", "double"), [(True, False), (False, True), (True, True)])
def test_filters_that_lose_or_double_fail(spark, small, tmp_path, monkeypatch, lose, double):
    def dishonest(units, recipe, folder):
        return lift(
            partial(patched(filter_.filter_unit, filter_, lose, double), recipe=recipe), folder
        )(units)

    monkeypatch.setattr(filter_, "filter_documents", dishonest)
    started = pipeline.start(
        recipes.load(small), str(tmp_path), str(tmp_path / "work"), say=lambda _: None
    ).on(spark)
    documents = extract.stage(started)
    with pytest.raises(ImbalanceError, match="filter: the ledger does not balance"):
        filter_.stage(started, documents)
    assert not list((tmp_path / "work/filter").rglob("_commit.json"))
