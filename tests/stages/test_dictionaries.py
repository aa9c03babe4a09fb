"""A recipe's dictionaries: what it may say, its hash, and the outcomes of a run."""

import json
from importlib import metadata

import pytest

from curate import recipe as recipes
from curate import steps
from curate.filters.html_prefilter import prefilter_with_reason
from curate.languages import profile
from curate.recipe import RecipeError
from curate.stages import extract
from curate.stages import filter as filter_
from curate.stages.stage import SoFar
from curate.store.commits import versions_of
from curate.text.dictionaries import LIBRARIES, require
from stages.committed import carry_out, start, table_of


def has_library(name):
    try:
        require(name)
    except ImportError:
        return False
    return True


needs_rjieba = pytest.mark.skipif(not has_library("rjieba"), reason="rjieba is not installed")
PLAIN = {"sources": {"web": {"kind": "jsonl", "path": "web.jsonl"}}}


def whole(keep=("zh",), dictionaries=None, **keys):
    language = {"keep": keep} | ({} if dictionaries is None else {"dictionaries": dictionaries})
    return {**PLAIN, "language": language, **keys}


MISTAKES = {
    "no such library": (
        {"dictionaries": {"zh": "jieba"}},
        r"language\.dictionaries\.zh: expected .*rjieba.*, got .?jieba",
    ),
    "a library of another language": (
        {"dictionaries": {"zh": "pythainlp"}},
        r"dictionaries\.zh: expected rjieba, got pythainlp",
    ),
    "not kept": (
        {"keep": ["en"], "dictionaries": {"zh": "rjieba"}},
        r"dictionaries: expected languages that are kept \(en\), got zh",
    ),
    "a language without one": (
        {"keep": ["km", "zh"], "dictionaries": {"km": "rjieba"}},
        r"dictionaries: expected some of ja, th, zh, got km",
    ),
    "twice": (
        {"dictionaries": {"zh": "rjieba", "cmn": "rjieba"}},
        r"expected each language once, got zh again, as cmn",
    ),
}


