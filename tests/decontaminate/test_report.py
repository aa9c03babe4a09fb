"""Clean and dirty items, and the phrases that were left."""

from curate.decontaminate import Index, Item
from curate.decontaminate.report import report


def item(text, id_, benchmark="b"):
    return Item(benchmark, id_, (("text", text),))


WORDS = [f"w{n}" for n in range(20)]
ITEMS = [
    item(" ".join(WORDS[:3]), "both"),  # its n-grams: 0 1, 1 2
    item(" ".join(WORDS[1:3]), "common"),
    item(" ".join(WORDS[5:8]), "never"),
    item("x", "short"),
    item(" ".join(WORDS[:2]), "other", "c"),
    item("y", "short", "d"),
]


def test_items_by_what_was_found_of_them():
    index = Index.build(ITEMS, 2)
    numbers = {" ".join(index.gram(n)): n for n in reversed(range(len(index)))}
    result = report(index, [(numbers["w0 w1"], 3), (numbers["w1 w2"], 4)], 3)
    by_name = {one["name"]: one for one in result["benchmarks"]}
    names = ("items", "too_short", "dirty", "clean", "common_only", "dirty_share", "clean_share")
    assert {key: by_name["b"][key] for key in names} == {
        "items": 4, "too_short": 1, "dirty": 1, "clean": 2, "common_only": 1,
        "dirty_share": 0.333333, "clean_share": 0.666667,
    }  # fmt: skip
    assert (by_name["c"]["dirty"], by_name["c"]["clean_share"]) == (1, 0.0)
    assert (by_name["d"]["too_short"], by_name["d"]["clean_share"]) == (1, None)
    assert result["exempt"] == [{"ngram": "w1 w2", "documents": 4, "items": {"b": 2}}]


def test_phrases_come_by_how_many_documents_have_them():
    index = Index.build(ITEMS[:3], 2)
    numbers = sorted({index.number(h, n, index.gram(n)) for n, h in enumerate(index.hashes)
                      if n == 0 or index.hashes[n - 1] != h})  # fmt: skip
    result = report(index, [(number, 11 + n % 2) for n, number in enumerate(numbers)], 10)
    told = [(one["documents"], one["ngram"]) for one in result["exempt"]]
    assert told == sorted(told, key=lambda pair: (-pair[0], pair[1]))
    assert len(told) == 4
    assert all(one["dirty"] == 0 for one in result["benchmarks"])
