"""Language identification of 75 languages: macro F1 by model, pages of two languages, speed.

    python benchmarks/languages_identify.py DATA [--fasttext lid.176.ftz] [--every 3]

DATA/langid/lingua_sentences.parquet: of each language the half of the sentences that
`languages_fit.py` has not counted, some 150, and pages of 10 of them, through py3langid's model as
this package runs it, py3langid itself, lingua (if it is installed; the sentences are its own test
data) and a fastText model. Labels are compared as `curate.languages.canonical` spells them.
Printed: macro F1 over all languages, and over those that all models know; for our model the share
of pages of each language that its threshold keeps, where some are lost; pages of two languages;
texts a second by length, at once and by parts.
"""

import argparse
import hashlib
import importlib
import importlib.util
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyarrow.parquet as pq
from languages_fit import is_fitted_on

from curate.filters.language import (
    LANGUAGES,
    LOOKED_AT,
    MIN_SCORE,
    FastText,
    Identify,
    by_parts,
    identify,
    spread,
)
from curate.languages import canonical

PAGE = 10  # sentences
Texts = Mapping[str, Sequence[str]]


def models(fasttext: Path | None) -> dict[str, tuple[Identify, frozenset[str] | None]]:
    """Return the models there are: name -> (model, languages it knows; None where it says none)."""
    found: dict[str, tuple[Identify, frozenset[str] | None]] = {"ours": (identify, LANGUAGES)}
    langid = importlib.import_module("py3langid.langid")
    theirs = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
    found["py3langid"] = (theirs.classify, LANGUAGES)
    if importlib.util.find_spec("lingua"):
        lingua = importlib.import_module("lingua")
        detector = lingua.LanguageDetectorBuilder.from_all_languages().build()
        codes = frozenset(canonical(one.iso_code_639_1.name) for one in lingua.Language.all())
        found["lingua"] = (_of_lingua(detector), codes)
    if fasttext:
        digest = hashlib.sha256(fasttext.read_bytes()).hexdigest()
        model = FastText(path=str(fasttext), sha256=digest)
        labels = importlib.import_module("fasttext").load_model(str(fasttext)).get_labels()
        known = frozenset(canonical(label.removeprefix("__label__")) for label in labels)
        found[fasttext.name] = (model, known)
    return found


def _of_lingua(detector: object) -> Identify:
    def named(text: str) -> tuple[str, float]:
        language = detector.detect_language_of(text)  # type: ignore[attr-defined]
        return (canonical(language.iso_code_639_1.name), 1.0) if language else ("und", 0.0)

    return named


