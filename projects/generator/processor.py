"""The processor of this computer: what it is called, and how much of it this process may use."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import psutil

_CPUINFO = Path("/proc/cpuinfo")


def processor_title() -> str:
    """What the processor is sold as, as far as the system says it."""
    if _CPUINFO.is_file():
        for line in _CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name" and value.strip():
                return value.strip()
    return platform.processor() or platform.machine()


def usable_cpus() -> int:
    """How many threads the engine should use: one a core, less where this process is only given some of them."""
    cores = _cores()
    if hasattr(os, "sched_getaffinity"):
        cores = min(cores, len(os.sched_getaffinity(0)))
    quota = Path("/sys/fs/cgroup/cpu.max")
    if quota.is_file():
        granted, _, period = quota.read_text().partition(" ")
        if granted.isdigit():
            cores = min(cores, -(-int(granted) // int(period)))
    return max(1, cores)


def are_all_ours() -> bool:
    """Whether this process may use the whole computer, so that what others use of it is what they take from us."""
    return usable_cpus() == _cores()


def _cores() -> int:
    # The two halves of a core are worth little more than one, but on a small machine every little helps.
    return max(psutil.cpu_count(logical=False) or 1, min(os.cpu_count() or 1, 4))
