"""Runs of several languages: each by its own rules, mixed by language, told of in the reports."""

import json

import pyarrow.parquet as pq
import pytest
from stages.committed import start

from curate.pipeline import run as runs
from curate.recipe import RecipeError
from curate.report.page_data import page_data
from curate.verify import verify

PROSE = {  # sentences, whose order is changed for more documents
    "en": [
        "In the morning the ferry brought the letters, and the people waited at the pier.",
        "She said that the book had been on the table with the other papers of the house.",
        "It was the last of the mills that had to be closed after the war.",
        "They walked to the end of the road, where the river is deep and slow.",
    ],
    "de": [
        "Am Morgen brachte die Fähre die Briefe, und die Leute warteten auf dem Steg.",
        "Sie sagte, dass das Buch mit den anderen Papieren auf dem Tisch gelegen hatte.",
        "Es war die letzte der Mühlen, die nach dem Krieg geschlossen werden mussten.",
        "Sie gingen bis zum Ende der Straße, wo der Fluss tief ist und nicht schnell.",
    ],
    "zh": [
        "昨天下午，我和朋友一起去了城外的山上，山路很窄，我们走了两个小时才到了山顶。",
        "他说那本书一直和别的文件一起放在桌子上，没有人知道是谁把它拿走的。",
        "这是战争以后不得不关闭的最后一家工厂，工人们都已经离开了这个地方。",
        "我们走到路的尽头，那里的河水又深又慢，天气不冷也不热，风很轻。",
    ],
}
DOCUMENTS = {"en": 24, "de": 12, "zh": 6}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("languages")
    rows = []
    for code, number in DOCUMENTS.items():
        for n in range(number):
            own = PROSE[code][n % 4 :] + PROSE[code][: n % 4]
            own = [f"{n}{code}: {sentence}" for sentence in own * 1]
            rows.append({"id": f"{code}{n}", "text": "\n\n".join(own)})
    (folder / "web.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


def recipe(**mix):
    return {
        "sources": {"web": {"kind": "jsonl", "path": "web.jsonl"}},
        "language": {"keep": [*DOCUMENTS]},
        "dedup": {"near": False},
        "mix": {"validation": 0, "max_epochs": 20, **mix},
    }


def made(engine, folder, out, **mix):
    run = start(recipe(**mix), folder, out, engine)
    runs.run_stages(run)
    assert verify(str(out), workers=1)[1] == []
    rows = pq.read_table(out / "corpus/train").to_pylist()
    tokens = dict.fromkeys(DOCUMENTS, 0)
    for row in rows:
        assert row["id"].startswith(row["language"])
        tokens[row["language"]] += row["token_count"]
    return rows, {code: count / sum(tokens.values()) for code, count in tokens.items()}


def test_a_mixture_by_language(local, folder, tmp_path):
    weights = {"en": 0.25, "de": 0.25, "zh": 0.5}
    rows, shares = made(local, folder, tmp_path / "out", by="language", weights=weights,
                        tokens=9_000)  # fmt: skip
    assert shares == pytest.approx(weights, abs=0.03)
    report = json.loads((tmp_path / "out/report.json").read_text())["languages"]
    once = {row["id"]: row for row in rows}
    for code, number in DOCUMENTS.items():
        assert report[code]["documents"] == number
        own = [row for row in once.values() if row["language"] == code]
        if len(own) == number:
            assert report[code]["bytes"] == sum(len(row["text"].encode()) for row in own)
    assert page_data(str(tmp_path / "out"))["languages"] == report
    card = (tmp_path / "out/README.md").read_text()
    bytes_per_token = report["zh"]["bytes"] / report["zh"]["tokens"]
    assert f"| `zh` | 6 | {report['zh']['tokens']:,} | {bytes_per_token:.2f} |" in card


def test_a_temperature_evens_languages_out(local, folder, tmp_path):
    _, plain = made(local, folder, tmp_path / "plain", tokens=4_000)
    _, even = made(local, folder, tmp_path / "even", by="language", temperature=100, tokens=9_000)
    assert max(plain.values()) - min(plain.values()) > 0.1
    assert [*even.values()] == pytest.approx([1 / 3] * 3, abs=0.04)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"by": "language", "weights": {"en": 1}, "temperature": 2}, "temperature: expected `by`"),
        ({"temperature": 2}, "temperature: expected `by`"),
        ({"by": "language", "temperature": 0.5}, "temperature"),
    ],
)
def test_what_does_not_fit_is_refused(folder, tmp_path, changes, told):
    with pytest.raises(RecipeError, match=told):
        start(recipe(**changes), folder, tmp_path / "out")


def test_without_a_language_there_is_no_mixture_by_it(folder, tmp_path):
    with pytest.raises(RecipeError, match="or language where it is identified, got language"):
        start({**recipe(by="language"), "language": None}, folder, tmp_path / "out")
