"""Filters in languages other than English: share of prose kept and of lists dropped.

    python benchmarks/languages.py DATA [--pages 60]
    python benchmarks/languages.py DATA --dictionaries

DATA/langid/lingua_sentences.parquet: of each of 75 languages, five documents are built of the half
of the sentences that `languages_fit.py` has not counted: paragraphs of three to five sentences, 24
in all. Of the same words word lists (a word a line; a row of words) and menus (two words a line)
are made. All go through the filters a recipe has unless it says otherwise, in their own language;
identification is left out. Printed for each language: documents and lists that stay, time, the
commonest reasons; and all together, with the characters left in what stays.

The time of each filter a megabyte of UTF-8, in some languages, beside English: of each alone, on
documents that no other has split into words before, and of all in a row, which share the split.
Megabytes, since the size of a corpus is given in them; 24 sentences are 2.6 KB in English, 7.6 KB
in Thai and 2.9 KB in Chinese.

DATA/extraction/{daniel,chinese_wce}.parquet: gold texts of news by language, through language
identification and filters: share that stays, and share of characters left.

With --dictionaries, which needs the extra of that name, in its languages: documents of the same
sentences, in ROUNDS orders, lists of the dictionary's words, and the Chinese pages, by the words of
a dictionary and without; and the time of Gopher's filters.
"""

import argparse
import hashlib
import itertools
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow.parquet as pq
from languages_fit import is_fitted_on

from curate import recipe, steps
from curate.filters.language import Language
from curate.text.dictionaries import LIBRARIES, split_words_by
from curate.text.spacy_tokens import PUNCTUATION
from curate.text.views import split_words

DOCUMENTS, SENTENCES, PARAGRAPH = 5, 24, (3, 5)
ROUNDS = 8
MARKS = "".join(sorted(PUNCTUATION))
LISTS = ("words", "row", "menu")
SPEEDS = ("en", "ru", "ar", "hi", "ko", "vi", "zh", "ja", "th")
CODES = {"nb": "no"}  # theirs -> ours


def chain(code: str, dictionary: str | None = None) -> Sequence[steps.Step]:
    """Return the default filters for a language."""
    whole = {"sources": {"a": {"kind": "text", "path": "x"}}}
    if dictionary is not None:
        whole["language"] = {"keep": [code], "dictionaries": {code: dictionary}}
    return recipe.parse(whole, Path("/")).steps(code)


def documents(sentences: Sequence[str]) -> Iterator[str]:
    """Yield documents of sentences, none twice."""
    for start in range(0, DOCUMENTS * SENTENCES, SENTENCES):
        own = list(sentences[start : start + SENTENCES])
        if len(own) < SENTENCES:
            return
        draw = random.Random(own[0])
        parts = []
        while own:
            size = draw.randint(*PARAGRAPH)
            parts.append(own[:size])
            own = own[size:]
        yield "\n\n".join(" ".join(part) for part in parts)


def lists(document: str, split: Callable[[str], list[str]] = split_words) -> dict[str, str]:
    """Return lists of a document's words, in another order."""
    words = [word for one in split(document) if (word := one.strip(MARKS))]
    random.Random(document).shuffle(words)
    pairs = [" ".join(words[n : n + 2]) for n in range(0, len(words), 2)]
    return {"words": "\n".join(words), "row": ", ".join(words), "menu": "\n".join(pairs)}


