"""Words by a dictionary: what each library cuts, and what holds of all of them."""

import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.filters import Text, find
from curate.languages import profile
from curate.text import dictionaries
from curate.text.dictionaries import (
    LIBRARIES,
    count_words_by,
    distributions,
    has_words_by,
    require,
    split_words_by,
    words_of,
)
from curate.text.views import has_words, separated, split_words
from curate.text.word_counts import count_words, counts_of


def has_library(name):
    try:
        require(name)
    except ImportError:
        return False
    return True


INSTALLED = [name for name in LIBRARIES if has_library(name)]
NAMES = [
    pytest.param(name, marks=pytest.mark.skipif(name not in INSTALLED, reason="not installed"))
    for name in LIBRARIES
]

CASES = {
    "rjieba": {
        "words, signs behind them": ("我们在北京，看书。", "我们 在 北京， 看书。"),
        "another script": ("我们用Python3写程序", "我们 用 Python3 写 程序"),
        "a sign before": ("他说“我们”", "他 说“ 我们”"),
        "katakana as ever": ("北京カタカナ", "北京 カタカナ"),
        "with spaces": ("plain words", "plain words"),
    },
    "pythainlp": {
        "words": ("ภาษาไทยไม่มีช่องว่าง", "ภาษาไทย ไม่ มี ช่องว่าง"),
        "digits and signs": ("ปี ๒๕๖๗ (ใหม่)", "ปี ๒๕๖๗ ( ใหม่)"),
        "Lao as ever": ("ພາສາ", "ພ າ ສ າ"),
    },
    "sudachipy": {
        "words": ("東京に行きました。", "東京 に 行き まし た。"),
        "katakana is cut": ("コンピューターゲーム", "コンピューター ゲーム"),
        "another script": ("東京Tower", "東京 Tower"),
    },
}


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        pytest.param(
            name, *case, id=f"{name}: {label}",
            marks=pytest.mark.skipif(name not in INSTALLED, reason="not installed"),
        )
        for name, cases in CASES.items()
        for label, case in cases.items()
    ],
)  # fmt: skip
def test_words(name, text, words):
    assert split_words_by(name)(text) == words.split()


SCRIPTS = (
    "\u0e01-\u0e5b \u0e81-\u0ec6 \u3041-\u30ff \u4e00-\u4e80 \uff66-\uff9f \u3001-\u3011"
    " \ufe00-\ufe0f \u0021-\u007e \u1000-\u104a \u200b-\u200d \u0f0b-\u0f0c"
)
CHARACTERS = [chr(n) for one in SCRIPTS.split() for n in range(ord(one[0]), ord(one[-1]) + 1)]
LONG_RUNS = st.text(st.sampled_from("研究生命起源ตากลมที่นาすもももー"), min_size=200, max_size=900)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=150, deadline=None)
@given(text=st.text(st.sampled_from([*CHARACTERS, *" \n\t"])) | LONG_RUNS)
def test_the_joined_words_are_the_text(name, text):
    words = split_words_by(name)(text)
    assert "".join(words) == "".join(separated(text).split())
    for number in (0, 1, 5, 20, len(words)):
        assert has_words_by(name)(text, number) == (len(words) >= number)
    assert count_words_by(name)(text) == counts_of(words)
    if not LIBRARIES[name].finer:  # each is made of whole words of the usual rule
        ends = {0}
        for word in split_words(text):
            ends.add(max(ends) + len(word))
        at = 0
        for word in words:
            at += len(word)
            assert at in ends


@pytest.mark.parametrize("name", NAMES)
def test_of_a_long_run_words_are_whole_and_time_is_linear(name, monkeypatch):
    unit = {"zh": "我们在北京看书", "th": "ภาษาไทยไม่มีช่องว่าง", "ja": "東京に行きました"}
    run = unit[LIBRARIES[name].language]
    split = split_words_by(name)
    pieces = len(run) * 100 // dictionaries.LONGEST
    # What stands left of a piece is not seen: there a word of Japanese may be cut otherwise.
    assert abs(len(split(run * 100)) - 100 * len(split(run))) <= pieces
    given = []
    cut = dictionaries._loaded(name)

    def counted(piece):
        given.append(len(piece))
        return cut(piece)

    monkeypatch.setattr(dictionaries, "_loaded", lambda _: counted)
    split(run * 5_000)
    assert max(given) == dictionaries.LONGEST
    assert sum(given) < 1.3 * len(run) * 5_000


@pytest.mark.parametrize("name", NAMES)
def test_it_is_pickled_and_a_view(name):
    split = split_words_by(name)
    text = Text("東京 ภาษาไทย 我们")
    assert pickle.loads(pickle.dumps(split))(text) == split(text)
    assert split_words_by(name) is split
    assert words_of(text, name) is words_of(text, name)


