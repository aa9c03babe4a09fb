"""Submissions to links: which count, what is counted, and that nothing else changes the table."""

import html
import json
import lzma
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.links import COUNTS, LINKS, Link, Rules, Submission, gather, links, submissions
from curate.links.command import dumps, rules_of
from curate.links.lines import whole_lines
from curate.links.rules import NEVER, whole_number
from curate.links.table import ROWS, write
from curate.recipe import RecipeError
from links.dumps import PACKED, line

PAGE = "http://example.org/a"
CASES = {
    "karma enough": ({}, {}, PAGE),
    "too little": ({"score": 2}, {}, "low_karma"),
    "any karma": ({"score": -2}, {"karma": None}, PAGE),
    "of all submissions together": ({"score": 1}, {"karma_of": "url"}, PAGE),
    "a score in quotes": ({"score": "3"}, {}, PAGE),
    "no score": ({"score": None}, {}, "no_karma"),
    "a score that is none": ({"score": [3]}, {}, "no_karma"),
    "a text on Reddit": ({"is_self": True}, {}, "self_post"),
    "an old text": ({"is_self": None, "domain": "self.programming"}, {}, "self_post"),
    "an old link": ({"is_self": None, "domain": "selfhelp.org"}, {}, PAGE),
    "no URL": ({"url": None}, {}, "no_url"),
    "an empty URL": ({"url": ""}, {}, "no_url"),
    "a path": ({"url": "/about"}, {}, "not_web"),
    "a post's own page": ({"url": "/r/a/comments/b/c/"}, {}, "blocked_domain"),
    "a gallery": ({"url": "https://www.reddit.com/gallery/x"}, {}, "blocked_domain"),
    "a film of Reddit's": (
        {"url": "https://v.redd.it/x", "url_overridden_by_dest": "https://v.redd.it/x"},
        {},
        "blocked_domain",
    ),
    "a crosspost of a link": (
        {"url": "https://www.reddit.com/r/a/comments/b/", "url_overridden_by_dest": PAGE},
        {},
        PAGE,
    ),
    "a crosspost of a text": (
        {"url": "/r/a/comments/b/c/", "url_overridden_by_dest": "/r/a/comments/b/c/"},
        {},
        "blocked_domain",
    ),
    "a comment": ({"url": None, "body": "I say"}, {}, "comment"),
    "a removed one": ({"url": "[deleted]"}, {}, "not_web"),
    "another scheme": ({"url": "ftp://example.org/a"}, {}, "not_web"),
    "no domain": ({"url": "http://localhost/a"}, {}, "not_web"),
    "brackets": ({"url": "http://[1"}, {}, "not_web"),
    "not for minors": ({"over_18": True}, {}, PAGE),
    "not for minors, left out": ({"over_18": True}, {"over_18": False}, "over_18"),
    "before": ({"created_utc": 1514764799}, {"before": "2018-01-01"}, PAGE),
    "not before": ({"created_utc": 1514764800}, {"before": "2018-01-01"}, "too_late"),
    "a date in quotes": ({"created_utc": "1514764799"}, {"before": "2018-01-01"}, PAGE),
    "no date": ({"created_utc": None}, {"before": "2018-01-01"}, "no_date"),
    "no date, none asked for": ({"created_utc": None}, {}, PAGE),
    "Reddit": ({"url": "https://old.reddit.com/r/a"}, {}, "blocked_domain"),
    "Wikipedia": ({"url": "https://en.m.wikipedia.org/wiki/A"}, {}, "blocked_domain"),
    "Wikipedia, wanted": (
        {"url": "https://de.wikipedia.org/wiki/A"},
        {"wikipedia": True},
        "http://de.wikipedia.org/wiki/A",
    ),
    "a host of pictures": ({"url": "http://I.IMGUR.com./a"}, {}, "blocked_domain"),
    "a host that ends alike": ({"url": "http://notimgur.com/a"}, {}, "http://notimgur.com/a"),
    "a port and a user": ({"url": "http://me@imgur.com:80/a"}, {}, "blocked_domain"),
    "a picture": ({"url": "http://example.org/a.JPG?size=1#x"}, {}, "blocked_extension"),
    "a name like a picture's": ({"url": PAGE + "?p=a.jpg"}, {}, PAGE + "?p=a.jpg"),
    "a domain like a file": ({"url": "http://example.js"}, {}, "http://example.js"),
    "an escaped ampersand": ({"url": PAGE + "?x=1&amp;b=2"}, {}, PAGE + "?b=2&x=1"),
    "another spelling": ({"url": " HTTPS://www.Example.org/a/?utm_source=r#top"}, {}, PAGE),
}


