"""Which sampling steps run the transformer's blocks, and what stands in for them otherwise. It knows no model.

A cache is used for one section and one branch of the guidance; a new section takes a new one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

# How the change of the blocks' output follows from the change of their modulated input, highest order first; fitted for
# HunyuanVideo by the authors of TeaCache.
TEACACHE_COEFFICIENTS = (733.226126, -401.131952, 67.5869174, -3.149878, 0.0961237896)


class StepCache(Protocol):
    """Decides at every step of a section whether the blocks run."""

    ran: int
    """How many steps ran the blocks so far."""

    def through_blocks(self, tokens: Tensor, probe: Callable[[], Tensor], run: Callable[[], Tensor]) -> Tensor:
        """What comes out of the blocks for ``tokens`` (1, n, D), from ``run()`` or from an earlier step.

        ``probe()`` gives the first block's modulated input, a cheap measure of how far this step is from the last.
        """
        ...


class EveryStep:
    """Runs the blocks at every step."""

    def __init__(self) -> None:
        self.ran = 0

    def through_blocks(self, tokens: Tensor, probe: Callable[[], Tensor], run: Callable[[], Tensor]) -> Tensor:  # noqa: ARG002
        """See ``StepCache``."""
        self.ran += 1
        return run()


@dataclass(frozen=True)
class _LastRun:
    """What is kept of the steps so far: the last step's ``probe`` and what the last run of the blocks added."""

    probe: Tensor
    residual: Tensor


class TeaCache:
    """Runs the blocks when their input has changed enough since they last ran (Liu et al., arXiv 2411.19108).

    The estimated change of the output is added up from step to step; while the sum stays below ``threshold`` the blocks
    are skipped and what their last run added to its input is added to this one's. The first and the last of ``steps``
    always run.
    """

    def __init__(self, *, threshold: float, steps: int) -> None:
        self.threshold = threshold
        self.steps = steps
        self.ran = 0
        self._step = 0
        self._distance = 0.0
        self._last: _LastRun | None = None

    def through_blocks(self, tokens: Tensor, probe: Callable[[], Tensor], run: Callable[[], Tensor]) -> Tensor:
        """See ``StepCache``."""
        self._step += 1
        probed = probe()
        last = self._last
        if last is not None and self._step < self.steps:
            self._distance += output_change(last.probe, probed)
            if self._distance < self.threshold:
                self._last = _LastRun(probed, last.residual)
                return tokens + last.residual
        self._distance = 0.0
        self.ran += 1
        out = run()
        self._last = _LastRun(probed, out - tokens)
        return out


def output_change(before: Tensor, now: Tensor) -> float:
    """The estimated relative change of the blocks' output as their modulated input goes from ``before`` to ``now``."""
    change = float((now - before).abs().mean(dtype=torch.float32) / before.abs().mean(dtype=torch.float32))
    estimate = 0.0
    for coefficient in TEACACHE_COEFFICIENTS:
        estimate = estimate * change + coefficient
    return estimate
