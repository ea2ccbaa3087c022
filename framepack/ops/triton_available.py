"""Whether the project's Triton kernels work on a device. Triton is imported only here and by the kernels."""

from __future__ import annotations

import functools
import importlib.util

import torch

# Wide enough for every kernel's vector loads.
_TRIAL_COLUMNS = 256


def kernels_work(device: torch.device) -> bool:
    """Whether ``device`` runs the kernels: a CUDA device, with Triton and the C compiler that it starts them with.

    Found out once for a device, by making one row. Raises torch.OutOfMemoryError.
    """
    return _has_triton(device) and _fault(device) is None


def kernels_notice(device: torch.device) -> str | None:
    """A sentence for the person where ``device`` has Triton and the kernels fail all the same; None elsewhere."""
    fault = _fault(device) if _has_triton(device) else None
    if fault is None:
        return None
    return f"The studio's own kernels do not run on this computer, which makes everything a little slower ({fault})."


@functools.cache
def _has_triton(device: torch.device) -> bool:
    return device.type == "cuda" and importlib.util.find_spec("triton") is not None


@functools.cache
def _fault(device: torch.device) -> str | None:
    """What goes wrong when a kernel makes one row, in the words of what failed; None if nothing does."""
    row = torch.ones((1, _TRIAL_COLUMNS), device=device)
    try:
        from framepack.ops.modulate_triton import modulated_by_kernel

        made = modulated_by_kernel(row, row[0], row[0], 1e-6)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # whatever a compiler lacks on some computer; the plain arithmetic serves as well
        reason = str(error).strip().splitlines()
        return reason[0] if reason else type(error).__name__
    return None if bool(torch.allclose(made, row)) else "they give wrong values"
