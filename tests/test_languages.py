"""Rules by language: profiles, what filters make of them, what a recipe says."""

from math import ceil

import pyarrow as pa
import pytest

from curate import batch, filters, recipe, steps
from curate.filters import find
from curate.filters.finding import modules
from curate.filters.gopher import GopherQuality
from curate.filters.html_prefilter import prefilter_for_all
from curate.filters.language import Language
from curate.languages import canonical, profile, profiles
from curate.recipe.languages import language_warnings
from curate.sources.prefilter_policy import prefilter_of
from curate.text.sentences import count_sentences
from curate.text.views import has_words, split_words


def parsed(tmp_path, **keys):
    return recipe.parse({"sources": {"a": {"kind": "text", "path": "x"}}, **keys}, tmp_path)


# --- profiles ----------------------------------------------------------------------------------


def test_english_is_the_measure():
    english = profile("en")
    assert (english.words, english.characters) == (1.0, 1.0)
    assert profile(None) is english
    assert profile("eng_Latn") is english


def test_there_are_forty_languages_counted_on_sentences():
    counted = [one for one in profiles().values() if "sentences" in one.sources]
    assert len(counted) >= 70
    assert len(profiles()) >= 100
    for one in profiles().values():
        assert one.is_known, one
        assert 0.3 < one.words < 6, one
        assert 0.2 < one.characters < 2, one
        assert 0 <= one.ended <= 1, one
        assert len(set(one.stop_words)) == len(one.stop_words), one


@pytest.mark.parametrize(
    ("code", "word"),
    [("de", "und"), ("fr", "de"), ("el", "και"), ("ru", "и"), ("ar", "في"), ("zh", "的")],
)
def test_stop_words_are_the_commonest_words(code, word):
    assert word in profile(code).stop_words[:3]


def test_a_language_nobody_knows():
    unknown = profile("xx")
    assert not unknown.is_known
    assert unknown.stop_words == ()
    assert profile("nb").code == "no"
    assert profile("cmn_Hans").code == "zh"


def judges(chain):
    """Return the judges of a chain, with their settings."""
    return [step.function for step in chain if step.kind == "judge"]


# --- filters -----------------------------------------------------------------------------------


def with_languages():
    """Yield the names of the filters that say what they are in a language."""
    for module in modules():
        for name, filter_ in getattr(module, "FILTERS", {}).items():
            if hasattr(filter_, "in_language"):
                yield name


@pytest.mark.parametrize("name", [*with_languages()])
def test_a_filter_can_be_made_in_every_language(name):
    for code in (*profiles(), "xx"):
        assert find(name, language=code)
    assert judges(find(name, language="en")) == judges(find(name))
    assert judges(find(name, language="th")) != judges(find(name))


def test_settings_go_before_those_of_the_language():
    (step,) = find("gopher_quality", language="zh", too_few_words=7)
    assert step.function.too_few_words == 7
    assert step.function.stop_words == profile("zh").stop_words


def test_a_variant_knows_english_alone():
    for variant in ("paper", "datatrove"):
        assert find("gopher_quality", language="de", variant=variant) == find(
            "gopher_quality", variant=variant
        )


GERMAN = (
    "Die Donaudampfschifffahrtsgesellschaft verkehrte auf dem Fluss und auf den Seen, und "
    "ihre Schiffe waren bei den Leuten der Gegend beliebt. Der Kapitän kannte jede Sandbank von "
    "Passau bis Wien. Im Winter lag das Schiff im Hafen, und die Mannschaft ging nach Hause. Erst "
    "wenn das Eis geschmolzen war, fuhr es wieder, mit neuer Farbe und mit den alten Liedern."
)
CHINESE = (
    "昨天下午，我和朋友一起去了城外的山上。山路很窄，我们走了两个小时才到了山顶。在那里，我们看到了整个城市和远处的河。"
    "天气不冷也不热，风很轻。我的朋友说，他小时候常常和父亲来这里，父亲会给他讲很多有意思的事。"
    "我们在山上坐了很久，一直到太阳下山。回家的路上，他不说话，我也不说话。"
)


@pytest.mark.parametrize(("code", "text"), [("de", GERMAN), ("zh", CHINESE)])
def test_prose_stays_by_its_own_rules_and_not_by_english_ones(code, text, tmp_path):
    made = parsed(tmp_path, language={"keep": [code]})
    assert steps.apply(made.steps(code), text) == (text, None)
    assert steps.apply(made.steps("en"), text)[1] is not None
    menu = "\n".join(" ".join(pair) for pair in zip(*[iter(split_words(text))] * 2, strict=False))
    assert steps.apply(made.steps(code), menu)[1] is not None


# --- recipes -----------------------------------------------------------------------------------


