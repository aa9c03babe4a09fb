"""The page of a run: its numbers are the ledger's, text of the crawl stays text, nothing is asked
for, and it is never large."""

import html.parser
import json
import os
import re
import shutil
import subprocess
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import RecipeError
from curate.label.forms import read_ratings
from curate.report import page as pages
from curate.report.page import MOST_BYTES, embedded, page, write_page
from curate.report.page_data import page_data, shortened
from curate.store import schema

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")
HOSTILE = (
    '</script><script>document.title="taken over"</script><img src=x onerror="document.title=1">'
    "<!-- {{DATA}} \u2028 \x00 & \" ' `"
)
OUTCOMES = [
    ["books", "kept", "mix", "", 3, 30, 30],
    ["crawl", "damaged", "extract", "corrupt", 1, 0, 0],
    ["crawl", "dropped", "filter", "too_few_words", 5, 50, 60],
    ["crawl", "dropped", "quality", "lost_quality_draw", 2, 20, 20],
    ["crawl", "held_out", "mix", "", 1, 10, 10],
    ["crawl", "kept", "mix", "", 4, 40, 40],
    ["crawl", "skipped", "extract", "request", 7, 0, 0],
    ["crawl", "unused", "mix", "", 2, 20, 20],
]


RULES = {
    "pages": 40, "dropped": 20, "sources": [HOSTILE],
    "rules": [{"rule": "too_few_words", "alone": 16, "first": 10, "only": 9},
              {"rule": HOSTILE, "alone": 11, "first": 10, "only": 4}],
    "histograms": [
        {"rule": "too_few_words", "side": "least", "bound": 50.0, "edges": [10.0, 50.0, 90.0],
         "passed": [2, 7, 6, 14], "failed": [3, 4, 1, 3]},
    ],
    "overlaps": [["too_few_words", HOSTILE, 7]],
}  # fmt: skip


QUALITY = {
    "f1": 0.8, "auc": 0.9,
    "documents": {HOSTILE: {"documents": 8, "kept": 6, "histogram": [0, 0, 0, 5, *[0] * 15, 3],
                            "lengths": [[3, 4, 5], [19, 2, 3]]}},
    "calibration": [{"from": 0.1, "mean_score": 0.15, "references": 0.25, "windows": 9},
                    {"from": 0.9, "mean_score": 0.95, "references": 0.875, "windows": 7}],
    "keep_rate": {"threshold": [{"threshold": 0.5, "kept": 0.625}],
                  "pareto": [{"alpha": 9, "kept": 0.25}]},
    "words": {"for": [{"word": HOSTILE}], "against": []}, "corruptions": {HOSTILE: 0.5},
}  # fmt: skip


def ledger_of(outcomes):
    """Return ledger.json of outcomes."""
    ledger = {
        "records_in": 0, "kept": 0, "held_out": 0, "unused": 0, "damaged": 0, "skipped": {},
        "dropped": {}, "tokens_per_character": 0.25,
        "characters": {"extracted": 0, "kept": 0, "held_out": 0, "unused": 0, "dropped": {},
                       "cut": {"filter": {"notice": 10}}},
    }  # fmt: skip
    for _, state, stage, reason, records, characters, extracted in outcomes:
        ledger["records_in"] += records
        ledger["characters"]["extracted"] += extracted
        if state == "skipped":
            ledger["skipped"][reason] = ledger["skipped"].get(reason, 0) + records
        elif state == "dropped":
            own = ledger["dropped"].setdefault(stage, {})
            own[reason] = own.get(reason, 0) + records
            own = ledger["characters"]["dropped"].setdefault(stage, {})
            own[reason] = own.get(reason, 0) + characters
        else:
            ledger[state] += records
            if state in ledger["characters"]:
                ledger["characters"][state] += characters
    return ledger