@pytest.mark.parametrize(("keys", "told"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes(tmp_path, keys, told, monkeypatch):
    monkeypatch.setattr("curate.recipe.filter.require", lambda _: None)
    with pytest.raises(RecipeError, match=told):
        recipes.parse(whole(**keys), tmp_path)


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_package_that_is_missing_is_told_before_work_starts(tmp_path, monkeypatch, name):
    def missing(distribution):
        raise metadata.PackageNotFoundError(distribution)

    monkeypatch.setattr(metadata, "version", missing)
    code = LIBRARIES[name].language
    with pytest.raises(
        RecipeError,
        match=rf"language.*dictionaries\.{code}: expected {name} installed, got none: "
        r"pip install .*\[dictionaries\]",
    ):
        recipes.parse(whole(keep=[code], dictionaries={code: name}), tmp_path)


def test_a_recipe_without_one_is_written_as_ever(tmp_path):
    made = recipes.parse(whole(), tmp_path)
    assert made == recipes.parse(whole(dictionaries={}), tmp_path)
    assert "dictionaries" not in made.language.model_dump()
    assert "dictionaries" not in made.without_paths()["language"]
    assert made.dictionaries() == []


@needs_rjieba
def test_the_hash_has_the_library_and_its_version(tmp_path, monkeypatch):
    (tmp_path / "web.jsonl").write_text("{}\n")

    def input_hash(**keys):
        run = start(whole(**keys), tmp_path, tmp_path / "out")
        return filter_.prepare(run, SoFar()).input_hash

    class Nothing:
        commits = ()

    monkeypatch.setattr(SoFar, "left", Nothing)
    plain = input_hash()
    assert plain == input_hash(dictionaries={})
    chosen = input_hash(dictionaries={"zh": "rjieba"})
    by_filter = input_hash(filters=[{"gopher_quality": {"dictionary": "rjieba"}}])
    monkeypatch.setattr(
        "curate.stages.stage.versions_of",
        lambda names: versions_of(names) | ({"rjieba": "99"} if "rjieba" in names else {}),
    )
    assert plain == input_hash()
    assert chosen != input_hash(dictionaries={"zh": "rjieba"})
    assert by_filter != input_hash(filters=[{"gopher_quality": {"dictionary": "rjieba"}}])
    assert len({plain, chosen, by_filter}) == 3


@needs_rjieba
def test_filters_of_a_language_have_its_dictionary(tmp_path):
    rules = {"zh": {"fineweb": {"dictionary": None}}}
    filters = ["gopher_quality", {"c4": {"edit": True}}, "fineweb", "pii"]
    made = recipes.parse(
        whole(["zh", "en"], {"cmn": "rjieba"}, filters=filters)
        | {"language": {"keep": ["zh", "en"], "dictionaries": {"cmn": "rjieba"}, "rules": rules}},
        tmp_path,
    )
    quality, c4, *_ = (step.function for step in made.steps("zh"))
    assert quality.dictionary == "rjieba"
    assert quality.too_few_words == round(50 * profile("zh").by("rjieba").words)
    assert c4.dictionary is None
    fineweb = next(step.function for step in made.steps("zh") if step.name == "fineweb")
    assert fineweb.dictionary is None
    assert fineweb.few_words == round(5 * profile("zh").words)
    assert {getattr(step.function, "dictionary", None) for step in made.steps("en")} == {None}


@needs_rjieba
def test_the_prefilter_counts_letters_alone(tmp_path):
    made = recipes.parse(whole(dictionaries={"zh": "rjieba"}), tmp_path)
    prefilter, _ = prefilter_with_reason(made.steps("zh"))
    assert prefilter.min_letters == -(-round(50 * profile("zh").by("rjieba").words) * 4 // 5)
    assert prefilter.min_stop_words is None


@pytest.mark.skipif(not has_library("sudachipy"), reason="sudachipy is not installed")
def test_there_is_no_prefilter_where_words_are_finer(tmp_path):
    made = recipes.parse(whole(["ja"], {"ja": "sudachipy"}), tmp_path)
    prefilter, why = prefilter_with_reason(made.steps("ja"))
    assert prefilter is None
    assert "finer" in why


SENTENCES = [
    "昨天下午，我和朋友一起去了城外的山上，山路很窄，我们走了两个小时才到了山顶。",
    "他说那本书一直和别的文件一起放在桌子上，没有人知道是谁把它拿走的。",
    "这是战争以后不得不关闭的最后一家工厂，工人们都已经离开了这个地方。",
    "我们走到路的尽头，那里的河水又深又慢，天气不冷也不热，风很轻。",
]


@needs_rjieba
def test_a_run_judges_as_the_filters_do(local, tmp_path):
    texts = ["\n\n".join(SENTENCES[n % 4 :] + SENTENCES[: n % 4])[: 30 + 12 * n] for n in range(12)]
    rows = ({"id": str(n), "text": text} for n, text in enumerate(texts))
    (tmp_path / "web.jsonl").write_text("\n".join(map(json.dumps, rows)))
    keys = {"filters": ["gopher_repetition", "gopher_quality", "fineweb"]}
    outcomes = {}
    for name, dictionaries in (("by", {"zh": "rjieba"}), ("without", {})):
        given = whole(dictionaries=dictionaries, **keys)
        run = start(given, tmp_path, tmp_path / name, local)
        so_far = carry_out(filter_, run, carry_out(extract, run, SoFar()))
        told = {row["id"]: row["reason"] for row in table_of(so_far.of("filter"), "outcomes")}
        chain = run.recipe.steps("zh")
        expected = {
            str(n): reason
            for n, text in enumerate(texts)
            if (reason := steps.apply(chain, text)[1]) is not None
        }
        assert told == expected
        outcomes[name] = told
    assert 0 < len(outcomes["by"]) < len(texts)
    assert outcomes["by"] != outcomes["without"]
