"""Which backend of attention is the fastest on a device: measured once, kept in a file. It knows no model."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor

from framepack.attention.backends import attend_with, available_backends, backend_named
from framepack.attention.checking import Problem, is_right, random_operands
from framepack.attention.trial import is_right_elsewhere
from framepack.errors import InvalidRequest
from framepack.files.atomic import in_place
from framepack.messages import Message

TIMES_FILE = "attention.json"
_ROUNDS = 3
# As they are installed: another version may be faster, or work where the one before did not.
_PACKAGES = ("fa3-fwd", "flash-attn", "flash-attn-3", "nvidia-cudnn-frontend", "sageattention", "triton")


@dataclass(frozen=True)
class Choice:
    """The backend to take and, where there was a choice, the milliseconds that each backend takes once."""

    backend: str
    milliseconds: Mapping[str, float]


def choose_backend(
    device: torch.device,
    problem: Problem,
    *,
    memory_folder: Path | None,
    allow_8bit: bool,
    wanted: str | None = None,
) -> Choice:
    """The fastest backend for ``problem`` on ``device``, or ``wanted``; 8-bit ones are left out unless allowed.

    Where there is a choice it is measured at that size and kept in ``memory_folder`` for the device, the versions of
    PyTorch and of packages for attention, and sizes about as large; without the memory to measure it is PyTorch's own.
    What comes from another package is tried in a process of its own before. Raises InvalidRequest if ``wanted`` is not
    there or is wrong; an 8-bit one that is not allowed is passed over.
    """
    here = available_backends(device)
    candidates = tuple(name for name in here if allow_8bit or not backend_named(name).eight_bit)
    if wanted is not None:
        backend_named(wanted)
        if wanted not in here:
            raise _does_not_work(wanted, candidates)
        if wanted in candidates:
            if not backend_named(wanted).foreign:
                return Choice(wanted, {})
            candidates = (wanted,)
    if candidates == here[:1]:
        return Choice(candidates[0], {})
    kept = {} if memory_folder is None else read_times(memory_folder)
    place = _place(device, problem)
    times = kept.get(place, {})
    if missing := tuple(name for name in candidates if name not in times):
        try:
            times = {**times, **measured(missing, device, problem)}
        except torch.OutOfMemoryError:
            return Choice(here[0], {})
        if memory_folder is not None:
            write_times(memory_folder, {**kept, place: times})
    found = {name: taken for name in candidates if (taken := times[name]) is not None}
    if wanted in candidates and not found:
        raise _does_not_work(wanted, here)
    return fastest(found) if found else Choice(here[0], {})


def fastest(milliseconds: Mapping[str, float]) -> Choice:
    """The backend that takes the least time, of one at least."""
    return Choice(min(milliseconds, key=milliseconds.__getitem__), dict(milliseconds))


def measured(backends: tuple[str, ...], device: torch.device, problem: Problem) -> dict[str, float | None]:
    """The milliseconds each of ``backends`` takes for random values, by turns; None where one fails or is far off.

    Those that come from another package are tried elsewhere first. Raises torch.OutOfMemoryError.
    """
    sound = [name for name in backends if not backend_named(name).foreign or is_right_elsewhere(name, device, problem)]
    operands = random_operands(device, problem)
    times: dict[str, list[float]] = {name: [] for name in sound if is_right(name, operands)}
    calls = {name: _timed_call(name, operands.query, operands.key, operands.value) for name in times}
    for _ in range(_ROUNDS):
        for name, taken in times.items():
            taken.append(_milliseconds(device, calls[name]))
    return {name: round(median(times[name]), 3) if name in times else None for name in backends}


def read_times(folder: Path) -> dict[str, dict[str, float | None]]:
    """The measurements kept in ``folder``; none where there is no file or one that cannot be read."""
    try:
        kept = json.loads((folder / TIMES_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def write_times(folder: Path, times: Mapping[str, Mapping[str, float | None]]) -> None:
    """Keep measurements in ``folder``. Where that cannot be written, the next process measures again."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with in_place(folder / TIMES_FILE) as aside:
            aside.write_text(json.dumps(times, indent=1, sort_keys=True), encoding="utf-8")


def _does_not_work(wanted: str, choices: tuple[str, ...]) -> InvalidRequest:
    values = {"name": wanted, "choices": ", ".join(name for name in choices if name != wanted)}
    return InvalidRequest("attention", Message("does-not-work-here", values))


def _timed_call(backend: str, query: Tensor, key: Tensor, value: Tensor) -> Callable[[], Tensor]:
    core = backend_named(backend).core
    return functools.partial(attend_with(backend), query, key, value) if core is None else core(query, key, value)


def _place(device: torch.device, problem: Problem) -> str:
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    about = 1 << (problem.tokens - 1).bit_length()
    dtype = str(problem.dtype).removeprefix("torch.")
    size = f"{problem.heads}x{problem.head} {dtype}, up to {about} tokens"
    return ", ".join([name, f"torch {torch.__version__}", *_installed_packages(), size])


def _installed_packages() -> list[str]:
    found = []
    for package in _PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            found.append(f"{package} {metadata.version(package)}")
    return found


def _milliseconds(device: torch.device, call: Callable[[], Any]) -> float:
    if device.type != "cuda":
        start = time.perf_counter()
        call()
        return (time.perf_counter() - start) * 1000.0
    with torch.cuda.device(device):
        begin, end = torch.Event(device, enable_timing=True), torch.Event(device, enable_timing=True)
        begin.record()
        call()
        end.record()
        end.synchronize()
        return float(begin.elapsed_time(end))
