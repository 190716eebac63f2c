"""What paired differences of a few runs can show: an exact test, its correction, an interval, and the smallest effect.

Letters: P pairs, Q questions, B draws of the bootstrap.
"""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from video_ktr.errors import ConfigError, DataError

DRAWS = 2000
LEVEL = 0.05
POWER = 0.8
EXACT_PAIRS = 20
"""Up to so many pairs all 2^P signs are looked at."""
RANDOM_SIGNS = 100_000
Floats = NDArray[np.float64]


def sign_flip_p(differences: Sequence[float], *, seed: int = 0) -> float:
    """Two-sided p of the paired permutation test: the share of sign patterns with a sum as far from 0 as the seen one.

    Were two arms the same, each pair could have come out with its arms exchanged, so that all 2^P patterns of signs
    would be equally likely. Up to 20 pairs all are looked at; above, 100,000 are drawn from `seed`, and the seen one
    counts with them: (hits + 1) / (draws + 1). Sums equal but for rounding count as equal. The smallest p of P pairs
    is 2 / 2^P. Example: differences 1, 2, 3 give 2 / 8. Raises DataError without a difference.
    """
    values = np.asarray(differences, dtype=np.float64)
    if values.size == 0:
        raise DataError("there is no pair to test; finish at least one cell of both arms")
    seen = abs(values.sum())
    tolerance = 1e-9 * max(float(np.abs(values).sum()), 1e-300)
    if values.size <= EXACT_PAIRS:
        # The opposite of a pattern has the opposite sum, so that half of them tell all: the first sign stays.
        sums = values[:1]
        for value in values[1:]:
            sums = np.concatenate([sums + value, sums - value])
        return float(np.mean(np.abs(sums) >= seen - tolerance))
    signs = np.random.default_rng(seed).integers(0, 2, size=(RANDOM_SIGNS, values.size), dtype=np.int8) * 2 - 1
    hits = int(np.sum(np.abs(signs @ values) >= seen - tolerance))
    return (hits + 1) / (RANDOM_SIGNS + 1)


def smallest_p(pairs: int) -> float:
    """The p that the test gives when all of `pairs` differences have one sign: 2 / 2^P."""
    return min(1.0, 2.0 ** (1 - pairs))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's correction: p values that may each be held against the level, however many were looked at.

    In ascending order the k-th of m (from 0) becomes the largest of (m - j) p_j for j up to k, at most 1. Example:
    0.01, 0.04, 0.03 become 0.03, 0.06, 0.06.
    """
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    corrected, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        largest = max(largest, (len(p_values) - rank) * p_values[index])
        corrected[index] = min(1.0, largest)
    return corrected


def crossed_bootstrap(blocks: Sequence[Floats], *, seed: int = 0, draws: int = DRAWS) -> tuple[float, float]:
    """95 % percentile interval of a mean difference over runs and questions, both drawn again.

    Each block (P, Q) holds the differences of score, pair by pair and question by question, of the pairs that answer
    one set of questions. A draw takes pairs with replacement within each block and, independently, questions, the
    same for all pairs of the block; the mean over all pairs is the statistic. So the interval covers both another
    seed and another set of questions. It errs on the wide side, as what is left over between the two is drawn twice.
    Blocks of one column make it the plain bootstrap over pairs. With few pairs the interval is too narrow: a bootstrap
    of P pairs underestimates their variance by the factor (P - 1) / P.

    Raises ConfigError for an empty block.
    """
    if not blocks or any(block.size == 0 or block.ndim != 2 for block in blocks):
        raise ConfigError("bootstrap: a block without pairs or questions; give at least one of each")
    generator = np.random.default_rng(seed)
    total = np.zeros(draws)
    for block in blocks:
        pairs, questions = block.shape
        weights_BP = generator.multinomial(pairs, np.full(pairs, 1 / pairs), size=draws)
        weights_BQ = generator.multinomial(questions, np.full(questions, 1 / questions), size=draws)
        total += ((weights_BP @ block) * weights_BQ).sum(axis=1) / questions
    means = total / sum(block.shape[0] for block in blocks)
    low, high = np.quantile(means, [LEVEL / 2, 1 - LEVEL / 2])
    return float(low), float(high)


def spread(values: Sequence[float]) -> float | None:
    """Standard deviation with P - 1 in the denominator; None below two values."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def detectable(deviation: float, pairs: int, comparisons: int = 1) -> float:
    """The mean difference that `pairs` pairs would show in 80 of 100 studies, given the deviation of one difference.

    (z(1 - 0.05 / 2m) + z(0.8)) deviation / sqrt(P), m being `comparisons`: what the first step of Holm's correction
    asks. Normal quantiles in place of Student's make it too small for few pairs (by about a tenth at 10 pairs).
    """
    normal = NormalDist()
    quantiles = normal.inv_cdf(1 - LEVEL / (2 * comparisons)) + normal.inv_cdf(POWER)
    return quantiles * deviation / float(np.sqrt(pairs))