def test_each_row_is_judged_by_the_rules_of_its_language(tmp_path):
    made = parsed(tmp_path, language={"keep": "all"})
    assert made.language.keep is None
    rows = pa.RecordBatch.from_pydict({
        "text": [GERMAN, CHINESE, GERMAN, CHINESE],
        "language": ["de", "zh", "en", None],
    })  # fmt: skip
    judged = batch.judge(made.steps)(rows)
    reasons = judged["drop_reason"].to_pylist()
    assert reasons[:2] == [None, None]
    assert None not in reasons[2:]


def test_rules_of_a_language(tmp_path):
    rules = {"de": {"gopher_quality": {"too_few_words": 10_000}}}
    made = parsed(tmp_path, language={"keep": ["de", "en"], "rules": rules})
    assert steps.apply(made.steps("de"), GERMAN)[1] == "too_few_words"
    assert judges(made.steps("en")) == judges(parsed(tmp_path).steps())


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ({"fr": {}}, r"language\.rules: expected languages that are kept \(de\), got fr"),
        ({"de": {"pii": {}}}, r"language\.rules\.de: expected filters of this recipe .*got pii"),
        ({"de": {"gopher_quality": {"min_words": 3}}}, "min_words is now too_few_words"),
        ({"de": {"gopher_quality": {"too_few_words": -3}}}, "too_few_words.*got -3"),
    ],
)
def test_wrong_rules_of_a_language(tmp_path, rules, told):
    with pytest.raises(recipe.RecipeError, match=told):
        parsed(tmp_path, language={"keep": ["de"], "rules": rules})


def test_what_a_plan_tells_of_languages(tmp_path):
    def told(**keys):
        return language_warnings(parsed(tmp_path, **keys))

    assert told() == []
    assert told(language={"keep": ["de", "zh"]}) == []
    assert "rules of English" in told(language=None)[0]
    assert told(language=None, filters=[]) == []
    assert "no data of haw" not in str(told(language={"keep": ["en"]}))
    assert "no data of as, gom" in told(language={"keep": ["de", "as", "gom"]})[0]
    paper = [{"gopher_quality": {"variant": "paper"}}, {"c4": {"edit": True}}]
    first, second = told(language={"keep": ["de"]}, filters=paper)
    assert "gopher_quality: variant: paper knows English only" in first
    assert "c4: edit: True knows English only" in second
    assert told(filters=paper) == []
    assert "sr without bs, hr" in told(language={"keep": ["sr"]})[0]
    assert told(language={"keep": ["sr", "hr", "bs"]}) == []


def test_what_a_plan_tells_of_a_mixture_by_language(tmp_path):
    def told(weights, keep=("en", "zh")):
        mix = {"by": "language", "weights": weights}
        return parsed(tmp_path, language={"keep": keep}, mix=mix)

    made = told({"eng": 1, "zh-Hans": 2})
    assert made.mix.weights == {"en": 1, "zh": 2}
    assert language_warnings(made) == []
    assert told({"a": {"eng": 1}}).mix.weights == {"a": {"en": 1}}
    assert "mix.weights: none for zh" in language_warnings(told({"en": 1}))[0]
    with pytest.raises(
        recipe.RecipeError, match=r"mix.weights: expected languages .*\(en, zh\).*de"
    ):
        told({"en": 1, "deu": 1, "zh": 1})
    with pytest.raises(recipe.RecipeError, match="each language once, got zh again, as cmn"):
        told({"zh": 1, "cmn": 1})
    assert told({"sr_Latn": 1, "en": 1}, keep=["sr", "en"]).mix.weights == {"sr_Latn": 1, "en": 1}


def test_a_long_paragraph_without_spaces_is_no_long_word():
    chinese = find("c4", language="zh")[0]
    sentence = "昨天下午，我和朋友一起去了城外的山上，山路很窄，我们走了两个小时才到了山顶。"
    paragraphs = "\n".join([sentence * 40] * 3)
    assert chinese.function(paragraphs) is None
    assert chinese.function("a" * 1001 + "。\n" + "\n".join([sentence] * 2)) == "too_few_sentences"
    assert find("c4", edit=True)[0].function(paragraphs.replace("。", ".")) == "too_few_sentences"


def test_a_language_has_rules_once(tmp_path):
    rules = {"de": {"c4": {}}, "deu": {"c4": {}}}
    with pytest.raises(recipe.RecipeError, match="each language once, got de again, as deu"):
        parsed(tmp_path, language={"keep": ["de"], "rules": rules})


def test_old_codes_are_known(tmp_path):
    made = parsed(tmp_path, language={"keep": ["iw", "in", "ger", "chi", "ji"]})
    assert made.language.keep == ("he", "id", "de", "zh", "yi")


def test_a_script_that_the_model_does_not_tell_has_a_hint():
    with pytest.raises(ValueError, match="write sr for sr_Latn, ku for ckb"):
        Language(keep=("sr-Latn", "ckb", "xx"))


