"""Which sampling steps run the transformer's blocks, and what stands in for them otherwise. It knows no model.

A cache is used for one section and one branch of the guidance; a new section takes a new one. Each keeps one to three
tensors of the size of the section's new tokens, TeaCache one of all tokens too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

# How the change of the blocks' output follows from the change of their modulated input, highest order first; fitted for
# HunyuanVideo by the authors of TeaCache.
TEACACHE_COEFFICIENTS = (733.226126, -401.131952, 67.5869174, -3.149878, 0.0961237896)
# What MagCache is used with on FramePack's models: the share of the steps that run before any is skipped, how many are
# skipped in a row at most, and from what change of size on a step is never skipped.
MAGCACHE_ALWAYS, MAGCACHE_IN_A_ROW, MAGCACHE_LARGEST = 0.25, 2, 0.06


Change = Callable[[Tensor, Tensor], float]
"""``relative_change``, or the same over what several ranks have, so that all of them decide alike."""


class BlockPass(Protocol):
    """The transformer's blocks at one step, for the section's new tokens (1, n, D). Nothing runs until it is called.

    Either ``run()`` is called, or ``first()`` and then, if the rest is wanted too, ``rest()``; each at most once.
    """

    def probe(self) -> Tensor:
        """The first block's modulated input (1, m, D), a cheap measure of how far this step is from the last."""
        ...

    def first(self) -> Tensor:
        """The new tokens (1, n, D) after the first block; ``rest()`` leaves this tensor as it is."""
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
        """What comes out of the blocks for the new ``tokens`` (1, n, D), of this run or of earlier ones.

        Where the blocks raise, the cache stays as it was, so that the step can be tried again.
        """
        ...


class EveryStep:
    """Runs the blocks at every step."""

    def __init__(self) -> None:
        self.ran = 0

    def through_blocks(self, tokens: Tensor, blocks: BlockPass) -> Tensor:  # noqa: ARG002
        """See ``StepCache``."""
        out = blocks.run()
        self.ran += 1
        return out


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

    def __init__(self, *, threshold: float, steps: int, change: Change | None = None) -> None:
        self.threshold = threshold
        self.steps = steps
        self.ran = 0
        self._change = change or relative_change
        self._step = 0
        self._distance = 0.0
        self._last: _LastRun | None = None

    def through_blocks(self, tokens: Tensor, blocks: BlockPass) -> Tensor:
        """See ``StepCache``."""
        step = self._step + 1
        probed = blocks.probe()
        last = self._last
        distance = 0.0 if last is None else self._distance + output_change(self._change(last.probe, probed))
        if last is not None and step < self.steps and distance < self.threshold:
            out = tokens + last.residual
            self._distance, self._last = distance, _LastRun(probed, last.residual)
        else:
            out = blocks.run()
            self._distance, self._last = 0.0, _LastRun(probed, out - tokens)
            self.ran += 1
        self._step = step
        return out


class MagCache:
    """Runs the blocks where what they add is known to change in size from step to step (Ma et al., arXiv 2506.09045).

    ``ratios`` holds one number for every step: the size of what the blocks add, relative to the step before, measured
    once for a model and a number of steps. A step is skipped while the sizes expected since the last run, summed up in
    their distances from that run's, stay within ``threshold``; what the last run added to its input is then added to
    this one's.
    """

    def __init__(self, *, threshold: float, ratios: Sequence[float]) -> None:
        self.threshold = threshold
        self.ratios = tuple(ratios)
        self.ran = 0
        self._step = 0
        self._skipped, self._size, self._error = 0, 1.0, 0.0
        self._residual = torch.empty(0)

    def through_blocks(self, tokens: Tensor, blocks: BlockPass) -> Tensor:
        """See ``StepCache``."""
        ratio = self.ratios[self._step]
        size = self._size * ratio
        error = self._error + abs(1.0 - size)
        if (
            self._step >= max(1, int(MAGCACHE_ALWAYS * len(self.ratios)))
            and self._skipped < MAGCACHE_IN_A_ROW
            and error <= self.threshold
            and abs(1.0 - ratio) <= MAGCACHE_LARGEST
        ):
            out = tokens + self._residual
            self._skipped, self._size, self._error = self._skipped + 1, size, error
        else:
            out = blocks.run()
            self._residual = out - tokens
            self._skipped, self._size, self._error = 0, 1.0, 0.0
            self.ran += 1
        self._step += 1
        return out


