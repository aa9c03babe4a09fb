import json

import pytest
import yaml

from curate.report.card import card, escape

MANIFEST = {
    "schema_version": 1,
    "shards": [
        {
            "file": f"corpus/train/train-0000{i}-of-00002.parquet",
            "rows": 1_000 + i,
            "bytes": 12_345,
            "tokens": 99_999,
            "sha256": "0" * 64,
        }
        for i in range(2)
    ]
    + [
        {
            "file": "corpus/validation/validation-00000-of-00001.parquet",
            "rows": 10,
            "bytes": 77,
            "tokens": 5,
            "sha256": "1" * 64,
        }
    ],
    "mixture": {
        "crawl": {
            "target": 0.6,
            "achieved": 0.60119,
            "tokens": 1_234,
            "documents": 30,
            "epochs": 0.4347,
        },
        "books": {"target": 0.4, "achieved": 0.39881, "tokens": 818, "documents": 4, "epochs": 3.0},
    },
    "recipe": {
        "language": {"keep": ["en", "de"]},
        "sources": {
            "crawl": {"kind": "warc", "reference": False, "license": None},
            "books": {"kind": "text", "reference": True, "license": "public domain"},
        },
    },
    "versions": {"curate": "0.1.0", "pyarrow": "26.0.1"},
    "seed": 7,
    "tokenizer": {"name": "gpt2", "sha256": "2" * 64},
    "inputs": [{"source": "crawl", "file_path": "a.warc.gz"}] * 3,
}
LEDGER = {
    "records_in": 1_000,
    "kept": 700,
    "damaged": 1,
    "skipped": {"request": 100, "metadata": 3},
    "held_out": 5,
    "unused": 50,
    "dropped": {"filters": {"c4_curly_bracket": 41, "gopher_words": 90}, "exact": {"copy": 10}},
    "checksum_in": "0",
    "checksum_out": "0",
}


def front(text):
    start, matter, rest = text.split("---\n", 2)
    assert start == ""
    return yaml.safe_load(matter), rest


