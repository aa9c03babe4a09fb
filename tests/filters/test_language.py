import dataclasses
import hashlib
import importlib
import pickle
import re
import sys
import types

import pyarrow.parquet as pq
import pytest

from curate.extras import install
from curate.filters import language
from curate.filters.language import (
    LANGUAGES,
    REASONS,
    UNKNOWN,
    FastText,
    Language,
    by_parts,
    identify,
)

TEXTS = {  # a greeting to readers, once a language
    "en": "Welcome to our page. We hope that you find what you are looking for.",
    "de": "Willkommen auf unserer Seite. Wir hoffen, dass Sie finden, was Sie suchen.",
    "fr": "Bienvenue sur notre page. Nous espérons que vous trouverez ce que vous cherchez.",
    "es": "Bienvenidos a nuestra página. Esperamos que encuentren lo que están buscando.",
    "ru": "Добро пожаловать на нашу страницу. Надеемся, что вы найдёте то, что ищете.",
    "el": "Καλώς ήρθατε στη σελίδα μας. Ελπίζουμε να βρείτε αυτό που ψάχνετε.",
    "ja": "私たちのページへようこそ。お探しのものが見つかることを願っています。",
    "ko": "저희 페이지에 오신 것을 환영합니다. 찾으시는 것을 발견하시기를 바랍니다.",
    "ar": "مرحبا بكم في صفحتنا. نأمل أن تجدوا ما تبحثون عنه.",
    "th": "ยินดีต้อนรับสู่หน้าเว็บของเรา เราหวังว่าคุณจะพบสิ่งที่คุณกำลังมองหา",
}
WITHOUT_LETTERS = {
    "empty": "",
    "white space": " \n\t\u00a0",
    "digits": "12:30 - 14:00\n2026-01-31",
    "signs": "*** --- ***",
    "emoji": "\N{GRINNING FACE} \N{SPARKLES}",
}


@pytest.mark.parametrize(("code", "text"), TEXTS.items(), ids=TEXTS)
def test_each_language_is_named(code, text):
    found, score = identify(text)
    assert found == code
    assert 0.9 < score <= 1.0


@pytest.mark.parametrize("text", WITHOUT_LETTERS.values(), ids=WITHOUT_LETTERS)
def test_text_without_letters_has_no_language(text):
    assert identify(text) == UNKNOWN == ("und", 0.0)


def test_a_letter_the_model_has_no_feature_for_has_no_language():
    assert identify("a") == UNKNOWN


def test_a_lone_surrogate_is_no_error():
    assert identify(TEXTS["en"] + "\ud83d")[0] == "en"


def test_shouted_text_reads_like_spoken_text():
    assert identify(TEXTS["en"].upper()) == identify(TEXTS["en"].lower())


def test_composed_and_decomposed_letters_score_alike():
    composed = "Wir würden gern möglichst früh über größere Änderungen hören."
    decomposed = composed.replace("ü", "u\u0308").replace("ö", "o\u0308").replace("Ä", "A\u0308")
    assert decomposed != composed
    assert identify(decomposed) == identify(composed)


def test_only_the_beginning_is_looked_at():
    english, german = TEXTS["en"] + " ", TEXTS["de"] + " "
    text = english * 40 + german * 400
    assert identify(text) == identify(text[: language.LOOKED_AT]) != identify(text[:10])
    assert identify(text)[0] == "en"
    assert identify(text, characters=len(text))[0] == "de"


def test_with_and_without_numba_it_is_the_same(data):
    langid = pytest.importorskip("py3langid.langid")
    pytest.importorskip("numba")
    model = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE)
    compiled = language._naive_bayes()
    count, weighted_sums = language._in_python(model, langid.visit_counts)
    plain = dataclasses.replace(compiled, count=count, weighted_sums=weighted_sums)
    sentences = pq.read_table(data / "langid" / "lingua_sentences.parquet").to_pylist()[::40]
    texts = [*TEXTS.values(), *WITHOUT_LETTERS.values(), *(str(row) for row in sentences)]
    assert len(texts) > 500
    alone = [compiled.identify([text])[0] for text in texts]
    for size in (2, 3):  # read side by side, and fewer than could be
        several = [compiled.identify(texts[n : n + size]) for n in range(0, len(texts), size)]
        assert alone == [one for some in several for one in some]
    assert alone == compiled.identify(texts) == plain.identify(texts)
    assert compiled.identify([]) == plain.identify([]) == []


def test_without_numba_languages_are_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "curate.filters._automaton", None)
    language._naive_bayes.cache_clear()
    try:
        assert identify(TEXTS["de"])[0] == "de"
    finally:
        language._naive_bayes.cache_clear()


def test_scores_are_frozen():
    """A change here changes the column language_score of every corpus: tell users."""
    assert identify(TEXTS["en"]) == ("en", 0.9995)
    assert identify("Moved to https://example.org/tables/names.html") == ("en", 0.3214)


