"""Archives as a table: the rows are the records, whatever the splits and the damage."""

import io

import pytest
from warc.archives import archive, http, member, response

from curate.spark import datasource
from curate.warc.kinds import classify
from curate.warc.reader import ArchiveRecord, read_records

RECORDS = [
    member("warcinfo", b"x"),
    *(response(n) for n in range(40)),
    member("request", b"GET / HTTP/1.1\r\n\r\n", url="http://example.org/1", n=60),
    member(
        block=http(b"moved", "Location: x", status="301 Moved"),
        url="http://example.org/m",
        n=61,
        fields={"WARC-Truncated": "length"},
    ),
    member("conversion", b"words", url="http://example.org/w", n=62),
]


@pytest.fixture
def crawl(tmp_path):
    """Return a folder of two archives, one of them with sixty bytes of a member overwritten."""
    data, starts = archive(RECORDS)
    (tmp_path / "a.warc.gz").write_bytes(data)
    hurt = bytearray(data)
    hurt[starts[7] + 100 : starts[7] + 160] = bytes(60)
    (tmp_path / "b.warc.gz").write_bytes(hurt)
    return tmp_path


def expected(path):
    """Return the records of a file as rows, by the reader that has tests of its own."""
    rows = []
    for found in read_records(io.BytesIO(path.read_bytes())):
        row = dict.fromkeys(datasource.SCHEMA.names)
        row |= {"file": str(path), "offset": found.offset, "length": found.length}
        if isinstance(found, ArchiveRecord):
            row |= {"id": found.record_id, "type": found.kind, "url": found.url}
            row |= {"date": found.date, "truncated": found.truncated, "status": found.status}
            row["kind"] = classify(found)
            row |= {"headers": found.headers, "http": found.http, "payload": found.payload}
        else:
            row |= {"kind": "damaged", "damage": found.why}
        rows.append(row)
    return rows


def rows_of(frame):
    rows = [row.asDict() for row in frame.collect()]
    for row in rows:
        row["payload"] = None if row["payload"] is None else bytes(row["payload"])
    return sorted(rows, key=lambda row: (row["file"], row["offset"]))


def test_rows_are_records(spark, crawl):
    frame = spark.read.format("warc").option("splitBytes", 9000).load(f"{crawl}/*.warc.gz")
    assert frame.columns == datasource.SCHEMA.names
    whole = [row for name in "ab" for row in expected(crawl / f"{name}.warc.gz")]
    assert rows_of(frame) == whole
    assert [row["damage"] for row in whole if row["damage"]] == ["corrupt"]
    assert {row["truncated"] for row in whole if row["status"] == 301} == {"length"}


def test_whole_files_and_errors(crawl):
    def reader(**options):
        return datasource.WarcDataSource({"path": f"{crawl}/*.gz", **options}).reader(None)

    assert [split.start for split in reader(splitBytes="0").partitions()] == [0, 0]
    splits = reader(splitBytes="5000").partitions()
    assert len(splits) > 4
    found = [row for split in splits for b in reader().read(split) for row in b.to_pylist()]
    places = [(f"{crawl}/{name}.warc.gz", row["offset"]) for name in "ab"
              for row in expected(crawl / f"{name}.warc.gz")]  # fmt: skip
    assert [(row["file"], row["offset"]) for row in found] == places
    hard = reader(path=f"{crawl}/b.warc.gz", mode="dropMalformed", types="response")
    some = [row for split in hard.partitions() for b in hard.read(split) for row in b.to_pylist()]
    wanted = [row for row in expected(crawl / "b.warc.gz") if row["type"] == "response"]
    assert [(row["offset"], row["payload"]) for row in some] == [
        (row["offset"], row["payload"]) for row in wanted
    ]
    one = reader(splitBytes="0", mode="failfast")
    first, second = one.partitions()
    assert sum(batch.num_rows for batch in one.read(first)) == len(RECORDS)
    with pytest.raises(ValueError, match=r"b.warc.gz: expected a record at byte \d+, .*: corrupt"):
        list(one.read(second))
    with pytest.raises(ValueError, match=r"expected mode of PERMISSIVE, .*, got LENIENT"):
        reader(mode="lenient")
    with pytest.raises(ValueError, match=r"expected types of warcinfo, .*, got respons$"):
        reader(types="request,respons")
    with pytest.raises(ValueError, match="splitBytes of 0 or more, got -1"):
        reader(splitBytes="-1")
    with pytest.raises(ValueError, match="expected a path"):
        reader(path="")
    with pytest.raises(FileNotFoundError):
        reader(path=f"{crawl}/*.none").partitions()
