"""UniPC on denoisers whose answers are known."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from framepack.sampling.sigmas import shifted_sigmas
from framepack.sampling.unipc import step_weights, unipc

NOISE = torch.randn((1, 4, 3, 3), generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def curved(x: Tensor, sigma: float) -> Tensor:
    return torch.tanh(0.7 * x) * (1 - sigma) + 0.1 * sigma


def sampled(steps: int) -> Tensor:
    """The estimate at noise level 0.2, reached from 1 in ``steps`` even steps."""
    *_, result = unipc(curved, NOISE, [*torch.linspace(1.0, 0.2, steps + 1).tolist(), 0.0])
    return result


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 9])
def test_the_denoiser_is_called_once_a_step_and_never_without_noise(steps: int) -> None:
    asked: list[float] = []

    def denoise(x: Tensor, sigma: float) -> Tensor:
        asked.append(sigma)
        return curved(x, sigma)

    sigmas = shifted_sigmas(steps, mu=1.3)
    estimates = list(unipc(denoise, NOISE, sigmas))
    assert len(estimates) == steps
    assert asked == list(sigmas[:-1])


def test_a_denoiser_that_always_knows_the_answer_is_believed() -> None:
    answer = torch.ones_like(NOISE)
    *_, result = unipc(lambda x, sigma: answer, NOISE, shifted_sigmas(5, mu=1.3))  # noqa: ARG005
    assert torch.equal(result, answer)


def test_halving_the_steps_size_shrinks_the_error_as_a_third_order_solver_must() -> None:
    exact = sampled(320)
    coarse, fine = (float((sampled(steps) - exact).norm()) for steps in (10, 20))
    assert fine < coarse / 5


def test_the_first_step_is_the_trapezoid_rule() -> None:
    predictor, corrector = step_weights(torch.tensor(0.3), [])
    assert predictor == []
    assert corrector == pytest.approx([0.15])


def test_stopping_early_calls_the_denoiser_no_further() -> None:
    asked: list[float] = []

    def denoise(x: Tensor, sigma: float) -> Tensor:
        asked.append(sigma)
        return curved(x, sigma)

    estimates = unipc(denoise, NOISE, shifted_sigmas(9, mu=1.3))
    next(estimates)
    next(estimates)
    del estimates
    assert len(asked) == 2