def test_the_prefilter_holds_for_every_language_that_is_kept(tmp_path):
    english, _ = prefilter_of(parsed(tmp_path))
    assert english.min_stop_words == 3
    both, _ = prefilter_of(parsed(tmp_path, language={"keep": ["en", "zh"]}))
    assert both.min_stop_words is None
    least = GopherQuality().too_few_words
    assert both.min_letters == ceil(least * 0.8)
    korean, _ = prefilter_of(parsed(tmp_path, language={"keep": ["ko", "en"]}))
    assert korean.min_letters == ceil(round(least * profile("ko").words) * 0.8)
    every, _ = prefilter_of(parsed(tmp_path, language={"keep": "all"}))
    assert every.min_stop_words is None
    prefilter, why = prefilter_of(parsed(tmp_path, filters=["c4"]))
    assert (prefilter, why) == (None, "no gopher_quality among the filters")
    assert prefilter_for_all([[]])[0] is None


def test_the_multilingual_recipe_on_real_pages(data, monkeypatch):
    """Gold texts of five languages stay, most of them."""
    import pyarrow.parquet as pq

    monkeypatch.chdir("/")
    root = filters.__file__.rpartition("/curate/")[0]
    made = recipe.load(f"{root}/recipes/multilingual.yaml")
    rows = pq.read_table(data / "extraction" / "daniel.parquet").to_pylist()
    for code in ("en", "el", "pl", "ru", "zh"):
        texts = [row["gold_text"] for row in rows if row["language"] == code][:30]
        chain = made.steps(code)
        kept = [steps.apply(chain, text)[1] is None for text in texts]
        assert sum(kept) >= 0.8 * len(texts), code
    assert language_warnings(made) == []


# --- words and sentences -----------------------------------------------------------------------

SENTENCES = {
    "Chinese": ("我来了。他走了！你呢？", 3),
    "Arabic": ("ذهبت إلى البيت. هل أنت هنا؟ نعم.", 3),
    "Urdu": ("میں گھر گیا۔ وہ آیا۔", 2),
    "Hindi": ("मैं घर गया। वह आया।", 2),
    "Armenian": ("Ես գնացի։ Նա եկավ։", 2),
    "Amharic": ("እኔ ሄድኩ። እሱ መጣ።", 2),
    "Burmese": ("ကျွန်တော်သွားသည်။ သူလာသည်။", 2),
    "Khmer": ("ខ្ញុំទៅផ្ទះ។ គាត់មក។", 2),
    "Thai, by spaces after long clauses": (
        "เมื่อวานนี้ฉันไปตลาดกับเพื่อนเก่าของฉัน เราซื้อผลไม้มากมายและกลับบ้านตอนเย็น", 2,
    ),
    "Thai, a short one": ("ฉันไป ตลาด", 1),
}  # fmt: skip


@pytest.mark.parametrize(("text", "number"), SENTENCES.values(), ids=SENTENCES)
def test_sentences_of_scripts(text, number):
    assert count_sentences(text) == number


@pytest.mark.parametrize("text", ["one two three", "漢字と三", "ที่นี่", "བོད་ཡིག་ན", "", "。。。"])
def test_has_words_counts_as_split_words(text):
    for number in range(6):
        assert has_words(text, number) == (len(split_words(text)) >= number)


def test_names_of_a_language_are_one_code():
    same = {"de": "deu deu_Latn DE de-AT", "no": "nb nob nob_Latn nor", "zh": "cmn zho_Hans zh-TW",
            "sr": "srp srp_Cyrl", "sr_Latn": "srp_Latn sr-Latn", "ko": "kor_Hang kor_Kore",
            "gug": "gn grn gug"}  # fmt: skip
    for code, labels in same.items():
        assert {canonical(label) for label in labels.split()} == {code}
    for code, one in profiles().items():
        assert canonical(code) == canonical(f"{one.iso639_3}_{one.script}") == code


def test_in_another_script_a_language_has_no_stop_words_of_its_own():
    latin = profile("sr_Latn")
    assert (latin.stop_words, latin.is_known) == ((), False)
    assert (latin.words, latin.ended) == (profile("sr").words, profile("sr").ended)
    (step,) = find("gopher_quality", language="sr_Latn")
    assert step.function.too_few_stop_words is None


def test_recipes_may_spell_languages_as_models_do(tmp_path):
    rules = {"deu_Latn": {"gopher_quality": {"too_few_words": 7}}}
    made = parsed(tmp_path, language={"keep": ["deu_Latn", "nb", "no"], "rules": rules})
    assert made.language.keep == ("de", "no")
    (quality, *_) = (j for j in judges(made.steps("de")) if isinstance(j, filters.GopherQuality))
    assert quality.too_few_words == 7


def test_bullets_of_other_scripts():
    (step,) = find("gopher_quality", language="ja")
    menu = "\n".join(f"・{word}について" for word in "山川海空雲雨雪風" * 8)
    assert step.function(menu) == "too_many_bullets"
    (english,) = find("gopher_quality")
    assert english.function.bullets == ("•", "‣", "◦", "●", "▪", "*", "-")