def test_scores_agree_with_the_package_they_come_from():
    theirs = importlib.import_module("py3langid.langid")
    model = theirs.LanguageIdentifier.from_model_file(theirs.MODEL_FILE, norm_probs=True)
    for text in [*TEXTS.values(), *(text[:20] for text in TEXTS.values())]:
        code, score = model.classify(text)
        assert identify(text) == (code, pytest.approx(score, abs=2e-4))


def test_the_codes_known_beforehand_are_the_models():
    assert set(language._naive_bayes().codes) == LANGUAGES


def test_the_models_weights_are_whole_in_their_units():
    np = pytest.importorskip("numpy")
    theirs = importlib.import_module("py3langid.langid")
    model = theirs.LanguageIdentifier.from_model_file(theirs.MODEL_FILE)
    ours = language._naive_bayes()
    assert np.array_equal(ours.weights / 2**9, np.asarray(model.nb_ptc, np.float64))
    assert np.array_equal(ours.priors / 2**25, np.asarray(model.nb_pc, np.float64))


CASES = {  # keep, code, score -> reason
    "kept": (("en",), "en", 0.9, None),
    "exactly the least score": (("en",), "en", 0.5, None),
    "just below it": (("en",), "en", 0.4999, "language_uncertain"),
    "another language, sure": (("en",), "de", 1.0, "language_not_kept"),
    "another language, unsure": (("en",), "de", 0.1, "language_not_kept"),
    "no language": (("en",), "und", 0.0, "language_uncertain"),
    "the second of two": (("en", "de"), "de", 0.9, None),
}


@pytest.mark.parametrize(("keep", "code", "score", "reason"), CASES.values(), ids=CASES)
def test_judge(keep, code, score, reason):
    assert Language(keep=keep, min_score=0.5).judge(code, score) == reason


@pytest.mark.parametrize("code", TEXTS)
def test_one_string(code):
    assert Language()(TEXTS[code]) == (None if code == "en" else "language_not_kept")


def test_text_without_letters_is_uncertain_even_without_a_cut():
    assert Language(min_score=0.0)("1 2 3") == "language_uncertain"


def test_reasons_are_listed_with_their_meaning():
    assert {reason for *_, reason in CASES.values() if reason} == set(REASONS)
    assert all(meaning and "\n" not in meaning for meaning in REASONS.values())


def test_a_list_of_codes_is_as_good_as_a_tuple():
    assert Language(keep=["en", "de"]) == Language(keep=("en", "de"))


WRONG = {
    "one string": ({"keep": "en"}, r"Language: keep must be one or more .* got 'en'"),
    "no language": ({"keep": ()}, r"Language: keep must be one or more .* got \(\)"),
    "a name": (
        {"keep": ("en", "german")},
        r"expected ISO 639 codes of languages .* got 'german': write de for german$",
    ),
    "a country, and nothing known": (
        {"keep": ("jp", "xx")},
        r"got 'jp', 'xx': write ja for jp; known are ace, .*, zxx$",
    ),
    "score above 1": ({"min_score": 65}, r"Language: min_score: expected 0 to 1, got 65"),
    "score below 0": ({"min_score": -0.1}, r"Language: min_score: expected 0 to 1, got -0.1"),
}


@pytest.mark.parametrize(("settings", "message"), WRONG.values(), ids=WRONG)
def test_wrong_settings_are_refused_when_made(settings, message):
    with pytest.raises(ValueError, match=message):
        Language(**settings)


def test_a_fasttext_models_own_codes_are_accepted():
    model = FastText(path="openlid.bin", sha256="0" * 64)
    language = Language(keep=("eng_Latn", "srp_Latn", "nob"), model=model)
    assert language.keep == ("en", "sr_Latn", "no")
    kept = {code: language.judge(code, 1.0) is None for code in ("en", "sr_Latn", "sr", "nn")}
    assert kept == {"en": True, "sr_Latn": True, "sr": False, "nn": False}
    assert Language(keep=("sr",), model=model).judge("sr_Latn", 1.0) is None


@pytest.mark.parametrize(
    ("label", "code"),
    [("eng_Latn", "en"), ("zh-cn", "zh"), ("yue_Hant", "yue"), ("hin_Latn", "hi_Latn")],
)
def test_labels_of_other_models_become_our_codes(fasttext, label, code):
    module, settings, _ = fasttext
    module.model.answer = (f"__label__{label}", 0.75)
    assert FastText(**settings)("text") == (code, 0.75)


def test_settings_travel_to_workers():
    step = Language(keep=("en", "de"), model=FastText(path="lid.176.ftz", sha256="0" * 64))
    assert pickle.loads(pickle.dumps(step)) == step


@pytest.mark.parametrize("there", [None, types.ModuleType("py3langid.langid")])
def test_without_the_right_py3langid_the_error_names_the_extra(monkeypatch, there):
    monkeypatch.setitem(sys.modules, "py3langid.langid", there)
    language._naive_bayes.cache_clear()
    with pytest.raises(ImportError, match=re.escape(install("language"))):
        identify(TEXTS["en"])


class FakeModel:
    """Stands where fastText's model does, with its ways: lists in, newlines refused."""

    def __init__(self, answer=("__label__en", 1.00003)):
        self.answer, self.seen = answer, []

    def predict(self, texts):
        assert isinstance(texts, list)
        assert not any("\n" in text for text in texts)
        self.seen += texts
        if self.answer is None:
            return [[] for _ in texts], [[] for _ in texts]
        return [[self.answer[0]] for _ in texts], [[self.answer[1]] for _ in texts]


