"""py3langid's automaton and naive Bayes sums, compiled with numba.

Without numba `curate.filters.language` does the same in Python and NumPy, with equal results.
"""

import numpy as np
import numpy.typing as npt

from curate._compiled import compiled

TOGETHER = 4  # texts that are read side by side


@compiled
def _follow(
    octets: npt.NDArray[np.uint8],
    ends: npt.NDArray[np.int64],
    transitions: npt.NDArray[np.uint32],
    states: npt.NDArray[np.int32],
    found: npt.NDArray[np.int32],
) -> None:
    """Fill in the feature that each octet of some texts completes, -1 for none.

    TOGETHER texts at once: the processor looks up the next state of one while it waits for
    those of the others.
    """
    state = np.zeros(TOGETHER, np.int64)
    begins, lengths = np.zeros(TOGETHER, np.int64), np.zeros(TOGETHER, np.int64)
    for text in range(0, len(ends), TOGETHER):
        several = min(TOGETHER, len(ends) - text)
        state[:] = 0
        for n in range(TOGETHER):  # where there are fewer, the first is read in the others' place
            own = text + n if n < several else text
            begins[n] = ends[own - 1] if own else 0
            lengths[n] = ends[own] - begins[n]
        together = lengths.min() if several > 1 else 0
        a, b, c, d = state[0], state[1], state[2], state[3]
        for at in range(together):
            a = np.int64(transitions[states[a, 0] + np.int64(octets[begins[0] + at])])
            b = np.int64(transitions[states[b, 0] + np.int64(octets[begins[1] + at])])
            c = np.int64(transitions[states[c, 0] + np.int64(octets[begins[2] + at])])
            d = np.int64(transitions[states[d, 0] + np.int64(octets[begins[3] + at])])
            found[begins[0] + at], found[begins[1] + at] = states[a, 1], states[b, 1]
            found[begins[2] + at], found[begins[3] + at] = states[c, 1], states[d, 1]
        state[0], state[1], state[2], state[3] = a, b, c, d
        for n in range(several):
            one = state[n]
            for at in range(begins[n] + together, begins[n] + lengths[n]):
                one = np.int64(transitions[states[one, 0] + np.int64(octets[at])])
                found[at] = states[one, 1]


@compiled
def count(
    octets: npt.NDArray[np.uint8],
    ends: npt.NDArray[np.int64],
    transitions: npt.NDArray[np.uint32],
    states: npt.NDArray[np.int32],
    scratch: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the features of each text, in the order of first occurrence, and the count of each.

    The texts' octets are joined and end at `ends`; the third array is where each text's features
    end. `states` has for each state where its transitions begin, and its feature or -1. `scratch`
    has a 0 for each feature, before and afterwards.
    """
    found = np.empty(len(octets), np.int32)
    _follow(octets, ends, transitions, states, found)
    seen = np.empty(len(octets), np.int64)
    counts = np.empty(len(octets), np.int64)
    stops = np.empty(len(ends), np.int64)
    kinds, at = 0, 0
    for text in range(len(ends)):
        first = kinds
        while at < ends[text]:
            feature = found[at]
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
    are exact. Most features occur once: their weights are added first, and multiplied together.
    """
    classes = weights.shape[1]
    sums = np.empty((len(stops), classes), np.int64)
    others, once = np.empty(classes, np.float64), np.empty(classes, np.int32)
    least = amounts.min() if len(amounts) else 0
    i = 0
    for text in range(len(stops)):
        others[:], once[:] = 0, 0
        while i < stops[text]:
            row = weights[features[i]]
            if amounts[i] == least:
                for c in range(classes):
                    once[c] += row[c]
            else:
                amount = np.float64(amounts[i])
                for c in range(classes):
                    others[c] += amount * np.float64(row[c])
            i += 1
        for c in range(classes):
            sums[text, c] = np.int64(others[c]) + least * np.int64(once[c])
    return sums
