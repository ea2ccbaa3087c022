"""The number format of 16 bits that a device computes in."""

from __future__ import annotations

import functools

import torch
from torch import Tensor

_FP16_MAX = torch.finfo(torch.float16).max
# NVIDIA's cards multiply bf16 from this compute capability on (Ampere); those before it would do so in fp32, slowly.
_BF16_CAPABILITY = (8, 0)


@functools.cache
def half_format(device: torch.device) -> torch.dtype:
    """bf16, as the weights are published in, or fp16 on NVIDIA's cards that have no bf16."""
    if device.type != "cuda" or not torch.cuda.is_available() or torch.version.hip is not None:
        return torch.bfloat16
    return torch.float16 if torch.cuda.get_device_capability(device) < _BF16_CAPABILITY else torch.bfloat16


def cut_to_range(values: Tensor) -> Tensor:
    """``values``, changed in place: fp16's largest number for what it cannot hold. Other formats hold everything.

    A few channels of a large model grow beyond fp16. Cut off they are a little wrong; as infinities they would make
    everything that they meet no number at all.
    """
    return values.clamp_(-_FP16_MAX, _FP16_MAX) if values.dtype == torch.float16 else values
