"""The keep rule beside NumPy's Pareto, which the paper uses."""

import numpy as np
import pytest

from curate.quality import alpha_of, keep_chance, keeps
from curate.store.keys import text_hash

DRAWS = 200_000


@pytest.mark.parametrize("alpha", [3, 9])
@pytest.mark.parametrize("score", [0.0, 0.25, 0.5, 0.9, 0.99])
def test_numpy_keeps_as_many(alpha, score):
    kept = (np.random.default_rng(7).pareto(alpha, DRAWS) > 1 - score).mean()
    chance = keep_chance(score, alpha)
    assert abs(kept - chance) < 4 * np.sqrt(chance * (1 - chance) / DRAWS)


def test_the_figures_of_the_paper_s_alpha():
    chances = [round(keep_chance(s), 4) for s in (0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1)]
    assert chances == [0.002, 0.0065, 0.026, 0.1342, 0.4241, 0.6446, 0.9143, 1.0]


@pytest.mark.parametrize("score", [0.3, 0.7, 0.95])
def test_hashes_keep_as_many_as_their_chance(score):
    kept = sum(keeps(text_hash(f"text {n}"), score, seed=7, alpha=3) for n in range(20_000))
    chance = keep_chance(score, 3)
    assert abs(kept / 20_000 - chance) < 4 * np.sqrt(chance * (1 - chance) / 20_000)


def test_the_lot_is_the_text_s_and_the_seed_s():
    hashes = [text_hash(f"text {n}") for n in range(300)]
    once = [keeps(h, 0.8, seed=7) for h in hashes]
    assert once == [keeps(h, 0.8, seed=7) for h in hashes]
    assert once != [keeps(h, 0.8, seed=8) for h in hashes]
    assert text_hash("a  b\n") == text_hash("a b"), "copies share their outcome"
    better = [keeps(h, 0.9, seed=7) for h in hashes]
    assert all(b or not a for a, b in zip(once, better, strict=True)), "more score, more kept"


def test_alpha_is_found_again():
    draws = np.random.default_rng(3).pareto(9, 50_000)
    assert alpha_of((1 - draws[draws <= 1]).tolist()) == pytest.approx(9, rel=0.03)
    with pytest.raises(ValueError, match="expected scores below 1, got 2"):
        alpha_of([1.0, 1.0])