def rows(text, title):
    """Return the cells of the table under a heading."""
    part = text.split(f"## {title}\n")[1].split("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("|")]
    assert set("".join(lines[1])) <= set(":-")
    assert {len(line) for line in lines} == {len(lines[0])}
    return lines[2:]


LICENCES = {
    "the same of all": (["CC0", "cc0-1.0"], "cc0-1.0"),
    "several": (["CC BY-SA 4.0", "MIT"], ["cc-by-sa-4.0", "mit"]),
    "one without a name": (["see the publisher"], "other"),
    "one that states none": (["Apache-2.0", None], ["apache-2.0", "unknown"]),
}


@pytest.mark.parametrize(("stated", "named"), LICENCES.values(), ids=LICENCES)
def test_the_front_matter_has_the_licences_of_the_sources(stated, named):
    sources = {f"s{n}": {"kind": "text", "license": one} for n, one in enumerate(stated)}
    matter, _ = front(card(MANIFEST | {"recipe": {"sources": sources}}, LEDGER))
    assert matter["license"] == named


def test_the_front_matter_has_tags_of_what_was_done():
    assert front(card(MANIFEST, LEDGER))[0]["tags"] == ["curate", "pretraining"]
    recipe = MANIFEST["recipe"] | {"dedup": {"near": True}}
    more = MANIFEST | {"recipe": recipe, "benchmarks": [{"name": "a"}]}
    assert {"deduplicated", "decontaminated"} <= set(front(card(more, LEDGER))[0]["tags"])


def test_the_front_matter_leads_to_both_splits():
    matter, _ = front(card(MANIFEST, LEDGER))
    assert matter["configs"] == [
        {
            "config_name": "default",
            "data_files": [
                {"split": "train", "path": "corpus/train/*.parquet"},
                {"split": "validation", "path": "corpus/validation/*.parquet"},
            ],
        }
    ]
    assert matter["language"] == ["de", "en"]
    assert matter["size_categories"] == ["1K<n<10K"]


def test_without_a_validation_split_none_is_promised():
    matter, _ = front(card(MANIFEST | {"shards": MANIFEST["shards"][:2]}, LEDGER))
    assert [data_file["split"] for data_file in matter["configs"][0]["data_files"]] == ["train"]


def test_the_mixture_is_set_beside_its_target():
    assert rows(card(MANIFEST, LEDGER), "Mixture") == [
        ["`books`", "40.00 %", "39.88 %", "818", "4", "3.00"],
        ["`crawl`", "60.00 %", "60.12 %", "1,234", "30", "0.43"],
    ]


CONTAMINATION = {
    "documents": 1_000,
    "cut": 12,
    "pieces": 20,
    "dropped": 2,
    "benchmarks": [
        {
            "name": "<b>|quiz",
            "ngram": 13,
            "items": 1_200,
            "too_short": 200,
            "dirty": 50,
            "common_only": 1,
            "clean_share": 0.95,
        }
    ],
    "exempt": [
        {"ngram": f"<i> | phrase {n}", "documents": 31, "items": {"quiz": 5}} for n in range(30)
    ],
}


def test_contamination_is_told_and_names_are_only_shown():
    text = card(MANIFEST, LEDGER, CONTAMINATION)
    part = text.split("## Contamination")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    assert lines[2] == "| &#60;b&#62;&#124;quiz | 13 | 1,200 | 200 | 50 | 1 | 95.00 % |"
    assert lines[5] == "| &#60;i&#62; &#124; phrase 0 | 31 |"
    assert len(lines) == 3 + 2 + 20, "the first twenty phrases"
    assert "Of 1,000 documents, 12 shared" in part
    assert "30 runs of words" in part
    assert "| phrase" not in card(MANIFEST, LEDGER, CONTAMINATION | {"exempt": []})


def test_without_benchmarks_the_card_says_so():
    assert "No benchmark was looked for" in card(MANIFEST, LEDGER)


def test_the_records_add_up():
    result = rows(card(MANIFEST, LEDGER), "Records")
    counts = {name: int(count.replace(",", "")) for name, count, _ in result}
    assert counts == {
        "read": 1_000,
        "damaged": 1,
        "skipped": 103,
        "dropped": 141,
        "held out": 5,
        "unused": 50,
        "kept": 700,
    }
    assert sum(counts.values()) == 2 * counts["read"]
    assert rows(card(MANIFEST, LEDGER), "Why records were left out") == [
        ["skipped", "`request`", "100"],
        ["skipped", "`metadata`", "3"],
        ["`filters`", "`gopher_words`", "90"],
        ["`filters`", "`c4_curly_bracket`", "41"],
        ["`exact`", "`copy`", "10"],
    ]


def test_contents_sources_and_versions_are_told():
    text = card(MANIFEST, LEDGER)
    assert rows(text, "Contents") == [
        ["train", "2", "2,001", "199,998", "24,690"],
        ["validation", "1", "10", "5", "77"],
    ]
    assert rows(text, "Sources") == [
        ["`books`", "`text`", "yes", "`public domain`"],
        ["`crawl`", "`warc`", "no", "`not stated`"],
    ]
    assert rows(text, "Made with") == [["`curate`", "`0.1.0`"], ["`pyarrow`", "`26.0.1`"]]
    assert json.loads(text.split("```json\n")[1].split("```")[0]) == MANIFEST["recipe"]


def test_the_same_input_gives_the_same_text():
    backwards = {key: MANIFEST[key] for key in reversed(MANIFEST)}
    backwards["mixture"] = dict(reversed(MANIFEST["mixture"].items()))
    assert card(backwards, LEDGER) == card(MANIFEST, LEDGER)


def test_a_manifest_without_anything_is_still_a_card():
    text = card({}, {})
    matter, rest = front(text)
    assert matter["size_categories"] == ["n<1K"]
    assert "|" not in rest


HOSTILE = [
    "<script>alert(1)</script>",
    "a | b",
    "`code`",
    "---\nlicense: mit",
    "```\n# out of the block",
    "\x1b]0;title\x07\x1b[2J",
    "[here](https://evil.example)",
    "www.evil.example https://evil.example @someone",
    "![x](y) *a* _b_ ~~c~~ &lt;",
    "exe.\u202egnp",
    "a\\|b",
    "x" * 10_000,
    "\ud800",
    "é漢",
]


@pytest.mark.parametrize("word", HOSTILE, ids=range(len(HOSTILE)))
def test_names_from_outside_are_shown_and_do_nothing(word):
    manifest = {
        **MANIFEST,
        "mixture": {word: MANIFEST["mixture"]["crawl"]},
        "recipe": {"sources": {word: {"kind": word, "license": word}}},
        "versions": {word: word},
        "tokenizer": {"name": word},
        "seed": word,
    }
    ledger = {**LEDGER, "skipped": {word: 1}, "dropped": {word: {word: 2}}}
    text = card(manifest, ledger)
    plain = card(MANIFEST, LEDGER)
    matter, rest = front(text)
    assert set(matter) == {*front(plain)[0]} - {"language"}
    outside = rest.split("```json")[0]
    assert [line for line in outside.splitlines() if line.startswith("#")] == [
        line for line in plain.splitlines() if line.startswith("#")
    ]
    assert text.count("```") == plain.count("```")
    assert not set("<[\x1b\x07\u202e\ud800") & set(outside)
    assert "https://evil" not in outside
    assert "www.evil" not in outside
    for title in ("Mixture", "Why records were left out", "Sources", "Made with"):
        rows(outside, title)
    code = text.split("```json\n")[1].split("```")[0]
    assert json.loads(code) == manifest["recipe"]
    assert not set("<>&`") & set(code)
    assert max(map(len, outside.splitlines())) < 5_000  # nobody's name fills the page
    text.encode()


ESCAPED = {
    "gopher_quality": "`gopher_quality`",
    "a b-1.0+c": "`a b-1.0+c`",
    "": "",
    " a": " a",
    "a_": "`a_`",
    "-a": "-a",
    "a-": "a-",
    7: "`7`",
    "a.b|": "a&#46;b&#124;",
    "a\nb": "a\ufffdb",
}


@pytest.mark.parametrize(("value", "shown"), ESCAPED.items(), ids=map(repr, ESCAPED))
def test_escape(value, shown):
    assert escape(value) == shown


def test_hugging_face_reads_the_card():
    hub = pytest.importorskip("huggingface_hub")
    data = hub.DatasetCard(card(MANIFEST, LEDGER)).data
    assert data.pretty_name == "Corpus"
    assert data.task_categories == ["text-generation"]


def test_datasets_finds_both_splits_through_the_card(tmp_path):
    datasets = pytest.importorskip("datasets")
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    for i, shard in enumerate(MANIFEST["shards"]):
        path = tmp_path / "out" / shard["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"text": [f"text {i}"]}), path)
    (tmp_path / "out" / "manifest.json").write_text(json.dumps(MANIFEST))
    (tmp_path / "out" / "README.md").write_text(card(MANIFEST, LEDGER), "utf-8")
    result = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert {split: part["text"][:] for split, part in result.items()} == {
        "train": ["text 0", "text 1"],
        "validation": ["text 2"],
    }
