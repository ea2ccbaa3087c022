"""Which errors mean that the accelerator is lost to the process, and which that memory is short."""

from __future__ import annotations

import errno
import subprocess
import sys

import pytest
import torch

from framepack.device.faults import accelerator_lost, memory_short


@pytest.mark.parametrize(
    "error",
    [
        torch.AcceleratorError("CUDA error: unspecified launch failure"),
        RuntimeError("CUDA error: an illegal memory access was encountered"),
        RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED_CUDART"),
        RuntimeError("HIP error: the operation cannot be performed in the present state"),
        RuntimeError("CUBLAS_STATUS_EXECUTION_FAILED when calling cublasGemmEx"),
    ],
    ids=str,
)
def test_an_error_of_the_accelerator_leaves_the_process_without_it(error: Exception) -> None:
    assert accelerator_lost(error)
    outer = ValueError("a block failed")
    outer.__cause__ = error
    assert accelerator_lost(outer)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        torch.AcceleratorError("CUDA error: out of memory"),
        RuntimeError("The size of tensor a (3) must match the size of tensor b (4)"),
        FileNotFoundError(errno.ENOENT, "No such file", "CUDA error"),
        KeyError("CUDA error"),
    ],
    ids=str,
)
def test_other_errors_leave_it_as_it_is(error: Exception) -> None:
    assert not accelerator_lost(error)


@pytest.mark.parametrize(
    ("error", "short"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (MemoryError(), True),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), True),
        (OSError(errno.EIO, "Input/output error"), False),
        (ValueError("out of memory is what the picture is called"), False),
    ],
    ids=str,
)
def test_errors_for_want_of_memory_are_told_from_others(error: Exception, short: bool) -> None:
    assert memory_short(error) == short


def test_errors_can_be_told_apart_without_torch() -> None:
    code = "import sys; import framepack.device.faults; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
