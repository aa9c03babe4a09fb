"""Near-deduplication: speed of MinHash signatures, and correctness against brute force.

    python benchmarks/dedup.py kernel FILES...              # beside datasketch and rensa
    python benchmarks/dedup.py truth FILES... [--documents 20000] [--seeds 5] [--show 0]

FILES are .parquet with a column text or gold_text, or .warc.gz, whose pages are stripped of tags
and nothing else: menus and footers stay, so that buckets fill with unlike pages of one site.

kernel: documents of 500 words made by joining the texts, 128 permutations, from str to signature
on one core, in processor time, best of three; the first call, which compiles or loads, apart.
Ours from an Arrow array; datasketch word shingles by `update_batch`; rensa the same list of
shingles, made beforehand and made within the time. Peers not installed are left out and reported.

truth: all pairs of Jaccard similarity 0.5 and more by brute force (rarest-first inverted index,
then the exact sets), with a shingler written here that follows the published definition and is
not the product's. Then per bin of similarity how many pairs share no band, beside what
1 - (1 - j^r)^b says, averaged over seeds; and of `find_duplicates`: removals below the threshold
(must be 0), what a second run removes (must be 0), how many documents similar to a kept one it
missed, beside what the curve expects.
"""

import argparse
import gzip
import re
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from curate.dedup import SETTINGS, MinHasher, find_duplicates, probability
from curate.dedup.minhash import has_shingles
from curate.store.keys import normalise

Ints = npt.NDArray[np.int64]
NGRAM, FLOOR = 5, 0.5  # of the truth; the curve is 0.15 there
SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u312f\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\ua000-\ua4cf\uaa60-\uaa7f\U00020000-\U0003ffff]"
)


def main() -> None:
    parser = argparse.ArgumentParser(description="See the head of the file.")
    parser.add_argument("what", choices=["kernel", "truth"])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--show", type=int, default=0, help="print so many of what was left")
    options = parser.parse_args()
    texts = list(islice(read(options.files), options.documents))
    if options.what == "kernel":
        kernel(texts)
    else:
        truth(texts, options.seeds, options.show)


def read(files: Sequence[Path]) -> Iterator[str]:
    for file in files:
        if file.suffix == ".parquet":
            table = pq.read_table(file)
            column = "text" if "text" in table.column_names else "gold_text"
            yield from (text for text in table[column].to_pylist() if text)
        else:
            yield from pages(file)


def pages(archive: Path) -> Iterator[str]:
    """Yield the HTML responses of an archive without tags, cheaply; it must be undamaged."""
    with gzip.open(archive) as file:
        records = file.read().split(b"WARC/1.")[1:]
    for record in records:
        if b"WARC-Type: response" in record[:2_000]:
            body = record.split(b"\r\n\r\n", 2)[-1].decode("utf-8", "replace")
            body = re.sub(r"(?is)<(script|style).*?</\1>|<[^>]*>", " ", body)
            if len(body.split()) >= 20:
                yield " ".join(body.split())


# --- kernel ---------------------------------------------------------------------------------


def kernel(texts: Sequence[str]) -> None:
    words = " ".join(texts).split(" ")
    documents = [" ".join(words[i : i + 500]) for i in range(0, len(words) - 500, 500)][:5_000]
    print(f"{len(documents)} documents of 500 words, 128 permutations, {NGRAM}-word shingles")
    array = pa.array(documents)
    for family in ("fast", "datasketch"):
        hasher = MinHasher(bands=16, rows=8, ngram=NGRAM, family=family)
        part = array if family == "fast" else array[:500]
        began = time.process_time()
        hasher.signatures(part[:1])
        print(f"curate {family:38} first call {time.process_time() - began:6.2f} s")
        report(f"curate {family}, from Arrow", lambda h=hasher, p=part: h.signatures(p), len(part))
    shingled = [[" ".join(w[i : i + NGRAM]) for i in range(len(w) - NGRAM + 1)]
                for w in (d.lower().split(" ") for d in documents[:1_000])]  # fmt: skip
    peer_datasketch([[s.encode() for s in document] for document in shingled[:300]])
    peer_rensa(documents[:1_000], shingled)


def report(name: str, work: Callable[[], object], count: int) -> None:
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    print(f"{name:45} {count / best:10,.0f} documents/s   {1e6 * best / count:8.1f} us each")


def peer_datasketch(shingled: list[list[bytes]]) -> None:
    try:
        from datasketch import MinHash  # noqa: PLC0415
    except ImportError:
        print("datasketch: not installed, left out")
        return

    def work() -> None:
        for document in shingled:
            MinHash(num_perm=128).update_batch(document)

    report("datasketch, shingles given", work, len(shingled))


