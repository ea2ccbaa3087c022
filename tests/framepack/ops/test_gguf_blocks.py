"""Blocks of few bits stand for the numbers that the ``gguf`` package makes of them."""

from __future__ import annotations

import gguf
import numpy as np
import pytest
import torch

from framepack.ops.gguf_blocks import BLOCKS, from_blocks


@pytest.mark.parametrize("kind", BLOCKS)
def test_blocks_of_any_bytes_stand_for_the_same_numbers(kind: str) -> None:
    nbytes, _ = BLOCKS[kind]
    raw = np.random.default_rng(4).integers(0, 256, (500, nbytes), dtype=np.uint8)
    # Scales that are finite: fp16 numbers of one place or the other.
    for place in {"Q6_K": (208,)}.get(kind, (0, 2) if kind.endswith("_1") or kind in ("Q4_K", "Q5_K") else (0,)):
        raw[:, place : place + 2] = (
            np.random.default_rng(place).normal(size=500).astype(np.float16).view(np.uint8).reshape(500, 2)
        )
    wanted = gguf.dequantize(raw, gguf.GGMLQuantizationType[kind])
    torch.testing.assert_close(from_blocks(torch.from_numpy(raw), kind), torch.from_numpy(wanted), rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("kind", ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"])
def test_numbers_come_back_as_nearly_as_their_bits_allow(kind: str) -> None:
    numbers = np.random.default_rng(5).normal(size=(4, 64)).astype(np.float32)
    raw = gguf.quantize(numbers, gguf.GGMLQuantizationType[kind])
    found = from_blocks(torch.from_numpy(raw).reshape(-1), kind).reshape(4, 64)
    bits = int(kind[1])
    assert (found - torch.from_numpy(numbers)).abs().max() < 4.5 / 2 ** (bits - 1)
