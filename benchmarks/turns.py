"""Timing calls by turns, so that what changes meanwhile changes for all of them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import torch

Step = Callable[[], Any]

# Calls in one timing, so that the time to start the first is not counted for all.
CALLS = 3


def milliseconds(device: torch.device, call: Step) -> float:
    """What a call takes; on a GPU, where calls overlap with starting them, one of several in a row."""
    if device.type != "cuda":
        start = time.perf_counter()
        call()
        return (time.perf_counter() - start) * 1000.0
    begin, end = torch.Event(device, enable_timing=True), torch.Event(device, enable_timing=True)
    begin.record()
    for _ in range(CALLS):
        call()
    end.record()
    end.synchronize()
    return float(begin.elapsed_time(end)) / CALLS


def take_turns(device: torch.device, calls: dict[str, Step], rounds: int) -> dict[str, float]:
    """The median milliseconds of each call; calls that fail are left out, saying so."""
    times: dict[str, list[float]] = {}
    for name, call in calls.items():
        begun = time.perf_counter()
        try:
            call()
            milliseconds(device, call)
        except Exception as error:
            print(f"{name} fails: {str(error).strip().splitlines()[0][:200]}", file=sys.stderr)
            continue
        print(f"{name}: ready after {time.perf_counter() - begun:.1f} s", file=sys.stderr)
        times[name] = []
    for _ in range(rounds):
        for name, taken in times.items():
            taken.append(milliseconds(device, calls[name]))
    return {name: median(taken) for name, taken in times.items()}