def peer_rensa(documents: Sequence[str], shingled: list[list[str]]) -> None:
    try:
        from rensa import RMinHash  # noqa: PLC0415
    except ImportError:
        print("rensa: not installed, left out")
        return

    def given() -> None:
        for document in shingled:
            RMinHash(num_perm=128, seed=42).update(document)

    def made() -> None:
        for document in documents:
            w = document.lower().split(" ")
            shingles = [" ".join(w[i : i + NGRAM]) for i in range(len(w) - NGRAM + 1)]
            RMinHash(num_perm=128, seed=42).update(shingles)

    report("rensa RMinHash, shingles given", given, len(shingled))
    report("rensa RMinHash, shingles made in Python", made, len(documents))


# --- truth ----------------------------------------------------------------------------------


def truth(texts: Sequence[str], seeds: int, show: int) -> None:
    texts = list({normalise(text): text for text in texts}.values())
    began = time.perf_counter()
    sets, ends = frozen_sets(texts)
    first, second, jaccard = all_pairs(sets, ends, FLOOR)
    print(
        f"{len(texts)} different documents, {ends[-1] / len(texts):.0f} shingles each; "
        f"{len(first)} pairs of similarity {FLOOR} and more, {time.perf_counter() - began:.0f} s"
    )
    misses(texts, first, second, jaccard, seeds)
    outcome(texts, (sets, ends), (first, second, jaccard), show)


def misses(texts: Sequence[str], first: Ints, second: Ints, jaccard: Ints, seeds: int) -> None:
    """Print per bin the share of pairs without a common band, and what the curve says.

    A pair counts `seeds` times. Pairs of one site are not independent of each other, so the
    interval, two standard errors of that many coins, is narrower than the truth.
    """
    banding = SETTINGS["default"]
    met = np.zeros(len(first))
    for seed in range(1, seeds + 1):
        hasher = MinHasher.of(banding, seed=seed)
        signatures = hasher.signatures(pa.array(texts))
        keys = hasher.band_keys(signatures)
        assert has_shingles(signatures)[first].all()
        for part in np.array_split(np.arange(len(first)), len(first) // 100_000 + 1):
            met[part] += (keys[first[part]] == keys[second[part]]).any(axis=1)
    print(f"\n{banding.describe()}; {seeds} seeds")
    print("similarity      pairs   missed   curve says")
    for low in np.arange(FLOOR, 1, 0.05):
        inside = (jaccard >= low - 1e-9) & (jaccard < low + 0.05 - 1e-9)
        if low > 0.94:
            inside = jaccard >= low - 1e-9
        if inside.any():
            chance = 1 - (1 - jaccard[inside] ** banding.rows) ** banding.bands
            error = 2 * np.sqrt((chance * (1 - chance)).sum() / seeds) / inside.sum()
            print(
                f"{low:.2f} - {low + 0.05:.2f} {inside.sum():9} "
                f"{1 - met[inside].mean() / seeds:8.4f}   {1 - chance.mean():.4f} +- {error:.4f}"
            )


def outcome(
    texts: Sequence[str],
    frozen: tuple[Ints, Ints],
    pairs: tuple[Ints, Ints, npt.NDArray[np.float64]],
    show: int,
) -> None:
    banding, rank = SETTINGS["default"], [-len(text) for text in texts]
    find_duplicates(texts[:2])  # compiles
    began = time.process_time()
    duplicates = find_duplicates(texts, rank=rank)
    seconds = time.process_time() - began
    sets, ends = frozen
    exact = _similarities(
        sets,
        ends,
        np.array([d.removed for d in duplicates]),
        np.array([d.kept for d in duplicates]),
    )
    removed = {d.removed for d in duplicates}
    kept = [i for i in range(len(texts)) if i not in removed]
    second_run = find_duplicates([texts[i] for i in kept], rank=[rank[i] for i in kept])
    first, second, jaccard = pairs
    both_kept = ~np.isin(first, list(removed)) & ~np.isin(second, list(removed)) & (jaccard >= 0.8)
    left = sorted(
        zip(jaccard[both_kept], first[both_kept], second[both_kept], strict=True), reverse=True
    )
    touched = np.unique(np.concatenate([first[jaccard >= 0.8], second[jaccard >= 0.8]]))
    print(f"\nfind_duplicates: {len(duplicates)} removed in {seconds:.1f} s of processor time")
    print(f"removals below {banding.threshold}: {(exact < banding.threshold).sum()}")
    wrong = sum(abs(d.jaccard - j) > 1e-12 for d, j in zip(duplicates, exact, strict=True))
    print(f"removals whose stated similarity is not the exact one: {wrong}")
    print(f"removed by a second run: {len(second_run)}")
    print(
        f"pairs at {banding.threshold} and more of which both are kept: {len(left)} "
        f"(documents in such pairs before: {len(touched)}; "
        f"missed at exactly {banding.threshold}: {1 - probability(0.8, 20, 7):.4f} of pairs)"
    )
    for j, a, b in left[:show]:
        print(f"  {j:.3f}\n    {texts[a][:150]}\n    {texts[b][:150]}")


class _Fold(dict[int, str]):
    """The definition once more: casefold, NFKD, no accents, no invisible characters."""

    def __missing__(self, code: int) -> str:
        c = chr(code)
        for case in (str.casefold, str.lower):
            form = case(unicodedata.normalize("NFKD", case(unicodedata.normalize("NFKD", case(c)))))
            form = "".join(d for d in form if not _invisible(d))
            if len(form) < 2:
                c = form
                break
        if c and unicodedata.category(c)[0] not in "LMN" and not 0x20000 <= code < 0x40000:
            c = " "
        self[code] = f" {c} " if SPACELESS.fullmatch(c) else c
        return self[code]


def _invisible(c: str) -> bool:
    accent = unicodedata.combining(c)
    selector = "\ufe00" <= c <= "\ufe0f" or "\U000e0100" <= c <= "\U000e01ef" or c == "\u034f"
    joiner = unicodedata.category(c) == "Cf" and c != "\u200b"
    return accent >= 200 or 10 <= accent <= 35 or selector or joiner


def frozen_sets(texts: Sequence[str]) -> tuple[Ints, Ints]:
    """Return the shingle sets as numbers, rarest shingle = 0, ascending in each document."""
    fold, names, rows = _Fold(), {}, []
    for text in texts:
        words = text.translate(fold).split()
        last = max(len(words) - NGRAM, 0) if words else -1
        grams = {" ".join(words[i : i + NGRAM]) for i in range(last + 1)}
        rows.append(np.array([names.setdefault(gram, len(names)) for gram in grams], np.int64))
    ends = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=ends[1:])
    numbers = np.concatenate(rows)
    rarity = np.empty(len(names), np.int64)
    rarity[np.argsort(np.bincount(numbers), kind="stable")] = np.arange(len(names))
    numbers = rarity[numbers]
    for i in range(len(rows)):
        numbers[ends[i] : ends[i + 1]].sort()
    return numbers, ends


