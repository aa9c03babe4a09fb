import ast
import random
import subprocess
import sys
import sysconfig
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import curate.dedup
from curate.dedup import (
    SETTINGS,
    Banding,
    Duplicate,
    MinHasher,
    duplicates,
    find_duplicates,
    jaccard,
)
from curate.dedup.clusters import resolve
from curate.dedup.duplicates import EXACT, NEAR, in_chunks
from curate.dedup.shingles import shingles
from curate.extras import install
from curate.store.keys import normalise

from . import plain

SURE = Banding(bands=80, rows=2, ngram=2, threshold=0.6)  # misses one pair in 10^15 at 0.6


def grams(text, ngram=5, unit="word"):
    return set(shingles(text or "", ngram=ngram, unit=unit))


def check(texts, found, banding, rank):
    """Every row by plain sets: similar enough, against one that stays and is ranked before."""
    gone = {d.removed for d in found}
    assert [d.removed for d in found] == sorted(gone)
    for d in found:
        a, b = (grams(texts[i], banding.ngram, banding.unit) for i in (d.removed, d.kept))
        assert d.kept not in gone
        assert (rank[d.kept], d.kept) < (rank[d.removed], d.removed)
        if d.rule == EXACT:
            assert normalise(texts[d.removed]) == normalise(texts[d.kept])
            assert d.jaccard == 1.0
        else:
            assert d.rule == NEAR
            assert d.jaccard == plain.jaccard(a, b) >= banding.threshold
    return [i for i in range(len(texts)) if i not in gone]


def kept_slowly(texts, banding, rank):
    """The rule on all pairs: in order, each stays unless it resembles one that stays."""
    sets = [grams(text, banding.ngram, banding.unit) for text in texts]
    kept = []
    for i in sorted(range(len(texts)), key=lambda i: (rank[i], i)):
        same = (normalise(texts[i] or "") == normalise(texts[k] or "") != "" for k in kept)
        near = (plain.jaccard(sets[i], sets[k]) >= banding.threshold for k in kept)
        if not any(same) and not any(near):
            kept.append(i)
    return sorted(kept)


def again(texts, stays, banding, rank):
    return find_duplicates(
        [texts[i] for i in stays], banding=banding, rank=[rank[i] for i in stays]
    )


TEXT = st.one_of(
    st.none(),
    st.sampled_from(["", "!!", " !!\n", "a", "A."]),
    st.lists(st.sampled_from("abcdef"), max_size=14).map(" ".join),
)


@settings(max_examples=25)
@given(st.lists(TEXT, max_size=25), st.data())
def test_random_texts_against_all_pairs(texts, data):
    rank = data.draw(st.lists(st.integers(0, 3), min_size=len(texts), max_size=len(texts)))
    result = find_duplicates(texts, banding=SURE, rank=rank, leaders=30)
    stays = check(texts, result, SURE, rank)
    assert stays == kept_slowly(texts, SURE, rank)
    assert again(texts, stays, SURE, rank) == []
    few = find_duplicates(texts, banding=SURE, rank=rank, leaders=1)
    assert again(texts, check(texts, few, SURE, rank), SURE, rank) == []
    arrow = pa.array(texts, pa.string())
    assert find_duplicates(arrow, banding=SURE, rank=rank, leaders=30) == result


def words(count, name):
    return [f"{name}{i}" for i in range(count)]