@pytest.mark.parametrize(("fields", "settings", "expected"), CASES.values(), ids=CASES)
def test_what_a_submission_counts_as(fields, settings, expected):
    plain = {"url": PAGE, "score": 3, "created_utc": 1, "is_self": False, "over_18": False}
    result = Rules(**settings).judge(Submission(**{**plain, **fields}))
    assert (result.url if isinstance(result, Link) else result) == expected
    assert isinstance(result, Link) or result in COUNTS


NUMBERS = {3: 3, "3": 3, "-3": -3, 3.9: 3, "1e3": 1000, "x": None, "nan": None, "inf": None}


@pytest.mark.parametrize(("value", "expected"), NUMBERS.items())
def test_numbers_as_dumps_write_them(value, expected):
    assert whole_number(value) == expected
    assert whole_number([value]) is None
    assert whole_number(1 << 70) is None


def test_rules_that_cannot_be():
    with pytest.raises(ValueError, match="before: expected a date, YYYY-MM-DD, got '2018'"):
        Rules(before="2018")
    with pytest.raises(ValueError, match="karma_of: expected submission or url, got 'page'"):
        Rules(karma_of="page")
    with pytest.raises(RecipeError, match="links: before"):
        rules_of(before="x")
    with pytest.raises(RecipeError, match=r"links: .*none"):
        rules_of(domains=["/none"])


def test_lists_are_added_to_what_is_left_out(tmp_path):
    (tmp_path / "d.txt").write_text("# ours\n\n.Example.ORG # all of it\n")
    (tmp_path / "e.txt").write_text(".html\n")
    rules = rules_of(domains=[f"{tmp_path}/d.txt"], extensions=[f"{tmp_path}/e.txt"])
    for url, expected in (
        ("http://a.example.org/", "blocked_domain"),
        ("http://imgur.com/x", "blocked_domain"),
        ("http://x.org/a.html", "blocked_extension"),
        ("http://x.org/a.png", "blocked_extension"),
    ):
        assert rules.judge(Submission(url=url, score=3)) == expected


# --- lines -------------------------------------------------------------------------------------