def all_pairs(sets: Ints, ends: Ints, floor: float) -> tuple[Ints, Ints, npt.NDArray[np.float64]]:
    """Return every pair of similarity floor and more, first < second.

    Two such sets share one of the rarest (1 - floor) of their shingles.
    """
    by = np.argsort(np.diff(ends), kind="stable")
    first, second, jaccard = _all_pairs(sets, ends, by, floor)
    a, b = by[first], by[second]
    order = np.lexsort((np.maximum(a, b), np.minimum(a, b)))
    return np.minimum(a, b)[order], np.maximum(a, b)[order], jaccard[order]


@numba.njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def _all_pairs(sets, ends, by, floor):  # type: ignore[no-untyped-def]
    count = len(by)
    counts = np.zeros(sets.max() + 2, np.int64)
    for d in range(count):
        size = ends[d + 1] - ends[d]
        for i in range(ends[d], ends[d] + size - int(np.ceil(floor * size)) + 1 if size else 0):
            counts[sets[i] + 1] += 1
    starts = np.cumsum(counts)
    members = np.empty(starts[-1], np.int64)
    fill = starts.copy()
    last_seen = np.full(count, -1, np.int64)
    first, second, jaccard = [0][:0], [0][:0], [0.0][:0]
    for n in range(count):
        d = by[n]
        size = ends[d + 1] - ends[d]
        prefix = size - int(np.ceil(floor * size)) + 1 if size else 0
        for i in range(ends[d], ends[d] + prefix):
            for p in range(starts[sets[i]], fill[sets[i]]):
                m = members[p]
                other = by[m]
                if last_seen[m] == n or ends[other + 1] - ends[other] < floor * size:
                    continue
                last_seen[m] = n
                j = _similarity(sets, ends, other, d)
                if j >= floor:
                    first.append(m)
                    second.append(n)
                    jaccard.append(j)
            members[fill[sets[i]]] = n
            fill[sets[i]] += 1
    return np.array(first), np.array(second), np.array(jaccard)


@numba.njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def _similarity(sets, ends, a, b):  # type: ignore[no-untyped-def]
    i, j, shared = ends[a], ends[b], 0
    while i < ends[a + 1] and j < ends[b + 1]:
        x, y = sets[i], sets[j]
        shared += x == y
        i += x <= y
        j += y <= x
    return shared / max(ends[a + 1] - ends[a] + ends[b + 1] - ends[b] - shared, 1)


def _similarities(sets: Ints, ends: Ints, a: Ints, b: Ints) -> npt.NDArray[np.float64]:
    return np.array([_similarity(sets, ends, x, y) for x, y in zip(a, b, strict=True)])


if __name__ == "__main__":
    main()
