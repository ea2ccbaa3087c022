"""UniPC for flow matching: from noise to a clean sample in a few calls of a denoiser. It knows no model and no sizes.

Source: Zhao et al., "UniPC: A Unified Predictor-Corrector Framework for Fast Sampling of Diffusion Models"
(arXiv 2302.04867), in x0 form, variant B1(h) = h. The published sampler sets alpha = 1 throughout, so that
lambda = -ln sigma; what follows is the paper's multistep method with that.

The few scalars of a step are computed in fp32 in the published order of operations, on purpose. The first levels of a
shifted schedule lie close together, and there fp32 rounding of lambda shows in the sample: float64 moved the recorded
25-step sample by 2.5e-4, fp32 agrees to 2e-7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

MAX_ORDER = 3


def unipc(denoise: Callable[[Tensor, float], Tensor], noise: Tensor, sigmas: Sequence[float]) -> Iterator[Tensor]:
    """Sample from ``noise`` (any shape) along ``sigmas`` (descending, the last one 0) and yield every x0 estimate.

    ``denoise(x, sigma)`` estimates x0. It is called once at every sigma but the last; the last estimate is the sample.
    The order rises to 3 as estimates come in and is never more than the number of steps less one.
    """
    highest = min(MAX_ORDER, len(sigmas) - 2)
    levels = -torch.log(torch.tensor(sigmas[:-1], dtype=torch.float32))
    x = noise
    estimates = [denoise(x, sigmas[0])]
    yield estimates[0]
    for number in range(1, len(sigmas) - 1):
        order = min(number, highest)
        last = estimates[-1]
        step = levels[number] - levels[number - 1]
        earlier = range(2, order + 1)
        ratios = [float((levels[number - back] - levels[number - 1]) / step) for back in earlier]
        slopes = [(estimates[-back] - last) / ratio for back, ratio in zip(earlier, ratios, strict=True)]
        predictor, corrector = step_weights(step, ratios)

        first_order = sigmas[number] / sigmas[number - 1] * x - float(torch.expm1(-step)) * last
        estimate = denoise(_moved(first_order, predictor, slopes), sigmas[number])
        x = _moved(first_order, corrector, [*slopes, estimate - last])
        yield estimate
        estimates = [*estimates, estimate][-highest:]


def step_weights(step: Tensor, ratios: Sequence[float]) -> tuple[list[float], list[float]]:
    """What a step of size ``step`` (a scalar, in lambda) adds of each slope: the predictor's weights, the corrector's.

    ``ratios`` are the earlier levels' distances from the step's start in units of the step. The predictor has a weight
    for each; the corrector one more, for the x0 at the step's own end. Divided by the step they solve the paper's order
    conditions sum_j r_j^(k-1) rho_j = k! phi_(k+1)(-step), k = 1, 2, .., where the corrector's last r is 1; as in the
    paper a single weight is 1/2.
    """
    order = len(ratios) + 1
    half = 0.5 * float(step)
    if order == 1:
        return [], [half]
    nodes = torch.tensor([*ratios, 1.0])
    powers = torch.stack([nodes**k for k in range(order)])
    targets = _order_targets(step, order)
    corrector: list[float] = (step * torch.linalg.solve(powers, targets)).tolist()
    if order == 2:
        return [half], corrector
    predictor: list[float] = (step * torch.linalg.solve(powers[:-1, :-1], targets[:-1])).tolist()
    return predictor, corrector


def _order_targets(step: Tensor, order: int) -> Tensor:
    """k! phi_(k+1)(-step) for k = 1..order, where phi_1(z) = (e^z - 1) / z and phi_(k+1)(z) = (phi_k(z) - 1/k!) / z."""
    z = -step
    remainder = torch.expm1(z) / z - 1
    factorial = 1
    targets = []
    for k in range(1, order + 1):
        targets.append(remainder * factorial / z)
        factorial *= k + 1
        remainder = remainder / z - 1 / factorial
    return torch.stack(targets)


def _moved(first_order: Tensor, weights: Sequence[float], slopes: Sequence[Tensor]) -> Tensor:
    for weight, slope in zip(weights, slopes, strict=True):
        first_order = first_order + weight * slope
    return first_order
