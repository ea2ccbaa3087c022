"""Whether the project's Triton kernels work on a device. Triton is imported only here and by the kernels."""

from __future__ import annotations

import functools
import importlib.util

import torch

from framepack.messages import Message, as_message

# Wide enough for every kernel's vector loads.
_TRIAL_COLUMNS = 256


def kernels_work(device: torch.device) -> bool:
    """Whether ``device`` runs the kernels: a CUDA device, with Triton and the C compiler that it starts them with.

    Found out once for a device, by making one row. Raises torch.OutOfMemoryError.
    """
    return _has_triton(device) and _fault(device) is None


def kernels_notice(device: torch.device) -> Message | None:
    """What to tell the person where ``device`` has Triton and the kernels fail all the same; None elsewhere."""
    fault = _fault(device) if _has_triton(device) else None
    if fault is None:
        return None
    return Message("kernels-fail", {"reason": fault})


@functools.cache
def _has_triton(device: torch.device) -> bool:
    return device.type == "cuda" and importlib.util.find_spec("triton") is not None


@functools.cache
def _fault(device: torch.device) -> Message | None:
    """What goes wrong when a kernel makes one row, in the words of what failed; None if nothing does."""
    row = torch.ones((1, _TRIAL_COLUMNS), device=device)
    try:
        from framepack.ops.modulate_triton import modulated_by_kernel

        made = modulated_by_kernel(row, row[0], row[0], 1e-6)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # whatever a compiler lacks on some computer; the plain arithmetic serves as well
        reason = str(error).strip().splitlines()
        return as_message(reason[0] if reason else type(error).__name__)
    return None if bool(torch.allclose(made, row)) else Message("wrong-values")
