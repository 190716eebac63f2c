"""Token signals: how much a prediction changes under a counterfactual video, and how uncertain it is.

Letters: B rows (completions), T completion tokens, V vocabulary, N any list of token positions.
All results are float32, in nats where the quantity has a unit; bf16 and fp16 inputs are computed in float32.
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from video_ktr.attribution.checks import require_choice, require_same_shape
from video_ktr.errors import ConfigError

Distance = Literal["l1", "l2", "kl", "js", "cosine", "hellinger"]
DistanceSpace = Literal["prob", "logit"]

LOGIT_DISTANCES = ("l1", "l2", "cosine")
# Positions a chunk holds in float32: 128 x 152k vocabulary entries are 78 MB a tensor.
CHUNK_POSITIONS = 128
LOG_2 = 0.6931471805599453


def log_prob_shift(log_probs_BT: Tensor, counterfactual_BT: Tensor, *, signed: bool = False) -> Tensor:
    """Change of the sampled token's log-probability when the video is replaced by its counterfactual.

    Paper section 3.1 (visual and temporal attribution): |log p(y) - log p'(y)|. The released code keeps the sign,
    log p(y) - log p'(y), so tokens that the true video makes less likely are never selected: `signed=True`.

    Args:
        log_probs_BT: log-probabilities of the sampled tokens under the true video.
        counterfactual_BT: the same under the counterfactual video.
        signed: keep the sign.

    Returns:
        (B, T) float32, nats. Padding positions hold whatever the inputs held there.

    Raises:
        ValueError: the shapes differ.
    """
    require_same_shape(log_probs_BT, counterfactual_BT, "log-probabilities and their counterfactual")
    shift_BT = log_probs_BT.float() - counterfactual_BT.float()
    return shift_BT if signed else shift_BT.abs()


def distribution_distance(
    logits_NV: Tensor, counterfactual_NV: Tensor, *, distance: Distance, space: DistanceSpace = "prob"
) -> Tensor:
    """Distance between two next-token distributions, position by position; larger means more changed.

    Paper figure 8, with p and q the softmax of the true and of the counterfactual logits:
    l1 sum|p - q| (0..2); l2 sqrt(sum (p - q)^2); kl sum p log(p / q), nats; js 0.5 KL(p||m) + 0.5 KL(q||m) with
    m = (p + q) / 2, nats (0..ln 2); cosine 1 - cos(p, q); hellinger sqrt(0.5 sum (sqrt p - sqrt q)^2) (0..1).
    The paper speaks of distances on logits while the authors' history uses probabilities: `space` selects.
    The authors' cosine took the similarity, so its top tokens were the least changed; ours is the distance.

    This is the kernel for one chunk: it holds a few (N, V) float32 tensors. See `distribution_shift` for whole
    batches; a caller that makes its logits chunk by chunk calls this directly.

    Returns:
        (N) float32. Equal inputs give exactly 0. A token id whose logit is -inf has probability 0.

    Raises:
        ConfigError: unknown distance or space, or a space that the distance does not know.
        ValueError: the shapes differ.
    """
    _require_distance(distance, space)
    require_same_shape(logits_NV, counterfactual_NV, "logits and their counterfactual")
    if space == "logit":
        return _VECTOR_DISTANCES[distance](logits_NV.float(), counterfactual_NV.float())
    log_p_NV = torch.log_softmax(logits_NV.float(), dim=-1)
    log_q_NV = torch.log_softmax(counterfactual_NV.float(), dim=-1)
    if distance in _VECTOR_DISTANCES:
        return _VECTOR_DISTANCES[distance](log_p_NV.exp(), log_q_NV.exp())
    return _LOG_PROB_DISTANCES[distance](log_p_NV, log_q_NV)


def distribution_shift(
    logits_BTV: Tensor,
    counterfactual_logits_BTV: Tensor,
    *,
    distance: Distance,
    space: DistanceSpace = "prob",
    chunk_size: int = CHUNK_POSITIONS,
) -> Tensor:
    """`distribution_distance` of a batch, computed over `chunk_size` positions at a time to bound the memory.

    Equal to `distribution_distance(logits_BTV, counterfactual_logits_BTV, ...)` for every chunk size.

    Returns:
        (B, T) float32.

    Raises:
        ConfigError, ValueError: as `distribution_distance`.
    """
    _require_distance(distance, space)
    require_same_shape(logits_BTV, counterfactual_logits_BTV, "logits and their counterfactual")
    chunks = zip(_chunks(logits_BTV, chunk_size), _chunks(counterfactual_logits_BTV, chunk_size), strict=True)
    parts = [distribution_distance(true_NV, other_NV, distance=distance, space=space) for true_NV, other_NV in chunks]
    return torch.cat(parts).reshape(logits_BTV.shape[:-1])


def token_entropy(logits_BTV: Tensor, chunk_size: int = CHUNK_POSITIONS) -> Tensor:
    """Entropy of the next-token distribution at temperature 1 (paper section 3.1, entropy-aware tokens).

    Computed over `chunk_size` positions at a time. A token id whose logit is -inf adds nothing.

    Returns:
        (B, T) float32, nats, between 0 and ln V.
    """
    parts = []
    for logits_NV in _chunks(logits_BTV, chunk_size):
        log_p_NV = torch.log_softmax(logits_NV.float(), dim=-1)
        parts.append(-_expectation(log_p_NV, log_p_NV))
    return torch.cat(parts).reshape(logits_BTV.shape[:-1])


def _require_distance(distance: str, space: str) -> None:
    require_choice("distance", distance, Distance)
    require_choice("distance space", space, DistanceSpace)
    if space == "logit" and distance not in LOGIT_DISTANCES:
        raise ConfigError(
            f"distance {distance!r} is defined on probabilities only; use space 'prob', or one of "
            f"{', '.join(LOGIT_DISTANCES)} with space 'logit'"
        )


def _chunks(values_BTV: Tensor, chunk_size: int) -> tuple[Tensor, ...]:
    return torch.split(values_BTV.reshape(-1, values_BTV.shape[-1]), chunk_size)


def _expectation(log_p_NV: Tensor, values_NV: Tensor) -> Tensor:
    """Sum over V of p * values, where entries of probability 0 count 0 even if their value is infinite."""
    p_NV = log_p_NV.exp()
    return (p_NV * values_NV.masked_fill(p_NV == 0, 0.0)).sum(-1)


def _l1(p_NV: Tensor, q_NV: Tensor) -> Tensor:
    return (p_NV - q_NV).abs().sum(-1)


def _l2(p_NV: Tensor, q_NV: Tensor) -> Tensor:
    return (p_NV - q_NV).square().sum(-1).sqrt()


def _cosine(p_NV: Tensor, q_NV: Tensor) -> Tensor:
    # 1 - cos(p, q) = |p/|p| - q/|q||^2 / 2, without the cancellation of the subtraction from 1.
    p_NV, q_NV = (torch.nn.functional.normalize(vector_NV, dim=-1) for vector_NV in (p_NV, q_NV))
    return 0.5 * (p_NV - q_NV).square().sum(-1)


def _kl(log_p_NV: Tensor, log_q_NV: Tensor) -> Tensor:
    # Rounding can leave a sum a hair below 0.
    return _expectation(log_p_NV, log_p_NV - log_q_NV).clamp(min=0.0)


def _js(log_p_NV: Tensor, log_q_NV: Tensor) -> Tensor:
    gap_NV = log_q_NV - log_p_NV
    js_N = -0.5 * (_expectation(log_p_NV, _log_half(gap_NV)) + _expectation(log_q_NV, _log_half(-gap_NV)))
    return js_N.clamp(0.0, LOG_2)


def _log_half(gap_NV: Tensor) -> Tensor:
    """log((1 + exp(gap)) / 2), which is log(m / p) for gap = log(q / p): 0 at gap 0, no overflow at large ones."""
    return gap_NV.clamp(min=0.0) + torch.log1p(0.5 * torch.expm1(-gap_NV.abs()))


def _hellinger(log_p_NV: Tensor, log_q_NV: Tensor) -> Tensor:
    roots_NV = (0.5 * log_p_NV).exp() - (0.5 * log_q_NV).exp()
    return (0.5 * roots_NV.square().sum(-1)).sqrt()


_VECTOR_DISTANCES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"l1": _l1, "l2": _l2, "cosine": _cosine}
_LOG_PROB_DISTANCES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"kl": _kl, "js": _js, "hellinger": _hellinger}
