"""py3langid's automaton and naive Bayes sums, compiled with numba.

Without numba `curate.filters.language` does the same in Python and NumPy, with equal results.
"""

import numpy as np
import numpy.typing as npt

from curate._compiled import compiled


@compiled
def count(
    octets: npt.NDArray[np.uint8],
    transitions: npt.NDArray[np.uint32],
    rows: npt.NDArray[np.int64],
    features: npt.NDArray[np.int64],
    scratch: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the features found, in the order of first occurrence, and the count of each.

    `scratch` has a 0 for each feature, before and afterwards.
    """
    seen = np.empty(min(len(octets), len(scratch)), np.int64)
    kinds, state = 0, np.int64(0)
    for octet in octets:
        state = np.int64(transitions[rows[state] + np.int64(octet)])
        feature = features[state]
        if feature >= 0:
            if scratch[feature] == 0:
                seen[kinds] = feature
                kinds += 1
            scratch[feature] += 1
    counts = np.empty(kinds, np.int64)
    for i in range(kinds):
        counts[i] = scratch[seen[i]]
        scratch[seen[i]] = 0
    return seen[:kinds].copy(), counts


@compiled
def weighted_sum(
    features: npt.NDArray[np.int64],
    amounts: npt.NDArray[np.int64],
    weights: npt.NDArray[np.int16],
) -> npt.NDArray[np.int64]:
    """Return amounts @ weights[found]: the weight of the features found in each class.

    Summed as floats, which can be vectorised: the sums are whole numbers far below 2^53, so they
    are exact.
    """
    sums = np.zeros(weights.shape[1], np.float64)
    for i in range(len(features)):
        amount, row = np.float64(amounts[i]), weights[features[i]]
        for c in range(len(sums)):
            sums[c] += amount * np.float64(row[c])
    return sums.astype(np.int64)