def f1(texts: Texts, answers: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Return F1 by language."""
    named = Counter(code for own in answers.values() for code in own)
    scores = {}
    for code, own in answers.items():
        hits = sum(one == code for one in own)
        scores[code] = 2 * hits / (len(texts[code]) + named[code]) if hits else 0.0
    return scores


def mean(scores: Mapping[str, float], codes: frozenset[str]) -> float:
    own = [score for code, score in scores.items() if code in codes]
    return sum(own) / len(own)


def print_table(
    title: str, texts: Texts, known: Mapping[str, tuple[Identify, frozenset[str]]]
) -> None:
    shared = frozenset(texts).intersection(*(codes for _, codes in known.values()))
    print(f"\n{title}: {sum(map(len, texts.values()))} in {len(texts)} languages; "
          f"{len(shared)} of them all models know")  # fmt: skip
    print("model            macro F1  of shared  texts/s  lowest")
    for name, (model, _) in known.items():
        model("The model is read before anything is timed.")
        began = time.process_time()
        answers = {code: [model(text)[0] for text in own] for code, own in texts.items()}
        rate = sum(map(len, texts.values())) / (time.process_time() - began)
        scores = f1(texts, answers)
        lowest = sorted(scores, key=lambda code: (scores[code], code))[:8]
        print(f"{name:15}  {mean(scores, frozenset(texts)):8.4f}  {mean(scores, shared):9.4f}  "
              f"{rate:7.0f}  {', '.join(f'{c} {scores[c]:.2f}' for c in lowest)}")  # fmt: skip


def print_kept(pages: Texts) -> None:
    """Print what the threshold loses."""
    lost = {}
    for code, own in pages.items():
        results = [by_parts(page, identify) for page in own]
        kept = sum(name == code and score >= MIN_SCORE for name, score in results)
        if kept < len(own):
            others = Counter(name for name, score in results if name != code or score < MIN_SCORE)
            lost[code] = (kept / len(own), dict(others.most_common(3)))
    print(f"\npages kept of their own language at {MIN_SCORE}, where not all are:")
    for code, (share, others) in sorted(lost.items(), key=lambda one: one[1][0]):
        print(f"{code:4} {share:.2f}  the others are named {others}")


def print_mixed(sentences: Texts, number: int = 600) -> None:
    """Print how often pages of two languages are told apart from pages of one.

    14 sentences of one language, six of another before or behind them; both of our model's.
    """
    codes = sorted(LANGUAGES.intersection(sentences))
    draw = random.Random(7)
    larger = both = 0
    for _ in range(number):
        more, less = draw.sample(codes, 2)
        parts = [
            "\n".join(draw.sample(list(sentences[more]), 14)),
            "\n".join(draw.sample(list(sentences[less]), 6)),
        ]
        draw.shuffle(parts)
        text = "\n\n".join(parts)
        larger += by_parts(text, identify)[0] == more
        both += len({identify(part)[0] for part in spread(text)}) > 1
    one = right = 0
    for code in codes:
        text = "\n".join(sentences[code][:20])
        right += by_parts(text, identify)[0] == code
        one += len({identify(part)[0] for part in spread(text)}) == 1
    print(f"\ntwo languages: seen as two {both / number:.3f}, named after the larger "
          f"{larger / number:.3f}")  # fmt: skip
    print(f"one language: seen as one {one / len(codes):.3f}, named rightly "
          f"{right / len(codes):.3f}")  # fmt: skip


def print_speed(
    sentences: Texts, theirs: Identify, sizes: Sequence[int] = (300, 1000, 1500, 2000, 8000)
) -> None:
    """Print the time of a text by its length: py3langid's own, ours at once and by parts."""
    codes = sorted(LANGUAGES.intersection(sentences))
    ways: dict[str, Callable[[str], object]] = {
        "py3langid": lambda text: theirs(text[:LOOKED_AT]),
        "at once": identify,
        "by parts": lambda text: by_parts(text, identify),
    }
    print(f"\ntexts/s by characters, {len(codes)} languages, at most {LOOKED_AT} characters read")
    for size in sizes:
        texts = ["\n".join(sentences[code])[:size] for code in codes]
        best: dict[str, float] = {}
        for _ in range(5):  # in turn, for what else runs slows all of them
            for name, tell in ways.items():
                began = time.process_time()
                for text in texts:
                    tell(text)
                spent = time.process_time() - began
                best[name] = min(spent, best.get(name, spent))
        rates = (f"{name} {len(texts) / spent:.0f}" for name, spent in best.items())
        print(f"{size:5} in {len(spread(texts[0]))} parts: {'  '.join(rates)}")


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--fasttext", type=Path, help="A fastText model to print beside.")
    parser.add_argument("--every", type=int, default=1, help="Of the sentences, each so many-th.")
    asked = parser.parse_args()
    sentences: dict[str, list[str]] = defaultdict(list)
    for row in pq.read_table(asked.data / "langid" / "lingua_sentences.parquet").to_pylist():
        if not is_fitted_on(row["text"]):
            sentences[canonical(row["lang"])].append(row["text"])
    known = models(asked.fasttext)
    pages = {
        code: ["\n".join(own[n : n + PAGE]) for n in range(0, len(own), PAGE)]
        for code, own in sentences.items()
    }
    print_table("sentences", {c: own[:: asked.every] for c, own in sentences.items()}, known)
    print_table("pages", {c: own[:: asked.every] for c, own in pages.items()}, known)
    print_kept(pages)
    print_mixed(sentences)
    print_speed(sentences, known["py3langid"][0])


if __name__ == "__main__":
    main()