@pytest.fixture
def out(tmp_path):
    """Return OUT of a run whose texts, ids and names are as hostile as can be."""
    outcomes = [[HOSTILE if row[0] == "crawl" else row[0], *row[1:]] for row in OUTCOMES]
    share = {"target_tokens": 10, "tokens": 10, "documents": 3, "epochs": 1.0, "at_cut": 0}
    books = {
        "manifest": {
            "mixture": {name: {"target": 0.5, "achieved": 0.5, **share}
                        for name in ("books", HOSTILE)},
            "recipe": {"mix": {"tokens": None, "max_epochs": 4.0}, "filters": ["gopher_quality"],
                       "sources": {name: {"weight": 0.5} for name in ("books", HOSTILE)}},
            "shards": [{"file": "corpus/train/train-00000-of-00001.parquet", "rows": 7,
                        "bytes": 70, "tokens": 20, "sha256": "0"}],
            "tokenizer": {"name": "gpt2"}, "seed": 7, "inputs": [{}],
        },
        "ledger": ledger_of(OUTCOMES),
        "report": {
            "outcomes": outcomes, "held_out": {"documents": 1},
            "reached": {"books": {"documents": 3, "tokens": 10},
                        HOSTILE: {"documents": 6, "tokens": 40}},
            "lengths": [["books", "kept", 5, 3], [HOSTILE, "dropped", 4, 7]],
            "edges": [0, 1, 2, 3, 6, 10, 18], "scores": [[HOSTILE, 3, 2]],
            "sites": {"count": 1, "rows": [[HOSTILE, 9, 8, 4, 40, "filter", "too_few_words", 5]]},
            "refused": {"count": 1, "rows": [[HOSTILE, "optout_robots", 6]]},
            "licenses": {HOSTILE: 2}, "edits": {"email": 3},
            "passages": [{"times": 4, "bytes": 64, "id": HOSTILE, "begins": HOSTILE}],
            "rules": RULES,
            "contaminated": [{"id": "1", "source": HOSTILE, "url": None, "benchmark": HOSTILE,
                              "item": "3", "field": "question", "before": "before ",
                              "found": HOSTILE, "after": " after"}],
        },
        "contamination": {
            "documents": 9, "cut": 2, "pieces": 2, "dropped": 0, "removed": 700,
            "settings": {"window": 200, "max_documents": 10},
            "benchmarks": [{"name": HOSTILE, "items": 9, "dirty": 4, "clean": 3, "too_short": 2,
                            "common_only": 1, "dirty_share": 4 / 7, "ngram": 13,
                            "fields": ["question"]}],
            "exempt": [{"ngram": HOSTILE, "documents": 12, "items": {HOSTILE: 1}}],
        },
        "run": {"engine": "local", "curate": "1", "begun": "2026-01-01T00:00:00+00:00",
                "ended": "2026-01-01T00:01:00+00:00", "seconds": 60.0, "peak_bytes": 1 << 20,
                "stages": [{"stage": "extract", "seconds": 60.0, "units": 2, "work_seconds": 90.0,
                            "peak_bytes": 1 << 21}]},
    }  # fmt: skip
    for name, book in books.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(book))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "quality.json").write_text(json.dumps(QUALITY))
    samples = [
        {"state": state, "stage": stage, "reason": reason or None, "source": source, "id": f"{n}",
         "url": HOSTILE, "value": 3.0, "bound": 50.0,
         "text": None if state == "skipped" else HOSTILE}
        for source, state, stage, reason, *_ in outcomes for n in range(2)
    ]  # fmt: skip
    shard = tmp_path / "corpus/train/train-00000-of-00001.parquet"
    shard.parent.mkdir(parents=True)
    rows = [{"text": HOSTILE, "id": f"{n}", "piece": 0, "epoch": 0, "source": "books",
             "file_path": "f", "token_count": 3, "language": HOSTILE}
            for n in range(7)]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, schema.CORPUS), shard)
    (tmp_path / "samples").mkdir()
    table = pa.Table.from_pylist(samples, schema.SAMPLES)
    pq.write_table(table, tmp_path / "samples" / "samples.parquet")
    (tmp_path / "duplicates").mkdir()
    rows = [
        {"removed_id": f"copy-{n}", "kept_id": "0", "jaccard": n / 5, "rule": "near_duplicate"}
        for n in range(5)
    ]
    table = pa.Table.from_pylist(rows, schema.DUPLICATES)
    pq.write_table(table, tmp_path / "duplicates" / "duplicates-00000-of-00001.parquet")
    pairs = [
        {**row, "removed_text": HOSTILE, "kept_text": None} for row in rows
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(pairs, schema.PAIRS), tmp_path / "pairs.parquet")
    return tmp_path


