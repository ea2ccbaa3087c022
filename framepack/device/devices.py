"""Owns which device is computed on, in which number formats, and how its memory is measured and given back."""

from __future__ import annotations

import gc
import shutil
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil
import torch

from framepack.device.memory_plan import Budget
from framepack.errors import DeviceUnavailable
from framepack.messages import Message
from framepack.ops.half_format import half_format

MEGABYTE = 1024.0 * 1024.0


@dataclass(frozen=True)
class Formats:
    """The number formats of a checkpoint's parts on one device; ``encoders`` is that of the VAE's encoder too."""

    transformer: torch.dtype
    encoders: torch.dtype
    decoder: torch.dtype


def available_devices() -> tuple[str, ...]:
    """The names of this computer's devices, the fastest first."""
    cards = tuple(f"cuda:{number}" for number in range(torch.cuda.device_count()))
    return (*cards, *(("mps",) if torch.backends.mps.is_available() else ()), "cpu")


def pick_device(name: str) -> torch.device:
    """The device called ``name``: ``auto`` (the fastest there is), ``cpu``, ``mps``, ``cuda`` or ``cuda:1`` and so on.

    Raises DeviceUnavailable, naming those there are.
    """
    available = available_devices()
    wanted = {"auto": available[0], "cuda": "cuda:0"}.get(name, name)
    if wanted not in available:
        raise DeviceUnavailable(name, available)
    return torch.device(wanted)


def formats_for(device: torch.device) -> Formats:
    """The number formats the parts are used in on ``device``: the published ones on a GPU, fp32 on a CPU.

    A GPU without bf16 has fp16 instead. A CPU that multiplies bf16 itself decodes in it: three times faster
    (benchmarks/log.md) and far closer to fp32 than the draft's decoder is to its pictures.
    """
    if device.type != "cpu":
        return Formats(transformer=half_format(device), encoders=torch.float16, decoder=torch.float16)
    can = torch.cpu.get_capabilities()
    decoder = torch.bfloat16 if can.get("avx512_bf16") or can.get("amx_bf16") else torch.float32
    return Formats(transformer=torch.float32, encoders=torch.float32, decoder=decoder)


def device_notice(device: torch.device) -> Message | None:
    """What to tell the person about a ``device`` that is less sure than others; None elsewhere."""
    if device.type == "mps":
        return Message("apple-is-experimental")
    if device.type == "cuda" and half_format(device) == torch.float16:
        return Message("fp16-is-experimental")
    return None


def unused_card_notice() -> Message | None:
    """What to tell the person where there is an NVIDIA card and PyTorch was built without CUDA; None elsewhere."""
    built_for_a_card = torch.version.cuda is not None or torch.version.hip is not None
    return None if built_for_a_card or shutil.which("nvidia-smi") is None else Message("card-unused")


def measure_budget(device: torch.device, cap: int | None) -> Budget:
    """What memory there is for everything this process puts on ``device``; ``cap`` are the bytes it was allowed.

    What the process holds on a GPU already counts as free.
    """
    host = available_host_memory()
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        return Budget(free + torch.cuda.memory_reserved(device), total, host, cap)
    if device.type == "mps":
        most = torch.mps.recommended_max_memory()
        return Budget(min(most, host + torch.mps.driver_allocated_memory()), most, host, cap, unified=True)
    return Budget(host, psutil.virtual_memory().total, host, cap, unified=True)


def held_bytes(device: torch.device) -> int:
    """What this process has in use on a GPU; 0 on a processor, whose free memory does not count it anyway."""
    if device.type == "cuda":
        return torch.cuda.memory_allocated(device)
    return torch.mps.current_allocated_memory() if device.type == "mps" else 0


def available_host_memory() -> int:
    """Bytes of the computer's memory that can be had without swapping, also where this process may only have some."""
    available = int(psutil.virtual_memory().available)
    group = Path("/sys/fs/cgroup")
    try:
        limit = (group / "memory.max").read_text().strip()
        used = int((group / "memory.current").read_text())
        facts = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        return available  # not Linux, or no limits
    # Pages of files are given back when they are needed for something else.
    return (
        min(available, int(limit) - used + int(facts.get("file", 0)) - int(facts.get("shmem", 0)))
        if limit.isdigit()
        else available
    )


def enforce_cap(device: torch.device, cap: int | None) -> None:
    """Have the allocator refuse what is beyond ``cap`` bytes, where it can; None lifts that."""
    if device.type == "cuda":
        total = torch.cuda.get_device_properties(device).total_memory
        torch.cuda.set_per_process_memory_fraction(1.0 if cap is None else min(1.0, cap / total), device)


@cache
def set_libraries_aside() -> None:
    """Have collections of garbage pass over what is loaded by now: the libraries, which stay to the end. Only once.

    Their many objects would make each ``release_cached_memory`` take tenths of a second, several times a section.
    """
    gc.collect()
    gc.freeze()


def release_cached_memory(device: torch.device) -> None:
    """Hand memory that nothing uses any more back from the allocator to ``device``."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def restart_peak(device: torch.device) -> None:
    """Begin measuring the peak of memory anew where the device can; a process's own peak cannot be reset."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def peak_megabytes(device: torch.device) -> float:
    """The most memory that was in use, in MiB: of a CUDA device since ``restart_peak``, else of this process so far.

    On Apple's GPUs, whose memory is the computer's, it is what the driver holds now.
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / MEGABYTE
    if device.type == "mps":
        return torch.mps.driver_allocated_memory() / MEGABYTE
    if sys.platform == "win32":
        return float(psutil.Process().memory_info().peak_wset) / MEGABYTE
    import resource  # there is none on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / MEGABYTE if sys.platform == "darwin" else peak / 1024.0
