"""The noise levels of a section."""

from __future__ import annotations

import math

import pytest

from framepack.sampling.sigmas import shift_exponent, shifted_sigmas, sigma_schedule


def test_levels_fall_from_pure_noise_to_none() -> None:
    sigmas = sigma_schedule(25, window=9, height=80, width=76)
    assert len(sigmas) == 26
    assert (sigmas[0], sigmas[-1]) == (1.0, 0.0)
    assert list(sigmas) == sorted(sigmas, reverse=True)


def test_without_a_shift_levels_are_evenly_spaced() -> None:
    assert shifted_sigmas(4, mu=0.0) == pytest.approx((1.0, 0.75, 0.5, 0.25, 0.0))


def test_larger_pictures_spend_more_steps_on_noise_up_to_a_cap() -> None:
    assert shift_exponent(256) == pytest.approx(0.5)
    assert shift_exponent(4096) == pytest.approx(1.15)
    assert shift_exponent(100_000) == pytest.approx(math.log(7.0))