class Page(html.parser.HTMLParser):
    """A page as a browser reads it without running it."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.open = [], {}, ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.open = dict(attrs).get("type", tag) if tag == "script" else tag
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, text):
        self.texts[self.open] = self.texts.get(self.open, "") + text

    @property
    def data(self):
        return json.loads(self.texts["application/json"])


def summed(data, state, stage=None, reason=None, at=4):
    return sum(
        row[at] for row in data["outcomes"]
        if row[1] == state and stage in (None, row[2]) and reason in (None, row[3])
    )  # fmt: skip


def assert_as_in_the_ledger(data, ledger):
    """Assert that every count of the outcomes on a page is the ledger's."""
    assert sum(row[4] for row in data["outcomes"]) == ledger["records_in"]
    for state in ("kept", "held_out", "unused", "damaged"):
        assert summed(data, state) == ledger[state]
    for state in ("kept", "held_out", "unused"):
        assert summed(data, state, at=5) == ledger["characters"][state]
    for kind, count in ledger["skipped"].items():
        assert summed(data, "skipped", "extract", kind) == count
    assert summed(data, "skipped") == sum(ledger["skipped"].values())
    for stage, own in ledger["dropped"].items():
        for reason, count in own.items():
            assert summed(data, "dropped", stage, reason) == count
            characters = ledger["characters"]["dropped"][stage][reason]
            assert summed(data, "dropped", stage, reason, at=5) == characters
    assert summed(data, "dropped") == sum(sum(own.values()) for own in ledger["dropped"].values())
    assert data["ledger"] == ledger


def test_the_numbers_are_the_ledgers(out):
    data = Page(page(page_data(str(out)))).data
    assert_as_in_the_ledger(data, json.loads((out / "ledger.json").read_text()))


def test_text_of_the_crawl_makes_no_element(out):
    read = Page(page(page_data(str(out))))
    tags = [tag for tag, _ in read.tags]
    assert (tags.count("script"), tags.count("img")) == (2, 0)
    assert read.data["samples"][0]["text"] == HOSTILE
    assert read.data["sites"]["rows"][0][0] == HOSTILE


def test_nothing_is_asked_for(out):
    text = page(page_data(str(out)))
    read = Page(text)
    for tag, attributes in read.tags:
        for name in ("src", "href", "action", "data", "srcset"):
            assert attributes.get(name, "#").startswith("#"), (tag, name)
    for part in ("style", "script"):
        assert not re.search(r"https?:|url\(|@import|fetch\(|XMLHttp|import\(", read.texts[part])
    policy = next(a["content"] for _, a in read.tags if "http-equiv" in a)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert "innerHTML" not in text.replace(json.dumps(HOSTILE), "")


def test_the_same_run_gives_the_same_page(out):
    first = page(page_data(str(out)))
    assert page(page_data(str(out))) == first
    (out / "run.json").unlink()
    data = page_data(str(out))
    assert data["run"] is None
    assert page({**data, "run": json.loads(json.dumps(Page(first).data["run"]))}) == first


@given(st.text() | st.dictionaries(st.text(), st.text()))
def test_embedded_data_are_read_back_and_end_nothing(data):
    text = embedded(data)
    assert json.loads(text) == data
    assert not set("<>&\u2028\u2029") & set(text)
    text.encode()


