"""py3langid's automaton and naive Bayes sums, compiled with numba.

Without numba `curate.filters.language` does the same in Python and NumPy, with equal results.
"""

import numpy as np
import numpy.typing as npt

from curate._compiled import compiled


@compiled
def count(  # noqa: PLR0917 - compiled
    octets: npt.NDArray[np.uint8],
    ends: npt.NDArray[np.int64],
    transitions: npt.NDArray[np.uint32],
    rows: npt.NDArray[np.int64],
    features: npt.NDArray[np.int64],
    scratch: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the features of each text, in the order of first occurrence, and the count of each.

    The texts' octets are joined and end at `ends`; the third array is where each text's features
    end. `scratch` has a 0 for each feature, before and afterwards.
    """
    seen = np.empty(len(octets), np.int64)
    counts = np.empty(len(octets), np.int64)
    stops = np.empty(len(ends), np.int64)
    kinds, at = 0, 0
    for text in range(len(ends)):
        first, state = kinds, np.int64(0)
        while at < ends[text]:
            state = np.int64(transitions[rows[state] + np.int64(octets[at])])
            feature = features[state]
            if feature >= 0:
                if scratch[feature] == 0:
                    seen[kinds] = feature
                    kinds += 1
                scratch[feature] += 1
            at += 1
        for i in range(first, kinds):
            counts[i] = scratch[seen[i]]
            scratch[seen[i]] = 0
        stops[text] = kinds
    return seen[:kinds].copy(), counts[:kinds].copy(), stops


@compiled
def weighted_sums(
    features: npt.NDArray[np.int64],
    amounts: npt.NDArray[np.int64],
    stops: npt.NDArray[np.int64],
    weights: npt.NDArray[np.int16],
) -> npt.NDArray[np.int64]:
    """Return amounts @ weights[features] of each text: the weight of its features in each class.

    Summed as floats, which can be vectorised: the sums are whole numbers far below 2^53, so they
    are exact.
    """
    sums = np.zeros((len(stops), weights.shape[1]), np.float64)
    i = 0
    for text in range(len(stops)):
        of_text = sums[text]
        while i < stops[text]:
            amount, row = np.float64(amounts[i]), weights[features[i]]
            for c in range(len(of_text)):
                of_text[c] += amount * np.float64(row[c])
            i += 1
    return sums.astype(np.int64)