def held_out(data: Path) -> dict[str, list[str]]:
    """Return the sentences that no profile was counted on, by language, in the order of a hash."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in pq.read_table(data / "langid" / "lingua_sentences.parquet").to_pylist():
        if not is_fitted_on(row["text"]):
            found[row["lang"]].append(row["text"])
    for sentences in found.values():
        sentences.sort(key=lambda one: hashlib.sha256(one.encode()).digest())
    return found


def speed(data: Path, codes: Sequence[str] = SPEEDS) -> None:
    """Print the time of each filter, the best of rounds in which the languages take turns."""
    sentences = held_out(data)
    texts = {code: list(documents(sentences[code])) * 10 for code in codes}
    best: dict[str, dict[str, float]] = {code: {} for code in codes}
    for _, code in itertools.product(range(7), codes):
        ours = chain(code)
        size = sum(len(text.encode()) for text in texts[code]) / 1e6
        alone = {step.name: [step] for step in ours if step.kind != "edit"}
        for name, own in (alone | {"all": [*ours]}).items():
            began = time.process_time()
            for text in texts[code]:
                document = steps.Document(text)
                for step in own:
                    document.edit(step) if step.kind == "edit" else document.reason(step, {})
            spent = (time.process_time() - began) / size
            best[code][name] = min(spent, best[code].get(name, spent))
    print("\nseconds/MB, and as a multiple of English")
    for code, times in best.items():
        cells = (f"{name} {one:.3f} ({one / best['en'][name]:.2f})" for name, one in times.items())
        print(f"{code:4} {'  '.join(cells)}")


def built(data: Path) -> None:
    """Print what stays of prose and lists built of sentences."""
    kept: Counter[str] = Counter()
    made: Counter[str] = Counter()
    letters = [0, 0]
    failed = []
    print("language  prose  words  row  menu  seconds/MB  reasons")
    for code, sentences in sorted(held_out(data).items()):
        ours = chain(CODES.get(code, code))
        own: Counter[str] = Counter()
        reasons: Counter[str] = Counter()
        size, began = 0, time.process_time()
        for text in documents(sentences):
            edited, reason = steps.apply(ours, text, {})
            size += len(text.encode())
            own["prose"] += reason is None
            made["prose"] += 1
            if reason is None:
                letters[0] += len(edited)
                letters[1] += len(text)
            else:
                reasons[reason] += 1
        seconds = (time.process_time() - began) / (size / 1e6)
        for text in documents(sentences):
            for kind, listed in lists(text).items():
                own[kind] += steps.apply(ours, listed, {})[1] is None
                made[kind] += 1
        kept.update(own)
        if own["prose"] < DOCUMENTS - 1:
            failed.append(code)
        print(
            f"{code:8}  {own['prose']:5}  {own['words']:5}  {own['row']:3}  {own['menu']:4}  "
            f"{seconds:10.2f}  {dict(reasons.most_common(2)) or ''}"
        )
    for kind in ("prose", *LISTS):
        print(f"{kind} that stay: {kept[kind]} of {made[kind]} = {kept[kind] / made[kind]:.3f}")
    print(f"characters left in what stays: {letters[0] / letters[1]:.4f}")
    print(f"languages with fewer than 4 of 5: {', '.join(failed) or 'none'}")


def pages(data: Path, most: int) -> None:
    """Print what stays of gold texts of news."""
    texts: dict[str, list[str]] = defaultdict(list)
    for name in ("daniel", "chinese_wce"):
        rows = pq.read_table(data / "extraction" / f"{name}.parquet").to_pylist()
        rows.sort(key=lambda row: hashlib.sha256(str(row["id"]).encode()).digest())
        for row in rows:
            key = f"{name} {(row['language'] or 'zh').partition('-')[0]}"
            if row["gold_text"] and len(texts[key]) < most:
                texts[key].append(row["gold_text"])
    print("pages             stay   of  share  characters left  reasons")
    for key, own in sorted(texts.items()):
        code = key.split()[1]
        model, ours = Language(keep=(code,)), chain(code)
        stay, left, whole = 0, 0, 0
        reasons: Counter[str] = Counter()
        for text in own:
            reason = model(text)
            edited = text
            if reason is None:
                edited, reason = steps.apply(ours, text, {})
            if reason is None:
                stay, left, whole = stay + 1, left + len(edited), whole + len(text)
            else:
                reasons[reason] += 1
        share = left / whole if whole else 0.0
        print(f"{key:16} {stay:5} {len(own):4}  {stay / len(own):.3f}  {share:15.4f}  "
              f"{dict(reasons.most_common(4)) or ''}")  # fmt: skip


def by_dictionaries(data: Path) -> None:
    """Print what stays by the words of a dictionary and without, and the time it takes."""
    sentences = held_out(data)
    news = [
        row["gold_text"]
        for name in ("daniel", "chinese_wce")
        for row in pq.read_table(data / "extraction" / f"{name}.parquet").to_pylist()
        if row["gold_text"] and (row["language"] or "zh").partition("-")[0] == "zh"
    ]
    print("language  words by   prose          lists          pages          seconds/MB of Gopher")
    for name, library in LIBRARIES.items():
        code = library.language
        prose = []
        for seed in range(ROUNDS):
            random.Random(seed).shuffle(sentences[code])
            prose += documents(sentences[code])
        listed = [one for text in prose for one in lists(text, split_words_by(name)).values()]
        chains = {"character": chain(code), name: chain(code, name)}
        seconds = gopher_seconds(prose, chains)
        for label, own in chains.items():
            cells = []
            for texts in (prose, listed, news if code == "zh" else []):
                stay = sum(steps.apply(own, text, {})[1] is None for text in texts)
                cells.append(f"{stay:4} of {len(texts):4}" if texts else "")
            times = f"{seconds[label]:.3f} ({seconds[label] / seconds['character']:.2f})"
            print(f"{code:8}  {label:9}  {'  '.join(f'{cell:13}' for cell in cells)}  {times}")


def gopher_seconds(
    texts: Sequence[str], chains: Mapping[str, Sequence[steps.Step]]
) -> dict[str, float]:
    """Return the time of Gopher's filters for a megabyte, the best of rounds by turns."""
    size = sum(len(text.encode()) for text in texts) / 1e6
    best: dict[str, float] = {}
    for _, (label, own) in itertools.product(range(7), chains.items()):
        gopher = [step for step in own if step.name.startswith("gopher")]
        began = time.process_time()
        for text in texts:
            document = steps.Document(text)
            for step in gopher:
                document.reason(step, {})
        spent = (time.process_time() - began) / size
        best[label] = min(spent, best.get(label, spent))
    return best


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--pages", type=int, default=60, help="Of each set and language.")
    parser.add_argument("--dictionaries", action="store_true", help="With them and without.")
    asked = parser.parse_args()
    if asked.dictionaries:
        by_dictionaries(asked.data)
        return
    built(asked.data)
    speed(asked.data)
    pages(asked.data, asked.pages)


if __name__ == "__main__":
    main()