def test_a_large_page_has_shorter_samples_and_says_so(out):
    data = page_data(str(out))
    data["samples"] = [{**data["samples"][0], "text": "\u0416" * 3_000} for _ in range(900)]
    for several in (1, 2, 4):
        text = page({**data, "samples": data["samples"] * several})
        read = Page(text).data
        assert len(text.encode()) <= MOST_BYTES
        length = len(read["samples"][0]["text"])
        assert read["samples"][0]["more"] == 3_000 - length
        assert read["shortened"] == (
            None
            if several == 1
            else f"Texts are cut after {length:,} characters, for this page "
            f"has at most {MOST_BYTES:,} bytes."
        )
        assert length == 2_000 if several == 1 else length in pages.FEWER[1:]


def test_a_page_that_cannot_be_small_is_refused(out, monkeypatch):
    data = page_data(str(out))
    monkeypatch.setattr(pages, "MOST_BYTES", 1_000)
    with pytest.raises(ValueError, match="expected at most 1,000 bytes"):
        page(data)


def test_what_is_left_out_of_a_sample_is_counted():
    rows = [
        {"text": "abcdef", "url": "u" * 999, "id": None},
        {"text": None, "url": None, "id": "i"},
    ]
    assert shortened(rows, 4) == [
        {"text": "abcd", "more": 2, "url": "u" * 300, "id": None},
        {"text": None, "more": 0, "url": None, "id": "i"},
    ]


def test_a_folder_without_a_run_is_refused(out):
    (out / "report.json").unlink()
    with pytest.raises(RecipeError, match=r"expected a finished run, found no report\.json"):
        write_page(str(out))


# --- in a browser ------------------------------------------------------------------------------


def shown(out, view, tmp_path):
    """Return what a browser makes of a view, as HTML."""
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", f"file://{out}/report.html#{view}",
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, timeout=120, check=True, env={**os.environ, "LANG": "C"}
    )
    return done.stdout.decode()


def cells(text, table):
    """Return the rows of a table of a page, as texts."""
    body = re.search(rf'<table id="table-{table}">.*?<tbody>(.*?)</tbody>', text, re.S)[1]
    return [
        [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)]
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.S)
    ]


@browser
def test_changes_are_shown(out, tmp_path):
    write_page(str(out), str(out))
    text = shown(out, "drift", tmp_path)
    assert {tuple(row[1:4:2]) for row in cells(text, "drift")} == {("0.000", "no")}
    assert "7 of this one's, 7 of the earlier one's" in text


@browser
def test_the_table_of_outcomes_shows_the_ledger(out, tmp_path):
    write_page(str(out))
    rows = cells(shown(out, "funnel", tmp_path), "outcomes")
    ledger = json.loads((out / "ledger.json").read_text())
    sums = Counter()
    for row in rows:
        sums[row[0]] += int(row[3].replace(",", ""))
        if row[0] == "dropped":
            assert int(row[3].replace(",", "")) == ledger["dropped"][row[1]][row[2]]
            characters = ledger["characters"]["dropped"][row[1]][row[2]]
            assert int(row[5].replace(",", "")) == characters
    for state in ("kept", "unused", "damaged"):
        assert sums[state] == ledger[state]
    assert sums["held out"] == ledger["held_out"]
    assert sums["skipped"] == sum(ledger["skipped"].values())
    assert sums["all"] == ledger["records_in"] == (sums.total() / 2)
    cut = {(row[0], row[1]): int(row[2].replace(",", "")) for row in cells(
        shown(out, "funnel", tmp_path), "cuts")}  # fmt: skip
    assert cut == {("filter", "notice"): 10}
    counts = {(row[0], row[2]): int(row[3].replace(",", "")) for row in rows}
    assert counts["dropped", "too_few_words"] == 5
    assert counts["kept", "samples"] == 7
    assert counts["all", ""] == json.loads((out / "ledger.json").read_text())["records_in"]


VIEWS = {
    "overview": 'class="bar kept"', "funnel": 'href="#samples/dropped/filter/too_few_words"',
    "mixture": 'class="bar achieved"',
    "samples/dropped/filter/too_few_words": "measured 3, the bound is 50",
    "duplicates": 'class="bar removed"', "lengths": 'class="bar kept"', "sites": 'id="table-sites"',
    "times": 'id="table-times"', "quality": 'class="dot achieved"',
    "rules": 'class="bar kept"', "rules/too_few_words": 'class="bound"',
    "contamination": 'class="bar dropped"', "rights": 'id="table-refused"',
}  # fmt: skip