ODD = {
    "not JSON": b"{url: 1}",
    "no object": b'["a"]',
    "a string": b'"a"',
    "cut off": b'{"url": "http://a',
    "no UTF-8": b'{"url": "\xff\xfe"}',
    "too deep": b'{"a":' * 100_000,
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_a_bad_line_is_counted_and_costs_no_other(tmp_path, odd):
    path = tmp_path / "RS.ndjson"
    path.write_bytes(line(PAGE + "1") + odd + b"\n\n" + line(PAGE + "2"))
    counts = Counter()
    assert [link.url for link in links(str(path), Rules(), counts)] == [PAGE + "1", PAGE + "2"]
    assert counts == {"lines": 4, "bad_json": 1, "submissions": 2}


@given(st.lists(st.binary(max_size=12)), st.integers(1, 9))
def test_whole_lines_are_the_file(pieces, chunk):
    import io

    data = b"\n".join(pieces)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("curate.links.lines.CHUNK", chunk)
        result = list(whole_lines(io.BytesIO(data), Counter()))
    assert all(one.endswith(b"\n") for one in result)
    ended = data if data.endswith(b"\n") or not data else data + b"\n"
    assert b"".join(result) == ended


def test_a_line_without_end_does_not_fill_the_memory(monkeypatch):
    import io

    monkeypatch.setattr("curate.links.lines.CHUNK", 8)
    monkeypatch.setattr("curate.links.lines.LONGEST", 40)
    short = b'{"url":"a"}\n'
    for data, expected in ((short + b"x" * 99 + b"\n" + short, 2), (short + b"x" * 99, 1)):
        counts = Counter()
        assert len(list(submissions(io.BytesIO(data), counts))) == expected
        assert counts == {"lines": expected + 1, "bad_json": 1}


# --- dumps and tables --------------------------------------------------------------------------

MANY = b"".join(line(f"http://example.org/{n}", score=n % 7) for n in range(3000))


@pytest.mark.parametrize("name", PACKED)
def test_packed_dumps(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(PACKED[name](MANY))
    counts = Counter()
    result = list(links(str(path), Rules(), counts))
    assert [one.url for one in result] == [
        f"http://example.org/{n}" for n in range(3000) if n % 7 > 2
    ]
    assert counts == {"lines": 3000, "low_karma": 3000 - len(result), "submissions": len(result)}


@pytest.mark.parametrize("name", [name for name in PACKED if name != "RS.ndjson"])
def test_dumps_that_break_off(tmp_path, name):
    data = PACKED[name](MANY)
    for broken in (data[: len(data) // 2], b"not packed at all"):
        (tmp_path / name).write_bytes(broken)
        counts = Counter()
        list(links(str(tmp_path / name), Rules(), counts))
        assert counts["bad_compression"] == 1
    with pytest.raises(FileNotFoundError):
        list(links(str(tmp_path / "none.zst"), Rules(), Counter()))


def table_of(several, **settings):
    return gather(several, Rules(**settings)).to_pylist()


def test_one_row_a_page():
    several = [
        Link("http://b", "http://www.b", 4, 60),
        Link("http://a", "http://a", 3, NEVER),
        Link("http://b", "http://b/", 5, 0),
        Link("http://b", "http://b/#x", 5, 0),
    ]
    expected = [
        {"url": "http://a", "posted": "http://a", "karma": 3, "date": None, "submissions": 1},
        {
            "url": "http://b",
            "posted": "http://b/",
            "karma": 14,
            "date": "1970-01-01T00:00:00Z",
            "submissions": 3,
        },
    ]
    assert table_of(several) == table_of(reversed(several)) == expected


def test_karma_of_a_url_is_that_of_all_its_submissions():
    several = [
        Link("a", "a", 2, 0),
        Link("a", "a", 2, 1),
        Link("b", "b", 9, 0),
        Link("b", "b", -7, 0),
    ]
    assert [row["url"] for row in table_of(several, karma_of="url")] == ["a"]
    assert [row["url"] for row in table_of(several, karma_of="url", karma=2)] == ["a", "b"]
    assert [row["url"] for row in table_of(several, karma_of="url", karma=None)] == ["a", "b"]


def test_the_file_does_not_depend_on_the_batches(tmp_path, monkeypatch):
    monkeypatch.setattr("curate.links.table.ROWS", 10)
    assert ROWS > 10
    table = gather([Link(f"{n:03}", "x", n, n) for n in range(57)], Rules())
    for size in (1, 3, 10, 25, 57):
        assert write(table.to_batches(size), tmp_path / f"{size}.parquet") == 57
    files = {path.read_bytes() for path in tmp_path.iterdir()}
    assert len(files) == 1
    assert pq.read_table(tmp_path / "1.parquet").equals(table)
    assert write([], tmp_path / "none.parquet") == 0
    assert pq.read_schema(tmp_path / "none.parquet").equals(LINKS)
    assert table.schema.equals(LINKS)
    assert isinstance(table, pa.Table)


def test_dumps_by_name_pattern_and_folder(tmp_path):
    for name in ("b/RS_1.zst", "b/RS_2.xz", "a.zst"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    both = [f"{tmp_path}/b/RS_1.zst", f"{tmp_path}/b/RS_2.xz"]
    several = dumps([f"{tmp_path}/b/*", f"{tmp_path}/b/RS_1.zst"])
    assert dumps([f"{tmp_path}/b"]) == several == (both, [])
    (tmp_path / "b/RS_2.xz").write_bytes(b"larger")
    beside = ["b/.hidden", "b/RC_1.zst", "b/RS_3.zst.part", "b/sha256sums.txt"]
    for name in beside:
        (tmp_path / name).touch()
    assert dumps([f"{tmp_path}/b"]) == (both[::-1], [f"{tmp_path}/{name}" for name in beside])
    named = f"{tmp_path}/b/RC_1.zst"
    assert dumps([named]) == ([named], []), "what is named is meant"
    with pytest.raises(RecipeError, match="none"):
        dumps([f"{tmp_path}/none"])


# --- real dumps --------------------------------------------------------------------------------


def test_two_real_months_against_a_plain_reading(data):
    """By json, dicts and nothing clever: which URLs have karma enough."""
    paths = sorted((data / "reddit").glob("RS_*.xz"))
    unpacked = b"".join(lzma.decompress(path.read_bytes()) for path in paths)
    rows = [json.loads(row) for row in unpacked.splitlines()]
    assert len(rows) == 103 + 1079, "as the data's README says"
    enough = {
        html.unescape(row["url"]).strip()
        for row in rows
        if row["score"] >= 3 and not row["is_self"]
    }
    counts = Counter()
    rules = Rules(wikipedia=True, domains=frozenset(), extensions=frozenset())
    result = gather((one for p in paths for one in links(str(p), rules, counts)), rules)
    assert counts["lines"] == len(rows) == counts["submissions"] + counts["low_karma"]
    assert set(result["posted"].to_pylist()) <= enough
    assert sum(result["submissions"].to_pylist()) == counts["submissions"]
    several = sum(count - 1 for count in result["submissions"].to_pylist())
    assert result.num_rows == counts["submissions"] - several
