"""Whether the project's Triton kernels work on a device. Triton is imported only here and by the kernels."""

from __future__ import annotations

import functools
import importlib.util

import torch

# Wide enough for every kernel's vector loads.
_TRIAL_COLUMNS = 256


@functools.cache
def kernels_work(device: torch.device) -> bool:
    """Whether ``device`` runs the kernels: a CUDA device, with Triton and the C compiler that it starts them with.

    Found out once for a device, by making one row. Raises torch.OutOfMemoryError.
    """
    if device.type != "cuda" or importlib.util.find_spec("triton") is None:
        return False
    row = torch.ones((1, _TRIAL_COLUMNS), device=device)
    try:
        from framepack.row_kernel import modulated_by_kernel

        made = modulated_by_kernel(row, row[0], row[0], 1e-6)
        return bool(torch.allclose(made, row))
    except torch.OutOfMemoryError:
        raise
    except Exception:  # whatever a compiler lacks on some computer; the plain arithmetic serves as well
        return False
