"""Queries and keys as attention takes them, normalised and rotated, from what one projection gave. It knows no block.

One operator reads the projection once; for attention in fp8 it gives queries and keys in fp8 and finds the largest
value on the way.
"""

from __future__ import annotations

import torch
from torch import Tensor

from framepack.ops.fp8 import FP8, rounded_to_fp8
from framepack.ops.triton_available import kernels_work

Rotary = tuple[Tensor, Tensor]
"""What ``rotary_tables`` gives: cosines and signed sines (n + t, head), fp32."""

# At most this many heads in one program of the kernel: fewer would read the rotation more often (0.14 ms instead of
# 0.13 with half as many, at the published sizes on an H200).
_HEADS_TOGETHER = 8


def queries_and_keys(
    joint: Tensor, norms: Tensor, count: int, rotary: Rotary, heads: int, eps: float
) -> tuple[Tensor, Tensor]:
    """Queries and keys (N, heads, head) over their root mean square, times their norm's weights, rotated.

    ``joint`` (N, 3 D) holds queries, keys and values side by side. ``norms`` (2, head) are the weights for queries and
    for keys of the first ``count`` rows; (4, head) has those of the other rows after them.
    """
    query, key, _ = _queries_and_keys(joint, norms, count, *rotary, heads, eps, False)
    return query, key


def queries_and_keys_in_fp8(
    joint: Tensor, norms: Tensor, count: int, rotary: Rotary, heads: int, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """``queries_and_keys`` in fp8, which holds what is normalised as it is, and the largest size of a value, fp32."""
    query, key, largest = _queries_and_keys(joint, norms, count, *rotary, heads, eps, True)
    return query, key, largest.amax()


@torch.library.custom_op(
    "framepack::queries_and_keys",
    mutates_args=(),
    schema="(Tensor joint, Tensor norms, SymInt count, Tensor cosines, Tensor sines, int heads, float eps, bool fp8) "
    "-> (Tensor, Tensor, Tensor)",
)
def _queries_and_keys(
    joint: Tensor, norms: Tensor, count: int, cosines: Tensor, sines: Tensor, heads: int, eps: float, fp8: bool
) -> tuple[Tensor, Tensor, Tensor]:
    if kernels_work(joint.device) and _is_power_of_two(cosines.shape[1]):
        from framepack.ops.qk_norm_rope_triton import queries_and_keys_by_kernel

        query, key, largest = _empty(joint, cosines, heads, fp8)
        queries_and_keys_by_kernel(joint, norms, count, cosines, sines, eps, query, key, largest, _together(heads))
        return query, key, largest
    return queries_and_keys_by_formula(joint, norms, count, cosines, sines, heads, eps, fp8)


@_queries_and_keys.register_fake
def _(
    joint: Tensor,
    norms: Tensor,  # noqa: ARG001
    count: int,  # noqa: ARG001
    cosines: Tensor,
    sines: Tensor,  # noqa: ARG001
    heads: int,
    eps: float,  # noqa: ARG001
    fp8: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    return _empty(joint, cosines, heads, fp8)


def queries_and_keys_by_formula(
    joint: Tensor, norms: Tensor, count: int, cosines: Tensor, sines: Tensor, heads: int, eps: float, fp8: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """What the kernel makes in one pass: queries, keys and, for fp8, the largest value of a row and group of heads."""
    rows, head = joint.shape[0], cosines.shape[1]
    query, key, value = joint.view(rows, 3, heads, head).unbind(1)
    made = []
    for part, values in enumerate((query, key)):
        norm = norms[part].expand(rows, head).clone()
        norm[count:] = norms[-2 + part]
        wide, norm = values.float(), norm.unsqueeze(1).float()
        inverse = torch.rsqrt(wide.square().mean(dim=-1, keepdim=True) + eps)
        rotated = wide * (norm * cosines.unsqueeze(1)) + _exchanged(wide) * (_exchanged(norm) * sines.unsqueeze(1))
        made.append(rounded_to_fp8(rotated * inverse) if fp8 else (rotated * inverse).to(values.dtype))
    groups = value.reshape(rows, heads // _together(heads), -1)
    largest = groups.abs().amax(dim=2).float() if fp8 else joint.new_empty(0, dtype=torch.float32)
    return made[0], made[1], largest


def _empty(joint: Tensor, cosines: Tensor, heads: int, fp8: bool) -> tuple[Tensor, Tensor, Tensor]:
    size = (joint.shape[0], heads, cosines.shape[1])
    query, key = (joint.new_empty(size, dtype=FP8 if fp8 else joint.dtype) for _ in range(2))
    groups = (joint.shape[0], heads // _together(heads)) if fp8 else (0,)
    return query, key, joint.new_empty(groups, dtype=torch.float32)


def _together(heads: int) -> int:
    """How many heads the kernel sees to in one program: a power of two that divides ``heads``."""
    return min(heads & -heads, _HEADS_TOGETHER)


def _exchanged(values: Tensor) -> Tensor:
    """The two halves of the last dimension, in the order of ``halves_apart`` those of all pairs, exchanged."""
    return values.view(*values.shape[:-1], 2, -1).flip(-2).flatten(-2)


def _is_power_of_two(number: int) -> bool:
    return number >= 2 and number & (number - 1) == 0