@pytest.mark.parametrize("order", ["first", "last", "shuffled"])
def test_drifting_versions_of_pages(order):
    """12 pages of 40 versions, each with two words changed: the best of each stretch stays."""
    chance, texts = random.Random(6), []
    for page in range(12):
        text = words(150, f"p{page}w")
        for version in range(40):
            texts.append(" ".join(text))
            for at in chance.sample(range(150), 2):
                text[at] = f"p{page}v{version}x{at}"
    rank = list(range(len(texts)))
    if order == "last":
        rank.reverse()
    if order == "shuffled":
        chance.shuffle(rank)
    banding = Banding(bands=80, rows=3)  # misses one pair in 10^25 at 0.8
    result = find_duplicates(texts, banding=banding, rank=rank)
    stays = check(texts, result, banding, rank)
    assert stays == kept_slowly(texts, banding, rank)
    assert 24 <= len(stays) <= 240
    assert again(texts, stays, banding, rank) == []


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_pages_of_one_template_stay(share):
    """2,000 pages with most of their words in common are different pages, but for copies."""
    common, size = words(int(300 * share), "t"), 300
    texts = [" ".join(common + words(size - len(common), f"page{i}x")) for i in range(2_000)]
    copies = [text.replace(" t5 ", " changed ") for text in texts[:200]]
    result = find_duplicates(texts + copies, rank=range(2_200))
    assert [(d.removed, d.kept) for d in result] == [(2_000 + i, i) for i in range(200)]


@pytest.mark.parametrize("size", [2, 10, 1_000, 10_000])
@pytest.mark.parametrize("how", ["copies", "a word apart"])
def test_crowds(size, how):
    base = words(60, "w")
    texts = [" ".join(base) for _ in range(size)]
    if how == "a word apart":
        texts = [text + f" end{i}" for i, text in enumerate(texts)]
    texts = [" ".join(words(60, "other")), *texts]
    result = find_duplicates(texts, rank=range(len(texts)))
    assert [d.removed for d in result] == list(range(2, size + 1))
    assert {(d.kept, d.rule) for d in result} == {(1, EXACT if how == "copies" else NEAR)}


def test_copies_do_not_hide_in_a_hot_bucket():
    """1,500 equal and 200 different documents: 201 stay, where skipping hot buckets keeps 1,700."""
    texts = [" ".join(words(80, "same"))] * 1_500
    texts += [" ".join(words(80, f"u{i}x")) for i in range(200)]
    assert len(find_duplicates(texts)) == 1_700 - 201


def no_rows_of_a_band(_, places):
    return np.empty((len(places), 0), np.uint32)


def docstrings():
    """Yield docstrings of 60 words and more from the standard library and NumPy."""
    for folder in (sysconfig.get_paths()["stdlib"], Path(np.__file__).parent):
        for file in sorted(Path(folder).rglob("*.py")):
            parts = file.relative_to(folder).parts
            if not {"site-packages", "test", "tests", "idlelib", "lib2to3"} & set(parts):
                for node in ast.walk(ast.parse(file.read_bytes())):
                    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
                        text = ast.get_docstring(node) or ""
                        if len(text.split()) >= 60:
                            yield text


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
def test_gpt3_settings_keep_different_documents():
    """Ten tables of one hash on single words: unverified, 10 of 600 docstrings are left."""
    banding = SETTINGS["gpt3"]
    candidates = list(dict.fromkeys(islice(docstrings(), 1_100)))
    bags = [grams(text, 1) for text in candidates]
    names = {word: i for i, word in enumerate(sorted(set().union(*bags)))}
    holds = np.zeros((len(bags), len(names)), np.float32)
    for row, bag in zip(holds, bags, strict=True):
        row[[names[word] for word in bag]] = 1
    shared = holds @ holds.T
    size = np.diag(shared)
    alike = shared / (size[:, None] + size - shared) >= banding.threshold
    chosen = [i for i in range(len(bags)) if not alike[i, :i].any()][:600]
    texts = [candidates[i] for i in chosen]
    assert len(texts) == 600
    assert find_duplicates(texts, banding=banding) == []

    hasher = MinHasher.of(banding)
    keys = hasher.band_keys(hasher.signatures(texts))
    unverified = resolve(keys, no_rows_of_a_band, lambda a, _: np.ones(len(a)), max_leaders=600)
    assert 600 - len(unverified.removed) <= 10

    copies = [text + " Changed." for text in texts[:100]]
    rank = range(len(texts) + 100)
    result = find_duplicates(texts + copies, banding=banding, rank=rank)
    check(texts + copies, result, banding, rank)
    assert len(result) >= 95