class FixedPattern:
    """Runs the blocks at the steps of ``run_steps`` (from 1), whatever the data; the first step always runs.

    At the others, what the blocks add to their input goes on along a straight line through its last two values (Liu et
    al., arXiv 2503.06923).
    """

    def __init__(self, run_steps: Collection[int]) -> None:
        self.run_steps = frozenset(run_steps)
        self.ran = 0
        self._step = 0
        self._line = _Line()

    def through_blocks(self, tokens: Tensor, blocks: BlockPass) -> Tensor:
        """See ``StepCache``."""
        step = self._step + 1
        if self.ran and step not in self.run_steps:
            out = tokens + self._line.at(step)
        else:
            out = blocks.run()
            self._line.add(step, out - tokens)
            self.ran += 1
        self._step = step
        return out


class FirstBlock:
    """Runs the first block at every step, and the others when what the first one adds has changed enough.

    The change is the mean difference from what it added when the others last ran, relative to that; below ``threshold``
    the others are skipped, and what they add goes on along a straight line through its last two values. Comparing the
    first block is ParaAttention's way, the line TaylorSeer's (Liu et al., arXiv 2503.06923); neither needs anything
    fitted to a model. The first two steps, between which most happens, and the last of ``steps`` always run.
    """

    def __init__(self, *, threshold: float, steps: int, change: Change | None = None) -> None:
        self.threshold = threshold
        self.steps = steps
        self.ran = 0
        self._change = change or relative_change
        self._step = 0
        self._added = torch.empty(0)
        self._line = _Line()

    def through_blocks(self, tokens: Tensor, blocks: BlockPass) -> Tensor:
        """See ``StepCache``."""
        step = self._step + 1
        first = blocks.first()
        added = first - tokens
        if 2 < step < self.steps and self._change(self._added, added) < self.threshold:
            out = first + self._line.at(step)
        else:
            out = blocks.rest()
            self._line.add(step, out - first)
            self._added = added
            self.ran += 1
        self._step = step
        return out


class _Line:
    """The straight line through the last two values of a tensor; a level one after the first."""

    def __init__(self) -> None:
        self._points: list[tuple[int, Tensor]] = []

    def add(self, step: int, value: Tensor) -> None:
        """``value`` was seen at ``step``."""
        self._points = [*self._points[-1:], (step, value)]

    def at(self, step: int) -> Tensor:
        """The value expected at ``step``."""
        (before, value), (last, newest) = self._points[0], self._points[-1]
        return newest if before == last else torch.lerp(value, newest, (step - before) / (last - before))


def ratios_for(steps: int, published: Sequence[float]) -> tuple[float, ...]:
    """MagCache's ratios for so many ``steps``, each the published one nearest to its place, as its authors do."""
    if steps == 1:
        return (published[-1],)
    return tuple(published[round(step * (len(published) - 1) / (steps - 1))] for step in range(steps))


def spread_steps(count: int, steps: int) -> frozenset[int]:
    """``count`` of ``steps`` steps (from 1), evenly spread, the first and the last among them."""
    if count <= 1:
        return frozenset({1})
    return frozenset(1 + round(number * (steps - 1) / (count - 1)) for number in range(count))


def relative_change(before: Tensor, now: Tensor) -> float:
    """The mean difference of two tensors, relative to the mean size of ``before``'s values."""
    return float((now - before).abs().mean(dtype=torch.float32) / before.abs().mean(dtype=torch.float32))


def output_change(change: float) -> float:
    """The estimated relative change of the blocks' output where that of their modulated input is ``change``."""
    estimate = 0.0
    for coefficient in TEACACHE_COEFFICIENTS:
        estimate = estimate * change + coefficient
    return estimate