@pytest.fixture
def fasttext(monkeypatch, tmp_path):
    """A stand-in for the module fasttext; gives (settings of a model file, models loaded)."""
    path = tmp_path / "model.ftz"
    path.write_bytes(b"weights")
    loaded = []
    module = types.ModuleType("fasttext")
    module.model = FakeModel()
    module.load_model = lambda path: loaded.append(path) or module.model
    monkeypatch.setitem(sys.modules, "fasttext", module)
    language._fasttext.cache_clear()
    yield module, {"path": str(path), "sha256": hashlib.sha256(b"weights").hexdigest()}, loaded
    language._fasttext.cache_clear()


def test_fasttext_answers_like_py3langid(fasttext):
    _, settings, _ = fasttext
    assert FastText(**settings)("two\nlines") == ("en", 1.0)


def test_fasttext_is_loaded_once(fasttext):
    _, settings, loaded = fasttext
    FastText(**settings)("one")
    FastText(**settings)("two")
    assert loaded == [settings["path"]]


def test_fasttext_sees_the_first_characters_on_one_line(fasttext):
    module, settings, _ = fasttext
    FastText(**settings, characters=9)("one\r\ntwo\u2028three")
    assert module.model.seen == ["one two"]


def test_fasttext_without_letters_or_answer_is_unknown(fasttext):
    module, settings, _ = fasttext
    assert FastText(**settings)("1 2 3") == UNKNOWN
    assert module.model.seen == []
    module.model.answer = None
    assert FastText(**settings)("text") == UNKNOWN


def test_another_file_than_expected_is_one_error_naming_both(fasttext):
    _, settings, loaded = fasttext
    with pytest.raises(ValueError, match="not the model expected") as caught:
        FastText(path=settings["path"], sha256="f" * 64)("text")
    assert settings["sha256"] in str(caught.value)
    assert "f" * 64 in str(caught.value)
    assert settings["path"] in str(caught.value)
    assert loaded == []


def test_capital_digits_are_the_same_sha256(fasttext):
    _, settings, _ = fasttext
    assert FastText(path=settings["path"], sha256=settings["sha256"].upper())("text")[0] == "en"


def test_without_fasttext_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "fasttext", None)
    language._fasttext.cache_clear()
    with pytest.raises(ImportError, match=re.escape(install("fasttext"))):
        FastText(path="lid.176.ftz", sha256="0" * 64)("text")


@pytest.mark.parametrize("sha256", ["", "0" * 63, "g" * 64])
def test_a_sha256_that_is_none_is_refused_when_made(sha256):
    with pytest.raises(ValueError, match="FastText: sha256 must be 64 hexadecimal digits"):
        FastText(path="lid.176.ftz", sha256=sha256)


def test_looking_at_nothing_is_refused():
    with pytest.raises(ValueError, match="FastText: characters must be at least 1, got 0"):
        FastText(path="lid.176.ftz", sha256="0" * 64, characters=0)


def test_quality_on_labelled_sentences(data):
    """The floors under the figures in Language's docstring; the file is part of the claim."""
    pq = pytest.importorskip("pyarrow.parquet")
    path = data / "langid" / "lingua_sentences.parquet"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert digest == "d309a02647e556dc9e9076f76d9e5ba79cdab128bf564a1a6421096f4dec9083"
    step, kept, hits, english = Language(), 0, 0, 0
    for row in pq.read_table(path, columns=["lang", "text"]).to_pylist():
        keep = step(row["text"]) is None
        kept, hits = kept + keep, hits + (keep and row["lang"] == "en")
        english += row["lang"] == "en"
    assert hits / kept >= 0.98
    assert hits / english >= 0.94


CONFUSED = {  # sentences of which models are unsure -> the names they may have
    "Mereka mengatakan bahwa dia tidak bisa datang karena mobil itu sedang rusak.": {"id", "ms"},
    "Tko je rekao da će vlak u srpnju kasniti jedan sat zbog kiše i snijega?": {"hr", "bs", "sr"},
    "Rekao je da je grad bio bez vode i da su ljudi otišli u selo.": {"hr", "bs", "sr"},
}


@pytest.mark.parametrize(("text", "names"), CONFUSED.items())
def test_languages_that_are_alike_have_the_score_of_their_group(text, names):
    found, score = identify(text)
    assert found in names
    assert score > 0.9


def test_ideographs_with_spaces_between_them_are_still_chinese():
    text = "昨天下午我和朋友一起去了城外的山上山路很窄我們走了兩個小時才到了山頂"
    assert identify(" ".join(text)) == identify(text)
    assert identify(text)[0] == "zh"


def test_parts_in_languages_that_are_alike_count_together():
    scores = iter([("hr", 0.8), ("bs", 0.6), ("hr", 0.8), ("de", 1.0)])
    assert by_parts("x" * 2000, lambda _: next(scores)) == ("hr", 0.55)
