"""Mixing the two branches of real guidance."""

from __future__ import annotations

import pytest
import torch

from framepack.sampling.guidance import guided

GENERATOR = torch.Generator().manual_seed(0)
POSITIVE, NEGATIVE = torch.randn((2, 1, 16, 3, 4, 4), generator=GENERATOR)


def test_a_scale_of_one_is_the_positive_branch() -> None:
    assert torch.allclose(guided(POSITIVE, NEGATIVE, scale=1.0, rescale=0.0), POSITIVE, atol=1e-6)


def test_the_scale_goes_on_from_the_negative_branch_through_the_positive_one() -> None:
    beyond = POSITIVE + 1.5 * (POSITIVE - NEGATIVE)
    assert torch.allclose(guided(POSITIVE, NEGATIVE, scale=2.5, rescale=0.0), beyond, atol=1e-5)


def test_full_rescale_gives_back_the_deviation_of_the_positive_branch() -> None:
    plain = guided(POSITIVE, NEGATIVE, scale=6.0, rescale=0.0)
    rescaled = guided(POSITIVE, NEGATIVE, scale=6.0, rescale=1.0)
    assert float(plain.std()) > 2 * float(POSITIVE.std())
    assert float(rescaled.std()) == pytest.approx(float(POSITIVE.std()), rel=1e-5)


def test_part_of_a_rescale_lies_between() -> None:
    ends = [guided(POSITIVE, NEGATIVE, scale=6.0, rescale=rescale) for rescale in (0.0, 1.0)]
    between = guided(POSITIVE, NEGATIVE, scale=6.0, rescale=0.7)
    assert torch.allclose(between, 0.3 * ends[0] + 0.7 * ends[1], atol=1e-5)
