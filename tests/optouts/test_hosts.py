"""What sites say: tables, archives, dates; and a whole extraction that honours it."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from stages.committed import outcomes, table_of
from warc.archives import http, member, packed

from curate import recipe as recipes
from curate.errors import RecipeError
from curate.optouts import hosts
from curate.pipeline import plan
from curate.pipeline import run as runs
from curate.store import io, schema

FORBID = "User-agent: GPTBot\nDisallow: /\nAllow: /open\n"
RESERVED = (
    '[{"location": "/free/*", "tdm-reservation": 0}, {"location": "/*", "tdm-reservation": 1}]'
)
ROWS = [
    {"host": "robots.example", "robots": FORBID, "date": "2024-05-01"},
    {"host": "AI.example", "ai_txt": "User-Agent: *\nDisallow: *.txt\n"},
    {"host": "tdm.example", "tdmrep": RESERVED},
    {"host": "broken.example", "robots": "<html>", "tdmrep": "no JSON"},
]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "hosts.parquet"
    names = ("host", "robots", "ai_txt", "tdmrep", "date")
    pq.write_table(pa.Table.from_pylist([{n: r.get(n) for n in names} for r in ROWS]), path)
    return str(path)


CASES = {
    "forbidden": ("https://robots.example/a?b", None, True, "optout_robots"),
    "allowed": ("https://robots.example/open/a", None, True, None),
    "another host": ("https://www.robots.example/a", None, True, None),
    "captured before": ("http://robots.example/", "2024-04-30T23:59:59Z", True, "optout_robots"),
    "captured before, and later ones do not count": (
        "http://robots.example/", "2024-04-30T23:59:59Z", False, None,
    ),
    "captured that day": ("http://robots.example/", "2024-05-01T01:00:00Z", False, "optout_robots"),
    "ai.txt": ("http://ai.example/a", None, True, "optout_ai_txt"),
    "reserved": ("http://tdm.example/a", None, True, "optout_tdmrep"),
    "the first rule decides": ("http://tdm.example/free/a", None, True, None),
    "broken files": ("http://broken.example/a", None, True, None),
    "no URL": (None, None, True, None),
    "a broken URL": ("http://[x", None, True, None),
}  # fmt: skip


def stamped(path):
    result = io.find(path)[0]
    return hosts.Stamped(result.url, result.size, result.version)


@pytest.mark.parametrize(("url", "date", "later", "expected"), CASES.values(), ids=CASES)
def test_hosts(table, url, date, later, expected):
    known = hosts.load((stamped(table),))
    assert hosts.reason(known, url, date, agents=("gptbot",), later=later) == expected


def test_a_file_that_was_replaced_is_read_again(tmp_path):
    path = str(tmp_path / "hosts.parquet")
    told = []
    for robots in (FORBID, "User-agent: *"):
        pq.write_table(pa.table({"host": ["a.example"], "robots": [robots]}), path)
        known = hosts.load((stamped(path),))
        told.append(hosts.reason(known, "http://a.example/", None, agents=("gptbot",), later=True))
    assert told == ["optout_robots", None]


def response(url, body, *fields):
    return packed(member(block=http(body, *fields), url=url, n=len(url) + 1000 * len(body)))


PAGE = b"<html><head>%s</head><body><p>" + b"A sentence of some words stands here. " * 20
PAGES = {
    "http://plain.example/1": (b"", (), None),
    "http://plain.example/2": (b'<meta name="robots" content="noai">', (), "optout_meta"),
    "http://plain.example/3": (
        b"", ("X-Robots-Tag: noindex", "X-Robots-Tag: noai"), "optout_header",
    ),
    "http://plain.example/4": (b"", ("TDM-Reservation: 1",), "optout_tdm"),
    "http://robots.example/1": (b"", (), "optout_robots"),
    "http://robots.example/open": (b"", (), None),
}  # fmt: skip


@pytest.fixture
def crawl(tmp_path):
    (tmp_path / "crawl.warc.gz").write_bytes(b"".join(
        response(url, PAGE % head, "Content-Type: text/html", *fields)
        for url, (head, fields, _) in PAGES.items()
    ))  # fmt: skip
    (tmp_path / "robots.warc.gz").write_bytes(
        response("http://robots.example/robots.txt", FORBID.encode(), "Content-Type: text/plain")
    )
    return tmp_path


def reasons_of(local, folder, opt_outs, name):
    path = folder / f"{name}.yaml"
    path.write_text(
        "sources: {crawl: {kind: warc, path: crawl.warc.gz}}\nlanguage: null\nfilters: []\n"
        f"rights: {{opt_outs: {opt_outs}}}\n"
    )
    run = runs.start(recipes.load(path), str(folder / name), log=lambda _: None)
    extracted = runs.run_stages(run.on(local), "extract").of("extract")
    return {row["url"]: row["reason"] for row in outcomes(extracted).values()}, extracted


def test_an_extraction_that_honours_opt_outs(local, crawl):
    result, extracted = reasons_of(local, crawl, "{hosts: robots.warc.gz}", "all")
    assert result == {url: why for url, (_, _, why) in PAGES.items() if why}
    assert extracted.rows("documents") == 2
    result, extracted = reasons_of(local, crawl, "null", "none")
    assert (result, extracted.rows("documents")) == ({}, 6)


WRONG = {
    "no such file": ("{hosts: no.parquet}", r"rights\.opt_outs\.hosts"),
    "no table": ("{hosts: all.yaml}", r"rights\.opt_outs\.hosts: expected Parquet"),
    "other columns": ("{hosts: other.parquet}", r"expected columns host and one of robots.*got a"),
}


@pytest.mark.parametrize(("opt_outs", "message"), WRONG.values(), ids=WRONG)
def test_mistakes(local, crawl, opt_outs, message):
    pq.write_table(pa.table({"a": [1]}), crawl / "other.parquet")
    (crawl / "all.yaml").write_text("x")
    with pytest.raises(RecipeError, match=message):
        reasons_of(local, crawl, opt_outs, "wrong")
    run = runs.start(recipes.load(crawl / "wrong.yaml"), str(crawl / "out"), log=lambda _: None)
    with pytest.raises(RecipeError, match=message):
        plan.check(run)


def test_licences_are_counted_and_kept_by_name(local, tmp_path):
    pages = {
        "http://a.example/1": b'<link rel="license" href="https://creativecommons.org/licenses/by/4.0/">',
        "http://a.example/2": b'<link rel="license" href="http://creativecommons.org/licenses/by-nc/2.0/">',
        "http://a.example/3": b"",
    }
    (tmp_path / "crawl.warc.gz").write_bytes(
        b"".join(
            response(url, PAGE % head, "Content-Type: text/html") for url, head in pages.items()
        )
    )
    counts = {"cc-by-4.0": 1, "cc-by-nc-2.0": 1, "none": 1}
    stated = ["cc-by-4.0", "cc-by-nc-2.0", None]
    for license, dropped in (("{}", 0), ("{keep: [cc-by, none]}", 1), ("{keep: [cc0]}", 3)):
        path = tmp_path / f"{dropped}.yaml"
        path.write_text(
            "sources: {crawl: {kind: warc, path: crawl.warc.gz}}\nlanguage: null\nfilters: []\n"
            f"rights: {{license: {license}}}\n"
        )
        run = runs.start(recipes.load(path), str(tmp_path / f"out-{dropped}"), log=lambda _: None)
        extracted = runs.run_stages(run.on(local), "extract").of("extract")
        assert extracted.report["licenses"] == counts
        result = [row["reason"] for row in outcomes(extracted).values()]
        assert result == ["license_not_kept"] * dropped
        kept = [row["license"] for row in table_of(extracted, "documents")]
        assert kept == {0: stated, 1: ["cc-by-4.0", None], 3: []}[dropped]


def test_the_shards_have_the_licence_where_it_is_asked_for(local, tmp_path):
    link = b'<link rel="license" href="https://creativecommons.org/licenses/by/4.0/">'
    (tmp_path / "crawl.warc.gz").write_bytes(
        response("http://a.example/1", PAGE % link, "Content-Type: text/html")
        + response("http://a.example/2", PAGE[:-40] % b"", "Content-Type: text/html")
    )
    for settings, expected in (("{license: {}}", ["cc-by-4.0", None]), ("{}", None)):
        path = tmp_path / f"{len(settings)}.yaml"
        path.write_text(
            "sources: {crawl: {kind: warc, path: crawl.warc.gz}}\nlanguage: null\nfilters: []\n"
            f"dedup: {{near: false}}\nrights: {settings}\nmix: {{validation: 0}}\n"
        )
        out = tmp_path / f"out-{len(settings)}"
        runs.run_stages(
            runs.start(recipes.load(path), str(out), log=lambda _: None).on(local), "mix"
        )
        rows = pq.read_table(out / "corpus/train")
        assert rows.schema.names[: len(schema.CORPUS)] == schema.CORPUS.names
        assert (rows.num_rows, schema.LICENSE in list(rows.schema)) == (2, expected is not None)
        if expected:
            by = dict(zip(rows["url"].to_pylist(), rows["license"].to_pylist(), strict=True))
            assert [by[f"http://a.example/{n}"] for n in (1, 2)] == expected
