"""The ways to compute attention on a device, and which of them is fastest there. It knows no model.

Ways are operators to a compiler, so that a block stays one graph whatever the way; packages are imported only by the
way that needs them. Attention is never masked: batches are of one, and text is cut to its length.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from statistics import median
from types import MappingProxyType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from framepack.errors import InvalidRequest
from framepack.fp8_attention import attend_fp8, core_of_fp8

Attend = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Attention of queries, keys and values (1, n, heads, head); the result is contiguous and of the same shape."""

TIMES_FILE = "attention.json"
# What a way may differ from PyTorch's own by on random values; generous, to leave out only what is broken on a card.
_TOLERANCE = 0.02
_TOLERANCE_8_BIT = 0.2
_ROUNDS = 3
_CAPABILITY = (8, 0)
# FlashAttention's third edition as its makers build it and as the package fa3-fwd does, then the second.
_FLASH_ATTN_MODULES = ("flash_attn_interface", "fa3_fwd_interface", "flash_attn")
# As they are installed: another version may be faster, or work where the one before did not.
_PACKAGES = ("fa3-fwd", "flash-attn", "flash-attn-3", "nvidia-cudnn-frontend", "sageattention", "triton")


@dataclass(frozen=True)
class Way:
    """One way: how it is computed, whether a device has it, and whether it rounds to 8 bits on the way.

    ``opaque`` says that a compiler must not look into it; others bring operators of their own. ``core``, where it is
    given, makes of queries, keys and values the call that is timed: what is left of the way in a block, whose other
    passes do the rest.
    """

    compute: Attend
    available: Callable[[torch.device], bool]
    eight_bit: bool = False
    opaque: bool = True
    core: Callable[[Tensor, Tensor, Tensor], Callable[[], Tensor]] | None = None


@dataclass(frozen=True)
class Problem:
    """The size of an attention: ``tokens`` with ``heads`` of ``head`` channels, in ``dtype``."""

    tokens: int
    heads: int
    head: int
    dtype: torch.dtype


@dataclass(frozen=True)
class Choice:
    """The way to take and, where there was a choice, the milliseconds that each way takes once."""

    way: str
    milliseconds: Mapping[str, float]


def available_ways(device: torch.device) -> tuple[str, ...]:
    """The names of the ways that ``device`` has; the first one works always."""
    return tuple(name for name, way in WAYS.items() if way.available(device))


@functools.cache
def attend_with(way: str) -> Attend:
    """Attention by the ``way`` of this name, the same function at every call. Raises InvalidRequest for other names."""
    if way not in WAYS:
        raise InvalidRequest("attention", f"there is no '{way}'; there is: {', '.join(WAYS)}")
    if not WAYS[way].opaque:
        return WAYS[way].compute

    def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        attended: Tensor = _attend(query, key, value, way)
        return attended

    return attend


def choose_way(
    device: torch.device,
    problem: Problem,
    *,
    memory_folder: Path | None,
    allow_8bit: bool,
    wanted: str | None = None,
) -> Choice:
    """The fastest way for ``problem`` on ``device``, or ``wanted``; 8-bit ones are left out unless allowed.

    Where there is a choice it is measured at that size and kept in ``memory_folder`` for the device, the versions of
    PyTorch and of packages for attention, and sizes about as large; without the memory to measure it is PyTorch's own.
    Raises InvalidRequest if ``wanted`` is not there; an 8-bit one that is not allowed is passed over.
    """
    candidates = tuple(name for name in available_ways(device) if allow_8bit or not WAYS[name].eight_bit)
    if wanted is not None:
        attend_with(wanted)
        if wanted not in available_ways(device):
            raise InvalidRequest("attention", f"'{wanted}' does not work here; there is: {', '.join(candidates)}")
        if wanted in candidates:
            return Choice(wanted, {})
    if len(candidates) == 1:
        return Choice(candidates[0], {})
    kept = {} if memory_folder is None else read_times(memory_folder)
    place = _place(device, problem)
    times = kept.get(place, {})
    if missing := tuple(name for name in candidates if name not in times):
        try:
            times = {**times, **measured(missing, device, problem)}
        except torch.OutOfMemoryError:
            return Choice("sdpa", {})
        if memory_folder is not None:
            write_times(memory_folder, {**kept, place: times})
    return fastest({name: taken for name in candidates if (taken := times[name]) is not None})


def fastest(milliseconds: Mapping[str, float]) -> Choice:
    """The way that takes the least time; PyTorch's own if none was measured."""
    return Choice(min(milliseconds, key=milliseconds.__getitem__, default="sdpa"), dict(milliseconds))


