"""A block's attention in three steps, of which ranks use the time between for their exchanges. It knows no block.

On one device the first step does it all. The steps of one block are taken before those of the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from framepack.attention.backends import Attend
from framepack.attention.cudnn_fp8 import attend_fp8, attend_quantised
from framepack.ops.fp8 import WeightFormat
from framepack.ops.modulate import Rows, plain_rows
from framepack.ops.qk_norm_rope import Rotary, queries_and_keys, queries_and_keys_in_fp8
from framepack.parallel.together import (
    Together,
    attend_begun_rounded,
    begin_rounded,
    begin_together,
    end_together,
)
from framepack.weights.block_layout import BlockShape


@dataclass(frozen=True)
class Manner:
    """What all blocks of a model have in common: sizes, the way of attention, the format of the weights.

    ``ranks`` names the ``Ulysses`` whose ranks share the tokens; it is None where all tokens are here.
    """

    shape: BlockShape
    attend: Attend
    format: WeightFormat = "plain"
    ranks: str | None = None


class UnderWay(NamedTuple):
    """Attention that was begun, of a projection in ``dtype``.

    ``rows`` (1, N, heads, head) is what was attended, or something of that shape and format while ``token`` keeps the
    steps of ranks in order. ``unit`` is what rows in 8 bits are to be multiplied by.
    """

    rows: Tensor
    dtype: torch.dtype
    token: Tensor | None = None
    unit: Tensor | None = None


def begin_attention(joint: Tensor, norms: Tensor, count: int, rotary: Rotary, manner: Manner) -> UnderWay:
    """Begin the attention of all rows of ``joint`` (N, 3 D), which holds queries, keys and values side by side.

    ``norms`` and ``count`` are those of ``queries_and_keys``.
    """
    shape, ranks = manner.shape, manner.ranks
    value = joint.view(-1, 3, shape.heads, shape.head).select(1, 2).unsqueeze(0)
    if manner.attend is attend_fp8:
        query, key, largest = queries_and_keys_in_fp8(joint, norms, count, rotary, shape.heads, shape.qk_eps)
        operands = query.unsqueeze(0), key.unsqueeze(0), value, largest
        if ranks is None:
            attended, unit = attend_quantised(*operands)
            return UnderWay(attended, joint.dtype, unit=unit)
        token, scale = begin_rounded(*operands, ranks)
        return UnderWay(operands[0], joint.dtype, token, scale.reciprocal())
    query, key = (
        part.unsqueeze(0) for part in queries_and_keys(joint, norms, count, rotary, shape.heads, shape.qk_eps)
    )
    if ranks is None:
        return UnderWay(manner.attend(query, key, value), joint.dtype)
    return UnderWay(query, joint.dtype, begin_together(query, key, value, ranks))


def attend(under_way: UnderWay, after: Tensor | None, manner: Manner) -> UnderWay:
    """The second step; ``after`` is computed before it, if it is not None."""
    if under_way.token is None or manner.ranks is None:
        return under_way
    if under_way.unit is not None:
        token = attend_begun_rounded(under_way.token, under_way.unit.reciprocal(), after, manner.ranks)
        return under_way._replace(token=token)
    assert isinstance(manner.attend, Together), "ranks attend together"
    return under_way._replace(token=manner.attend.attend(under_way.token, after))


def end_attention(under_way: UnderWay, after: Tensor | None, manner: Manner) -> Rows:
    """What was attended as rows (N, D) for a product; ``after`` is computed before it comes, if it is not None."""
    attended = under_way.rows
    if under_way.token is not None and manner.ranks is not None:
        attended = end_together(under_way.token, attended, after, manner.ranks)
    attended = attended.reshape(-1, manner.shape.width)
    if under_way.unit is None:
        return plain_rows(attended, manner.format)
    if manner.format == "fp8":
        return Rows(attended, under_way.unit.expand(attended.shape[0], 1).contiguous())
    return Rows(attended.to(under_way.dtype) * under_way.unit.to(under_way.dtype), None)
