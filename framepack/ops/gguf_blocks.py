"""Numbers kept in blocks of few bits as GGUF files have them, made into fp32 on any device. It knows no files.

A block of 32 numbers has a scale in fp16, and a lowest value in the formats ``_1``; one of 256 (``_K``) has eight or
sixteen parts whose own scales, and lowest values, are integers of 6 or 8 bits times one in fp16 for the block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import Tensor

_NIBBLES, _PAIRS, _BITS = (0, 4), (0, 2, 4, 6), tuple(range(8))


def from_blocks(raw: Tensor, kind: str) -> Tensor:
    """What ``raw`` (bytes, uint8), whole blocks of ``kind``, stands for: (blocks, numbers of a block) fp32."""
    nbytes, numbers = BLOCKS[kind]
    return numbers(raw.reshape(-1, nbytes))


def _fields(bytes: Tensor, shifts: tuple[int, ...], mask: int, groups: int = 1) -> Tensor:
    """The fields of bits at ``shifts`` within bytes (n, m): (n, m * len(shifts)).

    Of each group of bytes all the first fields come first, then all the second ones.
    """
    by = torch.tensor(shifts, dtype=torch.uint8, device=bytes.device).view(1, 1, -1, 1)
    return ((bytes.reshape(len(bytes), groups, 1, -1) >> by) & mask).reshape(len(bytes), -1)


def _half(bytes: Tensor) -> Tensor:
    """The fp16 number in two bytes (n, 2), as (n, 1) fp32."""
    return bytes.contiguous().view(torch.float16).float()


def _q4_0(blocks: Tensor) -> Tensor:
    return _half(blocks[:, :2]) * (_fields(blocks[:, 2:], _NIBBLES, 15).float() - 8)


def _q4_1(blocks: Tensor) -> Tensor:
    return _half(blocks[:, :2]) * _fields(blocks[:, 4:], _NIBBLES, 15).float() + _half(blocks[:, 2:4])


def _five_bits(high: Tensor, low: Tensor) -> Tensor:
    """Numbers of five bits from their ``high`` ones, in order, and ``low`` ones."""
    return (_fields(low, _NIBBLES, 15) | (_fields(high, _BITS, 1, groups=high.shape[1]) << 4)).float()


def _q5_0(blocks: Tensor) -> Tensor:
    return _half(blocks[:, :2]) * (_five_bits(blocks[:, 2:6], blocks[:, 6:]) - 16)


def _q5_1(blocks: Tensor) -> Tensor:
    return _half(blocks[:, :2]) * _five_bits(blocks[:, 4:8], blocks[:, 8:]) + _half(blocks[:, 2:4])


def _q8_0(blocks: Tensor) -> Tensor:
    return _half(blocks[:, :2]) * blocks[:, 2:].contiguous().view(torch.int8).float()


def _parts(packed: Tensor) -> tuple[Tensor, Tensor]:
    """The scales and the lowest values (n, 8) of a block's parts, 6 bits each, from their twelve bytes (n, 12).

    Those of the first four parts lie in the low bits of the first eight bytes. The others have their low four bits in
    the last four bytes, scales below lowest values, and their high two in what the first eight have left.
    """
    scales, lows, rest = packed[:, 0:4], packed[:, 4:8], packed[:, 8:12]
    late_scales = (rest & 15) | ((scales >> 6) << 4)
    late_lows = (rest >> 4) | ((lows >> 6) << 4)
    return torch.cat([scales & 63, late_scales], dim=1).float(), torch.cat([lows & 63, late_lows], dim=1).float()


def _of_parts(blocks: Tensor, numbers: Tensor) -> Tensor:
    """Numbers (n, 256) of blocks that begin with a scale, a lowest value and the twelve bytes of their parts."""
    scales, lows = _parts(blocks[:, 4:16])
    scaled = (_half(blocks[:, :2]) * scales).unsqueeze(2) * numbers.float().reshape(len(blocks), 8, 32)
    return (scaled - (_half(blocks[:, 2:4]) * lows).unsqueeze(2)).reshape(len(blocks), 256)


def _q4_k(blocks: Tensor) -> Tensor:
    return _of_parts(blocks, _fields(blocks[:, 16:], _NIBBLES, 15, groups=4))


def _q5_k(blocks: Tensor) -> Tensor:
    low = _fields(blocks[:, 48:], _NIBBLES, 15, groups=4)
    return _of_parts(blocks, low | (_fields(blocks[:, 16:48], _BITS, 1) << 4))


def _q6_k(blocks: Tensor) -> Tensor:
    low, high = _fields(blocks[:, :128], _NIBBLES, 15, groups=2), _fields(blocks[:, 128:192], _PAIRS, 3, groups=2)
    scales = _half(blocks[:, 208:210]) * blocks[:, 192:208].contiguous().view(torch.int8).float()
    numbers = (low | (high << 4)).float() - 32
    return (scales.unsqueeze(2) * numbers.reshape(len(blocks), 16, 16)).reshape(len(blocks), 256)


# By the format's name: the bytes of a block, and what makes numbers of blocks (n, bytes).
BLOCKS: Mapping[str, tuple[int, Callable[[Tensor], Tensor]]] = MappingProxyType(
    {
        "Q4_0": (18, _q4_0),
        "Q4_1": (20, _q4_1),
        "Q5_0": (22, _q5_0),
        "Q5_1": (24, _q5_1),
        "Q8_0": (34, _q8_0),
        "Q4_K": (144, _q4_k),
        "Q5_K": (176, _q5_k),
        "Q6_K": (210, _q6_k),
    }
)