def measured(ways: tuple[str, ...], device: torch.device, problem: Problem) -> dict[str, float | None]:
    """The milliseconds each of ``ways`` takes for random values, by turns; None for one that fails or is far off."""
    generator = torch.Generator(device).manual_seed(0)
    size = (3, 1, problem.tokens, problem.heads, problem.head)
    query, key, value = torch.randn(size, device=device, dtype=problem.dtype, generator=generator)
    exact = attend_with("sdpa")(query, key, value)
    times: dict[str, list[float]] = {}
    for name in ways:
        try:
            off = attend_with(name)(query, key, value) - exact
        except torch.OutOfMemoryError:
            raise
        except Exception:  # what a package raises for a card or a size it was not made for is its own affair
            continue
        tolerance = _TOLERANCE_8_BIT if WAYS[name].eight_bit else _TOLERANCE
        if float(off.norm() / exact.norm()) < tolerance:
            times[name] = []
    calls = {name: _timed_call(name, query, key, value) for name in times}
    for _ in range(_ROUNDS):
        for name, taken in times.items():
            taken.append(_milliseconds(device, calls[name]))
    return {name: round(median(times[name]), 3) if name in times else None for name in ways}


def read_times(folder: Path) -> dict[str, dict[str, float | None]]:
    """The measurements kept in ``folder``; none where there is no file or one that cannot be read."""
    try:
        kept = json.loads((folder / TIMES_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def write_times(folder: Path, times: Mapping[str, Mapping[str, float | None]]) -> None:
    """Keep measurements in ``folder``. Where that cannot be written, the next process measures again."""
    aside = folder / f"{TIMES_FILE}.{os.getpid()}"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        aside.write_text(json.dumps(times, indent=1, sort_keys=True), encoding="utf-8")
        aside.replace(folder / TIMES_FILE)


def _timed_call(way: str, query: Tensor, key: Tensor, value: Tensor) -> Callable[[], Tensor]:
    core = WAYS[way].core
    return functools.partial(attend_with(way), query, key, value) if core is None else core(query, key, value)


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


@torch.library.custom_op(
    "framepack::attend", mutates_args=(), schema="(Tensor query, Tensor key, Tensor value, str way) -> Tensor"
)
def _attend(query: Tensor, key: Tensor, value: Tensor, way: str) -> Tensor:
    return WAYS[way].compute(query, key, value).contiguous()


@_attend.register_fake
def _(query: Tensor, key: Tensor, value: Tensor, way: str) -> Tensor:  # noqa: ARG001
    return query.new_empty(query.shape)


def _sdpa(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    attended = F.scaled_dot_product_attention(query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2))
    return attended.transpose(1, 2)


def _cudnn(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    with sdpa_kernel(SDPBackend.CUDNN_ATTENTION):
        return _sdpa(query, key, value)


def _flash(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):
        return _sdpa(query, key, value)


def _sage(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """SageAttention (arXiv 2410.02367). Keys are smoothed here because its first release does that in place."""
    from sageattention import sageattn

    smooth = key - key.mean(dim=1, keepdim=True)
    attended: Tensor = sageattn(query, smooth, value, tensor_layout="NHD", is_causal=False, smooth_k=False)
    return attended


def _flash_attn(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """FlashAttention by its newest edition that is installed: the third is arXiv 2407.08608."""
    # Some releases give the sums of exponentials too.
    attended = importlib.import_module(_flash_attn_module()).flash_attn_func(query, key, value)
    first: Tensor = attended[0] if isinstance(attended, tuple) else attended
    return first


def _flash_attn_module() -> str:
    """The module of FlashAttention that is installed; nothing if none is."""
    return next(filter(_installed, _FLASH_ATTN_MODULES), "")


@functools.cache
def _installed(module: str) -> bool:
    found = importlib.util.find_spec(module)
    # A folder without a module of its own is found, too, where only another package put something into it.
    return found is not None and found.origin is not None


def _modern_cuda(device: torch.device) -> bool:
    return device.type == "cuda" and torch.cuda.get_device_capability(device) >= _CAPABILITY


def _has_cudnn(device: torch.device) -> bool:
    return _modern_cuda(device) and torch.version.hip is None


def _has_flash(device: torch.device) -> bool:
    return _modern_cuda(device) and torch.backends.cuda.is_flash_attention_available()


def _has_sage(device: torch.device) -> bool:
    return _modern_cuda(device) and _installed("triton") and _installed("sageattention")


def _has_cudnn_fp8(device: torch.device) -> bool:
    hopper = _modern_cuda(device) and torch.cuda.get_device_capability(device) >= (9, 0)
    return hopper and torch.version.hip is None and _installed("cudnn")


def _has_flash_attn(device: torch.device) -> bool:
    return _modern_cuda(device) and bool(_flash_attn_module())


WAYS: Mapping[str, Way] = MappingProxyType(
    {
        "sdpa": Way(_sdpa, lambda _: True),
        "cudnn": Way(_cudnn, _has_cudnn),
        "flash": Way(_flash, _has_flash),
        "sage": Way(_sage, _has_sage, eight_bit=True),
        "flash-attn": Way(_flash_attn, _has_flash_attn),
        "cudnn-fp8": Way(attend_fp8, _has_cudnn_fp8, eight_bit=True, opaque=False, core=core_of_fp8),
    }
)
