"""Whether kernels work here: only CUDA devices can have them, and what fails is said, not hidden."""

from __future__ import annotations

import sys

import pytest
import torch

from framepack.english import ENGLISH
from framepack.messages import worded
from framepack.ops import triton_available
from framepack.ops.triton_available import kernels_notice, kernels_work

CPU = torch.device("cpu")


@pytest.mark.parametrize("name", ["cpu", "mps"])
def test_other_devices_have_no_kernels_and_nothing_is_said_of_it(name: str) -> None:
    device = torch.device(name)
    assert not kernels_work(device)
    assert kernels_notice(device) is None


def test_kernels_that_fail_are_not_used_and_the_reason_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    triton_available._fault.cache_clear()
    monkeypatch.setattr(triton_available, "_has_triton", lambda _: True)
    monkeypatch.setitem(sys.modules, "framepack.ops.modulate_triton", None)
    try:
        assert not kernels_work(CPU)
        notice = kernels_notice(CPU)
        assert notice is not None
        assert "do not run on this computer" in worded(notice, ENGLISH)
        assert "modulate_triton" in worded(notice, ENGLISH)
    finally:
        triton_available._fault.cache_clear()