@browser
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_drawn_and_hostile_text_stays_text(out, tmp_path, view):
    write_page(str(out))
    text = shown(out, view, tmp_path)
    assert f'id="view-{view.partition("/")[0]}"' in text
    assert VIEWS[view] in text
    assert f'id="{view.partition("/")[0]}"' not in text, "the browser would scroll to it"
    assert "<title>Corpus report</title>" in text
    assert "<img" not in text


def circles(text):
    """Return the middles of the dots of a page's square charts, as shares of their sides."""
    found = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', text)
    return [(round((float(x) - 50) / 300, 4), round(1 - (float(y) - 28) / 300, 4))
            for x, y in found]  # fmt: skip


@browser
def test_the_classifiers_calibration_is_drawn(out, tmp_path):
    write_page(str(out))
    text = shown(out, "quality", tmp_path)
    assert circles(text) == [(0.15, 0.25), (0.95, 0.875), (0.5, 0.625)]
    assert "score 0.150: 25.00 % of 9 windows are references" in text
    assert "alpha 9 25.00 %" in text
    assert len(re.findall(r'class="bar achieved" fill-opacity', text)) == 2, "score and length"


@browser
def test_contamination_and_rights_show_what_the_run_wrote(out, tmp_path):
    write_page(str(out))
    text = shown(out, "contamination", tmp_path)
    assert cells(text, "benchmarks")[0][1:7] == ["9", "4", "3", "1", "2", "13"]
    assert cells(text, "exempt")[0][0] == "12"
    assert f"before <mark>{html.escape(HOSTILE, quote=False)}"[:30] in text
    text = shown(out, "rights", tmp_path)
    assert cells(text, "refused")[0][1:] == ["optout_robots", "6"]
    assert cells(text, "licenses")[0][1] == "2"
    assert cells(text, "edits") == [["email", "3"]]
    assert cells(shown(out, "duplicates", tmp_path), "passages")[0][:2] == ["4", "64"]


# Place of the slider -> what is told. Of the pages with values below 10, from 10 to 50, from 50 to
# 90 and from 90 the other rules pass 2, 7, 6, 14 and drop 3, 4, 1, 3. The bound is 50. 17 records
# reach the filters.
BOUNDS = {
    0: "With the bound at 10 the rule drops 5 of 40 pages, 2 of them that no other rule drops. "
    "7 more would stay, 17.50 % of the sample: of 14 pages about 2 (1 to 4).",
    1: "With the bound at 50, the recipe's, the rule drops 16 of 40 pages, 9 of them that no other "
    "rule drops.",
    2: "With the bound at 90 the rule drops 23 of 40 pages, 15 of them that no other rule drops. "
    "6 fewer would stay, 15.00 % of the sample: of 14 pages about 2 (1 to 4).",
}  # fmt: skip


@browser
@pytest.mark.parametrize("place", BOUNDS)
def test_a_rules_bound_is_moved(out, tmp_path, place):
    write_page(str(out))
    script = f"""
      const slider = document.getElementById("bound");
      slider.value = "{place}";
      slider.dispatchEvent(new Event("input"));
    """
    (tmp_path / "copy").mkdir()
    text = html.unescape(acted(out, "rules", script, tmp_path / "copy"))
    assert re.search(r'<p id="bound-told"[^>]*>(.*?)</p>', text, re.S)[1] == BOUNDS[place]
    assert f'aria-valuetext="{[10, 50, 90][place]}"' in text
    assert text.count('class="moved"') == (place != 1)
    sides = re.findall(r'<rect [^>]*class="bar (kept|dropped)"', text)
    assert sides == ["dropped"] * (place + 1) + ["kept"] * (3 - place)
    assert cells(text, "rules")[0][1:5] == ["16", "40.00 %", "10", "9"]
    assert cells(text, "overlaps")[0][2:4] == ["7", "43.75 %"]


