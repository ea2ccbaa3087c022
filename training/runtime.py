"""Owns what both stages share: several GPUs, the clock that drives the learning rate, and the moving average."""

from __future__ import annotations

import copy
import math
import os
import time
from collections.abc import Iterable

import torch
import torch.distributed as dist


class Group:
    """The processes of one run: one a GPU under ``torchrun``, or just this one."""

    def __init__(self) -> None:
        self.size = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        cuda = torch.cuda.is_available()
        self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if cuda else torch.device("cpu")
        if cuda:
            torch.cuda.set_device(self.device)
        if self.size > 1:
            dist.init_process_group("nccl" if cuda else "gloo")

    def average_gradients(self, parameters: list[torch.nn.Parameter]) -> torch.Tensor:
        """Averages over all processes, clips the norm at one, and returns the norm before."""
        grads = [p.grad for p in parameters if p.grad is not None]
        if self.size > 1:
            flat = torch.cat([grad.reshape(-1) for grad in grads])
            dist.all_reduce(flat, op=dist.ReduceOp.AVG)
            pieces = flat.split([grad.numel() for grad in grads])
            torch._foreach_copy_(grads, [piece.view_as(grad) for piece, grad in zip(pieces, grads, strict=True)])
        return torch.nn.utils.clip_grad_norm_(parameters, 1.0)

    def same_parameters(self, parameters: Iterable[torch.Tensor]) -> None:
        """Gives every process the first one's values."""
        if self.size > 1:
            for parameter in parameters:
                dist.broadcast(parameter.data, 0)

    def agree(self, value: float) -> float:
        """The first process' value: clocks differ, and all must stop at the same step."""
        if self.size == 1:
            return value
        box = torch.tensor([value], device=self.device, dtype=torch.float64)
        dist.broadcast(box, 0)
        return float(box)

    def say(self, text: str) -> None:
        """Prints in the first process only."""
        if self.rank == 0:
            print(text, flush=True)

    def close(self) -> None:
        """Leaves the group."""
        if self.size > 1:
            dist.destroy_process_group()


class Clock:
    """How far a run of ``minutes`` is, and the learning rate there: warm-up, level, then down to nothing."""

    def __init__(self, minutes: float, warm_up: float = 0.03, level: float = 0.4) -> None:
        self._start = time.monotonic()
        self._seconds = minutes * 60
        self._warm_up = warm_up
        self._level = level

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start

    @property
    def share(self) -> float:
        """0 at the start, 1 when the time is over."""
        return self.elapsed / self._seconds

    def rate(self, peak: float, share: float) -> float:
        """The learning rate at ``share`` of the run."""
        if share < self._warm_up:
            return peak * share / self._warm_up
        if share < self._level:
            return peak
        left = (share - self._level) / (1 - self._level)
        return peak * max(0.0, 0.5 + 0.5 * math.cos(math.pi * min(left, 1.0)))


class MovingAverage:
    """An exponential moving average of a model's parameters, with a short memory at first."""

    def __init__(self, model: torch.nn.Module, decay: float = 0.998) -> None:
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self._source = [p.detach() for p in model.parameters()]
        self._target = list(self.model.parameters())
        self._decay = decay
        self._steps = 0

    @torch.no_grad()
    def update(self) -> None:
        """Takes one step towards the model."""
        self._steps += 1
        weight = 1 - min(self._decay, self._steps / (self._steps + 10))
        torch._foreach_lerp_(self._target, self._source, weight)
