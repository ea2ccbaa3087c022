"""Which sampling steps run the transformer's blocks, and what stands in for them otherwise. It knows no model.

A cache is used for one section and one branch of the guidance; a new section takes a new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

# How the change of the blocks' output follows from the change of their modulated input, highest order first; fitted for
# HunyuanVideo by the authors of TeaCache.
TEACACHE_COEFFICIENTS = (733.226126, -401.131952, 67.5869174, -3.149878, 0.0961237896)


class BlockPass(Protocol):
    """The transformer's blocks at one step, for the section's new tokens (1, n, D). Nothing runs until it is called.

    Either ``run()`` is called, or ``first()`` and then, if the rest is wanted too, ``rest()``; each at most once.
    """

    def probe(self) -> Tensor:
        """The first block's modulated input (1, m, D), a cheap measure of how far this step is from the last."""
        ...

    def first(self) -> Tensor:
        """The new tokens (1, n, D) after the first block."""
        ...

    def rest(self) -> Tensor:
        """The new tokens (1, n, D) after all blocks, going on from ``first()``."""
        ...

    def run(self) -> Tensor:
        """The new tokens (1, n, D) after all blocks."""
        ...


class StepCache(Protocol):
    """Decides at every step of a section whether the blocks run."""

    ran: int
    """How many steps ran the blocks so far."""

    def through_blocks(self, tokens: Tensor, blocks: BlockPass) -> Tensor:
        """What comes out of the blocks for the new ``tokens`` (1, n, D), of this run or of earlier ones."""
        ...


class EveryStep:
    """Runs the blocks at every step."""

    def __init__(self) -> None:
        self.ran = 0

    def through_blocks(self, tokens: Tensor, blocks: BlockPass) -> Tensor:  # noqa: ARG002
        """See ``StepCache``."""
        self.ran += 1
        return blocks.run()


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

    def through_blocks(self, tokens: Tensor, blocks: BlockPass) -> Tensor:
        """See ``StepCache``."""
        self._step += 1
        probed = blocks.probe()
        last = self._last
        if last is not None and self._step < self.steps:
            self._distance += output_change(last.probe, probed)
            if self._distance < self.threshold:
                self._last = _LastRun(probed, last.residual)
                return tokens + last.residual
        self._distance = 0.0
        self.ran += 1
        out = blocks.run()
        self._last = _LastRun(probed, out - tokens)
        return out


def output_change(before: Tensor, now: Tensor) -> float:
    """The estimated relative change of the blocks' output as their modulated input goes from ``before`` to ``now``."""
    change = float((now - before).abs().mean(dtype=torch.float32) / before.abs().mean(dtype=torch.float32))
    estimate = 0.0
    for coefficient in TEACACHE_COEFFICIENTS:
        estimate = estimate * change + coefficient
    return estimate