@browser
def test_words_that_one_of_two_copies_lacks_are_marked(out, tmp_path):
    texts = {"removed_text": "one two  three four", "kept_text": "one 2 three\n4 four"}
    ids = {"removed_id": "r", "kept_id": "k"}
    pairs = [{**ids, **texts, "jaccard": 0.9, "rule": "near_duplicate"}]
    pq.write_table(pa.Table.from_pylist(pairs, schema.PAIRS), out / "pairs.parquet")
    write_page(str(out))
    text = shown(out, "duplicates", tmp_path)
    left, right = re.findall(r"<pre[^>]*>(.*?)</pre>", text, re.S)
    assert re.sub("<[^>]*>", "", left) == "one two  three four"
    assert re.sub("<[^>]*>", "", right) == "one 2 three\n4 four"
    marked = [re.findall("<mark>(.*?)</mark>", side, re.S) for side in (left, right)]
    assert [[word for part in side for word in part.split()] for side in marked] == [
        ["two"], ["2", "4"],
    ]  # fmt: skip


def acted(out, view, script, tmp_path):
    """Return what a browser makes of a view once a script has acted on it.

    The script stands in a copy of the page without the policy, which would not let it run.
    """
    text = re.sub(r"<meta http-equiv[^>]*>", "", (out / "report.html").read_text())
    (tmp_path / "report.html").write_text(
        text.replace("</body>", f"<script>{script}</script></body>")
    )
    return shown(tmp_path, view, tmp_path)


@browser
def test_labels_given_on_the_page_are_read_back(out, tmp_path):
    write_page(str(out))
    script = """
      document.getElementById("rater").value = "Ann </script";
      const press = (at, label) => document.querySelectorAll(`[data-label=${label}]`)[at].click();
      press(0, "bad"); press(0, "good"); press(0, "good");
      press(1, "good"); press(1, "acceptable");
      const lines = document.createElement("pre");
      lines.id = "lines";
      lines.textContent = labelLines();
      document.body.append(lines);
    """.replace("</", "<\\/")
    view = "samples/dropped/filter/too_few_words"
    (tmp_path / "copy").mkdir()
    text = html.unescape(acted(out, view, script, tmp_path / "copy"))
    lines = re.search(r'<pre id="lines">(.*?)</pre>', text, re.S)[1]
    (tmp_path / "labels.jsonl").write_text(lines)
    (rating,) = read_ratings(str(tmp_path / "labels.jsonl"))
    assert (rating.id, rating.source, rating.score) == ("1", HOSTILE, 0.5)
    assert rating.rater == "Ann </script"
    assert "1 labels" in text
    assert 'download="labels.jsonl" role="button" href="blob:' in text


@browser
def test_what_labels_say_is_shown(out, tmp_path):
    share = {"bad": 0.25, "low": 0.1, "high": 0.5}
    labels = {
        "labels": 8, "ratings": 9, "classifier": None,
        "raters": [{"rater": HOSTILE, "labels": 9, "gold": 5, "right": 2, "repeats": 1, "same": 1,
                    "used": False}],
        "agreement": {name: {"alpha": 0.5, "documents": 3} for name in ("all", "used")},
        "outcomes": [{"state": "dropped", "stage": "filter", "reason": "too_few_words",
                      "records": 5, "labels": 8, **share}],
    }  # fmt: skip
    (out / "labels").mkdir()
    (out / "labels" / "labels.json").write_text(json.dumps(labels))
    write_page(str(out))
    text = shown(out, "labels", tmp_path)
    assert cells(text, "labels") == [
        ["dropped", "filter", "too_few_words", "5", "8", "25.00 %", "10.00 % to 50.00 %"]
    ]
    assert 'href="#samples/dropped/filter/too_few_words"' in text
    assert cells(text, "raters")[0][1:4] == ["9", "2 of 5", "1 of 1"]
    assert "<img" not in text
