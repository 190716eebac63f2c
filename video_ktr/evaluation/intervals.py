"""How far a measured share may be from the true one."""

import math
from statistics import NormalDist

from video_ktr.errors import ConfigError


def wilson_interval(correct: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Give the Wilson score interval (low, high) of a proportion, both in [0, 1].

    With p = correct / total and z the normal quantile at (1 + confidence) / 2: (p + z^2/2n -+ z sqrt(p(1-p)/n +
    z^2/4n^2)) / (1 + z^2/n). It assumes independent questions. Nothing measured (`total` 0) gives (0, 1). Raises
    ConfigError when the counts or the confidence are out of range.
    """
    if not 0 <= correct <= total:
        raise ConfigError(f"interval: {correct} correct of {total} is impossible; count again")
    if not 0 < confidence < 1:
        raise ConfigError(f"interval: confidence is {confidence}; it must lie between 0 and 1")
    if total == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = correct / total
    centre = share + z * z / (2 * total)
    half_width = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (centre - half_width) / scale), min(1.0, (centre + half_width) / scale)
