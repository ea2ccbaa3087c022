"""Trying a backend in a process of its own first: a kernel that crashes, or ruins its device, ends that one only.

``python -m framepack.attention.trial`` is that process; its exit status is the answer.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import torch

from framepack.attention.checking import Problem, is_right, random_operands

_RIGHT, _WRONG, _NO_MEMORY = 0, 10, 11
# Some packages compile their kernels at the first call.
_SECONDS = 300
_ROOT = Path(__file__).parents[2]


def is_right_elsewhere(backend: str, device: torch.device, problem: Problem) -> bool:
    """Whether ``backend`` works on ``device`` and is right, tried by another process. Raises torch.OutOfMemoryError."""
    dtype = str(problem.dtype).removeprefix("torch.")
    size = [str(problem.tokens), str(problem.heads), str(problem.head), dtype]
    command = [sys.executable, "-m", "framepack.attention.trial", backend, str(device), *size]
    try:
        status = subprocess.run(command, cwd=_ROOT, capture_output=True, timeout=_SECONDS).returncode
    except subprocess.TimeoutExpired:
        return False
    if status == _NO_MEMORY:
        raise torch.OutOfMemoryError(f"there is no memory to try '{backend}' beside this process")
    return status == _RIGHT


def main() -> int:
    """Try the backend that the arguments name, on the device and the size that they give."""
    parser = argparse.ArgumentParser()
    for name, kind in (("backend", str), ("device", str), ("tokens", int), ("heads", int), ("head", int)):
        parser.add_argument(name, type=kind)
    parser.add_argument("dtype")
    asked = parser.parse_args()
    problem = Problem(asked.tokens, asked.heads, asked.head, getattr(torch, asked.dtype))
    device = torch.device(asked.device)
    try:
        right = is_right(asked.backend, random_operands(device, problem))
        if device.type == "cuda":
            torch.cuda.synchronize(device)
    except torch.OutOfMemoryError:
        return _NO_MEMORY
    return _RIGHT if right else _WRONG


if __name__ == "__main__":
    sys.exit(main())
