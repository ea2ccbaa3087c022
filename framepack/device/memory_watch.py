"""Watches the most memory this process takes while something runs: on the device, as its driver counts it, on the host.

Pages of files are not counted on the host: the system has them back whenever it needs them.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import psutil
import torch

INTERVAL_SECONDS = 0.05
_MIB = 2**20


@dataclass(frozen=True)
class MemoryPeaks:
    """Bytes. ``allocated`` and ``reserved`` are torch's figures of a CUDA device, None elsewhere.

    ``driver`` is what the driver says was taken on that device beyond what was taken before the process used it, None
    where nobody can say; ``host`` is this process's own memory on the host.
    """

    allocated: int | None
    reserved: int | None
    driver: int | None
    host: int


class MemoryWatch:
    """A context in which memory is watched. Make it before the process first uses ``device``, which takes some, too."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._before = _used_before(device)
        self._driver = 0
        self._host = host_bytes()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> MemoryWatch:
        # Before the process has used CUDA there is no peak yet, and nothing that could be reset.
        if self._device.type == "cuda" and torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            torch.cuda.reset_peak_memory_stats(self._device)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def peaks(self) -> MemoryPeaks:
        """The most there was so far."""
        self._look()
        if self._device.type != "cuda":
            return MemoryPeaks(None, None, None, self._host)
        return MemoryPeaks(
            allocated=torch.cuda.max_memory_allocated(self._device),
            reserved=torch.cuda.max_memory_reserved(self._device),
            driver=None if self._before is None else self._driver - self._before,
            host=self._host,
        )

    def _watch(self) -> None:
        while not self._done.wait(INTERVAL_SECONDS):
            self._look()

    def _look(self) -> None:
        self._host = max(self._host, host_bytes())
        if self._device.type == "cuda" and self._before is not None:
            free, total = torch.cuda.mem_get_info(self._device)
            self._driver = max(self._driver, total - free)


def host_bytes() -> int:
    """What this process has on the host now, without pages of files where the system tells them apart."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        memory = psutil.Process().memory_full_info()
        return int(getattr(memory, "uss", memory.rss))
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    return sum(int(fields[name].split()[0]) * 1024 for name in ("RssAnon", "RssShmem"))


def _used_before(device: torch.device) -> int | None:
    """Bytes of the device that were taken before this process came, None where nobody says."""
    asked = shutil.which("nvidia-smi")
    if device.type != "cuda" or asked is None:
        return None
    query = ["--query-gpu=memory.used", "--format=csv,noheader,nounits", f"--id={device.index or 0}"]
    try:
        said = subprocess.run([asked, *query], capture_output=True, text=True, check=True, timeout=20).stdout
        return int(said.split()[0]) * _MIB
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