def test_the_best_copy_stays():
    long = " ".join(words(40, "w"))
    texts = [long, long + " more", long]
    assert find_duplicates(texts) == [
        Duplicate(0, 1, 36 / 37, NEAR),
        Duplicate(2, 1, 36 / 37, NEAR),
    ]
    assert [d.kept for d in find_duplicates(texts, rank=[2, 1, 0])] == [2, 2]
    source = [("web", 3), ("books", 1), ("web", 2)]
    assert [d.kept for d in find_duplicates(texts, rank=source)] == [1, 1]
    assert find_duplicates(texts, threshold=0.98) == [Duplicate(2, 0, 1.0, EXACT)]


def test_texts_without_shingles():
    texts = ["", None, "  ", "?!", "?! ", "—", "東京", "東 京", "short", "Short!"]
    assert find_duplicates(texts, rank=range(10)) == [
        Duplicate(4, 3, 1.0, EXACT),
        Duplicate(7, 6, 1.0, NEAR),
        Duplicate(9, 8, 1.0, NEAR),
    ]
    assert find_duplicates([]) == []


def test_texts_without_shingles_fill_no_bucket(monkeypatch):
    """Else a million of them were a million comparisons that find nothing."""
    seen = []

    def remembered(keys, *args, **kwargs):
        seen.append(resolve(keys, *args, **kwargs))
        return seen[-1]

    monkeypatch.setattr(duplicates, "resolve", remembered)
    assert find_duplicates(["?" * i for i in range(1, 300)] + ["a b c"] * 2) != []
    assert seen[0].rounds == []


def test_settings_are_checked():
    with pytest.raises(ValueError, match="at most 2 documents, got 3"):
        find_duplicates(["a"] * 3, banding=Banding(most_documents=2))
    with pytest.raises(ValueError, match="threshold: expected above 0 and up to 1, got 0"):
        find_duplicates(["a"], threshold=0)
    with pytest.raises(ValueError, match="expected 2 ranks, got 1"):
        find_duplicates(["a", "b"], rank=[1])


def test_in_chunks_reads_each_second_once():
    calls = []

    def verify(first, second):
        calls.append((first.tolist(), second.tolist()))
        return first * 100.0 + second

    first, second = np.array([0, 1, 0, 2, 0]), np.array([9, 4, 4, 7, 5])
    assert in_chunks(verify, 2)(first, second).tolist() == [9, 104, 4, 207, 5]
    assert calls == [([1, 0, 0], [4, 4, 5]), ([2, 0], [7, 9])]
    assert in_chunks(verify, 2)(first[:0], second[:0]).tolist() == []


def test_real_documents(data):
    texts = pq.read_table(data / "reference" / "webtext_like.parquet")["text"].to_pylist()
    rank = [-len(text) for text in texts]
    result = find_duplicates(texts)
    stays = check(texts, result, SETTINGS["default"], rank)
    assert len(result) > 50
    assert again(texts, stays, SETTINGS["default"], rank) == []


def test_same_rows_in_another_process():
    """Nothing hangs on Python's hash, on the number of threads or on what ran before."""
    texts = [" ".join(words(30, f"w{i // 3}x")) + " a" * (i % 3) for i in range(60)]
    code = f"from curate.dedup import find_duplicates; print(find_duplicates({texts!r}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == str(find_duplicates(texts))


def test_exported_names():
    for name in curate.dedup.__all__:
        assert getattr(curate.dedup, name).__doc__ or name == "SETTINGS"
    assert curate.dedup.jaccard is jaccard
    assert callable(jaccard)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        curate.dedup.nothing  # noqa: B018


def test_curves_need_neither_numpy_nor_numba():
    code = (
        "import sys; sys.modules['numpy'] = sys.modules['numba'] = None\n"
        "from curate.dedup import SETTINGS, half_point\n"
        "print(SETTINGS['default'].describe())\n"
        "try:\n    from curate.dedup import MinHasher\n"
        "except ImportError as error:\n    print(error)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "20 bands of 7 rows" in run.stdout
    assert install("dedup") in run.stdout
