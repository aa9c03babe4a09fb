"""Captures of an index selected by language, media type and host."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.recipe import RecipeError
from curate.sources.captures import CaptureFilter, filter_of
from curate.sources.url_lists import read_index
from sources.reading import parsed, put

# host, languages, detected type, type that the server said
CAPTURES = [
    ("a.example.org", "deu", "text/html", "text/html"),
    ("www.example.org", "deu,eng", "text/html", None),
    ("example.org", "eng,deu", None, "TEXT/HTML"),
    ("myexample.org", "eng", "application/pdf", "text/html"),
    ("example.org.evil.net", None, "text/html", "text/html"),
    ("x.net", "fra", "application/xhtml+xml", "text/html"),
    ("10.0.0.1", "deu", "text/html", "text/html"),
]
SELECTED = {
    "all": ({}, [0, 1, 2, 3, 4, 5, 6]),
    "a main language": ({"index_languages": "deu"}, [0, 1, 6]),
    "two": ({"index_languages": ["eng", "fra"]}, [2, 3, 5]),
    "a type": ({"index_types": "text/html"}, [0, 1, 2, 4, 6]),
    "a host and those below": ({"index_hosts": "example.org"}, [0, 1, 2]),
    "one host": ({"index_hosts": ["a.example.org", "x.net"]}, [0, 5]),
    "an address": ({"index_hosts": "10.0.0.1"}, [6]),
    "a domain of the top": ({"index_hosts": "net"}, [4, 5]),
    "all three": (
        {"index_languages": "deu", "index_types": "text/html", "index_hosts": "example.org"},
        [0, 1],
    ),
    "none": ({"index_hosts": "nowhere.org"}, []),
}


def surt(host):
    labels = host.removeprefix("www.").split(".")
    return host if labels[-1].isdigit() else ",".join(reversed(labels))


def columnar(path, row_group_size=None):
    rows = [
        {"url_surtkey": f"{surt(host)})/", "url": f"http://{host}/", "url_host_name": host,
         "content_mime_detected": detected, "content_mime_type": said,
         "content_languages": languages, "warc_filename": "a.warc.gz", "warc_record_offset": n,
         "warc_record_length": 9}
        for n, (host, languages, detected, said) in enumerate(CAPTURES)
    ]  # fmt: skip
    rows.sort(key=lambda row: row["url_surtkey"])
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=row_group_size)
    return path


def cdxj(path):
    lines = []
    for n, (host, languages, detected, said) in enumerate(CAPTURES):
        row = {"url": f"http://{host}/", "mime": said, "mime-detected": detected,
               "languages": languages}  # fmt: skip
        told = {key: value for key, value in row.items() if value is not None}
        told |= {"filename": "a.warc.gz", "offset": n, "length": 9}
        lines.append(f"{surt(host)})/ 20240101000000 {json.dumps(told)}")
    return put(path, "\n".join(lines).encode())


def source_of(folder, **keys):
    made = parsed(folder, s={"kind": "warc", "path": "x", "index": "y", **keys})
    return made.sources["s"]


@pytest.mark.parametrize("form", ["cdxj", "parquet", "row groups"])
@pytest.mark.parametrize("label", SELECTED)
def test_captures_that_are_read(tmp_path, form, label):
    keys, expected = SELECTED[label]
    select = filter_of(source_of(tmp_path, **keys))
    path = tmp_path / "index"
    _ = cdxj(path) if form == "cdxj" else columnar(path, 2 if form == "row groups" else None)
    assert sorted(place.offset for place in read_index(str(path), None, select)) == expected


def test_hosts_select_row_groups(tmp_path):
    """Keys in order: 10.0.0.1, net,evil,…, net,x, org,example, org,example, org,example,a, …"""
    metadata = pq.read_metadata(columnar(tmp_path / "x.parquet", row_group_size=1))
    assert CaptureFilter(hosts=frozenset({"example.org"})).row_groups(metadata) == [3, 4, 5]
    assert CaptureFilter(hosts=frozenset({"net"})).row_groups(metadata) == [1, 2]
    assert CaptureFilter(hosts=frozenset({"10.0.0.1"})).row_groups(metadata) == list(range(7))


def test_an_index_without_a_column_to_select_by(tmp_path):
    table = pq.read_table(columnar(tmp_path / "x.parquet")).drop_columns("content_languages")
    pq.write_table(table, tmp_path / "y.parquet")
    select = filter_of(source_of(tmp_path, index_languages="deu"))
    with pytest.raises(ValueError, match=r"y.parquet: expected a column content_languages for"):
        list(read_index(str(tmp_path / "y.parquet"), None, select))


WRONG = {
    "no index": ({"index": [], "index_hosts": "a.org"}, "index_hosts: expected an index"),
    "a language of two letters": ({"index_languages": "de"}, "index_languages"),
    "a URL": ({"index_hosts": "http://a.org/"}, "index_hosts"),
    "no type": ({"index_types": "html"}, "index_types"),
}


@pytest.mark.parametrize(("keys", "said"), WRONG.values(), ids=WRONG)
def test_what_selects_nothing_is_refused(tmp_path, keys, said):
    with pytest.raises(RecipeError, match=said):
        source_of(tmp_path, **keys)
