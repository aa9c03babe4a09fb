"""Kneser-Ney models against a plain version by the formulas."""

import math
import random
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.quality.ngrams import fit, parts_of

END = -1


class Plain:
    """Interpolated Kneser-Ney from dictionaries, a token at a time."""

    def __init__(self, texts, vocabulary, order):
        self.vocabulary, self.order = vocabulary, order
        highest = Counter()
        for text in texts:
            framed = [END] * (order - 1) + [*text, END]
            for i in range(order - 1, len(framed)):
                highest[tuple(framed[i - order + 1 : i + 1])] += 1
        self.counts = {order: highest}
        for n in range(order - 1, 0, -1):
            self.counts[n] = Counter(run[1:] for run in self.counts[n + 1])
        self.after = {}
        for n, counts in self.counts.items():
            own = defaultdict(Counter)
            for run, count in counts.items():
                own[run[:-1]][run[-1]] = count
            self.after[n] = own

    def discount(self, n):
        values = list(self.counts[n].values())
        once, twice = values.count(1), values.count(2)
        return once / (once + 2 * twice) if once and twice else 0.5

    def chance(self, run, n):
        if n == 0:
            return 1 / self.vocabulary
        own = self.after[n].get(run[-n:-1])
        lower = self.chance(run, n - 1)
        if not own:
            return lower
        d, total = self.discount(n), sum(own.values())
        count = own.get(run[-1], 0)
        return (max(count - d, 0) if count else 0) / total + d * len(own) / total * lower

    def bits(self, text):
        framed = [END] * (self.order - 1) + [*text, END]
        return [
            -math.log2(self.chance(tuple(framed[i - self.order + 1 : i + 1]), self.order))
            for i in range(self.order - 1, len(framed))
        ]


TEXTS = st.lists(st.lists(st.integers(0, 5), max_size=30), min_size=1, max_size=5)


@settings(deadline=None)
@given(TEXTS, st.lists(st.integers(0, 6), max_size=12), st.integers(1, 4))
def test_bits_are_those_of_the_formulas(texts, text, order):
    if not any(texts):
        return
    model, plain = fit(texts, 8, order), Plain(texts, 8, order)
    assert model.bits(text) == pytest.approx(plain.bits(text), abs=1e-9)


def test_chances_of_all_tokens_sum_to_one():
    drawn = random.Random(3)
    texts = [[drawn.randrange(6) for _ in range(50)] for _ in range(20)]
    model = fit(texts, 7, 3)
    for context in ([1, 2], [5], [], [0, 0, 0, 3]):
        chances = [2.0 ** -model.bits([*context, token])[len(context)] for token in range(6)]
        chances.append(2.0 ** -model.bits(context)[len(context)])  # the end
        assert sum(chances) == pytest.approx(1, abs=1e-9)


def test_text_like_that_of_training_costs_less():
    drawn = random.Random(4)
    alike = [[(n * 3 + drawn.randrange(2)) % 50 for n in range(40)] for _ in range(60)]
    other = [[drawn.randrange(50) for _ in range(40)] for _ in range(60)]
    model = fit(alike[:50], 51)
    assert np.mean([model.bits(t).mean() for t in alike[50:]]) < 2.5
    assert np.mean([model.bits(t).mean() for t in other]) > 5
    again = fit(alike[:50], 51)
    assert all(
        (a.chances == b.chances).all() for a, b in zip(model.levels, again.levels, strict=True)
    )


def test_thirds_by_perplexity():
    drawn = random.Random(6)
    texts = [[(n * 3 + drawn.randrange(k)) % 50 for n in range(30)] for k in range(1, 31)]
    model = fit(texts[:10], 51)
    sample = [model.perplexity(text) for text in texts]
    assert sample[0] == pytest.approx(2 ** model.bits(texts[0]).mean())
    parts = parts_of(sample)
    found = [parts.part_of(value) for value in sample]
    assert [found.count(part) for part in ("head", "middle", "tail")] == [10, 10, 10]
    assert (found[0], found[-1]) == ("head", "tail")
    with pytest.raises(ValueError, match="a sample of perplexities"):
        parts_of([])


def test_nothing_to_learn_from_is_said():
    with pytest.raises(ValueError, match="expected texts with tokens"):
        fit([[], []], 5)


def arpa(plain):
    """Return a plain model as KenLM reads it: one <s> for all the ends before a text."""
    order, lines = plain.order, {n: [] for n in range(1, plain.order + 1)}

    def words(run):
        begin = next((i for i, token in enumerate(run) if token != END), len(run) - 1)
        before = ["<s>"] if begin else []
        return [*before, *("</s>" if token == END else f"w{token}" for token in run[begin:])]

    def weight(context):
        """Return what an order leaves to the one below after a context."""
        n, product = len(context) + 1, 1.0
        own = plain.after.get(n, {}).get(context)
        if own and n <= order:
            product = plain.discount(n) * len(own) / sum(own.values())
        return product

    unknown = weight(()) / plain.vocabulary
    lines[1] = [(unknown, "<unk>", 1.0)]
    start = math.prod(weight((END,) * n) for n in range(1, order))
    lines[1].append((1e-9, "<s>", start))
    for n in range(1, order + 1):
        for run in plain.counts[n]:
            if n < order and n > 1 and run[0] == END and set(run[:-1]) == {END}:
                continue  # the longest such run says what follows <s>
            named = words(run)
            after = weight(run) if len(run) < order and run[-1] != END else 1.0
            lines[len(named)].append((plain.chance(run, n), " ".join(named), after))
    text = ["\\data\\", *(f"ngram {n}={len(set(own))}" for n, own in lines.items())]
    for n, own in lines.items():
        text += ["", f"\\{n}-grams:"]
        for chance, named, after in dict.fromkeys(own):
            back = f"\t{math.log10(after)}" if n < order else ""
            text.append(f"{math.log10(chance)}\t{named}{back}")
    return "\n".join([*text, "", "\\end\\", ""])


@pytest.mark.parametrize("order", [2, 3])
def test_bits_are_those_of_kenlm(order, tmp_path):
    kenlm = pytest.importorskip("kenlm")
    drawn = random.Random(order)
    texts = [[drawn.choice((0, 1, 1, 2, 3, 4)) for _ in range(30)] for _ in range(40)]
    model, plain = fit(texts, 9, order), Plain(texts, 9, order)
    (tmp_path / "plain.arpa").write_text(arpa(plain))
    other = kenlm.Model(str(tmp_path / "plain.arpa"))
    for text in ([0, 1, 2, 3], [4, 4, 4, 0, 7, 1, 1], [5], [], *texts[:5]):
        line = " ".join(f"w{token}" for token in text)
        wanted = [-chance * math.log2(10) for chance, _, _ in other.full_scores(line)]
        assert model.bits(text) == pytest.approx(wanted, abs=1e-3)
