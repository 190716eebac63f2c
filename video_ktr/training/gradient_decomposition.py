"""Which tokens the gradient of the last decoder layer comes from (paper, section B.1).

Letters: B rows, T completion tokens.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

STRICT, HALF = 1e-4, 5e-2
"""How far g_S + g_R may be from g_full, as `describe_split` measures it: in float32, where sums in another order
differ by about 1e-6, and in half precision (or TF32), where each product of a layer's backward pass is rounded to 8 to
11 bits and about ten of them follow each other."""


def split_gradients(
    loss_of: Callable[[Tensor], Tensor], parameters: Sequence[Tensor], signs_BT: Tensor, selected_BT: Tensor | None
) -> dict[str, list[Tensor]]:
    """Gradients of a loss over all tokens, over a set of them, and over the rest.

    Args:
        loss_of: The loss when each token's term is multiplied by a weight (B, T). Its graph must outlive a backward
            pass; of the parameters nothing is changed, nor is anything added to their `grad`.
        parameters: What the gradients are with respect to.
        signs_BT: 1, or -1 where a token's term is to be turned round in "unsigned".
        selected_BT: True at the set; None to leave all but the full loss out.

    Returns:
        "full" and, with a set, "selected", "rest" and "unsigned", the full one with the weights `signs_BT`, which says
        how large the sum is where terms of either sign do not cancel: one tensor a parameter, in float32 at least.
    """
    weights = {"full": torch.ones_like(signs_BT)}
    if selected_BT is not None:
        chosen_BT = selected_BT.to(signs_BT.dtype)
        weights |= {"selected": chosen_BT, "rest": 1 - chosen_BT, "unsigned": signs_BT}
    found = {}
    for name, weights_BT in weights.items():
        gradients = torch.autograd.grad(
            loss_of(weights_BT), list(parameters), retain_graph=True, materialize_grads=True, allow_unused=True
        )
        found[name] = [g.to(torch.promote_types(g.dtype, torch.float32)) for g in gradients]
    return found


def describe_split(gradients: dict[str, list[Tensor]], tolerance: float) -> dict[str, float]:
    """Norms and cosines of what `split_gradients` gave, by the names of the metrics.

    "full_norm" and, with a set, "selected_norm", "rest_norm"; "selected_cosine" and "rest_cosine" with the full
    gradient, NaN where one of the two is 0; "split_error", |g_S + g_R - g_full| over the largest norm of the four
    gradients (0 when all are 0). The unsigned one is among them because completions that say nearly the same under
    advantages of either sign cancel, and leave their rounding behind.

    Raises:
        FloatingPointError: "split_error" is above `tolerance`, or not a number.
    """
    norms = {name: _norm(tensors) for name, tensors in gradients.items()}
    values = {f"{name}_norm": norm for name, norm in norms.items() if name != "unsigned"}
    if "selected" not in gradients:
        return values
    for name in ("selected", "rest"):
        size = norms[name] * norms["full"]
        product = sum(_dot(a, b) for a, b in zip(gradients[name], gradients["full"], strict=True))
        values[f"{name}_cosine"] = product / size if size else float("nan")
    triples = zip(gradients["selected"], gradients["rest"], gradients["full"], strict=True)
    difference = _norm([selected + rest - full for selected, rest, full in triples])
    largest = max(norms.values())
    error = values["split_error"] = difference / largest if difference else 0.0
    if not error <= tolerance:
        raise FloatingPointError(
            f"the gradients of key tokens and of the rest add up to the full one within {error:.2g} of its size, "
            f"and {tolerance:.2g} is what rounding explains: leave log_gradient_decomposition out, and report it"
        )
    return values


def _norm(tensors: Sequence[Tensor]) -> float:
    return float(sum(_dot(t, t) for t in tensors) ** 0.5)


def _dot(a: Tensor, b: Tensor) -> float:
    return (a * b).sum(dtype=torch.float64).item()
