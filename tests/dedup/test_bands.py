import random

import pytest

from curate.dedup.bands import SETTINGS, Banding, half_point, probability

AT = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9)
CURVES = {  # bands, rows, half-point, probability at each of AT, some cut, not rounded
    "gpt3": (10, 1, 0.067, (0.999, 1, 1, 1, 1, 1, 1)),
    "owt2": (3, 3, 0.591, (0.330, 0.518, 0.716, 0.807, 0.884, 0.943, 0.980)),
    "fineweb": (14, 8, 0.685, (0.053, 0.211, 0.564, 0.772, 0.924, 0.988, 1.00)),
    "refinedweb": (450, 20, 0.723, (0.000, 0.016, 0.302, 0.761, 0.995, 1, 1)),
    "lee at 0.9": (40, 20, 0.816, (0.000, 0.001, 0.031, 0.119, 0.371, 0.794, 0.994)),
    "dclm": (93, 15, 0.721, (0.003, 0.043, 0.358, 0.714, 0.964, 1.00, 1)),
    "redpajama 0.7": (14, 9, 0.714, (0.027, 0.132, 0.438, 0.665, 0.867, 0.975, 0.999)),
    "slimpajama": (9, 13, 0.819, (0.001, 0.012, 0.084, 0.195, 0.399, 0.686, 0.929)),
    "redpajama 0.9": (5, 25, 0.921, (0, 0, 0.001, 0.004, 0.019, 0.083, 0.311)),
    "nemo": (20, 13, 0.771, (0.002, 0.026, 0.177, 0.382, 0.677, 0.924, 0.997)),
    "core": (50, 4, 0.343, (0.960, 0.999, 1, 1, 1, 1, 1)),
}


@pytest.mark.parametrize(("bands", "rows", "half", "expected"), CURVES.values(), ids=CURVES)
def test_curves_of_published_settings(bands, rows, half, expected):
    assert half_point(bands, rows) == pytest.approx(half, abs=6e-4)
    assert [probability(j, bands, rows) for j in AT] == pytest.approx(expected, abs=6e-4)
    assert probability(half_point(bands, rows), bands, rows) == pytest.approx(0.5)


def test_named_settings():
    named = {k: (s.bands, s.rows, s.ngram, s.unit, s.threshold) for k, s in SETTINGS.items()}
    assert named == {
        "default": (20, 7, 5, "word", 0.8),
        "fineweb": (14, 8, 5, "word", 0.75),
        "refinedweb": (450, 20, 5, "word", 0.8),
        "slimpajama": (9, 13, 13, "character", 0.8),
        "gpt3": (10, 1, 1, "word", 0.8),
    }
    assert 1 - probability(0.8, bands=20, rows=7) <= 0.01


def test_bands_and_rows_in_the_wrong_order_show_in_the_half_point():
    """The printed "20 buckets of 450" would find nothing but copies."""
    assert "half of those at 0.993" in Banding(bands=20, rows=450).describe()
    assert "half of those at 0.723" in SETTINGS["refinedweb"].describe()


def test_probability_is_that_of_drawing():
    random.seed(3)
    hits = sum(any(all(random.random() < 0.7 for _ in range(5)) for _ in range(6))
               for _ in range(20_000))  # fmt: skip
    assert hits / 20_000 == pytest.approx(probability(0.7, bands=6, rows=5), abs=0.015)


WRONG = {
    "no rows": ({"rows": 0}, "bands, rows and ngram must be at least 1"),
    "threshold zero": ({"threshold": 0.0}, "threshold: expected above 0 and up to 1, got 0.0"),
    "threshold in percent": ({"threshold": 80}, "threshold: expected above 0 and up to 1, got 80"),
}


@pytest.mark.parametrize(("settings", "message"), WRONG.values(), ids=WRONG)
def test_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        Banding(**settings)
