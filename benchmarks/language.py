"""Language identification: choice of the threshold and of the number of characters.

    python benchmarks/language.py DATA [--pages 1200] [--fasttext lid.176.ftz]

DATA is a folder with langid/lingua_sentences.parquet (lang, text), langid/udhr2.parquet (lang,
text), extraction/daniel.parquet (language, gold_text) and crawl/*.warc.gz. Prints, for English:

1. precision and recall on single sentences by score cut, all languages equally frequent;
2. the same on labelled news pages, by how many characters are looked at;
3. which languages that the model does not have are identified as English;
4. on crawled pages, how often a window decides otherwise than the whole text, what the threshold
   drops, and the CPU time of a page.
The crawl has no labels: there the result for the whole text is the reference.
"""

import argparse
import collections
import gzip
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import trafilatura

from curate.filters.language import LOOKED_AT, MIN_SCORE, FastText, Identify, identify

CUTS = (0.0, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 0.9, 0.95, 0.99)
WHOLE = 10**9


def middle(text: str, characters: int) -> str:
    """Return the middle of a text, away from what the page's head left in it."""
    start = max(0, (len(text) - characters) // 2)
    return text[start : start + characters]


WINDOWS: dict[str, Callable[[str], tuple[str, float]]] = {
    "first 250": lambda text: identify(text, characters=250),
    "first 500": lambda text: identify(text, characters=500),
    "first 1000": lambda text: identify(text, characters=1000),
    "first 2000": lambda text: identify(text, characters=2000),
    "first 4000": lambda text: identify(text, characters=4000),
    "middle 1000": lambda text: identify(middle(text, 1000)),
    "middle 2000": lambda text: identify(middle(text, 2000), characters=2000),
    "whole": lambda text: identify(text, characters=WHOLE),
}


def is_kept(answer: tuple[str, float], cut: float) -> bool:
    return answer[0] == "en" and answer[1] >= cut


def precision_and_recall(
    answers: list[tuple[str, float]], english: list[bool], cut: float
) -> tuple[float, float, int]:
    """Return precision, recall and the number of other texts taken for English."""
    kept = [is_kept(answer, cut) for answer in answers]
    hits = sum(keep and truth for keep, truth in zip(kept, english, strict=True))
    return hits / max(sum(kept), 1), hits / sum(english), sum(kept) - hits


def middlemost(texts: list[str]) -> int:
    """Return the median length of some texts, in characters."""
    return sorted(map(len, texts))[len(texts) // 2] if texts else 0


def print_sentences(path: Path, models: dict[str, Identify]) -> None:
    rows = pq.read_table(path, columns=["lang", "text"]).to_pylist()
    english = [row["lang"] == "en" for row in rows]
    median = middlemost([row["text"] for row in rows])
    print(f"\n1. {len(rows)} sentences, {sum(english)} English, median {median} characters")
    for name, model in models.items():
        start = time.process_time()
        answers = [model(row["text"]) for row in rows]
        rate = len(rows) / (time.process_time() - start)
        print(f"   {name}, {rate:,.0f} texts/s of processor time")
        print("   cut    precision  recall  taken wrongly")
        for cut in CUTS:
            precision, recall, wrong = precision_and_recall(answers, english, cut)
            print(f"   {cut:<6} {precision:9.3f}  {recall:6.3f}  {wrong:13}")


def print_pages(path: Path) -> None:
    rows = pq.read_table(path, columns=["language", "gold_text"]).to_pylist()
    rows = [row for row in rows if row["gold_text"]]
    english = [row["language"] == "en" for row in rows]
    counts = collections.Counter(row["language"] for row in rows)
    print(f"\n2. {len(rows)} news pages with human text and label: {dict(counts)}")
    print("   window       " + "  ".join(f"P, R at {cut:<4}" for cut in (0.5, 0.95, 0.99)))
    for name, model in WINDOWS.items():
        answers = [model(row["gold_text"]) for row in rows]
        cells = [precision_and_recall(answers, english, cut) for cut in (0.5, 0.95, 0.99)]
        print(f"   {name:12} " + "  ".join(f"{p:.3f}, {r:.3f}" for p, r, _ in cells))


def print_unknown_languages(path: Path) -> None:
    rows = pq.read_table(path, columns=["lang", "text"]).to_pylist()
    answers = {row["lang"]: identify(row["text"]) for row in rows}
    taken = {lang: answer[1] for lang, answer in answers.items() if answer[0] == "en"}
    kept = sorted(lang for lang, score in taken.items() if score >= MIN_SCORE)
    print(f"\n3. {len(rows)} languages and variants, one text each (first {LOOKED_AT} characters)")
    print(f"   taken for English at {MIN_SCORE}: {', '.join(kept)}")


def html_pages(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """Yield (url, body) of the responses in WARC files, well-formed ones only."""
    for path in paths:
        with gzip.open(path) as file:
            while line := file.readline():
                head: dict[bytes, bytes] = {}
                while line := line.strip():
                    name, _, value = line.partition(b":")
                    head[name.lower()] = value.strip()
                    line = file.readline()
                if b"content-length" in head:
                    block = file.read(int(head[b"content-length"]))
                    if head[b"warc-type"] == b"response":
                        yield head[b"warc-target-uri"].decode(), block.partition(b"\r\n\r\n")[2]


def print_crawl(paths: list[Path], wanted: int) -> None:
    shares = 30_000 // wanted  # of the pages there are, by a hash of the url
    texts = []
    for url, body in html_pages(paths):
        if int.from_bytes(hashlib.sha256(url.encode()).digest()[:4]) % max(shares, 1) == 0:
            texts.append(trafilatura.extract(body, include_comments=False) or "")
    texts = [text for text in texts if text]
    lengths = sorted(map(len, texts))
    print(
        f"\n4. {len(texts)} crawled pages with text, median {lengths[len(texts) // 2]} characters"
    )
    reference = [is_kept(WINDOWS["whole"](text), MIN_SCORE) for text in texts]
    print(f"   window       ms/page  kept at {MIN_SCORE}  otherwise than the whole text")
    for name, model in WINDOWS.items():
        start = time.process_time()
        answers = [model(text) for text in texts]
        cost = (time.process_time() - start) / len(texts) * 1e3
        kept = [is_kept(answer, MIN_SCORE) for answer in answers]
        other = sum(a != b for a, b in zip(kept, reference, strict=True))
        print(f"   {name:12} {cost:7.3f}  {sum(kept):11}  {other} ({other / len(texts):.2%})")
    answers = [identify(text) for text in texts]
    english = [
        (score, text) for text, (code, score) in zip(texts, answers, strict=True) if code == "en"
    ]
    below = [text for score, text in english if score < MIN_SCORE]
    print(
        f"   named English {len(english)}, below {MIN_SCORE} of them {len(below)}, "
        f"median {middlemost(below)} characters"
    )
    print("   named English, by score: pages, median characters")
    for low, high in zip(CUTS, [*CUTS[1:], 1.01], strict=True):
        inside = [text for score, text in english if low <= score < high]
        print(f"   {low:.2f}..  {len(inside):5}  {middlemost(inside)}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure language identification.")
    parser.add_argument("data", type=Path, help="folder of labelled texts and a crawl")
    parser.add_argument("--pages", type=int, default=1200, help="crawled pages to extract")
    parser.add_argument("--fasttext", type=Path, help="a fastText model to print beside")
    options = parser.parse_args()
    models: dict[str, Identify] = {"py3langid": identify}
    if options.fasttext:
        digest = hashlib.sha256(options.fasttext.read_bytes()).hexdigest()
        models[options.fasttext.name] = FastText(path=str(options.fasttext), sha256=digest)
    identify("The model is read before anything is timed.")
    print_sentences(options.data / "langid" / "lingua_sentences.parquet", models)
    print_pages(options.data / "extraction" / "daniel.parquet")
    print_unknown_languages(options.data / "langid" / "udhr2.parquet")
    print_crawl(sorted((options.data / "crawl").glob("crawl-*.warc.gz")), options.pages)


if __name__ == "__main__":
    main()