@pytest.mark.parametrize("name", NAMES)
def test_threads_share_a_library(name):
    text = "東京に行きました。我们在北京看书。ภาษาไทยไม่มีช่องว่าง" * 20
    split = split_words_by(name)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(split, [text] * 60))
    finally:
        sys.setswitchinterval(interval)
    assert results == [split(text)] * 60


@pytest.mark.parametrize("words", [[], ["京"], ["京", "北"]], ids=["none", "fewer", "others"])
@pytest.mark.parametrize("times", [1, 1_000])
def test_a_library_that_changes_a_text_is_refused(words, times, monkeypatch):
    monkeypatch.setattr(dictionaries, "_loaded", lambda _: lambda _: words)
    with pytest.raises(RuntimeError, match="dictionary: expected words that join to '北京"):
        split_words_by("rjieba")("北京" * times)


def test_without_a_dictionary_all_is_as_ever():
    assert (has_words_by(None), count_words_by(None)) == (has_words, count_words)
    text = Text("我们")
    assert words_of(text, None) is text.words


@pytest.mark.skipif("rjieba" not in INSTALLED, reason="not installed")
def test_the_settings_are_those_for_its_words():
    own, usual = (
        find("gopher_quality", language="zh", dictionary=name)[0].function
        for name in ("rjieba", None)
    )
    by = profile("zh").by("rjieba")
    assert own.too_few_words == round(50 * by.words) < usual.too_few_words
    assert own.word_length_too_short > usual.word_length_too_short
    assert own.stop_words == by.stop_words
    repetition = find("gopher_repetition", language="zh", dictionary="rjieba")[0].function
    assert repetition.gram_characters is None
    assert find("gopher_repetition", language="zh")[0].function.gram_characters is not None


SENTENCE = "昨天下午，我和朋友一起去了城外的山上，山路很窄，我们走了两个小时才到了山顶。"


@pytest.mark.skipif("rjieba" not in INSTALLED, reason="not installed")
def test_filters_count_its_words():
    text = Text(SENTENCE)
    number = len(split_words_by("rjieba")(SENTENCE))
    assert number < len(text.words)
    quality = find("gopher_quality", dictionary="rjieba", stop_words=["的", "了"], sign_words=True)
    assert dict(quality[0].function.measures(text))["too_few_words"] == number
    for few_words, reason in ((number, None), (number + 1, "too_few_sentences")):
        c4 = find("c4", language="zh", dictionary="rjieba", few_words=few_words)[0].function
        assert c4("\n".join([SENTENCE] * 3)) == reason
        fineweb = find("fineweb", language="zh", dictionary="rjieba", few_words=few_words)
        ended = dict(fineweb[0].function.measures(SENTENCE))["too_few_punctuated_lines"]
        assert ended == (reason is None)
    twice = f"{SENTENCE}\n\n{SENTENCE}"
    repeated = find("gopher_repetition", language="zh", dictionary="rjieba")[0].function
    assert repeated.size(5) == 5
    shares = dict(repeated.measures(twice))
    assert shares["duplicate_5_grams"] == pytest.approx(0.25 / 2)
    # Of copies in a sentence and in a line without an end the first counts a quarter.
    title = SENTENCE.rstrip("。")
    shares = dict(repeated.measures(f"{title}\n\n{SENTENCE}\n\n{title}"))
    # All 37 characters of the last line; of the sentence all words but its last, 35 characters.
    assert shares["duplicate_5_grams"] == pytest.approx((37 + 0.25 * 35) / 112)


def test_a_library_that_is_not_installed(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    with pytest.raises(ImportError, match=r"expected rjieba installed.*pip install .*dictionaries"):
        require("rjieba")
    with pytest.raises(ValueError, match=r"dictionary: expected sudachipy installed, got none"):
        find("fineweb", dictionary="sudachipy")


@pytest.mark.parametrize("name", ["gopher_quality", "gopher_repetition", "c4", "fineweb"])
def test_wrong_dictionaries(name):
    with pytest.raises(ValueError, match=r"dictionary: expected 'rjieba', .* got 'jieba'"):
        find(name, dictionary="jieba")
    with pytest.raises(ValueError, match=r"dictionary: expected none with variant datatrove"):
        find(name, dictionary="rjieba", variant="datatrove")


def test_versions_are_of_libraries_and_dictionaries():
    assert distributions(["sudachipy"]) == ["sudachidict-core", "sudachipy"]
    assert distributions([]) == []
